/* The machine around a core: boot, stacks, waiting, people, snapshots, inspection, determinism. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/sim/bench.h"

static void boots_from_the_slot_and_goes_idle(void **state)
{
    struct bench b;
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_OFF);
    assert_null(terminal_firmware(b.terminal));
    assert_int_equal(terminal_power_on(b.terminal), OK);
    assert_int_equal(terminal_power_on(b.terminal), E_STATE);
    bench_run(&b);
    assert_true(terminal_idle(b.terminal));
    assert_int_equal(terminal_state(b.terminal), TERMINAL_RUNNING);
    assert_string_equal(terminal_firmware(b.terminal)->name, "test-counter");
    struct terminal_screen screen;
    terminal_screen(b.terminal, &screen);
    assert_string_equal(screen.name, "idle");
    assert_int_equal(screen.role, FIRMWARE_IDLE);
    assert_string_equal(screen.rows[0], "runs 1+6 boots 1");
    assert_non_null(strstr(b.text, "\"ev\":\"boot\",\"area\":\"rom\",\"name\":\"test-rom\""));
    assert_non_null(
        strstr(b.text, "\"ev\":\"boot\",\"area\":\"slot-a\",\"name\":\"test-counter\",\"version\":\"1.0.0\""));
    assert_int_equal(b.watch.in_core, 0);
    assert_true(b.watch.calls > 5);
    bench_close(&b);
}

static void keys_wake_the_core(void **state)
{
    struct bench b;
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    assert_int_equal(terminal_key(b.terminal, '1'), OK); /* on a dead terminal: nothing */
    terminal_power_on(b.terminal);
    bench_run(&b);
    assert_non_null(strstr(bench_row(&b), "runs"));
    uint64_t before = world_now(b.world);
    assert_int_equal(terminal_key(b.terminal, '7'), OK);
    assert_false(terminal_idle(b.terminal));
    bench_run(&b);
    assert_string_equal(bench_row(&b), "7");
    assert_in_range(world_now(b.world) - before, 2, 100); /* a microsecond a call, and no more */
    terminal_key(b.terminal, HAL_KEY_ENTER);
    bench_run(&b);
    assert_string_equal(terminal_paper_roll(b.terminal), "printed\n");
    bench_close(&b);
}

struct seen {
    unsigned count;
    struct terminal_screen last;
};

static void on_screen(void *ctx, const struct terminal_screen *screen)
{
    struct seen *seen = ctx;
    seen->count++;
    seen->last = *screen;
}

static void screens_are_told(void **state)
{
    struct bench b;
    struct seen seen = {0};
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    terminal_on_screen(b.terminal, on_screen, &seen);
    terminal_power_on(b.terminal);
    bench_run(&b);
    terminal_key(b.terminal, '4');
    bench_run(&b);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.last.name, "key");
    assert_int_equal(seen.last.role, FIRMWARE_ASK);
    assert_string_equal(seen.last.rows[0], "4");
    bench_close(&b);
}

static void take_state(void *ctx, const struct firmware_state *firmware_state)
{
    *(struct firmware_state *)ctx = *firmware_state;
}

static void inspect_leaves_a_running_core_alone(void **state)
{
    struct bench b;
    struct firmware_state found = {0};
    struct firmware_sink sink = {.ctx = &found, .state = take_state};
    uint8_t before[32], after[32];
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    terminal_power_on(b.terminal);
    bench_run(&b);
    terminal_hash(b.terminal, before);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(terminal_inspect(b.terminal, &sink), OK);
        assert_int_equal(found.next_trace, 1);
        assert_int_equal(found.schema, 0); /* its variable is fresh each time, though the core's own is 1 */
    }
    terminal_hash(b.terminal, after);
    assert_memory_equal(before, after, 32);
    terminal_key(b.terminal, '3');
    bench_run(&b);
    assert_string_equal(bench_row(&b), "3");
    terminal_power_cut(b.terminal, CUT_ALL, 0);
    assert_int_equal(terminal_inspect(b.terminal, &sink), OK);
    assert_int_equal(found.next_trace, 1);
    terminal_power_on(b.terminal);
    bench_run(&b);
    assert_string_equal(bench_row(&b), "runs 1+6 boots 2"); /* inspect's touch of the variable is gone as well */
    bench_close(&b);
}

static void inspect_is_not_offered_by_all(void **state)
{
    struct bench b;
    struct firmware_sink sink = {0};
    (void)state;
    bench_open(&b, 1, "test-random", NULL);
    assert_int_equal(terminal_inspect(b.terminal, &sink), HAL_E_UNSUPPORTED);
    bench_close(&b);
}

static void a_snapshot_goes_back(void **state)
{
    struct bench b;
    uint8_t first[32], then[32];
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    terminal_power_on(b.terminal);
    bench_run(&b);
    terminal_power_cut(b.terminal, CUT_ALL, 0);
    terminal_hash(b.terminal, first);
    struct terminal_snapshot *s = terminal_snapshot(b.terminal);
    assert_non_null(s);
    terminal_power_on(b.terminal);
    bench_run(&b);
    assert_string_equal(bench_row(&b), "runs 1+6 boots 2");
    assert_int_equal(terminal_restore(b.terminal, s), E_STATE);
    terminal_power_cut(b.terminal, CUT_ALL, 0);
    terminal_hash(b.terminal, then);
    assert_memory_not_equal(first, then, 32);
    assert_int_equal(terminal_restore(b.terminal, s), OK);
    terminal_hash(b.terminal, then);
    assert_memory_equal(first, then, 32);
    assert_int_equal(terminal_boots(b.terminal), 1);
    terminal_power_on(b.terminal);
    bench_run(&b);
    assert_string_equal(bench_row(&b), "runs 1+6 boots 2");
    terminal_snapshot_destroy(s);
    bench_close(&b);
}

