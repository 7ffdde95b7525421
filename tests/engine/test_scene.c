/* Scenes: what is taken comes back when it is entered, as often as one likes and whatever happened in between, and the
 * key says what decides how it goes on, and nothing else. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/explore_support.h"

#include <lauxlib.h>

/* `after` does what `todo` names; the third card is loaded at the start or in the middle. */
#define SCRIPT_WITH(at_start, in_the_middle)                                                                           \
    "local t = bench.terminal { profile = 'unionpay-intl' }\n"                                                         \
    "local shop = require 'shop'\n"                                                                                    \
    "local card, other, late\n"                                                                                        \
    "local function sale(c, amount)\n"                                                                                 \
    "  shop.pay_with_pin(t, c, amount) expect.screen(t, 'approved') shop.leave(t)\n"                                   \
    "end\n"                                                                                                            \
    "local acts = {\n"                                                                                                 \
    "  sale = function() t:power_on() t:wait_idle() sale(card, '12.00') t:note('sold', 1) end,\n"                      \
    "  same = function() t:power_on() t:wait_idle() sale(card, '13.00') end,\n"                                        \
    "  note_a = function() t:note('a', 1) end, note_b = function() t:note('b', 1) end,\n"                              \
    "  note_c = function() t:note('a', 2) end,\n"                                                                      \
    "  fault = function() card:fault { at = 'gpo', kind = 'mute' } end,\n"                                             \
    "  twist = function() card:twist 'wrong_cryptogram' end,\n"                                                        \
    "  rule = function() host.rule { on = '0200', action = 'silent_after' } end,\n"                                    \
    "  mess = function()\n"                                                                                            \
    "    t:power_on() t:wait_idle() t:note('mess', true)\n"                                                            \
    "    host.rule { on = '0200', action = 'code', code = '51' }\n"                                                    \
    "    t:storage_fault { kind = 'error', at = 500 }\n"                                                               \
    "    t:cut_after('host', { nth = 9 })\n"                                                                           \
    "    t:sale '9.00' t:insert(card) t:keys '12' net.down() bench.wait(1)\n"                                          \
    "  end,\n"                                                                                                         \
    "}\n"                                                                                                              \
    "scenario 'x' { run = function()\n"                                                                                \
    "  card, other = cards.load 'unionpay-debit', cards.load 'stripe-only' " at_start "\n"                             \
    "  t:power_on() t:wait_idle()\n"                                                                                   \
    "  sale(card, '12.00')\n"                                                                                          \
    "  " in_the_middle " sale(late, '5.00')\n"                                                                         \
    "end, after = function() acts[todo]() end }\n"
#define LATE "late = cards.load 'unionpay-credit'"
#define SCRIPT SCRIPT_WITH(LATE, "")

static const struct explore_options none;

static void act(struct explored *x, const char *what)
{
    lua_pushstring(x->e.bench.sandbox.L, what);
    lua_setglobal(x->e.bench.sandbox.L, "todo");
    script_play(&x->e.bench, "after");
    const cJSON *f = cJSON_GetArrayItem(x->e.bench.failures, 0);
    if (f)
        fail_msg("%s: %s", what, cJSON_GetStringValue(cJSON_GetObjectItem(f, "found")));
}

static void enter(struct explored *x, const struct scene *s)
{
    assert_true(scene_enter(&x->e.maker, s));
}

static void switch_off(struct explored *x)
{
    if (terminal_state(explored_terminal(x)) != TERMINAL_OFF)
        terminal_power_cut(explored_terminal(x), CUT_ALL, 0);
}

static void key_of(struct explored *x, uint8_t key[EXPLORE_KEY])
{
    switch_off(x);
    explored_key(x, key);
}

static bool same_key(const uint8_t a[EXPLORE_KEY], const uint8_t b[EXPLORE_KEY])
{
    return memcmp(a, b, EXPLORE_KEY) == 0;
}

/* ---- the same again ---- */

struct life { /* one recovery, as the oracles see it */
    uint8_t terminal[32], host[32], key[EXPLORE_KEY];
    uint64_t shown, approvals, ops, now_us;
    char screens[2000], roll[4000];
};

