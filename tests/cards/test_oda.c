/*
 * Offline data authentication of the cards, seen by a terminal of its own (oda_terminal.h): RSA blocks recovered by
 * OpenSSL's EVP_PKEY_verify_recover, SM2 signatures checked by its EVP_DigestVerify, authorities' keys from
 * cards/keys/ca.json. Every fault of the table must be noticed by the check it is made for, and by no earlier one.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/oda_terminal.h"

#include "cards/oda.h"

static void write_card(const char *oda, char json[4096])
{
    snprintf(
        json, 4096,
        "{\"description\":\"test\",\"pan\":\"" PAN "\",\"psn\":\"01\",\"expiry\":\"3012\",\"chip\":{\"atr\":"
        "\"3B600000\",\"protocol\":0,\"scheme\":\"pboc\",\"keys\":{\"imk_ac\":\"0123456789ABCDEFFEDCBA9876543210\","
        "\"imk_smi\":\"FEDCBA98765432100123456789ABCDEF\",\"imk_smc\":\"89ABCDEF0123456776543210FEDCBA98\"},"
        "\"applications\":[{\"aid\":\"" AID "\",\"label\":\"Test\",\"aip\":\"1800\",\"afl\":\"0801020110020201\","
        "\"offline_pin\":\"1234\",\"oda\":{%s},\"history\":{\"atc\":\"0021\",\"last_online_atc\":\"0021\"},"
        "\"records\":["
        "{\"sfi\":1,\"record\":1,\"objects\":{\"5A\":\"" PAN "\",\"5F24\":\"301231\"}},"
        "{\"sfi\":1,\"record\":2,\"objects\":{\"8C\":\"" CDOL1 "\",\"8D\":\"" CDOL2 "\"}},"
        "{\"sfi\":2,\"record\":2,\"objects\":{\"5F34\":\"01\"}}]}]}}",
        oda);
}

/* A card with these ODA fields. */
static void open_card(struct side *s, const char *oda)
{
    static char json[4096];
    char why[400];
    memset(s, 0, sizeof *s);
    s->sm2 = strstr(oda, "unionpay-f3") != NULL;
    write_card(oda, json);
    int status =
        card_profile_parse(json, strlen(json), TEST_ROOT "/cards/profiles/test.json", &s->b.profile, why, sizeof why);
    if (status)
        print_error("%s\n", why);
    assert_int_equal(status, OK);
    s->b.card = card_create(s->b.profile);
    assert_non_null(s->b.card);
}

enum { SDA = 1, DDA = 2, CDA = 4, PIN = 8 };

static void check_card(struct side *s, unsigned methods)
{
    struct public_key issuer, icc, pin;
    read_card(s);
    if (!open_issuer(s, &issuer))
        return;
    if (methods & SDA)
        check_static(s, &issuer);
    if (methods & PIN)
        open_certificate(s, &pin_tags, &issuer, s->signed_data, 0, &pin);
    if (!(methods & (DDA | CDA)) || !open_certificate(s, &icc_tags, &issuer, s->signed_data, s->signed_len, &icc))
        return;
    if (methods & DDA)
        check_dynamic(s, &icc);
    if (methods & CDA) {
        check_combined(s, &icc, GAC1("90"), CDOL1_DATA);
        if (!s->failed)
            check_combined(s, &icc, GAC2("50", "3030"), CDOL1_DATA "3030" CDOL1_DATA);
    }
}

/* covers: 2.6 SDA, 2.6 DDA, 2.6 CDA, 3.10 SM2 */
static void every_chain_verifies(void **state)
{
    (void)state;
    static const char *const chains[] = {"unionpay-f1", "unionpay-f2", "unionpay-f3"};
    for (size_t i = 0; i < 3; i++) {
        for (unsigned methods = 1; methods < 8; methods++) {
            struct side s;
            char oda[200];
            snprintf(oda, sizeof oda, "\"keys\":\"%s\",\"sda\":%s,\"dda\":%s,\"cda\":%s", chains[i],
                     methods & SDA ? "true" : "false", methods & DDA ? "true" : "false",
                     methods & CDA ? "true" : "false");
            open_card(&s, oda);
            check_card(&s, methods);
            if (s.failed)
                fail_msg("%s with methods %u: %s", chains[i], methods, s.failed);
            assert_int_equal(s.aip[0] & 0x61,
                             (methods & SDA ? 0x40 : 0) | (methods & DDA ? 0x20 : 0) | (methods & CDA ? 0x01 : 0));
            bench_close(&s.b);
        }
    }
}

