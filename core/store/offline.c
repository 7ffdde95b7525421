/*
 * Approvals without the host: the intent that stands before the card decides, and the upload that collects the money
 * afterwards (DOMAIN 5.4). Callers: core/app/offline.c, core/net/upload.c.
 *
 * Two rules that each function keeps inside its one commit: an entry becomes an approval and gets its upload together,
 * and an upload ends together with the sealed card number.
 */
#include "core/store/record.h"

#include <string.h>

/* ---- the intent ------------------------------------------------------------------------------------------------ */

int intent_open(struct store *s, const struct journal_entry *entry)
{
    struct journal_entry stored;
    int status = record_begin(s, entry, FIRMWARE_INTENT, &stored);
    if (status != OK)
        return status;
    status = record_expect_new(s, stored.batch, stored.trace);
    if (status == OK)
        status = record_write(s, &stored);
    return db_end(s, status);
}

int intent_pending(struct store *s, struct journal_entry *out)
{
    static const char any[] = "SELECT 1 FROM journal WHERE outcome=?1 LIMIT 1";
    static const char sql[] = "SELECT " ENTRY_COLUMNS " FROM journal WHERE outcome=5 ORDER BY id LIMIT 1";
    sqlite3_stmt *stmt = NULL;
    bool row;
    int columns, status = db_any(s, any, FIRMWARE_INTENT);
    if (status == OK)
        status = db_statement(s, sql, &stmt);
    if (status == OK)
        status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    int content = row ? entry_read(stmt, out, &columns) : E_NOTFOUND;
    status = db_done(s, stmt);
    return status == OK ? content : status;
}

int intent_withdraw(struct store *s, uint32_t batch, uint32_t trace)
{
    static const char sql[] = "DELETE FROM journal WHERE batch=?1 AND trace=?2 AND outcome=5";
    sqlite3_stmt *stmt = NULL;
    int status = record_statement(s, sql, batch, trace, &stmt);
    return status == OK ? db_run_one(s, stmt, E_STATE) : status;
}

int intent_disclose(struct store *s, uint32_t batch, uint32_t trace)
{
    int status = db_begin(s);
    if (status != OK)
        return status;
    status = record_expect(s, batch, trace, FIRMWARE_INTENT);
    if (status == OK)
        status = record_outcome(s, batch, trace, FIRMWARE_DISCLOSED);
    if (status == OK)
        status = record_owe(s, batch, trace, RECORD_OWES_SLIP, "");
    return db_end(s, status);
}

/* ---- the approval and its upload --------------------------------------------------------------------------------- */

