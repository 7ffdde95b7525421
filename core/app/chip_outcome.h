/* What an outcome of the kernel means for fallback and for the screen (DOMAIN 1.3). Caller: sale_chip.c. */
#ifndef POSBENCH_CORE_APP_CHIP_OUTCOME_H
#define POSBENCH_CORE_APP_CHIP_OUTCOME_H

#include "core/app/app.h"

/* OK with *outcome, or the negative status that no card can cause. Once an application is `selected` nothing that fails
 * opens the stripe any more. */
int chip_outcome_of(int kernel, bool selected, enum chip_outcome *outcome);
/* For every outcome but CHIP_DECIDED. */
enum screen chip_outcome_screen(enum chip_outcome outcome);

#endif
