/* What trace_parse.c (text), trace_turns.c (lines) and trace_build.c (sessions and exchanges) share. */
#ifndef POSBENCH_CARDS_TRACE_PARSER_H
#define POSBENCH_CARDS_TRACE_PARSER_H

#include "cards/trace_internal.h"

struct trace_parser {
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
    struct trace_bytes held; /* a command that goes on in the next line; len 0: none */
    unsigned held_line;
    unsigned partial_line; /* of an answer whose end, or status word, is still to come; 0: none */
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

/* Writes "NAME:LINE: ..."; returns `status`. */
int trace_refuse_at(const struct trace_parser *p, unsigned line, int status, const char *text);
int trace_refuse(const struct trace_parser *p, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- trace_turns.c ---- */

/* One line without its end. OK, E_FORMAT, E_LIMIT, E_NOMEM; the parser has the reason. */
int trace_take_line(struct trace_parser *p, const char *text, size_t len);
/* No line comes any more, or one that stands for itself: what waited for more has got it, or is refused. */
int trace_end_lines(struct trace_parser *p);

/* ---- trace_build.c ---- */

struct trace_session *trace_current(const struct trace_parser *p); /* NULL: none has begun */
struct trace_exchange *trace_last(const struct trace_parser *p);   /* of the current one, which has one */
/* Begins a session where trace.h says so. */
int trace_add_command(struct trace_parser *p, const struct trace_bytes *line);
int trace_add_session(struct trace_parser *p);
/* `may_go_on`: a label says that it is an answer, so its status word may stand in a line of its own. */
int trace_add_answer(struct trace_parser *p, const struct trace_bytes *line, bool may_go_on);
/* More of the last answer: its data, or its status word alone. */
int trace_go_on_answer(struct trace_parser *p, const struct trace_bytes *line);
/* Nothing more comes: what was begun is whole, or it is the error of the line that began it. */
int trace_end_parts(struct trace_parser *p);

#endif
