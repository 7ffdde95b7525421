/*
 * Approvals that a card gives without the host (Y1, Y3): the intent before it is asked, what becomes of it, the upload
 * (DOMAIN 2.10, 5.4). Switched on by "offline" in the configuration. Callers: transaction.c, sale_chip.c,
 * sale_chip_end.c and sale_tap.c for the first part; main.c, triggers.c and sale.c for the second.
 */
#ifndef POSBENCH_CORE_APP_OFFLINE_H
#define POSBENCH_CORE_APP_OFFLINE_H

#include "core/app/app.h"

/* emv_dialogue.intent, if this terminal takes such approvals: app->sale.intent stands in the journal, under a trace
 * number of its own. What the kernel knows of the card by then goes into it; a tapped card has told nothing yet. */
int offline_intent(void *ctx);
/* With the card's word in app->emv.decision and an intent that stands: a TC is journalled with slip and upload, an AAC
 * refused; no word at all is a decline, or SALE_DISCLOSED where the card may have paid from its purse. *result is how
 * the sale ended. Negative: power or storage; the intent is left to the next boot. */
int offline_conclude(struct app *app, enum sale_result *result);
/* The card wants the host asked: no intent any more. Negative: power or storage. */
int offline_withdraw(struct app *app);

/* Every intent that a cut, or a card without an answer, has left: told on the screen, then DISCLOSED with a slip due.
 */
int offline_disclose(struct app *app);

/* Uploads are due now: enough of them wait, or some and the terminal has been `resting`. If they may wait a little, the
 * next try is planned in app->retry_at_us. */
int offline_upload_due(struct app *app, bool resting, bool *due);
/* Sends them, after online_prepare. What the host has refused for good is told on screen and paper. Negative: power or
 * storage. Plans the next try. */
int offline_upload(struct app *app);

#endif
