/* Authorisation without a chip: the shape of an approval, every reason to refuse, PIN tries, fallback. */
#include "tests/sim/host/peer.h"

#include "sim/host/state.h" /* only to move the calendar and to set a published MAK */

static void approval_has_its_shape(void **state)
{
    struct peer p;
    struct iso_message m;
    const struct host_entry *e;
    char text[64];
    (void)state;
    peer_open(&p, 1);
    peer_sign_in(&p);
    p.now_us = 86400000000; /* one day on */
    peer_stripe_sale(&p, &m, 1250);
    peer_ask(&p, &m);
    assert_string_equal(p.result.what, "approved");
    assert_string_equal(p.answer.mti, "0210");
    assert_string_equal(p.code, "00");
    static const uint8_t echoed[] = {3, 4, 11, 25, 41, 42, 49, 60};
    for (size_t i = 0; i < sizeof echoed; i++)
        assert_true(iso_equal(&m, &p.answer, echoed[i]));
    static const uint8_t added[] = {12, 13, 15, 32, 37, 38, 39, 44, 64};
    for (size_t i = 0; i < sizeof added; i++)
        assert_true(iso_has(&p.answer, added[i]));
    assert_false(iso_has(&p.answer, 35) || iso_has(&p.answer, 52) || iso_has(&p.answer, 2) || iso_has(&p.answer, 55));
    assert_string_equal(peer_field(&p, 13, text), "0616");
    assert_true(peer_mac_right(&p));
    static const uint8_t tpdu[] = {0x60, 0x12, 0x34, 0x00, 0x03};
    assert_memory_equal(p.frame.tpdu, tpdu, 5);
    assert_int_equal(p.frame.header[2], 0);
    assert_int_equal(peer_entries(&p, &e), 1);
    assert_int_equal(e->kind, HOST_BOOKED);
    assert_int_equal(e->amount_cents, 1250);
    assert_string_equal(e->terminal_id, PEER_TERMINAL);
    assert_string_equal(e->credit, PEER_MERCHANT);
    assert_null(strstr(e->debit, PEER_STRIPE_PAN));
    assert_memory_equal(e->debit, "621067******0003#", 17);
    assert_string_equal(e->rrn, peer_field(&p, 37, text));
    assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), 98750);
    peer_close(&p);
}

static void set_status(struct peer *p, const char *pan, const char *status)
{
    struct account_state *a = host_find_account(p->host, pan, NULL);
    snprintf(a->is.status, sizeof a->is.status, "%s", status);
}

#define TRACK PEER_STRIPE_PAN "D30121200000000000"
/* One change to a good stripe sale each, and what must be answered. Nothing may be booked. */
static const struct decline_case {
    const char *name, *track2, *code;
    uint64_t cents;
    uint8_t drop, set;
    const char *value;
} declines[] = {
    {"no such card", "6210670000009991D30121200000000000", "14", 100, 0, 0, NULL},
    {"expired", PEER_STRIPE_PAN "D26051200000000000", "54", 100, 0, 0, NULL},
    {"another expiry", PEER_STRIPE_PAN "D31011200000000000", "54", 100, 0, 0, NULL},
    {"more than there is", TRACK, "51", 100001, 0, 0, NULL},
    {"no amount", TRACK, "13", 0, 0, 4, "000000000000"},
    {"amount missing", TRACK, "30", 100, 4, 0, NULL},
    {"currency missing", TRACK, "30", 100, 49, 0, NULL},
    {"track missing", TRACK, "30", 100, 35, 0, NULL},
    {"unknown entry mode", TRACK, "30", 100, 0, 22, "992"},
    {"chip entry, no chip data", TRACK, "30", 100, 0, 22, "052"},
    {"chip data, stripe entry", TRACK, "30", 100, 0, 55, "\x9C\x01"},
    {"another card number", TRACK, "30", 100, 0, 2, PEER_DEAR_PAN},
    {"another expiry in DE14", TRACK, "30", 100, 0, 14, "3011"},
    {"PIN block in a sale without", TRACK, "30", 100, 0, 52, "12345678"},
    {"trace zero", TRACK, "30", 100, 0, 11, "000000"},
    {"malformed DE60", TRACK, "30", 100, 0, 60, "2200000"},
    {"another merchant", TRACK, "03", 100, 0, 42, "104100050450002"},
    {"unknown terminal", TRACK, "97", 100, 0, 41, "10000009"},
    {"unknown processing code", TRACK, "40", 100, 0, 3, "990000"},
};

