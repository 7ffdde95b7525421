/*
 * money: for every attempt, ledger, journal, display and slips agree. The ledger is the truth about what was charged;
 * the journal is what the merchant will settle; the display and the slips (oracle_slips.c) are what people believed,
 * and stay promised when the power goes afterwards.
 *
 * Right after a recovery a charge may still be waiting for its reversal: then the journal has it open and due. At the
 * end of a case it may not.
 */
#include "scenarios/engine/judge.h"

#include <stdlib.h>
#include <string.h>

/* -- the ledger, by number -- */

struct booking { /* of this terminal */
    const struct host_entry *entry;
    bool undone; /* a later entry reversed it */
};

struct ledger {
    struct booking *booking; /* by batch and trace */
    size_t count;
};

static int by_number(const void *a, const void *b)
{
    const struct host_entry *x = ((const struct booking *)a)->entry, *y = ((const struct booking *)b)->entry;
    if (x->batch != y->batch)
        return x->batch < y->batch ? -1 : 1;
    if (x->trace != y->trace)
        return x->trace < y->trace ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Entries are numbered from 1 in their order, which is how a reversal names what it undoes. */
static bool ledger_read(struct ledger *l, const struct evidence *e)
{
    const struct host_entry *entry;
    size_t entries = host_entries(e->bench->host, &entry);
    l->count = 0;
    l->booking = calloc(entries + 1, sizeof *l->booking);
    if (!l->booking)
        return false;
    for (size_t i = 0; i < entries; i++) {
        l->booking[i].entry = &entry[i];
        if (entry[i].kind == HOST_REVERSED && entry[i].of > 0 && entry[i].of <= i)
            l->booking[entry[i].of - 1].undone = true;
    }
    for (size_t i = 0; i < entries; i++)
        if (entry[i].kind == HOST_BOOKED && strcmp(entry[i].terminal_id, e->terminal->profile.terminal_id) == 0)
            l->booking[l->count++] = l->booking[i];
    qsort(l->booking, l->count, sizeof *l->booking, by_number);
    return true;
}

/* The bookings of one number, next to each other from the one returned; *count of them, maybe 0. */
static const struct booking *ledger_find(const struct ledger *l, uint32_t batch, uint32_t trace, size_t *count)
{
    const struct host_entry wanted = {.batch = batch, .trace = trace};
    size_t low = 0, high = l->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (by_number(&l->booking[middle], &(struct booking){.entry = &wanted}) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct booking *first = l->booking + low;
    for (*count = 0; low + *count < l->count; ++*count)
        if (first[*count].entry->batch != batch || first[*count].entry->trace != trace)
            break;
    return first;
}

/* -- ledger against journal -- */

/* One number's charge of `cents` against the record of it. */
static void check_charge(const struct evidence *e, uint32_t batch, uint32_t trace, uint64_t cents, struct verdict *v)
{
    const struct firmware_record *r = journal_find(e->journal, batch, trace);
    bool open = r && r->outcome == FIRMWARE_OPEN && !e->settled;
    if (!r)
        judge_say(v, "fail", "trace %06u is charged %llu cents and the journal knows nothing of it", trace,
                  (unsigned long long)cents);
    else if (open && !journal_due(e->journal, batch, trace))
        judge_say(v, "fail", "trace %06u is charged %llu cents and open, and no reversal of it is due", trace,
                  (unsigned long long)cents);
    else if (!open && r->outcome != FIRMWARE_DONE)
        judge_say(v, "fail", "trace %06u is charged %llu cents, but the journal says %s", trace,
                  (unsigned long long)cents, journal_outcome(r->outcome));
    else if (!open && r->amount_cents != cents) /* a partial approval is open with what was asked for */
        judge_say(v, "fail", "trace %06u: charged %llu cents, journal %llu", trace, (unsigned long long)cents,
                  (unsigned long long)r->amount_cents);
}

static void check_bookings(const struct evidence *e, const struct ledger *l, struct verdict *v)
{
    for (size_t i = 0, same; i < l->count; i += same) {
        const struct host_entry *first = l->booking[i].entry;
        const struct booking *group = ledger_find(l, first->batch, first->trace, &same);
        uint64_t cents = 0;
        unsigned live = 0;
        for (size_t k = 0; k < same; k++) {
            cents += group[k].undone ? 0 : group[k].entry->amount_cents;
            live += !group[k].undone;
        }
        if (live > 1)
            judge_say(v, "fail", "trace %06u is charged twice: %llu cents in all", first->trace,
                      (unsigned long long)cents);
        else if (live)
            check_charge(e, first->batch, first->trace, cents, v);
    }
}

/* -- journal against ledger and display -- */

/* Each approval has its charge, and names it as the host does: a merchant who asks the bank tells this number. */
static unsigned check_approvals(const struct evidence *e, const struct ledger *l, struct verdict *v)
{
    unsigned done = 0;
    for (size_t i = 0; i < e->journal->records; i++) {
        const struct firmware_record *r = &e->journal->record[i];
        size_t count, live = 0;
        if (r->outcome != FIRMWARE_DONE)
            continue;
        done++;
        const struct booking *group = ledger_find(l, r->batch, r->trace, &count);
        for (size_t k = 0; k < count; k++)
            live += !group[k].undone;
        if (!live && !judge_unbooked(e, r, v))
            judge_say(v, "fail", "the journal approves trace %06u, and nothing is booked for it", r->trace);
        bool unnamed = r->response[0] == 'Y' && !r->rrn[0]; /* no answer but 94 has come to the upload */
        for (size_t k = 0; k < count && !unnamed; k++)
            if (strcmp(r->rrn, group[k].entry->rrn) != 0)
                judge_say(v, "fail", "trace %06u: the journal's reference number is \"%s\", the host's %s", r->trace,
                          r->rrn, group[k].entry->rrn);
    }
    return done;
}

void oracle_money(const struct evidence *e, struct verdict *v)
{
    struct ledger l;
    if (host_imbalance(e->bench->host) != 0)
        judge_say(v, "fail", "the host's own ledger is off by %lld cents", (long long)host_imbalance(e->bench->host));
    if (!e->journal) {
        judge_say(v, "not applicable", "the image offers no inspect");
        return;
    }
    if (!ledger_read(&l, e)) {
        judge_say(v, "fail", "no memory to judge the ledger");
        return;
    }
    check_bookings(e, &l, v);
    unsigned done = check_approvals(e, &l, v);
    if (e->terminal->approvals > done)
        judge_say(v, "fail", "%llu approvals were shown, the journal holds %u",
                  (unsigned long long)e->terminal->approvals, done);
    judge_offline(e, v);
    judge_purse(e, v);
    const struct firmware *f = terminal_firmware(e->terminal->terminal);
    if (f && f->slips)
        judge_roll(terminal_paper_roll(e->terminal->terminal), f->slips, e->journal, v);
    free(l.booking);
}
