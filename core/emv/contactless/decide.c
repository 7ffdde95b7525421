/*
 * What the card said (DOMAIN 3.9): the type of its cryptogram, and by 9F6C how the cardholder is verified. The type
 * stands in the CVR inside 9F10 (byte 2, bits 6 and 5), since the answer need not have 9F27; for the message 9F27 is
 * set from it. An offline approval must pass the checks of restrict.c and fdda.c; what they find is weighed here.
 * Called by kernel.c.
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

int contactless_type(struct contactless *c, enum emv_ac *type)
{
    if (cryptogram_type(c->e, type) != OK)
        return emv_refuse(c->e, EMV_CARD_ERROR, "contactless: no type of cryptogram in 9F10");
    const uint8_t cid = (uint8_t)*type;
    return emv_set(c->e, 0x9F27, &cid, 1);
}

bool contactless_wishes(const struct contactless *c, uint8_t ctq1)
{
    const uint8_t *ctq = emv_fixed(c->e, 0x9F6C, 2);
    return ctq && (ctq[0] & ctq1);
}

bool contactless_online_capable(const struct contactless *c)
{
    return emv_can_go_online(c->e) && !(c->ttq[0] & TTQ1_OFFLINE_ONLY);
}

/* 9F6C names the method; when it names none and the amount wants one, the terminal's own is taken, PIN before
 * signature. A method that the terminal lacks (9F66) is none. */
static void verify_cardholder(struct contactless *c)
{
    static const uint8_t results[][3] = {[EMV_CVM_NONE] = {0x3F, 0x00, 0x00},
                                         [EMV_CVM_SIGNATURE] = {0x1E, 0x00, 0x00},
                                         [EMV_CVM_ONLINE_PIN] = {0x02, 0x00, 0x00}};
    struct emv *e = c->e;
    bool pin = (c->ttq[0] & TTQ1_ONLINE_PIN) && contactless_online_capable(c), signature = c->ttq[0] & TTQ1_SIGNATURE;
    e->cvm = EMV_CVM_NONE;
    if (contactless_wishes(c, CTQ1_ONLINE_PIN) && pin)
        e->cvm = EMV_CVM_ONLINE_PIN;
    else if (contactless_wishes(c, CTQ1_SIGNATURE) && signature)
        e->cvm = EMV_CVM_SIGNATURE;
    else if ((c->ttq[1] & TTQ2_CVM) || contactless_wishes(c, CTQ1_ONLINE_PIN | CTQ1_SIGNATURE))
        e->cvm = pin ? EMV_CVM_ONLINE_PIN : signature ? EMV_CVM_SIGNATURE : EMV_CVM_FAILED;
    if (e->cvm != EMV_CVM_FAILED)
        memcpy(e->cvm_result, results[e->cvm], sizeof e->cvm_result);
}

/* A TC: kept, sent to the host after all, or not taken. */
static int judge_offline(struct contactless *c, enum contactless_verdict *verdict)
{
    enum contactless_verdict authenticated = CONTACTLESS_KEEP;
    if (c->ttq[1] & TTQ2_CRYPTOGRAM) {
        emv_note(c->e, "contactless: an offline approval where an online cryptogram was required");
        *verdict = CONTACTLESS_DECLINE;
        return OK;
    }
    *verdict = contactless_restrict(c);
    int rc = contactless_authenticate(c, &authenticated);
    if (authenticated > *verdict)
        *verdict = authenticated;
    return rc;
}

int contactless_conclude(struct contactless *c)
{
    struct emv *e = c->e;
    enum contactless_verdict verdict = CONTACTLESS_ONLINE;
    enum emv_ac type;
    int rc = contactless_type(c, &type);
    if (rc == OK && type == EMV_AC_TC)
        rc = judge_offline(c, &verdict);
    if (rc != OK)
        return rc;
    if (type == EMV_AC_AAC)
        verdict = CONTACTLESS_DECLINE;
    e->decision = EMV_DECLINED;
    e->ec = false;
    if (verdict == CONTACTLESS_SWITCH)
        return contactless_other(c, "contactless: the card wants its chip to be used");
    if (verdict == CONTACTLESS_DECLINE)
        return OK;
    verify_cardholder(c);
    if (e->cvm == EMV_CVM_FAILED)
        emv_note(e, "contactless: the cardholder has to be verified, and the terminal cannot");
    else if (verdict == CONTACTLESS_ONLINE || e->cvm == EMV_CVM_ONLINE_PIN) /* the host checks the PIN */
        e->decision = EMV_ONLINE;
    else
        e->decision = EMV_APPROVED;
    e->ec = e->decision == EMV_APPROVED;
    return OK;
}
