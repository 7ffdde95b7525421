/*
 * The trigger table: event -> guard -> handler, each traced. Sources of the HAL are read here and nowhere else while
 * the terminal is at rest; a new trigger is one more row.
 */
#include "core/app/triggers.h"

#include "core/app/download.h"
#include "core/app/offline.h"
#include "core/app/menu.h"
#include "core/app/online.h"
#include "core/app/receipt.h"
#include "core/app/sale.h"
#include "core/app/ui.h"

enum event {
    EVENT_DIGIT,
    EVENT_ENTER,
    EVENT_FUNC,
    EVENT_OTHER_KEY,
    EVENT_CARD_IN,
    EVENT_CARD_OUT,
    EVENT_SWIPE,
    EVENT_PAPER,
    EVENT_SUPPLY,
    EVENT_RETRY,
};

struct occurrence {
    enum event event;
    enum hal_key key;
    bool paper; /* EVENT_PAPER */
    struct hal_power_state supply;
};

/* ---- guards and handlers ------------------------------------------------------------------------------------- */

static bool slip_is_due(struct app *app, const struct occurrence *o)
{
    struct journal_entry entry;
    return (o->event != EVENT_PAPER || o->paper) && slip_due(app->store, &entry) == OK;
}

static bool supply_is_low(struct app *app, const struct occurrence *o)
{
    (void)app;
    return !o->supply.mains && o->supply.battery_percent < 10;
}

static int sale_by_digit(struct app *app, const struct occurrence *o)
{
    return sale_run(app, KIND_SALE, SALE_FROM_DIGIT, (int)o->key);
}

static int sale_by_card(struct app *app, const struct occurrence *o)
{
    (void)o;
    return sale_run(app, KIND_SALE, SALE_FROM_CARD, 0);
}

static int menu(struct app *app, const struct occurrence *o)
{
    (void)o;
    return menu_run(app);
}

static int print_again(struct app *app, const struct occurrence *o)
{
    (void)o;
    return receipt_print_due(app, true);
}

static int warn_by_beep(struct app *app, const struct occurrence *o)
{
    (void)o;
    ui_beep(app);
    return OK;
}

/* A sign-in, a reversal or uploads that are due, without a customer waiting. After a failure the next try is planned.
 * `o` is NULL right after a sale: then uploads may wait. */
static int work_in_background(struct app *app, const struct occurrence *o)
{
    bool due = app->net.resign || app->net.requirement, upload = false, ready;
    enum sale_result why;
    int r = due ? OK : online_work_due(app, &due);
    app->retry_at_us = HAL_FOREVER;
    if (r == OK)
        r = offline_upload_due(app, o != NULL, &upload);
    if (r || !(due || upload))
        return r;
    memset(&app->sale, 0, sizeof app->sale);
    r = online_prepare(app, &ready, &why);
    if (r == OK && ready)
        r = download_run(app);
    if (r == OK && ready && upload)
        r = offline_upload(app);
    if (r != HAL_E_POWER)
        net_disconnect(&app->net);
    return r == HAL_E_FULL ? OK : r;
}

static const struct trigger {
    enum event event;
    const char *name;
    bool (*guard)(struct app *app, const struct occurrence *o);  /* NULL: always */
    int (*handler)(struct app *app, const struct occurrence *o); /* NULL: only traced */
} triggers[] = {
    {EVENT_DIGIT, "key digit", NULL, sale_by_digit},
    {EVENT_ENTER, "key enter, slip due", slip_is_due, print_again},
    {EVENT_FUNC, "key func", NULL, menu},
    {EVENT_OTHER_KEY, "key without use", NULL, NULL},
    {EVENT_CARD_IN, "card inserted", NULL, sale_by_card},
    {EVENT_CARD_OUT, "card removed", NULL, NULL},
    {EVENT_SWIPE, "swipe", NULL, sale_by_card},
    {EVENT_PAPER, "paper is back, slip due", slip_is_due, print_again},
    {EVENT_SUPPLY, "power: battery low", supply_is_low, warn_by_beep},
    {EVENT_RETRY, "time for another try", NULL, work_in_background},
};

