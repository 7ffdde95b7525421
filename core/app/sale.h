/* The sale: amount, card by chip, stripe or tap, host, slip (DOMAIN 1, 2, 5). Callers: triggers.c; sale_*.c among
 * themselves. */
#ifndef POSBENCH_CORE_APP_SALE_H
#define POSBENCH_CORE_APP_SALE_H

#include "core/app/app.h"

enum sale_start { SALE_FROM_DIGIT, SALE_FROM_CARD };

/* A whole sale, or what takes its way, from the first event at idle or the choice in the menu; `digit` with
 * SALE_FROM_DIGIT. OK: back to idle, however it ended. Negative: power or storage. */
int sale_run(struct app *app, enum kind kind, enum sale_start start, int digit);

/* What a sale needs next. */
enum sale_step { SALE_STEP_CARD, SALE_STEP_CHIP_AGAIN, SALE_STEP_STRIPE, SALE_STEP_END };

/* The chip path with the card in the reader (sale_chip.c), the stripe path with the swipe in app->sale (sale_stripe.c).
 */
int sale_chip(struct app *app, enum sale_step *next);
int sale_stripe(struct app *app, enum sale_step *next);
/* The contactless path with a card in the field (sale_tap.c). */
int sale_tap(struct app *app, enum sale_step *next);
/* A card may be tapped now: the terminal has a field, and amount and sale allow it. */
bool sale_tap_open(const struct app *app);
/* What the chip's ways have in common (sale_chip.c): a new app->transaction; a decline of card or terminal into the
 * journal. */
int sale_begin_transaction(struct app *app);
int sale_decline_offline(struct app *app, enum sale_result *result);

/* Screen of an end, and for an approval the slip; waits for the card to be taken. */
int sale_conclude(struct app *app, enum sale_result result);
/* Fills what both paths have in common before the online request. `chip`: dated by app->transaction, so that entry, 9A
 * and 9F21 agree (DOMAIN 5.6). */
void sale_prepare_entry(struct app *app, bool chip, bool pin);
/* YYYYMMDDhhmmss: what journal_entry.made holds. */
uint64_t sale_time(const struct hal_datetime *when);

#endif