static void live(struct explored *x, struct life *l)
{
    struct bench_terminal *t = &x->e.bench.terminal[0];
    size_t len = 0;
    memset(l, 0, sizeof *l);
    explorer_recover(&x->e);
    l->shown = t->shown_count;
    for (uint64_t i = 0; i < t->shown_count && len < sizeof l->screens; i++)
        len += (size_t)snprintf(l->screens + len, sizeof l->screens - len, "%llu %s|%s\n",
                                (unsigned long long)t->shown[i].time_us, t->shown[i].name, t->shown[i].text);
    l->now_us = world_now(x->e.bench.world);
    l->ops = storage_ops(terminal_storage(t->terminal));
    l->approvals = t->approvals;
    key_of(x, l->key);
    terminal_hash(t->terminal, l->terminal);
    host_hash(x->e.bench.host, l->host);
    snprintf(l->roll, sizeof l->roll, "%s", terminal_paper_roll(t->terminal));
}

/* From scenes taken inside storage operations all over the run, settled in two ways: once, and again when everything
 * else has been played; the first time ends at another instant than the second begins. */
static void entered_again_it_goes_on_the_same(void **state)
{
    enum { MOST = 60 };
    struct explored x;
    static struct life first[MOST], again;
    struct fault_id path[MOST];
    unsigned count = 0;
    (void)state;
    explored_open(&x, SCRIPT, &none);
    uint64_t step = x.e.last_op / (MOST / 2) + 1;
    for (uint64_t n = 1; n <= x.e.last_op && count + 2 <= MOST; n += step)
        for (unsigned all = 0; all < 2; all++, count++) {
            path[count] = (struct fault_id){.cuts = 1, .cut = {{n, CUT_BEFORE, all ? CUT_ALL : CUT_NONE, 0}}};
            assert_true(explorer_enter(&x.e, &path[count], NULL));
            live(&x, &first[count]);
        }
    assert_in_range(count, 20, MOST);
    for (unsigned i = count; i-- > 0;) {
        assert_true(explorer_enter(&x.e, &path[i], NULL));
        live(&x, &again);
        assert_string_equal(again.screens, first[i].screens);
        assert_string_equal(again.roll, first[i].roll);
        if (memcmp(&again, &first[i], sizeof again) != 0)
            fail_msg("another life from storage#%u (terminal %d host %d key %d ops %d)",
                     (unsigned)path[i].cut[0].number, memcmp(again.terminal, first[i].terminal, 32),
                     memcmp(again.host, first[i].host, 32), memcmp(again.key, first[i].key, EXPLORE_KEY),
                     again.ops != first[i].ops);
    }
    explored_close(&x);
}

/* Approvals, slips, notes, cards and bookings of a scene are back, and those of another are gone. */
static void promises_come_back(void **state)
{
    struct explored x;
    struct card_counters before, sold, now;
    uint8_t key[EXPLORE_KEY], back[EXPLORE_KEY];
    const struct host_entry *entries;
    (void)state;
    explored_open(&x, SCRIPT, &none);
    struct bench_case *b = &x.e.bench;
    struct bench_terminal *t = &b->terminal[0];
    enter(&x, x.e.idle);
    card_counters(b->card[0]->card, &before);
    uint64_t approvals = t->approvals;
    size_t booked = host_entries(b->host, &entries);
    act(&x, "sale");
    switch_off(&x);
    struct scene *s = explored_take(&x);
    explored_key(&x, key);
    char *roll = strdup(terminal_paper_roll(t->terminal));
    card_counters(b->card[0]->card, &sold);
    assert_int_equal(t->approvals, approvals + 1);
    assert_int_equal(sold.atc, before.atc + 1);

    enter(&x, x.e.idle);
    card_counters(b->card[0]->card, &now);
    assert_int_equal(now.atc, before.atc);
    assert_int_equal(t->approvals, approvals);
    assert_int_equal(b->notes, 0);
    assert_int_equal(host_entries(b->host, &entries), booked);
    assert_true(strlen(terminal_paper_roll(t->terminal)) < strlen(roll));

    enter(&x, s);
    card_counters(b->card[0]->card, &now);
    assert_int_equal(now.atc, sold.atc);
    assert_int_equal(t->approvals, approvals + 1);
    assert_int_equal(b->notes, 1);
    assert_string_equal(b->note[0].key, "sold");
    assert_string_equal(b->note[0].json, "1");
    assert_int_equal(host_entries(b->host, &entries), booked + 1);
    assert_string_equal(terminal_paper_roll(t->terminal), roll);
    key_of(&x, back);
    assert_true(same_key(key, back));
    free(roll);
    scene_destroy(s);
    explored_close(&x);
}

