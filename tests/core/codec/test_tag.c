/* The tag dictionary against DOMAIN appendix A, and the bit names of DOMAIN 2.1. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/codec/tag.h"
#include "core/codec/tlv.h"

static void table_is_ordered_and_sound(void **state)
{
    (void)state;
    size_t count;
    const struct tag_info *table = tag_table(&count);
    assert_true(count > 140);
    for (size_t i = 0; i < count; i++) {
        if (i)
            assert_true(table[i - 1].tag < table[i].tag);
        assert_true(table[i].max == 0 || table[i].min <= table[i].max);
        assert_non_null(strchr("CTI", table[i].source));
        assert_true(*table[i].name);
        assert_ptr_equal(tag_lookup(table[i].tag), &table[i]);
        assert_int_equal(tlv_is_template(table[i].tag), table[i].format == TAG_TEMPLATE);
    }
    assert_null(tag_lookup(0));
    assert_null(tag_lookup(0x9F00));
    assert_null(tag_lookup(0xFFFFFFFF));
}

static void holds_every_tag_of_the_appendix(void **state)
{
    (void)state;
    static const uint32_t tags[] = {
        0x42,   0x4F,   0x50,   0x57,   0x5A,   0x5F20, 0x5F24, 0x5F25, 0x5F28, 0x5F2A, 0x5F2D, 0x5F30, 0x5F34, 0x5F36,
        0x61,   0x6F,   0xA5,   0xBF0C, 0x70,   0x71,   0x72,   0x73,   0x77,   0x80,   0x81,   0x82,   0x83,   0x84,
        0x86,   0x87,   0x88,   0x89,   0x8A,   0x8C,   0x8D,   0x8E,   0x8F,   0x90,   0x91,   0x92,   0x93,   0x94,
        0x95,   0x97,   0x98,   0x99,   0x9A,   0x9B,   0x9C,   0x9D,   0x9F01, 0x9F02, 0x9F03, 0x9F04, 0x9F05, 0x9F06,
        0x9F07, 0x9F08, 0x9F09, 0x9F0B, 0x9F0D, 0x9F0E, 0x9F0F, 0x9F10, 0x9F11, 0x9F12, 0x9F13, 0x9F14, 0x9F17, 0x9F18,
        0x9F1A, 0x9F1B, 0x9F1C, 0x9F1D, 0x9F1E, 0x9F1F, 0x9F21, 0x9F23, 0x9F26, 0x9F27, 0x9F2D, 0x9F2E, 0x9F2F, 0x9F32,
        0x9F33, 0x9F34, 0x9F35, 0x9F36, 0x9F37, 0x9F38, 0x9F39, 0x9F40, 0x9F41, 0x9F42, 0x9F44, 0x9F45, 0x9F46, 0x9F47,
        0x9F48, 0x9F49, 0x9F4A, 0x9F4B, 0x9F4C, 0x9F4D, 0x9F4E, 0x9F4F, 0x9F53, 0x9F54, 0x9F58, 0x9F59, 0x9F5B, 0x9F5C,
        0x9F5D, 0x9F61, 0x9F62, 0x9F63, 0x9F66, 0x9F6C, 0x9F6D, 0x9F74, 0x9F77, 0x9F78, 0x9F79, 0x9F7A, 0x9F7B, 0xDF01,
        0xDF02, 0xDF03, 0xDF04, 0xDF05, 0xDF06, 0xDF07, 0xDF11, 0xDF12, 0xDF13, 0xDF14, 0xDF15, 0xDF16, 0xDF17, 0xDF18,
        0xDF19, 0xDF20, 0xDF21, 0xDF31, 0xDF32, 0xDF33, 0xDF34, 0xDF4D, 0xDF4F, 0xDF60, 0xDF69,
    };
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        assert_non_null(tag_lookup(tags[i]));
}

/* The formats that decide how a DOL pads: a wrong one changes a cryptogram. */
/* covers: 2.5 formats */
static void formats_that_matter(void **state)
{
    (void)state;
    static const struct {
        uint32_t tag;
        enum tag_format format;
        uint8_t min, max;
    } rows[] = {
        {0x9F02, TAG_N, 6, 6},   {0x9F03, TAG_N, 6, 6},  {0x9F1A, TAG_N, 2, 2}, {0x95, TAG_B, 5, 5},
        {0x5F2A, TAG_N, 2, 2},   {0x9A, TAG_N, 3, 3},    {0x9C, TAG_N, 1, 1},   {0x9F37, TAG_B, 4, 4},
        {0x82, TAG_B, 2, 2},     {0x9F36, TAG_B, 2, 2},  {0x5A, TAG_CN, 0, 10}, {0x8A, TAG_AN, 2, 2},
        {0x9F4E, TAG_ANS, 0, 0}, {0x9F1E, TAG_AN, 8, 8}, {0x9F21, TAG_N, 3, 3}, {0x91, TAG_B, 8, 16},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tag_info *info = tag_lookup(rows[i].tag);
        assert_non_null(info);
        assert_int_equal(info->format, rows[i].format);
        assert_int_equal(info->min, rows[i].min);
        assert_int_equal(info->max, rows[i].max);
    }
}

/* covers: 2.1 bits */
static void names_bits(void **state)
{
    (void)state;
    assert_string_equal(tag_bit_name(0x95, 3, 0x80), "floor limit exceeded");
    assert_string_equal(tag_bit_name(0x95, 0, 0x04), "CDA failed");
    assert_string_equal(tag_bit_name(0x9B, 0, 0x04), "script processing performed");
    assert_string_equal(tag_bit_name(0x82, 0, 0x01), "CDA supported");
    assert_string_equal(tag_bit_name(0x9F33, 2, 0x08), "CDA");
    assert_string_equal(tag_bit_name(0x9F40, 4, 0x01), "code table 1");
    assert_string_equal(tag_bit_name(0x9F27, 0, 0x80), "ARQC");
    assert_string_equal(tag_bit_name(0x9F07, 1, 0x80), "domestic cashback");
    assert_null(tag_bit_name(0x95, 1, 0x04));
    assert_null(tag_bit_name(0x95, 5, 0x80));
    assert_null(tag_bit_name(0x9B, 1, 0x80));
    assert_null(tag_bit_name(0x9F02, 0, 0x80));
    assert_null(tag_bit_name(0x95, 0, 0xC0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_ordered_and_sound),
        cmocka_unit_test(holds_every_tag_of_the_appendix),
        cmocka_unit_test(formats_that_matter),
        cmocka_unit_test(names_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
