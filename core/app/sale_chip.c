/*
 * The chip path: the kernel's steps in their order, online, second GENERATE AC, and what a failing chip leads to
 * (DOMAIN 1.3, 2.11, 5.2). Caller: sale.c.
 */
#include "core/app/sale.h"

#include "core/app/chip_data.h"
#include "core/app/offline.h"
#include "core/app/online.h"
#include "core/app/ui.h"
#include "core/codec/hex.h"

#include <openssl/crypto.h>

/* ---- what an outcome of the kernel means --------------------------------------------------------------------- */

/* Kernel's outcome to fallback's outcome. */
static const enum chip_outcome chip_outcomes[] = {
    [OK] = CHIP_DECIDED,
    [EMV_CHIP_ERROR] = CHIP_FAILED_EARLY,
    [EMV_CARD_BLOCKED] = CHIP_CARD_BLOCKED,
    [EMV_APP_BLOCKED] = CHIP_APP_BLOCKED,
    [EMV_NOT_ACCEPTED] = CHIP_EMPTY_LIST,
    [EMV_CARD_ERROR] = CHIP_FAILED_LATE,
    [EMV_REMOVED] = CHIP_REMOVED,
    [EMV_CANCELLED] = CHIP_CANCELLED,
    [EMV_RESELECT] = CHIP_FAILED_LATE,
};

/* The same for what the devices under the kernel answer; anything else negative ends the core. */
static const struct device_row {
    int status;
    enum chip_outcome outcome;
} device_rows[] = {
    {HAL_E_REMOVED, CHIP_REMOVED},   {HAL_E_ABSENT, CHIP_REMOVED},        {HAL_E_CANCELLED, CHIP_CANCELLED},
    {HAL_E_TIMEOUT, CHIP_CANCELLED}, {HAL_E_IO, CHIP_READER_BROKEN},      {HAL_E_UNSUPPORTED, CHIP_READER_BROKEN},
    {HAL_E_MUTE, CHIP_FAILED_EARLY}, {HAL_E_PROTOCOL, CHIP_FAILED_EARLY},
};

static const enum screen outcome_screens[] = {
    [CHIP_NOT_TRIED] = SCREEN_chip_error,      [CHIP_FAILED_EARLY] = SCREEN_chip_error,
    [CHIP_READER_BROKEN] = SCREEN_chip_error,  [CHIP_EMPTY_LIST] = SCREEN_not_accepted,
    [CHIP_CARD_BLOCKED] = SCREEN_card_blocked, [CHIP_APP_BLOCKED] = SCREEN_app_blocked,
    [CHIP_CANCELLED] = SCREEN_cancelled,       [CHIP_REMOVED] = SCREEN_card_removed,
    [CHIP_FAILED_LATE] = SCREEN_card_error,
};

/* OK with *outcome, or the negative status that no card can cause. Once an application is `selected` nothing that fails
 * opens the stripe any more (DOMAIN 1.3). */
static int outcome_of(int kernel, bool selected, enum chip_outcome *outcome)
{
    if (kernel >= 0) {
        bool known = (size_t)kernel < sizeof chip_outcomes / sizeof *chip_outcomes;
        *outcome = known ? chip_outcomes[kernel] : CHIP_FAILED_LATE;
        return OK;
    }
    for (size_t i = 0; i < sizeof device_rows / sizeof *device_rows; i++) {
        if (device_rows[i].status == kernel) {
            *outcome = device_rows[i].outcome;
            if (selected && (*outcome == CHIP_READER_BROKEN || *outcome == CHIP_FAILED_EARLY))
                *outcome = CHIP_FAILED_LATE;
            return OK;
        }
    }
    if (kernel != HAL_E_POWER && kernel != E_NOMEM) {
        *outcome = CHIP_FAILED_LATE;
        return OK;
    }
    return kernel;
}

/* ---- the kernel's questions ------------------------------------------------------------------------------------ */

static int ask_pin(void *ctx)
{
    struct app *app = ctx;
    int r = ui_pin(app, app->sale.pin_round ? SCREEN_pin_again : SCREEN_enter_pin, app->sale.amount, true);
    if (r < 0)
        return r;
    int shown = ui_show(app, SCREEN_reading_card, NULL, NULL);
    return shown ? shown : r;
}

/* After each question the card is at work again, and must stay where it is. */
static int ask_card_pin(void *ctx, int tries, bool again)
{
    struct app *app = ctx;
    int r = ui_card_pin(app, app->sale.amount, tries, again);
    if (r < 0)
        return r;
    int shown = ui_show(app, SCREEN_reading_card, NULL, NULL);
    return shown ? shown : r;
}

static int show_pin_news(void *ctx, enum emv_pin_news news)
{
    if (news == EMV_PIN_RIGHT)
        return ui_show(ctx, SCREEN_pin_right, NULL, NULL); /* it stands while the card goes on working */
    return ui_message(ctx, SCREEN_pin_blocked, NULL, NULL, HAL_SRC_READER);
}

