/*
 * Certificates: from the authority's key to the issuer's, and from that to the card's keys for data authentication and
 * for its PIN (EMV Book 2 5.2, 5.3, 6.2 to 6.4, 7.1; DOMAIN 2.6; SM2: 3.10). Called by oda.c; emv_recover_pin_key by
 * cardholder verification.
 */
#include "core/emv/oda.h"

#include "core/codec/hex.h"

#include <openssl/crypto.h>
#include <string.h>

#define PAN_LEN 10
#define PAD_NIBBLE 0x0F

/* The four bytes behind a certificate's serial number. RSA: hash, key algorithm, key length, exponent length. SM2:
 * signature algorithm, 00, curve, key length. */
struct key_info {
    size_t at; /* of the four bytes; the key follows them */
};
static const struct key_info issuer_info = {10}, icc_info = {16};
#define KEY_RSA 0x01
#define CURVE_SM2 0x11

/* Objects by tag that carry one certificate. */
struct certificate {
    const char *name;
    uint8_t format;
    uint32_t certificate, exponent, remainder;
};
static const struct certificate issuer_certificate = {"issuer certificate", ODA_ISSUER_CERT, 0x90, 0x9F32, 0x92};
static const struct certificate icc_certificate = {"card certificate", ODA_ICC_CERT, 0x9F46, 0x9F47, 0x9F48};
static const struct certificate pin_certificate = {"PIN certificate", ODA_ICC_CERT, 0x9F2D, 0x9F2E, 0x9F2F};

static struct oda_span object(const struct emv *e, uint32_t tag)
{
    struct oda_span span = {NULL, 0};
    if (emv_get(e, tag, &span.bytes, &span.len) != OK)
        span = (struct oda_span){NULL, 0};
    return span;
}

/* ---- what a certificate must agree with ---- */

/* The account number's digits; their count. */
static size_t account(const struct emv *e, char digits[21])
{
    struct oda_span pan = object(e, 0x5A);
    if (pan.len > PAN_LEN)
        pan.len = 0;
    bcd_unpack(pan.bytes, 0, pan.len * 2, digits);
    size_t count = strcspn(digits, "F");
    digits[count] = '\0';
    return count;
}

/* Three to eight digits, filled with F, that the account number begins with. */
static bool issuer_id_ok(const struct emv *e, const uint8_t id[4])
{
    char digits[21], wanted[9];
    size_t count = account(e, digits);
    bcd_unpack(id, 0, 8, wanted);
    size_t len = strcspn(wanted, "F");
    bool ok =
        len >= 3 && len <= count && wanted[len + strspn(wanted + len, "F")] == '\0' && memcmp(wanted, digits, len) == 0;
    OPENSSL_cleanse(digits, sizeof digits);
    return ok;
}

static bool pan_ok(const struct emv *e, const uint8_t pan[PAN_LEN])
{
    char digits[21], signed_digits[21];
    size_t count = account(e, digits);
    bcd_unpack(pan, 0, 2 * PAN_LEN, signed_digits);
    size_t len = strcspn(signed_digits, "F");
    bool ok = len == count && signed_digits[len + strspn(signed_digits + len, "F")] == '\0' &&
              memcmp(signed_digits, digits, len) == 0;
    OPENSSL_cleanse(digits, sizeof digits);
    OPENSSL_cleanse(signed_digits, sizeof signed_digits);
    return ok;
}

/* Good to the last day of MMYY. */
static bool in_time(const struct emv *e, const uint8_t mmyy[2])
{
    const uint8_t *today = emv_fixed(e, 0x9A, 3);
    uint32_t last = capk_date_key(mmyy[1], mmyy[0], 0x00);
    return today && last && capk_date_key(today[0], today[1], 0x00) <= last;
}

/* ---- the key inside ---- */

