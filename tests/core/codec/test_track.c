/* Track 2 in its ordinary and odd forms (ISO 7813, DOMAIN 1.1), tag 57, Luhn and masking. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/track.h"
#include "tests/core/codec/bytes.h"

static void parses_ordinary_and_odd_tracks(void **state)
{
    (void)state;
    static const struct {
        const char *text, *pan, *expiry, *service, *discretionary;
    } cases[] = {
        {"6210220110002707355=30122010000010", "6210220110002707355", "3012", "201", "0000010"},
        {"6210220110002707355D30122010000010", "6210220110002707355", "3012", "201", "0000010"},
        {"6210220110002707355D30122010000010F", "6210220110002707355", "3012", "201", "0000010"},
        {"6210220110002707=3012=0000010", "6210220110002707", "3012", "", "0000010"}, /* no service code */
        {"6210220110002707==2010000010", "6210220110002707", "", "201", "0000010"},   /* no expiry */
        {"6210220110002707===", "6210220110002707", "", "", ""},
        {"12345678=4912101", "12345678", "4912", "101", ""},
        {"6210220110002708=0113201", "6210220110002708", "0113", "201",
         ""}, /* bad Luhn, month 13: not the parser's call */
        {"12345678=4912101123456789012345678901", "12345678", "4912", "101", "123456789012345678901"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct track2 t;
        assert_int_equal(track2_parse(cases[i].text, &t), OK);
        assert_string_equal(t.pan, cases[i].pan);
        assert_string_equal(t.expiry, cases[i].expiry);
        assert_string_equal(t.service_code, cases[i].service);
        assert_string_equal(t.discretionary, cases[i].discretionary);
    }
}

static void refuses_what_is_no_track(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "=",
        "6210220110002707",                       /* no separator */
        "1234567=3012201",                        /* PAN of 7 */
        "12345678901234567890=3012201",           /* PAN of 20 */
        "6210220110002707=",                      /* truncated before the expiry */
        "6210220110002707=301",                   /* inside it */
        "6210220110002707=3012",                  /* before the service code */
        "6210220110002707=301220",                /* inside it */
        "6210220110002707=3012201A",              /* foreign character */
        "6210220110002707=3012201F1",             /* filler in the middle */
        ";6210220110002707=3012201?",             /* sentinels */
        "1022103=7072000110220126",               /* read backwards */
        "12345678=49121011234567890123456789012", /* 38 characters */
        "6210220110002707=3012201 ",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct track2 t = {.pan = "left over"};
        assert_int_equal(track2_parse(bad[i], &t), E_FORMAT);
        assert_string_equal(t.pan, "");
    }
}

static void every_prefix_is_judged(void **state)
{
    (void)state;
    const char *whole = "6210220110002707355=30122010000010";
    size_t good = 0;
    for (size_t n = 0; n <= strlen(whole); n++) {
        struct bytes b = bytes_copy(whole, n + 1);
        struct track2 t;
        b.p[n] = '\0';
        good += track2_parse((const char *)b.p, &t) == OK;
        bytes_free(&b);
    }
    assert_int_equal(good, 8); /* complete from the service code on */
}

static void formats_for_de35(void **state)
{
    (void)state;
    static const char *const texts[] = {"6210220110002707355D30122010000010", "6210220110002707DDD", "12345678D4912D1",
                                        "12345678D4912101123456789012345678901"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct track2 t;
        char out[38];
        assert_int_equal(track2_parse(texts[i], &t), OK);
        assert_int_equal(track2_format(&t, out, sizeof out), OK);
        assert_string_equal(out, texts[i]);
        assert_int_equal(track2_format(&t, out, strlen(texts[i])), E_LIMIT);
        assert_string_equal(out, "");
    }
    struct track2 longest = {"1234567890123456789", "4912", "101", "12345678901"};
    char out[64];
    assert_int_equal(track2_format(&longest, out, sizeof out), E_LIMIT);
}

static void reads_tag_57(void **state)
{
    (void)state;
    struct bytes odd = bytes_hex("6210220110002707355D30122010000010"),
                 even = bytes_hex("6210220110002707D3012201123F");
    struct track2 t;
    assert_int_equal(track2_from_tag57(odd.p, odd.len, &t), OK);
    assert_string_equal(t.pan, "6210220110002707355");
    assert_string_equal(t.discretionary, "0000010");
    assert_int_equal(track2_from_tag57(even.p, even.len, &t), OK);
    assert_string_equal(t.discretionary, "123");
    for (size_t n = 0; n < 11; n++)
        assert_int_equal(track2_from_tag57(odd.p, n, &t), E_FORMAT);
    uint8_t twenty[20] = {0};
    assert_int_equal(track2_from_tag57(twenty, sizeof twenty, &t), E_FORMAT);
    bytes_free(&odd);
    bytes_free(&even);
}

static void reads_the_service_code(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        bool chip, pin;
    } cases[] = {{"101", false, false}, {"201", true, false},  {"220", true, true}, {"601", true, false},
                 {"603", true, true},   {"502", false, false}, {"205", true, true}, {"226", true, true},
                 {"627", true, true},   {"104", false, false}, {"", false, false},  {"998", false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct track2 t = {0};
        memcpy(t.service_code, cases[i].code, strlen(cases[i].code));
        assert_int_equal(track2_has_chip(&t), cases[i].chip);
        assert_int_equal(track2_wants_pin(&t), cases[i].pin);
    }
}

static void checks_luhn(void **state)
{
    (void)state;
    assert_true(luhn_ok("4111111111111111"));
    assert_true(luhn_ok("378282246310005"));
    assert_true(luhn_ok("0"));
    assert_false(luhn_ok("4111111111111112"));
    assert_false(luhn_ok("4111111111111121"));
    assert_false(luhn_ok(""));
    assert_false(luhn_ok("411111111111111A"));
}

static void masks_pans(void **state)
{
    (void)state;
    static const struct {
        const char *pan, *masked;
    } cases[] = {
        {"6210670000000069", "621067******0069"},
        {"6210220110002707355", "621022*********7355"},
        {"1234567890123", "123456***0123"},
        {"123456789012", "********9012"},
        {"12345678", "****5678"},
        {"1234", "****"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[24];
        pan_mask(cases[i].pan, out, sizeof out);
        assert_string_equal(out, cases[i].masked);
    }
    char out[24] = "x";
    pan_mask("621067000000006962106700", out, sizeof out);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_ordinary_and_odd_tracks),
        cmocka_unit_test(refuses_what_is_no_track),
        cmocka_unit_test(every_prefix_is_judged),
        cmocka_unit_test(formats_for_de35),
        cmocka_unit_test(reads_tag_57),
        cmocka_unit_test(reads_the_service_code),
        cmocka_unit_test(checks_luhn),
        cmocka_unit_test(masks_pans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
