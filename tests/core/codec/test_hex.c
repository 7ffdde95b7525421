/* Hex and BCD text. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/codec/bytes.h"

static void decodes_hex_with_spaces_between_bytes(void **state)
{
    (void)state;
    uint8_t out[4];
    size_t len;
    const char *text = " 00 aF\tFe\r\n9 ";
    assert_int_equal(hex_decode(text, 10, out, sizeof out, &len), OK);
    assert_int_equal(len, 3);
    assert_hex(out, len, "00AFFE");
    assert_int_equal(hex_decode("", 0, out, sizeof out, &len), OK);
    assert_int_equal(len, 0);
}

static void refuses_bad_hex(void **state)
{
    (void)state;
    static const char *const bad[] = {"0", "000", "0 0", "0G", "G0", "--", "00 1"};
    uint8_t out[4];
    size_t len;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(hex_decode(bad[i], strlen(bad[i]), out, sizeof out, &len), E_FORMAT);
        assert_int_equal(len, 0);
    }
    assert_int_equal(hex_decode("0011223344", 10, out, sizeof out, &len), E_LIMIT);
}

static void encodes_hex_within_capacity(void **state)
{
    (void)state;
    const uint8_t in[2] = {0x0A, 0xF0};
    char out[5] = "????";
    assert_int_equal(hex_encode(in, 2, out, 5), OK);
    assert_string_equal(out, "0AF0");
    assert_int_equal(hex_encode(in, 2, out, 4), E_LIMIT);
    assert_string_equal(out, "");
    assert_int_equal(hex_encode(in, 0, out, 1), OK);
    assert_int_equal(hex_encode(in, 2, NULL, 0), E_LIMIT);
}

static void packs_digits_on_either_side(void **state)
{
    (void)state;
    uint8_t out[3];
    assert_int_equal(bcd_pack("021", 3, 1, 0, out, 2), OK);
    assert_hex(out, 2, "0210");
    assert_int_equal(bcd_pack("021", 3, 0, 0xF, out, 2), OK);
    assert_hex(out, 2, "0021");
    assert_int_equal(bcd_pack("12=34", 5, 1, 0xF, out, 3), OK);
    assert_hex(out, 3, "12D34F");
    assert_int_equal(bcd_pack("7", 1, 1, 0xF, out, 3), OK);
    assert_hex(out, 3, "7FFFFF");
    assert_int_equal(bcd_pack("12345", 5, 1, 0, out, 2), E_LIMIT);
    assert_int_equal(bcd_pack("1a", 2, 1, 0, out, 1), E_FORMAT);
    assert_int_equal(bcd_pack("1?", 2, 1, 0, out, 1), E_FORMAT);
}

static void unpacking_reverses_packing(void **state)
{
    (void)state;
    uint8_t in[256], back[256];
    char text[513];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)i;
    bcd_unpack(in, 0, 512, text);
    assert_int_equal(bcd_pack(text, 512, 1, 0, back, sizeof back), OK);
    assert_memory_equal(in, back, sizeof in);
    bcd_unpack(in + 0x12, 1, 3, text);
    assert_string_equal(text, "213");
    bcd_unpack(in, 0, 0, text);
    assert_string_equal(text, "");
}

static void converts_values(void **state)
{
    (void)state;
    uint8_t out[6];
    uint64_t value = 7;
    assert_int_equal(bcd_from_value(123456789012, out, 6), OK);
    assert_hex(out, 6, "123456789012");
    assert_int_equal(bcd_value(out, 6, &value), OK);
    assert_true(value == 123456789012);
    assert_int_equal(bcd_from_value(1000, out, 1), E_LIMIT);
    assert_int_equal(bcd_from_value(0, out, 2), OK);
    assert_hex(out, 2, "0000");
    const uint8_t bad[2] = {0x12, 0x3A}, nines[10] = {0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99};
    assert_int_equal(bcd_value(bad, 2, &value), E_FORMAT);
    assert_int_equal(bcd_value(nines, 9, &value), OK);
    assert_true(value == 999999999999999999);
    assert_int_equal(bcd_value(nines, 10, &value), E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_hex_with_spaces_between_bytes),
        cmocka_unit_test(refuses_bad_hex),
        cmocka_unit_test(encodes_hex_within_capacity),
        cmocka_unit_test(packs_digits_on_either_side),
        cmocka_unit_test(unpacking_reverses_packing),
        cmocka_unit_test(converts_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
