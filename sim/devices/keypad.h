/*
 * The PIN pad's keys: a volatile queue of 32, and the PIN mode of ISO 9564-1, in which digits go to the secure element
 * and never to the core. Outside: sim_keypad_press.
 */
#ifndef POSBENCH_SIM_DEVICES_KEYPAD_H
#define POSBENCH_SIM_DEVICES_KEYPAD_H

#include "sim/port.h"

#define SIM_KEYPAD_QUEUE 32

struct sim_se;

struct sim_keypad {
    const struct sim_port *port;
    struct sim_se *se; /* holds the PIN buffer */
    uint8_t queue[SIM_KEYPAD_QUEUE];
    size_t first, count;
    bool pin_mode;
    uint8_t pin_max;
};

extern const struct sim_device_class sim_keypad_class;

void sim_keypad_init(struct sim_keypad *d, const struct sim_port *port, struct sim_se *se);
struct hal_keypad sim_keypad_hal(struct sim_keypad *d);

/* A person presses a key. E_INVAL: no such key. E_LIMIT: the queue is full, the key is lost with a beep (in the
 * record). In PIN mode a digit beyond the longest PIN has no effect. The key itself is recorded by the tap, when the
 * core reads it. */
int sim_keypad_press(struct sim_keypad *d, enum hal_key key);

#endif
