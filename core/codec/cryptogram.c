/*
 * Application cryptograms and what hangs on them: card keys, session keys, ARPC, issuer script MAC (EMV Book 2 section
 * 8 and annexes A1.3, A1.4; JR/T 0025.7; DOMAIN 3.6-3.8). The simulated cards and the simulated issuer both compute
 * here; the terminal never does, it only carries the results.
 */
#include "core/codec/cryptogram.h"

#include "core/codec/hex.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#define PAN_MAX 19
#define Y_DIGITS 16
#define IAD_MAX 32
#define CVR_AT 3 /* length, key index, CVN, then the CVR: 03 and three bytes */
#define CVR_LEN 4
#define ALGORITHM_AT 7 /* PBOC: behind the CVR */

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

const struct ac_object ac_objects[] = {
    {0x9F02, offsetof(struct ac_input, amount), 6},
    {0x9F03, offsetof(struct ac_input, other), 6},
    {0x9F1A, offsetof(struct ac_input, country), 2},
    {0x95, offsetof(struct ac_input, tvr), 5},
    {0x5F2A, offsetof(struct ac_input, currency), 2},
    {0x9A, offsetof(struct ac_input, date), 3},
    {0x9C, offsetof(struct ac_input, type), 1},
    {0x9F37, offsetof(struct ac_input, un), 4},
    {0, 0, 0},
};

/* -- schemes -- */

static int tdes_blocks(const uint8_t key[16], int encrypt, const uint8_t *in, size_t len, uint8_t *out)
{
    return tdes_ecb(key, 16, encrypt, in, len, out);
}

struct cipher {
    size_t block;
    bool parity;
    int (*ecb)(const uint8_t key[16], int encrypt, const uint8_t *in, size_t len, uint8_t *out);
    int (*mac)(const uint8_t key[16], int padding, const uint8_t *data, size_t len, uint8_t mac[8]);
};
static const struct cipher tdes_cipher = {8, true, tdes_blocks, mac_iso9797_3};
static const struct cipher sm4_cipher = {16, false, sm4_ecb, mac_sm4};

enum session {
    SESSION_NONE,    /* the card key itself */
    SESSION_COUNTER, /* 00 x 6 ATC, 00 x 6 ~ATC, enciphered (JR/T 0025.7) */
    SESSION_COMMON,  /* EMV common session key, Book 2 A1.3.1: ATC F0 00 .., ATC 0F 00 .. */
    SESSION_XOR,     /* the card key xor 00 x 6 ATC, 00 x 6 ~ATC */
};

static const struct scheme_row {
    bool pboc;
    uint8_t cvn, algorithm; /* of 9F10; algorithm 00: there is none in it */
    const struct cipher *cipher;
    enum session session, script;
    int padding;
    bool whole_iad; /* else the CVR of it */
} schemes[] = {
    [AC_PBOC] = {true, 0x01, 0x01, &tdes_cipher, SESSION_COUNTER, SESSION_XOR, 2, false},
    [AC_CVN10] = {false, 0x0A, 0x00, &tdes_cipher, SESSION_NONE, SESSION_XOR, 1, false},
    [AC_CVN18] = {false, 0x12, 0x00, &tdes_cipher, SESSION_COMMON, SESSION_XOR, 2, true},
    [AC_PBOC_SM4] = {true, 0x01, 0x04, &sm4_cipher, SESSION_COUNTER, SESSION_COUNTER, 2, false},
};
#define SCHEMES (sizeof schemes / sizeof *schemes)

static const struct scheme_row *row_of(enum ac_scheme scheme)
{
    return (size_t)scheme < SCHEMES ? &schemes[scheme] : NULL;
}

/* -- keys -- */

int ac_master_key(enum ac_scheme scheme, const uint8_t imk[16], const char *pan, const char *psn, int option_b,
                  uint8_t mk[16])
{
    const struct scheme_row *row = row_of(scheme);
    uint8_t y[16];
    int status = row ? diversifier(pan, psn, option_b && row->cipher == &tdes_cipher, y) : E_INVAL;
    if (status)
        return status;
    for (size_t i = 0; i < 8; i++)
        y[8 + i] = y[i] ^ 0xFF;
    status = row->cipher->ecb(imk, 1, y, sizeof y, mk);
    if (status == OK && row->cipher->parity)
        des_parity(mk, 16);
    return status;
}

