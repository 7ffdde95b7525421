/*
 * A list of equal rows, a scroll bar, and text that wraps: what is longer than its place. Rows are shown whole or not
 * at all, so that no text is cut.
 */
#include "gui/ui/ui_private.h"

#include <stdio.h>
#include <string.h>

enum { WHEEL_ROWS = 3, TEXT_LINES_MAX = 20000 };

static size_t clamp(size_t v, size_t most)
{
    return v < most ? v : most;
}

static void scroll_by(size_t *first, int rows)
{
    if (rows < 0)
        *first = *first > (size_t)-rows ? *first - (size_t)-rows : 0;
    else
        *first += (size_t)rows;
}

int ui_bar(struct ui *ui, const char *id, struct ui_rect at, size_t count, size_t seen, size_t *first)
{
    if (count <= seen || at.h <= 0)
        return 0;
    char name[UI_ID_CAP];
    struct ui_rect track = {at.x + at.w - UI_BAR, at.y, UI_BAR, at.h};
    snprintf(name, sizeof name, "%.*s.bar", UI_ID_CAP - 5, id);
    struct ui_record *r = ui_records_add(
        &ui->now, &(struct ui_item){.id = name, .role = "bar", .label = "", .at = track}, ui_clipped(ui, track));
    if (r)
        r->takes = true;
    int thumb = (int)((size_t)track.h * seen / count);
    thumb = thumb < 24 ? 24 : thumb;
    int way = track.h - thumb > 0 ? track.h - thumb : 1;
    size_t most = count - seen;
    bool held = strcmp(ui->in.active, name) == 0;
    if (held) {
        int y = ui->in.y - track.y - thumb / 2;
        y = y < 0 ? 0 : y > way ? way : y;
        *first = ((size_t)y * most + (size_t)way / 2) / (size_t)way;
    }
    *first = clamp(*first, most);
    bool hover = held || strcmp(ui->in.hot, name) == 0;
    int top = track.y + (int)((size_t)way * *first / most);
    uint32_t panel = ui_theme_colour(UI_PANEL), ink = ui_theme_colour(UI_QUIET);
    SDL_Rect groove = ui_real_rect(ui, (struct ui_rect){track.x + 2, track.y, UI_BAR - 4, track.h});
    SDL_Rect grip = ui_real_rect(ui, (struct ui_rect){track.x + 2, top, UI_BAR - 4, thumb});
    ui_px_round(ui, groove, groove.w, ui_theme_mix(ink, panel, 88));
    ui_px_round(ui, grip, grip.w, ui_theme_mix(ink, panel, held ? 0 : hover ? 20 : 45));
    return UI_BAR;
}

/* Wheel and keys that scroll; true: `first` was moved by hand. */
static bool scroll_keys(const struct ui *ui, const char *id, size_t page, size_t *first)
{
    const struct ui_input *in = &ui->in;
    static const struct {
        SDL_Keycode key;
        int rows, pages;
    } steps[] = {{SDLK_UP, -1, 0}, {SDLK_DOWN, 1, 0}, {SDLK_PAGEUP, 0, -1}, {SDLK_PAGEDOWN, 0, 1}};
    if (in->wheel && strcmp(in->wheel_owner, id) == 0) {
        scroll_by(first, -WHEEL_ROWS * in->wheel);
        return true;
    }
    if (!in->key || strcmp(in->focus, id) != 0)
        return false;
    if (in->key == SDLK_HOME || in->key == SDLK_END) {
        *first = in->key == SDLK_HOME ? 0 : SIZE_MAX / 2;
        return true;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i].key == in->key) {
            scroll_by(first, steps[i].rows + steps[i].pages * (int)page);
            return true;
        }
    return false;
}

/* ---- list ---- */

/* Arrow and page keys move the choice, and the rows after it. */
static bool choose_by_key(const struct ui *ui, const struct ui_list *list, struct ui_list_state *state, size_t seen,
                          bool *opened)
{
    const struct ui_input *in = &ui->in;
    if (!in->key || strcmp(in->focus, list->id) != 0 || list->count == 0)
        return false;
    if (in->key == SDLK_RETURN || in->key == SDLK_KP_ENTER || in->key == SDLK_SPACE) {
        *opened = state->chosen > 0;
        return state->chosen > 0;
    }
    size_t at = state->chosen ? state->chosen - 1 : 0;
    if (state->chosen) {
        scroll_keys(ui, list->id, seen, &at);
        at = clamp(at, list->count - 1);
    } else {
        at = in->key == SDLK_END ? list->count - 1 : clamp(state->first, list->count - 1);
    }
    bool moved = at + 1 != state->chosen;
    state->chosen = at + 1;
    if (at < state->first)
        state->first = at;
    if (at >= state->first + seen)
        state->first = at + 1 - seen;
    state->follow = at + 1 == list->count && state->follow;
    return moved;
}

