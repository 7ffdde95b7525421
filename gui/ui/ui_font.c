/*
 * Fonts and glyphs. SDL_ttf has no fallback, so each character is looked for in the font asked for, then in Unifont
 * (Chinese), then in DejaVu Sans, and drawn as an empty box when nobody has it.
 *
 * Unifont is pixels: it is drawn unhinted and without grey at its own 16 pixels, and enlarged by whole factors; only in
 * text at a scale between them is it drawn smooth, so that Chinese keeps the size of the letters beside it.
 * The glyph cache has a bound and starts anew when it is full.
 */
#include "gui/ui/ui_private.h"

#include <SDL2/SDL_ttf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FONTS = UI_LCD + 1, SLOTS = 4096, GLYPHS_MAX = 2048, BYTES_MAX = 4 << 20, PIXEL_SIZE = 16 };

enum face { FACE_TEXT, FACE_BOLD, FACE_MONO, FACE_PIXEL, FACES };

static const struct {
    enum face face;
    int size; /* logical */
} fonts[FONTS] = {
    [UI_TEXT] = {FACE_TEXT, 14},  [UI_SMALL] = {FACE_TEXT, 12}, [UI_BOLD] = {FACE_BOLD, 14},
    [UI_TITLE] = {FACE_BOLD, 18}, [UI_MONO] = {FACE_MONO, 13},  [UI_LCD] = {FACE_PIXEL, PIXEL_SIZE},
};

static const struct {
    const char *names[4], *package;
} faces[FACES] = {
    [FACE_TEXT] = {{"DejaVuSans.ttf"}, "fonts-dejavu-core"},
    [FACE_BOLD] = {{"DejaVuSans-Bold.ttf", "DejaVuSans.ttf"}, "fonts-dejavu-core"},
    [FACE_MONO] = {{"DejaVuSansMono.ttf"}, "fonts-dejavu-core"},
    [FACE_PIXEL] = {{"unifont.otf", "unifont.ttf"}, "fonts-unifont"},
};

static const char *const places[] = {
    "/usr/share/fonts/truetype/dejavu",
    "/usr/share/fonts/opentype/unifont",
    "/usr/share/fonts/truetype/unifont",
    "/usr/share/fonts/dejavu",
    "/usr/share/fonts/TTF",
    "/usr/share/fonts/misc",
    "/usr/share/fonts/unifont",
    "/usr/local/share/fonts",
};

struct ui_fonts {
    TTF_Font *open[FONTS], *smooth; /* Unifont at a scale between whole ones; NULL else */
    char path[FACES][512];
    bool thicken; /* no bold file of its own */
    float scale;
    struct ui_glyph glyphs[SLOTS];
    bool taken[SLOTS];
    size_t count, bytes;
    bool started;
};

bool ui_font_find(const char *const *names, char *path, size_t cap)
{
    for (size_t n = 0; names[n]; n++)
        for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
            snprintf(path, cap, "%s/%s", places[p], names[n]);
            if (access(path, R_OK) == 0)
                return true;
        }
    return false;
}

static int place(struct ui_fonts *f, enum face face, const char *given, char *why, size_t why_cap)
{
    if (given) {
        if (strlen(given) >= sizeof f->path[face]) {
            snprintf(why, why_cap, "no font: the path has more than %zu bytes", sizeof f->path[face] - 1);
            return -1;
        }
        strcpy(f->path[face], given);
        return 0;
    }
    if (ui_font_find(faces[face].names, f->path[face], sizeof f->path[face]))
        return 0;
    snprintf(why, why_cap, "no font: %s not found; apt-get install %s%s", faces[face].names[0], faces[face].package,
             face == FACE_PIXEL ? "" : ", or --font FILE");
    return -1;
}

/* SDL_ttf takes whatever FreeType opens; the first letter tells whether it is a font of letters. */
static int check(const struct ui_fonts *f, enum face face, char *why, size_t why_cap)
{
    TTF_Font *font = TTF_OpenFont(f->path[face], PIXEL_SIZE);
    bool good = font && TTF_GlyphIsProvided32(font, 'A');
    if (!good)
        snprintf(why, why_cap, "no font: %s: %s; --font takes a TrueType or OpenType file", f->path[face],
                 font ? "has no letters" : TTF_GetError());
    if (font)
        TTF_CloseFont(font);
    return good ? 0 : -1;
}

