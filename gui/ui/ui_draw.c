/*
 * Pixels: rectangles, rounded corners with smooth edges, masks in a colour. Integers only, so that every machine draws
 * the same. Callers: the widgets, and panels that draw by hand.
 */
#include "gui/ui/ui_private.h"

#include <stdlib.h>

int ui_real(const struct ui *ui, int logical)
{
    return (int)SDL_floorf((float)logical * ui->scale + 0.5f);
}

SDL_Rect ui_real_rect(const struct ui *ui, struct ui_rect at)
{
    /* both edges are rounded, so that neighbours meet at every scale */
    int x = ui_real(ui, at.x), y = ui_real(ui, at.y);
    return (SDL_Rect){x, y, ui_real(ui, at.x + at.w) - x, ui_real(ui, at.y + at.h) - y};
}

int ui_line_px(const struct ui *ui)
{
    return ui->scale >= 1.75f ? 2 : 1;
}

struct ui_rect ui_clipped(const struct ui *ui, struct ui_rect at)
{
    const SDL_Rect *c = &ui->canvas.clip;
    int left = (int)SDL_ceilf((float)c->x / ui->scale), top = (int)SDL_ceilf((float)c->y / ui->scale);
    int right = (int)SDL_floorf((float)(c->x + c->w) / ui->scale),
        low = (int)SDL_floorf((float)(c->y + c->h) / ui->scale);
    SDL_Rect box = {left, top, right - left, low - top}, all = {at.x, at.y, at.w, at.h}, in;
    if (!SDL_IntersectRect(&box, &all, &in))
        return (struct ui_rect){at.x, at.y, 0, 0};
    return (struct ui_rect){in.x, in.y, in.w, in.h};
}

static uint32_t blend(uint32_t under, uint32_t over, unsigned alpha)
{
    uint32_t out = 0;
    for (int shift = 0; shift < 24; shift += 8) {
        unsigned a = under >> shift & 0xff, b = over >> shift & 0xff;
        out |= (a * (255 - alpha) + b * alpha + 127) / 255 << shift;
    }
    return out;
}

void ui_px_fill(struct ui *ui, SDL_Rect at, uint32_t rgb)
{
    SDL_Rect in;
    if (!SDL_IntersectRect(&at, &ui->canvas.clip, &in))
        return;
    for (int y = in.y; y < in.y + in.h; y++) {
        uint32_t *row = ui->canvas.pixels + (size_t)y * (size_t)ui->canvas.w;
        for (int x = in.x; x < in.x + in.w; x++)
            row[x] = rgb;
    }
}

void ui_px_mask(struct ui *ui, const uint8_t *mask, int w, int h, int zoom, int x, int y, uint32_t rgb)
{
    SDL_Rect all = {x, y, w * zoom, h * zoom}, in;
    if (!mask || !SDL_IntersectRect(&all, &ui->canvas.clip, &in))
        return;
    for (int py = in.y; py < in.y + in.h; py++) {
        uint32_t *row = ui->canvas.pixels + (size_t)py * (size_t)ui->canvas.w;
        const uint8_t *from = mask + (size_t)((py - y) / zoom) * (size_t)w;
        for (int px = in.x; px < in.x + in.w; px++) {
            unsigned alpha = from[(px - x) / zoom];
            if (alpha)
                row[px] = alpha == 255 ? rgb : blend(row[px], rgb, alpha);
        }
    }
}

/* The quarter at the upper left; how much of each pixel the circle covers. */
static const uint8_t *corner(struct ui_canvas *c, int radius)
{
    if (c->corner[radius])
        return c->corner[radius];
    uint8_t *mask = malloc((size_t)radius * (size_t)radius);
    if (!mask)
        return NULL;
    for (int y = 0; y < radius; y++)
        for (int x = 0; x < radius; x++) {
            double dx = radius - x - 0.5, dy = radius - y - 0.5;
            double in = radius - SDL_sqrt(dx * dx + dy * dy) + 0.5;
            mask[y * radius + x] = in <= 0 ? 0 : in >= 1 ? 255 : (uint8_t)(in * 255 + 0.5);
        }
    c->corner[radius] = mask;
    return mask;
}

static void corners(struct ui *ui, SDL_Rect at, int r, const uint8_t *quarter, uint32_t rgb)
{
    for (int y = 0; y < r; y++)
        for (int x = 0; x < r; x++) {
            uint8_t alpha = quarter[y * r + x];
            ui_px_mask(ui, &alpha, 1, 1, 1, at.x + x, at.y + y, rgb);
            ui_px_mask(ui, &alpha, 1, 1, 1, at.x + at.w - 1 - x, at.y + y, rgb);
            ui_px_mask(ui, &alpha, 1, 1, 1, at.x + x, at.y + at.h - 1 - y, rgb);
            ui_px_mask(ui, &alpha, 1, 1, 1, at.x + at.w - 1 - x, at.y + at.h - 1 - y, rgb);
        }
}

