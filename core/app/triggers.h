/* What the terminal at rest reacts to: one table of event, guard and handler (triggers.c). Caller: main.c. */
#ifndef POSBENCH_CORE_APP_TRIGGERS_H
#define POSBENCH_CORE_APP_TRIGGERS_H

#include "core/app/app.h"

/* Shows idle, waits for events and handles them until something ends the core: HAL_E_POWER or another negative status.
 */
int triggers_run(struct app *app);

#endif
