/*
 * The table of certification authority keys and of revoked issuer certificates (EMV Book 2 11.2 and 5.1.2; DOMAIN 2.6).
 * Both lie in struct emv_config. Callers: core/app/config_keys.c takes keys in, oda_keys.c looks them up.
 */
#ifndef POSBENCH_CORE_EMV_CAPK_H
#define POSBENCH_CORE_EMV_CAPK_H

#include "core/emv/emv.h"

#define CAPK_RSA_MIN 64 /* bytes: 512 bits */
#define CAPK_SM2_LEN 64

/* A modulus or point that can be a key: size, exponent 3 or 65537. */
bool capk_key_ok(const struct emv_key *key);
/* SHA-1 over RID, index, modulus, exponent. E_CRYPTO. */
int capk_checksum(const struct emv_capk *capk, uint8_t out[20]);
/* A key as it comes from outside: OK, E_FORMAT (length, exponent, expiry no date), E_VERIFY (checksum; SM2 keys have
 * none). */
int capk_check(const struct emv_capk *capk);
/* The same, and into the table: E_LIMIT (it is full), E_INVAL (RID and index are there already). */
int capk_take(struct emv_config *config, const struct emv_capk *capk);
/* NULL: there is none. */
const struct emv_capk *capk_find(const struct emv_config *config, const uint8_t rid[5], uint8_t index);
/* The key's last day is before `today` (YYMMDD). */
bool capk_expired(const struct emv_capk *capk, const uint8_t today[3]);
bool capk_revoked(const struct emv_config *config, const uint8_t rid[5], uint8_t index, const uint8_t serial[3]);

/* YYMMDD or YYMM00 as a number that sorts by time, years 50 to 99 in the last century; 0 when it is no date. */
uint32_t capk_date_key(uint8_t yy, uint8_t mm, uint8_t dd);

#endif