static void declines_say_why(void **state)
{
    struct peer p;
    const struct host_entry *e;
    (void)state;
    peer_open(&p, 1);
    peer_sign_in(&p);
    for (size_t i = 0; i < sizeof declines / sizeof *declines; i++) {
        const struct decline_case *c = &declines[i];
        struct iso_message m;
        peer_swipe(&p, &m, c->track2, c->cents, "00051");
        iso_clear(&m, c->drop);
        if (c->set)
            assert_int_equal(iso_set_text(&m, c->set, c->value), OK);
        peer_ask(&p, &m);
        if (strcmp(p.code, c->code) != 0)
            fail_msg("%s: %s (%s), expected %s", c->name, p.code, p.result.what, c->code);
        assert_memory_equal(p.result.what, "declined ", 9);
        assert_false(iso_has(&p.answer, 38));
    }
    assert_int_equal(peer_entries(&p, &e), 0);
    peer_close(&p);
}

static void account_status_is_the_answer(void **state)
{
    static const char *const codes[] = {"41", "43", "34", "62", "04"};
    struct peer p;
    struct iso_message m;
    (void)state;
    peer_open(&p, 1);
    peer_sign_in(&p);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        set_status(&p, PEER_STRIPE_PAN, codes[i]);
        peer_stripe_sale(&p, &m, 100);
        peer_ask(&p, &m);
        assert_string_equal(p.code, codes[i]);
        assert_true(peer_mac_right(&p));
    }
    peer_close(&p);
}

static void wrong_or_missing_mac_is_a0(void **state)
{
    struct peer p;
    struct iso_message m;
    const struct host_entry *e;
    (void)state;
    peer_open(&p, 1);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &m, 100);
    peer_send(&p, &m);
    assert_string_equal(p.code, "A0");
    iso_set_text(&m, 64, "01234567");
    peer_send(&p, &m);
    assert_string_equal(p.code, "A0");
    assert_string_equal(p.result.what, "declined A0: bad MAC");
    assert_int_equal(peer_entries(&p, &e), 0);
    peer_ask(&p, &m); /* was not processed, so it is no duplicate */
    assert_string_equal(p.code, "00");
    peer_close(&p);
}

static void a_repeat_is_a_duplicate(void **state)
{
    struct peer p;
    struct iso_message m;
    const struct host_entry *e;
    (void)state;
    peer_open(&p, 1);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &m, 100);
    peer_ask(&p, &m);
    peer_ask(&p, &m);
    assert_string_equal(p.code, "94");
    assert_int_equal(peer_entries(&p, &e), 1);
    peer_swipe(&p, &m, PEER_DEAR_PAN "D30121010000000000", 501, "00051");
    peer_ask(&p, &m);
    assert_string_equal(p.code, "51");
    peer_ask(&p, &m);
    assert_string_equal(p.code, "94"); /* a declined one was decided, too */
    p.batch = 2;
    p.trace = 0;
    peer_stripe_sale(&p, &m, 100); /* trace 1 again, in another batch */
    peer_ask(&p, &m);
    assert_string_equal(p.code, "00");
    peer_close(&p);
}

static const char *try_pin(struct peer *p, const char *pin)
{
    struct iso_message m;
    peer_stripe_sale(p, &m, 100);
    peer_pin(p, &m, PEER_STRIPE_PAN, pin);
    peer_ask(p, &m);
    return p->code;
}

