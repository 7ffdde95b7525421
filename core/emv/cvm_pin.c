/*
 * The PIN that the card checks: try counter, entry, VERIFY in clear or enciphered (EMV Book 3 6.5.6, 6.5.12 and 10.5.1,
 * Book 2 section 7; DOMAIN 2.6, 2.8). Called by cvm_method.c. The PIN never comes here: the secure element has it from
 * the PIN pad, builds the block, enciphers it and speaks to the card; this file chooses key and challenge and reads the
 * status word.
 */
#include "core/emv/cvm.h"

#include <string.h>

#define CHALLENGE_LEN 8
#define P2_PLAIN 0x80
#define P2_ENCIPHERED 0x88
#define ROUNDS_MAX 15 /* what 63Cx can count to; a card that never counts down gets no more */

/* GET DATA for the try counter; EMV_TRIES_UNKNOWN when the card does not give it. */
static int read_tries(struct emv *e, int *tries)
{
    const struct capdu get = {.cla = 0x80, .ins = 0xCA, .p1 = 0x9F, .p2 = 0x17, .has_le = true, .ne = 256};
    struct emv_answer answer;
    struct tlv object;
    *tries = EMV_TRIES_UNKNOWN;
    int rc = emv_command(e, &get, &answer);
    if (rc != OK || answer.sw != 0x9000 || emv_sole_template(&answer, 0x9F17, &object) != OK || object.len != 1)
        return rc;
    *tries = object.value[0];
    return emv_store(e, &object);
}

/* One challenge for each VERIFY. OK with *got false when the card does not give one. */
static int get_challenge(struct emv *e, uint8_t challenge[CHALLENGE_LEN], bool *got)
{
    const struct capdu get = {.ins = 0x84, .has_le = true, .ne = 256};
    struct emv_answer answer;
    int rc = emv_command(e, &get, &answer);
    *got = rc == OK && answer.sw == 0x9000 && answer.len == CHALLENGE_LEN;
    if (*got)
        memcpy(challenge, answer.bytes, CHALLENGE_LEN);
    return rc;
}

/* What the secure element could not do, as the same failure of emv_command would be. */
static int verify_failure(struct emv *e, int rc)
{
    static const struct {
        int status, outcome;
    } rows[] = {
        {HAL_E_REMOVED, EMV_REMOVED},     {HAL_E_ABSENT, EMV_REMOVED}, {HAL_E_MUTE, EMV_CARD_ERROR},
        {HAL_E_PROTOCOL, EMV_CARD_ERROR}, {E_LIMIT, EMV_CARD_ERROR}, /* an answer longer than any may be */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == rc)
            return emv_refuse(e, (enum emv_outcome)rows[i].outcome, "no proper answer to VERIFY");
    return rc;
}

/* One VERIFY; the PIN is gone from the secure element afterwards. *sw 0: it was not sent, and has failed. */
static int verify(struct emv *e, const struct emv_key *key, uint16_t *sw)
{
    uint8_t challenge[CHALLENGE_LEN] = {0};
    bool got = true;
    *sw = 0;
    int rc = key ? get_challenge(e, challenge, &got) : OK;
    if (rc == OK && got) {
        rc = HAL_CALL(e->hal, se, pin_verify, key ? P2_ENCIPHERED : P2_PLAIN, key ? key->bytes : NULL,
                      key ? key->len : 0, key ? key->exponent : 0, challenge, sw);
        if (rc != HAL_E_UNSUPPORTED)
            return rc == OK ? OK : verify_failure(e, rc);
        emv_note(e, "the secure element cannot do this VERIFY");
        rc = OK;
    }
    int wiped = HAL_CALL0(e->hal, se, pin_wipe); /* entered, and not used after all */
    return rc != OK ? rc : wiped == HAL_E_UNSUPPORTED ? OK : wiped;
}

static int tell(const struct emv *e, enum emv_pin_news news)
{
    const struct emv_dialogue *d = e->dialogue;
    return d && d->pin_news ? d->pin_news(d->ctx, news) : OK;
}

static int no_tries_left(struct emv *e)
{
    tvr_set(e->tvr, TVR_PIN_TRIES_EXCEEDED);
    return tell(e, EMV_PIN_BLOCKED);
}

/* The status word's meaning: true with *tries for what is left; false when the card is not to be asked again. */
static bool try_again(struct emv *e, uint16_t sw, int *tries, enum cvm_outcome *outcome)
{
    if (sw == 0x9000) {
        *outcome = CVM_SUCCESSFUL;
        return false;
    }
    if ((sw & 0xFFF0) == 0x63C0) {
        *tries = sw & 0x0F;
        return true;
    }
    if (sw == 0x6983 || sw == 0x6984) {
        *tries = 0;
        return true;
    }
    emv_note(e, sw ? "VERIFY refused" : "VERIFY not sent: no challenge or no way to encipher");
    return false;
}

/* `key`: NULL for a PIN in clear. */
static int check_pin(struct cvm_walk *w, const struct emv_key *key, enum cvm_outcome *outcome)
{
    struct emv *e = w->e;
    const struct emv_dialogue *d = e->dialogue;
    int tries, rc;
    bool entered;
    *outcome = CVM_FAILED;
    if (w->bypassed)
        return cvm_pin_answer(w, EMV_PIN_BYPASSED, &entered);
    if (!d || !d->offline_pin)
        return cvm_pin_answer(w, EMV_PIN_NO_PAD, &entered);
    rc = read_tries(e, &tries);
    for (unsigned round = 0; rc == OK && round < ROUNDS_MAX; round++) {
        uint16_t sw;
        if (tries == 0)
            return no_tries_left(e);
        rc = cvm_pin_answer(w, d->offline_pin(d->ctx, tries, round > 0), &entered);
        if (rc != OK || !entered)
            return rc;
        rc = verify(e, key, &sw);
        if (rc == OK && !try_again(e, sw, &tries, outcome))
            return *outcome == CVM_SUCCESSFUL ? tell(e, EMV_PIN_RIGHT) : OK;
    }
    return rc == OK && tries == 0 ? no_tries_left(e) : rc;
}

int cvm_pin_plain(struct cvm_walk *w, enum cvm_outcome *outcome)
{
    return check_pin(w, NULL, outcome);
}

/* Without a key the PIN cannot be enciphered, and nobody is asked for it (Book 2 7.1: the verification has failed). So
 * it is with an SM2 key: the format of a PIN under one could not be had, and a guess would cost the cardholder tries.
 */
int cvm_pin_enciphered(struct cvm_walk *w, enum cvm_outcome *outcome)
{
    struct emv *e = w->e;
    int rc = e->pin_key.len > 0 ? OK : emv_recover_pin_key(e);
    *outcome = CVM_FAILED;
    if (rc < 0)
        return rc;
    if (rc == OK && e->pin_key.len > 0 && e->pin_key.algorithm == EMV_PK_RSA)
        return check_pin(w, &e->pin_key, outcome);
    emv_note(e, e->pin_key.len > 0 ? "no way is known to encipher a PIN with a key of SM2"
                                   : "no key to encipher the PIN with");
    return OK;
}
