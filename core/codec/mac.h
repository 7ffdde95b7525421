/* MACs of DOMAIN 4.8 and appendix B. */
#ifndef POSBENCH_CORE_CODEC_MAC_H
#define POSBENCH_CORE_CODEC_MAC_H

#include "core/codec/des.h"

/* CUP ECB-MAC over MTI..DE63: 8 ASCII hex characters. key 8 or 16 bytes (TDES). */
int mac_cup_ecb(const uint8_t *key, size_t key_len, const uint8_t *data, size_t len, uint8_t mac[8]);
/* The same structure on 16-byte blocks under SM4. */
int mac_cup_sm4(const uint8_t key[16], const uint8_t *data, size_t len, uint8_t mac[8]);
/* X9.9: zero-padded CBC under single DES. */
int mac_x9_9(const uint8_t key[8], const uint8_t *data, size_t len, uint8_t mac[8]);
/* ISO 9797-1 algorithm 3 (X9.19), key 16; padding 1 (zeros) or 2 (80..). */
int mac_iso9797_3(const uint8_t key[16], int padding, const uint8_t *data, size_t len, uint8_t mac[8]);

/* CBC under SM4 with chaining value 0, leftmost 8 bytes (DOMAIN 3.7); padding as above, to blocks of 16. */
int mac_sm4(const uint8_t key[16], int padding, const uint8_t *data, size_t len, uint8_t mac[8]);

#endif
