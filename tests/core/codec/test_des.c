/* TDES and SM4: FIPS and GB/T vectors, key forms, chaining, check values. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/des.h"
#include "tests/core/codec/bytes.h"

#define KEY "0123456789ABCDEFFEDCBA9876543210"

static void single_des_is_ede_with_equal_keys(void **state)
{
    (void)state;
    uint8_t key[8], out[24];
    fill_hex("0123456789ABCDEF", key, sizeof key);
    /* FIPS 81 example: ECB of "Now is the time for all " */
    assert_int_equal(tdes_ecb(key, 8, 1, (const uint8_t *)"Now is the time for all ", 24, out), OK);
    assert_hex(out, 24, "3FA40E8A984D48156A271787AB8883F9893D51EC4B563B53");
    assert_int_equal(tdes_ecb(key, 8, 0, out, 24, out), OK);
    assert_memory_equal(out, "Now is the time for all ", 24);
}

static void decrypts_the_working_key_of_vec2(void **state)
{
    (void)state;
    uint8_t tmk[16], tak[8];
    fill_hex("70F2A84CCBC2AE8625CBB0F2C22AB923", tmk, sizeof tmk);
    fill_hex("96D605EA176B7E9E", tak, sizeof tak);
    assert_int_equal(tdes_ecb(tmk, 16, 0, tak, 8, tak), OK);
    assert_hex(tak, 8, "C24A8FB57AA20123");
}

static void key_lengths_agree(void **state)
{
    (void)state;
    uint8_t k2[16], k3[24], a[8] = {1, 2, 3}, b[8] = {1, 2, 3}, c[8];
    fill_hex(KEY, k2, sizeof k2);
    memcpy(k3, k2, 16);
    memcpy(k3 + 16, k2, 8);
    assert_int_equal(tdes_ecb(k2, 16, 1, a, 8, a), OK);
    assert_int_equal(tdes_ecb(k3, 24, 1, b, 8, b), OK);
    assert_memory_equal(a, b, 8);
    assert_int_equal(tdes_ecb(k2, 15, 1, a, 8, c), E_INVAL);
    assert_int_equal(tdes_ecb(k2, 16, 1, a, 7, c), E_INVAL);
    assert_int_equal(tdes_ecb(k2, 16, 1, a, 0, c), OK);
    assert_int_equal(tdes_cbc(k2, 16, 1, c, a, 9, c), E_INVAL);
    assert_int_equal(tdes_cbc(k2, 16, 1, c, a, 4, c), E_INVAL);
    assert_int_equal(sm4_ecb(k2, 1, k3, 8, k3), E_INVAL);
}

/* FIPS 81 CBC example, whole, in pieces, and back in place. */
static void chains_in_pieces(void **state)
{
    (void)state;
    const uint8_t *plain = (const uint8_t *)"Now is the time for all ";
    const char *expected = "E5C7CDDE872BF27C43E934008C389C0F683788499A7C05F6";
    uint8_t key[8], iv[8], out[24];
    fill_hex("0123456789ABCDEF", key, sizeof key);
    fill_hex("1234567890ABCDEF", iv, sizeof iv);
    assert_int_equal(tdes_cbc(key, 8, 1, iv, plain, 24, out), OK);
    assert_hex(out, 24, expected);
    assert_hex(iv, 8, "683788499A7C05F6");
    fill_hex("1234567890ABCDEF", iv, sizeof iv);
    for (size_t i = 0; i < 24; i += 8)
        assert_int_equal(tdes_cbc(key, 8, 1, iv, plain + i, 8, out + i), OK);
    assert_hex(out, 24, expected);
    fill_hex("1234567890ABCDEF", iv, sizeof iv);
    assert_int_equal(tdes_cbc(key, 8, 0, iv, out, 16, out), OK);
    assert_int_equal(tdes_cbc(key, 8, 0, iv, out + 16, 8, out + 16), OK);
    assert_memory_equal(out, plain, 24);
}

static void check_values(void **state)
{
    (void)state;
    uint8_t key[16], kcv[8];
    fill_hex(KEY, key, sizeof key);
    assert_int_equal(tdes_kcv(key, 16, kcv, 8), OK);
    assert_hex(kcv, 8, "08D7B4FB629D0885");
    memset(kcv, 0, sizeof kcv);
    assert_int_equal(tdes_kcv(key, 16, kcv, 3), OK);
    assert_hex(kcv, 8, "08D7B40000000000");
    assert_int_equal(tdes_kcv(key, 16, kcv, 2), E_INVAL);
    assert_int_equal(tdes_kcv(key, 16, kcv, 9), E_INVAL);
}

/* covers: 3.7 SM4 */
static void sm4_vectors(void **state)
{
    (void)state;
    uint8_t key[16], block[16], zero[16] = {0};
    /* GB/T 32907 example 1 */
    fill_hex(KEY, key, sizeof key);
    assert_int_equal(sm4_ecb(key, 1, key, 16, block), OK);
    assert_hex(block, 16, "681EDF34D206965E86B3E94F536E4246");
    /* a terminal master key under its transport key, and its check value */
    fill_hex("42314631354338344444363831374239", key, sizeof key);
    fill_hex("89A4CA515B89220AAFA32D695D95A890", block, sizeof block);
    assert_int_equal(sm4_ecb(key, 0, block, 16, block), OK);
    assert_hex(block, 16, "376D90E7945AA5CFDB4C07CCB35CEFD3");
    assert_int_equal(sm4_ecb(block, 1, zero, 16, zero), OK);
    assert_hex(zero, 8, "08EEDEC70D7C0682");
}

static void parity_is_odd(void **state)
{
    (void)state;
    uint8_t all[256];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    des_parity(all, sizeof all);
    for (size_t i = 0; i < sizeof all; i++) {
        assert_int_equal(__builtin_popcount(all[i]) % 2, 1);
        assert_int_equal(all[i] & 0xFE, i & 0xFE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_des_is_ede_with_equal_keys),
        cmocka_unit_test(decrypts_the_working_key_of_vec2),
        cmocka_unit_test(key_lengths_agree),
        cmocka_unit_test(chains_in_pieces),
        cmocka_unit_test(check_values),
        cmocka_unit_test(sm4_vectors),
        cmocka_unit_test(parity_is_odd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
