/*
 * GENERATE AC, first with CDOL1 and second with CDOL2: what is asked, what the card may give and how its answer is read
 * (EMV Book 3 6.5.5, 9.2.2, 10.8, Book 4 6.3.7; DOMAIN 2.11). Called by action.c and complete.c. A refusal, a malformed
 * answer or a cryptogram above the one asked for is EMV_CARD_ERROR: a decision may stand in the card, so no fallback.
 *
 * With CDA (Book 2 6.6) a TC or ARQC is asked for signed. A signature that is wrong leaves no approval: a TC counts as
 * declined, an ARQC is followed at once by the second GENERATE AC that asks for an AAC.
 */
#include "core/codec/dol.h"
#include "core/emv/oda.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define CID_TYPE 0xC0
#define CDOL1 0x8C
#define CDOL2 0x8D
#define DOL_DATA_MAX 255
#define P1_SIGNED 0x10
#define PART_AC 2 /* in part_table */

static const struct {
    enum emv_ac asked, given;
    bool first, second;
} permitted_table[] = {
    {EMV_AC_TC, EMV_AC_TC, true, true},     {EMV_AC_TC, EMV_AC_ARQC, true, false},
    {EMV_AC_TC, EMV_AC_AAC, true, true},    {EMV_AC_ARQC, EMV_AC_ARQC, true, false},
    {EMV_AC_ARQC, EMV_AC_AAC, true, false}, {EMV_AC_AAC, EMV_AC_AAC, true, true},
};

static bool is_permitted(enum emv_ac asked, uint8_t given, bool second)
{
    for (size_t i = 0; i < sizeof permitted_table / sizeof *permitted_table; i++)
        if (permitted_table[i].asked == asked && (uint8_t)permitted_table[i].given == given)
            return second ? permitted_table[i].second : permitted_table[i].first;
    return false;
}

/* What a good answer holds, in the order of format 80. */
struct ac_part {
    uint32_t tag;
    uint8_t min, max;
};
static const struct ac_part part_table[] = {{0x9F27, 1, 1}, {0x9F36, 2, 2}, {0x9F26, 8, 8}, {0x9F10, 0, 32}};
#define AC_PARTS (sizeof part_table / sizeof *part_table)

static int split_format_80(const struct tlv *answer, struct tlv part[AC_PARTS])
{
    size_t at = 0;
    for (size_t i = 0; i < AC_PARTS; i++) {
        size_t left = answer->len - at, len = i + 1 < AC_PARTS ? part_table[i].max : left;
        if (len > left || len > part_table[i].max)
            return E_FORMAT;
        part[i] = (struct tlv){part_table[i].tag, len, answer->value + at};
        at += len;
    }
    return OK;
}

/* Book 3 7.5: no data object comes twice. */
static bool is_sole(const struct tlv *answer, uint32_t tag)
{
    struct tlv object;
    size_t at = 0, count = 0;
    while (tlv_next(answer->value, answer->len, &at, &object) == OK)
        count += object.tag == tag;
    return count <= 1;
}

/* `is_signed`: 9F4B stands for the cryptogram, which is inside it. */
static int split_format_77(const struct tlv *answer, bool is_signed, struct tlv part[AC_PARTS])
{
    struct tlv signature;
    for (size_t i = 0; i < AC_PARTS; i++) {
        bool inside = is_signed && i == PART_AC;
        if (!is_sole(answer, part_table[i].tag))
            return E_FORMAT;
        if (inside || tlv_find(answer->value, answer->len, part_table[i].tag, &part[i]) != OK)
            part[i] = (struct tlv){part_table[i].tag, 0, answer->value};
        if (!inside && (part[i].len < part_table[i].min || part[i].len > part_table[i].max))
            return E_FORMAT;
    }
    if (!is_signed)
        return OK;
    return is_sole(answer, 0x9F4B) && tlv_find(answer->value, answer->len, 0x9F4B, &signature) == OK ? OK : E_FORMAT;
}

static int store_parts(struct emv *e, const struct tlv part[AC_PARTS])
{
    int rc = OK;
    for (size_t i = 0; rc == OK && i < AC_PARTS; i++) {
        if (part[i].len > 0)
            rc = emv_store(e, &part[i]);
        else
            emv_drop(e, part[i].tag);
    }
    return rc;
}

/* Book 3 9.2.2: the TC hash is made only where a CDOL wants it. Without a TDOL of the card it is over the terminal's
 * default one for this application, which is empty where none is configured; TVR says so either way. */
static int add_tc_hash(struct emv *e)
{
    uint8_t data[DOL_DATA_MAX], hash[EVP_MAX_MD_SIZE];
    unsigned hash_len = 0;
    size_t len;
    const uint8_t *tdol;
    size_t tdol_len;
    if (emv_get(e, 0x97, &tdol, &tdol_len) != OK) {
        tdol = e->aid->tdol;
        tdol_len = e->aid->tdol_len;
        tvr_set(e->tvr, TVR_DEFAULT_TDOL);
    }
    int rc = emv_fill_list(e, tdol, tdol_len, data, sizeof data, &len);
    if (rc != OK)
        rc = emv_refuse(e, EMV_CARD_ERROR, "TDOL malformed or asking for too much");
    if (rc == OK && EVP_Digest(data, len, hash, &hash_len, EVP_sha1(), NULL) != 1)
        rc = E_CRYPTO;
    OPENSSL_cleanse(data, sizeof data); /* a card's list may ask for its own PAN and track */
    return rc == OK ? emv_set(e, 0x98, hash, hash_len) : rc;
}

