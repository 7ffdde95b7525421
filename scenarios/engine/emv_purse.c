/*
 * Electronic cash held against JR/T 0025.13 (DOMAIN 3.9): what the terminal offered in the PDOL, what the card said
 * about its purse, and what the first GENERATE AC must ask for then. Written against the rules, not against any core.
 * Called by emv_session.c, emv_cryptogram.c and emv_rules_cvm.c.
 */
#include "scenarios/engine/emv_watch.h"

#include "core/codec/dol.h"

#include <string.h>

enum { TYPE_PURCHASE = 0x00, TYPE_INQUIRY = 0x31, TYPE_LOAD = 0x60, TYPE_LOAD_OTHER = 0x62, TYPE_LOAD_CASH = 0x63 };

void purse_offered(struct emv_watch *w, const uint8_t *data, size_t len)
{
    struct watch_session *s = &w->session;
    size_t dol_len, at, value_len;
    uint64_t amount, limit;
    const uint8_t *dol = watch_get(s, 0x9F38, &dol_len);
    s->purse = (struct watch_purse){0};
    if (!dol || dol_locate(dol, dol_len, 0x9F7A, &at, &value_len) || value_len != 1 || at >= len || data[at] != 0x01)
        return;
    s->purse.offered = true;
    if (rules_handed_out(w))
        return;
    if (!rules_money(rules_application(w), "ec_limit", &limit))
        limit = 0;
    if (dol_locate(dol, dol_len, 0x9F02, &at, &value_len) == OK && value_len == 6 && at + 6 <= len &&
        bcd_value(data + at, 6, &amount) == OK && amount > limit)
        watch_say(w, "electronic cash is offered for %llu cents, the limit is %llu", (unsigned long long)amount,
                  (unsigned long long)limit);
}

void purse_told(struct emv_watch *w, unsigned tag, const uint8_t *value, size_t len)
{
    struct watch_purse *p = &w->session.purse;
    const struct {
        unsigned tag;
        struct watch_amount *amount;
    } rows[] = {{0x9F79, &p->balance}, {0x9F6D, &p->threshold}, {0x9F78, &p->single}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].tag != tag)
            continue;
        rows[i].amount->asked = true;
        rows[i].amount->known = value && len == 6 && bcd_value(value, len, &rows[i].amount->cents) == OK;
    }
}

/* Between card and issuer, never offline: loads, and a look at the account. */
static bool needs_issuer(const struct watch_session *s)
{
    return s->type == TYPE_INQUIRY || s->type == TYPE_LOAD || s->type == TYPE_LOAD_OTHER || s->type == TYPE_LOAD_CASH;
}

static bool can_go_online(const struct emv_watch *w)
{
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItem(w->config, "terminal_type"));
    return type && strlen(type) == 2 && type[1] != '3' && type[1] != '6';
}

/* Asked for a TC, the card pays from its purse. */
static bool has_agreed(const struct watch_session *s)
{
    return s->purse.offered && watch_fixed(s, 0x9F74, 6);
}

/* The purse may pay this amount: it is in there, and leaves the threshold, or nobody can be asked. */
static bool purse_pays(const struct emv_watch *w, uint64_t amount)
{
    const struct watch_purse *p = &w->session.purse;
    return p->balance.known && p->threshold.known && amount <= p->balance.cents &&
           (!p->single.known || amount <= p->single.cents) &&
           (p->balance.cents - amount >= p->threshold.cents || !can_go_online(w));
}

bool rules_fill_purse(const struct emv_watch *w, uint64_t amount)
{
    return needs_issuer(&w->session) || (has_agreed(&w->session) && !purse_pays(w, amount) && can_go_online(w));
}

uint8_t rules_purse_action(struct emv_watch *w, uint64_t amount, const uint8_t tvr[5], uint8_t due)
{
    enum { AAC = 0x00, ARQC = 0x80, ON_EXCEPTION_FILE = 0x10 };
    const struct watch_session *s = &w->session;
    if (has_agreed(s) && !(s->purse.balance.asked && s->purse.threshold.asked))
        watch_say(w, "the card agreed to pay from its purse, and was not asked what is in it");
    if (s->purse.offered && s->type != TYPE_PURCHASE)
        watch_say(w, "electronic cash was offered for a transaction of type %02X", s->type);
    if (due == AAC)
        return AAC;
    if (rules_fill_purse(w, amount))
        return ARQC;
    return has_agreed(s) && (!purse_pays(w, amount) || tvr[0] & ON_EXCEPTION_FILE) ? AAC : due;
}
