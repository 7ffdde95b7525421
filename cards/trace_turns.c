/*
 * Line after line: which is a command and which its answer, and which goes on with the one before (rules in trace.h).
 * Called by trace_parse.c.
 *
 * Without labels a recording is read by turns. Only a line that cannot be an answer, but is a known command, may break
 * the turn: then the command before it got no answer.
 */
#include "cards/trace_parser.h"

#include "core/codec/tlv.h"

#include <stdlib.h>
#include <string.h>

/* Data of a card's answer where a command should stand: a template, then a status word. */
static bool is_stray_answer(const struct trace_bytes *line)
{
    struct tlv first;
    size_t at = 0;
    if (!trace_looks_like_answer(line->bytes, line->len) || trace_looks_like_command(line->bytes, line->len))
        return false;
    return line->len == 2 || (tlv_next(line->bytes, line->len - 2, &at, &first) == OK && at == line->len - 2);
}

static bool is_known_command(const struct trace_bytes *line)
{
    struct capdu command;
    return capdu_parse(line->bytes, line->len, &command) == OK && apdu_name(command.cla, command.ins);
}

static bool answer_goes_on(const struct trace_parser *p, const struct trace_bytes *line)
{
    const struct trace_session *s = trace_current(p);
    if (p->open || !s || !s->raw_count)
        return false;
    const struct trace_exchange *x = &s->raw[s->raw_count - 1];
    bool wants = p->partial_line || (x->answer_len && trace_answer_goes_on(x->answer, x->answer_len));
    return wants && !is_known_command(line);
}

/* A command that is whole, or that goes on in the next line. */
static int begin_command(struct trace_parser *p, const struct trace_bytes *line)
{
    if (!trace_command_goes_on(line))
        return trace_add_command(p, line);
    p->held = *line;
    p->held_line = p->line;
    return OK;
}

static int go_on_command(struct trace_parser *p, const struct trace_bytes *line)
{
    unsigned here = p->line;
    struct trace_bytes whole = p->held;
    if (!trace_bytes_append(&whole, line))
        return trace_end_parts(p);
    if (trace_command_goes_on(&whole)) {
        p->held = whole;
        return OK;
    }
    struct capdu command;
    if (capdu_parse(whole.bytes, whole.len, &command) != OK)
        return trace_end_parts(p);
    p->held.len = 0;
    p->line = p->held_line;
    int status = trace_add_command(p, &whole);
    p->line = here;
    return status;
}

static int add_bare(struct trace_parser *p, const struct trace_bytes *line)
{
    if (p->held.len)
        return go_on_command(p, line);
    if (answer_goes_on(p, line))
        return trace_go_on_answer(p, line);
    if (p->partial_line)
        return trace_end_parts(p);
    if (p->open && !trace_looks_like_command(line->bytes, line->len))
        return trace_add_answer(p, line, false);
    if (!p->open && is_stray_answer(line))
        return trace_refuse(p, E_FORMAT, "a command expected, this is an answer");
    return begin_command(p, line);
}

/* A status word in a line of its own, behind the data or once more behind the whole. False: it is no such line. */
static bool take_status_word(struct trace_parser *p, const struct trace_bytes *line, int *status)
{
    const struct trace_session *s = trace_current(p);
    if (p->open || p->reset || !s || !s->raw_count || line->len != 2 || !s->raw[s->raw_count - 1].answer_len)
        return false;
    *status = trace_answer_has(trace_last(p), line) ? OK : trace_go_on_answer(p, line);
    return true;
}

/* A label that waited for bytes and got none: an answer that never came, or half a line. */
static int drop_label(struct trace_parser *p)
{
    enum trace_line_kind label = p->label;
    p->label = TRACE_LINE_GAP;
    if (label == TRACE_LINE_ANSWER && !p->open)
        return trace_refuse_at(p, p->label_line, E_FORMAT, "a command expected, this is an answer");
    if (label == TRACE_LINE_COMMAND)
        return trace_refuse_at(p, p->label_line, E_FORMAT, "hex digits expected, found none");
    return OK;
}

