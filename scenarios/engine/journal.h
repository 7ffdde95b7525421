/*
 * The journal as an image's read-only inspect tells it (core/firmware.h): plain rows, indexed once, so that oracles ask
 * for a trace without walking through all of it. Callers: judge.c and the oracles, the epilogue; inspect.c makes JSON
 * of it for scripts and replays.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_JOURNAL_H
#define POSBENCH_SCENARIOS_ENGINE_JOURNAL_H

#include "core/firmware.h"

#define JOURNAL_RECORDS_MAX 65536u /* rows of each kind; an image that tells more is a finding */

struct bench_terminal;

struct journal { /* caller-owned; all zero is empty. Its memory is kept from one reading to the next */
    bool has_state;
    bool overflow; /* the image told more rows than are kept */
    bool failed;   /* memory ran out while filling */
    struct firmware_state state;
    struct firmware_record *record; /* in the image's own order */
    struct firmware_reversal *reversal;
    struct firmware_upload *upload;
    size_t records, reversals, uploads;
    uint32_t *by_number; /* places in `record`, by batch and trace; among equals in the image's order */
    uint32_t *by_trace;  /* likewise by trace alone */
    size_t record_cap, reversal_cap, upload_cap, index_cap;
};

/* Reads it anew. OK; HAL_E_UNSUPPORTED: no inspect offered; else why the data cannot be read, and *j is empty. */
int journal_read(struct journal *j, struct bench_terminal *t);
void journal_clear(struct journal *j); /* frees */

/* For tests and for journal_read: begin, what a firmware_sink gets, end. E_NOMEM at the end if memory ran out. */
struct firmware_sink journal_begin(struct journal *j);
int journal_end(struct journal *j);

/* The first record with this number, NULL: none. */
const struct firmware_record *journal_find(const struct journal *j, uint32_t batch, uint32_t trace);
/* The last record with this trace in any batch. */
const struct firmware_record *journal_find_trace(const struct journal *j, uint32_t trace);
/* The reversal that is due for this record, NULL: none. */
const struct firmware_reversal *journal_due(const struct journal *j, uint32_t batch, uint32_t trace);

/* The upload that is due for this record, or was refused for good; NULL: none. */
const struct firmware_upload *journal_upload(const struct journal *j, uint32_t batch, uint32_t trace);
/* Uploads that are still to be sent. */
size_t journal_unsent(const struct journal *j);

const char *journal_kind(enum firmware_kind kind);          /* "sale", ...; "?" */
const char *journal_outcome(enum firmware_outcome outcome); /* "open", ...; "?" */

#endif
