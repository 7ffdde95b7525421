/* The journal in memory: looked up in every order, from images that tell too much or do not end their texts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/oracle_support.h"

static void tell(struct journal *j, size_t count, size_t stride)
{
    const struct firmware_sink sink = journal_begin(j);
    for (size_t i = 0; i < count; i++) {
        size_t n = i * stride % count;
        const struct firmware_record r = {.batch = 1 + (uint32_t)n / 100, .trace = 1 + (uint32_t)n, .amount_cents = n};
        sink.record(sink.ctx, &r);
    }
    assert_int_equal(journal_end(j), OK);
}

static void five_hundred_records_are_found_in_any_order(void **state)
{
    (void)state;
    struct journal j = {0};
    for (size_t stride = 1; stride < 500; stride += 2) {
        if (stride % 5 == 0)
            continue; /* not every record would be told */
        tell(&j, 500, stride);
        assert_int_equal(j.records, 500);
        for (uint32_t n = 0; n < 500; n++) {
            assert_int_equal(journal_find(&j, 1 + n / 100, 1 + n)->amount_cents, n);
            assert_ptr_equal(journal_find(&j, 1 + n / 100, 1 + n), journal_find_trace(&j, 1 + n));
            assert_null(journal_find(&j, 7, 1 + n));
        }
        assert_null(journal_find(&j, 1, 0));
        assert_null(journal_find_trace(&j, 501));
        assert_null(journal_find(&j, UINT32_MAX, UINT32_MAX));
    }
    tell(&j, 3, 1); /* memory is used again, and nothing of before is left */
    assert_int_equal(j.records, 3);
    assert_null(journal_find_trace(&j, 4));
    tell(&j, 0, 1);
    assert_null(journal_find_trace(&j, 1));
    journal_clear(&j);
}

static void of_equals_the_first_and_of_a_trace_the_last_is_told(void **state)
{
    (void)state;
    struct journal j = {0};
    const struct firmware_sink sink = journal_begin(&j);
    sink.record(sink.ctx, &(struct firmware_record){.batch = 2, .trace = 5, .amount_cents = 1});
    sink.record(sink.ctx, &(struct firmware_record){.batch = 1, .trace = 5, .amount_cents = 2});
    sink.record(sink.ctx, &(struct firmware_record){.batch = 2, .trace = 5, .amount_cents = 3});
    sink.reversal(sink.ctx, &(struct firmware_reversal){.batch = 2, .trace = 5});
    assert_int_equal(journal_end(&j), OK);
    assert_int_equal(journal_find(&j, 2, 5)->amount_cents, 1);
    assert_int_equal(journal_find_trace(&j, 5)->amount_cents, 3);
    assert_non_null(journal_due(&j, 2, 5));
    assert_null(journal_due(&j, 1, 5));
    struct verdict v = {"pass", ""};
    oracle_journal(&(struct evidence){.journal = &j}, &v);
    assert_verdict(&v, "fail", "trace 000005 of batch 000002 stands twice");
    journal_clear(&j);
}

static void texts_end_and_rows_have_a_limit(void **state)
{
    (void)state;
    struct journal j = {0};
    struct firmware_record r = {.trace = 1};
    memset(r.masked_pan, 'x', sizeof r.masked_pan);
    memset(r.response, 'x', sizeof r.response);
    const struct firmware_sink sink = journal_begin(&j);
    for (unsigned i = 0; i <= JOURNAL_RECORDS_MAX; i++, r.trace++)
        sink.record(sink.ctx, &r);
    assert_int_equal(journal_end(&j), OK);
    assert_int_equal(strlen(j.record[0].masked_pan), sizeof r.masked_pan - 1);
    assert_int_equal(strlen(j.record[0].response), sizeof r.response - 1);
    assert_int_equal(j.records, JOURNAL_RECORDS_MAX);
    assert_true(j.overflow);
    struct verdict v = {"pass", ""};
    oracle_journal(&(struct evidence){.journal = &j}, &v);
    assert_verdict(&v, "fail", "more than");
    assert_string_equal(journal_outcome((enum firmware_outcome)77), "?");
    journal_clear(&j);
}

static void totals_and_the_next_trace_follow_from_the_records(void **state)
{
    static const struct {
        struct firmware_state state;
        const char *verdict, *text;
    } cases[] = {
        {{.next_trace = 3, .batch = 1, .debit_cents = 100, .debit_count = 1}, "pass", NULL},
        {{.next_trace = 3, .batch = 1, .debit_cents = 101, .debit_count = 1}, "fail", "totals say 1 of 101 cents"},
        {{.next_trace = 3, .batch = 1, .debit_cents = 100, .debit_count = 2}, "fail", "totals say 2 of 100 cents"},
        {{.next_trace = 2, .batch = 1, .debit_cents = 100, .debit_count = 1}, "fail", "000002 is in use"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct journal j = {0};
        struct verdict v = {"pass", ""};
        const struct firmware_sink sink = journal_begin(&j);
        sink.state(sink.ctx, &cases[i].state);
        sink.record(sink.ctx,
                    &(struct firmware_record){.batch = 1, .trace = 1, .outcome = FIRMWARE_DONE, .amount_cents = 100});
        sink.record(sink.ctx,
                    &(struct firmware_record){.batch = 1, .trace = 2, .outcome = FIRMWARE_REVERSED, .amount_cents = 5});
        assert_int_equal(journal_end(&j), OK);
        oracle_journal(&(struct evidence){.journal = &j}, &v);
        assert_verdict(&v, cases[i].verdict, cases[i].text);
        journal_clear(&j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_hundred_records_are_found_in_any_order),
        cmocka_unit_test(of_equals_the_first_and_of_a_trace_the_last_is_told),
        cmocka_unit_test(texts_end_and_rows_have_a_limit),
        cmocka_unit_test(totals_and_the_next_trace_follow_from_the_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
