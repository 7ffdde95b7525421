/* The requests: a recorded sale rebuilt field by field, and the field sets of DOMAIN 4.4 and 4.5a. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/hex.h"
#include "core/codec/tlv.h"
#include "tests/core/net/net_fixture.h"

static size_t unhex(const char *text, uint8_t *out, size_t cap)
{
    size_t len = 0;
    assert_int_equal(hex_decode(text, strlen(text), out, cap, &len), OK);
    return len;
}

static void text(const struct iso_message *m, uint8_t de, char *out, size_t cap)
{
    assert_int_equal(iso_text(m, de, out, cap), OK);
}

/* VEC2 of DOMAIN appendix B: stripe with PIN. Its DE26 is 06 and its DE60 stops after 60.2; ours say more. */
static void a_recorded_sale_is_rebuilt(void **state)
{
    static const char golden[] =
        "0200302004C020C0981100000000000000005100183402100006324392260009942820D1312101120084"
        "393136363838303134303030303030303030303030303030313536ACF46E73838A82F92600000000000000"
        "0008220000013732343839434143";
    uint8_t bytes[256], packed[ISO_BODY_MAX], bad;
    struct iso_message recorded, built;
    size_t len = unhex(golden, bytes, sizeof bytes), packed_len = 0, pin_len = 0;
    (void)state;
    assert_int_equal(iso_unpack(bytes, len, &recorded, &bad), OK);

    struct net_config config = {.currency = "156"};
    struct journal_entry e = fixture_sale(1834);
    char track2[40];
    text(&recorded, 41, config.terminal_id, sizeof config.terminal_id);
    text(&recorded, 42, config.merchant_id, sizeof config.merchant_id);
    text(&recorded, 35, track2, sizeof track2);
    e.amount_cents = 51;
    message_entry_mode(false, true, e.entry);
    struct message_sale sale = {
        .entry = &e, .track2 = track2, .track3 = "", .pin_block = iso_get(&recorded, 52, &pin_len)};
    assert_int_equal(pin_len, 8);
    assert_int_equal(message_sale(&config, &sale, &built), OK);
    iso_set(&built, 64, "72489CAC", 8);

    for (uint8_t de = 2; de < ISO_FIELDS; de++) {
        assert_int_equal(iso_has(&built, de), iso_has(&recorded, de));
        if (iso_has(&built, de) && de != 26 && de != 60)
            assert_true(iso_equal(&built, &recorded, de));
    }
    assert_int_equal(iso_pack(&built, false, packed, sizeof packed, &packed_len), OK);
    assert_memory_equal(packed, bytes, 10); /* MTI and bitmap 302004C020C09811 */
}

static void a_chip_sale_names_its_card(void **state)
{
    static const uint8_t field55[] = {0x9F, 0x26, 0x01, 0x00};
    struct net_config config = {.terminal_id = "10000001", .merchant_id = "104100050450001", .currency = "156"};
    struct journal_entry e = fixture_sale(8);
    struct iso_message m;
    char value[40];
    (void)state;
    memcpy(e.psn, "01", 3);
    message_entry_mode(true, false, e.entry);
    message_de60(1, "22", "0", e.de60);
    struct message_sale sale = {.entry = &e,
                                .track2 = "6210676862310000067D30122010000000000",
                                .track3 = "",
                                .field55 = field55,
                                .field55_len = sizeof field55};
    assert_int_equal(message_sale(&config, &sale, &m), OK);
    text(&m, 2, value, sizeof value);
    assert_string_equal(value, "6210676862310000067");
    text(&m, 22, value, sizeof value);
    assert_string_equal(value, "052");
    text(&m, 23, value, sizeof value);
    assert_string_equal(value, "001");
    text(&m, 60, value, sizeof value);
    assert_string_equal(value, "2200000100050");
    assert_true(iso_has(&m, 14) && iso_has(&m, 35) && iso_has(&m, 55));
    assert_false(iso_has(&m, 26) || iso_has(&m, 52) || iso_has(&m, 36));
}

