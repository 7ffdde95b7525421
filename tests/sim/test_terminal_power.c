/* Power loss, reset and off; cores that do not obey; memory over many reboots. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/image_memory.h"
#include "tests/sim/bench.h"

#include <malloc.h>

static void statics_do_not_survive(void **state)
{
    struct bench b;
    char row[64];
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    for (unsigned boot = 1; boot <= 20; boot++) {
        assert_int_equal(terminal_power_on(b.terminal), OK);
        bench_run(&b);
        snprintf(row, sizeof row, "runs 1+6 boots %u", boot);
        assert_string_equal(bench_row(&b), row);
        assert_int_equal(terminal_power_cut(b.terminal, CUT_NONE, boot), OK);
        assert_int_equal(terminal_state(b.terminal), TERMINAL_OFF);
        assert_int_equal(terminal_result(b.terminal), HAL_E_POWER);
        assert_string_equal(bench_row(&b), "");
        assert_int_equal(terminal_power_cut(b.terminal, CUT_NONE, boot), E_STATE);
    }
    assert_int_equal(terminal_boots(b.terminal), 20);
    assert_false(terminal_tainted(b.terminal));
    bench_close(&b);
}

static void reset_comes_back_and_off_does_not(void **state)
{
    struct bench b;
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    terminal_power_on(b.terminal);
    bench_run(&b);
    terminal_key(b.terminal, HAL_KEY_CANCEL);
    bench_run(&b);
    assert_string_equal(bench_row(&b), "runs 1+6 boots 2");
    assert_non_null(strstr(b.text, "\"what\":\"reset\""));
    terminal_key(b.terminal, HAL_KEY_MENU);
    bench_run(&b);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_OFF);
    assert_non_null(strstr(b.text, "\"what\":\"off\""));
    assert_int_equal(terminal_power_on(b.terminal), OK);
    bench_run(&b);
    assert_string_equal(bench_row(&b), "runs 1+6 boots 3");
    bench_close(&b);
}

static void a_cut_during_the_reset_pulse_stays_off(void **state)
{
    struct bench b;
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    terminal_power_on(b.terminal);
    bench_run(&b);
    terminal_key(b.terminal, HAL_KEY_CANCEL);
    while (terminal_state(b.terminal) == TERMINAL_RUNNING)
        assert_true(world_step(b.world));
    assert_int_equal(terminal_power_on(b.terminal), E_STATE); /* it is on, only not yet out of reset */
    assert_int_equal(terminal_power_cut(b.terminal, CUT_ALL, 0), OK);
    bench_run(&b);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_OFF);
    assert_int_equal(terminal_power_on(b.terminal), OK);
    bench_close(&b);
}

static void returning_is_reported(void **state)
{
    struct bench b;
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    terminal_power_on(b.terminal);
    bench_run(&b);
    terminal_key(b.terminal, HAL_KEY_FUNC);
    bench_run(&b);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_RETURNED);
    assert_int_equal(terminal_result(b.terminal), E_STATE);
    assert_non_null(strstr(b.text, "\"what\":\"returned\",\"status\":\"E_STATE\""));
    assert_int_equal(terminal_power_on(b.terminal), E_STATE);
    assert_int_equal(terminal_power_cut(b.terminal, CUT_ALL, 0), OK);
    assert_int_equal(terminal_power_on(b.terminal), OK);
    bench_run(&b);
    assert_string_equal(bench_row(&b), "runs 1+6 boots 2");
    bench_close(&b);
}

/* Every storage operation of a boot, before, inside and after: the core unwinds, and the next boot finds an old or a
 * new count. */
static void planned_cuts_hit_their_operation(void **state)
{
    struct bench b;
    unsigned cuts = 0;
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    for (uint64_t number = 1; number < 100; number++) {
        struct cut_plan plan = {.number = number, .when = (enum cut_when)(number % 3), .mode = CUT_ALL, .seed = number};
        terminal_plan_cut(b.terminal, &plan);
        assert_int_equal(terminal_power_on(b.terminal), OK);
        bench_run(&b);
        bool cut = terminal_state(b.terminal) == TERMINAL_OFF;
        terminal_plan_cut(b.terminal, NULL);
        if (!cut)
            break;
        assert_int_equal(terminal_result(b.terminal), HAL_E_POWER);
        cuts++;
    }
    assert_in_range(cuts, 3, 20);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_RUNNING);
    bench_close(&b);
}

