/*
 * Block ciphers of payment: TDES and SM4 over OpenSSL 3. Single DES is run as EDE with equal keys (the default
 * provider has no DES). No state; keys are the caller's, who wipes them.
 */
#ifndef POSBENCH_CORE_CODEC_DES_H
#define POSBENCH_CORE_CODEC_DES_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

/* ECB over `len` (multiple of 8), key 8, 16 or 24 bytes; in == out allowed. E_INVAL, E_CRYPTO. */
int tdes_ecb(const uint8_t *key, size_t key_len, int encrypt, const uint8_t *in, size_t len, uint8_t *out);
/* CBC likewise; `iv` goes in and comes out as the chaining value, so long data can be run in pieces. */
int tdes_cbc(const uint8_t *key, size_t key_len, int encrypt, uint8_t iv[8], const uint8_t *in, size_t len,
             uint8_t *out);
/* ECB over `len` (multiple of 16), key 16 bytes. */
int sm4_ecb(const uint8_t key[16], int encrypt, const uint8_t *in, size_t len, uint8_t *out);
/* First `len` (3..8) bytes of encrypting zeros; TDES. */
int tdes_kcv(const uint8_t *key, size_t key_len, uint8_t *kcv, size_t len);
/* Odd parity on every byte. */
void des_parity(uint8_t *key, size_t len);

#endif
