/*
 * The certificates of a card, verified from its records and the authority's public key as a terminal would (DOMAIN 2.6,
 * 3.10; EMV Book 2 sections 5 and 6), and what of offline data authentication shows only in use. Called by check.c.
 */
#include "cards/check_internal.h"

#include "cards/signing.h"
#include "core/codec/dol.h"
#include "core/codec/hex.h"

#include <stdio.h>
#include <string.h>

enum { AIP_SDA = 0x40, AIP_DDA = 0x20, AIP_CDA = 0x01 };

struct opened { /* a recovered block: what stood between header and hash */
    uint8_t body[SIGNING_MAX];
    size_t len;
};

struct level { /* one certificate and the objects that belong to it */
    uint32_t certificate, exponent, remainder;
    uint8_t format;
    size_t holder_len;
};
static const struct level issuer_level = {0x90, 0x9F32, 0x92, 0x02, 4};
static const struct level icc_level = {0x9F46, 0x9F47, 0x9F48, 0x04, 10};
static const struct level pin_level = {0x9F2D, 0x9F2E, 0x9F2F, 0x04, 10};

static bool refuse(const struct check *c, uint32_t tag, const char *what)
{
    check_say_tag(c, CARD_ERROR, tag, "%s", what);
    return false;
}

static bool open_rsa(const struct check *c, const struct chain_key *key, const struct tlv *o, uint8_t format,
                     const uint8_t *tail, size_t tail_len, struct opened *out)
{
    uint8_t block[SIGNING_MAX], input[SIGNING_MAX + ODA_TAIL_MAX], digest[32];
    size_t n = key->modulus.len;
    if (n < CHAIN_RSA_MIN / 8 || n > sizeof block)
        return refuse(c, o->tag, "the key that verifies it has no length of a key");
    if (o->len != n)
        return refuse(c, o->tag, "not as long as the key that verifies it");
    if (rsa_public(key, o->value, block))
        return refuse(c, o->tag, "no number below the modulus");
    if (block[n - 1] != 0xBC)
        return refuse(c, o->tag, "trailer is not BC");
    if (block[0] != 0x6A)
        return refuse(c, o->tag, "header is not 6A");
    if (block[1] != format)
        return refuse(c, o->tag, "another format");
    out->len = n - 22;
    memcpy(out->body, block + 1, out->len);
    memcpy(input, out->body, out->len);
    memcpy(input + out->len, tail, tail_len);
    signing_digest(CHAIN_RSA, input, out->len + tail_len, digest);
    return memcmp(digest, block + n - 21, 20) == 0 || refuse(c, o->tag, "the hash is another one");
}

static bool open_sm2(const struct check *c, const struct chain_key *key, const struct tlv *o, uint8_t format,
                     const uint8_t *tail, size_t tail_len, struct opened *out)
{
    uint8_t input[SIGNING_MAX + ODA_TAIL_MAX];
    if (o->len <= SM2_SIGNATURE || o->len - SM2_SIGNATURE > sizeof out->body)
        return refuse(c, o->tag, "too short or too long for a signature");
    out->len = o->len - SM2_SIGNATURE;
    memcpy(out->body, o->value, out->len);
    if (out->body[0] != (format | 0x10))
        return refuse(c, o->tag, "another format");
    memcpy(input, out->body, out->len);
    memcpy(input + out->len, tail, tail_len);
    return sm2_verify(key, input, out->len + tail_len, o->value + out->len) == OK ||
           refuse(c, o->tag, "the signature is another one");
}

static bool open_block(const struct check *c, const struct chain_key *key, const struct tlv *o, uint8_t format,
                       const uint8_t *tail, size_t tail_len, struct opened *out)
{
    return (c->a->oda.chain.algorithm == CHAIN_SM2 ? open_sm2 : open_rsa)(c, key, o, format, tail, tail_len, out);
}

/* MMYY: the month is one, and not before the one in which the application expires (5F24). */
static void check_expiry(const struct check *c, uint32_t tag, const uint8_t mmyy[2])
{
    const struct check_object *o = check_find(c, 0x5F24);
    if (mmyy[0] == 0 || mmyy[0] > 0x12)
        check_say_tag(c, CARD_ERROR, tag, "expires in month %02X", mmyy[0]);
    else if (o && o->object.len == 3 &&
             (mmyy[1] < o->object.value[0] || (mmyy[1] == o->object.value[0] && mmyy[0] < o->object.value[1])))
        check_say_tag(c, CARD_ERROR, tag, "expires %02X/%02X, before the application", mmyy[0], mmyy[1]);
}

