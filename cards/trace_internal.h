/* One line of a recording taken apart (trace_line.c and what it calls), for trace_parse.c and trace_turns.c. */
#ifndef POSBENCH_CARDS_TRACE_INTERNAL_H
#define POSBENCH_CARDS_TRACE_INTERNAL_H

#include "cards/trace.h"

enum trace_line_kind {
    TRACE_LINE_GAP,
    TRACE_LINE_COMMAND,
    TRACE_LINE_ANSWER, /* both with len 0: the label stands alone */
    TRACE_LINE_BARE,
    TRACE_LINE_ATR,
    TRACE_LINE_PROTOCOL,
    TRACE_LINE_EXCHANGE, /* a command and its answer */
    TRACE_LINE_RESET,
    TRACE_LINE_LOSS,
    TRACE_LINE_INPUT
};

struct trace_bytes {                                 /* hex, as it stands in a line */
    uint8_t bytes[APDU_MAX + 3], mask[APDU_MAX + 3]; /* longer ones are refused by the line parser */
    size_t len;
};
struct trace_line {
    enum trace_line_kind kind;
    struct trace_bytes is;
    struct trace_bytes answer; /* TRACE_LINE_EXCHANGE */
    uint64_t time_us;
    int protocol;
    enum trace_loss loss;
    struct trace_input input;
};

struct trace_span { /* part of a line */
    const char *at;
    size_t len;
};
/* trace_hex.c */
void trace_trim(struct trace_span *s);
void trace_skip(struct trace_span *s, size_t n); /* and the spaces behind */
/* Hex digits, '*' for a masked one. OK, or E_FORMAT with the reason. */
int trace_read_hex(const struct trace_span *s, struct trace_bytes *out, char *why, size_t why_cap);
bool trace_is_masked(const struct trace_bytes *b, size_t from, size_t to);

/* trace_label.c. A label at the beginning is taken off. */
bool trace_label_take(struct trace_span *s, enum trace_line_kind *kind);
/* The same behind what a log writes before it: time, thread. */
bool trace_label_find(struct trace_span *s, enum trace_line_kind *kind);
/* `word` is one of the labels, as the name of a member in JSON. */
bool trace_label_word(const char *word, enum trace_line_kind *kind);
/* A line of a pcscd log that holds no bytes of a card. */
bool trace_is_log_prose(const struct trace_span *s);

/* trace_recorded.c: the lines that only "posbench record" writes. False: it is none of them (`status` stays OK). */
bool trace_recorded_line(struct trace_span s, struct trace_line *out, int *status, char *why, size_t why_cap);
/* Takes "(25000 us)" off the end. */
void trace_take_time(struct trace_span *s, uint64_t *time_us);
/* trace_json.c: an object in one line, of a run record or of another program's log. False: it is none. */
bool trace_json_line(struct trace_span s, struct trace_line *out, int *status, char *why, size_t why_cap);

/* trace_join.c: bytes that go on in the next line. */
bool trace_command_goes_on(const struct trace_bytes *b);
bool trace_answer_goes_on(const uint8_t *bytes, size_t len);
bool trace_bytes_append(struct trace_bytes *to, const struct trace_bytes *more);
bool trace_answer_append(struct trace_exchange *x, const struct trace_bytes *more);
/* The status word that `x` ends with is told a second time, in a line of its own. */
bool trace_answer_has(const struct trace_exchange *x, const struct trace_bytes *sw);

/* trace_line.c. `text` without its line end. OK, or E_FORMAT with the reason. */
int trace_line_parse(const char *text, size_t len, struct trace_line *out, char *why, size_t why_cap);

/* What a line without a label can be. */
bool trace_looks_like_answer(const uint8_t *bytes, size_t len);
bool trace_looks_like_command(const uint8_t *bytes, size_t len);

#endif
