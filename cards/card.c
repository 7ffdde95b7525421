/*
 * A card's life: made from a profile, cloned, hashed, reset, and asked one APDU at a time (contract in card.h). The
 * command table is here; each command has its own file. Called by the composer of scenarios/engine and by tests.
 */
#include "cards/card_internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* No padding and no byte order in what lasts: bytes are compared, copied and hashed as they lie. */
_Static_assert(_Alignof(struct card_lasting) == 1, "lasting state is made of bytes only");
_Static_assert(CARD_TWISTS <= 8, "one byte of twists");

static void issue_application(const struct card_application *a, struct card_lasting_application *out)
{
    const struct card_history *h = &a->history;
    memcpy(out->atc, h->atc, 2);
    memcpy(out->last_online_atc, h->last_online_atc, 2);
    out->pin_tries = h->pin_tries_given ? h->pin_tries : a->pin_try_limit;
    memcpy(out->pin, a->offline_pin, sizeof out->pin);
    out->blocked = h->blocked;
    out->online_not_completed = h->online_not_completed;
    out->issuer_auth_failed = h->issuer_auth_failed;
    out->issuer_auth_missing = h->issuer_auth_missing;
    out->sda_failed = h->sda_failed;
    out->dda_failed = h->dda_failed;
    out->scripts = h->scripts;
    out->script_failed = h->script_failed;
    out->data_len = (uint8_t)a->data.len;
    memcpy(out->data, a->data.bytes, a->data.len);
}

static int derive_keys(enum ac_scheme scheme, const struct card_profile *p, struct card_keys *out)
{
    const char *psn = *p->psn ? p->psn : "00";
    int status = ac_master_key(scheme, p->chip.keys.imk_ac, p->pan, psn, 0, out->ac);
    if (status == OK)
        status = ac_master_key(scheme, p->chip.keys.imk_smi, p->pan, psn, 0, out->smi);
    if (status == OK)
        status = ac_master_key(scheme, p->chip.keys.imk_smc, p->pan, psn, 0, out->smc);
    return status;
}

enum ac_scheme card_scheme(const struct card *c)
{
    enum ac_scheme scheme = (enum ac_scheme)c->profile->chip.scheme;
    if (scheme != AC_PBOC_EITHER)
        return scheme;
    return c->session.sm ? AC_PBOC_SM4 : AC_PBOC;
}

const struct card_keys *card_keys(const struct card *c)
{
    return &c->keys[card_scheme(c) == AC_PBOC_SM4];
}

struct card *card_create(const struct card_profile *p)
{
    struct card *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->profile = p;
    c->lasting.blocked = p->chip.blocked;
    c->lasting.twists = (uint8_t)p->twists;
    for (size_t i = 0; i < p->chip.application_count; i++)
        issue_application(&p->chip.applications[i], &c->lasting.applications[i]);
    for (size_t i = 0; i < p->fault_count; i++)
        (void)card_fault_arm(c, &p->faults[i].is); /* those of the answer; the others are not the card's */
    card_reset(c);
    if (p->chip.present && (derive_keys(AC_PBOC, p, &c->keys[0]) || derive_keys(AC_PBOC_SM4, p, &c->keys[1]))) {
        card_destroy(c);
        return NULL;
    }
    return c;
}

void card_destroy(struct card *c)
{
    if (c)
        OPENSSL_cleanse(c, sizeof *c);
    free(c);
}

struct card *card_clone(const struct card *c)
{
    struct card *copy = malloc(sizeof *copy);
    if (copy)
        memcpy(copy, c, sizeof *copy);
    return copy;
}

void card_hash(const struct card *c, uint8_t out[32])
{
    if (EVP_Digest(&c->lasting, sizeof c->lasting, out, NULL, EVP_sha256(), NULL) != 1)
        memset(out, 0, 32);
}

void card_session_end(struct card *c)
{
    OPENSSL_cleanse(&c->session, sizeof c->session);
    c->session.selected = CARD_NO_APPLICATION;
    card_t0_reset(&c->t0);
}

void card_reset(struct card *c)
{
    card_session_end(c);
    memset(c->faults.matches, 0, sizeof c->faults.matches);
}

const struct card_application *card_application(const struct card *c)
{
    if (c->session.selected < 0)
        return NULL;
    const struct card_application *a = &c->profile->chip.applications[c->session.selected];
    return c->session.sm && a->sm ? a->sm : a;
}

struct card_lasting_application *card_state(struct card *c)
{
    return c->session.selected < 0 ? NULL : &c->lasting.applications[c->session.selected];
}

unsigned card_atc(const struct card_lasting_application *state)
{
    return (unsigned)state->atc[0] << 8 | state->atc[1];
}

bool card_application_blocked(const struct card_lasting_application *state)
{
    return state->blocked || card_atc(state) == 0xFFFF;
}

bool card_twisted(const struct card *c, enum card_twist twist)
{
    return c->lasting.twists >> twist & 1;
}

