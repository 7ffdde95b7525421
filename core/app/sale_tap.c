/*
 * The contactless path (DOMAIN 3.9): one short session with the card in the field, then the host without it, or nobody
 * at all where the card pays offline. What a tap cannot do is asked for by another interface, which is no fallback
 * (DOMAIN 1.3): the chip is tried next, with all of its own rules. There is no second cryptogram, so an approval of the
 * host is final once the journal has it. Caller: sale.c.
 *
 * A card that may pay offline is asked with an intent in the journal (offline.h). Torn before its last record it has
 * not paid: the intent is withdrawn and the card presented again. Torn at the last record nobody knows, and the
 * customer is told so on screen and slip; nobody asks for another try, since a second tap would pay a second time.
 */
#include "core/app/sale.h"

#include "core/app/offline.h"
#include "core/app/online.h"
#include "core/app/transaction.h"
#include "core/app/ui.h"
#include "core/codec/hex.h"

#define TAPS_MAX 3 /* torn ones of a sale; after them the card is inserted */

bool sale_tap_open(const struct app *app)
{
    return !app->sale.tap_closed &&
           contactless_offered(&app->config.emv, &app->config.contactless, app->sale.amount_cents);
}

/* Outcomes that leave the sale open: what is said, and whether the card may be tapped again. */
static const struct outcome_row {
    int outcome;
    enum screen screen; /* SCREEN_NONE: the next question says it */
    bool again;
} outcome_rows[] = {
    {EMV_REMOVED, SCREEN_NONE, true},
    {EMV_NOT_ACCEPTED, SCREEN_not_accepted, false},
    {0, SCREEN_use_contact, false}, /* all else: 9F66 or the cryptogram missing, a malformed answer, a broken field */
};

static int not_read(struct app *app, int outcome, enum sale_step *next)
{
    struct sale *s = &app->sale;
    const struct outcome_row *row = outcome_rows;
    while (row->outcome && row->outcome != outcome)
        row++;
    s->tap_again = row->again && ++s->taps < TAPS_MAX;
    s->tap_closed = !s->tap_again;
    *next = SALE_STEP_CARD;
    enum screen screen = row->again && s->tap_closed ? SCREEN_use_contact : row->screen;
    return screen == SCREEN_NONE ? OK : ui_message(app, screen, s->amount, NULL, HAL_SRC_READER);
}

/* The PIN that 9F6C or the amount asks for. OK with *go_on, or with *result when there is none. */
static int ask_pin(struct app *app, bool *go_on, enum sale_result *result)
{
    *go_on = !(app->emv.cvm & EMV_CVM_ONLINE_PIN);
    if (*go_on)
        return OK;
    int pin = ui_pin(app, SCREEN_enter_pin, app->sale.amount, false);
    if (pin < 0)
        return pin;
    *go_on = pin == EMV_PIN_ENTERED;
    *result = SALE_CANCELLED; /* a required PIN cannot be left out */
    return OK;
}

/* The host approved: journalled, or undone by the reversal that is there (DOMAIN 5.2 step 7). */
static int settle(struct app *app, enum sale_result *result)
{
    int r = journal_approve(app->store, &app->sale.entry);
    if (r != HAL_E_FULL)
        return r;
    *result = SALE_CONTACT_ISSUER;
    return OK;
}

/* The card asked for the host, or another try will follow: what the journal said about this one is taken back. */
static int withdraw(struct app *app)
{
    int r = app->sale.intent ? offline_withdraw(app) : OK;
    memset(&app->sale.entry, 0, sizeof app->sale.entry);
    return r;
}

static int go_online(struct app *app, enum sale_result *result)
{
    bool go_on = false;
    int r = withdraw(app);
    if (r == OK)
        r = ask_pin(app, &go_on, result);
    if (r || !go_on)
        return r;
    if (sale_prepare_request(app)) {
        *result = SALE_CARD_ERROR;
        return OK;
    }
    r = online_sale(app, "0", result);
    return r == OK && *result == SALE_APPROVED ? settle(app, result) : r;
}

