/*
 * A chain of test keys from a seed (contract in chain.h). Called by posbench keys and its test.
 *
 * Repeatable, because nothing here asks a random generator: candidates are read from SHA-256 over seed, use, algorithm,
 * size, exponent and a counter, their two highest bits and the lowest are set, and from there every odd number is tried
 * until BN_check_prime takes one that the exponent does not divide the predecessor of. (BN_check_prime draws its bases
 * at random; they decide how a composite is found out, not which numbers are prime.)
 */
#include "cards/signing.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <stdio.h>
#include <string.h>

struct stream {
    char label[96];
    unsigned block, at;
    uint8_t bytes[32];
};

static void stream_begin(struct stream *s, const struct chain_wish *wish, const char *use, unsigned bits)
{
    *s = (struct stream){.at = 32};
    snprintf(s->label, sizeof s->label, "posbench keys|%llu|%02X|%s|%s|%u|%u", (unsigned long long)wish->seed,
             wish->index, use, wish->algorithm == CHAIN_SM2 ? "sm2" : "rsa", bits, wish->exponent);
}

static void stream_read(struct stream *s, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s->at == sizeof s->bytes) {
            char text[128];
            int n = snprintf(text, sizeof text, "%s|%u", s->label, s->block++);
            if (EVP_Digest(text, (size_t)n, s->bytes, NULL, EVP_sha256(), NULL) != 1)
                memset(s->bytes, 0, sizeof s->bytes);
            s->at = 0;
        }
        out[i] = s->bytes[s->at++];
    }
}

static bool next_prime(struct stream *s, unsigned bits, unsigned exponent, BIGNUM *p, BN_CTX *ctx)
{
    uint8_t bytes[CHAIN_RSA_MAX / 16];
    size_t len = (bits + 7) / 8;
    stream_read(s, bytes, len);
    bytes[0] &= (uint8_t)(0xFF >> (8 * len - bits));
    bool good = BN_bin2bn(bytes, (int)len, p) && BN_set_bit(p, (int)bits - 1) && BN_set_bit(p, (int)bits - 2) &&
                BN_set_bit(p, 0);
    OPENSSL_cleanse(bytes, sizeof bytes);
    while (good) {
        int prime = BN_mod_word(p, exponent) == 1 ? 0 : BN_check_prime(p, ctx, NULL);
        if (prime)
            return prime == 1;
        good = BN_add_word(p, 2) && BN_num_bits(p) == (int)bits;
    }
    return false;
}

static bool keep(const BIGNUM *number, size_t len, struct card_bytes *out)
{
    out->len = (uint16_t)len;
    return BN_bn2binpad(number, out->bytes, (int)len) == (int)len;
}

static int make_rsa(struct stream *s, unsigned bits, unsigned exponent, struct chain_key *out)
{
    int status = E_CRYPTO;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = BN_new(), *q = BN_new(), *n = BN_new(), *e = BN_new(), *d = BN_new();

    if (ctx && p && q && n && e && d && next_prime(s, bits / 2, exponent, p, ctx) &&
        next_prime(s, bits / 2, exponent, q, ctx) && BN_mul(n, p, q, ctx) && BN_set_word(e, exponent) &&
        BN_sub_word(p, 1) && BN_sub_word(q, 1) && BN_mul(p, p, q, ctx) && BN_mod_inverse(d, e, p, ctx) &&
        keep(n, bits / 8, &out->modulus) && keep(d, bits / 8, &out->secret) &&
        keep(e, (size_t)BN_num_bytes(e), &out->exponent))
        status = OK;
    BN_clear_free(p);
    BN_clear_free(q);
    BN_clear_free(d);
    BN_free(e);
    BN_free(n);
    BN_CTX_free(ctx);
    return status;
}

/* A secret from 1 to the order less 2, as SM2 asks. */
static int make_sm2(struct stream *s, struct chain_key *out)
{
    uint8_t bytes[40];
    int status = E_CRYPTO;
    BN_CTX *ctx = BN_CTX_new();
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    BIGNUM *d = BN_new(), *limit = group ? BN_dup(EC_GROUP_get0_order(group)) : NULL;
    stream_read(s, bytes, sizeof bytes);
    if (ctx && d && limit && BN_sub_word(limit, 2) && BN_bin2bn(bytes, sizeof bytes, d) && BN_nnmod(d, d, limit, ctx) &&
        BN_add_word(d, 1) && keep(d, 32, &out->secret))
        status = sm2_point(out->secret.bytes, out->modulus.bytes);
    out->modulus.len = 64;
    OPENSSL_cleanse(bytes, sizeof bytes);
    BN_clear_free(d);
    BN_free(limit);
    EC_GROUP_free(group);
    BN_CTX_free(ctx);
    return status;
}

int chain_make(const struct chain_wish *wish, struct chain *out)
{
    const struct {
        const char *use;
        unsigned bits;
        struct chain_key *key;
    } rows[] = {
        {"ca", wish->ca_bits, &out->ca},
        {"issuer", wish->issuer_bits, &out->issuer},
        {"icc", wish->icc_bits, &out->icc},
        {"pin", wish->icc_bits, &out->pin},
    };
    memset(out, 0, sizeof *out);
    snprintf(out->note, sizeof out->note, "Test material, private keys included: for simulated cards only");
    snprintf(out->seed, sizeof out->seed, "%llu", (unsigned long long)wish->seed);
    out->algorithm = wish->algorithm;
    memcpy(out->rid, wish->rid, sizeof out->rid);
    out->index[0] = wish->index;
    memcpy(out->expiry, (const uint8_t[]){0x30, 0x12, 0x31}, 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stream s;
        if (wish->algorithm == CHAIN_SM2 && rows[i].key == &out->pin)
            continue; /* no enciphered PIN with SM2 here */
        stream_begin(&s, wish, rows[i].use, rows[i].bits);
        int status = wish->algorithm == CHAIN_SM2 ? make_sm2(&s, rows[i].key)
                                                  : make_rsa(&s, rows[i].bits, wish->exponent, rows[i].key);
        OPENSSL_cleanse(&s, sizeof s);
        if (status)
            return status;
    }
    return OK;
}
