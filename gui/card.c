/* How a card looks: a plate with its name, a gold chip and a dark stripe if it has them. */
#include "gui/window.h"

#include "reports/output.h"

#include <string.h>

static void draw_chip(struct ui *ui, int x, int y)
{
    ui_round(ui, (struct ui_rect){x, y, 18, 14}, 3, UI_YELLOW);
    ui_fill(ui, (struct ui_rect){x, y + 4, 18, 1}, UI_WARN);
    ui_fill(ui, (struct ui_rect){x, y + 9, 18, 1}, UI_WARN);
    ui_fill(ui, (struct ui_rect){x + 6, y, 1, 14}, UI_WARN);
    ui_fill(ui, (struct ui_rect){x + 11, y, 1, 14}, UI_WARN);
}

/* Marks stand in columns, so that a tray of cards can be read down. */
static void draw_marks(struct ui *ui, struct ui_rect at, const cJSON *card)
{
    if (cJSON_IsTrue(report_item(card, "chip")))
        draw_chip(ui, at.x, at.y + at.h / 2 - 7);
    if (cJSON_IsTrue(report_item(card, "stripe")))
        ui_fill(ui, (struct ui_rect){at.x + 26, at.y + at.h / 2 - 3, 22, 6}, UI_DARK);
}

void card_draw(struct window *w, struct ui_rect at, const cJSON *card, const char *below, bool chosen)
{
    ui_round(w->ui, at, UI_RADIUS, chosen ? UI_RAISED : UI_PANEL);
    struct ui_rect in = {at.x + 10, at.y, at.w - 10 - 60, at.h};
    int bold = ui_line_height(w->ui, UI_BOLD), small = below ? ui_line_height(w->ui, UI_SMALL) : 0;
    int y = at.y + (at.h - bold - small) / 2;
    ui_text(w->ui, (struct ui_rect){in.x, y, in.w, bold}, UI_BOLD, UI_LEFT, UI_INK, report_string(card, "name"));
    if (below)
        ui_text(w->ui, (struct ui_rect){in.x, y + bold, in.w, small}, UI_SMALL, UI_LEFT, UI_QUIET, below);
    draw_marks(w->ui, (struct ui_rect){at.x + at.w - 56, at.y, 52, at.h}, card);
}

/* Bytes of `text` that fit into `width`, up to a space; all of them when the whole does. */
static size_t break_at(struct ui *ui, enum ui_font font, int width, const char *text)
{
    char copy[EVENT_TEXT];
    size_t best = 0;
    if (ui_text_width(ui, font, text) <= width)
        return strlen(text);
    for (size_t i = 0; text[i] && i < sizeof copy - 1; i++) {
        if (text[i] != ' ')
            continue;
        memcpy(copy, text, i);
        copy[i] = '\0';
        if (ui_text_width(ui, font, copy) > width)
            break;
        best = i;
    }
    return best;
}

void text_lines(struct ui *ui, struct ui_rect at, enum ui_font font, enum ui_tone tone, const char *text)
{
    enum { LINES = 4 };
    char lines[LINES][EVENT_TEXT];
    int high = ui_line_height(ui, font), most = at.h / high, count = 0;
    most = most < 1 ? 1 : most > LINES ? LINES : most;
    for (size_t len; *text && count < most; text += len) {
        text += strspn(text, " ");
        len = count + 1 < most ? break_at(ui, font, at.w, text) : 0;
        len = len ? len : strlen(text); /* the last one, or a word that is too long: it ends as it can */
        snprintf(lines[count++], EVENT_TEXT, "%.*s", (int)(len < EVENT_TEXT ? len : EVENT_TEXT - 1), text);
    }
    struct ui_rect line = {at.x, at.y + (at.h - count * high) / 2, at.w, high};
    for (int i = 0; i < count; i++, line.y += high)
        ui_text(ui, line, font, UI_LEFT, tone, lines[i]);
}
