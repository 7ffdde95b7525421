/*
 * From SDL's events to one edge a frame, resolved against the widgets of the frame that the person saw: what is under
 * the mouse, what the focus is on, whose shortcut it is. Widgets then only compare ids with what was found here.
 */
#include "gui/ui/ui_private.h"

#include <stdlib.h>
#include <string.h>

enum { DRAG_FROM = 4 /* logical pixels; less is a click with an unsteady hand */ };

static struct ui_edge *last_edge(struct ui_input *in)
{
    return in->count ? &in->edges[(in->first + in->count - 1) % UI_EDGES] : NULL;
}

bool ui_input_put(struct ui *ui, const struct ui_edge *edge)
{
    struct ui_input *in = &ui->in;
    struct ui_edge *last = last_edge(in);
    if (last && edge->kind == UI_EDGE_MOVE && last->kind == UI_EDGE_MOVE) {
        *last = *edge; /* only where it got to matters */
        return true;
    }
    if (last && edge->kind == UI_EDGE_WHEEL && last->kind == UI_EDGE_WHEEL) {
        last->wheel += edge->wheel;
        return true;
    }
    if (in->count == UI_EDGES)
        return false; /* nobody is this fast; a key that repeats into a busy window is */
    in->edges[(in->first + in->count++) % UI_EDGES] = *edge;
    return true;
}

static bool same_hot(struct ui *ui, int x, int y)
{
    const struct ui_record *hot = ui_records_at(&ui->last, x, y, false);
    return strcmp(hot ? hot->id : "", ui->in.hot) == 0;
}

/* Window coordinates to logical ones; they differ on displays that scale windows themselves. */
static void where(const struct ui *ui, struct ui_edge *edge, int x, int y)
{
    int w = 1, h = 1;
    SDL_GetWindowSize(ui->window, &w, &h);
    edge->x = (int)SDL_floorf((float)x * (float)ui->canvas.w / (float)(w > 0 ? w : 1) / ui->scale);
    edge->y = (int)SDL_floorf((float)y * (float)ui->canvas.h / (float)(h > 0 ? h : 1) / ui->scale);
}

static uint16_t mods_of(uint16_t mod)
{
    return (uint16_t)((mod & KMOD_CTRL ? KMOD_CTRL : 0) | (mod & KMOD_SHIFT ? KMOD_SHIFT : 0) |
                      (mod & KMOD_ALT ? KMOD_ALT : 0));
}

static void on_mouse(struct ui *ui, const SDL_Event *e)
{
    struct ui_edge edge = {.clicks = 1};
    if (e->type == SDL_MOUSEMOTION) {
        edge.kind = UI_EDGE_MOVE;
        where(ui, &edge, e->motion.x, e->motion.y);
        if (!ui->in.active[0] && !ui->in.count && same_hot(ui, edge.x, edge.y)) {
            ui->in.x = edge.x; /* nothing would look different */
            ui->in.y = edge.y;
            return;
        }
    } else if (e->type == SDL_MOUSEWHEEL) {
        int x, y;
        edge.kind = UI_EDGE_WHEEL;
        edge.wheel = e->wheel.direction == SDL_MOUSEWHEEL_FLIPPED ? -e->wheel.y : e->wheel.y;
        SDL_GetMouseState(&x, &y);
        where(ui, &edge, x, y);
    } else {
        if (e->button.button != SDL_BUTTON_LEFT)
            return;
        edge.kind = e->type == SDL_MOUSEBUTTONDOWN ? UI_EDGE_DOWN : UI_EDGE_UP;
        edge.clicks = e->button.clicks;
        where(ui, &edge, e->button.x, e->button.y);
    }
    ui_input_put(ui, &edge);
}

static void on_key(struct ui *ui, const SDL_KeyboardEvent *e)
{
    struct ui_edge edge = {.kind = UI_EDGE_KEY, .key = e->keysym.sym, .repeat = e->repeat != 0};
    edge.mods = mods_of(e->keysym.mod);
    bool digit_place = e->keysym.scancode >= SDL_SCANCODE_1 && e->keysym.scancode <= SDL_SCANCODE_0;
    if (digit_place && !edge.mods && !(edge.key >= SDLK_0 && edge.key <= SDLK_9)) {
        int place = e->keysym.scancode - SDL_SCANCODE_1;
        edge.key = place == 9 ? SDLK_0 : SDLK_1 + place;
    }
    ui_input_put(ui, &edge);
}