static int derive(const struct cipher *cipher, enum session session, const uint8_t mk[16], const uint8_t atc[2],
                  uint8_t sk[16])
{
    uint8_t blocks[16] = {0};
    bool common = session == SESSION_COMMON;
    for (size_t i = 0; i < 2; i++) {
        blocks[common ? i : 6 + i] = atc[i];
        blocks[common ? 8 + i : 14 + i] = common ? atc[i] : atc[i] ^ 0xFF;
    }
    if (session == SESSION_NONE || session == SESSION_XOR) {
        memmove(sk, mk, 16);
        for (size_t i = 0; session == SESSION_XOR && i < sizeof blocks; i++)
            sk[i] ^= blocks[i];
        return OK;
    }
    if (common) {
        blocks[2] = 0xF0;
        blocks[10] = 0x0F;
    }
    int status = cipher->ecb(mk, 1, blocks, sizeof blocks, sk);
    if (status == OK && common)
        des_parity(sk, 16);
    return status;
}

int ac_session_key(enum ac_scheme scheme, const uint8_t mk[16], const uint8_t atc[2], uint8_t sk[16])
{
    const struct scheme_row *row = row_of(scheme);
    return row ? derive(row->cipher, row->session, mk, atc, sk) : E_INVAL;
}

int script_session_key(enum ac_scheme scheme, const uint8_t mk[16], const uint8_t atc[2], uint8_t sk[16])
{
    const struct scheme_row *row = row_of(scheme);
    return row ? derive(row->cipher, row->script, mk, atc, sk) : E_INVAL;
}

/* -- cryptograms -- */

static size_t append(uint8_t *out, size_t at, const void *bytes, size_t len)
{
    memcpy(out + at, bytes, len);
    return at + len;
}

int ac_compute(enum ac_scheme scheme, const uint8_t sk[16], const struct ac_input *in, uint8_t ac[8])
{
    const struct scheme_row *row = row_of(scheme);
    uint8_t data[sizeof(struct ac_input) + IAD_MAX];
    if (!row)
        return E_INVAL;
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
    if (row->whole_iad)
        n = append(data, n, in->iad, in->iad_len);
    else
        n = append(data, n, in->iad + CVR_AT, CVR_LEN);
    return row->cipher->mac(sk, row->padding, data, n, ac);
}

/* The cryptogram xor ARC at the left of one block; the first 8 bytes of what it is enciphered to. */
int arpc_method1(enum ac_scheme scheme, const uint8_t sk[16], const uint8_t ac[8], const uint8_t arc[2],
                 uint8_t arpc[8])
{
    const struct scheme_row *row = row_of(scheme);
    uint8_t block[16] = {0};
    if (!row)
        return E_INVAL;
    memcpy(block, ac, 8);
    block[0] ^= arc[0];
    block[1] ^= arc[1];
    int status = row->cipher->ecb(sk, 1, block, row->cipher->block, block);
    if (status == OK)
        memcpy(arpc, block, 8);
    return status;
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

/* -- scripts -- */

int script_mac(enum ac_scheme scheme, const uint8_t sk[16], const uint8_t header[4], uint8_t lc, const uint8_t atc[2],
               const uint8_t ac[8], const uint8_t *data, size_t len, uint8_t *mac, size_t mac_len)
{
    const struct scheme_row *row = row_of(scheme);
    uint8_t input[4 + 1 + 2 + 8 + 255], full[8];
    if (!row || mac_len < 4 || mac_len > 8 || len > 255)
        return E_INVAL;
    size_t n = append(input, 0, header, 4);
    n = append(input, n, &lc, 1);
    n = append(input, n, atc, 2);
    n = append(input, n, ac, 8);
    if (len)
        n = append(input, n, data, len);
    int status = row->cipher->mac(sk, 2, input, n, full);
    if (status == OK)
        memcpy(mac, full, mac_len);
    OPENSSL_cleanse(input, sizeof input);
    return status;
}

int script_cipher(enum ac_scheme scheme, const uint8_t sk[16], int encrypt, const uint8_t *in, size_t len, uint8_t *out)
{
    const struct scheme_row *row = row_of(scheme);
    return row && len % 16 == 0 ? row->cipher->ecb(sk, encrypt, in, len, out) : E_INVAL;
}

/* -- which one it is -- */

int ac_scheme_of(const uint8_t *iad, size_t iad_len, int pboc, enum ac_scheme *scheme)
{
    bool told = iad_len > ALGORITHM_AT; /* a PBOC IAD that ends before it is of the older kind: 3DES */
    for (size_t i = 0; i < SCHEMES && iad_len >= CVR_AT; i++) {
        const struct scheme_row *row = &schemes[i];
        if (row->pboc != (pboc != 0) || row->cvn != iad[2])
            continue;
        if (pboc && row->algorithm != (told ? iad[ALGORITHM_AT] : 0x01))
            continue;
        *scheme = (enum ac_scheme)i;
        return OK;
    }
    return E_NOTFOUND;
}
