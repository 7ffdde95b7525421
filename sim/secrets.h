/* The registry of known secrets and how to find them in text and in hex. Used by record.c (sim/record.h has the
 * contract) and by the recorder of card sessions (scenarios/engine/record_card_learn.c). */
#ifndef POSBENCH_SIM_SECRETS_H
#define POSBENCH_SIM_SECRETS_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRETS_MAX 1024
#define SECRET_BYTES_MAX 512 /* digits or bytes of one */

struct secrets {
    struct secret *list;
    size_t count, cap;
};

void secrets_clear(struct secrets *s); /* wipes and frees */
/* Registering the same again changes nothing. E_INVAL: too short to star out without starring everything; E_LIMIT;
 * E_NOMEM. */
int secrets_add_digits(struct secrets *s, const char *digits);
int secrets_add_bytes(struct secrets *s, const uint8_t *bytes, size_t len);
void secrets_visit(const struct secrets *s,
                   void (*visit)(void *ctx, const char *digits, const uint8_t *bytes, size_t len), void *ctx);

/* Stars out every secret in `text`. `plain` is the text before any masking, so that one mask cannot hide a secret's
 * start from another: `len` characters each, and they may be the same memory. Hex text holds bytes: digits are
 * looked for as BCD at any nibble and as ASCII. Returns true when something was starred. E_NOMEM is treated as a
 * hit: everything is starred. */
bool secrets_star_text(const struct secrets *s, const char *plain, size_t len, char *text);
bool secrets_star_hex(const struct secrets *s, const char *plain, size_t len, char *text);

#endif
