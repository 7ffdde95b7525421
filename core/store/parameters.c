/* Rows of `parameters`; see parameters.h. */
#include "core/store/parameters.h"

#include "core/store/db.h"

#include <string.h>

static int remove_all(struct store *s, enum parameter_kind kind)
{
    static const char sql[] = "DELETE FROM parameters WHERE kind=?1";
    sqlite3_stmt *stmt = NULL;
    int status = db_statement(s, sql, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_int64(stmt, 1, kind);
    return db_run(s, stmt);
}

static int add(struct store *s, enum parameter_kind kind, const struct parameter *p)
{
    static const char sql[] = "INSERT INTO parameters VALUES(?1,?2,?3)";
    sqlite3_stmt *stmt = NULL;
    int status = db_statement(s, sql, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_int64(stmt, 1, kind);
    sqlite3_bind_blob(stmt, 2, p->name, p->name_len, SQLITE_STATIC);
    sqlite3_bind_blob(stmt, 3, p->bytes, p->len, SQLITE_STATIC);
    status = db_run(s, stmt);
    return status == E_STATE ? E_INVAL : status;
}

int parameters_replace(struct store *s, enum parameter_kind kind, const struct parameter_set *set,
                       const struct setting *settings, size_t count)
{
    int status = db_begin(s);
    if (status != OK)
        return status;
    status = remove_all(s, kind);
    for (size_t i = 0; status == OK && i < set->count; i++)
        status = add(s, kind, &set->item[i]);
    for (size_t i = 0; status == OK && i < count; i++)
        status = setting_set(s, settings[i].name, settings[i].value);
    return db_end(s, status);
}

/* What does not fit was not written by this file. */
static bool read_row(sqlite3_stmt *stmt, struct parameter *out)
{
    const void *name = sqlite3_column_blob(stmt, 0), *bytes = sqlite3_column_blob(stmt, 1);
    size_t name_len = (size_t)sqlite3_column_bytes(stmt, 0), len = (size_t)sqlite3_column_bytes(stmt, 1);
    if (!name || !bytes || name_len > sizeof out->name || len > sizeof out->bytes)
        return false;
    out->name_len = (uint8_t)name_len;
    out->len = (uint16_t)len;
    memcpy(out->name, name, name_len);
    memcpy(out->bytes, bytes, len);
    return true;
}

int parameters_get(struct store *s, enum parameter_kind kind, struct parameter_set *out)
{
    static const char sql[] = "SELECT name, object FROM parameters WHERE kind=?1 ORDER BY name";
    sqlite3_stmt *stmt = NULL;
    bool row = true, good = true;
    out->count = 0;
    int status = db_statement(s, sql, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_int64(stmt, 1, kind);
    while (good && (status = db_step(s, stmt, &row)) == OK && row) {
        good = out->count < PARAMETERS_MAX && read_row(stmt, &out->item[out->count]);
        out->count += good;
    }
    if (status == OK)
        status = db_done(s, stmt);
    return status == OK && !good ? E_VERIFY : status;
}
