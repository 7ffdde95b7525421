/* journal: what the books say about themselves (DOMAIN 5.2, 5.4). */
#include "scenarios/engine/judge.h"

/* Trace numbers start over at 999999; further apart than this, the higher one is the older one. */
#define TRACE_HALF 500000u

static void check_twice(const struct journal *j, struct verdict *v)
{
    for (size_t i = 1; i < j->records; i++) {
        const struct firmware_record *a = &j->record[j->by_number[i - 1]], *b = &j->record[j->by_number[i]];
        if (a->batch == b->batch && a->trace == b->trace)
            judge_say(v, "fail", "trace %06u of batch %06u stands twice in the journal", a->trace, a->batch);
    }
}

void oracle_journal(const struct evidence *e, struct verdict *v)
{
    if (!judge_has_journal(e, v))
        return;
    const struct journal *j = e->journal;
    uint64_t sum = 0;
    uint32_t count = 0, highest = 0;
    check_twice(j, v);
    for (size_t i = 0; i < j->records; i++) {
        const struct firmware_record *r = &j->record[i];
        if (r->trace > highest)
            highest = r->trace;
        if (r->outcome == FIRMWARE_DONE && r->kind == FIRMWARE_SALE && r->batch == j->state.batch) {
            sum += r->amount_cents;
            count++;
        }
    }
    if (j->overflow)
        judge_say(v, "fail", "the journal tells more than %u rows", JOURNAL_RECORDS_MAX);
    if (!j->has_state)
        return;
    if (sum != j->state.debit_cents || count != j->state.debit_count)
        judge_say(v, "fail", "totals say %u of %llu cents, the records %u of %llu", j->state.debit_count,
                  (unsigned long long)j->state.debit_cents, count, (unsigned long long)sum);
    if (highest && j->state.next_trace <= highest && highest - j->state.next_trace < TRACE_HALF)
        judge_say(v, "fail", "the next trace number is %06u, and %06u is in use", j->state.next_trace, highest);
}
