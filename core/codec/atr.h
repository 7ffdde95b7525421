/* Answer to reset: parsing and EMV's acceptance rules (ISO 7816-3 clause 8; EMV Book 1 section 8; DOMAIN 3.1). */
#ifndef POSBENCH_CORE_CODEC_ATR_H
#define POSBENCH_CORE_CODEC_ATR_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct atr {
    uint8_t bytes[33], len;
    uint8_t ts, t0;
    uint8_t ta[5], tb[5], tc[5], td[5]; /* [1..4]: TA1.. */
    uint8_t has_a, has_b, has_c, has_d; /* bit i set: TAi present */
    uint8_t historical[15], historical_len;
    bool has_tck, tck_ok;
    uint8_t protocol; /* first offered: 0 or 1 */
    uint8_t ifsc;     /* T=1 */
    uint8_t bwi, cwi; /* T=1 */
};

/* Structure only. E_FORMAT with *why naming the character ("TCK", "T0: historical bytes missing"). */
int atr_parse(const uint8_t *bytes, size_t len, struct atr *out, const char **why);
/* EMV's rules for a parsed ATR. OK; E_FORMAT with *why = the rule broken. `warm`: rules of the warm reset. */
int atr_check_emv(const struct atr *atr, bool warm, const char **why);
/* How many characters at least must follow the `len` that came so far: 0, it is complete. What announces more than 33
 * never gets there. */
size_t atr_missing(const uint8_t *bytes, size_t len);
/* D of the exchanges after this ATR: what TA1 says in specific mode (1, 2 or 4), else 1. EMV negotiates nothing. */
unsigned atr_rate(const struct atr *atr);
/* Extra guard time N of TC1: etu more than 12 between characters to the card, -1 for FF in T=1 (11 etu). */
int atr_extra_guard(const struct atr *atr);

#endif
