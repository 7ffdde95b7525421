/*
 * The methods of a terminal: what a person does at it, what a person sees, power. Actions take a person's time (a key
 * 150 ms, a card 300 ms) and let the world run meanwhile.
 */
#include "scenarios/engine/api.h"
#include "scenarios/engine/api_storage.h"
#include "scenarios/engine/card_fault.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_US 150000u
#define CARD_US 300000u
#define BOOT_LIMIT_S 300.0
#define CARD_WAIT_US 60000000u /* for a person to put a card into a real reader */

static struct bench_terminal *self(lua_State *L)
{
    return api_self(L, 1, "terminal");
}

static int nothing_more(lua_State *L, int status, lua_KContext context)
{
    (void)L;
    (void)status;
    (void)context;
    return 0;
}

static int pause_for(lua_State *L, uint64_t us)
{
    struct wait w = {.kind = WAIT_TIME, .until_us = world_now(case_of(L)->world) + us};
    return case_wait(L, &w, nothing_more, 0);
}

/* From here only new screens, or the one still standing, answer an expectation. */
static void acts(struct bench_terminal *t)
{
    if (t->shown_count) /* also while the display is dark */
        t->acted = t->shown[(t->shown_count - 1) % CASE_SCREENS].number;
}

/* -- keys -- */

static const struct {
    const char *name;
    enum hal_key key;
} key_names[] = {
    {"ENTER", HAL_KEY_ENTER}, {"CANCEL", HAL_KEY_CANCEL}, {"CLEAR", HAL_KEY_CLEAR}, {"UP", HAL_KEY_UP},
    {"DOWN", HAL_KEY_DOWN},   {"MENU", HAL_KEY_MENU},     {"FUNC", HAL_KEY_FUNC},
};

static bool press_word(struct bench_terminal *t, const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof key_names / sizeof *key_names; i++)
        if (strlen(key_names[i].name) == len && strncmp(key_names[i].name, word, len) == 0)
            return terminal_key(t->terminal, key_names[i].key) == OK;
    return false;
}

/* Presses the first key of the text that is left; the continuation presses the next. Upvalue-free: the text is argument
 * 2, the position is the context. */
static int keys_step(lua_State *L, int status, lua_KContext at)
{
    (void)status;
    struct bench_terminal *t = self(L);
    const char *text = lua_tostring(L, 2);
    size_t i = (size_t)at;
    i += strspn(text + i, " ");
    if (!text[i])
        return 0;
    size_t len = 1;
    acts(t); /* only what the last key brings up is new */
    if (text[i] >= '0' && text[i] <= '9')
        terminal_key(t->terminal, (enum hal_key)text[i]);
    else {
        len = strcspn(text + i, " ");
        if (!press_word(t, text + i, len))
            return luaL_error(L, "'%s': no such key; digits, ENTER, CANCEL, CLEAR, UP, DOWN, MENU, FUNC", text + i);
    }
    struct wait w = {.kind = WAIT_TIME, .until_us = world_now(t->bench->world) + KEY_US};
    return case_wait(L, &w, keys_step, (lua_KContext)(i + len));
}

static int terminal_keys(lua_State *L)
{
    self(L);
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    return keys_step(L, LUA_OK, 0);
}

static int terminal_pin(lua_State *L)
{
    const char *pin = luaL_checkstring(L, 2);
    if (strspn(pin, "0123456789") != strlen(pin))
        return luaL_error(L, "a PIN has digits only");
    lua_pushfstring(L, "%s ENTER", pin);
    lua_replace(L, 2);
    return terminal_keys(L);
}

/* Amount typed; after ENTER the terminal asks for the card or says why not. */
static int sale_typed(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    struct bench_terminal *t = self(L);
    const char *text = lua_tostring(L, 2);
    size_t at = (size_t)context;
    if (text[at] != 'E') {
        terminal_key(t->terminal, (enum hal_key)text[at]);
        struct wait w = {.kind = WAIT_TIME, .until_us = world_now(t->bench->world) + KEY_US};
        return case_wait(L, &w, sale_typed, (lua_KContext)(at + 1));
    }
    acts(t);
    struct wait w = {
        .kind = WAIT_TURN, .terminal = t, .number = t->acted, .until_us = world_now(t->bench->world) + 150 * SECOND_US};
    terminal_key(t->terminal, HAL_KEY_ENTER);
    return case_wait(L, &w, nothing_more, 0);
}

static int terminal_sale(lua_State *L)
{
    struct bench_terminal *t = self(L);
    lua_pushfstring(L, "%IE", (LUAI_UACINT)api_cents(L, 2));
    lua_replace(L, 2);
    lua_settop(L, 2);
    acts(t);
    return sale_typed(L, LUA_OK, 0);
}

