/* Raises the rollback floor above its own sequence and waits idle: from then on it is an old image. */
#include "tests/images/image.h"

static int floor_entry(const struct hal *hal)
{
    uint32_t ready;
    const char *row = "floor";
    int status = HAL_CALL(hal, se, floor_raise, IMAGE_SEQUENCE + 1);
    if (status == OK)
        status = HAL_CALL(hal, display, show, SCREEN_IDLE, &row, 1);
    while (status == OK)
        status = hal_wait(hal, HAL_SRC_KEYPAD, HAL_FOREVER, HAL_WAIT_IDLE, &ready);
    return status;
}

IMAGE("test-floor", floor_entry, NULL);
