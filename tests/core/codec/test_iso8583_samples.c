/* Messages from the field: the samples of DOMAIN 4.9 and the recorded UnionPay files, taken apart and packed again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/codec/iso8583.h"
#include "core/codec/mac.h"
#include "tests/core/codec/bytes.h"
#include "tests/core/codec/messages.h"

#define SIGN_IN                                                                                                        \
    "6005250000 603100311001 0800 0020000000C00016 000027 3838383838383838 313030303030303030303030303031"             \
    "0011 000000010030 0028 53657175656E6365204E6F3135333133353332302D3031372D363837 0003 303120"

static void assert_text(const struct iso_message *m, uint8_t de, const char *expected)
{
    char text[ISO_MESSAGE_MAX];
    assert_int_equal(iso_text(m, de, text, sizeof text), OK);
    assert_string_equal(text, expected);
}

static void assert_packs_to(const struct iso_message *m, bool mac_input, const uint8_t *bytes, size_t len)
{
    uint8_t out[ISO_BODY_MAX];
    size_t n;
    assert_int_equal(iso_pack(m, mac_input, out, sizeof out, &n), OK);
    assert_int_equal(n, len);
    assert_memory_equal(out, bytes, len);
}

static void sign_in_request(void **state)
{
    (void)state;
    struct bytes b = bytes_hex(SIGN_IN);
    struct iso_frame f;
    struct iso_message m;
    struct iso_de60 de60;
    uint8_t bad, out[512];
    size_t len;
    assert_int_equal(iso_frame_unpack(b.p, b.len, &f), OK);
    assert_hex(f.tpdu, 5, "6005250000");
    assert_hex(f.header, 6, "603100311001");
    assert_int_equal(iso_unpack(f.body, f.body_len, &m, &bad), OK);
    assert_string_equal(m.mti, "0800");
    assert_text(&m, 11, "000027");
    assert_text(&m, 41, "88888888");
    assert_text(&m, 42, "100000000000001");
    assert_text(&m, 60, "00000001003");
    assert_text(&m, 62, "Sequence No153135320-017-687");
    assert_text(&m, 63, "01 ");
    assert_int_equal(iso_de60_parse("00000001003", &de60), OK);
    assert_string_equal(de60.network, "003");
    assert_packs_to(&m, false, f.body, f.body_len);

    assert_int_equal(iso_frame_pack(&f, out, sizeof out, &len), OK);
    assert_int_equal(len, b.len + 2);
    assert_int_equal(out[0] << 8 | out[1], b.len);
    assert_memory_equal(out + 2, b.p, b.len);
    bytes_free(&b);
}

/* Unpacks the message whose MAC is `mac`; the MAC over its MTI..DE63 must come out the same. */
static void check_mac(const char *data, const char *key_hex, const char *mac, struct iso_message *m)
{
    struct bytes covered = bytes_hex(data), key = bytes_hex(key_hex),
                 whole = {malloc(covered.len + 8), covered.len + 8};
    uint8_t bad, out[ISO_BODY_MAX], computed[8];
    size_t len, de64_len;
    memcpy(whole.p, covered.p, covered.len);
    memcpy(whole.p + covered.len, mac, 8);
    assert_int_equal(iso_unpack(whole.p, whole.len, m, &bad), OK);
    assert_packs_to(m, false, whole.p, whole.len);
    assert_packs_to(m, true, covered.p, covered.len);
    assert_int_equal(iso_pack(m, true, out, sizeof out, &len), OK);
    assert_int_equal(mac_cup_ecb(key.p, key.len, out, len, computed), OK);
    const uint8_t *de64 = iso_get(m, 64, &de64_len);
    assert_int_equal(de64_len, 8);
    assert_memory_equal(de64, computed, 8);
    iso_clear(m, 64); /* and the same before DE64 is there */
    assert_packs_to(m, true, covered.p, covered.len);
    bytes_free(&covered);
    bytes_free(&key);
    bytes_free(&whole);
}

static void sale_with_pin(void **state)
{
    (void)state;
    struct iso_message m;
    size_t len;
    check_mac(VEC2_DATA, VEC2_KEY, VEC2_MAC, &m);
    assert_string_equal(m.mti, "0200");
    assert_text(&m, 3, "000000");
    assert_text(&m, 4, "000000000051");
    assert_text(&m, 11, "001834");
    assert_text(&m, 22, "021");
    assert_text(&m, 25, "00");
    assert_text(&m, 26, "06");
    assert_text(&m, 35, "4392260009942820D131210112008439");
    assert_text(&m, 41, "16688014");
    assert_text(&m, 42, "000000000000000");
    assert_text(&m, 49, "156");
    assert_hex(iso_get(&m, 52, &len), 8, "ACF46E73838A82F9");
    assert_text(&m, 53, "2600000000000000");
    assert_text(&m, 60, "22000001");
}

