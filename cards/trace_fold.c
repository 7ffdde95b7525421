/*
 * T=0 taken out of a recording (ISO 7816-3 clause 12.2; EMV Book 1 annex A): a command refused with 6Cxx and repeated
 * with that Le is one exchange, and 61xx, or a warning, with the GET RESPONSEs behind it is one too. Called by
 * trace_parse.c.
 */
#include "cards/trace.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 4

static uint8_t sw1(const struct trace_exchange *x)
{
    return x->answer_len >= 2 ? x->answer[x->answer_len - 2] : 0;
}

/* Some readers send it with the class of the command before. */
static bool is_get_response(const struct trace_exchange *x)
{
    return x->len == HEADER + 1 && (x->command[0] & 0x7F) == 0 && memcmp(x->command + 1, "\xC0\x00\x00", 3) == 0;
}

/* `next` is `x` again with the Le that 6Cxx named. */
static bool is_repeated(const struct trace_exchange *x, const struct trace_exchange *next)
{
    return sw1(x) == 0x6C && x->answer_len == 2 && next->len == HEADER + 1 && x->len <= HEADER + 1 &&
           memcmp(x->command, next->command, HEADER) == 0 && next->command[HEADER] == x->answer[1];
}

static bool awaits_response(const struct trace_exchange *x)
{
    return sw1(x) == 0x61 || ((sw1(x) == 0x62 || sw1(x) == 0x63) && x->answer_len == 2);
}

/* Data of `next` go behind those of `x`. False when they do not fit an answer: then they stay apart. */
static bool append(struct trace_exchange *x, const struct trace_exchange *next)
{
    size_t data = x->answer_len - 2;
    uint8_t warning[2];
    bool keeps_warning = sw1(x) == 0x62 || sw1(x) == 0x63;
    if (next->answer_len < 2 || data + next->answer_len > sizeof x->answer)
        return false;
    memcpy(warning, x->answer + data, 2);
    memcpy(x->answer + data, next->answer, next->answer_len);
    memcpy(x->answer_mask + data, next->answer_mask, next->answer_len);
    x->answer_len = data + next->answer_len;
    if (keeps_warning) /* also where GET RESPONSE was refused: that says nothing about the command */
        memcpy(x->answer + x->answer_len - 2, warning, 2);
    x->time_us += next->time_us;
    x->answer_line = next->answer_line;
    x->last_raw = next->last_raw;
    return true;
}

/* Takes what follows raw[i] as long as it belongs to it; returns the first one that does not. */
static size_t fold_from(const struct trace_session *s, size_t i, struct trace_exchange *x)
{
    *x = s->raw[i++];
    if (i < s->raw_count && !is_get_response(x) && is_repeated(x, &s->raw[i])) {
        x->answer_len = s->raw[i].answer_len;
        memcpy(x->answer, s->raw[i].answer, sizeof x->answer);
        memcpy(x->answer_mask, s->raw[i].answer_mask, sizeof x->answer_mask);
        x->time_us += s->raw[i].time_us;
        x->loss = s->raw[i].loss;
        x->answer_line = s->raw[i].answer_line;
        x->last_raw = i++;
    }
    while (i < s->raw_count && awaits_response(x) && is_get_response(&s->raw[i])) {
        size_t fetched = i;
        if (i + 1 < s->raw_count && is_repeated(&s->raw[i], &s->raw[i + 1]))
            fetched = i + 1;
        if (s->raw[fetched].answer_len == 0 &&
            s->raw[fetched].loss != TRACE_LOSS_NONE) { /* lost while it was fetched */
            x->loss = s->raw[fetched].loss;
            x->last_raw = fetched;
            return fetched + 1;
        }
        struct trace_exchange before = *x;
        if (sw1(x) == 0x61)
            x->answer[x->answer_len - 2] = 0; /* only a marker that data follow; the last status word counts */
        if (!append(x, &s->raw[fetched])) {
            *x = before;
            break;
        }
        i = fetched + 1;
    }
    return i;
}

bool trace_unfetched(const struct trace_exchange *x)
{
    return sw1(x) == 0x61 || (sw1(x) == 0x6C && x->answer_len == 2);
}

int trace_fold(struct trace_session *s)
{
    s->exchanges = calloc(s->raw_count ? s->raw_count : 1, sizeof *s->exchanges);
    if (!s->exchanges)
        return E_NOMEM;
    for (size_t i = 0; i < s->raw_count; s->count++)
        i = fold_from(s, i, &s->exchanges[s->count]);
    return OK;
}