struct ui_fonts *ui_fonts_open(const struct ui_config *c, char *why, size_t why_cap)
{
    struct ui_fonts *f = calloc(1, sizeof *f);
    if (!f) {
        snprintf(why, why_cap, "out of memory");
        return NULL;
    }
    if (TTF_Init() != 0) {
        snprintf(why, why_cap, "no font: %s", TTF_GetError());
        goto cleanup;
    }
    f->started = true;
    const char *mono = c->mono_font;
    char found[512];
    if (!mono && c->text_font && !ui_font_find(faces[FACE_MONO].names, found, sizeof found))
        mono = c->text_font;
    f->thicken = c->text_font != NULL;
    const char *given[FACES] = {c->text_font, c->text_font, mono, c->cjk_font};
    for (int face = 0; face < FACES; face++)
        if (place(f, (enum face)face, given[face], why, why_cap) != 0 || check(f, (enum face)face, why, why_cap) != 0)
            goto cleanup;
    return f;
cleanup:
    ui_fonts_close(f);
    return NULL;
}

static void forget_glyphs(struct ui_fonts *f)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (f->taken[i])
            free(f->glyphs[i].mask);
    memset(f->glyphs, 0, sizeof f->glyphs);
    memset(f->taken, 0, sizeof f->taken);
    f->count = f->bytes = 0;
}

void ui_fonts_close(struct ui_fonts *f)
{
    if (!f)
        return;
    forget_glyphs(f);
    for (int i = 0; i < FONTS; i++)
        if (f->open[i])
            TTF_CloseFont(f->open[i]);
    if (f->smooth)
        TTF_CloseFont(f->smooth);
    if (f->started)
        TTF_Quit();
    free(f);
}

static TTF_Font *reopen(struct ui_fonts *f, TTF_Font *old, enum face face, int size)
{
    if (old)
        TTF_CloseFont(old);
    TTF_Font *font = TTF_OpenFont(f->path[face], size);
    if (!font)
        return NULL;
    TTF_SetFontHinting(font, face == FACE_PIXEL ? TTF_HINTING_NONE : TTF_HINTING_LIGHT);
    if (f->thicken && face == FACE_BOLD)
        TTF_SetFontStyle(font, TTF_STYLE_BOLD);
    return font;
}

int ui_fonts_scale(struct ui_fonts *f, float scale)
{
    forget_glyphs(f);
    f->scale = scale;
    for (int i = 0; i < FONTS; i++) {
        bool pixels = fonts[i].face == FACE_PIXEL;
        int size = pixels ? PIXEL_SIZE : (int)((float)fonts[i].size * scale + 0.5f);
        f->open[i] = reopen(f, f->open[i], fonts[i].face, size);
        if (!f->open[i])
            return -1;
    }
    if (f->smooth)
        TTF_CloseFont(f->smooth);
    f->smooth = NULL;
    if (SDL_fabsf(scale - (float)(int)(scale + 0.5f)) > 0.01f)
        f->smooth = reopen(f, NULL, FACE_PIXEL, (int)(PIXEL_SIZE * scale + 0.5f));
    return 0;
}

void ui_fonts_metrics(const struct ui_fonts *f, enum ui_font font, int *ascent, int *height)
{
    *ascent = TTF_FontAscent(f->open[font]);
    *height = *ascent - TTF_FontDescent(f->open[font]);
    if (fonts[font].face == FACE_PIXEL) { /* 16 rows, two of them below the line */
        *ascent = 14;
        *height = PIXEL_SIZE;
    }
}

