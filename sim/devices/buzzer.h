/* Buzzer and the four LEDs. Outside: what is lit, and how often it beeped. */
#ifndef POSBENCH_SIM_DEVICES_BUZZER_H
#define POSBENCH_SIM_DEVICES_BUZZER_H

#include "sim/port.h"

struct sim_buzzer {
    const struct sim_port *port;
    uint8_t leds;   /* bit 0..3: blue, yellow, green, red; dark after a power loss */
    uint64_t beeps; /* since sim_buzzer_init */
    uint16_t last_hz, last_ms;
};

extern const struct sim_device_class sim_buzzer_class;

void sim_buzzer_init(struct sim_buzzer *d, const struct sim_port *port);
struct hal_buzzer sim_buzzer_hal(struct sim_buzzer *d);

#endif
