/* ISO 8583 messages: setting and reading fields, packing, malformed input (DOMAIN 4.2). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/iso8583.h"
#include "tests/core/codec/bytes.h"
#include "tests/core/codec/messages.h"

static void assert_text(const struct iso_message *m, uint8_t de, const char *expected)
{
    char text[ISO_MESSAGE_MAX];
    assert_int_equal(iso_text(m, de, text, sizeof text), OK);
    assert_string_equal(text, expected);
}

static void packs_each_kind(void **state)
{
    (void)state;
    static const struct {
        uint8_t de;
        const char *value, *packed; /* behind MTI and bitmap */
    } cases[] = {
        {2, "6210220110002707355", "1962102201100027073550"},
        {2, "6210220110002707", "166210220110002707"},
        {4, "000000001200", "000000001200"},
        {22, "021", "0210"}, /* left aligned */
        {23, "001", "0001"}, /* right aligned */
        {26, "06", "06"},
        {32, "00010000", "0800010000"},
        {35, "6324392260009942820=1312101", "276324392260009942820D13121010"},
        {41, "16688014", "3136363838303134"},
        {44, "03060000   00010000   ", "2230333036303030302020203030303130303030202020"},
        {48, "00000000120000100000000000000", "0029000000001200001000000000000000"},
        {55, "\x9F\x36\x02\x01\x1C", "00059F3602011C"},
        {60, "22000001", "000822000001"},
        {60, "00000001003", "0011000000010030"},
        {63, "01 ", "0003303120"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct iso_message m;
        uint8_t out[ISO_BODY_MAX];
        size_t len;
        iso_init(&m, "0200");
        assert_int_equal(iso_set_text(&m, cases[i].de, cases[i].value), OK);
        assert_int_equal(iso_pack(&m, false, out, sizeof out, &len), OK);
        assert_int_equal(out[2 + (cases[i].de - 1) / 8], 0x80 >> (cases[i].de - 1) % 8);
        assert_hex(out + 10, len - 10, cases[i].packed);
    }
}

static void refuses_values_outside_the_profile(void **state)
{
    (void)state;
    struct iso_message m;
    iso_init(&m, "0200");
    assert_int_equal(iso_set_text(&m, 0, "1"), E_INVAL);
    assert_int_equal(iso_set_text(&m, 1, "1"), E_INVAL);
    assert_int_equal(iso_set_text(&m, 5, "1"), E_INVAL);
    assert_int_equal(iso_set_text(&m, 65, "1"), E_INVAL);
    assert_int_equal(iso_set_text(&m, 255, "1"), E_INVAL);
    assert_int_equal(iso_set_text(&m, 2, "12345678901234567890"), E_LIMIT);
    assert_int_equal(iso_set_text(&m, 2, "1234567890123 56"), E_FORMAT);
    assert_int_equal(iso_set_text(&m, 4, "1200"), E_FORMAT);
    assert_int_equal(iso_set_text(&m, 4, "1234567890123"), E_LIMIT);
    assert_int_equal(iso_set_text(&m, 35, "621022X"), E_FORMAT);
    assert_int_equal(iso_set(&m, 52, "1234567", 7), E_FORMAT);
    assert_int_equal(iso_set_number(&m, 11, 1000000), E_LIMIT);
    assert_int_equal(iso_set_number(&m, 2, 1), E_INVAL);
    assert_int_equal(iso_set_number(&m, 41, 1), E_INVAL);
    assert_int_equal(m.used, 0);
    uint8_t out[ISO_BODY_MAX];
    size_t len;
    m.mti[0] = 'x';
    assert_int_equal(iso_pack(&m, false, out, sizeof out, &len), E_FORMAT);
}

static void replaces_and_clears(void **state)
{
    (void)state;
    struct iso_message m, other;
    size_t len;
    iso_init(&m, "0200");
    iso_init(&other, "0210");
    assert_int_equal(iso_set_text(&m, 2, "6210220110002707355"), OK);
    assert_int_equal(iso_set_number(&m, 11, 42), OK);
    assert_int_equal(iso_set_text(&m, 38, "A1"), OK);
    assert_text(&m, 38, "A1    ");
    assert_int_equal(iso_set_text(&m, 2, "4111111111111111"), OK);
    assert_text(&m, 2, "4111111111111111");
    assert_text(&m, 11, "000042");
    iso_clear(&m, 11);
    iso_clear(&m, 11);
    iso_clear(&m, 200);
    assert_false(iso_has(&m, 11));
    assert_false(iso_has(&m, 200));
    assert_null(iso_get(&m, 11, &len));
    assert_text(&m, 11, "");
    assert_text(&m, 2, "4111111111111111");
    assert_text(&m, 38, "A1    ");
    assert_int_equal(m.used, 16 + 6);
    for (size_t i = m.used; i < sizeof m.store; i++)
        assert_int_equal(m.store[i], 0); /* nothing of a removed PAN stays */
    char small[16];
    assert_int_equal(iso_text(&m, 2, small, sizeof small), E_LIMIT);
    assert_string_equal(small, "");

    assert_true(iso_equal(&m, &other, 11));
    assert_false(iso_equal(&m, &other, 2));
    assert_int_equal(iso_set_text(&other, 2, "4111111111111111"), OK);
    assert_true(iso_equal(&m, &other, 2));
    assert_int_equal(iso_set_text(&other, 2, "411111111111111"), OK);
    assert_false(iso_equal(&m, &other, 2));
    assert_int_equal(iso_set_text(&m, 35, "62102201=49"), OK);
    assert_int_equal(iso_set_text(&other, 35, "62102201D49"), OK);
    assert_true(iso_equal(&m, &other, 35));
}

