/* The record as a list: number, time, what it is about by colour, and words. A filter chooses which lines. */
#include "gui/window.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *id, *label, *shortcut;
    unsigned groups; /* bits by enum event_group */
    bool noise;
} filters[FILTERS] = {
    [FILTER_MAIN] = {"filter.main", "Main", "Ctrl+1", ~0u, false},
    [FILTER_ALL] = {"filter.all", "All", "Ctrl+2", ~0u, true},
    [FILTER_CARD] = {"filter.card", "Card", "Ctrl+3", 1u << EVENT_CARD | 1u << EVENT_PERSON, true},
    [FILTER_LINE] = {"filter.line", "Line", "Ctrl+4", 1u << EVENT_LINE | 1u << EVENT_HOST, true},
    [FILTER_STORAGE] = {"filter.storage", "Storage", "Ctrl+5", 1u << EVENT_STORAGE | 1u << EVENT_BOARD, true},
};

static bool is_wanted(const struct window *w, const struct model_line *line)
{
    enum filter f = w->timeline.filter;
    return (filters[f].groups >> line->group & 1) && (filters[f].noise || !line->is_noise || line->mark != EVENT_PLAIN);
}

/* ---- rows ---- */

void timeline_reset(struct window *w)
{
    w->timeline.count = 0;
    w->timeline.seen = 0;
    w->timeline.chosen = 0;
    w->timeline.list = (struct ui_list_state){.follow = true};
}

static void forget_dropped(struct timeline *t, uint64_t dropped)
{
    size_t gone = 0;
    while (gone < t->count && t->rows[gone] < dropped)
        gone++;
    if (!gone)
        return;
    t->count -= gone;
    memmove(t->rows, t->rows + gone, t->count * sizeof *t->rows);
    t->list.chosen = t->list.chosen > gone ? t->list.chosen - gone : 0;
    t->list.first = t->list.first > gone ? t->list.first - gone : 0;
    if (!t->list.chosen)
        t->chosen = 0;
}

static bool add_row(struct timeline *t, uint64_t line)
{
    if (t->count == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 1024;
        uint64_t *rows = realloc(t->rows, cap * sizeof *rows);
        if (!rows)
            return false;
        t->rows = rows;
        t->cap = cap;
    }
    t->rows[t->count++] = line;
    return true;
}

void timeline_update(struct window *w)
{
    struct timeline *t = &w->timeline;
    uint64_t dropped = model_dropped(w->model), end = dropped + model_count(w->model);
    forget_dropped(t, dropped);
    if (t->seen < dropped)
        t->seen = dropped;
    for (; t->seen < end; t->seen++)
        if (is_wanted(w, model_line(w->model, t->seen - dropped)) && !add_row(t, t->seen))
            return;
}

void timeline_now(struct window *w)
{
    w->timeline.chosen = 0;
    w->timeline.list.chosen = 0;
    w->timeline.list.follow = true;
}

/* The chosen line stays chosen when the new filter has it, or the one before it is. */
static void set_filter(struct window *w, enum filter filter)
{
    struct timeline *t = &w->timeline;
    uint64_t chosen = t->chosen;
    t->filter = filter;
    t->count = 0;
    t->seen = 0;
    timeline_update(w);
    t->list.chosen = 0;
    for (size_t i = 0; chosen && i < t->count && t->rows[i] < chosen; i++)
        t->list.chosen = i + 1;
    t->chosen = t->list.chosen ? t->rows[t->list.chosen - 1] + 1 : 0;
    t->list.first = t->list.chosen > 5 ? t->list.chosen - 5 : 0;
    t->list.follow = !t->chosen;
}

/* ---- drawing ---- */

static const struct model_line *line_of(const struct window *w, size_t row)
{
    return model_line(w->model, w->timeline.rows[row] - model_dropped(w->model));
}

