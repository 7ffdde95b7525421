/*
 * The card status update of ARPC method 2 (EMV Book 2 8.2, DOMAIN 2.1 CSU): every bit that a card of this kind obeys,
 * alone and with an ARPC that is wrong, and what is left of it after the card has been reset.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/support.h"

/* EXTERNAL AUTHENTICATE with that status update, after the first cryptogram; `wrong`: one bit of the ARPC is. */
static uint16_t update(struct bench *b, const uint8_t csu[4], bool wrong)
{
    struct card_facts f;
    uint8_t mk[16], sk[16], data[8];
    card_facts(b->profile, &f);
    assert_int_equal(ac_master_key(f.scheme, f.imk_ac, f.pan, f.psn, 0, mk), OK);
    assert_int_equal(ac_session_key(f.scheme, mk, b->answer + 3, sk), OK);
    memcpy(data + 4, csu, 4);
    assert_int_equal(arpc_method2(sk, answered_ac(b), csu, data), OK);
    data[0] ^= wrong;
    return send_bytes(b, "00820000", data, sizeof data);
}

/* covers: 2.1 CSU, 3.7 ARPC, 3.4 state */
static void each_bit_is_obeyed(void **state)
{
    (void)state;
    static const struct {
        uint8_t csu[4];
        bool wrong, approved, blocked, app_blocked;
        uint8_t tries;
    } rows[] = {
        {{0x00, 0x80, 0x00, 0x00}, false, true, false, false, 3},
        {{0x00, 0x00, 0x00, 0x00}, false, false, false, false, 3}, /* the issuer does not approve */
        {{0x00, 0xC0, 0x00, 0x00}, false, false, true, false, 3},
        {{0x00, 0xA0, 0x00, 0x00}, false, false, false, true, 3}, /* who is blocked approves nothing */
        {{0x02, 0x90, 0x00, 0x00}, false, true, false, false, 2},
        {{0x02, 0x80, 0x00, 0x00}, false, true, false, false, 3}, /* a counter that is not to be taken */
        {{0x01, 0xF0, 0x00, 0x00}, false, false, true, true, 1},
        {{0x01, 0xF0, 0x00, 0x00}, true, false, false, false, 3}, /* not from the issuer */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        struct card_counters k;
        bench_open(&b, &(struct card_spec){.scheme = "cvn18", .extra = "\"offline_pin\":\"1234\","});
        begin(&b);
        assert_int_equal(send(&b, GAC1("80")), 0x9000);
        assert_int_equal(update(&b, rows[i].csu, rows[i].wrong), rows[i].wrong ? 0x6300 : 0x9000);
        card_counters(b.card, &k);
        if (k.blocked != rows[i].blocked || k.app_blocked != rows[i].app_blocked || k.pin_tries != rows[i].tries)
            fail_msg("row %zu: blocked %d, application blocked %d, tries %d", i, k.blocked, k.app_blocked, k.pin_tries);
        assert_int_equal(send(&b, GAC2("40", "3030")), 0x9000);
        assert_int_equal(answered_cid(&b) & 0xC0, rows[i].approved ? 0x40 : 0x00);
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_bit_is_obeyed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
