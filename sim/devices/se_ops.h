/* The ops of the secure element, one file a topic: se.c keys, se_pin.c PIN, se_verify.c signatures, se_seal.c sealing. For these files
 * only. */
#ifndef POSBENCH_SIM_DEVICES_SE_OPS_H
#define POSBENCH_SIM_DEVICES_SE_OPS_H

#include "sim/devices/se.h"

/* The key of a slot for one use. E_INVAL: no such slot. HAL_E_NOENT: empty. HAL_E_DENIED: a key for something else. */
int se_key(struct sim_se *d, unsigned slot, enum hal_key_use use, const struct sim_se_key **out);

int se_pin_len(void *ctx, uint8_t *len);
int se_pin_block(void *ctx, unsigned slot, enum hal_pin_format format, const char pan12[13], uint8_t block[8]);
int se_pin_wipe(void *ctx);
int se_pin_verify(void *ctx, uint8_t p2, const uint8_t *modulus, size_t modulus_len, uint32_t exponent,
                  const uint8_t challenge[8], uint16_t *sw);
int se_seal(void *ctx, const char *context, const uint8_t *data, size_t len, uint8_t *sealed);
int se_unseal(void *ctx, const char *context, const uint8_t *sealed, size_t len, uint8_t *data);
int se_verify(void *ctx, const uint8_t *data, size_t len, const uint8_t signature[64]);

#endif
