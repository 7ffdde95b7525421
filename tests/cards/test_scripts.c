/* Issuer scripts: the MAC decides, the state really changes, and the card reports it next time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/support.h"

#include "core/codec/des.h"

/* Appends the MAC an issuer would: header, then Lc with the MAC, data. Call after the first GENERATE AC. */
static uint16_t send_script(struct bench *b, const uint8_t ac[8], const char *header_hex, const uint8_t *data,
                            size_t len, size_t mac_len, bool wrong)
{
    struct card_facts f;
    struct card_counters k;
    uint8_t header[4], mk[16], sk[16], body[255];
    size_t n;
    card_facts(b->profile, &f);
    card_counters(b->card, &k);
    const uint8_t atc[2] = {(uint8_t)(k.atc >> 8), (uint8_t)k.atc};
    assert_int_equal(hex_decode(header_hex, 8, header, sizeof header, &n), OK);
    assert_int_equal(ac_master_key(f.scheme, f.imk_smi, f.pan, f.psn, 0, mk), OK);
    assert_int_equal(script_session_key(f.scheme, mk, atc, sk), OK);
    if (len)
        memcpy(body, data, len);
    assert_int_equal(
        script_mac(f.scheme, sk, header, (uint8_t)(len + mac_len), atc, ac, data, len, body + len, mac_len), OK);
    body[len] ^= (uint8_t)wrong;
    return send_bytes(b, header_hex, body, len + mac_len);
}

static void go_online(struct bench *b, uint8_t ac[8])
{
    begin(b);
    assert_int_equal(send(b, GAC1("80")), 0x9000);
    memcpy(ac, answered_ac(b), 8);
}

/* covers: 3.8 script MAC */
static void refuses_a_wrong_mac_and_reports_it(void **state)
{
    (void)state;
    struct bench b;
    uint8_t ac[8];
    struct card_counters k;
    bench_open(&b, &(struct card_spec){0});
    assert_int_equal(send(&b, "841E000004AABBCCDD"), 0x6985);
    go_online(&b, ac);
    assert_int_equal(send_script(&b, ac, "841E0000", NULL, 0, 4, true), 0x6988);
    assert_int_equal(send(&b, "841E000003AABBCC"), 0x6987);
    assert_int_equal(send(&b, "841E000009AABBCCAABBCCAABBCC"), 0x6700);
    assert_int_equal(send(&b, "001E000004AABBCCDD"), 0x6E00);
    card_counters(b.card, &k);
    assert_false(k.app_blocked);
    assert_int_equal(send(&b, GAC2("40", "3030")), 0x9000);
    begin(&b);
    assert_int_equal(send(&b, GAC1("00")), 0x9000);
    assert_int_equal(answered_iad(&b)[6], 0x08); /* script failed, none done */
    bench_close(&b);
}

