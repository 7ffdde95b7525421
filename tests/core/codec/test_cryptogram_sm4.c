/*
 * Cryptograms by SM4 (DOMAIN 3.6 to 3.8, appendix B "SM4 (our own)": the data of PBOC A). No third party has published
 * such a vector, so every value here is recomputed by tests/vectors/run with `openssl enc -sm4-ecb` and `-sm4-cbc`.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/cryptogram.h"
#include "tests/core/codec/bytes.h"

#define IMK_AC "0123456789ABCDEFFEDCBA9876543210"
#define IMK_SMI "FEDCBA98765432100123456789ABCDEF"
#define IMK_SMC "89ABCDEF0123456776543210FEDCBA98"
#define PAN "6210220110002707355"
#define PSN "01"
#define AC "1A0B7CC5BF37AFA9"

static const uint8_t atc[2] = {0x03, 0xD3};

static void card_key(const char *imk_hex, uint8_t mk[16])
{
    uint8_t imk[16];
    fill_hex(imk_hex, imk, sizeof imk);
    assert_int_equal(ac_master_key(AC_PBOC_SM4, imk, PAN, PSN, 0, mk), OK);
}

/* covers: 3.6 SM4, 3.7 SM4, 3.7 ARPC */
static void cryptogram_and_its_answer(void **state)
{
    struct bytes iad = bytes_hex("070101 0380A800 04");
    struct ac_input in = {.country = {0x01, 0x56}, .currency = {0x01, 0x56}, .iad = iad.p, .iad_len = iad.len};
    uint8_t mk[16], sk[16], ac[8], arpc[8];
    (void)state;
    fill_hex("00000444", in.un, 4);
    fill_hex("7C00", in.aip, 2);
    memcpy(in.atc, atc, 2);
    card_key(IMK_AC, mk);
    assert_hex(mk, 16, "680C7B578AE9EE35D41884A9C0185A6F");
    assert_int_equal(ac_session_key(AC_PBOC_SM4, mk, atc, sk), OK);
    assert_hex(sk, 16, "CE3A639188502668FD70BEB9FAA551E5");
    assert_int_equal(ac_compute(AC_PBOC_SM4, sk, &in, ac), OK);
    assert_hex(ac, 8, AC);
    assert_int_equal(arpc_method1(AC_PBOC_SM4, sk, ac, (const uint8_t *)"00", arpc), OK);
    assert_hex(arpc, 8, "B6B68B613A6517B1");
    bytes_free(&iad);
}

/* covers: 3.8 SM4 */
static void scripts(void **state)
{
    uint8_t mk[16], sk[16], ac[8], mac[8], clear[16], enciphered[16];
    (void)state;
    fill_hex(AC, ac, 8);
    card_key(IMK_SMI, mk);
    assert_hex(mk, 16, "7AF0E2BCA2151A66D2EE51F2D59919DE");
    assert_int_equal(script_session_key(AC_PBOC_SM4, mk, atc, sk), OK);
    assert_hex(sk, 16, "66B20415044D6D9B9F67519EBC31D4A2");
    assert_int_equal(script_mac(AC_PBOC_SM4, sk, (const uint8_t *)"\x84\x1E\x00\x00", 8, atc, ac, NULL, 0, mac, 8), OK);
    assert_hex(mac, 8, "8E03F2BA94AA0874");
    assert_int_equal(script_mac(AC_PBOC_SM4, sk, (const uint8_t *)"\x04\xDA\x9F\x58", 9, atc, ac,
                                (const uint8_t *)"\x05", 1, mac, 8),
                     OK);
    assert_hex(mac, 8, "912E4999D7881226");
    card_key(IMK_SMC, mk);
    assert_hex(mk, 16, "3E1370B09CF486F6D0BBA723E0831472");
    assert_int_equal(script_session_key(AC_PBOC_SM4, mk, atc, sk), OK);
    assert_hex(sk, 16, "2AA72C75F8AC1C171750E57B36BE60C3");
    fill_hex("08241234FFFFFFFFFF80000000000000", clear, 16);
    assert_int_equal(script_cipher(AC_PBOC_SM4, sk, 1, clear, 16, enciphered), OK);
    assert_hex(enciphered, 16, "A4A7D053C9DA1E4E23E82B7D1E58F82A");
    assert_int_equal(script_cipher(AC_PBOC_SM4, sk, 0, enciphered, 16, enciphered), OK);
    assert_memory_equal(enciphered, clear, 16);
    assert_int_equal(script_cipher(AC_PBOC_SM4, sk, 1, clear, 8, enciphered), E_INVAL);
}