static void check_holder(const struct check *c, uint32_t tag, const uint8_t *holder, size_t len)
{
    char digits[24];
    bcd_unpack(holder, 0, 2 * len, digits);
    digits[strcspn(digits, "F")] = '\0';
    bool same = len == 4 ? strncmp(c->p->pan, digits, strlen(digits)) == 0 : strcmp(c->p->pan, digits) == 0;
    if (!same)
        check_say_tag(c, CARD_ERROR, tag, len == 4 ? "issuer identifier of another PAN" : "another PAN");
}

static size_t put(uint8_t *to, size_t at, const uint8_t *bytes, size_t len)
{
    if (len)
        memcpy(to + at, bytes, len);
    return at + len;
}

/* The key inside a certificate, with the rest of it from the remainder. */
static bool take_key(const struct check *c, const struct level *l, const struct opened *block, size_t key_len,
                     const struct tlv *remainder, const struct tlv *exponent, struct chain_key *out)
{
    size_t head = 10 + l->holder_len, room = block->len - head;
    size_t in_block = room < key_len ? room : key_len;
    if (in_block + remainder->len != key_len)
        return refuse(c, l->remainder,
                      key_len > in_block ? "missing or of another length: the key is longer"
                                         : "of no use, the whole key is in the certificate");
    out->modulus.len = (uint16_t)put(out->modulus.bytes, 0, block->body + head, in_block);
    out->modulus.len = (uint16_t)put(out->modulus.bytes, out->modulus.len, remainder->value, remainder->len);
    out->exponent.len = (uint16_t)put(out->exponent.bytes, 0, exponent->value, exponent->len);
    return true;
}

/* The hash would be wrong as well; this is why. */
static bool lacks_remainder(const struct level *l, const struct chain_key *signer, const struct tlv *o)
{
    uint8_t block[SIGNING_MAX];
    size_t n = signer->modulus.len, head = 10 + l->holder_len;
    return o->len == n && n >= CHAIN_RSA_MIN / 8 && n <= sizeof block && rsa_public(signer, o->value, block) == OK &&
           block[0] == 0x6A && block[n - 1] == 0xBC && block[head - 1] > n - 22 - head;
}

static bool open_certificate(const struct check *c, const struct level *l, const struct chain_key *signer,
                             const uint8_t *static_data, size_t static_len, struct chain_key *out)
{
    bool sm2 = c->a->oda.chain.algorithm == CHAIN_SM2;
    const struct check_object *o = check_find(c, l->certificate), *e = check_find(c, l->exponent),
                              *r = check_find(c, l->remainder);
    const struct tlv none = {0}, exponent = e ? e->object : none, remainder = r ? r->object : none;
    uint8_t tail[ODA_TAIL_MAX];
    struct opened block;
    if (!o)
        return refuse(c, l->certificate, "missing, the AIP needs it");
    if (!sm2 && exponent.len != 1 && exponent.len != 3)
        return refuse(c, l->exponent, "missing or of another length");
    if (!sm2 && !r && lacks_remainder(l, signer, &o->object))
        return refuse(c, l->remainder, "missing, the key is longer than its certificate");
    if (remainder.len + exponent.len + static_len > sizeof tail)
        return refuse(c, l->certificate, "too much is signed");
    size_t n = put(tail, put(tail, 0, remainder.value, remainder.len), exponent.value, exponent.len);
    n = put(tail, n, static_data, static_len);
    if (!open_block(c, signer, &o->object, l->format, tail, n, &block))
        return false;
    const uint8_t *behind = block.body + 1 + l->holder_len;
    if (block.len < 10 + l->holder_len)
        return refuse(c, l->certificate, "too short");
    if (behind[5] != (sm2 ? 0x04 : 0x01) || behind[6] != (sm2 ? 0x00 : 0x01))
        return refuse(c, l->certificate, "an algorithm that nobody knows");
    check_holder(c, l->certificate, block.body + 1, l->holder_len);
    check_expiry(c, l->certificate, behind);
    if (l->holder_len == 4 && memcmp(behind + 2, (const uint8_t[]){0xBA, 0xD0, 0x01}, 3) == 0)
        check_say_tag(c, CARD_ERROR, l->certificate, "serial number BAD001 is for lists of revoked certificates");
    return take_key(c, l, &block, sm2 ? behind[8] : behind[7], &remainder, &exponent, out);
}

