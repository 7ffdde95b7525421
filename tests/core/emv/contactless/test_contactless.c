/* The contactless kernel, step by step. The good answers have the form of PBOC 3.0 part 12's example in DOMAIN 3.9; the
 * account is a test number. */
#include "tests/core/emv/contactless/air.h"

#include <stdio.h>

#define PPSE_COMMAND "00A404000E325041592E5359532E444446303100"
#define PPSE_ONE                                                                                                       \
    "6F30840E325041592E5359532E4444463031A51EBF0C1B61194F08A000000333010101500A50424F4320444542495487010"              \
    "19000"
#define AID_COMMAND "00A4040008A00000033301010100"
#define PDOL_FULL "9F66049F02069F03069F1A0295055F2A029A039C019F3704"
#define FCI_FULL "6F278408A000000333010101A51B9F3818" PDOL_FULL "9000"
#define GPO_COMMAND "80A8000023832136800000000000000001000000000000015600000000000156170601002B29EBE400"
#define TRACK2 "57106212345678970013D301220100000120"
#define IAD_ARQC "9F100807010103A0000001"
#define AC "9F2608AD03EE811AFAD484"
#define BODY_ONLINE "82027C009F36020022" TRACK2 IAD_ARQC AC "5F3401019F6C020000"

/* `body` as template 77 with 9000 behind it. */
static const char *options(const char *body)
{
    static char text[512];
    snprintf(text, sizeof text, "77%02X%s9000", (unsigned)strlen(body) / 2, body);
    return text;
}

static int read_with(struct air *a, const struct air_step *steps)
{
    air_init(a, steps);
    return air_tap(a);
}

/* One with a good directory and FCI, and this answer to GET PROCESSING OPTIONS. */
static int read_options(struct air *a, const char *options)
{
    const struct air_step steps[] = {
        {PPSE_COMMAND, PPSE_ONE, OK}, {AID_COMMAND, FCI_FULL, OK}, {GPO_COMMAND, options, HAL_E_REMOVED}};
    return read_with(a, steps);
}

static void assert_object(const struct air *a, uint32_t tag, const char *hex)
{
    const uint8_t *value;
    size_t len;
    char text[128];
    assert_int_equal(emv_get(&a->emv, tag, &value, &len), OK);
    assert_int_equal(hex_encode(value, len, text, sizeof text), OK);
    assert_string_equal(text, hex);
}

/* covers: 3.9 qPBOC online */
static void a_tap_goes_online(void **state)
{
    struct air a;
    char pan[20], psn[4], expiry[5], track2[40];
    (void)state;
    assert_int_equal(read_options(&a, options(BODY_ONLINE)), OK);
    assert_int_equal(a.emv.decision, EMV_ONLINE);
    assert_int_equal(a.emv.cvm, EMV_CVM_NONE);
    assert_object(&a, 0x9F27, "80");
    assert_object(&a, 0x9F39, "07");
    assert_object(&a, 0x95, "0000000000");
    assert_object(&a, 0x9F34, "3F0000");
    assert_object(&a, 0x84, "A000000333010101");
    assert_int_equal(emv_pan(&a.emv, pan, psn, expiry, track2), OK);
    assert_string_equal(pan, "6212345678970013");
    assert_string_equal(psn, "01");
    assert_string_equal(expiry, "3012");
    assert_string_equal(track2, "6212345678970013D301220100000120");
    contactless_end(&a.kernel);
    assert_int_equal(a.emv.objects, 0);
}

/* covers: 3.9 qPBOC cryptogram types */
static void the_type_stands_in_the_cvr(void **state)
{
    struct air a;
    (void)state;
    assert_int_equal(
        read_options(&a, options("82027C009F36020022" TRACK2 "9F10080701010390000001" AC "5F3401019F6C020000")), OK);
    assert_int_equal(a.emv.decision, EMV_DECLINED); /* an online cryptogram was required */
    assert_object(&a, 0x9F27, "40");
    assert_int_equal(
        read_options(&a, options("82027C009F36020022" TRACK2 "9F10080701010380000001" AC "5F3401019F6C020000")), OK);
    assert_int_equal(a.emv.decision, EMV_DECLINED);
    /* neither of the three; and a 9F27 that tells another story */
    assert_int_equal(
        read_options(&a, options("82027C009F36020022" TRACK2 "9F100807010103B0000001" AC "5F3401019F6C020000")),
        EMV_CARD_ERROR);
    assert_int_equal(read_options(&a, options("82027C009F36020022" TRACK2 IAD_ARQC AC "9F270140")), EMV_CARD_ERROR);
}