int trace_end_lines(struct trace_parser *p)
{
    int status = drop_label(p);
    return status ? status : trace_end_parts(p);
}

static int add_bytes(struct trace_parser *p, struct trace_line *line)
{
    if (line->kind == TRACE_LINE_BARE && p->label != TRACE_LINE_GAP) {
        line->kind = p->label;
        p->label = TRACE_LINE_GAP;
    }
    int status = drop_label(p);
    if (status)
        return status;
    if (line->kind == TRACE_LINE_BARE)
        return add_bare(p, &line->is);
    if (line->kind == TRACE_LINE_ANSWER && take_status_word(p, &line->is, &status))
        return status;
    if ((status = trace_end_parts(p)) != OK)
        return status;
    if (line->is.len == 0) {
        p->label = line->kind;
        p->label_line = p->line;
        return OK;
    }
    return line->kind == TRACE_LINE_COMMAND ? begin_command(p, &line->is) : trace_add_answer(p, &line->is, true);
}

static int add_exchange(struct trace_parser *p, const struct trace_line *line)
{
    int status = trace_end_lines(p);
    if (status == OK)
        status = trace_add_command(p, &line->is);
    if (status == OK)
        status = trace_add_answer(p, &line->answer, false);
    if (status == OK)
        trace_last(p)->time_us = line->time_us;
    return status;
}

/* -- what posbench itself records -- */

static int add_reset(struct trace_parser *p)
{
    p->open = false;
    p->reset = p->by_posbench = true;
    p->atr_len = 0;
    p->protocol = -1;
    p->reset_line = p->line;
    return OK;
}

/* Of the command before it, of the reset before it, or the end of the session. */
static int add_loss(struct trace_parser *p, const struct trace_line *line)
{
    struct trace_session *s = trace_current(p);
    if (p->reset || !s)
        return p->reset_line ? OK
                             : trace_refuse(p, E_FORMAT, "a command or RESET expected before the loss of the card");
    if (p->open) {
        trace_last(p)->loss = line->loss;
        trace_last(p)->time_us = line->time_us;
    }
    p->open = false;
    if (s->end == TRACE_LOSS_NONE) { /* the first one is the cause of what follows */
        s->end = line->loss;
        s->end_line = p->line;
    }
    return OK;
}

static int add_input(struct trace_parser *p, const struct trace_line *line)
{
    if (p->inputs_closed)
        p->input_count = 0;
    p->inputs_closed = false;
    if (p->input_count == TRACE_INPUTS)
        return trace_refuse(p, E_LIMIT, "at most %d INPUT lines expected", TRACE_INPUTS);
    if (!p->inputs && !(p->inputs = calloc(TRACE_INPUTS, sizeof *p->inputs)))
        return trace_refuse(p, E_NOMEM, "out of memory");
    p->inputs[p->input_count] = line->input;
    p->inputs[p->input_count++].line = p->line;
    p->by_posbench = true;
    return OK;
}

int trace_take_line(struct trace_parser *p, const char *text, size_t len)
{
    struct trace_line line;
    char why[128];
    if (trace_line_parse(text, len, &line, why, sizeof why))
        return trace_refuse(p, E_FORMAT, "%s", why);
    switch (line.kind) {
    case TRACE_LINE_COMMAND:
    case TRACE_LINE_ANSWER:
    case TRACE_LINE_BARE:
        return add_bytes(p, &line);
    case TRACE_LINE_EXCHANGE:
        return add_exchange(p, &line);
    case TRACE_LINE_RESET:
        return add_reset(p);
    case TRACE_LINE_LOSS:
        return add_loss(p, &line);
    case TRACE_LINE_INPUT:
        return add_input(p, &line);
    case TRACE_LINE_ATR:
        memcpy(p->atr, line.is.bytes, line.is.len);
        p->atr_len = line.is.len;
        p->reset = true;
        break;
    case TRACE_LINE_PROTOCOL:
        p->protocol = line.protocol;
        if (trace_current(p) && !p->reset && trace_current(p)->protocol < 0)
            trace_current(p)->protocol = line.protocol;
        break;
    case TRACE_LINE_GAP:
        break;
    }
    p->gap = true;
    return OK;
}
