/* Named numbers and the trace number (DOMAIN 5.2 step 2, 5.4). Callers: core/app, core/net. */
#include "core/store/db.h"

#include <string.h>

#define NAME_MAX_LEN 31

static bool name_ok(const char *name)
{
    size_t len = strnlen(name, NAME_MAX_LEN + 1);
    return len != 0 && len <= NAME_MAX_LEN;
}

int setting_get(struct store *s, const char *name, int64_t fallback, int64_t *value)
{
    static const char sql[] = "SELECT value FROM settings WHERE name=?1";
    if (!name_ok(name))
        return E_INVAL;
    sqlite3_stmt *stmt = NULL;
    int status = db_statement(s, sql, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_TRANSIENT);
    bool row;
    status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    int64_t found = row ? sqlite3_column_int64(stmt, 0) : fallback;
    status = db_done(s, stmt);
    if (status == OK)
        *value = found;
    return status;
}

int setting_set(struct store *s, const char *name, int64_t value)
{
    static const char sql[] = "INSERT INTO settings VALUES(?1,?2) "
                              "ON CONFLICT(name) DO UPDATE SET value=excluded.value WHERE value<>excluded.value";
    if (!name_ok(name))
        return E_INVAL;
    sqlite3_stmt *stmt = NULL;
    int status = db_statement(s, sql, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(stmt, 2, value);
    return db_run(s, stmt);
}

int settings_set(struct store *s, const struct setting *settings, size_t count)
{
    int status = db_begin(s);
    if (status != OK)
        return status;
    for (size_t i = 0; i < count && status == OK; i++)
        status = setting_set(s, settings[i].name, settings[i].value);
    return db_end(s, status);
}

int trace_peek(struct store *s, uint32_t *trace)
{
    int64_t last = 0;
    int status = setting_get(s, STORE_TRACE, 0, &last);
    if (status == OK && (last < 0 || last > STORE_TRACE_MAX))
        status = E_VERIFY;
    if (status == OK)
        *trace = (uint32_t)last % STORE_TRACE_MAX + 1;
    return status;
}

int trace_next(struct store *s, uint32_t *trace)
{
    static const char sql[] = "INSERT INTO settings VALUES('trace',1) "
                              "ON CONFLICT(name) DO UPDATE SET value=value%999999+1 RETURNING value";
    _Static_assert(STORE_TRACE_MAX == 999999, "the modulus in the statement: 999999 is followed by 1, never by 0");
    sqlite3_stmt *stmt = NULL;
    int status = db_statement(s, sql, &stmt);
    if (status != OK)
        return status;
    bool row;
    status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    int64_t next = row ? sqlite3_column_int64(stmt, 0) : 0;
    status = db_done(s, stmt);
    if (status == OK && (next < 1 || next > STORE_TRACE_MAX))
        status = E_VERIFY;
    if (status == OK)
        *trace = (uint32_t)next;
    return status;
}