/* covers: 3.9 CTQ */
static void qualifiers_name_the_method(void **state)
{
    static const struct {
        const char *ctq;
        uint64_t amount;
        uint8_t ttq1;
        unsigned cvm;
    } rows[] = {
        {"9F6C020000", 100, 0x36, EMV_CVM_NONE},         {"9F6C028000", 100, 0x36, EMV_CVM_ONLINE_PIN},
        {"9F6C024000", 100, 0x36, EMV_CVM_SIGNATURE},    {"9F6C02C000", 100, 0x36, EMV_CVM_ONLINE_PIN},
        {"9F6C02C000", 100, 0x32, EMV_CVM_SIGNATURE},    {"9F6C020000", 100000, 0x36, EMV_CVM_ONLINE_PIN},
        {"9F6C020000", 99999, 0x36, EMV_CVM_NONE},       {"9F6C024000", 100000, 0x36, EMV_CVM_SIGNATURE},
        {"9F6C020000", 100000, 0x32, EMV_CVM_SIGNATURE}, {"9F6C020000", 100000, 0x30, EMV_CVM_FAILED},
        {"9F6C028000", 100, 0x30, EMV_CVM_FAILED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct air a;
        char body[256];
        snprintf(body, sizeof body, "82027C009F36020022" TRACK2 IAD_ARQC AC "5F340101%s", rows[i].ctq);
        const struct air_step steps[] = {{NULL, PPSE_ONE, OK}, {NULL, FCI_FULL, OK}, {NULL, options(body), OK}};
        air_init(&a, steps);
        a.transaction.amount_cents = rows[i].amount;
        a.limits.ttq[0] = rows[i].ttq1;
        assert_int_equal(air_tap(&a), OK);
        assert_int_equal(a.emv.cvm, rows[i].cvm);
        assert_int_equal(a.emv.decision, rows[i].cvm == EMV_CVM_FAILED ? EMV_DECLINED : EMV_ONLINE);
    }
}

/* covers: 3.9 PDOL without 9F66, 3.9 no 9F26 */
static void another_interface_is_asked_for(void **state)
{
    struct air a;
    (void)state;
    const struct air_step no_ttq[] = {{PPSE_COMMAND, PPSE_ONE, OK},
                                      {AID_COMMAND, "6F128408A000000333010101A5069F38039F02069000", OK}};
    assert_int_equal(read_with(&a, no_ttq), CONTACTLESS_OTHER_INTERFACE);
    const struct air_step no_pdol[] = {{PPSE_COMMAND, PPSE_ONE, OK},
                                       {AID_COMMAND, "6F0F8408A000000333010101A5035001419000", OK}};
    assert_int_equal(read_with(&a, no_pdol), CONTACTLESS_OTHER_INTERFACE);
    assert_int_equal(read_options(&a, options("82027C009F36020022" TRACK2)), CONTACTLESS_OTHER_INTERFACE);
    assert_int_equal(read_options(&a, "80067C00080101009000"), CONTACTLESS_OTHER_INTERFACE);
    assert_int_equal(read_options(&a, "6984"), CONTACTLESS_OTHER_INTERFACE);
}

/* covers: 3.9 malformed answers */
static void what_breaks_its_format_is_an_error(void **state)
{
    static const char *const bodies[] = {
        "82027C009F360100" TRACK2 IAD_ARQC AC "9F6C020000",          /* ATC of one byte */
        "82027C009F36020022" IAD_ARQC AC "9F6C020000",               /* no 57 */
        "82027C009F36020022" TRACK2 IAD_ARQC "9F2607AD03EE811AFAD4", /* a short cryptogram */
        "82027C009F36020022" TRACK2 "9F100607010103A000" AC,         /* 9F10 without its end */
        "82027C009F36020022" TRACK2 "9F100807010102A0000001" AC,     /* a CVR of two bytes */
        "82027C009F36020022"
        "570862D3012201000001" IAD_ARQC AC, /* a number of two digits */
        "82027C009F36020022" TRACK2 IAD_ARQC AC "9F6C03000000",
        "820282", /* too long, cut off */
    };
    static const char *const answers[] = {"9000", "77038205009000", "6A80", "6283"};
    struct air a;
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        assert_int_equal(read_options(&a, options(bodies[i])), EMV_CARD_ERROR);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        assert_int_equal(read_options(&a, answers[i]), EMV_CARD_ERROR);
    assert_int_equal(read_options(&a, "77"), EMV_REMOVED); /* one byte is noise */
}

/* covers: 3.9 PPSE */
static void the_directory_decides(void **state)
{
    struct air a;
    (void)state;
    static const char *const none[] = {"6A82", "6283", "6F12840E325041592E5359532E4444463031A5009000"};
    static const int outcome[] = {EMV_NOT_ACCEPTED, EMV_NOT_ACCEPTED, EMV_CARD_ERROR};
    for (size_t i = 0; i < 3; i++) {
        const struct air_step steps[] = {{PPSE_COMMAND, none[i], OK}};
        assert_int_equal(read_with(&a, steps), outcome[i]);
    }
    /* an application of another scheme only */
    const struct air_step other[] = {
        {PPSE_COMMAND, "6F21840E325041592E5359532E4444463031A50FBF0C0C610A4F08F0000003330101019000", OK}};
    assert_int_equal(read_with(&a, other), EMV_NOT_ACCEPTED);
    /* two, the second one first by priority; refused at SELECT, the other one is taken */
    const struct air_step two[] = {
        {PPSE_COMMAND,
         "6F33840E325041592E5359532E4444463031A521BF0C1E610D4F08A000000333010102870102610D4F08A000000333010101870101900"
         "0",
         OK},
        {AID_COMMAND, "6A82", OK},
        {"00A4040008A00000033301010200", "6F278408A000000333010102A51B9F3818" PDOL_FULL "9000", OK},
        {NULL, options(BODY_ONLINE), OK},
    };
    assert_int_equal(read_with(&a, two), OK);
    assert_object(&a, 0x84, "A000000333010102");
    /* 6985 from the only one there is */
    assert_int_equal(read_options(&a, "6985"), EMV_NOT_ACCEPTED);
}

/* covers: 3.9 limits, A DF19 DF20 DF21 */
static void limits_open_the_field_and_set_the_qualifiers(void **state)
{
    struct air a;
    uint8_t ttq[4];
    (void)state;
    air_init(&a, NULL);
    assert_true(contactless_offered(&a.config, &a.limits, 499999));
    assert_false(contactless_offered(&a.config, &a.limits, 500000));
    contactless_qualifiers(&a.limits, 0, 99999, ttq);
    assert_memory_equal(ttq, "\x36\x80\x00\x00", 4);
    contactless_qualifiers(&a.limits, 0, 100000, ttq);
    assert_memory_equal(ttq, "\x36\xC0\x00\x00", 4);
    a.limits.aid[0].floor_limit = 5000;
    contactless_qualifiers(&a.limits, 0, 5000, ttq);
    assert_memory_equal(ttq, "\x36\x00\x00\x00", 4);
    contactless_qualifiers(&a.limits, 0, 5001, ttq);
    assert_memory_equal(ttq, "\x36\x80\x00\x00", 4);
    /* a reader without a host: nothing above the floor limit */
    a.limits.ttq[0] = 0x3A;
    assert_true(contactless_offered(&a.config, &a.limits, 5000));
    assert_false(contactless_offered(&a.config, &a.limits, 5001));
    contactless_qualifiers(&a.limits, 0, 5000, ttq);
    assert_memory_equal(ttq, "\x3A\x00\x00\x00", 4);
    /* what is reserved, or of modes that this kernel lacks, is not said */
    memcpy(a.limits.ttq, "\xFF\xFF\xFF\xFF", 4);
    contactless_qualifiers(&a.limits, 0, 1, ttq);
    assert_memory_equal(ttq, "\x3E\x00\x00\x80", 4);
    a.limits.ttq[0] = 0;
    assert_false(contactless_offered(&a.config, &a.limits, 1));
}

/* covers: 3.9 torn tap */
static void what_the_air_swallows_is_presented_again(void **state)
{
    static const struct {
        int status, outcome;
    } rows[] = {{HAL_E_REMOVED, EMV_REMOVED}, {HAL_E_MUTE, EMV_REMOVED}, {HAL_E_PROTOCOL, EMV_REMOVED},
                {E_LIMIT, EMV_REMOVED},       {HAL_E_IO, HAL_E_IO},      {HAL_E_POWER, HAL_E_POWER}};
    struct air a;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t at = 0; at < 3; at++) {
            struct air_step steps[] = {{NULL, PPSE_ONE, OK}, {NULL, FCI_FULL, OK}, {NULL, options(BODY_ONLINE), OK}};
            steps[at] = (struct air_step){NULL, NULL, rows[i].status};
            assert_int_equal(read_with(&a, steps), rows[i].outcome);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tap_goes_online),
        cmocka_unit_test(the_type_stands_in_the_cvr),
        cmocka_unit_test(qualifiers_name_the_method),
        cmocka_unit_test(another_interface_is_asked_for),
        cmocka_unit_test(what_breaks_its_format_is_an_error),
        cmocka_unit_test(the_directory_decides),
        cmocka_unit_test(limits_open_the_field_and_set_the_qualifiers),
        cmocka_unit_test(what_the_air_swallows_is_presented_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
