/*
 * Faults of what a card says (fault.h), on whole commands and whatever reader it meets: one object of an answer gets
 * another tag, another value or another length, stands there twice or not at all; the ATC jumps; a cryptogram or a
 * certificate is wrong. Lengths of the templates around a changed object are right. An answer that would become too
 * long, and one that is no TLV, stays as it is. Called by card.c around each command.
 */
#include "cards/card_internal.h"

#include <string.h>

#define INS_GPO 0xA8
#define INS_GENERATE_AC 0xAE

const struct card_fault *card_profile_fault(const struct card_profile *p, size_t index)
{
    return index < p->fault_count ? &p->faults[index].is : NULL;
}

int card_fault_arm(struct card *c, const struct card_fault *f)
{
    if (!card_fault_of_answer(f))
        return E_INVAL;
    if (c->faults.count == CARD_FAULTS)
        return E_LIMIT;
    c->faults.armed[c->faults.count] = *f;
    c->faults.matches[c->faults.count++] = 0;
    return OK;
}

void card_faults_clear(struct card *c)
{
    memset(&c->faults, 0, sizeof c->faults);
}

/* One more match; is it the one? */
static bool is_due(struct card *c, size_t i)
{
    const struct card_fault *f = &c->faults.armed[i];
    return ++c->faults.matches[i] == f->nth || f->nth == 0;
}

static bool fits(const struct card_fault *f, const struct capdu *command)
{
    return f->ins == 0 || f->ins == command->ins;
}

/* -- before the card works on it -- */

void card_fault_before(struct card *c, const struct capdu *command)
{
    struct card_lasting_application *state = card_state(c);
    c->session.spoil_cryptogram = false;
    for (size_t i = 0; i < c->faults.count; i++) {
        const struct card_fault *f = &c->faults.armed[i];
        bool makes_one = command->ins == INS_GENERATE_AC || (command->ins == INS_GPO && c->contactless);
        if (f->kind == CARD_FAULT_ATC_JUMP && state && fits(f, command) && is_due(c, i))
            memcpy(state->atc, f->to, sizeof state->atc);
        if (f->kind == CARD_FAULT_WRONG_CRYPTOGRAM && makes_one && fits(f, command) && is_due(c, i))
            c->session.spoil_cryptogram = true;
    }
}

/* -- the answer -- */

static void put_header(struct tlv_out *out, uint32_t tag, size_t len)
{
    uint8_t bytes[8];
    size_t n = 0;
    for (size_t i = tlv_tag_len(tag); i--;)
        bytes[n++] = (uint8_t)(tag >> 8 * i);
    if (len > 0x7F)
        bytes[n++] = 0x81;
    bytes[n++] = (uint8_t)len;
    tlv_put_raw(out, bytes, n);
}

static void put_changed(const struct card_fault *f, const struct tlv *o, struct tlv_out *out)
{
    size_t mark = out->len;
    switch (f->kind) {
    case CARD_FAULT_MUTATE_TAG: {
        uint32_t tag = 0;
        for (size_t i = 0; i < f->to_len; i++)
            tag = tag << 8 | f->to[i];
        tlv_put(out, tag, o->value, o->len);
        break;
    }
    case CARD_FAULT_MUTATE_VALUE:
        tlv_put(out, o->tag, f->to, f->to_len);
        break;
    case CARD_FAULT_WRONG_LENGTH:
        put_header(out, o->tag, o->len + f->value);
        tlv_put_raw(out, o->value, o->len);
        break;
    case CARD_FAULT_DUPLICATE_TAG:
        tlv_put(out, o->tag, o->value, o->len);
        tlv_put(out, o->tag, o->value, o->len);
        break;
    case CARD_FAULT_WRONG_CERTIFICATE:
        tlv_put(out, o->tag, o->value, o->len);
        if (o->len && out->status == OK)
            out->bytes[mark + (out->len - mark) / 2] ^= 0xFF;
        break;
    default: /* CARD_FAULT_DROP_TAG */
        break;
    }
}

/* Copies `bytes` with the first object `tag` changed. false: it is not there, or this is no TLV. */
static bool rewrite(const struct card_fault *f, const uint8_t *bytes, size_t len, unsigned depth, struct tlv_out *out)
{
    struct tlv o;
    size_t at = 0;
    int status;
    bool found = false;
    while ((status = tlv_next(bytes, len, &at, &o)) == OK) {
        size_t mark = out->len;
        if (!found && o.tag == f->tag) {
            put_changed(f, &o, out);
            found = true;
        } else if (!found && tlv_is_template(o.tag) && depth < TLV_MAX_DEPTH) {
            found = rewrite(f, o.value, o.len, depth + 1, out);
            tlv_wrap(out, mark, o.tag);
        } else {
            tlv_put(out, o.tag, o.value, o.len);
        }
    }
    return found && status == E_NOTFOUND && out->status == OK;
}

/* A cryptogram through the air, which stands in the answer to GET PROCESSING OPTIONS. */
static void spoil_cryptogram(struct card_answer *answer)
{
    struct tlv ac;
    if (tlv_find_deep(answer->data, answer->len, 0x9F26, &ac) != OK)
        return;
    uint8_t *at = answer->data + (ac.value - answer->data);
    for (size_t i = 0; i < ac.len; i++)
        at[i] ^= 0xFF;
}

void card_fault_answer(struct card *c, const struct capdu *command, struct card_answer *answer)
{
    if (c->session.spoil_cryptogram && command->ins == INS_GPO)
        spoil_cryptogram(answer);
    for (size_t i = 0; i < c->faults.count && answer->len; i++) {
        const struct card_fault *f = &c->faults.armed[i];
        uint8_t bytes[sizeof answer->data];
        struct tlv_out out;
        if (f->kind == CARD_FAULT_ATC_JUMP || f->kind == CARD_FAULT_WRONG_CRYPTOGRAM || !fits(f, command))
            continue;
        tlv_out_init(&out, bytes, sizeof bytes);
        if (rewrite(f, answer->data, answer->len, 1, &out) && is_due(c, i))
            card_answer_out(answer, &out);
    }
}
