/* The recorded bytes that signatures cover: objects, static data in the order of the AFL (EMV Book 3 section 10.3),
 * command data. Called by the other files of replay_sign. */
#include "core/codec/dol.h"
#include "core/codec/hex.h"
#include "scenarios/engine/replay_sign.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct trace_exchange *at(const struct sign *s, size_t i)
{
    return &s->f->session->exchanges[i];
}

static bool answered(const struct trace_exchange *x)
{
    return x->answer_len > 2 && replay_sw(x) == 0x9000;
}

unsigned sign_masked(const struct sign_bytes *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; parts[i].mask && k < parts[i].len; k++)
            if (parts[i].mask[k])
                return parts[i].line;
    return 0;
}

static struct sign_bytes in_answer(const struct trace_exchange *x, const uint8_t *bytes, size_t len)
{
    return (struct sign_bytes){bytes, x->answer_mask + (bytes - x->answer), len, replay_answer_line(x)};
}

static struct sign_bytes in_command(const struct trace_exchange *x, const uint8_t *bytes, size_t len)
{
    return (struct sign_bytes){bytes, x->command_mask + (bytes - x->command), len, x->line};
}

/* The record as it was first read well after GET PROCESSING OPTIONS; REPLAY_NONE. */
static size_t find_record(const struct sign *s, uint8_t sfi, unsigned record)
{
    size_t from = s->f->gpo == REPLAY_NONE ? 0 : s->f->gpo + 1;
    for (size_t i = from; i < s->f->session->count; i++) {
        const struct trace_exchange *x = at(s, i);
        if (s->f->step[i] == STEP_READ && x->len >= 4 && x->command[3] >> 3 == sfi && x->command[2] == record &&
            answered(x))
            return i;
    }
    return REPLAY_NONE;
}

/* Calls `each` for the records of the AFL, or for all that were read where no AFL is recorded; until it says true. */
typedef bool each_record(struct sign *s, size_t i, uint8_t sfi, bool is_static, void *ctx);

static bool records(struct sign *s, each_record *each, void *ctx)
{
    const struct replay_facts *f = s->f;
    if (!f->afl) {
        for (size_t i = 0; i < f->session->count; i++)
            if (f->step[i] == STEP_READ && answered(at(s, i)) && each(s, i, at(s, i)->command[3] >> 3, false, ctx))
                return true;
        return false;
    }
    for (size_t k = 0; k + 4 <= f->afl_len; k += 4) {
        const uint8_t *e = f->afl + k;
        for (unsigned r = e[1]; r <= e[2]; r++)
            if (each(s, find_record(s, e[0] >> 3, r), e[0] >> 3, r - e[1] < e[3], ctx))
                return true;
    }
    return false;
}

/* -- objects -- */

struct wanted {
    uint32_t tag;
    struct sign_bytes *out;
};

static bool look_in(struct sign *s, size_t i, uint8_t sfi, bool is_static, void *ctx)
{
    const struct wanted *w = ctx;
    struct tlv t;
    (void)sfi;
    (void)is_static;
    if (i == REPLAY_NONE || !replay_find(at(s, i), w->tag, &t))
        return false;
    *w->out = in_answer(at(s, i), t.value, t.len);
    return true;
}

bool sign_answer_object(const struct sign *s, size_t i, uint32_t tag, struct sign_bytes *out)
{
    struct tlv t;
    if (i == REPLAY_NONE || !replay_find(at(s, i), tag, &t))
        return false;
    *out = in_answer(at(s, i), t.value, t.len);
    return true;
}

bool sign_object(const struct sign *s, uint32_t tag, struct sign_bytes *out)
{
    struct wanted w = {tag, out};
    *out = (struct sign_bytes){NULL, NULL, 0, 0};
    return records((struct sign *)s, look_in, &w) || sign_answer_object(s, s->f->gpo, tag, out);
}

bool sign_command_data(const struct sign *s, size_t i, struct sign_bytes *out)
{
    struct capdu c;
    *out = (struct sign_bytes){NULL, NULL, 0, 0};
    if (i == REPLAY_NONE || capdu_parse(at(s, i)->command, at(s, i)->len, &c) != OK)
        return false;
    *out = in_command(at(s, i), c.lc ? c.data : at(s, i)->command, c.lc);
    return true;
}

bool sign_dol_value(const struct sign *s, const struct replay_dol *d, uint32_t tag, struct sign_bytes *out)
{
    const uint8_t *value;
    size_t len;
    if (!replay_value_in(d, tag, &value, &len) || d->at == REPLAY_NONE)
        return false;
    *out = in_command(at(s, d->at), value, len);
    return true;
}

