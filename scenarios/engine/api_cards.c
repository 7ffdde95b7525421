/* Cards in a person's hand: loading profiles, faults at the reader, twists of the card itself. */
#include "scenarios/engine/api.h"

#include "core/codec/hex.h"
#include "core/codec/track.h"
#include "scenarios/engine/card_fault.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

static int cards_load(lua_State *L)
{
    char why[400];
    const char *name = luaL_checkstring(L, 1);
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != strlen(name))
        return luaL_error(L, "'%s' is no card profile name (a-z, 0-9, - and _)", name);
    struct bench_card *card = case_load_card(case_of(L), name, why, sizeof why);
    if (!card) { /* bad input, not a finding about the core */
        luaL_where(L, 1);
        snprintf(case_of(L)->usage, sizeof case_of(L)->usage, "%s%s", lua_tostring(L, -1), why);
        return luaL_error(L, "%s", why);
    }
    api_push(L, card, "card");
    return 1;
}

/* An option as a word: numbers as its key has them, false as not given. */
static void take_option(lua_State *L, enum card_fault_key key, char out[68])
{
    bool is_hex = key == FAULT_SW || key == FAULT_INS || key == FAULT_TAG;
    int type = lua_getfield(L, 2, card_fault_keys[key]), whole = 0;
    lua_Integer number = lua_tointegerx(L, -1, &whole);
    out[0] = '\0';
    if (type == LUA_TBOOLEAN)
        snprintf(out, 68, "%s", lua_toboolean(L, -1) ? "1" : "");
    else if (type == LUA_TNUMBER && whole && is_hex && number >= 0)
        snprintf(out, 68, key == FAULT_SW ? "%04llX" : "%02llX", (unsigned long long)number);
    else if (type == LUA_TNUMBER && whole)
        snprintf(out, 68, "%lld", (long long)number);
    else if (type == LUA_TSTRING && lua_rawlen(L, -1) < 68)
        snprintf(out, 68, "%s", lua_tostring(L, -1));
    else if (type != LUA_TNIL)
        luaL_error(L, "fault: option '%s': a short text or a whole number expected", card_fault_keys[key]);
    lua_pop(L, 1);
}

static int card_fault_(lua_State *L)
{
    struct bench_card *card = api_self(L, 1, "card");
    struct card_fault_words words;
    struct card_fault fault;
    struct card_fault_why why;
    char text[700];
    luaL_checktype(L, 2, LUA_TTABLE);
    option_check(L, 2, card_fault_keys);
    for (unsigned key = 0; key < FAULT_KEYS; key++)
        take_option(L, (enum card_fault_key)key, words.value[key]);
    if (card_fault_read(&words, &fault, &why) != OK) {
        card_fault_explain(&why, text, sizeof text);
        return luaL_error(L, "fault: %s", text);
    }
    const char *misfit = card_fault_misfit(&fault, card->facts.protocol);
    if (misfit)
        return luaL_error(L, "fault: kind '%s' %s", card_fault_name(&fault), misfit);
    if (card_fault_add(card, &fault) != OK)
        return luaL_error(L, "fault: at most %d faults on one card", CARD_FAULTS);
    lua_settop(L, 1);
    return 1;
}

static int card_heal(lua_State *L)
{
    struct bench_card *card = api_self(L, 1, "card");
    card_faults_heal(card, false);
    lua_settop(L, 1);
    return 1;
}

static int card_twist_(lua_State *L)
{
    struct bench_card *card = api_self(L, 1, "card");
    enum card_twist twist;
    if (card_twist_by_name(luaL_checkstring(L, 2), &twist) != OK)
        return luaL_error(
            L,
            "'%s': no such twist; there are wrong_cryptogram, second_ac_refused, first_ac_declined, first_ac_higher, "
            "gpo_6985_once",
            lua_tostring(L, 2));
    card->version = ++card->bench->card_changes;
    card_twist_set(card->card, twist, lua_isnoneornil(L, 3) || lua_toboolean(L, 3));
    lua_settop(L, 1);
    return 1;
}

static void push_hex(lua_State *L, const uint8_t *bytes, size_t len, const char *field)
{
    char text[2 * 8 + 1];
    (void)hex_encode(bytes, len, text, sizeof text);
    lua_pushstring(L, text);
    lua_setfield(L, -2, field);
}

static int card_counters_(lua_State *L)
{
    struct bench_card *card = api_self(L, 1, "card");
    struct card_counters c;
    card_counters(card->card, &c);
    lua_newtable(L);
    lua_pushinteger(L, c.atc);
    lua_setfield(L, -2, "atc");
    lua_pushinteger(L, c.last_online_atc);
    lua_setfield(L, -2, "last_online_atc");
    lua_pushinteger(L, c.pin_tries);
    lua_setfield(L, -2, "pin_tries");
    lua_pushboolean(L, c.blocked);
    lua_setfield(L, -2, "blocked");
    lua_pushboolean(L, c.app_blocked);
    lua_setfield(L, -2, "app_blocked");
    push_hex(L, c.cvr, sizeof c.cvr, "cvr");
    push_hex(L, c.tvr, sizeof c.tvr, "tvr");
    if (c.has_purse) {
        lua_pushinteger(L, (lua_Integer)c.purse_cents);
        lua_setfield(L, -2, "purse");
    }
    return 1;
}

static int card_balance(lua_State *L)
{
    struct bench_card *card = api_self(L, 1, "card");
    int64_t cents = 0;
    if (host_balance(case_of(L)->host, card->facts.pan, &cents) != OK)
        return luaL_error(L, "balance: the host does not know %s", card->facts.name);
    lua_pushinteger(L, cents);
    return 1;
}

static int card_masked_pan(lua_State *L)
{
    char masked[24];
    pan_mask(((struct bench_card *)api_self(L, 1, "card"))->facts.pan, masked, sizeof masked);
    lua_pushstring(L, masked);
    return 1;
}

const struct api_function api_cards[] = {
    {"load", "name", "A card of cards/profiles/NAME.json; its account is opened at the host.", cards_load},
    {NULL, NULL, NULL, NULL},
};

const struct api_function api_card[] = {
    {"fault", "{ at, kind [, ins, nth, sw, byte, after, times, value, etu, ms, tag, to] }",
     "A fault, at reset or at a command by name or INS. Between card and reader: mute, remove, sw, corrupt, truncate, "
     "extend, delay, broken, garble. What the card says: mutate_tag, mutate_value, wrong_length, duplicate_tag, "
     "drop_tag, atc_jump, wrong_cryptogram, wrong_certificate. For a reader at character level also what the card does "
     "at its contacts: slow, silent, parity, bad_ts, bad_tck, endless, one_by_one, nulls, wrong_procedure, wtx, "
     "bad_lrc, bad_sequence, resend, ifs, abort.",
     card_fault_},
    {"heal", "", "Takes all faults away from the next insertion on, those of the profile too.", card_heal},
    {"twist", "name [, on]", "Makes the card itself behave wrongly: wrong_cryptogram, second_ac_refused, ...",
     card_twist_},
    {"counters", "",
     "{ atc, last_online_atc, pin_tries, blocked, app_blocked, cvr, tvr, purse } as the card holds them; purse: cents.",
     card_counters_},
    {"balance", "", "Cents on the card's account at the host.", card_balance},
    {"masked_pan", "", "The PAN as a receipt may show it.", card_masked_pan},
    {NULL, NULL, NULL, NULL},
};
