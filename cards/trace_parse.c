/*
 * Lines to sessions: which line is a command and which its answer, where a session ends (rules in trace.h). Called by
 * trace.c.
 *
 * Without labels a recording is read by turns. Only a line that cannot be an answer, but is a known command, may break
 * the turn: then the command before it got no answer.
 */
#include "cards/trace_internal.h"

#include "core/codec/tlv.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    struct trace *trace;
    const char *name;
    char *why;
    size_t why_cap;
    unsigned line;
    /* for the session being read */
    bool open; /* its last command awaits an answer */
    bool gap;  /* a comment or blank line since the last exchange */
    bool selected, initiated, decided;
    enum trace_line_kind label; /* stood alone on line `label_line`, waits for its bytes; TRACE_LINE_GAP: none */
    unsigned label_line;
    /* for the next one */
    bool reset;
    uint8_t atr[TRACE_ATR_MAX];
    size_t atr_len;
    int protocol;
    bool by_posbench;
    unsigned reset_line; /* of a RESET that no command has followed yet; 0: none */
    struct trace_input *inputs;
    size_t input_count;
    bool inputs_closed; /* a command came: the next INPUT begins another recording's */
};

static int refuse_at(const struct parser *p, unsigned line, int status, const char *text)
{
    snprintf(p->why, p->why_cap, "%s:%u: %s", p->name, line, text);
    return status;
}

static int __attribute__((format(printf, 3, 4))) refuse(const struct parser *p, int status, const char *format, ...)
{
    char text[160];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return refuse_at(p, p->line, status, text);
}

static struct trace_session *current(const struct parser *p)
{
    return p->trace->session_count ? &p->trace->sessions[p->trace->session_count - 1] : NULL;
}

static struct trace_exchange *last_exchange(const struct parser *p)
{
    struct trace_session *s = current(p);
    return &s->raw[s->raw_count - 1];
}

static bool is_environment(const struct capdu *select)
{
    return select->lc == 14 && (select->data[0] == '1' || select->data[0] == '2') &&
           memcmp(select->data + 1, "PAY.SYS.DDF01", 13) == 0;
}

static bool starts_session(const struct parser *p, const struct capdu *command)
{
    if (!current(p) || p->reset)
        return true;
    if (command->cla == 0x80 && command->ins == 0xA8)
        return p->decided && (p->gap || !p->selected);
    if (command->ins != 0xA4 || command->p1 != 0x04 || command->lc == 0)
        return false;
    if (is_environment(command))
        return p->initiated || p->decided || (p->selected && p->gap);
    return p->decided || (p->initiated && p->gap);
}

static int add_session(struct parser *p)
{
    if (p->trace->session_count == TRACE_SESSIONS)
        return refuse(p, E_LIMIT, "at most %d sessions in a file expected", TRACE_SESSIONS);
    struct trace_session *s = &p->trace->sessions[p->trace->session_count++];
    memcpy(s->atr, p->atr, p->atr_len);
    s->atr_len = p->atr_len;
    s->protocol = p->protocol;
    s->line = p->line;
    s->by_posbench = p->by_posbench;
    if (p->input_count) {
        s->inputs = calloc(p->input_count, sizeof *s->inputs);
        if (!s->inputs)
            return refuse(p, E_NOMEM, "out of memory");
        memcpy(s->inputs, p->inputs, p->input_count * sizeof *s->inputs);
        s->input_count = p->input_count;
    }
    p->reset_line = 0;
    p->open = p->reset = p->selected = p->initiated = p->decided = false;
    return OK;
}

