/*
 * What the tests of core/store share: one sale, its steps as functions, and the data as text as inspect() tells it.
 * Include cmocka before.
 */
#ifndef POSBENCH_TESTS_CORE_STORE_SALE_H
#define POSBENCH_TESTS_CORE_STORE_SALE_H

#include "core/store/db.h"
#include "tests/core/store/fake_fs.h"

#include <stdio.h>

#define TEXT_MAX 4096

static const char PAN[] = "6210676862310000069";

static inline struct journal_entry sale(uint32_t trace)
{
    /* 5A and 57 stand for what must never be stored; the other five are the list of DOMAIN 4.5a. */
    static const uint8_t field55[] = {0x95, 0x02, 0xAA, 0xBB, 0x5A, 0x0A, 0x62, 0x10, 0x67, 0x68, 0x62, 0x31, 0x00,
                                      0x00, 0x06, 0x9F, 0x9F, 0x36, 0x02, 0x00, 0x07, 0xDF, 0x31, 0x01, 0x20};
    struct journal_entry e = {.batch = 1, .trace = trace, .kind = FIRMWARE_SALE, .amount_cents = 1200,
                              .expiry = "3012", .entry = "051", .processing = "000000", .condition = "00",
                              .de60 = "22000001000500", .aid = "A000000333010102", .tvr = "0000008000", .pin = true};
    strcpy(e.pan, PAN);
    memcpy(e.field55, field55, sizeof field55);
    e.field55_len = sizeof field55;
    return e;
}

static inline struct journal_entry answered_sale(uint32_t trace)
{
    struct journal_entry e = sale(trace);
    strcpy(e.rrn, "123456789012");
    strcpy(e.auth, "A1B2C3");
    strcpy(e.response, "00");
    return e;
}

/* ---- the state as text ---------------------------------------------------------------------------------- */

struct words { char text[TEXT_MAX]; size_t len; int records, open, reversals; };

static inline void say(struct words *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(w->text + w->len, sizeof w->text - w->len, format, args);
    va_end(args);
    assert_true(len >= 0 && w->len + (size_t)len < sizeof w->text);
    w->len += (size_t)len;
}

static inline void on_state(void *ctx, const struct firmware_state *s)
{
    say(ctx, "schema %u next %u batch %u debit %llu/%u chip %d in %d print %d\n", s->schema, s->next_trace, s->batch,
        (unsigned long long)s->debit_cents, s->debit_count, s->last_chip_failed, s->signed_in, s->print_pending);
}

static inline void on_record(void *ctx, const struct firmware_record *r)
{
    struct words *w = ctx;
    say(w, "record %u/%u outcome %d %llu %s %s %s %s%s%s\n", r->batch, r->trace, r->outcome,
        (unsigned long long)r->amount_cents, r->masked_pan, r->rrn, r->auth, r->response,
        r->advice[0] ? " advice " : "", r->advice);
    w->records++;
    w->open += r->outcome == FIRMWARE_OPEN;
}

static inline void on_reversal(void *ctx, const struct firmware_reversal *r)
{
    struct words *w = ctx;
    say(w, "reversal %u/%u %llu %s %u\n", r->batch, r->trace, (unsigned long long)r->amount_cents, r->reason, r->tries);
    w->reversals++;
}

static inline void on_upload(void *ctx, const struct firmware_upload *u)
{
    say(ctx, "upload %u/%u %llu %s\n", u->batch, u->trace, (unsigned long long)u->amount_cents, u->refused);
}

/* What an oracle sees: inspect on a clone that has nothing but the files. */
static inline void look(const struct fake_fs *fs, struct words *w)
{
    struct fake_fs clone;
    fake_clone(&clone, fs);
    struct hal hal = {.fs = {&fake_fs_ops, &clone}};
    struct firmware_sink sink = {w, on_state, on_record, on_reversal, on_upload};
    *w = (struct words){0};
    assert_int_equal(store_inspect(&hal, &sink), OK);
    assert_int_equal(w->open, w->reversals); /* an entry owes a reversal exactly as long as it is open */
    fake_clear(&clone);
}

/* ---- the steps of that sale ---------------------------------------------------------------------------------- */

typedef int step_fn(struct store *s);

static inline int do_trace(struct store *s)
{
    uint32_t trace;
    return trace_next(s, &trace);
}
static inline int do_open(struct store *s)
{
    struct journal_entry e = sale(7);
    return journal_open(s, &e);
}
static inline int do_answered(struct store *s)
{
    struct journal_entry e = answered_sale(7);
    return journal_answered(s, &e, "06");
}
static inline int do_approve(struct store *s)
{
    struct journal_entry e = answered_sale(7);
    return journal_approve(s, &e);
}
static inline int do_refuse(struct store *s)
{
    struct journal_entry e = answered_sale(7);
    strcpy(e.response, "51");
    return journal_refuse(s, &e);
}
static inline int do_advice(struct store *s)
{
    return journal_advice(s, 1, 7, "3");
}
static inline int do_not_sent(struct store *s)
{
    return journal_not_sent(s, 1, 7);
}
static inline int do_keep(struct store *s)
{
    return journal_keep_reversal(s, 1, 7, "A0");
}
static inline int do_tried(struct store *s)
{
    return reversal_tried(s, 1, 7);
}
static inline int do_reversed(struct store *s)
{
    return reversal_done(s, 1, 7);
}
static inline int do_printed(struct store *s)
{
    return slip_printed(s, 1, 7);
}
static inline int do_setting(struct store *s)
{
    return setting_set(s, "last_chip_failed", 1);
}
/* The same sale without the host. */
static inline struct journal_upload upload(uint32_t trace)
{
    struct journal_upload u = {.entry = sale(trace), .sealed_len = 32, .field55_len = 4};
    strcpy(u.entry.response, "Y1");
    memset(u.sealed, 0xC5, u.sealed_len);
    memcpy(u.field55, "\x8A\x02Y1", 4);
    return u;
}
static inline int do_intent(struct store *s)
{
    struct journal_entry e = sale(7);
    return intent_open(s, &e);
}
static inline int do_withdraw(struct store *s)
{
    return intent_withdraw(s, 1, 7);
}
static inline int do_disclose(struct store *s)
{
    return intent_disclose(s, 1, 7);
}
static inline int do_approve_offline(struct store *s)
{
    struct journal_upload u = upload(7);
    return intent_approve(s, &u);
}
static inline int do_upload_refused(struct store *s)
{
    return upload_refused(s, 1, 7, "96", 2);
}
static inline int do_uploaded(struct store *s)
{
    return upload_done(s, 1, 7, "000000000042");
}
static inline int do_sign_in(struct store *s)
{
    static const struct setting settings[] = {{"batch", 2}, {STORE_TRACE, 5}, {"signed_in", 1}};
    return settings_set(s, settings, sizeof settings / sizeof *settings);
}

#endif
