/*
 * Time since reset, and the battery-backed date, which runs on while the terminal is off. Both follow virtual time. The
 * calendar is Gregorian, 2000 to 2099, as clock chips have it.
 *
 * HAL deadlines count from reset, sim_port.block and the world from the start of the world: sim_clock_world_us
 * converts.
 */
#ifndef POSBENCH_SIM_DEVICES_CLOCK_H
#define POSBENCH_SIM_DEVICES_CLOCK_H

#include "sim/port.h"

struct sim_clock {
    const struct sim_port *port;
    uint64_t boot_us;    /* of the world: where hal_clock_now is 0 */
    bool set;            /* false: the battery was lost */
    uint64_t date_us;    /* since 2000-01-01 00:00:00, as it was when... */
    uint64_t date_at_us; /* ... the world's time was this */
};

/* hash: whether it is set; the date itself moves on and is not state. */
extern const struct sim_device_class sim_clock_class;

void sim_clock_init(struct sim_clock *d, const struct sim_port *port); /* no date yet */
struct hal_clock sim_clock_hal(struct sim_clock *d);

/* Reset: hal_clock_now starts from 0. The machine calls it at every power-on and reset. */
void sim_clock_boot(struct sim_clock *d);
/* From outside, or for a restore. NULL: the date is lost. E_INVAL: no such date. */
int sim_clock_adjust(struct sim_clock *d, const struct hal_datetime *when);
/* For snapshots, to the microsecond: the date as time since 2000. false: the battery was lost. */
bool sim_clock_keep(const struct sim_clock *d, uint64_t *date_us);
/* A clock that no time of an earlier life clings to. date_us NULL: the battery was lost. */
void sim_clock_bring_back(struct sim_clock *d, const uint64_t *date_us);
/* The date now; HAL_E_CLOCK. */
int sim_clock_date(const struct sim_clock *d, struct hal_datetime *out);
/* A HAL time (deadline) as world time; HAL_FOREVER gives WORLD_NEVER. */
uint64_t sim_clock_world_us(const struct sim_clock *d, uint64_t hal_us);

#endif
