/*
 * The chip's way from its first cryptogram to the end: on to the host, second GENERATE AC, journal; or the end without
 * the host (DOMAIN 2.11, 5.2). Caller: sale_chip.c.
 */
#include "core/app/sale.h"

#include "core/app/chip_data.h"
#include "core/app/offline.h"
#include "core/app/online.h"
#include "core/app/ui.h"
#include "core/codec/hex.h"

/* Second GENERATE AC. *approved only for a TC, even if the card was pulled during the scripts after it. OK whatever the
 * card did; negative: power. Unable to go online, TAC-default decides what the card is asked for (DOMAIN 2.10); a TC
 * (Y3) counts only where an intent stands for it. */
static int complete(struct app *app, enum sale_result result, bool *approved)
{
    const struct journal_entry *entry = &app->sale.entry;
    struct emv_host_answer answer = {
        .online = result == SALE_APPROVED || result == SALE_DECLINED || result == SALE_WRONG_PIN ||
                  result == SALE_USE_CHIP || result == SALE_CONTACT_ISSUER, /* an answer that is believed */
        .approved = result == SALE_APPROVED,
    };
    if (answer.online) {
        memcpy(answer.arc, entry->response, sizeof answer.arc);
        answer.field55 = iso_get(&app->answer, 55, &answer.field55_len);
    }
    int r = ui_show(app, SCREEN_reading_card, NULL, NULL);
    if (r == OK)
        r = emv_complete(&app->emv, &answer);
    *approved = app->emv.decision == EMV_APPROVED;
    return r == HAL_E_POWER || r == E_NOMEM ? r : OK;
}

/* The host approved: the card's TC makes it final, anything else is undone (DOMAIN 5.2 steps 7a and 7c). */
static int settle(struct app *app, bool card_approved, enum sale_result *result)
{
    struct journal_entry *entry = &app->sale.entry;
    chip_data_final(&app->emv, &app->sale);
    int r;
    if (card_approved && kind_row(app->sale.kind)->load)
        card_approved = emv_scripts_done(&app->emv);
    if (card_approved) {
        r = journal_approve(app->store, entry);
        if (r != HAL_E_FULL)
            return r;
    }
    *result = SALE_CONTACT_ISSUER;
    r = journal_answered(app->store, entry, "06");
    return r == HAL_E_FULL ? OK : r; /* it is 06 already; only the script results would be missing */
}

/* The storage failed while the card waits: an approval that cannot be recorded is none, so the card is asked for an AAC
 * and keeps no open transaction (EMV Book 3 10.9). The reversal stays due. Hands `status` on, which halts the core. */
static int finish_card(struct app *app, int status)
{
    bool answered = app->sale.entry.response[0], card_approved;
    if (status == HAL_E_POWER)
        return status;
    int r = complete(app, answered ? SALE_CONTACT_ISSUER : SALE_NO_ANSWER, &card_approved);
    return r == HAL_E_POWER ? r : status;
}

/* What the second cryptogram of a sale asked for that was over before it: declined by the host, or without an answer.
 * OK where there is no record, or no room. */
static int note_advice(struct app *app)
{
    struct journal_entry *entry = &app->sale.entry;
    chip_data_advice(&app->emv, entry);
    int r = entry->advice[0] ? journal_advice(app->store, entry->batch, entry->trace, entry->advice) : OK;
    return r == E_NOTFOUND || r == HAL_E_FULL ? OK : r;
}

static int go_online(struct app *app, enum sale_result *result)
{
    bool card_approved = false;
    if (sale_prepare_request(app)) {
        *result = SALE_CARD_ERROR;
        return OK;
    }
    int r = online_sale(app, "0", result);
    if (r)
        return finish_card(app, r);
    if (*result == SALE_CARD_REMOVED)
        return OK;
    app->sale.online_tried = true;
    r = complete(app, *result, &card_approved);
    if (r == OK && app->sale.intent)
        return offline_conclude(app, result);
    if (r == OK && *result == SALE_APPROVED && !kind_row(app->sale.kind)->inquiry)
        return settle(app, card_approved, result);
    return r ? r : note_advice(app);
}

/* What is left in the purse, for screen and slip: what the card had, less what it has just paid. */
static void note_balance(struct app *app)
{
    const uint8_t *value;
    size_t len;
    uint64_t cents;
    if (app->emv.ec && emv_get(&app->emv, 0x9F79, &value, &len) == OK && bcd_value(value, len, &cents) == OK &&
        cents >= app->sale.amount_cents)
        money_format(cents - app->sale.amount_cents, app->sale.balance);
}

int sale_chip_decided(struct app *app, enum sale_result *result)
{
    bool online = app->emv.decision == EMV_ONLINE;
    int r = online && app->sale.intent ? offline_withdraw(app) : OK;
    if (r)
        return r;
    note_balance(app);
    return online             ? go_online(app, result)
           : app->sale.intent ? offline_conclude(app, result)
                              : sale_decline_offline(app, result);
}