/* A terminal that is on, with a card in it, keys waiting, faults armed and the line down: none of it is left. */
static void entering_leaves_nothing(void **state)
{
    struct explored x;
    static struct life first, again;
    struct host_rule rule = {.mti = "0800", .action = HOST_ANSWER_CODE, .code = "05"};
    (void)state;
    explored_open(&x, SCRIPT, &none);
    struct bench_case *b = &x.e.bench;
    struct terminal *t = explored_terminal(&x);
    enter(&x, x.e.idle);
    live(&x, &first);
    enter(&x, x.e.idle);
    act(&x, "mess");
    assert_int_equal(terminal_state(t), TERMINAL_RUNNING);
    terminal_plan_cut(t, &(struct cut_plan){.number = 3, .when = CUT_BEFORE});
    terminal_plan_reader_fault(t, 1, &(struct reader_fault){.kind = READER_FAULT_MUTE, .at = READER_AT_COMMAND});
    host_add_rule(b->host, &rule);
    b->terminal[0].approvals += 5;
    b->terminal[0].halt_expected = true;
    network_fault_arm(b->network, TO_HOST, &(struct network_fault){NET_FAULT_DROP, 10});
    case_fail(b, NULL, "what", "expected", "found", "where");

    enter(&x, x.e.idle);
    assert_int_equal(terminal_state(t), TERMINAL_OFF);
    assert_false(terminal_has_card(t));
    assert_null(b->terminal[0].card);
    assert_int_equal(b->notes, 0);
    assert_int_equal(cJSON_GetArraySize(b->failures), 0);
    assert_int_equal(world_now(b->world), x.e.maker.now_us);
    assert_true(network_is_up(b->network));
    assert_false(b->terminal[0].halt_expected);
    for (unsigned i = 0; i < CASE_TRIGGERS; i++)
        assert_false(b->trigger[i].armed);
    live(&x, &again);
    assert_string_equal(again.screens, first.screens);
    assert_memory_equal(&again, &first, sizeof again);
    enter(&x, x.e.idle);
    act(&x, "sale"); /* the card answers, nobody declines, the line stays up */
    explored_close(&x);
}

/* A scene in which there are more cards than in the one before. */
static void cards_loaded_later_are_there_when_they_are(void **state)
{
    struct explored x;
    (void)state;
    explored_open(&x, SCRIPT_WITH("", LATE), &none);
    switch_off(&x);
    assert_int_equal(x.e.bench.cards, 3);
    struct scene *three = explored_take(&x);
    const struct fault_id begin = {.cuts = 1, .cut = {{1, CUT_BEFORE, CUT_NONE, 0}}};
    const struct fault_id end = {.cuts = 1, .cut = {{x.e.last_op, CUT_BEFORE, CUT_ALL, 0}}};
    assert_true(explorer_enter(&x.e, &end, NULL));
    unsigned at_end = x.e.bench.cards;
    assert_int_equal(at_end, 3);
    assert_true(explorer_enter(&x.e, &begin, NULL));
    assert_int_equal(x.e.bench.cards, 2);
    assert_true(explorer_enter(&x.e, &end, NULL));
    assert_int_equal(x.e.bench.cards, at_end);
    assert_string_equal(x.e.bench.card[2]->name, "unionpay-credit");
    enter(&x, three);
    assert_int_equal(x.e.bench.cards, 3);
    scene_destroy(three);
    explored_close(&x);
}

