/*
 * Authorisation of a 0200, and booking of what a card has approved without it: the protocol's checks first (they are
 * never scripted away), then the issuer's, then the booking (DOMAIN 4.7, 5.3, 5.4). The order of each list is the order
 * in which reasons win. checks.c, chip.c and pin.c hold the steps.
 */
#include "sim/host/state.h"

#include <stdio.h>
#include <string.h>

static const char *check_merchant(struct exchange *x)
{
    char merchant[16];
    iso_text(x->request, 42, merchant, sizeof merchant);
    size_t len = strlen(x->terminal->is.merchant_id);
    if (strncmp(merchant, x->terminal->is.merchant_id, len) != 0 ||
        strspn(merchant + len, " ") != strlen(merchant + len))
        return refuse(x, "03", "not this terminal's merchant");
    return NULL;
}

/* An original whose reversal was answered 25: its terminal holds the matter for closed. */
static const char *check_tombstone(struct exchange *x)
{
    const struct operation *op = operation_find(x->h, x, NULL, NULL);
    return op && op->tombstone ? refuse(x, "12", "reversed before it came") : NULL;
}

static const char *check_duplicate(struct exchange *x)
{
    return operation_find(x->h, x, x->request->mti, x->processing) ? refuse(x, "94", "duplicate") : NULL;
}

static const char *check_amount(struct exchange *x)
{
    return x->amount_cents == 0 ? refuse(x, "13", "no amount") : NULL;
}

/* 60.6 = 1: the terminal can do with less (DE39 10). */
static const char *check_funds(struct exchange *x)
{
    int64_t balance = x->account->is.balance_cents;
    if (balance >= (int64_t)x->amount_cents)
        return NULL;
    if (balance <= 0 || strcmp(x->de60.partial, "1") != 0)
        return refuse(x, "51", "balance");
    x->approved_cents = (uint64_t)balance;
    x->partial = true;
    return "10";
}

static host_step *const protocol[] = {check_fields, check_mac, check_merchant, check_tombstone, check_duplicate, NULL};
static host_step *const issuer[] = {check_status, check_expiry, check_entry, chip_check, pin_check, NULL};

/* The scripted answer replaces the issuer's. The chip is looked at all the same, so that the card gets its ARPC. */
static const char *scripted_decision(struct exchange *x)
{
    const char *code = x->rule->code;
    if (x->account)
        chip_check(x);
    x->reason = host_is_approval(code) ? NULL : "scripted";
    if (strcmp(code, "10") == 0) {
        x->approved_cents = x->amount_cents / 2;
        x->partial = true;
    }
    return code;
}

static const char *decide(struct exchange *x, host_step *last)
{
    const char *code = check_account(x);
    if (rules_is_code(x) && (!code || !host_is_approval(x->rule->code)))
        return scripted_decision(x); /* but no script can debit an account that is not there */
    if (code)
        return code;
    code = steps_run(issuer, x);
    if (!code && last)
        code = last(x);
    return code ? code : "00";
}

static const char *book(struct exchange *x, const char *code)
{
    if (ledger_book(x, x->approved_cents))
        return refuse(x, "96", "ledger full");
    snprintf(x->auth, sizeof x->auth, "%06llu", (unsigned long long)(++x->h->auth % 1000000));
    return code;
}

static const char *authorise(struct exchange *x, host_step *last)
{
    const char *code = steps_run(protocol, x);
    if (code)
        return code;
    code = check_amount(x);
    x->approved_cents = x->amount_cents;
    if (!code)
        code = decide(x, last);
    if (host_is_approval(code))
        return book(x, code);
    return operation_add(x, 0, false) ? refuse(x, "96", "ledger full") : code;
}

const char *authorise_sale(struct exchange *x)
{
    return authorise(x, check_funds);
}

const char *authorise_load(struct exchange *x)
{
    return authorise(x, purse_check);
}

static const char *judge_upload(struct exchange *x)
{
    static host_step *const steps[] = {check_amount, check_account, chip_check, NULL};
    const char *code = steps_run(steps, x);
    x->chip_ok = false; /* the card is gone: no answer for it */
    if (!code && rules_is_code(x) && !host_is_approval(x->rule->code))
        code = refuse(x, x->rule->code, "scripted");
    return code ? code : "00";
}

/* An upload has its reference number from its own: so a repeat gets the same one, and a host that has counted more
 * requests in between does not name the booking otherwise (hash.c). */
static void name_upload(struct exchange *x)
{
    size_t len = strlen(x->terminal_id);
    snprintf(x->reference, sizeof x->reference, "9%.3s%02u%06u", x->terminal_id + (len > 3 ? len - 3 : 0),
             x->batch % 100, x->trace % 1000000);
}

/* Owed on the word of the card's TC, whatever the account holds or has become since. A refusal leaves nothing behind:
 * a repeat is judged anew, and 94 says "booked before" and nothing else. */
const char *authorise_upload(struct exchange *x)
{
    name_upload(x);
    const char *code = steps_run(protocol, x);
    if (code)
        return code;
    x->upload = true;
    x->approved_cents = x->amount_cents;
    code = judge_upload(x);
    return host_is_approval(code) ? book(x, code) : code;
}

/* DE54: account type, "02" available, currency, sign, amount. */
const char *authorise_inquiry(struct exchange *x)
{
    const char *code = steps_run(protocol, x);
    if (code)
        return code;
    code = decide(x, NULL);
    if (host_is_approval(code)) {
        int64_t balance = x->account->is.balance_cents;
        char currency[4];
        iso_text(x->request, 49, currency, sizeof currency);
        snprintf(x->field54, sizeof x->field54, "0002%s%c%012lld", currency, balance < 0 ? 'D' : 'C',
                 (long long)(balance < 0 ? -balance : balance) % 1000000000000);
    }
    return operation_add(x, 0, false) ? refuse(x, "96", "ledger full") : code;
}