/* All fields at their longest, which no real message has: fits the store, packs, and any smaller room is E_LIMIT. */
static void the_largest_message(void **state)
{
    (void)state;
    struct iso_message m, back;
    char ones[513];
    uint8_t bad;
    size_t len, again;
    memset(ones, '1', sizeof ones);
    iso_init(&m, "0200");
    for (uint8_t de = 2; de < ISO_FIELDS; de++)
        if (iso_field(de))
            assert_int_equal(iso_set(&m, de, ones, iso_field(de)->max), OK);
    uint8_t out[ISO_MESSAGE_MAX], repacked[ISO_MESSAGE_MAX];
    assert_int_equal(iso_pack(&m, false, out, sizeof out, &len), OK);
    for (size_t cap = 0; cap < len; cap++) {
        struct bytes b = {malloc(cap ? cap : 1), cap};
        assert_int_equal(iso_pack(&m, false, b.p, b.len, &again), E_LIMIT);
        bytes_free(&b);
    }
    assert_int_equal(iso_unpack(out, len, &back, &bad), OK);
    assert_int_equal(iso_pack(&back, false, repacked, sizeof repacked, &again), OK);
    assert_int_equal(again, len);
    assert_memory_equal(out, repacked, len);
}

static void keeps_the_filler_nibble(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "0200400000000000000003621F",           /* DE2, F */
        "02004000000000000000036210",           /* DE2, 0 */
        "02000000060000000000021FF001",         /* DE22, DE23 */
        "020000000000200000000362DF",           /* DE35 */
        "02000000000000000010001100000001003C", /* DE60 */
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct bytes b = bytes_hex(bodies[i]);
        struct iso_message m;
        uint8_t out[64], bad;
        size_t len;
        assert_int_equal(iso_unpack(b.p, b.len, &m, &bad), OK);
        assert_int_equal(iso_pack(&m, false, out, sizeof out, &len), OK);
        assert_hex(out, len, bodies[i]);
        bytes_free(&b);
    }
    struct bytes b = bytes_hex("0200400000000000000003621F");
    struct iso_message m;
    uint8_t out[64], bad;
    size_t len;
    assert_int_equal(iso_unpack(b.p, b.len, &m, &bad), OK);
    assert_int_equal(iso_set_text(&m, 2, "123"), OK); /* what we set ourselves is filled with 0 */
    assert_int_equal(iso_pack(&m, false, out, sizeof out, &len), OK);
    assert_hex(out, len, "02004000000000000000031230");
    bytes_free(&b);
}

static void names_the_field_that_cannot_be_read(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        uint8_t bad;
    } cases[] = {
        {"", 1},
        {"02004000", 1},
        {"0A00000000000000000000", 1},      /* MTI not decimal */
        {"02008000000000000000", 1},        /* second bitmap */
        {"02000800000000000000", 5},        /* not in the profile */
        {"02004000000000000000", 2},        /* no length */
        {"0200400000000000000020", 2},      /* 20 digits of PAN */
        {"020040000000000000001A", 2},      /* length not decimal */
        {"0200400000000000000004621A", 2},  /* digit not decimal */
        {"020040000000000000000462", 2},    /* cut off */
        {"020000200000000000000001", 11},   /* cut off */
        {"0200002000000000000000012A", 11}, /* cut off before the bad digit is reached */
        {"0200000000000000000000", 0},      /* one byte over */
        {"020000000000000002000256", 55},   /* LLL over 255 */
        {"020000000000000002000001", 55},
        {"0200000000000000000131323334353637", 64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes b = bytes_hex(cases[i].body);
        struct iso_message m;
        uint8_t bad = 99;
        assert_int_equal(iso_unpack(b.p, b.len, &m, &bad), E_FORMAT);
        assert_int_equal(bad, cases[i].bad);
        bytes_free(&b);
    }
}