static void cut_now(void *ctx, const struct terminal_screen *screen)
{
    (void)screen;
    assert_int_equal(terminal_power_cut(ctx, CUT_ALL, 0), OK);
    assert_int_equal(terminal_power_cut(ctx, CUT_ALL, 0), E_STATE);
}

static void a_cut_from_inside_a_call(void **state)
{
    struct bench b;
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    terminal_on_screen(b.terminal, cut_now, b.terminal);
    assert_int_equal(terminal_power_on(b.terminal), OK);
    bench_run(&b);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_OFF);
    assert_int_equal(terminal_result(b.terminal), HAL_E_POWER);
    terminal_on_screen(b.terminal, NULL, NULL);
    assert_int_equal(terminal_power_on(b.terminal), OK);
    bench_run(&b);
    assert_string_equal(bench_row(&b), "runs 1+6 boots 2");
    bench_close(&b);
}

static void a_core_that_ignores_the_loss_is_abandoned(void **state)
{
    struct bench b;
    (void)state;
    bench_open(&b, 1, "test-ignores", &(struct terminal_config){.unwind_calls = 50});
    terminal_power_on(b.terminal);
    for (unsigned i = 0; i < 10; i++)
        assert_true(world_step(b.world));
    uint64_t calls = b.watch.calls;
    assert_int_equal(terminal_power_cut(b.terminal, CUT_NONE, 0), OK);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_IGNORED);
    assert_true(terminal_tainted(b.terminal));
    assert_int_equal(b.watch.calls - calls, 51);
    assert_non_null(strstr(b.text, "\"what\":\"ignored\""));
    while (world_step(b.world)) {
    }
    bench_close(&b);
}

static void a_busy_loop_is_abandoned(void **state)
{
    struct bench b;
    (void)state;
    bench_open(&b, 1, "test-busy", &(struct terminal_config){.busy_calls = 1000});
    assert_int_equal(terminal_power_on(b.terminal), OK);
    bench_run(&b);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_BUSY);
    assert_true(terminal_tainted(b.terminal));
    assert_non_null(strstr(b.text, "\"what\":\"hung\""));
    assert_int_equal(terminal_power_cut(b.terminal, CUT_ALL, 0), OK);
    assert_int_equal(terminal_state(b.terminal), TERMINAL_OFF);
    bench_close(&b);
}

static void memory_does_not_grow(void **state)
{
    enum { REBOOTS = IMAGE_UNDER_ASAN ? 500 : 10000 };
    struct bench b;
    (void)state;
    bench_open(&b, 1, "test-counter", NULL);
    size_t before = 0;
    for (unsigned boot = 0; boot < REBOOTS + 100; boot++) {
        if (boot == 100)
            before = mallinfo2().uordblks;
        b.len = 0;
        terminal_power_on(b.terminal);
        bench_run(&b);
        terminal_power_cut(b.terminal, CUT_ALL, 0);
    }
    assert_int_equal(terminal_boots(b.terminal), REBOOTS + 100);
    assert_in_range(mallinfo2().uordblks, 0, before + 4096);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statics_do_not_survive),
        cmocka_unit_test(reset_comes_back_and_off_does_not),
        cmocka_unit_test(a_cut_during_the_reset_pulse_stays_off),
        cmocka_unit_test(returning_is_reported),
        cmocka_unit_test(planned_cuts_hit_their_operation),
        cmocka_unit_test(a_cut_from_inside_a_call),
        cmocka_unit_test(a_core_that_ignores_the_loss_is_abandoned),
        cmocka_unit_test(a_busy_loop_is_abandoned),
        cmocka_unit_test(memory_does_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
