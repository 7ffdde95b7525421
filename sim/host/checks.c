/*
 * Checks of a financial request: fields, MAC, card, expiry and how the card was read (DOMAIN 1.4, 1.5, 4.4, 4.5, 4.8).
 * Each answers the DE39 to refuse with, or NULL. authorise.c and reverse.c list them.
 */
#include "sim/host/state.h"

#include "core/codec/mac.h"

#include <openssl/crypto.h>
#include <string.h>

enum entry_medium { ENTRY_OTHER, ENTRY_MANUAL, ENTRY_STRIPE, ENTRY_CHIP };

/* First two digits of DE22. */
static const struct entry_row {
    const char *mode;
    enum entry_medium medium;
} entries[] = {
    {"01", ENTRY_MANUAL}, {"02", ENTRY_STRIPE}, {"90", ENTRY_STRIPE}, {"05", ENTRY_CHIP},
    {"95", ENTRY_CHIP},   {"07", ENTRY_CHIP},   {"96", ENTRY_CHIP},   {"98", ENTRY_CHIP},
};

static enum entry_medium medium_of(const struct exchange *x)
{
    char mode[4];
    iso_text(x->request, 22, mode, sizeof mode);
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        if (strncmp(mode, entries[i].mode, 2) == 0)
            return entries[i].medium;
    return ENTRY_OTHER;
}

/* Fields a request cannot do without, "" in `processing` for all. */
static const struct needs_row {
    const char *mti, *processing;
    uint8_t fields[12];
} needs[] = {
    {"0200", "000000", {3, 4, 11, 22, 25, 41, 42, 49, 60}},
    {"0200", "310000", {3, 11, 22, 25, 41, 42, 49, 60}},
    {"0200", "600000", {3, 4, 11, 22, 25, 41, 42, 49, 55, 60}},
    {"0200", "630000", {3, 4, 11, 22, 25, 41, 42, 49, 55, 60}},
    {"0220", "000000", {2, 3, 4, 11, 22, 25, 41, 42, 49, 55, 60}},
    {"0400", "", {3, 4, 11, 22, 25, 39, 41, 42, 49, 60}},
};

static const char *check_presence(struct exchange *x)
{
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (strcmp(needs[i].mti, x->request->mti) != 0 ||
            (*needs[i].processing && strcmp(needs[i].processing, x->processing) != 0))
            continue;
        for (const uint8_t *de = needs[i].fields; *de; de++)
            if (!iso_has(x->request, *de))
                return refuse(x, "30", "field missing");
    }
    return NULL;
}

/* DE55 and track must go with the way of reading that DE22 names; a PIN block with the form that DE53 names. */
static const char *check_medium(struct exchange *x)
{
    const struct iso_message *m = x->request;
    enum entry_medium medium = medium_of(x);
    char mode[4], control[17];
    iso_text(m, 22, mode, sizeof mode);
    iso_text(m, 53, control, sizeof control);
    if (medium == ENTRY_OTHER)
        return refuse(x, "30", "unknown entry mode");
    if ((medium == ENTRY_CHIP) != iso_has(m, 55))
        return refuse(x, "30", "chip data against entry mode");
    if (medium == ENTRY_STRIPE && !iso_has(m, 35))
        return refuse(x, "30", "no track 2");
    if (iso_has(m, 52) && (mode[2] == '2' || (*control != '1' && *control != '2')))
        return refuse(x, "30", "PIN block against DE22 or DE53");
    return NULL;
}

static const char *check_card_fields(struct exchange *x)
{
    char pan[20], expiry[5];
    iso_text(x->request, 2, pan, sizeof pan);
    iso_text(x->request, 14, expiry, sizeof expiry);
    if (iso_has(x->request, 35) && !*x->track.pan)
        return refuse(x, "30", "unreadable track 2");
    if (!*pan && !*x->track.pan)
        return refuse(x, "30", "no card number");
    if (*pan && *x->track.pan && strcmp(pan, x->track.pan) != 0)
        return refuse(x, "30", "two card numbers");
    if (*expiry && *x->track.expiry && strcmp(expiry, x->track.expiry) != 0)
        return refuse(x, "30", "two expiry dates");
    return NULL;
}

