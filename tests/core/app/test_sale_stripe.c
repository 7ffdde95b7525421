/*
 * Whole sales by stripe, from power-up to idle, against a scripted acquirer: ends, PIN, fallback rules, and a power cut
 * at every storage operation with the books of both sides compared after recovery. The chip path is driven by the
 * scenarios.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/app/shop.h"

#define STRIPE "6210676862310000067=30121010000000000" /* service code 101: no chip, no PIN */
#define STRIPE_PIN "6210676862310000067=30121200000000000"
#define STRIPE_CHIP "6210676862310000067=30122010000000000"

/* ---- ends ---- */

static void an_approved_sale_is_printed(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE));
    assert_true(ft_has_shown(&s->t, "approved"));
    assert_true(ft_has_shown(&s->t, "approved_signature"));
    assert_string_equal(s->t.screen, "idle");
    assert_int_equal(s->t.cuts, 1);
    assert_non_null(strstr(s->t.slip, "AMOUNT: 12.00"));
    assert_int_equal(s->sign_ins, 1);
    assert_null(strstr(s->t.slip, "6210676862310000067"));
    struct books b = inspect(s);
    assert_int_equal(b.done, 1);
    assert_int_equal(b.reversals, 0);
    assert_false(b.print_pending);
    shop_free(s);
}

static void a_swipe_may_come_first(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    RUN(s, SWIPE("idle", STRIPE), KEYS("enter_amount", "500\r"));
    assert_true(ft_has_shown(&s->t, "approved"));
    assert_false(ft_has_shown(&s->t, "insert_card"));
    assert_int_equal(inspect(s).done, 1);
    shop_free(s);
}

static void a_decline_is_shown_and_owes_nothing(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    s->codes[0] = "51";
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE));
    assert_true(ft_has_shown(&s->t, "declined"));
    assert_false(ft_has_shown(&s->t, "approved"));
    struct books b = inspect(s);
    assert_int_equal(b.refused, 1);
    assert_int_equal(b.reversals, 0);
    shop_free(s);
}

static void silence_is_reversed_at_once(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    s->codes[0] = "-";
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE));
    assert_true(ft_has_shown(&s->t, "no_answer"));
    assert_true(ft_has_shown(&s->t, "reversing"));
    assert_int_equal(s->reversals, 1);
    assert_int_equal(s->undone[0], s->booked[0]);
    struct books b = inspect(s);
    assert_int_equal(b.reversed, 1);
    assert_int_equal(b.reversals, 0);
    shop_free(s);
}

static void an_approval_without_mac_is_none(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    char reason[3];
    s->codes[0] = "!";
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE));
    assert_true(ft_has_shown(&s->t, "bad_answer"));
    assert_false(ft_has_shown(&s->t, "approved"));
    assert_int_equal(s->sign_ins, 2);
    assert_int_equal(s->reversals, 1);
    iso_text(&s->t.last, 39, reason, sizeof reason);
    assert_string_equal(reason, "A0");
    assert_int_equal(inspect(s).reversed, 1);
    shop_free(s);
}

static void no_line_sends_nothing(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    RUN(s, POWER_OFF("idle"));
    s->t.line_up = false;
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE));
    assert_true(ft_has_shown(&s->t, "no_line"));
    assert_int_equal(s->sales, 0);
    struct books b = inspect(s);
    assert_int_equal(b.done + b.open + b.reversals, 0);
    shop_free(s);
}

static void a_reversal_that_cannot_be_sent_blocks_sales(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    RUN(s, POWER_OFF("idle"));
    s->host_down = true;
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE), KEYS("idle", "500\r"), SWIPE("insert_card", STRIPE));
    assert_true(ft_has_shown(&s->t, "no_answer"));
    assert_true(ft_has_shown(&s->t, "reversal_blocked"));
    struct books b = inspect(s);
    assert_int_equal(b.open, 1);
    assert_int_equal(b.reversals, 1);
    s->host_down = false;
    RUN(s, KEYS("idle", "500\r"), SWIPE("insert_card", STRIPE));
    assert_true(ft_has_shown(&s->t, "approved"));
    b = inspect(s);
    assert_int_equal(b.reversed, 1);
    assert_int_equal(b.done, 1);
    shop_free(s);
}

