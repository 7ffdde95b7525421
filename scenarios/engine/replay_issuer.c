/* The file of --issuer-key (replay_issuer.h). Called by cli/cmd_replay.c; what was read is wiped. */
#include "scenarios/engine/replay_issuer.h"

#include "cards/card.h"
#include "core/codec/hex.h"
#include "core/status.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_LEN 16

/* OK, or E_NOTFOUND: it is not there. */
static int read_key(const cJSON *json, const char *field, const char *name, uint8_t out[KEY_LEN], char *why, size_t cap)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, field);
    const char *text = cJSON_GetStringValue(item);
    size_t len = 0;
    if (!item)
        return E_NOTFOUND;
    if (text && hex_decode(text, strlen(text), out, KEY_LEN, &len) == OK && len == KEY_LEN)
        return OK;
    snprintf(why, cap, "%s: %s: 32 hex digits expected", name, field);
    return E_FORMAT;
}

static int read_scheme(struct replay_issuer *out, const cJSON *json, const char *name, char *why, size_t cap)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, "scheme");
    const char *text = cJSON_GetStringValue(item);
    enum ac_scheme scheme = AC_PBOC;
    if (!item)
        return OK;
    if (!text || card_scheme_by_name(text, &scheme) != OK) {
        snprintf(why, cap, "%s: scheme: pboc, pboc-sm4, cvn10 or cvn18 expected", name);
        return E_FORMAT;
    }
    out->has_scheme = scheme != AC_PBOC_EITHER; /* then 9F10 says which */
    out->scheme = (int)scheme;
    return OK;
}

static int read_keys(struct replay_issuer *out, const cJSON *json, const char *name, char *why, size_t cap)
{
    int status = read_key(json, "imk_ac", name, out->ac, why, cap);
    if (status == E_NOTFOUND) {
        out->own = true;
        status = read_key(json, "mk_ac", name, out->ac, why, cap);
    }
    if (status == E_NOTFOUND) {
        snprintf(why, cap, "%s: {\"imk_ac\": \"..\"} or {\"mk_ac\": \"..\"} with 32 hex digits expected", name);
        return E_FORMAT;
    }
    if (status == OK)
        status = read_key(json, out->own ? "mk_smi" : "imk_smi", name, out->smi, why, cap);
    out->has_scripts = status == OK;
    return status == E_NOTFOUND || status == OK ? read_scheme(out, json, name, why, cap) : status;
}

/* A key that was typed in place of the file's name, however it is spelt: no part of one is shown. */
static bool looks_like_key(const char *text)
{
    const char *name = strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0 ? text + 2 : text;
    size_t digits = 0;
    for (const char *c = name; *c; c++)
        if (strchr("0123456789ABCDEFabcdef", *c))
            digits++;
        else if (!strchr(" :,-", *c))
            return strchr(text, '{') != NULL;
    return digits >= KEY_LEN;
}

/* A word, in one line, that has no digits of a key in it. */
static bool may_be_shown(const char *member)
{
    static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";
    return member[strspn(member, word)] == '\0' && !looks_like_key(member);
}

/* The members that count, and those of a profile's `keys`. A misspelt one would be a key that is not used. */
static int check_members(const cJSON *json, const char *name, char *why, size_t cap)
{
    static const char *const known[] = {"imk_ac", "imk_smi", "imk_smc", "mk_ac", "mk_smi", "scheme", "note"};
    const cJSON *item;
    cJSON_ArrayForEach(item, json)
    {
        size_t i = 0;
        while (i < sizeof known / sizeof *known && strcmp(known[i], item->string) != 0)
            i++;
        const char *wrong = i == sizeof known / sizeof *known ? "is none of imk_ac, imk_smi, mk_ac, mk_smi, scheme"
                            : cJSON_GetObjectItemCaseSensitive(json, item->string) != item ? "is given twice"
                                                                                           : NULL;
        if (!wrong)
            continue;
        snprintf(why, cap, "%s: member '%.40s' %s", name, may_be_shown(item->string) ? item->string : "...", wrong);
        return E_FORMAT;
    }
    return OK;
}

static void wipe(cJSON *json)
{
    cJSON *item;
    cJSON_ArrayForEach(item, json)
    {
        if (cJSON_IsString(item))
            OPENSSL_cleanse(item->valuestring, strlen(item->valuestring));
        wipe(item);
    }
}

int replay_issuer_parse(struct replay_issuer *out, const char *text, size_t len, const char *name, char *why,
                        size_t cap)
{
    const char *end = NULL;
    cJSON *json = cJSON_ParseWithLengthOpts(text, len, &end, false);
    int status = E_FORMAT;
    *out = (struct replay_issuer){.given = true};
    while (json && end < text + len && strchr(" \t\r\n", *end) && *end)
        end++;
    if (cJSON_IsObject(json) && end < text + len)
        snprintf(why, cap, "%s: one JSON object expected, there is more behind it", name);
    else if (cJSON_IsObject(json)) {
        status = check_members(json, name, why, cap);
        if (status == OK)
            status = read_keys(out, json, name, why, cap);
    } else
        snprintf(why, cap, "%s: a JSON object with imk_ac or mk_ac expected", name);
    wipe(json);
    cJSON_Delete(json);
    if (status != OK)
        OPENSSL_cleanse(out, sizeof *out);
    return status;
}

int replay_issuer_load(struct replay_issuer *out, const char *path, char *why, size_t cap)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(REPLAY_ISSUER_TEXT + 1) : NULL;
    int status = HAL_E_NOENT;
    errno = file ? 0 : errno;
    size_t len = text ? fread(text, 1, REPLAY_ISSUER_TEXT + 1, file) : 0;
    if (!*path || (!file && looks_like_key(path)))
        snprintf(why, cap, "--issuer-key takes the name of a file: a key does not belong on a command line");
    else if (!text || ferror(file))
        snprintf(why, cap, "%s: %s; --issuer-key takes a file with the issuer's keys", path,
                 errno ? strerror(errno) : "out of memory");
    else if (len > REPLAY_ISSUER_TEXT)
        snprintf(why, cap, "%s: larger than %u bytes", path, REPLAY_ISSUER_TEXT);
    else
        status = replay_issuer_parse(out, text, len, path, why, cap);
    if (text)
        OPENSSL_cleanse(text, len);
    free(text);
    if (file)
        fclose(file);
    return status;
}
