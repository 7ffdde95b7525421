/*
 * What a terminal must have found out about a card before it asks for a cryptogram, worked out anew from the card's
 * data and the terminal's configuration (EMV Book 3 10.4 to 10.7). Written against the books, not against any core; a
 * bit that depends on what only the terminal can know (a random draw, an exception file) is neither demanded nor
 * refused. Caller: emv_session.c.
 */
#include "scenarios/engine/emv_watch.h"

#include <string.h>

#define TYPE_PURCHASE 0x00

/* -- configuration -- */

static bool config_hex(const cJSON *object, const char *key, uint8_t *out, size_t len)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));
    size_t got = 0;
    return text && hex_decode(text, strlen(text), out, len, &got) == OK && got == len;
}

/* The row of `aids` with the longest name that the selected application begins with; none where the host hands out
 * applications: which of them the terminal has taken over by now, only it can know. */
const cJSON *rules_application(const struct emv_watch *w)
{
    const cJSON *row, *best = NULL;
    size_t longest = 0;
    if (w->terminal && w->terminal->bench->offers_applications)
        return NULL;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(w->config, "aids"))
    {
        uint8_t aid[16];
        size_t len = 0;
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(row, "aid"));
        if (text && hex_decode(text, strlen(text), aid, sizeof aid, &len) == OK && len <= w->session.aid_len &&
            len > longest && memcmp(aid, w->session.aid, len) == 0) {
            best = row;
            longest = len;
        }
    }
    return best;
}

bool rules_money(const cJSON *application, const char *key, uint64_t *cents)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(application, key));
    bool point = false;
    unsigned decimals = 0;
    *cents = 0;
    for (; text && *text; text++) {
        if (*text == '.' && !point) {
            point = true;
        } else if (*text >= '0' && *text <= '9') {
            *cents = *cents * 10 + (uint64_t)(*text - '0');
            decimals += point;
        } else {
            return false;
        }
    }
    return text && decimals == 2;
}

/* -- pieces of the demand -- */

static void demand(struct tvr_demand *d, unsigned byte, uint8_t bit, bool set)
{
    d->may[byte - 1] &= (uint8_t)~bit;
    if (set)
        d->must[byte - 1] |= bit;
}

/* Offline data authentication that neither side can do was not performed (10.3). */
static void authentication(const struct emv_watch *w, const uint8_t capabilities[3], struct tvr_demand *d)
{
    const uint8_t *aip = watch_fixed(&w->session, 0x82, 2);
    bool common = aip && ((aip[0] & 0x40 && capabilities[2] & 0x80) || (aip[0] & 0x20 && capabilities[2] & 0x40) ||
                          (aip[0] & 0x01 && capabilities[2] & 0x08));
    if (common)
        return;
    demand(d, 1, 0x80, true);
    for (uint8_t bit = 0x40; bit; bit >>= 1)
        if (bit & (0x40 | 0x08 | 0x04 | 0x02))
            demand(d, 1, bit, false);
}

/* YYMMDD so that it sorts by time: years from 50 on are of the last century. */
static uint32_t date_of(const uint8_t bcd[3])
{
    uint32_t date = (uint32_t)bcd[0] << 16 | (uint32_t)bcd[1] << 8 | bcd[2];
    return bcd[0] < 0x50 ? date + 0x1000000 : date;
}

/* Usage of a purchase at a merchant's (10.4.2): bit "other than ATM", then goods or services, at home or abroad. */
static bool usage_allowed(const struct emv_watch *w)
{
    const uint8_t *usage = watch_fixed(&w->session, 0x9F07, 2), *issuer = watch_fixed(&w->session, 0x5F28, 2);
    uint8_t country[2];
    if (!usage || !config_hex(w->config, "country", country, sizeof country))
        return true;
    if (!(usage[0] & 0x01))
        return false;
    return !issuer || usage[0] & (memcmp(issuer, country, 2) == 0 ? 0x28 : 0x14);
}

static void restrictions(const struct emv_watch *w, const cJSON *application, const uint8_t *today,
                         struct tvr_demand *d)
{
    const struct watch_session *s = &w->session;
    const uint8_t *version = watch_fixed(s, 0x9F08, 2), *expiry = watch_fixed(s, 0x5F24, 3),
                  *effective = watch_fixed(s, 0x5F25, 3);
    uint8_t own[2];
    if (config_hex(application, "version", own, sizeof own))
        demand(d, 2, 0x80, version && memcmp(version, own, 2) != 0);
    if (today && expiry)
        demand(d, 2, 0x40, date_of(today) > date_of(expiry));
    if (today)
        demand(d, 2, 0x20, effective && date_of(today) < date_of(effective));
    demand(d, 2, 0x10, !usage_allowed(w));
}

static void velocity(const struct emv_watch *w, struct tvr_demand *d)
{
    const struct watch_session *s = &w->session;
    const uint8_t *lower = watch_fixed(s, 0x9F14, 1), *upper = watch_fixed(s, 0x9F23, 1);
    bool checked = lower && upper, comparable = s->atc >= 0 && s->last_online >= 0 && s->atc > s->last_online;
    demand(d, 4, 0x40, checked && (!comparable || s->atc - s->last_online > *lower));
    demand(d, 4, 0x20, checked && (!comparable || s->atc - s->last_online > *upper));
    demand(d, 2, 0x08, checked && s->last_online == 0);
}

