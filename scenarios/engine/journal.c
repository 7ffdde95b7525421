/* The journal in memory: rows as inspect tells them, then two orders for looking them up. */
#include "scenarios/engine/journal.h"

#include "scenarios/engine/case.h"

#include <stdlib.h>
#include <string.h>

const char *journal_kind(enum firmware_kind kind)
{
    static const char *const names[] = {"sale", "void", "refund", "other"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "?";
}

const char *journal_outcome(enum firmware_outcome outcome)
{
    static const char *const names[] = {"open", "done", "refused", "reversed", "not_sent", "intent", "disclosed"};
    return (unsigned)outcome < sizeof names / sizeof *names ? names[outcome] : "?";
}

/* -- filling -- */

/* Room for one row more; false at the limit, and without memory, which journal_end tells. */
static bool grow(struct journal *j, void **rows, size_t *cap, size_t count, size_t row_size)
{
    if (count < *cap)
        return true;
    if (count >= JOURNAL_RECORDS_MAX) {
        j->overflow = true;
        return false;
    }
    size_t wanted = *cap ? 2 * *cap : 32;
    void *more = realloc(*rows, wanted * row_size);
    if (!more) {
        j->failed = true;
        return false;
    }
    *rows = more;
    *cap = wanted;
    return true;
}

static void on_state(void *ctx, const struct firmware_state *state)
{
    struct journal *j = ctx;
    j->state = *state;
    j->has_state = true;
}

/* An image is not believed to end its texts. */
#define END(text) ((text)[sizeof(text) - 1] = '\0')

static void on_record(void *ctx, const struct firmware_record *record)
{
    struct journal *j = ctx;
    void *rows = j->record;
    bool room = grow(j, &rows, &j->record_cap, j->records, sizeof *record);
    j->record = rows;
    if (!room)
        return;
    struct firmware_record *r = &j->record[j->records++];
    *r = *record;
    END(r->masked_pan);
    END(r->rrn);
    END(r->auth);
    END(r->response);
    END(r->entry);
}

static void on_reversal(void *ctx, const struct firmware_reversal *reversal)
{
    struct journal *j = ctx;
    void *rows = j->reversal;
    bool room = grow(j, &rows, &j->reversal_cap, j->reversals, sizeof *reversal);
    j->reversal = rows;
    if (!room)
        return;
    struct firmware_reversal *r = &j->reversal[j->reversals++];
    *r = *reversal;
    END(r->reason);
}

static void on_upload(void *ctx, const struct firmware_upload *upload)
{
    struct journal *j = ctx;
    void *rows = j->upload;
    bool room = grow(j, &rows, &j->upload_cap, j->uploads, sizeof *upload);
    j->upload = rows;
    if (!room)
        return;
    struct firmware_upload *u = &j->upload[j->uploads++];
    *u = *upload;
    END(u->refused);
}

struct firmware_sink journal_begin(struct journal *j)
{
    j->has_state = j->overflow = j->failed = false;
    j->records = j->reversals = j->uploads = 0;
    return (struct firmware_sink){j, on_state, on_record, on_reversal, on_upload};
}

/* -- the two orders -- */

static int compare(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

static int number_order(const struct journal *j, uint32_t a, uint32_t b)
{
    const struct firmware_record *x = &j->record[a], *y = &j->record[b];
    int order = compare(x->batch, y->batch);
    if (!order)
        order = compare(x->trace, y->trace);
    return order ? order : compare(a, b);
}

static int trace_order(const struct journal *j, uint32_t a, uint32_t b)
{
    int order = compare(j->record[a].trace, j->record[b].trace);
    return order ? order : compare(a, b);
}

typedef int (*order_fn)(const struct journal *j, uint32_t a, uint32_t b);

/* Merge sort, which an image that tells its rows in order costs one pass: qsort has no room for the journal. */
static void sort(const struct journal *j, uint32_t *places, uint32_t *scratch, size_t count, order_fn order)
{
    size_t half = count / 2, left = 0, right = half;
    if (count < 2)
        return;
    sort(j, places, scratch, half, order);
    sort(j, places + half, scratch, count - half, order);
    if (order(j, places[half - 1], places[half]) < 0)
        return;
    memcpy(scratch, places, half * sizeof *places);
    for (size_t i = 0; left < half; i++)
        places[i] = right < count && order(j, places[right], scratch[left]) < 0 ? places[right++] : scratch[left++];
}

int journal_end(struct journal *j)
{
    if (j->records > j->index_cap) {
        uint32_t *more = realloc(j->by_number, 3 * j->record_cap * sizeof *more); /* two orders, and room to sort */
        if (!more) {
            j->failed = true;
        } else {
            j->by_number = more;
            j->index_cap = j->record_cap;
        }
    }
    if (j->failed) {
        j->has_state = false;
        j->records = j->reversals = j->uploads = 0;
        return E_NOMEM;
    }
    if (!j->records)
        return OK;
    j->by_trace = j->by_number + j->index_cap;
    for (size_t i = 0; i < j->records; i++)
        j->by_number[i] = j->by_trace[i] = (uint32_t)i;
    sort(j, j->by_number, j->by_trace + j->index_cap, j->records, number_order);
    sort(j, j->by_trace, j->by_trace + j->index_cap, j->records, trace_order);
    return OK;
}

int journal_read(struct journal *j, struct bench_terminal *t)
{
    const struct firmware_sink sink = journal_begin(j);
    int status = terminal_inspect(t->terminal, &sink);
    if (status == OK)
        return journal_end(j);
    journal_begin(j);
    return status;
}

void journal_clear(struct journal *j)
{
    free(j->record);
    free(j->reversal);
    free(j->upload);
    free(j->by_number);
    *j = (struct journal){0};
}

/* -- looking up -- */

const struct firmware_record *journal_find(const struct journal *j, uint32_t batch, uint32_t trace)
{
    size_t low = 0, high = j->records;
    while (low < high) { /* the first that is not before it */
        size_t middle = (low + high) / 2;
        const struct firmware_record *r = &j->record[j->by_number[middle]];
        if (r->batch < batch || (r->batch == batch && r->trace < trace))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == j->records)
        return NULL;
    const struct firmware_record *r = &j->record[j->by_number[low]];
    return r->batch == batch && r->trace == trace ? r : NULL;
}

const struct firmware_record *journal_find_trace(const struct journal *j, uint32_t trace)
{
    size_t low = 0, high = j->records;
    while (low < high) { /* the first behind it */
        size_t middle = (low + high) / 2;
        if (j->record[j->by_trace[middle]].trace <= trace)
            low = middle + 1;
        else
            high = middle;
    }
    const struct firmware_record *r = low ? &j->record[j->by_trace[low - 1]] : NULL;
    return r && r->trace == trace ? r : NULL;
}

const struct firmware_reversal *journal_due(const struct journal *j, uint32_t batch, uint32_t trace)
{
    for (size_t i = 0; i < j->reversals; i++)
        if (j->reversal[i].batch == batch && j->reversal[i].trace == trace)
            return &j->reversal[i];
    return NULL;
}

const struct firmware_upload *journal_upload(const struct journal *j, uint32_t batch, uint32_t trace)
{
    for (size_t i = 0; i < j->uploads; i++)
        if (j->upload[i].batch == batch && j->upload[i].trace == trace)
            return &j->upload[i];
    return NULL;
}

size_t journal_unsent(const struct journal *j)
{
    size_t count = 0;
    for (size_t i = 0; i < j->uploads; i++)
        count += !j->upload[i].refused[0];
    return count;
}
