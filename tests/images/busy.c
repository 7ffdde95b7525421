/* Polls the time and never waits. */
#include "tests/images/image.h"

static int busy_entry(const struct hal *hal)
{
    while (hal_now(hal) != HAL_FOREVER)
        ;
    return HAL_E_POWER;
}

IMAGE("test-busy", busy_entry, NULL);
