/*
 * The entry of the core: configuration, data, the duties of power-up in the order of DOMAIN 5.2, then the triggers
 * until power is lost. Everything that was taken is given back on the way out.
 */
#include "core/app/download.h"
#include "core/app/offline.h"
#include "core/app/online.h"
#include "core/app/receipt.h"
#include "core/app/triggers.h"
#include "core/app/ui.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

void app_log(const struct app *app, enum hal_log_level level, const char *topic, const char *text)
{
    char line[96];
    snprintf(line, sizeof line, "%s: %s", topic, text);
    (void)HAL_CALL(app->hal, log, write, level, line);
}

/* Shows why the terminal stands still and hands the status on. */
static int halt(const struct app *app, enum screen screen, const char *why, int status)
{
    if (status == HAL_E_POWER)
        return status;
    app_log(app, HAL_LOG_ERROR, "halt", why);
    int r = ui_show(app, screen, why, NULL);
    return r == HAL_E_POWER ? r : status;
}

/* Sign-in, then the reversal, before anything else; a terminal without a line goes on to idle and tries again later. */
static int catch_up(struct app *app)
{
    bool due, ready = true;
    enum sale_result why = SALE_NO_LINE;
    enum hal_key key;
    int r = online_work_due(app, &due);
    if (r || !due)
        return r;
    for (;;) {
        r = online_prepare(app, &ready, &why);
        if (r == OK && ready)
            r = download_run(app);
        if (r != HAL_E_POWER)
            net_disconnect(&app->net);
        if (r || ready)
            return r;
        r = ui_show(app, why == SALE_REVERSAL_BLOCKED ? SCREEN_reversal_blocked : SCREEN_sign_in_failed, app->sale.text,
                    NULL);
        if (r == OK)
            r = ui_key(app, hal_now(app->hal) + app->config.message_us, &key);
        if (r == OK && key == HAL_KEY_ENTER)
            continue;
        return r == HAL_E_TIMEOUT ? OK : r;
    }
}

static int power_up(struct app *app)
{
    bool present, upload = false;
    int r = offline_disclose(app);
    if (r == OK || r == HAL_E_FULL)
        r = catch_up(app);
    if (r == HAL_E_FULL)
        r = OK;
    if (r == OK)
        r = receipt_print_due(app, true);
    if (r == OK)
        r = ui_card_present(app, &present); /* a card that was left in the reader begins no sale */
    if (r == OK && app->retry_at_us == HAL_FOREVER)
        r = offline_upload_due(app, true, &upload);
    if (upload)
        app->retry_at_us = hal_now(app->hal); /* from idle, where a customer comes first */
    return r;
}

static int run(struct app *app)
{
    char why[CONFIG_WHY];
    int r = ui_show(app, SCREEN_starting, NULL, NULL);
    if (r)
        return r;
    r = config_load(app->hal, &app->config, why);
    if (r)
        return halt(app, SCREEN_config_failed, why, r);
    r = store_open(app->hal, &app->store);
    if (r == OK)
        r = download_load(app);
    if (r == OK) {
        net_init(&app->net, app->hal, app->store, &app->config.net);
        r = power_up(app);
    }
    if (r == OK)
        r = triggers_run(app);
    return halt(app, SCREEN_storage_failed, status_text(r), r);
}

int app_entry(const struct hal *hal)
{
    struct app *app = calloc(1, sizeof *app);
    if (!app)
        return E_NOMEM;
    app->hal = hal;
    app->retry_at_us = HAL_FOREVER;
    int r = run(app);
    store_close(app->store);
    OPENSSL_cleanse(app, sizeof *app);
    free(app);
    return r;
}
