/* The configuration: both shipped profiles are read whole, and each wrong key is refused by its name. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/app/app_fixture.h"

static void the_shipped_profiles_are_read(void **state)
{
    (void)state;
    struct config intl, cn;
    load_profile("unionpay-intl", &intl);
    load_profile("unionpay-cn", &cn);
    assert_int_equal(intl.language, LANGUAGE_EN);
    assert_int_equal(cn.language, LANGUAGE_ZH);
    assert_string_equal(intl.net.terminal_id, "10000001");
    assert_string_equal(intl.emv.terminal_id, "10000001");
    assert_string_equal(intl.net.serial, "PB000001");
    assert_string_equal(intl.net.mac_less_declines[0], "A0");
    assert_string_equal(intl.net.mac_less_declines[2], "97");
    assert_int_equal(intl.net.tpdu[0], 0x60);
    assert_int_equal(intl.net.response_timeout_us, 60000000);
    assert_int_equal(intl.emv.country[0] << 8 | intl.emv.country[1], 0x0344);
    assert_int_equal(intl.emv.type, 0x22);
    assert_int_equal(intl.emv.aids, 4);
    assert_int_equal(intl.emv.aid[0].len, 8);
    assert_int_equal(intl.emv.aid[0].tac_online[0], 0xDC);
    assert_int_equal(intl.emv.aid[0].ddol_len, 3);
    assert_true(intl.emv.online_capable);
    assert_int_equal(intl.fallback.mode, FALLBACK_ALLOWED);
    assert_int_equal(cn.fallback.mode, FALLBACK_FORBIDDEN);
    assert_int_equal(intl.fallback.limit_cents, 500000);
    assert_string_equal(intl.fallback.domestic_bin[0], "62");
}

/* The core uploads no offline approvals. The configurations for everyday sales see to it that no TC is asked for
 * without the host (online only, or "ODA not performed" in both action codes), and their 9F33 claims neither ODA nor
 * offline PIN; unionpay-oda and unionpay-offline-pin do. */
static void the_shipped_profiles_claim_only_what_is_built(void **state)
{
    static const char *const names[] = {"unionpay-intl", "unionpay-cn", "unionpay-border"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct config c;
        load_profile(names[i], &c);
        bool online_only = (c.emv.type & 0x0F) == 1 || (c.emv.type & 0x0F) == 4;
        for (size_t a = 0; a < c.emv.aids; a++)
            assert_true(online_only || (c.emv.aid[a].tac_online[0] & c.emv.aid[a].tac_default[0] & 0x80));
        assert_int_equal(c.emv.capabilities[1] & 0x90, 0);
        assert_int_equal(c.emv.capabilities[2], 0);
    }
}

static const struct wrong {
    const char *object, *key, *json;
} wrongs[] = {
    {NULL, "language", "\"fr\""},
    {NULL, "terminal_id", "\"123\""},
    {NULL, "terminal_id", "12345678"},
    {NULL, "merchant_name", "\"a\\nb\""},
    {NULL, "tpdu", "\"60000300\""},
    {NULL, "tpdu", "\"6000030000FF\""},
    {NULL, "header", "\"61310031100G\""},
    {NULL, "connect_timeout_s", "0"},
    {NULL, "response_timeout_s", "1.5"},
    {NULL, "connect_tries", "10"},
    {NULL, "reversal_tries", "-1"},
    {NULL, "exponent", "3"},
    {NULL, "message_time_s", "1e99"},
    {NULL, "pin_tries", "true"},
    {NULL, "mac_less_declines", "[\"A\"]"},
    {NULL, "mac_less_declines", "[\"A0\",1]"},
    {NULL, "mac_less_declines", "[\"A0\",\"A0\",\"A0\",\"A0\",\"A0\",\"A0\",\"A0\",\"A0\",\"A0\"]"},
    {NULL, "aids", "[]"},
    {NULL, "fallback", "[]"},
    {"fallback", "mode", "\"always\""},
    {"fallback", "attempts", "4"},
    {"fallback", "limit", "\"5000\""},
    {"fallback", "limit", "5000"},
    {"fallback", "domestic_bins", "[\"1234567\"]"},
    {"aids", "aid", "\"A0000003\""},
    {"aids", "partial", "1"},
    {"aids", "floor_limit", "\"99999999999999.00\""},
    {"aids", "ddol", "\"9F3704ZZ\""},
    {"aids", "tdol", "\"9F3704ZZ\""},
    {"aids", "tdol", "95"},
    {"aids", "random_max", "100"},
};

