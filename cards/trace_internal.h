/* One line of a recording taken apart (trace_line.c, trace_label.c), for trace_parse.c. */
#ifndef POSBENCH_CARDS_TRACE_INTERNAL_H
#define POSBENCH_CARDS_TRACE_INTERNAL_H

#include "cards/trace.h"

enum trace_line_kind {
    TRACE_LINE_GAP,
    TRACE_LINE_COMMAND,
    TRACE_LINE_ANSWER, /* both with len 0: the label stands alone */
    TRACE_LINE_BARE,
    TRACE_LINE_ATR,
    TRACE_LINE_PROTOCOL
};

struct trace_line {
    enum trace_line_kind kind;
    uint8_t bytes[APDU_MAX + 3]; /* longer ones are refused by the line parser */
    size_t len;
    int protocol;
};

struct trace_span { /* part of a line */
    const char *at;
    size_t len;
};
void trace_trim(struct trace_span *s);
void trace_skip(struct trace_span *s, size_t n); /* and the spaces behind */

/* trace_label.c. A label at the beginning is taken off. */
bool trace_label_take(struct trace_span *s, enum trace_line_kind *kind);
/* The same behind what a log writes before it: time, thread. */
bool trace_label_find(struct trace_span *s, enum trace_line_kind *kind);
/* A line of a pcscd log that holds no bytes of a card. */
bool trace_is_log_prose(const struct trace_span *s);

/* `text` without its line end. OK, or E_FORMAT with the reason. */
int trace_line_parse(const char *text, size_t len, struct trace_line *out, char *why, size_t why_cap);

/* What a line without a label can be. */
bool trace_looks_like_answer(const uint8_t *bytes, size_t len);
bool trace_looks_like_command(const uint8_t *bytes, size_t len);

#endif