static void a_fallback_says_so_in_60_5(void **state)
{
    char de60[18];
    struct iso_de60 parts;
    (void)state;
    message_de60(12, "22", "2", de60);
    assert_int_equal(iso_de60_parse(de60, &parts), OK);
    assert_string_equal(parts.type, "22");
    assert_string_equal(parts.batch, "000012");
    assert_string_equal(parts.capability, "5");
    assert_string_equal(parts.condition, "2");
}

static void a_reversal_carries_nothing_sensitive(void **state)
{
    struct net_config config = {.terminal_id = "10000001", .merchant_id = "104100050450001", .currency = "156"};
    struct journal_reversal reversal = {.entry = fixture_sale(9), .reason = "98"};
    struct iso_message m;
    char value[40];
    (void)state;
    message_entry_mode(true, true, reversal.entry.entry);
    assert_int_equal(message_reversal(&config, &reversal, &m), OK);
    assert_string_equal(m.mti, "0400");
    assert_false(iso_has(&m, 2) || iso_has(&m, 35) || iso_has(&m, 36) || iso_has(&m, 52) || iso_has(&m, 38) ||
                 iso_has(&m, 55));
    text(&m, 11, value, sizeof value);
    assert_string_equal(value, "000009");
    text(&m, 61, value, sizeof value);
    assert_string_equal(value, "0000010000090000"); /* no answer, so no host date */

    memcpy(reversal.entry.response, "00", 3);
    memcpy(reversal.entry.auth, "A1B2C3", 7);
    memcpy(reversal.entry.date, "0615", 5);
    memcpy(reversal.reason, "06", 3);
    assert_int_equal(message_reversal(&config, &reversal, &m), OK);
    text(&m, 61, value, sizeof value);
    assert_string_equal(value, "0000010000090615");
    text(&m, 38, value, sizeof value);
    assert_string_equal(value, "A1B2C3");
    text(&m, 39, value, sizeof value);
    assert_string_equal(value, "06");
}

/* DOMAIN 4.9, sign-in of the recorded form: DE62 "Sequence No" + length + serial, DE63 the operator on three places. */
static void a_sign_in_has_its_field_set(void **state)
{
    struct net_config config = {
        .terminal_id = "88888888", .merchant_id = "100000000000001", .operator_id = "01", .serial = "PB000001"};
    struct iso_message m;
    uint8_t packed[ISO_BODY_MAX];
    size_t len = 0;
    static const uint8_t head[] = {0x08, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0xC0, 0x00, 0x16, 0x00, 0x00, 0x27};
    char value[40];
    (void)state;
    assert_int_equal(message_sign_in(&config, 27, 1, &m), OK);
    assert_int_equal(iso_pack(&m, false, packed, sizeof packed, &len), OK);
    assert_memory_equal(packed, head, sizeof head);
    text(&m, 60, value, sizeof value);
    assert_string_equal(value, "00000001003");
    text(&m, 62, value, sizeof value);
    assert_string_equal(value, "Sequence No08PB000001");
    text(&m, 63, value, sizeof value);
    assert_string_equal(value, "01 ");
}

static void a_value_too_long_is_refused(void **state)
{
    struct net_config config = {.terminal_id = "10000001", .merchant_id = "104100050450001", .currency = "156"};
    struct journal_entry e = fixture_sale(8);
    char track3[140];
    struct iso_message m;
    (void)state;
    memset(track3, '1', sizeof track3 - 1);
    track3[sizeof track3 - 1] = '\0';
    struct message_sale sale = {.entry = &e, .track2 = "6210676862310000067D3012101", .track3 = track3};
    assert_int_equal(message_sale(&config, &sale, &m), E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recorded_sale_is_rebuilt),  cmocka_unit_test(a_chip_sale_names_its_card),
        cmocka_unit_test(a_fallback_says_so_in_60_5),  cmocka_unit_test(a_reversal_carries_nothing_sensitive),
        cmocka_unit_test(a_sign_in_has_its_field_set), cmocka_unit_test(a_value_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
