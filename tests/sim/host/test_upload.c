/* What a card has approved without the host: booked once, on the word of its TC (DOMAIN 4.3, 4.5a, 5.4). */
#include "tests/sim/host/peer.h"

/* A good upload of 12.00: the chip's data with a TC. */
static void peer_upload(struct peer *p, struct iso_message *m, struct peer_chip *c)
{
    peer_chip_sale(p, m, c, 1200);
    c->cid = 0x40;
    peer_chip_field(c, m);
    memcpy(m->mti, "0220", 5);
    iso_set_text(m, 60, "30000001000500");
}

static struct peer ready(void)
{
    struct peer p;
    peer_open(&p, 5);
    peer_sign_in(&p);
    return p;
}

static void a_tc_is_booked_once(void **state)
{
    struct peer p = ready();
    struct iso_message m;
    struct peer_chip c;
    const struct host_entry *e;
    char first[64], again[64];
    (void)state;
    peer_upload(&p, &m, &c);
    peer_ask(&p, &m);
    assert_string_equal(p.code, "00");
    assert_string_equal(p.answer.mti, "0230");
    assert_false(iso_has(&p.answer, 55)); /* the card has gone */
    assert_true(peer_mac_right(&p));
    peer_field(&p, 37, first);
    assert_int_equal(peer_balance(&p, PEER_CHIP_PAN), 98800);
    peer_ask(&p, &m);
    assert_string_equal(p.code, "94");
    assert_string_equal(peer_field(&p, 37, again), first);
    assert_int_equal(peer_entries(&p, &e), 1);
    assert_string_equal(e->rrn, first);
    assert_int_equal(peer_balance(&p, PEER_CHIP_PAN), 98800);
    peer_close(&p);
}

static void electronic_cash_comes_as_0200(void **state)
{
    struct peer p = ready();
    struct iso_message m;
    struct peer_chip c;
    const struct host_entry *e;
    (void)state;
    peer_upload(&p, &m, &c);
    memcpy(m.mti, "0200", 5);
    iso_set_text(&m, 60, "22000001000500");
    peer_ask(&p, &m); /* as an ordinary sale it has no ARQC */
    assert_string_equal(p.code, "05");
    assert_int_equal(peer_entries(&p, &e), 0);
    peer_upload(&p, &m, &c);
    memcpy(m.mti, "0200", 5);
    iso_set_text(&m, 60, "36000001000500");
    iso_set_text(&m, 11, "000077");
    peer_ask(&p, &m);
    assert_string_equal(p.code, "00");
    assert_string_equal(p.answer.mti, "0210");
    assert_int_equal(peer_entries(&p, &e), 1);
    peer_close(&p);
}

static void the_word_of_the_tc_counts_and_nothing_else(void **state)
{
    struct peer p = ready();
    struct iso_message m;
    struct peer_chip c;
    const struct host_entry *e;
    (void)state;
    peer_upload(&p, &m, &c);
    c.cid = 0x80; /* an ARQC is no approval */
    peer_chip_field(&c, &m);
    peer_ask(&p, &m);
    assert_string_equal(p.code, "05");
    c.cid = 0x40;
    c.ac[3] ^= 0x01;
    peer_chip_field(&c, &m);
    peer_ask(&p, &m);
    assert_string_equal(p.code, "05");
    c.ac[3] ^= 0x01;
    peer_chip_field(&c, &m);
    iso_set_number(&m, 4, 1300);
    peer_ask(&p, &m);
    assert_string_equal(p.code, "13");
    iso_set_number(&m, 4, 1200);
    iso_clear(&m, 55);
    peer_ask(&p, &m);
    assert_string_equal(p.code, "30");
    assert_int_equal(peer_entries(&p, &e), 0);
    peer_chip_field(&c, &m); /* no refusal has left anything: the same number is booked now */
    peer_ask(&p, &m);
    assert_string_equal(p.code, "00");
    peer_close(&p);
}

static void an_empty_account_owes_it_all_the_same(void **state)
{
    struct peer p = ready();
    struct iso_message m;
    struct peer_chip c;
    (void)state;
    peer_chip_sale(&p, &m, &c, 1000000);
    c.cid = 0x40;
    peer_chip_field(&c, &m);
    memcpy(m.mti, "0220", 5);
    iso_set_text(&m, 60, "30000001000500");
    peer_ask(&p, &m);
    assert_string_equal(p.code, "00");
    assert_int_equal(peer_balance(&p, PEER_CHIP_PAN), -900000);
    assert_int_equal(host_imbalance(p.host), 0);
    peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tc_is_booked_once),
        cmocka_unit_test(electronic_cash_comes_as_0200),
        cmocka_unit_test(the_word_of_the_tc_counts_and_nothing_else),
        cmocka_unit_test(an_empty_account_owes_it_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
