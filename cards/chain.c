/*
 * Chains of test keys as files: read by the tables of profile_schema.h, written with cJSON, and the list of public keys
 * that terminals take, ca.json (contract in chain.h).
 */
#include "cards/chain.h"

#include "cards/profile_schema.h"
#include "cards/signing.h"
#include "core/codec/hex.h"

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (64 * 1024)
#define AT(member) offsetof(struct chain, member)
#define KEY_AT(member) offsetof(struct chain_key, member)
#define NO SCHEMA_NOWHERE
#define END                                                                                                            \
    {                                                                                                                  \
        .key = NULL                                                                                                    \
    }

static const char *const algorithm_words[] = {[CHAIN_RSA] = "rsa", [CHAIN_SM2] = "sm2", NULL};

static const struct schema_field key_table[] = {
    {"modulus", SCHEMA_BYTES, true, KEY_AT(modulus), 64, SIGNING_MAX, .present_at = NO},
    {"exponent", SCHEMA_BYTES, false, KEY_AT(exponent), 1, 3, .present_at = NO},
    {"private", SCHEMA_BYTES, true, KEY_AT(secret), 32, SIGNING_MAX, .present_at = NO},
    END,
};

static const struct schema_field chain_table[] = {
    {"note", SCHEMA_TEXT, false, AT(note), 0, 127, .present_at = NO},
    {"seed", SCHEMA_DIGITS, false, AT(seed), 1, 20, .present_at = NO},
    {"algorithm", SCHEMA_CHOICE, true, AT(algorithm), .present_at = NO, .words = algorithm_words},
    {"rid", SCHEMA_FIXED, true, AT(rid), 5, 5, .present_at = NO},
    {"index", SCHEMA_FIXED, true, AT(index), 1, 1, .present_at = NO},
    {"expiry", SCHEMA_FIXED, true, AT(expiry), 3, 3, .present_at = NO},
    {"ca", SCHEMA_OBJECT, true, AT(ca), 0, 0, key_table, .present_at = NO},
    {"issuer", SCHEMA_OBJECT, true, AT(issuer), 0, 0, key_table, .present_at = NO},
    {"icc", SCHEMA_OBJECT, true, AT(icc), 0, 0, key_table, .present_at = NO},
    {"pin", SCHEMA_OBJECT, false, AT(pin), 0, 0, key_table, .present_at = NO},
    END,
};

static int refuse(const char *name, const char *text, char *why, size_t why_cap)
{
    snprintf(why, why_cap, "%s: %s", name, text);
    return E_FORMAT;
}

static bool is_key(const struct chain *c, const struct chain_key *k)
{
    if (c->algorithm == CHAIN_SM2)
        return k->modulus.len == 64 && k->secret.len == 32 && k->exponent.len == 0;
    return 8 * k->modulus.len >= CHAIN_RSA_MIN && k->modulus.bytes[0] & 0x80 && k->exponent.len &&
           k->secret.len <= k->modulus.len;
}

int chain_parse(const char *json, size_t len, const char *name, struct chain *out, char *why, size_t why_cap)
{
    memset(out, 0, sizeof *out);
    cJSON *tree = cJSON_ParseWithLength(json, len);
    if (!tree)
        return refuse(name, "not valid JSON", why, why_cap);
    int status = card_schema_read(tree, name, chain_table, out, why, why_cap);
    cJSON_Delete(tree);
    if (status)
        return status;
    if (!is_key(out, &out->ca) || !is_key(out, &out->issuer) || !is_key(out, &out->icc) ||
        (out->pin.modulus.len && !is_key(out, &out->pin)))
        return refuse(name, "a key of another kind than the algorithm's", why, why_cap);
    if (out->algorithm == CHAIN_RSA &&
        (out->issuer.modulus.len > out->ca.modulus.len || out->icc.modulus.len > out->issuer.modulus.len))
        return refuse(name, "no key can be longer than the one that certifies it", why, why_cap);
    return OK;
}

/* -- files -- */

static int read_file(const char *path, struct chain *out, char *why, size_t why_cap)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(FILE_MAX + 1) : NULL;
    int status = file ? E_NOMEM : HAL_E_NOENT;
    if (text) {
        size_t len = fread(text, 1, FILE_MAX + 1, file);
        status = len > FILE_MAX || ferror(file)
                     ? refuse(path, "cannot be read, or is longer than 65536 bytes", why, why_cap)
                     : chain_parse(text, len, path, out, why, why_cap);
        OPENSSL_cleanse(text, FILE_MAX + 1);
    }
    free(text);
    if (file)
        fclose(file);
    return status;
}

int chain_load(const char *profile, const char *name, struct chain *out, char *why, size_t why_cap)
{
    const char *slash = strrchr(profile, '/'), *root = getenv("POSBENCH_ROOT");
    int folder = slash ? (int)(slash - profile) : 1;
    const char *from = slash ? profile : ".";
    char path[3][1024] = {"", "", ""};
    if (strchr(name, '/') || strchr(name, '.'))
        return snprintf(why, why_cap, "the name of a file in cards/keys expected, without its ending"), E_FORMAT;
    snprintf(path[0], sizeof path[0], "%.*s/../" CHAIN_KEYS_DIR "/%s.json", folder, from, name);
    snprintf(path[1], sizeof path[1], "%.*s/%s.json", folder, from, name);
    if (root)
        snprintf(path[2], sizeof path[2], "%s/cards/" CHAIN_KEYS_DIR "/%s.json", root, name);
    for (size_t i = 0; i < 3 && *path[i]; i++) {
        int status = read_file(path[i], out, why, why_cap);
        if (status != HAL_E_NOENT)
            return status;
    }
    snprintf(why, why_cap, "there is no %s", path[0]);
    return E_FORMAT;
}

