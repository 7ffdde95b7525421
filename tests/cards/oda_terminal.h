/*
 * Offline data authentication from the terminal's side, for test_oda.c: reads a card, opens its certificates, and notes
 * the first check that fails. Written from DOMAIN 2.6 and 3.10 alone. Include after <cmocka.h>.
 */
#ifndef POSBENCH_TESTS_CARDS_ODA_TERMINAL_H
#define POSBENCH_TESTS_CARDS_ODA_TERMINAL_H

#include "tests/cards/support.h"

#include "core/codec/tlv.h"

#include <cjson/cJSON.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define PAN "6212345678901117"
#define CDOL "9F02069F37048A02"

struct side { /* what a terminal gathers, and the first check that failed */
    struct bench b;
    uint8_t pool[4096], signed_data[4096], aip[2], un[4];
    size_t pool_len, signed_len;
    bool sm2;
    const char *failed;
};

struct public_key {
    uint8_t modulus[256], exponent[4];
    size_t len, exponent_len;
};

/* -- independent cryptography -- */

static bool recover(const struct public_key *key, const uint8_t *signature, size_t len, uint8_t *out)
{
    BIGNUM *n = BN_bin2bn(key->modulus, (int)key->len, NULL);
    BIGNUM *e = BN_bin2bn(key->exponent, (int)key->exponent_len, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_fromdata_init(make);
    EVP_PKEY_fromdata(make, &pkey, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    size_t out_len = 256;
    bool good = EVP_PKEY_verify_recover_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
                EVP_PKEY_verify_recover(ctx, out, &out_len, signature, len) == 1 && out_len == key->len;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_CTX_free(make);
    EVP_PKEY_free(pkey);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return good;
}

static size_t der_number(const uint8_t *number, uint8_t *out)
{
    size_t n = 0, skip = 0;
    while (skip < 31 && !number[skip])
        skip++;
    out[n++] = 0x02;
    out[n++] = (uint8_t)(32 - skip + (number[skip] >> 7));
    if (number[skip] & 0x80)
        out[n++] = 0x00;
    memcpy(out + n, number + skip, 32 - skip);
    return n + 32 - skip;
}

static bool sm2_good(const struct public_key *key, const uint8_t *message, size_t len, const uint8_t signature[64])
{
    uint8_t point[65] = {0x04}, der[80] = {0x30};
    size_t n = 2;
    memcpy(point + 1, key->modulus, 64);
    n += der_number(signature, der + n);
    n += der_number(signature + 32, der + n);
    der[1] = (uint8_t)(n - 2);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"SM2"}, 0),
                           OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL), *ctx = NULL;
    EVP_PKEY *pkey = NULL;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good = EVP_PKEY_fromdata_init(make) == 1 && EVP_PKEY_fromdata(make, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1 &&
                (ctx = EVP_PKEY_CTX_new(pkey, NULL)) && EVP_PKEY_CTX_set1_id(ctx, "1234567812345678", 16) == 1;
    EVP_MD_CTX_set_pkey_ctx(md, ctx);
    good = good && EVP_DigestVerifyInit(md, NULL, EVP_sm3(), NULL, pkey) == 1 &&
           EVP_DigestVerify(md, der, n, message, len) == 1;
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_CTX_free(make);
    EVP_PKEY_free(pkey);
    return good;
}

/* -- the terminal -- */

static bool missed(struct side *s, const char *what)
{
    if (!s->failed)
        s->failed = what;
    return false;
}

static bool find(struct side *s, uint32_t tag, struct tlv *out)
{
    return tlv_find(s->pool, s->pool_len, tag, out) == OK;
}

static void read_hex(const cJSON *item, const char *key, uint8_t *out, size_t cap, size_t *len)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(item, key));
    *len = 0;
    if (text)
        assert_int_equal(hex_decode(text, strlen(text), out, cap, len), OK);
}