/* One round at once after the sale, the next after a minute at rest, and one at power-up. */
static void a_reversal_is_retried_at_rest(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    RUN(s, POWER_OFF("idle"));
    s->deaf = 1 + 3; /* the sale and the first round */
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE), KEYS("reversing", "\x1B"), CARD("idle", -1),
        KEYS("reversing", "\x1B"));
    assert_int_equal(s->reversals, 1);
    assert_true(s->t.now_us >= (4 * 60 + 60) * UINT64_C(1000000));
    assert_int_equal(inspect(s).reversed, 1);

    s->deaf = 1 + 3;
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE), KEYS("reversing", "\x1B"), POWER_OFF("idle"));
    assert_int_equal(inspect(s).reversals, 1);
    RUN(s, POWER_OFF("idle"));
    assert_int_equal(inspect(s).reversed, 2);
    shop_free(s);
}

/* A slip whose printing was cut comes out again, marked, at the next power-up. */
static void a_slip_survives_a_power_cut(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    s->t.paper_for = 4;
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE), POWER_OFF("printer_paper"));
    assert_true(ft_has_shown(&s->t, "approved"));
    assert_true(inspect(s).print_pending);
    s->t.paper_for = 0;
    s->t.paper_out = false;
    s->t.slip[0] = '\0';
    RUN(s, POWER_OFF("idle"));
    assert_non_null(strstr(s->t.slip, "COPY"));
    assert_non_null(strstr(s->t.slip, "APPROVED"));
    assert_int_equal(s->t.cuts, 1);
    assert_false(inspect(s).print_pending);
    shop_free(s);
}

static void brings_paper_with_the_second_sale(struct fake_terminal *t, struct iso_message *request)
{
    struct shop *s = t->host_ctx;
    if (strcmp(request->mti, "0200") == 0 && s->sales == 1) {
        t->paper_for = 0;
        t->paper_out = false;
        t->slip[0] = '\0';
    }
    shop_host(t, request);
}

/* A slip that stayed due for want of paper comes out with the next one; only the older of the two is a copy. */
static void an_older_slip_comes_out_as_a_copy(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    s->t.host = brings_paper_with_the_second_sale;
    s->t.paper_for = 4;
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE), KEYS("printer_paper", "\x1B"), KEYS("idle", "3400\r"),
        SWIPE("insert_card", STRIPE));
    assert_int_equal(s->t.cuts, 2);
    const char *copy = strstr(s->t.slip, "COPY"), *second = strstr(s->t.slip, "AMOUNT: 34.00");
    assert_non_null(copy);
    assert_non_null(second);
    assert_true(copy < strstr(s->t.slip, "AMOUNT: 12.00"));
    assert_null(strstr(copy + 1, "COPY"));
    shop_free(s);
}

/* DOMAIN 5.2: a clock that stands before the newest entry is put right before anything is sold. */
static void a_clock_set_back_asks_for_a_sign_in(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE));
    assert_int_equal(s->sign_ins, 1);
    s->t.clock.hour -= 3;
    RUN(s, POWER_OFF("idle"));
    assert_int_equal(s->sign_ins, 2);
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE));
    assert_int_equal(s->sign_ins, 2);

    s->t.clock.hour -= 3; /* and with nobody there to put it right nothing is */
    s->t.line_up = false;
    RUN(s, KEYS("idle", "1200\r"));
    assert_false(ft_has_shown(&s->t, "insert_card"));
    assert_int_equal(s->sales, 2);
    shop_free(s);
}

static void another_day_begins_with_a_sign_in(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    RUN(s, POWER_OFF("idle"));
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE));
    assert_int_equal(s->sign_ins, 1);
    s->t.clock.day++;
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE));
    assert_int_equal(s->sign_ins, 2);
    shop_free(s);
}

static void a_cancelled_sale_leaves_no_trace(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    RUN(s, KEYS("idle", "12\x1B"), KEYS("idle", "1200\r"), KEYS("insert_card", "\x1B"));
    assert_true(ft_has_shown(&s->t, "cancelled"));
    assert_int_equal(s->sales, 0);
    assert_int_equal(inspect(s).open, 0);
    shop_free(s);
}

/* ---- PIN ---- */

static void a_wrong_pin_is_asked_again_under_a_new_trace(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    s->codes[0] = "55";
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE_PIN), KEYS("enter_pin", "1111\r"),
        KEYS("pin_again", "123456\r"));
    assert_true(ft_has_shown(&s->t, "approved"));
    assert_int_equal(s->sales, 2);
    assert_memory_not_equal(s->pin_block[0], s->pin_block[1], 8);
    struct books b = inspect(s);
    assert_int_equal(b.refused, 1);
    assert_int_equal(b.done, 1);
    shop_free(s);
}

