/* The acquirer as a scenario sees it: rules, last messages, ledger. What it hands out: api_host_keys.c. */
#include "core/codec/tlv.h"
#include "scenarios/engine/api.h"

#include <lauxlib.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

static struct host *host(lua_State *L)
{
    if (!case_of(L)->running)
        luaL_error(L, "host and net can only be used inside run, recover or check");
    return case_of(L)->host;
}

static const struct {
    const char *name;
    enum host_action action;
} actions[] = {
    {"code", HOST_ANSWER_CODE},
    {"silent_before", HOST_SILENT_BEFORE},
    {"silent_after", HOST_SILENT_AFTER},
    {"late", HOST_LATE},
    {"wrong_mac", HOST_WRONG_MAC},
    {"no_mac", HOST_NO_MAC},
    {"wrong_trace", HOST_WRONG_TRACE},
    {"wrong_amount", HOST_WRONG_AMOUNT},
    {"bad_arpc", HOST_BAD_ARPC},
    {"no_arpc", HOST_NO_ARPC},
    {"script", HOST_SCRIPT},
    {"issuer_script", HOST_ISSUER_SCRIPT},
    {"duplicate", HOST_DUPLICATE},
    {"hang_up", HOST_HANG_UP},
    {"garbage", HOST_GARBAGE},
    {"field", HOST_FIELD},
};

/* A whole number from 0 to `most`. */
static lua_Integer option_within(lua_State *L, const char *name, lua_Integer fallback, lua_Integer most)
{
    lua_Integer value = option_number(L, 1, name, fallback);
    if (value < 0 || value > most)
        luaL_error(L, "host.rule: option '%s' is 0 to %d", name, (int)most);
    return value;
}

/* mac, new_pin and old_pin of an issuer's script. */
static void take_script_options(lua_State *L, struct host_rule *rule)
{
    static const char *const macs[] = {"right", "wrong", "none", "other_atc", "other_ac"};
    const char *mac = option_text(L, 1, "mac", "right");
    char *const pins[] = {rule->new_pin, rule->old_pin};
    for (unsigned i = 0; i < 2; i++) {
        const char *pin = option_text(L, 1, i ? "old_pin" : "new_pin", "");
        if (*pin && (strlen(pin) < 4 || strlen(pin) > 12 || strspn(pin, "0123456789") != strlen(pin)))
            luaL_error(L, "host.rule: option '%s' is no PIN of 4 to 12 digits", i ? "old_pin" : "new_pin");
        snprintf(pins[i], sizeof rule->new_pin, "%s", pin);
    }
    for (unsigned i = 0; i < sizeof macs / sizeof *macs; i++) {
        rule->mac = (enum host_script_mac)i;
        if (strcmp(macs[i], mac) == 0)
            return;
    }
    luaL_error(L, "host.rule: option 'mac' is '%s'; expected right, wrong, none, other_atc or other_ac", mac);
}

/* What would make a rule that never acts, or does something else than was meant. */
static void check_rule(lua_State *L, const struct host_rule *rule, const char *on, const char *code)
{
    bool field = rule->action == HOST_FIELD;
    if (*on && (strlen(on) != 4 || strspn(on, "0123456789") != 4))
        luaL_error(L, "host.rule: option 'on' is '%s'; the four digits of an MTI expected, e.g. 0200", on);
    if (strlen(code) != 2)
        luaL_error(L, "host.rule: option 'code' is '%s'; two characters expected, e.g. 51", code);
    if (rule->action == HOST_ISSUER_SCRIPT && rule->script_len == 0)
        luaL_error(L, "host.rule: option 'script' is missing; the templates 71 and 72 as hex");
    if (field && rule->field ? !iso_field(rule->field) : field && rule->value_len != 4)
        luaL_error(L, "host.rule: option 'field' is %s; 0 with a value of four digits is the MTI",
                   rule->field ? "no field of a message" : "missing");
}

