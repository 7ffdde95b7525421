/*
 * From the authority's key to the card's: issuer certificate (EMV Book 2 section 5.3 and 6.3), signed static data
 * (5.4), ICC certificate (6.4) and ICC PIN certificate (7.1), check by check. Called by replay_sign.c.
 */
#include "core/codec/hex.h"
#include "scenarios/engine/replay_sign.h"

#include <stdio.h>
#include <string.h>

#define ALGORITHM_RSA 0x01
#define SM2_POINT 64

static const struct sign_kind issuer_kind = {"\x02", 36, 11, 14 + SM2_POINT}, static_kind = {"\x03", 26, 2, 3},
                              card_kind = {"\x04", 42, 17, 20 + SM2_POINT};

static const char issuer_group[] = "issuer certificate", static_group[] = "static data",
                  card_group[] = "ICC certificate", pin_group[] = "ICC PIN certificate";

/* -- what both kinds of certificates have -- */

/* MMYY, valid to the last day of the month. A note: the recorded terminal had to care, no signature has. */
static void check_expiry(struct sign *s, const char *group, const uint8_t mmyy[2], unsigned line)
{
    uint8_t date[3];
    if (!sign_date(s, date)) {
        sign_row(s, group, "expiry", SIGN_NONE, line, "valid to %02X/%02X; no date is recorded (9A)", mmyy[0], mmyy[1]);
        return;
    }
    int until = (mmyy[1] < 0x50 ? 0x10000 : 0) + mmyy[1] * 0x100 + mmyy[0],
        now = (date[0] < 0x50 ? 0x10000 : 0) + date[0] * 0x100 + date[1];
    bool month = mmyy[0] && mmyy[0] <= 0x12 && (mmyy[0] & 0x0F) < 10;
    if (month && now <= until)
        sign_row(s, group, "expiry", SIGN_PASS, line, "valid to %02X/%02X", mmyy[0], mmyy[1]);
    else
        sign_row(s, group, "expiry", SIGN_NONE, line,
                 "%s %02X/%02X, the recorded date is 20%02X-%02X-%02X: noted, no matter of the signature",
                 month ? "expired" : "no date:", mmyy[0], mmyy[1], date[0], date[1], date[2]);
}

/* SM2: 04 (SM2 with SM3), 00 11 (the curve), 40 (length of the point), the point. */
static bool take_point(struct sign *s, const char *group, const struct sign_block *block, size_t at, unsigned line,
                       struct sign_key *out)
{
    const uint8_t *b = block->bytes + at;
    if (!sign_test(s, group, "algorithm", b[0] == 0x04 && b[1] == 0x00 && b[2] == 0x11, 0, line,
                   "%02X %02X %02X is not known (04 00 11 is SM2 with SM3)", b[0], b[1], b[2]) ||
        !sign_test(s, group, "key", b[3] == SM2_POINT && block->len == at + 4 + SM2_POINT, 0, line,
                   "the certificate tells a key of %u bytes, 64 expected", b[3]))
        return false;
    memcpy(out->modulus, b + 4, SM2_POINT);
    out->len = SM2_POINT;
    out->sm2 = true;
    return true;
}

/* What stands at `at`: hash algorithm, algorithm, length of modulus and exponent, then the modulus. */
static bool take_key(struct sign *s, const char *group, const struct sign_block *block, const struct sign_kind *kind,
                     const struct sign_bytes *remainder, const struct sign_bytes *exponent, unsigned line,
                     struct sign_key *out)
{
    size_t at = kind->algorithm_at, room = block->len - kind->least;
    const uint8_t *b = block->bytes + at;
    size_t len = b[2], first = len < room ? len : room;
    if (!sign_test(s, group, "algorithm", b[1] == ALGORITHM_RSA, 0, line,
                   "public key algorithm %02X is not known (01 is RSA)", b[1]) ||
        !sign_test(s, group, "key",
                   len == first + (len > room ? remainder->len : 0) && len > SIGN_HASH + 5 && b[3] == exponent->len, 0,
                   line,
                   "the certificate tells a key of %zu bytes and an exponent of %u; "
                   "recorded are %zu and %zu",
                   len, b[3], first + (len > room ? remainder->len : 0), exponent->len))
        return false;
    memcpy(out->modulus, b + 4, first);
    if (len > room)
        memcpy(out->modulus + first, remainder->bytes, len - first);
    memcpy(out->exponent, exponent->bytes, exponent->len);
    out->exponent_len = exponent->len;
    out->len = len;
    return true;
}

/* -- issuer -- */

struct certificate {
    struct sign_bytes signature, parts[3]; /* remainder, exponent, static data */
};

static void ca_key(const struct replay_key *from, struct sign_key *to)
{
    *to = (struct sign_key){.len = from->len, .exponent_len = from->exponent_len, .sm2 = from->kind == KEY_SM2};
    memcpy(to->modulus, from->modulus, from->len);
    memcpy(to->exponent, from->exponent, from->exponent_len);
}