/* 9F5D, for screen and slip. */
static void note_balance(struct app *app)
{
    const uint8_t *value;
    uint64_t cents;
    size_t len;
    if (app->emv.decision == EMV_APPROVED && emv_get(&app->emv, 0x9F5D, &value, &len) == OK && len == 6 &&
        bcd_value(value, len, &cents) == OK)
        money_format(cents, app->sale.balance);
}

/* A TC says that the card has paid offline. Where "offline" is not configured nobody would ever get that money: it is
 * declined by name, as an AAC is. Such a terminal always asks for an online cryptogram (9F66), so no honest card comes
 * here. */
static int conclude_offline(struct app *app, enum sale_result *result)
{
    note_balance(app);
    if (app->sale.intent)
        return offline_conclude(app, result);
    if (app->emv.decision == EMV_APPROVED)
        app_log(app, HAL_LOG_WARN, "tap", "the card approved offline, which this terminal cannot collect");
    return sale_decline_offline(app, result);
}

static int begin(struct app *app)
{
    int r = transaction_for_sale(app);
    if (r == OK)
        r = ui_show(app, SCREEN_hold_card, NULL, NULL);
    return r ? r
             : contactless_begin(&app->contactless, &app->emv, app->hal, &app->config.emv, &app->config.contactless,
                                 &app->transaction, &app->dialogue);
}

/* The card has left without its word. */
static int end_without_word(struct app *app, int outcome, enum sale_step *next)
{
    enum sale_result result = SALE_DISCLOSED;
    bool unknown = outcome == (int)CONTACTLESS_MAY_HAVE_PAID;
    app->emv.decision = EMV_NONE;
    int r = unknown ? conclude_offline(app, &result) : withdraw(app);
    if (r)
        return r;
    return unknown ? sale_conclude(app, result) : not_read(app, outcome, next);
}

/* It approved offline, but not so that it could be taken, and wants its chip to be used: refused as far as the tap
 * goes, and then the chip. */
static int end_with_chip(struct app *app, int outcome, enum sale_step *next)
{
    enum sale_result declined = SALE_DECLINED_OFFLINE;
    app->emv.decision = EMV_DECLINED;
    int r = app->sale.intent ? offline_conclude(app, &declined) : OK;
    return r ? r : not_read(app, outcome, next);
}

/* With what the kernel made of the card. Negative: power or storage. */
static int conclude(struct app *app, int outcome, enum sale_step *next)
{
    enum sale_result result = SALE_CARD_ERROR;
    if (outcome == HAL_E_POWER || outcome == E_NOMEM)
        return outcome;
    if (outcome != OK)
        return end_without_word(app, outcome, next);
    ui_beep(app);
    outcome = contactless_conclude(&app->contactless);
    if (outcome)
        return outcome < 0 ? outcome : end_with_chip(app, outcome, next);
    int r = app->emv.decision == EMV_ONLINE ? go_online(app, &result) : conclude_offline(app, &result);
    if (r != HAL_E_POWER) /* entered, and not used after all */
        (void)HAL_CALL0(app->hal, se, pin_wipe);
    return r ? r : sale_conclude(app, result);
}

int sale_tap(struct app *app, enum sale_step *next)
{
    *next = SALE_STEP_END;
    app->sale.contactless = true;
    int outcome = OK, r = begin(app);
    if (r == OK)
        outcome = contactless_read(&app->contactless);
    if (r != HAL_E_POWER && outcome != HAL_E_POWER)
        (void)HAL_CALL(app->hal, contactless, field, false); /* the card can be taken away */
    if (r == OK)
        r = conclude(app, outcome, next);
    if (app->contactless.e)
        contactless_end(&app->contactless);
    app->sale.contactless = false; /* what comes next may be another interface */
    return r;
}
