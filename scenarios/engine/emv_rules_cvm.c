/*
 * Cardholder verification worked out anew (EMV Book 3 10.5): which rule of the list applies, what must be in byte 3 of
 * the TVR then, and what in 9F34. Where only the terminal can know how it ended, nothing is demanded. Called by
 * emv_rules.c.
 */
#include "scenarios/engine/emv_watch.h"

#include <string.h>

#define TVR3_FAILED 0x80
#define TVR3_UNRECOGNISED 0x40
#define TVR3_TRIES 0x20
#define TVR3_NO_PAD 0x10
#define TVR3_BYPASSED 0x08
#define TVR3_ONLINE_PIN 0x04

enum rule_end { RULE_SKIPPED, RULE_FAILED, RULE_SUCCEEDED, RULE_OPEN }; /* open: only the terminal can know */

struct cvm_terms {
    uint64_t amount, x, y;
    bool own_currency;
    bool documents;             /* the terminal's operator looks at identity documents */
    uint8_t capabilities, seen; /* 9F33 byte 2; TVR byte 3 as sent */
    uint8_t tvr3;               /* gathered on the way */
};

/* Bit of 9F33 byte 2 that a method needs; 0: none; 0xFF: a method nobody knows. */
static uint8_t capability_for(uint8_t method)
{
    static const uint8_t needs[] = {0x00, 0x80, 0x40, 0x80, 0x10, 0x10};
    if (method < sizeof needs)
        return needs[method];
    return method == 0x1E ? 0x20 : method == 0x1F ? 0x08 : method == 0x20 ? 0x00 : 0xFF;
}

static bool condition_met(const struct cvm_terms *t, uint8_t condition, uint8_t method)
{
    uint8_t needs = capability_for(method);
    bool supported = needs != 0xFF && (t->capabilities & needs) == needs;
    switch (condition) {
    case 0x00:
    case 0x02: /* no cash, no cashback: a purchase always */
        return true;
    case 0x03:
        return supported && (method != 0x20 || t->documents);
    case 0x06:
        return t->own_currency && t->amount < t->x;
    case 0x07:
        return t->own_currency && t->amount > t->x;
    case 0x08:
        return t->own_currency && t->amount < t->y;
    case 0x09:
        return t->own_currency && t->amount > t->y;
    default:
        return false;
    }
}

/* What became of the online PIN is the cardholder's doing: the TVR says which of the three it was. */
static enum rule_end online_pin(struct cvm_terms *t, uint8_t *outcome)
{
    *outcome = 0x00;
    if (t->seen & TVR3_ONLINE_PIN || !(t->seen & (TVR3_BYPASSED | TVR3_NO_PAD))) {
        t->tvr3 |= TVR3_ONLINE_PIN;
        return RULE_SUCCEEDED;
    }
    t->tvr3 |= t->seen & (TVR3_BYPASSED | TVR3_NO_PAD);
    return RULE_FAILED;
}

static enum rule_end apply(struct cvm_terms *t, uint8_t method, uint8_t *outcome)
{
    uint8_t needs = capability_for(method);
    *outcome = method == 0x1F ? 0x02 : 0x00;
    if (needs == 0xFF) {
        t->tvr3 |= TVR3_UNRECOGNISED;
        return RULE_FAILED;
    }
    bool supported = (t->capabilities & needs) == needs, offline_pin = method >= 0x01 && method <= 0x05 && method != 2;
    if (method == 0x00 || (method == 0x20 && !t->documents))
        return RULE_FAILED;
    if (method == 0x20 || (offline_pin && supported))
        return RULE_OPEN;
    if (!supported) {
        t->tvr3 |= t->seen & TVR3_NO_PAD; /* terminals differ in whether they say so */
        return RULE_FAILED;
    }
    return method == 0x02 ? online_pin(t, outcome) : RULE_SUCCEEDED;
}

static enum rule_end walk(struct cvm_terms *t, const uint8_t *rule, size_t len, uint8_t cvm[3])
{
    for (size_t at = 0; at + 2 <= len; at += 2) {
        uint8_t method = rule[at] & 0x3F;
        if (!condition_met(t, rule[at + 1], method))
            continue;
        enum rule_end end = apply(t, method, &cvm[2]);
        memcpy(cvm, rule + at, 2);
        if (end != RULE_FAILED)
            return end;
        if (!(rule[at] & 0x40))
            break;
    }
    t->tvr3 |= TVR3_FAILED;
    return RULE_FAILED;
}

static uint64_t binary4(const uint8_t *bytes)
{
    return (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3];
}

void rules_verification(const struct emv_watch *w, const uint8_t capabilities[3], uint64_t amount,
                        const uint8_t seen[5], struct tvr_demand *d)
{
    size_t len = 0;
    uint8_t currency[2];
    const struct watch_session *s = &w->session;
    const uint8_t *aip = watch_fixed(s, 0x82, 2), *list = watch_get(s, 0x8E, &len), *of = watch_fixed(s, 0x9F42, 2);
    struct cvm_terms t = {.amount = amount, .capabilities = capabilities[1], .seen = seen[2]};
    t.documents = cJSON_IsTrue(cJSON_GetObjectItem(w->config, "identity_check"));
    enum rule_end end = RULE_SKIPPED;
    bool asked = aip && aip[0] & 0x10;
    if (s->pin_blocked || !s->no_tries)
        rules_demand(d, 3, TVR3_TRIES, s->pin_blocked);
    if (asked && !list)
        rules_demand(d, 1, 0x20, true);
    if (asked && list && len >= 10) {
        t.x = binary4(list);
        t.y = binary4(list + 4);
        t.own_currency =
            of && rules_config_hex(w->config, "currency", currency, sizeof currency) && memcmp(of, currency, 2) == 0;
        static const uint8_t online_pin[] = {0x02,
                                             0x03}; /* for money that goes into the purse, whatever the list says */
        bool fill = rules_fill_purse(w, amount) && capabilities[1] & 0x40;
        end = fill ? walk(&t, online_pin, sizeof online_pin, d->cvm) : walk(&t, list + 8, len - 8, d->cvm);
    }
    if (end == RULE_OPEN)
        return;
    for (unsigned bit = TVR3_FAILED; bit >= TVR3_ONLINE_PIN; bit >>= 1)
        if (bit != TVR3_TRIES)
            rules_demand(d, 3, (uint8_t)bit, t.tvr3 & bit);
    if (end == RULE_SKIPPED)
        memcpy(d->cvm, "\x3F\x00\x00", 3);
    d->cvm_known = end != RULE_FAILED; /* of several rules that failed the books let any be named */
}
