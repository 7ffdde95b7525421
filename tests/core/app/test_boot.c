/*
 * A boot with nothing to do leaves the storage byte for byte as it is: whatever is due and cannot be done, however
 * often the terminal is switched on. Otherwise a terminal in a loop of restarts would wear its storage out, and no
 * search over power cuts would come to an end.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/app/shop.h"

#define STRIPE "6210676862310000067=30121010000000000" /* service code 101: no chip, no PIN */

static void refuses_sign_in(struct fake_terminal *t, struct iso_message *request)
{
    struct iso_message answer;
    ft_reply(request, "97", &answer);
    ft_answer(t, &answer, false);
}

static void sell(struct shop *s, const char *code)
{
    s->codes[0] = code;
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE), POWER_OFF("idle"));
}

/* ---- how the terminal was left ---- */

static void never_signed_in(struct shop *s)
{
    s->t.line_up = false;
    RUN(s, POWER_OFF("idle"));
}

static void after_a_sale(struct shop *s)
{
    sell(s, NULL);
    assert_int_equal(inspect(s).done, 1);
}

static void after_a_decline(struct shop *s)
{
    sell(s, "51");
    assert_int_equal(inspect(s).refused, 1);
}

static void with_a_reversal(struct shop *s)
{
    RUN(s, POWER_OFF("idle"));
    s->host_down = true;
    sell(s, NULL);
    assert_int_equal(inspect(s).reversals, 1);
}

static void with_a_reversal_tried_to_the_end(struct shop *s)
{
    with_a_reversal(s);
    for (unsigned i = 0; i < STORE_TRIES_MAX; i++)
        RUN(s, POWER_OFF("idle"));
}

static void with_a_slip(struct shop *s)
{
    s->t.paper_for = 1;
    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE), POWER_OFF("printer_paper"));
    assert_true(inspect(s).print_pending);
}

static void on_another_day(struct shop *s)
{
    after_a_sale(s);
    s->t.clock.day++;
    s->host_down = true;
    RUN(s, POWER_OFF("idle")); /* this boot ends being signed in, once */
}

/* ---- what the boots meet ---- */

static void all_is_well(struct shop *s)
{
    s->host_down = false;
    s->t.line_up = true;
}

static void no_line(struct shop *s)
{
    s->t.line_up = false;
}

static void silence(struct shop *s)
{
    s->t.line_up = s->host_down = true;
}

static void refusal(struct shop *s)
{
    s->t.line_up = true;
    s->t.host = refuses_sign_in;
}

static const struct boot {
    void (*left)(struct shop *s);
    void (*met)(struct shop *s);
} boots[] = {
    {never_signed_in, no_line},
    {never_signed_in, silence},
    {never_signed_in, refusal},
    {after_a_sale, all_is_well},
    {after_a_sale, no_line},
    {after_a_sale, silence},
    {after_a_decline, all_is_well},
    {after_a_decline, no_line},
    {with_a_reversal, no_line},
    {with_a_reversal_tried_to_the_end, no_line},
    {with_a_reversal_tried_to_the_end, silence},
    {with_a_slip, all_is_well},
    {on_another_day, no_line},
    {on_another_day, silence},
    {on_another_day, refusal},
};

static void a_boot_with_nothing_to_do_writes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof boots / sizeof *boots; i++) {
        struct shop *s = shop_new("unionpay-intl");
        boots[i].left(s);
        boots[i].met(s);
        fake_reboot(&s->t.fs, FAKE_ALL);
        RUN(s, POWER_OFF("idle")); /* mends the end of the log, if the power loss took its padding */
        fake_reboot(&s->t.fs, FAKE_ALL);
        uint64_t before = fake_hash(&s->t.fs);
        for (int times = 0; times < 3; times++) {
            RUN(s, POWER_OFF("idle"));
            if (s->t.fs.operation || fake_hash(&s->t.fs) != before)
                print_message("row %zu: %ld operations\n", i, s->t.fs.operation);
            assert_int_equal(s->t.fs.operation, 0);
            assert_true(fake_hash(&s->t.fs) == before);
            fake_reboot(&s->t.fs, FAKE_ALL);
        }
        shop_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boot_with_nothing_to_do_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