static void random_streams_follow_seed_and_state(void **state)
{
    char first[64], second[64];
    struct bench b;
    (void)state;
    bench_open(&b, 1, "test-random", NULL);
    terminal_power_on(b.terminal);
    bench_run(&b);
    strcpy(first, bench_row(&b));
    assert_int_equal(strlen(first), 17);
    assert_memory_not_equal(first, first + 9, 8);
    terminal_power_cut(b.terminal, CUT_ALL, 0);
    terminal_power_on(b.terminal); /* nothing durable changed */
    bench_run(&b);
    assert_string_equal(bench_row(&b), first);
    terminal_power_cut(b.terminal, CUT_ALL, 0);
    assert_int_equal(storage_put_file(terminal_storage(b.terminal), "x", "y", 1), OK);
    const uint8_t pin[4] = {0xDE, 0xAD, 0xBE, 0xEF};
    assert_int_equal(terminal_pin_unpredictable(b.terminal, pin), OK);
    terminal_power_on(b.terminal);
    bench_run(&b);
    strcpy(second, bench_row(&b));
    assert_memory_equal(second, "DEADBEEF", 8);
    assert_string_not_equal(second + 9, first + 9);
    bench_close(&b);
    bench_open(&b, 2, "test-random", NULL);
    terminal_power_on(b.terminal);
    bench_run(&b);
    assert_string_not_equal(bench_row(&b), first);
    bench_close(&b);
}

static void play(struct bench *b)
{
    bench_open(b, 77, "test-counter", NULL);
    terminal_power_on(b->terminal);
    for (const char *key = "12\r3\x1b"
                           "4";
         *key; key++) {
        bench_run(b);
        terminal_key(b->terminal, (enum hal_key) * key);
    }
    bench_run(b);
    terminal_power_cut(b->terminal, CUT_TORN, 9);
    terminal_power_on(b->terminal);
    bench_run(b);
}

static void the_same_run_gives_the_same_record(void **state)
{
    struct bench a, b;
    uint8_t one[32], two[32];
    (void)state;
    play(&a);
    play(&b);
    assert_string_equal(a.text, b.text);
    assert_true(a.len > 500);
    record_digest(a.record, one);
    record_digest(b.record, two);
    assert_memory_equal(one, two, 32);
    bench_close(&a);
    bench_close(&b);
}

static struct terminal *second_terminal(struct bench *b, const char *core)
{
    uint8_t *so, *slot;
    size_t so_len, slot_len;
    char why[256];
    bench_image(core, &so, &so_len);
    assert_int_equal(image_pack(so, so_len, &slot, &slot_len, why, sizeof why), OK);
    struct terminal_config config = {.number = 2,
                                     .profile = &b->profile,
                                     .boot = bench_load("test-rom"),
                                     .core_slot = slot,
                                     .core_slot_len = slot_len};
    struct terminal *other = terminal_create(b->world, b->record, b->network, &config);
    assert_non_null(other);
    free(so);
    free(slot);
    return other;
}

static void until_both_idle(struct bench *b, struct terminal *other)
{
    for (unsigned i = 0; i < 10000 && !(terminal_idle(b->terminal) && terminal_idle(other)); i++)
        assert_true(world_step(b->world));
    assert_true(terminal_idle(other));
}

static void assert_row(const struct terminal *t, const char *expected)
{
    struct terminal_screen screen;
    terminal_screen(t, &screen);
    assert_string_equal(screen.rows[0], expected);
}

/* The same image in both: one set of variables in the process, but each terminal sees its own. */
static void two_terminals_share_a_world_and_an_image(void **state)
{
    struct bench b;
    struct firmware_state found = {0};
    struct firmware_sink sink = {.ctx = &found, .state = take_state};
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    struct terminal *other = second_terminal(&b, "test-counter");
    assert_int_equal(terminal_power_on(b.terminal), OK);
    assert_int_equal(terminal_power_on(other), OK);
    until_both_idle(&b, other);
    assert_row(b.terminal, "runs 1+6 boots 1");
    assert_row(other, "runs 1+6 boots 1");
    for (unsigned i = 0; i < 3; i++) {
        terminal_key(b.terminal, HAL_KEY_UP);
        if (i == 1)
            terminal_key(other, HAL_KEY_UP);
        until_both_idle(&b, other);
    }
    assert_int_equal(terminal_inspect(other, &sink), OK);
    assert_row(b.terminal, "ups 3");
    assert_row(other, "ups 1");
    terminal_power_cut(other, CUT_ALL, 0);
    terminal_power_on(other);
    until_both_idle(&b, other);
    terminal_key(b.terminal, HAL_KEY_UP);
    terminal_key(other, HAL_KEY_UP);
    until_both_idle(&b, other);
    assert_row(b.terminal, "ups 4");
    assert_row(other, "ups 1");
    assert_non_null(strstr(b.text, "\"term\":2"));
    terminal_destroy(other);
    terminal_key(b.terminal, HAL_KEY_UP);
    bench_run(&b);
    assert_row(b.terminal, "ups 5");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boots_from_the_slot_and_goes_idle),
        cmocka_unit_test(keys_wake_the_core),
        cmocka_unit_test(screens_are_told),
        cmocka_unit_test(inspect_leaves_a_running_core_alone),
        cmocka_unit_test(inspect_is_not_offered_by_all),
        cmocka_unit_test(a_snapshot_goes_back),
        cmocka_unit_test(random_streams_follow_seed_and_state),
        cmocka_unit_test(the_same_run_gives_the_same_record),
        cmocka_unit_test(two_terminals_share_a_world_and_an_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
