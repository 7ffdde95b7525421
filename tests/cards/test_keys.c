/* Test keys from a seed: the same bytes every time, keys that work, and the stored chains made from the seeds they
 * name. */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_set_rand_method: the shortest way to have no random numbers */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cards/signing.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RID                                                                                                            \
    {                                                                                                                  \
        0xA0, 0x00, 0x00, 0x03, 0x33                                                                                   \
    }

/* OpenSSL's own opinion: n, e and d fit together; p and q, found from them, are prime. */
static void check_rsa(const struct chain_key *k, unsigned bits, unsigned long exponent)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = BN_bin2bn(k->modulus.bytes, k->modulus.len, NULL);
    BIGNUM *e = BN_bin2bn(k->exponent.bytes, k->exponent.len, NULL);
    BIGNUM *d = BN_bin2bn(k->secret.bytes, k->secret.len, NULL);
    BIGNUM *m = BN_new(), *c = BN_new(), *g = BN_new(), *t = BN_new(), *minus = BN_dup(n);
    assert_int_equal(BN_num_bits(n), bits);
    assert_int_equal(BN_get_word(e), exponent);
    assert_false(BN_check_prime(n, ctx, NULL));
    for (unsigned long x = 2; x < 40; x++) { /* (x^e)^d = x */
        BN_set_word(m, x);
        BN_mod_exp(c, m, e, n, ctx);
        BN_mod_exp(c, c, d, n, ctx);
        assert_int_equal(BN_cmp(c, m), 0);
    }
    /* the order's odd part gives a root of 1 that is neither 1 nor -1, and that a factor */
    BN_mul(t, e, d, ctx);
    BN_sub_word(t, 1);
    BN_sub_word(minus, 1);
    while (!BN_is_odd(t))
        BN_rshift1(t, t);
    bool found = false;
    for (unsigned long x = 2; x < 60 && !found; x++) {
        BN_set_word(m, x);
        BN_mod_exp(c, m, t, n, ctx);
        while (!BN_is_one(c) && BN_cmp(c, minus) != 0) {
            BN_copy(m, c);
            BN_mod_sqr(c, c, n, ctx);
            if (BN_is_one(c)) {
                BN_sub_word(m, 1);
                BN_gcd(g, m, n, ctx);
                found = true;
            }
        }
    }
    assert_true(found);
    BN_div(m, c, n, g, ctx);
    assert_true(BN_is_zero(c));
    assert_int_equal(BN_check_prime(g, ctx, NULL), 1);
    assert_int_equal(BN_check_prime(m, ctx, NULL), 1);
    assert_int_equal(BN_num_bits(g), bits / 2);
    BN_free(n), BN_free(e), BN_free(d), BN_free(m), BN_free(c), BN_free(g), BN_free(t), BN_free(minus);
    BN_CTX_free(ctx);
}

static void makes_keys_of_every_size(void **state)
{
    (void)state;
    static const struct chain_wish wishes[] = {
        {7, CHAIN_RSA, 1024, 1024, 1024, 3, RID, 0xF1},
        {7, CHAIN_RSA, 1152, 1024, 1024, 65537, RID, 0xF1},
        {7, CHAIN_RSA, 1984, 1976, 1640, 3, RID, 0xF1},
    };
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        struct chain c;
        assert_int_equal(chain_make(&wishes[i], &c), OK);
        check_rsa(&c.ca, wishes[i].ca_bits, wishes[i].exponent);
        check_rsa(&c.issuer, wishes[i].issuer_bits, wishes[i].exponent);
        check_rsa(&c.icc, wishes[i].icc_bits, wishes[i].exponent);
        check_rsa(&c.pin, wishes[i].icc_bits, wishes[i].exponent);
        assert_memory_not_equal(c.icc.modulus.bytes, c.pin.modulus.bytes, c.pin.modulus.len);
    }
}

static void the_same_seed_makes_the_same_bytes(void **state)
{
    (void)state;
    struct chain_wish wish = {99, CHAIN_RSA, 1024, 1024, 1024, 3, RID, 0xF1};
    for (int sm2 = 0; sm2 < 2; sm2++) {
        struct chain a, b, other;
        wish.algorithm = sm2 ? CHAIN_SM2 : CHAIN_RSA;
        wish.seed = 99;
        assert_int_equal(chain_make(&wish, &a), OK);
        assert_int_equal(chain_make(&wish, &b), OK);
        char *text = chain_text(&a), *again = chain_text(&b);
        assert_string_equal(text, again);
        wish.seed = 100;
        assert_int_equal(chain_make(&wish, &other), OK);
        assert_memory_not_equal(a.ca.modulus.bytes, other.ca.modulus.bytes, a.ca.modulus.len);
        free(text);
        free(again);
    }
}

