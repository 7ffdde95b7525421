/*
 * The keypad: a table of keys; each is pressed by mouse, by its key on the keyboard, or by id. It is part of the
 * terminal's picture, so it does not pale when nothing runs: a key then says why nothing happens.
 */
#include "gui/window.h"

#include <string.h>

static const struct key {
    const char *id, *label, *name, *shortcut; /* name: of live.h */
    int column, row, rows;
    enum ui_tone tone;
} keys[] = {
    {"key.1", "1", "1", "1", 0, 0, 1, UI_PANEL},
    {"key.2", "2", "2", "2", 1, 0, 1, UI_PANEL},
    {"key.3", "3", "3", "3", 2, 0, 1, UI_PANEL},
    {"key.cancel", "CANCEL", "cancel", "Escape", 3, 0, 1, UI_RED},
    {"key.4", "4", "4", "4", 0, 1, 1, UI_PANEL},
    {"key.5", "5", "5", "5", 1, 1, 1, UI_PANEL},
    {"key.6", "6", "6", "6", 2, 1, 1, UI_PANEL},
    {"key.clear", "CLEAR", "clear", "Backspace", 3, 1, 1, UI_YELLOW},
    {"key.7", "7", "7", "7", 0, 2, 1, UI_PANEL},
    {"key.8", "8", "8", "8", 1, 2, 1, UI_PANEL},
    {"key.9", "9", "9", "9", 2, 2, 1, UI_PANEL},
    {"key.enter", "ENTER", "enter", "Return", 3, 2, 2, UI_GREEN},
    {"key.up", "\xE2\x96\xB2", "up", "Up", 0, 3, 1, UI_RAISED},
    {"key.0", "0", "0", "0", 1, 3, 1, UI_PANEL},
    {"key.down", "\xE2\x96\xBC", "down", "Down", 2, 3, 1, UI_RAISED},
};

static void press(struct window *w, const struct key *key, struct ui_rect at)
{
    struct ui_item item = {
        .id = key->id, .role = "key", .label = key->label, .at = at, .shortcut = key->shortcut, .tone = key->tone};
    if (ui_press(w->ui, &item)) {
        timeline_now(w);
        session_do(&w->session, "key", "key", key->name);
    }
}

void keypad_draw(struct window *w, const struct face_places *at)
{
    static const struct key func = {"key.func", "FUNC", "func", "F", 0, 0, 1, UI_RAISED},
                            menu = {"key.menu", "MENU", "menu", "M", 0, 0, 1, UI_RAISED};
    int width = (at->keys.w - 3 * UI_GAP) / 4;
    press(w, &func, (struct ui_rect){at->lamps.x, at->lamps.y, width, at->lamps.h});
    press(w, &menu, (struct ui_rect){at->lamps.x + at->lamps.w - width, at->lamps.y, width, at->lamps.h});
    ui_note(w->ui, &(struct ui_item){
                       .id = "keypad", .role = "panel", .label = "keypad", .value = w->seen->key, .at = at->keys});
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int step = at->key_height + UI_GAP;
        press(w, &keys[i],
              (struct ui_rect){at->keys.x + keys[i].column * (width + UI_GAP), at->keys.y + keys[i].row * step, width,
                               at->key_height + (keys[i].rows - 1) * step});
    }
}
