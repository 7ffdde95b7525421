/*
 * Power cuts, depth by depth: the cuts of `run` are spread over the workers by operation, the states of a depth by
 * batches, to the worker that found them if it is free. What a worker was at when it died is a finding of its own; the
 * rest of its batch goes to another.
 */
#include "scenarios/engine/sweep.h"

#include "reports/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS 4  /* operations of `run` in one task */
#define BATCH 12  /* states in one task */
#define RETRIES 3 /* of a task whose worker died before its first state */

static cJSON *request(const char *what)
{
    cJSON *task = cJSON_CreateObject();
    cJSON_AddStringToObject(task, "op", "sweep");
    cJSON_AddStringToObject(task, "do", what);
    return task;
}

static void note_counts(struct sweep *w, struct sweep_depth *depth, const cJSON *answer)
{
    double unsynced = report_number(answer, "unsynced");
    depth->cuts += (uint64_t)report_number(answer, "cuts");
    w->unsynced = unsynced > (double)w->unsynced ? (size_t)unsynced : w->unsynced;
    w->sampled = w->sampled || cJSON_IsTrue(cJSON_GetObjectItem(answer, "sampled"));
}

/* The bench itself: nothing more is to be trusted. */
static void bench_fault(struct sweep *w, const char *text)
{
    if (!w->failed)
        snprintf(w->why, w->why_cap, "a worker of the sweep failed: %s", text);
    w->failed = true;
}

/* ---- the cuts of `run` ---- */

struct expansion {
    struct sweep *w;
    uint64_t next, operations;
};

static cJSON *next_points(void *ctx, unsigned lane)
{
    struct expansion *x = ctx;
    (void)lane;
    if (x->next > x->operations || x->w->failed)
        return NULL;
    uint64_t to = x->next + POINTS - 1 < x->operations ? x->next + POINTS - 1 : x->operations;
    cJSON *task = request("expand");
    cJSON_AddNumberToObject(task, "from", (double)x->next);
    cJSON_AddNumberToObject(task, "to", (double)to);
    x->next = to + 1;
    return task;
}

static void points_done(void *ctx, unsigned lane, const cJSON *task, const cJSON *answer)
{
    struct expansion *x = ctx;
    note_counts(x->w, &x->w->depth[1], answer);
    sweep_note_profile(x->w, lane, answer);
    x->w->done = (uint64_t)report_number(task, "to");
    if (!sweep_add_candidates(x->w, cJSON_GetObjectItem(answer, "finds"), 0, lane))
        bench_fault(x->w, "out of memory");
}

static void points_lost(void *ctx, unsigned lane, const cJSON *task, uint64_t at, const char *text, bool bench)
{
    (void)lane;
    (void)task;
    (void)at;
    (void)bench; /* no core runs here after `run`, which has gone well once */
    bench_fault(((struct expansion *)ctx)->w, text);
}

static int expand_run(struct sweep *w)
{
    struct expansion x = {w, 1, (uint64_t)cJSON_GetArraySize(cJSON_GetObjectItem(w->opened, "operations"))};
    const struct sweep_tasks tasks = {&x, next_points, points_done, points_lost, NULL};
    w->stage = "power, cuts of the run";
    w->done = 0;
    w->known = x.operations;
    int status = sweep_pool_work(&w->pool, &tasks);
    return w->failed ? EXIT_BENCH : status;
}

/* ---- the states of one depth ---- */

struct round {
    struct sweep *w;
    const char *what; /* "judge", "business" */
    unsigned depth;
    bool expand;
    uint32_t *queue; /* numbers, 0: given out */
    size_t count, first[SWEEP_LANES + 1];
    unsigned deaths;
};

static void add_state(const struct round *r, cJSON *states, uint32_t number)
{
    const struct sweep_state *s = &r->w->state[number - 1];
    char hex[2 * EXPLORE_KEY + 1], path[FAULT_ID_MAX];
    struct fault_id id;
    cJSON *row = cJSON_CreateObject();
    sweep_path(r->w, number, &id);
    fault_id_print(&id, path);
    hex_encode(s->key, EXPLORE_KEY, hex, sizeof hex);
    cJSON_AddNumberToObject(row, "i", number);
    cJSON_AddStringToObject(row, "key", hex);
    cJSON_AddStringToObject(row, "path", path);
    cJSON_AddItemToArray(states, row);
}

