/* Command and response APDUs (ISO 7816-4, short form), their cases and names. */
#ifndef POSBENCH_CORE_CODEC_APDU_H
#define POSBENCH_CORE_CODEC_APDU_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APDU_MAX 261 /* header 4, Lc, 255 data, Le */
#define RAPDU_MAX 258

struct capdu {
    uint8_t cla, ins, p1, p2;
    uint8_t lc;          /* 0: no data field */
    const uint8_t *data; /* lc bytes */
    bool has_le;
    uint16_t ne; /* expected length 1..256 when has_le */
};

/* Parses case 1 to 4 short. E_FORMAT for lengths that fit no case. */
int capdu_parse(const uint8_t *bytes, size_t len, struct capdu *out);
/* Encodes; E_LIMIT. */
int capdu_encode(const struct capdu *in, uint8_t *out, size_t cap, size_t *len);

#define SW(hi, lo) ((uint16_t)((hi) << 8 | (lo)))
/* Last two bytes of a response; 0 when shorter than two. */
uint16_t rapdu_sw(const uint8_t *bytes, size_t len);

/* "GENERATE AC", "READ RECORD", ... by CLA and INS; NULL if unknown. */
const char *apdu_name(uint8_t cla, uint8_t ins);
/* Meaning of a status word, 63Cx and 61xx included; "" if unknown. */
const char *sw_name(uint16_t sw);

#endif