static void pin_tries_are_counted(void **state)
{
    struct peer p;
    struct iso_message m;
    uint8_t good[16];
    (void)state;
    peer_open(&p, 1);
    peer_sign_in(&p);
    assert_string_equal(try_pin(&p, "123456"), "00");
    assert_string_equal(try_pin(&p, "0000"), "55");
    assert_string_equal(try_pin(&p, "0000"), "55");
    assert_string_equal(try_pin(&p, "123456"), "00"); /* and the count starts anew */
    assert_string_equal(try_pin(&p, "0000"), "55");
    memcpy(good, p.pik, 16);
    p.pik[3] ^= 0x40;
    assert_string_equal(try_pin(&p, "123456"), "99"); /* keys out of step: no try is lost */
    assert_int_equal(p.frame.header[2], 3);
    memcpy(p.pik, good, 16);
    assert_string_equal(try_pin(&p, "0000"), "55");
    assert_string_equal(try_pin(&p, "0000"), "75");
    assert_string_equal(try_pin(&p, "123456"), "38");
    peer_stripe_sale(&p, &m, 100); /* without a PIN the account still works */
    peer_ask(&p, &m);
    assert_string_equal(p.code, "00");
    peer_close(&p);
}

static void pin_block_without_pan(void **state)
{
    struct peer p;
    struct iso_message m;
    uint8_t block[8];
    (void)state;
    peer_open(&p, 1);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &m, 100);
    assert_int_equal(pinblock_format0("123456", NULL, block), OK);
    assert_int_equal(tdes_ecb(p.pik, 16, 1, block, 8, block), OK);
    iso_set_text(&m, 22, "021");
    iso_set(&m, 52, block, 8);
    iso_set_text(&m, 53, "1600000000000000");
    peer_ask(&p, &m);
    assert_string_equal(p.code, "00");
    peer_close(&p);
}

/* DOMAIN 1.2, 1.4, 1.5: 60.4 what the terminal reads, 60.5 whether the chip failed. */
static void stripe_of_a_chip_card(void **state)
{
    static const struct {
        const char *track2, *tail, *status, *code;
    } cases[] = {
        {PEER_CHIP_PAN "D30122200000000000", "00051", "00", "45"},
        {PEER_CHIP_PAN "D30122200000000000", "00060", "00", "45"},
        {PEER_CHIP_PAN "D30122200000000000", "00052", "00", "00"},
        {PEER_CHIP_PAN "D30122200000000000", "00062", "00", "00"},
        {PEER_CHIP_PAN "D30122200000000000", "00062", "45", "45"},
        {PEER_CHIP_PAN "D30122200000000000", "00020", "00", "00"},
        {PEER_CHIP_PAN "D30122200000000000", "00020", "45", "00"}, /* no chip reader: that is no fallback */
        {PEER_CHIP_PAN "D30121200000000000", "00051", "00", "45"}, /* a changed service code does not help */
        {PEER_DEAR_PAN "D30126010000000000", "00051", "00", "45"},
        {PEER_DEAR_PAN "D30121010000000000", "00051", "00", "00"},
    };
    struct peer p;
    (void)state;
    peer_open(&p, 1);
    peer_sign_in(&p);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct iso_message m;
        set_status(&p, PEER_CHIP_PAN, cases[i].status);
        peer_swipe(&p, &m, cases[i].track2, 100, cases[i].tail);
        peer_ask(&p, &m);
        if (strcmp(p.code, cases[i].code) != 0)
            fail_msg("case %zu: %s (%s), expected %s", i, p.code, p.result.what, cases[i].code);
    }
    peer_close(&p);
}

