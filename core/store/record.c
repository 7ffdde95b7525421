/* Rows of `journal` and `due`; see record.h. */
#include "core/store/record.h"

#define PLACEHOLDER(member) ",?"
#define OVERWRITE(member) ", " #member "=excluded." #member

int record_statement(struct store *s, const char *sql, uint32_t batch, uint32_t trace, sqlite3_stmt **out)
{
    int status = db_statement(s, sql, out);
    if (status != OK)
        return status;
    sqlite3_bind_int64(*out, 1, batch);
    sqlite3_bind_int64(*out, 2, trace);
    return OK;
}

int record_begin(struct store *s, const struct journal_entry *entry, enum firmware_outcome outcome,
                 struct journal_entry *stored)
{
    int status = entry_admit(entry, stored);
    if (status == OK)
        status = db_begin(s);
    if (status == OK)
        stored->outcome = outcome;
    return status;
}

int record_expect(struct store *s, uint32_t batch, uint32_t trace, enum firmware_outcome wanted)
{
    static const char sql[] = "SELECT outcome FROM journal WHERE batch=?1 AND trace=?2";
    sqlite3_stmt *stmt = NULL;
    bool row;
    int status = record_statement(s, sql, batch, trace, &stmt);
    if (status == OK)
        status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    int outcome = row ? sqlite3_column_int(stmt, 0) : -1;
    status = db_done(s, stmt);
    if (status != OK)
        return status;
    return !row ? E_NOTFOUND : outcome == (int)wanted ? OK : E_STATE;
}

int record_expect_new(struct store *s, uint32_t batch, uint32_t trace)
{
    int status = record_expect_open(s, batch, trace);
    return status == E_NOTFOUND ? OK : status == OK ? E_STATE : status;
}

int record_expect_open(struct store *s, uint32_t batch, uint32_t trace)
{
    return record_expect(s, batch, trace, FIRMWARE_OPEN);
}

int record_write(struct store *s, const struct journal_entry *entry)
{
    static const char sql[] = "INSERT INTO journal(" ENTRY_COLUMNS ") VALUES(?,?,?,?,?,?,?,?" ENTRY_TEXTS(
        PLACEHOLDER) ") "
                     "ON CONFLICT(batch,trace) DO UPDATE SET kind=excluded.kind, outcome=excluded.outcome, "
                     "amount_cents=excluded.amount_cents, signature=excluded.signature, pin=excluded.pin, "
                     "field55=excluded.field55" ENTRY_TEXTS(OVERWRITE);
    uint32_t count = 0;
    int status = record_expect_open(s, entry->batch, entry->trace);
    if (status == E_STATE)
        status = record_expect(s, entry->batch, entry->trace, FIRMWARE_INTENT);
    if (status == E_NOTFOUND) {
        status = journal_count(s, &count);
        if (status == OK && count >= STORE_JOURNAL_MAX)
            status = E_LIMIT;
    }
    sqlite3_stmt *stmt = NULL;
    if (status == OK)
        status = db_statement(s, sql, &stmt);
    if (status != OK)
        return status;
    entry_bind(stmt, entry);
    status = db_run_one(s, stmt, E_STORE);
    return status == OK && entry->made ? setting_set(s, STORE_LAST_ENTRY, (int64_t)entry->made) : status;
}

int record_outcome(struct store *s, uint32_t batch, uint32_t trace, enum firmware_outcome outcome)
{
    static const char sql[] = "UPDATE journal SET outcome=?3 WHERE batch=?1 AND trace=?2";
    sqlite3_stmt *stmt = NULL;
    int status = record_statement(s, sql, batch, trace, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_int64(stmt, 3, outcome);
    return db_run_one(s, stmt, E_NOTFOUND);
}

int record_owe(struct store *s, uint32_t batch, uint32_t trace, enum record_duty duty, const char *reason)
{
    static const char sql[] = "INSERT OR REPLACE INTO due(record, duty, reason, tries) "
                              "SELECT id, ?3, ?4, 0 FROM journal WHERE batch=?1 AND trace=?2";
    sqlite3_stmt *stmt = NULL;
    int status = record_statement(s, sql, batch, trace, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_int64(stmt, 3, duty);
    sqlite3_bind_text(stmt, 4, reason, -1, SQLITE_TRANSIENT);
    return db_run_one(s, stmt, E_NOTFOUND);
}

int record_settle(struct store *s, uint32_t batch, uint32_t trace, enum record_duty duty)
{
    static const char sql[] = "DELETE FROM due WHERE record=" RECORD_ID " AND duty=?3";
    sqlite3_stmt *stmt = NULL;
    int status = record_statement(s, sql, batch, trace, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_int64(stmt, 3, duty);
    return db_run_one(s, stmt, E_NOTFOUND);
}

int record_reason(struct store *s, uint32_t batch, uint32_t trace, const char *reason)
{
    static const char sql[] = "UPDATE due SET reason=?3 WHERE record=" RECORD_ID " AND duty=0";
    _Static_assert(RECORD_OWES_REVERSAL == 0, "the duty in the statement");
    sqlite3_stmt *stmt = NULL;
    int status = record_statement(s, sql, batch, trace, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_text(stmt, 3, reason, -1, SQLITE_TRANSIENT);
    return db_run_one(s, stmt, E_NOTFOUND);
}