static void ca_key_list(void **state)
{
    (void)state;
    struct iso_message m;
    size_t len;
    check_mac(VEC1_DATA, VEC1_KEY, VEC1_MAC, &m);
    assert_string_equal(m.mti, "0830");
    assert_text(&m, 39, "00");
    assert_text(&m, 41, "67004642");
    assert_text(&m, 42, "897370179323002");
    assert_text(&m, 60, "00000001372");
    const uint8_t *list = iso_get(&m, 62, &len);
    assert_int_equal(len, 1 + 12 * 23);
    assert_hex(list, 24, "319F0605A0000003339F220103DF05083230323431323331");
}

/* The frame with LEN, without it, with dial-line data; everything else is refused. */
static void frames(void **state)
{
    (void)state;
    static const char *const good[] = {
        "6005250000 603100311001 0800",
        "000D 6005250000 603100311001 0800",
        "6005250000 4C5249001C 0000000000000000 0000000000000000 5800094900060000 00220030 603100311001 0800",
    };
    static const char *const bad[] = {
        "",
        "00",
        "60",
        "6005250000",
        "6005250000603100311001",
        "000C 6005250000 603100311001 0800",
        "0000",
        "000E 6005250000 603100311001 0800",
        "000D 6105250000 603100311001 0800",
        "6005250000 4C5249FFFF 603100311001 0800",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct bytes b = bytes_hex(good[i]);
        struct iso_frame f;
        assert_int_equal(iso_frame_unpack(b.p, b.len, &f), OK);
        assert_hex(f.tpdu, 5, "6005250000");
        assert_hex(f.header, 6, "603100311001");
        assert_hex(f.body, f.body_len, "0800");
        bytes_free(&b);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bytes b = bytes_hex(bad[i]);
        struct iso_frame f;
        assert_int_equal(iso_frame_unpack(b.p, b.len, &f), E_FORMAT);
        bytes_free(&b);
    }
    uint8_t body[ISO_BODY_MAX + 1] = {0}, out[ISO_BODY_MAX + 64];
    struct iso_frame f = {.tpdu = {0x60}, .body = body, .body_len = sizeof body};
    size_t len;
    assert_int_equal(iso_frame_pack(&f, out, sizeof out, &len), E_LIMIT);
    f.body_len--;
    assert_int_equal(iso_frame_pack(&f, out, sizeof out, &len), OK);
    assert_int_equal(iso_frame_unpack(out, len, &f), OK);
    assert_int_equal(f.body_len, ISO_BODY_MAX);
    assert_int_equal(iso_frame_pack(&f, out, len - 1, &len), E_LIMIT);
}

static struct bytes read_hex_file(const char *name)
{
    char path[512], text[4096];
    snprintf(path, sizeof path, "%s/vfwz-iso8583/%s.hex", TEST_TRACES, name);
    FILE *file = fopen(path, "r");
    if (!file)
        return (struct bytes){0};
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    return bytes_hex(text);
}

static void recorded_messages(void **state)
{
    (void)state;
    static const struct {
        const char *name, *mti, *de60;
        uint8_t de; /* one telling field more */
        const char *value;
    } files[] = {
        {"signin_request", "0800", "00000726005", 46, "PI0420402020514000024021068700000010808V0.0.3.0"},
        {"signin_response", "0810", "00000727011", 32, "03062900"},
        {"download_request", "0800", "00000001420", 53, "0400000000000000"},
        {"download_response", "0810", "00000001420", 56, "\xB3\xC9\xB9\xA6"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct bytes b = read_hex_file(files[i].name);
        if (!b.p) {
            print_message("%s: not there, skipped\n", TEST_TRACES "/vfwz-iso8583");
            skip();
        }
        struct iso_frame f;
        struct iso_message m;
        uint8_t bad, out[1024];
        size_t len;
        assert_int_equal(iso_frame_unpack(b.p, b.len, &f), OK);
        assert_int_equal(iso_unpack(f.body, f.body_len, &m, &bad), OK);
        assert_string_equal(m.mti, files[i].mti);
        assert_text(&m, 41, "10016919");
        assert_text(&m, 60, files[i].de60);
        assert_packs_to(&m, false, f.body, f.body_len);
        assert_int_equal(iso_frame_pack(&f, out, sizeof out, &len), OK);
        assert_memory_equal(out + 2, b.p, b.len);
        assert_text(&m, files[i].de, files[i].value);
        bytes_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign_in_request), cmocka_unit_test(sale_with_pin),     cmocka_unit_test(ca_key_list),
        cmocka_unit_test(frames),          cmocka_unit_test(recorded_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
