#include "sim/devices/keypad.h"

#include "sim/devices/se.h"

#include <string.h>

#define OVERFLOW_BEEP_HZ 400
#define OVERFLOW_BEEP_MS 100

static bool is_digit(enum hal_key key)
{
    return key >= HAL_KEY_0 && key <= HAL_KEY_9;
}

static bool is_key(enum hal_key key)
{
    static const uint8_t OTHERS[] = {HAL_KEY_ENTER, HAL_KEY_CANCEL, HAL_KEY_CLEAR, HAL_KEY_UP,
                                     HAL_KEY_DOWN,  HAL_KEY_MENU,   HAL_KEY_FUNC};
    return is_digit(key) || (key > 0 && key <= 0xFF && memchr(OTHERS, (int)key, sizeof OTHERS));
}

static void drop_all(struct sim_keypad *d)
{
    explicit_bzero(d->queue, sizeof d->queue); /* digits typed outside PIN mode may still be a manual PAN */
    d->first = d->count = 0;
}

static int keypad_read(void *ctx, enum hal_key *key)
{
    struct sim_keypad *d = ctx;
    if (d->count == 0)
        return HAL_E_EMPTY;
    *key = d->queue[d->first];
    d->queue[d->first] = 0;
    d->first = (d->first + 1) % SIM_KEYPAD_QUEUE;
    d->count--;
    return OK;
}

static int keypad_flush(void *ctx)
{
    drop_all(ctx);
    return OK;
}

static int keypad_pin_mode(void *ctx, bool on, uint8_t max_len)
{
    struct sim_keypad *d = ctx;
    if (on && (max_len < 4 || max_len > SIM_SE_PIN_MAX))
        return E_INVAL;
    if (on && !d->pin_mode)
        sim_se_pin_clear(d->se); /* what an abandoned entry left must not become the head of this one */
    d->pin_mode = on;
    d->pin_max = on ? max_len : 0;
    return OK;
}

static const struct hal_keypad_ops KEYPAD_OPS = {
    .read = keypad_read, .flush = keypad_flush, .pin_mode = keypad_pin_mode};

static bool keypad_ready(const void *device)
{
    const struct sim_keypad *d = device;
    return d->count > 0;
}

static void keypad_reset(void *device)
{
    struct sim_keypad *d = device;
    drop_all(d);
    d->pin_mode = false;
    d->pin_max = 0;
}

const struct sim_device_class sim_keypad_class = {
    .name = "keypad",
    .source = HAL_SRC_KEYPAD,
    .ready = keypad_ready,
    .reset = keypad_reset,
};

void sim_keypad_init(struct sim_keypad *d, const struct sim_port *port, struct sim_se *se)
{
    *d = (struct sim_keypad){.port = port, .se = se};
}

struct hal_keypad sim_keypad_hal(struct sim_keypad *d)
{
    return (struct hal_keypad){&KEYPAD_OPS, d};
}

static void complain(const struct sim_keypad *d)
{
    struct record *r = d->port->record;
    record_begin(r, d->port->terminal, "beep");
    record_number(r, "hz", OVERFLOW_BEEP_HZ);
    record_number(r, "ms", OVERFLOW_BEEP_MS);
    record_end(r);
}

int sim_keypad_press(struct sim_keypad *d, enum hal_key key)
{
    if (!is_key(key))
        return E_INVAL;
    if (d->count == SIM_KEYPAD_QUEUE) {
        complain(d);
        return E_LIMIT;
    }
    uint8_t shown = (uint8_t)key;
    if (d->pin_mode && is_digit(key)) {
        if (sim_se_pin_digit(d->se, (char)key, d->pin_max) != OK)
            return OK; /* longer than any PIN asked for: the pad does not react */
        shown = HAL_KEY_MASKED;
    } else if (d->pin_mode && key == HAL_KEY_CLEAR) {
        sim_se_pin_clear(d->se);
    }
    d->queue[(d->first + d->count) % SIM_KEYPAD_QUEUE] = shown;
    d->count++;
    d->port->wake(d->port->machine);
    return OK;
}
