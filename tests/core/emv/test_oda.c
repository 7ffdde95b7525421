/* Offline data authentication step by step, with certificates made here (EMV Book 3 10.3, Book 2 5 and 6; DOMAIN 2.6).
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

static void expect(struct emv *e, const char *tvr, const char *tsi, const char *log)
{
    assert_int_equal(emv_authenticate(e), OK);
    assert_object(e, 0x95, tvr);
    assert_object(e, 0x9B, tsi);
    assert_string_equal(card.log, log);
    emv_end(e);
}

/* The answer to INTERNAL AUTHENTICATE, signed over the number 11223344. */
static void answer_dda(const char *template, const uint8_t *inner, size_t inner_len)
{
    static char text[700], hex[500];
    uint8_t out[248];
    size_t len = issue_dynamic(&issue, inner, inner_len, card.unpredictable, 4, out);
    assert_int_equal(hex_encode(out, len, hex, sizeof hex), OK);
    if (strcmp(template, "80") == 0)
        snprintf(text, sizeof text, "8081%02X%s9000", (unsigned)len, hex);
    else
        snprintf(text, sizeof text, "7781%02X9F4B81%02X%s9000", (unsigned)len + 4, (unsigned)len, hex);
    card.step[0] = (struct fake_step){"0088000004", text, 0};
}

static const uint8_t number_3[] = {3, 0xA1, 0xA2, 0xA3};

/* covers: 2.6 selection */
static void the_best_common_method_is_taken(void **state)
{
    (void)state;
    const struct {
        const char *aip;
        uint8_t capabilities;
        enum emv_oda method;
        const char *tvr, *tsi;
    } rows[] = {
        {"6100", 0xC8, EMV_ODA_CDA, "0000000000", "0000"},  {"6100", 0xC0, EMV_ODA_DDA, "0000000000", "8000"},
        {"6100", 0x80, EMV_ODA_SDA, "0200000000", "8000"},  {"6000", 0xC8, EMV_ODA_DDA, "0000000000", "8000"},
        {"4000", 0xC8, EMV_ODA_SDA, "0200000000", "8000"},  {"4100", 0x40, EMV_ODA_NONE, "8000000000", "0000"},
        {"0000", 0xC8, EMV_ODA_NONE, "8000000000", "0000"}, {"6100", 0x00, EMV_ODA_NONE, "8000000000", "0000"},
        {"9E00", 0xC8, EMV_ODA_NONE, "8000000000", "0000"}, {"6100", 0x37, EMV_ODA_NONE, "8000000000", "0000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(rows[i].aip, rows[i].capabilities);
        fake_put(e, 0x9F49, "9F3704");
        answer_dda("80", number_3, sizeof number_3);
        assert_int_equal(emv_authenticate(e), OK);
        assert_int_equal(e->oda, rows[i].method);
        assert_object(e, 0x95, rows[i].tvr);
        assert_object(e, 0x9B, rows[i].tsi);
        emv_end(e);
    }
}

/* covers: 2.6 missing data */
static void missing_data_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *aip;
        uint32_t tag;
        const char *tvr;
    } rows[] = {
        {"4000", 0x8F, "6200000000"},   {"4000", 0x90, "6200000000"},   {"4000", 0x92, "6200000000"},
        {"4000", 0x9F32, "6200000000"}, {"4000", 0x93, "6200000000"},   {"2000", 0x8F, "2800000000"},
        {"2000", 0x90, "2800000000"},   {"2000", 0x9F46, "2800000000"}, {"2000", 0x9F47, "2800000000"},
        {"0100", 0x9F46, "2400000000"}, {"0100", 0x9F32, "2400000000"}, {"0100", 0x90, "2400000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(rows[i].aip, 0xC8);
        const uint8_t *value;
        size_t len;
        assert_int_equal(emv_get(e, rows[i].tag, &value, &len), OK);
        emv_drop(e, rows[i].tag);
        assert_int_equal(emv_authenticate(e), OK);
        assert_object(e, 0x95, rows[i].tvr);
        assert_object(e, 0x9B, "8000");
        emv_end(e);
    }
}

/* covers: 2.6 checks in order: length, trailer, header, format, hash algorithm, hash, issuer identifier, expiry,
 * key algorithm, key length, exponent */