/* Which method sees a fault of the table. */
static unsigned method_of(const struct oda_fault *f)
{
    if (f->part == ODA_SSAD || f->tag == 0x93 || f->part == ODA_ISSUER)
        return SDA;
    if (f->part == ODA_CDA)
        return CDA;
    if (f->part == ODA_PIN)
        return PIN | SDA;
    if (f->part == ODA_DATA && f->tag != 0x9F46 && f->tag != 0x9F47 && f->tag != 0x9F48 && f->tag != 0x9F49)
        return SDA;
    return DDA;
}

static void open_broken(struct side *s, const char *chain, const struct oda_fault *f)
{
    char oda[200];
    unsigned methods = method_of(f);
    snprintf(oda, sizeof oda, "\"keys\":\"%s\",\"sda\":%s,\"dda\":%s,\"cda\":%s,\"pin\":\"%s\",\"break\":\"%s\"", chain,
             methods & SDA ? "true" : "false", methods & DDA ? "true" : "false", methods & CDA ? "true" : "false",
             methods & PIN ? "own" : "none", f->name);
    open_card(s, oda);
    check_card(s, methods);
}

/* covers: 2.6 order of checks, 3.4 ODA faults */
static void every_fault_fails_its_own_check(void **state)
{
    (void)state;
    for (const struct oda_fault *f = oda_faults; f->name; f++) {
        struct side s;
        const char *expected = f->name;
        open_broken(&s, "unionpay-f1", f);
        if (strcmp(f->name, "missing-ddol") == 0)
            expected = NULL; /* the terminal's list counts */
        else if (strcmp(f->name, "ssad-static") == 0)
            expected = "ssad-hash";
        else if (strcmp(f->name, "icc-static") == 0)
            expected = "icc-hash";
        print_message("%s\n", f->name);
        if (!expected)
            assert_null(s.failed);
        else if (!s.failed || strcmp(s.failed, expected) != 0)
            fail_msg("%s: the terminal saw %s", f->name, s.failed ? s.failed : "nothing");
        bench_close(&s.b);
    }
}

/* covers: 3.10 SM2, 3.4 ODA faults */
static void faults_with_sm2_do_too(void **state)
{
    (void)state;
    for (const struct oda_fault *f = oda_faults; f->name; f++) {
        struct side s;
        const char *expected = f->name;
        if (f->rsa_only)
            continue;
        open_broken(&s, "unionpay-f3", f);
        if (f->change ==
            ODA_LENGTH) /* a signature that is a byte short verifies no more; its first byte is the body's */
            expected = f->part == ODA_ISSUER ? "issuer-hash"
                       : f->part == ODA_SSAD ? "ssad-hash"
                       : f->part == ODA_ICC  ? "icc-hash"
                                             : "sdad-hash";
        else if (strcmp(f->name, "missing-ddol") == 0)
            expected = NULL;
        else if (strcmp(f->name, "ssad-static") == 0)
            expected = "ssad-hash";
        else if (strcmp(f->name, "icc-static") == 0)
            expected = "icc-hash";
        if (!expected)
            assert_null(s.failed);
        else if (!s.failed || strcmp(s.failed, expected) != 0)
            fail_msg("%s: the terminal saw %s", f->name, s.failed ? s.failed : "nothing");
        bench_close(&s.b);
    }
}

/* covers: 2.6 CDA */
static void signs_only_what_was_asked_and_given(void **state)
{
    (void)state;
    struct side s;
    open_card(&s, "\"keys\":\"unionpay-f1\",\"cda\":true");
    read_card(&s);
    assert_int_equal(send(&s.b, "0088000004"
                                "11223344"
                                "00"),
                     0x6985);                         /* no DDA in this card */
    assert_int_equal(send(&s.b, GAC1("10")), 0x6A86); /* an AAC is never signed */
    assert_int_equal(send(&s.b, GAC1("80")), 0x9000);
    assert_int_equal(s.b.answer[0], 0x80);
    assert_int_equal(send(&s.b, GAC2("50", "3035")), 0x9000);
    assert_int_equal(s.b.answer[0], 0x77);
    bench_close(&s.b);
    open_card(&s, "\"keys\":\"unionpay-f1\",\"dda\":true");
    read_card(&s);
    assert_int_equal(send(&s.b, GAC1("90")), 0x6A86);
    assert_int_equal(send(&s.b, "0088000003"
                                "112233"
                                "00"),
                     0x6700);
    bench_close(&s.b);
    open_card(&s, "\"keys\":\"unionpay-f1\",\"dda\":true,\"dda_format\":\"77\"");
    assert_int_equal(send(&s.b, SELECT_AID), 0x9000);
    assert_int_equal(send(&s.b, "0088000004"
                                "11223344"
                                "00"),
                     0x6985); /* before GET PROCESSING OPTIONS */
    bench_close(&s.b);
}

