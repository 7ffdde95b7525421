/* Data object lists: padding and truncation by format (EMV Book 3 section 5.4, DOMAIN 2.5). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/dol.h"
#include "tests/core/codec/bytes.h"

struct object {
    uint32_t tag;
    const char *bytes;
    size_t len;
};

static int from_object(void *ctx, uint32_t tag, const uint8_t **value, size_t *len)
{
    const struct object *object = ctx;
    if (object->tag != tag)
        return E_NOTFOUND;
    *value = (const uint8_t *)object->bytes;
    *len = object->len;
    return OK;
}

/* covers: DOMAIN 2.5 */
static void fits_values_by_format(void **state)
{
    (void)state;
    static const struct {
        const char *dol;
        struct object object;
        const char *expected;
    } cases[] = {
        /* numeric: the right end stays, zeros on the left */
        {"9F0206", {0x9F02, "\x00\x00\x00\x00\x12\x34", 6}, "000000001234"},
        {"9F0202", {0x9F02, "\x00\x00\x00\x00\x12\x34", 6}, "1234"},
        {"9F0208", {0x9F02, "\x00\x00\x00\x00\x12\x34", 6}, "0000000000001234"},
        /* compressed numeric: the left end stays, FF on the right */
        {"5A0A", {0x5A, "\x62\x10\x22\x01\x10\x00\x27\x07", 8}, "6210220110002707FFFF"},
        {"5A04", {0x5A, "\x62\x10\x22\x01\x10\x00\x27\x07", 8}, "62102201"},
        /* every other format: the left end stays, zeros on the right */
        {"9F3706", {0x9F37, "\x01\x02\x03\x04", 4}, "010203040000"},
        {"9F3702", {0x9F37, "\x01\x02\x03\x04", 4}, "0102"},
        {"9F1E0A", {0x9F1E, "12345678", 8}, "31323334353637380000"},
        {"9F1E03", {0x9F1E, "12345678", 8}, "313233"},
        {"9F4E04", {0x9F4E, "SHOP No 1", 9}, "53484F50"},
        /* zero length asks for nothing */
        {"9F3700", {0x9F37, "\x01\x02\x03\x04", 4}, ""},
        {"9F3704", {0x9F37, "", 0}, "00000000"},
        /* unknown, not available, constructed: zeros */
        {"DF990204", {0x9F37, "\x01\x02\x03\x04", 4}, "00000000"},
        {"9F3703", {0x9F02, "\x01", 1}, "000000"},
        {"7002", {0x70, "\x9C\x00", 2}, "0000"},
        /* not in the dictionary, but there */
        {"DF7903", {0xDF79, "\xAA", 1}, "AA0000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes dol = bytes_hex(cases[i].dol);
        struct object object = cases[i].object;
        uint8_t out[16];
        size_t len = 99;
        assert_int_equal(dol_build(dol.p, dol.len, from_object, &object, out, sizeof out, &len), OK);
        assert_hex(out, len, cases[i].expected);
        bytes_free(&dol);
    }
}

#define CDOL1 "9F02069F03069F1A0295055F2A029A039C019F37049F21039F4E14"

/* covers: 2.5 DOL */
static void locates_a_tag(void **state)
{
    (void)state;
    struct bytes dol = bytes_hex(CDOL1);
    size_t offset, len;
    assert_int_equal(dol_locate(dol.p, dol.len, 0x9F02, &offset, &len), OK);
    assert_int_equal(offset, 0);
    assert_int_equal(dol_locate(dol.p, dol.len, 0x9F37, &offset, &len), OK);
    assert_int_equal(offset, 25);
    assert_int_equal(len, 4);
    assert_int_equal(dol_locate(dol.p, dol.len, 0x9F36, &offset, &len), E_NOTFOUND);
    bytes_free(&dol);
}

/* covers: 2.5 DOL */
static void refuses_cut_lists(void **state)
{
    (void)state;
    struct bytes whole = bytes_hex(CDOL1);
    struct object none = {0};
    size_t built = 0;
    for (size_t n = 0; n <= whole.len; n++) {
        struct bytes dol = bytes_copy(whole.p, n);
        struct dol_entry entry;
        uint8_t out[64];
        size_t len, at = 0, offset;
        int status = dol_build(dol.p, dol.len, from_object, &none, out, sizeof out, &len);
        assert_true(status == OK || status == E_FORMAT);
        if (status != OK)
            assert_int_equal(len, 0);
        built += status == OK;
        while ((status = dol_next(dol.p, dol.len, &at, &entry)) == OK)
            ;
        assert_true(status == E_NOTFOUND || status == E_FORMAT);
        dol_locate(dol.p, dol.len, 0x9F4E, &offset, &len);
        bytes_free(&dol);
    }
    assert_int_equal(built, 11); /* the empty list, and the end of each of ten entries */
    bytes_free(&whole);
}

/* covers: 2.5 DOL */
static void stops_at_capacity(void **state)
{
    (void)state;
    struct bytes dol = bytes_hex("9F02FF9F0301");
    struct object none = {0};
    uint8_t out[255];
    size_t len;
    assert_int_equal(dol_build(dol.p, dol.len, from_object, &none, out, sizeof out, &len), E_LIMIT);
    assert_int_equal(dol_build(dol.p, 3, from_object, &none, out, sizeof out, &len), OK);
    assert_int_equal(len, 255);
    bytes_free(&dol);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_values_by_format),
        cmocka_unit_test(locates_a_tag),
        cmocka_unit_test(refuses_cut_lists),
        cmocka_unit_test(stops_at_capacity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
