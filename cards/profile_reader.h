/* How a value of a profile is refused: the path to it and the message. profile_explain.c for profile_schema.c. */
#ifndef POSBENCH_CARDS_PROFILE_READER_H
#define POSBENCH_CARDS_PROFILE_READER_H

#include "cards/profile_schema.h"

struct profile_reader {
    const char *name;
    char path[160];
    char *why;
    size_t why_cap;
};

/* Extends the path by a key or an index and returns what card_path_leave needs to cut it again. */
size_t card_path_enter(struct profile_reader *r, const char *key);
size_t card_path_index(struct profile_reader *r, unsigned index);
void card_path_leave(struct profile_reader *r, size_t mark);

/* All return E_FORMAT, with "NAME: path: text" in r->why. */
int card_profile_refuse(const struct profile_reader *r, const char *text);
/* What the table asks for at this key, behind `prefix`. */
int card_profile_expected(const struct profile_reader *r, const struct schema_field *f, const char *prefix);
int card_profile_unknown_key(const struct profile_reader *r, const struct schema_field *table, const char *key);

#endif
