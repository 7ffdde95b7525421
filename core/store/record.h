/*
 * Rows of `journal` and `due`, found by batch and trace number. Callers: journal.c, reversal.c, offline.c, which join
 * them to the transactions that store.h promises.
 */
#ifndef POSBENCH_CORE_STORE_RECORD_H
#define POSBENCH_CORE_STORE_RECORD_H

#include "core/store/entry.h"

/* Stored numbers. A row of `due` is one duty: an entry never owes both, and never two of a kind. */
enum record_duty { RECORD_OWES_REVERSAL = 0, RECORD_OWES_SLIP = 1 };

/* The id of the entry that a statement is about, whose key is ?1 and ?2; such a statement. */
#define RECORD_ID "(SELECT id FROM journal WHERE batch=?1 AND trace=?2)"
int record_statement(struct store *s, const char *sql, uint32_t batch, uint32_t trace, sqlite3_stmt **out);

/* db_begin for an entry that may be stored; *stored is what will stand there, with this outcome. E_INVAL, E_FORMAT. */
int record_begin(struct store *s, const struct journal_entry *entry, enum firmware_outcome outcome,
                 struct journal_entry *stored);
/* E_STATE: batch and trace are in use. */
int record_expect_new(struct store *s, uint32_t batch, uint32_t trace);
/* The entry is there and `wanted`. E_NOTFOUND, E_STATE (it is something else, mostly final). */
int record_expect(struct store *s, uint32_t batch, uint32_t trace, enum firmware_outcome wanted);
int record_expect_open(struct store *s, uint32_t batch, uint32_t trace); /* FIRMWARE_OPEN */

/* Inserts an admitted entry or overwrites one that is open or an intent, and notes when it was made. E_LIMIT: it would
 * be one too many. */
int record_write(struct store *s, const struct journal_entry *entry);
/* Changes nothing but the outcome. */
int record_outcome(struct store *s, uint32_t batch, uint32_t trace, enum firmware_outcome outcome);

/* Sets the one duty of an entry in place of what it owed before; tries start at 0. */
int record_owe(struct store *s, uint32_t batch, uint32_t trace, enum record_duty duty, const char *reason);
/* Strikes out a duty. E_NOTFOUND: the entry does not owe it. */
int record_settle(struct store *s, uint32_t batch, uint32_t trace, enum record_duty duty);
/* The reason of a reversal that is due. E_NOTFOUND. */
int record_reason(struct store *s, uint32_t batch, uint32_t trace, const char *reason);

#endif
