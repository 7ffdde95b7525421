/* Cards in a person's hand: loading profiles, faults at the reader, twists of the card itself. */
#include "scenarios/engine/api.h"

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

/* "mute, remove, sw or broken": the names of a table, for a message. */
static void push_names(lua_State *L, const char *const *names)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t i = 0; names[i]; i++) {
        if (i)
            luaL_addstring(&b, names[i + 1] ? ", " : " or ");
        luaL_addstring(&b, names[i]);
    }
    luaL_pushresult(&b);
}

static int no_such(lua_State *L, const char *option, const char *found, const char *const *names)
{
    push_names(L, names);
    return luaL_error(L, "fault: option '%s' is '%s'; expected %s", option, found, lua_tostring(L, -1));
}

/* Options that belong to the other sort of kinds: a typing mistake, or a misunderstanding. */
static void refuse(lua_State *L, const char *kind, const char *const *options)
{
    for (; *options; options++) {
        bool given = lua_getfield(L, 2, *options) != LUA_TNIL;
        lua_pop(L, 1);
        if (given)
            luaL_error(L, "fault: option '%s' does not go with kind '%s'", *options, kind);
    }
}

/* A number that cannot be less than nothing. */
static unsigned counted(lua_State *L, const char *option, unsigned otherwise)
{
    long long value = (long long)option_number(L, 2, option, otherwise);
    if (value < 0 || value > 1000000)
        luaL_error(L, "fault: option '%s' is out of range; expected 0 to 1000000", option);
    return (unsigned)value;
}

/* One of the card's own, at its contacts. The place was read into `place`. */
static int line_fault(lua_State *L, struct bench_card *card, const char *kind, const struct reader_fault *place)
{
    static const char *const others[] = {"sw", "after", NULL};
    refuse(L, kind, others);
    struct card_line_fault fault = {.at_reset = place->at == READER_AT_RESET, .ins = place->ins};
    card_line_kind(kind, &fault);
    fault.nth = counted(L, "nth", place->nth);
    fault.times = counted(L, "times", fault.kind == CARD_LINE_WTX || fault.kind == CARD_LINE_PARITY);
    fault.byte = counted(L, "byte", 0);
    fault.value = counted(L, "value", fault.kind == CARD_LINE_WTX);
    fault.etu = counted(L, "etu", 0);
    const char *wrong = card_line_wrong(&fault);
    if (wrong)
        return luaL_error(L, "fault: kind '%s' %s", kind, wrong);
    if (card_line_fault(&card->line, &fault) != OK)
        return luaL_error(L, "fault: at most %d faults on one card", CARD_LINE_FAULTS);
    lua_settop(L, 1);
    return 1;
}

static int no_such_kind(lua_State *L, const char *kind)
{
    push_names(L, card_fault_kinds);
    push_names(L, card_line_kinds);
    return luaL_error(L, "fault: option 'kind' is '%s'; expected %s; or at character level %s", kind,
                      lua_tostring(L, -2), lua_tostring(L, -1));
}

static int card_fault_(lua_State *L)
{
    static const char *const options[] = {"at", "kind", "nth", "sw", "byte", "after", "times", "value", "etu", NULL};
    struct bench_card *card = api_self(L, 1, "card");
    struct reader_fault fault;
    struct card_line_fault line;
    memset(&fault, 0, sizeof fault);
    option_check(L, 2, options);
    const char *kind = option_text(L, 2, "kind", "");
    bool at_line = card_line_kind(kind, &line);
    if (!at_line && !card_fault_kind(kind, &fault))
        return no_such_kind(L, kind);
    const char *at = option_text(L, 2, "at", "command");
    if (!card_fault_place(at, &fault))
        return no_such(L, "at", at, card_fault_places);
    static const char *const of_lines[] = {"times", "value", "etu", NULL};
    if (at_line)
        return line_fault(L, card, kind, &fault);
    refuse(L, kind, of_lines);
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
    struct bench_card *card = api_self(L, 1, "card");
    card->fault_count = 0;
    card_line_heal(&card->line);
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
    {"fault", "{ at, kind [, nth, sw, byte, after, times, value, etu] }",
     "A fault between card and reader: mute, remove, sw, corrupt, truncate, broken, garble; at reset or at a command "
     "by name. For a reader at character level also what the card does at its contacts: slow, silent, parity, bad_ts, "
     "bad_tck, endless, one_by_one, nulls, wrong_procedure, wtx, bad_lrc, bad_sequence, resend, ifs, abort.",
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
