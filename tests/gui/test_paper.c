/* Rows of the roll that a line of paper takes: nothing that was printed is cut off at the edge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gui/window.h"

#include <string.h>

static unsigned rows(unsigned style, const char *text)
{
    struct paper_line line = {.style = style};
    assert_true(strlen(text) < sizeof line.text);
    memcpy(line.text, text, strlen(text) + 1);
    return paper_line_rows(&line);
}

static void a_line_that_is_too_long_goes_on_below(void **state)
{
    (void)state;
    assert_int_equal(rows(0, ""), 1);
    assert_int_equal(rows(0, "PIN ENTERED, NO SIGNATURE NEEDED"), 1);
    assert_int_equal(rows(0, "AID: A0000003330101021234567890A"), 1);
    assert_int_equal(rows(0, "I ACKNOWLEDGE THE ABOVE TRANSACTION"), 2);
    assert_int_equal(rows(PAPER_CENTRE, "NOT CHARGED HERE. ASK THE CARD'S BANK"), 2);
    assert_int_equal(rows(0, "000000000100000000020000000003000000000400000000050000000006000000000700000"), 3);
    assert_int_equal(rows(0, "本机未入账, 请咨询发卡行本机未入账, 请咨询"), 2);
}

static void double_size_takes_two_rows_while_it_fits(void **state)
{
    (void)state;
    assert_int_equal(rows(PAPER_DOUBLE, "AMOUNT: 12.00 CNY"), 2);
    assert_int_equal(rows(PAPER_DOUBLE, "AMOUNT: 5000.00 CNY"), 1); /* struck twice instead */
    assert_int_equal(rows(PAPER_DOUBLE, "AMOUNT: 5000.00 CNY AND WORDS BEHIND IT"), 2);
}

static void a_cut_is_a_row(void **state)
{
    (void)state;
    const struct paper_line cut = {.kind = PAPER_CUT, .style = PAPER_DOUBLE};
    assert_int_equal(paper_line_rows(&cut), 1);
    assert_int_equal(paper_line_rows(NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_is_too_long_goes_on_below),
        cmocka_unit_test(double_size_takes_two_rows_while_it_fits),
        cmocka_unit_test(a_cut_is_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
