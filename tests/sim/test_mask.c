/* Masking by structure: APDUs, their objects, messages. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/hex.h"
#include "core/codec/iso8583.h"
#include "sim/mask.h"
#include "sim/rng.h"

#include <stdlib.h>
#include <string.h>

static void check(const char *hex, enum record_bytes_kind kind, const char *command, const char *expected)
{
    uint8_t bytes[1024], asked[300];
    char out[2049];
    size_t len, asked_len = 0;
    assert_int_equal(hex_decode(hex, strlen(hex), bytes, sizeof bytes, &len), OK);
    if (command)
        assert_int_equal(hex_decode(command, strlen(command), asked, sizeof asked, &asked_len), OK);
    bool masked = mask_hex(bytes, len, kind, command ? asked : NULL, asked_len, out);
    assert_string_equal(out, expected);
    assert_int_equal(masked, strchr(expected, '*') != NULL);
}

static void plain_bytes_stay(void **state)
{
    (void)state;
    check("5A086210670000000069", RECORD_PLAIN, NULL, "5A086210670000000069");
    check("", RECORD_ANSWER, NULL, "");
}

static void commands_hide_the_pin(void **state)
{
    (void)state;
    check("0020008008241234FFFFFFFFFF", RECORD_COMMAND, NULL, "0020008008****************");
    check("00A4040007A0000003330101", RECORD_COMMAND, NULL, "00A4040007A0000003330101");
    check("00200080", RECORD_COMMAND, NULL, "00200080");
}

static void answers_hide_card_data(void **state)
{
    (void)state;
    check("70125A0862106700000000695F24033012319F0702FF009000", RECORD_ANSWER, NULL,
          "70125A08621067******00695F24033012319F0702FF009000");
    check("7026"
          "57116210670000000069D3012201000000000F"
          "5F20044A4F484E"
          "9F1F03313233"
          "9F6103414243"
          "9000",
          RECORD_ANSWER, NULL,
          "7026"
          "5711621067******0069*****************F"
          "5F2004"
          "********"
          "9F1F03"
          "******"
          "9F6103"
          "******"
          "9000");
    check("5A0A6210670000000000069F9000", RECORD_ANSWER, NULL, "5A0A621067*********0069F9000");
}

static void damaged_answers_too(void **state)
{
    (void)state;
    check("70265711621067000000", RECORD_ANSWER, NULL,
          "7026"
          "5711********0000"); /* too short to be a PAN: its last 4 only */
    check("70265711621067000000006912", RECORD_ANSWER, NULL, "70265711621067********6912");
    check("5A9000", RECORD_ANSWER, NULL, "5A9000");
    check("5A", RECORD_ANSWER, NULL, "5A");
}

static void a_challenge_is_no_card_data(void **state)
{
    (void)state;
    check("5A066210670000009000", RECORD_ANSWER, "0084000008", "5A066210670000009000");
    check("5A066210670000009000", RECORD_ANSWER, "00B2010C00", "5A06********00009000");
}

/* The stripe sale of DOMAIN appendix B (CUP MAC, second vector), framed. */
#define SALE_HEAD                                                                                                      \
    "60052500006031003110010200302004C020C0981100000000000000005100183402100006"                                       \
    "32"
#define SALE_TAIL "3136363838303134303030303030303030303030303030313536"

static void a_sale_hides_track_and_pin(void **state)
{
    (void)state;
    check(SALE_HEAD "4392260009942820D131210112008439" SALE_TAIL "ACF46E73838A82F9"
                    "2600000000000000"
                    "000822000001"
                    "3732343839434143",
          RECORD_FRAME, NULL,
          SALE_HEAD "439226******2820****************" SALE_TAIL "****************"
                    "2600000000000000"
                    "000822000001"
                    "3732343839434143");
}

static void what_is_no_message_is_hidden_whole(void **state)
{
    (void)state;
    check("0102030405", RECORD_FRAME, NULL, "**********");
    /* the track is announced with 32 digits and ends early: its length is hidden too */
    check(SALE_HEAD "4392260009942820", RECORD_FRAME, NULL,
          "60052500006031003110010200302004C020C0981100000000000000005100183402100006"
          "******************");
}

static void sign_in_keys_are_hidden(void **state)
{
    uint8_t keys[24], body[ISO_BODY_MAX], bytes[ISO_BODY_MAX + 16];
    char out[2 * sizeof bytes + 1];
    struct iso_message m;
    size_t len;
    (void)state;
    memset(keys, 0xAB, sizeof keys);
    iso_init(&m, "0810");
    assert_int_equal(iso_set_text(&m, 39, "00"), OK);
    assert_int_equal(iso_set_text(&m, 60, "00000001001"), OK);
    assert_int_equal(iso_set(&m, 62, keys, sizeof keys), OK);
    struct iso_frame frame = {.tpdu = {0x60, 0, 3, 0, 0}, .body = body};
    assert_int_equal(iso_pack(&m, false, body, sizeof body, &frame.body_len), OK);
    assert_int_equal(iso_frame_pack(&frame, bytes, sizeof bytes, &len), OK);
    assert_true(mask_hex(bytes, len, RECORD_FRAME, NULL, 0, out));
    assert_null(strstr(out, "ABAB"));
    assert_non_null(strstr(out, "0810"));
    assert_string_equal(out + strlen(out) - 48, "************************************************");
    iso_set_text(&m, 60, "00000001360"); /* parameters, not keys */
    assert_int_equal(iso_pack(&m, false, body, sizeof body, &frame.body_len), OK);
    assert_int_equal(iso_frame_pack(&frame, bytes, sizeof bytes, &len), OK);
    assert_false(mask_hex(bytes, len, RECORD_FRAME, NULL, 0, out));
}

/* Anything at all, in a buffer of its exact size, so that AddressSanitizer sees a byte too far; lengths always stay. */
static void random_bytes_are_survived(void **state)
{
    struct rng r;
    (void)state;
    rng_init(&r, 1, "mask");
    for (unsigned round = 0; round < 20000; round++) {
        static const uint8_t starts[][4] = {
            {0x57, 0x11}, {0x70, 0x82, 0xFF, 0xFF}, {0x60}, {0x5A, 0x81}, {0x9F, 0x6B, 0x84}};
        size_t len = rng_below(&r, 96), start = rng_below(&r, 6);
        uint8_t *bytes = malloc(len + 1);
        char *out = malloc(2 * len + 1);
        rng_bytes(&r, bytes, len);
        if (start < 5)
            memcpy(bytes, starts[start], len < 4 ? len : 4);
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, bytes, len);
        mask_hex(exact, len, (enum record_bytes_kind)rng_below(&r, 4), NULL, 0, out);
        assert_int_equal(strlen(out), 2 * len);
        free(exact);
        free(bytes);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_bytes_stay),
        cmocka_unit_test(commands_hide_the_pin),
        cmocka_unit_test(answers_hide_card_data),
        cmocka_unit_test(damaged_answers_too),
        cmocka_unit_test(a_challenge_is_no_card_data),
        cmocka_unit_test(a_sale_hides_track_and_pin),
        cmocka_unit_test(what_is_no_message_is_hidden_whole),
        cmocka_unit_test(sign_in_keys_are_hidden),
        cmocka_unit_test(random_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
