/*
 * Ready to go online: a clock to go by, a sign-in of today, no reversal that is due, and what the host asked for in its
 * last answer (DOMAIN 4.1, 5.2, 5.3, 5.5). Contract in online.h.
 */
#include "core/app/online.h"

#include "core/app/download.h"
#include "core/app/sale.h"
#include "core/app/ui.h"

#include <stdio.h>

/* *now is what the clock says, if it can be believed. */
static int read_clock(struct app *app, struct hal_datetime *now, bool *wrong)
{
    int64_t last = 0;
    *wrong = true;
    int r = HAL_CALL(app->hal, clock, get, now);
    if (r)
        return r == HAL_E_CLOCK ? OK : r;
    r = setting_get(app->store, STORE_LAST_ENTRY, 0, &last);
    *wrong = r == OK && (int64_t)sale_time(now) < last;
    return r;
}

int online_clock_wrong(struct app *app, bool *wrong)
{
    struct hal_datetime now;
    return read_clock(app, &now, wrong);
}

int online_sign_in_due(struct app *app, bool *due)
{
    int64_t signed_in = 0, date = 0;
    struct hal_datetime now;
    *due = true;
    int r = setting_get(app->store, "signed_in", 0, &signed_in);
    if (r || !signed_in)
        return r;
    r = setting_get(app->store, "sign_in_date", 0, &date);
    if (r == OK)
        r = read_clock(app, &now, due);
    if (r == OK && !*due)
        *due = date != now.year * 10000 + now.month * 100 + now.day;
    return r;
}

static int reversal_due(struct app *app, struct journal_reversal *reversal, bool *due)
{
    int r = reversal_pending(app->store, reversal);
    *due = r == OK;
    return r == E_NOTFOUND ? OK : r;
}

int online_work_due(struct app *app, bool *due)
{
    struct journal_reversal reversal;
    int r = online_sign_in_due(app, due);
    if (r == OK && !*due)
        r = reversal_due(app, &reversal, due);
    return r || *due ? r : download_due(app, due);
}

/* What the host asked for in its last answer, acted on once the transaction is over (DOMAIN 4.1, 5.5). */
static int apply_requirements(struct app *app)
{
    enum { REQUIRE_SIGN_IN = 3 };
    bool download = false;
    if (app->net.requirement == REQUIRE_SIGN_IN)
        app->net.resign = true;
    int r = download_note(app, app->net.requirement, &download);
    if (r)
        return r;
    if (app->net.requirement && app->net.requirement != REQUIRE_SIGN_IN && !download)
        app_log(app, HAL_LOG_WARN, "host", "asks for something that this core cannot do");
    app->net.requirement = 0;
    if (!app->net.resign)
        return OK;
    app->net.resign = false;
    return setting_set(app->store, "signed_in", 0);
}

static int sign_in(struct app *app, bool *ready, enum sale_result *why)
{
    char response[3];
    int r = ui_show(app, SCREEN_signing_in, NULL, NULL);
    if (r == OK)
        r = net_sign_in(&app->net, response);
    *ready = r == OK;
    *why = r == NET_NO_LINE ? SALE_NO_LINE : SALE_NOT_SIGNED_IN;
    app->net.requirement = 0; /* "sign in" has just been done */
    if (r == NET_REFUSED) {
        const struct iso_response *said = iso_response(response);
        app->sale.text = ui_text(app, said->text_en, said->text_zh);
    }
    if (r > 0)
        app_log(app, HAL_LOG_WARN, "sign-in", r == NET_REFUSED ? response : "no answer");
    return r < 0 ? r : OK;
}

static int clear_reversal(struct app *app, bool *ready, enum sale_result *why)
{
    struct journal_reversal reversal;
    bool due;
    int r = reversal_due(app, &reversal, &due);
    *ready = !due;
    if (r || !due)
        return r;
    r = ui_show(app, SCREEN_reversing, NULL, NULL);
    if (r == OK)
        r = net_clear_reversal(&app->net);
    *ready = r == OK;
    if (r < 0)
        return r;
    app_log(app, HAL_LOG_INFO, "reversal", *ready ? "confirmed" : "still due");
    if (!*ready) {
        *why = SALE_REVERSAL_BLOCKED;
        snprintf(app->sale.note, sizeof app->sale.note, "%s %06u", ui_text(app, "Trace", "凭证号"),
                 reversal.entry.trace % 1000000u);
        app->sale.text = app->sale.note;
    }
    return OK;
}

static int prepare(struct app *app, bool *ready, enum sale_result *why)
{
    /* A second round, because the answer to a reversal may ask for new keys, and those for the reversal again. */
    for (unsigned round = 0; round < 2; round++) {
        bool due;
        *ready = true;
        int r = apply_requirements(app);
        if (r == OK)
            r = online_sign_in_due(app, &due);
        if (r == OK && due)
            r = sign_in(app, ready, why);
        if (r == OK && *ready)
            r = clear_reversal(app, ready, why);
        if (r)
            return r;
        if (!app->net.resign && app->net.requirement == 0)
            break;
    }
    return apply_requirements(app);
}

int online_prepare(struct app *app, bool *ready, enum sale_result *why)
{
    int r = prepare(app, ready, why);
    bool again = r == OK && !*ready;
    app->retry_at_us = again ? hal_now(app->hal) + ONLINE_RETRY_US : HAL_FOREVER;
    return r;
}