/* covers: 3.4 scripts */
static void blocks_and_unblocks_the_application(void **state)
{
    (void)state;
    struct bench b;
    uint8_t ac[8];
    struct card_counters k;
    bench_open(&b, &(struct card_spec){0});
    go_online(&b, ac);
    assert_int_equal(send_script(&b, ac, "841E0000", NULL, 0, 8, false), 0x9000);
    assert_int_equal(send(&b, GAC2("40", "3030")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x00);
    card_counters(b.card, &k);
    assert_true(k.app_blocked);
    assert_int_equal(send(&b, SELECT_AID), 0x6283);
    assert_int_equal(send(&b, GPO), 0x9000);
    assert_int_equal(send(&b, GAC1("80")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x00);
    assert_int_equal(answered_iad(&b)[6], 0x10); /* one script done */
    memcpy(ac, answered_ac(&b), 8);
    assert_int_equal(send_script(&b, ac, "8C180000", NULL, 0, 4, false), 0x9000);
    assert_int_equal(send(&b, SELECT_AID), 0x9000);
    bench_close(&b);
}

/* covers: 3.4 scripts */
static void blocks_the_card(void **state)
{
    (void)state;
    struct bench b;
    uint8_t ac[8];
    bench_open(&b, &(struct card_spec){0});
    go_online(&b, ac);
    assert_int_equal(send_script(&b, ac, "84160000", NULL, 0, 4, false), 0x9000);
    card_reset(b.card);
    assert_int_equal(send(&b, SELECT_AID), 0x6A81);
    assert_int_equal(send(&b, "00A404000E315041592E5359532E444446303100"), 0x6A81);
    bench_close(&b);
}

/* Delta PIN of a PBOC card: the right half of the left half of its own key for enciphering is in it. */
static void delta_pin(const struct bench *b, const char *new_block, const char *old_block, uint8_t out[16])
{
    struct card_facts f;
    struct card_counters k;
    uint8_t mk[16], sk[16], clear[16] = {8}, old[8];
    size_t len;
    card_facts(b->profile, &f);
    card_counters(b->card, &k);
    const uint8_t atc[2] = {(uint8_t)(k.atc >> 8), (uint8_t)k.atc};
    assert_int_equal(ac_master_key(f.scheme, f.imk_smc, f.pan, f.psn, 0, mk), OK);
    assert_int_equal(script_session_key(f.scheme, mk, atc, sk), OK);
    assert_int_equal(hex_decode(new_block, 16, clear + 1, 8, &len), OK);
    assert_int_equal(hex_decode(old_block, 16, old, 8, &len), OK);
    for (int i = 0; i < 8; i++)
        clear[1 + i] ^= old[i] ^ (i >= 4 ? mk[i] : 0);
    clear[9] = 0x80;
    assert_int_equal(script_cipher(f.scheme, sk, 1, clear, 16, out), OK);
}

#define NO_PIN "0000000000000000"

/* covers: 3.4 scripts */
static void unblocks_and_changes_the_pin(void **state)
{
    (void)state;
    struct bench b;
    uint8_t ac[8], enciphered[16];
    bench_open(
        &b, &(struct card_spec){.extra = "\"offline_pin\":\"1234\",", .history = "\"atc\":\"0021\",\"pin_tries\":0"});
    go_online(&b, ac);
    assert_int_equal(send_script(&b, ac, "84240000", NULL, 0, 4, false), 0x9000);
    delta_pin(&b, "0598765FFFFFFFFF", NO_PIN, enciphered);
    assert_int_equal(send_script(&b, ac, "84240003", enciphered, 16, 4, false), 0x6A86);
    assert_int_equal(send_script(&b, ac, "84240002", enciphered, 8, 4, false), 0x6700);
    assert_int_equal(send_script(&b, ac, "84240002", (const uint8_t *)"no ciphertext at", 16, 4, false), 0x6A80);
    assert_int_equal(send_script(&b, ac, "8C240002", enciphered, 16, 4, false), 0x9000);
    begin(&b);
    assert_int_equal(send(&b, "0020008008241234FFFFFFFFFF"), 0x63C2);
    assert_int_equal(send(&b, "00200080082598765FFFFFFFFF"), 0x9000);
    bench_close(&b);
}

/* covers: 3.4 scripts */
static void changes_the_pin_with_the_old_one(void **state)
{
    (void)state;
    struct bench b;
    uint8_t ac[8], enciphered[16];
    bench_open(&b, &(struct card_spec){.extra = "\"offline_pin\":\"1234\","});
    go_online(&b, ac);
    delta_pin(&b, "06567890FFFFFFFF", "9234000000000000", enciphered); /* 9234 is not the card's */
    assert_int_equal(send_script(&b, ac, "84240001", enciphered, 16, 4, false), 0x6A80);
    delta_pin(&b, "06567890FFFFFFFF", "1234000000000000", enciphered);
    assert_int_equal(send_script(&b, ac, "84240002", enciphered, 16, 4, false), 0x6A80); /* the wrong P2 */
    assert_int_equal(send_script(&b, ac, "84240001", enciphered, 16, 4, true), 0x6988);
    assert_int_equal(send_script(&b, ac, "84240001", enciphered, 16, 4, false), 0x9000);
    card_reset(b.card);
    begin(&b);
    assert_int_equal(send(&b, "0020008008241234FFFFFFFFFF"), 0x63C2);
    assert_int_equal(send(&b, "002000800826567890FFFFFFFF"), 0x9000);
    bench_close(&b);
}

/* Each command, with a MAC that is not the one of this transaction: refused, and nothing is changed by it. */
/* covers: 3.8 script MAC, 3.8 PBOC script MAC */
static void every_command_checks_its_mac(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t len;
    } rows[] = {{"841E0000", 0},  {"84180000", 0}, {"84160000", 0}, {"84240000", 0},
                {"84240002", 16}, {"04DA9F58", 1}, {"84DA9F58", 1}, {"04DC010C", 3}};
    static const uint8_t data[16] = {0x70, 0x01, 0x00};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        uint8_t ac[8], other[8], before[32], after[32];
        bench_open(&b, &(struct card_spec){.extra = "\"offline_pin\":\"1234\",", .history = "\"atc\":\"0021\""});
        go_online(&b, ac);
        memcpy(other, ac, sizeof other);
        other[7] ^= 1;
        assert_int_equal(send_script(&b, ac, rows[i].header, data, rows[i].len, 4, true), 0x6988);
        card_hash(b.card, before); /* with "script failed" */
        assert_int_equal(send_script(&b, ac, rows[i].header, data, rows[i].len, 4, true), 0x6988);
        assert_int_equal(send_script(&b, other, rows[i].header, data, rows[i].len, 4, false), 0x6988);
        assert_int_equal(send_bytes(&b, rows[i].header, data, rows[i].len < 3 ? rows[i].len : 3), 0x6987);
        card_hash(b.card, after);
        assert_memory_equal(before, after, 32);
        bench_close(&b);
    }
}

