/* Re-runs with one fault at every command, byte or operation: spread over the workers by ranges of points. */
#include "scenarios/engine/sweep.h"

#include "reports/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS 8 /* in one task */

struct rerun_round {
    struct sweep *w;
    struct sweep_rerun *kind;
    uint64_t *point; /* to be judged, in order */
    size_t count, next;
};

static cJSON *task_of(const struct rerun_round *r, uint64_t from, uint64_t to)
{
    cJSON *task = cJSON_CreateObject();
    cJSON_AddStringToObject(task, "op", "sweep");
    cJSON_AddStringToObject(task, "do", "rerun");
    cJSON_AddNumberToObject(task, "kind", r->kind->kind);
    cJSON_AddNumberToObject(task, "from", (double)from);
    cJSON_AddNumberToObject(task, "to", (double)to);
    return task;
}

/* Points that follow each other, as many as go into one task. */
static cJSON *next_points(void *ctx, unsigned lane)
{
    struct rerun_round *r = ctx;
    (void)lane;
    if (r->next == r->count || r->w->failed)
        return NULL;
    uint64_t from = r->point[r->next], to = from;
    for (r->next++; r->next < r->count && r->point[r->next] == to + 1 && to + 1 < from + POINTS; r->next++)
        to++;
    return task_of(r, from, to);
}

static void judged(struct rerun_round *r, uint64_t at, const struct finding *f)
{
    struct sweep *w = r->w;
    struct fault_id id = {.kind = r->kind->kind, .at = at};
    r->kind->letters[at - r->kind->from] = !f->oracle[0] ? SWEEP_PASS : f->hung ? SWEEP_HUNG : SWEEP_FAIL;
    r->kind->judged++;
    w->reruns++;
    w->done++;
    if (!f->oracle[0])
        return;
    r->kind->violations++;
    w->rerun_violations++;
    sweep_fail(w, fault_family(id.kind), 0, &id, f);
}

/* Points of a task that were not judged are for the next workers. */
static void put_back(struct rerun_round *r, const cJSON *task)
{
    uint64_t from = (uint64_t)report_number(task, "from");
    uint64_t to = (uint64_t)report_number(task, "to");
    for (uint64_t n = to + 1; n-- > from && r->next > 0;)
        if (r->kind->letters[n - r->kind->from] == SWEEP_SKIPPED)
            r->point[--r->next] = n;
}

static void points_done(void *ctx, unsigned lane, const cJSON *task, const cJSON *answer)
{
    struct rerun_round *r = ctx;
    const cJSON *row;
    sweep_note_profile(r->w, lane, answer);
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(answer, "judged"))
    {
        struct finding f;
        sweep_read_finding(row, &f);
        judged(r, (uint64_t)report_number(row, "i"), &f);
    }
    put_back(r, task);
}

/* The point at which it died failed. */
static void points_lost(void *ctx, unsigned lane, const cJSON *task, uint64_t at, const char *text, bool bench)
{
    struct rerun_round *r = ctx;
    struct finding f = {.oracle = "liveness", .expected = "the core neither crashes nor hangs", .hung = true};
    (void)lane;
    if (bench || at == 0) {
        snprintf(r->w->why, r->w->why_cap, "a worker of the sweep failed: %s", text);
        r->w->failed = true;
        return;
    }
    snprintf(f.found, sizeof f.found, "%s", text);
    judged(r, at - 1, &f);
    put_back(r, task);
}

static void tell(void *ctx)
{
    sweep_moved_on(((struct rerun_round *)ctx)->w);
}

static int play_kind(struct sweep *w, struct sweep_rerun *kind)
{
    struct rerun_round r = {.w = w, .kind = kind};
    uint64_t points = kind->to - kind->from + 1, most = w->s->budget ? w->s->budget : points;
    size_t before = w->failures;
    char stage[40];
    r.point = calloc((size_t)points, sizeof *r.point);
    kind->letters = malloc((size_t)points + 1);
    if (!r.point || !kind->letters) {
        free(r.point);
        return EXIT_BENCH;
    }
    memset(kind->letters, SWEEP_SKIPPED, (size_t)points);
    kind->letters[points] = '\0';
    for (uint64_t i = 0; i < points; i++) /* a budget spreads evenly, from a place that the seed gives */
        if (most >= points || ((i + w->o->seed) * most) % points < most)
            r.point[r.count++] = kind->from + i;
    snprintf(stage, sizeof stage, "%s %s", fault_family(kind->kind), fault_name(kind->kind));
    w->stage = stage;
    w->done = 0;
    w->known = r.count;
    const struct sweep_tasks tasks = {&r, next_points, points_done, points_lost, tell};
    int status = sweep_pool_work(&w->pool, &tasks);
    sweep_sort_failures(w, before);
    free(r.point);
    w->stage = "";
    return w->failed ? EXIT_BENCH : status;
}

static bool asked_for(const struct sweep *w, const char *family)
{
    return (w->fault_card && strcmp(family, "card") == 0) || (w->fault_net && strcmp(family, "net") == 0) ||
           (w->fault_storage && strcmp(family, "storage") == 0);
}

int sweep_reruns(struct sweep *w)
{
    const cJSON *row;
    int status = EXIT_PASS;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(w->opened, "reruns"))
    {
        struct sweep_rerun kind = {.kind = (enum fault_kind)report_number(row, "kind"),
                                   .from = (uint64_t)report_number(row, "from"),
                                   .to = (uint64_t)report_number(row, "to"),
                                   .meaning = report_string(row, "meaning"),
                                   .stops = report_string(row, "stops")};
        if (kind.to < kind.from || !asked_for(w, fault_family(kind.kind)) || status != EXIT_PASS ||
            w->rerun_kinds == FAULT_KINDS)
            continue;
        w->rerun[w->rerun_kinds] = kind;
        status = play_kind(w, &w->rerun[w->rerun_kinds++]);
    }
    return status;
}
