/* What a person sees: the screen with its name and role from the running image's catalogue, and the paper. */
#include "sim/terminal_internal.h"

#include <string.h>

#define CATALOGUE_MAX 4096 /* of somebody else's image, perhaps without its end */

static const struct firmware_screen *find_screen(const struct image *image, uint16_t id)
{
    const struct firmware_screen *list = image ? image_firmware(image)->screens : NULL;
    for (size_t i = 0; list && i < CATALOGUE_MAX && image_owns(image, &list[i]) && list[i].id; i++)
        if (list[i].id == id)
            return &list[i];
    return NULL;
}

static void describe(const struct terminal *t, const struct sim_display_screen *from, struct terminal_screen *out)
{
    _Static_assert(sizeof out->rows == sizeof from->rows, "a row of the device fits a row of the terminal");
    const struct firmware_screen *known = from->id ? find_screen(t->running, from->id) : NULL;
    *out = (struct terminal_screen){.number = from->number, .time_us = from->time_us, .id = from->id};
    out->name = known && known->name ? known->name : from->id ? "?" : "";
    out->role = known ? known->role : FIRMWARE_NEUTRAL;
    memcpy(out->rows, from->rows, sizeof out->rows);
}

void terminal_screen(const struct terminal *t, struct terminal_screen *out)
{
    describe(t, sim_display_screen(&t->display), out);
}

void terminal_on_screen(struct terminal *t, void (*fn)(void *ctx, const struct terminal_screen *screen), void *ctx)
{
    t->on_screen = fn;
    t->on_screen_ctx = ctx;
}

void screen_shown(void *terminal, const struct sim_display_screen *screen)
{
    struct terminal *t = terminal;
    struct terminal_screen shown;
    if (!t->on_screen)
        return;
    describe(t, screen, &shown);
    t->on_screen(t->on_screen_ctx, &shown);
}

const char *terminal_paper_roll(const struct terminal *t)
{
    return sim_printer_roll(&t->printer);
}
