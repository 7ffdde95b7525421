/*
 * RSA without padding (EMV Book 2 A2.1, B2.1) and SM2 (GB/T 32918.2; DOMAIN 3.10). The bare numbers of OpenSSL, not its
 * EVP layer, because a card of the bench must answer the same bytes every time: SM2 of EVP takes a random number, here
 * it is derived from key and message; and a chain's file holds no primes, which EVP would want for speed only.
 */
#include "cards/signing.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <string.h>

static int power(const struct card_bytes *modulus, const struct card_bytes *exponent, const uint8_t *in, uint8_t *out)
{
    int status = E_CRYPTO;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = BN_bin2bn(modulus->bytes, modulus->len, NULL), *e = BN_bin2bn(exponent->bytes, exponent->len, NULL);
    BIGNUM *x = BN_bin2bn(in, modulus->len, NULL), *y = BN_new();
    if (ctx && n && e && x && y && BN_cmp(x, n) < 0 && BN_mod_exp(y, x, e, n, ctx) &&
        BN_bn2binpad(y, out, modulus->len) == modulus->len)
        status = OK;
    BN_clear_free(e);
    BN_clear_free(x);
    BN_clear_free(y);
    BN_free(n);
    BN_CTX_free(ctx);
    return status;
}

int rsa_private(const struct chain_key *key, const uint8_t *block, uint8_t *out)
{
    return power(&key->modulus, &key->secret, block, out);
}

int rsa_public(const struct chain_key *key, const uint8_t *signature, uint8_t *out)
{
    return power(&key->modulus, &key->exponent, signature, out);
}

size_t signing_digest(enum chain_algorithm algorithm, const uint8_t *data, size_t len, uint8_t out[32])
{
    unsigned n = 0;
    if (EVP_Digest(data, len, out, &n, algorithm == CHAIN_SM2 ? EVP_sm3() : EVP_sha1(), NULL) != 1)
        memset(out, 0, 32);
    return algorithm == CHAIN_SM2 ? 32 : 20;
}

/* -- SM2 -- */

struct sm2 {
    EC_GROUP *group;
    BN_CTX *ctx;
    EC_POINT *point;
    BIGNUM *x, *y, *r, *s, *t, *e;
};

static void sm2_end(struct sm2 *m)
{
    BN_clear_free(m->x);
    BN_clear_free(m->y);
    BN_clear_free(m->r);
    BN_clear_free(m->s);
    BN_clear_free(m->t);
    BN_clear_free(m->e);
    EC_POINT_free(m->point);
    EC_GROUP_free(m->group);
    BN_CTX_free(m->ctx);
}

static bool sm2_begin(struct sm2 *m)
{
    *m = (struct sm2){.group = EC_GROUP_new_by_curve_name(NID_sm2), .ctx = BN_CTX_new()};
    m->point = m->group ? EC_POINT_new(m->group) : NULL;
    m->x = BN_new();
    m->y = BN_new();
    m->r = BN_new();
    m->s = BN_new();
    m->t = BN_new();
    m->e = BN_new();
    return m->point && m->ctx && m->x && m->y && m->r && m->s && m->t && m->e;
}

/* m->point = k * G, by doubling and adding. EC_POINT_mul would do, but it draws random numbers against its timing being
 * watched; outside of a running terminal the bench has none to give, and nobody may draw before it owns RAND. */
static bool sm2_times_generator(struct sm2 *m, const BIGNUM *k)
{
    const EC_POINT *g = EC_GROUP_get0_generator(m->group);
    bool good = EC_POINT_set_to_infinity(m->group, m->point) == 1;
    for (int bit = BN_num_bits(k) - 1; good && bit >= 0; bit--)
        good = EC_POINT_dbl(m->group, m->point, m->point, m->ctx) &&
               (!BN_is_bit_set(k, bit) || EC_POINT_add(m->group, m->point, m->point, g, m->ctx));
    return good;
}

int sm2_point(const uint8_t secret[32], uint8_t out[64])
{
    struct sm2 m;
    int status = E_CRYPTO;
    if (sm2_begin(&m) && BN_bin2bn(secret, 32, m.t) && sm2_times_generator(&m, m.t) &&
        EC_POINT_get_affine_coordinates(m.group, m.point, m.x, m.y, m.ctx) && BN_bn2binpad(m.x, out, 32) == 32 &&
        BN_bn2binpad(m.y, out + 32, 32) == 32)
        status = OK;
    sm2_end(&m);
    return status;
}

/* e = SM3(ZA || message), ZA = SM3(0080 || user id || a || b || G || public point) as a number. */
static bool sm2_digest(struct sm2 *m, const uint8_t public[64], const uint8_t *message, size_t len)
{
    uint8_t za[2 + 16 + 6 * 32] = {0x00, 0x80}, digest[32];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    memcpy(za + 2, "1234567812345678", 16);
    bool good = md && EC_GROUP_get_curve(m->group, NULL, m->x, m->y, m->ctx) && BN_bn2binpad(m->x, za + 18, 32) == 32 &&
                BN_bn2binpad(m->y, za + 50, 32) == 32 &&
                EC_POINT_get_affine_coordinates(m->group, EC_GROUP_get0_generator(m->group), m->x, m->y, m->ctx) &&
                BN_bn2binpad(m->x, za + 82, 32) == 32 && BN_bn2binpad(m->y, za + 114, 32) == 32;
    memcpy(za + 146, public, 64);
    good = good && EVP_Digest(za, sizeof za, digest, NULL, EVP_sm3(), NULL) && EVP_DigestInit_ex(md, EVP_sm3(), NULL) &&
           EVP_DigestUpdate(md, digest, 32) && EVP_DigestUpdate(md, message, len) &&
           EVP_DigestFinal_ex(md, digest, NULL) && BN_bin2bn(digest, 32, m->e);
    EVP_MD_CTX_free(md);
    return good;
}