const char *check_fields(struct exchange *x)
{
    const char *code = check_presence(x);
    if (!code && (!x->batch || !x->trace))
        code = refuse(x, "30", "no batch or trace number");
    bool card = strcmp(x->request->mti, "0200") == 0 || strcmp(x->request->mti, "0220") == 0;
    if (!code && card) {
        code = check_medium(x);
        if (!code)
            code = check_card_fields(x);
    }
    return code;
}

/* Over the received bytes, as they are: everything before DE64. Without keys no MAC can be right. */
const char *check_mac(struct exchange *x)
{
    size_t len;
    uint8_t mac[8];
    const uint8_t *sent = iso_get(x->request, 64, &len);
    if (!x->terminal)
        return refuse(x, "97", "unknown terminal");
    if (!x->terminal->mak_len)
        return refuse(x, "A0", "not signed in");
    if (!sent)
        return refuse(x, "A0", "no MAC");
    if (mac_cup_ecb(x->terminal->mak, x->terminal->mak_len, x->frame->body, x->frame->body_len - sizeof mac, mac) ||
        CRYPTO_memcmp(sent, mac, sizeof mac) != 0)
        return refuse(x, "A0", "bad MAC");
    x->mac_ok = x->terminal->keys_used = true;
    return NULL;
}

const char *check_account(struct exchange *x)
{
    char pan[20], psn[4];
    iso_text(x->request, 2, pan, sizeof pan);
    iso_text(x->request, 23, psn, sizeof psn);
    x->account = host_find_account(x->h, *pan ? pan : x->track.pan, psn);
    OPENSSL_cleanse(pan, sizeof pan);
    return x->account ? NULL : refuse(x, "14", "no such card");
}

/* "45" stands for a closed stripe fallback only; check_entry asks for it. */
const char *check_status(struct exchange *x)
{
    const char *status = x->account->is.status;
    if (!*status || strcmp(status, "00") == 0 || strcmp(status, "45") == 0)
        return NULL;
    return refuse(x, status, "account status");
}

/* YY below 50 is 20YY (EMV Book 4 section 6.7.3), so that dates compare as numbers. */
static unsigned long month_of(const char *yymm)
{
    unsigned long value = 0;
    for (size_t i = 0; i < 4; i++)
        value = 10 * value + (unsigned long)(yymm[i] - '0');
    return value < 5000 ? 200000 + value : 190000 + value;
}

const char *check_expiry(struct exchange *x)
{
    char expiry[5], today[13];
    iso_text(x->request, 14, expiry, sizeof expiry);
    if (!*expiry)
        memcpy(expiry, x->track.expiry, sizeof expiry);
    if (!*expiry)
        return NULL;
    host_time(x->h, x->now_us, today);
    if (month_of(expiry) < month_of(today))
        return refuse(x, "54", "expired");
    if (*x->account->is.expiry && strcmp(expiry, x->account->is.expiry) != 0)
        return refuse(x, "54", "not this card's expiry date");
    return NULL;
}

/* The stripe of a chip card at a terminal that can read chips (60.4 = 5 or 6): only as a fallback (60.5 = 2), and only
 * if the issuer has not closed it. What the account says counts, too: a service code is easily changed on a stripe. */
const char *check_entry(struct exchange *x)
{
    bool chip_card = x->account->is.has_chip || track2_has_chip(&x->track);
    bool chip_terminal = *x->de60.capability == '5' || *x->de60.capability == '6';
    if (medium_of(x) != ENTRY_STRIPE || !chip_card || !chip_terminal)
        return NULL;
    if (*x->de60.condition != '2')
        return refuse(x, "45", "chip card was swiped");
    if (strcmp(x->account->is.status, "45") == 0)
        return refuse(x, "45", "fallback is closed");
    return NULL;
}
