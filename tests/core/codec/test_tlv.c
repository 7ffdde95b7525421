/* BER-TLV: lengths, filler, nesting, truncation at every byte (EMV Book 3 annex B, DOMAIN 2.5). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/tlv.h"
#include "tests/core/codec/bytes.h"

/* An FCI as a UnionPay card answers it: labels, PDOL, log entry in BF0C. */
#define FCI                                                                                                            \
    "6F3A8408A000000333010102A52E500B50424F43204352454449548701019F38069F02069F7A015F2D027A689F1101019F12065042435245" \
    "44BF0C"                                                                                                           \
    "00"

/* covers: 2.5 objects */
static void reads_objects_in_order(void **state)
{
    (void)state;
    struct bytes b = bytes_hex("5A0412345678 9F3602001C DF8101 01AA 82027C00");
    struct tlv t;
    size_t at = 0;
    assert_int_equal(tlv_next(b.p, b.len, &at, &t), OK);
    assert_int_equal(t.tag, 0x5A);
    assert_hex(t.value, t.len, "12345678");
    assert_int_equal(tlv_next(b.p, b.len, &at, &t), OK);
    assert_int_equal(t.tag, 0x9F36);
    assert_int_equal(tlv_next(b.p, b.len, &at, &t), OK);
    assert_int_equal(t.tag, 0xDF8101);
    assert_hex(t.value, t.len, "AA");
    assert_int_equal(tlv_next(b.p, b.len, &at, &t), OK);
    assert_int_equal(tlv_next(b.p, b.len, &at, &t), E_NOTFOUND);
    assert_int_equal(at, b.len);
    bytes_free(&b);
}

/* covers: 2.5 filler */
static void skips_filler_between_objects(void **state)
{
    (void)state;
    struct bytes b = bytes_hex("0000 9A03250101 00 9C0100 0000");
    struct tlv t;
    size_t at = 0;
    assert_int_equal(tlv_next(b.p, b.len, &at, &t), OK);
    assert_int_equal(t.tag, 0x9A);
    assert_int_equal(tlv_next(b.p, b.len, &at, &t), OK);
    assert_int_equal(t.tag, 0x9C);
    assert_int_equal(t.len, 1);
    assert_int_equal(tlv_next(b.p, b.len, &at, &t), E_NOTFOUND);
    assert_int_equal(tlv_check(b.p, b.len), OK);
    assert_int_equal(tlv_check(b.p, 0), OK);
    bytes_free(&b);
}

/* covers: 2.5 malformed objects */
static void refuses_malformed_objects(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "5A",             /* no length */
        "9F",             /* tag cut off */
        "5A80",           /* indefinite length */
        "5A8300000100",   /* three length bytes */
        "5A84000000010A", /* four */
        "5AFF00",         /* reserved */
        "5A81",           /* length cut off */
        "5A8201",         /* likewise */
        "5A0212",         /* value cut off */
        "5A820100AA",     /* likewise */
        "9F81828301AA",   /* tag of four bytes */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bytes b = bytes_hex(bad[i]);
        struct tlv t;
        size_t at = 0;
        assert_int_equal(tlv_next(b.p, b.len, &at, &t), E_FORMAT);
        assert_int_equal(at, 0);
        assert_int_equal(tlv_find(b.p, b.len, 0x42, &t), E_FORMAT);
        assert_int_equal(tlv_check(b.p, b.len), E_FORMAT);
        bytes_free(&b);
    }
}

/* covers: 2.5 length forms */
static void accepts_each_length_form(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t len;
    } forms[] = {{"5A7F", 127}, {"5A8101", 1}, {"5A8180", 128}, {"5A81FF", 255}, {"5A820100", 256}, {"5A820003", 3}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct bytes head = bytes_hex(forms[i].head);
        struct bytes b = {calloc(1, head.len + forms[i].len), head.len + forms[i].len};
        struct tlv t;
        size_t at = 0;
        assert_non_null(b.p);
        memcpy(b.p, head.p, head.len);
        assert_int_equal(tlv_next(b.p, b.len, &at, &t), OK);
        assert_int_equal(t.len, forms[i].len);
        assert_int_equal(at, b.len);
        assert_int_equal(tlv_next(b.p, b.len - 1, &(size_t){0}, &t), E_FORMAT);
        bytes_free(&b);
        bytes_free(&head);
    }
}

/* covers: 2.5 objects */
static void finds_at_one_level_and_below(void **state)
{
    (void)state;
    struct bytes b = bytes_hex(FCI);
    struct tlv t;
    assert_int_equal(tlv_check(b.p, b.len), OK);
    assert_int_equal(tlv_find(b.p, b.len, 0x84, &t), E_NOTFOUND);
    assert_int_equal(tlv_find(b.p, b.len, 0x6F, &t), OK);
    assert_int_equal(tlv_find(t.value, t.len, 0x84, &t), OK);
    assert_hex(t.value, t.len, "A000000333010102");
    assert_int_equal(tlv_find_deep(b.p, b.len, 0x9F38, &t), OK);
    assert_hex(t.value, t.len, "9F02069F7A01");
    assert_int_equal(tlv_find_deep(b.p, b.len, 0xBF0C, &t), OK);
    assert_int_equal(t.len, 0);
    assert_int_equal(tlv_find_deep(b.p, b.len, 0x9F4D, &t), E_NOTFOUND);
    bytes_free(&b);
}