/* The number that is secret and used once: from key and message, with a counter for the case that one is of no use. */
static bool sm2_nonce(struct sm2 *m, const struct chain_key *key, const uint8_t *message, size_t len, uint8_t count,
                      BIGNUM *k)
{
    uint8_t digest[32];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) && EVP_DigestUpdate(md, "sm2", 3) &&
                EVP_DigestUpdate(md, key->secret.bytes, key->secret.len) && EVP_DigestUpdate(md, message, len) &&
                EVP_DigestUpdate(md, &count, 1) && EVP_DigestFinal_ex(md, digest, NULL) && BN_bin2bn(digest, 32, k) &&
                BN_nnmod(k, k, EC_GROUP_get0_order(m->group), m->ctx);
    OPENSSL_cleanse(digest, sizeof digest);
    EVP_MD_CTX_free(md);
    return good;
}

/* r = e + x of k*G; s = (k - r*d) / (1 + d); all modulo the order. */
static bool sm2_try(struct sm2 *m, const struct chain_key *key, const uint8_t *message, size_t len, uint8_t count)
{
    const BIGNUM *order = EC_GROUP_get0_order(m->group);
    BIGNUM *k = BN_new(), *d = BN_bin2bn(key->secret.bytes, key->secret.len, NULL);
    bool good = k && d && sm2_nonce(m, key, message, len, count, k) && sm2_times_generator(m, k) &&
                EC_POINT_get_affine_coordinates(m->group, m->point, m->x, m->y, m->ctx) &&
                BN_mod_add(m->r, m->e, m->x, order, m->ctx) && BN_mod_mul(m->s, m->r, d, order, m->ctx) &&
                BN_mod_sub(m->s, k, m->s, order, m->ctx) && BN_add_word(d, 1) && BN_mod_inverse(d, d, order, m->ctx) &&
                BN_mod_mul(m->s, m->s, d, order, m->ctx) && !BN_is_zero(m->r) && !BN_is_zero(m->s) &&
                BN_mod_add(m->t, m->r, k, order, m->ctx) && !BN_is_zero(m->t);
    BN_clear_free(k);
    BN_clear_free(d);
    return good;
}

int sm2_sign(const struct chain_key *key, const uint8_t *message, size_t len, uint8_t out[SM2_SIGNATURE])
{
    struct sm2 m;
    int status = E_CRYPTO;
    bool good = sm2_begin(&m) && sm2_digest(&m, key->modulus.bytes, message, len);
    for (uint8_t count = 0; good && status && count < 8; count++)
        if (sm2_try(&m, key, message, len, count) && BN_bn2binpad(m.r, out, 32) == 32 &&
            BN_bn2binpad(m.s, out + 32, 32) == 32)
            status = OK;
    sm2_end(&m);
    return status;
}

/* DOMAIN 3.10: t = r + s, (x, .) = s*G + t*P, and e + x must be r. */
static int sm2_compare(struct sm2 *m, const uint8_t public[64])
{
    const BIGNUM *order = EC_GROUP_get0_order(m->group);
    EC_POINT *p = EC_POINT_new(m->group);
    int status = E_CRYPTO;
    if (BN_is_zero(m->r) || BN_is_zero(m->s) || BN_cmp(m->r, order) >= 0 || BN_cmp(m->s, order) >= 0)
        status = E_FORMAT;
    else if (!p || !BN_bin2bn(public, 32, m->x) || !BN_bin2bn(public + 32, 32, m->y) ||
             !EC_POINT_set_affine_coordinates(m->group, p, m->x, m->y, m->ctx))
        status = E_FORMAT; /* not on the curve */
    else if (BN_mod_add(m->t, m->r, m->s, order, m->ctx) && EC_POINT_mul(m->group, m->point, m->s, p, m->t, m->ctx) &&
             EC_POINT_get_affine_coordinates(m->group, m->point, m->x, m->y, m->ctx) &&
             BN_mod_add(m->e, m->e, m->x, order, m->ctx))
        status = BN_cmp(m->e, m->r) == 0 ? OK : E_FORMAT;
    EC_POINT_free(p);
    return status;
}

int sm2_verify(const struct chain_key *key, const uint8_t *message, size_t len, const uint8_t signature[SM2_SIGNATURE])
{
    struct sm2 m;
    int status = E_CRYPTO;
    if (sm2_begin(&m) && sm2_digest(&m, key->modulus.bytes, message, len) && BN_bin2bn(signature, 32, m.r) &&
        BN_bin2bn(signature + 32, 32, m.s))
        status = sm2_compare(&m, key->modulus.bytes);
    sm2_end(&m);
    return status;
}
