/* The offline PIN: plain and enciphered, its tries, and what a card says when there are none. Enciphered by OpenSSL
 * here. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/support.h"

#include "core/codec/tlv.h"

#include <openssl/bn.h>
#include <stdlib.h>

#define RIGHT "0020008008241234FFFFFFFFFF"
#define WRONG "0020008008244321FFFFFFFFFF"

struct key {
    uint8_t modulus[256], exponent[4];
    size_t len, exponent_len;
};

/* The public key under a certificate's tags, taken from the issuer's file: the chain is proven in test_oda.c. */
static void read_key(const char *chain, const char *name, struct key *out)
{
    static char text[8192];
    char path[512], mark[16];
    snprintf(path, sizeof path, TEST_ROOT "/cards/keys/%s.json", chain);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    snprintf(mark, sizeof mark, "\"%s\":", name);
    const char *at = strstr(strstr(strstr(text, mark), "\"modulus\""), ":");
    at = strchr(at, '"') + 1;
    assert_int_equal(hex_decode(at, strcspn(at, "\""), out->modulus, sizeof out->modulus, &out->len), OK);
    at = strchr(strstr(strstr(at, "\"exponent\""), ":"), '"') + 1;
    assert_int_equal(hex_decode(at, strcspn(at, "\""), out->exponent, sizeof out->exponent, &out->exponent_len), OK);
}

/* 7F, PIN block, the card's challenge, and filling; under the public key (Book 2 7.2). */
static size_t encipher(const struct key *key, uint8_t header, const char *block_hex, const uint8_t challenge[8],
                       uint8_t *out)
{
    uint8_t clear[256];
    size_t len;
    memset(clear, 0x5A, sizeof clear);
    clear[0] = header;
    assert_int_equal(hex_decode(block_hex, strlen(block_hex), clear + 1, 8, &len), OK);
    memcpy(clear + 9, challenge, 8);
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = BN_bin2bn(key->modulus, (int)key->len, NULL);
    BIGNUM *e = BN_bin2bn(key->exponent, (int)key->exponent_len, NULL);
    BIGNUM *x = BN_bin2bn(clear, (int)key->len, NULL);
    BN_mod_exp(x, x, e, n, ctx);
    BN_bn2binpad(x, out, (int)key->len);
    BN_free(n), BN_free(e), BN_free(x);
    BN_CTX_free(ctx);
    return key->len;
}

static void get_challenge(struct bench *b, uint8_t out[8])
{
    assert_int_equal(send(b, "0084000000"), 0x9000);
    assert_int_equal(b->len, 10);
    memcpy(out, b->answer, 8);
}

static uint16_t verify(struct bench *b, const struct key *key, uint8_t header, const char *block,
                       const uint8_t challenge[8])
{
    uint8_t data[256];
    size_t len = encipher(key, header, block, challenge, data);
    return send_bytes(b, "00200088", data, len);
}

static uint8_t tries(struct bench *b)
{
    assert_int_equal(send(b, "80CA9F1700"), 0x9000);
    assert_int_equal(b->len, 6);
    return b->answer[3];
}

/* covers: 2.8 plaintext offline PIN, 2.8 PIN try counter */
static void counts_plain_tries(void **state)
{
    (void)state;
    struct bench b;
    bench_load(&b, "unionpay-offline-pin-plain");
    begin(&b);
    assert_int_equal(tries(&b), 3);
    assert_int_equal(send(&b, WRONG), 0x63C2);
    assert_int_equal(tries(&b), 2);
    assert_int_equal(send(&b, RIGHT), 0x9000);
    assert_int_equal(tries(&b), 3);
    assert_int_equal(send(&b, WRONG), 0x63C2);
    assert_int_equal(send(&b, WRONG), 0x63C1);
    assert_int_equal(send(&b, WRONG), 0x63C0);
    assert_int_equal(send(&b, RIGHT), 0x6983); /* blocked just now */
    assert_int_equal(tries(&b), 0);
    begin(&b);
    assert_int_equal(send(&b, RIGHT), 0x6984); /* was blocked before */
    bench_close(&b);
}

