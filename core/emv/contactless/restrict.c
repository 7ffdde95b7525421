/*
 * Processing restrictions of an offline approval (EMV Contactless Book C-3; DOMAIN 2.7, 3.9): stopped cards, usage
 * control with cash and cashback, expiry. They are the contact kernel's checks; a tap has no TVR to keep them in, so
 * its bits are only looked at. Called by decide.c.
 *
 * A version mismatch and an effective date to come count for nothing here: the books of the contactless kernels judge
 * neither.
 */
#include "core/emv/contactless/contactless_internal.h"

#include <string.h>

/* 9F07 and 5F28 forbid this kind of transaction; for cash and cashback the card may want its chip instead. */
static enum contactless_verdict judge_usage(const struct contactless *c)
{
    uint8_t type = c->e->transaction->type;
    bool cash = type == EMV_CASH || type == EMV_MANUAL_CASH, cashback = type == EMV_CASHBACK;
    emv_note(c->e, "contactless: the card is not for this kind of transaction");
    if (!(c->ttq[0] & TTQ1_CONTACT))
        return CONTACTLESS_DECLINE;
    return (cash && contactless_wishes(c, CTQ1_CASH_SWITCH)) ||
                   (cashback && contactless_wishes(c, CTQ1_CASHBACK_SWITCH))
               ? CONTACTLESS_SWITCH
               : CONTACTLESS_DECLINE;
}

static enum contactless_verdict judge_expiry(const struct contactless *c)
{
    emv_note(c->e, "contactless: the application has expired");
    return contactless_wishes(c, CTQ1_EXPIRED_ONLINE) && contactless_online_capable(c) ? CONTACTLESS_ONLINE
                                                                                       : CONTACTLESS_DECLINE;
}

enum contactless_verdict contactless_restrict(struct contactless *c)
{
    struct emv *e = c->e;
    enum contactless_verdict verdict = CONTACTLESS_KEEP;
    uint8_t found[sizeof e->tvr];
    if (emv_on_exception_file(e)) {
        emv_note(e, "contactless: a stopped card");
        return CONTACTLESS_DECLINE;
    }
    (void)emv_restrict(e);
    memcpy(found, e->tvr, sizeof found);
    memset(e->tvr, 0, sizeof e->tvr);
    if (tvr_is_set(found, TVR_SERVICE_NOT_ALLOWED))
        verdict = judge_usage(c);
    if (verdict != CONTACTLESS_DECLINE && (tvr_is_set(found, TVR_EXPIRED) || !emv_fixed(e, 0x5F24, 3))) {
        enum contactless_verdict expired = judge_expiry(c);
        verdict = expired > verdict ? expired : verdict;
    }
    return verdict;
}
