/* Going back: a terminal that was restored behaves, to the byte and microsecond, like one that never did anything else.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/sim/bench.h"

#define INSTANT UINT64_C(3600000000)

static int card_reset_op(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len, uint64_t *time_us)
{
    (void)ctx;
    (void)warm;
    (void)atr;
    *atr_len = 0;
    *time_us = 0;
    return HAL_E_MUTE;
}

static int card_exchange_op(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                            size_t *answer_len, uint64_t *time_us)
{
    (void)ctx;
    (void)protocol;
    (void)command;
    (void)len;
    (void)answer;
    (void)cap;
    *answer_len = 0;
    *time_us = 0;
    return HAL_E_MUTE;
}

static void card_must_not_hear(void *ctx)
{
    (void)ctx;
    fail_msg("a restore has told a card that may not exist any more");
}

static const struct slot_card_ops card_ops = {card_reset_op, card_must_not_hear, card_exchange_op, NULL, NULL};
static const struct slot_card card = {&card_ops, NULL, "test-card"};

static const struct hal_datetime noon = {2026, 6, 15, 12, 0, 0};

/* A terminal that has had a life: two boots, a slip, a cut. */
static void open_used(struct bench *b, uint64_t seed, const char *core)
{
    bench_open(b, seed, core, NULL);
    for (unsigned boot = 0; boot < 2; boot++) {
        terminal_power_on(b->terminal);
        bench_run(b);
        terminal_key(b->terminal, HAL_KEY_ENTER);
        bench_run(b);
        terminal_power_cut(b->terminal, CUT_ALL, 0);
    }
}

static void rewind_to(struct bench *b, const struct terminal_snapshot *s, const struct hal_datetime *now)
{
    if (terminal_state(b->terminal) != TERMINAL_OFF)
        assert_int_equal(terminal_power_cut(b->terminal, CUT_ALL, 0), OK);
    world_rewind(b->world, INSTANT);
    network_rewind(b->network);
    assert_int_equal(terminal_restore_at(b->terminal, s, now), OK);
}

/* Everything that is volatile, and everything durable, gets moved. */
static void live_wildly(struct bench *b)
{
    struct terminal *t = b->terminal;
    struct cut_plan plan = {.number = 100000, .when = CUT_BEFORE, .mode = CUT_ALL};
    struct reader_fault fault = {.kind = READER_FAULT_MUTE, .at = READER_AT_RESET};
    const uint8_t un[4] = {1, 2, 3, 4};
    terminal_power_on(t);
    bench_run(b);
    for (const char *key = "12\r3\r"; *key; key++) {
        terminal_key(t, (enum hal_key) * key);
        bench_run(b);
    }
    terminal_insert(t, &card);
    assert_int_equal(terminal_reader_fault(t, &fault), OK);
    assert_int_equal(terminal_plan_reader_fault(t, 3, &fault), OK);
    terminal_pin_unpredictable(t, un);
    terminal_plan_cut(t, &plan);
    terminal_paper(t, false);
    terminal_clock_set(t, NULL);
    world_spend(b->world, 123456);
    storage_put_file(terminal_storage(t), "other", "x", 1);
    terminal_power_cut(t, CUT_TORN, 7);
    terminal_power_on(t); /* and is interrupted in its boot, with events of its own under way */
    terminal_key(t, '9');
    terminal_power_cut(t, CUT_NONE, 1);
}

/* What an onlooker can see of one life from a restore on. */
static void play(struct bench *b)
{
    b->len = 0;
    terminal_power_on(b->terminal);
    bench_run(b);
    for (const char *key = "7\r\x1b"
                           "4";
         *key; key++) {
        terminal_key(b->terminal, (enum hal_key) * key);
        bench_run(b);
    }
    terminal_power_cut(b->terminal, CUT_RANDOM, 3);
    terminal_power_on(b->terminal);
    bench_run(b);
}

