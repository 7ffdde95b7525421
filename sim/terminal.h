/*
 * One terminal: its devices, the chain tap -> fault -> device behind each, the core on a stack of its own, power, and
 * what is durable in it. Several may live in one world. Callers: scenarios/engine.
 *
 * Life: create (manufacture: flash slot A holds the signed core, config.json and the master key are in place) ->
 * power_on -> ... -> power_cut / reset / off -> power_on ... -> destroy. The core runs only inside world_step() and the
 * calls below that say so.
 */
#ifndef POSBENCH_SIM_TERMINAL_H
#define POSBENCH_SIM_TERMINAL_H

#include "core/firmware.h"
#include "sim/chain/fault_reader.h"
#include "sim/image.h"
#include "sim/network.h"
#include "sim/profile.h"
#include "sim/slot.h"
#include "sim/storage/storage.h"

struct terminal;

/* In memory shared with whoever watches this process: says at any instant whose code runs. */
struct terminal_watch {
    volatile uint32_t in_core; /* number of the terminal whose image code runs now, 0: the bench */
    volatile uint32_t
        in_call; /* likewise, while a HAL call of that core is served on its stack: its arguments are its own */
    volatile uint64_t calls; /* HAL calls so far: a core that spins does not move it */
};

struct terminal_config {
    unsigned number; /* from 1 */
    const struct profile *profile;
    struct image *boot;
    const uint8_t *core_slot; /* packed by image_pack */
    size_t core_slot_len;
    struct terminal_watch *watch; /* may be NULL */
    uint32_t unwind_calls;        /* HAL calls allowed after a power loss; 0: 1000 */
    uint64_t busy_calls;          /* HAL calls allowed without waiting; 0: 5,000,000. More is a busy loop */
};

struct terminal *terminal_create(struct world *w, struct record *r, struct network *n,
                                 const struct terminal_config *config);
void terminal_destroy(struct terminal *t);

enum terminal_state {
    TERMINAL_OFF,
    TERMINAL_RUNNING,
    TERMINAL_RETURNED, /* entry came back although power is on */
    TERMINAL_IGNORED,  /* went on calling the HAL after the power loss: abandoned */
    TERMINAL_BUSY,     /* called the HAL without end and without waiting: abandoned */
};
enum terminal_state terminal_state(const struct terminal *t);
/* A core was abandoned on its stack: this process must not be used for another case. */
bool terminal_tainted(const struct terminal *t);
int terminal_result(const struct terminal *t); /* what entry returned last */
bool terminal_idle(const struct terminal *t);  /* blocked in hal_wait with HAL_WAIT_IDLE and nothing ready */
uint64_t terminal_boots(const struct terminal *t);
uint32_t terminal_floor(const struct terminal *t); /* no image with a lower sequence may be started */

/* Runs the core until it first blocks. E_STATE: it is on. At each boot the rng streams restart from (seed, hash of what
 * is durable). */
int terminal_power_on(struct terminal *t);
/* The supply goes: unwinds the core, then decides what survived. Callable from events and from the core's own stack
 * (then it takes effect when the running HAL call returns HAL_E_POWER). E_STATE: it is off. */
int terminal_power_cut(struct terminal *t, enum cut_mode mode, uint64_t seed);
/* CUT_BROWNOUT, here and by plan: the terminal boots three times by itself and loses its supply again, before its 1st,
 * 2nd and 4th storage operation or after 300 ms. Until that is over this says so, the state is TERMINAL_RUNNING, power_on
 * and restore are refused with E_STATE, and another cut ends it. Then the terminal is off. */
bool terminal_browning(const struct terminal *t);
/* The same for a terminal whose supply has just gone and whose storage has settled: the flicker alone. E_STATE: it is on. */
int terminal_brown_out(struct terminal *t);
/* Cuts at storage operation plan->number counted from now on. NULL: none. */
void terminal_plan_cut(struct terminal *t, const struct cut_plan *plan);

/* Told of every storage operation before it happens, on the core's stack. The storage may be cloned, and the power cut:
 * then the operation does not happen. NULL: nobody. */
void terminal_on_storage(struct terminal *t, void (*fn)(void *ctx, const struct storage_op *op), void *ctx);

/* What a person does. Each is an instant; durations are the caller's. */
int terminal_key(struct terminal *t, enum hal_key key);
int terminal_insert(struct terminal *t, const struct slot_card *card); /* E_STATE: there is one */
int terminal_remove(struct terminal *t);                               /* E_STATE: there is none */
bool terminal_has_card(const struct terminal *t);
bool terminal_holds(const struct terminal *t, const void *card_ctx); /* the card of this context is in the slot */
void terminal_pull(struct terminal *t); /* as terminal_remove, by the card's own doing: told to terminal_on_removed */
int terminal_swipe(struct terminal *t,
                   const struct slot_card *card); /* HAL_E_UNSUPPORTED: no stripe. Not read while disabled */
