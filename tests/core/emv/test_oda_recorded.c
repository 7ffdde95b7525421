/*
 * Offline data authentication on what other people recorded: a test card with DDA (mrautio/emvpt), a Mastercard with
 * signed static data and an American Express card with CDA (binaryfoo/emv-bertlv; keys: its ca-public-keys.txt).
 * Skipped where the recordings are not.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/oda_recorded.h"

#define EMVPT_92                                                                                                       \
    "BF08CA64EA24B2644772CA60DAE61A68DE449A1F43503A1025103BDE7487FF2D60E23AF37400BBB6A8075C79EB38D775ED5F251E15268128" \
    "CA"                                                                                                               \
    "152DC5F33E017F14AE11FA2E07298F559387F4F47997DB09AEE867712E56545825C4B12A197C8ABE68E7E24A20B8717453733D0BF12F3CF8" \
    "AA89CB9BD07A2468B6132410C1E62FD1DFEC2C5D7C35B5475C520783E01E549F4C44DECBC2A0587763851738E4CAF22EB0E8747DBF828C22" \
    "07FECE8460030F"

static struct recorded recorded;

/* The key of a scheme from the public list; false: the list is not there. */
static bool public_key(const char *rid, const char *index, struct emv_capk *out)
{
    char path[512], line[1024], exponent[8], found_index[4], found_rid[12], modulus[600];
    bool found = false;
    snprintf(path, sizeof path, "%s/emv-bertlv/ca-public-keys.txt", TEST_TRACES);
    FILE *file = fopen(path, "r");
    while (file && !found && fgets(line, sizeof line, file)) {
        const char *rest = strchr(line, '\t');
        found = rest && sscanf(rest, " %7s %3s %11s %599s", exponent, found_index, found_rid, modulus) == 4 &&
                strcmp(found_rid, rid) == 0 && strcmp(found_index, index) == 0;
    }
    if (file)
        fclose(file);
    if (found)
        *out = recorded_key(rid, index, modulus, strcmp(exponent, "03") == 0 ? 3 : 65537);
    return found;
}

static struct emv *emvpt(uint8_t capabilities)
{
    const struct emv_capk key = recorded_key("AFFFFFFFFF", "92", EMVPT_92, 3);
    if (!recorded_load(&recorded, "emvpt/test_data.yaml"))
        skip();
    memcpy(recorded.card.unpredictable, "\x01\x23\x45\x67", 4);
    return recorded_read(&recorded, capabilities, (struct hal_datetime){2018, 7, 24, 12, 0, 0}, &key);
}

static struct emv *bertlv(const char *file, const char *rid, const char *index, uint8_t capabilities)
{
    struct emv_capk key;
    if (!recorded_load(&recorded, file) || !public_key(rid, index, &key))
        skip();
    return recorded_read(&recorded, capabilities, (struct hal_datetime){2014, 3, 1, 12, 0, 0}, &key);
}

static struct emv *mastercard(uint8_t capabilities)
{
    return bertlv("emv-bertlv/contact-mastercard-second-session-in.txt", "A000000004", "EF", capabilities);
}

static struct emv *amex(uint8_t capabilities)
{
    return bertlv("emv-bertlv/amex-cda-in.txt", "A000000025", "A1", capabilities);
}

/* covers: 2.6 DDA, 2.6 issuer certificate, 2.6 ICC certificate, 2.6 SDAD */
static void the_test_card_passes_dda(void **state)
{
    (void)state;
    struct emv *e = emvpt(0x40);
    assert_int_equal(emv_authenticate(e), OK);
    assert_int_equal(e->oda, EMV_ODA_DDA);
    assert_object(e, 0x95, "0000000000");
    assert_object(e, 0x9B, "8000");
    assert_int_equal(e->issuer_key.len, 176);
    assert_int_equal(e->icc_key.len, 128);
    assert_int_equal(emv_recover_pin_key(e), OK);
    assert_memory_equal(e->pin_key.bytes, e->icc_key.bytes, 128);
    emv_end(e);
}

/* covers: 2.6 DDA: another unpredictable number than the one signed */
static void another_number_fails_dda(void **state)
{
    (void)state;
    struct emv *e = emvpt(0x40);
    recorded.card.unpredictable[3]++;
    assert_int_equal(emv_authenticate(e), OK);
    assert_object(e, 0x95, "0800000000");
    assert_object(e, 0x9B, "8000");
    assert_string_equal(recorded.card.log, "emv: signed dynamic data: hash");
    emv_end(e);
}