static bool exponent_of(struct oda_span bytes, uint32_t *out)
{
    *out = 0;
    for (size_t i = 0; i < bytes.len && i < 4; i++)
        *out = *out << 8 | bytes.bytes[i];
    return bytes.len == 1 || bytes.len == 3;
}

static int take_sm2(const struct oda_block *block, const struct key_info *info, struct emv_key *out)
{
    const uint8_t *four = block->bytes + info->at;
    if (block->len != info->at + 4 + CAPK_SM2_LEN)
        return ODA_LENGTH;
    if (four[0] != EMV_PK_SM2 || four[2] != CURVE_SM2)
        return ODA_ALGORITHM;
    if (four[3] != CAPK_SM2_LEN)
        return ODA_KEY_LENGTH;
    *out = (struct emv_key){.len = CAPK_SM2_LEN, .algorithm = EMV_PK_SM2};
    memcpy(out->bytes, four + 4, CAPK_SM2_LEN);
    return OK;
}

/* Leftmost part in the certificate, the rest in the remainder object. */
static int take_rsa(const struct oda_block *block, const struct key_info *info, struct oda_span exponent,
                    struct oda_span remainder, struct emv_key *out)
{
    const uint8_t *four = block->bytes + info->at;
    size_t room = block->len - info->at - 4, len = four[2];
    if (four[1] != KEY_RSA)
        return ODA_ALGORITHM;
    if (len < CAPK_RSA_MIN || len > EMV_KEY_MAX)
        return ODA_KEY_LENGTH;
    if (remainder.len != (len > room ? len - room : 0))
        return ODA_KEY_LENGTH;
    *out = (struct emv_key){.len = (uint8_t)len, .algorithm = EMV_PK_RSA};
    memcpy(out->bytes, four + 4, len < room ? len : room);
    if (remainder.len > 0)
        memcpy(out->bytes + room, remainder.bytes, remainder.len);
    if (!exponent_of(exponent, &out->exponent) || exponent.len != four[3] ||
        (out->exponent != 3 && out->exponent != 65537))
        return ODA_EXPONENT;
    return capk_key_ok(out) ? OK : ODA_KEY;
}

/* The hash cannot be right because a part of the key is not there. */
static bool lacks_remainder(const struct emv *e, const struct certificate *c, const struct oda_block *block)
{
    size_t at = (c->format == ODA_ISSUER_CERT ? issuer_info : icc_info).at;
    return object(e, c->remainder).len == 0 && block->bytes[at + 2] > block->len - at - 4;
}

/* Opens a certificate: its signature, not yet what it says. `more`: signed behind remainder and exponent. */
static int open_certificate(const struct emv *e, const struct certificate *c, const struct emv_key *signer,
                            const struct oda_span *more, size_t more_count, struct oda_block *block)
{
    struct oda_span behind[4], bytes = object(e, c->certificate);
    size_t count = 0;
    if (bytes.len == 0 || (signer->algorithm == EMV_PK_RSA && object(e, c->exponent).len == 0))
        return ODA_MISSING;
    if (signer->algorithm == EMV_PK_RSA) {
        behind[count++] = object(e, c->remainder);
        behind[count++] = object(e, c->exponent);
    }
    for (size_t i = 0; i < more_count; i++)
        behind[count++] = more[i];
    int rc = oda_open(signer, c->format, bytes.bytes, bytes.len, behind, count, block);
    return rc == ODA_HASH && lacks_remainder(e, c, block) ? ODA_MISSING : rc;
}

static int take_key(const struct emv *e, const struct certificate *c, const struct emv_key *signer,
                    const struct oda_block *block, const struct key_info *info, struct emv_key *out)
{
    return signer->algorithm == EMV_PK_SM2
               ? take_sm2(block, info, out)
               : take_rsa(block, info, object(e, c->exponent), object(e, c->remainder), out);
}

