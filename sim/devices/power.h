/* The power supply as the core sees it, and its two switches, which lead into the machine. */
#ifndef POSBENCH_SIM_DEVICES_POWER_H
#define POSBENCH_SIM_DEVICES_POWER_H

#include "sim/port.h"

struct sim_power {
    const struct sim_port *port;
    struct hal_power_state state;
    bool changed; /* since the last status */
    void (*reset)(void *machine);
    void (*off)(void *machine);
};

extern const struct sim_device_class sim_power_class;

/* `reset` and `off` are called on the core's stack with port->machine; the HAL call then answers HAL_E_POWER. */
void sim_power_init(struct sim_power *d, const struct sim_port *port, void (*reset)(void *machine),
                    void (*off)(void *machine));
struct hal_power sim_power_hal(struct sim_power *d);

/* The supply changes. E_INVAL: more than 100 percent. */
int sim_power_supply(struct sim_power *d, const struct hal_power_state *state);

#endif