/* A certificate of the other method (JR/T 0025.17): its data in clear, format 12, and no exponent. */
static bool is_sm2(const struct sign *s)
{
    struct sign_bytes certificate, exponent;
    return sign_object(s, 0x90, &certificate) && certificate.len && certificate.bytes[0] == 0x12 &&
           !sign_object(s, 0x9F32, &exponent);
}

/* Lists give several keys under one name: the one that opens the certificate, else one of its kind and length, else
 * any. */
static const struct replay_key *choose(const struct sign *s, const struct certificate *c, uint8_t index,
                                       const uint8_t *rid)
{
    const struct replay_key *best = NULL;
    const bool sm2 = is_sm2(s);
    int best_rank = 0;
    for (size_t i = 0; s->keys && i < s->keys->count; i++) {
        const struct replay_key *k = &s->keys->key[i];
        struct sign_key key;
        int rank = 1;
        if (k->index != index || (rid && memcmp(k->rid, rid, 5) != 0))
            continue;
        ca_key(k, &key);
        if (k->kind != KEY_UNUSABLE)
            rank = sign_verifies(&key, &c->signature, c->parts, 2) ? 4
                   : k->kind == KEY_SM2                            ? 2 + sm2
                                                                   : 2 + (k->len == c->signature.len);
        if (rank > best_rank && (rid || rank == 4)) {
            best = k;
            best_rank = rank;
        }
    }
    return best;
}

static bool find_ca_key(struct sign *s, const struct certificate *c, struct sign_key *out)
{
    struct sign_bytes index;
    const struct replay_name_of *aid = &s->f->aid;
    char name[40] = "";
    bool known = aid->len >= 5;
    sign_object(s, 0x8F, &index);
    if (index.len != 1)
        return sign_test(s, issuer_group, "CA key", false, 0, index.line, "8F has %zu bytes, 1 expected", index.len);
    if (known) {
        char rid[11];
        hex_encode(aid->bytes, 5, rid, sizeof rid);
        snprintf(name, sizeof name, "RID %s, index %02X", rid, index.bytes[0]);
    }
    const struct replay_key *key = choose(s, c, index.bytes[0], known ? aid->bytes : NULL);
    if (!key && known)
        sign_row(s, issuer_group, "CA key", SIGN_OPEN, index.line, "the key of %s is not given: --capk FILE", name);
    else if (!key)
        sign_row(s, issuer_group, "CA key", SIGN_OPEN, index.line,
                 "the application's RID is not recorded, and no CA key given with index %02X opens the certificate",
                 index.bytes[0]);
    else if (key->kind == KEY_UNUSABLE)
        sign_row(s, issuer_group, "CA key", SIGN_OPEN, index.line,
                 "the key of %s has an exponent that is neither 3 nor 65537", known ? name : "any RID");
    else if (key->kind == KEY_RSA && is_sm2(s))
        sign_row(s, issuer_group, "CA key", SIGN_OPEN, index.line,
                 "the certificate is one for SM2, and the key given for %s one for RSA: --capk FILE",
                 known ? name : "its index");
    else {
        ca_key(key, out);
        sign_row(s, issuer_group, "CA key", SIGN_PASS, index.line, "RID %02X%02X%02X%02X%02X, index %02X, %zu bits",
                 key->rid[0], key->rid[1], key->rid[2], key->rid[3], key->rid[4], key->index, 8 * key->len);
        if (memcmp(key->expiry, "\0\0\0", 3) != 0)
            check_expiry(s, "CA key", (const uint8_t[2]){key->expiry[1], key->expiry[0]}, index.line);
        return true;
    }
    return false;
}

static void issuer(struct sign *s)
{
    static const uint32_t needed[] = {0x8F, 0x90, 0}, exponent[] = {0x9F32, 0};
    struct certificate c;
    struct sign_block block;
    struct sign_key ca;
    if (!sign_objects(s, issuer_group, needed))
        return;
    sign_object(s, 0x90, &c.signature);
    sign_object(s, 0x92, &c.parts[0]);
    sign_object(s, 0x9F32, &c.parts[1]);
    const uint8_t *b = block.bytes;
    unsigned line = c.signature.line;
    if (!find_ca_key(s, &c, &ca) || (!ca.sm2 && !sign_objects(s, issuer_group, exponent)) ||
        !sign_verify(s, issuer_group, &issuer_kind, &c.signature, &ca, c.parts, 2, "", &block))
        return;
    sign_check_pan(s, issuer_group, "issuer identifier", b + 2, 8, true);
    check_expiry(s, issuer_group, b + 6, line);
    sign_row(s, issuer_group, "revocation", SIGN_NONE, line, "no list of revoked certificates is given");
    if (ca.sm2)
        take_point(s, issuer_group, &block, issuer_kind.algorithm_at, line, &s->issuer);
    else
        take_key(s, issuer_group, &block, &issuer_kind, &c.parts[0], &c.parts[1], line, &s->issuer);
}