/* From cards/keys/ca.json, its checksum proven. */
static bool authority(uint8_t index, struct public_key *out)
{
    static char text[16384];
    FILE *file = fopen(TEST_ROOT "/cards/keys/ca.json", "rb");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    cJSON *list = cJSON_Parse(text);
    const cJSON *item;
    bool found = false;
    cJSON_ArrayForEach(item, list)
    {
        uint8_t one, input[300], checksum[20], digest[20];
        size_t len;
        read_hex(item, "index", &one, 1, &len);
        if (one != index)
            continue;
        found = true;
        read_hex(item, "modulus", out->modulus, sizeof out->modulus, &out->len);
        read_hex(item, "exponent", out->exponent, sizeof out->exponent, &out->exponent_len);
        read_hex(item, "checksum", checksum, sizeof checksum, &len);
        memcpy(input, "\xA0\x00\x00\x03\x33", 5);
        input[5] = index;
        memcpy(input + 6, out->modulus, out->len);
        memcpy(input + 6 + out->len, out->exponent, out->exponent_len);
        EVP_Digest(input, 6 + out->len + out->exponent_len, digest, NULL, EVP_sha1(), NULL);
        if (out->exponent_len)
            assert_memory_equal(digest, checksum, 20);
    }
    cJSON_Delete(list);
    return found;
}

/* RSA: the body between header and hash, in `body`. SM2: what stands before r and s. false: s->failed says which check.
 */
static bool open_block(struct side *s, const struct public_key *key, const struct tlv *signature, uint8_t format,
                       const uint8_t *tail, size_t tail_len, uint8_t *body, size_t *body_len,
                       const char *const names[5])
{
    uint8_t block[256], input[5120], digest[20];
    if (s->sm2) {
        if (signature->len <= 64)
            return missed(s, names[0]);
        *body_len = signature->len - 64;
        memcpy(body, signature->value, *body_len);
        if (body[0] != (format | 0x10))
            return missed(s, names[3]);
        memcpy(input, body, *body_len);
        memcpy(input + *body_len, tail, tail_len);
        return sm2_good(key, input, *body_len + tail_len, signature->value + *body_len) || missed(s, names[4]);
    }
    if (signature->len != key->len)
        return missed(s, names[0]);
    if (!recover(key, signature->value, signature->len, block))
        return missed(s, names[0]);
    if (block[key->len - 1] != 0xBC)
        return missed(s, names[1]);
    if (block[0] != 0x6A)
        return missed(s, names[2]);
    if (block[1] != format)
        return missed(s, names[3]);
    *body_len = key->len - 22;
    memcpy(body, block + 1, *body_len);
    memcpy(input, body, *body_len);
    memcpy(input + *body_len, tail, tail_len);
    EVP_Digest(input, *body_len + tail_len, digest, NULL, EVP_sha1(), NULL);
    return memcmp(digest, block + key->len - 21, 20) == 0 || missed(s, names[4]);
}

/* Expiry MMYY not before the bench's day, 06/26. */
static bool is_valid(const uint8_t mmyy[2])
{
    return mmyy[1] > 0x26 || (mmyy[1] == 0x26 && mmyy[0] >= 0x06);
}

struct certificate_tags {
    uint32_t certificate, exponent, remainder;
    uint8_t format;
    size_t holder;
    const char *const *names; /* length, trailer, header, format, hash, hash-algorithm, holder, expired, algorithm */
    const char *missing_certificate, *missing_exponent, *missing_remainder;
};
static const char *const issuer_names[] = {"issuer-length", "issuer-trailer", "issuer-header",
                                           "issuer-format", "issuer-hash",    "issuer-hash-algorithm",
                                           "issuer-id",     "issuer-expired", "issuer-algorithm"};
static const char *const icc_names[] = {"icc-length",         "icc-trailer", "icc-header",  "icc-format",   "icc-hash",
                                        "icc-hash-algorithm", "icc-pan",     "icc-expired", "icc-algorithm"};
static const char *const pin_names[] = {"pin-length",         "pin-trailer", "pin-header",  "pin-format",   "pin-hash",
                                        "pin-hash-algorithm", "pin-pan",     "pin-expired", "pin-algorithm"};
static const struct certificate_tags issuer_tags = {
    0x90, 0x9F32, 0x92, 0x02, 4, issuer_names, "missing-certificate", "missing-exponent", "missing-remainder"};
static const struct certificate_tags icc_tags = {0x9F46,
                                                 0x9F47,
                                                 0x9F48,
                                                 0x04,
                                                 10,
                                                 icc_names,
                                                 "missing-icc-certificate",
                                                 "missing-icc-exponent",
                                                 "missing-icc-remainder"};
static const struct certificate_tags pin_tags = {0x9F2D, 0x9F2E, 0x9F2F, 0x04, 10, pin_names, "", "", ""};

