/*
 * GENERATE AC, first with CDOL1 and second with CDOL2: what is asked, what the card may give and how its answer is read
 * (EMV Book 3 6.5.5, 9.2.2, 10.8, Book 4 6.3.7; DOMAIN 2.11). Called by action.c and complete.c. A refusal, a malformed
 * answer or a cryptogram above the one asked for is EMV_CARD_ERROR: a decision may stand in the card, so no fallback.
 */
#include "core/codec/dol.h"
#include "core/emv/emv_internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define CID_TYPE 0xC0
#define CDOL1 0x8C
#define CDOL2 0x8D
#define DOL_DATA_MAX 255

static const struct {
    enum emv_ac asked, given;
    bool first, second;
} permitted_table[] = {
    {EMV_AC_TC, EMV_AC_TC, true, true},
    {EMV_AC_TC, EMV_AC_ARQC, true, false},
    {EMV_AC_TC, EMV_AC_AAC, true, true},
    {EMV_AC_ARQC, EMV_AC_ARQC, true, false},
    {EMV_AC_ARQC, EMV_AC_AAC, true, false},
    {EMV_AC_AAC, EMV_AC_AAC, true, true},
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

static int split_format_77(const struct tlv *answer, struct tlv part[AC_PARTS])
{
    for (size_t i = 0; i < AC_PARTS; i++) {
        if (tlv_find(answer->value, answer->len, part_table[i].tag, &part[i]) != OK)
            part[i] = (struct tlv){part_table[i].tag, 0, answer->value};
        if (part[i].len < part_table[i].min || part[i].len > part_table[i].max)
            return E_FORMAT;
    }
    return OK;
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

/* Book 3 9.2.2: the TC hash is made only where a CDOL wants it. Without a TDOL of the card, this terminal's default one
 * is empty. */
static int add_tc_hash(struct emv *e)
{
    uint8_t data[DOL_DATA_MAX], hash[EVP_MAX_MD_SIZE];
    unsigned hash_len = 0;
    size_t len;
    const uint8_t *tdol;
    if (emv_get(e, 0x97, &tdol, &len) != OK)
        tvr_set(e->tvr, TVR_DEFAULT_TDOL);
    int rc = emv_build(e, 0x97, data, sizeof data, &len);
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

/* What the card answered, into the transaction. */
static int read_answer(struct emv *e, enum emv_ac asked, bool second, const struct emv_answer *answer,
                       enum emv_ac *given)
{
    struct tlv body, part[AC_PARTS];
    int rc = E_FORMAT;
    if (answer->sw != 0x9000)
        return emv_refuse(e, EMV_CARD_ERROR, "GENERATE AC refused");
    if (emv_sole_template(answer, 0x80, &body) == OK)
        rc = split_format_80(&body, part);
    else if (emv_sole_template(answer, 0x77, &body) == OK)
        rc = split_format_77(&body, part);
    if (rc != OK)
        return emv_refuse(e, EMV_CARD_ERROR, "answer to GENERATE AC malformed");
    uint8_t type = part[0].value[0] & CID_TYPE;
    if (!is_permitted(asked, type, second))
        return emv_refuse(e, EMV_CARD_ERROR, "cryptogram above the one asked for");
    tsi_set(e->tsi, TSI_CARD_RISK_PERFORMED);
    *given = (enum emv_ac)type;
    return store_parts(e, part);
}

int emv_generate_ac(struct emv *e, enum emv_ac asked, bool second, enum emv_ac *given)
{
    uint8_t data[DOL_DATA_MAX];
    size_t len = 0;
    struct emv_answer answer;
    int rc = build_data(e, second ? CDOL2 : CDOL1, data, &len);
    const struct capdu generate = {
        .cla = 0x80, .ins = 0xAE, .p1 = (uint8_t)asked, .lc = (uint8_t)len, .data = data, .has_le = true, .ne = 256,
    };
    if (rc == OK)
        rc = emv_command(e, &generate, &answer);
    OPENSSL_cleanse(data, sizeof data);
    return rc == OK ? read_answer(e, asked, second, &answer, given) : rc;
}