static void check_lists(const struct check *c)
{
    const struct check_object *list = check_find(c, 0x9F4A), *ddol = check_find(c, 0x9F49);
    size_t offset, len;
    if (list && (list->object.len != 1 || list->object.value[0] != 0x82))
        check_say_tag(c, CARD_ERROR, 0x9F4A, "only the AIP (82) may be named");
    if (ddol && dol_locate(ddol->object.value, ddol->object.len, 0x9F37, &offset, &len))
        check_say_tag(c, CARD_ERROR, 0x9F49, "9F37 is missing");
    if (!ddol && c->a->aip[0] & AIP_DDA)
        check_say_tag(c, CARD_WARNING, 0x9F49, "missing: the terminal's default DDOL counts");
}

static void check_static(const struct check *c, const struct chain_key *issuer, const uint8_t *data, size_t len)
{
    const struct check_object *o = check_find(c, 0x93);
    struct opened block;
    if (!o)
        refuse(c, 0x93, "missing, the AIP says SDA");
    else if (open_block(c, issuer, &o->object, 0x03, data, len, &block) && c->a->oda.chain.algorithm == CHAIN_RSA &&
             block.body[1] != 0x01)
        refuse(c, 0x93, "a hash algorithm that nobody knows");
}

static bool open_issuer(const struct check *c, struct chain_key *issuer)
{
    const struct check_object *index = check_find(c, 0x8F);
    if (!index)
        return refuse(c, 0x8F, "missing, the AIP needs it");
    if (index->object.len != 1 || index->object.value[0] != c->a->oda.chain.index[0])
        return refuse(c, 0x8F, "not the index of the authority that signed");
    if (memcmp(c->a->oda.chain.rid, c->a->aid.bytes, 5) != 0)
        return refuse(c, 0x8F, "the authority is another scheme's");
    return open_certificate(c, &issuer_level, &c->a->oda.chain.ca, NULL, 0, issuer);
}

static bool is_signed(const struct card_application *a, const struct card_record *r)
{
    for (size_t i = 0; i + 4 <= a->afl.len; i += 4)
        if (a->afl.bytes[i] >> 3 == r->sfi && r->number >= a->afl.bytes[i + 1] &&
            r->number - a->afl.bytes[i + 1] < a->afl.bytes[i + 3])
            return true;
    return false;
}

/* Files 11 to 30 hold what they like, but what is signed is template 70 there, too (Book 3 10.3). */
static void check_signed_files(const struct check *c)
{
    for (size_t i = 0; i < c->a->record_count; i++) {
        const struct card_record *r = &c->a->records[i];
        struct tlv whole;
        char place[24];
        size_t at = 0;
        if (r->sfi <= 10 || !is_signed(c->a, r))
            continue;
        snprintf(place, sizeof place, "record %u.%u", r->sfi, r->number);
        if (tlv_next(r->content.bytes, r->content.len, &at, &whole) || whole.tag != 0x70 || at != r->content.len)
            check_say(c, CARD_ERROR, place, "signed, and not in a template 70");
    }
}

void check_oda(const struct check *c)
{
    static const uint8_t methods = AIP_SDA | AIP_DDA | AIP_CDA;
    const struct card_oda *oda = &c->a->oda;
    struct chain_key issuer = {0}, icc = {0};
    uint8_t data[ODA_STATIC_MAX];
    size_t len = 0;
    if (!oda->present) {
        if (c->a->aip[0] & methods)
            check_say(c, CARD_ERROR, "AIP", "offline data authentication, and the profile has no oda");
        return;
    }
    if (oda->fault && (oda->fault->part == ODA_SDAD || oda->fault->part == ODA_CDA))
        check_say(c, CARD_ERROR, "oda.break", "in use it fails: %s", oda->fault->check);
    check_lists(c);
    check_signed_files(c);
    if (!open_issuer(c, &issuer))
        return;
    if (oda_static_input(c->a, check_find(c, 0x9F4A) != NULL, data, sizeof data, &len))
        check_say(c, CARD_ERROR, "AFL", "signed records that are not there, or not in a template 70");
    if (c->a->aip[0] & AIP_SDA)
        check_static(c, &issuer, data, len);
    if (c->a->aip[0] & (AIP_DDA | AIP_CDA) || check_find(c, 0x9F46)) {
        if (open_certificate(c, &icc_level, &issuer, data, len, &icc) &&
            icc.modulus.len > (oda->chain.algorithm == CHAIN_SM2 ? 64 : CHAIN_ICC_MAX / 8))
            check_say_tag(c, CARD_ERROR, 0x9F46, "the key's signature does not fit into an answer");
    }
    if (check_find(c, 0x9F2D))
        open_certificate(c, &pin_level, &issuer, NULL, 0, &icc);
    if (len <= sizeof c->a->aip && c->a->aip[0] & methods)
        check_say(c, CARD_WARNING, "AFL", "no record is signed");
}
