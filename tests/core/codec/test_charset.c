/* Code tables of preferred names against the C library's own: every byte of every part. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/charset.h"

#include <iconv.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What is no sign of its own on a display: controls, the soft hyphen, the marks of direction in part 8. */
static bool unseen(unsigned part, uint8_t byte)
{
    return byte < 0x20 || (byte >= 0x7F && byte < 0xA0) || byte == 0xAD || (part == 8 && byte >= 0xFD);
}

static bool library_knows(unsigned part, uint8_t byte, char out[8])
{
    char name[16], in = (char)byte, *from = &in, *to = out;
    size_t left = 1, room = 7;
    snprintf(name, sizeof name, "ISO-8859-%u", part);
    iconv_t cd = iconv_open("UTF-8", name);
    assert_true(cd != (iconv_t)-1);
    memset(out, 0, 8);
    bool known = iconv(cd, &from, &left, &to, &room) != (size_t)-1;
    iconv_close(cd);
    return known;
}

/* covers: 2.3 code table */
static void every_byte_is_the_librarys(void **state)
{
    (void)state;
    for (unsigned part = 1; part <= 10; part++)
        for (unsigned byte = 0; byte < 0x100; byte++) {
            char expected[8], got[8];
            const uint8_t in = (uint8_t)byte;
            bool known = library_knows(part, in, expected) && !unseen(part, in);
            int rc = charset_to_utf8(part, &in, 1, got, sizeof got);
            if ((rc == OK) != known || (known && strcmp(got, expected) != 0))
                fail_msg("part %u, byte %02X: %d, \"%s\", expected \"%s\"", part, byte, rc, got, expected);
        }
}

/* covers: 2.3 code table */
static void limits_are_kept(void **state)
{
    (void)state;
    const uint8_t text[] = {'A', 0xD0, 0xB0};
    char out[8];
    assert_int_equal(charset_to_utf8(5, text, 3, out, sizeof out), OK);
    assert_string_equal(out, "A\xD0\xB0\xD0\x90");
    assert_int_equal(charset_to_utf8(5, text, 3, out, 5), E_LIMIT);
    assert_int_equal(charset_to_utf8(5, text, 0, out, 1), OK);
    assert_int_equal(charset_to_utf8(5, text, 0, out, 0), E_LIMIT);
    assert_int_equal(charset_to_utf8(0, text, 1, out, sizeof out), E_FORMAT);
    assert_int_equal(charset_to_utf8(11, text, 1, out, sizeof out), E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_the_librarys),
        cmocka_unit_test(limits_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
