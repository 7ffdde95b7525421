/* Keys of offline data authentication in the configuration: the shipped profile is read, each wrong member is named. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/app/app_fixture.h"

/* covers: 2.6 CA keys of a terminal, 3.10 */
static void the_shipped_keys_are_read(void **state)
{
    (void)state;
    struct config c;
    load_profile("unionpay-oda", &c);
    assert_int_equal(c.emv.capabilities[2], 0xC8);
    assert_true(c.emv.capks >= 3);
    assert_int_equal(c.emv.capk[0].index, 0xF1);
    assert_int_equal(c.emv.capk[0].key.exponent, 3);
    assert_int_equal(c.emv.capk[1].key.exponent, 65537);
    assert_int_equal(c.emv.capk[2].key.algorithm, EMV_PK_SM2);
    assert_int_equal(c.emv.revoked_count, 1);
    assert_int_equal(c.emv.revoked[0].serial[0], 0xBA);
    for (size_t a = 0; a < c.emv.aids; a++) /* no approval without the host: floor limit 0, risk always managed */
        assert_true(c.emv.always_manage_risk && c.emv.aid[a].floor_limit == 0 &&
                    (c.emv.aid[a].tac_online[3] & c.emv.aid[a].tac_default[3] & 0x80));
}

/* covers: 2.6 CA keys: bad ones are refused by name */
static void a_wrong_key_is_named(void **state)
{
    static const struct {
        int key; /* in capks; -1: in revoked; -2: in the configuration itself */
        const char *member, *json, *why;
    } rows[] = {
        {0, "rid", "\"A0000003\"", "rid"},
        {0, "index", "\"F\"", "index"},
        {0, "modulus", "\"00\"", "modulus: of key F1"},
        {0, "modulus", "\"XX\"", "modulus: of key F1"},
        {0, "modulus", "null", "modulus: of key F1"},
        {0, "exponent", "\"05\"", "exponent: of key F1"},
        {0, "exponent", "\"\"", "exponent: of key F1"},
        {0, "exponent", "3", "exponent: of key F1"},
        {0, "algorithm", "\"dsa\"", "algorithm: of key F1"},
        {0, "algorithm", "null", "algorithm: of key F1"},
        {0, "checksum", "\"0000000000000000000000000000000000000000\"", "checksum: of key F1, not that of the key"},
        {0, "checksum", "\"00\"", "checksum"},
        {0, "expiry", "\"301331\"", "expiry: of key F1, no date"},
        {0, "expiry", "\"30123\"", "expiry"},
        {1, "index", "\"F1\"", "checksum"}, /* another index is another key */
        {2, "modulus", "\"0102\"", "modulus: of key F3"},
        {2, "index", "\"F1\"", "index: of key F1, there already"},
        {-1, "serial", "\"BAD0\"", "serial"},
        {-1, "rid", "null", "rid"},
        {-2, "capks", "{}", "capks"},
        {-2, "capks", "[1]", "rid"},
        {-2, "revoked", "\"\"", "revoked"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cJSON *config = profile_config("unionpay-oda"), *object = config;
        if (rows[i].key >= -1) {
            object = cJSON_GetObjectItem(config, rows[i].key < 0 ? "revoked" : "capks");
            object = cJSON_GetArrayItem(object, rows[i].key < 0 ? 0 : rows[i].key);
        }
        cJSON_DeleteItemFromObject(object, rows[i].member);
        cJSON_AddItemToObject(object, rows[i].member, cJSON_Parse(rows[i].json));
        struct config out;
        char why[CONFIG_WHY];
        int r = parse_config(config, &out, why);
        if (r != E_FORMAT || strncmp(why, rows[i].why, strlen(rows[i].why)) != 0)
            print_message("row %zu: %s = %s gives %d, \"%s\"\n", i, rows[i].member, rows[i].json, r, why);
        assert_int_equal(r, E_FORMAT);
        assert_memory_equal(why, rows[i].why, strlen(rows[i].why));
        cJSON_Delete(config);
    }
}

/* A configuration without keys is one without offline data authentication, as before. */
static void lists_may_be_missing(void **state)
{
    (void)state;
    cJSON *config = profile_config("unionpay-oda");
    struct config out;
    char why[CONFIG_WHY];
    cJSON_DeleteItemFromObject(config, "capks");
    cJSON_DeleteItemFromObject(config, "revoked");
    assert_int_equal(parse_config(config, &out, why), OK);
    assert_int_equal(out.emv.capks, 0);
    cJSON_Delete(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_keys_are_read),
        cmocka_unit_test(a_wrong_key_is_named),
        cmocka_unit_test(lists_may_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
