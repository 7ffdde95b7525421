/* The operator's menu: FUNC at rest. Caller: triggers.c. */
#ifndef POSBENCH_CORE_APP_MENU_H
#define POSBENCH_CORE_APP_MENU_H

#include "core/app/app.h"

/* Asks, does what was chosen, and is done. OK also when nothing was; negative: power, memory, storage. */
int menu_run(struct app *app);

#endif
