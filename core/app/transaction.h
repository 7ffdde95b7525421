/*
 * What the kernels are given at the start: app->transaction, and in app->dialogue whom they ask. Callers: sale_chip.c,
 * sale_tap.c, card_look.c.
 */
#ifndef POSBENCH_CORE_APP_TRANSACTION_H
#define POSBENCH_CORE_APP_TRANSACTION_H

#include "core/app/app.h"

/* A run of the card for app->sale: its counter (9F41) is durable by then, app->sale.entry is empty, and no intent
 * stands. OK or negative: power, storage, a clock that does not answer. */
int transaction_for_sale(struct app *app);
/* A look into a card that pays nothing: people are asked which application, and nothing else. OK or negative. */
int transaction_for_look(struct app *app);

#endif