static int host_rule_(lua_State *L)
{
    static const char *const options[] = {"on",    "nth", "action", "code",    "delay",   "script", "field",
                                          "value", "hex", "mac",    "new_pin", "old_pin", NULL};
    struct host_rule rule;
    memset(&rule, 0, sizeof rule);
    luaL_checktype(L, 1, LUA_TTABLE);
    option_check(L, 1, options);
    const char *action = option_text(L, 1, "action", "");
    size_t i = 0;
    while (i < sizeof actions / sizeof *actions && strcmp(actions[i].name, action) != 0)
        i++;
    if (i == sizeof actions / sizeof *actions)
        return luaL_error(
            L,
            "host.rule: option 'action' is '%s'; expected code, silent_before, silent_after, late, wrong_mac, no_mac, "
            "wrong_trace, wrong_amount, bad_arpc, no_arpc, script, issuer_script, duplicate, hang_up, garbage or field",
            action);
    rule.action = actions[i].action;
    const char *on = option_text(L, 1, "on", "0200"), *code = option_text(L, 1, "code", "05");
    rule.nth = (unsigned)option_within(L, "nth", 1, 1000000);
    rule.delay_us = (uint64_t)option_within(L, "delay", 90, 1000000) * SECOND_US;
    snprintf(rule.mti, sizeof rule.mti, "%s", on);
    snprintf(rule.code, sizeof rule.code, "%s", code);
    const char *script = option_text(L, 1, "script", "");
    if (hex_decode(script, strlen(script), rule.script, sizeof rule.script, &rule.script_len) != OK)
        return luaL_error(L, "host.rule: option 'script' is not hex, or longer than %d bytes", (int)sizeof rule.script);
    take_script_options(L, &rule);
    const char *value = option_text(L, 1, "value", ""), *bytes = option_text(L, 1, "hex", "");
    rule.field = (uint8_t)option_within(L, "field", 0, ISO_FIELDS - 1);
    rule.value_len = strnlen(value, sizeof rule.value);
    memcpy(rule.value, value, rule.value_len);
    if (*bytes && hex_decode(bytes, strlen(bytes), rule.value, sizeof rule.value, &rule.value_len) != OK)
        return luaL_error(L, "host.rule: option 'hex' is not hex, or longer than %d bytes", (int)sizeof rule.value);
    check_rule(L, &rule, on, code);
    if (host_add_rule(host(L), &rule) != OK)
        return luaL_error(L, "host.rule: too many rules");
    return 0;
}

static int host_clear(lua_State *L)
{
    host_clear_rules(host(L));
    return 0;
}

static void push_de60(lua_State *L, const char *digits)
{
    struct iso_de60 f;
    if (iso_de60_parse(digits, &f) != OK)
        return;
    const struct {
        const char *name, *value;
    } parts[] = {
        {"type", f.type},
        {"batch", f.batch},
        {"network", f.network},
        {"capability", f.capability},
        {"ic_condition", f.condition},
        {"partial", f.partial},
        {"account", f.account},
    };
    lua_newtable(L);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        lua_pushstring(L, parts[i].value);
        lua_setfield(L, -2, parts[i].name);
    }
    lua_setfield(L, -2, "de60");
}

/* DE55 as { ["9F26"] = "hex", ... }. */
static void push_de55(lua_State *L, const uint8_t *bytes, size_t len)
{
    struct tlv tlv;
    size_t at = 0;
    char tag[12], hex[513];
    lua_newtable(L);
    while (tlv_next(bytes, len, &at, &tlv) == OK) {
        snprintf(tag, sizeof tag, "%02X", (unsigned)tlv.tag);
        if (hex_encode(tlv.value, tlv.len, hex, sizeof hex) != OK)
            continue;
        lua_pushstring(L, hex);
        lua_setfield(L, -2, tag);
    }
    lua_setfield(L, -2, "de55");
}

