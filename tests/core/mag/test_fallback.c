/* Every row of the fallback tables (DOMAIN 1.2, 1.3, 1.5) in each mode, and the three conditions of a permit. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/mag/fallback.h"

#include <string.h>

#define AMOUNT 1000
#define DOMESTIC_CHIP "6210670000000069D3012220123456789"
#define FOREIGN_CHIP "5413330089600044D3012201012340917"
#define DOMESTIC_STRIPE "6210670000000069D3012520123456789"
#define FOREIGN_STRIPE "5413330089600044D3012101012340917"
#define NO_SERVICE_CODE "5413330089600044DD12345"

static struct fallback_policy policy(enum fallback_mode mode)
{
    return (struct fallback_policy){.mode = mode, .attempts = 2, .empty_list_permits = true, .domestic_bin = {"62"}};
}

static struct track2 track(const char *text)
{
    struct track2 t;
    assert_int_equal(track2_parse(text, &t), OK);
    /* Make the account number pass Luhn, so that the rows differ in one thing only. */
    for (char c = '0'; c <= '9' && !luhn_ok(t.pan); c++)
        t.pan[strlen(t.pan) - 1] = c;
    return t;
}

static void test_outcomes(void **state)
{
    (void)state;
    const struct {
        enum chip_outcome outcome;
        enum fallback_next first, second[3]; /* second: forbidden, foreign, allowed */
    } rows[] = {
        {CHIP_NOT_TRIED, FALLBACK_RETRY_CHIP, {FALLBACK_RETRY_CHIP, FALLBACK_RETRY_CHIP, FALLBACK_RETRY_CHIP}},
        {CHIP_FAILED_EARLY, FALLBACK_RETRY_CHIP, {FALLBACK_USE_CHIP, FALLBACK_OPEN_STRIPE, FALLBACK_OPEN_STRIPE}},
        {CHIP_CARD_BLOCKED, FALLBACK_END, {FALLBACK_END, FALLBACK_END, FALLBACK_END}},
        {CHIP_APP_BLOCKED, FALLBACK_END, {FALLBACK_END, FALLBACK_END, FALLBACK_END}},
        {CHIP_CANCELLED, FALLBACK_END, {FALLBACK_END, FALLBACK_END, FALLBACK_END}},
        {CHIP_REMOVED, FALLBACK_END, {FALLBACK_END, FALLBACK_END, FALLBACK_END}},
        {CHIP_FAILED_LATE, FALLBACK_END, {FALLBACK_END, FALLBACK_END, FALLBACK_END}},
        {CHIP_DECIDED, FALLBACK_END, {FALLBACK_END, FALLBACK_END, FALLBACK_END}},
    };
    for (int mode = FALLBACK_FORBIDDEN; mode <= FALLBACK_ALLOWED; mode++) {
        struct fallback_policy p = policy((enum fallback_mode)mode);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct fallback_state s = {0};
            assert_int_equal(fallback_after_chip(&p, &s, rows[i].outcome, AMOUNT, 10), rows[i].first);
            assert_int_equal(fallback_after_chip(&p, &s, rows[i].outcome, AMOUNT, 20), rows[i].second[mode]);
        }
    }
}

/* A broken reader and an empty list would end the same way again: no second attempt. */
static void test_outcomes_that_need_no_retry(void **state)
{
    (void)state;
    const enum fallback_next expected[] = {FALLBACK_USE_CHIP, FALLBACK_OPEN_STRIPE, FALLBACK_OPEN_STRIPE};
    for (int mode = FALLBACK_FORBIDDEN; mode <= FALLBACK_ALLOWED; mode++) {
        struct fallback_policy p = policy((enum fallback_mode)mode);
        struct fallback_state s = {0};
        assert_int_equal(fallback_after_chip(&p, &s, CHIP_READER_BROKEN, AMOUNT, 1), expected[mode]);
        s = (struct fallback_state){0};
        assert_int_equal(fallback_after_chip(&p, &s, CHIP_EMPTY_LIST, AMOUNT, 1), expected[mode]);
        s = (struct fallback_state){0};
        p.empty_list_permits = false;
        assert_int_equal(fallback_after_chip(&p, &s, CHIP_EMPTY_LIST, AMOUNT, 1), FALLBACK_END);
        assert_int_equal(s.failures, 0);
    }
}

