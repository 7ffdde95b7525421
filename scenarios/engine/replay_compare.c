/*
 * A command of the core beside the recorded one: P1, then the data object by object as their DOL names them, each
 * difference with both values and the reason why they may differ.
 */
#include "core/codec/dol.h"
#include "core/codec/tag.h"
#include "scenarios/engine/replay_account.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define INS_GENERATE_AC 0xAE

struct text {
    char *out, *brief;
    size_t cap, brief_cap;
};

static void __attribute__((format(printf, 3, 4))) add(struct text *t, const char *brief, const char *format, ...)
{
    size_t len = strlen(t->out);
    va_list args;
    if (len && len + 3 < t->cap) {
        memcpy(t->out + len, "; ", 3);
        len += 2;
    }
    va_start(args, format);
    if (len < t->cap)
        vsnprintf(t->out + len, t->cap - len, format, args);
    va_end(args);
    if (!*t->brief)
        snprintf(t->brief, t->brief_cap, "%s", brief);
}

/* -- why an object may differ -- */

/* "core also: application expired; recorded also: floor limit exceeded" */
static void name_bits(uint32_t tag, const uint8_t *recorded, const uint8_t *core, size_t len, char *out, size_t cap)
{
    const uint8_t *side[] = {core, recorded};
    static const char *const who[] = {"only the core says", "only the recording says"};
    *out = '\0';
    for (size_t k = 0; k < 2; k++) {
        bool any = false;
        for (size_t bit = 0; bit < 8 * len; bit++) {
            uint8_t mask = (uint8_t)(0x80 >> bit % 8);
            const char *name = tag_bit_name(tag, bit / 8, mask);
            size_t used = strlen(out);
            if (!(side[k][bit / 8] & mask) || side[1 - k][bit / 8] & mask)
                continue;
            snprintf(out + used, cap - used, "%s%s%s",
                     any    ? ", "
                     : used ? "; "
                            : "",
                     any ? "" : who[k], any ? "" : ": ");
            used = strlen(out);
            snprintf(out + used, cap - used, "%s", name ? name : "a reserved bit");
            any = true;
        }
    }
}

static const char *why_tag(const struct account *a, uint32_t tag)
{
    static const struct {
        uint32_t tag;
        const char *why;
    } table[] = {
        {0x95, "computed by the core"},
        {0x9B, "computed by the core"},
        {0x9F34, "computed by the core"},
        {0x98, "computed by the core"},
        {0x9F5B, "computed by the core"},
        {0xDF31, "computed by the core"},
        {0x9F7A, "computed by the core: electronic cash is for the contacts"},
        {0xDF60, "the core has no such transactions"},
        {0x9F45, "read by offline data authentication"},
        {0x9F4C, "read by offline data authentication"},
        {0x8A, "follows from the core's decision"},
        {0x91, "the issuer's data as the core had them"},
        {0x9F03, "an amount without cashback is keyed"},
        {0x9F04, "an amount without cashback is keyed"},
    };
    const char *refused = replay_refused(a->pins, tag);
    const struct tag_info *info = tag_lookup(tag);
    if (refused)
        return refused;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].tag == tag)
            return table[i].why;
    if (replay_has_input(tag))
        return "pinned, and the core sends another value";
    return info && info->source == 'C' ? "the card's own object, as the core had it" : "no input of the bench sets it";
}

/* -- data -- */

static void add_object(const struct account *a, const struct dol_entry *e, const uint8_t *recorded, const uint8_t *core,
                       struct text *t)
{
    const struct tag_info *info = tag_lookup(e->tag);
    char was[60] = "", is[60] = "", bits[400] = "", brief[40];
    replay_value_hex(a->f, e->tag, recorded, e->len, was, sizeof was);
    replay_value_hex(a->f, e->tag, core, e->len, is, sizeof is);
    if ((e->tag == 0x95 && e->len == 5) || (e->tag == 0x9B && e->len == 2) || (e->tag == 0x9F66 && e->len == 4))
        name_bits(e->tag, recorded, core, e->len, bits, sizeof bits);
    snprintf(brief, sizeof brief, "tag %X differs", (unsigned)e->tag);
    add(t, brief, "tag %X%s%s differs: recorded %s, core %s (%s%s%s)", (unsigned)e->tag, info ? " " : "",
        info ? info->name : "", was, is, why_tag(a, e->tag), *bits ? ": " : "", bits);
}

/* Which digits of a DOL's recorded data are masked. */
static const uint8_t *mask_of(const struct account *a, const struct replay_dol *d)
{
    const struct trace_exchange *x = &a->f->session->exchanges[d->at];
    return x->command_mask + (d->data - x->command);
}

static void compare_objects(const struct account *a, const struct replay_dol *d, const uint8_t *sent, size_t sent_len,
                            struct text *t)
{
    struct dol_entry e;
    size_t at = 0, offset = 0;
    for (; dol_next(d->list, d->list_len, &at, &e) == OK; offset += e.len)
        if (offset + e.len <= d->data_len && offset + e.len <= sent_len &&
            !trace_same_bytes(d->data + offset, mask_of(a, d) + offset, sent + offset, e.len))
            add_object(a, &e, d->data + offset, sent + offset, t);
    if (sent_len != d->data_len)
        add(t, "the length of the data differs",
            "the recorded data are %zu bytes, the core sends %zu (the DOL asks for "
            "%zu)",
            d->data_len, sent_len, offset);
}

