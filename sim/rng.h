/*
 * Random streams as plain data: one per purpose, derived from (seed, label), so that drawing from one moves no other.
 * Also the bench's ownership of OpenSSL's RAND, which is global to the process: it is routed to whoever runs now.
 */
#ifndef POSBENCH_SIM_RNG_H
#define POSBENCH_SIM_RNG_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed, const char *label);
/* Restart from a seed and the hash of what is durable: equal states behave equally after a reboot. */
void rng_init_hash(struct rng *r, uint64_t seed, const char *label, const uint8_t hash[32]);
void rng_bytes(struct rng *r, void *out, size_t len);
uint64_t rng_below(struct rng *r, uint64_t bound); /* 0 <= x < bound; bound 0 gives 0 */

/* OpenSSL draws from `r` until the next call; NULL: every draw fails, so that nothing draws unnoticed. Process-wide. */
int rng_own_openssl(void);
void rng_route_openssl(struct rng *r);

#endif
