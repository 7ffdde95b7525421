/* The sale: amount, card by chip, stripe or tap, host, slip (DOMAIN 1, 2, 5). Callers: triggers.c, menu.c,
 * online_ready.c; sale_*.c among themselves. */
#ifndef POSBENCH_CORE_APP_SALE_H
#define POSBENCH_CORE_APP_SALE_H

#include "core/app/app.h"

enum sale_start { SALE_FROM_DIGIT, SALE_FROM_CARD };

/* A whole sale, or what takes its way, from the first event at idle or the choice in the menu; `digit` with
 * SALE_FROM_DIGIT. OK: back to idle, however it ended. Negative: power or storage. */
int sale_run(struct app *app, enum kind kind, enum sale_start start, int digit);

/* What a sale needs next. */
enum sale_step { SALE_STEP_CARD, SALE_STEP_CHIP_AGAIN, SALE_STEP_STRIPE, SALE_STEP_END };

/* A card for this step, or nobody brings one (sale_wait.c). OK with *event, or negative: power. A swipe is in
 * app->sale.swipe; a tapped card stays in the field, which is on then only. */
enum sale_event { CARD_INSERTED, CARD_SWIPED, CARD_TAPPED, CARD_CANCELLED };
int sale_wait(struct app *app, enum sale_step step, enum sale_event *event);

/* The paths, each in the file of its name: with the card in the reader, with the swipe in app->sale, with a card in the
 * field. OK with what is needed *next; negative: power or storage. */
int sale_chip(struct app *app, enum sale_step *next);
int sale_stripe(struct app *app, enum sale_step *next);
int sale_tap(struct app *app, enum sale_step *next);
/* A card may be tapped now: the terminal has a field, and amount and sale allow it. */
bool sale_tap_open(const struct app *app);
/* The chip has given its first cryptogram (sale_chip_end.c): on to the host, or to the end. OK with *result. */
int sale_chip_decided(struct app *app, enum sale_result *result);

/* Screen of an end, and for an approval the slip; waits for the card to be taken. */
int sale_conclude(struct app *app, enum sale_result result);

/* ---- sale_entry.c: app->sale.entry ---- */

/* Fills what all paths have in common. `chip`: dated by app->transaction, so that entry, 9A and 9F21 agree
 * (DOMAIN 5.6). */
void sale_prepare_entry(struct app *app, bool chip, bool pin);
/* Draws its trace number and gives it the batch. OK or negative: storage. */
int sale_number_entry(struct app *app);
/* After a chip's cryptogram: DE55, and all of the entry but its numbers. E_LIMIT: the card's data fit no message. */
int sale_prepare_request(struct app *app);
/* Card or terminal declined: into the journal, without a reversal. OK with *result; negative: power or storage. */
int sale_decline_offline(struct app *app, enum sale_result *result);
/* YYYYMMDDhhmmss: what journal_entry.made holds. */
uint64_t sale_time(const struct hal_datetime *when);

#endif
