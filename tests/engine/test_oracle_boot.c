/* boot: an image below the rollback floor must not run, whichever ROM started it; and what the ROM's own word means. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/oracle_support.h"

/* What the oracle says of a terminal that `boot` has started `core` on. */
static struct verdict judged(const char *boot, const char *core, bool recovered)
{
    struct oracle_case o = {.path = ""};
    struct verdict v = {"pass", ""};
    o.request = (struct case_request){.seed = 1, .paths = {TEST_ROOT, core, boot}};
    oracle_case_begin(&o, "t:power_on() t:wait_idle()");
    o.bench.terminal[0].recovered = recovered;
    const struct evidence e = {.bench = &o.bench, .terminal = &o.bench.terminal[0]};
    oracle_boot(&e, &v);
    oracle_case_close(&o);
    return v;
}

#define ROM_THAT_TRUSTS TEST_IMAGES "/test-rom.so"

static void an_image_at_the_floor_may_run(void **state)
{
    (void)state;
    struct verdict v = judged(ROM_THAT_TRUSTS, TEST_IMAGES "/test-counter.so", true);
    assert_verdict(&v, "pass", NULL);
}

static void an_older_one_may_not(void **state)
{
    (void)state;
    struct verdict v = judged(ROM_THAT_TRUSTS, TEST_IMAGES "/test-floor.so", true);
    assert_verdict(&v, "fail", "test-floor 1.0.0 runs, sequence 1, and the rollback floor is 2");
}

static void without_idle_it_did_not_come_up(void **state)
{
    (void)state;
    struct verdict v = judged(ROM_THAT_TRUSTS, TEST_IMAGES "/test-counter.so", false);
    assert_verdict(&v, "fail", "idle was not reached");
}

static void a_core_that_stops_by_itself_has_the_last_word(void **state)
{
    (void)state;
    static struct oracle_case o;
    struct verdict v = {"pass", ""};
    oracle_case_play(&o, "t:storage_fault { kind = 'error', lasting = true } t:power_on()");
    struct bench_terminal *t = &o.bench.terminal[0];
    const struct evidence e = {.bench = &o.bench, .terminal = t};
    oracle_boot(&e, &v);
    assert_verdict(&v, "fail", "the core stopped by itself, its last screen: Storage failed | Call service");
    t->shown[(t->shown_count - 2) % CASE_SCREENS].boot--; /* of an earlier start: no word on this one */
    assert_null(case_core_stopped(t));
    oracle_case_close(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_at_the_floor_may_run),
        cmocka_unit_test(an_older_one_may_not),
        cmocka_unit_test(without_idle_it_did_not_come_up),
        cmocka_unit_test(a_core_that_stops_by_itself_has_the_last_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