/* Takes the coverage out of SDL_ttf's surface. */
static void fill_mask(struct ui_glyph *g, TTF_Font *font, bool pixels)
{
    SDL_Color white = {255, 255, 255, 255};
    SDL_Surface *s =
        pixels ? TTF_RenderGlyph32_Solid(font, g->code, white) : TTF_RenderGlyph32_Blended(font, g->code, white);
    if (!s)
        return;
    g->mask = malloc((size_t)s->w * (size_t)s->h + 1);
    if (g->mask) {
        g->w = s->w;
        g->h = s->h;
        for (int y = 0; y < s->h; y++) {
            const uint8_t *row = (const uint8_t *)s->pixels + (size_t)y * (size_t)s->pitch;
            for (int x = 0; x < s->w; x++) {
                uint32_t argb = 0;
                if (!pixels)
                    memcpy(&argb, row + 4 * x, 4);
                g->mask[y * s->w + x] = pixels ? (row[x] ? 255 : 0) : (uint8_t)(argb >> 24);
            }
        }
    }
    SDL_FreeSurface(s);
}

static void from_font(struct ui_glyph *g, TTF_Font *font, bool pixels, int zoom)
{
    int left = 0, right = 0, low = 0, high = 0, advance = 0, ascent = TTF_FontAscent(font);
    TTF_GlyphMetrics32(font, g->code, &left, &right, &low, &high, &advance);
    g->zoom = zoom;
    g->advance = advance * zoom;
    if (right > left && high > low)
        fill_mask(g, font, pixels);
    g->left = left < 0 ? left : 0; /* the surface begins at the pen, or at ink left of it */
    g->top = high > ascent ? high : ascent;
}

/* An empty box, for what no font has. */
static void box(struct ui_glyph *g, int ascent)
{
    int h = ascent * 3 / 4, w = h * 2 / 3, line = 1 + h / 24;
    g->zoom = 1;
    g->advance = w + 2 * line;
    g->left = line;
    g->top = h;
    g->mask = calloc(1, (size_t)w * (size_t)h + 1);
    if (!g->mask)
        return;
    g->w = w;
    g->h = h;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            g->mask[y * w + x] = x < line || y < line || x >= w - line || y >= h - line ? 255 : 0;
}

static void make(struct ui_fonts *f, struct ui_glyph *g)
{
    enum ui_font font = (enum ui_font)g->font;
    int ascent, height;
    ui_fonts_metrics(f, font, &ascent, &height);
    bool pixels = fonts[font].face == FACE_PIXEL;
    if (g->code == 0xfffd)
        box(g, ascent);
    else if (TTF_GlyphIsProvided32(f->open[font], g->code))
        from_font(g, f->open[font], pixels, 1);
    else if (!pixels && TTF_GlyphIsProvided32(f->open[UI_LCD], g->code))
        from_font(g, f->smooth ? f->smooth : f->open[UI_LCD], !f->smooth, f->smooth ? 1 : (int)(f->scale + 0.5f));
    else if (!pixels && TTF_GlyphIsProvided32(f->open[UI_TEXT], g->code))
        from_font(g, f->open[UI_TEXT], false, 1);
    else
        box(g, ascent);
    if (pixels && g->advance != 8 && g->advance != 16) /* the box, marks: into a cell */
        g->advance = 8;
}

const struct ui_glyph *ui_fonts_glyph(struct ui_fonts *f, enum ui_font font, uint32_t code)
{
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        code = code == '\t' || code == '\n' || code == '\r' ? ' ' : 0xfffd; /* a control character is not text */
    if (f->count >= GLYPHS_MAX || f->bytes >= BYTES_MAX)
        forget_glyphs(f);
    size_t slot = (code * 2654435761u ^ (uint32_t)font * 40503u) % SLOTS;
    while (f->taken[slot] && (f->glyphs[slot].code != code || f->glyphs[slot].font != (uint32_t)font))
        slot = (slot + 1) % SLOTS;
    struct ui_glyph *g = &f->glyphs[slot];
    if (!f->taken[slot]) {
        g->code = code;
        g->font = (uint32_t)font;
        make(f, g);
        f->taken[slot] = true;
        f->count++;
        f->bytes += (size_t)g->w * (size_t)g->h;
    }
    return g;
}

size_t ui_fonts_cached(const struct ui_fonts *f)
{
    return f->count;
}
