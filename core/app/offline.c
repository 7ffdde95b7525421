/*
 * The order of calls is the durability order: intent, cryptogram, approval with its slip and its upload, upload,
 * booked. What cannot be recorded is not asked for: an intent that finds no room sends the sale to the host.
 */
#include "core/app/offline.h"

#include "core/app/chip_data.h"
#include "core/app/online.h"
#include "core/app/receipt.h"
#include "core/app/sale.h"
#include "core/app/ui.h"
#include "core/net/messages.h"

#include <openssl/crypto.h>
#include <stdio.h>

#define NO_ROOM 1 /* of emv_dialogue.intent */

/* ---- the intent ------------------------------------------------------------------------------------------------ */

static int in_limits(struct app *app, bool *fits)
{
    const struct offline_config *limits = &app->config.offline;
    uint32_t count = 0;
    uint64_t cents = 0;
    int r = upload_totals(app->store, &count, &cents);
    *fits = r == OK && count < limits->max_pending && cents + app->sale.amount_cents <= limits->max_total;
    return r;
}

/* The entry with all that is known before the card decides. */
static int prepare_entry(struct app *app)
{
    struct journal_entry *entry = &app->sale.entry;
    bool signature = entry->signature;
    memset(entry, 0, sizeof *entry);
    if (emv_pan(&app->emv, entry->pan, entry->psn, entry->expiry, app->sale.track2) != OK)
        entry->pan[0] = '\0'; /* a tapped card tells its number with its answer */
    sale_prepare_entry(app, true, false);
    entry->signature = signature;
    int r = sale_number_entry(app);
    if (r)
        return r;
    online_de60(app, entry->batch, "0", entry->de60);
    memcpy(entry->de60, app->emv.ec ? MESSAGE_TYPE_EC : MESSAGE_TYPE_OFFLINE, 2);
    return OK;
}

int offline_intent(void *ctx)
{
    struct app *app = ctx;
    bool fits = false;
    int r = in_limits(app, &fits);
    if (r == OK && !fits)
        return NO_ROOM;
    if (r == OK)
        r = prepare_entry(app);
    if (r == OK)
        r = intent_open(app->store, &app->sale.entry);
    app->sale.intent = r == OK;
    if (r && r != HAL_E_POWER)
        app_log(app, HAL_LOG_WARN, "offline", status_name(r));
    return r == OK || r == HAL_E_POWER ? r : NO_ROOM;
}

int offline_withdraw(struct app *app)
{
    app->sale.intent = false;
    return intent_withdraw(app->store, app->sale.entry.batch, app->sale.entry.trace);
}

/* ---- the card's word ------------------------------------------------------------------------------------------- */

static int seal_pan(struct app *app, struct journal_upload *u)
{
    char context[32];
    const char *pan = u->entry.pan;
    net_upload_context(&u->entry, context);
    u->sealed_len = strlen(pan) + HAL_SEAL_EXTRA;
    _Static_assert(sizeof u->entry.pan + HAL_SEAL_EXTRA <= sizeof u->sealed, "a PAN, sealed");
    return HAL_CALL(app->hal, se, seal, context, (const uint8_t *)pan, strlen(pan), u->sealed);
}

/* 8A is Y1 or Y3, as the kernel had set it before it asked; a tap has had no reason to. */
static int response_code(struct app *app)
{
    const uint8_t *value;
    size_t len;
    if (emv_get(&app->emv, 0x8A, &value, &len) != OK || len != 2) {
        value = (const uint8_t *)"Y1";
        int r = emv_set(&app->emv, 0x8A, "Y1", 2);
        if (r)
            return r;
    }
    memcpy(app->sale.entry.response, value, 2);
    return OK;
}

/* The number and the data that the host will want. Positive or negative: there is no making a message of them. */
static int collect(struct app *app, struct journal_upload *u)
{
    struct sale *s = &app->sale;
    int r = response_code(app);
    if (r == OK)
        r = chip_data_request(&app->emv, s);
    if (r == OK)
        r = emv_field55(&app->emv, net_upload_tags, u->field55, sizeof u->field55, &u->field55_len);
    s->entry.signature = app->emv.cvm & EMV_CVM_SIGNATURE;
    u->entry = s->entry;
    return r;
}

