/*
 * Every widget in every state, on one window: drawn by test_gallery.c into the golden pictures, and on a screen by
 * `gui_ui_test_gallery show`, to be tried by hand. Hover, held and dragged come from real mouse events.
 */
#ifndef POSBENCH_TESTS_GUI_GALLERY_H
#define POSBENCH_TESTS_GUI_GALLERY_H

#include <stdio.h>

#include "gui/ui/ui.h"

enum { GALLERY_W = 960, GALLERY_H = 600 };

struct gallery {
    struct ui_list_state list, log;
    size_t text_first, rows;
    bool online, pressed_last;
    char said[128];
};

static void gallery_press(struct ui *ui, struct gallery *g, struct ui_item item)
{
    if (ui_press(ui, &item))
        snprintf(g->said, sizeof g->said, "%s", item.id);
}

static void gallery_buttons(struct ui *ui, struct gallery *g)
{
    ui_panel(ui,
             &(struct ui_item){
                 .id = "buttons", .role = "panel", .label = "Buttons", .value = "6 states", .at = {12, 12, 300, 206}});
    const struct ui_item items[] = {
        {.id = "b.plain", .label = "Plain", .at = {24, 48, 84, UI_TALL}},
        {.id = "b.hover", .label = "Hover", .at = {116, 48, 84, UI_TALL}},
        {.id = "b.held", .label = "Held", .at = {208, 48, 92, UI_TALL}},
        {.id = "b.off", .label = "Disabled", .at = {24, 88, 84, UI_TALL}, .disabled = true},
        {.id = "b.chosen", .label = "Chosen", .at = {116, 88, 84, UI_TALL}, .chosen = true},
        {.id = "b.key", .label = "Run", .at = {208, 88, 92, UI_TALL}, .shortcut = "F5"},
        {.id = "b.long", .label = "A label that is too long", .at = {24, 128, 130, UI_TALL}},
        {.id = "b.cn", .label = "银联 UnionPay 卡", .at = {162, 128, 138, UI_TALL}},
    };
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
        gallery_press(ui, g, items[i]);
    struct ui_item line = {.id = "s.line",
                           .role = "switch",
                           .label = "Line",
                           .value = g->online ? "on" : "off",
                           .at = {24, 170, 134, UI_TALL},
                           .chosen = g->online};
    if (ui_press(ui, &line))
        g->online = !g->online;
    gallery_press(ui, g,
                  (struct ui_item){.id = "s.off",
                                   .role = "switch",
                                   .label = "Power",
                                   .disabled = true,
                                   .chosen = true,
                                   .at = {166, 170, 134, UI_TALL}});
}

static void gallery_keys(struct ui *ui, struct gallery *g)
{
    static const char *const under[] = {"", "ABC", "DEF"};
    ui_panel(ui, &(struct ui_item){
                     .id = "keys", .role = "panel", .label = "Keys", .at = {324, 12, 236, 206}, .tone = UI_DARK});
    for (int i = 0; i < 3; i++) {
        char id[24], label[2] = {(char)('1' + i), 0};
        snprintf(id, sizeof id, "key.%d", i + 1);
        gallery_press(ui, g,
                      (struct ui_item){.id = id,
                                       .role = "key",
                                       .label = label,
                                       .value = under[i],
                                       .shortcut = label,
                                       .at = {336 + 72 * i, 48, 66, 44}});
    }
    gallery_press(ui, g,
                  (struct ui_item){.id = "key.cancel",
                                   .role = "key",
                                   .label = "Cancel",
                                   .tone = UI_RED,
                                   .shortcut = "Escape",
                                   .at = {336, 100, 66, 44}});
    gallery_press(ui, g,
                  (struct ui_item){.id = "key.clear",
                                   .role = "key",
                                   .label = "Clear",
                                   .tone = UI_YELLOW,
                                   .shortcut = "Backspace",
                                   .at = {408, 100, 66, 44}});
    gallery_press(ui, g,
                  (struct ui_item){.id = "key.enter",
                                   .role = "key",
                                   .label = "Enter",
                                   .tone = UI_GREEN,
                                   .shortcut = "Return",
                                   .at = {480, 100, 66, 44}});
    static const enum ui_tone lamps[] = {UI_BLUE, UI_YELLOW, UI_GREEN, UI_RED};
    for (int i = 0; i < 8; i++) {
        char id[24];
        snprintf(id, sizeof id, "lamp.%d", i + 1);
        ui_lamp(ui,
                &(struct ui_item){
                    .id = id,
                    .role = "lamp",
                    .label = i < 4   ? ""
                             : i % 2 ? "off"
                                     : "on",
                    .tone = UI_DARK,
                    .chosen = i % 2 == 0,
                    .value = i % 2 ? "off" : "on",
                    .at = {i < 4 ? 336 + 20 * i : 336 + 50 * (i - 4), i < 4 ? 154 : 180, i < 4 ? 16 : 48, 20}},
                lamps[i % 4]);
    }
}

