/*
 * A certification authority, an issuer and a card inside a test: objects of EMV Book 2 laid out and signed here, with
 * the stored test keys of cards/keys/unionpay-f1.json and with nothing of core/emv or cards/. Every byte of a block can
 * be bent before it is signed.
 */
#ifndef POSBENCH_TESTS_CORE_EMV_ODA_ISSUE_H
#define POSBENCH_TESTS_CORE_EMV_ODA_ISSUE_H

#include "core/emv/oda.h"
#include "tests/core/emv/fake_card.h"

#include <openssl/bn.h>
#include <openssl/evp.h>

struct issue_key {
    uint8_t modulus[248], secret[248], exponent[3];
    size_t len, exponent_len;
};
struct issue {
    struct issue_key ca, issuer, icc;
    uint8_t remainder[248]; /* of the key that was certified last */
    size_t remainder_len;
    /* The next block is bent before signing: */
    size_t bend_at; /* 0: header; counted from the end with bend_back */
    uint8_t bend_by;
    bool bend_back, bend_before_hash;
};

/* Value of `member` behind `object` in the text of the key file. */
static inline size_t issue_member(const char *text, const char *object, const char *member, uint8_t *out, size_t cap)
{
    char name[24], hex[600];
    snprintf(name, sizeof name, "\"%s\":", object);
    const char *at = strstr(text, name);
    snprintf(name, sizeof name, "\"%s\":", member);
    at = at ? strstr(at, name) : NULL;
    assert_non_null(at);
    assert_int_equal(sscanf(at + strlen(name), " \"%599[0-9A-F]", hex), 1);
    return fake_hex(hex, out, cap);
}

static inline void issue_load(struct issue *i)
{
    static char text[8192];
    static const char *const names[] = {"ca", "issuer", "icc"};
    struct issue_key *const keys[] = {&i->ca, &i->issuer, &i->icc};
    memset(i, 0, sizeof *i);
    FILE *file = fopen(TEST_ROOT "/cards/keys/unionpay-f1.json", "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    for (size_t k = 0; k < 3; k++) {
        keys[k]->len = issue_member(text, names[k], "modulus", keys[k]->modulus, 248);
        keys[k]->exponent_len = issue_member(text, names[k], "exponent", keys[k]->exponent, 3);
        size_t len = issue_member(text, names[k], "private", keys[k]->secret, 248);
        assert_true(len <= keys[k]->len);
        memmove(keys[k]->secret + keys[k]->len - len, keys[k]->secret, len);
        memset(keys[k]->secret, 0, keys[k]->len - len);
    }
}

static inline void issue_sign(const struct issue_key *key, uint8_t *block)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = BN_bin2bn(key->modulus, (int)key->len, NULL), *d = BN_bin2bn(key->secret, (int)key->len, NULL),
           *m = BN_bin2bn(block, (int)key->len, NULL);
    assert_int_equal(BN_mod_exp(m, m, d, n, ctx), 1);
    assert_int_equal(BN_bn2binpad(m, block, (int)key->len), (int)key->len);
    BN_free(n);
    BN_free(d);
    BN_free(m);
    BN_CTX_free(ctx);
}

/* 6A, `head`, BB up to the hash, hash over head, padding and `behind`, BC; bent where wanted; signed. */
static inline size_t issue_block(struct issue *i, const struct issue_key *key, const uint8_t *head, size_t head_len,
                                 const uint8_t *behind, size_t behind_len, uint8_t *out)
{
    size_t n = key->len, at = i->bend_back ? n - 1 - i->bend_at : i->bend_at;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    assert_true(1 + head_len <= n - 21);
    memset(out, 0xBB, n);
    out[0] = 0x6A;
    memcpy(out + 1, head, head_len);
    out[n - 1] = 0xBC;
    if (i->bend_before_hash)
        out[at] ^= i->bend_by;
    assert_int_equal(EVP_DigestInit_ex(md, EVP_sha1(), NULL), 1);
    EVP_DigestUpdate(md, out + 1, n - 22);
    EVP_DigestUpdate(md, behind, behind_len);
    EVP_DigestFinal_ex(md, out + n - 21, NULL);
    EVP_MD_CTX_free(md);
    if (!i->bend_before_hash)
        out[at] ^= i->bend_by;
    i->bend_by = 0;
    i->bend_before_hash = i->bend_back = false;
    issue_sign(key, out);
    return n;
}

