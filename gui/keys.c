/* All keys on one page. */
#include "gui/window.h"

#include <string.h>

static const char *const rows[][2] = {
    {"Terminal", NULL},
    {"0 to 9", "digits of the keypad"},
    {"Enter, Esc, Backspace", "ENTER, CANCEL, CLEAR"},
    {"Up, Down, M, F", "UP, DOWN, MENU, FUNC"},
    {"O, N, A", "power, network line, paper"},
    {"Cards", NULL},
    {"[ and ]", "pages of the tray"},
    {"I, P, S", "insert the chosen card, pull it, swipe it"},
    {"1 2 3 4 5 6", "PIN of every test card"},
    {"Time", NULL},
    {"F6, F7", "pause; one line of the record further"},
    {"F8, F9", "at the pace of a clock; as fast as it can"},
    {"Session", NULL},
    {"F5, F10", "run the chosen scenario; a terminal by hand"},
    {", and .", "topics of the scenarios"},
    {"Views", NULL},
    {"F2, F3, F1 or ?", "record, paper, this page"},
    {"Ctrl+1 to Ctrl+5", "which lines of the record"},
    {"End", "from a chosen line back to now"},
    {"Anywhere", NULL},
    {"Tab, arrows, Space", "move the focus, press what has it"},
    {"Ctrl with +, -, 0", "larger, smaller, as it was"},
    {"Ctrl+Q", "close the window"},
};

void keys_draw(struct window *w, struct ui_rect at)
{
    int key = 168, height = (at.h - 8) / (int)(sizeof rows / sizeof *rows);
    height = height > 26 ? 26 : height;
    char text[1600] = "";
    size_t len = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ui_rect row = rect_take_top(&at, height), left = rect_take_left(&row, key);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s: %s\n", rows[i][0], rows[i][1] ? rows[i][1] : "");
        if (!rows[i][1]) {
            left.y += 2;
            ui_text(w->ui, left, UI_BOLD, UI_LEFT, UI_ACCENT, rows[i][0]);
            continue;
        }
        ui_text(w->ui, left, UI_TEXT, UI_LEFT, UI_INK, rows[i][0]);
        ui_text(w->ui, row, UI_TEXT, UI_LEFT, UI_QUIET, rows[i][1]);
    }
    ui_note(w->ui, &(struct ui_item){.id = "keys", .role = "panel", .label = "keys", .value = text, .at = at});
}
