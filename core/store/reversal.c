/* What the terminal still owes: reversals to the host (DOMAIN 5.3), slips to the merchant. Callers: core/net,
 * core/app. */
#include "core/store/record.h"

#include <string.h>

#define OLDEST(duty) \
    "SELECT " ENTRY_COLUMNS ", due.reason, due.tries FROM due JOIN journal ON journal.id=due.record " \
    "WHERE due.duty=" #duty " ORDER BY due.record LIMIT 1"

static int read_oldest(struct store *s, enum record_duty duty, const char *sql, struct journal_reversal *out)
{
    static const char any[] = "SELECT 1 FROM due WHERE duty=?1 LIMIT 1";
    sqlite3_stmt *stmt = NULL;
    struct journal_reversal found = {0};
    bool row;
    int columns = 0;
    int status = db_any(s, any, duty);
    if (status == OK)
        status = db_statement(s, sql, &stmt);
    if (status == OK)
        status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    if (!row) {
        status = db_done(s, stmt);
        return status == OK ? E_NOTFOUND : status;
    }
    int content = entry_read(stmt, &found.entry, &columns);
    const char *reason = (const char *)sqlite3_column_text(stmt, columns);
    for (size_t i = 0; reason && reason[i] && i + 1 < sizeof found.reason; i++)
        found.reason[i] = reason[i];
    found.tries = (uint32_t)sqlite3_column_int64(stmt, columns + 1);
    status = db_done(s, stmt);
    if (status == OK)
        status = content;
    if (status == OK)
        *out = found;
    return status;
}

int reversal_pending(struct store *s, struct journal_reversal *out)
{
    static const char sql[] = OLDEST(0);
    _Static_assert(RECORD_OWES_REVERSAL == 0, "the duty in the statement");
    return read_oldest(s, RECORD_OWES_REVERSAL, sql, out);
}

int slip_due(struct store *s, struct journal_entry *out)
{
    static const char sql[] = OLDEST(1);
    _Static_assert(RECORD_OWES_SLIP == 1, "the duty in the statement");
    struct journal_reversal found;
    int status = read_oldest(s, RECORD_OWES_SLIP, sql, &found);
    if (status != OK)
        return status;
    *out = found.entry;
    memcpy(out->refused, found.reason, sizeof out->refused);
    return OK;
}

/* Whether the count has reached its end. E_NOTFOUND: no such reversal is due. */
static int tries_spent(struct store *s, uint32_t batch, uint32_t trace, bool *spent)
{
    static const char sql[] = "SELECT tries>=?3 FROM due WHERE duty=0 AND record=" RECORD_ID;
    sqlite3_stmt *stmt = NULL;
    bool row;
    int status = record_statement(s, sql, batch, trace, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_int64(stmt, 3, STORE_TRIES_MAX);
    status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    *spent = row && sqlite3_column_int(stmt, 0) != 0;
    status = db_done(s, stmt);
    return status == OK && !row ? E_NOTFOUND : status;
}

int reversal_tried(struct store *s, uint32_t batch, uint32_t trace)
{
    static const char sql[] = "UPDATE due SET tries=tries+1 WHERE duty=0 AND record=" RECORD_ID;
    sqlite3_stmt *stmt = NULL;
    bool spent;
    int status = tries_spent(s, batch, trace, &spent);
    if (status != OK || spent)
        return status;
    status = record_statement(s, sql, batch, trace, &stmt);
    return status == OK ? db_run_one(s, stmt, E_NOTFOUND) : status;
}

int reversal_done(struct store *s, uint32_t batch, uint32_t trace)
{
    int status = db_begin(s);
    if (status != OK)
        return status;
    status = record_settle(s, batch, trace, RECORD_OWES_REVERSAL);
    if (status == OK)
        status = record_expect_open(s, batch, trace);
    if (status == OK)
        status = record_outcome(s, batch, trace, FIRMWARE_REVERSED);
    return db_end(s, status);
}

int slip_printed(struct store *s, uint32_t batch, uint32_t trace)
{
    return record_settle(s, batch, trace, RECORD_OWES_SLIP);
}