/* Every prefix and, for each, the value byte at its end changed to all 256: nothing but a status may come of it. */
/* covers: 2.5 truncation */
static void survives_truncation_and_corruption(void **state)
{
    (void)state;
    struct bytes whole = bytes_hex(FCI);
    for (size_t n = 0; n <= whole.len; n++) {
        struct bytes b = bytes_copy(whole.p, n);
        struct tlv t;
        assert_int_equal(tlv_check(b.p, b.len), n == 0 || n == whole.len ? OK : E_FORMAT);
        for (unsigned value = 0; n && value < 256; value++) {
            b.p[n - 1] = (uint8_t)value;
            int status = tlv_find_deep(b.p, b.len, 0x9F1E, &t);
            assert_true(status == E_FORMAT || status == E_NOTFOUND);
            tlv_check(b.p, b.len);
        }
        bytes_free(&b);
    }
    bytes_free(&whole);
}

/* `depth` templates 70 around one 9C. */
static struct bytes nested(size_t depth)
{
    uint8_t buffer[64];
    struct tlv_out out;
    tlv_out_init(&out, buffer, sizeof buffer);
    tlv_put(&out, 0x9C, "\x01", 1);
    for (size_t i = 0; i < depth; i++)
        tlv_wrap(&out, 0, 0x70);
    assert_int_equal(out.status, OK);
    return bytes_copy(buffer, out.len);
}

/* covers: 2.5 nesting */
static void bounds_nesting(void **state)
{
    (void)state;
    for (size_t depth = 0; depth < 20; depth++) {
        struct bytes b = nested(depth);
        struct tlv t;
        assert_int_equal(tlv_check(b.p, b.len), depth < TLV_MAX_DEPTH ? OK : E_FORMAT);
        assert_int_equal(tlv_find_deep(b.p, b.len, 0x9C, &t), depth < TLV_MAX_DEPTH ? OK : E_NOTFOUND);
        bytes_free(&b);
    }
}

/* covers: 2.5 objects */
static void knows_templates(void **state)
{
    (void)state;
    static const uint32_t yes[] = {0x61, 0x6F, 0x70, 0x77, 0xA5, 0xBF0C, 0x7F49, 0xFF8101},
                          no[] = {0x80, 0x83, 0x9F38, 0x57, 0xDF8129};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(tlv_is_template(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(tlv_is_template(no[i]));
}

/* covers: 2.5 length forms */
static void writes_and_reads_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 1000, 65535};
    static uint8_t value[65535];
    static uint8_t buffer[65600];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct tlv_out out;
        struct tlv t;
        size_t at = 0;
        tlv_out_init(&out, buffer, sizeof buffer);
        memset(value, (int)i, sizes[i]);
        tlv_put(&out, 0x9F4B, value, sizes[i]);
        assert_int_equal(out.status, OK);
        assert_int_equal(tlv_next(buffer, out.len, &at, &t), OK);
        assert_int_equal(t.len, sizes[i]);
        assert_memory_equal(t.value, value, sizes[i]);
        assert_int_equal(at, out.len);
        size_t exact = out.len;
        tlv_out_init(&out, buffer, exact - 1); /* one short: nothing is written, the error stays */
        tlv_put(&out, 0x9F4B, value, sizes[i]);
        assert_int_equal(out.status, E_LIMIT);
        assert_int_equal(out.len, 0);
        tlv_put(&out, 0x9C, value, 0);
        tlv_wrap(&out, 0, 0x70);
        assert_int_equal(out.len, 0);
    }
    struct tlv_out out;
    tlv_out_init(&out, buffer, sizeof buffer);
    tlv_put(&out, 0x5A, value, 65536 - 1);
    tlv_wrap(&out, 0, 0x70); /* 65,539 bytes have no length form here */
    assert_int_equal(out.status, E_LIMIT);
}

/* covers: 2.5 objects */
static void wraps_what_was_appended(void **state)
{
    (void)state;
    uint8_t buffer[16];
    struct tlv_out out;
    tlv_out_init(&out, buffer, sizeof buffer);
    tlv_put(&out, 0x82, "\x7C\x00", 2);
    size_t mark = out.len;
    tlv_put(&out, 0x94, "\x08\x01\x01\x00", 4);
    tlv_wrap(&out, mark, 0xBF0C);
    assert_int_equal(out.status, OK);
    assert_hex(buffer, out.len, "82027C00BF0C06940408010100");
    tlv_wrap(&out, 0, 0x77);
    assert_hex(buffer, out.len, "770D82027C00BF0C06940408010100");
    tlv_wrap(&out, 0, 0x70);
    assert_int_equal(out.status, E_LIMIT);
    assert_int_equal(out.len, 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_objects_in_order),
        cmocka_unit_test(skips_filler_between_objects),
        cmocka_unit_test(refuses_malformed_objects),
        cmocka_unit_test(accepts_each_length_form),
        cmocka_unit_test(finds_at_one_level_and_below),
        cmocka_unit_test(survives_truncation_and_corruption),
        cmocka_unit_test(bounds_nesting),
        cmocka_unit_test(knows_templates),
        cmocka_unit_test(writes_and_reads_back),
        cmocka_unit_test(wraps_what_was_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