/* Line by line from the time on: the numbers of lines go on. */
static void assert_same_story(const char *a, const char *b)
{
    size_t lines = 0;
    a = strstr(a, "\"t\":");
    b = strstr(b, "\"t\":");
    for (; a && b; a = strstr(a + 1, "\"t\":"), b = strstr(b + 1, "\"t\":"), lines++) {
        size_t len = strcspn(a, "\n") + 1;
        if (strncmp(a, b, len) != 0)
            fail_msg("expected %.*sfound %.*s", (int)len, a, (int)strcspn(b, "\n") + 1, b);
    }
    assert_true(!a && !b);
    assert_true(lines > 20);
}

static void after_a_restore_nothing_of_before_shows(void **state)
{
    static struct bench fresh, used;
    uint8_t one[32], two[32];
    (void)state;
    open_used(&fresh, 3, "test-counter");
    open_used(&used, 3, "test-counter");
    struct terminal_snapshot *a = terminal_snapshot(fresh.terminal), *b = terminal_snapshot(used.terminal);
    rewind_to(&fresh, a, &noon);
    play(&fresh);
    for (unsigned round = 0; round < 5; round++) {
        live_wildly(&used);
        assert_true(terminal_has_card(used.terminal));
        rewind_to(&used, b, &noon);
        assert_false(terminal_has_card(used.terminal));
        assert_int_equal(terminal_boots(used.terminal), 2);
        assert_int_equal(terminal_reader_exchanges(used.terminal), 0);
        struct reader_fault fault = {.kind = READER_FAULT_MUTE, .at = READER_AT_RESET};
        for (unsigned i = 0; i < FAULT_READER_ARMED; i++) /* there is room for all of them */
            assert_int_equal(terminal_reader_fault(used.terminal, &fault), OK);
        terminal_reader_faults_clear(used.terminal);
        assert_int_equal(terminal_state(used.terminal), TERMINAL_OFF);
        assert_string_equal(bench_row(&used), "");
        assert_string_equal(terminal_paper_roll(used.terminal), "printed\nprinted\n");
        play(&used);
        assert_same_story(fresh.text, used.text);
        assert_int_equal(world_now(fresh.world), world_now(used.world));
        assert_string_equal(terminal_paper_roll(fresh.terminal), terminal_paper_roll(used.terminal));
        terminal_hash(fresh.terminal, one);
        terminal_hash(used.terminal, two);
        assert_memory_equal(one, two, 32);
        struct terminal_screen x, y;
        terminal_screen(fresh.terminal, &x);
        terminal_screen(used.terminal, &y);
        assert_int_equal(x.number, y.number);
        assert_int_equal(x.time_us, y.time_us);
    }
    terminal_snapshot_destroy(a);
    terminal_snapshot_destroy(b);
    bench_close(&fresh);
    bench_close(&used);
}

/* Seeds of a boot come from what is durable, so they come back with it. */
static void random_streams_come_back(void **state)
{
    struct bench b;
    char row[64];
    const uint8_t pin[4] = {0xDE, 0xAD, 0xBE, 0xEF};
    (void)state;
    bench_open(&b, 5, "test-random", NULL);
    struct terminal_snapshot *s = terminal_snapshot(b.terminal);
    terminal_power_on(b.terminal);
    bench_run(&b);
    strcpy(row, bench_row(&b));
    storage_put_file(terminal_storage(b.terminal), "x", "y", 1);
    terminal_pin_unpredictable(b.terminal, pin);
    rewind_to(&b, s, NULL);
    terminal_power_on(b.terminal);
    bench_run(&b);
    assert_string_equal(bench_row(&b), row);
    terminal_snapshot_destroy(s);
    bench_close(&b);
}

struct taken {
    struct bench *b;
    struct terminal_snapshot *at[32], *cut[32];
    uint8_t hash[32][32]; /* of the storage as the cut left it */
    struct storage_op op[32];
    size_t pending[32];
    unsigned count;
};

static void take(void *ctx, const struct storage_op *op)
{
    struct taken *t = ctx;
    assert_in_range(t->count, 0, 31);
    t->op[t->count] = *op;
    struct storage *clone = storage_clone(terminal_storage(t->b->terminal));
    t->pending[t->count] = storage_pending(clone);
    t->at[t->count] = terminal_snapshot(t->b->terminal);
    storage_settle(clone, CUT_NONE, 0);
    storage_hash(clone, t->hash[t->count]);
    t->cut[t->count] = terminal_snapshot_with(t->b->terminal, clone);
    assert_non_null(t->at[t->count]);
    assert_non_null(t->cut[t->count]);
    t->count++;
}