static bool open_certificate(struct side *s, const struct certificate_tags *t, const struct public_key *signer,
                             const uint8_t *static_data, size_t static_len, struct public_key *out)
{
    struct tlv certificate, exponent = {0}, remainder = {0};
    uint8_t tail[4600], body[256];
    size_t tail_len = 0, body_len;
    if (!find(s, t->certificate, &certificate))
        return missed(s, t->missing_certificate);
    if (!find(s, t->exponent, &exponent) && !s->sm2)
        return missed(s, t->missing_exponent);
    find(s, t->remainder, &remainder);
    if (remainder.len)
        memcpy(tail, remainder.value, remainder.len);
    tail_len = remainder.len;
    if (exponent.len)
        memcpy(tail + tail_len, exponent.value, exponent.len);
    tail_len += exponent.len;
    memcpy(tail + tail_len, static_data, static_len);
    tail_len += static_len;
    /* a remainder that must be there is missing: seen before the hash would be wrong */
    uint8_t clear[256];
    size_t head = 10 + t->holder;
    if (!s->sm2 && certificate.len == signer->len && recover(signer, certificate.value, certificate.len, clear) &&
        clear[head - 1] > signer->len - head - 22 && !remainder.len)
        return missed(s, t->missing_remainder);
    if (!open_block(s, signer, &certificate, t->format, tail, tail_len, body, &body_len, t->names))
        return false;
    const uint8_t *behind = body + 1 + t->holder;
    if (behind[5] != (s->sm2 ? 0x04 : 0x01))
        return missed(s, s->sm2 ? t->names[8] : t->names[5]);
    const uint8_t pan[10] = {0x62, 0x12, 0x34, 0x56, 0x78, 0x90, 0x11, 0x17, 0xFF, 0xFF};
    if (memcmp(body + 1, pan, t->holder) != 0)
        return missed(s, t->names[6]);
    if (!is_valid(behind))
        return missed(s, t->names[7]);
    if (t->format == 0x02 && memcmp(behind + 2, "\xBA\xD0\x01", 3) == 0)
        return missed(s, "issuer-revoked");
    if (behind[6] != (s->sm2 ? 0x00 : 0x01))
        return missed(s, t->names[8]);
    size_t in_body = body_len - head;
    out->len = s->sm2 ? behind[8] : behind[7];
    if (in_body > out->len)
        in_body = out->len;
    assert_int_equal(in_body + remainder.len, out->len);
    memcpy(out->modulus, behind + 9, in_body);
    if (remainder.len)
        memcpy(out->modulus + in_body, remainder.value, remainder.len);
    if (exponent.len)
        memcpy(out->exponent, exponent.value, exponent.len);
    out->exponent_len = exponent.len;
    return true;
}

/* Selects, initiates, reads: objects to the pool, signed records to signed_data (AIP behind them with 9F4A 82). */
static void read_card(struct side *s)
{
    struct tlv options, record, list;
    size_t at = 0;
    uint8_t afl[252];
    assert_int_equal(send(&s->b, SELECT_AID), 0x9000);
    assert_int_equal(send(&s->b, GPO), 0x9000);
    assert_int_equal(tlv_next(s->b.answer, s->b.len - 2, &at, &options), OK);
    memcpy(s->aip, options.value, 2);
    size_t afl_len = options.len - 2;
    memcpy(afl, options.value + 2, afl_len);
    for (size_t i = 0; i < afl_len; i += 4) {
        for (unsigned r = afl[i + 1]; r <= afl[i + 2]; r++) {
            char command[16];
            snprintf(command, sizeof command, "00B2%02X%02X00", r, afl[i] | 4);
            assert_int_equal(send(&s->b, command), 0x9000);
            at = 0;
            assert_int_equal(tlv_next(s->b.answer, s->b.len - 2, &at, &record), OK);
            memcpy(s->pool + s->pool_len, record.value, record.len);
            s->pool_len += record.len;
            if (r - afl[i + 1] < afl[i + 3]) {
                memcpy(s->signed_data + s->signed_len, record.value, record.len);
                s->signed_len += record.len;
            }
        }
    }
    if (!find(s, 0x9F4A, &list))
        return;
    if (list.len != 1 || list.value[0] != 0x82)
        missed(s, "9F4A-other");
    memcpy(s->signed_data + s->signed_len, s->aip, 2);
    s->signed_len += 2;
}