static int host_last_(lua_State *L)
{
    struct iso_message m;
    char name[8], text[1100];
    const char *mti = luaL_optstring(L, 1, "");
    if (host_last(host(L), mti, (size_t)luaL_optinteger(L, 2, 0), &m) != OK)
        return luaL_error(L, "host.last: the host has seen no such message %s", mti);
    lua_newtable(L);
    lua_pushstring(L, m.mti);
    lua_setfield(L, -2, "mti");
    for (uint8_t de = 2; de < ISO_FIELDS; de++) {
        const struct iso_field_spec *spec = iso_field(de);
        size_t len;
        const uint8_t *value = iso_get(&m, de, &len);
        if (!value || !spec)
            continue;
        if (de == 55)
            push_de55(L, value, len);
        else if (spec->kind == ISO_B) {
            hex_encode(value, len, text, sizeof text);
            lua_pushstring(L, text);
            lua_setfield(L, -2, (snprintf(name, sizeof name, "de%u", de), name));
        } else if (iso_text(&m, de, text, sizeof text) == OK && de == 60)
            push_de60(L, text);
        else {
            lua_pushstring(L, text);
            lua_setfield(L, -2, (snprintf(name, sizeof name, "de%u", de), name));
        }
    }
    OPENSSL_cleanse(&m, sizeof m);
    return 1;
}

static int host_count_(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)host_count(host(L), luaL_optstring(L, 1, "")));
    return 1;
}

static int host_ledger(lua_State *L)
{
    static const char *const kinds[] = {"booked", "reversed", "tombstone"};
    const struct host_entry *entries;
    size_t count = host_entries(host(L), &entries);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        lua_newtable(L);
        lua_pushstring(L, kinds[entries[i].kind]);
        lua_setfield(L, -2, "kind");
        lua_pushinteger(L, (lua_Integer)entries[i].amount_cents);
        lua_setfield(L, -2, "amount");
        lua_pushinteger(L, entries[i].trace);
        lua_setfield(L, -2, "trace");
        lua_pushstring(L, entries[i].terminal_id);
        lua_setfield(L, -2, "terminal");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int heard(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    if (!case_waited(L)->met)
        return case_fail_here(L, &case_of(L)->terminal[0], "host.wait", "a message to the host", "none came in time");
    return 0;
}

static int host_wait(lua_State *L)
{
    struct wait w = {.kind = WAIT_HOST,
                     .number = (uint64_t)luaL_optinteger(L, 2, 1),
                     .until_us = world_now(case_of(L)->world) + api_seconds(L, 3, 300)};
    snprintf(w.text, sizeof w.text, "%s", luaL_checkstring(L, 1));
    host(L);
    return case_wait(L, &w, heard, 0);
}

const struct api_function api_host[] = {
    {"rule", "{ on, nth, action, code, delay, script, mac, new_pin, old_pin, field, value, hex }",
     "Scripted behaviour for the n-th request of that MTI from now (nth = 0: every): silent_before, wrong_mac, code, "
     "...; issuer_script: the templates of `script` with the MAC (right, wrong, none, other_atc, other_ac) and the PIN "
     "that its commands lack; field: DE `field` of the answer becomes `value` (text) or `hex`, or is left out.",
     host_rule_},
    {"clear", "", "Takes all rules away.", host_clear},
    {"keys", "{ offer, per_answer, demand, fault, nth }",
     "CA keys that the host hands out from now: indexes of cards/keys/ca.json, or { key, expiry, algorithm, packed }. "
     "Terminals are told to come for them (demand = false: not). fault: endless, empty, length; of the nth object: "
     "checksum, tlv, other, missing.",
     host_keys_},
    {"applications", "{ offer, per_answer, demand, fault, nth }",
     "The same for applications: { aid, DF01, [\"9F1B\"], DF11, ... } as hex.", host_applications_},
    {"last", "[mti [, back]]",
     "A request the host has received: { mti, de3, ..., de55 = { [\"9F26\"] = hex }, de60 = { ic_condition, ... } }.",
     host_last_},
    {"count", "[mti]", "How many requests of that MTI the host has received.", host_count_},
    {"ledger", "", "All bookings: { kind, amount, trace, terminal }.", host_ledger},
    {"wait", "mti [, count [, seconds]]", "Waits until the host has received that many requests.", host_wait},
    {NULL, NULL, NULL, NULL},
};