static int fire(struct app *app, const struct occurrence *o, bool *acted)
{
    for (size_t i = 0; i < sizeof triggers / sizeof *triggers; i++) {
        const struct trigger *t = &triggers[i];
        if (t->event != o->event || (t->guard && !t->guard(app, o)))
            continue;
        app_log(app, HAL_LOG_INFO, "trigger", t->name);
        *acted |= t->handler != NULL;
        return t->handler ? t->handler(app, o) : OK;
    }
    return OK;
}

/* ---- from sources to events ------------------------------------------------------------------------------------ */

/* Each reads its source, which also clears it. OK; HAL_E_EMPTY: nothing there after all. */
static int read_key(struct app *app, struct occurrence *o)
{
    int r = HAL_CALL(app->hal, keypad, read, &o->key);
    bool digit = o->key > HAL_KEY_0 && o->key <= HAL_KEY_9; /* no amount begins with 0 */
    o->event = digit                     ? EVENT_DIGIT
               : o->key == HAL_KEY_ENTER ? EVENT_ENTER
               : o->key == HAL_KEY_FUNC  ? EVENT_FUNC
                                         : EVENT_OTHER_KEY;
    return r;
}

static int read_reader(struct app *app, struct occurrence *o)
{
    bool present;
    int r = ui_card_present(app, &present);
    o->event = present ? EVENT_CARD_IN : EVENT_CARD_OUT;
    return r;
}

static int read_swipe(struct app *app, struct occurrence *o)
{
    (void)app; /* sale_run reads it: what is on it must not stay here */
    o->event = EVENT_SWIPE;
    return OK;
}

static int read_printer(struct app *app, struct occurrence *o)
{
    struct hal_printer_state state = {false, false};
    int r = HAL_CALL(app->hal, printer, status, &state);
    o->event = EVENT_PAPER;
    o->paper = state.paper;
    return r;
}

static int read_supply(struct app *app, struct occurrence *o)
{
    o->event = EVENT_SUPPLY;
    return HAL_CALL(app->hal, power, status, &o->supply);
}

static const struct source {
    uint32_t bit;
    int (*read)(struct app *app, struct occurrence *o);
} sources[] = {
    {HAL_SRC_KEYPAD, read_key},      {HAL_SRC_READER, read_reader}, {HAL_SRC_MAGSTRIPE, read_swipe},
    {HAL_SRC_PRINTER, read_printer}, {HAL_SRC_POWER, read_supply},
};

static bool present(const struct hal *hal, uint32_t bit)
{
    switch (bit) {
    case HAL_SRC_KEYPAD:
        return hal->keypad.ops;
    case HAL_SRC_READER:
        return hal->reader.ops;
    case HAL_SRC_MAGSTRIPE:
        return hal->magstripe.ops;
    case HAL_SRC_PRINTER:
        return hal->printer.ops;
    default:
        return hal->power.ops;
    }
}

/* ---- at rest ------------------------------------------------------------------------------------------------------
 */

static int show_idle(struct app *app)
{
    int r = HAL_CALL(app->hal, magstripe, enable, true);
    return r == HAL_E_POWER ? r : ui_show(app, SCREEN_idle, NULL, NULL);
}

/* Handles what is ready, one source only: a sale may have changed what the others have to say. */
static int handle_ready(struct app *app, uint32_t ready, bool *acted)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (!(ready & sources[i].bit))
            continue;
        struct occurrence o = {0};
        int r = sources[i].read(app, &o);
        if (r == OK)
            r = fire(app, &o, acted);
        return r == HAL_E_EMPTY || r == HAL_E_UNSUPPORTED ? OK : r;
    }
    return OK;
}

int triggers_run(struct app *app)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (present(app->hal, sources[i].bit))
            mask |= sources[i].bit;

    bool acted = true;
    for (;;) {
        uint32_t ready = 0;
        int r = acted ? show_idle(app) : OK;
        acted = false;
        if (r == OK)
            r = hal_wait(app->hal, mask, app->retry_at_us, HAL_WAIT_IDLE, &ready);
        if (r == OK)
            r = handle_ready(app, ready, &acted);
        else if (r == HAL_E_TIMEOUT)
            r = fire(app, &(struct occurrence){.event = EVENT_RETRY}, &acted);
        if (r == OK && acted && app->retry_at_us == HAL_FOREVER) /* what the sale has left to do, at once */
            r = work_in_background(app, NULL);
        if (r)
            return r;
    }
}
