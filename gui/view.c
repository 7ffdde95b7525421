/* The right-hand panel: the record, the paper, or the keys; one at a time. */
#include "gui/window.h"

static const struct {
    const char *id, *label, *shortcut;
} tabs[] = {
    [TAB_RECORD] = {"tab.record", "Record", "F2"},
    [TAB_PAPER] = {"tab.paper", "Paper", "F3"},
    [TAB_KEYS] = {"tab.keys", "Keys", "F1"},
};

enum { NOW = 84 };

static void draw_tabs(struct window *w, struct ui_rect at)
{
    int width = (at.w - NOW - UI_PAD) / 3 - 4;
    width = width < 108 ? width : 108;
    for (int i = TAB_RECORD; i <= TAB_KEYS; i++) {
        struct ui_item item = {.id = tabs[i].id,
                               .role = "button",
                               .label = tabs[i].label,
                               .at = rect_take_left(&at, width),
                               .shortcut = tabs[i].shortcut,
                               .chosen = w->tab == (enum tab)i,
                               .tone = UI_PANEL};
        if (ui_press(w->ui, &item))
            w->tab = (enum tab)i;
        rect_take_left(&at, 4);
    }
}

/* The end of the record again, by the key that everywhere means the end. */
static void draw_now(struct window *w, struct ui_rect at)
{
    struct ui_item item = {.id = "now",
                           .role = "button",
                           .label = "Now",
                           .at = {at.x + at.w - NOW, at.y, NOW, at.h},
                           .shortcut = "End",
                           .disabled = !w->is_past,
                           .tone = UI_PANEL};
    if (ui_press(w->ui, &item))
        timeline_now(w);
}

void view_draw(struct window *w)
{
    struct ui_rect at = w->at.view;
    ui_panel(w->ui, &(struct ui_item){.id = "view", .role = "panel", .label = "", .at = at});
    at = rect_inset(at, UI_PAD);
    struct ui_rect head = rect_take_top(&at, 28);
    draw_tabs(w, head);
    rect_take_top(&at, UI_PAD);
    if (w->tab == TAB_PAPER)
        paper_view(w, at);
    else if (w->tab == TAB_KEYS)
        keys_draw(w, at);
    if (w->tab != TAB_RECORD)
        return;
    draw_now(w, head);
    timeline_draw(w, rect_take_top(&at, at.h * 55 / 100));
    rect_take_top(&at, UI_PAD);
    ui_fill(w->ui, rect_take_top(&at, 1), UI_LINE);
    rect_take_top(&at, UI_GAP);
    detail_draw(w, at);
}