static void fill_row(void *ctx, size_t index, struct ui_item *item, char *text, size_t text_cap)
{
    struct window *w = ctx;
    const struct model_line *line = line_of(w, index);
    int n = snprintf(text, text_cap, "event.%llu", (unsigned long long)line->number);
    item->id = text;
    item->label = line->text;
    if ((size_t)n + 1 < text_cap) {
        snprintf(text + n + 1, text_cap - (size_t)n - 1, "%s", line->kind);
        item->value = text + n + 1;
    }
}

static const enum ui_tone group_tones[EVENT_GROUPS] = {
    [EVENT_PERSON] = UI_YELLOW, [EVENT_SCREEN] = UI_GREEN, [EVENT_PAPER] = UI_LINE,
    [EVENT_CARD] = UI_BLUE,     [EVENT_LINE] = UI_ACCENT,  [EVENT_HOST] = UI_ACCENT,
    [EVENT_STORAGE] = UI_LINE,  [EVENT_BOARD] = UI_QUIET,  [EVENT_BENCH] = UI_DARK,
};

static void draw_row(void *ctx, struct ui *ui, size_t index, struct ui_rect at, bool chosen)
{
    struct window *w = ctx;
    const struct model_line *line = line_of(w, index);
    char number[24], time[32];
    snprintf(number, sizeof number, "%llu", (unsigned long long)line->number);
    snprintf(time, sizeof time, "%.3f", (double)line->time_us / 1e6);
    enum ui_tone tone = line->mark == EVENT_BAD ? UI_BAD : line->mark == EVENT_FAULT ? UI_WARN : UI_INK;
    (void)chosen;
    ui_text(ui, rect_take_left(&at, 44), UI_SMALL, UI_RIGHT, UI_QUIET, number);
    ui_text(ui, rect_take_left(&at, 66), UI_SMALL, UI_RIGHT, UI_QUIET, time);
    struct ui_rect bar = rect_take_left(&at, 24);
    ui_fill(ui, (struct ui_rect){bar.x + 10, at.y + 4, 4, at.h - 8},
            line->mark == EVENT_PLAIN ? group_tones[line->group] : tone);
    rect_take_right(&at, 6);
    ui_text(ui, at, UI_TEXT, UI_LEFT, tone, line->text);
}

static void draw_filters(struct window *w, struct ui_rect at)
{
    for (int i = 0; i < FILTERS; i++) {
        int width = ui_text_width(w->ui, UI_TEXT, filters[i].label) + 20;
        struct ui_item item = {.id = filters[i].id,
                               .role = "button",
                               .label = filters[i].label,
                               .at = rect_take_left(&at, width),
                               .shortcut = filters[i].shortcut,
                               .chosen = w->timeline.filter == (enum filter)i,
                               .tone = UI_PANEL};
        if (ui_press(w->ui, &item))
            set_filter(w, (enum filter)i);
        rect_take_left(&at, 4);
    }
    char text[80];
    if (model_dropped(w->model))
        snprintf(text, sizeof text, "%llu older lines dropped", (unsigned long long)model_dropped(w->model));
    else
        snprintf(text, sizeof text, "%zu of %zu lines", w->timeline.count, model_count(w->model));
    if (ui_text_width(w->ui, UI_SMALL, text) > at.w) /* a narrow window: the number of those shown */
        snprintf(text, sizeof text, "%zu", w->timeline.count);
    ui_label(w->ui, &(struct ui_item){.id = "timeline.count", .role = "label", .label = text, .at = at}, UI_SMALL,
             UI_RIGHT, UI_QUIET);
}

void timeline_draw(struct window *w, struct ui_rect at)
{
    struct timeline *t = &w->timeline;
    bool opened;
    draw_filters(w, rect_take_top(&at, 26));
    rect_take_top(&at, UI_GAP);
    struct ui_list list = {.id = "timeline",
                           .label = "events",
                           .at = at,
                           .count = t->count,
                           .row_height = 22,
                           .row = fill_row,
                           .draw = draw_row,
                           .ctx = w};
    if (ui_list(w->ui, &list, &t->list, &opened)) {
        t->chosen = t->list.chosen && t->list.chosen <= t->count ? t->rows[t->list.chosen - 1] + 1 : 0;
        t->list.follow = !t->chosen;
    }
}
