/*
 * Signed blocks and certificates, right or with one thing wrong (EMV Book 2 tables 2, 3, 14, 17; DOMAIN 2.6, 3.10).
 * Called by personalise.c at load time and dynamic.c.
 *
 * A change is made where only its own check sees it: what lies in the hashed part is changed before the hash is made.
 */
#include "cards/oda.h"

#include "cards/signing.h"

#include <openssl/crypto.h>
#include <string.h>

#define FRAME 22 /* header, hash 20, trailer around an RSA body */
#define PADDING 0xBB

/* 6A, body, BB .., SHA-1, BC: as long as the modulus. */
static int seal_rsa(const struct oda_seal *seal, struct card_bytes *out)
{
    size_t n = seal->signer->modulus.len;
    uint8_t block[SIGNING_MAX], input[SIGNING_MAX + ODA_TAIL_MAX], digest[32];
    if (n > sizeof block || seal->body_len + FRAME > n || seal->tail_len > ODA_TAIL_MAX)
        return E_LIMIT;
    memset(block, PADDING, n);
    block[0] = seal->change == ODA_HEADER ? 0x6B : 0x6A;
    memcpy(block + 1, seal->body, seal->body_len);
    memcpy(input, block + 1, n - FRAME);
    if (seal->tail_len)
        memcpy(input + n - FRAME, seal->tail, seal->tail_len);
    signing_digest(CHAIN_RSA, input, n - FRAME + seal->tail_len, digest);
    memcpy(block + n - 21, digest, 20);
    if (seal->change == ODA_HASH)
        block[n - 2] ^= 0x01;
    block[n - 1] = seal->change == ODA_TRAILER ? 0xBD : 0xBC;
    out->len = (uint16_t)n;
    return rsa_private(seal->signer, block, out->bytes);
}

/* Body, r, s: nothing is recovered, and there is no padding. */
static int seal_sm2(const struct oda_seal *seal, struct card_bytes *out)
{
    uint8_t input[CARD_DATA_MAX + ODA_TAIL_MAX];
    if (seal->body_len + SM2_SIGNATURE > sizeof out->bytes || seal->tail_len > ODA_TAIL_MAX)
        return E_LIMIT;
    memcpy(input, seal->body, seal->body_len);
    if (seal->tail_len)
        memcpy(input + seal->body_len, seal->tail, seal->tail_len);
    memcpy(out->bytes, seal->body, seal->body_len);
    out->len = (uint16_t)(seal->body_len + SM2_SIGNATURE);
    int status = sm2_sign(seal->signer, input, seal->body_len + seal->tail_len, out->bytes + seal->body_len);
    if (seal->change == ODA_HASH)
        out->bytes[out->len - 1] ^= 0x01;
    return status;
}

int oda_seal(const struct oda_seal *seal, struct card_bytes *out)
{
    int status = seal->algorithm == CHAIN_SM2 ? seal_sm2(seal, out) : seal_rsa(seal, out);
    if (status == OK && seal->change == ODA_LENGTH)
        out->len--;
    return status;
}

/* Format, holder, expiry, serial, and what kind of key follows. */
static size_t describe(const struct oda_certificate *want, uint8_t *body)
{
    bool sm2 = want->chain->algorithm == CHAIN_SM2;
    size_t n = 0;
    body[n++] = want->format | (sm2 ? 0x10 : 0x00);
    memcpy(body + n, want->holder, want->holder_len);
    n += want->holder_len;
    memcpy(body + n, want->expiry, 2);
    memcpy(body + n + 2, want->serial, 3);
    n += 5;
    body[n++] = sm2 ? 0x04 : 0x01; /* hash algorithm; SM2: hash and signature */
    body[n++] = sm2 ? 0x00 : 0x01; /* algorithm of the key; SM2: of which curve, with the next */
    body[n++] = sm2 ? 0x11 : (uint8_t)want->key->modulus.len;
    body[n++] = sm2 ? 0x40 : (uint8_t)want->key->exponent.len;
    return n;
}

static void change_body(const struct oda_certificate *want, uint8_t *body)
{
    uint8_t *behind_holder = body + 1 + want->holder_len;
    switch (want->change) {
    case ODA_FORMAT:
        body[0] ^= 0x20;
        break;
    case ODA_HOLDER: /* other digits behind the first two, still digits */
        body[2] = body[2] == 0x99 ? 0x98 : 0x99;
        break;
    case ODA_EXPIRED:
        behind_holder[0] = 0x12;
        behind_holder[1] = 0x19;
        break;
    case ODA_REVOKED:
        memcpy(behind_holder + 2, (const uint8_t[]){0xBA, 0xD0, 0x01}, 3);
        break;
    case ODA_HASH_ALGORITHM:
        behind_holder[5] = 0x07;
        break;
    case ODA_PK_ALGORITHM:
        behind_holder[want->chain->algorithm == CHAIN_SM2 ? 5 : 6] = 0x07;
        break;
    default:
        break;
    }
}

int oda_certify(const struct oda_certificate *want, struct card_bytes *certificate, struct card_bytes *remainder)
{
    const struct card_bytes *key = &want->key->modulus, *exponent = &want->key->exponent;
    uint8_t body[SIGNING_MAX + 16], tail[ODA_TAIL_MAX];
    size_t n = describe(want, body), room = key->len, tail_len = 0;
    if (want->chain->algorithm == CHAIN_RSA) {
        room = want->signer->modulus.len - FRAME - n;
        if (room > key->len)
            room = key->len;
    }
    memcpy(body + n, key->bytes, room);
    change_body(want, body);
    remainder->len = (uint16_t)(key->len - room);
    memcpy(remainder->bytes, key->bytes + room, remainder->len);
    if (remainder->len + exponent->len + want->static_len > sizeof tail)
        return E_LIMIT;
    memcpy(tail, remainder->bytes, remainder->len);
    tail_len = remainder->len;
    memcpy(tail + tail_len, exponent->bytes, exponent->len);
    tail_len += exponent->len;
    if (want->static_len)
        memcpy(tail + tail_len, want->static_data, want->static_len);
    tail_len += want->static_len;
    if (want->change == ODA_STATIC_DATA && want->static_len)
        tail[tail_len - 1] ^= 0x01;
    return oda_seal(&(struct oda_seal){.algorithm = want->chain->algorithm,
                                       .signer = want->signer,
                                       .body = body,
                                       .body_len = n + room,
                                       .tail = tail,
                                       .tail_len = tail_len,
                                       .change = want->change},
                    certificate);
}
