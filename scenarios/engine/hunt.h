/*
 * Looking for secrets in clear: all registered ones in all their forms (ASCII digits, BCD from either nibble, binary)
 * in one pass over the bytes. Caller: oracle_secrets.c.
 *
 * Prepared once for a set of secrets; a map of the first two bytes of every form throws away nearly every place before
 * anything is compared.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_HUNT_H
#define POSBENCH_SCENARIOS_ENGINE_HUNT_H

#include "sim/record.h"

#define HUNT_SECRET_MAX 512u /* bytes of one form; longer secrets are looked for by their first so many */

struct hunt; /* holds secrets: wiped when destroyed */

struct hunt *hunt_create(void); /* NULL: no memory */
void hunt_destroy(struct hunt *h);

/* Takes over the record's secrets; does nothing when it has them already. *changed: it had not. E_NOMEM. */
int hunt_prepare(struct hunt *h, const struct record *r, bool *changed);

/* The form ("digits", "BCD", "binary") of the first secret that stands in the bytes, NULL: none. */
const char *hunt_bytes(const struct hunt *h, const uint8_t *bytes, size_t len);

/* Bytes of the longest form: what lies nearer than this to a border may be part of a secret that crosses it. */
size_t hunt_longest(const struct hunt *h);

#endif
