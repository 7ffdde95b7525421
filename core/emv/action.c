/*
 * Terminal action analysis and the first GENERATE AC (EMV Book 3 10.7 and 10.8, Book 4 6.3.6; authorisation response
 * codes by Book 4 annex A6; DOMAIN 2.10). Called by the application once TVR is complete.
 */
#include "core/emv/emv_internal.h"

enum { CID_ADVICE = 0x08, CID_REASON = 0x07, CID_LOW = 0x0F };

static const uint8_t nothing[5] = {0};
static const uint8_t everything[5] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

/* TVR has a bit that the issuer's or the acquirer's action code names. */
static bool hits(const struct emv *e, uint32_t iac_tag, const uint8_t iac_default[5], const uint8_t tac[5])
{
    const uint8_t *iac = emv_fixed(e, iac_tag, 5);
    for (size_t i = 0; i < sizeof e->tvr; i++)
        if (e->tvr[i] & ((iac ? iac : iac_default)[i] | tac[i]))
            return true;
    return false;
}

enum emv_ac emv_action(const struct emv *e, bool online_failed)
{
    if (!online_failed && hits(e, 0x9F0E, nothing, e->aid->tac_denial))
        return EMV_AC_AAC;
    if (e->ec && tvr_is_set(e->tvr, TVR_ON_EXCEPTION_FILE))
        return EMV_AC_AAC;
    if (emv_is_online_only(e) || emv_needs_issuer(e))
        return online_failed ? EMV_AC_AAC : EMV_AC_ARQC;
    if (e->ec_online && !emv_can_go_online(e))
        return EMV_AC_AAC;
    if (!online_failed && emv_can_go_online(e))
        return e->ec_online || hits(e, 0x9F0F, everything, e->aid->tac_online) ? EMV_AC_ARQC : EMV_AC_TC;
    return hits(e, 0x9F0D, everything, e->aid->tac_default) ? EMV_AC_AAC : EMV_AC_TC;
}

/* Layout of 9F27: Book 3 6.5.5.4, table 14. The reasons are texts without card data. */
void emv_note_advice(struct emv *e)
{
    static const char *const notes[] = {
        "the card asks for an advice, no reason given",
        "the card asks for an advice: service not allowed",
        "the card asks for an advice: PIN try limit exceeded",
        "the card asks for an advice: issuer authentication failed",
    };
    const size_t count = sizeof notes / sizeof *notes;
    const uint8_t *cid = emv_fixed(e, 0x9F27, 1);
    if (!cid || !(*cid & CID_ADVICE))
        return;
    e->advice = *cid & CID_LOW;
    emv_note(e, (*cid & CID_REASON) < count ? notes[*cid & CID_REASON] : notes[0]);
}

int emv_announce(const struct emv *e, bool online_failed, enum emv_ac *asked)
{
    if (*asked != EMV_AC_TC || !e->dialogue || !e->dialogue->intent)
        return OK;
    int rc = e->dialogue->intent(e->dialogue->ctx);
    if (rc <= OK)
        return rc;
    emv_note(e, "no room for an approval without the host");
    *asked = !online_failed && emv_can_go_online(e) ? EMV_AC_ARQC : EMV_AC_AAC;
    return OK;
}

int emv_analyse(struct emv *e)
{
    enum emv_ac asked, given;
    int rc;
    if (!e->selected || !e->aid)
        return E_STATE;
    asked = emv_action(e, false);
    rc = emv_announce(e, false, &asked);
    if (rc == OK && asked != EMV_AC_ARQC)
        rc = emv_set(e, 0x8A, asked == EMV_AC_TC ? "Y1" : "Z1", 2);
    if (rc == OK)
        rc = emv_generate_ac(e, asked, false, &given);
    if (rc != OK)
        return rc;
    emv_note_advice(e);
    e->ec = e->ec && given == EMV_AC_TC;
    switch (given) {
    case EMV_AC_ARQC:
        e->decision = EMV_ONLINE;
        emv_drop(e, 0x8A); /* the issuer's now */
        return OK;
    case EMV_AC_TC:
        e->decision = EMV_APPROVED;
        return OK;
    case EMV_AC_AAC:
        e->decision = EMV_DECLINED;
        return emv_set(e, 0x8A, "Z1", 2);
    }
    return E_STATE;
}