/* Takes up to BATCH numbers from the front: any, or only those that this lane has found. */
static size_t take(struct round *r, unsigned lane, bool own, cJSON *states)
{
    size_t taken = 0;
    for (size_t i = r->first[lane]; i < r->count && taken < BATCH; i++) {
        uint32_t number = r->queue[i];
        bool mine = number && r->w->state[number - 1].lane == lane;
        if (own && i == r->first[lane] && !mine)
            r->first[lane] = i + 1; /* nothing of ours before here */
        if (!number || (own && !mine))
            continue;
        add_state(r, states, number);
        r->queue[i] = 0;
        taken++;
    }
    return taken;
}

/* From the back, whoever found them. */
static size_t steal(struct round *r, cJSON *states)
{
    size_t taken = 0;
    for (size_t i = r->count; i-- > 0 && taken < BATCH / 2;) {
        if (!r->queue[i])
            continue;
        add_state(r, states, r->queue[i]);
        r->queue[i] = 0;
        taken++;
    }
    return taken;
}

static cJSON *next_states(void *ctx, unsigned lane)
{
    struct round *r = ctx;
    if (r->w->failed)
        return NULL;
    cJSON *task = request(r->what), *states = cJSON_AddArrayToObject(task, "states");
    cJSON_AddNumberToObject(task, "depth", r->depth);
    cJSON_AddBoolToObject(task, "expand", r->expand);
    if (take(r, lane, r->depth > 1, states) == 0 && steal(r, states) == 0) {
        cJSON_Delete(task);
        return NULL;
    }
    return task;
}

static void judged(struct round *r, uint32_t number, const struct finding *f)
{
    struct sweep *w = r->w;
    struct fault_id id;
    bool business = strcmp(r->what, "business") == 0;
    w->done++;
    if (!business) {
        w->judged++;
        w->depth[r->depth].judged++;
        w->state[number - 1].letter = !f->oracle[0] ? SWEEP_PASS : f->hung ? SWEEP_HUNG : SWEEP_FAIL;
    } else {
        w->business++;
    }
    if (!f->oracle[0])
        return;
    w->violations += !business;
    w->business_violations += business;
    w->depth[r->depth].violations += !business;
    sweep_path(w, number, &id);
    sweep_fail(w, business ? "business" : "power", number, &id, f);
}

static void put_back(struct round *r, const cJSON *task, const cJSON *answer, uint32_t but)
{
    const cJSON *state, *row;
    cJSON_ArrayForEach(state, cJSON_GetObjectItem(task, "states"))
    {
        uint32_t number = (uint32_t)report_number(state, "i");
        bool done = number == but;
        cJSON_ArrayForEach(row, cJSON_GetObjectItem(answer, "judged"))
        {
            done = done || (uint32_t)report_number(row, "i") == number;
        }
        for (size_t i = 0; i < r->count && !done; i++)
            if (r->queue[i] == 0) { /* any free place will do: results are sorted, not the queue */
                r->queue[i] = number;
                memset(r->first, 0, sizeof r->first);
                done = true;
            }
    }
}

static void not_reached(struct sweep *w, uint32_t number)
{
    struct fault_id id;
    char path[FAULT_ID_MAX], text[FAULT_ID_MAX + 80];
    sweep_path(w, number, &id);
    fault_id_print(&id, path);
    snprintf(text, sizeof text, "%s is not reached again; the core does not behave the same twice", path);
    bench_fault(w, text);
}

