/*
 * The one table of colours, and what is reckoned from it: mixing, contrast, ink for a face. tests/gui/ui/test_theme.c
 * holds every pair of text and face that the bench uses against WCAG 2.1 (1.4.3, AA: 4.5 to 1).
 */
#include "gui/ui/ui_private.h"

static const struct {
    const char *name;
    uint32_t rgb;
} tones[UI_TONES] = {
    [UI_INK] = {"ink", 0x1d2a33},         [UI_QUIET] = {"quiet", 0x54626c},   [UI_PAPER] = {"paper", 0xeef0ee},
    [UI_PANEL] = {"panel", 0xfbfcfb},     [UI_RAISED] = {"raised", 0xe6eae9}, [UI_LINE] = {"line", 0xcdd4d2},
    [UI_ACCENT] = {"accent", 0x0b6a72},   [UI_GOOD] = {"good", 0x21703f},     [UI_WARN] = {"warn", 0x8a5600},
    [UI_BAD] = {"bad", 0xb0261e},         [UI_BLUE] = {"blue", 0x2a6db8},     [UI_YELLOW] = {"yellow", 0xf0c02c},
    [UI_GREEN] = {"green", 0x2b8a4f},     [UI_RED] = {"red", 0xc5362c},       [UI_LCD_BACK] = {"lcd-back", 0xcfdcc0},
    [UI_LCD_INK] = {"lcd-ink", 0x1c2a20}, [UI_DARK] = {"dark", 0x2b353c},     [UI_WHITE] = {"white", 0xffffff},
};

uint32_t ui_theme_colour(enum ui_tone tone)
{
    return tone < UI_TONES ? tones[tone].rgb : tones[UI_INK].rgb;
}

const char *ui_theme_name(enum ui_tone tone)
{
    return tone < UI_TONES ? tones[tone].name : "?";
}

uint32_t ui_theme_mix(uint32_t from, uint32_t to, int percent)
{
    uint32_t out = 0;
    for (int shift = 0; shift < 24; shift += 8) {
        int a = (int)(from >> shift & 0xff), b = (int)(to >> shift & 0xff);
        out |= (uint32_t)((a * (100 - percent) + b * percent + 50) / 100) << shift;
    }
    return out;
}

static double luminance(uint32_t rgb)
{
    static const double weight[] = {0.0722, 0.7152, 0.2126}; /* blue, green, red */
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double c = (double)(rgb >> (8 * i) & 0xff) / 255.0;
        sum += weight[i] * (c <= 0.04045 ? c / 12.92 : SDL_pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
}

double ui_theme_contrast(uint32_t a, uint32_t b)
{
    double la = luminance(a), lb = luminance(b);
    return la > lb ? (la + 0.05) / (lb + 0.05) : (lb + 0.05) / (la + 0.05);
}

uint32_t ui_theme_ink_on(uint32_t face)
{
    uint32_t ink = tones[UI_INK].rgb, white = tones[UI_WHITE].rgb;
    return ui_theme_contrast(face, ink) >= ui_theme_contrast(face, white) ? ink : white;
}
