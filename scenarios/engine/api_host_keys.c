/*
 * What the host hands out, as a scenario sees it: host.keys and host.applications (sim/host/keys.h). The keys are those
 * of cards/keys/ca.json, which the bench's cards are made with. Called through the table of api_host.c.
 */
#include "core/codec/hex.h"
#include "core/codec/tlv.h"
#include "scenarios/engine/api.h"
#include "scenarios/engine/replay_keys.h"
#include "sim/host/keys.h"

#include <lauxlib.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum host_list_fault fault;
} faults[] = {
    {"endless", HOST_LIST_ENDLESS},   {"empty", HOST_LIST_EMPTY}, {"length", HOST_LIST_LENGTH},
    {"checksum", HOST_LIST_CHECKSUM}, {"tlv", HOST_LIST_TLV},     {"other", HOST_LIST_OTHER},
    {"missing", HOST_LIST_MISSING},
};

/* What both functions take, but for `offer` itself. */
static struct host_offer read_offer(lua_State *L, enum host_list list, const char *function)
{
    static const char *const options[] = {"offer", "per_answer", "demand", "fault", "nth", NULL};
    if (!case_of(L)->running)
        luaL_error(L, "%s can only be used inside run, recover or check", function);
    luaL_checktype(L, 1, LUA_TTABLE);
    option_check(L, 1, options);
    struct host_offer offer = {.list = list, .demanded = option_number(L, 1, "demand", 1) != 0};
    const char *fault = option_text(L, 1, "fault", "");
    size_t i = 0;
    while (i < sizeof faults / sizeof *faults && strcmp(faults[i].name, fault) != 0)
        i++;
    if (i < sizeof faults / sizeof *faults)
        offer.fault = faults[i].fault;
    else if (*fault)
        luaL_error(L, "%s: option 'fault' is '%s'; expected endless, empty, length, checksum, tlv, other or missing",
                   function, fault);
    lua_Integer per_answer = option_number(L, 1, "per_answer", 12), nth = option_number(L, 1, "nth", 1);
    if (per_answer < 1 || per_answer > HOST_PER_ANSWER || nth < 1 || nth > HOST_OBJECTS)
        luaL_error(L, "%s: option 'per_answer' is 1 to %d, 'nth' 1 to %d", function, HOST_PER_ANSWER, HOST_OBJECTS);
    offer.per_answer = (unsigned)per_answer;
    offer.nth = (unsigned)nth;
    return offer;
}

/* ---- keys ---- */

/* Name, list entry and object. `date`: YYYYMMDD; in the object as characters, or `packed` in four bytes. */
static bool make_key(const struct replay_key *key, const char *date, bool packed, const char *algorithm,
                     struct host_object *out)
{
    bool sm2 = key->kind == KEY_SM2;
    uint8_t kind[1] = {sm2 ? 4 : 1}, bytes[6 + REPLAY_MODULUS_MAX + 3], checksum[EVP_MAX_MD_SIZE], day[4];
    const uint8_t hash[1] = {kind[0]};
    struct tlv_out name, entry, object;
    size_t len = 0;
    if (*algorithm && hex_decode(algorithm, strlen(algorithm), kind, sizeof kind, &len) != OK)
        return false;
    if (strlen(date) != 8 || bcd_pack(date, 8, 1, 0, day, sizeof day) != OK)
        return false;
    memcpy(bytes, key->rid, 5);
    bytes[5] = key->index;
    memcpy(bytes + 6, key->modulus, key->len);
    memcpy(bytes + 6 + key->len, key->exponent, key->exponent_len);
    EVP_Digest(bytes, 6 + key->len + key->exponent_len, checksum, NULL, EVP_sha1(), NULL);

    memset(out, 0, sizeof *out);
    tlv_out_init(&name, out->name, sizeof out->name);
    tlv_put(&name, 0x9F06, key->rid, sizeof key->rid);
    tlv_put(&name, 0x9F22, &key->index, 1);
    tlv_out_init(&entry, out->entry, sizeof out->entry);
    tlv_put_raw(&entry, out->name, name.len);
    tlv_put(&entry, 0xDF05, date, 8);
    tlv_out_init(&object, out->bytes, sizeof out->bytes);
    tlv_put_raw(&object, out->name, name.len);
    tlv_put(&object, 0xDF05, packed ? (const void *)day : date, packed ? sizeof day : 8);
    tlv_put(&object, 0xDF06, hash, 1);
    tlv_put(&object, 0xDF07, kind, 1);
    tlv_put(&object, 0xDF02, key->modulus, key->len);
    if (!sm2) {
        tlv_put(&object, 0xDF04, key->exponent, key->exponent_len);
        tlv_put(&object, 0xDF03, checksum, 20);
    }
    out->name_len = name.len;
    out->entry_len = entry.len;
    out->len = object.len;
    return name.status == OK && entry.status == OK && object.status == OK;
}

/* The member of `offer` on top of the stack: an index, or a table that says what is different about the key. */
static bool read_key(lua_State *L, const struct replay_keys *keys, struct host_object *out)
{
    static const char *const options[] = {"key", "expiry", "algorithm", "packed", NULL};
    int at = lua_gettop(L);
    bool table = lua_istable(L, at);
    if (table)
        option_check(L, at, options);
    const char *index = table                            ? option_text(L, at, "key", "")
                        : lua_type(L, at) == LUA_TSTRING ? lua_tostring(L, at)
                                                         : "";
    uint8_t number[1];
    size_t len = 0;
    if (hex_decode(index, strlen(index), number, sizeof number, &len) != OK || len != 1)
        return false;
    for (size_t i = 0; i < keys->count; i++)
        if (keys->key[i].index == number[0])
            return make_key(&keys->key[i], option_text(L, at, "expiry", "20301231"),
                            option_number(L, at, "packed", 0) != 0, option_text(L, at, "algorithm", ""), out);
    return false;
}

