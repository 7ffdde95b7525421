/* Waiting for a card by any of the interfaces that are open: chip, stripe, field. Caller: sale.c. */
#include "core/app/sale.h"

#include "core/app/ui.h"

static const struct step_row {
    enum screen screen;
    bool stripe_open;
} step_rows[] = {
    [SALE_STEP_CARD] = {SCREEN_insert_card, true},
    [SALE_STEP_CHIP_AGAIN] = {SCREEN_insert_again, false},
    [SALE_STEP_STRIPE] = {SCREEN_please_swipe, true},
};

/* The screen of a step; with the field on it says so. */
static enum screen step_screen(const struct app *app, enum sale_step step, bool tap)
{
    if (!tap)
        return step_rows[step].screen;
    return app->sale.tap_again ? SCREEN_tap_again : SCREEN_present_card;
}

/* One card in the field: CARD_TAPPED. Several are told to the customer, who takes one away. */
static int poll_field(struct app *app, enum sale_event *event)
{
    struct hal_contactless_status field = {false, false};
    int r = HAL_CALL(app->hal, contactless, status, &field);
    *event = CARD_TAPPED; /* a field that does not answer is found broken by the tap itself */
    if (r == HAL_E_POWER || (r == OK && !field.card))
        return r ? r : HAL_E_EMPTY;
    if (r || !field.collision)
        return OK;
    r = ui_show(app, SCREEN_one_card, app->sale.amount, NULL);
    return r ? r : HAL_E_EMPTY;
}

/* Switches the field on; false in *open when there is none after all. */
static int open_field(struct app *app, bool *open)
{
    int r = *open ? HAL_CALL(app->hal, contactless, field, true) : OK;
    *open = *open && r == OK;
    return r == HAL_E_POWER ? r : OK;
}

/* What has happened, if anything: HAL_E_EMPTY. */
static int poll_card(struct app *app, uint32_t ready, enum sale_event *event)
{
    bool present;
    int r = ui_card_present(app, &present);
    if (r)
        return r;
    *event = CARD_INSERTED;
    if (present)
        return OK;
    if (ready & HAL_SRC_MAGSTRIPE) {
        r = HAL_CALL(app->hal, magstripe, read, &app->sale.swipe);
        *event = CARD_SWIPED;
        if (r != HAL_E_EMPTY)
            return r;
    }
    if (ready & HAL_SRC_CONTACTLESS) {
        r = poll_field(app, event);
        if (r != HAL_E_EMPTY)
            return r;
    }
    if (ready & HAL_SRC_KEYPAD) {
        enum hal_key key;
        r = HAL_CALL(app->hal, keypad, read, &key);
        *event = CARD_CANCELLED;
        if (r && r != HAL_E_EMPTY)
            return r;
        if (r == OK && key == HAL_KEY_CANCEL)
            return OK;
    }
    return HAL_E_EMPTY;
}

int sale_wait(struct app *app, enum sale_step step, enum sale_event *event)
{
    struct sale *s = &app->sale;
    uint64_t deadline_us = hal_now(app->hal) + app->config.card_timeout_us;
    bool stripe = step_rows[step].stripe_open && !s->stripe_closed;
    if (s->swiped && stripe) { /* the swipe that began the sale */
        s->swiped = false;
        *event = CARD_SWIPED;
        return OK;
    }
    bool tap = step == SALE_STEP_CARD && sale_tap_open(app);
    int r = HAL_CALL(app->hal, magstripe, enable, stripe);
    if (r != HAL_E_POWER)
        r = open_field(app, &tap);
    if (r == HAL_E_POWER)
        return r;
    r = ui_show(app, step_screen(app, step, tap), s->amount, NULL);
    uint32_t ready = 0;
    while (r == OK) {
        r = poll_card(app, ready, event);
        if (r != HAL_E_EMPTY)
            break;
        r = hal_wait(app->hal,
                     HAL_SRC_READER | HAL_SRC_KEYPAD | (stripe ? HAL_SRC_MAGSTRIPE : 0) |
                         (tap ? HAL_SRC_CONTACTLESS : 0),
                     deadline_us, 0, &ready);
    }
    if (r == HAL_E_TIMEOUT) {
        *event = CARD_CANCELLED;
        r = OK;
    }
    if (tap && r != HAL_E_POWER && !(r == OK && *event == CARD_TAPPED))
        (void)HAL_CALL(app->hal, contactless, field, false);
    int off = r == HAL_E_POWER ? r : HAL_CALL(app->hal, magstripe, enable, false);
    return off == HAL_E_POWER ? off : r;
}
