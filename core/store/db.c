/*
 * The data base: opening, schema, statements, transactions. Callers: the other files of this folder; core/app through
 * store_open and store_close.
 *
 * Journal mode: WAL with synchronous=EXTRA and locking_mode=EXCLUSIVE. Four settings are safe against power loss
 * (DELETE + EXTRA, TRUNCATE + FULL, PERSIST + FULL, WAL + FULL); of these WAL is chosen because
 *   - a commit costs one sync, in the rollback modes four, and half to two thirds of their writes: less wear, less
 *     waiting with a customer at the counter, fewer places to be cut at;
 *   - recovery only reads. A cut during recovery can do nothing, and a boot with nothing to do writes nothing: the log
 *     stays as it is and is read again next time. It is bounded by a checkpoint each CHECKPOINT_PAGES;
 *   - each frame is checked by a sum over all of its bytes, a rollback journal's record by a sum over few of them.
 * EXTRA is FULL for a WAL. It counts once, on the first boot, when the empty file is turned into a WAL data base
 * under a rollback journal: DELETE + FULL would not sync the directory, and a journal that comes back after a cut
 * would undo pages that the log already builds upon.
 * EXCLUSIVE keeps the WAL index on the heap, so that no shared
 * memory is needed. The log is not folded in on close: an orderly end and a power loss leave the same bytes.
 *
 * Pages are as large as a sector (at least PAGE_MIN): a torn page write of a checkpoint then never spoils a neighbour
 * that is not in the log.
 *
 * SQLite is linked into the image and used by one thread at a time, so its mutexes are off. It is shut down with the
 * last data base: nothing of it may survive the return from entry (firmware.h). inspect() may run while the core sleeps
 * in a HAL call, hence "last": both ask vfs_any() instead of counting in a variable that would outlive a reboot.
 */
#include "core/store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MIN 1024u
#define PAGE_MAX 65536u
#define CHECKPOINT_PAGES 64

#define TEXT_OF(value) #value
#define TEXT(value) TEXT_OF(value)

/* Schema 1. Money in cents, outcomes and kinds as the numbers of firmware.h. `due` is what the terminal still owes: a
 * reversal to the host or a slip to the merchant; one row for a journal record at most. */
