/*
 * Each function of the store is one commit, wherever the power is cut.
 *
 * The sweeps cut the power at every storage operation of a sequence, for four ideas of what survives, and then
 * compare what inspect() tells with the same sequence played without a cut: after k finished calls it must be the
 * state after k or after k + 1 calls, nothing else.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/store/sale.h"

#define SEEDS 3 /* per cut, for the survivals that draw lots */

static const struct sequence {
    const char *name;
    int warm_up; /* commits before it, so that the checkpoint falls inside */
    step_fn *steps[8];
} sequences[] = {
    {"approved", 0, {do_trace, do_open, do_answered, do_approve, do_printed}},
    {"approved, with the checkpoint", 28, {do_trace, do_open, do_answered, do_approve, do_printed}},
    {"not sent", 0, {do_open, do_not_sent}},
    {"declined, and the card asks for an advice", 0, {do_open, do_answered, do_refuse, do_advice}},
    {"no answer, reversal twice", 0, {do_open, do_tried, do_tried, do_reversed}},
    {"card failed after approval", 0, {do_open, do_answered, do_keep, do_tried, do_reversed}},
    {"approved by the card", 0, {do_trace, do_intent, do_approve_offline, do_printed, do_uploaded}},
    {"approved by the card, with the checkpoint", 28, {do_trace, do_intent, do_approve_offline, do_printed, do_uploaded}},
    {"upload refused for good", 0, {do_intent, do_approve_offline, do_upload_refused, do_upload_refused, do_printed}},
    {"intent withdrawn", 0, {do_intent, do_withdraw, do_open}},
    {"intent declined", 0, {do_intent, do_refuse}},
    {"intent disclosed", 0, {do_intent, do_disclose, do_printed}},
    {"sign-in", 0, {do_sign_in, do_trace}},
    {"sign-in, with the checkpoint", 31, {do_sign_in, do_trace}},
    {"settings and traces over a checkpoint", 29, {do_setting, do_trace, do_trace, do_trace}},
};

static void prepare(struct fake_fs *fs, int warm_up)
{
    struct hal hal = fake_hal(fs);
    struct store *s = NULL;
    fake_init(fs);
    assert_int_equal(store_open(&hal, &s), OK);
    for (int i = 0; i < warm_up; i++)
        assert_int_equal(do_trace(s), OK);
    store_close(s);
    fake_reboot(fs, FAKE_ALL);
}

/* Opens and plays until a step fails; the number of steps that returned OK, -1 if it did not open. */
static int play(struct fake_fs *fs, const struct sequence *q, int *status)
{
    struct hal hal = fake_hal(fs);
    struct store *s = NULL;
    int done = 0;
    *status = store_open(&hal, &s);
    if (*status != OK)
        return -1;
    while (q->steps[done] && (*status = q->steps[done](s)) == OK)
        done++;
    store_close(s);
    return done;
}

static void cut_once(const struct fake_fs *start, const struct sequence *q, struct words *expected, long at,
                     enum fake_survival how, uint32_t seed, bool *finished)
{
    struct fake_fs fs;
    struct words seen;
    int status;
    fake_clone(&fs, start);
    fs.cut_at = at;
    fs.random = seed;
    int done = play(&fs, q, &status);
    *finished = !fs.off;
    if (!*finished) {
        assert_int_equal(status, HAL_E_POWER);
        assert_int_equal(fs.calls_after_cut, 0);
    }
    fake_reboot(&fs, how);

    struct hal hal = fake_hal(&fs);
    struct store *s = NULL;
    assert_int_equal(store_open(&hal, &s), OK); /* mends the end of the log */
    store_close(s);
    fake_reboot(&fs, FAKE_ALL);
    uint64_t before = fake_hash(&fs);
    assert_int_equal(store_open(&hal, &s), OK);
    assert_true(fake_hash(&fs) == before); /* recovery only reads */
    look(&fs, &seen);
    int k = done < 0 ? 0 : done;
    bool as_before = strcmp(seen.text, expected[k].text) == 0;
    bool as_after = q->steps[k] && strcmp(seen.text, expected[k + 1].text) == 0;
    if (!as_before && !as_after)
        fail_msg("%s, cut at %ld, survival %d seed %u:\n%safter %d steps, not\n%s", q->name, at, how, seed,
                 seen.text, k, expected[k].text);
    assert_int_equal(do_trace(s), OK); /* and it can be worked with */
    store_close(s);
    fake_clear(&fs);
}

