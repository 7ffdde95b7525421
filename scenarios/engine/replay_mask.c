/*
 * What is masked in a recording: told as assumptions, object by object with its line, and what cannot be judged for it.
 * Called by replay_run.c and replay_account.c.
 */
#include "core/codec/tag.h"
#include "scenarios/engine/replay_pins.h"

#include <stdio.h>
#include <string.h>

#define TOLD_MAX 12 /* lines; more are counted */

struct telling {
    const struct replay_facts *f;
    cJSON *list;
    unsigned told, more;
    bool signed_data; /* something masked lies in what a card signs, or a certificate covers */
};

static size_t digits(const uint8_t *mask, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += (size_t) !!(mask[i] & 0xF0) + (size_t) !!(mask[i] & 0x0F);
    return n;
}

static void tell(struct telling *t, unsigned line, const char *what, size_t count, const char *instead)
{
    if (t->told++ < TOLD_MAX)
        pins_say(t->list, "masked in line %u: %s, %zu digits: %s", line, what, count, instead);
    else
        t->more++;
}

static void tell_object(struct telling *t, unsigned line, const struct tlv *o, size_t count)
{
    const struct tag_info *info = tag_lookup(o->tag);
    char what[80];
    snprintf(what, sizeof what, "%X%s%s", (unsigned)o->tag, info ? " " : "", info ? info->name : "");
    tell(t, line, what, count,
         o->tag == 0x5A || o->tag == 0x57 ? "others that pass Luhn and agree with each other stand in"
                                          : "zeros stand in");
}

/* Primitive objects of an answer that have masked digits. False: it is no TLV. */
static bool tell_answer(struct telling *t, const struct trace_exchange *x, size_t from, size_t to, unsigned depth)
{
    struct tlv o;
    size_t at = 0;
    while (from + at < to) {
        if (tlv_next(x->answer + from, to - from, &at, &o) != OK)
            return false;
        size_t offset = (size_t)(o.value - x->answer), count = digits(x->answer_mask + offset, o.len);
        if (!count)
            continue;
        if (!tlv_is_template(o.tag) || depth == TLV_MAX_DEPTH || !tell_answer(t, x, offset, offset + o.len, depth + 1))
            tell_object(t, replay_answer_line(x), &o, count);
    }
    return true;
}

void replay_tell_masked(const struct replay_facts *f, cJSON *assumptions)
{
    struct telling t = {.f = f, .list = assumptions};
    for (size_t i = 0; i < f->session->count; i++) {
        const struct trace_exchange *x = &f->session->exchanges[i];
        size_t sent = digits(x->command_mask, x->len), got = digits(x->answer_mask, x->answer_len);
        char name[80];
        replay_name(x->command, x->len, name, sizeof name);
        if (sent)
            tell(&t, x->line, name, sent, "only what is not masked is compared");
        if (got && !tell_answer(&t, x, 0, x->answer_len - 2, 1))
            tell(&t, replay_answer_line(x), name, got, "zeros stand in");
        t.signed_data |= got && (f->step[i] == STEP_READ || f->step[i] == STEP_GPO);
    }
    if (t.more)
        pins_say(assumptions, "masked in %u more places", t.more);
    if (t.signed_data)
        pins_say(assumptions, "masked: signatures, certificates and hashes over these records are inconclusive, "
                              "whatever key is given; cryptograms by value need the card's own (mk_ac)");
}

void replay_masked_note(const struct trace_exchange *x, char *out, size_t cap)
{
    size_t n = digits(x->command_mask, x->len);
    *out = '\0';
    if (n)
        snprintf(out, cap, "%zu masked digits are not compared", n);
}
