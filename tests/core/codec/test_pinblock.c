/* PIN blocks (ISO 9564-1, DOMAIN 8.1 and appendix B). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/des.h"
#include "core/codec/pinblock.h"
#include "tests/core/codec/bytes.h"

#define KEY "0123456789ABCDEFFEDCBA9876543210"

static void format_0_with_and_without_pan(void **state)
{
    (void)state;
    uint8_t key[16], block[8];
    char pan12[13];
    fill_hex(KEY, key, sizeof key);
    pinblock_pan12("1234567890123456", pan12);
    assert_string_equal(pan12, "456789012345");
    assert_int_equal(pinblock_format0("123456", pan12, block), OK);
    assert_hex(block, 8, "0612713176FEDCBA");
    assert_int_equal(tdes_ecb(key, 16, 1, block, 8, block), OK);
    assert_hex(block, 8, "793AE1FCD3064968");
    assert_int_equal(pinblock_format0("123456", NULL, block), OK);
    assert_hex(block, 8, "06123456FFFFFFFF");
    assert_int_equal(tdes_ecb(key, 16, 1, block, 8, block), OK);
    assert_hex(block, 8, "43E945588ED566D9");
}

static void format_2_for_the_card(void **state)
{
    (void)state;
    uint8_t block[8];
    assert_int_equal(pinblock_format2("1234", block), OK);
    assert_hex(block, 8, "241234FFFFFFFFFF");
    assert_int_equal(pinblock_format2("123456789012", block), OK);
    assert_hex(block, 8, "2C123456789012FF");
}

static void every_pin_length_reads_back(void **state)
{
    (void)state;
    const char *digits = "907856341298";
    for (size_t n = 0; n <= 13; n++) {
        for (int with_pan = 0; with_pan < 2; with_pan++) {
            const char *pan12 = with_pan ? "456789012345" : NULL;
            char pin[15] = "9078563412981", back[13];
            uint8_t block[8];
            pin[n] = '\0';
            int expected = n >= 4 && n <= 12 ? OK : E_INVAL;
            assert_int_equal(pinblock_format0(pin, pan12, block), expected);
            assert_int_equal(pinblock_format2(pin, block), expected);
            if (expected != OK)
                continue;
            assert_int_equal(pinblock_format0(pin, pan12, block), OK);
            assert_int_equal(pinblock_read0(block, pan12, back), OK);
            assert_string_equal(back, pin);
            assert_memory_equal(back, digits, n);
        }
    }
}

static void refuses_foreign_blocks(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "1612713176FEDCBA", /* format 1 */
        "0312345FFFFFFFFF", /* three digits */
        "0D12345678901234", /* thirteen */
        "0612345AFFFFFFFF", /* a PIN digit of ten */
        "06123456FFFFFFF0", /* filler broken */
        "0000000000000000", "FFFFFFFFFFFFFFFF",
    };
    char pin[13];
    uint8_t block[8];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fill_hex(bad[i], block, sizeof block);
        assert_int_equal(pinblock_read0(block, NULL, pin), E_FORMAT);
        assert_string_equal(pin, "");
    }
    fill_hex("0612713176FEDCBA", block, sizeof block);
    assert_int_equal(pinblock_read0(block, "456789012346", pin), E_FORMAT); /* another card's block */
    assert_int_equal(pinblock_read0(block, "45678901234", pin), E_INVAL);
    assert_int_equal(pinblock_format0("12A4", NULL, block), E_INVAL);
    assert_int_equal(pinblock_format0("1234", "45678901234X", block), E_INVAL);
    assert_int_equal(pinblock_format0("1234", "4567890123456", block), E_INVAL);
}

static void short_pans_are_zero_filled(void **state)
{
    (void)state;
    static const struct {
        const char *pan, *expected;
    } cases[] = {{"6210220110002707355", "011000270735"},
                 {"12345678", "000001234567"},
                 {"1", "000000000000"},
                 {"", "000000000000"},
                 {"1234567890123", "123456789012"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char pan12[13];
        pinblock_pan12(cases[i].pan, pan12);
        assert_string_equal(pan12, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format_0_with_and_without_pan), cmocka_unit_test(format_2_for_the_card),
        cmocka_unit_test(every_pin_length_reads_back),   cmocka_unit_test(refuses_foreign_blocks),
        cmocka_unit_test(short_pans_are_zero_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