static void every_cut_leaves_before_or_after(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        const struct sequence *q = &sequences[i];
        struct words *expected = calloc(9, sizeof *expected);
        struct fake_fs start, fs;
        prepare(&start, q->warm_up);

        fake_clone(&fs, &start);
        struct hal hal = fake_hal(&fs);
        struct store *s = NULL;
        assert_int_equal(store_open(&hal, &s), OK);
        look(&fs, &expected[0]);
        for (int k = 0; q->steps[k]; k++) {
            assert_int_equal(q->steps[k](s), OK);
            look(&fs, &expected[k + 1]);
        }
        store_close(s);
        fake_clear(&fs);

        bool finished = false;
        for (long at = 1; !finished; at++) {
            assert_true(at < 1000);
            for (int how = 0; how < FAKE_SURVIVALS; how++)
                for (uint32_t seed = 1; seed <= (how < FAKE_SOME ? 1 : SEEDS); seed++)
                    cut_once(&start, q, expected, at, (enum fake_survival)how, seed, &finished);
        }
        fake_clear(&start);
        free(expected);
    }
}

/* The first boot: cut at every operation, and again at every operation of the boot after it. */
static void every_cut_of_the_creation_is_survived(void **state)
{
    (void)state;
    bool finished = false;
    for (long at = 1; !finished; at++) {
        for (int run = 0; run < 2 + 2 * SEEDS; run++) {
            int how = run < 2 ? run : FAKE_SOME + run % 2;
            bool again_finished = false;
            for (long again = 1; !again_finished; again += 3) {
                struct fake_fs fs;
                fake_init(&fs);
                struct hal hal = fake_hal(&fs);
                struct store *s = NULL;
                fs.random = (uint32_t)run + 1;
                fs.cut_at = at;
                int status = store_open(&hal, &s);
                finished = !fs.off;
                assert_int_equal(status, fs.off ? HAL_E_POWER : OK);
                store_close(status == OK ? s : NULL);
                assert_int_equal(fs.calls_after_cut, 0);
                fake_reboot(&fs, (enum fake_survival)how);
                struct words seen;
                look(&fs, &seen);
                assert_int_equal(seen.records, 0);

                fs.cut_at = again;
                status = store_open(&hal, &s);
                again_finished = !fs.off;
                assert_int_equal(status, fs.off ? HAL_E_POWER : OK);
                store_close(status == OK ? s : NULL);
                fake_reboot(&fs, (enum fake_survival)how);

                assert_int_equal(store_open(&hal, &s), OK);
                assert_int_equal(do_open(s), OK);
                store_close(s);
                fake_reboot(&fs, FAKE_SYNCED_ONLY);
                look(&fs, &seen);
                assert_int_equal(seen.reversals, 1);
                fake_clear(&fs);
            }
        }
    }
}

static void a_boot_with_nothing_to_do_writes_nothing(void **state)
{
    (void)state;
    struct fake_fs fs;
    prepare(&fs, 3);
    struct hal hal = fake_hal(&fs);
    uint64_t before = fake_hash(&fs);
    for (int i = 0; i < 3; i++) {
        struct store *s = NULL;
        assert_int_equal(store_open(&hal, &s), OK);
        assert_int_equal(setting_set(s, "trace", 3), OK); /* it is 3 already */
        store_close(s);
        assert_int_equal(fs.operation, 0);
        assert_true(fake_hash(&fs) == before);
        fake_reboot(&fs, FAKE_SYNCED_ONLY);
    }
    fake_clear(&fs);
}

/* Full or failing storage at any operation: the call succeeds (it was the checkpoint that failed), or it fails by name,
 * has changed nothing, and can be repeated. */
static void a_failing_operation_changes_nothing(void **state)
{
    (void)state;
    static const int statuses[] = {HAL_E_FULL, HAL_E_IO};
    struct fake_fs start;
    struct words before, after, seen;
    struct journal_reversal reversal;
    prepare(&start, 25);
    look(&start, &before);
    for (size_t i = 0; i < 2; i++) {
        for (long at = 1;; at++) {
            struct fake_fs fs;
            fake_clone(&fs, &start);
            struct hal hal = fake_hal(&fs);
            struct store *s = NULL;
            assert_int_equal(store_open(&hal, &s), OK);
            fs.fail_at = at;
            fs.fail_status = statuses[i];
            int status = do_open(s);
            long operations = fs.operation;
            look(&fs, &seen); /* as a reboot now would find it: the commit may be in the log */
            if (status != OK) {
                /* a sync that fails has no say of its own in SQLite: it is an I/O error */
                assert_true(status == statuses[i] || status == HAL_E_IO);
                assert_int_equal(reversal_pending(s, &reversal), E_NOTFOUND);
                assert_int_equal(do_open(s), OK);
            }
            look(&fs, &after);
            assert_int_equal(after.reversals, 1);
            assert_true(strcmp(seen.text, before.text) == 0 || strcmp(seen.text, after.text) == 0);
            store_close(s);
            fake_clear(&fs);
            if (operations < at)
                break;
        }
    }
    fake_clear(&start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boot_with_nothing_to_do_writes_nothing),
        cmocka_unit_test(a_failing_operation_changes_nothing),
        cmocka_unit_test(every_cut_of_the_creation_is_survived),
        cmocka_unit_test(every_cut_leaves_before_or_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
