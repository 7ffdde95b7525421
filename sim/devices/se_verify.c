/* Ed25519 (RFC 8032) under the burnt-in firmware key. What was verified once is remembered: a sweep boots the same
 * image many times. */
#include "sim/devices/se_ops.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

static int digest_of(const uint8_t key[32], const uint8_t *data, size_t len, const uint8_t signature[64],
                     uint8_t out[32])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    if (!md)
        return E_NOMEM;
    bool done = EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(md, key, 32) == 1 &&
                EVP_DigestUpdate(md, signature, 64) == 1 && EVP_DigestUpdate(md, data, len) == 1 &&
                EVP_DigestFinal_ex(md, out, NULL) == 1;
    EVP_MD_CTX_free(md);
    return done ? OK : E_CRYPTO;
}

static int check(const uint8_t key[32], const uint8_t *data, size_t len, const uint8_t signature[64])
{
    int rc = E_CRYPTO;
    ERR_set_mark(); /* a refusal must not stay in the error queue, which the core shares */
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    if (!md)
        rc = E_NOMEM;
    else if (pkey && EVP_DigestVerifyInit(md, NULL, NULL, NULL, pkey) == 1)
        rc = EVP_DigestVerify(md, signature, 64, data, len) == 1 ? OK : E_VERIFY;
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(pkey);
    ERR_pop_to_mark();
    return rc;
}

int se_verify(void *ctx, const uint8_t *data, size_t len, const uint8_t signature[64])
{
    struct sim_se *d = ctx;
    uint8_t digest[32];
    if (!signature || (len > 0 && !data))
        return E_INVAL;
    if (len > SIM_SE_DATA_MAX)
        return E_LIMIT;
    int rc = digest_of(d->durable.firmware_key, data, len, signature, digest);
    if (rc != OK)
        return rc;
    for (size_t i = 0; i < SIM_SE_MEMO; i++)
        if (d->memo[i].used && memcmp(d->memo[i].digest, digest, sizeof digest) == 0)
            return d->memo[i].result;
    rc = check(d->durable.firmware_key, data, len, signature);
    if (rc == OK || rc == E_VERIFY) {
        memcpy(d->memo[d->memo_next].digest, digest, sizeof digest);
        d->memo[d->memo_next].result = rc;
        d->memo[d->memo_next].used = true;
        d->memo_next = (d->memo_next + 1) % SIM_SE_MEMO;
    }
    return rc;
}