static bool handle(struct ui *ui, const struct ui_list *list, struct ui_list_state *state, size_t seen, bool *opened)
{
    struct ui_input *in = &ui->in;
    size_t most = list->count > seen ? list->count - seen : 0;
    bool changed = false;
    if (state->chosen > list->count)
        state->chosen = 0;
    if (state->follow)
        state->first = most;
    if (in->wheel && scroll_keys(ui, list->id, seen, &state->first)) {
        state->first = clamp(state->first, most);
        state->follow = state->first == most;
    }
    if (in->fired_row && strcmp(in->fired_owner, list->id) == 0 && in->fired_row <= list->count) {
        state->chosen = in->fired_row;
        state->follow = state->follow && in->fired_row == list->count; /* what is looked at stays where it is */
        *opened = in->fired_clicks > 1;
        changed = true;
    }
    changed |= choose_by_key(ui, list, state, seen, opened);
    state->first = clamp(state->first, most);
    ui->changed |= changed;
    return changed;
}

static void draw_row(struct ui *ui, const struct ui_list *list, size_t index, struct ui_rect at, bool chosen)
{
    char id[UI_ID_CAP + 32], words[512] = "";
    snprintf(id, sizeof id, "%s.row.%zu", list->id, index + 1);
    struct ui_item item = {.id = id, .role = "row", .label = "", .at = at, .tone = UI_PANEL};
    list->row(list->ctx, index, &item, words, sizeof words);
    item.at = at;
    item.chosen = chosen;
    item.label = item.label ? item.label : "";
    struct ui_state s = ui_take(ui, &item, false);
    struct ui_record *r = ui->now.count ? &ui->now.items[ui->now.count - 1] : NULL;
    if (r && strcmp(r->id, item.id) == 0) {
        const struct ui_record *owner = ui_records_find(&ui->now, list->id);
        r->owner = owner ? owner->id : NULL;
        r->row = index + 1;
        r->stops = false; /* the list is one stop; arrows go on inside */
    }
    ui_row_draw(ui, &item, s, !list->draw);
    if (list->draw)
        list->draw(list->ctx, ui, index, at, chosen);
}

bool ui_list(struct ui *ui, const struct ui_list *list, struct ui_list_state *state, bool *opened)
{
    bool ignored = false;
    opened = opened ? opened : &ignored;
    *opened = false;
    int high = list->row_height > 0 ? list->row_height : UI_ROW;
    size_t seen = list->at.h >= high ? (size_t)(list->at.h / high) : 1;
    bool changed = handle(ui, list, state, seen, opened);
    char value[48];
    snprintf(value, sizeof value, "%zu of %zu", state->chosen, list->count);
    struct ui_item item = {.id = list->id, .role = "list", .label = list->label, .value = value, .at = list->at};
    struct ui_record *r = ui_records_add(&ui->now, &item, ui_clipped(ui, list->at));
    if (r)
        r->takes = r->stops = r->scrolls = true;
    size_t before = state->first;
    int bar = ui_bar(ui, list->id, list->at, list->count, seen, &state->first);
    if (state->first != before)
        state->follow = state->first + seen >= list->count;
    for (size_t i = 0; i < seen && state->first + i < list->count; i++) {
        struct ui_rect at = {list->at.x, list->at.y + (int)i * high, list->at.w - bar - (bar ? 2 : 0), high};
        draw_row(ui, list, state->first + i, at, state->first + i + 1 == state->chosen);
    }
    if (r && ui->in.focus_shown && strcmp(ui->in.focus, list->id) == 0)
        ui_ring_at(ui, list->at, UI_RADIUS);
    return changed;
}

/* ---- text ---- */

void ui_text_box(struct ui *ui, const struct ui_item *item, enum ui_font font, size_t *first)
{
    const char *text = item->value ? item->value : item->label ? item->label : "";
    int high = ui_line_height(ui, font);
    size_t seen = item->at.h >= high ? (size_t)(item->at.h / high) : 1, lines = 0, skip;
    SDL_Rect real = ui_real_rect(ui, (struct ui_rect){item->at.x, item->at.y, item->at.w - UI_BAR - 4, high});
    for (const char *s = text; *s && lines < TEXT_LINES_MAX; s += skip, lines++)
        ui_text_wrap(ui, font, s, real.w, &skip);
    size_t most = lines > seen ? lines - seen : 0;
    if (scroll_keys(ui, item->id, seen, first))
        ui->changed = true;
    *first = clamp(*first, most);
    struct ui_record *r = ui_records_add(&ui->now, item, ui_clipped(ui, item->at));
    if (r)
        r->takes = r->stops = r->scrolls = most > 0;
    ui_bar(ui, item->id, item->at, lines, seen, first);
    uint32_t rgb = ui_theme_colour(UI_INK);
    size_t line = 0;
    for (const char *s = text; *s && line < *first + seen && line < TEXT_LINES_MAX; s += skip, line++) {
        size_t len = ui_text_wrap(ui, font, s, real.w, &skip);
        if (line < *first)
            continue;
        char copy[8200];
        len = len < sizeof copy ? len : sizeof copy - 1;
        while (len && s[len - 1] == ' ') /* they may hang over the edge */
            len--;
        memcpy(copy, s, len);
        copy[len] = 0;
        SDL_Rect at = real;
        at.y = ui_real(ui, item->at.y + (int)(line - *first) * high);
        at.w += ui_real(ui, 4); /* a space that hangs over */
        ui_px_text(ui, at, font, UI_LEFT, rgb, copy);
    }
    if (r && ui->in.focus_shown && strcmp(ui->in.focus, item->id) == 0)
        ui_ring_at(ui, item->at, UI_RADIUS);
}
