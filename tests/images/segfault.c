/* Waits for a key, then writes where nothing is. */
#include "tests/images/image.h"

static int segfault_entry(const struct hal *hal)
{
    uint32_t ready;
    int status = hal_wait(hal, HAL_SRC_KEYPAD, HAL_FOREVER, HAL_WAIT_IDLE, &ready);
    volatile int *volatile nowhere = NULL;
    if (status == OK)
        *nowhere = 1;
    return status;
}

IMAGE("test-segfault", segfault_entry, NULL);
