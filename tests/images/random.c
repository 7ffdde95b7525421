/* Draws from the terminal's random source and from OpenSSL's, and shows what came. */
#include "tests/images/image.h"

#include <openssl/rand.h>
#include <stdio.h>

static int random_entry(const struct hal *hal)
{
    uint8_t un[4] = {0}, drawn[4] = {0};
    uint32_t ready;
    char row[20];
    int status = HAL_CALL(hal, rng, bytes, HAL_RNG_UNPREDICTABLE_NUMBER, un, sizeof un);
    if (status == OK && RAND_bytes(drawn, sizeof drawn) != 1)
        status = E_CRYPTO;
    snprintf(row, sizeof row, "%02X%02X%02X%02X %02X%02X%02X%02X", un[0], un[1], un[2], un[3], drawn[0], drawn[1],
             drawn[2], drawn[3]);
    const char *rows[] = {row};
    if (status == OK)
        status = HAL_CALL(hal, display, show, SCREEN_IDLE, rows, 1);
    while (status == OK)
        status = hal_wait(hal, 0, HAL_FOREVER, HAL_WAIT_IDLE, &ready);
    return status;
}

IMAGE("test-random", random_entry, NULL);
