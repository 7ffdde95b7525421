/* One line of a recording taken apart (trace_line.c), for trace_parse.c. */
#ifndef POSBENCH_CARDS_TRACE_INTERNAL_H
#define POSBENCH_CARDS_TRACE_INTERNAL_H

#include "cards/trace.h"

enum trace_line_kind {
    TRACE_LINE_GAP,
    TRACE_LINE_COMMAND,
    TRACE_LINE_ANSWER,
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

/* `text` without its line end. OK, or E_FORMAT with the reason. */
int trace_line_parse(const char *text, size_t len, struct trace_line *out, char *why, size_t why_cap);

/* What a line without a label can be. */
bool trace_looks_like_answer(const uint8_t *bytes, size_t len);
bool trace_looks_like_command(const uint8_t *bytes, size_t len);

#endif
