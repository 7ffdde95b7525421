/*
 * Sessions and their exchanges, as commands and answers come in; where a session ends is a rule of trace.h. Called by
 * trace_turns.c.
 */
#include "cards/trace_parser.h"

#include "core/codec/tlv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char no_status_word[] = "an answer that ends in a status word (61xx to 6Fxx, 9xxx) expected";
static const char unfit_command[] = "a command expected: header, and Lc, data, Le that fit the %zu bytes";

int trace_refuse_at(const struct trace_parser *p, unsigned line, int status, const char *text)
{
    snprintf(p->why, p->why_cap, "%s:%u: %s", p->name, line, text);
    return status;
}

int trace_refuse(const struct trace_parser *p, int status, const char *format, ...)
{
    char text[160];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return trace_refuse_at(p, p->line, status, text);
}

struct trace_session *trace_current(const struct trace_parser *p)
{
    return p->trace->session_count ? &p->trace->sessions[p->trace->session_count - 1] : NULL;
}

struct trace_exchange *trace_last(const struct trace_parser *p)
{
    struct trace_session *s = trace_current(p);
    return &s->raw[s->raw_count - 1];
}

static bool is_environment(const struct capdu *select)
{
    return select->lc == 14 && (select->data[0] == '1' || select->data[0] == '2') &&
           memcmp(select->data + 1, "PAY.SYS.DDF01", 13) == 0;
}

static bool starts_session(const struct trace_parser *p, const struct capdu *command)
{
    if (!trace_current(p) || p->reset)
        return true;
    if (command->cla == 0x80 && command->ins == 0xA8)
        return p->decided && (p->gap || !p->selected);
    if (command->ins != 0xA4 || command->p1 != 0x04 || command->lc == 0)
        return false;
    if (is_environment(command))
        return p->initiated || p->decided || (p->selected && p->gap);
    return p->decided || (p->initiated && p->gap);
}

int trace_add_session(struct trace_parser *p)
{
    if (p->trace->session_count == TRACE_SESSIONS)
        return trace_refuse(p, E_LIMIT, "at most %d sessions in a file expected", TRACE_SESSIONS);
    struct trace_session *s = &p->trace->sessions[p->trace->session_count++];
    memcpy(s->atr, p->atr, p->atr_len);
    s->atr_len = p->atr_len;
    s->protocol = p->protocol;
    s->line = p->line;
    s->by_posbench = p->by_posbench;
    if (p->input_count) {
        s->inputs = calloc(p->input_count, sizeof *s->inputs);
        if (!s->inputs)
            return trace_refuse(p, E_NOMEM, "out of memory");
        memcpy(s->inputs, p->inputs, p->input_count * sizeof *s->inputs);
        s->input_count = p->input_count;
    }
    p->reset_line = 0;
    p->open = p->reset = p->selected = p->initiated = p->decided = false;
    return OK;
}

int trace_add_command(struct trace_parser *p, const struct trace_bytes *line)
{
    struct capdu command;
    if (capdu_parse(line->bytes, line->len, &command))
        return trace_refuse(p, E_FORMAT, unfit_command, line->len);
    if (trace_is_masked(line, 0, 5))
        return trace_refuse(p, E_FORMAT, "a command with its five bytes of header expected, not masked");
    int status = starts_session(p, &command) ? trace_add_session(p) : OK;
    if (status)
        return status;
    struct trace_session *s = trace_current(p);
    if (s->raw_count == TRACE_EXCHANGES)
        return trace_refuse(p, E_LIMIT, "at most %d commands in a session expected", TRACE_EXCHANGES);
    struct trace_exchange *grown = realloc(s->raw, (s->raw_count + 1) * sizeof *s->raw);
    if (!grown)
        return trace_refuse(p, E_NOMEM, "out of memory");
    s->raw = grown;
    struct trace_exchange *x = &s->raw[s->raw_count];
    memset(x, 0, sizeof *x);
    memcpy(x->command, line->bytes, line->len);
    memcpy(x->command_mask, line->mask, line->len);
    x->len = line->len;
    x->line = p->line;
    x->first_raw = x->last_raw = s->raw_count++;
    p->open = p->inputs_closed = true;
    p->gap = false;
    return OK;
}

int trace_end_parts(struct trace_parser *p)
{
    unsigned line = p->line;
    int status = OK;
    if (p->held.len) {
        p->line = p->held_line;
        status = trace_refuse(p, E_FORMAT, unfit_command, p->held.len);
        p->line = line;
    } else if (p->partial_line) {
        trace_last(p)->answer_len = 0;
        status = trace_refuse_at(p, p->partial_line, E_FORMAT, no_status_word);
    }
    p->held.len = 0;
    p->partial_line = 0;
    return status;
}

/* How far the session has come, seen from an answered command. 61xx and warnings are answers in the affirmative. */
static void note_progress(struct trace_parser *p, const struct trace_exchange *x)
{
    struct capdu command;
    uint8_t sw1 = x->answer[x->answer_len - 2];
    if (capdu_parse(x->command, x->len, &command) || (sw1 != 0x90 && sw1 != 0x61 && sw1 != 0x62))
        return;
    if (command.ins == 0xA4 && !is_environment(&command))
        p->selected = true;
    if (command.cla == 0x80 && command.ins == 0xA8) {
        struct tlv cryptogram;
        p->initiated = true;
        p->decided |= tlv_find_deep(x->answer, x->answer_len - 2, 0x9F26, &cryptogram) == OK;
    }
    if (command.cla == 0x80 && command.ins == 0xAE)
        p->decided = true;
}

int trace_add_answer(struct trace_parser *p, const struct trace_bytes *line, bool may_go_on)
{
    if (!p->open)
        return trace_refuse(p, E_FORMAT, "a command expected, this is an answer");
    if (line->len > RAPDU_MAX)
        return trace_refuse(p, E_FORMAT, "an answer of at most %d bytes expected, found %zu", RAPDU_MAX, line->len);
    bool whole = trace_looks_like_answer(line->bytes, line->len);
    if (!whole && !may_go_on && !trace_answer_goes_on(line->bytes, line->len))
        return trace_refuse(p, E_FORMAT, no_status_word);
    if (whole && trace_is_masked(line, line->len - 2, line->len))
        return trace_refuse(p, E_FORMAT, "an answer with a status word that is not masked expected");
    struct trace_exchange *x = trace_last(p);
    memcpy(x->answer, line->bytes, line->len);
    memcpy(x->answer_mask, line->mask, line->len);
    x->answer_len = line->len;
    x->answer_line = p->line;
    p->open = false;
    p->gap = false;
    p->partial_line = whole ? 0 : p->line;
    if (whole)
        note_progress(p, x);
    return OK;
}

int trace_go_on_answer(struct trace_parser *p, const struct trace_bytes *line)
{
    struct trace_exchange *x = trace_last(p);
    if (!trace_answer_append(x, line))
        return trace_refuse(p, E_FORMAT, "an answer of at most %d bytes expected", RAPDU_MAX);
    if (!trace_looks_like_answer(x->answer, x->answer_len))
        return OK;
    if (x->answer_mask[x->answer_len - 2] || x->answer_mask[x->answer_len - 1])
        return trace_refuse(p, E_FORMAT, "an answer with a status word that is not masked expected");
    p->partial_line = 0;
    note_progress(p, x);
    return OK;
}
