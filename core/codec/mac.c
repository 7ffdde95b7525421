/*
 * Message authentication codes of the acquirer link and of the card: the UnionPay ECB-MAC and its SM4 form
 * (DOMAIN 4.8), ANSI X9.9, CBC under SM4, and ISO 9797-1 algorithm 3 (X9.19; EMV Book 2 annex A1.2). Called by the
 * network layer, the simulated host and cryptogram.c.
 */
#include "core/codec/mac.h"

#include "core/codec/hex.h"

#include <openssl/crypto.h>
#include <string.h>

#define BLOCK 8

/* The UnionPay MAC folds the data into one block by XOR, then works on that block written as hex. */
static void fold(const uint8_t *data, size_t len, uint8_t *sum, size_t block)
{
    memset(sum, 0, block);
    for (size_t i = 0; i < len; i++)
        sum[i % block] ^= data[i];
}

static void xor_into(uint8_t *a, const void *b, size_t len)
{
    const uint8_t *from = b;
    for (size_t i = 0; i < len; i++)
        a[i] ^= from[i];
}

static void first_8_hex(const uint8_t *block, uint8_t mac[8])
{
    char text[9];
    hex_encode(block, 4, text, sizeof text);
    memcpy(mac, text, 8);
}

int mac_cup_ecb(const uint8_t *key, size_t key_len, const uint8_t *data, size_t len, uint8_t mac[8])
{
    uint8_t block[BLOCK];
    char text[2 * BLOCK + 1];
    if (key_len != 8 && key_len != 16)
        return E_INVAL;
    fold(data, len, block, BLOCK);
    hex_encode(block, BLOCK, text, sizeof text);
    int status = tdes_ecb(key, key_len, 1, (const uint8_t *)text, BLOCK, block);
    xor_into(block, text + BLOCK, BLOCK);
    if (status == OK)
        status = tdes_ecb(key, key_len, 1, block, BLOCK, block);
    if (status == OK)
        first_8_hex(block, mac);
    return status;
}

int mac_cup_sm4(const uint8_t key[16], const uint8_t *data, size_t len, uint8_t mac[8])
{
    uint8_t block[2 * BLOCK];
    char text[4 * BLOCK + 1];
    fold(data, len, block, sizeof block);
    hex_encode(block, sizeof block, text, sizeof text);
    int status = sm4_ecb(key, 1, (const uint8_t *)text, sizeof block, block);
    xor_into(block, text + sizeof block, sizeof block);
    if (status == OK)
        status = sm4_ecb(key, 1, block, sizeof block, block);
    if (status == OK)
        first_8_hex(block, mac);
    return status;
}

/* Bytes [at, at + n) of the padded data; empty data with padding 1 is one block of zeros. */
static void copy_padded(const uint8_t *data, size_t len, int padding, size_t at, size_t n, uint8_t *out)
{
    size_t real = at >= len ? 0 : len - at < n ? len - at : n;
    if (real)
        memcpy(out, data + at, real);
    memset(out + real, 0, n - real);
    if (padding == 2 && len >= at && len < at + n)
        out[len - at] = 0x80;
}

/* CBC under the left key half. The last block goes under `last_len` bytes of the key: with 16 that is EDE, algorithm 3.
 */
static int cbc_mac(const uint8_t *key, size_t last_len, int padding, const uint8_t *data, size_t len,
                   uint8_t mac[BLOCK])
{
    uint8_t piece[32 * BLOCK], chain[BLOCK] = {0};
    size_t padded = padding == 2 || len == 0 ? len + 1 : len;
    size_t total = (padded + BLOCK - 1) / BLOCK * BLOCK;
    int status = OK;
    for (size_t at = 0, n; at < total && status == OK; at += n) {
        n = total - at < sizeof piece ? total - at : sizeof piece;
        size_t body = at + n == total ? n - BLOCK : n;
        copy_padded(data, len, padding, at, n, piece);
        status = tdes_cbc(key, 8, 1, chain, piece, body, piece);
        if (status == OK && body < n) {
            xor_into(chain, piece + body, BLOCK);
            status = tdes_ecb(key, last_len, 1, chain, BLOCK, mac);
        }
    }
    OPENSSL_cleanse(piece, sizeof piece);
    return status;
}

int mac_x9_9(const uint8_t key[8], const uint8_t *data, size_t len, uint8_t mac[8])
{
    return cbc_mac(key, 8, 1, data, len, mac);
}

int mac_iso9797_3(const uint8_t key[16], int padding, const uint8_t *data, size_t len, uint8_t mac[8])
{
    if (padding != 1 && padding != 2)
        return E_INVAL;
    return cbc_mac(key, 16, padding, data, len, mac);
}

int mac_sm4(const uint8_t key[16], int padding, const uint8_t *data, size_t len, uint8_t mac[8])
{
    uint8_t piece[2 * BLOCK], chain[2 * BLOCK] = {0};
    size_t padded = padding == 2 || len == 0 ? len + 1 : len;
    int status = padding == 1 || padding == 2 ? OK : E_INVAL;
    for (size_t at = 0; at < padded && status == OK; at += sizeof piece) {
        copy_padded(data, len, padding, at, sizeof piece, piece);
        xor_into(chain, piece, sizeof piece);
        status = sm4_ecb(key, 1, chain, sizeof chain, chain);
    }
    if (status == OK)
        memcpy(mac, chain, BLOCK);
    OPENSSL_cleanse(piece, sizeof piece);
    return status;
}
