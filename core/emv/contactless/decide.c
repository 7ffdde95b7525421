/*
 * What the card said (DOMAIN 3.9): the type of its cryptogram, and by 9F6C how the cardholder is verified. The type
 * stands in the CVR inside 9F10 (byte 2, bits 6 and 5), since the answer need not have 9F27; for the message 9F27 is
 * set from it. Called by kernel.c.
 */
#include "core/emv/contactless/contactless_internal.h"

#include <string.h>

#define CVR_AT 3 /* in 9F10: length, key index, version, CVR */
#define CVR_LEN 3

/* E_FORMAT: 9F10 has another form. */
static int cryptogram_type(const struct emv *e, enum emv_ac *type)
{
    static const enum emv_ac types[] = {EMV_AC_AAC, EMV_AC_TC, EMV_AC_ARQC};
    const uint8_t *cid = emv_fixed(e, 0x9F27, 1), *issuer;
    size_t len;
    if (emv_get(e, 0x9F10, &issuer, &len) != OK || len < CVR_AT + 1 + CVR_LEN || issuer[CVR_AT] < CVR_LEN)
        return E_FORMAT;
    unsigned code = issuer[CVR_AT + 1] >> 4 & 3;
    if (code >= sizeof types / sizeof *types)
        return E_FORMAT;
    *type = types[code];
    return cid && (cid[0] & 0xC0) != (int)*type ? E_FORMAT : OK; /* two stories */
}

/* 9F6C names the method; when it names none and the amount wants one, the terminal's own is taken, PIN before
 * signature. A method that the terminal lacks (9F66) is none. */
static void verify_cardholder(struct contactless *c)
{
    static const uint8_t results[][3] = {[EMV_CVM_NONE] = {0x3F, 0x00, 0x00},
                                         [EMV_CVM_SIGNATURE] = {0x1E, 0x00, 0x00},
                                         [EMV_CVM_ONLINE_PIN] = {0x02, 0x00, 0x00}};
    struct emv *e = c->e;
    const uint8_t *ctq = emv_fixed(e, 0x9F6C, 2);
    bool required = c->ttq[1] & TTQ2_CVM, pin = c->ttq[0] & TTQ1_ONLINE_PIN, signature = c->ttq[0] & TTQ1_SIGNATURE;
    e->cvm = EMV_CVM_NONE;
    if (ctq && (ctq[0] & CTQ1_ONLINE_PIN) && pin)
        e->cvm = EMV_CVM_ONLINE_PIN;
    else if (ctq && (ctq[0] & CTQ1_SIGNATURE) && signature)
        e->cvm = EMV_CVM_SIGNATURE;
    else if (required || (ctq && (ctq[0] & (CTQ1_ONLINE_PIN | CTQ1_SIGNATURE))))
        e->cvm = pin ? EMV_CVM_ONLINE_PIN : signature ? EMV_CVM_SIGNATURE : EMV_CVM_FAILED;
    if (e->cvm != EMV_CVM_FAILED)
        memcpy(e->cvm_result, results[e->cvm], sizeof e->cvm_result);
}

int contactless_decide(struct contactless *c)
{
    struct emv *e = c->e;
    enum emv_ac type;
    if (cryptogram_type(e, &type) != OK)
        return emv_refuse(e, EMV_CARD_ERROR, "contactless: no type of cryptogram in 9F10");
    const uint8_t cid = (uint8_t)type;
    int rc = emv_set(e, 0x9F27, &cid, 1);
    e->decision = type == EMV_AC_ARQC ? EMV_ONLINE : type == EMV_AC_TC ? EMV_APPROVED : EMV_DECLINED;
    if (e->decision != EMV_ONLINE)
        return rc;
    verify_cardholder(c);
    if (e->cvm == EMV_CVM_FAILED) {
        emv_note(e, "contactless: the cardholder has to be verified, and the terminal cannot");
        e->decision = EMV_DECLINED;
    }
    return rc;
}
