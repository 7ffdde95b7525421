/*
 * The chip path: the kernel's steps in their order up to the first cryptogram, and what a chip that fails leads to
 * (DOMAIN 1.3). From the cryptogram on: sale_chip_end.c. Caller: sale.c.
 */
#include "core/app/sale.h"

#include "core/app/chip_outcome.h"
#include "core/app/offline.h"
#include "core/app/transaction.h"
#include "core/app/ui.h"

#include <openssl/crypto.h>

/* ---- the steps --------------------------------------------------------------------------------------------------- */

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
    int r = transaction_for_sale(app);
    if (r == OK)
        r = ui_show(app, SCREEN_reading_card, NULL, NULL);
    if (r)
        return r;
    r = run_to_decision(app);
    r = chip_outcome_of(r, app->emv.selected, outcome);
    if (r == OK && *outcome == CHIP_DECIDED)
        r = sale_chip_decided(app, result);
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
        r = ui_message(app, chip_outcome_screen(outcome), NULL, NULL, HAL_SRC_READER);
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