/* covers: 2.8 enciphered offline PIN, 2.6 enciphered PIN block */
static void deciphers_under_its_own_key_or_the_icc_key(void **state)
{
    (void)state;
    static const struct {
        const char *card, *chain, *key;
    } rows[] = {{"unionpay-offline-pin-enciphered", "unionpay-f1", "pin"},
                {"unionpay-offline-pin-icc-key", "unionpay-f2", "icc"}};
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        struct key key;
        uint8_t challenge[8], other[8];
        bench_load(&b, rows[i].card);
        read_key(rows[i].chain, rows[i].key, &key);
        begin(&b);
        memset(other, 0, sizeof other);
        assert_int_equal(verify(&b, &key, 0x7F, "241234FFFFFFFFFF", other), 0x6985); /* no challenge was asked for */
        get_challenge(&b, challenge);
        assert_int_equal(verify(&b, &key, 0x7F, "241234FFFFFFFFFF", challenge), 0x9000);
        assert_int_equal(verify(&b, &key, 0x7F, "241234FFFFFFFFFF", challenge), 0x6985); /* for one PIN only */
        get_challenge(&b, other);
        assert_memory_not_equal(challenge, other, 8);
        assert_int_equal(verify(&b, &key, 0x7F, "241234FFFFFFFFFF", challenge), 0x63C2); /* an old challenge */
        get_challenge(&b, challenge);
        assert_int_equal(verify(&b, &key, 0x7E, "241234FFFFFFFFFF", challenge), 0x63C1); /* header */
        get_challenge(&b, challenge);
        assert_int_equal(verify(&b, &key, 0x7F, "241234FFFFFFFFFF", challenge), 0x9000);
        assert_int_equal(tries(&b), 3);
        get_challenge(&b, challenge);
        assert_int_equal(send(&b, "0020008808241234FFFFFFFFFF"), 0x6700); /* a plain block */
        for (unsigned left = 2; left < 3; left--) {
            get_challenge(&b, challenge);
            assert_int_equal(verify(&b, &key, 0x7F, "244321FFFFFFFFFF", challenge), 0x63C0 | left);
        }
        get_challenge(&b, challenge);
        assert_int_equal(verify(&b, &key, 0x7F, "241234FFFFFFFFFF", challenge), 0x6983);
        bench_close(&b);
    }
}

/* covers: 2.8 PIN try limit exceeded */
static void begins_with_the_tries_it_has_left(void **state)
{
    (void)state;
    struct bench b;
    bench_load(&b, "unionpay-pin-blocked");
    begin(&b);
    assert_int_equal(tries(&b), 0);
    assert_int_equal(send(&b, RIGHT), 0x6984);
    bench_close(&b);
    bench_load(&b, "unionpay-pin-one-try");
    begin(&b);
    assert_int_equal(tries(&b), 1);
    assert_int_equal(send(&b, WRONG), 0x63C0);
    assert_int_equal(send(&b, RIGHT), 0x6983);
    bench_close(&b);
    bench_load(&b, "unionpay-pin-hidden");
    begin(&b);
    assert_int_equal(send(&b, "80CA9F1700"), 0x6A88);
    assert_int_equal(send(&b, WRONG), 0x63C2);
    bench_close(&b);
}

static void cards_without_it_do_not_know_the_commands(void **state)
{
    (void)state;
    struct bench b;
    bench_load(&b, "unionpay-offline-pin");
    begin(&b);
    assert_int_equal(send(&b, "0084000000"), 0x6D00);
    assert_int_equal(send(&b, "0088000004"
                              "11223344"
                              "00"),
                     0x6D00);
    assert_int_equal(send(&b, "0020008808241234FFFFFFFFFF"), 0x6A86);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_plain_tries),
        cmocka_unit_test(deciphers_under_its_own_key_or_the_icc_key),
        cmocka_unit_test(begins_with_the_tries_it_has_left),
        cmocka_unit_test(cards_without_it_do_not_know_the_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
