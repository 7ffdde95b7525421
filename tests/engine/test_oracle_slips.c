/* The paper against the journal, across power cuts: promises, copies, and slips that never came. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/oracle_support.h"

static const struct firmware_slip words[] = {
    {"TRACE:", "AMOUNT:", "APPROVED", "** COPY **"}, {"凭证号:", "金额:", "交易成功", NULL}, {NULL, NULL, NULL, NULL}};

#define HEAD "SLIP\n"
#define COPY HEAD "** COPY **\n"
#define BODY(trace, amount) "TRACE: " trace "\nAMOUNT: " amount " CNY\n"
#define FOOT "APPROVED\nNO SIGNATURE\n"
#define SLIP5 HEAD BODY("000005", "1.00") FOOT
#define COPY5 COPY BODY("000005", "1.00") FOOT
#define SLIP6 HEAD BODY("000006", "2.00") FOOT
#define CUT "\x18\n"

struct roll_case {
    const char *roll, *verdict, *text;
};

/* In the journal: 5 done with 1.00, 7 refused. */
static void judge_rolls(const struct roll_case *cases, size_t count, bool pending)
{
    struct journal j = {0};
    const struct firmware_sink sink = journal_begin(&j);
    sink.state(sink.ctx, &(struct firmware_state){.print_pending = pending});
    sink.record(sink.ctx, &(struct firmware_record){.trace = 5, .outcome = FIRMWARE_DONE, .amount_cents = 100});
    sink.record(sink.ctx, &(struct firmware_record){.trace = 7, .outcome = FIRMWARE_REFUSED, .amount_cents = 300});
    assert_int_equal(journal_end(&j), OK);
    for (size_t i = 0; i < count; i++) {
        struct verdict v = {"pass", ""};
        judge_roll(cases[i].roll, words, &j, &v);
        if (strcmp(v.name, cases[i].verdict) != 0)
            print_message("roll %zu: ", i);
        assert_verdict(&v, cases[i].verdict, cases[i].text);
    }
    journal_clear(&j);
}
#define JUDGE(cases, pending) judge_rolls(cases, sizeof(cases) / sizeof *(cases), pending)

static void each_approval_ends_on_paper_or_is_due(void **state)
{
    static const struct roll_case due[] = {{"", "pass", NULL}, {"SLIP\nTRA" CUT, "pass", NULL}};
    static const struct roll_case not_due[] = {
        {SLIP5 "\f", "pass", NULL},
        {"", "fail", "trace 000005 is approved, no slip of it was printed and none is due"},
        {SLIP5, "fail", "no slip"}, /* to the last line, and not cut off */
        {HEAD BODY("000005", "1.00") "APPR" CUT, "fail", "no slip"},
        {HEAD BODY("000005", "1.00") "APPR" CUT COPY5 "\f", "pass", NULL},
        {HEAD "TRACE: 0000" CUT COPY5 "\f", "pass", NULL},      /* half a number is no number */
        {HEAD BODY("000005", "1.00") COPY5 "\f", "pass", NULL}, /* the power went between two lines */
        {"SLIP\n凭证号: 000005\n金额: 1.00\n交易成功\n\f", "pass", NULL},
        {"SLIP\nBALANCE: 17.00\n\f" SLIP5 "\f", "pass", NULL},
    };
    (void)state;
    JUDGE(due, true);
    JUDGE(not_due, false);
}

static void what_a_slip_said_before_the_cut_is_promised(void **state)
{
    static const struct roll_case cases[] = {
        {SLIP5 "\f" SLIP6 "\f", "fail", "a slip says \"APPROVED\" for trace 000006, the journal does not"},
        {SLIP5 "\f" SLIP6, "fail", "000006"},
        {SLIP5 "\f" HEAD BODY("000006", "2.00") "APPROVED\nNO SIGN" CUT, "fail", "000006"},
        {SLIP5 "\f" HEAD BODY("000006", "2.00") "APPROVED" CUT, "pass", NULL}, /* half a line says nothing */
        {SLIP5 "\f" HEAD BODY("000007", "3.00") FOOT "\f", "fail", "000007"},
        {SLIP5 "\f" HEAD BODY("000007", "3.00") "DECLINED\n\f", "pass", NULL},
        {HEAD BODY("000005", "1.01") FOOT "\f", "fail", "the slip of trace 000005 says 101 cents, the journal 100"},
        {SLIP5 "\f" HEAD BODY("99999999999", "2.00") FOOT "\f", "fail", "99999999999"},
    };
    (void)state;
    JUDGE(cases, false);
}

static void a_second_slip_says_that_it_is_a_copy(void **state)
{
    static const struct roll_case cases[] = {
        {SLIP5 "\f" SLIP5 "\f", "fail", "the same slip was printed twice"},
        {SLIP5 "\f" COPY5 "\f", "pass", NULL},
        {SLIP5 "\f" COPY5 "\f" COPY5 "\f", "pass", NULL}, /* two boots, each cut before it could note the slip */
        {SLIP5 "\f" COPY5 "\f" SLIP5 "\f", "fail", "twice"},
        {"SLIP\nTRA" CUT COPY5 "\f" COPY5 "\f", "pass", NULL},
        {HEAD BODY("000005", "1.00") "APPR" CUT COPY5 "\f" COPY5 "\f", "pass", NULL},
        {HEAD BODY("000005", "1.00") COPY5 "\f" COPY5 "\f" COPY5 "\f", "pass", NULL},
        {SLIP5 "\f" COPY "TR" CUT COPY5 "\f" COPY "TRACE: 000005\n" COPY5 "\f" COPY5 "\f", "pass", NULL},
        {SLIP5 "\f\f\f", "pass", NULL}, /* paper that was only fed */
    };
    (void)state;
    JUDGE(cases, false);
}

static void a_long_roll_is_judged_in_one_go(void **state)
{
    (void)state;
    static char roll[600 * 80];
    struct journal j = {0};
    struct verdict v = {"pass", ""};
    const struct firmware_sink sink = journal_begin(&j);
    size_t len = 0;
    for (unsigned i = 1; i <= 500; i++) {
        sink.record(sink.ctx, &(struct firmware_record){.trace = i, .outcome = FIRMWARE_DONE, .amount_cents = 100});
        len += (size_t)snprintf(roll + len, sizeof roll - len, "SLIP\nTRACE: %06u\nAMOUNT: 1.00\nAPPROVED\n\f", i);
    }
    assert_int_equal(journal_end(&j), OK);
    judge_roll(roll, words, &j, &v);
    assert_verdict(&v, "pass", NULL);
    roll[len - 2] = 'X';
    judge_roll(roll, words, &j, &v);
    assert_verdict(&v, "pass", NULL);
    memcpy(strstr(roll, "000250"), "000249", 6);
    judge_roll(roll, words, &j, &v);
    assert_verdict(&v, "fail", "trace 000250 is approved, no slip");
    journal_clear(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_approval_ends_on_paper_or_is_due),
        cmocka_unit_test(what_a_slip_said_before_the_cut_is_promised),
        cmocka_unit_test(a_second_slip_says_that_it_is_a_copy),
        cmocka_unit_test(a_long_roll_is_judged_in_one_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