/* The same card and the same commands: the same bytes; another transaction: another signature. */
static void answers_the_same_twice(void **state)
{
    (void)state;
    static const char *const chains[] = {"\"keys\":\"unionpay-f1\",\"dda\":true",
                                         "\"keys\":\"unionpay-f3\",\"dda\":true"};
    for (size_t i = 0; i < 2; i++) {
        uint8_t first[2][RAPDU_MAX];
        size_t len[2];
        struct side s;
        for (int run = 0; run < 2; run++) {
            open_card(&s, chains[i]);
            read_card(&s);
            assert_int_equal(send(&s.b, "0088000004"
                                        "11223344"
                                        "00"),
                             0x9000);
            memcpy(first[run], s.b.answer, s.b.len);
            len[run] = s.b.len;
            if (run) {
                assert_int_equal(send(&s.b, "0088000004"
                                            "11223344"
                                            "00"),
                                 0x9000);
                assert_memory_not_equal(first[run], s.b.answer, s.b.len);
            }
            bench_close(&s.b);
        }
        assert_int_equal(len[0], len[1]);
        assert_memory_equal(first[0], first[1], len[0]);
    }
}

static void names_what_is_wrong(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"\"sda\":true", "oda.keys: missing, text of 1 to 63 characters expected"},
        {"\"keys\":\"unionpay-f1\"", "oda: at least one of sda, dda, cda, pin expected"},
        {"\"keys\":\"../x\",\"sda\":true", "oda.keys: the name of a file in cards/keys expected, without its ending"},
        {"\"keys\":\"ca\",\"sda\":true", "an object { } expected"},
        {"\"keys\":\"unionpay-f9\",\"sda\":true", "/../keys/unionpay-f9.json"},
        {"\"keys\":\"unionpay-f1\",\"sda\":true,\"break\":\"issuer\"",
         "oda.break: a fault of cards/oda_faults.c expected, found issuer"},
        {"\"keys\":\"unionpay-f3\",\"sda\":true,\"break\":\"issuer-header\"",
         "oda.break: SM2 has no such check: issuer-header"},
        {"\"keys\":\"unionpay-f3\",\"dda\":true,\"pin\":\"own\"", "oda.pin: a chain of RSA keys expected"},
        {"\"keys\":\"unionpay-f1\",\"sda\":true,\"sfi\":2", "oda.sfi: its records would get an SFI that is in use"},
        {"\"keys\":\"unionpay-f1\",\"dda\":true,\"ddol\":\"9F\"", "oda.ddol: 4 to 128 hex digits expected"},
        {"\"keys\":\"unionpay-f1\",\"dda\":true,\"ddol\":\"9F37FF9F0206\"",
         "oda.ddol: a list of tags and lengths expected, at most 255 bytes asked for"},
        {"\"keys\":\"unionpay-f1\",\"ssda\":true", "oda.ssda: unknown key, the nearest known one is 'sda'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static char json[4096];
        char why[400];
        struct card_profile *p;
        write_card(rows[i][0], json);
        assert_int_equal(
            card_profile_parse(json, strlen(json), TEST_ROOT "/cards/profiles/t.json", &p, why, sizeof why), E_FORMAT);
        if (!strstr(why, rows[i][1]))
            fail_msg("%s: %s", rows[i][0], why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chain_verifies),   cmocka_unit_test(every_fault_fails_its_own_check),
        cmocka_unit_test(faults_with_sm2_do_too), cmocka_unit_test(signs_only_what_was_asked_and_given),
        cmocka_unit_test(answers_the_same_twice), cmocka_unit_test(names_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
