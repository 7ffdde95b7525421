/*
 * The host's books: double-entry lines that are only ever added, and the decided requests by which duplicates and the
 * originals of reversals are found (DOMAIN 5.3, 5.4). Called by authorise.c and reverse.c; read by the money oracle.
 */
#include "sim/host/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CHAINS 16

static int reserve_entry(struct host *h)
{
    return host_grow((void **)&h->entries, h->entry_count, &h->entry_room, sizeof *h->entries, HOST_ENTRIES);
}

static void put_in_chain(struct host *h, size_t place)
{
    struct operation *op = &h->operations[place - 1];
    uint32_t *newest = &h->newest[op->trace % h->chains];
    op->older = *newest;
    *newest = (uint32_t)place;
}

/* As many chains as operations at least, anew in the order of the operations: the newest stays in front. */
static int reserve_chain(struct host *h)
{
    if (h->operation_count < h->chains)
        return OK;
    size_t wanted = h->chains ? 2 * h->chains : FIRST_CHAINS;
    uint32_t *newest = calloc(wanted, sizeof *newest);
    if (!newest)
        return E_NOMEM;
    free(h->newest);
    h->newest = newest;
    h->chains = wanted;
    for (size_t place = 1; place <= h->operation_count; place++)
        put_in_chain(h, place);
    return OK;
}

static int reserve_operation(struct host *h)
{
    int status =
        host_grow((void **)&h->operations, h->operation_count, &h->operation_room, sizeof *h->operations, HOST_ENTRIES);
    return status ? status : reserve_chain(h);
}

/* Both or neither: a booking that could not be found again could be booked twice. */
static int reserve_both(struct host *h)
{
    int status = reserve_entry(h);
    return status ? status : reserve_operation(h);
}

static struct host_entry *append(struct exchange *x, enum host_entry_kind kind, uint64_t amount_cents)
{
    struct host *h = x->h;
    struct host_entry *e = &h->entries[h->entry_count++];
    *e = (struct host_entry){.number = h->entry_count,
                             .time_us = x->now_us,
                             .kind = kind,
                             .batch = x->batch,
                             .trace = x->trace,
                             .amount_cents = amount_cents};
    snprintf(e->terminal_id, sizeof e->terminal_id, "%s", x->terminal_id);
    host_reference(x, e->rrn);
    return e;
}

/* ---- who pays whom ---- */

#define PURSE_PREFIX "EC "
enum pocket { POCKET_ACCOUNT, POCKET_PURSE, POCKET_MERCHANT };

/* Where the money comes from and goes to, by DE60.1; anything else is paid by the account to the merchant. */
static const struct route {
    const char *type;
    enum pocket from, to;
} routes[] = {
    {"36", POCKET_PURSE, POCKET_MERCHANT}, /* electronic cash, uploaded */
    {"45", POCKET_ACCOUNT, POCKET_PURSE},  /* loaded from its account */
    {"46", POCKET_MERCHANT, POCKET_PURSE}, /* with cash, which the merchant has now */
    {NULL, POCKET_ACCOUNT, POCKET_MERCHANT},
};

static const struct route *route_of(const struct exchange *x)
{
    const struct route *r = routes;
    while (r->type && strcmp(r->type, x->de60.type) != 0)
        r++;
    return r;
}

static void name_pocket(const struct exchange *x, enum pocket pocket, char out[24])
{
    enum { TAIL = 8 }; /* four digits and the digest of a masked account */
    char masked[24];
    host_mask_account(x->h, x->account->is.pan, masked);
    if (pocket == POCKET_PURSE)
        snprintf(out, 24, PURSE_PREFIX "%.8s", masked + strlen(masked) - TAIL);
    else
        snprintf(out, 24, "%s", pocket == POCKET_MERCHANT ? x->terminal->is.merchant_id : masked);
}

/* The other way round: accounts and purses have a digest in their name. */
static enum pocket pocket_of(const char *name)
{
    if (strncmp(name, PURSE_PREFIX, strlen(PURSE_PREFIX)) == 0)
        return POCKET_PURSE;
    return strchr(name, '#') ? POCKET_ACCOUNT : POCKET_MERCHANT;
}

