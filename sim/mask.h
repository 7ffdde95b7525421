/*
 * Masking of payloads for the record and everything derived from it. Works on hex text: a masked nibble becomes '*', so
 * lengths and structure stay readable. Tags 57 5A 56 9F6B 5F20 9F1F 9F20 9F61, DE2 35 36 45 52, PIN data of VERIFY,
 * working keys of DE62. A PAN keeps its first 6 and last 4 digits.
 */
#ifndef POSBENCH_SIM_MASK_H
#define POSBENCH_SIM_MASK_H

#include "sim/record.h"

/* Hex of bytes into `out` (2 * len + 1), masked by kind. Returns true when something was masked. For RECORD_ANSWER
 * `command` (may be NULL) says what was asked. */
bool mask_hex(const uint8_t *bytes, size_t len, enum record_bytes_kind kind, const uint8_t *command, size_t command_len,
              char *out);

#endif
