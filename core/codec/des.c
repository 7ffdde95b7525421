/*
 * TDES and SM4 over OpenSSL's EVP. Called by every MAC, cryptogram and PIN block, thousands of times a second: a call
 * sets one cipher context up and runs all its blocks through it. The static getters leave the look-up of the provider's
 * cipher to OpenSSL's own cache.
 */
#include "core/codec/des.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define TDES_BLOCK 8
#define SM4_BLOCK 16

static int run(const EVP_CIPHER *cipher, const uint8_t *key, const uint8_t *iv, int encrypt, const uint8_t *in,
               size_t len, uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0, status = E_CRYPTO;
    if (!ctx || EVP_CipherInit_ex(ctx, cipher, NULL, key, iv, encrypt) != 1 || EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
        goto cleanup;
    if (EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1 && (size_t)n == len)
        status = OK;
cleanup:
    EVP_CIPHER_CTX_free(ctx);
    return status;
}

/* K, K1 K2 or K1 K2 K3 as the three keys of EDE. */
static int expand(const uint8_t *key, size_t key_len, uint8_t full[24])
{
    if (key_len != 8 && key_len != 16 && key_len != 24)
        return E_INVAL;
    for (size_t i = 0; i < 24; i++)
        full[i] = key[i % key_len];
    return OK;
}

static int tdes(const EVP_CIPHER *cipher, const uint8_t *key, size_t key_len, const uint8_t *iv, int encrypt,
                const uint8_t *in, size_t len, uint8_t *out)
{
    uint8_t full[24];
    if (len % TDES_BLOCK || len > INT32_MAX || expand(key, key_len, full))
        return E_INVAL;
    int status = len ? run(cipher, full, iv, encrypt, in, len, out) : OK;
    OPENSSL_cleanse(full, sizeof full);
    return status;
}

int tdes_ecb(const uint8_t *key, size_t key_len, int encrypt, const uint8_t *in, size_t len, uint8_t *out)
{
    return tdes(EVP_des_ede3_ecb(), key, key_len, NULL, encrypt, in, len, out);
}

int tdes_cbc(const uint8_t *key, size_t key_len, int encrypt, uint8_t iv[8], const uint8_t *in, size_t len,
             uint8_t *out)
{
    uint8_t next[TDES_BLOCK];
    if (len < TDES_BLOCK)
        return len ? E_INVAL : OK;
    if (!encrypt) /* before an `out` that is `in` overwrites it */
        memcpy(next, in + len - TDES_BLOCK, TDES_BLOCK);
    int status = tdes(EVP_des_ede3_cbc(), key, key_len, iv, encrypt, in, len, out);
    if (status == OK)
        memcpy(iv, encrypt ? out + len - TDES_BLOCK : next, TDES_BLOCK);
    return status;
}

int sm4_ecb(const uint8_t key[16], int encrypt, const uint8_t *in, size_t len, uint8_t *out)
{
    if (len % SM4_BLOCK || len > INT32_MAX)
        return E_INVAL;
    return len ? run(EVP_sm4_ecb(), key, NULL, encrypt, in, len, out) : OK;
}

int tdes_kcv(const uint8_t *key, size_t key_len, uint8_t *kcv, size_t len)
{
    uint8_t block[TDES_BLOCK] = {0};
    if (len < 3 || len > TDES_BLOCK)
        return E_INVAL;
    int status = tdes_ecb(key, key_len, 1, block, sizeof block, block);
    if (status == OK)
        memcpy(kcv, block, len);
    return status;
}

void des_parity(uint8_t *key, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t ones = key[i];
        ones ^= ones >> 4;
        ones ^= ones >> 2;
        ones ^= ones >> 1;
        key[i] ^= (ones & 1) ^ 1;
    }
}