void ui_px_round(struct ui *ui, SDL_Rect at, int radius, uint32_t rgb)
{
    int most = (at.w < at.h ? at.w : at.h) / 2;
    int r = radius < most ? radius : most;
    r = r > 128 ? 128 : r;
    const uint8_t *quarter = r > 0 ? corner(&ui->canvas, r) : NULL;
    if (!quarter) {
        ui_px_fill(ui, at, rgb);
        return;
    }
    ui_px_fill(ui, (SDL_Rect){at.x + r, at.y, at.w - 2 * r, r}, rgb);
    ui_px_fill(ui, (SDL_Rect){at.x, at.y + r, at.w, at.h - 2 * r}, rgb);
    ui_px_fill(ui, (SDL_Rect){at.x + r, at.y + at.h - r, at.w - 2 * r, r}, rgb);
    corners(ui, at, r, quarter, rgb);
}

/* A band around the widget, outside of it: accent, between two white seams that show it on dark faces. */
void ui_px_ring(struct ui *ui, struct ui_rect at, int radius)
{
    uint32_t accent = ui_theme_colour(UI_ACCENT), white = ui_theme_colour(UI_WHITE);
    SDL_Rect inner = ui_real_rect(ui, at);
    int line = ui_real(ui, 1), r = ui_real(ui, radius);
    int wide = 4 * line;
    struct ui_canvas *c = &ui->canvas;
    SDL_Rect box = {inner.x - wide, inner.y - wide, inner.w + 2 * wide, inner.h + 2 * wide}, in;
    if (!SDL_IntersectRect(&box, &c->clip, &in))
        return;
    /* A pixel belongs to the band by its distance from the rounded rectangle. */
    for (int y = in.y; y < in.y + in.h; y++)
        for (int x = in.x; x < in.x + in.w; x++) {
            if (y >= inner.y + r && y < inner.y + inner.h - r && x >= inner.x && x < inner.x + inner.w) {
                x = inner.x + inner.w - 1; /* inside */
                continue;
            }
            double dx = SDL_max(SDL_max(inner.x + r - (x + 0.5), x + 0.5 - (inner.x + inner.w - r)), 0);
            double dy = SDL_max(SDL_max(inner.y + r - (y + 0.5), y + 0.5 - (inner.y + inner.h - r)), 0);
            double far = SDL_sqrt(dx * dx + dy * dy) - r;
            if (far <= -0.5 || far >= wide + 0.5)
                continue;
            double edge_in = SDL_min(far + 0.5, 1), edge_out = SDL_min(wide + 0.5 - far, 1);
            double mid = SDL_min(SDL_max(far - line + 0.5, 0), 1) * SDL_min(SDL_max(3 * line - far + 0.5, 0), 1);
            uint32_t *p = c->pixels + (size_t)y * (size_t)c->w + x;
            uint32_t band = blend(white, accent, (unsigned)(mid * 255 + 0.5));
            *p = blend(*p, band, (unsigned)(SDL_min(edge_in, edge_out) * 255 + 0.5));
        }
}

void ui_fill(struct ui *ui, struct ui_rect at, enum ui_tone tone)
{
    ui_px_fill(ui, ui_real_rect(ui, at), ui_theme_colour(tone));
}

void ui_round(struct ui *ui, struct ui_rect at, int radius, enum ui_tone tone)
{
    ui_px_round(ui, ui_real_rect(ui, at), ui_real(ui, radius), ui_theme_colour(tone));
}

void ui_frame(struct ui *ui, struct ui_rect at, enum ui_tone tone)
{
    SDL_Rect r = ui_real_rect(ui, at);
    int line = ui_line_px(ui);
    uint32_t rgb = ui_theme_colour(tone);
    ui_px_fill(ui, (SDL_Rect){r.x, r.y, r.w, line}, rgb);
    ui_px_fill(ui, (SDL_Rect){r.x, r.y + r.h - line, r.w, line}, rgb);
    ui_px_fill(ui, (SDL_Rect){r.x, r.y, line, r.h}, rgb);
    ui_px_fill(ui, (SDL_Rect){r.x + r.w - line, r.y, line, r.h}, rgb);
}

void ui_clip(struct ui *ui, const struct ui_rect *at)
{
    SDL_Rect all = {0, 0, ui->canvas.w, ui->canvas.h}, in = all;
    if (at) {
        SDL_Rect want = ui_real_rect(ui, *at);
        if (!SDL_IntersectRect(&all, &want, &in))
            in = (SDL_Rect){0, 0, 0, 0};
    }
    ui->canvas.clip = in;
}
