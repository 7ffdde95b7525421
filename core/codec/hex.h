/* Hex and BCD text. Pure functions; no allocation. */
#ifndef POSBENCH_CORE_CODEC_HEX_H
#define POSBENCH_CORE_CODEC_HEX_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

/* Hex text to bytes; spaces between bytes are allowed. *len = bytes written. E_FORMAT (odd or foreign character),
 * E_LIMIT. */
int hex_decode(const char *text, size_t text_len, uint8_t *out, size_t cap, size_t *len);

/* Upper-case hex of `len` bytes and a NUL; needs 2 * len + 1 of `cap`, else writes "" and returns E_LIMIT. */
int hex_encode(const uint8_t *bytes, size_t len, char *out, size_t cap);

/* Digits ('0'..'9', '=' as the separator nibble D, 'A'..'F') packed two a byte into exactly `out_len` bytes. Short text
 * is filled with `pad` nibbles on the right (left_aligned) or zeros on the left. E_FORMAT, E_LIMIT (too many digits).
 */
int bcd_pack(const char *digits, size_t count, int left_aligned, uint8_t pad, uint8_t *out, size_t out_len);

/* First `count` nibbles starting at nibble `skip`, as '0'..'9', 'D' for separator, other nibbles as 'A'..'F', then a
 * NUL. `out` holds count + 1. */
void bcd_unpack(const uint8_t *bytes, size_t skip, size_t count, char *out);

/* Numeric BCD value of n bytes, e.g. 9F02 -> cents; E_FORMAT on a nibble over 9 or beyond 64 bits. */
int bcd_value(const uint8_t *bytes, size_t len, uint64_t *value);
/* The reverse: right-aligned decimal digits in exactly `len` bytes; E_LIMIT if it does not fit. */
int bcd_from_value(uint64_t value, uint8_t *out, size_t len);

#endif
