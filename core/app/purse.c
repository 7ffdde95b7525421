/* The purse of a card on the display: balance 9F79, limit 9F77 and single limit 9F78, by GET DATA (DOMAIN 3.9). */
#include "core/app/purse.h"

#include "core/app/card_look.h"
#include "core/app/ui.h"

static int read_purse(struct emv *e, void *out)
{
    struct emv_purse *purse = out;
    int r = emv_read_purse(e, purse);
    return r == OK && !purse->balance.known ? E_NOTFOUND : r;
}

static void put_amount(const struct emv_purse_amount *amount, char out[MONEY_TEXT])
{
    memcpy(out, "-", 2);
    if (amount->known)
        money_format(amount->cents, out);
}

static int show_amounts(const struct app *app, const void *found)
{
    const struct emv_purse *purse = found;
    char balance[MONEY_TEXT], limit[MONEY_TEXT], single[MONEY_TEXT];
    enum hal_key key;
    put_amount(&purse->balance, balance);
    put_amount(&purse->limit, limit);
    put_amount(&purse->single, single);
    const char *args[] = {balance, limit, single};
    int r = screen_show(app->hal, app->config.language, SCREEN_purse, args, 3);
    if (r == OK || r == HAL_E_UNSUPPORTED)
        r = ui_key(app, hal_now(app->hal) + app->config.card_timeout_us, &key);
    return r == HAL_E_TIMEOUT ? OK : r;
}

int purse_show(struct app *app)
{
    struct emv_purse purse;
    return card_look(app, &(struct card_look){SCREEN_purse_card, SCREEN_purse_none, read_purse, show_amounts}, &purse);
}
