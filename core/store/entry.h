/* A journal entry as a row. Callers: record.c, journal.c, reversal.c, inspect.c. */
#ifndef POSBENCH_CORE_STORE_ENTRY_H
#define POSBENCH_CORE_STORE_ENTRY_H

#include "core/store/db.h"

/* X(member): the texts of struct journal_entry that are columns of the same name; of schema 1, and of this one. */
#define ENTRY_TEXTS_1(X) \
    X(masked_pan) X(expiry) X(psn) X(entry) X(processing) X(condition) X(de60) X(rrn) X(auth) X(response) X(date) \
    X(time) X(aid) X(ac) X(app_name) X(tvr) X(tsi) X(atc) X(cvm)
#define ENTRY_TEXTS(X) ENTRY_TEXTS_1(X) X(advice)

#define ENTRY_COLUMN(member) ", " #member
#define ENTRY_NUMBERS "batch, trace, kind, outcome, amount_cents, signature, pin, field55"
#define ENTRY_COLUMNS ENTRY_NUMBERS ENTRY_TEXTS(ENTRY_COLUMN)
#define ENTRY_COLUMNS_1 ENTRY_NUMBERS ENTRY_TEXTS_1(ENTRY_COLUMN) ", ''" /* of a data base that is still of schema 1 */

/* An entry made fit for storing: limits checked, PAN masked and dropped, field55 reduced. E_INVAL, E_FORMAT. */
int entry_admit(const struct journal_entry *in, struct journal_entry *out);

/* Binds ENTRY_COLUMNS in their order to ?1... */
void entry_bind(sqlite3_stmt *stmt, const struct journal_entry *entry);

/* Reads ENTRY_COLUMNS from column 0 on; *columns = how many they are. E_VERIFY: no entry of ours could look like
 * that. */
int entry_read(sqlite3_stmt *stmt, struct journal_entry *out, int *columns);

#endif
