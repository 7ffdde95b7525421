/* The stripe reader: keeps the last swipe until it is read, once. Tracks are wiped as soon as they were handed over. */
#ifndef POSBENCH_SIM_DEVICES_MAGSTRIPE_H
#define POSBENCH_SIM_DEVICES_MAGSTRIPE_H

#include "sim/port.h"
#include "sim/slot.h"

struct sim_magstripe {
    const struct sim_port *port;
    bool enabled, there;
    struct hal_swipe last;
};

extern const struct sim_device_class sim_magstripe_class;

void sim_magstripe_init(struct sim_magstripe *d, const struct sim_port *port);
struct hal_magstripe sim_magstripe_hal(struct sim_magstripe *d);

/* A person swipes a card (recorded here as "card"). OK also while disabled, when it is not read. HAL_E_UNSUPPORTED: no
 * stripe. */
int sim_magstripe_swipe(struct sim_magstripe *d, const struct slot_card *card);

#endif