/* -- writing -- */

static cJSON *put_hex(cJSON *to, const char *key, const uint8_t *bytes, size_t len)
{
    char text[2 * CARD_DATA_MAX + 1];
    hex_encode(bytes, len, text, sizeof text);
    cJSON *item = cJSON_AddStringToObject(to, key, text);
    OPENSSL_cleanse(text, sizeof text);
    return item;
}

static void put_key(cJSON *to, const char *name, const struct chain_key *k)
{
    cJSON *key = k->modulus.len ? cJSON_AddObjectToObject(to, name) : NULL;
    if (!key)
        return;
    put_hex(key, "modulus", k->modulus.bytes, k->modulus.len);
    if (k->exponent.len)
        put_hex(key, "exponent", k->exponent.bytes, k->exponent.len);
    put_hex(key, "private", k->secret.bytes, k->secret.len);
}

static char *print(cJSON *tree)
{
    char *text = cJSON_Print(tree);
    cJSON_Delete(tree);
    return text;
}

char *chain_text(const struct chain *c)
{
    cJSON *tree = cJSON_CreateObject();
    if (!tree)
        return NULL;
    cJSON_AddStringToObject(tree, "note", c->note);
    cJSON_AddStringToObject(tree, "seed", c->seed);
    cJSON_AddStringToObject(tree, "algorithm", algorithm_words[c->algorithm]);
    put_hex(tree, "rid", c->rid, sizeof c->rid);
    put_hex(tree, "index", c->index, 1);
    put_hex(tree, "expiry", c->expiry, sizeof c->expiry);
    put_key(tree, "ca", &c->ca);
    put_key(tree, "issuer", &c->issuer);
    put_key(tree, "icc", &c->icc);
    put_key(tree, "pin", &c->pin);
    return print(tree);
}

void chain_checksum(const struct chain *c, uint8_t out[20])
{
    uint8_t input[5 + 1 + SIGNING_MAX + 3], digest[32];
    size_t n = sizeof c->rid;
    memcpy(input, c->rid, n);
    input[n++] = c->index[0];
    memcpy(input + n, c->ca.modulus.bytes, c->ca.modulus.len);
    n += c->ca.modulus.len;
    memcpy(input + n, c->ca.exponent.bytes, c->ca.exponent.len);
    n += c->ca.exponent.len;
    signing_digest(CHAIN_RSA, input, n, digest);
    memcpy(out, digest, 20);
}

static cJSON *public_key(const struct chain *c)
{
    uint8_t checksum[20];
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "note", "Test material: for simulated cards only");
    put_hex(item, "rid", c->rid, sizeof c->rid);
    put_hex(item, "index", c->index, 1);
    cJSON_AddStringToObject(item, "algorithm", algorithm_words[c->algorithm]);
    put_hex(item, "modulus", c->ca.modulus.bytes, c->ca.modulus.len);
    if (c->algorithm == CHAIN_RSA) {
        chain_checksum(c, checksum);
        put_hex(item, "exponent", c->ca.exponent.bytes, c->ca.exponent.len);
        put_hex(item, "checksum", checksum, sizeof checksum);
    }
    put_hex(item, "expiry", c->expiry, sizeof c->expiry);
    return item;
}

static bool has_text(const cJSON *item, const char *key, const cJSON *other)
{
    const char *a = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, key));
    const char *b = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(other, key));
    return a && b && strcmp(a, b) == 0;
}

bool chain_public_differs(const struct chain *c, const char *old)
{
    cJSON *list = old ? cJSON_Parse(old) : NULL, *item = public_key(c);
    const cJSON *one;
    bool differs = false;
    cJSON_ArrayForEach(one, list)
    {
        if (has_text(one, "rid", item) && has_text(one, "index", item) &&
            !(has_text(one, "modulus", item) && has_text(one, "algorithm", item)))
            differs = true;
    }
    cJSON_Delete(list);
    cJSON_Delete(item);
    return differs;
}

char *chain_public_text(const struct chain *c, const char *old)
{
    cJSON *list = old ? cJSON_Parse(old) : cJSON_CreateArray(), *item = public_key(c);
    if (!cJSON_IsArray(list)) {
        cJSON_Delete(list);
        cJSON_Delete(item);
        return NULL;
    }
    for (int i = 0; i < cJSON_GetArraySize(list); i++) {
        const cJSON *one = cJSON_GetArrayItem(list, i);
        if (has_text(one, "rid", item) && has_text(one, "index", item)) {
            cJSON_ReplaceItemInArray(list, i, item);
            return print(list);
        }
    }
    cJSON_AddItemToArray(list, item);
    return print(list);
}
