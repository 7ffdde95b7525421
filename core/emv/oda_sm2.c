/*
 * Signed objects of JR/T 0025.17: data and then r || s, nothing is recovered. SM2 over SM3 with the user id
 * "1234567812345678" (DOMAIN 3.10). Called through oda_open.
 */
#include "core/emv/oda.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#define NUMBER_LEN 32 /* of r and of s */
#define SM2_FORMAT 0x10

static const char user_id[] = "1234567812345678";

/* The point X || Y as a key; NULL when it is not on the curve. */
static EVP_PKEY *point_key(const struct emv_key *key)
{
    uint8_t point[1 + CAPK_SM2_LEN] = {POINT_CONVERSION_UNCOMPRESSED};
    memcpy(point + 1, key->bytes, CAPK_SM2_LEN);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"SM2"}, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* r || s as the DER that OpenSSL wants; NULL without memory. To be freed with OPENSSL_free. */
static uint8_t *to_der(const uint8_t signature[ODA_SM2_SIGNATURE], int *len)
{
    uint8_t *der = NULL;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, NUMBER_LEN, NULL), *s = BN_bin2bn(signature + NUMBER_LEN, NUMBER_LEN, NULL);
    if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
    } else {
        *len = i2d_ECDSA_SIG(sig, &der);
    }
    ECDSA_SIG_free(sig);
    return der;
}

static bool is_signed(EVP_PKEY *pkey, const struct oda_span *spans, size_t count, const uint8_t *der, size_t der_len)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    bool good = md && ctx && EVP_PKEY_CTX_set1_id(ctx, user_id, (int)strlen(user_id)) == 1;
    if (good)
        EVP_MD_CTX_set_pkey_ctx(md, ctx);
    good = good && EVP_DigestVerifyInit(md, NULL, EVP_sm3(), NULL, pkey) == 1;
    for (size_t i = 0; good && i < count; i++)
        good = spans[i].len == 0 || EVP_DigestVerifyUpdate(md, spans[i].bytes, spans[i].len) == 1;
    good = good && EVP_DigestVerifyFinal(md, der, der_len) == 1;
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx);
    return good;
}

static int check_signature(const struct emv_key *key, const struct oda_span *spans, size_t count,
                           const uint8_t signature[ODA_SM2_SIGNATURE])
{
    int rc = ODA_SIGNATURE, der_len = 0;
    uint8_t *der = NULL;
    EVP_PKEY *pkey = point_key(key);
    if (!pkey)
        return ODA_KEY;
    der = to_der(signature, &der_len);
    if (!der || der_len <= 0)
        rc = E_NOMEM;
    else if (is_signed(pkey, spans, count, der, (size_t)der_len))
        rc = OK;
    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
    return rc;
}

int oda_sm2_open(const struct emv_key *key, uint8_t format, const uint8_t *object, size_t len,
                 const struct oda_span *behind, size_t count, struct oda_block *out)
{
    struct oda_span spans[8];
    if (!capk_key_ok(key))
        return ODA_KEY;
    if (count > sizeof spans / sizeof *spans - 1)
        return E_INVAL;
    if (len < ODA_SM2_SIGNATURE + 2 || len - ODA_SM2_SIGNATURE > sizeof out->bytes)
        return ODA_LENGTH;
    size_t body_len = len - ODA_SM2_SIGNATURE;
    if (object[0] != (SM2_FORMAT | format))
        return ODA_FORMAT;
    spans[0] = (struct oda_span){object, body_len};
    if (count > 0)
        memcpy(spans + 1, behind, count * sizeof *behind);
    int rc = check_signature(key, spans, count + 1, object + body_len);
    if (rc == OK) {
        memcpy(out->bytes, object, body_len);
        out->len = body_len;
    }
    return rc;
}
