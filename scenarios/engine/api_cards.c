/* Cards in a person's hand: loading profiles, faults at the reader, twists of the card itself. */
#include "scenarios/engine/api.h"

#include "core/codec/track.h"

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

/* Where a fault sits, by the command's name. */
static const struct {
    const char *name;
    uint8_t ins;
    unsigned nth;
} places[] = {
    {"select", 0xA4, 1},        {"gpo", 0xA8, 1},
    {"read_record", 0xB2, 1},   {"get_data", 0xCA, 1},
    {"verify", 0x20, 1},        {"generate_ac", 0xAE, 1},
    {"generate_ac_2", 0xAE, 2}, {"external_authenticate", 0x82, 1},
    {"get_challenge", 0x84, 1}, {"internal_authenticate", 0x88, 1},
    {"get_response", 0xC0, 1},  {"command", 0, 1},
};
static const char *const fault_kinds[] = {"none", "mute", "remove", "sw", "corrupt", "truncate", "broken"};

static void fault_place(lua_State *L, struct reader_fault *fault)
{
    const char *at = option_text(L, 2, "at", "command");
    if (strcmp(at, "reset") == 0) {
        fault->at = READER_AT_RESET;
        fault->nth = 0; /* at every reset, the warm one included */
        return;
    }
    fault->at = READER_AT_COMMAND;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strcmp(places[i].name, at) == 0) {
            fault->ins = places[i].ins;
            fault->nth = places[i].nth;
            return;
        }
    }
    luaL_error(
        L,
        "fault: option 'at' is '%s'; expected reset, command, select, gpo, read_record, get_data, verify, generate_ac, "
        "generate_ac_2, external_authenticate, get_challenge, internal_authenticate or get_response",
        at);
}

static int card_fault_(lua_State *L)
{
    static const char *const options[] = {"at", "kind", "nth", "sw", "byte", "after", NULL};
    struct bench_card *card = api_self(L, 1, "card");
    struct reader_fault fault;
    memset(&fault, 0, sizeof fault);
    option_check(L, 2, options);
    const char *kind = option_text(L, 2, "kind", "");
    size_t i = 1;
    while (i < sizeof fault_kinds / sizeof *fault_kinds && strcmp(fault_kinds[i], kind) != 0)
        i++;
    if (i == sizeof fault_kinds / sizeof *fault_kinds)
        return luaL_error(L, "fault: option 'kind' is '%s'; expected mute, remove, sw, corrupt, truncate or broken",
                          kind);
    fault.kind = i;
    fault_place(L, &fault);
    fault.nth = (unsigned)option_number(L, 2, "nth", fault.nth);
    fault.sw = (uint16_t)option_number(L, 2, "sw", 0x6F00);
    fault.byte = (uint16_t)option_number(L, 2, "byte", 0);
    fault.after = option_number(L, 2, "after", 0) != 0;
    if (card->fault_count == sizeof card->faults / sizeof *card->faults)
        return luaL_error(L, "fault: at most %d faults on one card", (int)(sizeof card->faults / sizeof *card->faults));
    card->faults[card->fault_count++] = fault;
    lua_settop(L, 1);
    return 1;
}

static int card_heal(lua_State *L)
{
    ((struct bench_card *)api_self(L, 1, "card"))->fault_count = 0;
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
    {"fault", "{ at, kind [, nth, sw, byte, after] }",
     "A fault between card and reader: mute, remove, sw, corrupt, truncate, broken; at reset or at a command by name.",
     card_fault_},
    {"heal", "", "Takes all faults away from the next insertion on.", card_heal},
    {"twist", "name [, on]", "Makes the card itself behave wrongly: wrong_cryptogram, second_ac_refused, ...",
     card_twist_},
    {"counters", "", "{ atc, last_online_atc, pin_tries, blocked, app_blocked } as the card holds them.",
     card_counters_},
    {"balance", "", "Cents on the card's account at the host.", card_balance},
    {"masked_pan", "", "The PAN as a receipt may show it.", card_masked_pan},
    {NULL, NULL, NULL, NULL},
};
