#include "sim/devices/display.h"

#include "sim/devices/cells.h"

static int display_geometry(void *ctx, struct hal_display_geometry *out)
{
    struct sim_display *d = ctx;
    *out = d->geometry;
    return OK;
}

static int display_show(void *ctx, uint16_t screen, const char *const *rows, size_t count)
{
    struct sim_display *d = ctx;
    if (count > 0 && !rows)
        return E_INVAL;
    struct sim_display_screen next = {
        .number = ++d->shown,
        .time_us = world_now(d->port->world),
        .id = screen,
        .backlight = d->screen.backlight,
    };
    for (size_t i = 0; i < count && i < d->geometry.rows; i++)
        cells_copy(rows[i], d->geometry.columns, next.rows[i], sizeof next.rows[i]);
    d->screen = next;
    if (d->on_show)
        d->on_show(d->on_show_ctx, &d->screen);
    return OK;
}

static int display_backlight(void *ctx, bool on)
{
    struct sim_display *d = ctx;
    d->screen.backlight = on;
    return OK;
}

static const struct hal_display_ops DISPLAY_OPS = {
    .geometry = display_geometry,
    .show = display_show,
    .backlight = display_backlight,
};

static void display_reset(void *device)
{
    struct sim_display *d = device;
    d->screen = (struct sim_display_screen){0};
}

const struct sim_device_class sim_display_class = {.name = "display", .reset = display_reset};

void sim_display_init(struct sim_display *d, const struct sim_port *port, const struct hal_display_geometry *geometry)
{
    *d = (struct sim_display){.port = port, .geometry = *geometry};
    if (d->geometry.rows > HAL_DISPLAY_ROWS)
        d->geometry.rows = HAL_DISPLAY_ROWS;
}

struct hal_display sim_display_hal(struct sim_display *d)
{
    return (struct hal_display){&DISPLAY_OPS, d};
}

const struct sim_display_screen *sim_display_screen(const struct sim_display *d)
{
    return &d->screen;
}

void sim_display_on_show(struct sim_display *d, void (*fn)(void *ctx, const struct sim_display_screen *screen),
                         void *ctx)
{
    d->on_show = fn;
    d->on_show_ctx = ctx;
}