static void each_check_of_the_issuer_certificate_has_its_name(void **state)
{
    (void)state;
    const struct {
        size_t at;
        uint8_t by;
        bool back, before;
        const char *name;
    } rows[] = {
        {0, 0x01, true, false, "trailer"},
        {0, 0x01, false, false, "header"},
        {1, 0x01, false, false, "format"},
        {11, 0x02, false, false, "hash algorithm"},
        {1, 0x01, true, false, "hash"},
        {20, 0x01, false, false, "hash"},
        {2, 0x01, false, true, "issuer identifier"}, /* 63.. */
        {4, 0x07, false, true, "issuer identifier"}, /* 621060 */
        {5, 0x0F, false, true, "issuer identifier"}, /* 621067F0 */
        {3, 0xEF, false, true, "issuer identifier"}, /* 62FF67FF */
        {7, 0x15, false, true, "expiry"},            /* 12/25 */
        {6, 0x01, false, true, "expiry"},            /* month 13 */
        {12, 0x02, false, true, "key algorithm"},    /* 03 */
        {13, 0xFF, false, true, "key length"},       /* longer or shorter than what is there */
        {14, 0x02, false, true, "exponent"},         /* its length is 3 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char log[96];
        struct emv *e = prepare("4000", 0x80);
        issue.bend_at = rows[i].at;
        issue.bend_by = rows[i].by;
        issue.bend_back = rows[i].back;
        issue.bend_before_hash = rows[i].before;
        issue_issuer(&issue, e);
        snprintf(log, sizeof log, "emv: issuer certificate: %s", rows[i].name);
        expect(e, "4200000000", "8000", log);
    }
    struct emv *e = prepare("4000", 0x80);
    const uint8_t *value;
    size_t len;
    assert_int_equal(emv_get(e, 0x90, &value, &len), OK);
    assert_int_equal(emv_set(e, 0x90, value, len - 1), OK);
    expect(e, "4200000000", "8000", "emv: issuer certificate: length");
}

/* covers: 2.6 revocation, 2.6 CA key: RID, index and serial number together; unknown and expired keys */
static void revoked_and_unknown_keys_fail(void **state)
{
    (void)state;
    const struct emv_revoked rows[] = {
        {{0xA0, 0x00, 0x00, 0x03, 0x33}, 0xF1, {0x00, 0x00, 0x01}},
        {{0xA0, 0x00, 0x00, 0x03, 0x34}, 0xF1, {0x00, 0x00, 0x01}},
        {{0xA0, 0x00, 0x00, 0x03, 0x33}, 0xF2, {0x00, 0x00, 0x01}},
        {{0xA0, 0x00, 0x00, 0x03, 0x33}, 0xF1, {0x00, 0x00, 0x02}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare("4000", 0x80);
        terminal.config.revoked[0] = rows[i];
        terminal.config.revoked_count = 1;
        expect(e, i == 0 ? "4200000000" : "0200000000", "8000", i == 0 ? "emv: issuer certificate: revoked" : "");
    }
    struct emv *e = prepare("4000", 0x80);
    fake_put(e, 0x8F, "F2");
    expect(e, "4200000000", "8000", "emv: issuer certificate: authority key unknown");
    static const char *const days[] = {"260228", "260301"}; /* today is 260301 */
    for (int i = 0; i < 2; i++) {
        e = prepare("4000", 0x80);
        fake_hex(days[i], terminal.config.capk[0].expiry, 3);
        expect(e, i == 0 ? "4200000000" : "0200000000", "8000",
               i == 0 ? "emv: issuer certificate: authority key expired" : "");
    }
}

/* covers: 2.6 expiry, last day of the month: the certificates end 12/30 */
static void certificates_end_with_their_month(void **state)
{
    (void)state;
    const struct {
        const char *today, *tvr;
    } rows[] = {{"301201", "0200000000"}, {"301231", "0200000000"}, {"310101", "4200000000"}, {"991231", "0200000000"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare("4000", 0x80);
        fake_put(e, 0x9A, rows[i].today);
        expect(e, rows[i].tvr, "8000", i == 2 ? "emv: issuer certificate: expiry" : "");
    }
}

/* covers: 2.6 ICC certificate: PAN, expiry, static data */
static void each_check_of_the_card_certificate_has_its_name(void **state)
{
    (void)state;
    const struct {
        size_t at;
        uint8_t by;
        const char *name;
    } rows[] = {
        {9, 0x01, "account number"},  /* last digit */
        {10, 0xF0, "account number"}, /* one digit more */
        {13, 0x15, "expiry"},         /* 12/25 */
        {19, 0x80, "key length"},     /* 16 bytes */
        {19, 0x01, "key length"},     /* one more than there are */
        {18, 0x02, "key algorithm"},  {20, 0x02, "exponent"}, {17, 0x02, "hash algorithm"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char log[96];
        struct emv *e = prepare("2000", 0x40);
        issue_bend(&issue, rows[i].at, rows[i].by);
        issue_icc(&issue, e);
        snprintf(log, sizeof log, "emv: card certificate: %s", rows[i].name);
        expect(e, "0800000000", "8000", log);
    }
    struct emv *e = prepare("0100", 0x08);
    e->static_data[3] ^= 0x10;
    expect(e, "0400000000", "8000", "emv: card certificate: hash");
}

/* covers: 2.6 9F4A */
static void the_tag_list_names_the_aip_or_nothing(void **state)
{
    (void)state;
    static const char *const lists[] = {"5A", "825A", "8282"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct emv *e = prepare("4000", 0x80);
        fake_put(e, 0x9F4A, lists[i]);
        expect(e, "4200000000", "8000", "emv: static data: tag list");
    }
    struct emv *e = prepare("4000", 0x80); /* the signature was made without the AIP */
    fake_put(e, 0x9F4A, "82");
    expect(e, "4200000000", "8000", "emv: signed static data: hash");
}

/* Book 3 10.3: performed and failed, by whatever method. */
/* covers: 2.6 static data: a signed record is no template 70 */
static void a_record_that_is_no_template_fails_every_method(void **state)
{
    (void)state;
    static const struct {
        const char *aip;
        uint8_t capabilities;
        const char *tvr;
    } rows[] = {{"4000", 0x80, "4200000000"}, {"2000", 0x40, "0800000000"}, {"0100", 0x08, "0400000000"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(rows[i].aip, rows[i].capabilities);
        e->static_broken = true;
        expect(e, rows[i].tvr, "8000", "emv: static data: a record is no template 70");
    }
}

/* covers: 2.6 SDA: DAC to 9F45 */
static void sda_keeps_the_code(void **state)
{
    (void)state;
    struct emv *e = prepare("4000", 0x80);
    assert_int_equal(emv_authenticate(e), OK);
    assert_object(e, 0x9F45, "DAC0");
    emv_end(e);
}

/* covers: 2.6 DDA: both formats, DDOL of the card and of the terminal, number to 9F4C */
static void dda_takes_both_formats_and_lists(void **state)
{
    (void)state;
    static const char *const formats[] = {"80", "77"};
    for (int i = 0; i < 4; i++) {
        struct emv *e = prepare("2000", 0x40);
        if (i < 2) {
            fake_put(e, 0x9F49, "9F3704");
        } else {
            terminal.config.aid[0].ddol_len = (uint8_t)fake_hex("9F3704", terminal.config.aid[0].ddol, 32);
        }
        answer_dda(formats[i % 2], number_3, sizeof number_3);
        assert_int_equal(emv_authenticate(e), OK);
        assert_object(e, 0x95, "0000000000");
        assert_object(e, 0x9F4C, "A1A2A3");
        emv_end(e);
    }
}

/* covers: 2.6 DDOL without 9F37 */
static void a_ddol_needs_the_number(void **state)
{
    (void)state;
    static const char *const lists[] = {"9F0206", "9F", "9F3700", "9F37049F02FF" /* more than a command holds */};
    for (size_t i = 0; i <= sizeof lists / sizeof *lists; i++) {
        struct emv *e = prepare("2000", 0x40);
        if (i < sizeof lists / sizeof *lists)
            fake_put(e, 0x9F49, lists[i]); /* otherwise: none, and no default either */
        expect(e, "0800000000", "8000", "emv: dynamic data: DDOL without unpredictable number");
    }
}

/* covers: 2.6 SDAD: number of 2 to 8 bytes inside its length */
static void dynamic_data_have_their_form(void **state)
{
    (void)state;
    static const uint8_t forms[][12] = {{1, 0xA1}, {9, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {3, 0xA1, 0xA2}, {0}};
    static const size_t lens[] = {2, 10, 3, 0};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct emv *e = prepare("2000", 0x40);
        fake_put(e, 0x9F49, "9F3704");
        answer_dda("80", forms[i], lens[i]);
        expect(e, "0800000000", "8000", "emv: signed dynamic data: dynamic data");
    }
}

/* covers: 2.6 INTERNAL AUTHENTICATE refused or malformed: terminate */
static void a_refused_internal_authenticate_ends_the_transaction(void **state)
{
    (void)state;
    static const char *const answers[] = {"6985", "9000",
                                          "7003010203"
                                          "9000",
                                          "77039F3600"
                                          "9000"};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct emv *e = prepare("2000", 0x40);
        fake_put(e, 0x9F49, "9F3704");
        card.step[0] = (struct fake_step){"0088000004", answers[i], 0};
        assert_int_equal(emv_authenticate(e), EMV_CARD_ERROR);
        emv_end(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_common_method_is_taken),
        cmocka_unit_test(missing_data_is_told),
        cmocka_unit_test(each_check_of_the_issuer_certificate_has_its_name),
        cmocka_unit_test(revoked_and_unknown_keys_fail),
        cmocka_unit_test(certificates_end_with_their_month),
        cmocka_unit_test(each_check_of_the_card_certificate_has_its_name),
        cmocka_unit_test(the_tag_list_names_the_aip_or_nothing),
        cmocka_unit_test(a_record_that_is_no_template_fails_every_method),
        cmocka_unit_test(sda_keeps_the_code),
        cmocka_unit_test(dda_takes_both_formats_and_lists),
        cmocka_unit_test(a_ddol_needs_the_number),
        cmocka_unit_test(dynamic_data_have_their_form),
        cmocka_unit_test(a_refused_internal_authenticate_ends_the_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
