/*
 * Widgets of one rectangle: labels, panels, lamps, and all that is pressed. What is pressed behaves alike; the table
 * of looks says how a role is drawn.
 */
#include "gui/ui/ui_private.h"

#include <stdio.h>
#include <string.h>

bool ui_is_plain(enum ui_tone tone)
{
    return tone == UI_PANEL || tone == UI_INK; /* the latter is 0: not said */
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static struct ui_rect inset(struct ui_rect r, int x, int y)
{
    return (struct ui_rect){r.x + x, r.y + y, r.w - 2 * x, r.h - 2 * y};
}

void ui_ring_at(struct ui *ui, struct ui_rect at, int radius)
{
    ui->ring = at;
    ui->ring_radius = radius;
}

struct ui_state ui_take(struct ui *ui, const struct ui_item *item, bool drags)
{
    struct ui_record *r = ui_records_add(&ui->now, item, ui_clipped(ui, item->at));
    if (!r)
        return (struct ui_state){0};
    r->takes = r->stops = true;
    r->drags = drags;
    const struct ui_input *in = &ui->in;
    if (item->disabled)
        return (struct ui_state){0};
    bool under = is(in->hot, r->id), active = is(in->active, r->id);
    return (struct ui_state){
        .hover = under && !in->dragging && (active || !in->active[0]),
        .held = active && under && !in->dragging,
        .focus = in->focus_shown && is(in->focus, r->id),
        .fired = is(in->fired, r->id),
    };
}

/* ---- faces ---- */

static uint32_t darker(uint32_t face, int percent)
{
    /* away from the ink that is written on it, so that hover and press keep the text's contrast */
    bool dark = ui_theme_contrast(face, 0xffffff) > 9;
    return ui_theme_mix(face, dark ? 0xffffff : 0x0c1418, percent);
}

static uint32_t face_of(const struct ui_item *item, struct ui_state s)
{
    uint32_t face = ui_theme_colour(ui_is_plain(item->tone) ? UI_RAISED : item->tone);
    if (item->chosen && ui_is_plain(item->tone))
        face = ui_theme_colour(UI_ACCENT);
    if (item->disabled)
        return ui_theme_mix(face, ui_theme_colour(UI_PANEL), 55);
    return s.held ? darker(face, 18) : s.hover ? darker(face, 8) : face;
}

static uint32_t ink_of(const struct ui_item *item, uint32_t face)
{
    uint32_t ink = ui_theme_ink_on(face);
    return item->disabled ? ui_theme_mix(ink, face, 45) : ink;
}

static void draw_face(struct ui *ui, struct ui_rect at, int radius, uint32_t face, uint32_t border, int lines)
{
    SDL_Rect r = ui_real_rect(ui, at);
    int line = lines * ui_line_px(ui), round = ui_real(ui, radius);
    ui_px_round(ui, r, round, border);
    ui_px_round(ui, (SDL_Rect){r.x + line, r.y + line, r.w - 2 * line, r.h - 2 * line}, round - line, face);
}

static void text(struct ui *ui, struct ui_rect at, enum ui_font font, enum ui_align align, uint32_t rgb, const char *s)
{
    ui_px_text(ui, ui_real_rect(ui, at), font, align, rgb, s ? s : "");
}

/* Draws the value at the right, at most half of `in`, and gives what is left for the label. */
static struct ui_rect value_at_right(struct ui *ui, const struct ui_item *item, struct ui_rect in, uint32_t rgb)
{
    if (!item->value || !*item->value)
        return in;
    int wide = ui_text_width(ui, UI_SMALL, item->value);
    wide = wide < in.w / 2 ? wide : in.w / 2;
    text(ui, (struct ui_rect){in.x + in.w - wide, in.y, wide, in.h}, UI_SMALL, UI_RIGHT, rgb, item->value);
    in.w -= wide + UI_GAP;
    return in;
}

/* ---- looks ---- */

static void look_button(struct ui *ui, const struct ui_item *item, struct ui_state s)
{
    uint32_t face = face_of(item, s), ink = ink_of(item, face);
    draw_face(ui, item->at, UI_RADIUS, face, ui_theme_mix(face, ink, item->disabled ? 15 : 24), 1);
    struct ui_rect in = inset(item->at, UI_GAP, 0);
    const char *hint = item->shortcut;
    int wide = ui_text_width(ui, UI_TEXT, item->label);
    int hint_wide = hint ? ui_text_width(ui, UI_SMALL, hint) : 0;
    if (hint && wide + hint_wide + 3 * UI_GAP <= in.w) { /* only where there is room for it */
        text(ui, in, UI_SMALL, UI_RIGHT, ui_theme_mix(ink, face, 25), hint);
        in.w -= hint_wide + UI_GAP;
    }
    text(ui, in, UI_TEXT, UI_CENTRE, ink, item->label);
}

static void look_key(struct ui *ui, const struct ui_item *item, struct ui_state s)
{
    uint32_t face = face_of(item, s), ink = ink_of(item, face);
    struct ui_rect at = item->at, top = at;
    uint32_t side = ui_theme_mix(face, 0x0c1418, 35);
    ui_px_round(ui, ui_real_rect(ui, at), ui_real(ui, 7), side); /* the key's side, below its face */
    top.h -= 3;
    top.y += s.held ? 2 : 0;
    ui_px_round(ui, ui_real_rect(ui, top), ui_real(ui, 7), face);
    struct ui_rect in = inset(top, 4, 0);
    bool digit = SDL_utf8strlen(item->label) <= 2; /* words are all of one size, digits of another */
    if (item->value && *item->value && top.h >= 36) {
        int block = 19 + 13, y = top.y + (top.h - block) / 2;
        text(ui, (struct ui_rect){in.x, y + 19, in.w, 13}, UI_SMALL, UI_CENTRE, ui_theme_mix(ink, face, 20),
             item->value);
        in = (struct ui_rect){in.x, y - 1, in.w, 19};
    }
    text(ui, in, digit ? UI_TITLE : UI_BOLD, UI_CENTRE, ink, item->label);
}

/* Flat: hover and choice tint what lies below. */
static uint32_t draw_flat(struct ui *ui, const struct ui_item *item, struct ui_state s)
{
    uint32_t under = ui_theme_colour(ui_is_plain(item->tone) ? UI_PANEL : item->tone);
    uint32_t face = s.held ? darker(under, 14) : s.hover ? darker(under, 6) : under;
    if (s.hover || s.held)
        ui_px_round(ui, ui_real_rect(ui, item->at), ui_real(ui, UI_RADIUS), face);
    return face;
}

static void look_switch(struct ui *ui, const struct ui_item *item, struct ui_state s)
{
    enum { PILL_W = 34, PILL_H = 18 };
    uint32_t face = draw_flat(ui, item, s), ink = ink_of(item, face);
    struct ui_rect in = inset(item->at, UI_GAP, 0);
    struct ui_rect pill = {in.x + in.w - PILL_W, in.y + (in.h - PILL_H) / 2, PILL_W, PILL_H};
    uint32_t groove = item->chosen ? ui_theme_colour(UI_ACCENT) : ui_theme_mix(ui_theme_colour(UI_QUIET), face, 25);
    if (item->disabled)
        groove = ui_theme_mix(groove, face, 60);
    ui_px_round(ui, ui_real_rect(ui, pill), ui_real(ui, PILL_H), groove);
    struct ui_rect knob = {item->chosen ? pill.x + PILL_W - PILL_H + 2 : pill.x + 2, pill.y + 2, PILL_H - 4,
                           PILL_H - 4};
    ui_px_round(ui, ui_real_rect(ui, knob), ui_real(ui, PILL_H), 0xffffff);
    in.w -= PILL_W + UI_GAP;
    in = value_at_right(ui, item, in, ui_theme_mix(ink, face, 25));
    text(ui, in, UI_TEXT, UI_LEFT, ink, item->label);
}

void ui_row_draw(struct ui *ui, const struct ui_item *item, struct ui_state s, bool words)
{
    uint32_t face = draw_flat(ui, item, s), ink = ink_of(item, face);
    if (item->chosen) {
        face = ui_theme_mix(ui_theme_colour(UI_ACCENT), ui_theme_colour(UI_PANEL), 84);
        ui_px_round(ui, ui_real_rect(ui, item->at), ui_real(ui, UI_RADIUS), face);
    }
    if (!words) /* the caller draws them */
        return;
    struct ui_rect in = value_at_right(ui, item, inset(item->at, UI_GAP, 0), ui_theme_mix(ink, face, 25));
    text(ui, in, UI_TEXT, UI_LEFT, ink, item->label);
}

static void look_row(struct ui *ui, const struct ui_item *item, struct ui_state s)
{
    ui_row_draw(ui, item, s, true);
}

/* A label and below it, or beside it where it is low, the value. */
static void two_lines(struct ui *ui, const struct ui_item *item, uint32_t ink, uint32_t face)
{
    struct ui_rect in = inset(item->at, 10, 0);
    uint32_t quiet = ui_theme_mix(ink, face, 20);
    if (!item->value || !*item->value) {
        text(ui, in, UI_BOLD, UI_LEFT, ink, item->label);
    } else if (item->at.h >= 40) {
        int head = item->at.h / 2 - 2;
        text(ui, (struct ui_rect){in.x, in.y + 3, in.w, head}, UI_BOLD, UI_LEFT, ink, item->label);
        text(ui, (struct ui_rect){in.x, in.y + head + 1, in.w, head}, UI_SMALL, UI_LEFT, quiet, item->value);
    } else {
        in = value_at_right(ui, item, in, quiet);
        text(ui, in, UI_BOLD, UI_LEFT, ink, item->label);
    }
}

static void look_card(struct ui *ui, const struct ui_item *item, struct ui_state s)
{
    bool away = ui->in.dragging && is(ui->in.active, item->id);
    uint32_t face = face_of(item, s), ink = ink_of(item, face);
    if (away) { /* its ghost is with the mouse */
        face = ui_theme_mix(face, ui_theme_colour(UI_PANEL), 70);
        ink = ui_theme_mix(ui_theme_ink_on(face), face, 40);
    }
    uint32_t border = item->chosen ? ui_theme_colour(UI_ACCENT) : ui_theme_mix(face, ui_theme_ink_on(face), 22);
    draw_face(ui, item->at, 8, face, border, item->chosen ? 2 : 1);
    two_lines(ui, item, ink, face);
}

static void look_slot(struct ui *ui, const struct ui_item *item, struct ui_state s)
{
    uint32_t base = ui_theme_colour(ui_is_plain(item->tone) ? UI_PANEL : item->tone);
    uint32_t face = s.held ? darker(base, 14) : s.hover ? darker(base, 6) : base;
    uint32_t ink = ink_of(item, face);
    bool target = ui_hovers(ui, item->at) != NULL;
    bool strong = item->chosen || target;
    uint32_t border = strong ? ui_theme_colour(UI_ACCENT) : ui_theme_mix(face, ink, 35);
    draw_face(ui, item->at, UI_RADIUS, face, border, strong ? 2 : 1);
    two_lines(ui, item, ink, face);
}

static const struct {
    const char *role;
    int radius; /* of the focus ring */
    void (*draw)(struct ui *ui, const struct ui_item *item, struct ui_state s);
} looks[] = {
    {"button", UI_RADIUS, look_button}, {"key", 7, look_key},           {"switch", UI_RADIUS, look_switch},
    {"row", UI_RADIUS, look_row},       {"slot", UI_RADIUS, look_slot}, {"card", 8, look_card},
};

static bool press(struct ui *ui, const struct ui_item *item, bool drags)
{
    struct ui_state s = ui_take(ui, item, drags);
    size_t look = 0;
    for (size_t i = 1; item->role && i < sizeof looks / sizeof looks[0]; i++)
        if (is(item->role, looks[i].role))
            look = i;
    struct ui_item whole = *item;
    whole.id = item->id ? item->id : "";
    whole.label = item->label ? item->label : "";
    looks[look].draw(ui, &whole, s);
    if (s.focus)
        ui_ring_at(ui, item->at, looks[look].radius);
    return s.fired;
}

bool ui_press(struct ui *ui, const struct ui_item *item)
{
    return press(ui, item, false);
}

bool ui_drag(struct ui *ui, const struct ui_item *item)
{
    struct ui_input *in = &ui->in;
    if (in->dragging && item->id && is(in->active, item->id)) {
        SDL_strlcpy(ui->ghost, item->id, sizeof ui->ghost);
        const char *label = item->label ? item->label : "";
        size_t len = ui_utf8_fit(label, sizeof ui->ghost_label - 1);
        memcpy(ui->ghost_label, label, len);
        ui->ghost_label[len] = 0;
        ui->ghost_at = item->at;
        ui->ghost_tone = item->tone;
    }
    return press(ui, item, true);
}

void ui_ghost_draw(struct ui *ui)
{
    if (!ui->ghost[0] || ui->in.x < 0 || ui->in.y < 0) /* the hand has left the window */
        return;
    struct ui_rect at = ui->ghost_at;
    at.x += ui->in.x - ui->in.down_x;
    at.y += ui->in.y - ui->in.down_y;
    struct ui_item item = {.id = "", .label = ui->ghost_label, .at = at, .tone = ui->ghost_tone};
    uint32_t face = face_of(&item, (struct ui_state){0});
    draw_face(ui, at, 8, face, ui_theme_colour(UI_ACCENT), 2);
    two_lines(ui, &item, ui_theme_ink_on(face), face);
}

static bool inside(struct ui_rect at, int x, int y)
{
    return x >= at.x && y >= at.y && x < at.x + at.w && y < at.y + at.h;
}

const char *ui_dropped(struct ui *ui, struct ui_rect at)
{
    const struct ui_input *in = &ui->in;
    return in->dropped[0] && inside(at, in->drop_x, in->drop_y) ? in->dropped : NULL;
}

const char *ui_hovers(struct ui *ui, struct ui_rect at)
{
    const struct ui_input *in = &ui->in;
    return in->dragging && inside(at, in->x, in->y) ? in->active : NULL;
}

/* ---- what is only looked at ---- */

void ui_note(struct ui *ui, const struct ui_item *item)
{
    ui_records_add(&ui->now, item, ui_clipped(ui, item->at));
}

void ui_label(struct ui *ui, const struct ui_item *item, enum ui_font font, enum ui_align align, enum ui_tone tone)
{
    ui_note(ui, item);
    const char *says = item->label && *item->label ? item->label : item->value ? item->value : "";
    uint32_t rgb = ui_theme_colour(tone);
    if (item->disabled)
        rgb = ui_theme_mix(rgb, ui_theme_colour(UI_PANEL), 45);
    text(ui, item->at, font, align, rgb, says);
}

void ui_panel(struct ui *ui, const struct ui_item *item)
{
    ui_note(ui, item);
    uint32_t face = ui_theme_colour(ui_is_plain(item->tone) ? UI_PANEL : item->tone), ink = ui_theme_ink_on(face);
    uint32_t border = ui_is_plain(item->tone) ? ui_theme_colour(UI_LINE) : ui_theme_mix(face, 0x0c1418, 30);
    draw_face(ui, item->at, 8, face, border, 1);
    struct ui_rect head = {item->at.x + UI_PAD, item->at.y, item->at.w - 2 * UI_PAD, UI_HEAD};
    head = value_at_right(ui, item, head, ui_theme_mix(ink, face, 25));
    text(ui, head, UI_BOLD, UI_LEFT, ink, item->label);
}

void ui_lamp(struct ui *ui, const struct ui_item *item, enum ui_tone lit)
{
    enum { SIZE = 12 };
    ui_note(ui, item);
    uint32_t under = ui_theme_colour(ui_is_plain(item->tone) ? UI_PANEL : item->tone);
    uint32_t on = ui_theme_colour(lit), off = ui_theme_mix(on, 0x39434a, 78);
    uint32_t face = item->chosen ? on : off;
    bool bare = !item->label || !*item->label;
    int size = item->at.h < SIZE ? item->at.h : SIZE;
    struct ui_rect dot = {bare ? item->at.x + (item->at.w - size) / 2 : item->at.x + 2,
                          item->at.y + (item->at.h - size) / 2, size, size};
    draw_face(ui, dot, size, face, ui_theme_mix(face, item->chosen ? 0xffffff : 0x0c1418, 35), 1);
    if (bare)
        return;
    int shift = size + 2 + UI_GAP;
    text(ui, (struct ui_rect){item->at.x + shift, item->at.y, item->at.w - shift, item->at.h}, UI_SMALL, UI_LEFT,
         ui_theme_ink_on(under), item->label);
}
