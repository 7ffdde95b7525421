/*
 * Virtual time: a binary heap of events ordered by (time, id). Ids count up with every posting, so they are at once the
 * order among equals and the name by which an event is cancelled. Cancelling searches: a world holds tens of events,
 * not thousands.
 */
#include "sim/world.h"

#include <stdlib.h>

struct event {
    uint64_t time_us, id;
    void (*fn)(void *ctx, uint64_t arg);
    void *ctx;
    uint64_t arg;
};

struct world {
    uint64_t seed, now_us, last_id;
    struct event *heap;
    size_t count, cap;
    uint64_t (*pace)(void *ctx, uint64_t from_us, uint64_t to_us);
    void *pace_ctx;
};

struct world *world_create(uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    if (w)
        w->seed = seed;
    return w;
}

void world_destroy(struct world *w)
{
    if (!w)
        return;
    free(w->heap);
    free(w);
}

uint64_t world_seed(const struct world *w)
{
    return w->seed;
}

uint64_t world_now(const struct world *w)
{
    return w->now_us;
}

static bool earlier(const struct event *a, const struct event *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->id < b->id;
}

static void swap(struct event *a, struct event *b)
{
    struct event kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_up(struct world *w, size_t at)
{
    for (; at && earlier(&w->heap[at], &w->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&w->heap[at], &w->heap[(at - 1) / 2]);
}

static void sift_down(struct world *w, size_t at)
{
    for (;;) {
        size_t first = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < w->count; child++)
            if (earlier(&w->heap[child], &w->heap[first]))
                first = child;
        if (first == at)
            return;
        swap(&w->heap[at], &w->heap[first]);
        at = first;
    }
}

static void take_out(struct world *w, size_t at)
{
    w->heap[at] = w->heap[--w->count];
    if (at < w->count) {
        sift_up(w, at);
        sift_down(w, at);
    }
}

uint64_t world_at(struct world *w, uint64_t time_us, void (*fn)(void *ctx, uint64_t arg), void *ctx, uint64_t arg)
{
    if (w->count == w->cap) {
        size_t cap = w->cap ? 2 * w->cap : 32;
        struct event *heap = realloc(w->heap, cap * sizeof *heap);
        if (!heap)
            return 0;
        w->heap = heap;
        w->cap = cap;
    }
    struct event event = {
        .time_us = time_us < w->now_us ? w->now_us : time_us, .id = ++w->last_id, .fn = fn, .ctx = ctx, .arg = arg};
    w->heap[w->count] = event;
    sift_up(w, w->count++);
    return event.id;
}

uint64_t world_in(struct world *w, uint64_t delay_us, void (*fn)(void *ctx, uint64_t arg), void *ctx, uint64_t arg)
{
    uint64_t room = WORLD_NEVER - 1 - w->now_us;
    return world_at(w, w->now_us + (delay_us < room ? delay_us : room), fn, ctx, arg);
}

bool world_cancel(struct world *w, uint64_t id)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->heap[i].id == id) {
            take_out(w, i);
            return true;
        }
    }
    return false;
}

void world_cancel_all(struct world *w, const void *ctx)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->heap[i].ctx != ctx)
            w->heap[kept++] = w->heap[i];
    w->count = kept;
    for (size_t i = kept / 2; i-- > 0;)
        sift_down(w, i);
}

uint64_t world_next(const struct world *w)
{
    return w->count ? w->heap[0].time_us : WORLD_NEVER;
}

/* false: something outside came first, and time stands before `time_us`. */
static bool move_to(struct world *w, uint64_t time_us)
{
    if (time_us <= w->now_us)
        return true;
    uint64_t reached = w->pace ? w->pace(w->pace_ctx, w->now_us, time_us) : time_us;
    if (reached > w->now_us)
        w->now_us = reached < time_us ? reached : time_us;
    return w->now_us == time_us;
}

bool world_step(struct world *w)
{
    if (!w->count)
        return false;
    uint64_t id = w->heap[0].id;
    if (!move_to(w, w->heap[0].time_us) || !w->count || w->heap[0].id != id)
        return true; /* what happened outside may have posted something earlier, or cancelled this */
    struct event event = w->heap[0];
    take_out(w, 0);
    event.fn(event.ctx, event.arg);
    return true;
}

void world_advance(struct world *w, uint64_t time_us)
{
    move_to(w, time_us < world_next(w) ? time_us : world_next(w));
}

void world_spend(struct world *w, uint64_t us)
{
    uint64_t room = WORLD_NEVER - 1 - w->now_us;
    w->now_us += us < room ? us : room;
}

void world_rewind(struct world *w, uint64_t now_us)
{
    w->count = 0;
    w->now_us = now_us;
}

void world_pace(struct world *w, uint64_t (*pace)(void *ctx, uint64_t from_us, uint64_t to_us), void *ctx)
{
    w->pace = pace;
    w->pace_ctx = ctx;
}