static void on_window(struct ui *ui, const SDL_WindowEvent *e)
{
    if (e->event == SDL_WINDOWEVENT_CLOSE)
        ui->closed = true;
    else if (e->event == SDL_WINDOWEVENT_LEAVE && !ui_script_alone(ui))
        ui_input_put(ui, &(struct ui_edge){.kind = UI_EDGE_LEAVE});
    else if (e->event == SDL_WINDOWEVENT_EXPOSED || e->event == SDL_WINDOWEVENT_SIZE_CHANGED ||
             e->event == SDL_WINDOWEVENT_RESTORED || e->event == SDL_WINDOWEVENT_SHOWN)
        ui->redraw = true;
}

void ui_input_pump(struct ui *ui)
{
    SDL_Event e;
    while (SDL_PollEvent(&e)) {
        bool mouse = e.type == SDL_MOUSEMOTION || e.type == SDL_MOUSEBUTTONDOWN || e.type == SDL_MOUSEBUTTONUP ||
                     e.type == SDL_MOUSEWHEEL;
        if (e.type == SDL_QUIT)
            ui->closed = true;
        else if (e.type == SDL_WINDOWEVENT)
            on_window(ui, &e.window);
        else if (ui_script_alone(
                     ui)) /* a script's hand is the only one: its pictures depend on no mouse that lies about */
            continue;
        else if (mouse)
            on_mouse(ui, &e);
        else if (e.type == SDL_KEYDOWN)
            on_key(ui, &e.key);
        else
            continue;
        ui->last_input_ms = SDL_GetTicks64();
    }
}

static void fire(struct ui *ui, const struct ui_record *r, int clicks)
{
    struct ui_input *in = &ui->in;
    SDL_strlcpy(in->fired, r->id, sizeof in->fired);
    SDL_strlcpy(in->fired_owner, r->owner ? r->owner : "", sizeof in->fired_owner);
    in->fired_row = r->row;
    in->fired_clicks = clicks;
    ui->changed = true;
}

static void on_down(struct ui *ui, const struct ui_edge *edge, const struct ui_record *hot)
{
    struct ui_input *in = &ui->in;
    in->down_x = edge->x;
    in->down_y = edge->y;
    in->dragging = false;
    in->focus_shown = false;
    if (!hot || hot->disabled)
        return;
    SDL_strlcpy(in->active, hot->id, sizeof in->active);
    const struct ui_record *owner = hot->owner ? ui_records_find(&ui->last, hot->owner) : hot;
    if (owner && owner->stops)
        ui_focus_set(ui, owner, false);
}

static void on_up(struct ui *ui, const struct ui_edge *edge, const struct ui_record *hot)
{
    struct ui_input *in = &ui->in;
    const struct ui_record *active = ui_records_find(&ui->last, in->active);
    if (active && in->dragging) {
        SDL_strlcpy(in->dropped, in->active, sizeof in->dropped);
        in->drop_x = edge->x;
        in->drop_y = edge->y;
        ui->changed = true;
    } else if (active && active == hot && !active->disabled) {
        fire(ui, active, edge->clicks);
    }
    in->active[0] = 0;
    in->dragging = false;
}

static bool on_scale_key(struct ui *ui, const struct ui_edge *edge)
{
    if (edge->mods & ~(KMOD_CTRL | KMOD_SHIFT) || !(edge->mods & KMOD_CTRL))
        return false;
    switch (edge->key) {
    case SDLK_PLUS:
    case SDLK_EQUALS:
    case SDLK_KP_PLUS:
        ui_set_scale(ui, ui->scale + 0.25f);
        return true;
    case SDLK_MINUS:
    case SDLK_KP_MINUS:
        ui_set_scale(ui, ui->scale - 0.25f);
        return true;
    case SDLK_0:
    case SDLK_KP_0:
        ui_set_scale(ui, ui->home_scale);
        return true;
    default:
        return false;
    }
}

static bool on_shortcut(struct ui *ui, const struct ui_edge *edge)
{
    for (size_t i = 0; i < ui->last.count; i++) {
        const struct ui_record *r = &ui->last.items[i];
        if (!r->takes || r->disabled || !ui_key_matches(r->shortcut, edge->key, edge->mods))
            continue;
        ui->in.focus_shown = false; /* the hand is on the shortcuts now: Enter is theirs, not the focus's */
        if (!edge->repeat)
            fire(ui, r, 1);
        return true;
    }
    return false;
}