/* Notes by the same values under other names. */
static void notes_keep_their_names(void **state)
{
    struct explored x;
    uint8_t a[EXPLORE_KEY], b[EXPLORE_KEY], c[EXPLORE_KEY];
    (void)state;
    explored_open(&x, SCRIPT, &none);
    enter(&x, x.e.idle);
    act(&x, "note_a");
    key_of(&x, a);
    struct scene *sa = explored_take(&x);
    enter(&x, x.e.idle);
    act(&x, "note_b");
    key_of(&x, b);
    struct scene *sb = explored_take(&x);
    enter(&x, x.e.idle);
    act(&x, "note_c");
    key_of(&x, c);
    enter(&x, sa);
    assert_string_equal(x.e.bench.note[0].key, "a");
    enter(&x, sb);
    assert_string_equal(x.e.bench.note[0].key, "b");
    assert_false(same_key(a, c));
    assert_false(same_key(a, b));
    scene_destroy(sa);
    scene_destroy(sb);
    explored_close(&x);
}

/* ---- what the key is made of ---- */

static void storage_byte(struct explored *x)
{
    assert_int_equal(storage_rot(terminal_storage(explored_terminal(x)), HAL_AREA_SLOT_B, 5, 0x01), OK);
}
static void a_file(struct explored *x)
{
    assert_int_equal(storage_put_file(terminal_storage(explored_terminal(x)), "a.txt", "1", 1), OK);
}
static void booking(struct explored *x)
{
    static struct host_account account = {.pan = "6210676862310000069", .expiry = "3012", .status = "00"};
    account.balance_cents++;
    assert_int_equal(host_add_account(x->e.bench.host, &account), OK);
}
static void atc(struct explored *x)
{
    static const uint8_t aid[] = {0x00, 0xA4, 0x04, 0x00, 0x08, 0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x01, 0x00};
    struct bench_card *c = x->e.bench.card[0];
    struct card_counters before, after;
    uint8_t answer[RAPDU_MAX], atr[HAL_ATR_MAX];
    size_t len;
    uint64_t us;
    card_counters(c->card, &before);
    assert_int_equal(c->slot.ops->reset(c, false, atr, &len, &us), OK);
    for (unsigned pdol = 0; pdol < 200; pdol++) { /* whatever length its PDOL asks for */
        uint8_t gpo[300] = {0x80, 0xA8, 0x00, 0x00, (uint8_t)(pdol + 2), 0x83, (uint8_t)pdol};
        c->slot.ops->exchange(c, c->facts.protocol, aid, sizeof aid - (c->facts.protocol == 0), answer, sizeof answer,
                              &len, &us);
        c->slot.ops->exchange(c, c->facts.protocol, gpo, 7 + pdol + (c->facts.protocol != 0), answer, sizeof answer,
                              &len, &us);
        card_counters(c->card, &after);
        if (after.atc != before.atc)
            break;
    }
    c->slot.ops->power_off(c);
    assert_int_not_equal(after.atc, before.atc);
}
static void approval(struct explored *x)
{
    x->e.bench.terminal[0].approvals++;
}
static void approval_stands(struct explored *x)
{
    x->e.bench.terminal[0].approval_stands ^= 1;
}
static void halt_expected(struct explored *x)
{
    x->e.bench.terminal[0].halt_expected ^= 1;
}
static void line_down(struct explored *x)
{
    network_up(x->e.bench.network, false);
}
static void rule(struct explored *x)
{
    act(x, "rule");
}
static void note(struct explored *x)
{
    act(x, "note_a");
}
static void clock_lost(struct explored *x)
{
    assert_int_equal(terminal_clock_set(explored_terminal(x), NULL), OK);
}

static const struct change {
    const char *name;
    void (*make)(struct explored *x);
} changes[] = {
    {"storage byte", storage_byte},
    {"file", a_file},
    {"host account", booking},
    {"card ATC", atc},
    {"approval", approval},
    {"approval stands", approval_stands},
    {"halt expected", halt_expected},
    {"line down", line_down},
    {"host rule", rule},
    {"note", note},
    {"clock lost", clock_lost},
};

/* Each change makes another key, all keys differ, and without the change the key is the first one again. */
static void the_key_knows_what_decides(void **state)
{
    enum { CHANGES = sizeof changes / sizeof *changes };
    struct explored x;
    uint8_t before[EXPLORE_KEY], again[EXPLORE_KEY], after[CHANGES][EXPLORE_KEY];
    (void)state;
    explored_open(&x, SCRIPT, &none);
    enter(&x, x.e.idle);
    key_of(&x, before);
    for (size_t i = 0; i < CHANGES; i++) {
        enter(&x, x.e.idle);
        changes[i].make(&x);
        key_of(&x, after[i]);
        if (same_key(before, after[i]))
            fail_msg("the key does not know of: %s", changes[i].name);
        for (size_t k = 0; k < i; k++)
            assert_false(same_key(after[i], after[k]));
        enter(&x, x.e.idle);
        key_of(&x, again);
        if (!same_key(before, again))
            fail_msg("entering leaves something of: %s", changes[i].name);
    }
    explored_close(&x);
}