static void states_done(void *ctx, unsigned lane, const cJSON *task, const cJSON *answer)
{
    struct round *r = ctx;
    const cJSON *row;
    note_counts(r->w, &r->w->depth[r->depth + 1], answer);
    sweep_note_profile(r->w, lane, answer);
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(answer, "judged"))
    {
        struct finding f;
        uint32_t number = (uint32_t)report_number(row, "i");
        if (cJSON_IsTrue(cJSON_GetObjectItem(row, "unreached")))
            not_reached(r->w, number);
        sweep_read_finding(row, &f);
        judged(r, number, &f);
        if (!sweep_add_candidates(r->w, cJSON_GetObjectItem(row, "finds"), number, lane))
            bench_fault(r->w, "out of memory");
    }
    put_back(r, task, answer, 0);
}

static void states_lost(void *ctx, unsigned lane, const cJSON *task, uint64_t at, const char *text, bool bench)
{
    struct round *r = ctx;
    struct finding f = {.oracle = "liveness", .expected = "the core neither crashes nor hangs", .hung = true};
    (void)lane;
    r->deaths++;
    if (bench || (at == 0 && r->deaths > RETRIES)) {
        bench_fault(r->w, text);
        return;
    }
    snprintf(f.found, sizeof f.found, "%s", text);
    if (at)
        judged(r, (uint32_t)(at - 1), &f);
    put_back(r, task, NULL, (uint32_t)(at ? at - 1 : 0));
}

static void tell(void *ctx)
{
    sweep_moved_on(((struct round *)ctx)->w);
}

static int play_round(struct round *r)
{
    const struct sweep_tasks tasks = {r, next_states, states_done, states_lost, tell};
    r->w->done = 0;
    r->w->known = r->count;
    int status = sweep_pool_work(&r->w->pool, &tasks);
    return r->w->failed ? EXIT_BENCH : status;
}

static int judge_depth(struct sweep *w, unsigned depth, uint32_t first, bool expand)
{
    char stage[40];
    struct round r = {.w = w, .what = "judge", .depth = depth, .expand = expand};
    uint64_t left = w->s->budget > w->judged ? w->s->budget - w->judged : 0;
    size_t before = w->failures;
    snprintf(stage, sizeof stage, "power, depth %u", depth);
    w->stage = stage;
    w->depth[depth].states = w->states - first + 1;
    r.queue = w->s->budget && !left ? NULL : sweep_choose(w, first, SWEEP_KNOWN, left, &r.count);
    int status = r.count ? play_round(&r) : EXIT_PASS;
    free(r.queue);
    sweep_sort_failures(w, before);
    for (uint32_t n = first; n <= w->states; n++)
        if (w->state[n - 1].letter == SWEEP_KNOWN)
            w->state[n - 1].letter = SWEEP_SKIPPED;
    w->stage = "";
    return status;
}

static int do_business(struct sweep *w)
{
    struct round r = {.w = w, .what = "business"};
    size_t before = w->failures;
    w->stage = "business";
    r.queue = sweep_choose(w, 1, SWEEP_PASS, w->s->business, &r.count);
    int status = r.count ? play_round(&r) : EXIT_PASS;
    free(r.queue);
    sweep_sort_failures(w, before);
    return status;
}

static int leave_unexplored(struct sweep *w)
{
    uint32_t first;
    if (!sweep_new_depth(w, &first)) {
        bench_fault(w, "out of memory");
        return EXIT_BENCH;
    }
    for (uint32_t n = first; n <= w->states; n++)
        w->state[n - 1].letter = SWEEP_SKIPPED;
    return EXIT_PASS;
}

int sweep_power(struct sweep *w)
{
    unsigned most = w->s->closure ? SWEEP_DEPTHS : w->s->depth ? w->s->depth : 1;
    double started = worker_seconds();
    uint32_t first = 1;
    int status = expand_run(w);
    for (unsigned depth = 1; status == EXIT_PASS && depth <= most; depth++) {
        if (!sweep_new_depth(w, &first)) {
            bench_fault(w, "out of memory");
            return EXIT_BENCH;
        }
        if (first > w->states)
            break;
        w->depths = depth;
        status = judge_depth(w, depth, first, w->s->closure || depth < most);
    }
    if (status == EXIT_PASS && w->candidates) /* as deep as an id can say: what is left is counted */
        status = leave_unexplored(w);
    w->judging = worker_seconds() - started;
    return status == EXIT_PASS && w->s->business ? do_business(w) : status;
}
