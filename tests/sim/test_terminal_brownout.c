/* The brown-out: a loss after which the supply comes back three times for a moment, and then stays away. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/sim/bench.h"

static void open_running(struct bench *b)
{
    bench_open(b, 1, "test-counter", NULL);
    assert_int_equal(terminal_power_on(b->terminal), OK);
    bench_run(b);
    assert_string_equal(bench_row(b), "runs 1+6 boots 1");
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

static void wait_over(struct bench *b)
{
    for (unsigned steps = 0; terminal_browning(b->terminal); steps++) {
        assert_in_range(steps, 0, 100000);
        assert_int_equal(terminal_state(b->terminal), TERMINAL_RUNNING);
        assert_int_equal(terminal_power_on(b->terminal), E_STATE);
        assert_true(world_step(b->world));
    }
}

/* The image counts its boots with a write, a sync and a sync of the directory: the first moment ends before the write,
 * the second before the sync, and the third finds no fourth operation and lasts its 300 ms. */
static void a_brown_out_boots_three_times_and_stays_off(void **state)
{
    struct bench b;
    (void)state;
    open_running(&b);
    uint64_t start = world_now(b.world), ops = storage_ops(terminal_storage(b.terminal));
    assert_int_equal(terminal_power_cut(b.terminal, CUT_BROWNOUT, 0), OK);
    assert_true(terminal_browning(b.terminal));
    assert_string_equal(bench_row(&b), "");
    terminal_key(b.terminal, HAL_KEY_CANCEL); /* nobody at home */
    wait_over(&b);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_OFF);
    assert_int_equal(terminal_boots(b.terminal), 4);
    assert_int_equal(storage_ops(terminal_storage(b.terminal)), ops + 1 + 2 + 3);
    assert_in_range(world_now(b.world) - start, 360000, 380000);
    assert_int_equal(count(b.text, "\"what\":\"on\""), 4);
    assert_int_equal(count(b.text, "\"what\":\"cut\""), 4);
    assert_int_equal(count(b.text, "\"mode\":\"brown-out\""), 1);
    while (world_step(b.world)) {
    }
    assert_int_equal(terminal_state(b.terminal), TERMINAL_OFF);
    assert_int_equal(terminal_power_on(b.terminal), OK);
    bench_run(&b);
    assert_string_equal(bench_row(&b), "runs 1+6 boots 3"); /* of the three moments only the last was counted */
    assert_false(terminal_browning(b.terminal));
    bench_close(&b);
}

static void it_can_be_planned(void **state)
{
    struct bench b;
    struct cut_plan plan = {.number = 2, .when = CUT_BEFORE, .mode = CUT_BROWNOUT};
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    terminal_plan_cut(b.terminal, &plan);
    assert_int_equal(terminal_power_on(b.terminal), OK);
    while (!terminal_browning(b.terminal))
        assert_true(world_step(b.world));
    wait_over(&b);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_OFF);
    assert_int_equal(terminal_boots(b.terminal), 4);
    assert_int_equal(terminal_power_on(b.terminal), OK); /* no plan is left behind */
    bench_run(&b);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_RUNNING);
    assert_string_equal(bench_row(&b), "runs 1+6 boots 1");
    bench_close(&b);
}

/* While it is dark, and while it is light. */
static void another_cut_ends_it(void **state)
{
    (void)state;
    for (unsigned light = 0; light < 2; light++) {
        struct bench b;
        open_running(&b);
        assert_int_equal(terminal_power_cut(b.terminal, CUT_BROWNOUT, 0), OK);
        while (light && !(terminal_boots(b.terminal) == 4 && terminal_idle(b.terminal)))
            assert_true(world_step(b.world));
        assert_int_equal(terminal_power_cut(b.terminal, CUT_ALL, 0), OK);
        assert_false(terminal_browning(b.terminal));
        assert_int_equal(terminal_state(b.terminal), TERMINAL_OFF);
        while (world_step(b.world)) {
        }
        assert_int_equal(terminal_boots(b.terminal), light ? 4 : 1);
        assert_int_equal(terminal_power_on(b.terminal), OK);
        bench_run(&b);
        assert_int_equal(terminal_state(b.terminal), TERMINAL_RUNNING);
        bench_close(&b);
    }
}

/* In the last moment the core is idle: it may reset itself, and the moment goes on; or switch off, and that is that. */
static void resets_go_on_and_off_is_off(void **state)
{
    (void)state;
    for (unsigned off = 0; off < 2; off++) {
        struct bench b;
        open_running(&b);
        assert_int_equal(terminal_power_cut(b.terminal, CUT_BROWNOUT, 0), OK);
        while (!(terminal_boots(b.terminal) == 4 && terminal_idle(b.terminal)))
            assert_true(world_step(b.world));
        terminal_key(b.terminal, off ? HAL_KEY_MENU : HAL_KEY_CANCEL);
        while (terminal_browning(b.terminal))
            assert_true(world_step(b.world));
        assert_int_equal(terminal_state(b.terminal), TERMINAL_OFF);
        while (world_step(b.world)) {
        }
        assert_int_equal(terminal_boots(b.terminal), off ? 4 : 5);
        assert_int_equal(count(b.text, "\"what\":\"cut\""), off ? 3 : 4);
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_brown_out_boots_three_times_and_stays_off),
        cmocka_unit_test(it_can_be_planned),
        cmocka_unit_test(another_cut_ends_it),
        cmocka_unit_test(resets_go_on_and_off_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