static void risk(const struct emv_watch *w, const cJSON *application, uint64_t amount, struct tvr_demand *d)
{
    const uint8_t *aip = watch_fixed(&w->session, 0x82, 2);
    uint64_t floor_limit;
    if (!(aip && aip[0] & 0x08) && !cJSON_IsTrue(cJSON_GetObjectItem(w->config, "always_manage_risk"))) {
        for (unsigned bit = 0x80; bit >= 0x10; bit >>= 1)
            demand(d, 4, (uint8_t)bit, false);
        demand(d, 2, 0x08, false);
        return;
    }
    if (rules_money(application, "floor_limit", &floor_limit) && amount >= floor_limit) { /* below it, splits may count */
        demand(d, 4, 0x80, true);
        demand(d, 4, 0x10, false); /* no random selection over the floor limit */
    }
    velocity(w, d);
}

/* -- cardholder verification (10.5) -- */

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

static void verification(const struct emv_watch *w, const uint8_t capabilities[3], uint64_t amount,
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
        demand(d, 3, TVR3_TRIES, s->pin_blocked);
    if (asked && !list)
        demand(d, 1, 0x20, true);
    if (asked && list && len >= 10) {
        t.x = binary4(list);
        t.y = binary4(list + 4);
        t.own_currency =
            of && config_hex(w->config, "currency", currency, sizeof currency) && memcmp(of, currency, 2) == 0;
        static const uint8_t online_pin[] = {0x02, 0x03}; /* for money that goes into the purse, whatever the list says */
        bool fill = rules_fill_purse(w, amount) && capabilities[1] & 0x40;
        end = fill ? walk(&t, online_pin, sizeof online_pin, d->cvm) : walk(&t, list + 8, len - 8, d->cvm);
    }
    if (end == RULE_OPEN)
        return;
    for (unsigned bit = TVR3_FAILED; bit >= TVR3_ONLINE_PIN; bit >>= 1)
        if (bit != TVR3_TRIES)
            demand(d, 3, (uint8_t)bit, t.tvr3 & bit);
    if (end == RULE_SKIPPED)
        memcpy(d->cvm, "\x3F\x00\x00", 3);
    d->cvm_known = end != RULE_FAILED; /* of several rules that failed the books let any be named */
}

/* -- the whole -- */

void rules_tvr(const struct emv_watch *w, uint64_t amount, const uint8_t *today, const uint8_t seen[5],
               struct tvr_demand *out, bool *known)
{
    uint8_t capabilities[3], type[1] = {TYPE_PURCHASE};
    const cJSON *application = rules_application(w);
    memset(out, 0, sizeof *out);
    memcpy(out->may, "\xFE\xF8\xFC\xF8\xF0", sizeof out->may); /* the rest is reserved */
    *known = application && config_hex(w->config, "capabilities", capabilities, sizeof capabilities);
    if (cJSON_GetObjectItem(w->config, "transaction_type"))
        *known = *known && config_hex(w->config, "transaction_type", type, 1) && type[0] == TYPE_PURCHASE;
    if (!*known)
        return;
    demand(out, 5, 0x40, false); /* nothing has come from the issuer yet */
    demand(out, 5, 0x20, false);
    demand(out, 5, 0x10, false);
    authentication(w, capabilities, out);
    restrictions(w, application, today, out);
    risk(w, application, amount, out);
    verification(w, capabilities, amount, seen, out);
}

static bool hits(const struct emv_watch *w, const cJSON *application, uint32_t issuer_tag, const char *key,
                 uint8_t absent, const uint8_t tvr[5])
{
    const uint8_t *issuer = watch_fixed(&w->session, issuer_tag, 5);
    uint8_t acquirer[5] = {0};
    config_hex(application, key, acquirer, sizeof acquirer);
    for (size_t i = 0; i < 5; i++)
        if (tvr[i] & ((issuer ? issuer[i] : absent) | acquirer[i]))
            return true;
    return false;
}

uint8_t rules_action(const struct emv_watch *w, const uint8_t tvr[5], bool online_failed, bool *known)
{
    const cJSON *application = rules_application(w);
    uint8_t type;
    *known = application && config_hex(w->config, "terminal_type", &type, 1);
    if (!*known)
        return 0;
    unsigned units = type & 0x0F;
    bool offline_only = units == 3 || units == 6, online_only = units == 1 || units == 4;
    if (!online_failed && hits(w, application, 0x9F0E, "tac_denial", 0x00, tvr))
        return 0x00;
    if (online_only)
        return online_failed ? 0x00 : 0x80;
    if (!online_failed && !offline_only)
        return hits(w, application, 0x9F0F, "tac_online", 0xFF, tvr) ? 0x80 : 0x40;
    return hits(w, application, 0x9F0D, "tac_default", 0xFF, tvr) ? 0x00 : 0x40;
}