/* What a script does to a card in its hand, not touching any terminal. */
static void a_twisted_card_is_another_card(void **state)
{
    struct explored x;
    uint8_t before[EXPLORE_KEY], twisted[EXPLORE_KEY], again[EXPLORE_KEY];
    (void)state;
    explored_open(&x, SCRIPT, &none);
    enter(&x, x.e.idle);
    key_of(&x, before);
    act(&x, "twist");
    key_of(&x, twisted);
    enter(&x, x.e.idle);
    key_of(&x, again);
    assert_true(same_key(before, again));
    act(&x, "sale"); /* an honest card again */
    assert_false(same_key(before, twisted));
    explored_close(&x);
}

/* A fault that a script put on a card is not on it in another life. */
static void faults_of_cards_are_lifted(void **state)
{
    struct explored x;
    (void)state;
    explored_open(&x, SCRIPT, &none);
    for (unsigned i = 0; i < 10; i++) { /* more often than one card takes faults */
        enter(&x, x.e.idle);
        act(&x, "fault");
    }
    enter(&x, x.e.idle);
    act(&x, "sale");
    explored_close(&x);
}

/* Keys in the secure element: across each such operation of the run nothing else durable changes. */
static void the_key_knows_the_secure_element(void **state)
{
    struct explored x;
    unsigned seen = 0;
    (void)state;
    explored_open(&x, SCRIPT, &none);
    for (size_t i = 0; i + 1 < x.e.logged; i++) {
        if (x.e.log[i].op.kind != OP_KEY)
            continue;
        uint64_t n = i + 1;
        uint8_t key[2][EXPLORE_KEY], host[2][32], storage[2][32];
        for (unsigned k = 0; k < 2; k++) {
            const struct fault_id path = {.cuts = 1, .cut = {{n + k, CUT_BEFORE, CUT_NONE, 0}}};
            assert_true(explorer_enter(&x.e, &path, NULL));
            explored_key(&x, key[k]);
            host_hash(x.e.bench.host, host[k]);
            storage_hash(terminal_storage(explored_terminal(&x)), storage[k]);
        }
        if (memcmp(host[0], host[1], 32) != 0 || memcmp(storage[0], storage[1], 32) != 0)
            continue;
        assert_false(same_key(key[0], key[1]));
        seen++;
    }
    assert_in_range(seen, 1, 100);
    explored_close(&x);
}

/* How often it was switched on decides nothing. */
static void boots_are_not_counted(void **state)
{
    struct explored x;
    uint8_t first[EXPLORE_KEY], later[EXPLORE_KEY];
    (void)state;
    explored_open(&x, SCRIPT, &none);
    enter(&x, x.e.idle);
    explorer_recover(&x.e);
    key_of(&x, first);
    uint64_t boots = terminal_boots(explored_terminal(&x));
    for (unsigned i = 0; i < 3; i++) {
        explorer_recover(&x.e);
        key_of(&x, later);
        assert_true(same_key(first, later));
    }
    assert_int_equal(terminal_boots(explored_terminal(&x)), boots + 3);
    explored_close(&x);
}

/* A host that booked the same a minute later answers the same from then on. */
static void host_times_are_not_counted(void **state)
{
    struct explored x;
    uint8_t early[32], late[32];
    const struct host_entry *entries;
    uint64_t now_us[2];
    (void)state;
    explored_open(&x, SCRIPT, &none);
    for (unsigned i = 0; i < 2; i++) {
        x.e.maker.now_us += i * 60 * SECOND_US;
        enter(&x, x.e.idle);
        act(&x, "sale");
        size_t count = host_entries(x.e.bench.host, &entries);
        assert_true(count > 0);
        now_us[i] = entries[count - 1].time_us;
        host_hash(x.e.bench.host, i ? late : early);
    }
    assert_true(now_us[1] > now_us[0]);
    assert_memory_equal(early, late, 32);
    explored_close(&x);
}