static void gallery_cards(struct ui *ui, struct gallery *g)
{
    ui_panel(ui, &(struct ui_item){.id = "tray", .role = "panel", .label = "Tray", .at = {572, 12, 376, 206}});
    const struct ui_item cards[] = {
        {.id = "tray.credit",
         .role = "card",
         .label = "UnionPay credit",
         .value = "6222 02** **** 0005",
         .at = {584, 48, 170, 56},
         .tone = UI_BLUE},
        {.id = "tray.debit",
         .role = "card",
         .label = "借记卡 debit",
         .value = "chip and stripe",
         .at = {762, 48, 174, 56},
         .tone = UI_PANEL},
        {.id = "tray.gone",
         .role = "card",
         .label = "In the reader",
         .value = "pull to remove",
         .at = {584, 112, 170, 56},
         .disabled = true},
        {.id = "tray.in",
         .role = "card",
         .label = "Chosen",
         .value = "one line of a value that is too long for it",
         .at = {762, 112, 174, 56},
         .chosen = true,
         .tone = UI_YELLOW},
    };
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++)
        if (ui_drag(ui, &cards[i]))
            snprintf(g->said, sizeof g->said, "%s", cards[i].id);
    struct ui_item slot = {
        .id = "slot.chip", .role = "slot", .label = "Chip slot", .value = "empty", .at = {584, 176, 170, 32}};
    gallery_press(ui, g, slot);
    const char *card = ui_dropped(ui, slot.at);
    if (card)
        snprintf(g->said, sizeof g->said, "%.60s into slot.chip", card);
    gallery_press(ui, g,
                  (struct ui_item){.id = "slot.stripe",
                                   .role = "slot",
                                   .label = "Stripe",
                                   .value = "swipe",
                                   .chosen = true,
                                   .at = {762, 176, 174, 32}});
}

static void gallery_row(void *ctx, size_t index, struct ui_item *item, char *text, size_t text_cap)
{
    (void)ctx;
    static const char *const names[] = {"Sale with chip", "Power cut in the reversal 冲正",
                                        "A name that goes on and on and does not end", "Fallback"};
    snprintf(text, text_cap, "%zu  %s", index + 1, names[index % 4]);
    item->label = text;
    item->value = index % 3 ? "passed" : "failed";
}

static void gallery_log(void *ctx, struct ui *ui, size_t index, struct ui_rect at, bool chosen)
{
    (void)ctx, (void)chosen;
    char time[32];
    snprintf(time, sizeof time, "%6zu.%03zu", index / 8, index * 125 % 1000);
    ui_text(ui, (struct ui_rect){at.x + 8, at.y, 84, at.h}, UI_MONO, UI_RIGHT, UI_QUIET, time);
    ui_text(ui, (struct ui_rect){at.x + 104, at.y, at.w - 112, at.h}, UI_MONO, UI_LEFT, index % 5 ? UI_INK : UI_BAD,
            index % 5 ? "card  00 A4 04 00 07 A0 00 00 03 33 01 01" : "power cut");
}

static void gallery_lists(struct ui *ui, struct gallery *g)
{
    ui_panel(ui, &(struct ui_item){.id = "lists", .role = "panel", .label = "Scenarios", .at = {12, 230, 300, 358}});
    const struct ui_list list = {.id = "list",
                                 .label = "Scenarios",
                                 .at = {20, 266, 284, 312},
                                 .count = g->rows,
                                 .row_height = UI_ROW,
                                 .row = gallery_row};
    bool opened;
    if (ui_list(ui, &list, &g->list, &opened))
        snprintf(g->said, sizeof g->said, "row %zu%s", g->list.chosen, opened ? " opened" : "");
    ui_panel(ui,
             &(struct ui_item){
                 .id = "logs", .role = "panel", .label = "Timeline", .value = "follows", .at = {572, 230, 376, 200}});
    const struct ui_list log = {.id = "log",
                                .label = "Timeline",
                                .at = {580, 266, 360, 154},
                                .count = g->rows,
                                .row_height = 22,
                                .row = gallery_row,
                                .draw = gallery_log};
    ui_list(ui, &log, &g->log, &opened);
}

