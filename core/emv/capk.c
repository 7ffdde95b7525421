/* Certification authority keys and revoked certificates: see capk.h. Nothing here allocates. */
#include "core/emv/capk.h"

#include "core/codec/hex.h"

#include <openssl/evp.h>
#include <string.h>

bool capk_key_ok(const struct emv_key *key)
{
    if (key->algorithm == EMV_PK_SM2)
        return key->len == CAPK_SM2_LEN;
    return key->algorithm == EMV_PK_RSA && key->len >= CAPK_RSA_MIN && key->len <= EMV_KEY_MAX && key->bytes[0] &&
           (key->bytes[key->len - 1] & 1) && (key->exponent == 3 || key->exponent == 65537);
}

int capk_checksum(const struct emv_capk *capk, uint8_t out[20])
{
    uint8_t bytes[5 + 1 + EMV_KEY_MAX + 3];
    uint32_t exponent = capk->key.exponent;
    size_t len = 0;
    unsigned hash_len = 0;
    memcpy(bytes, capk->rid, 5);
    bytes[5] = capk->index;
    len = 6;
    memcpy(bytes + len, capk->key.bytes, capk->key.len);
    len += capk->key.len;
    if (exponent > 0xFF) {
        bytes[len++] = (uint8_t)(exponent >> 16);
        bytes[len++] = (uint8_t)(exponent >> 8);
    }
    bytes[len++] = (uint8_t)exponent;
    return EVP_Digest(bytes, len, out, &hash_len, EVP_sha1(), NULL) == 1 ? OK : E_CRYPTO;
}

uint32_t capk_date_key(uint8_t yy, uint8_t mm, uint8_t dd)
{
    const uint8_t date[3] = {yy, mm, dd};
    uint64_t number = 0;
    if (bcd_value(date, sizeof date, &number) != OK || mm < 0x01 || mm > 0x12 || dd > 0x31)
        return 0;
    return (uint32_t)(number < 500000 ? number + 1000000 : number);
}

static bool has_expiry(const struct emv_capk *capk)
{
    return capk->expiry[0] || capk->expiry[1] || capk->expiry[2];
}

int capk_check(const struct emv_capk *capk)
{
    uint8_t checksum[20];
    if (!capk_key_ok(&capk->key))
        return E_FORMAT;
    if (has_expiry(capk) && (!capk->expiry[2] || !capk_date_key(capk->expiry[0], capk->expiry[1], capk->expiry[2])))
        return E_FORMAT;
    if (capk->key.algorithm == EMV_PK_RSA) {
        int rc = capk_checksum(capk, checksum);
        if (rc != OK)
            return rc;
        if (memcmp(checksum, capk->checksum, sizeof checksum) != 0)
            return E_VERIFY;
    }
    return OK;
}

int capk_take(struct emv_config *config, const struct emv_capk *capk)
{
    int rc = capk_check(capk);
    if (rc != OK)
        return rc;
    if (capk_find(config, capk->rid, capk->index))
        return E_INVAL;
    if (config->capks == EMV_CAPKS)
        return E_LIMIT;
    config->capk[config->capks++] = *capk;
    return OK;
}

const struct emv_capk *capk_find(const struct emv_config *config, const uint8_t rid[5], uint8_t index)
{
    for (size_t i = 0; i < config->capks && i < EMV_CAPKS; i++)
        if (memcmp(config->capk[i].rid, rid, 5) == 0 && config->capk[i].index == index)
            return &config->capk[i];
    return NULL;
}

bool capk_expired(const struct emv_capk *capk, const uint8_t today[3])
{
    if (!has_expiry(capk))
        return false;
    return capk_date_key(today[0], today[1], today[2]) >
           capk_date_key(capk->expiry[0], capk->expiry[1], capk->expiry[2]);
}

bool capk_revoked(const struct emv_config *config, const uint8_t rid[5], uint8_t index, const uint8_t serial[3])
{
    for (size_t i = 0; i < config->revoked_count && i < EMV_REVOKED; i++) {
        const struct emv_revoked *r = &config->revoked[i];
        if (memcmp(r->rid, rid, 5) == 0 && r->index == index && memcmp(r->serial, serial, 3) == 0)
            return true;
    }
    return false;
}
