/*
 * Application cryptograms and what hangs on them: card keys, session keys, ARPC, issuer script MAC (EMV Book 2 section
 * 8 and annexes A1.3, A1.4; JR/T 0025.7; DOMAIN 3.6-3.8). The simulated cards and the simulated issuer both compute
 * here; the terminal never does, it only carries the results.
 */
#include "core/codec/cryptogram.h"

#include "core/codec/hex.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define PAN_MAX 19
#define Y_DIGITS 16
#define IAD_MAX 32
#define CVR_AT 3 /* length, key index, CVN, then the CVR: 03 and three bytes */
#define CVR_LEN 4

/* EMV Book 2 A1.4.2: SHA-1 of PAN and sequence number, decimal digits first, letters A-F as 0-5 for what is missing. */
static int decimalise(const char *digits, size_t count, char y[Y_DIGITS + 1])
{
    uint8_t packed[(PAN_MAX + 3) / 2], hash[EVP_MAX_MD_SIZE];
    unsigned hash_len = 0;
    char text[2 * EVP_MAX_MD_SIZE + 1];
    size_t bytes = (count + 1) / 2, n = 0;
    int status = bcd_pack(digits, count, 0, 0, packed, bytes);
    if (status == OK && EVP_Digest(packed, bytes, hash, &hash_len, EVP_sha1(), NULL) != 1)
        status = E_CRYPTO;
    if (status)
        return status;
    hex_encode(hash, hash_len, text, sizeof text);
    for (const char *c = text; *c && n < Y_DIGITS; c++)
        if (*c <= '9')
            y[n++] = *c;
    for (const char *c = text; *c && n < Y_DIGITS; c++)
        if (*c > '9')
            y[n++] = (char)(*c - 'A' + '0');
    y[n] = '\0';
    return OK;
}

/* The 16 digits a card key is derived from, packed. */
static int diversifier(const char *pan, const char *psn, int option_b, uint8_t y[8])
{
    char digits[PAN_MAX + 3], hashed[Y_DIGITS + 1];
    size_t pan_len = strspn(pan, "0123456789");
    if (pan_len == 0 || pan_len > PAN_MAX || pan[pan_len] || strspn(psn, "0123456789") != 2 || psn[2])
        return E_INVAL;
    memcpy(digits, pan, pan_len);
    memcpy(digits + pan_len, psn, 3);
    size_t count = pan_len + 2, used = count < Y_DIGITS ? count : Y_DIGITS;
    if (!option_b || pan_len <= 16)
        return bcd_pack(digits + count - used, used, 0, 0, y, 8);
    int status = decimalise(digits, count, hashed);
    return status ? status : bcd_pack(hashed, Y_DIGITS, 0, 0, y, 8);
}

int ac_master_key(const uint8_t imk[16], const char *pan, const char *psn, int option_b, uint8_t mk[16])
{
    uint8_t y[16];
    int status = diversifier(pan, psn, option_b, y);
    if (status)
        return status;
    for (size_t i = 0; i < 8; i++)
        y[8 + i] = y[i] ^ 0xFF;
    status = tdes_ecb(imk, 16, 1, y, sizeof y, mk);
    if (status == OK)
        des_parity(mk, 16);
    return status;
}

int ac_session_key(enum ac_scheme scheme, const uint8_t mk[16], const uint8_t atc[2], uint8_t sk[16])
{
    uint8_t blocks[16] = {0};
    if (scheme == AC_CVN10) {
        memmove(sk, mk, 16);
        return OK;
    }
    if (scheme == AC_PBOC) {
        for (size_t i = 0; i < 2; i++) {
            blocks[6 + i] = atc[i];
            blocks[14 + i] = atc[i] ^ 0xFF;
        }
        return tdes_ecb(mk, 16, 1, blocks, sizeof blocks, sk);
    }
    memcpy(blocks, atc, 2); /* EMV common session key, Book 2 A1.3.1 */
    memcpy(blocks + 8, atc, 2);
    blocks[2] = 0xF0;
    blocks[10] = 0x0F;
    int status = tdes_ecb(mk, 16, 1, blocks, sizeof blocks, sk);
    if (status == OK)
        des_parity(sk, 16);
    return status;
}

