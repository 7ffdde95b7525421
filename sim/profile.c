/*
 * Reading a terminal profile (sim/profiles/NAME.json). Keys are one table with the function that reads each; a key that
 * is not in it is refused, since a misspelt one would otherwise be a default in disguise. The "config" object belongs
 * to the core: only the members that the bench needs are looked at.
 */
#include "sim/profile.h"

#include "core/codec/hex.h"
#include "sim/image.h"

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 60
#define FS_BYTES (8u * 1024u * 1024u)
#define SECTOR_SIZE 512u
#define PAGE_SIZE 2048u
#define BLOCK_SIZE (64u * 1024u)
#define BOOT_BYTES (128u * 1024u)
#define SLOT_BYTES (32u * 1024u * 1024u) /* room for an image with AddressSanitizer in it */

struct load {
    const char *path;
    struct profile *out;
    char *why;
    size_t why_cap;
};

struct key {
    const char *name;
    int (*read)(struct load *l, const struct key *key, const cJSON *item);
    size_t offset; /* in struct profile, for the plain kinds */
    uint64_t least, most;
    const struct key *members; /* of an object; ends with name NULL */
    const char *where;         /* how messages name it */
    bool required;
};

static int expect(struct load *l, const struct key *key, const char *what)
{
    snprintf(l->why, l->why_cap, "%s: %s: %s expected", l->path, key->where, what);
    return E_FORMAT;
}

static void *member_of(struct load *l, const struct key *key)
{
    return (char *)l->out + key->offset;
}

static int read_ignored(struct load *l, const struct key *key, const cJSON *item)
{
    return cJSON_IsString(item) ? OK : expect(l, key, "text");
}

static int read_bool(struct load *l, const struct key *key, const cJSON *item)
{
    if (!cJSON_IsBool(item))
        return expect(l, key, "true or false");
    *(bool *)member_of(l, key) = cJSON_IsTrue(item);
    return OK;
}

/* The levels of a chip reader, as HAL_READER_TPDU and HAL_READER_CHARACTER. */
static int read_level(struct load *l, const struct key *key, const cJSON *item)
{
    const char *text = cJSON_IsString(item) ? item->valuestring : "";
    bool character = strcmp(text, "character") == 0;
    if (!character && strcmp(text, "tpdu") != 0)
        return expect(l, key, "\"tpdu\" or \"character\"");
    *(bool *)member_of(l, key) = character;
    return OK;
}

static int read_whole(struct load *l, const struct key *key, const cJSON *item, uint64_t *out)
{
    char what[64];
    double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
    snprintf(what, sizeof what, "a whole number from %llu to %llu", (unsigned long long)key->least,
             (unsigned long long)key->most);
    if (!(value >= (double)key->least && value <= (double)key->most) || (double)(uint64_t)value != value)
        return expect(l, key, what);
    *out = (uint64_t)value;
    return OK;
}

static int read_u8(struct load *l, const struct key *key, const cJSON *item)
{
    uint64_t value = 0;
    int status = read_whole(l, key, item, &value);
    *(uint8_t *)member_of(l, key) = (uint8_t)value;
    return status;
}

static int read_u32(struct load *l, const struct key *key, const cJSON *item)
{
    uint64_t value = 0;
    int status = read_whole(l, key, item, &value);
    *(uint32_t *)member_of(l, key) = (uint32_t)value;
    return status;
}

static int read_u64(struct load *l, const struct key *key, const cJSON *item)
{
    uint64_t value = 0;
    int status = read_whole(l, key, item, &value);
    *(uint64_t *)member_of(l, key) = value;
    return status;
}

static int read_tmk(struct load *l, const struct key *key, const cJSON *item)
{
    struct profile *p = l->out;
    const char *text = cJSON_IsString(item) ? item->valuestring : "";
    bool read = hex_decode(text, strlen(text), p->tmk, sizeof p->tmk, &p->tmk_len) == OK;
    if (!read || (p->tmk_len != 8 && p->tmk_len != 16 && p->tmk_len != 24))
        return expect(l, key, "16, 32 or 48 hex digits");
    return OK;
}

