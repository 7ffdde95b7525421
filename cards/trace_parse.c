/*
 * A recording's text to its sessions: the lines and their ends, and a recording that was cut inside its last one. What
 * the lines mean is trace_turns.c. Called by trace.c.
 */
#include "cards/trace_parser.h"

#include <stdlib.h>
#include <string.h>

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
static int cut_off(struct trace_parser *p)
{
    trace_current(p)->cut_line = p->line;
    *p->why = '\0';
    return OK;
}

static int add_lines(struct trace_parser *p, const char *text, size_t len)
{
    int status = OK;
    for (size_t at = 0, next; at < len; at += next) {
        bool ended;
        size_t n = line_len(text + at, len - at, &next, &ended);
        p->line++;
        status = trace_take_line(p, text + at, n);
        if (status == E_FORMAT && !ended && trace_current(p))
            return cut_off(p);
        if (status)
            return status;
    }
    p->line += p->line == 0; /* an empty file has a first line, as editors count */
    bool ended = len && (text[len - 1] == '\n' || text[len - 1] == '\r');
    status = trace_end_lines(p);
    if (status == E_FORMAT && !ended && trace_current(p))
        return cut_off(p);
    if (status)
        return status;
    if (!trace_current(p) && p->reset_line &&
        p->atr_len) /* a card that answered to reset, and nothing was asked of it */
        return trace_add_session(p);
    return trace_current(p) ? OK : trace_refuse(p, E_FORMAT, "a command expected, the file holds none");
}

/* The mark of UTF-8 is passed over; text of another width is told. */
static int skip_mark(struct trace_parser *p, const char **text, size_t *len)
{
    if (*len >= 2 && (memcmp(*text, "\xFF\xFE", 2) == 0 || memcmp(*text, "\xFE\xFF", 2) == 0)) {
        p->line = 1;
        return trace_refuse(p, E_FORMAT, "text in ASCII or UTF-8 expected, this is UTF-16");
    }
    if (*len >= 3 && memcmp(*text, "\xEF\xBB\xBF", 3) == 0) {
        *text += 3;
        *len -= 3;
    }
    return OK;
}

int trace_parse(const char *text, size_t len, const char *name, struct trace **out, char *why, size_t why_cap)
{
    struct trace_parser p = {.name = name, .why = why, .why_cap = why_cap, .protocol = -1};
    *out = NULL;
    if (why_cap)
        *why = '\0';
    p.line = 1;
    if (len > TRACE_TEXT_MAX)
        return trace_refuse(&p, E_LIMIT, "at most %d bytes of text expected", TRACE_TEXT_MAX);
    p.line = 0;
    p.trace = calloc(1, sizeof *p.trace);
    if (p.trace)
        p.trace->sessions = calloc(TRACE_SESSIONS, sizeof *p.trace->sessions);
    int status = p.trace && p.trace->sessions ? skip_mark(&p, &text, &len) : trace_refuse(&p, E_NOMEM, "out of memory");
    if (status == OK)
        status = add_lines(&p, text, len);
    for (size_t i = 0; status == OK && i < p.trace->session_count; i++)
        if ((status = trace_fold(&p.trace->sessions[i])) != OK)
            trace_refuse(&p, status, "out of memory");
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