static int insert_upload(struct store *s, const struct journal_upload *u)
{
    static const char sql[] = "INSERT INTO upload(record, sealed, chip, refusals, code) "
                              "SELECT id, ?3, ?4, 0, '' FROM journal WHERE batch=?1 AND trace=?2";
    sqlite3_stmt *stmt = NULL;
    int status = record_statement(s, sql, u->entry.batch, u->entry.trace, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_blob(stmt, 3, u->sealed, (int)u->sealed_len, SQLITE_STATIC);
    sqlite3_bind_blob(stmt, 4, u->field55, (int)u->field55_len, SQLITE_STATIC);
    return db_run_one(s, stmt, E_STORE);
}

int intent_approve(struct store *s, const struct journal_upload *u)
{
    struct journal_entry stored;
    if (u->sealed_len > sizeof u->sealed || u->field55_len > sizeof u->field55)
        return E_INVAL;
    int status = record_begin(s, &u->entry, FIRMWARE_DONE, &stored);
    if (status != OK)
        return status;
    status = record_expect(s, stored.batch, stored.trace, FIRMWARE_INTENT);
    if (status == OK)
        status = record_write(s, &stored);
    if (status == OK)
        status = insert_upload(s, u);
    if (status == OK)
        status = record_owe(s, stored.batch, stored.trace, RECORD_OWES_SLIP, "");
    return db_end(s, status);
}

static bool take_blob(sqlite3_stmt *stmt, int column, uint8_t *out, size_t cap, size_t *len)
{
    const void *bytes = sqlite3_column_blob(stmt, column);
    *len = (size_t)sqlite3_column_bytes(stmt, column);
    if (*len > cap)
        return false;
    if (*len)
        memcpy(out, bytes, *len);
    return true;
}

static int read_upload(sqlite3_stmt *stmt, struct journal_upload *out)
{
    int at = 0, status = entry_read(stmt, &out->entry, &at);
    bool fits = take_blob(stmt, at, out->sealed, sizeof out->sealed, &out->sealed_len) &&
                take_blob(stmt, at + 1, out->field55, sizeof out->field55, &out->field55_len);
    out->refusals = (uint32_t)sqlite3_column_int64(stmt, at + 2);
    return status == OK && !fits ? E_VERIFY : status;
}

int upload_next(struct store *s, struct journal_upload *out)
{
    static const char sql[] = "SELECT " ENTRY_COLUMNS ", upload.sealed, upload.chip, upload.refusals FROM upload "
                              "JOIN journal ON journal.id=upload.record WHERE code='' "
                              "ORDER BY upload.record LIMIT 1";
    sqlite3_stmt *stmt = NULL;
    bool row;
    int status = db_statement(s, sql, &stmt);
    if (status == OK)
        status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    int content = row ? read_upload(stmt, out) : E_NOTFOUND;
    status = db_done(s, stmt);
    return status == OK ? content : status;
}

/* One statement on the upload, or the entry, of ?1 and ?2; ?3 is a text. */
static int change(struct store *s, const char *sql, uint32_t batch, uint32_t trace, const char *text)
{
    sqlite3_stmt *stmt = NULL;
    int status = record_statement(s, sql, batch, trace, &stmt);
    if (status != OK)
        return status;
    if (text)
        sqlite3_bind_text(stmt, 3, text, -1, SQLITE_TRANSIENT);
    return db_run_one(s, stmt, E_NOTFOUND);
}

/* Written over before it is deleted: not every SQLite wipes the bytes of a deleted row in its page. */
int upload_done(struct store *s, uint32_t batch, uint32_t trace, const char *rrn)
{
    static const char name[] = "UPDATE journal SET rrn=?3 WHERE batch=?1 AND trace=?2";
    static const char wipe[] = "UPDATE upload SET sealed=zeroblob(length(sealed)), chip=zeroblob(length(chip)) "
                               "WHERE record=" RECORD_ID;
    static const char drop[] = "DELETE FROM upload WHERE record=" RECORD_ID;
    if (strnlen(rrn, 13) > 12)
        return E_INVAL;
    int status = db_begin(s);
    if (status != OK)
        return status;
    status = change(s, name, batch, trace, rrn);
    if (status == OK)
        status = change(s, wipe, batch, trace, NULL);
    if (status == OK)
        status = change(s, drop, batch, trace, NULL);
    return db_end(s, status);
}

int upload_refused(struct store *s, uint32_t batch, uint32_t trace, const char *code, uint32_t tries)
{
    static const char count[] = "UPDATE upload SET refusals=refusals+1 WHERE record=" RECORD_ID;
    static const char close[] = "UPDATE upload SET code=?3 WHERE record=" RECORD_ID " AND refusals>=?4";
    sqlite3_stmt *stmt = NULL;
    if (strnlen(code, 3) != 2)
        return E_INVAL;
    int status = db_begin(s);
    if (status != OK)
        return status;
    status = change(s, count, batch, trace, NULL);
    if (status == OK)
        status = record_statement(s, close, batch, trace, &stmt);
    if (status == OK) {
        sqlite3_bind_text(stmt, 3, code, -1, SQLITE_TRANSIENT);
        sqlite3_bind_int64(stmt, 4, tries);
        status = db_run_one(s, stmt, E_NOTFOUND);
        status = status == E_NOTFOUND ? OK /* not the last yet */
                 : status == OK       ? record_owe(s, batch, trace, RECORD_OWES_SLIP, code)
                                      : status;
    }
    return db_end(s, status);
}

int upload_totals(struct store *s, uint32_t *count, uint64_t *cents)
{
    static const char sql[] = "SELECT count(*), coalesce(sum(amount_cents),0) FROM upload "
                              "JOIN journal ON journal.id=upload.record WHERE code=''";
    static const char any[] = "SELECT 1 FROM upload WHERE record>=?1 LIMIT 1";
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    *count = 0;
    *cents = 0;
    int status = db_any(s, any, 0);
    if (status == E_NOTFOUND)
        return OK;
    if (status == OK)
        status = db_statement(s, sql, &stmt);
    if (status == OK)
        status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    *count = row ? (uint32_t)sqlite3_column_int64(stmt, 0) : 0;
    *cents = row ? (uint64_t)sqlite3_column_int64(stmt, 1) : 0;
    return db_done(s, stmt);
}
