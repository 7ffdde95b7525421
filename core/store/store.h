/*
 * Everything durable of the core: SQLite over hal.fs through a VFS of its own (vfs.c), settings, journal, reversal.
 *
 * Each function below is one transaction and returns after its data is on stable storage, so that the order of calls
 * in core/app and core/net IS the durability order of DOMAIN 5.2. No PIN, track or key is ever stored, and the PAN
 * only masked: a reversal does without DE2 (DOMAIN 4.4). An upload needs it, and has it as the secure element sealed
 * it, until the host has booked.
 *
 * Every function can return HAL_E_POWER, HAL_E_IO, HAL_E_FULL, E_VERIFY (damaged data), E_NOMEM and E_STORE; what it
 * names below comes in addition. After a failure the data is as it was before the call as long as the power lasts;
 * after a reboot that follows HAL_E_POWER, HAL_E_IO or HAL_E_FULL it may also be as after the call, never anything
 * between.
 */
#ifndef POSBENCH_CORE_STORE_STORE_H
#define POSBENCH_CORE_STORE_STORE_H

#include "core/firmware.h"

#define STORE_SCHEMA 2u /* schema.c */
#define STORE_JOURNAL_MAX 500 /* records held; then sales are refused (DOMAIN 5.4) */
#define STORE_FIRST_BATCH 1   /* until the setting "batch" says otherwise */
#define STORE_TRACE_MAX 999999u
/* Setting: `made` of the newest entry, in the entry's own commit. A clock that shows less is wrong (DOMAIN 5.2). */
#define STORE_LAST_ENTRY "last_entry"
/* Setting: the trace number taken last. */
#define STORE_TRACE "trace"
#define STORE_TRIES_MAX 3 /* of a reversal; counted no further, so that a repeat without end changes nothing */

struct store; /* one open data base */

/* Opens or creates, checks integrity, brings an older schema up to this one in one transaction. E_STATE: the schema is
 * newer than this core; nothing was written. `hal` must outlive the store. An open with nothing to create or bring up
 * writes nothing, not even after a power loss. */
int store_open(const struct hal *hal, struct store **out);
void store_close(struct store *s); /* NULL allowed */

/* Named numbers: "batch", "last_chip_failed", "signed_in", ... A value that is already there is not written again.
 * E_INVAL: a name that is empty or longer than 31 characters. */
int setting_get(struct store *s, const char *name, int64_t fallback, int64_t *value);
int setting_set(struct store *s, const char *name, int64_t value);
struct setting { const char *name; int64_t value; };
/* All of them in one commit. */
int settings_set(struct store *s, const struct setting *settings, size_t count);
/* Increments the trace number (000001..999999) durably and returns the new one: a financial request, once. */
int trace_next(struct store *s, uint32_t *trace);
/* The number that trace_next would take, for a message that may be repeated; it is taken by setting STORE_TRACE. */
int trace_peek(struct store *s, uint32_t *trace);

/* The life of one online transaction (DOMAIN 5.2). */
struct journal_entry {
    uint32_t batch, trace;
    enum firmware_kind kind;
    enum firmware_outcome outcome;
    uint64_t amount_cents;
    char pan[20];            /* clear, in memory only: never stored, "" in what the store returns */
    char masked_pan[24], expiry[5], psn[4], entry[4], processing[7], condition[3], de60[18];
    char rrn[13], auth[7], response[3], date[5], time[7];
    uint8_t field55[256];    /* what the reversal's DE55 carries; only 95 9F1E 9F10 9F36 DF31 of it are stored */
    uint16_t field55_len;
    char aid[33], ac[17], app_name[17], tvr[11], tsi[5], atc[5], cvm[7]; /* for the receipt; "" for stripe */
    char advice[2]; /* the card wants an advice sent: the reason, 9F27 bits 3 to 1; "": it does not */
    bool signature, pin;
    char refused[3]; /* of slip_due: the host refused the upload with this DE39 (or net.h), and the slip says so */
    uint64_t made; /* our own date and time as YYYYMMDDhhmmss, 0 unknown: STORE_LAST_ENTRY; not read back */
};
struct journal_reversal {
    struct journal_entry entry;
    char reason[3];  /* DE39 of the 0400: 98, 06, A0 */
    uint32_t tries;  /* sent so far, STORE_TRIES_MAX at most */
};

/* An entry leaves FIRMWARE_OPEN once: the calls below return E_STATE for an entry that is final, E_NOTFOUND for one
 * that is not there, E_INVAL or E_FORMAT (field55) for contents outside the field's limits. masked_pan is made from
 * `pan` if given.
 *
 * Step 4: the entry (outcome FIRMWARE_OPEN) and its reversal (98) in one commit. E_LIMIT: journal full. E_STATE: this
 * batch and trace are in the journal already. */
