/*
 * Processing restrictions: version, dates, usage control (EMV Book 3 10.4; DOMAIN 2.7). They set TVR bits and never end
 * the transaction themselves.
 */
#include "core/codec/hex.h"
#include "core/emv/emv_internal.h"

#include <string.h>

enum { AUC_ATM = 0x02, AUC_NOT_ATM = 0x01 }; /* 9F07 byte 1 (Book 3 C2) */

/* Usage that a transaction type needs: bits of 9F07 for domestic and for international use; any of them is enough. */
static const struct {
    uint8_t type;
    uint8_t domestic[2], international[2];
} usage_table[] = {
    {EMV_PURCHASE, {0x28, 0x00}, {0x14, 0x00}}, /* goods or services */
    {EMV_CASH, {0x80, 0x00}, {0x40, 0x00}},
    {EMV_MANUAL_CASH, {0x80, 0x00}, {0x40, 0x00}},
    {EMV_CASHBACK, {0x00, 0x80}, {0x00, 0x40}},
};

static bool usage_allowed(const struct emv *e)
{
    const uint8_t *auc = emv_fixed(e, 0x9F07, 2), *issuer_country = emv_fixed(e, 0x5F28, 2);
    if (!auc)
        return true;
    if (!(auc[0] & (emv_is_cash_machine(e) ? AUC_ATM : AUC_NOT_ATM)))
        return false;
    if (!issuer_country)
        return true;
    bool domestic = memcmp(issuer_country, e->config->country, 2) == 0;
    for (size_t i = 0; i < sizeof usage_table / sizeof *usage_table; i++) {
        if (usage_table[i].type != e->transaction->type)
            continue;
        const uint8_t *need = domestic ? usage_table[i].domestic : usage_table[i].international;
        return (auc[0] & need[0]) || (auc[1] & need[1]);
    }
    return true;
}

/* YYMMDD as a number that sorts by time: years 50 to 99 are of the last century (Book 4 6.7.3). */
static uint64_t date_key(const uint8_t date[3])
{
    uint64_t number = 0;
    bcd_value(date, 3, &number);
    return number < 500000 ? number + 1000000 : number;
}

int emv_restrict(struct emv *e)
{
    const uint8_t *version = emv_fixed(e, 0x9F08, 2), *own = emv_fixed(e, 0x9F09, 2), *today = emv_fixed(e, 0x9A, 3);
    const uint8_t *expiry = emv_fixed(e, 0x5F24, 3), *effective = emv_fixed(e, 0x5F25, 3);
    if (version && own && memcmp(version, own, 2) != 0)
        tvr_set(e->tvr, TVR_VERSION_MISMATCH);
    if (!usage_allowed(e))
        tvr_set(e->tvr, TVR_SERVICE_NOT_ALLOWED);
    if (today && expiry && date_key(today) > date_key(expiry))
        tvr_set(e->tvr, TVR_EXPIRED);
    if (today && effective && date_key(today) < date_key(effective))
        tvr_set(e->tvr, TVR_NOT_YET_EFFECTIVE);
    return OK;
}
