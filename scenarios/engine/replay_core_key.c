/*
 * The CA key that a recorded card asks for, given to the core's terminal when --capk brought it: the core then does
 * data authentication of its own on the recorded data. Called by replay_infer.c, and by
 * replay_inputs.c, which must know how far the core comes.
 */
#include "core/codec/hex.h"
#include "scenarios/engine/replay_pins.h"
#include "scenarios/engine/replay_sign.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_KEYS 32 /* that a terminal takes (core/app/config_keys.c) */
#define CONFIG_MODULUS 248

static void add_hex(cJSON *object, const char *name, const uint8_t *bytes, size_t len)
{
    char hex[2 * REPLAY_MODULUS_MAX + 1];
    hex_encode(bytes, len, hex, sizeof hex);
    cJSON_AddStringToObject(object, name, hex);
}

static cJSON *object_of(const struct replay_key *key)
{
    uint8_t message[6 + REPLAY_MODULUS_MAX + 3], sum[EVP_MAX_MD_SIZE];
    cJSON *object = cJSON_CreateObject();
    add_hex(object, "rid", key->rid, 5);
    add_hex(object, "index", &key->index, 1);
    cJSON_AddStringToObject(object, "algorithm", key->kind == KEY_SM2 ? "sm2" : "rsa");
    add_hex(object, "modulus", key->modulus, key->len);
    if (memcmp(key->expiry, "\0\0\0", 3) != 0)
        add_hex(object, "expiry", key->expiry, 3);
    if (key->kind == KEY_SM2)
        return object;
    memcpy(message, key->rid, 5);
    message[5] = key->index;
    memcpy(message + 6, key->modulus, key->len);
    memcpy(message + 6 + key->len, key->exponent, key->exponent_len);
    EVP_Digest(message, 6 + key->len + key->exponent_len, sum, NULL, EVP_sha1(), NULL);
    add_hex(object, "exponent", key->exponent, key->exponent_len);
    add_hex(object, "checksum", sum, 20);
    return object;
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));
    return text ? text : "";
}

/* Instead of one of the profile's that has the same name. */
static void put(cJSON *keys, cJSON *object)
{
    int count = cJSON_GetArraySize(keys), at = 0;
    while (at < count && (strcmp(text_of(cJSON_GetArrayItem(keys, at), "rid"), text_of(object, "rid")) != 0 ||
                          strcmp(text_of(cJSON_GetArrayItem(keys, at), "index"), text_of(object, "index")) != 0))
        at++;
    if (at == count && count == CONFIG_KEYS)
        at--;
    if (at < count)
        cJSON_ReplaceItemInArray(keys, at, object);
    else
        cJSON_AddItemToArray(keys, object);
}

void core_key_give(struct pinning *p)
{
    const struct replay_key *key = replay_ca_key(p->f, p->keys);
    if (!key || key->kind == KEY_UNUSABLE || key->len > CONFIG_MODULUS) {
        pins_say(p->assumptions, "CA keys: the profile's");
        return;
    }
    cJSON *keys = cJSON_GetObjectItem(p->config, "capks");
    if (!cJSON_IsArray(keys)) {
        cJSON_DeleteItemFromObject(p->config, "capks");
        keys = cJSON_AddArrayToObject(p->config, "capks");
    }
    put(keys, object_of(key));
    pins_say(p->assumptions, "CA keys: the profile's, and that of RID %02X%02X%02X%02X%02X, index %02X", key->rid[0],
             key->rid[1], key->rid[2], key->rid[3], key->rid[4], key->index);
}

/* Nothing fails or is left open in the issuer's certificate and in that of `group`, and its key is known. */
static bool chain_holds(const cJSON *signatures, const char *group)
{
    char key[40];
    const cJSON *row;
    bool known = false;
    snprintf(key, sizeof key, "%s: key", group);
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(signatures, "checks"))
    {
        const char *check = text_of(row, "check"), *verdict = text_of(row, "verdict");
        bool of_chain = strncmp(check, "issuer certificate:", 19) == 0 || strncmp(check, key, strlen(group) + 1) == 0;
        if (of_chain && (strcmp(verdict, "fail") == 0 || strcmp(verdict, "inconclusive") == 0))
            return false;
        known |= strcmp(check, key) == 0 && strcmp(verdict, "pass") == 0;
    }
    return known;
}

void core_key_reaches(struct pinning *p, const struct profile *profile)
{
    struct replay_keys keys = {.key = NULL};
    char why[200];
    cJSON *config = cJSON_Parse(profile->config), *signatures = NULL;
    char *text = cJSON_PrintUnformatted(cJSON_GetObjectItem(config, "capks"));
    if (text && replay_keys_parse(&keys, text, strlen(text), "capks", why, sizeof why) == OK)
        signatures = replay_sign(p->f, &keys);
    p->pins->icc_key = chain_holds(signatures, "ICC certificate");
    p->pins->pin_key = p->pins->icc_key || chain_holds(signatures, "ICC PIN certificate");
    cJSON_Delete(signatures);
    cJSON_Delete(config);
    replay_keys_free(&keys);
    free(text);
}