static void gallery_display(struct ui *ui)
{
    ui_panel(ui, &(struct ui_item){
                     .id = "lcds", .role = "panel", .label = "Display", .at = {324, 230, 236, 200}, .tone = UI_DARK});
    struct ui_rect at = {336, 266, 212, 84};
    ui_round(ui, at, 4, UI_LCD_BACK);
    ui_note(ui, &(struct ui_item){.id = "lcd", .role = "display", .label = "Display", .value = "请插卡", .at = at});
    ui_pixel_text(ui, (struct ui_rect){344, 274, 196, 32}, 2, UI_LCD_INK, "请插卡 58.00");
    ui_pixel_text(ui, (struct ui_rect){344, 312, 196, 16}, 1, UI_LCD_INK, "INSERT CARD 0123456789");
    ui_pixel_text(ui, (struct ui_rect){344, 328, 196, 16}, 1, UI_LCD_INK, "\xff malformed \xe9\x93");
    ui_fill(ui, (struct ui_rect){336, 360, 212, 60}, UI_WHITE);
    ui_text(ui, (struct ui_rect){344, 364, 196, 18}, UI_MONO, UI_CENTRE, UI_INK, "RECEIPT 签购单");
    ui_text(ui, (struct ui_rect){344, 382, 196, 18}, UI_MONO, UI_LEFT, UI_INK, "AMOUNT");
    ui_text(ui, (struct ui_rect){344, 382, 196, 18}, UI_MONO, UI_RIGHT, UI_INK, "CNY 58.00");
    ui_frame(ui, (struct ui_rect){336, 360, 212, 60}, UI_LINE);
}

static void gallery_texts(struct ui *ui, struct gallery *g)
{
    static const char words[] =
        "Text that is longer than its box wraps at spaces, and Chinese 在任何两个汉字之间都可以换行, as it should. "
        "What lies below scrolls.\n\nA line of its own.\n"
        "AWordThatIsLongerThanTheWholeLineOfThisBoxIsCutWhereItMustBe\n"
        "Control \x01 and malformed \xc3 bytes are boxes.\nThe last line.";
    ui_panel(ui, &(struct ui_item){.id = "texts", .role = "panel", .label = "", .at = {324, 442, 624, 146}});
    static const struct {
        enum ui_font font;
        enum ui_tone tone;
        const char *text;
    } lines[] = {
        {UI_TITLE, UI_INK, "Title 标题"},     {UI_BOLD, UI_ACCENT, "Bold accent 粗"},
        {UI_TEXT, UI_INK, "Text ink 文字"},   {UI_SMALL, UI_QUIET, "Small quiet 小字"},
        {UI_TEXT, UI_GOOD, "Good: approved"}, {UI_TEXT, UI_WARN, "Warn: reversal waits"},
        {UI_TEXT, UI_BAD, "Bad: declined"},
    };
    for (size_t i = 0; i < 7; i++) {
        char id[24];
        snprintf(id, sizeof id, "label.%zu", i + 1);
        ui_label(ui,
                 &(struct ui_item){
                     .id = id, .role = "label", .label = lines[i].text, .at = {336, 450 + (int)i * 19, 180, 18}},
                 lines[i].font, UI_LEFT, lines[i].tone);
    }
    ui_text_box(
        ui, &(struct ui_item){.id = "box", .role = "text", .label = "Text", .value = words, .at = {530, 452, 406, 104}},
        UI_TEXT, &g->text_first);
    ui_label(ui, &(struct ui_item){.id = "said", .role = "label", .label = g->said, .at = {530, 562, 406, 18}},
             UI_SMALL, UI_RIGHT, UI_QUIET);
}

static void gallery_frame(struct ui *ui, struct gallery *g)
{
    ui_begin(ui);
    gallery_buttons(ui, g);
    gallery_keys(ui, g);
    gallery_cards(ui, g);
    gallery_lists(ui, g);
    gallery_display(ui);
    gallery_texts(ui, g);
    ui_end(ui);
}

static void gallery_init(struct gallery *g)
{
    *g = (struct gallery){.rows = 40, .online = true, .list = {.chosen = 3}, .log = {.follow = true}};
}

#endif