int terminal_tap(struct terminal *t, const struct slot_card *card); /* into the field: sim_contactless_tap */
int terminal_leave_field(struct terminal *t, const void *card_ctx); /* NULL: whatever is in it. E_STATE: it is not */
bool terminal_in_field(const struct terminal *t);
void terminal_paper(struct terminal *t, bool there);
bool terminal_has_paper(const struct terminal *t);
int terminal_clock(const struct terminal *t, struct hal_datetime *out); /* what it shows; HAL_E_CLOCK: it lost its time */
int terminal_clock_set(struct terminal *t, const struct hal_datetime *when); /* NULL: lost */

/* Faults of the reader, armed in front of the card: struct reader_fault of sim/chain/fault_reader.h. */
int terminal_reader_fault(struct terminal *t, const struct reader_fault *fault); /* at most 8 armed: E_LIMIT */
void terminal_reader_faults_clear(struct terminal *t);
/* The same on the air, at commands only; REMOVE takes every card out of the field. */
int terminal_contactless_fault(struct terminal *t, const struct reader_fault *fault);
void terminal_contactless_faults_clear(struct terminal *t);
/* Re-runs: one fault at exchange `number` with any card from now on, resets counted in; it survives insertions and
 * terminal_reader_faults_clear. number 0: none. E_INVAL. */
int terminal_plan_reader_fault(struct terminal *t, uint64_t number, const struct reader_fault *fault);
/* The same through the air, where there is no reset: a status word can be planned, too. */
int terminal_plan_contactless_fault(struct terminal *t, uint64_t number, const struct reader_fault *fault);
uint64_t terminal_contactless_exchanges(const struct terminal *t);
uint64_t terminal_reader_exchanges(const struct terminal *t); /* since creation or the last restore */
/* Told when a REMOVE fault or terminal_pull took the card out. */
void terminal_on_removed(struct terminal *t, void (*fn)(void *ctx), void *ctx);

/* What a person sees. */
struct terminal_screen {
    uint64_t number; /* counts screens shown since creation; 0: dark */
    uint64_t time_us;
    uint16_t id;
    const char *name; /* from the image's catalogue; "" for free text, "?" for an id that is not in it */
    enum firmware_role role;
    char rows[HAL_DISPLAY_ROWS][64];
};
void terminal_screen(const struct terminal *t, struct terminal_screen *out);
/* Called for every screen shown, on the core's stack: copy and return. */
void terminal_on_screen(struct terminal *t, void (*fn)(void *ctx, const struct terminal_screen *screen), void *ctx);
/* Everything printed since creation, lines ended by '\n', slips by "\f"; a line cut by a power loss ends with "\x18\n".
 */
const char *terminal_paper_roll(const struct terminal *t);

/* The running image's firmware (the core once started, else the ROM), NULL when off. */
const struct firmware *terminal_firmware(const struct terminal *t);
/* Runs the core image's read-only inspect on a clone of what is stored now. HAL_E_UNSUPPORTED: not offered. Also while
 * off. */
int terminal_inspect(struct terminal *t, const struct firmware_sink *sink);

/* Durable state: storage, secure element, clock, rng seeds, printer roll, counters; nothing volatile. Plain data,
 * shared pages. */
struct terminal_snapshot;
struct terminal_snapshot *terminal_snapshot(const struct terminal *t);
/* The same with another storage, e.g. a clone settled the way some cut would; owned from now on, also when NULL comes
 * back. Both may be called while the core runs inside a storage operation. What the storage still has pending is not
 * decided by a restore: settle first. */
struct terminal_snapshot *terminal_snapshot_with(const struct terminal *t, struct storage *taken);
/* E_STATE: only while off. Nothing of an earlier life is left: no card in the slot, no key waiting, no fault armed, a
 * dark screen, no cut planned; counters go back. World and network are the caller's: rewind them first. */
int terminal_restore(struct terminal *t, const struct terminal_snapshot *s);
/* The same, but the clock shows *now; a clock that was lost stays lost. NULL: as in the snapshot. E_INVAL: no date. */
int terminal_restore_at(struct terminal *t, const struct terminal_snapshot *s, const struct hal_datetime *now);
void terminal_snapshot_destroy(struct terminal_snapshot *s);
const struct storage *terminal_snapshot_storage(const struct terminal_snapshot *s);
/* What terminal_hash gives after a restore. */
void terminal_snapshot_hash(const struct terminal_snapshot *s, uint8_t out[32]);
/* Canonical hash of durable state. */
void terminal_hash(const struct terminal *t, uint8_t out[32]);
/* The part of it that is not storage: secure element and clock. */
void terminal_devices_hash(const struct terminal *t, uint8_t out[32]);
struct storage *terminal_storage(struct terminal *t);

/* Pins of a replay: the next unpredictable numbers, in order of use. E_LIMIT over 16. */
int terminal_pin_unpredictable(struct terminal *t, const uint8_t un[4]);

#endif
