/* Reversals: once and only once, tombstones for originals that come later, and what does not fit (DOMAIN 5.3). */
#include "tests/sim/host/peer.h"

static void undoes_the_original_once(void **state)
{
    struct peer p;
    struct iso_message sale, back;
    const struct host_entry *e;
    (void)state;
    peer_open(&p, 3);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &sale, 700);
    peer_ask(&p, &sale);
    peer_reversal(&sale, &back, "98");
    peer_ask(&p, &back);
    assert_string_equal(p.answer.mti, "0410");
    assert_string_equal(p.code, "00");
    assert_true(peer_mac_right(&p));
    assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), 100000);
    assert_int_equal(peer_entries(&p, &e), 2);
    assert_int_equal(e[1].kind, HOST_REVERSED);
    assert_int_equal(e[1].of, e[0].number);
    assert_int_equal(e[1].amount_cents, 700);
    assert_string_equal(e[1].debit, e[0].credit);
    assert_string_equal(e[1].credit, e[0].debit);
    peer_reversal(&sale, &back, "06"); /* a repeat may know more: still one transaction */
    peer_ask(&p, &back);
    assert_string_equal(p.code, "00");
    assert_int_equal(peer_entries(&p, &e), 2);
    peer_ask(&p, &sale);
    assert_string_equal(p.code, "94");
    assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), 100000);
    peer_close(&p);
}

static void before_its_original_leaves_a_tombstone(void **state)
{
    struct peer p;
    struct iso_message sale, back;
    const struct host_entry *e;
    (void)state;
    peer_open(&p, 3);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &sale, 700);
    peer_sign(&p, &sale);
    peer_reversal(&sale, &back, "98");
    for (int i = 0; i < 3; i++) {
        peer_ask(&p, &back);
        assert_string_equal(p.code, "25");
    }
    assert_int_equal(peer_entries(&p, &e), 1);
    assert_int_equal(e[0].kind, HOST_TOMBSTONE);
    assert_int_equal(e[0].trace, p.trace);
    for (int i = 0; i < 2; i++) {
        peer_send(&p, &sale);
        assert_string_equal(p.code, "12");
    }
    assert_int_equal(peer_entries(&p, &e), 1);
    assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), 100000);
    peer_stripe_sale(&p, &sale, 700); /* the next trace number is not hit by it */
    peer_ask(&p, &sale);
    assert_string_equal(p.code, "00");
    peer_close(&p);
}

static void what_does_not_fit_is_not_done(void **state)
{
    static const struct {
        uint8_t de;
        const char *value, *code;
    } cases[] = {
        {4, "000000000701", "64"}, {3, "200000", "30"},         {2, PEER_DEAR_PAN, "30"},
        {41, "10000009", "97"},    {60, "2200000100051", "00"}, {2, PEER_STRIPE_PAN, "00"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer p;
        struct iso_message sale, back;
        const struct host_entry *e;
        peer_open(&p, 3);
        peer_sign_in(&p);
        peer_stripe_sale(&p, &sale, 700);
        peer_ask(&p, &sale);
        peer_reversal(&sale, &back, "98");
        iso_set_text(&back, cases[i].de, cases[i].value);
        peer_ask(&p, &back);
        if (strcmp(p.code, cases[i].code) != 0)
            fail_msg("case %zu: %s", i, p.result.what);
        assert_int_equal(peer_entries(&p, &e), strcmp(p.code, "00") == 0 ? 2 : 1);
        peer_close(&p);
    }
}

static void wrong_mac_is_not_processed(void **state)
{
    struct peer p;
    struct iso_message sale, back;
    const struct host_entry *e;
    (void)state;
    peer_open(&p, 3);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &sale, 700);
    peer_ask(&p, &sale);
    peer_reversal(&sale, &back, "98");
    peer_send(&p, &back);
    assert_string_equal(p.code, "A0");
    iso_clear(&back, 39);
    peer_ask(&p, &back);
    assert_string_equal(p.code, "30");
    assert_int_equal(peer_entries(&p, &e), 1);
    peer_sign_in(&p); /* after which the same reversal goes out under the new MAK */
    peer_reversal(&sale, &back, "A0");
    peer_ask(&p, &back);
    assert_string_equal(p.code, "00");
    peer_close(&p);
}

static void of_a_declined_sale(void **state)
{
    struct peer p;
    struct iso_message sale, back;
    const struct host_entry *e;
    (void)state;
    peer_open(&p, 3);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &sale, 100001);
    peer_ask(&p, &sale);
    assert_string_equal(p.code, "51");
    peer_reversal(&sale, &back, "98");
    peer_ask(&p, &back);
    assert_string_equal(p.code, "12");
    assert_int_equal(peer_entries(&p, &e), 0);
    peer_close(&p);
}

/* What was approved in part is given back in part, whichever amount the terminal names. */
static void of_a_partial_approval(void **state)
{
    (void)state;
    for (int named_approved = 0; named_approved < 2; named_approved++) {
        struct peer p;
        struct iso_message sale, back;
        peer_open(&p, 3);
        peer_sign_in(&p);
        peer_swipe(&p, &sale, PEER_DEAR_PAN "D30121010000000000", 800, "000511");
        peer_ask(&p, &sale);
        assert_string_equal(p.code, "10");
        peer_reversal(&sale, &back, "98");
        if (named_approved)
            iso_set_number(&back, 4, 500);
        peer_ask(&p, &back);
        assert_string_equal(p.code, "00");
        assert_int_equal(peer_balance(&p, PEER_DEAR_PAN), 500);
        peer_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undoes_the_original_once),
        cmocka_unit_test(before_its_original_leaves_a_tombstone),
        cmocka_unit_test(what_does_not_fit_is_not_done),
        cmocka_unit_test(wrong_mac_is_not_processed),
        cmocka_unit_test(of_a_declined_sale),
        cmocka_unit_test(of_a_partial_approval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
