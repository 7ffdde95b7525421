/* Inside core/store: the open data base, its statements, its transactions. Callers: the other files of this folder. */
#ifndef POSBENCH_CORE_STORE_DB_H
#define POSBENCH_CORE_STORE_DB_H

#include "core/store/store.h"
#include "core/store/vfs.h"

#define DB_STATEMENTS 48 /* texts in this folder that go through db_statement, and a few to spare */

enum db_mode { DB_SERVE, /* create, check, restart the generator */ DB_INSPECT /* as it is */ };

struct store {
    struct store_vfs vfs;
    sqlite3 *db;
    struct db_cached { const char *sql; sqlite3_stmt *stmt; } cache[DB_STATEMENTS];
    size_t cached;
};

/* DB_INSPECT: HAL_E_NOENT if there is no data base. E_STATE: its schema is newer than this core; nothing was written. */
int db_open(const struct hal *hal, enum db_mode mode, struct store **out, uint32_t *schema);

/* Status of an SQLite result code; HAL_E_POWER before all others once power is lost. */
int db_status(const struct store *s, int code);

/* The prepared statement of `sql`, reset and without bindings. Cached by the address of the text, which must be a
 * static constant. */
int db_statement(struct store *s, const char *sql, sqlite3_stmt **out);
/* One step: OK with *row, then db_done() when the row has been read. A failure resets the statement. */
int db_step(struct store *s, sqlite3_stmt *stmt, bool *row);
/* Ends a stepped statement: runs what is left of it and resets. */
int db_done(struct store *s, sqlite3_stmt *stmt);
/* The whole of a statement without rows. Outside db_begin this is the commit, and after OK it is durable. */
int db_run(struct store *s, sqlite3_stmt *stmt);
/* db_run of a statement that must change exactly one row, else `otherwise`. */
int db_run_one(struct store *s, sqlite3_stmt *stmt, int otherwise);
/* Whether a statement about one number, ?1, has a row: asked before a wide one, since mostly it has none, and the wide
 * one need not be compiled to know. OK or E_NOTFOUND. */
int db_any(struct store *s, const char *sql, int64_t number);

int db_begin(struct store *s);
/* Commits if `status` is OK, else rolls back and returns it. */
int db_end(struct store *s, int status);

#endif