/* One leg of the cardholder's; the merchant's is the line itself. */
static void move(struct account_state *a, enum pocket pocket, int64_t cents)
{
    a->is.balance_cents += pocket == POCKET_ACCOUNT ? cents : 0;
    a->purse_cents += pocket == POCKET_PURSE ? cents : 0;
    a->moved_cents += pocket == POCKET_MERCHANT ? 0 : cents;
}

static void move_both(struct account_state *a, const struct host_entry *e)
{
    move(a, pocket_of(e->debit), -(int64_t)e->amount_cents);
    move(a, pocket_of(e->credit), (int64_t)e->amount_cents);
}

int ledger_book(struct exchange *x, uint64_t amount_cents)
{
    int status = reserve_both(x->h);
    if (status)
        return status;
    struct host_entry *e = append(x, HOST_BOOKED, amount_cents);
    name_pocket(x, route_of(x)->from, e->debit);
    name_pocket(x, route_of(x)->to, e->credit);
    move_both(x->account, e);
    return operation_add(x, e->number, false);
}

int ledger_reverse(struct exchange *x, struct operation *op)
{
    struct account_state *account = &x->h->accounts[op->account - 1];
    int status = reserve_entry(x->h); /* never the operations: `op` is one of them */
    if (status)
        return status;
    uint64_t amount = x->h->entries[op->entry - 1].amount_cents;
    struct host_entry *e = append(x, HOST_REVERSED, amount);
    const struct host_entry *original = &x->h->entries[op->entry - 1];
    e->of = original->number;
    memcpy(e->debit, original->credit, sizeof e->debit);
    memcpy(e->credit, original->debit, sizeof e->credit);
    move_both(account, e);
    op->undone = true;
    return OK;
}

int ledger_tombstone(struct exchange *x)
{
    int status = reserve_both(x->h);
    if (status)
        return status;
    append(x, HOST_TOMBSTONE, 0);
    return operation_add(x, 0, true);
}

/* Newest first: what is looked for was mostly sent just now. */
struct operation *operation_find(struct host *h, const struct exchange *x, const char *mti, const char *processing)
{
    for (uint32_t at = h->chains ? h->newest[x->trace % h->chains] : 0; at; at = h->operations[at - 1].older) {
        struct operation *op = &h->operations[at - 1];
        if (op->trace == x->trace && op->batch == x->batch && strcmp(op->terminal_id, x->terminal_id) == 0 &&
            (!mti || strcmp(op->mti, mti) == 0) && (!processing || strcmp(op->processing, processing) == 0))
            return op;
    }
    return NULL;
}

int operation_add(struct exchange *x, uint64_t entry, bool tombstone)
{
    int status = reserve_operation(x->h);
    if (status)
        return status;
    struct operation *op = &x->h->operations[x->h->operation_count++];
    *op = (struct operation){
        .batch = x->batch, .trace = x->trace, .asked_cents = x->amount_cents, .entry = entry, .tombstone = tombstone};
    memcpy(op->terminal_id, x->terminal_id, sizeof op->terminal_id);
    memcpy(op->mti, x->request->mti, sizeof op->mti);
    memcpy(op->processing, x->processing, sizeof op->processing);
    put_in_chain(x->h, x->h->operation_count);
    if (x->account)
        op->account = (size_t)(x->account - x->h->accounts) + 1;
    return OK;
}

size_t host_entries(const struct host *h, const struct host_entry **entries)
{
    *entries = h->entries;
    return h->entry_count;
}

/* Cardholder legs are taken from the accounts, merchant legs from the lines: two independent sums that must cancel. */
int64_t host_imbalance(const struct host *h)
{
    int64_t sum = 0;
    for (size_t i = 0; i < h->account_count; i++)
        sum += h->accounts[i].moved_cents;
    for (size_t i = 0; i < h->entry_count; i++) {
        const struct host_entry *e = &h->entries[i];
        if (e->kind == HOST_TOMBSTONE)
            continue;
        sum += pocket_of(e->credit) == POCKET_MERCHANT ? (int64_t)e->amount_cents : 0;
        sum -= pocket_of(e->debit) == POCKET_MERCHANT ? (int64_t)e->amount_cents : 0;
    }
    return sum;
}
