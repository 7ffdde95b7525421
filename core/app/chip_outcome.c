/* The tables of what the kernel's outcomes mean: see chip_outcome.h. */
#include "core/app/chip_outcome.h"

/* Kernel's outcome to fallback's outcome. */
static const enum chip_outcome chip_outcomes[] = {
    [OK] = CHIP_DECIDED,
    [EMV_CHIP_ERROR] = CHIP_FAILED_EARLY,
    [EMV_CARD_BLOCKED] = CHIP_CARD_BLOCKED,
    [EMV_APP_BLOCKED] = CHIP_APP_BLOCKED,
    [EMV_NOT_ACCEPTED] = CHIP_EMPTY_LIST,
    [EMV_CARD_ERROR] = CHIP_FAILED_LATE,
    [EMV_REMOVED] = CHIP_REMOVED,
    [EMV_CANCELLED] = CHIP_CANCELLED,
    [EMV_RESELECT] = CHIP_FAILED_LATE,
};

/* The same for what the devices under the kernel answer; all else is CHIP_FAILED_LATE. */
static const struct device_row {
    int status;
    enum chip_outcome outcome;
} device_rows[] = {
    {HAL_E_REMOVED, CHIP_REMOVED},   {HAL_E_ABSENT, CHIP_REMOVED},        {HAL_E_CANCELLED, CHIP_CANCELLED},
    {HAL_E_TIMEOUT, CHIP_CANCELLED}, {HAL_E_IO, CHIP_READER_BROKEN},      {HAL_E_UNSUPPORTED, CHIP_READER_BROKEN},
    {HAL_E_MUTE, CHIP_FAILED_EARLY}, {HAL_E_PROTOCOL, CHIP_FAILED_EARLY},
};

static const enum screen outcome_screens[] = {
    [CHIP_NOT_TRIED] = SCREEN_chip_error,      [CHIP_FAILED_EARLY] = SCREEN_chip_error,
    [CHIP_READER_BROKEN] = SCREEN_chip_error,  [CHIP_EMPTY_LIST] = SCREEN_not_accepted,
    [CHIP_CARD_BLOCKED] = SCREEN_card_blocked, [CHIP_APP_BLOCKED] = SCREEN_app_blocked,
    [CHIP_CANCELLED] = SCREEN_cancelled,       [CHIP_REMOVED] = SCREEN_card_removed,
    [CHIP_FAILED_LATE] = SCREEN_card_error,
};

int chip_outcome_of(int kernel, bool selected, enum chip_outcome *outcome)
{
    *outcome = CHIP_FAILED_LATE;
    if (kernel == HAL_E_POWER || kernel == E_NOMEM)
        return kernel;
    if (kernel >= 0) {
        if ((size_t)kernel < sizeof chip_outcomes / sizeof *chip_outcomes)
            *outcome = chip_outcomes[kernel];
        return OK;
    }
    for (size_t i = 0; i < sizeof device_rows / sizeof *device_rows; i++)
        if (device_rows[i].status == kernel)
            *outcome = device_rows[i].outcome;
    if (selected && (*outcome == CHIP_READER_BROKEN || *outcome == CHIP_FAILED_EARLY))
        *outcome = CHIP_FAILED_LATE;
    return OK;
}

enum screen chip_outcome_screen(enum chip_outcome outcome)
{
    return outcome_screens[outcome];
}