/* Whole blocks get another block of padding with method 2 and none with method 1; other methods are refused. */
/* covers: 3.7 SM4 */
static void padding(void **state)
{
    const uint8_t key[16] = {0}, data[32] = {0};
    uint8_t one[8], two[8], mac[8], padded[32] = {0};
    (void)state;
    for (size_t len = 0; len < 32; len++) {
        memset(padded, 0, sizeof padded);
        padded[len] = 0x80;
        assert_int_equal(mac_sm4(key, 2, data, len, two), OK);
        assert_int_equal(mac_sm4(key, 1, padded, len / 16 * 16 + 16, mac), OK);
        assert_memory_equal(two, mac, 8);
        assert_int_equal(mac_sm4(key, 1, data, len, one), OK);
        assert_int_equal(mac_sm4(key, 1, data, len ? (len + 15) / 16 * 16 : 16, mac), OK);
        assert_memory_equal(one, mac, 8);
    }
    assert_int_equal(mac_sm4(key, 3, data, 8, mac), E_INVAL);
}

/* 9F10 byte 8 tells the algorithm; an older IAD ends before it. */
/* covers: 2.1 IAD, 3.7 SM4 */
static void the_iad_names_the_algorithm(void **state)
{
    static const struct {
        const char *iad;
        int status;
        enum ac_scheme scheme;
    } rows[] = {
        {"0701010380A80001", OK, AC_PBOC},         {"0701010380A80004", OK, AC_PBOC_SM4},
        {"0601010380A800", OK, AC_PBOC},           {"0701010380A80002", E_NOTFOUND, AC_PBOC},
        {"0701170380A80004", E_NOTFOUND, AC_PBOC},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes iad = bytes_hex(rows[i].iad);
        enum ac_scheme scheme = AC_PBOC_EITHER;
        assert_int_equal(ac_scheme_of(iad.p, iad.len, 1, &scheme), rows[i].status);
        if (rows[i].status == OK)
            assert_int_equal(scheme, rows[i].scheme);
        bytes_free(&iad);
    }
}

static void either_is_no_scheme(void **state)
{
    uint8_t key[16] = {0}, ac[8] = {0}, iad[8] = {0};
    const struct ac_input in = {.iad = iad, .iad_len = sizeof iad};
    (void)state;
    assert_int_equal(ac_master_key(AC_PBOC_EITHER, key, PAN, PSN, 0, key), E_INVAL);
    assert_int_equal(ac_session_key(AC_PBOC_EITHER, key, atc, key), E_INVAL);
    assert_int_equal(ac_compute(AC_PBOC_EITHER, key, &in, ac), E_INVAL);
    assert_int_equal(arpc_method1(AC_PBOC_EITHER, key, ac, atc, ac), E_INVAL);
    assert_int_equal(script_session_key(AC_PBOC_EITHER, key, atc, key), E_INVAL);
    assert_int_equal(script_mac(AC_PBOC_EITHER, key, iad, 8, atc, ac, NULL, 0, ac, 8), E_INVAL);
    assert_int_equal(script_cipher(AC_PBOC_EITHER, key, 1, key, 16, key), E_INVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cryptogram_and_its_answer),
        cmocka_unit_test(scripts),
        cmocka_unit_test(padding),
        cmocka_unit_test(the_iad_names_the_algorithm),
        cmocka_unit_test(either_is_no_scheme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
