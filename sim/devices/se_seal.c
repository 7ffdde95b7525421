/*
 * Sealing: AES-256-GCM (NIST SP 800-38D) under the element's own storage key. A real element draws that key inside at
 * manufacture; here it derives from the firmware key, so that a run can be repeated, and is never stored. The nonce is
 * an HMAC over context and data: no two contents share one, and sealing draws no random numbers.
 */
#include "sim/devices/se_ops.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { SEAL_NONCE = 12, SEAL_TAG = 16, SEAL_KEY = 32 };
_Static_assert(SEAL_NONCE + SEAL_TAG == HAL_SEAL_EXTRA, "nonce, contents, tag: as hal.h promises");

/* One key for the cipher, one for the nonce. */
static int derive(const struct sim_se *d, const char *label, uint8_t key[SEAL_KEY])
{
    const uint8_t *secret = d->durable.firmware_key;
    return HMAC(EVP_sha256(), secret, sizeof d->durable.firmware_key, (const uint8_t *)label, strlen(label), key, NULL)
               ? OK
               : E_CRYPTO;
}

static int make_nonce(const struct sim_se *d, const char *context, const uint8_t *data, size_t len,
                      uint8_t nonce[SEAL_NONCE])
{
    uint8_t key[SEAL_KEY], inner[SEAL_KEY], digest[SEAL_KEY];
    int rc = derive(d, "nonce", key);
    if (rc == OK && !HMAC(EVP_sha256(), key, sizeof key, (const uint8_t *)context, strlen(context), inner, NULL))
        rc = E_CRYPTO;
    if (rc == OK && !HMAC(EVP_sha256(), inner, sizeof inner, data, len, digest, NULL))
        rc = E_CRYPTO;
    if (rc == OK)
        memcpy(nonce, digest, SEAL_NONCE);
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(inner, sizeof inner);
    return rc;
}

/* The cipher in one direction up to its tag; the caller frees *cipher. */
static int run(const struct sim_se *d, int encrypt, const char *context, const uint8_t nonce[SEAL_NONCE],
               const uint8_t *in, size_t len, uint8_t *out, EVP_CIPHER_CTX **cipher)
{
    uint8_t key[SEAL_KEY];
    int part = 0, rc = derive(d, "storage", key);
    *cipher = EVP_CIPHER_CTX_new();
    if (rc == OK && (!*cipher || EVP_CipherInit_ex(*cipher, EVP_aes_256_gcm(), NULL, key, nonce, encrypt) != 1 ||
                     EVP_CipherUpdate(*cipher, NULL, &part, (const uint8_t *)context, (int)strlen(context)) != 1 ||
                     EVP_CipherUpdate(*cipher, out, &part, in, (int)len) != 1))
        rc = E_CRYPTO;
    OPENSSL_cleanse(key, sizeof key);
    return rc;
}

int se_seal(void *ctx, const char *context, const uint8_t *data, size_t len, uint8_t *sealed)
{
    const struct sim_se *d = ctx;
    EVP_CIPHER_CTX *cipher = NULL;
    uint8_t out[HAL_SEAL_MAX + HAL_SEAL_EXTRA];
    int rest = 0;
    if (len > HAL_SEAL_MAX)
        return E_LIMIT;
    int rc = make_nonce(d, context, data, len, out);
    if (rc == OK)
        rc = run(d, 1, context, out, data, len, out + SEAL_NONCE, &cipher);
    if (rc == OK && (EVP_EncryptFinal_ex(cipher, out + SEAL_NONCE + len, &rest) != 1 ||
                     EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, SEAL_TAG, out + SEAL_NONCE + len) != 1))
        rc = E_CRYPTO;
    EVP_CIPHER_CTX_free(cipher);
    if (rc == OK)
        memcpy(sealed, out, len + HAL_SEAL_EXTRA);
    return rc;
}

int se_unseal(void *ctx, const char *context, const uint8_t *sealed, size_t len, uint8_t *data)
{
    const struct sim_se *d = ctx;
    EVP_CIPHER_CTX *cipher = NULL;
    uint8_t out[HAL_SEAL_MAX], tag[SEAL_TAG];
    int rest = 0;
    if (len < HAL_SEAL_EXTRA || len - HAL_SEAL_EXTRA > HAL_SEAL_MAX)
        return E_VERIFY;
    len -= HAL_SEAL_EXTRA;
    memcpy(tag, sealed + SEAL_NONCE + len, SEAL_TAG);
    int rc = run(d, 0, context, sealed, sealed + SEAL_NONCE, len, out, &cipher);
    if (rc == OK && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, SEAL_TAG, tag) != 1)
        rc = E_CRYPTO;
    if (rc == OK && EVP_DecryptFinal_ex(cipher, out + len, &rest) != 1)
        rc = E_VERIFY;
    EVP_CIPHER_CTX_free(cipher);
    if (rc == OK)
        memcpy(data, out, len);
    OPENSSL_cleanse(out, sizeof out);
    return rc;
}
