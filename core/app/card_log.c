/*
 * The operator's menu (FUNC at rest) with its one entry: the transaction log of a card, page by page (DOMAIN 2.12).
 * Nothing is sent, printed or kept. UP and DOWN turn the pages, CANCEL leaves. Called by triggers.c.
 */
#include "core/app/card_log.h"

#include "core/app/ui.h"
#include "core/emv/card_log.h"

#include <stdio.h>

#define HEAD_CAP 64 /* two counts of any size, and a date */
#define TEXT_CAP 64

static int choose(void *ctx, const char *const *names, size_t count, size_t *index)
{
    return ui_choose(ctx, names, count, index);
}

static int confirm(void *ctx, const char *name)
{
    return ui_confirm(ctx, name);
}

/* OK: the log is wanted. */
static int ask_menu(const struct app *app)
{
    int r = ui_show(app, SCREEN_menu, NULL, NULL);
    while (r == OK) {
        enum hal_key key;
        r = ui_key(app, hal_now(app->hal) + app->config.card_timeout_us, &key);
        if (r == OK && (key == HAL_KEY_0 + 1 || key == HAL_KEY_ENTER))
            return OK;
        if (r == OK && key == HAL_KEY_CANCEL)
            r = HAL_E_CANCELLED;
        else if (r == OK)
            ui_beep(app);
    }
    return r;
}

static int wait_for_card(const struct app *app)
{
    uint64_t deadline_us = hal_now(app->hal) + app->config.card_timeout_us;
    int r = ui_show(app, SCREEN_log_card, NULL, NULL);
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

static int read_card(struct app *app, struct emv_log *log)
{
    memset(&app->transaction, 0, sizeof app->transaction);
    app->dialogue = (struct emv_dialogue){.ctx = app, .choose = choose, .confirm = confirm};
    int r = ui_show(app, SCREEN_reading_card, NULL, NULL);
    if (r == OK)
        r = HAL_CALL(app->hal, clock, get, &app->transaction.when);
    if (r)
        return r;
    r = emv_begin(&app->emv, app->hal, &app->config.emv, &app->transaction, &app->dialogue);
    if (r == OK)
        r = emv_select(&app->emv);
    if (r == OK)
        r = emv_read_log(&app->emv, log);
    emv_end(&app->emv);
    return r;
}

/* ---- pages ----------------------------------------------------------------------------------------------------- */

static void put_page(const struct emv_log *log, size_t at, char head[HEAD_CAP], char text[TEXT_CAP])
{
    const struct emv_log_entry *e = &log->entry[at];
    char amount[MONEY_TEXT] = "-";
    if (e->has_amount)
        money_format(e->amount_cents, amount);
    if (*e->date)
        snprintf(head, HEAD_CAP, "%zu/%zu 20%.2s-%.2s-%.2s", at + 1, log->count, e->date, e->date + 2, e->date + 4);
    else
        snprintf(head, HEAD_CAP, "%zu/%zu", at + 1, log->count);
    snprintf(text, TEXT_CAP, "%s  %.2s%s%.2s", amount, e->time, *e->time ? ":" : "", *e->time ? e->time + 2 : "");
}

static int show_pages(const struct app *app, const struct emv_log *log)
{
    size_t at = 0;
    for (;;) {
        char head[HEAD_CAP], text[TEXT_CAP];
        enum hal_key key;
        put_page(log, at, head, text);
        const char *args[] = {head, text, log->entry[at].merchant};
        int r = screen_show(app->hal, app->config.language, SCREEN_log_page, args, 3);
        if (r == OK || r == HAL_E_UNSUPPORTED)
            r = ui_key(app, hal_now(app->hal) + app->config.card_timeout_us, &key);
        if (r)
            return r == HAL_E_TIMEOUT ? OK : r;
        if (key == HAL_KEY_CANCEL)
            return OK;
        if (key == HAL_KEY_DOWN || key == HAL_KEY_ENTER)
            at = (at + 1) % log->count;
        else if (key == HAL_KEY_UP)
            at = (at + log->count - 1) % log->count;
    }
}

/* What else a card can lead to; anything that is not here is a card that cannot be read. */
static const struct {
    int outcome;
    enum screen screen;
} outcome_screens[] = {
    {E_NOTFOUND, SCREEN_log_none},         {EMV_CARD_BLOCKED, SCREEN_card_blocked},
    {EMV_APP_BLOCKED, SCREEN_app_blocked}, {EMV_NOT_ACCEPTED, SCREEN_not_accepted},
    {EMV_CARD_ERROR, SCREEN_card_error},   {EMV_REMOVED, SCREEN_log_removed},
    {HAL_E_REMOVED, SCREEN_log_removed},   {EMV_CANCELLED, SCREEN_log_cancelled},
};

static int show_outcome(const struct app *app, int outcome)
{
    enum screen screen = SCREEN_chip_error;
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

int card_log_run(struct app *app)
{
    struct emv_log log = {0};
    int r = HAL_CALL(app->hal, magstripe, enable, false);
    if (r != HAL_E_POWER)
        r = ask_menu(app);
    if (r == OK)
        r = wait_for_card(app);
    if (r == HAL_E_CANCELLED || r == HAL_E_TIMEOUT)
        return OK;
    if (r == OK)
        r = read_card(app, &log);
    if (r == HAL_E_POWER || r == E_NOMEM)
        return r;
    if (r == OK && log.count > 0)
        r = show_pages(app, &log);
    else
        r = show_outcome(app, r == OK ? E_NOTFOUND : r);
    return r == OK ? take_card_out(app) : r;
}
