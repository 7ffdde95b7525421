/*
 * The life of a transaction in the journal (DOMAIN 5.2). Callers: core/app.
 *
 * Two rules that each function keeps inside its one commit: an entry owes a reversal exactly as long as it is
 * FIRMWARE_OPEN, and it leaves FIRMWARE_OPEN once. So a cut between any two steps leaves either a reversal that is
 * sent on the next boot or an end that needs none.
 */
#include "core/store/record.h"

#include "core/codec/track.h"

#include <openssl/crypto.h>
#include <string.h>

/* These numbers are in the data base: a new value goes to the end, another order is another schema. */
_Static_assert(FIRMWARE_OPEN == 0 && FIRMWARE_DONE == 1 && FIRMWARE_REFUSED == 2 && FIRMWARE_REVERSED == 3 &&
                   FIRMWARE_NOT_SENT == 4 && FIRMWARE_INTENT == 5 && FIRMWARE_DISCLOSED == 6, "outcomes as stored");
_Static_assert(FIRMWARE_SALE == 0 && FIRMWARE_VOID == 1 && FIRMWARE_REFUND == 2 && FIRMWARE_OTHER == 3,
               "kinds as stored");

#define REASON_NO_RESPONSE "98"

static bool reason_ok(const char *reason)
{
    return reason[0] && reason[1] && !reason[2];
}

int journal_open(struct store *s, const struct journal_entry *entry)
{
    struct journal_entry stored;
    int status = record_begin(s, entry, FIRMWARE_OPEN, &stored);
    if (status != OK)
        return status;
    status = record_expect_new(s, stored.batch, stored.trace);
    if (status == OK)
        status = record_write(s, &stored);
    if (status == OK)
        status = record_owe(s, stored.batch, stored.trace, RECORD_OWES_REVERSAL, REASON_NO_RESPONSE);
    return db_end(s, status);
}

int journal_not_sent(struct store *s, uint32_t batch, uint32_t trace)
{
    int status = db_begin(s);
    if (status != OK)
        return status;
    status = record_expect_open(s, batch, trace);
    if (status == OK)
        status = record_outcome(s, batch, trace, FIRMWARE_NOT_SENT);
    if (status == OK)
        status = record_settle(s, batch, trace, RECORD_OWES_REVERSAL);
    return db_end(s, status);
}

int journal_answered(struct store *s, const struct journal_entry *entry, const char *reason)
{
    struct journal_entry stored;
    if (!reason_ok(reason))
        return E_INVAL;
    int status = record_begin(s, entry, FIRMWARE_OPEN, &stored);
    if (status != OK)
        return status;
    status = record_expect_open(s, stored.batch, stored.trace);
    if (status == OK)
        status = record_write(s, &stored);
    if (status == OK)
        status = record_reason(s, stored.batch, stored.trace, reason);
    return db_end(s, status);
}

int journal_approve(struct store *s, const struct journal_entry *entry)
{
    struct journal_entry stored;
    int status = record_begin(s, entry, FIRMWARE_DONE, &stored);
    if (status != OK)
        return status;
    status = record_write(s, &stored);
    if (status == OK) /* takes the place of the reversal */
        status = record_owe(s, stored.batch, stored.trace, RECORD_OWES_SLIP, "");
    return db_end(s, status);
}

int journal_refuse(struct store *s, const struct journal_entry *entry)
{
    struct journal_entry stored;
    int status = record_begin(s, entry, FIRMWARE_REFUSED, &stored);
    if (status != OK)
        return status;
    status = record_write(s, &stored);
    if (status == OK)
        status = record_settle(s, stored.batch, stored.trace, RECORD_OWES_REVERSAL);
    if (status == E_NOTFOUND) /* declined offline: nothing was sent, nothing is owed */
        status = OK;
    return db_end(s, status);
}

int journal_keep_reversal(struct store *s, uint32_t batch, uint32_t trace, const char *reason)
{
    if (!reason_ok(reason))
        return E_INVAL;
    int status = db_begin(s);
    if (status != OK)
        return status;
    status = record_expect_open(s, batch, trace);
    if (status == OK)
        status = record_reason(s, batch, trace, reason);
    return db_end(s, status);
}

int journal_advice(struct store *s, uint32_t batch, uint32_t trace, const char *advice)
{
    static const char sql[] = "UPDATE journal SET advice=?3 WHERE batch=?1 AND trace=?2";
    sqlite3_stmt *stmt = NULL;
    if (strnlen(advice, 2) != 1)
        return E_INVAL;
    int status = record_statement(s, sql, batch, trace, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_text(stmt, 3, advice, -1, SQLITE_TRANSIENT);
    return db_run_one(s, stmt, E_NOTFOUND);
}

int journal_previous_amount(struct store *s, const char *pan, uint64_t *amount_cents)
{
    static const char sql[] = "SELECT amount_cents FROM journal WHERE batch=?1 AND outcome=1 AND kind=0 "
                              "AND masked_pan=?2 ORDER BY id DESC LIMIT 1";
    char masked[sizeof((struct journal_entry *)0)->masked_pan];
    int64_t batch;
    sqlite3_stmt *stmt = NULL;
    int status = setting_get(s, "batch", STORE_FIRST_BATCH, &batch);
    if (status == OK)
        status = db_statement(s, sql, &stmt);
    if (status != OK)
        return status;
    pan_mask(pan, masked, sizeof masked);
    sqlite3_bind_int64(stmt, 1, batch);
    sqlite3_bind_text(stmt, 2, masked, -1, SQLITE_TRANSIENT);
    bool row;
    status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    sqlite3_int64 amount = row ? sqlite3_column_int64(stmt, 0) : 0;
    status = db_done(s, stmt);
    if (status == OK)
        *amount_cents = amount > 0 ? (uint64_t)amount : 0;
    return status;
}

int journal_count(struct store *s, uint32_t *count)
{
    static const char sql[] = "SELECT count(*) FROM journal";
    sqlite3_stmt *stmt = NULL;
    bool row;
    int status = db_statement(s, sql, &stmt);
    if (status == OK)
        status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    uint32_t found = row ? (uint32_t)sqlite3_column_int64(stmt, 0) : 0;
    status = db_done(s, stmt);
    if (status == OK)
        *count = found;
    return status;
}

int journal_unsettled(struct store *s, uint32_t batch, bool *unsettled)
{
    static const char sql[] = "SELECT EXISTS(SELECT 1 FROM journal WHERE batch=?1 AND outcome IN (0,1,5))";
    sqlite3_stmt *stmt = NULL;
    bool row;
    int status = db_statement(s, sql, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_int64(stmt, 1, batch);
    status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    bool found = row && sqlite3_column_int(stmt, 0) != 0;
    status = db_done(s, stmt);
    if (status == OK)
        *unsettled = found;
    return status;
}
