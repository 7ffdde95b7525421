/* A new transaction, and the kernel's questions to people: see transaction.h. */
#include "core/app/transaction.h"

#include "core/app/offline.h"
#include "core/app/ui.h"

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

/* ---- the start --------------------------------------------------------------------------------------------------- */

/* 9F41 counts chip transactions, not messages: it is in the cryptogram before a trace number is drawn. */
int transaction_for_sale(struct app *app)
{
    const struct kind_row *kind = kind_row(app->sale.kind);
    int64_t counter = 0;
    memset(&app->sale.entry, 0, sizeof app->sale.entry);
    app->sale.intent = app->sale.online_tried = false;
    int r = setting_get(app->store, "chip_counter", 0, &counter);
    if (r)
        return r;
    counter = counter % 99999999 + 1;
    app->transaction = (struct emv_transaction){
        .amount_cents = app->sale.amount_cents,
        .type = kind->chip_only ? kind->emv_type : app->config.sale_type,
        .no_ec = kind->chip_only,
        .counter = (uint32_t)counter,
        .force_online = app->config.force_online,
    };
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

int transaction_for_look(struct app *app)
{
    memset(&app->transaction, 0, sizeof app->transaction);
    app->dialogue = (struct emv_dialogue){.ctx = app, .choose = choose, .confirm = confirm};
    return HAL_CALL(app->hal, clock, get, &app->transaction.when);
}
