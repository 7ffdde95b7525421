/*
 * From the tape to the trace: the exchanges are folded as a reader of the trace will fold them, so that an answer is
 * masked as a whole even when T=0 brought it in parts; then each goes back into the line it belongs to. Called by
 * record_card.c.
 */
#include "scenarios/engine/record_card_tape.h"
#include "sim/mask.h"
#include "sim/secrets.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct masked { /* one exchange as it may be read: hex with stars */
    char command[2 * APDU_MAX + 1], answer[2 * RAPDU_MAX + 1];
};

struct text {
    const struct card_tape *tape;
    struct trace_session session; /* the exchanges of the tape */
    size_t raw_of[TAPE_EVENTS];   /* of each event, SIZE_MAX: it is no exchange that can be written */
    struct masked *shown;         /* of each raw exchange */
    struct learned learned;
    FILE *out;
};

/* -- the tape as a session -- */

static bool is_answer(const uint8_t *bytes, size_t len)
{
    uint8_t sw1 = len >= 2 ? bytes[len - 2] : 0;
    return (sw1 >= 0x61 && sw1 <= 0x6F) || sw1 >> 4 == 9;
}

static bool has_answer(const struct tape_event *e)
{
    return e->status == OK && is_answer(e->answer, e->answer_len);
}

static int make_session(struct text *t)
{
    struct trace_session *s = &t->session;
    s->raw = calloc(TAPE_EVENTS, sizeof *s->raw);
    t->shown = calloc(TAPE_EVENTS, sizeof *t->shown);
    if (!s->raw || !t->shown)
        return E_NOMEM;
    for (size_t i = 0; i < t->tape->count; i++) {
        const struct tape_event *e = &t->tape->event[i];
        struct capdu command;
        t->raw_of[i] = SIZE_MAX;
        if (e->kind != TAPE_EXCHANGE || capdu_parse(e->command, e->len, &command) != OK)
            continue;
        struct trace_exchange *x = &s->raw[s->raw_count];
        memcpy(x->command, e->command, e->len);
        x->len = e->len;
        x->first_raw = x->last_raw = s->raw_count;
        x->time_us = e->time_us;
        if (has_answer(e)) {
            memcpy(x->answer, e->answer, e->answer_len);
            x->answer_len = e->answer_len;
        }
        t->raw_of[i] = s->raw_count++;
    }
    return trace_fold(s);
}

/* -- masking -- */

/* Starred whole: nothing of it is shown again. */
static bool holds_pin(const struct trace_exchange *x, enum record_bytes_kind kind)
{
    return kind == RECORD_COMMAND && x->len > 1 && (x->command[1] == 0x20 || x->command[1] == 0x24);
}

static void mask(struct text *t, const uint8_t *bytes, size_t len, enum record_bytes_kind kind,
                 const struct trace_exchange *x, char *hex)
{
    char plain[2 * RAPDU_MAX + 2 * APDU_MAX];
    hex_encode(bytes, len, plain, sizeof plain);
    mask_hex(bytes, len, kind, x->command, x->len, hex);
    if (!memchr(hex, '*', 2 * len) || !holds_pin(x, kind))
        record_card_star(&t->learned, plain, 2 * len, hex);
    OPENSSL_cleanse(plain, sizeof plain);
}

/* The hex of a whole answer's data, cut up again for the lines that brought them. */
static void share_out(struct text *t, const struct trace_exchange *x, const char *whole)
{
    size_t data = x->answer_len > 2 ? x->answer_len - 2 : 0, used = 0;
    for (size_t r = x->first_raw; r <= x->last_raw; r++) {
        const struct trace_exchange *raw = &t->session.raw[r];
        size_t own = raw->answer_len > 2 ? raw->answer_len - 2 : 0;
        char *hex = t->shown[r].answer;
        if (!raw->answer_len)
            continue;
        hex_encode(raw->answer, raw->answer_len, hex, sizeof t->shown[r].answer);
        if (own > data - used) /* the parts are more than the whole: nobody may guess which is which */
            memset(hex, '*', 2 * own);
        else
            memcpy(hex, whole + 2 * used, 2 * own);
        used += own > data - used ? 0 : own;
    }
}

static void mask_all_exchanges(struct text *t)
{
    struct trace_session *s = &t->session;
    char whole[2 * RAPDU_MAX + 1];
    for (size_t r = 0; r < s->raw_count; r++)
        mask(t, s->raw[r].command, s->raw[r].len, RECORD_COMMAND, &s->raw[r], t->shown[r].command);
    for (size_t i = 0; i < s->count; i++) {
        mask(t, s->exchanges[i].answer, s->exchanges[i].answer_len, RECORD_ANSWER, &s->exchanges[i], whole);
        share_out(t, &s->exchanges[i], whole);
    }
    OPENSSL_cleanse(whole, sizeof whole);
}

static int learn(struct text *t)
{
    int status = OK;
    for (size_t i = 0; i < t->session.count && status == OK; i++)
        status = record_card_learn(&t->learned, t->session.exchanges[i].answer, t->session.exchanges[i].answer_len);
    return status;
}

/* -- lines -- */