/* The roll is known by what is on it, not by its length: also to a maker that has just seen another as long. */
static void slips_as_long_as_others_are_told_apart(void **state)
{
    struct explored x;
    struct scene_maker fresh;
    uint8_t rest[32], alone[32];
    (void)state;
    explored_open(&x, SCRIPT, &none);
    enter(&x, x.e.idle);
    act(&x, "sale");
    switch_off(&x);
    assert_true(scene_rest(&x.e.maker, rest));
    size_t len = strlen(terminal_paper_roll(explored_terminal(&x)));
    enter(&x, x.e.idle);
    act(&x, "same");
    switch_off(&x);
    assert_int_equal(strlen(terminal_paper_roll(explored_terminal(&x))), len);
    assert_true(scene_rest(&x.e.maker, rest));
    scene_maker_init(&fresh, &x.e.bench);
    assert_true(scene_rest(&fresh, alone));
    scene_maker_clear(&fresh);
    assert_memory_equal(rest, alone, 32);
    explored_close(&x);
}

static unsigned slips_on(const struct explored *x)
{
    unsigned count = 0;
    for (const char *at = terminal_paper_roll(((struct explored *)(uintptr_t)x)->e.bench.terminal[0].terminal);
         (at = strchr(at, '\f')); at++)
        count++;
    return count;
}

/* A cut after the slip of the approval and before the terminal notes that it is printed; then the copy that each boot
 * prints is cut off in the same way. One copy and two are different states, two and three are one. */
static void a_third_copy_is_no_new_state(void **state)
{
    struct explored x;
    uint8_t key[5][EXPLORE_KEY];
    unsigned slips[5] = {0};
    struct fault_id path = {0};
    uint64_t at = 0;
    (void)state;
    explored_open(&x, SCRIPT, &none);
    for (uint64_t n = 1; n <= x.e.last_op && !at; n++) {
        path = (struct fault_id){.cuts = 1, .cut = {{n, CUT_BEFORE, CUT_NONE, 0}}};
        assert_true(explorer_enter(&x.e, &path, NULL));
        unsigned before = slips_on(&x);
        explorer_recover(&x.e);
        if (before == 0 || slips_on(&x) == before)
            continue;
        for (uint64_t k = 1; !at; k++) { /* the first operation after the copy */
            const struct cut_plan cut = {k, CUT_BEFORE, CUT_NONE, 0};
            if (!explorer_enter(&x.e, &path, NULL) || !explorer_enter_next(&x.e, &cut))
                break;
            at = slips_on(&x) > before ? k : 0;
        }
    }
    assert_int_not_equal(at, 0);
    assert_true(explorer_enter(&x.e, &path, NULL));
    for (unsigned i = 0; i < 5; i++) {
        explored_key(&x, key[i]);
        slips[i] = slips_on(&x);
        assert_true(explorer_enter_next(&x.e, &(struct cut_plan){at, CUT_BEFORE, CUT_NONE, 0}));
    }
    for (unsigned i = 1; i < 5; i++)
        assert_int_equal(slips[i], slips[0] + i);
    assert_false(same_key(key[0], key[1]));
    assert_false(same_key(key[1], key[2]));
    assert_true(same_key(key[2], key[3]) || same_key(key[3], key[4]));
    assert_true(same_key(key[3], key[4]));
    explored_close(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entered_again_it_goes_on_the_same),
        cmocka_unit_test(promises_come_back),
        cmocka_unit_test(entering_leaves_nothing),
        cmocka_unit_test(notes_keep_their_names),
        cmocka_unit_test(the_key_knows_what_decides),
        cmocka_unit_test(a_twisted_card_is_another_card),
        cmocka_unit_test(faults_of_cards_are_lifted),
        cmocka_unit_test(the_key_knows_the_secure_element),
        cmocka_unit_test(boots_are_not_counted),
        cmocka_unit_test(host_times_are_not_counted),
        cmocka_unit_test(slips_as_long_as_others_are_told_apart),
        cmocka_unit_test(a_third_copy_is_no_new_state),
        cmocka_unit_test(cards_loaded_later_are_there_when_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