/* -- cards -- */

static int insert_now(lua_State *L, struct bench_terminal *t, struct bench_card *card)
{
    struct real_reader *real = t->bench->reader;
    int status = real ? real_reader_insert(real, t->terminal) : terminal_insert(t->terminal, &card->slot);
    if (status == HAL_E_ABSENT)
        return case_fail_here(L, t, "t:insert", "a card in the reader", real_reader_name(real));
    if (status != OK)
        return luaL_error(L, "insert: there is a card in the slot already");
    t->card = card;
    return pause_for(L, CARD_US);
}

static int card_came_or_not(lua_State *L, int status, lua_KContext context)
{
    struct bench_terminal *t = self(L);
    (void)status;
    (void)context;
    case_ask(t->bench, "");
    return insert_now(L, t, api_self(L, 2, "card"));
}

static int terminal_insert_card(lua_State *L)
{
    struct bench_terminal *t = self(L);
    struct bench_card *card = api_self(L, 2, "card");
    struct real_reader *real = t->bench->reader;
    acts(t);
    card_faults_insert(t, card);
    if (!real || real_reader_present(real))
        return insert_now(L, t, card);
    char text[200];
    snprintf(text, sizeof text, "put the card (%s) into %s", card->name, real_reader_name(real));
    case_ask(t->bench, text);
    struct wait w = {.kind = WAIT_CARD, .terminal = t, .until_us = world_now(t->bench->world) + CARD_WAIT_US};
    return case_wait(L, &w, card_came_or_not, 0);
}

static int terminal_remove_card(lua_State *L)
{
    struct bench_terminal *t = self(L);
    acts(t);
    if (terminal_has_card(t->terminal) && terminal_remove(t->terminal) != OK)
        return luaL_error(L, "remove: the card cannot be pulled");
    t->card = NULL;
    return pause_for(L, CARD_US);
}

static int terminal_swipe_card(lua_State *L)
{
    struct bench_terminal *t = self(L);
    struct bench_card *card = api_self(L, 2, "card");
    acts(t);
    if (terminal_swipe(t->terminal, &card->slot) != OK)
        return luaL_error(L, "swipe: %s has no stripe, or the terminal no reader for it", card->facts.name);
    return pause_for(L, CARD_US);
}

/* A card into the field and left there: untap takes it away, or a fault does. */
static int terminal_tap_card(lua_State *L)
{
    struct bench_terminal *t = self(L);
    struct bench_card *card = api_self(L, 2, "card");
    acts(t);
    if (t->bench->reader)
        return luaL_error(L, "tap: a real reader has contacts only");
    card_faults_tap(t, card);
    int status = terminal_tap(t->terminal, &card->slot);
    if (status == HAL_E_UNSUPPORTED)
        return luaL_error(L, "tap: %s has no contactless reader (hardware.contactless)", t->profile.name);
    if (status != OK)
        return luaL_error(L, status == E_STATE ? "tap: this card is in the field already"
                                               : "tap: there is no room for another card in the field");
    return pause_for(L, CARD_US);
}

static int terminal_untap(lua_State *L)
{
    struct bench_terminal *t = self(L);
    struct bench_card *card = lua_isnoneornil(L, 2) ? NULL : api_self(L, 2, "card");
    acts(t);
    (void)terminal_leave_field(t->terminal, card);
    return pause_for(L, CARD_US);
}

/* -- power -- */

static int terminal_power_on_(lua_State *L)
{
    struct bench_terminal *t = self(L);
    acts(t); /* what stood there before the power went is no answer to switching on */
    if (terminal_state(t->terminal) == TERMINAL_OFF && terminal_power_on(t->terminal) != OK)
        return luaL_error(L, "power_on: the terminal does not start");
    struct wait w = {
        .kind = WAIT_SETTLED, .terminal = t, .until_us = world_now(t->bench->world) + api_seconds(L, 2, BOOT_LIMIT_S)};
    return case_wait(L, &w, nothing_more, 0);
}

static enum cut_mode cut_mode_option(lua_State *L, int index)
{
    enum cut_mode mode = CUT_NONE;
    const char *name = option_text(L, index, "mode", "none");
    if (cut_mode_by_name(name, &mode) == OK)
        return mode;
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (unsigned i = 0; i < CUT_MODES; i++) {
        luaL_addstring(&b, i ? ", " : "");
        luaL_addstring(&b, cut_mode_info(i)->name);
    }
    luaL_pushresult(&b);
    luaL_error(L, "'%s': no such cut mode; there are %s", name, lua_tostring(L, -1));
    return mode;
}