/* Every prefix is malformed; every byte changed to every value is read without harm and, if accepted, packs back. */
static void survives_truncation_and_corruption(void **state)
{
    (void)state;
    struct bytes whole = bytes_hex(VEC2_DATA);
    whole.p[9] &= 0xFE; /* as a message without DE64 */
    for (size_t n = 0; n < whole.len; n++) {
        struct bytes b = bytes_copy(whole.p, n), changed = bytes_copy(whole.p, whole.len);
        struct iso_message m;
        uint8_t bad, out[ISO_BODY_MAX];
        size_t len;
        assert_int_equal(iso_unpack(b.p, b.len, &m, &bad), E_FORMAT);
        for (unsigned value = 0; value < 256; value++) {
            changed.p[n] = (uint8_t)value;
            if (iso_unpack(changed.p, changed.len, &m, &bad) != OK)
                continue;
            assert_int_equal(iso_pack(&m, false, out, sizeof out, &len), OK);
            assert_int_equal(len, changed.len);
            assert_memory_equal(out, changed.p, len);
        }
        bytes_free(&b);
        bytes_free(&changed);
    }
    bytes_free(&whole);
}

static void de60_sub_fields(void **state)
{
    (void)state;
    struct iso_de60 d;
    char out[18];
    static const char *const good[] = {"", "22", "22000001", "00000001003", "22000001000500", "22000001000501000"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        /* 14 digits end behind 60.6; 17 hold the account type */
        assert_int_equal(iso_de60_parse(good[i], &d), OK);
        iso_de60_format(&d, out);
        assert_string_equal(out, good[i]);
    }
    assert_string_equal(d.type, "22");
    assert_string_equal(d.batch, "000001");
    assert_string_equal(d.network, "000");
    assert_string_equal(d.capability, "5");
    assert_string_equal(d.condition, "0");
    assert_string_equal(d.partial, "1");
    assert_string_equal(d.account, "000");
    static const char *const bad[] = {"2", "2200000", "220000010", "220000010005010001", "22A", "2200000100050100"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(iso_de60_parse(bad[i], &d), E_FORMAT);
}

static void response_codes(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        enum iso_response_class kind;
        const char *found;
    } cases[] = {
        {"00", ISO_APPROVE, "00"}, {"10", ISO_APPROVE, "10"}, {"11", ISO_APPROVE, "11"},  {"16", ISO_APPROVE, "16"},
        {"A2", ISO_APPROVE, "A2"}, {"A4", ISO_APPROVE, "A4"}, {"A5", ISO_APPROVE, "A5"},  {"A6", ISO_APPROVE, "A6"},
        {"Y1", ISO_APPROVE, "Y1"}, {"Y3", ISO_APPROVE, "Y3"}, {"01", ISO_DECLINE, "01"},  {"04", ISO_CAPTURE, "04"},
        {"34", ISO_CAPTURE, "34"}, {"41", ISO_CAPTURE, "41"}, {"43", ISO_CAPTURE, "43"},  {"45", ISO_DECLINE, "45"},
        {"77", ISO_RESIGN, "77"},  {"79", ISO_RESIGN, "79"},  {"99", ISO_RESIGN, "99"},   {"A0", ISO_RESIGN, "A0"},
        {"Z1", ISO_DECLINE, "Z1"}, {"Z3", ISO_DECLINE, "Z3"}, {"D4", ISO_DECLINE, "D?"},  {"F9", ISO_DECLINE, "F?"},
        {"ZZ", ISO_DECLINE, "??"}, {"", ISO_DECLINE, "??"},   {"000", ISO_DECLINE, "??"}, {"0", ISO_DECLINE, "??"},
        {"08", ISO_DECLINE, "??"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct iso_response *r = iso_response(cases[i].code);
        assert_int_equal(r->kind, cases[i].kind);
        assert_string_equal(r->code, cases[i].found);
        assert_true(*r->text_en && *r->text_zh);
    }
    assert_string_equal(iso_response("xx")->text_en, "transaction failed");
}

static void secrets_are_marked(void **state)
{
    (void)state;
    static const uint8_t secret[] = {2, 35, 36, 52};
    for (size_t i = 0; i < sizeof secret; i++)
        assert_true(iso_field(secret[i])->secret);
    assert_false(iso_field(39)->secret);
    assert_null(iso_field(65));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_each_kind),
        cmocka_unit_test(refuses_values_outside_the_profile),
        cmocka_unit_test(replaces_and_clears),
        cmocka_unit_test(the_largest_message),
        cmocka_unit_test(keeps_the_filler_nibble),
        cmocka_unit_test(names_the_field_that_cannot_be_read),
        cmocka_unit_test(survives_truncation_and_corruption),
        cmocka_unit_test(de60_sub_fields),
        cmocka_unit_test(response_codes),
        cmocka_unit_test(secrets_are_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
