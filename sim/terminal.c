/*
 * Manufacture of a terminal: storage filled, keys burnt, devices made and wired, and the simple questions about it.
 * What a terminal does lies in the files that terminal_internal.h lists.
 */
#include "sim/terminal_internal.h"

#include <stdlib.h>
#include <string.h>

#define UNWIND_CALLS 1000
#define BUSY_CALLS 5000000
#define TMK_SLOT 0 /* where a terminal master key is injected (DOMAIN 4.4) */
#define CONFIG_FILE "config.json"

#define DEVICE(name) .class = &sim_##name##_class, .offset = offsetof(struct terminal, name)
static const struct terminal_device devices[] = {
    {DEVICE(keypad), .is_state = true},
    {DEVICE(display), .is_state = true},
    {DEVICE(buzzer), .is_state = true},
    {DEVICE(printer), .is_state = false}, /* what was printed does not decide how the terminal goes on */
    {DEVICE(reader), .is_state = true},
    {DEVICE(magstripe), .is_state = true},
    {DEVICE(contactless), .is_state = true},
    {DEVICE(modem), .is_state = true},
    {DEVICE(clock), .is_state = true},
    {DEVICE(rng), .is_state = false}, /* its streams are derived from this hash */
    {DEVICE(se), .is_state = true},
    {DEVICE(power), .is_state = true},
    {DEVICE(log), .is_state = true},
    {.class = NULL},
};

const struct terminal_device *terminal_devices(void)
{
    return devices;
}

static void pull_card(void *terminal)
{
    terminal_pull(terminal);
}

static void take_from_field(void *terminal)
{
    terminal_leave_field(terminal, NULL);
}

void terminal_pull(struct terminal *t)
{
    if (sim_reader_remove(&t->reader) == OK && t->on_removed)
        t->on_removed(t->on_removed_ctx);
}

bool terminal_holds(const struct terminal *t, const void *card_ctx)
{
    return sim_reader_has_card(&t->reader) && t->reader.card.ctx == card_ctx;
}

static uint64_t count_storage_ops(const void *terminal)
{
    return storage_ops(((const struct terminal *)terminal)->storage);
}

static int change_device(void *machine, enum storage_op_kind kind, const char *device, int (*fn)(void *ctx), void *ctx)
{
    return storage_device_op(((struct terminal *)machine)->storage, kind, device, fn, ctx);
}

static void storage_begins(void *terminal, const struct storage_op *op)
{
    const struct terminal *t = terminal;
    if (t->on_storage)
        t->on_storage(t->on_storage_ctx, op);
}

void terminal_on_storage(struct terminal *t, void (*fn)(void *ctx, const struct storage_op *op), void *ctx)
{
    t->on_storage = fn;
    t->on_storage_ctx = ctx;
}

void terminal_wire(struct terminal *t)
{
    /* touch, scanner, temperature and tamper are not simulated: no ops, HAL_E_UNSUPPORTED */
    struct hal under = {
        .wait = gate_wait_hal(t),
        .keypad = sim_keypad_hal(&t->keypad),
        .display = sim_display_hal(&t->display),
        .buzzer = sim_buzzer_hal(&t->buzzer),
        .printer = sim_printer_hal(&t->printer),
        .reader = fault_reader_hal(&t->fault_reader),
        .magstripe = sim_magstripe_hal(&t->magstripe),
        .contactless = fault_contactless_hal(&t->fault_contactless),
        .modem = sim_modem_hal(&t->modem),
        .fs = storage_fs(t->storage),
        .flash = storage_flash(t->storage),
        .clock = sim_clock_hal(&t->clock),
        .rng = sim_rng_hal(&t->rng),
        .se = sim_se_hal(&t->se),
        .power = sim_power_hal(&t->power),
        .cpu = boot_cpu_hal(t),
        .log = sim_log_hal(&t->log),
    };
    struct storage_hooks hooks = {.ctx = t, .op = storage_begins, .cut = power_planned_cut};
    storage_hooks_set(t->storage, &hooks);
    tap_init(&t->tap, &t->port, &under, &t->hal);
    tap_storage_ops(&t->tap, count_storage_ops, t);
}

