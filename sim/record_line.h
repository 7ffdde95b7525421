/* One line of JSON in a buffer that is used again for the next one. Used by record.c only. */
#ifndef POSBENCH_SIM_RECORD_LINE_H
#define POSBENCH_SIM_RECORD_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_MAX_BYTES (1024u * 1024u)

struct line {
    char *text; /* not NUL-terminated */
    size_t len, cap;
    bool lost; /* it grew over LINE_MAX_BYTES, or there was no memory */
};

void line_start(struct line *l); /* empty again, memory kept */
void line_clear(struct line *l);
void line_put(struct line *l, const void *text, size_t len);
void line_key(struct line *l, const char *key);                 /* ,"key": with the comma where one is due */
void line_string(struct line *l, const char *text, size_t len); /* quoted; what is not UTF-8 becomes U+FFFD */
void line_number(struct line *l, int64_t value);

#endif
