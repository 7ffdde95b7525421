/*
 * Everything durable of the core: SQLite over hal.fs through a VFS of its own (vfs.c), settings, journal, reversal.
 *
 * Each function below is one transaction and returns after its data is on stable storage, so that the order of calls in
 * core/app and core/net IS the durability order of DOMAIN 5.2. No PIN, track or key is ever stored; the PAN is stored masked,
 * plus what a reversal needs (its DE2 sealed, see journal.c).
 */
#ifndef POSBENCH_CORE_STORE_STORE_H
#define POSBENCH_CORE_STORE_STORE_H

#include "core/firmware.h"

#define STORE_SCHEMA 1u
#define STORE_JOURNAL_MAX 500 /* records of one batch; then sales are refused (DOMAIN 5.4) */

struct store; /* one open data base */

/* Opens or creates, checks integrity and schema. E_STORE, E_VERIFY (damaged), E_STATE (newer schema). */
int store_open(const struct hal *hal, struct store **out);
void store_close(struct store *s); /* NULL allowed */

/* Named numbers: "batch", "last_chip_failed", "signed_in", ... */
int setting_get(struct store *s, const char *name, int64_t fallback, int64_t *value);
int setting_set(struct store *s, const char *name, int64_t value);
/* Increments the trace number (000001..999999) durably and returns the new one. */
int trace_next(struct store *s, uint32_t *trace);

/* The life of one online transaction (DOMAIN 5.2). */
struct journal_entry {
    uint32_t batch, trace;
    enum firmware_kind kind;
    enum firmware_outcome outcome;
    uint64_t amount_cents;
    char pan[20];            /* clear in memory only: stored sealed until final, then only masked */
    char masked_pan[24], expiry[5], psn[4], entry[4], processing[7], condition[3], de60[18];
    char rrn[13], auth[7], response[3], date[5], time[7];
    uint8_t field55[256];    /* what the reversal's DE55 carries */
    uint16_t field55_len;
    char aid[33], ac[17], app_name[17], tvr[11], tsi[5], atc[5], cvm[7]; /* for the receipt; "" for stripe */
    bool signature, pin;
};
struct journal_reversal {
    struct journal_entry entry;
    char reason[3];  /* DE39 of the 0400: 98, 06, A0 */
    uint32_t tries;  /* sent so far */
};

/* Step 4: the entry (outcome FIRMWARE_OPEN) and its reversal (98) in one commit. E_LIMIT: journal full. HAL_E_FULL. */
int journal_open(struct store *s, const struct journal_entry *entry);
/* Step 3 failed: nothing was sent. Entry NOT_SENT, reversal gone. */
int journal_not_sent(struct store *s, uint32_t batch, uint32_t trace);
/* Step 6: an answer came and could be read; the reversal stays, with this reason and the issuer data. */
int journal_answered(struct store *s, const struct journal_entry *entry, const char *reason);
/* Step 7a: DONE, reversal gone, slip due: one commit. */
int journal_approve(struct store *s, const struct journal_entry *entry);
/* Step 7b: REFUSED, reversal gone: one commit. */
int journal_refuse(struct store *s, const struct journal_entry *entry);
/* An approved-by-host transaction that ends at the card: keep the reversal with reason 06; offline decline: refuse without one. */
int journal_keep_reversal(struct store *s, uint32_t batch, uint32_t trace, const char *reason);

/* The oldest reversal due. E_NOTFOUND: none. */
int reversal_pending(struct store *s, struct journal_reversal *out);
/* Counts a try durably before it is sent. */
int reversal_tried(struct store *s, uint32_t batch, uint32_t trace);
/* The host confirmed: entry REVERSED, reversal gone, one commit. */
int reversal_done(struct store *s, uint32_t batch, uint32_t trace);

/* The slip that is due: set by journal_approve, cleared here after printing. E_NOTFOUND: none. */
int slip_due(struct store *s, struct journal_entry *out);
int slip_printed(struct store *s, uint32_t batch, uint32_t trace);

/* Latest DONE entry of this batch with the same PAN digest, for floor limit splits; 0 if none. */
int journal_previous_amount(struct store *s, const char *pan, uint64_t *amount_cents);
int journal_count(struct store *s, uint32_t *count);

/* firmware.inspect: reads a clone of the storage. */
int store_inspect(const struct hal *hal, const struct firmware_sink *sink);

#endif
