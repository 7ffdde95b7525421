/*
 * The world: virtual time and what happens in it. A queue of events ordered by (time, order of posting); nothing here
 * knows a terminal. 64-bit microseconds; time moves only by running events or by world_spend.
 *
 * Callers: terminals, devices, network, the scenario runner. Single-threaded.
 */
#ifndef POSBENCH_SIM_WORLD_H
#define POSBENCH_SIM_WORLD_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_NEVER UINT64_MAX

struct world;

struct world *world_create(uint64_t seed); /* NULL: out of memory */
void world_destroy(struct world *w);
uint64_t world_seed(const struct world *w);
uint64_t world_now(const struct world *w);

/* Posts fn(ctx, arg) at `time_us` (now, if that is past). Returns an id > 0, or 0 when out of memory. */
uint64_t world_at(struct world *w, uint64_t time_us, void (*fn)(void *ctx, uint64_t arg), void *ctx, uint64_t arg);
uint64_t world_in(struct world *w, uint64_t delay_us, void (*fn)(void *ctx, uint64_t arg), void *ctx, uint64_t arg);
bool world_cancel(struct world *w, uint64_t id);         /* false: ran or never was */
void world_cancel_all(struct world *w, const void *ctx); /* every event posted for this ctx */

uint64_t world_next(const struct world *w);            /* time of the next event, WORLD_NEVER */
bool world_step(struct world *w);                      /* runs the next event; false: nothing queued */
void world_advance(struct world *w, uint64_t time_us); /* moves time on, at most to world_next */
void world_spend(struct world *w,
                 uint64_t us); /* moves time on past due events (the core is busy); they run at the next step */

/* Forgets every event without running it and sets the time, also back: for a bench that plays many recoveries from one
 * instant. Who posted the events is told nothing: rewind network, host server and terminals too. Ids go on counting. */
void world_rewind(struct world *w, uint64_t now_us);

/* Pacing for real hardware and the window: called before time jumps from `from` to `to`, and returns when it has come so far,
 * or earlier when something outside happened (which it has posted as events): the time that was reached, from..to. NULL
 * for virtual time. */
void world_pace(struct world *w, uint64_t (*pace)(void *ctx, uint64_t from_us, uint64_t to_us), void *ctx);

#endif
