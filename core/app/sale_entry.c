/*
 * The journal entry of a sale: what all of its ways have in common before the host is asked, and the end of one that
 * is never asked (DOMAIN 4.5, 5.2). Callers: sale_*.c, online.c, offline.c.
 */
#include "core/app/sale.h"

#include "core/app/chip_data.h"
#include "core/app/ui.h"
#include "core/net/messages.h"

#include <stdio.h>

uint64_t sale_time(const struct hal_datetime *when)
{
    uint64_t date = when->year * 10000u + when->month * 100u + when->day;
    return date * 1000000u + when->hour * 10000u + when->minute * 100u + when->second;
}

void sale_prepare_entry(struct app *app, bool chip, bool pin)
{
    struct sale *s = &app->sale;
    struct journal_entry *entry = &s->entry;
    struct hal_datetime now = app->transaction.when;
    s->chip = chip;
    const struct kind_row *kind = kind_row(s->kind);
    entry->kind = kind->journal;
    entry->amount_cents = s->amount_cents;
    entry->pin = pin;
    snprintf(entry->processing, sizeof entry->processing, "%s", kind->processing);
    snprintf(entry->condition, sizeof entry->condition, "%s", kind->condition);
    message_entry_mode(chip, pin, entry->entry);
    if (s->contactless)
        entry->entry[1] = '7'; /* 07: contactless, with chip data (DOMAIN 4.5) */
    pan_mask(entry->pan, entry->masked_pan, sizeof entry->masked_pan);
    if (chip || HAL_CALL(app->hal, clock, get, &now) == OK) {
        entry->made = sale_time(&now);
        snprintf(entry->date, sizeof entry->date, "%02u%02u", now.month % 100u, now.day % 100u);
        snprintf(entry->time, sizeof entry->time, "%02u%02u%02u", now.hour % 100u, now.minute % 100u,
                 now.second % 100u);
    }
}

int sale_number_entry(struct app *app)
{
    struct journal_entry *entry = &app->sale.entry;
    int64_t batch;
    int r = setting_get(app->store, "batch", STORE_FIRST_BATCH, &batch);
    if (r == OK)
        r = trace_next(app->store, &entry->trace);
    if (r == OK)
        entry->batch = (uint32_t)batch;
    return r;
}

int sale_prepare_request(struct app *app)
{
    int r = chip_data_request(&app->emv, &app->sale);
    if (r)
        return r;
    sale_prepare_entry(app, true, app->emv.cvm & EMV_CVM_ONLINE_PIN);
    app->sale.entry.signature = app->emv.cvm & EMV_CVM_SIGNATURE;
    return OK;
}

/* Declined by card or terminal: into the journal without a reversal. Where "offline" is not configured, a TC without
 * the host ends here too, and the screen says so. Such configurations see to it that none is asked for: by an
 * online-only type in 9F35, a floor limit of nothing, or "ODA not performed" in TAC-online and TAC-default where ODA is
 * not claimed. */
int sale_decline_offline(struct app *app, enum sale_result *result)
{
    struct journal_entry *entry = &app->sale.entry;
    *result = SALE_CARD_ERROR;
    if (chip_data_request(&app->emv, &app->sale))
        return OK;
    *result = SALE_DECLINED_OFFLINE;
    sale_prepare_entry(app, true, false);
    memcpy(entry->response, "Z1", 3);
    app->sale.text = ui_text(app, "Declined offline", "脱机拒绝");
    if (app->emv.advice)
        app->sale.text = ui_text(app, "Card asks for advice", "卡片要求通知");
    if (app->emv.decision == EMV_APPROVED) {
        app->sale.text = ui_text(app, "No offline approval", "不支持脱机批准");
        app_log(app, HAL_LOG_WARN, "chip", "a TC without the host: this core takes no offline approval");
    }
    int r = sale_number_entry(app);
    if (r == OK)
        r = journal_refuse(app->store, entry);
    if (r != E_LIMIT && r != E_STATE) /* E_STATE: the trace numbers have come round again */
        return r;
    *result = SALE_JOURNAL_FULL; /* a wrong PIN before this round took the last place */
    return OK;
}
