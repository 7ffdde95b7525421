/* Shows, prints and logs bytes that are no text, for screens that are not in its catalogue. */
#include "tests/images/image.h"

static int babbles_entry(const struct hal *hal)
{
    char noise[600];
    const char *rows[20];
    uint32_t ready;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(i % 255 + 1);
    noise[sizeof noise - 1] = '\0';
    for (size_t i = 0; i < 20; i++)
        rows[i] = noise + i;
    for (unsigned screen = 0; screen < 70000; screen += 997)
        HAL_CALL(hal, display, show, (uint16_t)screen, rows, 20);
    HAL_CALL(hal, printer, line, noise, 0xFFFFFFFF);
    HAL_CALL(hal, log, write, (enum hal_log_level)99, noise);
    HAL_CALL(hal, modem, connect, noise, 0);
    return hal_wait(hal, HAL_SRC_KEYPAD, HAL_FOREVER, HAL_WAIT_IDLE, &ready);
}

IMAGE("test-babbles", babbles_entry, NULL);
