/* The screen: up to 8 rows of narrow cells, shown whole. Dark after a power loss. Outside: what it shows now, and a
 * call per screen. */
#ifndef POSBENCH_SIM_DEVICES_DISPLAY_H
#define POSBENCH_SIM_DEVICES_DISPLAY_H

#include "sim/port.h"

#define SIM_DISPLAY_ROW_BYTES 64

struct sim_display_screen {
    uint64_t number;  /* counts screens since sim_display_init, over reboots too; 0: dark */
    uint64_t time_us; /* of the world */
    uint16_t id;      /* what show() was given */
    bool backlight;
    char rows[HAL_DISPLAY_ROWS][SIM_DISPLAY_ROW_BYTES]; /* cut at the row's width; rows not there are "" */
};

struct sim_display {
    const struct sim_port *port;
    struct hal_display_geometry geometry;
    struct sim_display_screen screen;
    uint64_t shown; /* survives the power loss: a number is never used twice */
    void (*on_show)(void *ctx, const struct sim_display_screen *screen);
    void *on_show_ctx;
};

extern const struct sim_device_class sim_display_class;

/* Rows beyond HAL_DISPLAY_ROWS are not there. */
void sim_display_init(struct sim_display *d, const struct sim_port *port, const struct hal_display_geometry *geometry);
struct hal_display sim_display_hal(struct sim_display *d);

const struct sim_display_screen *sim_display_screen(const struct sim_display *d);
/* Called for every screen shown, on the core's stack: copy and return. NULL: nobody. */
void sim_display_on_show(struct sim_display *d, void (*fn)(void *ctx, const struct sim_display_screen *screen),
                         void *ctx);

#endif
