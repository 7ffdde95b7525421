/* The end of the log after a power loss. Called by db.c before SQLite opens it. */
#ifndef POSBENCH_CORE_STORE_LOG_TAIL_H
#define POSBENCH_CORE_STORE_LOG_TAIL_H

#include "core/hal.h"

#define LOG_START_LEN                                                                                                  \
    33 /* of a log without frames: the head, and a byte, as SQLite reads no head that nothing follows */

/* The start of a log that had one checkpoint and has no frames, without salts. */
void log_head_compose(uint32_t page, uint8_t out[LOG_START_LEN]);
/* 32 bytes: are they the head of a log, as SQLite takes it? */
bool log_head_counts(const uint8_t *head);

struct log_tail {
    bool found;        /* there is a log that counts */
    uint8_t print[32]; /* of its commits: equal ones have the same */
};

/* Leaves the log (`name`, SQLite's WAL) as SQLite leaves it behind its last commit: cut off there, and padded to the
 * end of a sector. Writes nothing if it is like that. OK also when there is no log; E_NOMEM, E_CRYPTO, the codes of
 * hal.fs. */
int log_tail_mend(const struct hal *hal, const char *name, struct log_tail *out);

#endif
