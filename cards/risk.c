/*
 * Card risk management in the form VSDC and PBOC cards share (DOMAIN 2.1 CVR, 2.11, 3.4): the card verification
 * results, and what is answered to the first and the second GENERATE AC. Called by genac.c.
 *
 * A TC is refused in favour of an ARQC when the issuer has to be heard: the last online transaction was not completed,
 * the issuer's authentication failed, more transactions offline in a row than the lower limit (9F58 or 9F14), or the
 * card is new and the profile asks for it. Offline because the line failed, the upper limit (9F59 or 9F23) decides.
 */
#include "cards/card_internal.h"

#include <string.h>

/* CVR byte 2, 3 and 4; byte 4 has the number of scripts in its high nibble. */
enum {
    SECOND_NOT_ASKED = 0x80,
    SECOND_TC = 0x40,
    FIRST_TC = 0x10,
    FIRST_ARQC = 0x20,
    AUTH_FAILED = 0x08,
    PIN_DONE = 0x04,
    PIN_FAILED = 0x02,
    UNABLE_ONLINE = 0x01,
};
enum {
    NOT_COMPLETED = 0x80,
    PIN_TRIES_EXCEEDED = 0x40,
    VELOCITY = 0x20,
    NEW_CARD = 0x10,
    LAST_AUTH_FAILED = 0x08,
    LAST_AUTH_MISSING = 0x04,
};
enum { SCRIPT_FAILED = 0x08, DDA_DONE = 0x02, PIN_NOT_RECEIVED = 0x01 };

#define AIP_ISSUER_AUTH 0x04

static unsigned last_online(const struct card_lasting_application *state)
{
    return (unsigned)state->last_online_atc[0] << 8 | state->last_online_atc[1];
}

/* Transactions since the last one online, this one included, against the limit under either of two tags. */
static bool over_limit(struct card_lasting_application *state, uint32_t pboc_tag, uint32_t emv_tag)
{
    size_t len;
    const uint8_t *limit = card_data_find(state, pboc_tag, &len);
    if (!limit)
        limit = card_data_find(state, emv_tag, &len);
    return limit && len == 1 && card_atc(state) - last_online(state) > *limit;
}

void card_first_cvr(struct card *c)
{
    struct card_lasting_application *state = card_state(c);
    struct card_session *s = &c->session;
    const struct {
        bool on;
        uint8_t byte, bit;
    } rows[] = {
        {s->pin_done, 1, PIN_DONE},
        {s->pin_failed, 1, PIN_FAILED},
        {state->online_not_completed, 2, NOT_COMPLETED},
        {*state->pin && state->pin_tries == 0, 2, PIN_TRIES_EXCEEDED},
        {over_limit(state, 0x9F58, 0x9F14), 2, VELOCITY},
        {last_online(state) == 0, 2, NEW_CARD},
        {state->issuer_auth_failed, 2, LAST_AUTH_FAILED},
        {state->issuer_auth_missing, 2, LAST_AUTH_MISSING},
        {state->script_failed, 3, SCRIPT_FAILED},
        {s->dda_done, 3, DDA_DONE},
        {card_application(c)->pin_expected && !s->pin_done, 3, PIN_NOT_RECEIVED},
    };
    memcpy(s->cvr, (const uint8_t[4]){0x03, SECOND_NOT_ASKED, 0, (uint8_t)(state->scripts << 4)}, sizeof s->cvr);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].on)
            s->cvr[rows[i].byte] |= rows[i].bit;
    s->scripts_before = state->scripts;
}

static enum card_ac decide_first(const struct card *c, enum card_ac asked)
{
    const struct card_lasting_application *state = &c->lasting.applications[c->session.selected];
    uint8_t online = NOT_COMPLETED | VELOCITY | LAST_AUTH_FAILED;
    if (card_application(c)->new_card_online)
        online |= NEW_CARD;
    if (card_application_blocked(state) || c->lasting.blocked || card_twisted(c, CARD_TWIST_FIRST_AC_DECLINED))
        return CARD_AAC;
    if (card_twisted(c, CARD_TWIST_FIRST_AC_HIGHER)) /* above a TC there is nothing */
        return asked == CARD_AAC ? CARD_ARQC : CARD_TC;
    return asked == CARD_TC && c->session.cvr[2] & online ? CARD_ARQC : asked;
}

enum card_ac card_first_decision(struct card *c, enum card_ac asked)
{
    enum card_ac given = decide_first(c, asked);
    if (given == CARD_TC)
        c->session.cvr[1] |= FIRST_TC;
    if (given == CARD_ARQC) {
        c->session.cvr[1] |= FIRST_ARQC;
        card_state(c)->online_not_completed = 1;
    }
    return given;
}

/* The issuer was heard: everything reported since is its own, and the counters start anew. */
static void complete_online(struct card *c)
{
    struct card_lasting_application *state = card_state(c);
    memcpy(state->last_online_atc, state->atc, sizeof state->atc);
    state->online_not_completed = 0;
    state->issuer_auth_failed = 0;
    state->scripts = (uint8_t)(state->scripts - c->session.scripts_before);
    state->script_failed = c->session.script_failed_now;
}

/* Whether an answer of the issuer counts, with what it leaves behind in the card. */
static bool accept_issuer(struct card *c)
{
    struct card_lasting_application *state = card_state(c);
    const struct card_application *a = card_application(c);
    bool missing = c->session.auth == CARD_AUTH_NONE && (a->aip[0] & AIP_ISSUER_AUTH);
    state->issuer_auth_missing = missing;
    if (c->session.auth == CARD_AUTH_FAILED) {
        state->issuer_auth_failed = 1;
        c->session.cvr[1] |= AUTH_FAILED;
        return false;
    }
    if (missing && a->issuer_auth_mandatory)
        return false;
    complete_online(c);
    return !c->session.csu_declined;
}

enum card_ac card_second_decision(struct card *c, enum card_ac asked, bool unable)
{
    struct card_lasting_application *state = card_state(c);
    bool good = unable ? !over_limit(state, 0x9F59, 0x9F23) : accept_issuer(c);
    if (card_application_blocked(state) || c->lasting.blocked || card_twisted(c, CARD_TWIST_SECOND_AC_REFUSED))
        good = false;
    enum card_ac given = good && asked == CARD_TC ? CARD_TC : CARD_AAC;
    c->session.cvr[1] &= (uint8_t)~SECOND_NOT_ASKED;
    if (given == CARD_TC)
        c->session.cvr[1] |= SECOND_TC;
    if (unable)
        c->session.cvr[1] |= UNABLE_ONLINE;
    return given;
}
