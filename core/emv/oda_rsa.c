/*
 * RSA with message recovery: what EMV Book 2 5.3, 5.4, 6.3, 6.4, 6.5.2 and 6.6.2 have in common, and annex A2.1. The
 * checks come in the order of those clauses, and the first that fails gives its name. SHA-1 is the one hash algorithm
 * (annex B2.1). Called through oda_open.
 */
#include "core/emv/oda.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define HASH_LEN 20
#define HEADER 0x6A
#define TRAILER 0xBC
#define SHA_1 0x01

/* Where each format says which hash it carries, counted from the format byte. */
static const uint8_t hash_algorithm_at[] = {
    [ODA_ISSUER_CERT] = 10,
    [ODA_SSAD] = 1,
    [ODA_ICC_CERT] = 16,
    [ODA_SDAD] = 1,
};

/* object ^ exponent mod modulus, as long as the modulus. */
static int recover(const struct emv_key *key, const uint8_t *object, uint8_t *block)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = BN_bin2bn(key->bytes, key->len, NULL), *c = BN_bin2bn(object, key->len, NULL), *e = BN_new();
    int rc = ctx && n && c && e && BN_set_word(e, key->exponent) == 1 ? OK : E_NOMEM;
    if (rc == OK && (BN_mod_exp(c, c, e, n, ctx) != 1 || BN_bn2binpad(c, block, key->len) != key->len))
        rc = ODA_KEY;
    BN_clear_free(c);
    BN_free(e);
    BN_free(n);
    BN_CTX_free(ctx);
    return rc;
}

int oda_digest(enum emv_pk algorithm, const struct oda_span *spans, size_t count, uint8_t out[ODA_HASH_MAX],
               size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned got = 0;
    bool good = ctx && EVP_DigestInit_ex(ctx, algorithm == EMV_PK_SM2 ? EVP_sm3() : EVP_sha1(), NULL) == 1;
    for (size_t i = 0; good && i < count; i++)
        good = spans[i].len == 0 || EVP_DigestUpdate(ctx, spans[i].bytes, spans[i].len) == 1;
    good = good && EVP_DigestFinal_ex(ctx, out, &got) == 1;
    EVP_MD_CTX_free(ctx);
    *len = got;
    return good ? OK : E_CRYPTO;
}

static int check_hash(const uint8_t *body, size_t len, const uint8_t *expected, const struct oda_span *behind,
                      size_t count)
{
    struct oda_span spans[8] = {{body, len}};
    uint8_t hash[ODA_HASH_MAX];
    size_t hash_len;
    if (count > sizeof spans / sizeof *spans - 1)
        return E_INVAL;
    if (count > 0)
        memcpy(spans + 1, behind, count * sizeof *behind);
    int rc = oda_digest(EMV_PK_RSA, spans, count + 1, hash, &hash_len);
    if (rc == OK && memcmp(hash, expected, HASH_LEN) != 0)
        rc = ODA_HASH;
    return rc;
}

int oda_rsa_open(const struct emv_key *key, uint8_t format, const uint8_t *object, size_t len,
                 const struct oda_span *behind, size_t count, struct oda_block *out)
{
    uint8_t block[EMV_KEY_MAX];
    if (!capk_key_ok(key))
        return ODA_KEY;
    if (len != key->len)
        return ODA_LENGTH;
    int rc = recover(key, object, block);
    size_t body_len = len - 1 - HASH_LEN - 1;
    if (rc == OK && block[len - 1] != TRAILER)
        rc = ODA_TRAILER;
    if (rc == OK && block[0] != HEADER)
        rc = ODA_HEADER;
    if (rc == OK && block[1] != format)
        rc = ODA_FORMAT;
    if (rc == OK && block[1 + hash_algorithm_at[format]] != SHA_1)
        rc = ODA_HASH_ALGORITHM;
    if (rc == OK)
        rc = check_hash(block + 1, body_len, block + 1 + body_len, behind, count);
    if (rc == OK || rc == ODA_HASH) { /* what does not hash may still say why */
        memcpy(out->bytes, block + 1, body_len);
        out->len = body_len;
    }
    OPENSSL_cleanse(block, sizeof block);
    return rc;
}

int oda_open(const struct emv_key *key, uint8_t format, const uint8_t *object, size_t len,
             const struct oda_span *behind, size_t count, struct oda_block *out)
{
    return key->algorithm == EMV_PK_SM2 ? oda_sm2_open(key, format, object, len, behind, count, out)
                                        : oda_rsa_open(key, format, object, len, behind, count, out);
}