static void partial_approval_only_where_supported(void **state)
{
    struct peer p;
    struct iso_message m;
    char text[64];
    (void)state;
    peer_open(&p, 1);
    peer_sign_in(&p);
    peer_swipe(&p, &m, PEER_DEAR_PAN "D30121010000000000", 800, "000510");
    peer_ask(&p, &m);
    assert_string_equal(p.code, "51");
    peer_swipe(&p, &m, PEER_DEAR_PAN "D30121010000000000", 800, "000511");
    peer_ask(&p, &m);
    assert_string_equal(p.code, "10");
    assert_string_equal(peer_field(&p, 4, text), "000000000500");
    assert_int_equal(peer_balance(&p, PEER_DEAR_PAN), 0);
    peer_close(&p);
}

static void inquiry_tells_and_books_nothing(void **state)
{
    struct peer p;
    struct iso_message m;
    const struct host_entry *e;
    char text[64];
    (void)state;
    peer_open(&p, 1);
    peer_sign_in(&p);
    peer_begin(&p, &m, "310000", 0, "022", "00051");
    iso_set_text(&m, 35, TRACK);
    peer_pin(&p, &m, PEER_STRIPE_PAN, "123456");
    peer_ask(&p, &m);
    assert_string_equal(p.code, "00");
    assert_string_equal(peer_field(&p, 54, text), "0002156C000000100000");
    assert_int_equal(peer_entries(&p, &e), 0);
    peer_close(&p);
}

/* The published stripe sale (DOMAIN appendix B, VEC2) with its TAK: its own MAC "72489CAC" must be accepted. */
static void published_sale(void **state)
{
    static const char hex[] = "6000030000"
                              "603100311001"
                              "0200302004C020C0981100000000000000005100183402100006324392260009942820D13121011200843931"
                              "3636383830313430303030303030"
                              "3030303030303030313536ACF46E73838A82F92600000000000000000822000001"
                              "3732343839434143";
    static const uint8_t tak[8] = {0xC2, 0x4A, 0x8F, 0xB5, 0x7A, 0xA2, 0x01, 0x23};
    struct peer p;
    uint8_t frame[256];
    size_t len;
    struct host_terminal t = {.terminal_id = "16688014", .merchant_id = "000000000000000"};
    struct host_account a = {.pan = "4392260009942820", .expiry = "1312", .balance_cents = 51, .status = "00"};
    (void)state;
    peer_open(&p, 1);
    assert_int_equal(host_add_terminal(p.host, &t), OK);
    assert_int_equal(host_add_account(p.host, &a), OK);
    assert_int_equal(hex_decode(hex, strlen(hex), frame, sizeof frame, &len), OK);
    peer_raw(&p, frame, len);
    peer_read(&p, 0);
    assert_string_equal(p.code, "A0");
    struct terminal_state *terminal = host_find_terminal(p.host, "16688014");
    memcpy(terminal->mak, tak, 8);
    memcpy(p.mak, tak, 8);
    terminal->mak_len = 8;
    struct host *later = host_clone(p.host);
    p.host->base_s = 1371276000; /* 2013-06-15, when that card was good */
    peer_raw(&p, frame, len);
    peer_read(&p, 0);
    assert_string_equal(p.code, "00");
    assert_true(peer_mac_right(&p));
    assert_int_equal(peer_balance(&p, "4392260009942820"), 0);
    struct host_result result;
    host_process(later, 0, frame, len, &result);
    assert_string_equal(result.what, "declined 54: expired");
    host_destroy(later);
    peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(approval_has_its_shape),
        cmocka_unit_test(declines_say_why),
        cmocka_unit_test(account_status_is_the_answer),
        cmocka_unit_test(wrong_or_missing_mac_is_a0),
        cmocka_unit_test(a_repeat_is_a_duplicate),
        cmocka_unit_test(pin_tries_are_counted),
        cmocka_unit_test(pin_block_without_pan),
        cmocka_unit_test(stripe_of_a_chip_card),
        cmocka_unit_test(partial_approval_only_where_supported),
        cmocka_unit_test(inquiry_tells_and_books_nothing),
        cmocka_unit_test(published_sale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