static int build_data(struct emv *e, uint32_t cdol_tag, uint8_t data[DOL_DATA_MAX], size_t *len)
{
    const uint8_t *cdol;
    size_t cdol_len, offset, value_len;
    if (emv_get(e, cdol_tag, &cdol, &cdol_len) != OK)
        return E_STATE;
    int rc = emv_draw_number(e); /* whether or not the card asks: the host does */
    if (rc == OK && dol_locate(cdol, cdol_len, 0x98, &offset, &value_len) == OK)
        rc = add_tc_hash(e);
    return rc == OK ? emv_build(e, cdol_tag, data, DOL_DATA_MAX, len) : rc;
}

/* One GENERATE AC: what was asked and what was sent. */
struct request {
    enum emv_ac asked;
    bool second, is_signed;
    uint8_t data[DOL_DATA_MAX];
    size_t len;
};

/* Both formats; a signed cryptogram comes in format 77 only, and an AAC is never signed (Book 3 6.5.5.4). */
static int split(const struct request *r, const struct emv_answer *answer, struct tlv *body, bool *is_signed,
                 struct tlv part[AC_PARTS])
{
    struct tlv cid;
    *is_signed = r->is_signed;
    if (emv_sole_template(answer, 0x80, body) == OK) {
        int rc = split_format_80(body, part);
        if (rc == OK && r->is_signed && (part[0].value[0] & CID_TYPE) != EMV_AC_AAC)
            rc = E_FORMAT;
        *is_signed = false;
        return rc;
    }
    if (emv_sole_template(answer, 0x77, body) != OK)
        return E_FORMAT;
    if (r->is_signed && tlv_find(body->value, body->len, 0x9F27, &cid) == OK && cid.len == 1 &&
        (cid.value[0] & CID_TYPE) == EMV_AC_AAC)
        *is_signed = false;
    return split_format_77(body, *is_signed, part);
}

/* What the card answered, into the transaction. *unsound: the signature did not hold. */
static int read_answer(struct emv *e, const struct request *r, const struct emv_answer *answer, enum emv_ac *given,
                       bool *unsound)
{
    struct tlv body, part[AC_PARTS];
    uint8_t ac[8];
    bool is_signed;
    *unsound = false;
    if (answer->sw != 0x9000)
        return emv_refuse(e, EMV_CARD_ERROR, "GENERATE AC refused");
    if (split(r, answer, &body, &is_signed, part) != OK)
        return emv_refuse(e, EMV_CARD_ERROR, "answer to GENERATE AC malformed");
    uint8_t type = part[0].value[0] & CID_TYPE;
    if (!is_permitted(r->asked, type, r->second))
        return emv_refuse(e, EMV_CARD_ERROR, "cryptogram above the one asked for");
    tsi_set(e->tsi, TSI_CARD_RISK_PERFORMED);
    *given = (enum emv_ac)type;
    if (is_signed) {
        int rc = oda_cda_verify(e, &body, r->second, (struct oda_span){r->data, r->len}, ac);
        if (rc < 0)
            return rc;
        *unsound = rc != OK;
        if (rc == OK)
            part[PART_AC] = (struct tlv){0x9F26, sizeof ac, ac};
    }
    return store_parts(e, part);
}

static int generate(struct emv *e, enum emv_ac asked, bool second, enum emv_ac *given, bool *unsound)
{
    struct request r = {.asked = asked, .second = second};
    struct emv_answer answer;
    int rc = build_data(e, second ? CDOL2 : CDOL1, r.data, &r.len);
    r.is_signed = asked != EMV_AC_AAC && oda_cda_active(e);
    const struct capdu generate = {
        .cla = 0x80,
        .ins = 0xAE,
        .p1 = (uint8_t)(asked | (r.is_signed ? P1_SIGNED : 0)),
        .lc = (uint8_t)r.len,
        .data = r.data,
        .has_le = true,
        .ne = 256,
    };
    if (rc == OK && r.is_signed && !second) {
        memcpy(e->cdol1_sent.bytes, r.data, r.len);
        e->cdol1_sent.len = r.len;
    }
    if (rc == OK)
        rc = emv_command(e, &generate, &answer);
    if (rc == OK)
        rc = read_answer(e, &r, &answer, given, unsound);
    OPENSSL_cleanse(&r, sizeof r);
    return rc;
}

int emv_generate_ac(struct emv *e, enum emv_ac asked, bool second, enum emv_ac *given)
{
    bool unsound;
    int rc = generate(e, asked, second, given, &unsound);
    if (rc != OK || !unsound)
        return rc;
    bool open = *given == EMV_AC_ARQC; /* the card waits for a second GENERATE AC */
    *given = EMV_AC_AAC;
    if (!open)
        return OK;
    enum emv_ac last;
    rc = emv_set(e, 0x8A, "Z1", 2);
    return rc == OK ? generate(e, EMV_AC_AAC, true, &last, &unsound) : rc;
}
