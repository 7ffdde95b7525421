/*
 * Fast dynamic data authentication (fDDA) of an offline approval: the card has signed by itself, within its answer or
 * in a record, so that nothing but keys and hashes is left to do when it has gone (PBOC 3.0 part 12; EMV Contactless
 * Book C-3 annex C, C-7; DOMAIN 2.6, 3.9). Certificates and the signature are those of DDA, RSA or SM2. Called by
 * decide.c.
 *
 * What is signed behind the card's own part: version 00 the unpredictable number; version 01 unpredictable number
 * (9F37), amount (9F02), currency (5F2A) and the card authentication related data (9F69: version, the card's own
 * number, a copy of 9F6C). Version 01 is as two public implementations have it; that version 00 is the number alone is
 * a choice by the contact DDOL 9F3704, unconfirmed. So is that the copy of 9F6C must be what the answer had: otherwise
 * the qualifiers, which nothing else protects, could be changed on the air. Static data authentication alone is not
 * enough for a tap.
 */
#include "core/emv/contactless/contactless_internal.h"
#include "core/emv/oda.h"

#include <string.h>

#define AIP_DDA 0x20     /* byte 1 */
#define RELATED_CTQ_AT 5 /* in 9F69: version 1, number 4, qualifiers 2 */
#define RELATED_MIN_01 7
#define TAIL_MAX (4 + 6 + 2 + 16)

struct tail {
    uint8_t bytes[TAIL_MAX];
    size_t len;
};

static bool add(struct tail *tail, const uint8_t *value, size_t len)
{
    if (!value || len > sizeof tail->bytes - tail->len)
        return false;
    memcpy(tail->bytes + tail->len, value, len);
    tail->len += len;
    return true;
}

/* What the terminal sent, by version. A positive enum oda_check when the card's data do not allow it. */
static int build_tail(const struct contactless *c, struct tail *tail)
{
    const struct emv *e = c->e;
    const uint8_t *related, *ctq = emv_fixed(e, 0x9F6C, 2);
    size_t len;
    if (!add(tail, emv_fixed(e, 0x9F37, 4), 4))
        return oda_fail(e, "fDDA", ODA_MISSING);
    if (emv_get(e, 0x9F69, &related, &len) != OK || len == 0 || related[0] == 0x00)
        return OK;
    if (related[0] != 0x01 || !(c->ttq[3] & TTQ4_FDDA_01))
        return oda_fail(e, "fDDA version", ODA_FORMAT);
    if (len < RELATED_MIN_01 || !ctq || memcmp(related + RELATED_CTQ_AT, ctq, 2) != 0)
        return oda_fail(e, "fDDA qualifiers", ODA_DYNAMIC_DATA);
    bool whole =
        add(tail, emv_fixed(e, 0x9F02, 6), 6) && add(tail, emv_fixed(e, 0x5F2A, 2), 2) && add(tail, related, len);
    return whole ? OK : oda_fail(e, "fDDA", ODA_LENGTH);
}

/* OK, or which check failed. */
static int verify(struct contactless *c)
{
    struct emv *e = c->e;
    struct tail tail = {.len = 0};
    struct oda_dynamic dynamic;
    struct tlv signature = {.tag = 0x9F4B};
    if (!emv_profile_has(e, AIP_DDA) || emv_get(e, 0x9F4B, &signature.value, &signature.len) != OK)
        return oda_fail(e, "fDDA", ODA_MISSING);
    int rc = oda_issuer_key(e);
    if (rc == OK)
        rc = oda_icc_key(e);
    if (rc == OK)
        rc = build_tail(c, &tail);
    if (rc == OK)
        rc = oda_verify_dynamic(e, false, &signature, (struct oda_span){tail.bytes, tail.len}, &dynamic);
    return rc == OK ? emv_set(e, 0x9F4C, dynamic.number.bytes, dynamic.number.len) : rc;
}

int contactless_authenticate(struct contactless *c, enum contactless_verdict *verdict)
{
    int rc = verify(c);
    *verdict = CONTACTLESS_KEEP;
    if (rc <= 0)
        return rc;
    if (contactless_wishes(c, CTQ1_ODA_FAILED_ONLINE) && contactless_online_capable(c))
        *verdict = CONTACTLESS_ONLINE;
    else if (contactless_wishes(c, CTQ1_ODA_FAILED_SWITCH) && (c->ttq[0] & TTQ1_CONTACT))
        *verdict = CONTACTLESS_SWITCH;
    else
        *verdict = CONTACTLESS_DECLINE;
    return OK;
}
