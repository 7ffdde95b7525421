/*
 * Certificates at the ends of what Book 2 allows (DOMAIN 2.6): issuer identifiers of three to eight digits, account
 * numbers of 12 to 19, and the card's own key for a PIN when nothing has recovered it before (Book 2 7.1).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/oda_issue.h"

static struct issue issue;
static struct fake_terminal terminal;
static struct fake_card card;

static struct emv *prepare(const char *aip, uint8_t capabilities)
{
    card = (struct fake_card){.unpredictable = {0x11, 0x22, 0x33, 0x44}, .lenient = true};
    return issue_prepare(&issue, &terminal, &card, aip, capabilities);
}

/* covers: 2.6 issuer certificate, issuer identifier: three to eight digits from the left, F behind them and only there
 */
static void test_issuer_identifier(void **state)
{
    (void)state;
    static const struct {
        uint8_t id[4];
        bool good;
    } rows[] = {
        {{0x62, 0x1F, 0xFF, 0xFF}, true},  {{0x62, 0x10, 0xFF, 0xFF}, true},  {{0x62, 0x10, 0x6F, 0xFF}, true},
        {{0x62, 0x10, 0x67, 0xFF}, true},  {{0x62, 0x10, 0x67, 0x0F}, true},  {{0x62, 0x10, 0x67, 0x00}, true},
        {{0x62, 0xFF, 0xFF, 0xFF}, false}, {{0x6F, 0xFF, 0xFF, 0xFF}, false}, {{0xFF, 0xFF, 0xFF, 0xFF}, false},
        {{0x62, 0x2F, 0xFF, 0xFF}, false}, {{0x62, 0x10, 0x67, 0x01}, false}, {{0x62, 0x10, 0xF7, 0x00}, false},
        {{0x62, 0x1F, 0x67, 0xFF}, false}, {{0x62, 0x10, 0x6A, 0xFF}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare("4000", 0x80);
        uint8_t head[] = {0x02, 0, 0, 0, 0, 0x12, 0x30, 0x00, 0x00, 0x01}, out[248];
        memcpy(head + 1, rows[i].id, 4);
        size_t len = issue_certificate(&issue, &issue.ca, &issue.issuer, head, sizeof head, NULL, 0, out);
        issue_put(e, 0x90, out, len);
        issue_put(e, 0x92, issue.remainder, issue.remainder_len);
        assert_int_equal(emv_authenticate(e), OK);
        if (e->tvr[0] != (rows[i].good ? 0x02 : 0x42))
            fail_msg("row %zu: %02X, %s", i, e->tvr[0], card.log);
        emv_end(e);
    }
}

/* covers: 2.6 ICC certificate, PAN: every number of digits that 5A can have, and one digit that differs */
static void test_account_number(void **state)
{
    (void)state;
    for (size_t digits = 12; digits <= 20; digits++) {
        for (size_t bent = 0; bent <= digits; bent += digits / 4) {
            char pan[21] = "62106700000000691234", text[21];
            uint8_t head[16] = {0x04}, out[248], data[64];
            memset(pan + digits, 'F', 20 - digits);
            fake_hex(pan, head + 1, 10);
            memcpy(head + 11, "\x12\x30\x00\x00\x02", 5);
            struct emv *e = prepare("0100", 0x08); /* CDA: nothing but the certificates is looked at */
            size_t data_len = fake_hex(ISSUE_STATIC, data, sizeof data);
            size_t len = issue_certificate(&issue, &issue.issuer, &issue.icc, head, 16, data, data_len, out);
            issue_put(e, 0x9F46, out, len);
            issue_put(e, 0x9F48, issue.remainder, issue.remainder_len);
            snprintf(text, sizeof text, "%.*s", (int)(digits + digits % 2), pan); /* 5A has no more than it needs */
            if (bent < digits && bent > 8)
                text[bent] = text[bent] == '1' ? '2' : '1';
            fake_put(e, 0x5A, text);
            assert_int_equal(emv_authenticate(e), OK);
            bool good = bent == digits || bent <= 8;
            if (e->tvr[0] != (good ? 0x00 : 0x04))
                fail_msg("%zu digits, bent %zu: %02X, %s", digits, bent, e->tvr[0], card.log);
            emv_end(e);
        }
    }
}

/* covers: 2.6 enciphered offline PIN: the key that the card signs with, recovered now; not that of another card */
static void test_key_for_a_pin(void **state)
{
    (void)state;
    struct emv *e = prepare("0000", 0x00);
    assert_int_equal(emv_authenticate(e), OK);
    assert_int_equal(e->icc_key.len, 0);
    assert_int_equal(emv_recover_pin_key(e), OK);
    assert_int_equal(e->pin_key.len, issue.icc.len);
    assert_memory_equal(e->pin_key.bytes, issue.icc.modulus, issue.icc.len);
    assert_int_equal(e->pin_key.exponent, 3);
    emv_end(e);

    static const uint32_t needed[] = {0x8F, 0x90, 0x9F32, 0x9F46, 0x9F47};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        e = prepare("0000", 0x00);
        emv_drop(e, needed[i]);
        assert_true(emv_recover_pin_key(e) > 0);
        assert_int_equal(e->pin_key.len, 0);
        emv_end(e);
    }
    e = prepare("0000", 0x00);
    fake_put(e, 0x5A, "6210670000000077");
    assert_true(emv_recover_pin_key(e) > 0);
    assert_int_equal(e->pin_key.len, 0);
    emv_end(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_issuer_identifier),
        cmocka_unit_test(test_account_number),
        cmocka_unit_test(test_key_for_a_pin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