#define SCHEMA_NUMBER 1
_Static_assert(SCHEMA_NUMBER == STORE_SCHEMA, "the schema below is the one that store.h promises");
static const char schema_1[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE settings(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE journal(id INTEGER PRIMARY KEY, batch INTEGER NOT NULL, trace INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, outcome INTEGER NOT NULL, amount_cents INTEGER NOT NULL,"
    " signature INTEGER NOT NULL, pin INTEGER NOT NULL,"
    " field55 BLOB NOT NULL, masked_pan TEXT NOT NULL, expiry TEXT NOT NULL, psn TEXT NOT NULL, entry TEXT NOT NULL,"
    " processing TEXT NOT NULL, condition TEXT NOT NULL, de60 TEXT NOT NULL, rrn TEXT NOT NULL, auth TEXT NOT NULL,"
    " response TEXT NOT NULL, date TEXT NOT NULL, time TEXT NOT NULL, aid TEXT NOT NULL, ac TEXT NOT NULL,"
    " app_name TEXT NOT NULL, tvr TEXT NOT NULL, tsi TEXT NOT NULL, atc TEXT NOT NULL, cvm TEXT NOT NULL,"
    " UNIQUE(batch, trace)) STRICT;"
    "CREATE TABLE due(record INTEGER PRIMARY KEY, duty INTEGER NOT NULL, reason TEXT NOT NULL, tries INTEGER NOT NULL)"
    " STRICT;"
    "PRAGMA user_version=" TEXT(SCHEMA_NUMBER) ";"
    "COMMIT";

int db_status(const struct store *s, int code)
{
    static const struct { int code, status; } table[] = {
        {SQLITE_OK, OK},
        {SQLITE_ROW, OK},
        {SQLITE_DONE, OK},
        {SQLITE_FULL, HAL_E_FULL},
        {SQLITE_NOMEM, E_NOMEM},
        {SQLITE_CORRUPT, E_VERIFY},
        {SQLITE_NOTADB, E_VERIFY},
        {SQLITE_CONSTRAINT, E_STATE},
        {SQLITE_IOERR, HAL_E_IO},
        {SQLITE_CANTOPEN, HAL_E_NOENT},
    };
    if (s->vfs.power_lost)
        return HAL_E_POWER;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == (code & 0xFF)) /* the primary code of an extended one */
            return table[i].status;
    return E_STORE;
}

/* ---- statements and transactions ---------------------------------------------------------------------- */

int db_statement(struct store *s, const char *sql, sqlite3_stmt **out)
{
    if (s->vfs.power_lost)
        return HAL_E_POWER;
    for (size_t i = 0; i < s->cached; i++) {
        if (s->cache[i].sql == sql) {
            *out = s->cache[i].stmt;
            return OK;
        }
    }
    if (s->cached == DB_STATEMENTS)
        return E_LIMIT;
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (code != SQLITE_OK)
        return db_status(s, code);
    s->cache[s->cached++] = (struct db_cached){sql, stmt};
    *out = stmt;
    return OK;
}

int db_step(struct store *s, sqlite3_stmt *stmt, bool *row)
{
    int code = sqlite3_step(stmt);
    int status = db_status(s, code);
    *row = status == OK && code == SQLITE_ROW;
    if (status != OK) {
        sqlite3_reset(stmt);
        sqlite3_clear_bindings(stmt);
    }
    return status;
}

int db_done(struct store *s, sqlite3_stmt *stmt)
{
    int code = SQLITE_OK;
    while (sqlite3_stmt_busy(stmt)) /* a step after the end would start all over */
        code = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return db_status(s, code);
}

int db_run(struct store *s, sqlite3_stmt *stmt)
{
    bool row;
    int status = db_step(s, stmt, &row);
    return status == OK ? db_done(s, stmt) : status;
}

int db_run_one(struct store *s, sqlite3_stmt *stmt, int otherwise)
{
    int status = db_run(s, stmt);
    return status == OK && sqlite3_changes(s->db) != 1 ? otherwise : status;
}

static int run(struct store *s, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int status = db_statement(s, sql, &stmt);
    return status == OK ? db_run(s, stmt) : status;
}

int db_begin(struct store *s)
{
    static const char sql[] = "BEGIN IMMEDIATE";
    return run(s, sql);
}

int db_end(struct store *s, int status)
{
    static const char commit[] = "COMMIT", rollback[] = "ROLLBACK";
    if (status == OK)
        status = run(s, commit);
    if (status != OK && !sqlite3_get_autocommit(s->db)) /* some failures have rolled back by themselves */
        run(s, rollback);
    return status;
}

/* ---- opening ------------------------------------------------------------------------------------------- */

static int library_start(void)
{
    if (!vfs_any()) {
        sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    }
    return sqlite3_initialize() == SQLITE_OK ? OK : E_STORE;
}

static void library_stop(void)
{
    if (!vfs_any())
        sqlite3_shutdown();
}

static int execute(struct store *s, const char *sql)
{
    return db_status(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

/* A pragma whose one value must be the text `wanted`. */
static int expect(struct store *s, const char *sql, const char *wanted, int otherwise)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    bool equal = text && strcmp(text, wanted) == 0;
    sqlite3_finalize(stmt);
    int status = db_status(s, code);
    return status == OK && !equal ? otherwise : status;
}

static int page_size(struct store *s)
{
    uint32_t size = s->vfs.hal->fs.ops ? s->vfs.hal->fs.ops->sector_size : 0;
    bool power_of_two = size != 0 && (size & (size - 1)) == 0;
    if (!power_of_two || size < PAGE_MIN || size > PAGE_MAX)
        size = PAGE_MIN;
    char sql[40];
    snprintf(sql, sizeof sql, "PRAGMA page_size=%u", (unsigned)size); /* no effect on a file that has pages */
    return execute(s, sql);
}

/* locking_mode first: it must be in force when the first read finds a WAL data base. */
static int connect(struct store *s, enum db_mode mode)
{
    int flags = SQLITE_OPEN_READWRITE | (mode == DB_SERVE ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(DB_FILE, &s->db, flags, s->vfs.name);
    if (code != SQLITE_OK)
        return db_status(s, code);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return execute(s, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY");
}

static int schema_number(struct store *s, uint32_t *schema)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        *schema = (uint32_t)sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return db_status(s, code);
}

static int prepare_to_serve(struct store *s, uint32_t *schema)
{
    int status = page_size(s);
    if (status == OK)
        status = schema_number(s, schema);
    if (status == OK && *schema > STORE_SCHEMA)
        status = E_STATE; /* before the first write: a newer core can still be put back */
    if (status == OK)
        status = execute(s, "PRAGMA synchronous=EXTRA");
    if (status == OK)
        status = expect(s, "PRAGMA journal_mode=WAL", "wal", E_STORE);
    if (status == OK)
        status = execute(s, "PRAGMA wal_autocheckpoint=" TEXT(CHECKPOINT_PAGES));
    if (status == OK && *schema == 0) {
        status = execute(s, schema_1);
        *schema = STORE_SCHEMA;
    }
    if (status == OK)
        status = expect(s, "PRAGMA quick_check(1)", "ok", E_VERIFY);
    return status;
}

int db_open(const struct hal *hal, enum db_mode mode, struct store **out, uint32_t *schema)
{
    *schema = 0;
    int status = library_start();
    if (status != OK)
        return status;
    struct store *s = calloc(1, sizeof *s);
    status = s ? vfs_register(&s->vfs, hal) : E_NOMEM;
    if (status != OK) {
        free(s);
        library_stop();
        return status;
    }
    if (mode == DB_SERVE)
        vfs_seed(&s->vfs);
    status = connect(s, mode);
    if (status == OK)
        status = mode == DB_SERVE ? prepare_to_serve(s, schema) : schema_number(s, schema);
    if (status != OK) {
        store_close(s);
        return status;
    }
    *out = s;
    return OK;
}

int store_open(const struct hal *hal, struct store **out)
{
    uint32_t schema;
    return db_open(hal, DB_SERVE, out, &schema);
}

void store_close(struct store *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->cached; i++)
        sqlite3_finalize(s->cache[i].stmt);
    sqlite3_close(s->db); /* cannot be busy: every statement is finalized */
    vfs_unregister(&s->vfs);
    library_stop();
    free(s);
}