static size_t append(uint8_t *out, size_t at, const void *bytes, size_t len)
{
    memcpy(out + at, bytes, len);
    return at + len;
}

int ac_compute(enum ac_scheme scheme, const uint8_t sk[16], const struct ac_input *in, uint8_t ac[8])
{
    uint8_t data[sizeof(struct ac_input) + IAD_MAX];
    if (in->iad_len < CVR_AT + CVR_LEN || in->iad_len > IAD_MAX)
        return E_FORMAT;
    size_t n = append(data, 0, in->amount, sizeof in->amount);
    n = append(data, n, in->other, sizeof in->other);
    n = append(data, n, in->country, sizeof in->country);
    n = append(data, n, in->tvr, sizeof in->tvr);
    n = append(data, n, in->currency, sizeof in->currency);
    n = append(data, n, in->date, sizeof in->date);
    n = append(data, n, &in->type, 1);
    n = append(data, n, in->un, sizeof in->un);
    n = append(data, n, in->aip, sizeof in->aip);
    n = append(data, n, in->atc, sizeof in->atc);
    if (scheme == AC_CVN18)
        n = append(data, n, in->iad, in->iad_len);
    else
        n = append(data, n, in->iad + CVR_AT, CVR_LEN);
    return mac_iso9797_3(sk, scheme == AC_CVN10 ? 1 : 2, data, n, ac);
}

int arpc_method1(const uint8_t sk[16], const uint8_t ac[8], const uint8_t arc[2], uint8_t arpc[8])
{
    uint8_t block[8];
    memcpy(block, ac, 8);
    block[0] ^= arc[0];
    block[1] ^= arc[1];
    return tdes_ecb(sk, 16, 1, block, sizeof block, arpc);
}

int arpc_method2(const uint8_t sk[16], const uint8_t ac[8], const uint8_t csu[4], uint8_t arpc[4])
{
    uint8_t data[12], mac[8];
    memcpy(data, ac, 8);
    memcpy(data + 8, csu, 4);
    int status = mac_iso9797_3(sk, 2, data, sizeof data, mac);
    if (status == OK)
        memcpy(arpc, mac, 4);
    return status;
}

int script_session_key(const uint8_t mk[16], const uint8_t atc[2], uint8_t sk[16])
{
    memmove(sk, mk, 16);
    for (size_t i = 0; i < 2; i++) {
        sk[6 + i] ^= atc[i];
        sk[14 + i] ^= atc[i] ^ 0xFF;
    }
    return OK;
}

int script_mac(const uint8_t sk[16], const uint8_t header[4], uint8_t lc, const uint8_t atc[2], const uint8_t ac[8],
               const uint8_t *data, size_t len, uint8_t *mac, size_t mac_len)
{
    uint8_t input[4 + 1 + 2 + 8 + 255], full[8];
    if (mac_len < 4 || mac_len > 8 || len > 255)
        return E_INVAL;
    size_t n = append(input, 0, header, 4);
    n = append(input, n, &lc, 1);
    n = append(input, n, atc, 2);
    n = append(input, n, ac, 8);
    if (len)
        n = append(input, n, data, len);
    int status = mac_iso9797_3(sk, 2, input, n, full);
    if (status == OK)
        memcpy(mac, full, mac_len);
    OPENSSL_cleanse(input, sizeof input);
    return status;
}

int ac_scheme_of(const uint8_t *iad, size_t iad_len, int pboc, enum ac_scheme *scheme)
{
    static const struct cvn_row {
        int pboc;
        uint8_t cvn;
        enum ac_scheme scheme;
    } rows[] = {{1, 0x01, AC_PBOC}, {0, 0x0A, AC_CVN10}, {0, 0x12, AC_CVN18}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows && iad_len >= CVR_AT; i++) {
        if (rows[i].pboc == !!pboc && rows[i].cvn == iad[2]) {
            *scheme = rows[i].scheme;
            return OK;
        }
    }
    return E_NOTFOUND;
}
