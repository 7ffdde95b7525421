/*
 * The operator's menu (FUNC at rest): one table of rows, of which a terminal has those that belong to what it does.
 * Where that is the card's log only, it is asked for on one screen; more rows go by one at a time, by UP and DOWN or by
 * their number, which counts the rows that are there.
 */
#include "core/app/menu.h"

#include "core/app/card_log.h"
#include "core/app/download.h"
#include "core/app/purse.h"
#include "core/app/sale.h"
#include "core/app/ui.h"

#include <stdio.h>

#define NAME_MAX 40

static int load_account(struct app *app)
{
    return sale_run(app, KIND_LOAD, SALE_FROM_CARD, 0);
}

static int load_cash(struct app *app)
{
    return sale_run(app, KIND_LOAD_CASH, SALE_FROM_CARD, 0);
}

static int show_account(struct app *app)
{
    return sale_run(app, KIND_INQUIRY, SALE_FROM_CARD, 0);
}

/* Done when the menu is left, as what the host asks for is (triggers.c). */
static int update_keys(struct app *app)
{
    return download_ask_for(app, PARAMETER_KEYS);
}

static int update_applications(struct app *app)
{
    return download_ask_for(app, PARAMETER_APPLICATIONS);
}

static bool takes_ec(const struct app *app)
{
    for (size_t i = 0; i < app->config.emv.aids; i++)
        if (app->config.emv.aid[i].ec_limit)
            return true;
    return false;
}

/* The host's own wish came under a MAC. The operator's is answered by nobody knows whom, unless the answers have one.
 */
static bool may_update(const struct app *app)
{
    return app->config.net.download_mac;
}

static const struct menu_row {
    const char *name[2];                    /* by language */
    bool (*offered)(const struct app *app); /* NULL: by every terminal */
    int (*run)(struct app *app);
} rows[] = {
    {{"Card log", "卡片交易记录"}, NULL, card_log_run},
    {{"Purse balance", "电子现金余额"}, takes_ec, purse_show},
    {{"Load purse", "指定账户圈存"}, takes_ec, load_account},
    {{"Load, cash", "现金充值"}, takes_ec, load_cash},
    {{"Load log", "圈存记录"}, takes_ec, card_log_loads},
    {{"Account balance", "账户余额查询"}, takes_ec, show_account},
    {{"Update CA keys", "更新公钥"}, may_update, update_keys},
    {{"Update parameters", "更新IC卡参数"}, may_update, update_applications},
};
#define ROWS (sizeof rows / sizeof *rows)

/* The screen with one row. OK: it is wanted. */
static int ask_one(const struct app *app)
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

/* *row: the one that is wanted. */
static int ask(const struct app *app, const struct menu_row **row)
{
    const struct menu_row *offered[ROWS];
    const char *names[ROWS];
    char text[ROWS][NAME_MAX];
    size_t count = 0, index = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].offered && !rows[i].offered(app))
            continue;
        snprintf(text[count], sizeof text[count], "%u: %s", (unsigned)count + 1,
                 rows[i].name[app->config.language == LANGUAGE_ZH]);
        names[count] = text[count];
        offered[count++] = &rows[i];
    }
    int r = count == 1 ? ask_one(app) : ui_pick(app, SCREEN_menu_row, names, count, false, &index);
    *row = offered[index];
    return r;
}

int menu_run(struct app *app)
{
    const struct menu_row *row = NULL;
    int r = HAL_CALL(app->hal, magstripe, enable, false);
    if (r != HAL_E_POWER)
        r = ask(app, &row);
    if (r == HAL_E_CANCELLED || r == HAL_E_TIMEOUT)
        return OK;
    return r == OK ? row->run(app) : r;
}
