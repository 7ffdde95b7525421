/*
 * One line of text: measured, cut at a character border with an ellipsis, drawn glyph by glyph; where wrapped text
 * breaks; and the pixel text of displays.
 */
#include "gui/ui/ui_private.h"

#include <string.h>

static const char ellipsis[] = "\xe2\x80\xa6";

enum { LINE_MAX = 8192 }; /* bytes of a line that are looked at; wider than any window */

int ui_text_real_width(struct ui *ui, enum ui_font font, const char *text, size_t len)
{
    int width = 0;
    uint32_t code;
    for (size_t at = 0, n; at < len && (n = ui_utf8_next(text + at, &code)) > 0; at += n)
        width += ui_fonts_glyph(ui->fonts, font, code)->advance;
    return width;
}

size_t ui_text_fit(struct ui *ui, enum ui_font font, const char *text, int width)
{
    size_t at = 0, n;
    uint32_t code;
    for (int used = 0; at < LINE_MAX && (n = ui_utf8_next(text + at, &code)) > 0; at += n) {
        used += ui_fonts_glyph(ui->fonts, font, code)->advance;
        if (used > width)
            break;
    }
    return at;
}

static int draw_run(struct ui *ui, int x, int baseline, enum ui_font font, uint32_t rgb, const char *text, size_t len)
{
    uint32_t code;
    for (size_t at = 0, n; at < len && (n = ui_utf8_next(text + at, &code)) > 0; at += n) {
        const struct ui_glyph *g = ui_fonts_glyph(ui->fonts, font, code);
        ui_px_mask(ui, g->mask, g->w, g->h, g->zoom, x + g->left * g->zoom, baseline - g->top * g->zoom, rgb);
        x += g->advance;
    }
    return x;
}

int ui_px_text(struct ui *ui, SDL_Rect at, enum ui_font font, enum ui_align align, uint32_t rgb, const char *text)
{
    int ascent, height;
    ui_fonts_metrics(ui->fonts, font, &ascent, &height);
    size_t len = ui_text_fit(ui, font, text, at.w);
    bool cut = text[len] != 0;
    if (cut) {
        int dots = ui_text_real_width(ui, font, ellipsis, sizeof ellipsis - 1);
        if (dots > at.w)
            return 0;
        len = ui_text_fit(ui, font, text, at.w - dots);
        while (len > 0 && text[len - 1] == ' ') /* no gap before the dots */
            len--;
    }
    int width = ui_text_real_width(ui, font, text, len);
    if (cut)
        width += ui_text_real_width(ui, font, ellipsis, sizeof ellipsis - 1);
    int x = at.x + (align == UI_LEFT ? 0 : align == UI_CENTRE ? (at.w - width) / 2 : at.w - width);
    int baseline = at.y + (at.h - height) / 2 + ascent;
    int end = draw_run(ui, x, baseline, font, rgb, text, len);
    if (cut)
        draw_run(ui, end, baseline, font, rgb, ellipsis, sizeof ellipsis - 1);
    return width;
}

int ui_text(struct ui *ui, struct ui_rect at, enum ui_font font, enum ui_align align, enum ui_tone tone,
            const char *text)
{
    if (font == UI_LCD) {
        int wide = ui_text_width(ui, font, text);
        int x = at.x + (align == UI_LEFT || wide > at.w ? 0 : align == UI_CENTRE ? (at.w - wide) / 2 : at.w - wide);
        return ui_pixel_text(ui, (struct ui_rect){x, at.y + (at.h - 16) / 2, at.x + at.w - x, 16}, 1, tone, text);
    }
    int width = ui_px_text(ui, ui_real_rect(ui, at), font, align, ui_theme_colour(tone), text);
    return (int)SDL_ceilf((float)width / ui->scale);
}

int ui_text_width(struct ui *ui, enum ui_font font, const char *text)
{
    int width = ui_text_real_width(ui, font, text, strnlen(text, LINE_MAX));
    return font == UI_LCD ? width : (int)SDL_ceilf((float)width / ui->scale);
}

int ui_line_height(struct ui *ui, enum ui_font font)
{
    int ascent, height;
    ui_fonts_metrics(ui->fonts, font, &ascent, &height);
    if (font == UI_LCD)
        return height;
    int line = (int)SDL_ceilf((float)height / ui->scale) + 1;
    return line < 17 ? 17 : line; /* Chinese stands 16 high in small text too */
}

/* The pixels of a cell are rectangles that meet, so that every scale keeps them whole. */
static void draw_cell(struct ui *ui, const struct ui_glyph *g, int x, int y, int zoom, uint32_t rgb)
{
    for (int row = 0; row < g->h; row++)
        for (int col = 0; col < g->w; col++) {
            int from = col;
            while (col < g->w && g->mask[row * g->w + col])
                col++;
            if (col == from)
                continue;
            int left = ui_real(ui, x + (g->left + from) * zoom), right = ui_real(ui, x + (g->left + col) * zoom);
            int top = ui_real(ui, y + row * zoom), low = ui_real(ui, y + (row + 1) * zoom);
            ui_px_fill(ui, (SDL_Rect){left, top, right - left, low - top}, rgb);
        }
}

int ui_pixel_text(struct ui *ui, struct ui_rect at, int zoom, enum ui_tone tone, const char *text)
{
    int ascent, height, used = 0;
    ui_fonts_metrics(ui->fonts, UI_LCD, &ascent, &height);
    uint32_t code, rgb = ui_theme_colour(tone);
    for (size_t i = 0, n; i < LINE_MAX && zoom > 0 && (n = ui_utf8_next(text + i, &code)) > 0; i += n) {
        const struct ui_glyph *g = ui_fonts_glyph(ui->fonts, UI_LCD, code);
        if (used + g->advance * zoom > at.w) /* whole cells only, as a display has them */
            break;
        draw_cell(ui, g, at.x + used, at.y + (ascent - g->top) * zoom, zoom, rgb);
        used += g->advance * zoom;
    }
    return used;
}

size_t ui_text_wrap(struct ui *ui, enum ui_font font, const char *text, int width, size_t *skip)
{
    size_t at = 0, n, line = 0; /* line, *skip: the last place where it may break */
    uint32_t code;
    *skip = 0;
    for (int used = 0; (n = ui_utf8_next(text + at, &code)) > 0 && code != '\n' && at < LINE_MAX; at += n) {
        bool chinese = code >= 0x2e80;
        if ((code == ' ' || chinese) && at > 0) {
            line = at;
            *skip = code == ' ' ? at + 1 : at;
        }
        used += ui_fonts_glyph(ui->fonts, font, code)->advance;
        if (used > width && code != ' ')
            break;
        if (chinese)
            line = *skip = at + n;
    }
    if (n == 0 || code == '\n') {
        *skip = at + (n ? 1 : 0);
        return at;
    }
    if (*skip == 0) /* a word longer than the line; and at least one character, or it would never end */
        line = *skip = at > 0 ? at : n;
    return line;
}