static void a_wrong_key_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        cJSON *config = profile_config("unionpay-intl"), *object = config;
        if (wrongs[i].object)
            object = cJSON_GetObjectItem(config, wrongs[i].object);
        if (cJSON_IsArray(object))
            object = cJSON_GetArrayItem(object, 1);
        cJSON_DeleteItemFromObject(object, wrongs[i].key);
        cJSON_AddItemToObject(object, wrongs[i].key, cJSON_Parse(wrongs[i].json));
        struct config out;
        char why[CONFIG_WHY];
        int r = parse_config(config, &out, why);
        if (r != E_FORMAT || strncmp(why, wrongs[i].key, strlen(wrongs[i].key)) != 0)
            print_message("row %zu: %s = %s gives %d, \"%s\"\n", i, wrongs[i].key, wrongs[i].json, r, why);
        assert_int_equal(r, E_FORMAT);
        assert_memory_equal(why, wrongs[i].key, strlen(wrongs[i].key));
        cJSON_Delete(config);
    }
}

static void a_missing_key_is_named(void **state)
{
    (void)state;
    cJSON *whole = profile_config("unionpay-intl"), *item;
    cJSON_ArrayForEach(item, whole)
    {
        if (strcmp(item->string, "always_manage_risk") == 0)
            continue;
        cJSON *config = cJSON_Duplicate(whole, true);
        cJSON_DeleteItemFromObject(config, item->string);
        struct config out;
        char why[CONFIG_WHY];
        assert_int_equal(parse_config(config, &out, why), E_FORMAT);
        assert_memory_equal(why, item->string, strlen(item->string) < 24 ? strlen(item->string) : 24);
        cJSON_Delete(config);
    }
    cJSON_Delete(whole);
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const texts[] = {"", "[]", "{", "null", "{\"language\":\"en\"", "\xFF\xFE"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct config out;
        char why[CONFIG_WHY];
        assert_int_equal(config_parse(texts[i], strlen(texts[i]), &out, why), E_FORMAT);
        assert_memory_equal(why, CONFIG_FILE, strlen(CONFIG_FILE));
    }
}

static void the_file_is_read_and_limited(void **state)
{
    (void)state;
    static struct fake_terminal t;
    static char filler[CONFIG_FILE_MAX + 1];
    struct config out;
    char why[CONFIG_WHY];
    int file = 0;
    ft_init(&t);
    assert_int_equal(config_load(&t.hal, &out, why), HAL_E_NOENT);
    write_config(&t, "unionpay-cn");
    assert_int_equal(config_load(&t.hal, &out, why), OK);
    assert_string_equal(out.merchant_name, "POSBENCH TEST SHOP CN");
    assert_int_equal(fake_open(&t.fs, CONFIG_FILE, 0, &file), OK);
    assert_int_equal(fake_write(&t.fs, file, 0, filler, sizeof filler), OK);
    assert_int_equal(config_load(&t.hal, &out, why), E_LIMIT);
    ft_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_profiles_are_read),
        cmocka_unit_test(the_shipped_profiles_claim_only_what_is_built),
        cmocka_unit_test(a_wrong_key_is_named),
        cmocka_unit_test(a_missing_key_is_named),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(the_file_is_read_and_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
