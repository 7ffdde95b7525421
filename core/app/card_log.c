/*
 * The logs in a card, page by page (DOMAIN 2.12): of its transactions, and of the loads of its purse. UP and DOWN turn
 * the pages, CANCEL leaves. Called by menu.c.
 */
#include "core/app/card_log.h"

#include "core/app/card_look.h"
#include "core/app/ui.h"
#include "core/emv/card_log.h"

#include <stdio.h>

#define HEAD_CAP 64 /* two counts of any size, and a date */
#define TEXT_CAP 64

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

static int show_pages(const struct app *app, const void *found)
{
    const struct emv_log *log = found;
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

/* An empty log is shown as none is. */
static int read_transactions(struct emv *e, void *out)
{
    struct emv_log *log = out;
    int r = emv_read_log(e, log);
    return r == OK && log->count == 0 ? E_NOTFOUND : r;
}

static int read_loads(struct emv *e, void *out)
{
    struct emv_log *log = out;
    int r = emv_read_load_log(e, log);
    return r == OK && log->count == 0 ? E_NOTFOUND : r;
}

int card_log_run(struct app *app)
{
    struct emv_log log = {0};
    return card_look(app, &(struct card_look){SCREEN_log_card, SCREEN_log_none, read_transactions, show_pages}, &log);
}

int card_log_loads(struct app *app)
{
    struct emv_log log = {0};
    return card_look(app, &(struct card_look){SCREEN_load_log_card, SCREEN_log_none, read_loads, show_pages}, &log);
}
