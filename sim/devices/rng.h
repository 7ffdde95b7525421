/* The random number source: a stream per purpose, and unpredictable numbers pinned by a replay. */
#ifndef POSBENCH_SIM_DEVICES_RNG_H
#define POSBENCH_SIM_DEVICES_RNG_H

#include "sim/port.h"
#include "sim/rng.h"

#define SIM_RNG_PINS 16
#define SIM_RNG_BYTES_MAX 4096u /* one call; more is E_LIMIT */

struct sim_rng {
    const struct sim_port *port;
    struct rng streams[HAL_RNG_PURPOSES];
    uint8_t pins[SIM_RNG_PINS][4];
    size_t first, count;
};

extern const struct sim_device_class sim_rng_class;

void sim_rng_init(struct sim_rng *d, const struct sim_port *port); /* streams of the world's seed */
struct hal_rng sim_rng_hal(struct sim_rng *d);

/* At a boot: streams restart from the seed and the hash of what is durable. Pins stay. */
void sim_rng_boot(struct sim_rng *d, uint64_t seed, const uint8_t durable[32]);
/* The answer to the next 4-byte draw for HAL_RNG_UNPREDICTABLE_NUMBER that has no earlier pin. E_LIMIT over 16. */
int sim_rng_pin(struct sim_rng *d, const uint8_t un[4]);

#endif
