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
    /* for the next one */
    bool reset;
    uint8_t atr[TRACE_ATR_MAX];
    size_t atr_len;
    int protocol;
};

static int refuse(const struct parser *p, int status, const char *format, ...)
{
    char text[160];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(p->why, p->why_cap, "%s:%u: %s", p->name, p->line, text);
    return status;
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
    if (command->ins != 0xA4 || command->p1 != 0x04 || command->lc == 0)
        return false;
    if (is_environment(command))
        return p->initiated || p->decided || (p->selected && p->gap);
    return p->decided;
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
    p->open = p->reset = p->selected = p->initiated = p->decided = false;
    return OK;
}

static int add_command(struct parser *p, const struct trace_line *line)
{
    struct capdu command;
    if (capdu_parse(line->bytes, line->len, &command))
        return refuse(p, E_FORMAT, "a command expected: header, and Lc, data, Le that fit the %zu bytes", line->len);
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
    x->len = line->len;
    x->line = p->line;
    x->first_raw = x->last_raw = s->raw_count++;
    p->open = true;
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
    if (command.cla == 0x80 && command.ins == 0xA8)
        p->initiated = true;
    if (command.cla == 0x80 && command.ins == 0xAE)
        p->decided = true;
}

static int add_answer(struct parser *p, const struct trace_line *line)
{
    if (!p->open)
        return refuse(p, E_FORMAT, "a command expected, this is an answer");
    if (line->len > RAPDU_MAX)
        return refuse(p, E_FORMAT, "an answer of at most %d bytes expected, found %zu", RAPDU_MAX, line->len);
    if (!trace_looks_like_answer(line->bytes, line->len))
        return refuse(p, E_FORMAT, "an answer that ends in a status word (61xx to 6Fxx, 9xxx) expected");
    struct trace_exchange *x = last_exchange(p);
    memcpy(x->answer, line->bytes, line->len);
    x->answer_len = line->len;
    x->answer_line = p->line;
    p->open = false;
    p->gap = false;
    note_progress(p, x);
    return OK;
}

/* Data of a card's answer where a command should stand: a template, then a status word. */
static bool is_stray_answer(const struct trace_line *line)
{
    struct tlv first;
    size_t at = 0;
    if (!trace_looks_like_answer(line->bytes, line->len) || trace_looks_like_command(line->bytes, line->len))
        return false;
    return line->len == 2 || (tlv_next(line->bytes, line->len - 2, &at, &first) == OK && at == line->len - 2);
}

static int add_bare(struct parser *p, const struct trace_line *line)
{
    if (p->open && !trace_looks_like_command(line->bytes, line->len))
        return add_answer(p, line);
    if (!p->open && is_stray_answer(line))
        return refuse(p, E_FORMAT, "a command expected, this is an answer");
    return add_command(p, line);
}

static int add_line(struct parser *p, const char *text, size_t len)
{
    struct trace_line line;
    char why[128];
    if (trace_line_parse(text, len, &line, why, sizeof why))
        return refuse(p, E_FORMAT, "%s", why);
    switch (line.kind) {
    case TRACE_LINE_COMMAND:
        return add_command(p, &line);
    case TRACE_LINE_ANSWER:
        return add_answer(p, &line);
    case TRACE_LINE_BARE:
        return add_bare(p, &line);
    case TRACE_LINE_ATR:
        memcpy(p->atr, line.bytes, line.len);
        p->atr_len = line.len;
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

static int add_lines(struct parser *p, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line_len = end ? (size_t)(end - (text + at)) : len - at;
        p->line++;
        int status = add_line(p, text + at, line_len);
        if (status == E_FORMAT && !end && current(p)) { /* no newline: the recording was cut inside its last line */
            current(p)->cut_line = p->line;
            *p->why = '\0';
            return OK;
        }
        if (status)
            return status;
        at += line_len + 1;
    }
    return current(p) ? OK : refuse(p, E_FORMAT, "a command expected, the file holds none");
}

int trace_parse(const char *text, size_t len, const char *name, struct trace **out, char *why, size_t why_cap)
{
    struct parser p = {.name = name, .why = why, .why_cap = why_cap, .protocol = -1};
    *out = NULL;
    if (why_cap)
        *why = '\0';
    if (len > TRACE_TEXT_MAX)
        return refuse(&p, E_LIMIT, "at most %d bytes of text expected", TRACE_TEXT_MAX);
    p.trace = calloc(1, sizeof *p.trace);
    if (p.trace)
        p.trace->sessions = calloc(TRACE_SESSIONS, sizeof *p.trace->sessions);
    int status = p.trace && p.trace->sessions ? add_lines(&p, text, len) : refuse(&p, E_NOMEM, "out of memory");
    for (size_t i = 0; status == OK && i < p.trace->session_count; i++)
        if ((status = trace_fold(&p.trace->sessions[i])) != OK)
            refuse(&p, status, "out of memory");
    if (status) {
        trace_destroy(p.trace);
        return status;
    }
    *out = p.trace;
    return OK;
}
