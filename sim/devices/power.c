#include "sim/devices/power.h"

static int power_status(void *ctx, struct hal_power_state *out)
{
    struct sim_power *d = ctx;
    *out = d->state;
    d->changed = false;
    return OK;
}

static int power_reset(void *ctx)
{
    struct sim_power *d = ctx;
    d->reset(d->port->machine);
    return HAL_E_POWER;
}

static int power_off(void *ctx)
{
    struct sim_power *d = ctx;
    d->off(d->port->machine);
    return HAL_E_POWER;
}

static const struct hal_power_ops POWER_OPS = {.status = power_status, .reset = power_reset, .off = power_off};

static bool power_ready(const void *device)
{
    const struct sim_power *d = device;
    return d->changed;
}

static void power_drop(void *device)
{
    struct sim_power *d = device;
    d->changed = false;
}

const struct sim_device_class sim_power_class = {
    .name = "power",
    .source = HAL_SRC_POWER,
    .ready = power_ready,
    .reset = power_drop,
};

void sim_power_init(struct sim_power *d, const struct sim_port *port, void (*reset)(void *machine),
                    void (*off)(void *machine))
{
    *d = (struct sim_power){
        .port = port,
        .state = {.mains = true, .battery_percent = 100},
        .reset = reset,
        .off = off,
    };
}

struct hal_power sim_power_hal(struct sim_power *d)
{
    return (struct hal_power){&POWER_OPS, d};
}

int sim_power_supply(struct sim_power *d, const struct hal_power_state *state)
{
    if (state->battery_percent > 100)
        return E_INVAL;
    if (state->mains == d->state.mains && state->battery_percent == d->state.battery_percent &&
        state->charging == d->state.charging)
        return OK;
    d->state = *state;
    d->changed = true;
    d->port->wake(d->port->machine);
    return OK;
}
