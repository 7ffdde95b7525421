/* The journal as JSON: what scripts and replays get. The oracles read the rows themselves (journal.h). */
#include "scenarios/engine/case_internal.h"
#include "scenarios/engine/journal.h"

static void add_state(cJSON *out, const struct firmware_state *s)
{
    cJSON *state = cJSON_AddObjectToObject(out, "state");
    cJSON_AddNumberToObject(state, "schema", s->schema);
    cJSON_AddNumberToObject(state, "next_trace", s->next_trace);
    cJSON_AddNumberToObject(state, "batch", s->batch);
    cJSON_AddNumberToObject(state, "debit", (double)s->debit_cents);
    cJSON_AddNumberToObject(state, "count", s->debit_count);
    cJSON_AddBoolToObject(state, "last_chip_failed", s->last_chip_failed);
    cJSON_AddBoolToObject(state, "signed_in", s->signed_in);
    cJSON_AddBoolToObject(state, "print_pending", s->print_pending);
}

static void add_record(cJSON *rows, const struct firmware_record *r)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddNumberToObject(row, "batch", r->batch);
    cJSON_AddNumberToObject(row, "trace", r->trace);
    cJSON_AddStringToObject(row, "kind", journal_kind(r->kind));
    cJSON_AddStringToObject(row, "outcome", journal_outcome(r->outcome));
    cJSON_AddNumberToObject(row, "amount", (double)r->amount_cents);
    cJSON_AddStringToObject(row, "pan", r->masked_pan);
    cJSON_AddStringToObject(row, "rrn", r->rrn);
    cJSON_AddStringToObject(row, "auth", r->auth);
    cJSON_AddStringToObject(row, "response", r->response);
    cJSON_AddStringToObject(row, "entry", r->entry);
    cJSON_AddStringToObject(row, "advice", r->advice);
    cJSON_AddItemToArray(rows, row);
}

static void add_reversal(cJSON *rows, const struct firmware_reversal *r)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddNumberToObject(row, "batch", r->batch);
    cJSON_AddNumberToObject(row, "trace", r->trace);
    cJSON_AddNumberToObject(row, "amount", (double)r->amount_cents);
    cJSON_AddStringToObject(row, "reason", r->reason);
    cJSON_AddNumberToObject(row, "tries", r->tries);
    cJSON_AddItemToArray(rows, row);
}

static void add_upload(cJSON *rows, const struct firmware_upload *u)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddNumberToObject(row, "batch", u->batch);
    cJSON_AddNumberToObject(row, "trace", u->trace);
    cJSON_AddNumberToObject(row, "amount", (double)u->amount_cents);
    cJSON_AddStringToObject(row, "refused", u->refused);
    cJSON_AddItemToArray(rows, row);
}

cJSON *case_inspect(struct bench_terminal *t)
{
    struct journal j = {0};
    cJSON *out = NULL;
    if (journal_read(&j, t) != OK)
        goto cleanup;
    out = cJSON_CreateObject();
    cJSON *records = cJSON_AddArrayToObject(out, "records"), *reversals = cJSON_AddArrayToObject(out, "reversals"),
          *uploads = cJSON_AddArrayToObject(out, "uploads");
    if (j.has_state)
        add_state(out, &j.state);
    for (size_t i = 0; i < j.records; i++)
        add_record(records, &j.record[i]);
    for (size_t i = 0; i < j.reversals; i++)
        add_reversal(reversals, &j.reversal[i]);
    for (size_t i = 0; i < j.uploads; i++)
        add_upload(uploads, &j.upload[i]);
cleanup:
    journal_clear(&j);
    return out;
}