/* What was good in one transaction is not in the next: another ATC, another cryptogram. */
/* covers: 3.8 script MAC, 3.8 PBOC script MAC */
static void a_script_cannot_be_replayed(void **state)
{
    (void)state;
    struct bench b;
    uint8_t ac[8], next[8], before[32], after[32];
    char sent[64];
    bench_open(&b, &(struct card_spec){0});
    go_online(&b, ac);
    struct card_facts f;
    uint8_t mk[16], sk[16], body[5] = {0x09};
    card_facts(b.profile, &f);
    assert_int_equal(ac_master_key(f.scheme, f.imk_smi, f.pan, f.psn, 0, mk), OK);
    assert_int_equal(script_session_key(f.scheme, mk, (const uint8_t *)"\x00\x22", sk), OK);
    assert_int_equal(script_mac(f.scheme, sk, (const uint8_t *)"\x04\xDA\x9F\x58", 5, (const uint8_t *)"\x00\x22", ac,
                                body, 1, body + 1, 4),
                     OK);
    memcpy(sent, "04DA9F5805", 10);
    assert_int_equal(hex_encode(body, sizeof body, sent + 10, sizeof sent - 10), OK);
    assert_int_equal(send(&b, sent), 0x9000);
    assert_int_equal(send(&b, GAC2("40", "3030")), 0x9000);
    card_reset(b.card);
    go_online(&b, next);
    assert_memory_not_equal(ac, next, 8);
    assert_int_equal(send_script(&b, next, "04DA9F58", (const uint8_t *)"\x03", 1, 4, false), 0x9000);
    assert_int_equal(send(&b, sent), 0x6988);
    card_hash(b.card, before);
    assert_int_equal(send_script(&b, ac, "04DA9F58", (const uint8_t *)"\x09", 1, 4, false), 0x6988); /* old AC only */
    card_hash(b.card, after);
    assert_memory_equal(before, after, 32);
    assert_int_equal(send(&b, "80CA9F5800"), 0x9000);
    assert_data(&b, "9F580103");
    bench_close(&b);
}