static int make_devices(struct terminal *t, struct network *n, const struct profile *p)
{
    sim_keypad_init(&t->keypad, &t->port, &t->se);
    sim_display_init(&t->display, &t->port, &p->display);
    sim_display_on_show(&t->display, screen_shown, t);
    sim_buzzer_init(&t->buzzer, &t->port);
    sim_printer_init(&t->printer, &t->port);
    sim_reader_init(&t->reader, &t->port);
    if (p->character)
        sim_reader_at_characters(&t->reader, &t->clock);
    sim_magstripe_init(&t->magstripe, &t->port);
    sim_contactless_init(&t->contactless, &t->port, p->contactless);
    sim_clock_init(&t->clock, &t->port);
    sim_rng_init(&t->rng, &t->port);
    sim_power_init(&t->power, &t->port, power_reset_op, power_off_op);
    sim_log_init(&t->log, &t->port);

    struct hal_reader reader = sim_reader_hal(&t->reader);
    fault_reader_init(&t->fault_reader, &t->port, &reader, pull_card, t);
    struct hal_contactless air = sim_contactless_hal(&t->contactless);
    fault_contactless_init(&t->fault_contactless, &t->port, &air, take_from_field, t);
    struct hal_reader to_card = fault_reader_se_hal(&t->fault_reader);
    sim_se_init(&t->se, &t->port, &to_card, image_test_public_key());
    return sim_modem_init(&t->modem, &t->port, n, &t->clock);
}

/* What leaves the factory: keys, date, supply, the core in slot A and the merchant's configuration. */
static int fill(struct terminal *t, const struct terminal_config *config)
{
    const struct profile *p = config->profile;
    struct hal_power_state supply = {.mains = p->mains, .battery_percent = p->battery_percent, .charging = p->mains};
    int status = sim_power_supply(&t->power, &supply);
    if (status == OK && p->clock.year)
        status = sim_clock_adjust(&t->clock, &p->clock);
    if (status == OK && p->tmk_len) {
        status = sim_se_burn(&t->se, TMK_SLOT, HAL_USE_TMK, HAL_ALG_TDES, p->tmk, p->tmk_len);
        record_secret_bytes(t->record, p->tmk, p->tmk_len);
    }
    if (status == OK)
        status = storage_put_area(t->storage, HAL_AREA_SLOT_A, 0, config->core_slot, config->core_slot_len);
    if (status == OK && p->config)
        status = storage_put_file(t->storage, CONFIG_FILE, p->config, strlen(p->config));
    return status;
}

struct terminal *terminal_create(struct world *w, struct record *r, struct network *n,
                                 const struct terminal_config *config)
{
    struct terminal *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->number = config->number;
    t->world = w;
    t->record = r;
    t->watch = config->watch ? config->watch : &t->own_watch;
    t->unwind_calls = config->unwind_calls ? config->unwind_calls : UNWIND_CALLS;
    t->busy_calls = config->busy_calls ? config->busy_calls : BUSY_CALLS;
    t->boot = config->boot;
    t->port = (struct sim_port){.world = w,
                                .record = r,
                                .terminal = t->number,
                                .machine = t,
                                .wake = core_wake,
                                .block = core_block,
                                .enter = gate_enter,
                                .leave = gate_leave,
                                .change = change_device};
    t->silent = true; /* until it is whole */
    t->storage = storage_create(&config->profile->storage);
    t->paper_memo = paper_memo_create();
    if (!t->paper_memo || rng_own_openssl() || core_create(&t->core) || make_devices(t, n, config->profile) || !t->storage ||
        fill(t, config)) {
        terminal_destroy(t);
        return NULL;
    }
    t->core_image = boot_image_of_slot(config->core_slot, config->core_slot_len);
    terminal_wire(t);
    t->silent = false;
    return t;
}

void terminal_destroy(struct terminal *t)
{
    if (!t)
        return;
    t->silent = true;
    t->reboot = false;
    if (t->core.alive && !t->lost)
        power_lose(t, CUT_ALL, 0, "off"); /* the core gives back what it holds */
    for (const struct terminal_device *row = devices; row->class; row++)
        world_cancel_all(t->world, terminal_device_at(t, row));
    world_cancel_all(t->world, t);
    if (t->modem.port)
        sim_modem_clear(&t->modem);
    sim_printer_clear(&t->printer);
    sim_se_clear(&t->se);
    storage_destroy(t->storage);
    paper_memo_destroy(t->paper_memo);
    core_destroy(&t->core);
    image_release(t);
    free(t);
}

enum terminal_state terminal_state(const struct terminal *t)
{
    return t->state;
}

bool terminal_tainted(const struct terminal *t)
{
    return t->tainted;
}

int terminal_result(const struct terminal *t)
{
    return t->core.result;
}

bool terminal_idle(const struct terminal *t)
{
    return t->core.alive && t->core.blocked && t->wait_idle && !gate_ready(t, t->wait_sources);
}

uint64_t terminal_boots(const struct terminal *t)
{
    return t->boots;
}

uint32_t terminal_floor(const struct terminal *t)
{
    return t->se.durable.floor;
}

const struct firmware *terminal_firmware(const struct terminal *t)
{
    return t->running ? image_firmware(t->running) : NULL;
}

int terminal_clock(const struct terminal *t, struct hal_datetime *out)
{
    return sim_clock_date(&t->clock, out);
}

struct storage *terminal_storage(struct terminal *t)
{
    return t->storage;
}
