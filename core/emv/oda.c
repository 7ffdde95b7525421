/*
 * Offline data authentication (EMV Book 3 10.3; Book 2 sections 5 and 6; DOMAIN 2.6): which method, what it needs, and
 * the bits it leaves in TVR and TSI. SDA and DDA are done here; CDA gets its keys here and is finished by oda_cda.c
 * when a cryptogram is generated. Nothing that a check finds ends the transaction: action analysis judges the bits.
 * Only a refused or malformed INTERNAL AUTHENTICATE does (Book 3 6.5.9).
 */
#include "core/emv/oda.h"

#include "core/codec/dol.h"

#include <openssl/crypto.h>
#include <stdio.h>

#define DDOL_DATA_MAX 252

static const struct method {
    enum emv_oda oda;
    uint8_t terminal, card; /* bits of 9F33 byte 3 and of AIP byte 1 */
    enum tvr_bit failed;
    uint32_t needs[6]; /* Book 3 7.2, tables of mandatory data; the rest depends on the key */
} method_table[] = {
    /* preferred first (Book 3 10.3) */
    {EMV_ODA_CDA, 0x08, 0x01, TVR_CDA_FAILED, {0x8F, 0x90, 0x9F46}},
    {EMV_ODA_DDA, 0x40, 0x20, TVR_DDA_FAILED, {0x8F, 0x90, 0x9F46}},
    {EMV_ODA_SDA, 0x80, 0x40, TVR_SDA_FAILED, {0x8F, 0x90, 0x93}},
};

static const char *const check_names[] = {[ODA_PASSED] = "passed",
#define NAME(name, text) [name] = text,
                                          ODA_CHECKS(NAME)
#undef NAME
};

const char *oda_check_name(int check)
{
    return check >= 0 && check < ODA_CHECK_COUNT ? check_names[check] : "?";
}

int oda_fail(const struct emv *e, const char *object, enum oda_check check)
{
    char text[80];
    snprintf(text, sizeof text, "%s: %s", object, oda_check_name(check));
    emv_note(e, text);
    return check;
}

static const struct method *choose(const struct emv *e)
{
    for (size_t i = 0; i < sizeof method_table / sizeof *method_table; i++) {
        const struct method *m = &method_table[i];
        if ((e->config->capabilities[2] & m->terminal) && emv_profile_has(e, m->card))
            return m;
    }
    return NULL;
}

static bool has_data(const struct emv *e, const struct method *m)
{
    const uint8_t *value;
    size_t len;
    for (const uint32_t *tag = m->needs; *tag; tag++)
        if (emv_get(e, *tag, &value, &len) != OK || len == 0)
            return false;
    return true;
}

/* Data for INTERNAL AUTHENTICATE by the card's DDOL, or the terminal's default where the card has none (6.5.1). */
static int build_ddol(struct emv *e, uint8_t data[DDOL_DATA_MAX], size_t *len)
{
    const uint8_t *ddol;
    size_t ddol_len, offset, value_len;
    if (emv_get(e, 0x9F49, &ddol, &ddol_len) != OK) {
        ddol = e->aid->ddol;
        ddol_len = e->aid->ddol_len;
    }
    if (dol_locate(ddol, ddol_len, 0x9F37, &offset, &value_len) != OK || value_len == 0)
        return oda_fail(e, "dynamic data", ODA_DDOL);
    int rc = emv_draw_number(e);
    if (rc == OK && emv_fill_list(e, ddol, ddol_len, data, DDOL_DATA_MAX, len) != OK)
        rc = oda_fail(e, "dynamic data", ODA_DDOL);
    return rc;
}

/* INTERNAL AUTHENTICATE; the signed data of format 80 or 77. EMV_CARD_ERROR through *outcome. */
static int internal_authenticate(struct emv *e, const uint8_t *data, size_t len, struct emv_answer *answer,
                                 struct tlv *signed_data)
{
    struct tlv body;
    const struct capdu command = {.ins = 0x88, .lc = (uint8_t)len, .data = data, .has_le = true, .ne = 256};
    int rc = emv_command(e, &command, answer);
    if (rc != OK)
        return rc;
    if (answer->sw != 0x9000)
        return emv_refuse(e, EMV_CARD_ERROR, "INTERNAL AUTHENTICATE refused");
    if (emv_sole_template(answer, 0x80, &body) == OK)
        *signed_data = (struct tlv){0x9F4B, body.len, body.value};
    else if (emv_sole_template(answer, 0x77, &body) != OK || tlv_find(body.value, body.len, 0x9F4B, signed_data) != OK)
        return emv_refuse(e, EMV_CARD_ERROR, "answer to INTERNAL AUTHENTICATE malformed");
    return OK;
}

/* *check: what failed. Positive returns are outcomes of the kernel. */
static int run_dda(struct emv *e, int *check)
{
    uint8_t data[DDOL_DATA_MAX];
    size_t len = 0;
    struct emv_answer answer;
    struct tlv signed_data;
    struct oda_dynamic dynamic;
    *check = build_ddol(e, data, &len);
    if (*check != OK)
        return OK;
    int rc = internal_authenticate(e, data, len, &answer, &signed_data);
    if (rc == OK) {
        *check = oda_verify_dynamic(e, false, &signed_data, (struct oda_span){data, len}, &dynamic);
        if (*check == OK)
            *check = emv_set(e, 0x9F4C, dynamic.number.bytes, dynamic.number.len);
    }
    OPENSSL_cleanse(data, sizeof data); /* a card's list may ask for its own PAN and track */
    return rc;
}

/* Keys and signatures of the method; *check as above. */
static int run(struct emv *e, const struct method *m, int *check)
{
    *check = has_data(e, m) ? OK : oda_fail(e, "offline data authentication", ODA_MISSING);
    if (*check == OK)
        *check = oda_issuer_key(e);
    if (*check == OK)
        *check = m->oda == EMV_ODA_SDA ? oda_verify_static(e) : oda_icc_key(e);
    return *check == OK && m->oda == EMV_ODA_DDA ? run_dda(e, check) : OK;
}

int emv_authenticate(struct emv *e)
{
    const struct method *m = choose(e);
    int check;
    e->oda = m ? m->oda : EMV_ODA_NONE;
    e->issuer_key = e->icc_key = e->pin_key = (struct emv_key){0};
    if (!m) {
        tvr_set(e->tvr, TVR_ODA_NOT_PERFORMED);
        return OK;
    }
    if (m->oda == EMV_ODA_SDA)
        tvr_set(e->tvr, TVR_SDA_SELECTED);
    int rc = run(e, m, &check);
    if (rc != OK)
        return rc;
    if (check < 0)
        return check;
    if (check != OK)
        tvr_set(e->tvr, m->failed);
    if (check == ODA_MISSING)
        tvr_set(e->tvr, TVR_ICC_DATA_MISSING);
    if (check != OK || m->oda != EMV_ODA_CDA) /* CDA is performed at GENERATE AC */
        tsi_set(e->tsi, TSI_ODA_PERFORMED);
    return OK;
}