/* covers: 3.4 scripts */
static void changes_data_and_records(void **state)
{
    (void)state;
    struct bench b;
    uint8_t ac[8], before[32], after[32];
    bench_open(&b, &(struct card_spec){0});
    go_online(&b, ac);
    card_hash(b.card, before);
    assert_int_equal(send_script(&b, ac, "04DA9F58", (const uint8_t *)"\x09", 1, 4, false), 0x9000);
    assert_int_equal(send_script(&b, ac, "04DA9F58", (const uint8_t *)"\x09\x09", 2, 4, false), 0x6A80);
    assert_int_equal(send_script(&b, ac, "04DA9F79", (const uint8_t *)"\x09", 1, 4, false), 0x6A88);
    assert_int_equal(send_script(&b, ac, "04DC010C", (const uint8_t *)"\x70\x01\x00", 3, 4, false), 0x9000);
    assert_int_equal(send_script(&b, ac, "84DC010C", (const uint8_t *)"\x70\x00", 2, 4, false), 0x9000);
    assert_int_equal(send_script(&b, ac, "04DC020C", (const uint8_t *)"\x70\x00", 2, 4, false), 0x6A83);
    assert_int_equal(send_script(&b, ac, "04DC0108", (const uint8_t *)"\x70\x00", 2, 4, false), 0x6A86);
    card_hash(b.card, after);
    assert_memory_not_equal(before, after, 32);
    card_reset(b.card);
    begin(&b);
    assert_int_equal(send(&b, "00B2010C00"), 0x9000);
    assert_data(&b, "7000");
    assert_int_equal(send(&b, "80CA9F5800"), 0x9000);
    assert_data(&b, "9F580109");
    bench_close(&b);
}

/* covers: 3.4 scripts */
static void keeps_four_changed_records(void **state)
{
    (void)state;
    struct bench b;
    char json[8192], why[256];
    uint8_t ac[8];
    size_t n = 0;
    n += (size_t)snprintf(
        json, sizeof json,
        "{\"description\":\"d\",\"pan\":\"6212345678900101\",\"chip\":{\"atr\":\"3B600000\",\"protocol\":0,"
        "\"scheme\":\"pboc\",\"keys\":{\"imk_ac\":\"%s\",\"imk_smi\":\"%s\",\"imk_smc\":\"%s\"},"
        "\"applications\":[{\"aid\":\"" AID "\",\"label\":\"L\",\"aip\":\"1C00\",\"afl\":\"\",\"records\":[",
        "0123456789ABCDEFFEDCBA9876543210", "0123456789ABCDEFFEDCBA9876543210", "0123456789ABCDEFFEDCBA9876543210");
    for (int i = 1; i <= 5; i++)
        n += (size_t)snprintf(json + n, sizeof json - n, "%s{\"sfi\":1,\"record\":%d,\"objects\":{\"5A\":\"62\"}}",
                              i > 1 ? "," : "", i);
    snprintf(json + n, sizeof json - n, "]}]}}");
    assert_int_equal(card_profile_parse(json, strlen(json), "d", &b.profile, why, sizeof why), OK);
    b.card = card_create(b.profile);
    assert_int_equal(send(&b, SELECT_AID), 0x9000);
    assert_int_equal(send(&b, GPO), 0x9000);
    assert_int_equal(send(&b, "80AE800000"), 0x9000); /* no CDOL1, no data */
    memcpy(ac, answered_ac(&b), 8);
    struct card_facts f;
    card_facts(b.profile, &f);
    for (int i = 1; i <= 5; i++) {
        char header[9];
        uint8_t header_bytes[4], mk[16], sk[16], body[6] = {0x70, 0x00};
        const uint8_t atc[2] = {0, 1};
        size_t len;
        snprintf(header, sizeof header, "04DC%02X0C", i);
        hex_decode(header, 8, header_bytes, 4, &len);
        ac_master_key(f.scheme, f.imk_smi, f.pan, "00", 0, mk);
        script_session_key(f.scheme, mk, atc, sk);
        script_mac(f.scheme, sk, header_bytes, 6, atc, ac, body, 2, body + 2, 4);
        assert_int_equal(send_bytes(&b, header, body, sizeof body), i <= 4 ? 0x9000 : 0x6A84);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_wrong_mac_and_reports_it),
        cmocka_unit_test(blocks_and_unblocks_the_application),
        cmocka_unit_test(blocks_the_card),
        cmocka_unit_test(unblocks_and_changes_the_pin),
        cmocka_unit_test(changes_the_pin_with_the_old_one),
        cmocka_unit_test(every_command_checks_its_mac),
        cmocka_unit_test(a_script_cannot_be_replayed),
        cmocka_unit_test(changes_data_and_records),
        cmocka_unit_test(keeps_four_changed_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