static int ask_identity(void *ctx, const char *kind, const char *number)
{
    int r = ui_identity(ctx, kind, number);
    if (r < 0 && r != HAL_E_CANCELLED)
        return r;
    int shown = ui_show(ctx, SCREEN_reading_card, NULL, NULL);
    return shown ? shown : r == OK ? OK : EMV_CANCELLED;
}

static int choose(void *ctx, const char *const *names, size_t count, size_t *index)
{
    return ui_choose(ctx, names, count, index);
}

static int confirm(void *ctx, const char *name)
{
    return ui_confirm(ctx, name);
}

/* ---- the steps --------------------------------------------------------------------------------------------------- */

/* 9F41 counts chip transactions, not messages: it is in the cryptogram before a trace number is drawn. */
int sale_begin_transaction(struct app *app)
{
    const struct kind_row *kind = kind_row(app->sale.kind);
    int64_t counter = 0;
    int r = setting_get(app->store, "chip_counter", 0, &counter);
    if (r)
        return r;
    counter = counter % 99999999 + 1;
    memset(&app->transaction, 0, sizeof app->transaction);
    app->transaction.amount_cents = app->sale.amount_cents;
    app->transaction.type = kind->chip_only ? kind->emv_type : app->config.sale_type;
    app->transaction.no_ec = kind->chip_only;
    app->transaction.counter = (uint32_t)counter;
    app->transaction.force_online = app->config.force_online;
    app->dialogue = (struct emv_dialogue){
        .ctx = app,
        .online_pin = ask_pin,
        .offline_pin = ask_card_pin,
        .pin_news = show_pin_news,
        .identity = ask_identity,
        .choose = choose,
        .confirm = confirm,
        .intent = app->config.offline.max_pending ? offline_intent : NULL,
    };
    r = HAL_CALL(app->hal, clock, get, &app->transaction.when);
    return r ? r : setting_set(app->store, "chip_counter", counter);
}

static int select_application(struct emv *e)
{
    int r;
    unsigned tries = 0;
    do {
        r = emv_select(e);
        if (r == OK)
            r = emv_initiate(e);
    } while (r == EMV_RESELECT && ++tries < EMV_CANDIDATES);
    return r;
}

/* Floor limit splits count the last sale to the same card, which is known once its records are read. */
static int note_previous_amount(struct app *app)
{
    char pan[20], psn[4], expiry[5], track2[40];
    int r = emv_pan(&app->emv, pan, psn, expiry, track2);
    if (r == OK)
        r = journal_previous_amount(app->store, pan, &app->transaction.previous_cents);
    OPENSSL_cleanse(pan, sizeof pan);
    OPENSSL_cleanse(track2, sizeof track2);
    return r;
}

/* Up to the first GENERATE AC (EMV Book 3 section 9 and 10). */
static int run_to_decision(struct app *app)
{
    static int (*const after_reading[])(struct emv *) = {emv_open_purse,        emv_authenticate, emv_restrict,
                                                         emv_verify_cardholder, emv_manage_risk,  emv_analyse};
    struct emv *e = &app->emv;
    int r = emv_begin(e, app->hal, &app->config.emv, &app->transaction, &app->dialogue);
    if (r == OK)
        r = select_application(e);
    if (r == OK)
        r = emv_read_data(e);
    if (r == OK)
        r = note_previous_amount(app);
    for (size_t i = 0; r == OK && i < sizeof after_reading / sizeof *after_reading; i++)
        r = after_reading[i](e);
    return r;
}

/* ---- online and completion --------------------------------------------------------------------------------------- */

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

static int go_online(struct app *app, enum sale_result *result)
{
    bool card_approved = false;
    if (chip_data_request(&app->emv, &app->sale)) {
        *result = SALE_CARD_ERROR;
        return OK;
    }
    sale_prepare_entry(app, true, app->emv.cvm & EMV_CVM_ONLINE_PIN);
    app->sale.entry.signature = app->emv.cvm & EMV_CVM_SIGNATURE;
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
        r = settle(app, card_approved, result);
    return r;
}

/* Declined by card or terminal: into the journal without a reversal. Where "offline" is not configured, a TC without
 * the host ends here too, and the screen says so. Such configurations see to it that none is asked for: by an online-only
 * type in 9F35, a floor limit of nothing, or "ODA not performed" in TAC-online and TAC-default where ODA is not
 * claimed. */
