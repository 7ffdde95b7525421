/*
 * A key for what a reader finds in a storage: two that differ only in what no reader looks at have the same one. So a
 * judge of thousands of states that were cut in the middle of a write asks a slow question once for all whose write
 * came to nothing. Callers: judge.c, oracle_integrity.c.
 *
 * What no reader looks at is the end of an SQLite log, behind its last whole transaction
 * (sqlite.org/fileformat2.html, 4).
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_CONTENT_H
#define POSBENCH_SCENARIOS_ENGINE_CONTENT_H

#include "sim/storage/storage.h"

enum content_side { CONTENT_DURABLE, CONTENT_LIVE /* what a running core reads: with all that is not synced yet */ };
/* E_NOMEM. */
int content_key(const struct storage *s, enum content_side side, uint8_t key[32]);

/* Bytes of a log that SQLite reads; 0: it takes the log for empty. All of them, when it would refuse the log. */
size_t content_log_extent(const uint8_t *log, size_t len);

#endif