static void pin_tries_are_limited(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    s->codes[0] = s->codes[1] = s->codes[2] = s->codes[3] = "55";
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE_PIN), KEYS("enter_pin", "1111\r"),
        KEYS("pin_again", "1111\r"), KEYS("pin_again", "1111\r"));
    assert_true(ft_has_shown(&s->t, "declined"));
    assert_int_equal(s->sales, 3);
    assert_int_equal(inspect(s).refused, 3);
    shop_free(s);
}

/* ---- keys out of step, closed stripe ---- */

static void a_host_that_lost_the_keys_is_signed_in_to(void **state)
{
    static const char *const codes[] = {"99", "A0", "77"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct shop *s = shop_new("unionpay-intl");
        s->codes[0] = codes[i];
        RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE));
        assert_true(ft_has_shown(&s->t, "declined"));
        assert_int_equal(s->sign_ins, 2);
        assert_int_equal(s->reversals, 0);
        assert_int_equal(inspect(s).refused, 1);
        shop_free(s);
    }
}

static void a_chip_card_is_not_swiped(void **state)
{
    static const char *const profiles[] = {"unionpay-intl", "unionpay-cn"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct shop *s = shop_new(profiles[i]);
        RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE_CHIP), SWIPE("insert_card", STRIPE_CHIP),
            KEYS("insert_card", "\x1B"));
        assert_true(ft_has_shown(&s->t, "use_chip"));
        assert_int_equal(s->sales, 0);
        shop_free(s);
    }
}

static void code_45_says_use_chip(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-intl");
    s->codes[0] = "45";
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE));
    assert_true(ft_has_shown(&s->t, "use_chip"));
    assert_int_equal(inspect(s).refused, 1);
    shop_free(s);
}

/* ---- halts ---- */

static void a_wrong_configuration_stops_the_core(void **state)
{
    (void)state;
    struct shop *s = calloc(1, sizeof *s);
    ft_init(&s->t);
    s->t.screens = screen_catalogue;
    assert_int_equal(app_entry(&s->t.hal), HAL_E_NOENT);
    assert_string_equal(s->t.screen, "config_failed");
    assert_non_null(strstr(s->t.rows[1], "config.json"));
    shop_free(s);
}

/* ---- power ---- */

static void a_cut_at_any_storage_operation_keeps_the_books_equal(void **state)
{
    static const struct fake_act sale[] = {KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE)};
    (void)state;
    for (int how = 0; how < FAKE_SURVIVALS; how++) {
        bool cut = true;
        for (long at = 1; cut; at++) {
            struct shop *s = shop_new("unionpay-intl");
            s->t.fs.operation = 0;
            s->t.fs.cut_at = at;
            run(s, sale, 2);
            cut = s->t.fs.off;
            bool approved = ft_has_shown(&s->t, "approved");
            long calls = s->t.fs.calls_after_cut;
            fake_reboot(&s->t.fs, (enum fake_survival)how);
            compare_books(s, at);
            if (approved)
                assert_int_equal(inspect(s).done, 1);
            assert_true(calls < 40); /* unwinding, not going on */
            shop_free(s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approved_sale_is_printed),
        cmocka_unit_test(a_swipe_may_come_first),
        cmocka_unit_test(a_decline_is_shown_and_owes_nothing),
        cmocka_unit_test(silence_is_reversed_at_once),
        cmocka_unit_test(an_approval_without_mac_is_none),
        cmocka_unit_test(no_line_sends_nothing),
        cmocka_unit_test(a_reversal_that_cannot_be_sent_blocks_sales),
        cmocka_unit_test(a_reversal_is_retried_at_rest),
        cmocka_unit_test(a_slip_survives_a_power_cut),
        cmocka_unit_test(an_older_slip_comes_out_as_a_copy),
        cmocka_unit_test(a_clock_set_back_asks_for_a_sign_in),
        cmocka_unit_test(another_day_begins_with_a_sign_in),
        cmocka_unit_test(a_cancelled_sale_leaves_no_trace),
        cmocka_unit_test(a_wrong_pin_is_asked_again_under_a_new_trace),
        cmocka_unit_test(pin_tries_are_limited),
        cmocka_unit_test(a_host_that_lost_the_keys_is_signed_in_to),
        cmocka_unit_test(a_chip_card_is_not_swiped),
        cmocka_unit_test(code_45_says_use_chip),
        cmocka_unit_test(a_wrong_configuration_stops_the_core),
        cmocka_unit_test(a_cut_at_any_storage_operation_keeps_the_books_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
