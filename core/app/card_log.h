/* The operator's look into the card's logs (DOMAIN 2.12). Caller: menu.c. */
#ifndef POSBENCH_CORE_APP_CARD_LOG_H
#define POSBENCH_CORE_APP_CARD_LOG_H

#include "core/app/app.h"

/* Card, pages, card out: of its transactions, and of the loads of its purse. OK whatever the card did; negative: power,
 * memory. */
int card_log_run(struct app *app);
int card_log_loads(struct app *app);

#endif