static int read_clock(struct load *l, const struct key *key, const cJSON *item)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned v[6];
    char end;
    const char *text = cJSON_IsString(item) ? item->valuestring : "";
    int got = sscanf(text, "%4u-%2u-%2u %2u:%2u:%2u%c", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &end);
    if (got != 6 || v[0] < 2000 || v[0] > 2099 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > days[v[1] - 1] ||
        (v[1] == 2 && v[2] == 29 && v[0] % 4) || v[3] > 23 || v[4] > 59 || v[5] > 59)
        return expect(l, key, "a date \"YYYY-MM-DD hh:mm:ss\" from 2000 to 2099");
    l->out->clock = (struct hal_datetime){(uint16_t)v[0], (uint8_t)v[1], (uint8_t)v[2],
                                          (uint8_t)v[3],  (uint8_t)v[4], (uint8_t)v[5]};
    return OK;
}

static int read_id(struct load *l, const cJSON *config, const char *name, size_t len, char *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(config, name);
    if (!cJSON_IsString(item) || strlen(item->valuestring) != len) {
        snprintf(l->why, l->why_cap, "%s: config.%s: %zu characters expected", l->path, name, len);
        return E_FORMAT;
    }
    memcpy(out, item->valuestring, len + 1);
    return OK;
}

/* A key that stands twice in one object: a reader takes the first or the last of them. `where`: the object's name. */
static int check_twice(struct load *l, const char *where, const cJSON *object)
{
    for (const cJSON *item = object->child; item; item = item->next) {
        char name[120];
        snprintf(name, sizeof name, "%s%s%.40s", where, *where && item->string ? "." : "",
                 item->string ? item->string : "[]");
        for (const cJSON *other = item->string ? item->next : NULL; other; other = other->next)
            if (strcmp(other->string, item->string) == 0) {
                snprintf(l->why, l->why_cap, "%s: %s: given twice", l->path, name);
                return E_FORMAT;
            }
        int status = check_twice(l, name, item);
        if (status)
            return status;
    }
    return OK;
}

static int read_config(struct load *l, const struct key *key, const cJSON *item)
{
    struct profile *p = l->out;
    if (!cJSON_IsObject(item))
        return expect(l, key, "an object");
    int status = read_id(l, item, "terminal_id", sizeof p->terminal_id - 1, p->terminal_id);
    if (status == OK)
        status = read_id(l, item, "merchant_id", sizeof p->merchant_id - 1, p->merchant_id);
    p->takes_offline = cJSON_HasObjectItem(item, "offline");
    if (status == OK && !(p->config = cJSON_PrintUnformatted(item)))
        status = E_NOMEM;
    return status;
}

static const struct key *find_key(const struct key *keys, const char *name)
{
    for (; keys->name; keys++)
        if (strcmp(keys->name, name) == 0)
            return keys;
    return NULL;
}

static int read_members(struct load *l, const char *where, const struct key *keys, const cJSON *object)
{
    for (const cJSON *item = object->child; item; item = item->next) {
        const struct key *key = find_key(keys, item->string);
        if (!key) {
            snprintf(l->why, l->why_cap, "%s: %s%s%.40s: no such key; the first here is \"%s\"", l->path, where,
                     *where ? "." : "", item->string, keys->name);
            return E_FORMAT;
        }
        int status = key->read(l, key, item);
        if (status)
            return status;
    }
    for (; keys->name; keys++)
        if (keys->required && !cJSON_GetObjectItemCaseSensitive(object, keys->name))
            return expect(l, keys, "this key");
    return OK;
}

static int read_object(struct load *l, const struct key *key, const cJSON *item)
{
    return cJSON_IsObject(item) ? read_members(l, key->where, key->members, item) : expect(l, key, "an object");
}

