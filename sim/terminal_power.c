/*
 * Power: on, and the ways in which it goes. A loss has three steps. At the instant the storage freezes and every HAL
 * call begins to answer HAL_E_POWER; then the core unwinds, at once and in no time; when its entry has returned (or it
 * was given up), the storage decides what survived and the devices forget what they forget.
 *
 * A brown-out is a loss after which the supply comes back three times for a moment. It is made of what is here anyway:
 * a loss that reboots, like a reset, and a planned cut of that boot. The moments are counted down; between them there
 * is "a supply", as during the pulse of a reset, so nobody can switch on or put back a snapshot meanwhile.
 */
#include "sim/terminal_internal.h"

#define RESET_US 1000   /* supervisor's reset pulse */
#define DARK_US 20000   /* between two moments of a brown-out */
#define LIGHT_US 300000 /* how long one lasts, unless the storage is used: a boot, and what it does first */

/* The storage operation before which each moment of a brown-out ends: a boot that wrote nothing yet, one operation, and
 * a few. */
static const uint64_t flicker_ops[] = {1, 2, 4};
#define FLICKERS (sizeof flicker_ops / sizeof *flicker_ops)

static void record_power(struct terminal *t, const char *what, bool is_loss)
{
    if (t->silent)
        return;
    record_begin(t->record, t->number, "power");
    record_text(t->record, "what", what);
    if (is_loss) {
        record_number(t->record, "op", (int64_t)storage_ops(t->storage));
        record_text(t->record, "mode", cut_mode_info(t->loss_mode)->name);
    }
    record_end(t->record);
}

static void record_end_of_core(struct terminal *t, const char *what)
{
    if (t->silent)
        return;
    record_begin(t->record, t->number, "power");
    record_text(t->record, "what", what);
    record_text(t->record, "status", status_name(t->core.result));
    record_end(t->record);
}

/* Everything that a boot may depend on besides time: the seed and what is durable. */
static void seed_streams(struct terminal *t)
{
    uint8_t durable[32];
    terminal_hash(t, durable);
    sim_rng_boot(&t->rng, world_seed(t->world), durable);
    rng_init_hash(&t->openssl, world_seed(t->world), "openssl", durable);
}

static int boot_now(struct terminal *t)
{
    t->powered = true;
    t->state = TERMINAL_RUNNING;
    t->boots++;
    seed_streams(t);
    sim_clock_boot(&t->clock);
    return core_start(t);
}

int terminal_power_on(struct terminal *t)
{
    if (t->powered || t->core.alive)
        return E_STATE;
    record_power(t, "on", false);
    return boot_now(t);
}

bool terminal_browning(const struct terminal *t)
{
    return t->flickers > 0;
}

static void flicker_cut(struct terminal *t)
{
    world_cancel(t->world, t->flicker_event);
    t->flicker_event = 0;
    terminal_plan_cut(t, NULL);
    t->reboot = --t->flickers > 0;
    power_lose(t, CUT_NONE, 0, "cut");
}

static void on_flicker_over(void *terminal, uint64_t arg)
{
    struct terminal *t = terminal;
    (void)arg;
    if (!t->lost && !t->reboot_event)
        flicker_cut(t);
    else /* in the middle of a reset: the supply goes with it */
        t->flicker_event = world_in(t->world, RESET_US, on_flicker_over, t, 0);
}

static void flicker_start(struct terminal *t)
{
    const struct cut_plan plan = {.number = flicker_ops[FLICKERS - t->flickers], .when = CUT_BEFORE, .mode = CUT_NONE};
    terminal_plan_cut(t, &plan);
    t->flicker_event = world_in(t->world, LIGHT_US, on_flicker_over, t, 0);
    record_power(t, "on", false);
}

/* The supply is steady from now on, or gone. */
static void flicker_end(struct terminal *t)
{
    if (!t->flickers)
        return;
    t->flickers = 0;
    if (t->flicker_event)
        world_cancel(t->world, t->flicker_event);
    t->flicker_event = 0;
    terminal_plan_cut(t, NULL);
}