static void compare_options(const struct account *a, const struct capdu *is, struct text *t)
{
    struct tlv data;
    if (tlv_find(is->data, is->lc, 0x83, &data) != OK)
        data = (struct tlv){0x83, is->lc, is->data};
    if (a->f->pdol.list)
        compare_objects(a, &a->f->pdol, data.value, data.len, t);
    else
        add(t, "the data differ", "%zu bytes of data were sent for a PDOL that is not recorded", a->f->pdol.data_len);
}

/* -- P1 of GENERATE AC -- */

static bool hits(const uint8_t tvr[5], const uint8_t iac[5])
{
    for (size_t i = 0; i < 5; i++)
        if (tvr[i] & iac[i])
            return true;
    return false;
}

/* What made the core ask for `p1`, from the TVR that it sent along (Book 3 10.7). */
static void why_asked(const struct account *a, size_t i, uint8_t p1, const uint8_t *tvr, char *out, size_t cap)
{
    const struct replay_facts *f = a->f;
    bool second = f->step[i] == STEP_GENERATE_AC_2, aac = (p1 & 0xC0) == 0x00, online = (p1 & 0xC0) == 0x80;
    const uint8_t *iac = second ? f->iac_default : aac ? f->iac_denial : f->iac_online;
    const char *name = second ? "default" : aac ? "denial" : "online";
    char hex[11];
    if (second && !replay_unable_online(f)) {
        snprintf(out, cap, "follows from the host's answer");
        return;
    }
    if (!tvr) {
        snprintf(out, cap, "terminal action analysis; the TVR is in no DOL");
        return;
    }
    hex_encode(tvr, 5, hex, sizeof hex);
    if (!aac && !online)
        snprintf(out, cap, "no IAC and no assumed TAC hits its TVR %s", hex);
    else if (hits(tvr, iac))
        snprintf(out, cap, "its TVR %s hits the card's IAC-%s", hex, name);
    else
        snprintf(out, cap, "its TVR %s hits no IAC-%s: the assumed TAC-%s, or the terminal's type", hex, name, name);
}

static void compare_request(const struct account *a, size_t i, const struct capdu *was, const struct capdu *is,
                            struct text *t)
{
    const struct replay_dol *d = replay_dol_at(a->f, i);
    struct replay_dol sent = {d ? d->list : NULL, d ? d->list_len : 0, is->data, is->lc, 0};
    const uint8_t *tvr;
    size_t len;
    char why[160] = "the core asks for combined data authentication, or not, by what it can";
    bool has_tvr = replay_value_in(&sent, 0x95, &tvr, &len) && len == 5;
    if ((was->p1 ^ is->p1) & 0xC0)
        why_asked(a, i, is->p1, has_tvr ? tvr : NULL, why, sizeof why);
    add(t, "P1 differs", "P1 differs: recorded %02X (%s%s), core %02X (%s%s) (computed by the core: %s)", was->p1,
        replay_ac_name(was->p1), was->p1 & 0x10 ? ", CDA" : "", is->p1, replay_ac_name(is->p1),
        is->p1 & 0x10 ? ", CDA" : "", why);
}

/* The recorded answer was not played where it is above what the core asked for. */
static void add_answer(const struct account *a, size_t i, const struct trace_log_entry *sent, struct text *t)
{
    struct replay_ac ac;
    if (sent->index == TRACE_NO_INDEX && replay_ac_read(&a->f->session->exchanges[i], &ac))
        add(t, "", "the recorded %s is above that and cannot be its answer: answered %04X", replay_ac_name(ac.cid),
            rapdu_sw(sent->answer, sent->answer_len));
}

void account_compare(const struct account *a, size_t i, const struct trace_log_entry *sent, char *out, size_t cap,
                     char *brief, size_t brief_cap)
{
    const struct trace_exchange *x = &a->f->session->exchanges[i];
    const struct replay_dol *d = replay_dol_at(a->f, i);
    struct text t = {out, brief, cap, brief_cap};
    struct capdu was, is;
    *out = *brief = '\0';
    if (capdu_parse(x->command, x->len, &was) != OK || capdu_parse(sent->command, sent->len, &is) != OK) {
        add(&t, "the command differs", "the commands cannot be compared object by object");
        return;
    }
    if (was.p1 != is.p1 && was.ins == INS_GENERATE_AC)
        compare_request(a, i, &was, &is, &t);
    else if (was.p1 != is.p1)
        add(&t, "P1 differs", "P1 differs: recorded %02X, core %02X", was.p1, is.p1);
    if (a->f->step[i] == STEP_GPO && i == a->f->gpo)
        compare_options(a, &is, &t);
    else if (d)
        compare_objects(a, d, is.data, is.lc, &t);
    else if (was.lc != is.lc ||
             (was.lc && !trace_same_bytes(was.data, x->command_mask + (was.data - x->command), is.data, was.lc)))
        add(&t, "the data differ", a->f->step[i] == STEP_VERIFY ? "the PIN differs" : "the data differ");
    if (was.ins == INS_GENERATE_AC)
        add_answer(a, i, sent, &t);
}
