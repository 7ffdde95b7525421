/*
 * Reversal (0400; DOMAIN 5.3): undoes the original once, however often it is repeated. A reversal that finds nothing
 * leaves a tombstone, so that an original which was delayed on its way can no longer be booked. 00, 12 and 25 tell the
 * terminal that it is done; anything that does not fit the original is answered with another code, so that it keeps its
 * reversal.
 */
#include "sim/host/state.h"

#include <string.h>

static const char *find_nothing(struct exchange *x)
{
    if (ledger_tombstone(x))
        return refuse(x, "96", "ledger full");
    return refuse(x, "25", "original not found");
}

static bool other_card(const struct exchange *x, const struct operation *op)
{
    char pan[20];
    iso_text(x->request, 2, pan, sizeof pan);
    return *pan && op->account && strcmp(pan, x->h->accounts[op->account - 1].is.pan) != 0;
}

/* The terminal reverses what it asked for, or what was approved of it. */
static bool other_amount(const struct exchange *x, const struct operation *op)
{
    uint64_t booked = op->entry ? x->h->entries[op->entry - 1].amount_cents : op->asked_cents;
    return x->amount_cents != op->asked_cents && x->amount_cents != booked;
}

const char *reverse_original(struct exchange *x)
{
    static host_step *const checks[] = {check_fields, check_mac, NULL};
    const char *code = steps_run(checks, x);
    if (code)
        return code;
    bool scripted = rules_is_code(x);
    struct operation *op = operation_find(x->h, x, NULL, NULL);
    if (scripted && !host_is_approval(x->rule->code) && (op || strcmp(x->rule->code, "25") != 0))
        return refuse(x, x->rule->code, "scripted");
    if (!op) /* 00 by script must not let the original in later either */
        code = find_nothing(x);
    else if (op->tombstone)
        code = refuse(x, "25", "original not found");
    else if (strcmp(op->processing, x->processing) != 0 || other_card(x, op))
        code = refuse(x, "30", "not as the original");
    else if (other_amount(x, op))
        code = refuse(x, "64", "amount differs");
    else if (!op->entry)
        code = refuse(x, "12", "nothing was booked");
    else if (!op->undone && ledger_reverse(x, op))
        code = refuse(x, "96", "ledger full");
    return scripted ? x->rule->code : code ? code : "00";
}
