#include "sim/devices/buzzer.h"

#define LED_MASK 0x0F

static int buzzer_beep(void *ctx, uint16_t hz, uint16_t ms)
{
    struct sim_buzzer *d = ctx;
    d->beeps++;
    d->last_hz = hz;
    d->last_ms = ms;
    return OK;
}

static int buzzer_led(void *ctx, uint8_t mask)
{
    struct sim_buzzer *d = ctx;
    if (mask & ~LED_MASK)
        return E_INVAL;
    d->leds = mask;
    return OK;
}

static const struct hal_buzzer_ops BUZZER_OPS = {.beep = buzzer_beep, .led = buzzer_led};

static void buzzer_reset(void *device)
{
    struct sim_buzzer *d = device;
    d->leds = 0;
}

const struct sim_device_class sim_buzzer_class = {.name = "buzzer", .reset = buzzer_reset};

void sim_buzzer_init(struct sim_buzzer *d, const struct sim_port *port)
{
    *d = (struct sim_buzzer){.port = port};
}

struct hal_buzzer sim_buzzer_hal(struct sim_buzzer *d)
{
    return (struct hal_buzzer){&BUZZER_OPS, d};
}
