/*
 * Pacing: virtual and real time are one line with an origin on each clock; a jump of virtual time waits for its instant
 * on the monotonic one, in poll(2), so that whatever can be read meanwhile is taken at once. Called by the world
 * (through world_pace) and by live sessions.
 *
 * A world that is ahead waits. One that is behind by more than LATE_US (the machine slept, a person stopped the
 * process) does not race to catch up: the origin moves, and the time lost stays lost.
 */
#include "scenarios/engine/realtime.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#define LATE_US 250000u
#define POLL_MAX_US 3600000000ull /* of one poll: fits its int of milliseconds, and nothing depends on it */

struct source { /* fd NULL: the place is free */
    int (*fd)(void *ctx);
    void (*ready)(void *ctx);
    void *ctx;
};

struct realtime {
    struct world *world;
    enum realtime_speed speed;
    uint64_t real_us, virtual_us; /* the origin: these two instants are the same */
    struct source source[REALTIME_SOURCES];
    bool (*before)(void *ctx);
    void *before_ctx;
    bool looking; /* a `ready` runs: it is not called again inside itself */
};

uint64_t realtime_wall(const struct realtime *r)
{
    struct timespec t;
    (void)r;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static void set_origin(struct realtime *r, uint64_t virtual_us)
{
    r->real_us = realtime_wall(r);
    r->virtual_us = virtual_us;
}

/* What virtual time is due now, at 1x. */
static uint64_t due(const struct realtime *r)
{
    return r->virtual_us + (realtime_wall(r) - r->real_us);
}

/* Where virtual time is by now, on its way to `to_us`. */
static uint64_t reached(const struct realtime *r, uint64_t to_us)
{
    uint64_t from = world_now(r->world), now = r->speed == REALTIME_1X ? due(r) : from;
    now = now > from ? now : from; /* a world that is ahead is not taken back */
    return now < to_us ? now : to_us;
}

/* Waits until something can be read, at most so long, and says which. false: nothing, or a signal came. */
static bool poll_sources(const struct realtime *r, uint64_t wait_us, struct pollfd fds[REALTIME_SOURCES])
{
    const struct timespec wait = {(time_t)(wait_us / 1000000u), (long)(wait_us % 1000000u) * 1000};
    for (unsigned i = 0; i < REALTIME_SOURCES; i++) {
        const struct source *s = &r->source[i];
        fds[i] = (struct pollfd){.fd = s->fd ? s->fd(s->ctx) : -1, .events = POLLIN};
    }
    return ppoll(fds, REALTIME_SOURCES, &wait, NULL) > 0;
}

static void tell(struct realtime *r, const struct pollfd fds[REALTIME_SOURCES])
{
    r->looking = true;
    for (unsigned i = 0; i < REALTIME_SOURCES; i++) {
        const struct source *s = &r->source[i];
        if (fds[i].revents && s->fd && s->fd(s->ctx) == fds[i].fd) /* one before it may have ended this one */
            s->ready(s->ctx);
    }
    r->looking = false;
}

void realtime_look(struct realtime *r)
{
    struct pollfd fds[REALTIME_SOURCES];
    if (!r->looking && poll_sources(r, 0, fds))
        tell(r, fds);
}

/* How long to wait now until virtual time has come to `to_us`; 0: it has. */
static uint64_t wait_us(const struct realtime *r, uint64_t to_us)
{
    if (r->speed == REALTIME_PAUSED || to_us == WORLD_NEVER)
        return POLL_MAX_US;
    if (r->speed == REALTIME_FAST)
        return 0;
    uint64_t now = due(r), wait = now < to_us ? to_us - now : 0;
    return wait < POLL_MAX_US ? wait : POLL_MAX_US;
}

static uint64_t pace(void *ctx, uint64_t from_us, uint64_t to_us)
{
    struct realtime *r = ctx;
    struct pollfd fds[REALTIME_SOURCES];
    if (r->looking)
        return to_us; /* a `ready` that steps the world itself */
    if (r->before && r->before(r->before_ctx))
        return world_now(r->world);
    if (r->speed == REALTIME_1X && to_us < WORLD_NEVER - LATE_US && due(r) > to_us + LATE_US)
        set_origin(r, to_us);
    for (;;) {
        uint64_t wait = wait_us(r, to_us);
        if (poll_sources(r, wait, fds)) {
            uint64_t now = reached(r, to_us);
            world_spend(r->world, now - from_us); /* what is done now is done at the time that it is */
            tell(r, fds);
            if (r->speed != REALTIME_PAUSED)
                return now;
            from_us = world_now(r->world);
            to_us = to_us > from_us ? to_us : from_us;
        }
        if (!wait)
            return to_us;
    }
}

struct realtime *realtime_create(struct world *w)
{
    struct realtime *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->world = w;
    r->speed = REALTIME_1X;
    set_origin(r, world_now(w));
    world_pace(w, pace, r);
    return r;
}

void realtime_destroy(struct realtime *r)
{
    if (!r)
        return;
    world_pace(r->world, NULL, NULL);
    free(r);
}

int realtime_watch(struct realtime *r, int (*fd)(void *ctx), void (*ready)(void *ctx), void *ctx)
{
    for (unsigned i = 0; i < REALTIME_SOURCES; i++) {
        if (r->source[i].fd)
            continue;
        r->source[i] = (struct source){fd, ready, ctx};
        return OK;
    }
    return E_LIMIT;
}

void realtime_unwatch(struct realtime *r, const void *ctx)
{
    for (unsigned i = 0; i < REALTIME_SOURCES; i++)
        if (r->source[i].ctx == ctx)
            r->source[i] = (struct source){0};
}

void realtime_before(struct realtime *r, bool (*before)(void *ctx), void *ctx)
{
    r->before = before;
    r->before_ctx = ctx;
}

void realtime_set(struct realtime *r, enum realtime_speed speed)
{
    if (r->speed != speed)
        set_origin(r, world_now(r->world)); /* the time that passed at another speed is not made up for */
    r->speed = speed;
}

enum realtime_speed realtime_speed(const struct realtime *r)
{
    return r->speed;
}
