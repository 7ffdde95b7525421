/*
 * Is a data base sound? SQLite's own answer, by the bench's SQLite over bytes in memory: the file, and what lies beside
 * it. Nothing of the image under test is asked. Caller: oracle_integrity.c.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_INTEGRITY_H
#define POSBENCH_SCENARIOS_ENGINE_INTEGRITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum integrity_role { INTEGRITY_MAIN, INTEGRITY_JOURNAL, INTEGRITY_WAL, INTEGRITY_FILES };

struct integrity_file { /* malloc'd bytes; the check may change and replace them, the caller frees them after it */
    bool there;
    uint8_t *bytes;
    size_t len;
};

/* What SQLite appends to a data base's name: "", "-journal", "-wal". */
const char *integrity_suffix(enum integrity_role role);
/* The bytes begin as SQLite begins such a file. */
bool integrity_is(enum integrity_role role, const struct integrity_file *file);

/* 0: sound, after whatever recovery journal and log ask for. 1: not, and `why` is SQLite's first message, printable.
 * Negative: the check itself could not be made (status.h). */
int integrity_check(struct integrity_file files[INTEGRITY_FILES], char *why, size_t why_cap);

#endif
