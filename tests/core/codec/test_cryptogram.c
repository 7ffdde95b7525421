/* Card keys, cryptograms, ARPC, script MAC: published EMV and PBOC vectors of DOMAIN appendix B. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/cryptogram.h"
#include "tests/core/codec/bytes.h"

#define IMK "0123456789ABCDEFFEDCBA9876543210"
#define IMK_SMI "FEDCBA98765432100123456789ABCDEF"
#define PAN "1234567890123456"

static const uint8_t ATC[2] = {0x00, 0x1C};

static void make_key(const char *imk_hex, const char *pan, const char *psn, int option_b, uint8_t mk[16])
{
    uint8_t imk[16];
    fill_hex(imk_hex, imk, sizeof imk);
    assert_int_equal(ac_master_key(AC_PBOC, imk, pan, psn, option_b, mk), OK);
}

static void assert_kcv(const uint8_t key[16], const char *expected)
{
    uint8_t kcv[8];
    assert_int_equal(tdes_kcv(key, 16, kcv, 8), OK);
    assert_hex(kcv, strlen(expected) / 2, expected);
}

/* The transaction of the two Visa vectors; `iad` stays the caller's. */
static struct ac_input visa_input(const struct bytes *iad)
{
    struct ac_input in = {.type = 0x01, .iad = iad->p, .iad_len = iad->len};
    fill_hex("000000004000", in.amount, 6);
    fill_hex("0124", in.country, 2);
    fill_hex("8000048000", in.tvr, 5);
    fill_hex("0124", in.currency, 2);
    fill_hex("191105", in.date, 3);
    fill_hex("52BF4585", in.un, 4);
    fill_hex("1800", in.aip, 2);
    memcpy(in.atc, ATC, 2);
    return in;
}

/* covers: 3.7 CVN 10, 3.6 Visa keys */
static void visa_cvn10(void **state)
{
    (void)state;
    struct bytes iad = bytes_hex("06010A03A06010");
    struct ac_input in = visa_input(&iad);
    uint8_t mk[16], sk[16], ac[8], arpc[8];
    make_key(IMK, PAN, "00", 0, mk);
    assert_hex(mk, 16, "154F349D8585CB7F6B0798E9839B10C1");
    assert_kcv(mk, "BAB02F");
    assert_int_equal(ac_session_key(AC_CVN10, mk, ATC, sk), OK);
    assert_memory_equal(sk, mk, 16);
    assert_int_equal(ac_compute(AC_CVN10, sk, &in, ac), OK);
    assert_hex(ac, 8, "29CCA15AE665FA2E");
    assert_int_equal(arpc_method1(AC_PBOC, sk, ac, (const uint8_t *)"00", arpc), OK);
    assert_hex(arpc, 8, "28993816AFAE4AEB");
    bytes_free(&iad);
}

/* covers: 3.7 CVN 18, 3.6 Visa keys */
static void visa_cvn18(void **state)
{
    (void)state;
    struct bytes iad = bytes_hex("06011203A0B800");
    struct ac_input in = visa_input(&iad);
    uint8_t mk[16], sk[16], ac[8], arpc[4], csu[4] = {0};
    make_key(IMK, PAN, "00", 0, mk);
    assert_int_equal(ac_session_key(AC_CVN18, mk, ATC, sk), OK);
    assert_hex(sk, 16, "436B942AD637E08564B532B0EC97CB26");
    assert_kcv(sk, "22C810");
    assert_int_equal(ac_compute(AC_CVN18, sk, &in, ac), OK);
    assert_hex(ac, 8, "7A788EA6B8A3E733");
    assert_int_equal(arpc_method2(sk, ac, csu, arpc), OK);
    assert_hex(arpc, 4, "9AF514C1");
    bytes_free(&iad);
}

