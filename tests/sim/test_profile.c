/* Terminal profiles: the shipped ones load, and a mistake is named with file, key and what was expected. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/profile.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void shipped_profiles_load(void **state)
{
    struct profile p;
    char why[256] = "";
    (void)state;
    assert_int_equal(profile_load(TEST_ROOT "/sim/profiles/unionpay-intl.json", &p, why, sizeof why), OK);
    assert_string_equal(p.name, "unionpay-intl");
    assert_int_equal(p.display.columns, 20);
    assert_int_equal(p.display.rows, 4);
    assert_true(p.mains);
    assert_int_equal(p.battery_percent, 100);
    assert_int_equal(p.tmk_len, 16);
    assert_int_equal(p.tmk[1], 0x23);
    assert_int_equal(p.clock.year, 2026);
    assert_int_equal(p.clock.hour, 10);
    assert_string_equal(p.terminal_id, "10000001");
    assert_string_equal(p.merchant_id, "104100050450001");
    assert_non_null(strstr(p.config, "\"language\":\"en\""));
    struct storage *s = storage_create(&p.storage);
    assert_non_null(s);
    storage_destroy(s);
    profile_clear(&p);
    assert_int_equal(profile_load(TEST_ROOT "/sim/profiles/unionpay-cn.json", &p, why, sizeof why), OK);
    assert_false(p.character);
    profile_clear(&p);
    assert_int_equal(profile_load(TEST_ROOT "/sim/profiles/unionpay-character.json", &p, why, sizeof why), OK);
    assert_true(p.character);
    profile_clear(&p);
    assert_int_equal(profile_load("nowhere/none.json", &p, why, sizeof why), HAL_E_NOENT);
}

#define HARDWARE "\"hardware\":{\"display\":{\"columns\":20,\"rows\":4}}"
#define KEYS "\"keys\":{\"tmk\":\"0123456789ABCDEF\"}"
#define CLOCK "\"clock\":\"2026-02-28 10:00:00\""
#define CONFIG "\"config\":{\"terminal_id\":\"10000001\",\"merchant_id\":\"104100050450001\"}"

static const struct {
    const char *json, *expected;
} mistakes[] = {
    {"{\n\"a\": 1,\n,}", "-test.json:3: JSON expected"},
    {"[]", "-test.json: an object expected"},
    {"{" HARDWARE "," KEYS "," CLOCK "}", "-test.json: config: this key expected"},
    {"{\"colour\":1}", "-test.json: colour: no such key"},
    {"{" HARDWARE "," HARDWARE "}", "-test.json: hardware: given twice"},
    {"{\"config\":{\"aids\":[{\"aid\":\"A0\"},{\"aid\":\"A0\",\"aid\":\"A1\"}]}}",
     "-test.json: config.aids[].aid: given twice"},
    {"{\"hardware\":{\"display\":{\"columns\":2.5,\"rows\":4}}}",
     "-test.json: hardware.display.columns: a whole number from 8 to 60 expected"},
    {"{\"hardware\":{\"display\":{\"columns\":20,\"rows\":9}}}", "hardware.display.rows: a whole number from 1 to 8"},
    {"{\"hardware\":{\"touch\":\"yes\"}}", "hardware.touch: true or false expected"},
    {"{\"hardware\":{\"reader\":\"byte\"}}", "hardware.reader: \"tpdu\" or \"character\" expected"},
    {"{\"hardware\":7}", "-test.json: hardware: an object expected"},
    {"{\"keys\":{\"tmk\":\"01\"}}", "keys.tmk: 16, 32 or 48 hex digits expected"},
    {"{\"clock\":\"2026-02-30 10:00:00\"}", "clock: a date"},
    {"{\"config\":{\"terminal_id\":\"1\"}}", "config.terminal_id: 8 characters expected"},
    {"{\"storage\":{\"sector_size\":0}}", "storage.sector_size: a whole number from 1"},
};

static void mistakes_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct profile p;
        char why[256] = "", path[] = TEST_IMAGES ".profile-test.json";
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(mistakes[i].json, file);
        fclose(file);
        assert_int_equal(profile_load(path, &p, why, sizeof why), E_FORMAT);
        if (!strstr(why, mistakes[i].expected))
            fail_msg("\"%s\" does not say \"%s\"", why, mistakes[i].expected);
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shipped_profiles_load), cmocka_unit_test(mistakes_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
