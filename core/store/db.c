/*
 * The data base: opening, statements, transactions; create.c makes it. Callers: the other files of this folder;
 * core/app through store_open and store_close.
 *
 * Journal mode: WAL with synchronous=FULL and locking_mode=EXCLUSIVE. Four settings are safe against power loss
 * (DELETE + EXTRA, TRUNCATE + FULL, PERSIST + FULL, WAL + FULL); of these WAL is chosen because
 *   - a commit costs one sync, in the rollback modes four, and half to two thirds of their writes: less wear, less
 *     waiting with a customer at the counter, fewer places to be cut at;
 *   - recovery never writes over what is committed: it mends the end of the log (log_tail.c) and reads. A boot with
 *     nothing to do writes nothing: the log stays as it is and is read again next time, up to a checkpoint each
 *     STORE_CHECKPOINT_PAGES. A rollback journal is played back page by page, and cut again in the middle of that;
 *   - each frame is checked by a sum over all of its bytes, a rollback journal's record by a sum over few of them.
 * All four hold against one power loss; WAL against a second one only with log_tail.c, which says why.
 * EXCLUSIVE keeps the WAL index on the heap, so that no shared memory is needed. The log is not folded in on close: an
 * orderly end and a power loss leave the same bytes.
 *
 * These are the syncs, and each of them is needed (tests/mutants/sync leaves them out one by one); log_tail.c has those of
 * its own:
 *   a new data base, before it gets its name                       create.c
 *   the names: data base and log, before the first commit counts   vfs.c, first sync after a creation
 *   the log's head, when it starts anew after a checkpoint         SQLite: old frames must not count again
 *   the log, at each commit                                        SQLite
 *   the data base, at the end of a checkpoint                      SQLite: the log is overwritten from then on
 *
 * SQLite is linked into the image and used by one thread at a time, so its mutexes are off. It is shut down with the
 * last data base: nothing of it may survive the return from entry (firmware.h). inspect() may run while the core sleeps
 * in a HAL call, hence "last": the end asks vfs_any() instead of counting in a variable that would outlive a reboot.
 */
#include "core/store/create.h"
#include "core/store/db.h"
#include "core/store/log_tail.h"
#include "core/store/schema.h"

#include <stdlib.h>
#include <string.h>

/* The settings argued for above. The bench's control images build this file with others (tests/images). */
#ifndef STORE_JOURNAL_MODE
#define STORE_JOURNAL_MODE "WAL"
#define STORE_SYNCHRONOUS "FULL"
#define STORE_LOCKING_MODE "EXCLUSIVE"
#endif
#ifndef STORE_CHECKPOINT_PAGES
#define STORE_CHECKPOINT_PAGES 64
#endif

int db_status(const struct store *s, int code)
{
    static const struct {
        int code, status;
    } table[] = {
        {SQLITE_OK, OK},           {SQLITE_ROW, OK},
        {SQLITE_DONE, OK},         {SQLITE_FULL, HAL_E_FULL},
        {SQLITE_NOMEM, E_NOMEM},   {SQLITE_CORRUPT, E_VERIFY},
        {SQLITE_NOTADB, E_VERIFY}, {SQLITE_CONSTRAINT, E_STATE},
        {SQLITE_IOERR, HAL_E_IO},  {SQLITE_CANTOPEN, HAL_E_NOENT},
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

int db_any(struct store *s, const char *sql, int64_t number)
{
    sqlite3_stmt *stmt = NULL;
    bool row;
    int status = db_statement(s, sql, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_int64(stmt, 1, number);
    status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    status = db_done(s, stmt);
    return status == OK && !row ? E_NOTFOUND : status;
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

/* The settings come first: whatever else is asked of SQLite sets it up. While it is in use they are refused, and were
 * made before. */
static int library_start(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
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

/* A pragma whose one value must be the text `wanted`, in upper or lower case. */
static int expect(struct store *s, const char *sql, const char *wanted, int otherwise)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    bool equal = text && sqlite3_stricmp(text, wanted) == 0;
    sqlite3_finalize(stmt);
    int status = db_status(s, code);
    return status == OK && !equal ? otherwise : status;
}

/* locking_mode first: it must be in force when the first read finds a WAL data base. */
static int connect(struct store *s)
{
    int code = sqlite3_open_v2(DB_FILE, &s->db, SQLITE_OPEN_READWRITE, s->vfs.name);
    if (code != SQLITE_OK)
        return db_status(s, code);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return execute(s, "PRAGMA locking_mode=" STORE_LOCKING_MODE "; PRAGMA temp_store=MEMORY");
}

/* Before the first write, so that a newer core can still be put back. An older schema is served after its upgrade. */
static int check_schema(struct store *s, uint32_t *schema)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        *schema = (uint32_t)sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    if (code != SQLITE_ROW)
        return db_status(s, code);
    return *schema > STORE_SCHEMA ? E_STATE : *schema ? OK : E_VERIFY;
}

/* After each commit: folds the log into the data base once it is long enough. SQLite would do so by itself, but first
 * sync the log, which a commit has synced already; only below synchronous=FULL does that sync mean anything. */
static int fold_log(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct store *s = ctx;
    if (pages < STORE_CHECKPOINT_PAGES)
        return SQLITE_OK;
    s->vfs.log_is_synced = strcmp(STORE_SYNCHRONOUS, "NORMAL") != 0;
    (void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL); /* what fails is tried again */
    s->vfs.log_is_synced = false;
    return SQLITE_OK;
}

static int prepare_to_serve(struct store *s, uint32_t *schema)
{
    int status = execute(s, "PRAGMA synchronous=" STORE_SYNCHRONOUS);
    if (status == OK)
        status = expect(s, "PRAGMA journal_mode=" STORE_JOURNAL_MODE, STORE_JOURNAL_MODE, E_STORE);
    if (status == OK)
        status = expect(s, "PRAGMA quick_check(1)", "ok", E_VERIFY);
    sqlite3_wal_hook(s->db, fold_log, s);
    if (status == OK && *schema < STORE_SCHEMA) {
        status = db_status(s, schema_upgrade(s->db, *schema));
        *schema = STORE_SCHEMA;
    }
    return status;
}

int db_open(const struct hal *hal, enum db_mode mode, struct store **out, uint32_t *schema)
{
    *schema = 0;
    int status = library_start();
    if (status != OK)
        return status;
    bool logged = strcmp(STORE_JOURNAL_MODE, "WAL") == 0;
    struct log_tail tail = {0};
    struct store *s = calloc(1, sizeof *s);
    status = s ? vfs_register(&s->vfs, hal) : E_NOMEM;
    if (status != OK) {
        free(s);
        library_stop();
        return status;
    }
    if (mode == DB_SERVE) {
        status = create_if_missing(&s->vfs, logged);
        if (status == OK && logged)
            status = log_tail_mend(hal, DB_FILE "-wal", &tail);
        s->vfs.from_log = tail.found;
        memcpy(s->vfs.log, tail.print, sizeof tail.print);
        vfs_seed(&s->vfs);
    }
    if (status == OK)
        status = connect(s);
    if (status == OK)
        status = check_schema(s, schema);
    if (status == OK && mode == DB_SERVE)
        status = prepare_to_serve(s, schema);
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