/* covers: 3.7 PBOC, 3.6 PBOC */
static void pboc_a(void **state)
{
    (void)state;
    struct bytes iad = bytes_hex("070101 0380A800 01");
    struct ac_input in = {.country = {0x01, 0x56}, .currency = {0x01, 0x56}, .iad = iad.p, .iad_len = iad.len};
    uint8_t mk[16], published[16], sk[16], ac[8], arpc[8];
    fill_hex("00000444", in.un, 4);
    fill_hex("7C00", in.aip, 2);
    fill_hex("03D3", in.atc, 2);
    make_key("C4D689158AD9FB9D23105B91CE046D0E", "6210220110002707355", "01", 0, mk);
    fill_hex("B8A15DA5F7043C317D9FD8F8DFE2BD75", published, 16); /* without parity */
    des_parity(published, 16);
    assert_memory_equal(mk, published, 16);
    assert_int_equal(ac_session_key(AC_PBOC, mk, in.atc, sk), OK);
    assert_hex(sk, 16, "4A43440B2D932ACDC4E2776ED562EE43");
    assert_int_equal(ac_compute(AC_PBOC, sk, &in, ac), OK);
    assert_hex(ac, 8, "81A9DC9310F88856");
    assert_int_equal(arpc_method1(AC_PBOC, sk, ac, (const uint8_t *)"00", arpc), OK);
    assert_hex(arpc, 8, "84DD63A221F915CA");
    bytes_free(&iad);
}

/* covers: 3.7 PBOC, 3.6 PBOC */
static void pboc_b(void **state)
{
    (void)state;
    struct bytes iad = bytes_hex("07010103A4B90401");
    struct ac_input in = {.type = 0x01, .iad = iad.p, .iad_len = iad.len};
    uint8_t mk[16], sk[16], ac[8], arpc[8];
    fill_hex("000000001234", in.amount, 6);
    fill_hex("000000000034", in.other, 6);
    fill_hex("0156", in.country, 2);
    fill_hex("D86004A800", in.tvr, 5);
    fill_hex("0156", in.currency, 2);
    fill_hex("120516", in.date, 3);
    fill_hex("01010101", in.un, 4);
    fill_hex("7C00", in.aip, 2);
    fill_hex("000E", in.atc, 2);
    fill_hex("0D2E3CB0BC1F9E03AED58F663A2F9679", mk, 16);
    assert_int_equal(ac_session_key(AC_PBOC, mk, in.atc, sk), OK);
    assert_hex(sk, 16, "C3D3F062E9992B4E923D338D66193526");
    assert_int_equal(ac_compute(AC_PBOC, sk, &in, ac), OK);
    assert_hex(ac, 8, "F294D7022FA9B058");
    assert_int_equal(arpc_method1(AC_PBOC, sk, ac, (const uint8_t *)"00", arpc), OK);
    assert_hex(arpc, 8, "3846EEB4C8D34271");
    bytes_free(&iad);
}

/* covers: 3.8 script MAC */
static void issuer_script_macs(void **state)
{
    (void)state;
    static const struct {
        const char *ac, *mac;
    } cases[] = {{"29CCA15AE665FA2E", "DB56BA60087CEFD3"}, {"7A788EA6B8A3E733", "04EDE90BC24CC35E"}};
    const uint8_t header[4] = {0x84, 0x18, 0x00, 0x00};
    uint8_t mk[16], sk[16];
    make_key(IMK_SMI, PAN, "00", 0, mk);
    assert_kcv(mk, "F010");
    assert_int_equal(script_session_key(AC_PBOC, mk, ATC, sk), OK);
    assert_kcv(sk, "DB10");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t ac[8], mac[8], four[4];
        fill_hex(cases[i].ac, ac, 8);
        assert_int_equal(script_mac(AC_PBOC, sk, header, 8, ATC, ac, NULL, 0, mac, 8), OK);
        assert_hex(mac, 8, cases[i].mac);
        assert_int_equal(script_mac(AC_PBOC, sk, header, 8, ATC, ac, NULL, 0, four, 4), OK);
        assert_memory_equal(four, mac, 4);
        assert_int_equal(script_mac(AC_PBOC, sk, header, 8, ATC, ac, NULL, 0, mac, 3), E_INVAL);
        assert_int_equal(script_mac(AC_PBOC, sk, header, 8, ATC, ac, NULL, 0, mac, 9), E_INVAL);
    }
}

/* Command data enters the MAC behind ATC and cryptogram; the largest body fits. */
/* covers: 3.8 script MAC */
static void script_mac_covers_the_data(void **state)
{
    (void)state;
    uint8_t sk[16], input[5 + 2 + 8 + 255], mac[8], expected[8];
    fill_hex(IMK_SMI, sk, 16);
    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (uint8_t)(i * 3);
    for (size_t len = 0; len <= 255; len += 15) {
        assert_int_equal(mac_iso9797_3(sk, 2, input, 15 + len, expected), OK);
        assert_int_equal(script_mac(AC_PBOC, sk, input, input[4], input + 5, input + 7, input + 15, len, mac, 8), OK);
        assert_memory_equal(mac, expected, 8);
    }
    assert_int_equal(script_mac(AC_PBOC, sk, input, 0, input, input, input, 256, mac, 8), E_INVAL);
}

