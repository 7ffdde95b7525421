/*
 * A world that runs beside real time: virtual time waits for the clock on the wall, and what happens outside (a command
 * from a window, a card put into a real reader) comes in between two events. Used by live sessions and by cases with a
 * real reader; never by what must be repeatable.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_REALTIME_H
#define POSBENCH_SCENARIOS_ENGINE_REALTIME_H

#include "sim/world.h"

#define REALTIME_SOURCES 4

struct realtime;

/* Paces `w` (world_pace) until it is destroyed; at 1x from the start. NULL: out of memory. */
struct realtime *realtime_create(struct world *w);
void realtime_destroy(struct realtime *r);

/* `ready(ctx)` is called whenever fd(ctx) can be read, on the main stack, while time waits; it may post world events,
 * which then happen at once. fd < 0: nothing to watch now. E_LIMIT. */
int realtime_watch(struct realtime *r, int (*fd)(void *ctx), void (*ready)(void *ctx), void *ctx);
void realtime_unwatch(struct realtime *r, const void *ctx); /* every source of this ctx */
/* Takes what there is without waiting: to be called where time does not wait (fast). */
void realtime_look(struct realtime *r);

/* `before(ctx)` is called on the main stack before each jump of virtual time: it may set the speed. true: it has posted
 * world events, and time stays for them. NULL: nobody. */
void realtime_before(struct realtime *r, bool (*before)(void *ctx), void *ctx);

/* A world that is behind at 1x catches up, but never by more than 250 ms: the time lost beyond stays lost. In an empty
 * world world_advance to WORLD_NEVER waits for what comes from outside (not when fast: time would be at its end). */
enum realtime_speed {
    REALTIME_PAUSED, /* time stands still: what comes from outside is taken, what it posts waits */
    REALTIME_1X,
    REALTIME_FAST, /* time does not wait */
};
void realtime_set(struct realtime *r, enum realtime_speed speed);
enum realtime_speed realtime_speed(const struct realtime *r);
/* Microseconds of the monotonic clock: to time what happens outside (a card on a real reader). The world is told such
 * times as the card's own, and pacing finds that they have passed on the wall already. */
uint64_t realtime_wall(const struct realtime *r);

#endif
