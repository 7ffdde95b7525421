/*
 * The core's own stack (one thread, two stacks). The core is straight-line code that blocks in HAL calls;
 * blocking is a switch to the main stack, where the world pops events until one of them resumes the core. So the core
 * only ever runs inside a world event, or inside the call that powers the terminal on.
 *
 * Every suspension has an epoch, and the events that may end it carry it: an alarm or a wake-up that comes late finds
 * another epoch and does nothing.
 */
#include "sim/terminal_fiber.h"
#include "sim/terminal_internal.h"

#include <openssl/err.h>
#include <sys/mman.h>
#include <unistd.h>

int core_create(struct core *c)
{
    c->guard_len = (size_t)sysconf(_SC_PAGESIZE);
    c->mapping_len = c->guard_len + FIBER_STACK_BYTES;
    c->mapping = mmap(NULL, c->mapping_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (c->mapping == MAP_FAILED) {
        c->mapping = NULL;
        return E_NOMEM;
    }
    c->here_mark = (struct fiber_mark){.bottom = c->mapping + c->guard_len, .size = FIBER_STACK_BYTES};
    return mprotect(c->mapping, c->guard_len, PROT_NONE) == 0 ? OK : E_NOMEM;
}

void core_destroy(struct core *c)
{
    if (c->mapping)
        munmap(c->mapping, c->mapping_len);
    c->mapping = NULL;
}

/* Leaves the core's stack. With `last` it is never entered again. */
static void suspend(struct terminal *t, bool last)
{
    struct core *c = &t->core;
    t->watch->in_call = 0;
    fiber_leave(last ? NULL : &c->here_mark, &c->main_mark);
    if (swapcontext(&c->here, &c->main) == 0)
        fiber_arrive(&c->here_mark, &c->main_mark);
    t->watch->in_call = t->number; /* it always sleeps inside a call */
}

static void run_entry(unsigned high, unsigned low)
{
    struct terminal *t = (struct terminal *)((uintptr_t)high << 32 | low); /* makecontext passes ints */
    fiber_arrive(&t->core.here_mark, &t->core.main_mark);
    t->core.result = boot_entry(t);
    t->core.alive = false;
    suspend(t, true);
}

int core_start(struct terminal *t)
{
    struct core *c = &t->core;
    if (getcontext(&c->here) != 0)
        return E_STATE;
    fiber_fresh(&c->here_mark);
    c->here.uc_stack.ss_sp = c->mapping + c->guard_len;
    c->here.uc_stack.ss_size = FIBER_STACK_BYTES;
    c->here.uc_link = NULL;
    makecontext(&c->here, (void (*)(void))run_entry, 2, (unsigned)((uintptr_t)t >> 32), (unsigned)(uintptr_t)t);
    c->alive = true;
    c->blocked = false;
    c->calls_since_wait = c->calls_since_loss = 0;
    core_resume(t);
    return OK;
}

void core_resume(struct terminal *t)
{
    struct core *c = &t->core;
    c->running = true;
    c->epoch++;
    if (t->running) { /* cannot fail: this terminal has claimed both before, when it started them */
        image_claim(t->boot, t);
        image_claim(t->running, t);
    }
    ERR_clear_error(); /* OpenSSL's error queue is the process's: what somebody left there is not for this core */
    rng_route_openssl(&t->openssl);
    fiber_leave(&c->main_mark, &c->here_mark);
    if (swapcontext(&c->main, &c->here) == 0)
        fiber_arrive(&c->main_mark, NULL);
    rng_route_openssl(NULL);
    c->running = false;
    t->watch->in_core = 0;
    if (!c->alive)
        power_core_ended(t);
}

static bool may_go_on(const struct terminal *t)
{
    const struct core *c = &t->core;
    if (!c->blocked || t->lost)
        return true;
    return world_now(t->world) >= c->until_us || (c->done && c->done(c->device));
}

static void on_event(void *terminal, uint64_t epoch)
{
    struct terminal *t = terminal;
    if (!t->core.alive || t->core.running || t->core.epoch != epoch)
        return;
    t->core.woken = 0;
    if (may_go_on(t))
        core_resume(t);
}

void core_wake(void *machine)
{
    struct terminal *t = machine;
    struct core *c = &t->core;
    if (c->alive && c->blocked && c->woken != c->epoch && world_at(t->world, 0, on_event, t, c->epoch))
        c->woken = c->epoch;
}

/* One turn only: two terminals that both yielded at the same instant would otherwise wait for each other for ever. */
void core_yield(struct terminal *t)
{
    if (world_next(t->world) <= world_now(t->world) && world_at(t->world, 0, on_event, t, t->core.epoch))
        suspend(t, false);
}

int core_block(void *machine, uint64_t until_us, bool (*done)(const void *device), const void *device)
{
    struct terminal *t = machine;
    struct core *c = &t->core;
    while (!t->lost) {
        if (done && done(device))
            return OK;
        if (until_us <= world_now(t->world))
            return done ? HAL_E_TIMEOUT : OK;
        if (until_us != WORLD_NEVER && !(c->alarm = world_at(t->world, until_us, on_event, t, c->epoch)))
            return E_NOMEM; /* it would never wake */
        c->until_us = until_us;
        c->done = done;
        c->device = device;
        c->blocked = true;
        c->calls_since_wait = 0;
        suspend(t, false);
        c->blocked = false;
        world_cancel(t->world, c->alarm);
        c->alarm = 0;
    }
    return HAL_E_POWER;
}

_Noreturn void core_abandon(struct terminal *t, enum terminal_state state)
{
    t->core.alive = false;
    t->core.epoch++;
    t->state = state;
    t->tainted = true;
    for (;;)
        suspend(t, false); /* nobody comes back here; its stack stays as it is until the terminal is destroyed */
}
