/* Electronic cash in the card (JR/T 0025.13; DOMAIN 3.9): when it agrees, what a TC costs, what a script may write. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/support.h"

#define SELECT_EC "00A4040008A00000033301010100"
/* 9F7A, 9F02, 5F2A behind 83 09 */
#define GPO_EC(indicator, amount, currency) "80A800000B8309" indicator amount currency "00"
#define CDOL1_EC(amount)                                                                                               \
    amount "000000000000015600000000000156260615001234567810300050"                                                    \
           "4F5342454E4348"                                                                                            \
           "000000000000000000000000"
#define AC(p1, amount) "80AE" p1 "0034" CDOL1_EC(amount) "00"

static uint64_t purse(const struct bench *b)
{
    struct card_counters k;
    card_counters(b->card, &k);
    assert_true(k.has_purse);
    return k.purse_cents;
}

/* Whether the answer to GET PROCESSING OPTIONS lists the record of the purse. */
static bool agrees(struct bench *b, const char *gpo)
{
    assert_int_equal(send(b, SELECT_EC), 0x9000);
    assert_int_equal(send(b, gpo), 0x9000);
    return b->len > 6 && memcmp(b->answer + b->len - 6, "\x28\x01\x01\x00", 4) == 0;
}

/* covers: 3.9 contact EC */
static void agrees_within_its_limits_only(void **state)
{
    (void)state;
    struct bench b;
    bench_load(&b, "unionpay-ec");
    assert_true(agrees(&b, GPO_EC("01", "000000001200", "0156")));
    assert_true(agrees(&b, GPO_EC("01", "000000010000", "0156")));
    assert_false(agrees(&b, GPO_EC("01", "000000010001", "0156")));
    assert_false(agrees(&b, GPO_EC("00", "000000001200", "0156")));
    assert_false(agrees(&b, GPO_EC("01", "000000001200", "0840")));
    bench_close(&b);
    bench_load(&b, "unionpay-ec-single");
    assert_true(agrees(&b, GPO_EC("01", "000000003000", "0156")));
    assert_false(agrees(&b, GPO_EC("01", "000000003001", "0156")));
    bench_close(&b);
}

