/*
 * What a simulated device may ask of the machine it sits in. Devices know this and nothing else: no terminal, no other
 * device.
 */
#ifndef POSBENCH_SIM_PORT_H
#define POSBENCH_SIM_PORT_H

#include "core/hal.h"
#include "sim/record.h"
#include "sim/storage/storage.h"
#include "sim/world.h"

struct sim_port {
    struct world *world;
    struct record *record;
    unsigned terminal; /* number in the record, from 1 */
    void *machine;
    /* Something a blocked core may wait for has changed. Callable from any event. */
    void (*wake)(void *machine);
    /* Only on the core's stack: lets the world run until done(device) or `until_us`. OK, HAL_E_TIMEOUT, HAL_E_POWER.
     * done NULL: only time. */
    int (*block)(void *machine, uint64_t until_us, bool (*done)(const void *device), const void *device);
    /* Every HAL call passes here first and last (the tap does it): power check, one microsecond, due events, the "in
     * core" mark. enter returns OK or HAL_E_POWER (then the call must not happen). */
    int (*enter)(void *machine);
    void (*leave)(void *machine);
    /* A durable change that the core asked of a device, as a counted operation (storage_device_op): power may go
     * before, inside or after it. NULL: there is no storage, and it is simply done. */
    int (*change)(void *machine, enum storage_op_kind kind, const char *device, int (*fn)(void *ctx), void *ctx);
};

static inline int sim_port_change(const struct sim_port *port, enum storage_op_kind kind, const char *device,
                                  int (*fn)(void *ctx), void *ctx)
{
    return port->change ? port->change(port->machine, kind, device, fn, ctx) : fn(ctx);
}

/* One row per device in the machine's table. `reset` drops volatile state at power loss; `hash` feeds durable state;
 * any may be NULL. */
struct sim_device_class {
    const char *name;
    uint32_t source; /* enum hal_source, 0: none */
    bool (*ready)(const void *device);
    void (*reset)(void *device);
    void (*hash)(const void *device, void (*feed)(void *ctx, const void *bytes, size_t len), void *ctx);
    bool (*there)(const void *device); /* NULL: in every terminal. Nobody can wait for a device that is not there */
};

#endif