static int terminal_power_off(lua_State *L)
{
    static const char *const options[] = {"mode", "seed", NULL};
    struct bench_terminal *t = self(L);
    option_check(L, 2, options);
    terminal_power_cut(t->terminal, cut_mode_option(L, 2), (uint64_t)option_number(L, 2, "seed", 1));
    return pause_for(L, SECOND_US);
}

static enum cut_when cut_when_option(lua_State *L, int index)
{
    const char *name = option_text(L, index, "when", "before");
    if (strcmp(name, "before") == 0)
        return CUT_BEFORE;
    if (strcmp(name, "inside") == 0)
        return CUT_INSIDE;
    if (strcmp(name, "after") != 0)
        luaL_error(L, "option 'when': before, inside or after expected, found '%s'", name);
    return CUT_AFTER;
}

/* What "after the n-th line of this kind" says: terminal, kind and options as arguments 1 to 3. */
static struct trigger trigger_option(lua_State *L, const char *const *options)
{
    struct bench_terminal *t = self(L);
    struct trigger trigger;
    memset(&trigger, 0, sizeof trigger);
    option_check(L, 3, options);
    snprintf(trigger.kind, sizeof trigger.kind, "%s", luaL_checkstring(L, 2));
    snprintf(trigger.what, sizeof trigger.what, "%s", option_text(L, 3, "what", ""));
    trigger.term = strcmp(trigger.kind, "host") == 0 ? 0 : t->number;
    trigger.nth = (unsigned)option_number(L, 3, "nth", 1);
    trigger.terminal = t;
    return trigger;
}

static int arm(lua_State *L, const struct trigger *trigger, const char *name)
{
    if (!case_trigger(trigger->terminal->bench, trigger))
        return luaL_error(L, "%s: at most %d triggers at a time", name, CASE_TRIGGERS);
    return 0;
}

static int terminal_cut_after(lua_State *L)
{
    static const char *const options[] = {"nth", "what", "mode", "seed", "storage", "when", NULL};
    struct trigger trigger = trigger_option(L, options);
    trigger.plan.number = (uint64_t)option_number(L, 3, "storage", 0);
    trigger.plan.when = cut_when_option(L, 3);
    trigger.plan.mode = cut_mode_option(L, 3);
    trigger.plan.seed = (uint64_t)option_number(L, 3, "seed", 1);
    trigger.action = trigger.plan.number ? TRIGGER_STORAGE_CUT : TRIGGER_CUT;
    return arm(L, &trigger, "cut_after");
}

static int terminal_pull_after(lua_State *L)
{
    static const char *const options[] = {"nth", "what", NULL};
    struct trigger trigger = trigger_option(L, options);
    trigger.action = TRIGGER_REMOVE;
    return arm(L, &trigger, "pull_after");
}

static int off_or_late(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    if (!case_waited(L)->met)
        return case_fail_here(L, self(L), "t:wait_off", "the planned power cut", "the terminal is still on");
    return 0;
}

static int terminal_wait_off(lua_State *L)
{
    struct bench_terminal *t = self(L);
    struct wait w = {.kind = WAIT_OFF, .terminal = t, .until_us = world_now(t->bench->world) + api_seconds(L, 2, 200)};
    return case_wait(L, &w, off_or_late, 0);
}

static int idle_or_late(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    struct terminal_screen now;
    if (case_waited(L)->met)
        return 0;
    terminal_screen(self(L)->terminal, &now);
    return case_fail_here(L, self(L), "t:wait_idle", "the idle screen", now.name);
}

static int terminal_wait_idle(lua_State *L)
{
    struct bench_terminal *t = self(L);
    struct wait w = {.kind = WAIT_IDLE, .terminal = t, .until_us = world_now(t->bench->world) + api_seconds(L, 2, 300)};
    return case_wait(L, &w, idle_or_late, 0);
}

static int terminal_set_paper(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TBOOLEAN);
    terminal_paper(self(L)->terminal, lua_toboolean(L, 2));
    return 0;
}

static int terminal_clock_(lua_State *L)
{
    struct hal_datetime when;
    unsigned y, mo, d, h, mi, s;
    if (lua_isnil(L, 2))
        return terminal_clock_set(self(L)->terminal, NULL), 0;
    if (sscanf(luaL_checkstring(L, 2), "%4u-%2u-%2u %2u:%2u:%2u", &y, &mo, &d, &h, &mi, &s) != 6)
        return luaL_error(L, "clock: expected \"2026-06-15 10:00:00\" or nil");
    when = (struct hal_datetime){(uint16_t)y, (uint8_t)mo, (uint8_t)d, (uint8_t)h, (uint8_t)mi, (uint8_t)s};
    if (terminal_clock_set(self(L)->terminal, &when) != OK)
        return luaL_error(L, "clock: '%s' is no date and time", lua_tostring(L, 2));
    return 0;
}

