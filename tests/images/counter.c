/*
 * Counts its boots twice: in variables, which a reboot must clear, and in a file, which it must not. Shows both, then
 * waits idle; a key is shown, UP counts in a variable, CANCEL resets, MENU switches off, FUNC gives up, ENTER prints a
 * line. inspect reports the file, and how often its own variable was touched.
 */
#include "tests/images/image.h"

#include <stdio.h>
#include <string.h>

static unsigned runs, ups;
static _Thread_local unsigned thread_runs = 5;
static char *message = NULL;
static char text[32];

static int read_count(const struct hal *hal, int file, uint32_t *count)
{
    size_t got = 0;
    *count = 0;
    return HAL_CALL(hal, fs, read, file, 0, count, sizeof *count, &got);
}

static int count_boot(const struct hal *hal, uint32_t *count)
{
    int file, status = HAL_CALL(hal, fs, open, "boots", HAL_OPEN_CREATE, &file);
    if (status)
        return status;
    status = read_count(hal, file, count);
    ++*count;
    if (status == OK)
        status = HAL_CALL(hal, fs, write, file, 0, count, sizeof *count);
    if (status == OK)
        status = HAL_CALL(hal, fs, sync, file);
    int closed = HAL_CALL(hal, fs, close, file);
    if (status == OK)
        status = HAL_CALL0(hal, fs, sync_dir);
    return status ? status : closed;
}

static int show(const struct hal *hal, uint16_t screen, const char *row)
{
    return HAL_CALL(hal, display, show, screen, &row, 1);
}

static int handle_key(const struct hal *hal)
{
    enum hal_key key;
    char row[16];
    int status = HAL_CALL(hal, keypad, read, &key);
    if (status)
        return status;
    if (key == HAL_KEY_CANCEL)
        return HAL_CALL0(hal, power, reset);
    if (key == HAL_KEY_MENU)
        return HAL_CALL0(hal, power, off);
    if (key == HAL_KEY_FUNC)
        return E_STATE; /* gives up although power is on */
    if (key == HAL_KEY_ENTER)
        return HAL_CALL(hal, printer, line, "printed", HAL_PRINT_NORMAL);
    if (key == HAL_KEY_UP)
        snprintf(row, sizeof row, "ups %u", ++ups);
    else
        snprintf(row, sizeof row, "%c", (char)key);
    return show(hal, SCREEN_KEY, row);
}

static int counter_entry(const struct hal *hal)
{
    uint32_t count = 0, ready;
    runs++;
    thread_runs++;
    int status = count_boot(hal, &count);
    snprintf(text, sizeof text, "runs %u+%u boots %u%s", runs, thread_runs, (unsigned)count, message ? message : "");
    message = text;
    if (status == OK)
        status = show(hal, SCREEN_IDLE, text);
    while (status == OK) {
        status = hal_wait(hal, HAL_SRC_KEYPAD, HAL_FOREVER, HAL_WAIT_IDLE, &ready);
        if (status == OK)
            status = handle_key(hal);
    }
    return status;
}

static int counter_inspect(const struct hal *hal, const struct firmware_sink *sink)
{
    struct firmware_state state = {.schema = runs++};
    int file, status = HAL_CALL(hal, fs, open, "boots", 0, &file);
    if (status)
        return status;
    status = read_count(hal, file, &state.next_trace);
    HAL_CALL(hal, fs, close, file);
    if (status == OK && sink->state)
        sink->state(sink->ctx, &state);
    return status;
}

IMAGE("test-counter", counter_entry, counter_inspect);