/* covers: 3.9 contact EC */
static void a_tc_costs_the_amount_once(void **state)
{
    (void)state;
    struct bench b;
    bench_load(&b, "unionpay-ec");
    assert_true(agrees(&b, GPO_EC("01", "000000001200", "0156")));
    assert_int_equal(send(&b, AC("40", "000000001200")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x40);
    assert_int_equal(purse(&b), 8800);
    assert_int_equal(send(&b, AC("40", "000000001200")), 0x6985);
    assert_int_equal(purse(&b), 8800);
    bench_close(&b);
}

static void anything_else_costs_nothing(void **state)
{
    (void)state;
    const struct {
        const char *gpo, *ac;
        uint8_t given;
    } rows[] = {
        {GPO_EC("01", "000000001200", "0156"), AC("80", "000000001200"), 0x80},
        {GPO_EC("01", "000000001200", "0156"), AC("00", "000000001200"), 0x00},
        {GPO_EC("01", "000000001200", "0156"), AC("40", "000000010001"), 0x00}, /* another amount than was agreed to */
        {GPO_EC("00", "000000001200", "0156"), AC("40", "000000001200"), 0x40}, /* an ordinary approval */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        bench_load(&b, "unionpay-ec");
        agrees(&b, rows[i].gpo);
        assert_int_equal(send(&b, rows[i].ac), 0x9000);
        assert_int_equal(answered_cid(&b) & 0xC0, rows[i].given);
        assert_int_equal(purse(&b), 10000);
        bench_close(&b);
    }
}

/* covers: 3.9 contact EC. The profile's history has reasons for which an ordinary approval goes online. */
static void the_purse_asks_nobody(void **state)
{
    (void)state;
    struct bench b;
    bench_load(&b, "unionpay-ec-sda");
    agrees(&b, GPO_EC("00", "000000001200", "0156"));
    assert_int_equal(send(&b, AC("40", "000000001200")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x80);
    assert_true(agrees(&b, GPO_EC("01", "000000001200", "0156")));
    assert_int_equal(send(&b, AC("40", "000000001200")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x40);
    assert_int_equal(purse(&b), 8800);
    bench_close(&b);
}

static void tells_the_issuer_its_balance(void **state)
{
    (void)state;
    struct bench b;
    bench_load(&b, "unionpay-ec");
    assert_true(agrees(&b, GPO_EC("01", "000000001200", "0156")));
    assert_int_equal(send(&b, AC("40", "000000001200")), 0x9000);
    assert_memory_equal(answered_iad(&b) + 8, "\x0A\x01\x00\x00\x00\x88\x00", 7);
    bench_close(&b);
}

static uint16_t put_balance(struct bench *b, const uint8_t ac[8], const char *balance, bool wrong)
{
    struct card_facts f;
    struct card_counters k;
    uint8_t mk[16], sk[16], body[10];
    const uint8_t header[4] = {0x04, 0xDA, 0x9F, 0x79};
    size_t len;
    card_facts(b->profile, &f);
    card_counters(b->card, &k);
    const uint8_t atc[2] = {(uint8_t)(k.atc >> 8), (uint8_t)k.atc};
    assert_int_equal(hex_decode(balance, 12, body, sizeof body, &len), OK);
    assert_int_equal(ac_master_key(f.scheme, f.imk_smi, f.pan, f.psn, 0, mk), OK);
    assert_int_equal(script_session_key(f.scheme, mk, atc, sk), OK);
    assert_int_equal(script_mac(f.scheme, sk, header, sizeof body, atc, ac, body, 6, body + 6, 4), OK);
    body[6] ^= (uint8_t)wrong;
    return send_bytes(b, "04DA9F79", body, sizeof body);
}

/* covers: 3.9 contact EC */
static void a_script_loads_it_after_the_second_tc(void **state)
{
    (void)state;
    struct bench b;
    uint8_t ac[8];
    bench_load(&b, "unionpay-ec");
    agrees(&b, GPO_EC("00", "000000005000", "0156"));
    assert_int_equal(send(&b, AC("80", "000000005000")), 0x9000);
    memcpy(ac, answered_ac(&b), sizeof ac);
    assert_int_equal(put_balance(&b, ac, "000000015000", false), 0x6985); /* not yet */
    assert_int_equal(send(&b, "80AE400036"
                              "3030" CDOL1_EC("000000005000") "00"),
                     0x9000);
    assert_int_equal(answered_cid(&b), 0x40);
    assert_int_equal(put_balance(&b, ac, "000000015000", true), 0x6988);
    assert_int_equal(put_balance(&b, ac, "000000100001", false), 0x6A80); /* more than it holds */
    assert_int_equal(put_balance(&b, ac, "00000001500A", false), 0x6A80);
    assert_int_equal(purse(&b), 10000);
    assert_int_equal(put_balance(&b, ac, "000000015000", false), 0x9000);
    assert_int_equal(purse(&b), 15000);
    assert_int_equal(send(&b, "00B2016400"), 0x9000); /* the load log */
    assert_memory_equal(b.answer, "\x9F\x79\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x50\x00\x26\x06\x15", 17);
    assert_int_equal(send(&b, "00B2026400"), 0x6A83);
    assert_int_equal(send(&b, "00B2015C00"), 0x9000); /* and the transaction's */
    assert_memory_equal(b.answer, "\x26\x06\x15\x10\x30\x00\x00\x00\x00\x00\x50\x00", 12);
    bench_close(&b);
}

static void nothing_is_loaded_after_a_decline(void **state)
{
    (void)state;
    struct bench b;
    uint8_t ac[8];
    bench_load(&b, "unionpay-ec");
    agrees(&b, GPO_EC("00", "000000005000", "0156"));
    assert_int_equal(send(&b, AC("80", "000000005000")), 0x9000);
    memcpy(ac, answered_ac(&b), sizeof ac);
    assert_int_equal(send(&b, "80AE000036"
                              "3035" CDOL1_EC("000000005000") "00"),
                     0x9000);
    assert_int_equal(put_balance(&b, ac, "000000015000", false), 0x6985);
    assert_int_equal(purse(&b), 10000);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_within_its_limits_only),     cmocka_unit_test(a_tc_costs_the_amount_once),
        cmocka_unit_test(anything_else_costs_nothing),       cmocka_unit_test(the_purse_asks_nobody),
        cmocka_unit_test(tells_the_issuer_its_balance),      cmocka_unit_test(a_script_loads_it_after_the_second_tc),
        cmocka_unit_test(nothing_is_loaded_after_a_decline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
