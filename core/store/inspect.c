/*
 * A read-only look at the data for the oracles (firmware.h). Caller: the image's `inspect`, on a clone of the storage
 * that has hal->fs and nothing else, at any moment of the core's life and after any cut.
 *
 * Totals are summed from the records that survive, not taken from a running total (DOMAIN 5.4).
 */
#include "core/store/entry.h"

#include <stdio.h>
#include <string.h>

static int read_due(struct store *s, struct firmware_state *state)
{
    static const char sql[] = "SELECT EXISTS(SELECT 1 FROM due WHERE duty=1)";
    sqlite3_stmt *stmt = NULL;
    bool row;
    int status = db_statement(s, sql, &stmt);
    if (status == OK)
        status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    state->print_pending = sqlite3_column_int(stmt, 0) != 0;
    return db_done(s, stmt);
}

static int read_totals(struct store *s, struct firmware_state *state)
{
    static const char sql[] = "SELECT count(*), coalesce(sum(amount_cents),0) FROM journal "
                              "WHERE batch=?1 AND outcome=1 AND kind=0";
    sqlite3_stmt *stmt = NULL;
    bool row;
    int status = db_statement(s, sql, &stmt);
    if (status != OK)
        return status;
    sqlite3_bind_int64(stmt, 1, state->batch);
    status = db_step(s, stmt, &row);
    if (status != OK)
        return status;
    state->debit_count = (uint32_t)sqlite3_column_int64(stmt, 0);
    state->debit_cents = (uint64_t)sqlite3_column_int64(stmt, 1);
    return db_done(s, stmt);
}

static int read_state(struct store *s, struct firmware_state *state)
{
    int64_t trace = 0, batch = STORE_FIRST_BATCH, chip = 0, signed_in = 0;
    int status = setting_get(s, "trace", 0, &trace);
    if (status == OK)
        status = setting_get(s, "batch", STORE_FIRST_BATCH, &batch);
    if (status == OK)
        status = setting_get(s, "last_chip_failed", 0, &chip);
    if (status == OK)
        status = setting_get(s, "signed_in", 0, &signed_in);
    if (status != OK)
        return status;
    state->next_trace = (uint32_t)(trace % STORE_TRACE_MAX + 1);
    state->batch = (uint32_t)batch;
    state->last_chip_failed = chip != 0;
    state->signed_in = signed_in != 0;
    status = read_totals(s, state);
    return status == OK ? read_due(s, state) : status;
}

static void tell_record(const struct firmware_sink *sink, const struct journal_entry *e)
{
    struct firmware_record record = {.batch = e->batch, .trace = e->trace, .kind = e->kind, .outcome = e->outcome,
                                     .amount_cents = e->amount_cents};
    memcpy(record.masked_pan, e->masked_pan, sizeof record.masked_pan);
    memcpy(record.rrn, e->rrn, sizeof record.rrn);
    memcpy(record.auth, e->auth, sizeof record.auth);
    memcpy(record.response, e->response, sizeof record.response);
    memcpy(record.entry, e->entry, sizeof record.entry);
    memcpy(record.advice, e->advice, sizeof record.advice);
    sink->record(sink->ctx, &record);
}

static int tell_records(struct store *s, unsigned schema, const struct firmware_sink *sink)
{
    static const char first[] = "SELECT " ENTRY_COLUMNS_1 " FROM journal ORDER BY id",
                      sql[] = "SELECT " ENTRY_COLUMNS " FROM journal ORDER BY id";
    sqlite3_stmt *stmt = NULL;
    int status = db_statement(s, schema < 2 ? first : sql, &stmt);
    bool row = status == OK;
    while (row) {
        struct journal_entry entry;
        int columns;
        status = db_step(s, stmt, &row);
        if (status != OK)
            return status;
        if (row && (status = entry_read(stmt, &entry, &columns)) != OK) {
            db_done(s, stmt);
            return status;
        }
        if (row)
            tell_record(sink, &entry);
    }
    return status == OK ? db_done(s, stmt) : status;
}

static int tell_reversals(struct store *s, const struct firmware_sink *sink)
{
    static const char sql[] = "SELECT batch, trace, amount_cents, tries, reason FROM due "
                              "JOIN journal ON journal.id=due.record WHERE duty=0 ORDER BY due.record";
    sqlite3_stmt *stmt = NULL;
    int status = db_statement(s, sql, &stmt);
    bool row = status == OK;
    while (row) {
        status = db_step(s, stmt, &row);
        if (status != OK)
            return status;
        if (!row)
            break;
        struct firmware_reversal reversal = {
            .batch = (uint32_t)sqlite3_column_int64(stmt, 0), .trace = (uint32_t)sqlite3_column_int64(stmt, 1),
            .amount_cents = (uint64_t)sqlite3_column_int64(stmt, 2), .tries = (uint32_t)sqlite3_column_int64(stmt, 3)};
        const char *reason = (const char *)sqlite3_column_text(stmt, 4);
        if (reason)
            snprintf(reversal.reason, sizeof reversal.reason, "%s", reason);
        sink->reversal(sink->ctx, &reversal);
    }
    return status == OK ? db_done(s, stmt) : status;
}

static int tell_uploads(struct store *s, const struct firmware_sink *sink)
{
    static const char sql[] = "SELECT batch, trace, amount_cents, code FROM upload "
                              "JOIN journal ON journal.id=upload.record ORDER BY upload.record";
    sqlite3_stmt *stmt = NULL;
    int status = db_statement(s, sql, &stmt);
    bool row = status == OK;
    while (row) {
        status = db_step(s, stmt, &row);
        if (status != OK)
            return status;
        if (!row)
            break;
        struct firmware_upload upload = {.batch = (uint32_t)sqlite3_column_int64(stmt, 0),
                                         .trace = (uint32_t)sqlite3_column_int64(stmt, 1),
                                         .amount_cents = (uint64_t)sqlite3_column_int64(stmt, 2)};
        const char *code = (const char *)sqlite3_column_text(stmt, 3);
        if (code)
            snprintf(upload.refused, sizeof upload.refused, "%s", code);
        sink->upload(sink->ctx, &upload);
    }
    return status == OK ? db_done(s, stmt) : status;
}

static int tell_state(const struct firmware_sink *sink, const struct firmware_state *state)
{
    if (sink->state)
        sink->state(sink->ctx, state);
    return OK;
}

int store_inspect(const struct hal *hal, const struct firmware_sink *sink)
{
    struct firmware_state state = {.next_trace = 1, .batch = STORE_FIRST_BATCH};
    struct store *s = NULL;
    int status = db_open(hal, DB_INSPECT, &s, &state.schema);
    if (status == HAL_E_NOENT)
        return tell_state(sink, &state);
    if (status != OK)
        return status;
    status = read_state(s, &state);
    if (status == OK)
        status = tell_state(sink, &state);
    if (status == OK && sink->record)
        status = tell_records(s, state.schema, sink);
    if (status == OK && sink->reversal)
        status = tell_reversals(s, sink);
    if (status == OK && sink->upload && state.schema >= 2) /* the first schema that has any */
        status = tell_uploads(s, sink);
    store_close(s);
    return status;
}
