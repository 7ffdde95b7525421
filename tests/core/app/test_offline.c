/* Approvals without the host as the terminal is told of them and tells them: the configuration, and three slips. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/app/receipt.h"
#include "tests/core/app/app_fixture.h"

/* ---- the configuration ---- */

static int parse_with(const char *json, struct config *out, char why[CONFIG_WHY])
{
    cJSON *config = profile_config("unionpay-intl");
    cJSON_AddItemToObject(config, "offline", cJSON_Parse(json));
    int r = parse_config(config, out, why);
    cJSON_Delete(config);
    return r;
}

static void the_key_is_read(void **state)
{
    static struct config out;
    char why[CONFIG_WHY];
    (void)state;
    load_profile("unionpay-intl", &out);
    assert_int_equal(out.offline.max_pending, 0); /* without it none are taken */
    assert_int_equal(
        parse_with("{\"max_pending\":20,\"max_total\":\"1000.00\",\"upload_at\":10,\"upload_tries\":3}", &out, why),
        OK);
    assert_int_equal(out.offline.max_pending, 20);
    assert_int_equal(out.offline.max_total, 100000);
    assert_int_equal(out.offline.upload_at, 10);
    assert_int_equal(out.net.upload_tries, 3);
}

static void a_wrong_value_is_named(void **state)
{
    static const char *const wrongs[][2] = {
        {"[]", "offline"},
        {"{}", "max_pending"},
        {"{\"max_pending\":0,\"max_total\":\"1.00\",\"upload_at\":1,\"upload_tries\":3}", "max_pending"},
        {"{\"max_pending\":1,\"max_total\":100,\"upload_at\":1,\"upload_tries\":3}", "max_total"},
        {"{\"max_pending\":1,\"max_total\":\"1.00\",\"upload_at\":0,\"upload_tries\":3}", "upload_at"},
        {"{\"max_pending\":1,\"max_total\":\"1.00\",\"upload_at\":1,\"upload_tries\":10}", "upload_tries"},
    };
    static struct config out;
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        char why[CONFIG_WHY];
        assert_int_equal(parse_with(wrongs[i][0], &out, why), E_FORMAT);
        assert_memory_equal(why, wrongs[i][1], strlen(wrongs[i][1]));
    }
}

/* ---- the slips ---- */

static const char *slip(enum language language, const struct journal_entry *e)
{
    static char text[RECEIPT_LINES * RECEIPT_LINE_MAX];
    static struct receipt receipt;
    static struct config config;
    load_profile("unionpay-intl", &config);
    config.language = language;
    receipt_format(&config, e, false, &receipt);
    text[0] = '\0';
    for (size_t i = 0; i < receipt.count; i++) {
        strcat(text, receipt.line[i].text);
        strcat(text, "\n");
    }
    return text;
}

static struct journal_entry by_the_card(void)
{
    return (struct journal_entry){.batch = 1,
                                  .trace = 12,
                                  .kind = FIRMWARE_SALE,
                                  .outcome = FIRMWARE_DONE,
                                  .amount_cents = 1200,
                                  .masked_pan = "621067*********0069",
                                  .entry = "072",
                                  .de60 = "30000001000600",
                                  .response = "Y1",
                                  .ac = "0123456789ABCDEF"};
}

static void expect(const char *text, const char *words, bool there)
{
    if (!strstr(text, words) == there)
        fail_msg("\"%s\" %s in\n%s", words, there ? "is not" : "is", text);
}

static void an_approval_of_the_card_says_so(void **state)
{
    (void)state;
    struct journal_entry e = by_the_card();
    expect(slip(LANGUAGE_EN, &e), "APPROVED BY THE CARD, OFFLINE", true);
    expect(slip(LANGUAGE_EN, &e), "\nTC: 0123456789ABCDEF", true); /* of a tap, too */
    expect(slip(LANGUAGE_EN, &e), "REF NO:", false);
    expect(slip(LANGUAGE_ZH, &e), "脱机交易, 卡片批准", true);
    memcpy(e.response, "00", 3);
    expect(slip(LANGUAGE_EN, &e), "OFFLINE", false);
    expect(slip(LANGUAGE_EN, &e), "\nARQC: ", true);
}

static void a_refused_upload_names_the_code(void **state)
{
    (void)state;
    struct journal_entry e = by_the_card();
    memcpy(e.refused, "14", 3);
    expect(slip(LANGUAGE_EN, &e), "UPLOAD REFUSED BY THE BANK: 14", true);
    expect(slip(LANGUAGE_ZH, &e), "上送被银行拒绝: 14", true);
    memcpy(e.refused, NET_UPLOAD_SEALED, 3); /* not the bank's doing */
    expect(slip(LANGUAGE_EN, &e), "BANK", false);
    expect(slip(LANGUAGE_EN, &e), "CANNOT BE UPLOADED, CARD NUMBER LOST: ZS", true);
    expect(slip(LANGUAGE_ZH, &e), "卡号已丢失, 无法上送: ZS", true);
}

/* covers: 2.11 advice: why, as far as Book 3 tells the reasons */
static void an_advice_is_on_the_slip(void **state)
{
    static const char *const reasons[] = {"NO REASON", "SERVICE NOT ALLOWED", "PIN TRY LIMIT", "ISSUER NOT PROVEN"};
    (void)state;
    struct journal_entry e = by_the_card();
    expect(slip(LANGUAGE_EN, &e), "ADVICE", false);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        char line[64];
        e.advice[0] = (char)('0' + i);
        snprintf(line, sizeof line, "\nCARD ASKS FOR ADVICE: %s\n", reasons[i]);
        expect(slip(LANGUAGE_EN, &e), line, true);
        expect(slip(LANGUAGE_ZH, &e), "卡片要求通知: ", true);
    }
    e.advice[0] = '7'; /* reserved */
    expect(slip(LANGUAGE_EN, &e), "\nCARD ASKS FOR ADVICE: NO REASON\n", true);
}

/* An oracle, and a merchant, looks for the word of an approval: it must not stand here. */
static void an_unknown_approves_nothing(void **state)
{
    (void)state;
    struct journal_entry e = by_the_card();
    e.outcome = FIRMWARE_DISCLOSED;
    e.response[0] = '\0';
    for (int language = 0; language < 2; language++) {
        const char *text = slip((enum language)language, &e);
        expect(text, language ? "交易结果未知" : "RESULT UNKNOWN", true);
        for (const struct firmware_slip *words = receipt_slips; words->trace; words++)
            expect(text, words->approved, false);
        expect(text, receipt_slips[language].trace, true);
        expect(text, "000012", true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_is_read),
        cmocka_unit_test(a_wrong_value_is_named),
        cmocka_unit_test(an_approval_of_the_card_says_so),
        cmocka_unit_test(a_refused_upload_names_the_code),
        cmocka_unit_test(an_advice_is_on_the_slip),
        cmocka_unit_test(an_unknown_approves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
