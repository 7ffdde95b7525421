/* Electronic cash at the counter: what the menu has about a card's purse. Caller: menu.c. */
#ifndef POSBENCH_CORE_APP_PURSE_H
#define POSBENCH_CORE_APP_PURSE_H

#include "core/app/app.h"

/* What is in the purse, read from the card alone. OK whatever the card did; negative: power, memory. */
int purse_show(struct app *app);

#endif
