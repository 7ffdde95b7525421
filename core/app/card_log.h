/* The operator's look into the card's transaction log (DOMAIN 2.12). Caller: triggers.c. */
#ifndef POSBENCH_CORE_APP_CARD_LOG_H
#define POSBENCH_CORE_APP_CARD_LOG_H

#include "core/app/app.h"

/* Menu, card, pages, card out. OK whatever the card did; negative: power, memory. */
int card_log_run(struct app *app);

#endif