static void on_reboot(void *terminal, uint64_t arg)
{
    struct terminal *t = terminal;
    (void)arg;
    t->reboot_event = 0;
    if (t->flickers && !t->flicker_event) /* else the core has reset itself within a moment */
        flicker_start(t);
    boot_now(t);
}

static void settle(struct terminal *t)
{
    storage_settle(t->storage, t->loss_mode, t->loss_seed);
    for (const struct terminal_device *row = terminal_devices(); row->class; row++)
        if (row->class->reset)
            row->class->reset((char *)t + row->offset);
    tap_reset(&t->tap);
    boot_select(t, NULL);
    t->lost = false;
    if (t->state != TERMINAL_IGNORED)
        t->state = t->flickers ? TERMINAL_RUNNING : TERMINAL_OFF;
    if (t->reboot)
        t->reboot_event = world_in(t->world, t->flickers && !t->flicker_event ? DARK_US : RESET_US, on_reboot, t, 0);
    t->reboot = false;
}

void power_core_ended(struct terminal *t)
{
    if (t->state == TERMINAL_BUSY) {
        flicker_end(t);
        record_power(t, "hung", false);
    } else if (!t->lost) {
        t->state = TERMINAL_RETURNED;
        record_end_of_core(t, "returned");
    } else {
        record_end_of_core(t, t->state == TERMINAL_IGNORED ? "ignored" : "lost");
        if (t->state == TERMINAL_IGNORED) {
            flicker_end(t);
            t->powered = t->reboot = false;
        }
        settle(t);
    }
}

void power_lose(struct terminal *t, enum cut_mode mode, uint64_t seed, const char *what)
{
    storage_freeze(t->storage);
    t->lost = true;
    t->loss_mode = mode;
    t->loss_seed = seed;
    t->powered = t->reboot;
    record_power(t, what, true);
    if (t->core.running)
        return; /* on its own stack: the call that is running answers HAL_E_POWER, and it unwinds from there */
    if (t->core.alive)
        core_resume(t);
    else
        settle(t);
}

static void cut(struct terminal *t, enum cut_mode mode, uint64_t seed)
{
    t->flickers = mode == CUT_BROWNOUT ? FLICKERS : 0;
    t->reboot = t->flickers > 0;
    power_lose(t, mode, seed, "cut");
}

int terminal_brown_out(struct terminal *t)
{
    if (t->powered || t->core.alive || t->reboot_event)
        return E_STATE;
    t->flickers = FLICKERS;
    t->state = TERMINAL_RUNNING;
    t->reboot_event = world_in(t->world, DARK_US, on_reboot, t, 0);
    return OK;
}

int terminal_power_cut(struct terminal *t, enum cut_mode mode, uint64_t seed)
{
    if (!t->powered || mode >= CUT_MODES)
        return t->powered ? E_INVAL : E_STATE;
    flicker_end(t);
    if (t->lost) { /* in the middle of a reset: it does not come back */
        t->powered = t->reboot = false;
        return OK;
    }
    if (t->reboot_event) {
        world_cancel(t->world, t->reboot_event);
        t->reboot_event = 0;
        t->powered = false;
        t->state = TERMINAL_OFF;
        record_power(t, "cut", false);
        return OK;
    }
    cut(t, mode, seed);
    return OK;
}

void terminal_plan_cut(struct terminal *t, const struct cut_plan *plan)
{
    struct cut_plan absolute = plan ? *plan : (struct cut_plan){0};
    if (absolute.number)
        absolute.number += storage_ops(t->storage);
    storage_plan_cut(t->storage, absolute.number ? &absolute : NULL);
    t->plan = absolute;
}

void power_planned_cut(void *terminal)
{
    struct terminal *t = terminal;
    if (!t->powered || t->lost)
        return;
    if (t->flicker_event)
        flicker_cut(t);
    else
        cut(t, t->plan.mode, t->plan.seed);
}

void power_reset_op(void *machine)
{
    struct terminal *t = machine;
    if (t->lost)
        return;
    t->reboot = true;
    power_lose(t, CUT_ALL, 0, "reset");
}

void power_off_op(void *machine)
{
    struct terminal *t = machine;
    if (t->lost)
        return;
    flicker_end(t); /* switched off, it does not come back with the supply */
    power_lose(t, CUT_ALL, 0, "off");
}