static bool open_issuer(struct side *s, struct public_key *issuer)
{
    struct tlv index;
    struct public_key ca;
    if (s->failed)
        return false;
    if (!find(s, 0x8F, &index))
        return missed(s, "missing-index");
    if (!authority(index.value[0], &ca))
        return missed(s, "unknown-index");
    return open_certificate(s, &issuer_tags, &ca, s->signed_data, 0, issuer);
}

static const char *const ssad_names[] = {"ssad-length", "ssad-trailer", "ssad-header", "ssad-format", "ssad-hash"};
static const char *const sdad_names[] = {"sdad-length", "sdad-trailer", "sdad-header", "sdad-format", "sdad-hash"};

static void check_static(struct side *s, const struct public_key *issuer)
{
    struct tlv ssad;
    uint8_t body[256];
    size_t len;
    if (!find(s, 0x93, &ssad)) {
        missed(s, "missing-ssad");
        return;
    }
    if (open_block(s, issuer, &ssad, 0x03, s->signed_data, s->signed_len, body, &len, ssad_names) && !s->sm2 &&
        body[1] != 0x01)
        missed(s, "ssad-hash-algorithm");
}

/* Whole chain and INTERNAL AUTHENTICATE. */
static void check_dynamic(struct side *s, const struct public_key *icc)
{
    struct tlv ddol = {0x9F49, 3, (const uint8_t[]){0x9F, 0x37, 0x04}}, answer, sdad;
    uint8_t body[256];
    size_t len, at = 0;
    if (find(s, 0x9F49, &ddol) && (ddol.len < 3 || memcmp(ddol.value, "\x9F\x37\x04", 3) != 0)) {
        missed(s, "ddol-without-un");
        return;
    }
    if (send(&s->b, "008800000411223344"
                    "00") != 0x9000) {
        missed(s, "dda-refused");
        return;
    }
    assert_int_equal(tlv_next(s->b.answer, s->b.len - 2, &at, &answer), OK);
    sdad = answer;
    if (answer.tag == 0x77)
        assert_int_equal(tlv_find(answer.value, answer.len, 0x9F4B, &sdad), OK);
    if (!open_block(s, icc, &sdad, 0x05, (const uint8_t[]){0x11, 0x22, 0x33, 0x44}, 4, body, &len, sdad_names))
        return;
    size_t ldd = s->sm2 ? 1 : 2;
    if (!s->sm2 && body[1] != 0x01)
        missed(s, "sdad-hash-algorithm");
    else if (body[ldd] != 9)
        missed(s, "sdad-ldd");
    else
        assert_int_equal(body[ldd + 1], 8);
}

/* A GENERATE AC with the CDA bit; `hashed_before`: PDOL and CDOL data of this transaction so far. */
static void check_combined(struct side *s, const struct public_key *icc, const char *command, const char *hashed_before)
{
    struct tlv answer, sdad, cid, o;
    uint8_t body[256], input[1024], digest[32];
    size_t len, at = 0, n;
    assert_int_equal(send(&s->b, command), 0x9000);
    assert_int_equal(tlv_next(s->b.answer, s->b.len - 2, &at, &answer), OK);
    if (answer.tag != 0x77 || tlv_find(answer.value, answer.len, 0x9F4B, &sdad) != OK) {
        missed(s, "cda-missing");
        return;
    }
    assert_int_equal(tlv_find(answer.value, answer.len, 0x9F26, &o), E_NOTFOUND);
    assert_int_equal(tlv_find(answer.value, answer.len, 0x9F27, &cid), OK);
    if (!open_block(s, icc, &sdad, 0x05, (const uint8_t[]){0x12, 0x34, 0x56, 0x78}, 4, body, &len, sdad_names))
        return;
    const uint8_t *dynamic = body + (s->sm2 ? 2 : 3);
    if (dynamic[9] != cid.value[0]) {
        missed(s, "cda-cid");
        return;
    }
    assert_int_equal(hex_decode(hashed_before, strlen(hashed_before), input, sizeof input, &n), OK);
    for (at = 0; at < answer.len;) {
        size_t from = at;
        assert_int_equal(tlv_next(answer.value, answer.len, &at, &o), OK);
        if (o.tag == 0x9F4B)
            continue;
        memcpy(input + n, answer.value + from, at - from);
        n += at - from;
    }
    EVP_Digest(input, n, digest, NULL, s->sm2 ? EVP_sm3() : EVP_sha1(), NULL);
    if (memcmp(digest, dynamic + 18, s->sm2 ? 32 : 20) != 0)
        missed(s, "cda-hash");
}

#endif
