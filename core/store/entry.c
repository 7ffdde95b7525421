/*
 * A journal entry as a row: what may be stored, and how it is bound and read. Callers: record.c, journal.c,
 * reversal.c, inspect.c.
 *
 * PCI DSS lets a truncated PAN be kept, and a hash of the PAN only where no truncated one lies beside it: between the
 * first six and the last four digits of a 16-digit PAN there are 100,000 candidates, which any digest gives away in a
 * moment, salt or not. So there is the masked PAN and nothing else.
 */
#include "core/store/entry.h"

#include "core/codec/tlv.h"
#include "core/codec/track.h"

#include <openssl/crypto.h>
#include <string.h>

#define BATCH_MAX 999999u
#define AMOUNT_MAX 999999999999u /* DE4: n12 */
#define MADE_MAX 99991231235959u /* YYYYMMDDhhmmss */
#define CLEAR_DIGITS_MAX 10      /* more digits than a masked PAN shows make a PAN */

/* DE55 of a 0400 (DOMAIN 4.5a). Nothing else of the chip's data outlives the transaction, least of all tag 57. */
static const uint32_t reversal_tags[] = {0x95, 0x9F1E, 0x9F10, 0x9F36, 0xDF31};

static bool is_reversal_tag(uint32_t tag)
{
    for (size_t i = 0; i < sizeof reversal_tags / sizeof *reversal_tags; i++)
        if (reversal_tags[i] == tag)
            return true;
    return false;
}

static int reduce_field55(const struct journal_entry *in, struct journal_entry *out)
{
    struct tlv_out list;
    struct tlv object;
    size_t at = 0;
    int status;
    memset(out->field55, 0, sizeof out->field55);
    tlv_out_init(&list, out->field55, sizeof out->field55);
    while ((status = tlv_next(in->field55, in->field55_len, &at, &object)) == OK)
        if (is_reversal_tag(object.tag))
            tlv_put(&list, object.tag, object.value, object.len);
    if (status != E_NOTFOUND)
        return status;
    out->field55_len = (uint16_t)list.len;
    return list.status;
}

static bool shows_too_much(const char *masked)
{
    size_t digits = 0;
    for (; *masked; masked++)
        digits += *masked >= '0' && *masked <= '9';
    return digits > CLEAR_DIGITS_MAX;
}

static bool in_limits(const struct journal_entry *e)
{
#define ENTRY_TERMINATED(member) &&memchr(e->member, '\0', sizeof e->member)
    return e->batch <= BATCH_MAX && e->trace >= 1 && e->trace <= STORE_TRACE_MAX && e->amount_cents <= AMOUNT_MAX &&
           e->made <= MADE_MAX && e->kind <= FIRMWARE_OTHER && e->field55_len <= sizeof e->field55 &&
           memchr(e->pan, '\0', sizeof e->pan) ENTRY_TEXTS(ENTRY_TERMINATED);
#undef ENTRY_TERMINATED
}

int entry_admit(const struct journal_entry *in, struct journal_entry *out)
{
    if (!in_limits(in))
        return E_INVAL;
    *out = *in;
    if (in->pan[0])
        pan_mask(in->pan, out->masked_pan, sizeof out->masked_pan);
    OPENSSL_cleanse(out->pan, sizeof out->pan);
    if (shows_too_much(out->masked_pan))
        return E_INVAL;
    return reduce_field55(in, out);
}

void entry_bind(sqlite3_stmt *stmt, const struct journal_entry *e)
{
    int at = 0;
    sqlite3_bind_int64(stmt, ++at, e->batch);
    sqlite3_bind_int64(stmt, ++at, e->trace);
    sqlite3_bind_int64(stmt, ++at, e->kind);
    sqlite3_bind_int64(stmt, ++at, e->outcome);
    sqlite3_bind_int64(stmt, ++at, (sqlite3_int64)e->amount_cents);
    sqlite3_bind_int64(stmt, ++at, e->signature);
    sqlite3_bind_int64(stmt, ++at, e->pin);
    sqlite3_bind_blob(stmt, ++at, e->field55, e->field55_len, SQLITE_STATIC);
#define ENTRY_BIND(member) sqlite3_bind_text(stmt, ++at, e->member, -1, SQLITE_STATIC);
    ENTRY_TEXTS(ENTRY_BIND)
#undef ENTRY_BIND
}

/* A text that does not fit its field was not written by this file. */
static bool read_text(sqlite3_stmt *stmt, int column, char *out, size_t cap)
{
    const void *text = sqlite3_column_text(stmt, column);
    size_t len = (size_t)sqlite3_column_bytes(stmt, column);
    if (!text || len >= cap)
        return false;
    memcpy(out, text, len + 1);
    return true;
}

static bool read_number(sqlite3_stmt *stmt, int column, uint64_t max, uint64_t *out)
{
    sqlite3_int64 value = sqlite3_column_int64(stmt, column);
    *out = (uint64_t)value;
    return value >= 0 && (uint64_t)value <= max;
}

static bool read_field55(sqlite3_stmt *stmt, int column, struct journal_entry *out)
{
    const void *bytes = sqlite3_column_blob(stmt, column);
    size_t len = (size_t)sqlite3_column_bytes(stmt, column);
    if (len > sizeof out->field55)
        return false;
    if (len != 0)
        memcpy(out->field55, bytes, len);
    out->field55_len = (uint16_t)len;
    return true;
}

int entry_read(sqlite3_stmt *stmt, struct journal_entry *out, int *columns)
{
    uint64_t batch, trace, kind, outcome, signature, pin;
    int at = 0;
    *out = (struct journal_entry){0};
    bool good = read_number(stmt, at++, BATCH_MAX, &batch);
    good = read_number(stmt, at++, STORE_TRACE_MAX, &trace) && good;
    good = read_number(stmt, at++, FIRMWARE_OTHER, &kind) && good;
    good = read_number(stmt, at++, FIRMWARE_DISCLOSED, &outcome) && good;
    good = read_number(stmt, at++, AMOUNT_MAX, &out->amount_cents) && good;
    good = read_number(stmt, at++, 1, &signature) && good;
    good = read_number(stmt, at++, 1, &pin) && good;
    good = read_field55(stmt, at++, out) && good;
#define ENTRY_READ(member) good = read_text(stmt, at++, out->member, sizeof out->member) && good;
    ENTRY_TEXTS(ENTRY_READ)
#undef ENTRY_READ
    *columns = at;
    if (!good)
        return E_VERIFY;
    out->batch = (uint32_t)batch;
    out->trace = (uint32_t)trace;
    out->kind = (enum firmware_kind)kind;
    out->outcome = (enum firmware_outcome)outcome;
    out->signature = signature;
    out->pin = pin;
    return OK;
}
