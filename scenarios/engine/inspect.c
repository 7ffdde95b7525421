/* The journal as an image's read-only inspect tells it, as JSON: what scripts get and what the oracles cross with the
 * ledger. */
#include "scenarios/engine/case_internal.h"

#include <stdio.h>

static const char *const kinds[] = {"sale", "void", "refund", "other"};
static const char *const outcomes[] = {"open", "done", "refused", "reversed", "not_sent"};

static const char *name_of(const char *const *names, size_t count, unsigned value)
{
    return value < count ? names[value] : "?";
}

static void on_state(void *ctx, const struct firmware_state *s)
{
    cJSON *state = cJSON_AddObjectToObject(ctx, "state");
    cJSON_AddNumberToObject(state, "schema", s->schema);
    cJSON_AddNumberToObject(state, "next_trace", s->next_trace);
    cJSON_AddNumberToObject(state, "batch", s->batch);
    cJSON_AddNumberToObject(state, "debit", (double)s->debit_cents);
    cJSON_AddNumberToObject(state, "count", s->debit_count);
    cJSON_AddBoolToObject(state, "last_chip_failed", s->last_chip_failed);
    cJSON_AddBoolToObject(state, "signed_in", s->signed_in);
    cJSON_AddBoolToObject(state, "print_pending", s->print_pending);
}

static void on_record(void *ctx, const struct firmware_record *r)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddNumberToObject(row, "batch", r->batch);
    cJSON_AddNumberToObject(row, "trace", r->trace);
    cJSON_AddStringToObject(row, "kind", name_of(kinds, 4, r->kind));
    cJSON_AddStringToObject(row, "outcome", name_of(outcomes, 5, r->outcome));
    cJSON_AddNumberToObject(row, "amount", (double)r->amount_cents);
    cJSON_AddStringToObject(row, "pan", r->masked_pan);
    cJSON_AddStringToObject(row, "rrn", r->rrn);
    cJSON_AddStringToObject(row, "auth", r->auth);
    cJSON_AddStringToObject(row, "response", r->response);
    cJSON_AddStringToObject(row, "entry", r->entry);
    cJSON_AddItemToArray(cJSON_GetObjectItem(ctx, "records"), row);
}

static void on_reversal(void *ctx, const struct firmware_reversal *r)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddNumberToObject(row, "batch", r->batch);
    cJSON_AddNumberToObject(row, "trace", r->trace);
    cJSON_AddNumberToObject(row, "amount", (double)r->amount_cents);
    cJSON_AddStringToObject(row, "reason", r->reason);
    cJSON_AddNumberToObject(row, "tries", r->tries);
    cJSON_AddItemToArray(cJSON_GetObjectItem(ctx, "reversals"), row);
}

cJSON *case_inspect(struct bench_terminal *t)
{
    cJSON *out = cJSON_CreateObject();
    cJSON_AddArrayToObject(out, "records");
    cJSON_AddArrayToObject(out, "reversals");
    const struct firmware_sink sink = {out, on_state, on_record, on_reversal};
    int status = terminal_inspect(t->terminal, &sink);
    if (status != OK) {
        cJSON_Delete(out);
        return NULL;
    }
    return out;
}
