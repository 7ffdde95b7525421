/*
 * The two public key methods, bare: RSA without padding, and SM2 over SM3 with the user id of JR/T 0025.17. Both are
 * repeatable: the same key and data give the same signature. signing.c for certify.c, dynamic.c and check_oda.c.
 */
#ifndef POSBENCH_CARDS_SIGNING_H
#define POSBENCH_CARDS_SIGNING_H

#include "cards/chain.h"

#define SIGNING_MAX 248
#define SM2_SIGNATURE 64 /* r || s */

/* `block` is as long as the modulus; so is `out`. OK, E_CRYPTO. */
int rsa_private(const struct chain_key *key, const uint8_t *block, uint8_t *out);
int rsa_public(const struct chain_key *key, const uint8_t *signature, uint8_t *out);
int sm2_sign(const struct chain_key *key, const uint8_t *message, size_t len, uint8_t out[SM2_SIGNATURE]);
/* OK; E_FORMAT when it does not verify; E_CRYPTO. */
int sm2_verify(const struct chain_key *key, const uint8_t *message, size_t len, const uint8_t signature[SM2_SIGNATURE]);
/* Point X || Y of a secret. */
int sm2_point(const uint8_t secret[32], uint8_t out[64]);

/* SHA-1 or SM3: 20 or 32 bytes. */
size_t signing_digest(enum chain_algorithm algorithm, const uint8_t *data, size_t len, uint8_t out[32]);

#endif