/* Taken from inside the core's own calls, with what is pending; then cut there for real, in a fresh world. */
static void taken_inside_an_operation_it_is_a_cut_there(void **state)
{
    static struct bench b, real;
    struct taken taken = {.b = &b};
    uint8_t expected[32], found[32];
    size_t most = 0;
    (void)state;
    open_used(&b, 3, "test-counter");
    uint64_t base = storage_ops(terminal_storage(b.terminal));
    terminal_on_storage(b.terminal, take, &taken);
    terminal_power_on(b.terminal);
    bench_run(&b);
    terminal_on_storage(b.terminal, NULL, NULL);
    assert_string_equal(bench_row(&b), "runs 1+6 boots 3"); /* it did not notice */
    assert_in_range(taken.count, 3, 31);
    for (unsigned i = 0; i < taken.count; i++) {
        struct cut_plan plan = {.number = taken.op[i].number - base, .when = CUT_BEFORE, .mode = CUT_NONE};
        open_used(&real, 3, "test-counter");
        terminal_plan_cut(real.terminal, &plan);
        terminal_power_on(real.terminal);
        bench_run(&real);
        assert_int_equal(terminal_state(real.terminal), TERMINAL_OFF);
        terminal_hash(real.terminal, expected);
        terminal_snapshot_hash(taken.cut[i], found);
        assert_memory_equal(expected, found, 32);
        storage_hash(terminal_snapshot_storage(taken.cut[i]), found);
        assert_memory_equal(found, taken.hash[i], 32);
        assert_int_equal(storage_pending(terminal_snapshot_storage(taken.at[i])), taken.pending[i]);
        if (taken.pending[i] > most)
            most = taken.pending[i];

        struct terminal_snapshot *s = terminal_snapshot(real.terminal);
        rewind_to(&real, s, NULL);
        rewind_to(&b, taken.cut[i], NULL);
        terminal_hash(b.terminal, found);
        assert_memory_equal(expected, found, 32);
        assert_int_equal(terminal_boots(b.terminal), terminal_boots(real.terminal));
        assert_int_equal(storage_ops(terminal_storage(b.terminal)), storage_ops(terminal_storage(real.terminal)));
        terminal_clock_set(real.terminal, &noon);
        terminal_clock_set(b.terminal, &noon);
        play(&real);
        play(&b);
        assert_same_story(real.text, b.text);
        terminal_snapshot_destroy(s);
        bench_close(&real);
    }
    assert_true(most > 0);
    for (unsigned i = 0; i < taken.count; i++) {
        terminal_snapshot_destroy(taken.at[i]);
        terminal_snapshot_destroy(taken.cut[i]);
    }
    bench_close(&b);
}

static void the_clock_is_set_unless_it_was_lost(void **state)
{
    struct bench b;
    struct hal_datetime now;
    uint8_t hash[32], lost_hash[32];
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    terminal_clock_set(b.terminal, &(struct hal_datetime){2026, 6, 15, 10, 0, 0});
    world_spend(b.world, 1500000);
    struct terminal_snapshot *set = terminal_snapshot(b.terminal);
    terminal_clock_set(b.terminal, NULL);
    struct terminal_snapshot *lost = terminal_snapshot(b.terminal);
    terminal_snapshot_hash(set, hash);
    terminal_snapshot_hash(lost, lost_hash);
    assert_memory_not_equal(hash, lost_hash, 32);

    rewind_to(&b, lost, &noon);
    assert_int_equal(terminal_clock(b.terminal, &now), HAL_E_CLOCK);
    terminal_hash(b.terminal, hash);
    assert_memory_equal(hash, lost_hash, 32);
    rewind_to(&b, set, &noon);
    assert_int_equal(terminal_clock(b.terminal, &now), OK);
    assert_memory_equal(&now, &noon, sizeof now);
    rewind_to(&b, set, NULL);
    world_spend(b.world, 499999);
    assert_int_equal(terminal_clock(b.terminal, &now), OK);
    assert_int_equal(now.second, 1);
    world_spend(b.world, 1);
    assert_int_equal(terminal_clock(b.terminal, &now), OK);
    assert_int_equal(now.second, 2); /* half a second was on it, too */
    assert_int_equal(terminal_restore_at(b.terminal, set, &(struct hal_datetime){2026, 2, 30, 0, 0, 0}), E_INVAL);
    assert_int_equal(terminal_clock(b.terminal, &now), OK); /* and nothing has changed */
    assert_int_equal(now.second, 2);
    terminal_power_on(b.terminal);
    assert_int_equal(terminal_restore_at(b.terminal, set, NULL), E_STATE);
    terminal_snapshot_destroy(set);
    terminal_snapshot_destroy(lost);
    bench_close(&b);
}