int journal_open(struct store *s, const struct journal_entry *entry);
/* Step 3 failed: nothing was sent. Entry NOT_SENT, reversal gone. */
int journal_not_sent(struct store *s, uint32_t batch, uint32_t trace);
/* Step 6: an answer came and could be read; the reversal stays, with this reason and the issuer data. */
int journal_answered(struct store *s, const struct journal_entry *entry, const char *reason);
/* Step 7a: DONE, reversal gone, slip due: one commit. Without journal_open before it the entry is made here; E_LIMIT. An
 * approval of the card alone is intent_approve. */
int journal_approve(struct store *s, const struct journal_entry *entry);
/* Step 7b: REFUSED, reversal gone: one commit. Made here like the above when declined offline. */
int journal_refuse(struct store *s, const struct journal_entry *entry);
/* An approved-by-host transaction that ends at the card: keep the reversal with reason 06. E_INVAL: not a two-digit DE39. */
int journal_keep_reversal(struct store *s, uint32_t batch, uint32_t trace, const char *reason);

/* The card's second cryptogram asked for an advice when the entry was final already. E_NOTFOUND, E_INVAL. */
int journal_advice(struct store *s, uint32_t batch, uint32_t trace, const char *advice);

/* The oldest reversal due. E_NOTFOUND: none. */
int reversal_pending(struct store *s, struct journal_reversal *out);
/* Counts a try durably before it is sent; at STORE_TRIES_MAX nothing is written. E_NOTFOUND: no such reversal. */
int reversal_tried(struct store *s, uint32_t batch, uint32_t trace);
/* The host confirmed: entry REVERSED, reversal gone, one commit. */
int reversal_done(struct store *s, uint32_t batch, uint32_t trace);

/* The slip that is due: set with an approval, a disclosed unknown or a refused upload, cleared here after printing.
 * E_NOTFOUND: none. */
int slip_due(struct store *s, struct journal_entry *out);
int slip_printed(struct store *s, uint32_t batch, uint32_t trace);

/* The life of an approval without the host (store/offline.c). The intent stands before the card is asked; a cut between
 * it and the card's word leaves it, and the next boot discloses it.
 *
 * Entry FIRMWARE_INTENT; what is not known yet is "". E_LIMIT: journal full. E_STATE: batch and trace are in use. */
int intent_open(struct store *s, const struct journal_entry *entry);
/* The oldest intent. E_NOTFOUND: none. */
int intent_pending(struct store *s, struct journal_entry *out);
/* The card asked for the host instead: as if it had never been. E_STATE: no intent. A decline is journal_refuse. */
int intent_withdraw(struct store *s, uint32_t batch, uint32_t trace);
/* Nobody knows what the card did: DISCLOSED, slip due: one commit. E_STATE. */
int intent_disclose(struct store *s, uint32_t batch, uint32_t trace);

#define STORE_SEALED_MAX 64
struct journal_upload {
    struct journal_entry entry;
    uint8_t sealed[STORE_SEALED_MAX], field55[255]; /* the PAN sealed; DE55 of the upload (DOMAIN 4.5a), no PAN in it */
    size_t sealed_len, field55_len;
    uint32_t refusals;
};
/* The card's TC: DONE, slip due and upload due: one commit. E_STATE: no intent stands for it. E_INVAL. */
int intent_approve(struct store *s, const struct journal_upload *upload);
/* The oldest upload that the host has not refused for good. E_NOTFOUND: none. */
int upload_next(struct store *s, struct journal_upload *out);
/* Booked: the host's reference number (or "") into the entry, and sealed copy and DE55 are erased: one commit. */
int upload_done(struct store *s, uint32_t batch, uint32_t trace, const char *rrn);
/* The host said no with this code. The `tries`-th time is for good: a slip that says so is due, in the same commit. */
int upload_refused(struct store *s, uint32_t batch, uint32_t trace, const char *code, uint32_t tries);
/* Uploads that upload_next will hand out, and their sum. */
int upload_totals(struct store *s, uint32_t *count, uint64_t *cents);

/* Latest DONE sale of this batch with the same masked PAN, for floor limit splits (EMV Book 3, 10.6.1); 0 if none. Two
 * cards that share issuer and last four digits count as one: an amount too many sends a sale online, the safe side. */
int journal_previous_amount(struct store *s, const char *pan, uint64_t *amount_cents);
/* Records held, of any batch and outcome. */
int journal_count(struct store *s, uint32_t *count);
/* The batch has entries that are to be settled, or may yet be: DONE, OPEN or INTENT. */
int journal_unsettled(struct store *s, uint32_t batch, bool *unsettled);

/* firmware.inspect: reads a clone of the storage; needs hal->fs only. No data base yet: OK, schema 0, no records.
 * E_STATE: a newer schema. May be called while a store is open. */
int store_inspect(const struct hal *hal, const struct firmware_sink *sink);

#endif
