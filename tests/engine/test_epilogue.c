/* The epilogue lifts what a scenario left behind, storage faults and faults of a card included. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/oracle_support.h"

/* An unanswered sale, then the storage fails for good: its reversal is delivered only by a storage that works. */
static void storage_faults_are_lifted(void **state)
{
    (void)state;
    static struct oracle_case o;
    struct verdict v = {"pass", ""};
    oracle_case_play(&o, "t:power_on() t:wait_idle() host.rule { on = '0200', action = 'silent_after' } sale '12.00' "
                         "expect.screen(t, 'no_answer') host.rule { on = '0400', action = 'silent_after' } "
                         "t:storage_fault { kind = 'full' }");
    case_epilogue(&o.bench);
    assert_true(o.bench.terminal[0].recovered);
    const struct evidence e = {.bench = &o.bench, .terminal = &o.bench.terminal[0], .settled = true};
    oracle_liveness(&e, &v);
    assert_verdict(&v, "pass", NULL);
    struct storage *s = terminal_storage(o.bench.terminal[0].terminal);
    const struct storage_fault_plan plan = {.kind = STORAGE_FAULT_FULL};
    for (unsigned i = 0; i < 16; i++) /* all places are free again */
        assert_int_equal(storage_fault_add(s, &plan), OK);
    oracle_case_close(&o);
}

static void faults_of_a_card_are_lifted(void **state)
{
    (void)state;
    static struct oracle_case o;
    oracle_case_play(&o, "t:power_on() t:wait_idle() c:fault { at = 'gpo', kind = 'mute' }");
    assert_int_equal(o.bench.card[0]->fault_count, 1);
    case_epilogue(&o.bench);
    assert_int_equal(o.bench.card[0]->fault_count, 0);
    oracle_case_close(&o);
}

/* A brown-out in its course is waited for: its own cuts are not what is lifted. */
static void a_brown_out_is_let_go_its_way(void **state)
{
    (void)state;
    static struct oracle_case o;
    oracle_case_play(&o, "t:power_on() t:wait_idle()");
    terminal_power_cut(o.bench.terminal[0].terminal, CUT_BROWNOUT, 0);
    uint64_t boots = terminal_boots(o.bench.terminal[0].terminal);
    assert_true(terminal_browning(o.bench.terminal[0].terminal));
    case_epilogue(&o.bench);
    assert_true(o.bench.terminal[0].recovered);
    assert_int_equal(terminal_boots(o.bench.terminal[0].terminal), boots + 4); /* three moments, then a steady supply */
    oracle_case_close(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(storage_faults_are_lifted),
        cmocka_unit_test(faults_of_a_card_are_lifted),
        cmocka_unit_test(a_brown_out_is_let_go_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
