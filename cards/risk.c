/*
 * Card risk management in the form VSDC and PBOC cards share (DOMAIN 2.1 CVR, 2.11, 3.4): the card verification
 * results, and what is answered to the first and the second GENERATE AC. Called by genac.c.
 *
 * A TC is refused in favour of an ARQC when the issuer has to be heard: the last online transaction was not completed,
 * more transactions offline in a row than the lower limit (9F58 or 9F14), or what the default action says
 * (default_action.c). Offline because the line failed, the upper limit (9F59 or 9F23) decides, and again that.
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
    BLOCKED_BY_PIN = 0x02,
    LAST_SDA_FAILED = 0x01,
};
enum { SCRIPT_FAILED = 0x08, LAST_DDA_FAILED = 0x04, DDA_DONE = 0x02, PIN_NOT_RECEIVED = 0x01 };
enum { TVR_SDA_FAILED = 0x40, TVR_DDA_FAILED = 0x08, TVR_CDA_FAILED = 0x04 }; /* byte 1 */

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

/* The last PIN try went in an earlier transaction. */
static bool came_without_tries(const struct card *c, const struct card_lasting_application *state)
{
    return *state->pin && state->pin_tries == 0 && !c->session.pin_blocked_now;
}

/* What is done to the application before it decides. */
static void block_for_tries(struct card *c, struct card_lasting_application *state)
{
    unsigned action = card_default_action(c);
    if ((c->session.pin_blocked_now && action & CARD_TRIES_BLOCK) ||
        (came_without_tries(c, state) && action & CARD_TRIES_DECLINE_BLOCK)) {
        state->blocked = 1;
        state->blocked_by_pin = 1;
    }
}

void card_first_cvr(struct card *c)
{
    struct card_lasting_application *state = card_state(c);
    struct card_session *s = &c->session;
    block_for_tries(c, state);
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
        {state->blocked_by_pin, 2, BLOCKED_BY_PIN},
        {state->sda_failed, 2, LAST_SDA_FAILED},
        {state->script_failed, 3, SCRIPT_FAILED},
        {state->dda_failed, 3, LAST_DDA_FAILED},
        {s->dda_done, 3, DDA_DONE},
        {card_application(c)->pin_expected && !s->pin_done, 3, PIN_NOT_RECEIVED},
    };
    memcpy(s->cvr, (const uint8_t[4]){0x03, SECOND_NOT_ASKED, 0, (uint8_t)(state->scripts << 4)}, sizeof s->cvr);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].on)
            s->cvr[rows[i].byte] |= rows[i].bit;
    s->scripts_before = state->scripts;
}

/* The issuer has to be heard. */
static bool wants_online(struct card *c, const struct card_lasting_application *state)
{
    unsigned action = card_default_action(c);
    const struct {
        bool when;
        uint8_t cvr3;
    } rows[] = {
        {true, NOT_COMPLETED | VELOCITY},
        {action & CARD_AUTH_FAILED_ONLINE, LAST_AUTH_FAILED},
        {action & CARD_NEW_ONLINE, NEW_CARD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].when && c->session.cvr[2] & rows[i].cvr3)
            return true;
    return (action & CARD_TRIES_ONLINE && came_without_tries(c, state)) ||
           (action & CARD_SCRIPT_ONLINE && state->script_failed);
}

/* Declined offline: what the terminal found wrong with the signatures is told the issuer the next time. */
static void remember_signatures(struct card *c)
{
    struct card_lasting_application *state = card_state(c);
    uint8_t tvr[5];
    (void)card_terminal_value(c, 0x95, tvr, sizeof tvr);
    if (tvr[0] & TVR_SDA_FAILED)
        state->sda_failed = 1;
    if (tvr[0] & (TVR_DDA_FAILED | TVR_CDA_FAILED))
        state->dda_failed = 1;
}

static void log_declined(struct card *c)
{
    if (card_application(c)->log.declined)
        card_log_transaction(c);
}

/* A purse asks nobody: no velocity, no new card, nothing left open from before (DOMAIN 3.9). */
static enum card_ac decide_first(struct card *c, enum card_ac asked)
{
    const struct card_lasting_application *state = &c->lasting.applications[c->session.selected];
    if (card_application_blocked(state) || c->lasting.blocked || card_twisted(c, CARD_TWIST_FIRST_AC_DECLINED))
        return CARD_AAC;
    if (card_default_action(c) & CARD_TRIES_DECLINE && came_without_tries(c, state))
        return CARD_AAC;
    if (card_twisted(c, CARD_TWIST_FIRST_AC_HIGHER)) /* above a TC there is nothing */
        return asked == CARD_AAC ? CARD_ARQC : CARD_TC;
    if (asked == CARD_TC && c->session.ec)
        return card_purse_pays(c) ? CARD_TC : CARD_AAC;
    return asked == CARD_TC && wants_online(c, state) ? CARD_ARQC : asked;
}

enum card_ac card_first_decision(struct card *c, enum card_ac asked)
{
    enum card_ac given = decide_first(c, asked);
    if (given == CARD_TC) {
        c->session.cvr[1] |= FIRST_TC;
        card_log_transaction(c);
    }
    if (given == CARD_ARQC) {
        c->session.cvr[1] |= FIRST_ARQC;
        card_state(c)->online_not_completed = 1;
    }
    if (given == CARD_AAC) {
        remember_signatures(c);
        log_declined(c);
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
    state->sda_failed = 0;
    state->dda_failed = 0;
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
        return !(card_default_action(c) & CARD_AUTH_FAILED_DECLINE);
    }
    if (missing && card_issuer_auth_mandatory(c))
        return !(card_default_action(c) & CARD_AUTH_MISSING_DECLINE);
    complete_online(c);
    return !c->session.csu_declined;
}

/* Without the issuer: the upper limit, and the default action. */
static bool accept_alone(struct card *c)
{
    struct card_lasting_application *state = card_state(c);
    unsigned action = card_default_action(c);
    return !over_limit(state, 0x9F59, 0x9F23) && !(action & CARD_NEW_DECLINE && last_online(state) == 0) &&
           !(action & CARD_TRIES_UNABLE_DECLINE && came_without_tries(c, state));
}

enum card_ac card_second_decision(struct card *c, enum card_ac asked, bool unable)
{
    struct card_lasting_application *state = card_state(c);
    bool good = unable ? accept_alone(c) : accept_issuer(c);
    if (card_application_blocked(state) || c->lasting.blocked || card_twisted(c, CARD_TWIST_SECOND_AC_REFUSED))
        good = false;
    enum card_ac given = good && asked == CARD_TC ? CARD_TC : CARD_AAC;
    c->session.cvr[1] &= (uint8_t)~SECOND_NOT_ASKED;
    if (given == CARD_TC) {
        c->session.cvr[1] |= SECOND_TC;
        c->session.second_tc = !unable;
        card_log_transaction(c);
    }
    if (unable)
        c->session.cvr[1] |= UNABLE_ONLINE;
    if (unable && given == CARD_AAC)
        remember_signatures(c);
    if (given == CARD_AAC)
        log_declined(c);
    return given;
}
