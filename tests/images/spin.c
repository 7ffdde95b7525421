/* Shows that it lives, then spins without calling anything. */
#include "tests/images/image.h"

static int spin_entry(const struct hal *hal)
{
    const char *row = "spinning";
    HAL_CALL(hal, display, show, SCREEN_IDLE, &row, 1);
    for (volatile bool on = true; on;)
        ;
    return OK;
}

IMAGE("test-spin", spin_entry, NULL);