bool sign_date(const struct sign *s, uint8_t date[3])
{
    const uint8_t *value;
    uint64_t digits;
    size_t len;
    if (!replay_value(s->f, 0x9A, &value, &len) || len != 3 || bcd_value(value, 3, &digits) != OK || !value[1])
        return false;
    memcpy(date, value, 3);
    return true;
}

bool sign_objects(struct sign *s, const char *group, const uint32_t *tags)
{
    struct sign_bytes o;
    for (; *tags; tags++)
        if (!sign_object(s, *tags, &o)) {
            sign_row(s, group, "objects", s->complete ? SIGN_FAIL : SIGN_OPEN, replay_line(s->f, s->f->gpo),
                     s->complete ? "%X is in no record" : "%X is in no recorded record, and not all are recorded",
                     (unsigned)*tags);
            return false;
        }
    return true;
}

/* -- static data -- */

static bool grow(struct sign *s, const struct sign_bytes *part)
{
    uint8_t *bytes = (uint8_t *)s->records.bytes, *mask = (uint8_t *)s->records.mask;
    size_t len = s->records.len + part->len;
    if (len > SIGN_STATIC_MAX) {
        snprintf(s->records_fault, sizeof s->records_fault, "more than %u bytes are listed in the AFL",
                 SIGN_STATIC_MAX);
        return true;
    }
    uint8_t *more = realloc(bytes, len + 1);
    if (more)
        s->records.bytes = more;
    uint8_t *more_mask = realloc(mask, len + 1);
    if (more_mask)
        s->records.mask = more_mask;
    if (!more || !more_mask)
        return false;
    memcpy(more + s->records.len, part->bytes, part->len);
    memcpy(more_mask + s->records.len, part->mask, part->len);
    s->records.len = len;
    bool masked = sign_masked(part, 1) != 0;
    if (!s->records.line || (masked && !s->records_masked))
        s->records.line = part->line; /* where the masked digits begin, when there are any */
    s->records_masked |= masked;
    return true;
}

/* SFI 1 to 10: the value of template 70; above: the whole record, which is one, too (Book 3 10.3). */
static bool add_record(struct sign *s, size_t i, uint8_t sfi, bool is_static, void *ctx)
{
    int *status = ctx;
    struct tlv t;
    size_t end = 0;
    if (i == REPLAY_NONE) {
        s->complete = false;
        if (is_static && !*s->records_gap)
            snprintf(s->records_gap, sizeof s->records_gap, "a record of SFI %u that it covers is not recorded", sfi);
        return false;
    }
    if (!is_static)
        return false;
    const struct trace_exchange *x = at(s, i);
    struct sign_bytes part = in_answer(x, x->answer, x->answer_len - 2);
    if (tlv_next(x->answer, x->answer_len - 2, &end, &t) != OK || t.tag != 0x70 || end != x->answer_len - 2) {
        snprintf(s->records_fault, sizeof s->records_fault, "the record in line %u is no template 70", part.line);
        return false;
    }
    if (sfi <= 10)
        part = in_answer(x, t.value, t.len);
    if (!grow(s, &part))
        *status = E_NOMEM;
    return *status != OK;
}

int sign_collect(struct sign *s)
{
    const struct replay_facts *f = s->f;
    struct sign_bytes list, aip;
    int status = OK;
    s->complete = f->afl != NULL;
    if (!f->afl)
        snprintf(s->records_gap, sizeof s->records_gap, "no AFL is recorded: which records it covers is not known");
    records(s, add_record, &status);
    if (status != OK || !sign_object(s, 0x9F4A, &list))
        return status;
    /* Only the AIP may be listed (Book 3 10.3) */
    if (list.len != 1 || list.bytes[0] != 0x82)
        snprintf(s->records_fault, sizeof s->records_fault, "9F4A in line %u lists something else than 82", list.line);
    else if (!f->has_aip)
        snprintf(s->records_gap, sizeof s->records_gap, "the AIP that it covers is not recorded");
    else {
        aip = (struct sign_bytes){f->aip, (const uint8_t[2]){0, 0}, 2, replay_answer_line(at(s, f->gpo))};
        status = grow(s, &aip) ? OK : E_NOMEM;
    }
    return status;
}

void sign_release(struct sign *s)
{
    if (s->records.bytes)
        OPENSSL_cleanse((uint8_t *)s->records.bytes, s->records.len);
    free((uint8_t *)s->records.bytes);
    free((uint8_t *)s->records.mask);
}
