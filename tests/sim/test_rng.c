/* Random streams, and the bench's hold on OpenSSL's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/rng.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

/* xoshiro256** from the state 1, 2, 3, 4: the first outputs follow from the definition by hand. rotl(2*5,7)*9 =
 * 11520; the state then is 7, 0, 262146, 211106232532992: rotl(0,7)*9 = 0. */
static void is_xoshiro256starstar(void **state)
{
    struct rng r = {{1, 2, 3, 4}};
    uint8_t out[16];
    static const uint8_t expected[16] = {0x00, 0x2D};
    (void)state;
    rng_bytes(&r, out, sizeof out);
    assert_memory_equal(out, expected, 16);
}

static void streams_are_apart(void **state)
{
    struct rng a, b, c, d;
    uint8_t one[32], two[32];
    (void)state;
    rng_init(&a, 1, "nonce");
    rng_init(&b, 1, "nonce");
    assert_memory_equal(&a, &b, sizeof a);
    rng_init(&b, 2, "nonce");
    rng_init(&c, 1, "risk");
    rng_init_hash(&d, 1, "nonce", (const uint8_t[32]){1});
    assert_memory_not_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &c, sizeof a);
    assert_memory_not_equal(&a, &d, sizeof a);
    rng_bytes(&a, one, sizeof one);
    rng_init(&a, 1, "nonce");
    rng_bytes(&c, two, sizeof two); /* drawing from another moves nothing */
    rng_bytes(&a, two, sizeof two);
    assert_memory_equal(one, two, sizeof one);
}

static void below_is_below(void **state)
{
    struct rng r;
    unsigned seen[6] = {0};
    (void)state;
    rng_init(&r, 3, "dice");
    assert_int_equal(rng_below(&r, 0), 0);
    assert_int_equal(rng_below(&r, 1), 0);
    for (unsigned i = 0; i < 6000; i++) {
        uint64_t x = rng_below(&r, 6);
        assert_in_range(x, 0, 5);
        seen[x]++;
    }
    for (unsigned i = 0; i < 6; i++)
        assert_in_range(seen[i], 850, 1150); /* five standard deviations */
}

static void openssl_draws_from_the_routed_stream(void **state)
{
    struct rng r, same;
    uint8_t drawn[48], expected[48];
    (void)state;
    assert_int_equal(rng_own_openssl(), OK);
    assert_int_equal(rng_own_openssl(), OK);
    assert_int_not_equal(RAND_bytes(drawn, 8), 1); /* routed nowhere */
    rng_init(&r, 9, "core");
    rng_init(&same, 9, "core");
    rng_route_openssl(&r);
    assert_int_equal(RAND_bytes(drawn, 16), 1);
    assert_int_equal(RAND_priv_bytes(drawn + 16, 32), 1);
    rng_bytes(&same, expected, 16);
    rng_bytes(&same, expected + 16, 32);
    assert_memory_equal(drawn, expected, sizeof drawn);
    rng_route_openssl(NULL);
    assert_int_not_equal(RAND_bytes(drawn, 8), 1);
    ERR_clear_error();
}

/* A key made twice from the same stream is the same key; everything else of OpenSSL works as before. */
static void key_generation_repeats(void **state)
{
    uint8_t raw[2][32], digest[32];
    (void)state;
    assert_int_equal(rng_own_openssl(), OK);
    for (unsigned i = 0; i < 2; i++) {
        struct rng r;
        size_t len = 32;
        rng_init(&r, 4, "keys");
        rng_route_openssl(&r);
        EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        assert_non_null(key);
        assert_int_equal(EVP_PKEY_get_raw_private_key(key, raw[i], &len), 1);
        EVP_PKEY_free(key);
        rng_route_openssl(NULL);
    }
    assert_memory_equal(raw[0], raw[1], 32);
    assert_int_equal(EVP_Digest("abc", 3, digest, NULL, EVP_sha256(), NULL), 1);
    assert_int_equal(digest[0], 0xBA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_xoshiro256starstar),  cmocka_unit_test(streams_are_apart),
        cmocka_unit_test(below_is_below),         cmocka_unit_test(openssl_draws_from_the_routed_stream),
        cmocka_unit_test(key_generation_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