int card_twist_set(struct card *c, enum card_twist twist, bool on)
{
    if (twist <= CARD_TWIST_NONE || twist >= CARD_TWISTS)
        return E_INVAL;
    uint8_t bit = (uint8_t)(1u << twist);
    c->lasting.twists = on ? c->lasting.twists | bit : c->lasting.twists & (uint8_t)~bit;
    return OK;
}

void card_counters(const struct card *c, struct card_counters *out)
{
    const struct card_lasting_application *state = &c->lasting.applications[c->last_application];
    *out = (struct card_counters){
        .atc = (uint16_t)card_atc(state),
        .last_online_atc = (uint16_t)(state->last_online_atc[0] << 8 | state->last_online_atc[1]),
        .pin_tries = state->pin_tries,
        .blocked = c->lasting.blocked,
        .alone = c->lasting.alone,
        .app_blocked = state->blocked,
        .cvr = {c->last_cvr[0], c->last_cvr[1], c->last_cvr[2], c->last_cvr[3]},
        .tvr = {c->last_tvr[0], c->last_tvr[1], c->last_tvr[2], c->last_tvr[3], c->last_tvr[4]},
    };
    out->has_purse = card_purse_balance(c, &out->purse_cents);
}

void card_answer_out(struct card_answer *out, const struct tlv_out *tlv)
{
    out->len = tlv->status ? 0 : tlv->len;
    memmove(out->data, tlv->bytes, out->len);
}

/* -- commands -- */

static const struct command_row {
    uint8_t ins;
    uint8_t cla[2]; /* the same twice where there is one */
    card_command *run;
} commands[] = {
    {0xA4, {0x00, 0x00}, card_select},
    {0xB2, {0x00, 0x00}, card_read_record},
    {0xA8, {0x80, 0x80}, card_get_options},
    {0xCA, {0x80, 0x80}, card_get_data},
    {0x20, {0x00, 0x00}, card_verify},
    {0x84, {0x00, 0x00}, card_get_challenge},
    {0x88, {0x00, 0x00}, card_internal_authenticate},
    {0xAE, {0x80, 0x80}, card_generate_ac},
    {0x82, {0x00, 0x00}, card_external_authenticate},
    {0x1E, {0x84, 0x8C}, card_script}, /* APPLICATION BLOCK */
    {0x18, {0x84, 0x8C}, card_script}, /* APPLICATION UNBLOCK */
    {0x16, {0x84, 0x8C}, card_script}, /* CARD BLOCK */
    {0x24, {0x84, 0x8C}, card_script}, /* PIN CHANGE/UNBLOCK */
    {0xDA, {0x04, 0x84}, card_script}, /* PUT DATA */
    {0xDC, {0x04, 0x84}, card_script}, /* UPDATE RECORD */
};

static uint16_t dispatch(struct card *c, const struct capdu *command, struct card_answer *out)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct command_row *row = &commands[i];
        if (row->ins != command->ins)
            continue;
        if (row->cla[0] != command->cla && row->cla[1] != command->cla)
            return 0x6E00;
        return row->run(c, command, out);
    }
    return 0x6D00;
}

/* ISO 7816-4 5.1: no Le, no data; a smaller Le than there is data is named. */
static uint16_t fit_to_le(const struct capdu *command, uint16_t sw, struct card_answer *out)
{
    if (out->len == 0)
        return sw;
    if (command->has_le && command->ne >= out->len)
        return sw;
    uint16_t named = SW(0x6C, out->len & 0xFF);
    out->len = 0;
    return command->has_le ? named : sw;
}

static void note_verification(struct card *c)
{
    if (c->session.cvr[0] == 0) /* no cryptogram yet */
        return;
    memcpy(c->last_cvr, c->session.cvr, sizeof c->last_cvr);
    (void)card_terminal_value(c, 0x95, c->last_tvr, sizeof c->last_tvr);
}

void card_apdu(struct card *c, const uint8_t *bytes, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len)
{
    struct capdu command;
    struct card_answer out = {.len = 0};
    uint16_t sw = 0x6700;
    if (capdu_parse(bytes, len, &command) == OK) {
        card_fault_before(c, &command);
        if (!card_quirk_answers(c, bytes, len, &sw, &out))
            sw = dispatch(c, &command, &out);
        card_quirk_note(c, &command);
        card_fault_answer(c, &command, &out);
        note_verification(c);
        sw = fit_to_le(&command, sw, &out);
    }
    memcpy(answer, out.data, out.len);
    answer[out.len] = (uint8_t)(sw >> 8);
    answer[out.len + 1] = (uint8_t)sw;
    *answer_len = out.len + 2;
    OPENSSL_cleanse(&out, sizeof out);
}

void card_contactless_apdu(struct card *c, const uint8_t *bytes, size_t len, uint8_t answer[RAPDU_MAX],
                           size_t *answer_len)
{
    c->contactless = true;
    card_apdu(c, bytes, len, answer, answer_len);
    c->contactless = false;
}

static void whole_apdu(void *ctx, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len)
{
    card_apdu(ctx, command, len, answer, answer_len);
}

void card_tpdu(struct card *c, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len)
{
    card_t0_exchange(&c->t0, whole_apdu, c, command, len, answer, answer_len);
}
