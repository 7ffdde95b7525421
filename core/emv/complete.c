/*
 * Completion: the issuer's answer, the second GENERATE AC and the final decision (EMV Book 3 10.7, 10.9 to 10.11, Book
 * 4 6.3.8; DOMAIN 2.10 point 4 and 2.11). Called by the application after e->decision was EMV_ONLINE.
 *
 * An issuer's approval that the card turns down is EMV_DECLINED here; the reversal is the application's. When a script
 * after the second cryptogram ends with an outcome, e->decision already holds what had been decided.
 */
#include "core/emv/emv_internal.h"

#define FIELD55_MAX 255

/* Asks for the second cryptogram and settles. */
static int settle(struct emv *e, enum emv_ac asked)
{
    enum emv_ac given;
    int rc = emv_generate_ac(e, asked, true, &given);
    if (rc != OK)
        return rc;
    emv_note_advice(e);
    e->decision = given == EMV_AC_TC ? EMV_APPROVED : EMV_DECLINED;
    return OK;
}

static int complete_offline(struct emv *e)
{
    enum emv_ac asked = emv_action(e, true);
    int rc = emv_announce(e, true, &asked);
    if (rc == OK)
        rc = emv_set(e, 0x8A, asked == EMV_AC_TC ? "Y3" : "Z3", 2);
    if (rc == OK)
        rc = settle(e, asked);
    if (rc == OK && e->decision == EMV_DECLINED)
        rc = emv_set(e, 0x8A, "Z3", 2);
    return rc;
}

static int complete_online(struct emv *e, const struct emv_host_answer *answer)
{
    const uint8_t *field55 = answer->field55;
    size_t len = answer->field55 && answer->field55_len <= FIELD55_MAX ? answer->field55_len : 0;
    if (len > 0 && tlv_check(field55, len) != OK) {
        emv_note(e, "DE55 of the response is malformed: no issuer authentication, no scripts");
        len = 0;
    }
    int rc = emv_set(e, 0x8A, answer->arc, 2);
    if (rc == OK && len > 0)
        rc = emv_issuer_authenticate(e, field55, len);
    if (rc == OK && len > 0)
        rc = emv_issuer_scripts(e, 0x71, field55, len);
    if (rc == OK)
        rc = settle(e, answer->approved ? EMV_AC_TC : EMV_AC_AAC);
    if (rc == OK && len > 0)
        rc = emv_issuer_scripts(e, 0x72, field55, len);
    return rc;
}

int emv_complete(struct emv *e, const struct emv_host_answer *answer)
{
    if (e->decision != EMV_ONLINE)
        return E_STATE;
    return answer->online ? complete_online(e, answer) : complete_offline(e);
}
