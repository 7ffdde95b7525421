/*
 * Cardholder verification: the CVM list walked by two tables, conditions (here) and methods (cvm_method.c). EMV Book 3
 * 10.5 and annex C3, Book 4 6.3.4; results in 9F34 by Book 4 annex A4; DOMAIN 2.8.
 */
#include "core/emv/cvm.h"

#include <string.h>

#define CVM_NEXT_IF_FAILED 0x40
#define CVM_HEADER 8 /* amounts X and Y */

/* ---- conditions ---- */

typedef bool cvm_condition(const struct cvm_walk *w, const struct cvm_method *m);

static bool always(const struct cvm_walk *w, const struct cvm_method *m)
{
    (void)w, (void)m;
    return true;
}

static bool unattended_cash(const struct cvm_walk *w, const struct cvm_method *m)
{
    (void)m;
    return w->e->transaction->type == EMV_CASH && emv_is_unattended(w->e);
}

static bool manual_cash(const struct cvm_walk *w, const struct cvm_method *m)
{
    uint8_t type = w->e->transaction->type;
    return type == EMV_MANUAL_CASH || (type == EMV_CASH && !unattended_cash(w, m));
}

static bool cashback(const struct cvm_walk *w, const struct cvm_method *m)
{
    (void)m;
    return w->e->transaction->type == EMV_CASHBACK;
}

static bool no_cash(const struct cvm_walk *w, const struct cvm_method *m)
{
    return !unattended_cash(w, m) && !manual_cash(w, m) && !cashback(w, m);
}

static bool supported(const struct cvm_walk *w, const struct cvm_method *m)
{
    return cvm_method_supported(w->e, m);
}

/* The amount where X and Y can be compared with it, that is in the application's currency; else NULL. */
static const uint64_t *comparable_amount(const struct cvm_walk *w)
{
    const uint8_t *currency = emv_fixed(w->e, 0x9F42, 2);
    bool same = currency && memcmp(currency, w->e->config->currency, 2) == 0;
    return same ? &w->e->transaction->amount_cents : NULL;
}

static bool under_x(const struct cvm_walk *w, const struct cvm_method *m)
{
    (void)m;
    return comparable_amount(w) && *comparable_amount(w) < w->x;
}

static bool over_x(const struct cvm_walk *w, const struct cvm_method *m)
{
    (void)m;
    return comparable_amount(w) && *comparable_amount(w) > w->x;
}

static bool under_y(const struct cvm_walk *w, const struct cvm_method *m)
{
    (void)m;
    return comparable_amount(w) && *comparable_amount(w) < w->y;
}

static bool over_y(const struct cvm_walk *w, const struct cvm_method *m)
{
    (void)m;
    return comparable_amount(w) && *comparable_amount(w) > w->y;
}

/* By condition code; the codes behind are reserved, and never met. */
static cvm_condition *const condition_table[] = {
    always, unattended_cash, no_cash, supported, manual_cash, cashback, under_x, over_x, under_y, over_y,
};

static bool condition_met(const struct cvm_walk *w, uint8_t condition, const struct cvm_method *m)
{
    return condition < sizeof condition_table / sizeof *condition_table && condition_table[condition](w, m);
}

/* ---- the walk ---- */

static void set_result(struct emv *e, uint8_t code, uint8_t condition, enum cvm_outcome outcome)
{
    e->cvm_result[0] = code;
    e->cvm_result[1] = condition;
    e->cvm_result[2] = (uint8_t)outcome;
}

/* One rule whose condition is met: *outcome, with TVR set. 9F34 names the last method that was performed, and only a
 * method that is recognised and supported can be (Book 4 6.3.4.5, table 2). */
static int apply_rule(struct cvm_walk *w, uint8_t code, uint8_t condition, enum cvm_outcome *outcome)
{
    const struct cvm_method *m = cvm_method_find(code);
    *outcome = CVM_FAILED;
    if (!m)
        tvr_set(w->e->tvr, TVR_CVM_UNRECOGNISED);
    else if (m->pin & ~w->e->config->capabilities[1])
        tvr_set(w->e->tvr, TVR_PIN_PAD_ABSENT);
    if (!cvm_method_supported(w->e, m))
        return OK;
    int rc = m->perform(w, outcome);
    if (rc != OK)
        return rc;
    set_result(w->e, code, condition, *outcome);
    if (*outcome != CVM_FAILED)
        w->e->cvm = m->result;
    return OK;
}

static int walk_rules(struct cvm_walk *w, const uint8_t *rules, size_t len)
{
    enum cvm_outcome outcome = CVM_FAILED;
    set_result(w->e, 0x3F, 0x00, CVM_FAILED); /* stands if no method is performed */
    for (size_t at = 0; at + 2 <= len; at += 2) {
        uint8_t code = rules[at], condition = rules[at + 1];
        if (!condition_met(w, condition, cvm_method_find(code)))
            continue;
        int rc = apply_rule(w, code, condition, &outcome);
        if (rc != OK)
            return rc;
        if (outcome != CVM_FAILED)
            return OK;
        if (!(code & CVM_NEXT_IF_FAILED))
            break;
    }
    tvr_set(w->e->tvr, TVR_CV_FAILED);
    w->e->cvm = EMV_CVM_FAILED;
    return OK;
}

static uint64_t amount_at(const uint8_t *bytes)
{
    return (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3];
}

int emv_verify_cardholder(struct emv *e)
{
    static const uint8_t online_pin[] = {0x02, 0x03}; /* instead of the list, for money that goes into the purse */
    const uint8_t *list = NULL;
    size_t len = 0;
    e->cvm = EMV_CVM_NONE;
    set_result(e, 0x3F, 0x00, CVM_UNKNOWN);
    if (!emv_profile_has(e, AIP_CV))
        return OK;
    if (emv_get(e, 0x8E, &list, &len) != OK)
        tvr_set(e->tvr, TVR_ICC_DATA_MISSING);
    if (len < CVM_HEADER + 2)
        return OK;
    struct cvm_walk w = {.e = e, .x = amount_at(list), .y = amount_at(list + 4)};
    int rc = emv_wants_online_pin(e) && cvm_method_supported(e, cvm_method_find(online_pin[0]))
                 ? walk_rules(&w, online_pin, sizeof online_pin)
                 : walk_rules(&w, list + CVM_HEADER, len - CVM_HEADER);
    if (rc == OK)
        tsi_set(e->tsi, TSI_CV_PERFORMED);
    return rc;
}
