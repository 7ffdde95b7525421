/*
 * Where the keyboard is. Tab goes in the order in which the frame called its widgets; arrows go to the neighbour that
 * a person would point at: the nearest in that direction, what lies straight ahead before what lies aside.
 */
#include "gui/ui/ui_private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void ui_focus_set(struct ui *ui, const struct ui_record *r, bool shown)
{
    SDL_strlcpy(ui->in.focus, r->id, sizeof ui->in.focus);
    ui->in.focus_shown = shown;
    ui->changed = true;
}

static bool can_stop(const struct ui_record *r)
{
    return r->stops && !r->disabled;
}

static const struct ui_record *next_in_order(const struct ui_records *all, const struct ui_record *from, bool back)
{
    size_t n = all->count;
    size_t at = from ? (size_t)(from - all->items) : back ? 0 : n - 1; /* so that the first step wraps to an end */
    for (size_t step = 1; step <= n; step++) {
        const struct ui_record *r = &all->items[back ? (at + n - step) % n : (at + step) % n];
        if (can_stop(r))
            return r;
    }
    return NULL;
}

/* Distance of `to` in the direction (dx, dy); INT_MAX: it does not lie there. */
static int distance(const struct ui_rect *from, const struct ui_rect *to, int dx, int dy)
{
    int fx = 2 * from->x + from->w, fy = 2 * from->y + from->h; /* centres, twice */
    int tx = 2 * to->x + to->w, ty = 2 * to->y + to->h;
    int ahead = dx ? (tx - fx) * dx : (ty - fy) * dy;
    if (ahead <= 0)
        return INT_MAX;
    int gap = dx > 0   ? to->x - (from->x + from->w)
              : dx < 0 ? from->x - (to->x + to->w)
              : dy > 0 ? to->y - (from->y + from->h)
                       : from->y - (to->y + to->h);
    int aside = dx ? abs(ty - fy) : abs(tx - fx);
    int half = dx ? from->h + to->h : from->w + to->w;
    int beside = aside > half ? aside - half : 0; /* they do not face each other */
    return 4 * (gap > 0 ? gap : 0) + aside + 8 * beside + ahead / 16;
}

static const struct ui_record *neighbour(const struct ui_records *all, const struct ui_record *from, int dx, int dy)
{
    const struct ui_record *best = NULL;
    int least = INT_MAX;
    for (size_t i = 0; i < all->count; i++) {
        const struct ui_record *r = &all->items[i];
        int far = r == from || !can_stop(r) ? INT_MAX : distance(&from->at, &r->at, dx, dy);
        if (far < least) {
            least = far;
            best = r;
        }
    }
    return best;
}

bool ui_focus_key(struct ui *ui, const struct ui_edge *edge)
{
    static const struct {
        SDL_Keycode key;
        int dx, dy;
    } arrows[] = {{SDLK_LEFT, -1, 0}, {SDLK_RIGHT, 1, 0}, {SDLK_UP, 0, -1}, {SDLK_DOWN, 0, 1}};
    const struct ui_records *all = &ui->last;
    const struct ui_record *from = ui_records_find(all, ui->in.focus), *to = NULL;
    if (all->count == 0)
        return false;
    if (edge->key == SDLK_TAB && !(edge->mods & ~KMOD_SHIFT)) {
        to = next_in_order(all, from, edge->mods & KMOD_SHIFT);
        if (to)
            ui_focus_set(ui, to, true);
        return true;
    }
    for (size_t i = 0; i < sizeof arrows / sizeof arrows[0]; i++) {
        if (arrows[i].key != edge->key || edge->mods)
            continue;
        to = from ? neighbour(all, from, arrows[i].dx, arrows[i].dy) : next_in_order(all, NULL, false);
        if (to || from)
            ui_focus_set(ui, to ? to : from, true);
        return true;
    }
    return false;
}