/* Snapshots share the roll; each still has its own length of it, whatever is printed between going to and fro. */
static void the_roll_goes_to_and_fro(void **state)
{
    enum { SHOTS = 6 };
    struct bench b;
    struct terminal_snapshot *shots[SHOTS];
    char expected[SHOTS][128];
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    for (unsigned i = 0; i < SHOTS; i++) {
        shots[i] = terminal_snapshot(b.terminal);
        strcpy(expected[i], terminal_paper_roll(b.terminal));
        if (i % 2)
            continue;
        terminal_power_on(b.terminal);
        bench_run(&b);
        terminal_key(b.terminal, HAL_KEY_ENTER);
        bench_run(&b);
        terminal_power_cut(b.terminal, CUT_ALL, 0);
    }
    for (unsigned i = 0; i < 40; i++) {
        unsigned pick = i * 7 % SHOTS;
        rewind_to(&b, shots[pick], NULL);
        assert_string_equal(terminal_paper_roll(b.terminal), expected[pick]);
        struct terminal_snapshot *again = terminal_snapshot(b.terminal);
        if (i % 3 == 0) {
            terminal_power_on(b.terminal);
            bench_run(&b);
            terminal_key(b.terminal, HAL_KEY_ENTER);
            bench_run(&b);
            assert_int_equal(strlen(terminal_paper_roll(b.terminal)), strlen(expected[pick]) + 8);
        }
        rewind_to(&b, again, NULL);
        assert_string_equal(terminal_paper_roll(b.terminal), expected[pick]);
        terminal_snapshot_destroy(again);
    }
    for (unsigned i = 0; i < SHOTS; i++)
        terminal_snapshot_destroy(shots[i]);
    bench_close(&b);
}

/* A reset's pulse that was under way when the world was rewound never comes. */
static void a_reset_under_way_is_forgotten(void **state)
{
    struct bench b;
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    struct terminal_snapshot *s = terminal_snapshot(b.terminal);
    terminal_power_on(b.terminal);
    bench_run(&b);
    terminal_key(b.terminal, HAL_KEY_CANCEL);
    while (terminal_state(b.terminal) == TERMINAL_RUNNING)
        assert_true(world_step(b.world));
    world_rewind(b.world, INSTANT);
    assert_int_equal(terminal_restore(b.terminal, s), E_STATE); /* it has power */
    assert_int_equal(terminal_power_cut(b.terminal, CUT_ALL, 0), OK);
    rewind_to(&b, s, NULL);
    bench_run(&b);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_OFF);
    terminal_power_on(b.terminal);
    bench_run(&b);
    assert_string_equal(bench_row(&b), "runs 1+6 boots 1");
    terminal_snapshot_destroy(s);
    bench_close(&b);
}

static void no_storage_no_snapshot(void **state)
{
    struct bench b;
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    assert_null(terminal_snapshot_with(b.terminal, NULL));
    terminal_snapshot_destroy(NULL);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_restore_nothing_of_before_shows),
        cmocka_unit_test(random_streams_come_back),
        cmocka_unit_test(taken_inside_an_operation_it_is_a_cut_there),
        cmocka_unit_test(the_clock_is_set_unless_it_was_lost),
        cmocka_unit_test(the_roll_goes_to_and_fro),
        cmocka_unit_test(a_reset_under_way_is_forgotten),
        cmocka_unit_test(no_storage_no_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