static bool is_enter(SDL_Keycode key)
{
    return key == SDLK_RETURN || key == SDLK_KP_ENTER || key == SDLK_SPACE;
}

static bool is_list_key(SDL_Keycode key)
{
    return key == SDLK_UP || key == SDLK_DOWN || key == SDLK_PAGEUP || key == SDLK_PAGEDOWN || key == SDLK_HOME ||
           key == SDLK_END || is_enter(key);
}

/* Keys of the focus: a list's own, Enter and Space, Tab and arrows. */
static bool on_focus_key(struct ui *ui, const struct ui_edge *edge)
{
    const struct ui_record *r = ui_records_find(&ui->last, ui->in.focus);
    if (r && r->scrolls && !edge->mods && is_list_key(edge->key)) {
        ui->in.key = edge->key;
        ui->in.focus_shown = true;
        return true;
    }
    if (r && is_enter(edge->key) && !edge->mods) {
        if (!edge->repeat && !r->disabled)
            fire(ui, r, 1);
        return true;
    }
    return ui_focus_key(ui, edge);
}

static void on_key_edge(struct ui *ui, const struct ui_edge *edge)
{
    struct ui_input *in = &ui->in;
    if (edge->key == SDLK_ESCAPE && in->dragging) {
        in->active[0] = 0;
        in->dragging = false;
        return;
    }
    if (on_scale_key(ui, edge))
        return;
    const struct ui_record *r = ui_records_find(&ui->last, in->focus);
    bool list_first = r && r->scrolls && !edge->mods && is_list_key(edge->key) && edge->key != SDLK_RETURN;
    if (((in->focus_shown || list_first) && on_focus_key(ui, edge)) || on_shortcut(ui, edge))
        return;
    on_focus_key(ui, edge);
}

static void on_move(struct ui *ui)
{
    struct ui_input *in = &ui->in;
    const struct ui_record *r = ui_records_find(&ui->last, in->active);
    if (r && r->drags && abs(in->x - in->down_x) + abs(in->y - in->down_y) >= DRAG_FROM)
        in->dragging = true;
}

void ui_input_take(struct ui *ui)
{
    struct ui_input *in = &ui->in;
    in->fired[0] = in->fired_owner[0] = in->dropped[0] = in->wheel_owner[0] = 0;
    in->fired_row = 0;
    in->wheel = 0;
    in->key = 0;
    if (!in->count || !ui->drawn)
        return;
    struct ui_edge edge = in->edges[in->first];
    in->first = (in->first + 1) % UI_EDGES;
    in->count--;
    if (edge.kind == UI_EDGE_LEAVE) {
        in->x = in->y = -1;
    } else if (edge.kind != UI_EDGE_KEY) {
        in->x = edge.x;
        in->y = edge.y;
    }
    const struct ui_record *hot = ui_records_at(&ui->last, in->x, in->y, false);
    SDL_strlcpy(in->hot, hot ? hot->id : "", sizeof in->hot);
    if (edge.kind == UI_EDGE_DOWN) {
        on_down(ui, &edge, hot);
    } else if (edge.kind == UI_EDGE_UP) {
        on_up(ui, &edge, hot);
    } else if (edge.kind == UI_EDGE_MOVE) {
        on_move(ui);
    } else if (edge.kind == UI_EDGE_KEY) {
        on_key_edge(ui, &edge);
    } else if (edge.kind == UI_EDGE_WHEEL) {
        const struct ui_record *under = ui_records_at(&ui->last, in->x, in->y, true);
        SDL_strlcpy(in->wheel_owner, under ? under->id : "", sizeof in->wheel_owner);
        in->wheel = edge.wheel;
    }
}

void ui_input_settle(struct ui *ui)
{
    struct ui_input *in = &ui->in;
    const struct ui_record *focus = ui_records_find(&ui->now, in->focus);
    const struct ui_record *active = ui_records_find(&ui->now, in->active);
    if (in->focus[0] && (!focus || !focus->stops || focus->disabled)) {
        in->focus[0] = 0;
        in->focus_shown = false;
    }
    if (in->active[0] && (!active || active->disabled)) {
        in->active[0] = 0;
        in->dragging = false;
    }
    const struct ui_record *hot = ui_records_at(&ui->now, in->x, in->y, false);
    const char *id = hot ? hot->id : "";
    if (strcmp(id, in->hot) != 0) { /* the frame moved under the mouse */
        SDL_strlcpy(in->hot, id, sizeof in->hot);
        ui->changed = true;
    }
}
