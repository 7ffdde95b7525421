/* The issuer of SM4 cards: the right cryptogram gets an ARPC by SM4, any other is declined, and an account takes only
 * the algorithm it was issued with (DOMAIN 3.6, 3.7). */
#include "tests/sim/host/peer.h"

#include "sim/host/state.h"

static void set_scheme(struct peer *p, enum ac_scheme scheme)
{
    struct account_state *a = host_find_account(p->host, PEER_CHIP_PAN, NULL);
    assert_non_null(a);
    a->is.scheme = scheme;
}

static void sale(struct peer *p, struct peer_chip *c, enum ac_scheme scheme, uint8_t algorithm, uint8_t wrong)
{
    struct iso_message m;
    peer_chip_sale(p, &m, c, 4200);
    c->scheme = scheme;
    c->iad[7] = algorithm;
    peer_chip_sign(c);
    c->ac[7] ^= wrong;
    peer_chip_field(c, &m);
    peer_ask(p, &m);
}

/* covers: 3.7 SM4 */
static void right_and_wrong_cryptograms(void **state)
{
    static const struct {
        enum ac_scheme account, card;
        uint8_t algorithm, wrong;
        const char *code;
    } rows[] = {
        {AC_PBOC_SM4, AC_PBOC_SM4, 0x04, 0, "00"},    {AC_PBOC_SM4, AC_PBOC_SM4, 0x04, 1, "05"},
        {AC_PBOC_SM4, AC_PBOC, 0x04, 0, "05"},        {AC_PBOC_SM4, AC_PBOC, 0x01, 0, "05"},
        {AC_PBOC, AC_PBOC_SM4, 0x04, 0, "05"},        {AC_PBOC, AC_PBOC_SM4, 0x01, 0, "05"},
        {AC_PBOC_EITHER, AC_PBOC_SM4, 0x04, 0, "00"}, {AC_PBOC_EITHER, AC_PBOC, 0x01, 0, "00"},
        {AC_PBOC_EITHER, AC_PBOC, 0x04, 0, "05"},     {AC_PBOC_EITHER, AC_PBOC_SM4, 0x01, 0, "05"},
        {AC_PBOC_EITHER, AC_PBOC, 0x02, 0, "05"},     {AC_PBOC, AC_PBOC, 0x01, 0, "00"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct peer p;
        struct peer_chip c;
        peer_open(&p, 2);
        peer_sign_in(&p);
        set_scheme(&p, rows[i].account);
        sale(&p, &c, rows[i].card, rows[i].algorithm, rows[i].wrong);
        if (strcmp(p.code, rows[i].code) != 0)
            fail_msg("row %zu: %s, %s", i, p.code, p.result.what);
        peer_close(&p);
    }
}

/* covers: 3.7 ARPC */
static void the_answer_is_by_sm4(void **state)
{
    struct peer p;
    struct peer_chip c;
    struct tlv v;
    uint8_t arpc[8], by_tdes[8];
    size_t len;
    (void)state;
    peer_open(&p, 2);
    peer_sign_in(&p);
    set_scheme(&p, AC_PBOC_SM4);
    sale(&p, &c, AC_PBOC_SM4, 0x04, 0);
    const uint8_t *field = iso_get(&p.answer, 55, &len);
    assert_non_null(field);
    assert_int_equal(tlv_find(field, len, 0x91, &v), OK);
    assert_int_equal(v.len, 10);
    assert_int_equal(arpc_method1(AC_PBOC_SM4, c.sk, c.ac, (const uint8_t *)"00", arpc), OK);
    assert_memory_equal(v.value, arpc, 8);
    assert_int_equal(arpc_method1(AC_PBOC, c.sk, c.ac, (const uint8_t *)"00", by_tdes), OK);
    assert_memory_not_equal(v.value, by_tdes, 8);
    peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_and_wrong_cryptograms),
        cmocka_unit_test(the_answer_is_by_sm4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
