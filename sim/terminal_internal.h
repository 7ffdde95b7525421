/*
 * The inside of a terminal, shared by its files:
 *
 *   terminal.c            manufacture, questions, the table of devices
 *   terminal_core.c       the core's stack: run, block, wake
 *   terminal_fiber.h      what AddressSanitizer must be told of it
 *   terminal_gate.c       every HAL call's way in and out; hal.wait
 *   terminal_boot.c       the ROM, hal.cpu
 *   terminal_power.c      on, cut, reset, off, settle
 *   terminal_snapshot.c   durable state
 *   terminal_inspect.c    an image's look at its own data
 *   terminal_screen.c     what is seen
 *   terminal_people.c     what is done
 */
#ifndef POSBENCH_SIM_TERMINAL_INTERNAL_H
#define POSBENCH_SIM_TERMINAL_INTERNAL_H

#include "sim/chain/fault_contactless.h"
#include "sim/chain/fault_reader.h"
#include "sim/chain/tap.h"
#include "sim/devices/buzzer.h"
#include "sim/devices/clock.h"
#include "sim/devices/contactless.h"
#include "sim/devices/display.h"
#include "sim/devices/keypad.h"
#include "sim/devices/log.h"
#include "sim/devices/magstripe.h"
#include "sim/devices/modem.h"
#include "sim/devices/power.h"
#include "sim/devices/printer.h"
#include "sim/devices/reader.h"
#include "sim/devices/rng.h"
#include "sim/devices/se.h"
#include "sim/port.h"
#include "sim/rng.h"
#include "sim/terminal.h"

#include <ucontext.h>

struct paper_memo; /* terminal_snapshot.c: the roll as the snapshots share it */

/* Whose stack is known to AddressSanitizer as which; unused without it. */
struct fiber_mark {
    void *fake_stack;
    const void *bottom;
    size_t size;
};

/* Code of an image on a stack of its own. */
struct core {
    ucontext_t here, main; /* main: whoever resumed it last */
    struct fiber_mark here_mark, main_mark;
    uint8_t *mapping; /* guard page, then the stack */
    size_t mapping_len, guard_len;
    bool alive;   /* entry was called and has neither returned nor been abandoned */
    bool running; /* it is its stack that executes now */
    bool blocked; /* in block(): resumed when one of the next three says so */
    uint64_t until_us;
    bool (*done)(const void *device);
    const void *device;
    uint64_t alarm; /* event at until_us */
    uint64_t epoch; /* counts suspensions: an event of an earlier one is stale */
    uint64_t woken; /* epoch that has a wake-up under way */
    uint64_t calls_since_wait, calls_since_loss;
    int result;
};

struct terminal {
    unsigned number;
    struct world *world;
    struct record *record;
    struct terminal_watch *watch, own_watch;
    uint32_t unwind_calls;
    uint64_t busy_calls;
    struct sim_port port;

    struct sim_keypad keypad;
    struct sim_display display;
    struct sim_buzzer buzzer;
    struct sim_printer printer;
    struct paper_memo *paper_memo;
    struct sim_reader reader;
    struct sim_magstripe magstripe;
    struct sim_contactless contactless;
    struct sim_modem modem;
    struct sim_clock clock;
    struct sim_rng rng;
    struct sim_se se;
    struct sim_power power;
    struct sim_log log;
    struct storage *storage;
    struct fault_reader fault_reader;
    struct fault_contactless fault_contactless;
    struct tap tap;
    struct hal hal; /* what the core gets */

    struct core core;
    enum terminal_state state;
    bool powered;         /* there is a supply; also during the instant of a reset */
    bool lost;            /* power is gone and the core has not been cleared away yet */
    bool tainted, silent; /* silent: going away, nothing more for the record */
    bool reboot;          /* the loss is a reset */
    uint64_t reboot_event;
    unsigned flickers;      /* moments of a brown-out that are still to come, the present one included */
    uint64_t flicker_event; /* end of the present one */
    enum cut_mode loss_mode;
    uint64_t loss_seed;
    uint64_t boots;
    struct cut_plan plan; /* number counted over the life of the storage */

    struct image *boot, *running;
    struct image *core_image; /* what the ROM started last, whose data lies in the storage */
    struct rng openssl;       /* what OpenSSL draws from while the core runs */
    uint32_t wait_sources;
    bool wait_idle;

    void (*on_removed)(void *ctx);
    void *on_removed_ctx;
    void (*on_screen)(void *ctx, const struct terminal_screen *screen);
    void *on_screen_ctx;
    void (*on_storage)(void *ctx, const struct storage_op *op);
    void *on_storage_ctx;
};

struct terminal_device {
    const struct sim_device_class *class;
    size_t offset; /* in struct terminal */
    bool is_state; /* hashed: what it holds decides how the terminal goes on */
};
/* The table of devices; ends with class NULL. */
const struct terminal_device *terminal_devices(void);
static inline const void *terminal_device_at(const struct terminal *t, const struct terminal_device *row)
{
    return (const char *)t + row->offset;
}

/* terminal.c: builds the chain core -> tap -> fault -> device anew; the storage may be another than before. */
void terminal_wire(struct terminal *t);

/* terminal_core.c */
int core_create(struct core *c);
void core_destroy(struct core *c);
int core_start(struct terminal *t);   /* runs t->boot's entry from its beginning until it first blocks */
void core_resume(struct terminal *t); /* on the main stack, while alive */
void core_yield(struct terminal *t);  /* on the core's: lets the events that are due now go first */
int core_block(void *machine, uint64_t until_us, bool (*done)(const void *device), const void *device);
void core_wake(void *machine);
_Noreturn void core_abandon(struct terminal *t, enum terminal_state state);

/* terminal_gate.c */
int gate_enter(void *machine);
void gate_leave(void *machine);
struct hal_wait gate_wait_hal(struct terminal *t);
uint32_t gate_ready(const struct terminal *t, uint32_t sources);

/* terminal_boot.c */
int boot_entry(struct terminal *t);                        /* on the core's stack: the ROM from reset to its end */
void boot_select(struct terminal *t, struct image *image); /* whose code runs from now on; NULL: none */
struct image *boot_image_of_slot(const uint8_t *slot, size_t len); /* NULL: it holds none that can be loaded */
struct hal_cpu boot_cpu_hal(struct terminal *t);

/* terminal_power.c */
void power_lose(struct terminal *t, enum cut_mode mode, uint64_t seed, const char *what);
void power_core_ended(struct terminal *t); /* on the main stack: entry returned, or the core was abandoned */
void power_planned_cut(void *terminal);    /* storage hook */
void power_reset_op(void *machine);        /* hal.power */
void power_off_op(void *machine);

/* terminal_snapshot.c */
struct paper_memo *paper_memo_create(void); /* NULL: out of memory */
void paper_memo_destroy(struct paper_memo *memo);

/* terminal_screen.c */
void screen_shown(void *terminal, const struct sim_display_screen *screen);

#endif
