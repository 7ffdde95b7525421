/* Hands the HAL a pointer that leads nowhere. */
#include "tests/images/image.h"

static int wild_entry(const struct hal *hal)
{
    const char *const *volatile rows = (const char *const *)(uintptr_t)0x10;
    return HAL_CALL(hal, display, show, SCREEN_IDLE, rows, 4);
}

IMAGE("test-wild", wild_entry, NULL);
