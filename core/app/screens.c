/* The catalogue, which image.c hands out, and the filling in of a screen's text. Caller: ui.c. */
#include "core/app/screens.h"

#include <string.h>

#define ROW_MAX 64

const struct firmware_screen screen_catalogue[] = {
#define SCREEN_ROW(name, role, en, zh) {SCREEN_##name, #name, FIRMWARE_##role},
    SCREEN_TABLE(SCREEN_ROW)
#undef SCREEN_ROW
        {0, NULL, FIRMWARE_NEUTRAL},
};

static const char *const texts[SCREEN_COUNT][2] = {[SCREEN_NONE] = {"", ""},
#define SCREEN_TEXT(name, role, en, zh) [SCREEN_##name] = {en, zh},
                                                   SCREEN_TABLE(SCREEN_TEXT)
#undef SCREEN_TEXT
};

struct rows {
    char text[HAL_DISPLAY_ROWS][ROW_MAX];
    size_t count, used;
};

/* A row that is full loses its end; the last row swallows what has no row of its own. */
static void put(struct rows *rows, char c)
{
    if (rows->used + 1 < ROW_MAX)
        rows->text[rows->count][rows->used++] = c;
}

static void put_text(struct rows *rows, const char *text)
{
    for (; *text; text++)
        put(rows, (unsigned char)*text < ' ' ? ' ' : *text);
}

static void next_row(struct rows *rows)
{
    if (rows->count + 1 < HAL_DISPLAY_ROWS) {
        rows->count++;
        rows->used = 0;
    }
}

/* Cells of the character that begins with this byte (UTF-8; what takes three bytes here is a Chinese one). */
static unsigned cells_of(unsigned char c)
{
    if ((c & 0xC0) == 0x80)
        return 0; /* the rest of a character */
    return c >= 0xE0 ? 2 : 1;
}

/* How much of a text goes on one row: to the last blank that fits, without one as much as fits. */
static size_t row_len(const char *text, unsigned columns)
{
    unsigned cells = 0;
    size_t i, blank = 0;
    for (i = 0; text[i]; i++) {
        cells += cells_of((unsigned char)text[i]);
        if (text[i] == ' ')
            blank = i + 1;
        if (cells > columns)
            return blank ? blank : i;
    }
    return i;
}

/* The last row may be a text of the host: what is too long for it goes on below, where there is room. */
static void wrap_last(struct rows *rows, const struct hal_display_geometry *display)
{
    while (rows->count + 1 < display->rows && rows->count + 1 < HAL_DISPLAY_ROWS) {
        char *last = rows->text[rows->count];
        size_t len = row_len(last, display->columns);
        if (!len || !last[len])
            return;
        memcpy(rows->text[rows->count + 1], last + len, strlen(last + len) + 1);
        last[len] = '\0';
        rows->count++;
    }
}

int screen_show(const struct hal *hal, enum language language, enum screen id, const char *const *args, size_t count)
{
    if (id >= SCREEN_COUNT)
        return E_INVAL;
    struct rows rows;
    memset(&rows, 0, sizeof rows);
    size_t arg = 0;
    for (const char *text = texts[id][language == LANGUAGE_ZH]; *text; text++) {
        if (*text == '\n') {
            next_row(&rows);
        } else if (text[0] == '%' && text[1] == 's') {
            put_text(&rows, arg < count && args[arg] ? args[arg] : "");
            arg++;
            text++;
        } else {
            put(&rows, *text);
        }
    }
    struct hal_display_geometry display;
    if (HAL_CALL(hal, display, geometry, &display) == OK)
        wrap_last(&rows, &display);
    const char *lines[HAL_DISPLAY_ROWS];
    for (size_t i = 0; i <= rows.count; i++)
        lines[i] = rows.text[i];
    return HAL_CALL(hal, display, show, (uint16_t)id, lines, rows.count + 1);
}
