/*
 * Slips onto paper. One stays due until it is printed to its end: a power cut or the end of the paper prints it again
 * from the top, marked as a copy. Contract in receipt.h.
 */
#include "core/app/receipt.h"

#include "core/app/ui.h"

static int print(const struct hal *hal, const struct receipt *receipt)
{
    for (size_t i = 0; i < receipt->count; i++) {
        int r = HAL_CALL(hal, printer, line, receipt->line[i].text, receipt->line[i].style);
        if (r)
            return r;
    }
    return HAL_CALL0(hal, printer, cut);
}

/* Someone may bring paper: OK, or HAL_E_CANCELLED when nobody does. */
static int ask_for_paper(const struct app *app)
{
    uint64_t deadline_us = hal_now(app->hal) + app->config.card_timeout_us;
    int r = HAL_CALL0(app->hal, keypad, flush);
    if (r == HAL_E_POWER)
        return r;
    r = ui_show(app, SCREEN_printer_paper, NULL, NULL);
    while (r == OK) {
        enum hal_key key;
        r = ui_key(app, deadline_us, &key);
        if (r == OK && key == HAL_KEY_ENTER)
            return OK;
        if (r == HAL_E_TIMEOUT || (r == OK && key == HAL_KEY_CANCEL))
            return HAL_E_CANCELLED;
    }
    return r;
}

/* One slip to its end. `balance`: what the card said is left in it, or ""; the journal does not keep that, so a slip
 * that is printed after a power cut has none. HAL_E_CANCELLED: later. */
static int print_slip(struct app *app, const struct journal_entry *entry, bool reprint, const char *balance)
{
    struct receipt receipt;
    for (;;) {
        receipt_format(&app->config, entry, reprint, &receipt);
        receipt_add_balance(&app->config, balance, &receipt);
        int r = ui_show(app, SCREEN_printing, NULL, NULL);
        if (r == OK)
            r = print(app->hal, &receipt);
        if (r == HAL_E_UNSUPPORTED)
            return OK; /* no printer: nothing can ever be due to it */
        if (r != HAL_E_PAPER)
            return r == OK || r == HAL_E_POWER ? r : HAL_E_CANCELLED;
        r = ask_for_paper(app);
        if (r)
            return r;
        reprint = true;
    }
}

int receipt_print_due(struct app *app, bool reprint)
{
    struct journal_entry entry;
    for (unsigned i = 0; i < STORE_JOURNAL_MAX; i++) {
        int r = slip_due(app->store, &entry);
        if (r == E_NOTFOUND)
            return OK;
        /* One from before this sale was left because of the paper, perhaps in its middle. */
        bool older = entry.trace != app->sale.entry.trace || entry.batch != app->sale.entry.batch;
        if (r == OK)
            r = print_slip(app, &entry, reprint || older, older ? "" : app->sale.balance);
        if (r == HAL_E_CANCELLED)
            return OK;
        if (r == OK)
            r = slip_printed(app->store, entry.batch, entry.trace);
        if (r)
            return r;
    }
    return OK;
}