/* Names the check that failed, and leaves no half-made key. */
static int finish(const struct emv *e, const struct certificate *c, int rc, struct oda_block *block,
                  struct emv_key *key)
{
    OPENSSL_cleanse(block, sizeof *block);
    if (rc != OK)
        *key = (struct emv_key){0};
    return rc > 0 ? oda_fail(e, c->name, (enum oda_check)rc) : rc;
}

/* ---- the keys ---- */

int oda_issuer_key(struct emv *e)
{
    const uint8_t *rid = e->aid->aid, *index = emv_fixed(e, 0x8F, 1), *today = emv_fixed(e, 0x9A, 3);
    struct oda_block block = {.len = 0};
    if (!index)
        return oda_fail(e, issuer_certificate.name, ODA_MISSING);
    const struct emv_capk *ca = capk_find(e->config, rid, *index);
    if (!ca)
        return oda_fail(e, issuer_certificate.name, ODA_NO_CA_KEY);
    if (today && capk_expired(ca, today))
        return oda_fail(e, issuer_certificate.name, ODA_CA_KEY_EXPIRED);
    int rc = open_certificate(e, &issuer_certificate, &ca->key, NULL, 0, &block);
    if (rc == OK && block.len < issuer_info.at + 4)
        rc = ODA_LENGTH;
    if (rc == OK && !issuer_id_ok(e, block.bytes + 1))
        rc = ODA_ISSUER_ID;
    if (rc == OK && !in_time(e, block.bytes + 5))
        rc = ODA_EXPIRY;
    if (rc == OK && capk_revoked(e->config, rid, *index, block.bytes + 7))
        rc = ODA_REVOKED;
    if (rc == OK)
        rc = take_key(e, &issuer_certificate, &ca->key, &block, &issuer_info, &e->issuer_key);
    return finish(e, &issuer_certificate, rc, &block, &e->issuer_key);
}

/* A key of the card, signed by its issuer. */
static int card_key(struct emv *e, const struct certificate *c, const struct oda_span *more, size_t more_count,
                    struct emv_key *out)
{
    struct oda_block block = {.len = 0};
    int rc = open_certificate(e, c, &e->issuer_key, more, more_count, &block);
    if (rc == OK && block.len < icc_info.at + 4)
        rc = ODA_LENGTH;
    if (rc == OK && !pan_ok(e, block.bytes + 1))
        rc = ODA_PAN;
    if (rc == OK && !in_time(e, block.bytes + 11))
        rc = ODA_EXPIRY;
    if (rc == OK)
        rc = take_key(e, c, &e->issuer_key, &block, &icc_info, out);
    return finish(e, c, rc, &block, out);
}

int oda_static_data(const struct emv *e, struct oda_span span[2])
{
    struct oda_span list = object(e, 0x9F4A);
    const uint8_t *value;
    size_t len;
    span[0] = (struct oda_span){e->static_data, e->static_len};
    span[1] = (struct oda_span){NULL, 0};
    if (e->static_broken)
        return oda_fail(e, "static data", ODA_RECORD);
    if (emv_get(e, 0x9F4A, &value, &len) != OK)
        return OK;
    if (list.len != 1 || list.bytes[0] != 0x82)
        return oda_fail(e, "static data", ODA_TAG_LIST);
    span[1] = object(e, 0x82);
    return OK;
}

int oda_icc_key(struct emv *e)
{
    struct oda_span data[2];
    int rc = oda_static_data(e, data);
    return rc == OK ? card_key(e, &icc_certificate, data, 2, &e->icc_key) : rc;
}

int emv_recover_pin_key(struct emv *e)
{
    int rc = e->issuer_key.len ? OK : oda_issuer_key(e);
    if (rc != OK)
        return rc;
    if (object(e, pin_certificate.certificate).len > 0)
        return card_key(e, &pin_certificate, NULL, 0, &e->pin_key);
    if (e->icc_key.len == 0)
        rc = oda_icc_key(e);
    if (rc == OK)
        e->pin_key = e->icc_key;
    return rc;
}