static char *read_file(const char *name)
{
    char path[512], *text = calloc(1, 65536);
    snprintf(path, sizeof path, TEST_ROOT "/cards/keys/%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_true(fread(text, 1, 65535, file) > 0);
    fclose(file);
    return text;
}

/* What lies in cards/keys is what the seeds give, and ca.json holds the public keys of just these. */
static void stored_chains_come_from_their_seeds(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        struct chain_wish wish;
    } rows[] = {
        {"unionpay-f1.json", {1, CHAIN_RSA, 1408, 1280, 1152, 3, RID, 0xF1}},
        {"unionpay-f2.json", {2, CHAIN_RSA, 1984, 1408, 1152, 65537, RID, 0xF2}},
        {"unionpay-f3.json", {3, CHAIN_SM2, 0, 0, 0, 0, RID, 0xF3}},
    };
    char *list = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct chain c;
        assert_int_equal(chain_make(&rows[i].wish, &c), OK);
        char *made = chain_text(&c), *stored = read_file(rows[i].file), *old = list;
        strcat(made = realloc(made, strlen(made) + 2), "\n");
        assert_string_equal(made, stored);
        assert_non_null(strstr(stored, "Test material"));
        list = chain_public_text(&c, old);
        assert_non_null(list);
        free(made);
        free(stored);
        free(old);
    }
    char *stored = read_file("ca.json");
    strcat(list = realloc(list, strlen(list) + 2), "\n");
    assert_string_equal(list, stored);
    assert_null(strstr(stored, "private"));
    free(stored);
    free(list);
}

static void a_key_is_replaced_in_the_list(void **state)
{
    (void)state;
    struct chain_wish wish = {5, CHAIN_SM2, 0, 0, 0, 0, RID, 0x10};
    struct chain c, other;
    assert_int_equal(chain_make(&wish, &c), OK);
    char *one = chain_public_text(&c, NULL), *same = chain_public_text(&c, one);
    assert_string_equal(one, same);
    assert_false(chain_public_differs(&c, one));
    assert_false(chain_public_differs(&c, NULL));
    wish.seed = 6;
    assert_int_equal(chain_make(&wish, &other), OK);
    assert_true(chain_public_differs(&other, one));
    c.index[0] = 0x11;
    assert_false(chain_public_differs(&c, one));
    char *two = chain_public_text(&c, one);
    assert_non_null(strstr(two, "\"10\""));
    assert_non_null(strstr(two, "\"11\""));
    assert_null(chain_public_text(&c, "{}"));
    assert_null(chain_public_text(&c, "no list"));
    free(one), free(same), free(two);
}

static void names_what_is_wrong_with_a_chain(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "k: not valid JSON"},
        {"[]", "k: an object { } expected"},
        {"{\"algorithm\":\"dsa\"}", "k: algorithm: one of rsa, sm2 expected"},
        {"{\"algorithm\":\"rsa\",\"rid\":\"A000000333\",\"index\":\"F1\",\"expiry\":\"301231\"}",
         "k: ca: missing, an object { } expected"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct chain c;
        char why[200];
        assert_int_equal(chain_parse(rows[i][0], strlen(rows[i][0]), "k", &c, why, sizeof why), E_FORMAT);
        assert_string_equal(why, rows[i][1]);
    }
}

/* A signature of ours is one for OpenSSL; a changed bit is none for us. */
static void signs_with_sm2(void **state)
{
    (void)state;
    struct chain_wish wish = {5, CHAIN_SM2, 0, 0, 0, 0, RID, 0x10};
    struct chain c;
    uint8_t signature[SM2_SIGNATURE], again[SM2_SIGNATURE];
    assert_int_equal(chain_make(&wish, &c), OK);
    assert_int_equal(sm2_sign(&c.ca, (const uint8_t *)"message", 7, signature), OK);
    assert_int_equal(sm2_sign(&c.ca, (const uint8_t *)"message", 7, again), OK);
    assert_memory_equal(signature, again, sizeof again);
    assert_int_equal(sm2_verify(&c.ca, (const uint8_t *)"message", 7, signature), OK);
    assert_int_equal(sm2_verify(&c.ca, (const uint8_t *)"Message", 7, signature), E_FORMAT);
    for (size_t bit = 0; bit < 8 * sizeof signature; bit += 37) {
        memcpy(again, signature, sizeof again);
        again[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(sm2_verify(&c.ca, (const uint8_t *)"message", 7, again), E_FORMAT);
    }
}

static int refuse(unsigned char *out, int len)
{
    (void)out, (void)len;
    return 0;
}

/* Inside a run OpenSSL's random numbers are the run's: a card takes none, and works where there are none. */
static void needs_no_random_numbers(void **state)
{
    (void)state;
    static const RAND_METHOD none = {.bytes = refuse, .pseudorand = refuse};
    const RAND_METHOD *usual = RAND_get_rand_method();
    struct chain_wish wish = {5, CHAIN_SM2, 0, 0, 0, 0, RID, 0x10};
    struct chain c;
    uint8_t signature[SM2_SIGNATURE], byte;
    RAND_set_rand_method(&none);
    int drawn = RAND_bytes(&byte, 1), made = chain_make(&wish, &c);
    int signed_ = sm2_sign(&c.ca, (const uint8_t *)"message", 7, signature);
    int verified = sm2_verify(&c.ca, (const uint8_t *)"message", 7, signature);
    RAND_set_rand_method(usual);
    assert_int_equal(drawn, 0);
    assert_int_equal(made, OK);
    assert_int_equal(signed_, OK);
    assert_int_equal(verified, OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_keys_of_every_size),
        cmocka_unit_test(the_same_seed_makes_the_same_bytes),
        cmocka_unit_test(stored_chains_come_from_their_seeds),
        cmocka_unit_test(a_key_is_replaced_in_the_list),
        cmocka_unit_test(names_what_is_wrong_with_a_chain),
        cmocka_unit_test(signs_with_sm2),
        cmocka_unit_test(needs_no_random_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