/* -- what the issuer signed -- */

static bool has_issuer(struct sign *s, const char *group, unsigned line)
{
    if (!s->issuer.len)
        sign_row(s, group, "issuer key", SIGN_OPEN, line, "the issuer's key is not known: see the issuer certificate");
    return s->issuer.len != 0;
}

/* Records that no terminal could have used. */
static bool has_records(struct sign *s, const char *group)
{
    return !*s->records_fault || sign_test(s, group, "records", false, 0, s->records.line, "%s", s->records_fault);
}

static void static_data(struct sign *s)
{
    struct sign_bytes signature;
    struct sign_block block;
    if (!sign_object(s, 0x93, &signature)) {
        bool open = s->f->has_aip && (s->f->aip[0] & 0x40) && !s->complete;
        sign_row(s, static_group, "objects", open ? SIGN_OPEN : SIGN_NONE, 0, "%s",
                 open ? "93 is in no recorded record, and not all are recorded"
                      : "no signed static data (93) are recorded");
        return;
    }
    if (has_issuer(s, static_group, signature.line) && has_records(s, static_group))
        sign_verify(s, static_group, &static_kind, &signature, &s->issuer, &s->records, 1, s->records_gap, &block);
}

static void card(struct sign *s, const char *group, const uint32_t tags[4], bool with_static, struct sign_key *out)
{
    struct certificate c;
    struct sign_block block;
    const uint32_t needed[] = {tags[0], s->issuer.sm2 ? 0 : tags[1], 0};
    if (!sign_object(s, tags[0], &c.signature) || s->issuer.len) {
        if (!sign_objects(s, group, needed))
            return;
    }
    sign_object(s, tags[0], &c.signature);
    sign_object(s, tags[1], &c.parts[1]);
    sign_object(s, tags[2], &c.parts[0]);
    c.parts[2] = s->records;
    const uint8_t *b = block.bytes;
    unsigned line = c.signature.line;
    if (!has_issuer(s, group, line) || (with_static && !has_records(s, group)))
        return;
    /* What cannot be decided for masked or missing records says nothing against the key. */
    bool right = sign_verify(s, group, &card_kind, &c.signature, &s->issuer, c.parts, with_static ? 3 : 2,
                             with_static ? s->records_gap : "", &block);
    if (!right && !(block.len && with_static && (s->records_masked || *s->records_gap)))
        return;
    sign_check_pan(s, group, "PAN", b + 2, 20, false);
    check_expiry(s, group, b + 12, line);
    if (s->issuer.sm2)
        take_point(s, group, &block, card_kind.algorithm_at, line, out);
    else
        take_key(s, group, &block, &card_kind, &c.parts[0], &c.parts[1], line, out);
}

const struct replay_key *replay_ca_key(const struct replay_facts *f, const struct replay_keys *keys)
{
    const struct sign s = {.f = f, .keys = keys};
    struct certificate c;
    struct sign_bytes index;
    if (!sign_object(&s, 0x8F, &index) || index.len != 1 || !sign_object(&s, 0x90, &c.signature))
        return NULL;
    sign_object(&s, 0x92, &c.parts[0]);
    sign_object(&s, 0x9F32, &c.parts[1]);
    return choose(&s, &c, index.bytes[0], f->aid.len >= 5 ? f->aid.bytes : NULL);
}

void sign_chain(struct sign *s)
{
    static const uint32_t icc[] = {0x9F46, 0x9F47, 0x9F48, 0}, pin[] = {0x9F2D, 0x9F2E, 0x9F2F, 0};
    struct sign_bytes o;
    struct sign_key pin_key;
    bool has_issuer_object = sign_object(s, 0x90, &o), has_static = sign_object(s, 0x93, &o),
         has_card = sign_object(s, 0x9F46, &o), has_pin = sign_object(s, 0x9F2D, &o);
    if (!has_issuer_object && !has_static && !has_card && !has_pin) {
        bool offered = s->f->has_aip && (s->f->aip[0] & 0x61), open = offered && s->f->afl && !s->complete;
        sign_row(s, issuer_group, "objects", open ? SIGN_OPEN : SIGN_NONE, replay_line(s->f, s->f->gpo),
                 open      ? "no certificate is in the recorded records, and not all are recorded"
                 : offered ? "the AIP offers data authentication, and no record holds a certificate"
                           : "the card offers no data authentication");
        return;
    }
    issuer(s);
    static_data(s);
    if (has_card)
        card(s, card_group, icc, true, &s->icc);
    else if (s->f->has_aip && (s->f->aip[0] & 0x21)) {
        enum sign_verdict whole = has_static ? SIGN_NONE : SIGN_FAIL;
        sign_row(s, card_group, "objects", s->complete ? whole : SIGN_OPEN, replay_line(s->f, s->f->gpo),
                 s->complete ? "9F46 is in no record" : "9F46 is in no recorded record, and not all are recorded");
    }
    if (has_pin)
        card(s, pin_group, pin, false, &pin_key);
}
