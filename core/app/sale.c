/*
 * The frame of a sale: amount, then the card by chip or stripe until one of them ends it, then the screen and the slip.
 * Each step says what is needed next (enum sale_step), so that fallback reads as a walk through a table (DOMAIN 1.2).
 */
#include "core/app/sale.h"

#include "core/app/offline.h"
#include "core/app/online.h"
#include "core/app/receipt.h"
#include "core/app/ui.h"

#include <openssl/crypto.h>

#define ROUNDS_MAX 20 /* card attempts of one sale: a card that never works must not hold the terminal */

static int card_phase(struct app *app)
{
    enum sale_step step = SALE_STEP_CARD;
    for (unsigned round = 0; round < ROUNDS_MAX && step != SALE_STEP_END; round++) {
        enum sale_event event = CARD_CANCELLED;
        int r = sale_wait(app, step, &event);
        if (r == OK && event == CARD_CANCELLED)
            return sale_conclude(app, SALE_CANCELLED);
        if (r == OK)
            r = event == CARD_INSERTED ? sale_chip(app, &step)
                : event == CARD_TAPPED ? sale_tap(app, &step)
                                       : sale_stripe(app, &step);
        if (r)
            return r;
    }
    return step == SALE_STEP_END ? OK : sale_conclude(app, SALE_CANCELLED);
}

/* ---- begin and end ---------------------------------------------------------------------------------------- */

/* Reasons not to begin: a full journal, or a clock by which no chip can be judged (DOMAIN 5.2, 5.4, 5.6). */
static int may_begin(struct app *app, bool *go_on)
{
    bool wrong;
    enum sale_result why = SALE_NOT_SIGNED_IN;
    uint32_t count = 0;
    *go_on = true;
    int r = journal_count(app->store, &count);
    if (r)
        return r;
    if (count >= STORE_JOURNAL_MAX) {
        *go_on = false;
        return sale_conclude(app, SALE_JOURNAL_FULL);
    }
    r = online_clock_wrong(app, &wrong);
    if (r || !wrong)
        return r;
    r = online_prepare(app, go_on, &why);
    if (r != HAL_E_POWER)
        net_disconnect(&app->net);
    return r || *go_on ? r : sale_conclude(app, why);
}

static int ask_amount(struct app *app, int digit, bool *go_on)
{
    struct sale *s = &app->sale;
    int r = ui_amount(app, digit, &s->amount_cents);
    *go_on = r == OK;
    if (r == HAL_E_CANCELLED || r == HAL_E_TIMEOUT)
        return sale_conclude(app, SALE_CANCELLED);
    money_format(s->amount_cents, s->amount);
    return r;
}

/* A swipe at idle waits for its amount; no other one may take its place. */
static int take_early_swipe(struct app *app)
{
    int r = HAL_CALL(app->hal, magstripe, read, &app->sale.swipe);
    app->sale.swiped = r == OK;
    r = r == HAL_E_POWER ? r : HAL_CALL(app->hal, magstripe, enable, false);
    return r == HAL_E_POWER ? r : OK;
}

int sale_run(struct app *app, enum kind kind, enum sale_start start, int digit)
{
    bool go_on = false;
    memset(&app->sale, 0, sizeof app->sale);
    app->sale.kind = kind;
    app->sale.stripe_closed = app->sale.tap_closed = kind_row(kind)->chip_only;
    int r = take_early_swipe(app);
    if (r == OK)
        r = may_begin(app, &go_on);
    if (r == OK && go_on && !kind_row(kind)->inquiry)
        r = ask_amount(app, start == SALE_FROM_DIGIT ? digit : 0, &go_on);
    if (r == OK && go_on)
        r = card_phase(app);
    if (r == HAL_E_FULL) /* of the settings: nothing was sent without its journal entry */
        r = sale_conclude(app, SALE_JOURNAL_FULL);
    if (r != HAL_E_POWER)
        (void)HAL_CALL0(app->hal, se, pin_wipe);
    OPENSSL_cleanse(&app->sale, sizeof app->sale);
    OPENSSL_cleanse(&app->answer, sizeof app->answer);
    return r;
}

/* ---- ends --------------------------------------------------------------------------------------------------- */

static const enum screen end_screens[] = {
    [SALE_APPROVED] = SCREEN_approved,
    [SALE_DECLINED] = SCREEN_declined,
    [SALE_WRONG_PIN] = SCREEN_declined,
    [SALE_USE_CHIP] = SCREEN_use_chip,
    [SALE_DECLINED_OFFLINE] = SCREEN_declined,
    [SALE_NO_LINE] = SCREEN_no_line,
    [SALE_REVERSAL_BLOCKED] = SCREEN_reversal_blocked,
    [SALE_NOT_SIGNED_IN] = SCREEN_sign_in_failed,
    [SALE_NO_ANSWER] = SCREEN_no_answer,
    [SALE_BAD_ANSWER] = SCREEN_bad_answer,
    [SALE_CONTACT_ISSUER] = SCREEN_contact_issuer,
    [SALE_JOURNAL_FULL] = SCREEN_journal_full,
    [SALE_CARD_REMOVED] = SCREEN_card_removed,
    [SALE_CARD_ERROR] = SCREEN_card_error,
    [SALE_CANCELLED] = SCREEN_cancelled,
    [SALE_DISCLOSED] = SCREEN_payment_unknown,
};

static int show_end(struct app *app, enum sale_result result)
{
    const struct sale *s = &app->sale;
    const char *text = s->text ? s->text : "";
    if (result == SALE_APPROVED && s->balance[0])
        return ui_message(app, SCREEN_approved_balance, s->amount, s->balance, 0);
    bool inquiry = kind_row(s->kind)->inquiry;
    if (result == SALE_APPROVED && inquiry)
        return ui_message(app, SCREEN_account_balance, text, NULL, 0);
    if (result == SALE_NO_ANSWER && inquiry) /* nothing is to be reversed */
        return ui_message(app, SCREEN_declined, s->amount, text, 0);
    bool text_first = result == SALE_NOT_SIGNED_IN || result == SALE_REVERSAL_BLOCKED; /* screens without an amount */
    return ui_message(app, end_screens[result], text_first ? text : s->amount, text, 0);
}

static int card_out(struct app *app)
{
    bool present;
    int r = ui_card_present(app, &present);
    if (r || !present)
        return r;
    ui_beep(app);
    r = ui_show(app, SCREEN_remove_card, app->sale.amount, NULL);
    if (r == OK)
        r = ui_wait_removed(app);
    return r == HAL_E_TIMEOUT ? OK : r;
}

int sale_conclude(struct app *app, enum sale_result result)
{
    bool signature = app->sale.entry.signature;
    int r = result == SALE_DISCLOSED ? offline_disclose(app) : show_end(app, result);
    if (r == OK)
        r = card_out(app);
    if (r || (result != SALE_APPROVED && result != SALE_DISCLOSED))
        return r;
    r = receipt_print_due(app, false);
    if (r == OK && signature && result == SALE_APPROVED)
        r = ui_message(app, SCREEN_approved_signature, app->sale.amount, NULL, 0);
    return r;
}
