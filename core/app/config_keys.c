/*
 * "capks": [{rid, index, modulus, exponent, checksum, expiry, algorithm}], "revoked": [{rid, index, serial}] (DOMAIN
 * 2.6, 3.10). Everything is hex text; algorithm is "rsa" or "sm2". An SM2 key has its point in modulus, and neither
 * exponent nor checksum. A key whose checksum is wrong is refused, and the terminal does not start with it.
 */
#include "core/app/config_keys.h"

#include "core/codec/hex.h"
#include "core/emv/capk.h"

#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

#define AT(member) offsetof(struct emv_capk, member)
static const struct config_field capk_fields[] = {
    {"rid", CONFIG_HEX, AT(rid), 0, 5, false},
    {"index", CONFIG_HEX, AT(index), 0, 1, false},
    {"expiry", CONFIG_HEX, AT(expiry), 0, 3, true},
};
static const struct config_field rsa_fields[] = {
    {"checksum", CONFIG_HEX, AT(checksum), 0, 20, false},
};
#undef AT
#define AT(member) offsetof(struct emv_revoked, member)
static const struct config_field revoked_fields[] = {
    {"rid", CONFIG_HEX, AT(rid), 0, 5, false},
    {"index", CONFIG_HEX, AT(index), 0, 1, false},
    {"serial", CONFIG_HEX, AT(serial), 0, 3, false},
};
#undef AT

/* Refuses a member of the key with this index. */
static int reject(char why[CONFIG_WHY], const struct emv_capk *key, const char *member, const char *reason)
{
    char name[24], text[CONFIG_WHY];
    snprintf(name, sizeof name, "%s", member);
    snprintf(text, sizeof text, "of key %02X, %s", key->index, reason);
    return config_reject(why, name, text);
}

static int read_hex(const cJSON *object, const char *member, uint8_t *out, size_t cap, size_t *len)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, member);
    *len = 0;
    if (!cJSON_IsString(item) || hex_decode(item->valuestring, strlen(item->valuestring), out, cap, len))
        return E_FORMAT;
    return OK;
}

/* Modulus, exponent, algorithm. */
static int read_key(const cJSON *object, struct emv_capk *out, char why[CONFIG_WHY])
{
    const char *algorithm = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "algorithm"));
    uint8_t exponent[3];
    size_t len;
    bool is_sm2 = algorithm && strcmp(algorithm, "sm2") == 0;
    if (!is_sm2 && (!algorithm || strcmp(algorithm, "rsa") != 0))
        return reject(why, out, "algorithm", "rsa or sm2");
    out->key.algorithm = is_sm2 ? EMV_PK_SM2 : EMV_PK_RSA;
    if (read_hex(object, "modulus", out->key.bytes, sizeof out->key.bytes, &len))
        return reject(why, out, "modulus", "hex, 248 bytes at most");
    out->key.len = (uint8_t)len;
    if (is_sm2)
        return capk_key_ok(&out->key) ? OK : reject(why, out, "modulus", "a point has 64 bytes");
    if (read_hex(object, "exponent", exponent, sizeof exponent, &len))
        return reject(why, out, "exponent", "03 or 010001");
    for (size_t i = 0; i < len; i++)
        out->key.exponent = out->key.exponent << 8 | exponent[i];
    if (out->key.exponent != 3 && out->key.exponent != 65537)
        return reject(why, out, "exponent", "03 or 010001");
    return capk_key_ok(&out->key) ? OK : reject(why, out, "modulus", "odd, 64 bytes or more");
}

/* Why a key was not taken: its status and the member to blame. */
static const struct refusal {
    int status;
    const char *member, *reason;
} refusals[] = {
    {E_VERIFY, "checksum", "not that of the key"},
    {E_FORMAT, "expiry", "no date"},
    {E_INVAL, "index", "there already"},
};

static int read_capk(const cJSON *object, struct emv_config *out, char why[CONFIG_WHY])
{
    struct emv_capk key = {0};
    int r = config_read_fields(object, capk_fields, COUNT(capk_fields), &key, why);
    if (r == OK)
        r = read_key(object, &key, why);
    if (r == OK && key.key.algorithm == EMV_PK_RSA)
        r = config_read_fields(object, rsa_fields, COUNT(rsa_fields), &key, why);
    if (r != OK)
        return r;
    r = capk_take(out, &key);
    for (size_t i = 0; r != OK && i < COUNT(refusals); i++)
        if (refusals[i].status == r)
            return reject(why, &key, refusals[i].member, refusals[i].reason);
    return r;
}

static const cJSON *list(const cJSON *root, const char *member, size_t max, char why[CONFIG_WHY], int *r)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(root, member);
    *r = OK;
    if (array && (!cJSON_IsArray(array) || (size_t)cJSON_GetArraySize(array) > max))
        *r = config_reject(why, member, "a list of 32 at most");
    return array;
}

int config_read_keys(const cJSON *root, struct emv_config *out, char why[CONFIG_WHY])
{
    const cJSON *item;
    int r;
    const cJSON *capks = list(root, "capks", EMV_CAPKS, why, &r);
    if (r != OK)
        return r;
    cJSON_ArrayForEach(item, capks)
    {
        r = read_capk(item, out, why);
        if (r != OK)
            return r;
    }
    const cJSON *revoked = list(root, "revoked", EMV_REVOKED, why, &r);
    if (r != OK)
        return r;
    cJSON_ArrayForEach(item, revoked)
    {
        struct emv_revoked *row = &out->revoked[out->revoked_count];
        r = config_read_fields(item, revoked_fields, COUNT(revoked_fields), row, why);
        if (r != OK)
            return r;
        out->revoked_count++;
    }
    return OK;
}
