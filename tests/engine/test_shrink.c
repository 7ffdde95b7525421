/* Shrinking, on a core whose data base does not wait for the medium: a path that fails loses the cuts that are not
 * needed for it, keeps failing by the same oracle, and one that does not fail is left alone. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/sweep_shrink.h"
#include "tests/engine/explore_support.h"

#define SALE "scenarios/power/sale.lua"
#define UNSAFE TEST_IMAGES "/core-wal-off.so"

static void judge(struct explored *x, const struct fault_id *path, struct finding *f)
{
    memset(f, 0, sizeof *f);
    assert_true(explorer_enter(&x->e, path, NULL));
    explorer_judge(&x->e, NULL, f);
}

/* The first cut of this survival that an oracle objects to. */
static struct fault_id first_failing(struct explored *x, enum cut_when when, enum cut_mode mode, struct finding *f)
{
    for (uint64_t n = 1; n <= x->e.last_op; n++) {
        const struct fault_id path = {.cuts = 1, .cut = {{n, when, mode, 0}}};
        judge(x, &path, f);
        if (f->oracle[0])
            return path;
    }
    fail_msg("no cut of the unsafe core fails with %s", cut_mode_info(mode)->name);
    return (struct fault_id){0};
}

static void a_needless_cut_is_left_out(void **state)
{
    struct explored x = {0};
    const struct explore_options none = {0};
    struct finding found, shrunk;
    (void)state;
    explored_open_file(&x, SALE, UNSAFE, &none);
    struct fault_id one = first_failing(&x, CUT_INSIDE, CUT_NONE, &found);
    struct fault_id two = one, first;
    two.cuts = 2;
    unsigned tried = 0;
    for (uint64_t k = 1; k < 4; k++) { /* a second cut, in the recovery; it may fail no more */
        two.cut[1] = (struct cut_plan){k, CUT_BEFORE, CUT_NONE, 0};
        if (!explorer_enter(&x.e, &two, NULL))
            break;
        judge(&x, &two, &found);
        if (!found.oracle[0])
            continue;
        first = two;
        sweep_shrink(&x.e, false, &first, &shrunk);
        assert_int_equal(first.cuts, 1);
        assert_string_equal(shrunk.oracle, found.oracle);
        assert_string_not_equal(shrunk.found, "");
        judge(&x, &first, &found); /* it is as it says */
        assert_string_equal(shrunk.oracle, found.oracle);
        assert_string_equal(shrunk.found, found.found);
        tried++;
    }
    for (uint64_t n = 1; n < one.cut[0].number && tried < 6; n += 7) { /* a first cut that does no harm */
        two.cut[0] = (struct cut_plan){n, CUT_BEFORE, CUT_ALL, 0};
        for (uint64_t k = 1; k < 60 && tried < 6; k++) {
            two.cut[1] = (struct cut_plan){k, CUT_BEFORE, CUT_NONE, 0};
            if (!explorer_enter(&x.e, &two, NULL))
                break;
            judge(&x, &two, &found);
            if (!found.oracle[0])
                continue;
            first = two;
            sweep_shrink(&x.e, false, &first, &shrunk);
            assert_true(first.cuts <= 2);
            assert_string_equal(shrunk.oracle, found.oracle);
            tried++;
            break;
        }
    }
    assert_true(tried > 0);
    explored_close(&x);
}

/* Plainer survival, between operations, no seed: as far as the same oracle still objects. */
static void what_is_left_is_plain(void **state)
{
    static const struct cut_plan wild[] = {
        {0, CUT_INSIDE, CUT_RANDOM, 1}, {0, CUT_AFTER, CUT_PREFIX, 2}, {0, CUT_AFTER, CUT_SUBSET, UINT64_C(2) << 48}};
    struct explored x = {0};
    const struct explore_options none = {0};
    struct finding found, shrunk;
    unsigned tried = 0;
    (void)state;
    explored_open_file(&x, SALE, UNSAFE, &none);
    struct fault_id plain = first_failing(&x, CUT_BEFORE, CUT_NONE, &found);
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        struct fault_id path = plain;
        path.cut[0].when = wild[i].when;
        path.cut[0].mode = wild[i].mode;
        path.cut[0].seed = wild[i].seed;
        judge(&x, &path, &found);
        if (!found.oracle[0])
            continue;
        sweep_shrink(&x.e, false, &path, &shrunk);
        assert_string_equal(shrunk.oracle, found.oracle);
        assert_int_equal(path.cuts, 1);
        assert_int_equal(path.cut[0].number, plain.cut[0].number);
        assert_int_equal(path.cut[0].when, CUT_BEFORE);
        assert_int_equal(path.cut[0].mode, CUT_NONE);
        assert_int_equal(path.cut[0].seed, 0);
        tried++;
    }
    assert_true(tried > 0);
    explored_close(&x);
}

static void what_does_not_fail_is_left_alone(void **state)
{
    struct explored x = {0};
    const struct explore_options none = {0};
    struct finding f;
    (void)state;
    explored_open_file(&x, SALE, EXPLORE_CORE, &none);
    const struct fault_id path = {.cuts = 2, .cut = {{20, CUT_INSIDE, CUT_TORN, 1}, {1, CUT_BEFORE, CUT_ALL, 0}}};
    struct fault_id same = path;
    sweep_shrink(&x.e, false, &same, &f);
    assert_string_equal(f.oracle, "");
    assert_memory_equal(&same, &path, sizeof path);
    explored_close(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_needless_cut_is_left_out),
        cmocka_unit_test(what_is_left_is_plain),
        cmocka_unit_test(what_does_not_fail_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
