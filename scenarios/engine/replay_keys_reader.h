/* Between replay_keys.c and the readers of its spellings. */
#ifndef POSBENCH_SCENARIOS_ENGINE_REPLAY_KEYS_READER_H
#define POSBENCH_SCENARIOS_ENGINE_REPLAY_KEYS_READER_H

#include "scenarios/engine/replay_keys.h"

enum key_field {
    FIELD_RID,
    FIELD_INDEX,
    FIELD_ALGORITHM,
    FIELD_MODULUS,
    FIELD_EXPONENT,
    FIELD_BITS,
    FIELD_CHECKSUM,
    FIELD_EXPIRY,
    FIELD_COUNT
};

struct keys_reader {
    struct replay_keys *keys;
    const char *text, *name;
    size_t len;
    char *why;
    size_t why_cap;
};
struct key_text { /* one key as it is written */
    struct {
        const char *text; /* NULL: not given */
        size_t len;
    } field[FIELD_COUNT];
    unsigned line;
};

/* Writes "FILE:LINE: ..."; returns E_FORMAT. */
int keys_refuse(const struct keys_reader *r, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The field's number by its name; FIELD_COUNT: none. */
enum key_field keys_field(const char *name, size_t len);
int keys_add(struct keys_reader *r, const struct key_text *t);
/* Next line without its end and without blanks around it; false at the end. *at and *line begin with 0. */
bool keys_line(const struct keys_reader *r, size_t *at, unsigned *line, const char **text, size_t *len);

int keys_read_json(struct keys_reader *r);
int keys_read_yaml(struct keys_reader *r);
int keys_read_table(struct keys_reader *r);
int keys_read_tlv(struct keys_reader *r); /* replay_keys_tlv.c */

#endif