static int add_command(struct parser *p, const struct trace_bytes *line)
{
    struct capdu command;
    if (capdu_parse(line->bytes, line->len, &command))
        return refuse(p, E_FORMAT, "a command expected: header, and Lc, data, Le that fit the %zu bytes", line->len);
    if (trace_is_masked(line, 0, 5))
        return refuse(p, E_FORMAT, "a command with its five bytes of header expected, not masked");
    int status = starts_session(p, &command) ? add_session(p) : OK;
    if (status)
        return status;
    struct trace_session *s = current(p);
    if (s->raw_count == TRACE_EXCHANGES)
        return refuse(p, E_LIMIT, "at most %d commands in a session expected", TRACE_EXCHANGES);
    struct trace_exchange *grown = realloc(s->raw, (s->raw_count + 1) * sizeof *s->raw);
    if (!grown)
        return refuse(p, E_NOMEM, "out of memory");
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

/* How far the session has come, seen from an answered command. 61xx and warnings are answers in the affirmative. */
static void note_progress(struct parser *p, const struct trace_exchange *x)
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

static int add_answer(struct parser *p, const struct trace_bytes *line)
{
    if (!p->open)
        return refuse(p, E_FORMAT, "a command expected, this is an answer");
    if (line->len > RAPDU_MAX)
        return refuse(p, E_FORMAT, "an answer of at most %d bytes expected, found %zu", RAPDU_MAX, line->len);
    if (!trace_looks_like_answer(line->bytes, line->len))
        return refuse(p, E_FORMAT, "an answer that ends in a status word (61xx to 6Fxx, 9xxx) expected");
    if (trace_is_masked(line, line->len - 2, line->len))
        return refuse(p, E_FORMAT, "an answer with a status word that is not masked expected");
    struct trace_exchange *x = last_exchange(p);
    memcpy(x->answer, line->bytes, line->len);
    memcpy(x->answer_mask, line->mask, line->len);
    x->answer_len = line->len;
    x->answer_line = p->line;
    p->open = false;
    p->gap = false;
    note_progress(p, x);
    return OK;
}

/* Data of a card's answer where a command should stand: a template, then a status word. */
static bool is_stray_answer(const struct trace_bytes *line)
{
    struct tlv first;
    size_t at = 0;
    if (!trace_looks_like_answer(line->bytes, line->len) || trace_looks_like_command(line->bytes, line->len))
        return false;
    return line->len == 2 || (tlv_next(line->bytes, line->len - 2, &at, &first) == OK && at == line->len - 2);
}

static int add_bare(struct parser *p, const struct trace_bytes *line)
{
    if (p->open && !trace_looks_like_command(line->bytes, line->len))
        return add_answer(p, line);
    if (!p->open && is_stray_answer(line))
        return refuse(p, E_FORMAT, "a command expected, this is an answer");
    return add_command(p, line);
}

/* A label that waited for bytes and got none: an answer that never came, or half a line. */
static int drop_label(struct parser *p)
{
    enum trace_line_kind label = p->label;
    p->label = TRACE_LINE_GAP;
    if (label == TRACE_LINE_ANSWER && !p->open)
        return refuse_at(p, p->label_line, E_FORMAT, "a command expected, this is an answer");
    if (label == TRACE_LINE_COMMAND)
        return refuse_at(p, p->label_line, E_FORMAT, "hex digits expected, found none");
    return OK;
}

static int add_bytes(struct parser *p, struct trace_line *line)
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
    if (line->is.len == 0) {
        p->label = line->kind;
        p->label_line = p->line;
        return OK;
    }
    return line->kind == TRACE_LINE_COMMAND ? add_command(p, &line->is) : add_answer(p, &line->is);
}

static int add_exchange(struct parser *p, const struct trace_line *line)
{
    int status = drop_label(p);
    if (status == OK)
        status = add_command(p, &line->is);
    if (status == OK)
        status = add_answer(p, &line->answer);
    if (status == OK)
        last_exchange(p)->time_us = line->time_us;
    return status;
}

/* -- what posbench itself records -- */

static int add_reset(struct parser *p)
{
    p->open = false;
    p->reset = p->by_posbench = true;
    p->atr_len = 0;
    p->protocol = -1;
    p->reset_line = p->line;
    return OK;
}

/* Of the command before it, of the reset before it, or the end of the session. */
static int add_loss(struct parser *p, const struct trace_line *line)
{
    struct trace_session *s = current(p);
    if (p->reset || !s)
        return p->reset_line ? OK : refuse(p, E_FORMAT, "a command or RESET expected before the loss of the card");
    if (p->open) {
        last_exchange(p)->loss = line->loss;
        last_exchange(p)->time_us = line->time_us;
    }
    p->open = false;
    if (s->end == TRACE_LOSS_NONE) { /* the first one is the cause of what follows */
        s->end = line->loss;
        s->end_line = p->line;
    }
    return OK;
}