/* A certificate of `subject` by `signer`: `head` up to the serial number. */
static inline size_t issue_certificate(struct issue *i, const struct issue_key *signer, const struct issue_key *subject,
                                       const uint8_t *head, size_t head_len, const uint8_t *data, size_t data_len,
                                       uint8_t *out)
{
    uint8_t body[248], behind[4096];
    size_t room = signer->len - 22 - head_len - 4, behind_len;
    memcpy(body, head, head_len);
    memcpy(body + head_len, (const uint8_t[4]){1, 1, (uint8_t)subject->len, (uint8_t)subject->exponent_len}, 4);
    size_t inside = subject->len < room ? subject->len : room;
    memcpy(body + head_len + 4, subject->modulus, inside);
    i->remainder_len = subject->len - inside;
    memcpy(i->remainder, subject->modulus + inside, i->remainder_len);
    memcpy(behind, i->remainder, i->remainder_len);
    behind_len = i->remainder_len;
    memcpy(behind + behind_len, subject->exponent, subject->exponent_len);
    behind_len += subject->exponent_len;
    if (data_len > 0)
        memcpy(behind + behind_len, data, data_len);
    return issue_block(i, signer, body, head_len + 4 + inside, behind, behind_len + data_len, out);
}

#define ISSUE_STATIC "5A0862106700000000695F2403301231"

/* A bent field of the next issuer or card certificate, before the hash is made. */
static inline void issue_bend(struct issue *i, size_t at, uint8_t by)
{
    i->bend_at = at;
    i->bend_by = by;
    i->bend_before_hash = true;
}

static inline void issue_put(struct emv *e, uint32_t tag, const uint8_t *bytes, size_t len)
{
    if (len > 0)
        assert_int_equal(emv_set(e, tag, bytes, len), OK);
    else
        emv_drop(e, tag);
}

static inline void issue_issuer(struct issue *i, struct emv *e)
{
    /* 62106700 is the beginning of the account number; good to 12/30; serial number 000001 */
    static const uint8_t head[] = {0x02, 0x62, 0x10, 0x67, 0xFF, 0x12, 0x30, 0x00, 0x00, 0x01};
    uint8_t out[248];
    size_t len = issue_certificate(i, &i->ca, &i->issuer, head, sizeof head, NULL, 0, out);
    issue_put(e, 0x8F, (const uint8_t[]){0xF1}, 1);
    issue_put(e, 0x90, out, len);
    issue_put(e, 0x92, i->remainder, i->remainder_len);
    issue_put(e, 0x9F32, i->issuer.exponent, i->issuer.exponent_len);
}

static inline void issue_icc(struct issue *i, struct emv *e)
{
    static const uint8_t head[] = {0x04, 0x62, 0x10, 0x67, 0x00, 0x00, 0x00, 0x00,
                                   0x69, 0xFF, 0xFF, 0x12, 0x30, 0x00, 0x00, 0x02};
    uint8_t out[248], data[64];
    size_t data_len = fake_hex(ISSUE_STATIC, data, sizeof data);
    size_t len = issue_certificate(i, &i->issuer, &i->icc, head, sizeof head, data, data_len, out);
    issue_put(e, 0x9F46, out, len);
    issue_put(e, 0x9F48, i->remainder, i->remainder_len);
    issue_put(e, 0x9F47, i->icc.exponent, i->icc.exponent_len);
}

static inline void issue_static(struct issue *i, struct emv *e)
{
    static const uint8_t head[] = {0x03, 0x01, 0xDA, 0xC0};
    uint8_t out[248], data[64];
    size_t data_len = fake_hex(ISSUE_STATIC, data, sizeof data);
    size_t len = issue_block(i, &i->issuer, head, sizeof head, data, data_len, out);
    issue_put(e, 0x93, out, len);
}

/* Signed dynamic data: `inner` is what the length byte LDD counts. */
static inline size_t issue_dynamic(struct issue *i, const uint8_t *inner, size_t inner_len, const uint8_t *terminal,
                                   size_t terminal_len, uint8_t *out)
{
    uint8_t head[128] = {0x05, 0x01, (uint8_t)inner_len};
    memcpy(head + 3, inner, inner_len);
    return issue_block(i, &i->icc, head, 3 + inner_len, terminal, terminal_len, out);
}

/* A terminal with the authority's key, and an application that carries all certificates and static data. */
static inline struct emv *issue_prepare(struct issue *i, struct fake_terminal *t, struct fake_card *card,
                                        const char *aip, uint8_t capabilities)
{
    struct emv_capk ca = {.rid = {0xA0, 0x00, 0x00, 0x03, 0x33}, .index = 0xF1};
    issue_load(i);
    fake_setup(t, card);
    ca.key.algorithm = EMV_PK_RSA;
    ca.key.exponent = 3;
    ca.key.len = (uint8_t)i->ca.len;
    memcpy(ca.key.bytes, i->ca.modulus, i->ca.len);
    assert_int_equal(capk_checksum(&ca, ca.checksum), OK);
    assert_int_equal(capk_take(&t->config, &ca), OK);
    t->config.capabilities[2] = capabilities;
    struct emv *e = fake_chosen(t);
    fake_put(e, 0x82, aip);
    fake_put(e, 0x5A, "6210670000000069");
    e->static_len = fake_hex(ISSUE_STATIC, e->static_data, sizeof e->static_data);
    issue_issuer(i, e);
    issue_icc(i, e);
    issue_static(i, e);
    return e;
}

#endif
