/* The log of `run`, and the way into any state: see explore.h. */
#include "scenarios/engine/explore.h"

#include "scenarios/engine/worker.h"
#include "sim/rng.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 6000      /* scenes that a worker keeps of one depth; the others are made again from their path */
#define LOG_MAX 131072 /* operations of one `run`; a power of two, as the log grows by doubling */
#define BROWN_OUT_S 10 /* the longest takes about one */

uint64_t explore_clock_us(void)
{
    return (uint64_t)(worker_seconds() * 1e6);
}

static struct bench_terminal *swept(struct explorer *e)
{
    return &e->bench.terminal[0];
}

/* ---- at a storage operation ---- */

static char *own(const void *bytes, size_t len)
{
    char *copy = bytes ? malloc(len + 1) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

static void logged_clear(struct logged *l)
{
    scene_destroy(l->before);
    free((char *)l->op.name);
    free((char *)l->op.to);
    free((void *)l->op.data);
}

static bool log_grow(struct explorer *e)
{
    if (e->logged < e->log_cap)
        return true;
    size_t cap = e->log_cap ? 2 * e->log_cap : 256;
    struct logged *log = cap <= LOG_MAX ? realloc(e->log, cap * sizeof *log) : NULL;
    if (!log)
        return false;
    e->log = log;
    e->log_cap = cap;
    return true;
}

/* The storage as it stands, and the rest of a scene besides; scene_take comes next. NULL: out of memory. */
static struct storage *stands_now(struct explorer *e, uint8_t rest[32])
{
    return scene_rest(&e->maker, rest) ? storage_clone(terminal_storage(swept(e)->terminal)) : NULL;
}

static void keep_log(struct explorer *e, const struct storage_op *op)
{
    struct terminal_screen now;
    if (!log_grow(e)) {
        e->failed = true;
        return;
    }
    struct logged *l = &e->log[e->logged];
    *l = (struct logged){.op = *op};
    l->op.name = own(op->name, strlen(op->name));
    l->op.to = own(op->to, strlen(op->to));
    l->op.data = own(op->data, (size_t)op->len);
    struct storage *storage = stands_now(e, l->rest);
    l->before = storage ? scene_take(&e->maker, storage) : NULL;
    terminal_screen(swept(e)->terminal, &now);
    snprintf(l->phase, sizeof l->phase, "%s", now.number && now.name[0] ? now.name : "dark");
    e->logged++;
    e->failed = e->failed || !l->before || !l->op.name || !l->op.to || (op->data && !l->op.data);
}

/* The scene of one cut, and the end of this life: the operation does not happen. */
static void stop_here(struct explorer *e, const struct storage_op *op)
{
    uint8_t rest[32];
    struct cut_plan cut = e->stop;
    struct storage *s = stands_now(e, rest);
    cut.number = op->number;
    if (s) {
        explore_cut(s, op, &cut);
        e->stopped = scene_take(&e->maker, s);
    }
    e->failed = e->failed || !e->stopped;
    e->hook = EXPLORE_IGNORE;
    e->bench.abandoned = true;
    terminal_power_cut(swept(e)->terminal, CUT_NONE, 0);
}

static void expand_here(struct explorer *e, const struct storage_op *op)
{
    uint8_t rest[32];
    uint64_t started = explore_clock_us();
    if (scene_rest(&e->maker, rest)) {
        /* Nothing but storage has changed since the operation before: what a cut leaves here, one behind that left. */
        bool known = e->after == op->number - 1 && memcmp(e->after_rest, rest, sizeof rest) == 0;
        explore_point(e, terminal_storage(swept(e)->terminal), op, rest,
                      &(struct explore_how){.keep = true, .between = known}, e->finds);
        e->after = explore_ends_alike(op) ? op->number : UINT64_MAX;
        memcpy(e->after_rest, rest, sizeof rest);
    } else {
        e->failed = true;
    }
    e->profile.expand_us += explore_clock_us() - started;
}

static void on_storage(void *ctx, const struct storage_op *op)
{
    struct explorer *e = ctx;
    if (e->failed)
        return;
    switch (e->hook) {
    case EXPLORE_IGNORE:
        break;
    case EXPLORE_LOG:
        keep_log(e, op);
        break;
    case EXPLORE_EXPAND:
        expand_here(e, op);
        break;
    case EXPLORE_STOP:
        if (op->number - e->base == e->stop.number)
            stop_here(e, op);
        break;
    }
}

/* At the first idle screen: where re-runs begin, with all that was written. */
static void on_idle(void *ctx)
{
    struct explorer *e = ctx;
    uint8_t rest[32];
    swept(e)->on_idle = NULL;
    struct storage *s = stands_now(e, rest);
    if (s) {
        storage_settle(s, CUT_ALL, 0);
        e->idle = scene_take(&e->maker, s);
    }
    e->failed = e->failed || !e->idle;
}

/* ---- opening ---- */

/* What `run` did not hold, in one line; "" when it held. */
static void first_failure(const struct bench_case *b, char *why, size_t cap)
{
    const cJSON *f = cJSON_GetArrayItem(b->failures, 0);
    if (!f)
        return;
    snprintf(
        why, cap, "the scenario itself fails without a fault: %s: expected %s, found %s (%s)",
        cJSON_GetStringValue(cJSON_GetObjectItem(f, "what")), cJSON_GetStringValue(cJSON_GetObjectItem(f, "expected")),
        cJSON_GetStringValue(cJSON_GetObjectItem(f, "found")), cJSON_GetStringValue(cJSON_GetObjectItem(f, "where")));
}

static bool load(struct explorer *e, char *why, size_t cap)
{
    struct bench_case *b = &e->bench;
    if (!case_open(b, &e->request, why, cap) || !case_load_images(b, why, cap) || !script_load(b, why, cap))
        return false;
    if (b->scenario_ref == LUA_NOREF)
        return snprintf(why, cap, "%s: has no scenario number %u", e->request.file, e->request.index), false;
    if (b->terminals != 1)
        return snprintf(why, cap, "%s: a sweep is of one terminal, this scenario has %u", case_relative(&e->request),
                        b->terminals),
               false;
    e->has_recover = script_has(b, "recover");
    e->has_check = script_has(b, "check");
    e->has_after = script_has(b, "after");
    return true;
}

static int play_run(struct explorer *e, char *why, size_t cap)
{
    struct bench_case *b = &e->bench;
    why[0] = '\0';
    e->base = e->run_base = storage_ops(terminal_storage(swept(e)->terminal));
    terminal_on_storage(swept(e)->terminal, on_storage, e);
    swept(e)->on_idle = on_idle;
    swept(e)->on_idle_ctx = e;
    script_play(b, "run");
    if (b->usage[0])
        snprintf(why, cap, "%s", b->usage);
    else if (b->skipped[0])
        snprintf(why, cap, "the scenario is skipped: %s", b->skipped);
    else if (e->hook == EXPLORE_LOG)
        first_failure(b, why, cap);
    if (e->failed)
        snprintf(why, cap, "out of memory, or more than %d storage operations in one run", LOG_MAX);
    e->last_op = storage_ops(terminal_storage(swept(e)->terminal)) - e->base;
    return !why[0] ? OK : b->usage[0] ? E_INVAL : E_STATE;
}

static int begin(struct explorer *e, const struct case_request *request, char *why, size_t cap)
{
    memset(e, 0, sizeof *e);
    e->request = *request;
    rng_own_openssl();
    if (!load(e, why, cap))
        return E_INVAL;
    scene_maker_init(&e->maker, &e->bench);
    e->memo = judge_memo_create();
    e->seen = key_set_create();
    e->kept = key_map_create(KEPT);
    e->next = key_map_create(KEPT);
    if (!e->memo || !e->seen || !e->kept || !e->next)
        return snprintf(why, cap, "out of memory"), E_INVAL;
    return OK;
}

int explorer_open(struct explorer *e, const struct case_request *request, const struct explore_options *options,
                  char *why, size_t cap)
{
    if (begin(e, request, why, cap) != OK)
        return E_INVAL;
    e->options = *options;
    case_record_watch(&e->bench); /* triggers of the script hang on the record */
    e->hook = EXPLORE_LOG;
    int status = play_run(e, why, cap);
    if (status != OK)
        return status;
    e->hook = EXPLORE_IGNORE;
    scene_maker_settle(&e->maker);
    record_pause(e->bench.record, true);
    return OK;
}

int explorer_open_at(struct explorer *e, const struct case_request *request, const struct explore_replay *replay,
                     char *why, size_t cap)
{
    if (begin(e, request, why, cap) != OK)
        return E_INVAL;
    e->maker.now_us = replay->maker.now_us;
    e->maker.has_date = replay->maker.has_date;
    e->maker.date = replay->maker.date;
    if (!replay->ready(replay->ctx, e))
        return E_INVAL;
    e->stop = replay->first;
    e->hook = EXPLORE_STOP;
    int status = play_run(e, why, cap);
    if (status != OK)
        return status;
    if (!e->stopped)
        return snprintf(why, cap, "storage#%llu is not reached", (unsigned long long)replay->first.number), E_INVAL;
    return OK;
}

void explorer_close(struct explorer *e)
{
    e->hook = EXPLORE_IGNORE;
    for (size_t i = 0; i < e->logged; i++)
        logged_clear(&e->log[i]);
    free(e->log);
    key_map_destroy(e->kept);
    key_map_destroy(e->next);
    key_set_destroy(e->seen);
    scene_destroy(e->stopped);
    scene_destroy(e->idle);
    scene_maker_clear(&e->maker);
    judge_memo_destroy(e->memo);
    case_close(&e->bench);
    memset(e, 0, sizeof *e);
}

bool explorer_expand(struct explorer *e, uint64_t from, uint64_t to, struct finds *out)
{
    uint64_t started = explore_clock_us();
    e->base = e->run_base;
    for (size_t i = 0; i < e->logged && !e->failed; i++) {
        const struct logged *l = &e->log[i];
        uint64_t number = l->op.number - e->run_base;
        if (number >= from && number <= to)
            explore_point(e, scene_storage(l->before), &l->op, l->rest, &(struct explore_how){.all = true}, out);
    }
    e->profile.expand_us += explore_clock_us() - started;
    return !e->failed;
}

void explorer_at_depth(struct explorer *e, unsigned depth)
{
    if (e->depth == depth)
        return;
    key_map_destroy(e->kept);
    e->kept = e->next;
    e->next = key_map_create(KEPT);
    e->failed = e->failed || !e->next;
    e->depth = depth;
}

/* ---- the way into a state ---- */

static const struct logged *find_logged(const struct explorer *e, uint64_t number)
{
    for (size_t i = 0; i < e->logged; i++)
        if (e->log[i].op.number - e->run_base == number)
            return &e->log[i];
    return NULL;
}

/* What of a brown-out is no storage's affair: the supply comes back three times for a moment. */
static void flicker(struct explorer *e)
{
    struct wait w = {
        .kind = WAIT_OFF, .terminal = swept(e), .until_us = world_now(e->bench.world) + BROWN_OUT_S * SECOND_US};
    if (terminal_brown_out(swept(e)->terminal) == OK)
        case_run_until(&e->bench, &w);
}

static bool enter_first(struct explorer *e, const struct cut_plan *cut)
{
    const struct logged *l = find_logged(e, cut->number);
    if (!l || !scene_enter(&e->maker, l->before))
        return false;
    struct cut_plan counted = *cut;
    counted.number = l->op.number;
    explore_cut(terminal_storage(swept(e)->terminal), &l->op, &counted);
    if (cut->mode == CUT_BROWNOUT)
        flicker(e);
    return true;
}

bool explorer_go_on(struct explorer *e)
{
    bool ok = e->stopped && scene_enter(&e->maker, e->stopped);
    scene_destroy(e->stopped);
    e->stopped = NULL;
    if (ok && e->stop.mode == CUT_BROWNOUT)
        flicker(e);
    return ok;
}

bool explorer_enter_next(struct explorer *e, const struct cut_plan *cut)
{
    e->stop = *cut;
    e->stopped = NULL;
    e->hook = EXPLORE_STOP;
    explorer_recover(e);
    e->hook = EXPLORE_IGNORE;
    return explorer_go_on(e);
}

bool explorer_enter(struct explorer *e, const struct fault_id *path, const uint8_t *key)
{
    uint64_t started = explore_clock_us();
    struct scene *kept = key && path->cuts > 1 ? key_map_take(e->kept, key) : NULL;
    bool ok = kept ? scene_enter(&e->maker, kept) : enter_first(e, &path->cut[0]);
    for (unsigned i = 1; !kept && ok && i < path->cuts; i++)
        ok = explorer_enter_next(e, &path->cut[i]);
    scene_destroy(kept);
    e->profile.enter_us += explore_clock_us() - started;
    return ok;
}
