/* Short APDUs: four cases, their lengths, names (ISO 7816-4, DOMAIN 2.2). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/apdu.h"
#include "tests/core/codec/bytes.h"

/* covers: 2.2 commands */
static void parses_and_encodes_each_case(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint8_t lc;
        bool has_le;
        uint16_t ne;
    } cases[] = {
        {"00840000", 0, false, 0},
        {"0084000000", 0, true, 256},
        {"80CA9F3605", 0, true, 5},
        {"00200080082412345FFFFFFFFF", 8, false, 0},
        {"00A4040007A000000333010100", 7, true, 256},
        {"80A8000002830009", 2, true, 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes b = bytes_hex(cases[i].hex);
        struct capdu c;
        uint8_t out[APDU_MAX];
        size_t len;
        assert_int_equal(capdu_parse(b.p, b.len, &c), OK);
        assert_int_equal(c.lc, cases[i].lc);
        assert_int_equal(c.has_le, cases[i].has_le);
        assert_int_equal(c.ne, cases[i].ne);
        assert_int_equal(capdu_encode(&c, out, sizeof out, &len), OK);
        assert_hex(out, len, cases[i].hex);
        assert_int_equal(capdu_encode(&c, out, len - 1, &len), E_LIMIT);
        bytes_free(&b);
    }
}

/* Lc bytes of data, with and without Le, up to the largest; one byte more or less is malformed. */
/* covers: 2.2 lengths */
static void knows_every_length(void **state)
{
    (void)state;
    for (unsigned lc = 1; lc < 256; lc++) {
        for (size_t len = 4; len <= APDU_MAX + 1; len++) {
            struct bytes b = {calloc(1, len), len};
            struct capdu c;
            assert_non_null(b.p);
            if (len > 4)
                b.p[4] = (uint8_t)lc;
            bool good = len <= 5 || len == 5 + lc || len == 6 + lc;
            assert_int_equal(capdu_parse(b.p, b.len, &c), good ? OK : E_FORMAT);
            bytes_free(&b);
        }
    }
}

/* covers: 2.2 commands */
static void refuses_malformed_commands(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "00", "00A404", "00A404000001", "00A40400000000", "00A4040002A0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bytes b = bytes_hex(bad[i]);
        struct capdu c;
        assert_int_equal(capdu_parse(b.p, b.len, &c), E_FORMAT);
        bytes_free(&b);
    }
    uint8_t out[APDU_MAX];
    size_t len;
    assert_int_equal(capdu_encode(&(struct capdu){.has_le = true, .ne = 0}, out, sizeof out, &len), E_INVAL);
    assert_int_equal(capdu_encode(&(struct capdu){.has_le = true, .ne = 257}, out, sizeof out, &len), E_INVAL);
}

/* covers: 2.2 status words */
static void names_commands_and_words(void **state)
{
    (void)state;
    assert_int_equal(rapdu_sw((const uint8_t *)"\x01\x90\x00", 3), 0x9000);
    assert_int_equal(rapdu_sw((const uint8_t *)"\x90", 1), 0);
    assert_int_equal(rapdu_sw(NULL, 0), 0);
    assert_string_equal(apdu_name(0x80, 0xAE), "GENERATE AC");
    assert_string_equal(apdu_name(0x00, 0xB2), "READ RECORD");
    assert_string_equal(apdu_name(0x8C, 0x24), "PIN CHANGE/UNBLOCK");
    assert_null(apdu_name(0x00, 0xAE));
    assert_string_equal(sw_name(0x9000), "ok");
    assert_string_equal(sw_name(0x61FE), "more data: GET RESPONSE");
    assert_string_equal(sw_name(0x6C13), "wrong Le: repeat with the stated length");
    assert_string_equal(sw_name(0x63C2), "verification failed, last digit: tries left");
    assert_string_equal(sw_name(0x63C0), "verification failed, no tries left");
    assert_string_equal(sw_name(0x6300), "authentication failed");
    assert_string_equal(sw_name(0x6A83), "record not found");
    assert_string_equal(sw_name(0x1234), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_and_encodes_each_case),
        cmocka_unit_test(knows_every_length),
        cmocka_unit_test(refuses_malformed_commands),
        cmocka_unit_test(names_commands_and_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
