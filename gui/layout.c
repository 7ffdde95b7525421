/* Where everything stands: one function for the window, one for the terminal. Callers: gui/run.c, gui/face.c. */
#include "gui/window.h"

enum {
    MARGIN = 12,
    TOP = 48,
    STATUS = 30,
    FACE_WIDTH = 400,
    INFO = 30,         /* printer slot, and a line of small words */
    GLASS_WIDTH = 336, /* 20 x 4 cells of double pixels, or 40 x 8 of single ones, and a rim of 8 */
    GLASS_HEIGHT = 144
};

struct ui_rect rect_inset(struct ui_rect r, int by)
{
    return (struct ui_rect){r.x + by, r.y + by, r.w - 2 * by, r.h - 2 * by};
}

struct ui_rect rect_take_top(struct ui_rect *r, int h)
{
    struct ui_rect out = {r->x, r->y, r->w, h};
    r->y += h;
    r->h -= h;
    return out;
}

struct ui_rect rect_take_bottom(struct ui_rect *r, int h)
{
    r->h -= h;
    return (struct ui_rect){r->x, r->y + r->h, r->w, h};
}

struct ui_rect rect_take_left(struct ui_rect *r, int w)
{
    struct ui_rect out = {r->x, r->y, w, r->h};
    r->x += w;
    r->w -= w;
    return out;
}

struct ui_rect rect_take_right(struct ui_rect *r, int w)
{
    r->w -= w;
    return (struct ui_rect){r->x + r->w, r->y, w, r->h};
}

void layout_window(int width, int height, struct places *out)
{
    /* smaller, it is cut off at the right and below, rather than laid over itself */
    struct ui_rect all = {0, 0, width < LEAST_WIDTH ? LEAST_WIDTH : width,
                          height < LEAST_HEIGHT ? LEAST_HEIGHT : height};
    out->top = rect_take_top(&all, TOP);
    out->status = rect_take_bottom(&all, STATUS);
    all = rect_inset(all, MARGIN);
    out->face = rect_take_left(&all, FACE_WIDTH);
    rect_take_left(&all, MARGIN);
    int middle = all.w * 37 / 100;
    middle = middle < 232 ? 232 : middle > 360 ? 360 : middle;
    struct ui_rect column = rect_take_left(&all, middle);
    rect_take_left(&all, MARGIN);
    out->view = all;
    out->tray = rect_take_top(&column, column.h * 48 / 100);
    rect_take_top(&column, MARGIN);
    out->scenarios = column;
}

void layout_face(struct ui_rect face, struct face_places *out)
{
    struct ui_rect r = face;
    out->key_height = face.h > 660 ? 44 : 38;
    int body = INFO + GLASS_HEIGHT + 12 + 28 + 12 + 4 * out->key_height + 3 * UI_GAP + 34;
    out->switches = rect_take_bottom(&r, UI_TALL);
    rect_take_bottom(&r, UI_GAP);
    struct ui_rect card = rect_take_bottom(&r, 58);
    out->body = rect_take_bottom(&r, body);
    out->stripe = rect_take_right(&out->body, 28);
    rect_take_right(&out->body, 4);
    struct ui_rect in = {out->body.x + (out->body.w - GLASS_WIDTH) / 2, out->body.y, GLASS_WIDTH, out->body.h};
    out->paper = (struct ui_rect){in.x + 20, face.y, GLASS_WIDTH - 40, r.h + 10};
    out->info = rect_take_top(&in, INFO);
    out->glass = rect_take_top(&in, GLASS_HEIGHT);
    rect_take_top(&in, 12);
    out->lamps = rect_take_top(&in, 28);
    rect_take_top(&in, 12);
    out->keys = rect_take_top(&in, 4 * out->key_height + 3 * UI_GAP);
    out->chip = (struct ui_rect){in.x + 48, in.y + 12, in.w - 96, 14};
    out->card = (struct ui_rect){out->chip.x + 8, out->body.y + out->body.h, out->chip.w - 16, card.h - 6};
}
