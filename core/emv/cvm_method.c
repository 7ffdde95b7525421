/*
 * The methods of cardholder verification in one table (EMV Book 3 10.5 and annex C3; JR/T 0025 for the identity
 * document; DOMAIN 2.8). Called by cvm.c. A PIN or a combination is supported when 9F33 claims every part of it.
 */
#include "core/emv/cvm.h"

#include <stdio.h>

int cvm_pin_answer(struct cvm_walk *w, int answer, bool *entered)
{
    *entered = false;
    switch (answer) {
    case EMV_PIN_ENTERED:
        *entered = true;
        return OK;
    case EMV_PIN_BYPASSED:
        tvr_set(w->e->tvr, TVR_PIN_NOT_ENTERED);
        w->bypassed = true;
        return OK;
    case EMV_PIN_NO_PAD:
        tvr_set(w->e->tvr, TVR_PIN_PAD_ABSENT);
        return OK;
    case EMV_PIN_CANCELLED:
    case HAL_E_CANCELLED:
        return EMV_CANCELLED;
    default:
        return answer < 0 ? answer : E_INVAL;
    }
}

static int ask_online_pin(struct cvm_walk *w, enum cvm_outcome *outcome)
{
    const struct emv_dialogue *d = w->e->dialogue;
    bool entered;
    int answer = EMV_PIN_NO_PAD;
    if (w->bypassed)
        answer = EMV_PIN_BYPASSED;
    else if (d && d->online_pin)
        answer = d->online_pin(d->ctx);
    int rc = cvm_pin_answer(w, answer, &entered);
    if (entered)
        tvr_set(w->e->tvr, TVR_ONLINE_PIN_ENTERED);
    *outcome = entered ? CVM_UNKNOWN : CVM_FAILED;
    return rc;
}

static int ask_signature(struct cvm_walk *w, enum cvm_outcome *outcome)
{
    (void)w;
    *outcome = CVM_UNKNOWN; /* compared by the merchant, after the decision */
    return OK;
}

static int ask_nothing(struct cvm_walk *w, enum cvm_outcome *outcome)
{
    (void)w;
    *outcome = CVM_SUCCESSFUL;
    return OK;
}

static int always_fail(struct cvm_walk *w, enum cvm_outcome *outcome)
{
    (void)w;
    *outcome = CVM_FAILED;
    return OK;
}

/* A PIN and a signature: the signature is still to come, so a right PIN leaves the whole unknown (Book 4 6.3.4.5). */
static int with_signature(int rc, enum cvm_outcome *outcome)
{
    if (*outcome == CVM_SUCCESSFUL)
        *outcome = CVM_UNKNOWN;
    return rc;
}

static int ask_plain_and_signature(struct cvm_walk *w, enum cvm_outcome *outcome)
{
    return with_signature(cvm_pin_plain(w, outcome), outcome);
}

static int ask_enciphered_and_signature(struct cvm_walk *w, enum cvm_outcome *outcome)
{
    return with_signature(cvm_pin_enciphered(w, outcome), outcome);
}

/* The operator compares the document with what the card says it is: 9F62 kind, 9F61 number. Without both of them there
 * is nothing to compare. */
static int ask_identity(struct cvm_walk *w, enum cvm_outcome *outcome)
{
    const struct emv_dialogue *d = w->e->dialogue;
    const uint8_t *kind = emv_fixed(w->e, 0x9F62, 1), *number;
    char kind_text[3], text[EMV_IDENTITY_MAX + 1];
    size_t len;
    *outcome = CVM_FAILED;
    if (!kind || emv_get(w->e, 0x9F61, &number, &len) != OK || len == 0 || len > EMV_IDENTITY_MAX || !d || !d->identity)
        return OK;
    snprintf(kind_text, sizeof kind_text, "%02X", *kind);
    for (size_t i = 0; i < len; i++)
        text[i] = number[i] >= ' ' && number[i] < 0x7F ? (char)number[i] : '?'; /* it comes from the card */
    text[len] = '\0';
    int rc = d->identity(d->ctx, kind_text, text);
    if (rc == OK)
        *outcome = CVM_SUCCESSFUL;
    return rc == EMV_CANCELLED ? OK : rc;
}

enum { PLAIN_PIN = 0x80, ONLINE_PIN = 0x40, SIGNATURE = 0x20, ENCIPHERED_PIN = 0x10, NO_CVM = 0x08 }; /* 9F33 byte 2 */
#define CODE_IDENTITY 0x20

static const struct cvm_method method_table[] = {
    {0x00, 0, 0, EMV_CVM_FAILED, always_fail},
    {0x01, PLAIN_PIN, PLAIN_PIN, EMV_CVM_OFFLINE_PIN, cvm_pin_plain},
    {0x02, ONLINE_PIN, ONLINE_PIN, EMV_CVM_ONLINE_PIN, ask_online_pin},
    {0x03, PLAIN_PIN | SIGNATURE, PLAIN_PIN, EMV_CVM_OFFLINE_PIN | EMV_CVM_SIGNATURE, ask_plain_and_signature},
    {0x04, ENCIPHERED_PIN, ENCIPHERED_PIN, EMV_CVM_OFFLINE_PIN, cvm_pin_enciphered},
    {0x05, ENCIPHERED_PIN | SIGNATURE, ENCIPHERED_PIN, EMV_CVM_OFFLINE_PIN | EMV_CVM_SIGNATURE,
     ask_enciphered_and_signature},
    {0x1E, SIGNATURE, 0, EMV_CVM_SIGNATURE, ask_signature},
    {0x1F, NO_CVM, 0, EMV_CVM_NONE, ask_nothing},
    {CODE_IDENTITY, 0, 0, EMV_CVM_IDENTITY, ask_identity},
};

#define CVM_METHOD 0x3F

const struct cvm_method *cvm_method_find(uint8_t code)
{
    for (size_t i = 0; i < sizeof method_table / sizeof *method_table; i++)
        if (method_table[i].code == (code & CVM_METHOD))
            return &method_table[i];
    return NULL;
}

bool cvm_method_supported(const struct emv *e, const struct cvm_method *m)
{
    if (!m)
        return false;
    if (m->code == CODE_IDENTITY)
        return e->config->identity_check;
    return (e->config->capabilities[1] & m->capability) == m->capability;
}