#define AT(member) offsetof(struct profile, member)
static const struct key display_keys[] = {
    {"columns", read_u8, AT(display.columns), 8, COLUMNS_MAX, NULL, "hardware.display.columns", true},
    {"rows", read_u8, AT(display.rows), 1, HAL_DISPLAY_ROWS, NULL, "hardware.display.rows", true},
    {.name = NULL},
};
static const struct key hardware_keys[] = {
    {"display", read_object, 0, 0, 0, display_keys, "hardware.display", true},
    {"touch", read_bool, AT(touch), 0, 0, NULL, "hardware.touch", false},
    {"contactless", read_bool, AT(contactless), 0, 0, NULL, "hardware.contactless", false},
    {"scanner", read_bool, AT(scanner), 0, 0, NULL, "hardware.scanner", false},
    {"reader", read_level, AT(character), 0, 0, NULL, "hardware.reader", false},
    {"battery", read_u8, AT(battery_percent), 0, 100, NULL, "hardware.battery", false},
    {"mains", read_bool, AT(mains), 0, 0, NULL, "hardware.mains", false},
    {.name = NULL},
};
static const struct key storage_keys[] = {
    {"fs_bytes", read_u64, AT(storage.fs_bytes), 4096, UINT32_MAX, NULL, "storage.fs_bytes", false},
    {"sector_size", read_u32, AT(storage.sector_size), 1, 65536, NULL, "storage.sector_size", false},
    {"page_size", read_u32, AT(storage.page_size), 1, 65536, NULL, "storage.page_size", false},
    {"block_size", read_u32, AT(storage.block_size), 1, 16777216, NULL, "storage.block_size", false},
    {"boot_bytes", read_u64, AT(storage.area_bytes[HAL_AREA_BOOT]), 0, 268435456, NULL, "storage.boot_bytes", false},
    {"slot_a_bytes", read_u64, AT(storage.area_bytes[HAL_AREA_SLOT_A]), 0, 268435456, NULL, "storage.slot_a_bytes",
     false},
    {"slot_b_bytes", read_u64, AT(storage.area_bytes[HAL_AREA_SLOT_B]), 0, 268435456, NULL, "storage.slot_b_bytes",
     false},
    {.name = NULL},
};
static const struct key keys_keys[] = {
    {"tmk", read_tmk, 0, 0, 0, NULL, "keys.tmk", true},
    {.name = NULL},
};
static const struct key profile_keys[] = {
    {"description", read_ignored, 0, 0, 0, NULL, "description", false},
    {"hardware", read_object, 0, 0, 0, hardware_keys, "hardware", true},
    {"keys", read_object, 0, 0, 0, keys_keys, "keys", true},
    {"clock", read_clock, 0, 0, 0, NULL, "clock", true},
    {"storage", read_object, 0, 0, 0, storage_keys, "storage", false},
    {"config", read_config, 0, 0, 0, NULL, "config", true},
    {.name = NULL},
};

/* "sim/profiles/unionpay-cn.json" -> "unionpay-cn" */
static void name_from_path(const char *path, char *out, size_t cap)
{
    const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path, *dot = strrchr(start, '.');
    snprintf(out, cap, "%.*s", dot && dot > start ? (int)(dot - start) : (int)strlen(start), start);
}

static size_t line_of(const char *text, const char *at)
{
    size_t line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

static int read_text(struct load *l, const char *text, size_t len)
{
    const char *end = text;
    cJSON *root = cJSON_ParseWithLengthOpts(text, len + 1, &end, true);
    int status = E_FORMAT;
    if (!root)
        snprintf(l->why, l->why_cap, "%s:%zu: JSON expected", l->path, line_of(text, end));
    else if (!cJSON_IsObject(root))
        snprintf(l->why, l->why_cap, "%s: an object expected", l->path);
    else {
        status = check_twice(l, "", root);
        if (status == OK)
            status = read_members(l, "", profile_keys, root);
    }
    cJSON_Delete(root);
    return status;
}

int profile_load(const char *path, struct profile *out, char *why, size_t why_cap)
{
    struct load l = {.path = path, .out = out, .why = why, .why_cap = why_cap};
    uint8_t *text = NULL;
    size_t len = 0;
    *out = (struct profile){
        .mains = true,
        .battery_percent = 100,
        .storage = {.fs_bytes = FS_BYTES,
                    .sector_size = SECTOR_SIZE,
                    .page_size = PAGE_SIZE,
                    .block_size = BLOCK_SIZE,
                    .area_bytes = {
                        [HAL_AREA_BOOT] = BOOT_BYTES, [HAL_AREA_SLOT_A] = SLOT_BYTES, [HAL_AREA_SLOT_B] = SLOT_BYTES}}};
    name_from_path(path, out->name, sizeof out->name);
    int status = image_read_file(path, &text, &len, why, why_cap);
    if (status)
        return status;
    text[len] = '\0';
    status = read_text(&l, (const char *)text, len);
    OPENSSL_cleanse(text, len);
    free(text);
    if (status)
        profile_clear(out);
    return status;
}

void profile_clear(struct profile *p)
{
    cJSON_free(p->config);
    OPENSSL_cleanse(p, sizeof *p);
}
