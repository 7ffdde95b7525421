/* Goes on calling the HAL whatever it answers. */
#include "tests/images/image.h"

static int ignores_entry(const struct hal *hal)
{
    uint32_t ready;
    for (uint64_t turns = 0; turns < UINT64_MAX; turns++)
        hal_wait(hal, HAL_SRC_KEYPAD, hal_now(hal) + 1000, 0, &ready);
    return OK;
}

IMAGE("test-ignores", ignores_entry, NULL);