int sale_decline_offline(struct app *app, enum sale_result *result)
{
    struct journal_entry *entry = &app->sale.entry;
    int64_t batch = STORE_FIRST_BATCH;
    *result = SALE_CARD_ERROR;
    if (chip_data_request(&app->emv, &app->sale))
        return OK;
    *result = SALE_DECLINED_OFFLINE;
    sale_prepare_entry(app, true, false);
    memcpy(entry->response, "Z1", 3);
    app->sale.text = app->config.language == LANGUAGE_ZH ? "脱机拒绝" : "Declined offline";
    if (app->emv.decision == EMV_APPROVED) {
        app->sale.text = app->config.language == LANGUAGE_ZH ? "不支持脱机批准" : "No offline approval";
        app_log(app, HAL_LOG_WARN, "chip", "a TC without the host: this core takes no offline approval");
    }
    int r = setting_get(app->store, "batch", STORE_FIRST_BATCH, &batch);
    if (r == OK)
        r = trace_next(app->store, &entry->trace);
    entry->batch = (uint32_t)batch;
    if (r == OK)
        r = journal_refuse(app->store, entry);
    if (r != E_LIMIT && r != E_STATE) /* E_STATE: the trace numbers have come round again */
        return r;
    *result = SALE_JOURNAL_FULL; /* a wrong PIN before this round took the last place */
    return OK;
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

/* The first cryptogram is there: on to the host, or to the end. */
static int decided(struct app *app, enum sale_result *result)
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

/* An intent, and then no cryptogram: an end of its own only when the card may have paid. */
static int broken_off(struct app *app, enum chip_outcome *outcome, enum sale_result *result)
{
    int r = offline_conclude(app, result);
    if (*result == SALE_DISCLOSED)
        *outcome = CHIP_DECIDED;
    return r;
}

/* One run of the card. OK: *outcome, and *result when it is CHIP_DECIDED. */
static int run_once(struct app *app, enum chip_outcome *outcome, enum sale_result *result)
{
    memset(&app->sale.entry, 0, sizeof app->sale.entry);
    app->sale.intent = app->sale.online_tried = false;
    int r = sale_begin_transaction(app);
    if (r == OK)
        r = ui_show(app, SCREEN_reading_card, NULL, NULL);
    if (r)
        return r;
    r = run_to_decision(app);
    r = outcome_of(r, app->emv.selected, outcome);
    if (r == OK && *outcome == CHIP_DECIDED)
        r = decided(app, result);
    else if (r == OK && app->sale.intent)
        r = broken_off(app, outcome, result);
    emv_end(&app->emv);
    if (r != HAL_E_POWER) /* entered, and not used after all */
        (void)HAL_CALL0(app->hal, se, pin_wipe);
    return r;
}

/* ---- the path ---------------------------------------------------------------------------------------------------- */

/* The chip did not get to a decision: what is shown, and whether chip or stripe may be tried again. */
static int failed(struct app *app, enum chip_outcome outcome, enum sale_step *next)
{
    static const enum sale_step steps[] = {
        [FALLBACK_RETRY_CHIP] = SALE_STEP_CHIP_AGAIN,
        [FALLBACK_OPEN_STRIPE] = SALE_STEP_STRIPE,
        [FALLBACK_USE_CHIP] = SALE_STEP_END,
        [FALLBACK_END] = SALE_STEP_END,
    };
    struct sale *s = &app->sale;
    enum fallback_next after =
        fallback_after_chip(&app->config.fallback, &s->fallback, outcome, s->amount_cents, hal_now(app->hal));
    if (after == FALLBACK_OPEN_STRIPE && kind_row(s->kind)->chip_only)
        after = FALLBACK_END;
    *next = steps[after];
    if (after == FALLBACK_OPEN_STRIPE)
        s->stripe_closed = false;
    int r = after == FALLBACK_END ? OK : setting_set(app->store, "last_chip_failed", 1);
    if (r == OK)
        r = ui_message(app, outcome_screens[outcome], NULL, NULL, HAL_SRC_READER);
    if (r == OK)
        r = ui_wait_removed(app);
    if (r == HAL_E_TIMEOUT) { /* the card is left where it is: the sale is over */
        *next = SALE_STEP_END;
        r = OK;
    }
    if (r == OK && after == FALLBACK_USE_CHIP)
        r = ui_message(app, SCREEN_use_chip, s->amount, NULL, 0);
    return r;
}

int sale_chip(struct app *app, enum sale_step *next)
{
    struct sale *s = &app->sale;
    enum chip_outcome outcome = CHIP_NOT_TRIED;
    enum sale_result result = SALE_CANCELLED;
    int r;
    *next = SALE_STEP_END;
    s->pin_round = 0;
    for (;;) { /* after a wrong PIN: new GPO, ATC, cryptogram and trace number (DOMAIN 4.7, code 55) */
        r = run_once(app, &outcome, &result);
        if (r || outcome != CHIP_DECIDED || result != SALE_WRONG_PIN || s->pin_round + 1 >= app->config.pin_tries)
            break;
        s->pin_round++;
    }
    if (r)
        return r;
    bool opens_stripe = outcome == CHIP_FAILED_EARLY || outcome == CHIP_READER_BROKEN || outcome == CHIP_EMPTY_LIST;
    if (opens_stripe && s->pin_round)
        outcome = CHIP_FAILED_LATE; /* the chip had worked: no reason to swipe */
    if (outcome != CHIP_DECIDED)
        return failed(app, outcome, next);
    r = setting_set(app->store, "last_chip_failed", 0);
    return r ? r : sale_conclude(app, result);
}