/* covers: 2.6 expiry: the last day of the month is a good day, the next is not */
static void a_recorded_certificate_expires(void **state)
{
    (void)state;
    const struct {
        uint16_t year;
        uint8_t month, day;
        const char *tvr;
    } rows[] = {{2018, 11, 30, "0000000000"}, {2049, 12, 31, "0800000000"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct emv_capk key = recorded_key("AFFFFFFFFF", "92", EMVPT_92, 3);
        if (!recorded_load(&recorded, "emvpt/test_data.yaml"))
            skip();
        memcpy(recorded.card.unpredictable, "\x01\x23\x45\x67", 4);
        struct emv *e = recorded_read(&recorded, 0x40,
                                      (struct hal_datetime){rows[i].year, rows[i].month, rows[i].day, 12, 0, 0}, &key);
        assert_int_equal(emv_authenticate(e), OK);
        assert_object(e, 0x95, rows[i].tvr);
        emv_end(e);
    }
}

/* covers: 2.6 SDA, 2.6 SSAD, 2.6 9F4A */
static void the_mastercard_passes_sda(void **state)
{
    (void)state;
    struct emv *e = mastercard(0x80);
    assert_int_equal(emv_authenticate(e), OK);
    assert_int_equal(e->oda, EMV_ODA_SDA);
    assert_object(e, 0x95, "0200000000");
    assert_object(e, 0x9B, "8000");
    assert_int_equal(e->issuer_key.len, 144);
    assert_non_null(emv_fixed(e, 0x9F45, 2));
    assert_int_equal(oda_icc_key(e), OK);
    emv_end(e);
}

/* covers: 2.6 static data: one bit of it changed, one record left out, AIP changed */
static void changed_static_data_fails(void **state)
{
    (void)state;
    for (int change = 0; change < 3; change++) {
        struct emv *e = mastercard(0x80);
        if (change == 0)
            e->static_data[40] ^= 0x01;
        else if (change == 1)
            e->static_len--;
        else
            fake_put(e, 0x82, "5901");
        assert_int_equal(emv_authenticate(e), OK);
        assert_object(e, 0x95, "4200000000");
        assert_object(e, 0x9F45, "-");
        emv_end(e);
    }
}

/* The recorded GENERATE AC: command data by CDOL1, its number in 9F37; body of the answer. */
static struct tlv amex_cryptogram(struct emv *e, uint8_t answer[256])
{
    uint8_t command[255];
    struct tlv body;
    size_t at = 0, len = 0;
    for (const struct fake_step *s = recorded.card.step; s->command; s++)
        if (strncmp(s->command, "80AE90", 6) == 0)
            len = fake_hex(s->command, command, sizeof command);
    assert_true(len > 5 && command[4] >= 4);
    e->cdol1_sent.len = command[4];
    memcpy(e->cdol1_sent.bytes, command + 5, command[4]);
    assert_int_equal(emv_set(e, 0x9F37, command + 5 + command[4] - 4, 4), OK);
    e->pdol_sent = (struct emv_sent){{0xEA}, 1};
    assert_int_equal(tlv_next(answer, recorded_answer(&recorded, "80AE90", answer, 256), &at, &body), OK);
    assert_int_equal(body.tag, 0x77);
    return body;
}

/* covers: 2.6 CDA, 2.6 SDAD with cryptogram and transaction data hash */
static void the_american_express_card_passes_cda(void **state)
{
    (void)state;
    uint8_t answer[256], ac[8];
    struct emv *e = amex(0x08);
    assert_int_equal(emv_authenticate(e), OK);
    assert_int_equal(e->oda, EMV_ODA_CDA);
    assert_object(e, 0x95, "0000000000");
    assert_object(e, 0x9B, "0000"); /* not before GENERATE AC */
    assert_true(oda_cda_active(e));
    const struct tlv body = amex_cryptogram(e, answer);
    assert_int_equal(oda_cda_verify(e, &body, false, (struct oda_span){NULL, 0}, ac), OK);
    assert_object(e, 0x95, "0000000000");
    assert_object(e, 0x9B, "8000");
    emv_end(e);
}

/* covers: 2.6 CDA: what the two hashes cover */
static void every_part_of_a_signed_cryptogram_counts(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "emv: signed cryptogram: transaction data hash", /* PDOL data */
        "emv: signed cryptogram: transaction data hash", /* CDOL1 data */
        "emv: signed cryptogram: hash",                  /* unpredictable number */
        "emv: signed cryptogram: cryptogram information",
        "emv: signed cryptogram: transaction data hash", /* ATC */
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        uint8_t answer[256], ac[8];
        struct emv *e = amex(0x08);
        assert_int_equal(emv_authenticate(e), OK);
        const struct tlv body = amex_cryptogram(e, answer);
        uint8_t *value = answer + (body.value - answer);
        if (i == 0)
            e->pdol_sent.bytes[0] ^= 1;
        else if (i == 1)
            e->cdol1_sent.bytes[5] ^= 1;
        else if (i == 2)
            fake_put(e, 0x9F37, "00000000");
        else
            value[i == 3 ? 3 : 8] ^= 1; /* 9F27 01 xx 9F36 02 xx xx */
        assert_true(oda_cda_verify(e, &body, false, (struct oda_span){NULL, 0}, ac) > 0);
        assert_string_equal(recorded.card.log, expected[i]);
        assert_object(e, 0x95, "0400000000");
        assert_object(e, 0x9B, "8000");
        assert_false(oda_cda_active(e));
        emv_end(e);
    }
}

/* covers: 2.6 checks: one bit in any byte of the two certificates fails data authentication */
static void one_wrong_bit_fails(void **state)
{
    (void)state;
    static const uint32_t tags[] = {0x90, 0x92, 0x9F46};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        size_t len = 1;
        for (size_t at = 0; at < len; at += 7) {
            uint8_t bytes[255];
            const uint8_t *value;
            struct emv *e = emvpt(0x40);
            assert_int_equal(emv_get(e, tags[i], &value, &len), OK);
            memcpy(bytes, value, len);
            bytes[at] ^= (uint8_t)(1u << at % 8);
            assert_int_equal(emv_set(e, tags[i], bytes, len), OK);
            assert_int_equal(emv_authenticate(e), OK);
            assert_object(e, 0x95, "0800000000");
            emv_end(e);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_test_card_passes_dda),
        cmocka_unit_test(another_number_fails_dda),
        cmocka_unit_test(a_recorded_certificate_expires),
        cmocka_unit_test(the_mastercard_passes_sda),
        cmocka_unit_test(changed_static_data_fails),
        cmocka_unit_test(the_american_express_card_passes_cda),
        cmocka_unit_test(every_part_of_a_signed_cryptogram_counts),
        cmocka_unit_test(one_wrong_bit_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
