#include "sim/devices/rng.h"

#include <stdio.h>
#include <string.h>

static const char *const PURPOSES[HAL_RNG_PURPOSES] = {
    [HAL_RNG_UNPREDICTABLE_NUMBER] = "unpredictable-number",
    [HAL_RNG_NONCE] = "nonce",
    [HAL_RNG_RISK] = "risk",
    [HAL_RNG_STORE] = "store",
};

/* Two terminals of one world draw differently, so the label names the terminal. */
static void label_of(const struct sim_rng *d, size_t purpose, char label[48])
{
    snprintf(label, 48, "terminal-%u/%s", d->port->terminal, PURPOSES[purpose]);
}

static int rng_draw(void *ctx, enum hal_rng_purpose purpose, void *data, size_t len)
{
    struct sim_rng *d = ctx;
    if ((unsigned)purpose >= HAL_RNG_PURPOSES || (len > 0 && !data))
        return E_INVAL;
    if (len > SIM_RNG_BYTES_MAX)
        return E_LIMIT;
    if (purpose == HAL_RNG_UNPREDICTABLE_NUMBER && len == sizeof d->pins[0] && d->count > 0) {
        memcpy(data, d->pins[d->first], len);
        d->first = (d->first + 1) % SIM_RNG_PINS;
        d->count--;
        return OK;
    }
    rng_bytes(&d->streams[purpose], data, len);
    return OK;
}

static const struct hal_rng_ops RNG_OPS = {.bytes = rng_draw};

const struct sim_device_class sim_rng_class = {.name = "rng"};

void sim_rng_init(struct sim_rng *d, const struct sim_port *port)
{
    *d = (struct sim_rng){.port = port};
    for (size_t i = 0; i < HAL_RNG_PURPOSES; i++) {
        char label[48];
        label_of(d, i, label);
        rng_init(&d->streams[i], world_seed(port->world), label);
    }
}

struct hal_rng sim_rng_hal(struct sim_rng *d)
{
    return (struct hal_rng){&RNG_OPS, d};
}

void sim_rng_boot(struct sim_rng *d, uint64_t seed, const uint8_t durable[32])
{
    for (size_t i = 0; i < HAL_RNG_PURPOSES; i++) {
        char label[48];
        label_of(d, i, label);
        rng_init_hash(&d->streams[i], seed, label, durable);
    }
}

int sim_rng_pin(struct sim_rng *d, const uint8_t un[4])
{
    if (d->count == SIM_RNG_PINS)
        return E_LIMIT;
    memcpy(d->pins[(d->first + d->count) % SIM_RNG_PINS], un, sizeof d->pins[0]);
    d->count++;
    return OK;
}