/* A TC that cannot be recorded has no second chance: the terminal stops, and the next boot discloses it. */
static int approve(struct app *app, enum sale_result *result)
{
    struct journal_upload u = {0};
    *result = SALE_DISCLOSED;
    if (collect(app, &u) != OK) {
        OPENSSL_cleanse(&u, sizeof u);
        return OK;
    }
    int r = seal_pan(app, &u);
    if (r == OK)
        r = intent_approve(app->store, &u);
    OPENSSL_cleanse(&u, sizeof u);
    if (r)
        return r == HAL_E_FULL ? HAL_E_IO : r;
    app->sale.intent = false;
    app_log(app, HAL_LOG_INFO, "offline", "approved by the card");
    *result = SALE_APPROVED;
    return OK;
}

static int refuse(struct app *app, const char *code)
{
    memcpy(app->sale.entry.response, code, 3);
    chip_data_advice(&app->emv, &app->sale.entry);
    app->sale.intent = false;
    return journal_refuse(app->store, &app->sale.entry);
}

int offline_conclude(struct app *app, enum sale_result *result)
{
    bool purse = app->emv.ec || app->sale.contactless, silent = app->emv.decision != EMV_DECLINED;
    bool tried = app->sale.online_tried;
    if (app->emv.decision == EMV_APPROVED)
        return approve(app, result);
    if (silent && purse) {
        *result = SALE_DISCLOSED;
        return OK;
    }
    /* Not from a purse: without its TC nobody is charged, so a card without an answer has declined. */
    if (!tried) {
        *result = silent ? SALE_CARD_ERROR : SALE_DECLINED_OFFLINE;
        app->sale.text = ui_text(app, "Declined offline", "脱机拒绝");
        if (app->emv.advice)
            app->sale.text = ui_text(app, "Card asks for advice", "卡片要求通知");
    }
    return refuse(app, tried ? "Z3" : "Z1");
}

int offline_disclose(struct app *app)
{
    struct journal_entry entry;
    char amount[MONEY_TEXT], trace[8];
    app->sale.intent = false;
    for (;;) {
        int r = intent_pending(app->store, &entry);
        if (r == E_NOTFOUND)
            return OK;
        if (r)
            return r;
        app_log(app, HAL_LOG_WARN, "offline", "nobody knows whether the card paid");
        money_format(entry.amount_cents, amount);
        snprintf(trace, sizeof trace, "%06u", entry.trace % 1000000u);
        r = ui_message(app, SCREEN_payment_unknown, amount, trace, 0);
        if (r == OK)
            r = intent_disclose(app->store, entry.batch, entry.trace);
        if (r)
            return r;
    }
}

/* ---- the upload -------------------------------------------------------------------------------------------------- */

int offline_upload_due(struct app *app, bool resting, bool *due)
{
    uint32_t count = 0;
    uint64_t cents = 0;
    int r = upload_totals(app->store, &count, &cents);
    *due = r == OK && count && (resting || count >= app->config.offline.upload_at);
    if (r == OK && count && !*due && app->retry_at_us == HAL_FOREVER)
        app->retry_at_us = hal_now(app->hal) + ONLINE_RETRY_US;
    return r;
}

/* A refusal for good: its slip is due, and names the code. */
static int tell_refused(struct app *app)
{
    struct journal_entry entry;
    char text[32];
    int r = slip_due(app->store, &entry);
    if (r == E_NOTFOUND || (r == OK && !entry.refused[0]))
        return OK;
    if (r)
        return r;
    bool sealed = strcmp(entry.refused, NET_UPLOAD_SEALED) == 0;
    snprintf(text, sizeof text, "%06u: %s", entry.trace % 1000000u, entry.refused);
    r = ui_message(app, sealed ? SCREEN_upload_sealed : SCREEN_upload_refused, text, NULL, 0);
    return r ? r : receipt_print_due(app, true);
}

int offline_upload(struct app *app)
{
    int r = ui_show(app, SCREEN_uploading, NULL, NULL);
    if (r == OK)
        r = net_upload(&app->net);
    if (r != HAL_E_POWER)
        app_log(app, HAL_LOG_INFO, "upload", r == OK ? "nothing left to send" : r > 0 ? "still due" : status_name(r));
    if (r == HAL_E_POWER || r == HAL_E_IO || r == E_NOMEM)
        return r;
    if (r) /* a full storage, too: the host will say 94 to the repeat */
        app->retry_at_us = hal_now(app->hal) + ONLINE_RETRY_US;
    return tell_refused(app);
}
