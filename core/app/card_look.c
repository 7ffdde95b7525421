/*
 * The operator's look into a card: it is asked for, its application is selected, something is read and shown, and it
 * goes out again. Nothing is sent, printed or kept. Called by card_log.c and purse.c.
 */
#include "core/app/card_look.h"

#include "core/app/transaction.h"
#include "core/app/ui.h"

static int wait_for_card(const struct app *app, enum screen screen)
{
    uint64_t deadline_us = hal_now(app->hal) + app->config.card_timeout_us;
    int r = ui_show(app, screen, NULL, NULL);
    for (;;) {
        bool present = false;
        uint32_t ready = 0;
        enum hal_key key;
        if (r == OK)
            r = ui_card_present(app, &present);
        if (r || present)
            return r;
        r = hal_wait(app->hal, HAL_SRC_READER | HAL_SRC_KEYPAD, deadline_us, 0, &ready);
        if (r == OK && ready & HAL_SRC_KEYPAD) {
            r = HAL_CALL(app->hal, keypad, read, &key);
            if (r == OK && key == HAL_KEY_CANCEL)
                return HAL_E_CANCELLED;
            r = r == HAL_E_EMPTY ? OK : r;
        }
    }
}

static int read_card(struct app *app, int (*read)(struct emv *e, void *out), void *out)
{
    int r = ui_show(app, SCREEN_reading_card, NULL, NULL);
    if (r == OK)
        r = transaction_for_look(app);
    if (r)
        return r;
    r = emv_begin(&app->emv, app->hal, &app->config.emv, &app->transaction, &app->dialogue);
    if (r == OK)
        r = emv_select(&app->emv);
    if (r == OK)
        r = read(&app->emv, out);
    emv_end(&app->emv);
    return r;
}

/* What else a card can lead to; anything that is not here is a card that cannot be read. */
static const struct {
    int outcome;
    enum screen screen;
} outcome_screens[] = {
    {EMV_CARD_BLOCKED, SCREEN_card_blocked}, {EMV_APP_BLOCKED, SCREEN_app_blocked},
    {EMV_NOT_ACCEPTED, SCREEN_not_accepted}, {EMV_CARD_ERROR, SCREEN_card_error},
    {EMV_REMOVED, SCREEN_log_removed},       {HAL_E_REMOVED, SCREEN_log_removed},
    {EMV_CANCELLED, SCREEN_log_cancelled},
};

static int show_outcome(const struct app *app, enum screen none, int outcome)
{
    enum screen screen = outcome == E_NOTFOUND ? none : SCREEN_chip_error;
    for (size_t i = 0; i < sizeof outcome_screens / sizeof *outcome_screens; i++)
        if (outcome_screens[i].outcome == outcome)
            screen = outcome_screens[i].screen;
    return ui_message(app, screen, NULL, NULL, HAL_SRC_READER);
}

static int take_card_out(const struct app *app)
{
    bool present;
    int r = ui_card_present(app, &present);
    if (r || !present)
        return r;
    r = ui_show(app, SCREEN_remove_card, NULL, NULL);
    if (r == OK)
        r = ui_wait_removed(app);
    return r == HAL_E_TIMEOUT ? OK : r;
}

int card_look(struct app *app, const struct card_look *look, void *found)
{
    int r = wait_for_card(app, look->ask);
    if (r == HAL_E_CANCELLED || r == HAL_E_TIMEOUT)
        return OK;
    if (r == OK)
        r = read_card(app, look->read, found);
    if (r == HAL_E_POWER || r == E_NOMEM)
        return r;
    r = r == OK ? look->show(app, found) : show_outcome(app, look->none, r);
    return r == OK ? take_card_out(app) : r;
}
