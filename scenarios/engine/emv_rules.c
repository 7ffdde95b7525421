/*
 * What a terminal must have found out about a card before it asks for a cryptogram, worked out anew from the card's
 * data and the terminal's configuration (EMV Book 3 10.3 to 10.7; cardholder verification in emv_rules_cvm.c). Written
 * against the books, not against any core; a bit that depends on what only the terminal can know (a random draw, an
 * exception file) is neither demanded nor refused. Callers: emv_cryptogram.c, emv_purse.c, emv_tap.c.
 */
#include "scenarios/engine/emv_watch.h"

#include <string.h>

#define TYPE_PURCHASE 0x00

/* -- configuration -- */

bool rules_config_hex(const cJSON *object, const char *key, uint8_t *out, size_t len)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));
    size_t got = 0;
    return text && hex_decode(text, strlen(text), out, len, &got) == OK && got == len;
}

bool rules_handed_out(const struct emv_watch *w)
{
    return w->terminal && w->terminal->bench->offers_applications;
}

/* The row of `aids` with the longest name that the selected application begins with. */
const cJSON *rules_application(const struct emv_watch *w)
{
    const cJSON *row, *best = NULL;
    size_t longest = 0;
    if (rules_handed_out(w))
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

void rules_demand(struct tvr_demand *d, unsigned byte, uint8_t bit, bool set)
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
    rules_demand(d, 1, 0x80, true);
    for (uint8_t bit = 0x40; bit; bit >>= 1)
        if (bit & (0x40 | 0x08 | 0x04 | 0x02))
            rules_demand(d, 1, bit, false);
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
    if (!usage || !rules_config_hex(w->config, "country", country, sizeof country))
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
    if (rules_config_hex(application, "version", own, sizeof own))
        rules_demand(d, 2, 0x80, version && memcmp(version, own, 2) != 0);
    if (today && expiry)
        rules_demand(d, 2, 0x40, date_of(today) > date_of(expiry));
    if (today)
        rules_demand(d, 2, 0x20, effective && date_of(today) < date_of(effective));
    rules_demand(d, 2, 0x10, !usage_allowed(w));
}

static void velocity(const struct emv_watch *w, struct tvr_demand *d)
{
    const struct watch_session *s = &w->session;
    const uint8_t *lower = watch_fixed(s, 0x9F14, 1), *upper = watch_fixed(s, 0x9F23, 1);
    bool checked = lower && upper, comparable = s->atc >= 0 && s->last_online >= 0 && s->atc > s->last_online;
    rules_demand(d, 4, 0x40, checked && (!comparable || s->atc - s->last_online > *lower));
    rules_demand(d, 4, 0x20, checked && (!comparable || s->atc - s->last_online > *upper));
    rules_demand(d, 2, 0x08, checked && s->last_online == 0);
}

static void risk(const struct emv_watch *w, const cJSON *application, uint64_t amount, struct tvr_demand *d)
{
    const uint8_t *aip = watch_fixed(&w->session, 0x82, 2);
    uint64_t floor_limit;
    if (!(aip && aip[0] & 0x08) && !cJSON_IsTrue(cJSON_GetObjectItem(w->config, "always_manage_risk"))) {
        for (unsigned bit = 0x80; bit >= 0x10; bit >>= 1)
            rules_demand(d, 4, (uint8_t)bit, false);
        rules_demand(d, 2, 0x08, false);
        return;
    }
    if (rules_money(application, "floor_limit", &floor_limit) &&
        amount >= floor_limit) { /* below it, splits may count */
        rules_demand(d, 4, 0x80, true);
        rules_demand(d, 4, 0x10, false); /* no random selection over the floor limit */
    }
    velocity(w, d);
}

/* -- the whole -- */

void rules_tvr(const struct emv_watch *w, uint64_t amount, const uint8_t *today, const uint8_t seen[5],
               struct tvr_demand *out, bool *known)
{
    uint8_t capabilities[3], type[1] = {TYPE_PURCHASE};
    const cJSON *application = rules_application(w);
    memset(out, 0, sizeof *out);
    memcpy(out->may, "\xFE\xF8\xFC\xF8\xF0", sizeof out->may); /* the rest is reserved */
    *known = (application || rules_handed_out(w)) &&
             rules_config_hex(w->config, "capabilities", capabilities, sizeof capabilities);
    if (cJSON_GetObjectItem(w->config, "transaction_type"))
        *known = *known && rules_config_hex(w->config, "transaction_type", type, 1) && type[0] == TYPE_PURCHASE;
    if (!*known)
        return;
    rules_demand(out, 5, 0x40, false); /* nothing has come from the issuer yet */
    rules_demand(out, 5, 0x20, false);
    rules_demand(out, 5, 0x10, false);
    authentication(w, capabilities, out);
    restrictions(w, application, today, out);
    risk(w, application, amount, out);
    rules_verification(w, capabilities, amount, seen, out);
}

static bool hits(const struct emv_watch *w, const cJSON *application, uint32_t issuer_tag, const char *key,
                 uint8_t absent, const uint8_t tvr[5])
{
    const uint8_t *issuer = watch_fixed(&w->session, issuer_tag, 5);
    uint8_t acquirer[5] = {0};
    rules_config_hex(application, key, acquirer, sizeof acquirer);
    for (size_t i = 0; i < 5; i++)
        if (tvr[i] & ((issuer ? issuer[i] : absent) | acquirer[i]))
            return true;
    return false;
}

uint8_t rules_action(const struct emv_watch *w, const uint8_t tvr[5], bool online_failed, bool *known)
{
    const cJSON *application = rules_application(w);
    uint8_t type;
    *known = application && rules_config_hex(w->config, "terminal_type", &type, 1);
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
