/* The keys of the configuration for the exception file, the forced sale and identity documents. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/app/app_fixture.h"

#define DIGEST "\"00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF\""

static int parse_with(const char *key, const char *json, struct config *out, char why[CONFIG_WHY])
{
    cJSON *config = profile_config("unionpay-intl");
    cJSON_DeleteItemFromObject(config, key);
    cJSON_AddItemToObject(config, key, cJSON_Parse(json));
    int r = parse_config(config, out, why);
    cJSON_Delete(config);
    return r;
}

static void the_keys_are_read(void **state)
{
    static struct config out;
    char why[CONFIG_WHY];
    (void)state;
    load_profile("unionpay-intl", &out);
    assert_int_equal(out.emv.exceptions, 0);
    assert_false(out.force_online);
    assert_false(out.emv.identity_check);
    assert_int_equal(parse_with("exception_file", "[" DIGEST "," DIGEST "]", &out, why), OK);
    assert_int_equal(out.emv.exceptions, 2);
    assert_int_equal(out.emv.exception[1].digest[31], 0xFF);
    assert_int_equal(parse_with("exception_file", "[]", &out, why), OK);
    assert_int_equal(parse_with("force_online", "true", &out, why), OK);
    assert_true(out.force_online);
    assert_int_equal(parse_with("identity_check", "true", &out, why), OK);
    assert_true(out.emv.identity_check);
}

static void a_wrong_key_is_named(void **state)
{
    static const char *const wrongs[][2] = {
        {"exception_file", "{}"},
        {"exception_file", "\"\""},
        {"exception_file", "[1]"},
        {"exception_file", "[\"6212345678900101\"]"}, /* an account number is not taken in clear */
        {"exception_file", "[\"00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEE\"]"},
        {"exception_file", "[\"00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF00\"]"},
        {"force_online", "1"},
        {"identity_check", "\"yes\""},
    };
    static struct config out;
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        char why[CONFIG_WHY];
        assert_int_equal(parse_with(wrongs[i][0], wrongs[i][1], &out, why), E_FORMAT);
        assert_memory_equal(why, wrongs[i][0], strlen(wrongs[i][0]));
    }
}

/* One more than there is room for. */
static void the_list_is_limited(void **state)
{
    static struct config out;
    static char json[(EMV_EXCEPTIONS + 1) * 70];
    char why[CONFIG_WHY];
    size_t used = 0;
    (void)state;
    for (size_t i = 0; i <= EMV_EXCEPTIONS; i++)
        used += (size_t)snprintf(json + used, sizeof json - used, "%s%s", i ? "," : "[", DIGEST);
    snprintf(json + used, sizeof json - used, "]");
    assert_int_equal(parse_with("exception_file", json, &out, why), E_FORMAT);
    assert_memory_equal(why, "exception_file", 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_keys_are_read),
        cmocka_unit_test(a_wrong_key_is_named),
        cmocka_unit_test(the_list_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
