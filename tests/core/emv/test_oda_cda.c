/* CDA at the first and at the second GENERATE AC (EMV Book 2 6.6; DOMAIN 2.6, 2.11), with a card made here. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/oda_issue.h"

static struct issue issue;
static struct fake_terminal terminal;
static struct fake_card card;
static char answers[3][900];

#define AC "C1C2C3C4C5C6C7C8"

static struct emv *prepare(void)
{
    card = (struct fake_card){.unpredictable = {0x11, 0x22, 0x33, 0x44}, .lenient = true};
    struct emv *e = issue_prepare(&issue, &terminal, &card, "0100", 0x08);
    fake_put(e, 0x8C,
             "9F02069505"
             "9F3704");
    fake_put(e, 0x8D,
             "8A029505"
             "9F3704");
    e->pdol_sent = (struct emv_sent){{0xEA, 0xEB}, 2};
    assert_int_equal(emv_authenticate(e), OK);
    assert_true(oda_cda_active(e));
    return e;
}

/* What of the signed answer is wrong. */
enum wrong { NOTHING, NO_PDOL, NO_CDOL, NO_NUMBER, OTHER_CID, NO_SECOND_CDOL, SHORT };

/* Puts the signed answer to the next GENERATE AC into step `step`: cryptogram type `cid` over the data that this kernel
 * is going to send. */
static void answer(struct emv *e, size_t step, const char *command, uint8_t cid, bool second, enum wrong wrong)
{
    uint8_t hashed[900], inner[64] = {3, 0xA1, 0xA2, 0xA3}, out[248], objects[64], data[255];
    char hex[500], objects_hex[64];
    size_t len = 0, data_len;
    unsigned hash_len;
    assert_int_equal(emv_set(e, 0x9F37, card.unpredictable, 4), OK);
    assert_int_equal(emv_build(e, second ? 0x8D : 0x8C, data, sizeof data, &data_len), OK);
    if (wrong != NO_PDOL) {
        memcpy(hashed, e->pdol_sent.bytes, e->pdol_sent.len);
        len = e->pdol_sent.len;
    }
    if (second) {
        memcpy(hashed + len, e->cdol1_sent.bytes, e->cdol1_sent.len);
        len += e->cdol1_sent.len;
    }
    if (wrong != NO_CDOL && wrong != NO_SECOND_CDOL) {
        memcpy(hashed + len, data, data_len);
        len += data_len;
    }
    snprintf(objects_hex, sizeof objects_hex, "9F2701%02X9F360200219F1003070101", cid);
    size_t objects_len = fake_hex(objects_hex, objects, sizeof objects);
    memcpy(hashed + len, objects, objects_len);
    inner[4] = wrong == OTHER_CID ? 0x00 : cid;
    fake_hex(AC, inner + 5, 8);
    assert_int_equal(EVP_Digest(hashed, len + objects_len, inner + 13, &hash_len, EVP_sha1(), NULL), 1);
    static const uint8_t zeros[4];
    size_t n =
        issue_dynamic(&issue, inner, wrong == SHORT ? 32 : 33, wrong == NO_NUMBER ? zeros : card.unpredictable, 4, out);
    assert_int_equal(hex_encode(out, n, hex, sizeof hex), OK);
    snprintf(answers[step], sizeof answers[step], "7781%02X9F2701%02X9F360200219F4B81%02X%s9F10030701019000",
             (unsigned)(n + 4 + objects_len), cid, (unsigned)n, hex);
    card.step[step] = (struct fake_step){command, answers[step], 0};
}

/* covers: 2.6 CDA: P1 bit 10 for TC and ARQC; cryptogram to 9F26, number to 9F4C, TSI */
static void a_good_signature_gives_its_cryptogram(void **state)
{
    (void)state;
    const struct {
        enum emv_ac asked;
        const char *command;
        uint8_t cid;
    } rows[] = {{EMV_AC_ARQC, "80AE900000", 0x80}, {EMV_AC_TC, "80AE500000", 0x40}, {EMV_AC_TC, "80AE500000", 0x80}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum emv_ac given;
        struct emv *e = prepare();
        answer(e, 0, rows[i].command, rows[i].cid, false, NOTHING);
        assert_int_equal(emv_generate_ac(e, rows[i].asked, false, &given), OK);
        assert_int_equal(given, rows[i].cid);
        assert_object(e, 0x9F26, AC);
        assert_object(e, 0x9F4C, "A1A2A3");
        assert_object(e, 0x9F36, "0021");
        assert_object(e, 0x95, "0000000000");
        assert_object(e, 0x9B, "A000");
        emv_end(e);
    }
}

static const struct {
    enum wrong wrong;
    const char *log;
} failures[] = {
    {NO_PDOL, "emv: signed cryptogram: transaction data hash"},
    {NO_CDOL, "emv: signed cryptogram: transaction data hash"},
    {NO_NUMBER, "emv: signed cryptogram: hash"},
    {OTHER_CID, "emv: signed cryptogram: cryptogram information"},
    {SHORT, "emv: signed cryptogram: dynamic data"},
};

