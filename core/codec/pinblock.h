/* ISO 9564 PIN blocks (DOMAIN 8.1). Clear blocks: the caller wipes them. */
#ifndef POSBENCH_CORE_CODEC_PINBLOCK_H
#define POSBENCH_CORE_CODEC_PINBLOCK_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

/* Format 0; pan12 = 12 rightmost digits without check digit, NULL for the form without PAN (DE53.1 = 1). pin 4..12
 * digits. */
int pinblock_format0(const char *pin, const char *pan12, uint8_t block[8]);
/* Format 2 (VERIFY). */
int pinblock_format2(const char *pin, uint8_t block[8]);
/* Reads a clear format 0 block back; `pin` holds 13. E_FORMAT. */
int pinblock_read0(const uint8_t block[8], const char *pan12, char pin[13]);
/* The 12 digits for the block: rightmost 12 without check digit, zeros on the left for a short PAN. */
void pinblock_pan12(const char *pan, char pan12[13]);

#endif
