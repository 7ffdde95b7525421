/*
 * reversal: an unknown outcome was resolved before the next online transaction left, and in the end (DOMAIN 5.2, 5.3).
 * Right after a recovery "in the end" has not come yet: then each open record has its reversal, and that is due.
 */
#include "scenarios/engine/judge.h"

#include <stdlib.h>
#include <string.h>

#define HEARD_MAX 64 /* requests a host keeps */

/* Requests the host has received from this terminal, oldest first. */
struct heard {
    char mti[5];
    uint32_t trace;
    bool inquiry; /* moves nothing, so there is nothing to keep of it */
};

static size_t requests_of(const struct evidence *e, struct heard *out)
{
    struct iso_message m;
    char text[20];
    size_t count = 0, kept = host_count(e->bench->host, "");
    for (size_t back = kept < HEARD_MAX ? kept : HEARD_MAX; back-- > 0;) {
        if (host_last(e->bench->host, "", back, &m) != OK || iso_text(&m, 41, text, sizeof text) != OK ||
            strcmp(text, e->terminal->profile.terminal_id) != 0)
            continue;
        memcpy(out[count].mti, m.mti, sizeof m.mti);
        out[count].trace = iso_text(&m, 11, text, sizeof text) == OK ? (uint32_t)strtoul(text, NULL, 10) : 0;
        out[count].inquiry = iso_text(&m, 3, text, sizeof text) == OK && strncmp(text, "31", 2) == 0;
        count++;
    }
    return count;
}

static bool is(const struct heard *h, const char *mti)
{
    return strcmp(h->mti, mti) == 0;
}

/* No other sale between a sale and the last word about it; nobody has confirmed its reversal yet: to the end. */
static void check_order(const struct heard *heard, size_t count, uint32_t trace, bool confirmed, struct verdict *v)
{
    size_t sale = count, last = count;
    for (size_t i = 0; i < count; i++) {
        if (heard[i].trace != trace)
            continue;
        if (is(&heard[i], "0200"))
            sale = i;
        if (is(&heard[i], "0400"))
            last = i;
    }
    if (sale == count || (confirmed && last == count))
        return;
    for (size_t i = sale; i < (confirmed ? last : count); i++)
        if (is(&heard[i], "0200") && heard[i].trace != trace)
            judge_say(v, "fail", "trace %06u went online while the reversal of %06u was still due", heard[i].trace,
                      trace);
}

/* A reversal that is due takes back one open record, in full. */
static void check_due(const struct evidence *e, const struct firmware_reversal *due, struct verdict *v)
{
    const struct firmware_record *r = journal_find(e->journal, due->batch, due->trace);
    if (e->settled)
        judge_say(v, "fail", "the reversal of trace %06u is still due after line and power were restored", due->trace);
    else if (!r)
        judge_say(v, "fail", "a reversal is due for trace %06u, which the journal does not know", due->trace);
    else if (r->outcome != FIRMWARE_OPEN)
        judge_say(v, "fail", "a reversal is due for trace %06u, and the journal says %s", due->trace,
                  journal_outcome(r->outcome));
    else if (r->amount_cents != due->amount_cents)
        judge_say(v, "fail", "the reversal of trace %06u is about %llu cents, the record says %llu", due->trace,
                  (unsigned long long)due->amount_cents, (unsigned long long)r->amount_cents);
}

void oracle_reversal(const struct evidence *e, struct verdict *v)
{
    struct heard heard[HEARD_MAX];
    if (!judge_has_journal(e, v))
        return;
    const struct journal *j = e->journal;
    size_t count = requests_of(e, heard);
    for (size_t i = 0; i < j->reversals; i++)
        check_due(e, &j->reversal[i], v);
    for (size_t i = 0; i < j->records; i++) {
        const struct firmware_record *r = &j->record[i];
        if (r->outcome == FIRMWARE_OPEN && !journal_due(j, r->batch, r->trace))
            judge_say(v, "fail", "trace %06u is open and has no reversal", r->trace);
        if (r->outcome == FIRMWARE_OPEN || r->outcome == FIRMWARE_REVERSED)
            check_order(heard, count, r->trace, r->outcome == FIRMWARE_REVERSED, v);
    }
    for (size_t i = 0; i < count; i++)
        if (is(&heard[i], "0200") && !heard[i].inquiry && !journal_find_trace(j, heard[i].trace))
            judge_say(v, "fail", "trace %06u reached the host and the journal does not know it", heard[i].trace);
}
