/*
 * Worker processes that share the tasks of a sweep. A task is a request; whoever owns the tasks says what comes next
 * for a lane, gets the answer, and hears when a worker died over one. Called by sweep.c only.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_SWEEP_POOL_H
#define POSBENCH_SCENARIOS_ENGINE_SWEEP_POOL_H

#include "scenarios/engine/worker.h"

#define SWEEP_LANES 64

struct sweep_lane {
    struct worker worker;
    struct worker_patience patience;
    bool open;   /* it has played `run` */
    cJSON *task; /* at work; NULL: free */
};
struct sweep_pool {
    const struct engine_options *o;
    cJSON *opening; /* the request that opens a session */
    struct sweep_lane lane[SWEEP_LANES];
    unsigned lanes;
    size_t memory; /* most that a worker held, bytes */
    char *why;
    size_t why_cap;
};

struct sweep_tasks {
    void *ctx;
    cJSON *(*next)(void *ctx, unsigned lane); /* the next request for this lane; NULL: nothing now */
    void (*answer)(void *ctx, unsigned lane, const cJSON *task, const cJSON *answer);
    /* The worker is gone: at state `at` (0: none), for a reason in words. `bench`: its own fault, not the core's. */
    void (*lost)(void *ctx, unsigned lane, const cJSON *task, uint64_t at, const char *text, bool bench);
    void (*idle)(void *ctx); /* now and then; may be NULL */
};

bool sweep_pool_start(struct sweep_pool *p, const struct engine_options *o, cJSON *opening, char *why, size_t why_cap);
void sweep_pool_stop(struct sweep_pool *p);
/* The answer of the first worker to the opening request; owned by the caller. NULL with the reason. */
cJSON *sweep_pool_open(struct sweep_pool *p);
/* Until no lane has a task and none comes: EXIT_PASS, EXIT_INTERRUPTED, EXIT_BENCH with the reason. */
int sweep_pool_work(struct sweep_pool *p, const struct sweep_tasks *tasks);
/* One request to one worker, answered; NULL: it died. With `events`, its last record lines. */
cJSON *sweep_pool_ask(struct sweep_pool *p, const cJSON *request, cJSON **events, char *died, size_t died_cap);

#endif
