/* The shipped profile for terminals in China against the usual values of DOMAIN 2.13. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/app/app_fixture.h"

/* covers: 2.13 default values of the terminal */
static void the_profile_has_the_usual_values(void **state)
{
    struct config cn;
    (void)state;
    load_profile("unionpay-cn", &cn);
    assert_memory_equal(cn.emv.country, "\x01\x56", 2);                /* 9F1A */
    assert_memory_equal(cn.emv.currency, "\x01\x56", 2);               /* 5F2A */
    assert_int_equal(cn.emv.exponent, 2);                              /* 5F36 */
    assert_int_equal(cn.emv.type, 0x22);                               /* 9F35: attended, offline with online */
    assert_int_equal(cn.emv.capabilities[0], 0xE0);                    /* 9F33: manual entry, stripe, chip */
    assert_int_equal(cn.emv.capabilities[1] & 0x68, 0x68);             /* online PIN, signature, no CVM */
    assert_memory_equal(cn.emv.additional, "\x60\x00\xF0\xA0\x01", 5); /* 9F40 */
    assert_int_equal(strlen(cn.emv.serial), 8);                        /* 9F1E */
    assert_int_equal(strlen(cn.emv.terminal_id), 8);                   /* 9F1C */
    assert_int_equal(strlen(cn.emv.merchant_id), 15);                  /* 9F16 */
    for (size_t i = 0; i < cn.emv.aids; i++)
        if (memcmp(cn.emv.aid[i].aid, "\xA0\x00\x00\x03\x33", 5) == 0) {
            bool known =
                memcmp(cn.emv.aid[i].version, "\x00\x20", 2) == 0 || memcmp(cn.emv.aid[i].version, "\x00\x30", 2) == 0;
            assert_true(known); /* 9F09 */
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_profile_has_the_usual_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