/* covers: 2.6 CDA failure: a TC counts as declined, nothing more is asked of the card */
static void a_wrong_signature_leaves_no_tc(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        enum emv_ac given;
        struct emv *e = prepare();
        answer(e, 0, "80AE500000", 0x40, false, failures[i].wrong);
        assert_int_equal(emv_generate_ac(e, EMV_AC_TC, false, &given), OK);
        assert_int_equal(given, EMV_AC_AAC);
        assert_object(e, 0x95, "0400000000");
        assert_object(e, 0x9B, "A000");
        assert_object(e, 0x9F26, "-");
        assert_object(e, 0x9F4C, "-");
        assert_string_equal(card.log, failures[i].log);
        emv_end(e);
    }
}

/* covers: 2.6 CDA failure: after an ARQC the second GENERATE AC asks for an AAC, with Z1 and the bit in TVR */
static void a_wrong_signature_ends_an_arqc(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        struct emv *e = prepare();
        memset(terminal.config.aid[0].tac_online, 0xFF, 5);
        fake_put(e, 0x9F0F, "FFFFFFFFFF");
        tvr_set(e->tvr, TVR_NEW_CARD); /* any bit, so that it goes online */
        answer(e, 0, "80AE900000", 0x80, false, failures[i].wrong);
        card.step[1] = (struct fake_step){"80AE00000B5A310408000000"
                                          "11223344"
                                          "00",
                                          "800B0000220102030405060708"
                                          "9000",
                                          0};
        assert_int_equal(emv_analyse(e), OK);
        assert_int_equal(e->decision, EMV_DECLINED);
        assert_object(e, 0x95, "0408000000");
        assert_object(e, 0x8A, "5A31");
        assert_object(e, 0x9F36, "0022"); /* the second answer was read */
        emv_end(e);
    }
}

/* covers: 2.6 CDA at the second GENERATE AC: CDOL2 is hashed too, a TC that is not signed well is a decline */
static void the_second_cryptogram_is_signed_too(void **state)
{
    (void)state;
    for (int wrong = 0; wrong < 2; wrong++) {
        enum emv_ac given;
        struct emv *e = prepare();
        answer(e, 0, "80AE900000", 0x80, false, NOTHING);
        assert_int_equal(emv_generate_ac(e, EMV_AC_ARQC, false, &given), OK);
        assert_int_equal(given, EMV_AC_ARQC);
        fake_put(e, 0x8A, "3030");
        answer(e, 1, "80AE500000", 0x40, true, wrong ? NO_SECOND_CDOL : NOTHING);
        assert_int_equal(emv_generate_ac(e, EMV_AC_TC, true, &given), OK);
        assert_int_equal(given, wrong ? EMV_AC_AAC : EMV_AC_TC);
        assert_object(e, 0x95, wrong ? "0400000000" : "0000000000");
        emv_end(e);
    }
}

/* covers: 2.6 CDA: format 77 only; an AAC is not signed; no plain cryptogram */
static void formats_of_the_answer(void **state)
{
    (void)state;
    const struct {
        const char *answer;
        int outcome;
    } rows[] = {
        {"800B8000210102030405060708"
         "9000",
         EMV_CARD_ERROR},
        {"800B0000210102030405060708"
         "9000",
         OK},
        {"77139F270100"
         "9F36020021"
         "9F2608010203040506079000",
         EMV_CARD_ERROR}, /* one byte missing */
        {"77149F270180"
         "9F36020021"
         "9F26080102030405060708"
         "9000",
         EMV_CARD_ERROR},
        {"77149F270140"
         "9F36020021"
         "9F26080102030405060708"
         "9000",
         EMV_CARD_ERROR},
        {"77149F270100"
         "9F36020021"
         "9F26080102030405060708"
         "9000",
         OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum emv_ac given = EMV_AC_TC;
        struct emv *e = prepare();
        card.step[0] = (struct fake_step){"80AE900000", rows[i].answer, 0};
        assert_int_equal(emv_generate_ac(e, EMV_AC_ARQC, false, &given), rows[i].outcome);
        if (rows[i].outcome == OK) {
            assert_int_equal(given, EMV_AC_AAC);
            assert_object(e, 0x9F26, "0102030405060708");
            assert_object(e, 0x9B, "2000"); /* no signature was looked at */
        }
        emv_end(e);
    }
}

/* covers: 2.6 CDA: not asked for with an AAC, nor once it has failed */
static void no_signature_is_asked_for_in_vain(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        enum emv_ac given;
        struct emv *e = prepare();
        if (i == 1)
            tvr_set(e->tvr, TVR_CDA_FAILED);
        card.step[0] = (struct fake_step){i == 0 ? "80AE000000" : "80AE800000",
                                          "800B0000210102030405060708"
                                          "9000",
                                          0};
        assert_int_equal(emv_generate_ac(e, i == 0 ? EMV_AC_AAC : EMV_AC_ARQC, false, &given), OK);
        assert_int_equal(given, EMV_AC_AAC);
        emv_end(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_signature_gives_its_cryptogram),
        cmocka_unit_test(a_wrong_signature_leaves_no_tc),
        cmocka_unit_test(a_wrong_signature_ends_an_arqc),
        cmocka_unit_test(the_second_cryptogram_is_signed_too),
        cmocka_unit_test(formats_of_the_answer),
        cmocka_unit_test(no_signature_is_asked_for_in_vain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