/* ---- applications ---- */

/* In the order of the object; "" is left out unless the scenario says something. */
static const struct {
    uint32_t tag;
    const char *name, *usual;
} application_tags[] = {
    {0xDF01, "DF01", "00"},         {0x9F08, "9F08", "0030"},       {0x9F09, "9F09", ""},
    {0xDF11, "DF11", "DC4000A800"}, {0xDF12, "DF12", "DC4004F800"}, {0xDF13, "DF13", "0010000000"},
    {0x9F1B, "9F1B", "00000000"},   {0xDF15, "DF15", ""},           {0xDF16, "DF16", ""},
    {0xDF17, "DF17", ""},           {0xDF14, "DF14", "9F3704"},     {0xDF18, "DF18", "01"},
    {0x9F7B, "9F7B", ""},           {0xDF19, "DF19", ""},           {0xDF20, "DF20", ""},
    {0xDF21, "DF21", ""},
};
#define APPLICATION_TAGS (sizeof application_tags / sizeof *application_tags)

static bool put_hex(struct tlv_out *out, uint32_t tag, const char *hex)
{
    uint8_t bytes[64];
    size_t len = 0;
    bool ok = hex_decode(hex, strlen(hex), bytes, sizeof bytes, &len) == OK;
    if (ok && len)
        tlv_put(out, tag, bytes, len);
    return ok;
}

static bool read_application(lua_State *L, const struct replay_keys *keys, struct host_object *out)
{
    const char *options[APPLICATION_TAGS + 2] = {"aid"};
    struct tlv_out object;
    int at = lua_gettop(L);
    (void)keys;
    for (size_t i = 0; i < APPLICATION_TAGS; i++)
        options[i + 1] = application_tags[i].name;
    if (!lua_istable(L, at))
        return false;
    option_check(L, at, options);
    memset(out, 0, sizeof *out);
    tlv_out_init(&object, out->bytes, sizeof out->bytes);
    bool ok = put_hex(&object, 0x9F06, option_text(L, at, "aid", ""));
    size_t name_len = object.len;
    for (size_t i = 0; ok && i < APPLICATION_TAGS; i++)
        ok = put_hex(&object, application_tags[i].tag,
                     option_text(L, at, application_tags[i].name, application_tags[i].usual));
    if (!ok || name_len == 0 || name_len > sizeof out->name || object.status != OK)
        return false;
    memcpy(out->name, out->bytes, name_len);
    memcpy(out->entry, out->bytes, name_len);
    out->name_len = out->entry_len = name_len;
    out->len = object.len;
    return true;
}

/* ---- both ---- */

/* Every member of `offer` by `read`, which says false to what it cannot use. */
static void make_offer(lua_State *L, const struct host_offer *offer, const struct replay_keys *keys,
                       bool (*read)(lua_State *L, const struct replay_keys *keys, struct host_object *out),
                       const char *function)
{
    static const size_t most = HOST_OBJECTS;
    int type = lua_getfield(L, 1, "offer");
    if (type != LUA_TTABLE)
        luaL_error(L, "%s: option 'offer': a list { } of what is handed out expected, found %s", function,
                   lua_typename(L, type));
    size_t count = (size_t)lua_rawlen(L, -1);
    if (count > most)
        luaL_error(L, "%s: option 'offer' has more than %d members", function, HOST_OBJECTS);
    struct host_object *objects = lua_newuserdatauv(L, (count + 1) * sizeof *objects, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        if (!read(L, keys, &objects[i]))
            luaL_error(
                L, "%s: member %d of 'offer': %s expected", function, (int)i + 1,
                keys ? "the index of a key in cards/keys/ca.json (\"F1\"), or { key, expiry = YYYYMMDD, algorithm }"
                     : "{ aid, DF01, ... } with hex digits, aid given");
        objects[i].list = offer->list;
        lua_pop(L, 1);
    }
    if (host_make_offer(case_of(L)->host, offer, objects, count) != OK)
        luaL_error(L, "%s: more than the host holds", function);
}

int host_keys_(lua_State *L)
{
    char path[600], why[300];
    struct replay_keys keys = {.key = NULL};
    struct host_offer offer = read_offer(L, HOST_KEYS, "host.keys");
    snprintf(path, sizeof path, "%s/cards/keys/ca.json", case_of(L)->request->paths.root);
    if (replay_keys_load(&keys, path, why, sizeof why) != OK) {
        replay_keys_free(&keys);
        return luaL_error(L, "host.keys: %s", why);
    }
    /* A copy that the collector frees: errors below leave this function without coming back. */
    struct replay_keys own = {.key = lua_newuserdatauv(L, (keys.count + 1) * sizeof *keys.key, 0), .count = keys.count};
    memcpy(own.key, keys.key, keys.count * sizeof *keys.key);
    replay_keys_free(&keys);
    make_offer(L, &offer, &own, read_key, "host.keys");
    return 0;
}

int host_applications_(lua_State *L)
{
    struct host_offer offer = read_offer(L, HOST_APPLICATIONS, "host.applications");
    case_of(L)->offers_applications = true;
    make_offer(L, &offer, NULL, read_application, "host.applications");
    return 0;
}