/* Check values of a published independent implementation; the last PAN's hash has too few decimal digits. */
/* covers: 3.6 option B */
static void option_b_master_keys(void **state)
{
    (void)state;
    static const struct {
        const char *pan, *psn;
        int option_b;
        const char *kcv;
    } cases[] = {
        {"12345678901234567", "45", 0, "FF08"},  {"1234567890123456", "00", 1, "BAB0"},
        {"12345678901234567", "45", 1, "0BAF"},  {"12345678901234567", "00", 1, "4626"},
        {"123456789012345679", "00", 1, "C2F3"}, {"000000000000000005", "23", 1, "DD73"},
    };
    uint8_t mk[16];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_key(IMK, cases[i].pan, cases[i].psn, cases[i].option_b, mk);
        assert_kcv(mk, cases[i].kcv);
    }
    make_key(IMK, "12345678901234567", "01", 0, mk);
    assert_hex(mk, 16, "73AD54688CEF2934B0979857E3C719F1");
    make_key(IMK, "12345678901234567", "01", 1, mk);
    assert_hex(mk, 16, "AD406D7F6D7570916D75E5DCAB8CF737");
}

static void refuses_bad_input(void **state)
{
    (void)state;
    uint8_t imk[16] = {0}, mk[16], ac[8], iad[33] = {0};
    assert_int_equal(ac_master_key(AC_PBOC, imk, "", "00", 0, mk), E_INVAL);
    assert_int_equal(ac_master_key(AC_PBOC, imk, "12345678901234567890", "00", 0, mk), E_INVAL);
    assert_int_equal(ac_master_key(AC_PBOC, imk, "1234567A", "00", 0, mk), E_INVAL);
    assert_int_equal(ac_master_key(AC_PBOC, imk, PAN, "0", 0, mk), E_INVAL);
    assert_int_equal(ac_master_key(AC_PBOC, imk, PAN, "000", 0, mk), E_INVAL);
    struct ac_input in = {.iad = iad, .iad_len = 6};
    assert_int_equal(ac_compute(AC_PBOC, imk, &in, ac), E_FORMAT);
    in.iad_len = 33;
    assert_int_equal(ac_compute(AC_CVN18, imk, &in, ac), E_FORMAT);
    in.iad_len = 32;
    assert_int_equal(ac_compute(AC_CVN18, imk, &in, ac), OK);
}

/* covers: 2.1 IAD, 3.7 cvn */
static void scheme_from_the_iad(void **state)
{
    (void)state;
    enum ac_scheme scheme;
    assert_int_equal(ac_scheme_of((const uint8_t *)"\x07\x01\x01\x03", 4, 1, &scheme), OK);
    assert_int_equal(scheme, AC_PBOC);
    assert_int_equal(ac_scheme_of((const uint8_t *)"\x06\x01\x0A\x03", 4, 0, &scheme), OK);
    assert_int_equal(scheme, AC_CVN10);
    assert_int_equal(ac_scheme_of((const uint8_t *)"\x06\x01\x12\x03", 4, 0, &scheme), OK);
    assert_int_equal(scheme, AC_CVN18);
    assert_int_equal(ac_scheme_of((const uint8_t *)"\x06\x01\x11\x03", 4, 0, &scheme), E_NOTFOUND);
    assert_int_equal(ac_scheme_of((const uint8_t *)"\x07\x01", 2, 1, &scheme), E_NOTFOUND);
    assert_int_equal(ac_scheme_of(NULL, 0, 1, &scheme), E_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(visa_cvn10),
        cmocka_unit_test(visa_cvn18),
        cmocka_unit_test(pboc_a),
        cmocka_unit_test(pboc_b),
        cmocka_unit_test(issuer_script_macs),
        cmocka_unit_test(script_mac_covers_the_data),
        cmocka_unit_test(option_b_master_keys),
        cmocka_unit_test(refuses_bad_input),
        cmocka_unit_test(scheme_from_the_iad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
