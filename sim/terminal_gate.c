/*
 * The gate between image code and the machine: every HAL call comes in by gate_enter and goes out by gate_leave (the
 * tap does it). Here a call costs its microsecond, a power loss shows, and a core that calls without end is caught.
 * Also hal.wait, which is the machine's own.
 */
#include "sim/terminal_internal.h"

void gate_leave(void *machine)
{
    struct terminal *t = machine;
    t->watch->in_call = 0;
    t->watch->in_core = t->number;
}

int gate_enter(void *machine)
{
    struct terminal *t = machine;
    struct core *c = &t->core;
    t->watch->in_core = 0;
    t->watch->in_call = t->number;
    t->watch->calls++;
    if (!t->lost) {
        if (++c->calls_since_wait > t->busy_calls)
            core_abandon(t, TERMINAL_BUSY);
        world_spend(t->world, 1);
        core_yield(t);
    }
    if (!t->lost)
        return OK;
    if (++c->calls_since_loss > t->unwind_calls)
        core_abandon(t, TERMINAL_IGNORED);
    gate_leave(t); /* refused: the caller goes straight back */
    return HAL_E_POWER;
}

uint32_t gate_ready(const struct terminal *t, uint32_t sources)
{
    uint32_t ready = 0;
    for (const struct terminal_device *row = terminal_devices(); row->class; row++)
        if (row->class->source & sources && row->class->ready && row->class->ready(terminal_device_at(t, row)))
            ready |= row->class->source;
    return ready;
}

static uint32_t known_sources(const struct terminal *t)
{
    uint32_t known = 0;
    for (const struct terminal_device *row = terminal_devices(); row->class; row++)
        if (!row->class->there || row->class->there(terminal_device_at(t, row)))
            known |= row->class->source;
    return known;
}

static bool something_ready(const void *terminal)
{
    const struct terminal *t = terminal;
    return gate_ready(t, t->wait_sources) != 0;
}

static int gate_wait(void *ctx, uint32_t sources, uint64_t deadline_us, unsigned flags, uint32_t *ready)
{
    struct terminal *t = ctx;
    *ready = 0;
    if (sources & ~known_sources(t))
        return HAL_E_UNSUPPORTED;
    t->wait_sources = sources;
    t->wait_idle = flags & HAL_WAIT_IDLE;
    int status = core_block(t, sim_clock_world_us(&t->clock, deadline_us), something_ready, t);
    t->wait_idle = false;
    if (status == OK)
        *ready = gate_ready(t, sources);
    return status;
}

struct hal_wait gate_wait_hal(struct terminal *t)
{
    static const struct hal_wait_ops ops = {.wait = gate_wait};
    return (struct hal_wait){.ops = &ops, .ctx = t};
}
