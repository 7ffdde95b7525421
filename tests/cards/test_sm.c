/*
 * Cards of the SM algorithms (JR/T 0025.17; DOMAIN 3.6 to 3.8, 3.10): SM4 at every place where 3DES can be, and the
 * choice of a card that has both by DF69.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/cryptogram.h"
#include "core/codec/tlv.h"
#include "tests/cards/support.h"

#define ALGORITHM 7 /* in 9F10 */

/* The issuer's view of the answer to CDOL1_DATA. */
static void check_cryptogram(const struct bench *b, enum ac_scheme scheme, uint8_t sk[16])
{
    struct card_facts f;
    struct ac_input in = {.country = {0x01, 0x56},
                          .tvr = {0x80, 0x00, 0x04, 0x80, 0x00},
                          .currency = {0x01, 0x56},
                          .date = {0x26, 0x06, 0x15},
                          .un = {0x12, 0x34, 0x56, 0x78},
                          .aip = {0x1C, 0x00},
                          .iad = answered_iad(b),
                          .iad_len = 8};
    uint8_t mk[16], ac[8];
    card_facts(b->profile, &f);
    in.amount[4] = 0x10;
    memcpy(in.atc, b->answer + 3, 2);
    assert_int_equal(ac_master_key(scheme, f.imk_ac, f.pan, f.psn, 0, mk), OK);
    assert_int_equal(ac_session_key(scheme, mk, in.atc, sk), OK);
    assert_int_equal(ac_compute(scheme, sk, &in, ac), OK);
    assert_memory_equal(answered_ac(b), ac, 8);
    assert_int_equal(answered_iad(b)[ALGORITHM], scheme == AC_PBOC_SM4 ? 0x04 : 0x01);
}

/* covers: 3.6 SM4, 3.7 SM4, 3.7 ARPC */
static void sm4_from_the_first_cryptogram_to_the_last(void **state)
{
    struct bench b;
    uint8_t sk[16], arpc[10], ac[8], wrong[10];
    (void)state;
    bench_open(&b, &(struct card_spec){.scheme = "pboc-sm4", .extra = "\"issuer_auth_mandatory\":true,"});
    begin(&b);
    assert_int_equal(send(&b, GAC1("80")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x80);
    check_cryptogram(&b, AC_PBOC_SM4, sk);
    memcpy(ac, answered_ac(&b), 8);
    memcpy(arpc + 8, "00", 2);
    assert_int_equal(arpc_method1(AC_PBOC_SM4, sk, ac, arpc + 8, arpc), OK);
    assert_int_equal(send_bytes(&b, "00820000", arpc, sizeof arpc), 0x9000);
    assert_int_equal(send(&b, GAC2("40", "3030")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x40);
    check_cryptogram(&b, AC_PBOC_SM4, sk);
    /* the same made by 3DES is refused */
    begin(&b);
    assert_int_equal(send(&b, GAC1("80")), 0x9000);
    check_cryptogram(&b, AC_PBOC_SM4, sk);
    memcpy(wrong + 8, "00", 2);
    assert_int_equal(arpc_method1(AC_PBOC, sk, answered_ac(&b), wrong + 8, wrong), OK);
    assert_int_equal(send_bytes(&b, "00820000", wrong, sizeof wrong), 0x6300);
    assert_int_equal(send(&b, GAC2("40", "3030")), 0x9000);
    assert_int_equal(answered_cid(&b) & 0xC0, 0x00);
    bench_close(&b);
}

/* covers: 3.8 SM4 */
static void scripts_by_sm4(void **state)
{
    static const enum ac_scheme schemes[] = {AC_PBOC_SM4, AC_PBOC};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        struct card_facts f;
        uint8_t ac[8], atc[2], mk[16], sk[16], mac[4];
        bench_open(&b, &(struct card_spec){.scheme = "pboc-sm4"});
        card_facts(b.profile, &f);
        begin(&b);
        assert_int_equal(send(&b, GAC1("80")), 0x9000);
        memcpy(ac, answered_ac(&b), 8);
        memcpy(atc, b.answer + 3, 2);
        assert_int_equal(ac_master_key(schemes[i], f.imk_smi, f.pan, f.psn, 0, mk), OK);
        assert_int_equal(script_session_key(schemes[i], mk, atc, sk), OK);
        assert_int_equal(
            script_mac(schemes[i], sk, (const uint8_t *)"\x84\x1E\x00\x00", 4, atc, ac, NULL, 0, mac, sizeof mac), OK);
        assert_int_equal(send_bytes(&b, "841E0000", mac, sizeof mac), schemes[i] == AC_PBOC_SM4 ? 0x9000 : 0x6988);
        bench_close(&b);
    }
}

/* covers: 3.10 DF69 */
static void a_card_with_both_asks_the_terminal(void **state)
{
    static const struct {
        const char *options;
        enum ac_scheme scheme;
    } rows[] = {
        {"80A80000038301"
         "0100",
         AC_PBOC_SM4},
        {"80A80000038301"
         "0000",
         AC_PBOC},
        {"80A80000038301"
         "0200",
         AC_PBOC},
        {"80A80000038301"
         "0100",
         AC_PBOC_SM4},
    };
    struct bench b;
    uint8_t sk[16];
    (void)state;
    bench_open(&b, &(struct card_spec){.scheme = "pboc-either", .extra = "\"pdol\":\"DF6901\","});
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(send(&b, SELECT_AID), 0x9000);
        assert_int_equal(send(&b, rows[i].options), 0x9000);
        assert_int_equal(send(&b, GAC1("80")), 0x9000);
        check_cryptogram(&b, rows[i].scheme, sk);
    }
    bench_close(&b);
}

static uint8_t authority(struct bench *b, const char *options)
{
    struct tlv index;
    assert_int_equal(send(b, SELECT_AID), 0x9000);
    assert_int_equal(send(b, options), 0x9000);
    for (uint8_t record = 1; record < 4; record++) {
        char command[11];
        snprintf(command, sizeof command, "00B2%02X2400", record);
        assert_int_equal(send(b, command), 0x9000);
        if (tlv_find_deep(b->answer, b->len - 2, 0x8F, &index) == OK)
            return index.value[0];
    }
    fail_msg("no authority in file 4");
    return 0;
}

/* covers: 3.10 DF69: other signatures in the same place, another AFL */
static void a_card_with_both_has_two_sets_of_certificates(void **state)
{
    struct bench b;
    (void)state;
    bench_load(&b, "unionpay-sm-either");
    assert_int_equal(authority(&b, "80A80000078305"
                                   "011234567800"),
                     0xF3);
    assert_int_equal(authority(&b, "80A80000078305"
                                   "001234567800"),
                     0xF1);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sm4_from_the_first_cryptogram_to_the_last),
        cmocka_unit_test(scripts_by_sm4),
        cmocka_unit_test(a_card_with_both_asks_the_terminal),
        cmocka_unit_test(a_card_with_both_has_two_sets_of_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