static void test_swipes(void **state)
{
    (void)state;
    const struct {
        const char *track;
        enum swipe_verdict without, with[3]; /* without a chip failure; with: forbidden, foreign, allowed */
    } rows[] = {
        {DOMESTIC_STRIPE, SWIPE_NORMAL, {SWIPE_NORMAL, SWIPE_NOT_CHIP, SWIPE_NOT_CHIP}},
        {FOREIGN_STRIPE, SWIPE_NORMAL, {SWIPE_NORMAL, SWIPE_NOT_CHIP, SWIPE_NOT_CHIP}},
        {NO_SERVICE_CODE, SWIPE_NORMAL, {SWIPE_NORMAL, SWIPE_NOT_CHIP, SWIPE_NOT_CHIP}},
        {DOMESTIC_CHIP, SWIPE_USE_CHIP, {SWIPE_USE_CHIP, SWIPE_USE_CHIP, SWIPE_FALLBACK}},
        {FOREIGN_CHIP, SWIPE_USE_CHIP, {SWIPE_USE_CHIP, SWIPE_FALLBACK, SWIPE_FALLBACK}},
    };
    const struct fallback_state none = {0}, one = {1, 5}, failed = {2, 5};
    for (int mode = FALLBACK_FORBIDDEN; mode <= FALLBACK_ALLOWED; mode++) {
        struct fallback_policy p = policy((enum fallback_mode)mode);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct track2 t = track(rows[i].track);
            assert_int_equal(fallback_judge_swipe(&p, &none, &t, true, AMOUNT, 10), rows[i].without);
            assert_int_equal(fallback_judge_swipe(&p, &one, &t, true, AMOUNT, 10), rows[i].without);
            assert_int_equal(fallback_judge_swipe(&p, &failed, &t, true, AMOUNT, 10), rows[i].with[mode]);
            assert_int_equal(fallback_judge_swipe(&p, &failed, &t, false, AMOUNT, 10), SWIPE_BAD);
        }
    }
}

static void test_service_codes(void **state)
{
    (void)state;
    struct fallback_policy p = policy(FALLBACK_FORBIDDEN);
    const struct fallback_state none = {0};
    struct track2 t = track(FOREIGN_CHIP);
    for (char c = '0'; c <= '9'; c++) {
        t.service_code[0] = c;
        assert_int_equal(fallback_judge_swipe(&p, &none, &t, true, AMOUNT, 0),
                         c == '2' || c == '6' ? SWIPE_USE_CHIP : SWIPE_NORMAL);
    }
}

static void test_luhn(void **state)
{
    (void)state;
    struct fallback_policy p = policy(FALLBACK_ALLOWED);
    struct track2 t = track(FOREIGN_STRIPE);
    char *last = &t.pan[strlen(t.pan) - 1];
    *last = *last == '9' ? '0' : (char)(*last + 1);
    assert_int_equal(fallback_judge_swipe(&p, &(struct fallback_state){0}, &t, true, AMOUNT, 0), SWIPE_BAD);
}

static void test_limit(void **state)
{
    (void)state;
    struct fallback_policy p = policy(FALLBACK_ALLOWED);
    struct track2 t = track(FOREIGN_CHIP);
    const struct fallback_state failed = {2, 0};
    struct fallback_state s = {1, 0};
    p.limit_cents = AMOUNT;
    assert_int_equal(fallback_judge_swipe(&p, &failed, &t, true, AMOUNT, 0), SWIPE_FALLBACK);
    assert_int_equal(fallback_judge_swipe(&p, &failed, &t, true, AMOUNT + 1, 0), SWIPE_USE_CHIP);
    assert_int_equal(fallback_after_chip(&p, &s, CHIP_FAILED_EARLY, AMOUNT + 1, 0), FALLBACK_USE_CHIP);
}

static void test_window(void **state)
{
    (void)state;
    struct fallback_policy p = policy(FALLBACK_ALLOWED);
    struct track2 t = track(FOREIGN_CHIP);
    const struct fallback_state failed = {2, 1000};
    struct fallback_state s = {1, 1000};
    p.window_us = 100;
    assert_int_equal(fallback_judge_swipe(&p, &failed, &t, true, AMOUNT, 1100), SWIPE_FALLBACK);
    assert_int_equal(fallback_judge_swipe(&p, &failed, &t, true, AMOUNT, 1101), SWIPE_USE_CHIP);
    assert_int_equal(fallback_after_chip(&p, &s, CHIP_FAILED_EARLY, AMOUNT, 1101), FALLBACK_RETRY_CHIP);
    assert_int_equal(s.failures, 1);
}

static void test_attempts_are_one_to_three(void **state)
{
    (void)state;
    const struct {
        uint8_t configured, needed;
    } rows[] = {{0, 1}, {1, 1}, {2, 2}, {3, 3}, {200, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fallback_policy p = policy(FALLBACK_ALLOWED);
        struct fallback_state s = {0};
        uint8_t tries = 1;
        p.attempts = rows[i].configured;
        while (fallback_after_chip(&p, &s, CHIP_FAILED_EARLY, AMOUNT, 0) == FALLBACK_RETRY_CHIP && tries < 10)
            tries++;
        assert_int_equal(tries, rows[i].needed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes), cmocka_unit_test(test_outcomes_that_need_no_retry),
        cmocka_unit_test(test_swipes),   cmocka_unit_test(test_service_codes),
        cmocka_unit_test(test_luhn),     cmocka_unit_test(test_limit),
        cmocka_unit_test(test_window),   cmocka_unit_test(test_attempts_are_one_to_three),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