static void put_head(const struct text *t)
{
    const struct card_tape *p = t->tape;
    fprintf(t->out, "# posbench " POSBENCH_VERSION ": a card session recorded over %s\n", p->reader);
    if (p->recorded_at[0])
        fprintf(t->out, "# recorded %s; a real card, so nobody can record it twice\n", p->recorded_at);
    else
        fprintf(t->out, "# a simulated card, seed %llu: the same again gives the same file\n", p->seed);
    fprintf(t->out, "# one exchange a line, as it went over the reader: > command < answer (time)\n");
    fprintf(t->out, "# a star stands for a digit that is not shown: card number, tracks, name, PIN\n");
    fprintf(t->out, "# the sale ended with screen \"%s\": %s\n", p->screen, p->text);
    if (p->lost)
        fprintf(t->out, "# %zu more events had no room\n", p->lost);
}

static void put_loss(const struct text *t, const struct tape_event *e)
{
    if (e->status == HAL_E_MUTE)
        fprintf(t->out, "MUTE");
    else if (e->status == HAL_E_REMOVED || e->status == HAL_E_ABSENT)
        fprintf(t->out, "REMOVED");
    else
        fprintf(t->out, "ERROR %s", e->status == OK ? "an answer without a status word" : status_text(e->status));
    fprintf(t->out, " (%llu us)\n", (unsigned long long)e->time_us);
}

/* Of the first exchange after this reset; -1: there is none. */
static int protocol_after(const struct card_tape *t, size_t i)
{
    for (i++; i < t->count && t->event[i].kind != TAPE_RESET; i++)
        if (t->event[i].kind == TAPE_EXCHANGE)
            return t->event[i].protocol;
    return -1;
}

static void put_reset(const struct text *t, size_t i)
{
    const struct tape_event *e = &t->tape->event[i];
    char hex[2 * RAPDU_MAX + 1];
    int protocol = protocol_after(t->tape, i);
    fprintf(t->out, "RESET %s (%llu us)\n", e->warm ? "warm" : "cold", (unsigned long long)e->time_us);
    if (e->status != OK || e->answer_len < 2) {
        put_loss(t, e);
        return;
    }
    hex_encode(e->answer, e->answer_len, hex, sizeof hex);
    fprintf(t->out, "ATR: %s\n", hex);
    if (protocol >= 0)
        fprintf(t->out, "PROTOCOL: T=%d\n", protocol);
}

static void put_exchange(const struct text *t, size_t i)
{
    const struct tape_event *e = &t->tape->event[i];
    size_t r = t->raw_of[i];
    if (r == SIZE_MAX) {
        fprintf(t->out, "# %zu bytes went to the card that are no command\n", e->len);
    } else if (has_answer(e)) {
        fprintf(t->out, "> %s < %s (%llu us)\n", t->shown[r].command, t->shown[r].answer,
                (unsigned long long)e->time_us);
    } else {
        fprintf(t->out, "> %s\n", t->shown[r].command);
        put_loss(t, e);
    }
}

static void put_events(const struct text *t)
{
    bool reset = false;
    for (size_t i = 0; i < t->tape->count; i++) {
        const struct tape_event *e = &t->tape->event[i];
        reset |= e->kind == TAPE_RESET;
        if (e->kind == TAPE_RESET)
            put_reset(t, i);
        else if (e->kind == TAPE_EXCHANGE)
            put_exchange(t, i);
        else if (reset)
            fprintf(t->out, "%s\n", e->kind == TAPE_TAKEN ? "TAKEN" : "REMOVED");
    }
}

static bool has_atr(const struct card_tape *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->event[i].kind == TAPE_RESET && t->event[i].status == OK && t->event[i].answer_len >= 2)
            return true;
    return false;
}

static void plain_line(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            *text = ' ';
}

void record_card_clean(struct card_tape *t)
{
    struct learned learned;
    memset(&learned, 0, sizeof learned);
    for (size_t i = 0; i < t->count; i++)
        if (t->event[i].kind == TAPE_EXCHANGE)
            record_card_learn(&learned, t->event[i].answer, t->event[i].answer_len);
    record_card_star_text(&learned, t->text);
    record_card_forget(&learned);
    plain_line(t->text);
    plain_line(t->screen);
    plain_line(t->reader);
    plain_line(t->note);
}

static void clear(struct text *t)
{
    if (t->session.raw)
        OPENSSL_cleanse(t->session.raw, TAPE_EVENTS * sizeof *t->session.raw);
    if (t->session.exchanges)
        OPENSSL_cleanse(t->session.exchanges, t->session.count * sizeof *t->session.exchanges);
    free(t->session.raw);
    free(t->session.exchanges);
    free(t->shown);
    record_card_forget(&t->learned);
    free(t);
}

char *record_card_text(const struct card_tape *tape, size_t *len)
{
    char *out = NULL;
    *len = 0;
    if (!has_atr(tape))
        return NULL;
    struct text *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->tape = tape;
    if (make_session(t) != OK || learn(t) != OK || !(t->out = open_memstream(&out, len)))
        goto cleanup;
    mask_all_exchanges(t);
    put_head(t);
    record_card_inputs(t->out, tape, &t->session);
    put_events(t);
    bool whole = !ferror(t->out);
    if (fclose(t->out) != 0 || !whole) {
        free(out);
        out = NULL;
    }
cleanup:
    clear(t);
    return out;
}