static int terminal_rot(lua_State *L)
{
    static const char *const options[] = {"area", "offset", "mask", NULL};
    static const char *const areas[] = {"boot", "slot-a", "slot-b"};
    struct bench_terminal *t = self(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    option_check(L, 2, options);
    const char *name = option_text(L, 2, "area", "slot-a");
    size_t area = 0;
    while (area < HAL_AREA_COUNT && strcmp(areas[area], name) != 0)
        area++;
    int status = storage_rot(terminal_storage(t->terminal), (enum hal_area)area,
                             (uint64_t)option_number(L, 2, "offset", 0), (uint8_t)option_number(L, 2, "mask", 1));
    if (status != OK)
        return luaL_error(L, "rot: %s",
                          area == HAL_AREA_COUNT ? "area boot, slot-a or slot-b expected"
                                                 : "the offset lies beyond the area");
    record_begin(t->bench->record, t->number, "fault");
    record_text(t->bench->record, "what", "bit rot");
    record_text(t->bench->record, "area", name);
    record_number(t->bench->record, "off", option_number(L, 2, "offset", 0));
    record_end(t->bench->record);
    return 0;
}

const struct api_function api_terminal[] = {
    {"power_on", "[seconds]", "Switches on and waits until the terminal rests: idle, asking, or out of service.",
     terminal_power_on_},
    {"power_cut", "[{ mode, seed }]", "Takes the power away now; mode says what unsynced data survives.",
     terminal_power_off},
    {"cut_after", "kind [, { what, nth, storage, when, mode, seed }]",
     "Cuts the power after the n-th record line of that kind (send, recv, screen, ...); with storage = n at the n-th "
     "storage operation after it.",
     terminal_cut_after},
    {"pull_after", "kind [, { what, nth }]",
     "Pulls the card after the n-th record line of that kind; one in the field leaves it.",
     terminal_pull_after},
    {"wait_off", "[seconds]", "Waits for a planned cut; fails when it does not come.", terminal_wait_off},
    {"wait_idle", "[seconds]", "Waits for the idle screen; fails when it does not come.", terminal_wait_idle},
    {"keys", "text", "Presses keys: digits and ENTER, CANCEL, CLEAR, UP, DOWN, MENU, FUNC.", terminal_keys},
    {"pin", "digits", "Types a PIN and ENTER.", terminal_pin},
    {"sale", "amount", "Types an amount (\"12.00\") and ENTER, waits until the terminal asks for the card.",
     terminal_sale},
    {"insert", "card",
     "Puts a card into the chip reader. With run --reader it is the card in the real one, which is waited for.",
     terminal_insert_card},
    {"remove", "",
     "Pulls the card out, if one is there. A card in a real reader stays there, without power, and counts as pulled.",
     terminal_remove_card},
    {"swipe", "card", "Swipes a card.", terminal_swipe_card},
    {"tap", "card", "Holds a card into the contactless field, where it stays; a second one collides with it.",
     terminal_tap_card},
    {"untap", "[card]", "Takes this card, or all of them, out of the field.", terminal_untap},
    {"paper", "there", "Takes the paper roll out (false) or puts one in (true).", terminal_set_paper},
    {"clock", "text or nil", "Sets the battery-backed clock, or makes it lose its time (nil).", terminal_clock_},
    {"rot", "{ area, offset [, mask] }", "Bit rot: inverts bits of one flash byte in boot, slot-a or slot-b.",
     terminal_rot},
    {"storage_fault", "{ kind [, at, lasting, area, block, erases, file, offset] }",
     "Storage fault from the at-th storage operation on (1: the next): error (once, or lasting), full, wear (area, "
     "erases), bad-block (area, block), read-error (file, offset; once, or lasting).",
     terminal_add_storage_fault},
    {"storage_repair", "", "Lifts all storage faults; what they have done stays.", terminal_lift_storage_faults},
    {"screen", "", "What is on the display: { name, text, rows }.", terminal_get_screen},
    {"receipt", "", "Everything printed so far.", terminal_get_receipt},
    {"inspect", "", "The journal as the image reads it: { state, records, reversals, uploads }.", terminal_get_inspect},
    {"hash", "", "Hash of everything durable in the terminal, as hex.", terminal_get_hash},
    {"note", "key, value", "Keeps a value for recover and check.", terminal_note},
    {"noted", "key", "A value kept by note.", terminal_noted},
    {NULL, NULL, NULL, NULL},
};