static int add_input(struct parser *p, const struct trace_line *line)
{
    if (p->inputs_closed)
        p->input_count = 0;
    p->inputs_closed = false;
    if (p->input_count == TRACE_INPUTS)
        return refuse(p, E_LIMIT, "at most %d INPUT lines expected", TRACE_INPUTS);
    if (!p->inputs && !(p->inputs = calloc(TRACE_INPUTS, sizeof *p->inputs)))
        return refuse(p, E_NOMEM, "out of memory");
    p->inputs[p->input_count] = line->input;
    p->inputs[p->input_count++].line = p->line;
    p->by_posbench = true;
    return OK;
}

static int add_line(struct parser *p, const char *text, size_t len)
{
    struct trace_line line;
    char why[128];
    if (trace_line_parse(text, len, &line, why, sizeof why))
        return refuse(p, E_FORMAT, "%s", why);
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
        if (current(p) && !p->reset && current(p)->protocol < 0)
            current(p)->protocol = line.protocol;
        break;
    case TRACE_LINE_GAP:
        break;
    }
    p->gap = true;
    return OK;
}

/* Length of the line at `text`, its end not counted; *next behind that. *ended: it has one. */
static size_t line_len(const char *text, size_t len, size_t *next, bool *ended)
{
    size_t n = 0;
    while (n < len && text[n] != '\n' && text[n] != '\r')
        n++;
    *ended = n < len;
    *next = n + *ended + (n + 1 < len && text[n] == '\r' && text[n + 1] == '\n');
    return n;
}

/* No line end: the recording was cut inside its last line. */
static int cut_off(struct parser *p)
{
    current(p)->cut_line = p->line;
    *p->why = '\0';
    return OK;
}

static int add_lines(struct parser *p, const char *text, size_t len)
{
    int status = OK;
    for (size_t at = 0, next; at < len; at += next) {
        bool ended;
        size_t n = line_len(text + at, len - at, &next, &ended);
        p->line++;
        status = add_line(p, text + at, n);
        if (status == E_FORMAT && !ended && current(p))
            return cut_off(p);
        if (status)
            return status;
    }
    p->line += p->line == 0; /* an empty file has a first line, as editors count */
    bool ended = len && (text[len - 1] == '\n' || text[len - 1] == '\r');
    status = drop_label(p);
    if (status == E_FORMAT && !ended && current(p))
        return cut_off(p);
    if (status)
        return status;
    if (!current(p) && p->reset_line && p->atr_len) /* a card that answered to reset, and nothing was asked of it */
        return add_session(p);
    return current(p) ? OK : refuse(p, E_FORMAT, "a command expected, the file holds none");
}

/* The mark of UTF-8 is passed over; text of another width is told. */
static int skip_mark(struct parser *p, const char **text, size_t *len)
{
    if (*len >= 2 && (memcmp(*text, "\xFF\xFE", 2) == 0 || memcmp(*text, "\xFE\xFF", 2) == 0)) {
        p->line = 1;
        return refuse(p, E_FORMAT, "text in ASCII or UTF-8 expected, this is UTF-16");
    }
    if (*len >= 3 && memcmp(*text, "\xEF\xBB\xBF", 3) == 0) {
        *text += 3;
        *len -= 3;
    }
    return OK;
}

int trace_parse(const char *text, size_t len, const char *name, struct trace **out, char *why, size_t why_cap)
{
    struct parser p = {.name = name, .why = why, .why_cap = why_cap, .protocol = -1};
    *out = NULL;
    if (why_cap)
        *why = '\0';
    p.line = 1;
    if (len > TRACE_TEXT_MAX)
        return refuse(&p, E_LIMIT, "at most %d bytes of text expected", TRACE_TEXT_MAX);
    p.line = 0;
    p.trace = calloc(1, sizeof *p.trace);
    if (p.trace)
        p.trace->sessions = calloc(TRACE_SESSIONS, sizeof *p.trace->sessions);
    int status = p.trace && p.trace->sessions ? skip_mark(&p, &text, &len) : refuse(&p, E_NOMEM, "out of memory");
    if (status == OK)
        status = add_lines(&p, text, len);
    for (size_t i = 0; status == OK && i < p.trace->session_count; i++)
        if ((status = trace_fold(&p.trace->sessions[i])) != OK)
            refuse(&p, status, "out of memory");
        else
            trace_fill_masked(&p.trace->sessions[i]);
    free(p.inputs);
    if (status) {
        trace_destroy(p.trace);
        return status;
    }
    *out = p.trace;
    return OK;
}
