/*
 * A fault of a sweep, played for its record: the same steps through the same explorer. First the run is played without
 * a record, because the instant at which all recoveries begin is known only when it is over. See fault_play.h.
 */
#include "scenarios/engine/fault_play.h"

#include "scenarios/engine/rerun.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct play {
    const struct case_request *request;
    struct fault_id id;
    struct explorer explorer;
    FILE *file;
    char why[FAULT_ID_MAX + 100];
};

static bool start_record(void *ctx, struct explorer *e)
{
    struct play *p = ctx;
    if (!case_record_open(&e->bench, &p->file, p->why, sizeof p->why))
        return false;
    case_record_meta(&e->bench);
    return true;
}

static void record_fault(struct explorer *e, const struct fault_id *id)
{
    char text[FAULT_ID_MAX];
    fault_id_print(id, text);
    record_begin(e->bench.record, 1, "fault");
    record_text(e->bench.record, "what", text);
    record_end(e->bench.record);
}

static void record_cut(struct explorer *e, const struct cut_plan *cut)
{
    struct fault_id one = {.kind = FAULT_CUT, .cuts = 1, .cut = {*cut}};
    record_fault(e, &one);
}

/* The cuts after the first, then recovery and judgement. */
static bool follow(struct play *p)
{
    struct explorer *e = &p->explorer;
    struct finding finding = {0};
    if (!explorer_go_on(e))
        return false;
    for (unsigned i = 1; i < p->id.cuts; i++) {
        record_cut(e, &p->id.cut[i]);
        if (!explorer_enter_next(e, &p->id.cut[i])) {
            snprintf(p->why, sizeof p->why, "operation %llu of recovery %u is not reached",
                     (unsigned long long)p->id.cut[i].number, i);
            return false;
        }
    }
    explorer_play(e, &finding);
    case_judge(&e->bench, false);
    if (case_failed(&e->bench))
        return true;
    cJSON_Delete(e->bench.oracles); /* told again at the end */
    e->bench.oracles = cJSON_CreateArray();
    explorer_play_after(e, &finding);
    case_judge(&e->bench, true);
    return true;
}

static bool play_cuts(struct play *p)
{
    struct explorer probe;
    const struct explore_options none = {0};
    bool ok = explorer_open(&probe, p->request, &none, p->why, sizeof p->why) == OK;
    struct explore_replay replay = {.first = p->id.cut[0], .maker = probe.maker, .ready = start_record, .ctx = p};
    uint64_t last = probe.last_op;
    explorer_close(&probe);
    if (!ok)
        return false;
    if (p->id.cut[0].number > last) {
        snprintf(p->why, sizeof p->why, "storage#%llu: the run has %llu storage operations",
                 (unsigned long long)p->id.cut[0].number, (unsigned long long)last);
        return false;
    }
    if (explorer_open_at(&p->explorer, p->request, &replay, p->why, sizeof p->why) != OK)
        return false;
    record_cut(&p->explorer, &p->id.cut[0]);
    return follow(p);
}

/* Points are counted from the first idle screen on, as the sweep does. */
static bool has_point(struct play *p)
{
    cJSON *points = rerun_points(&p->explorer);
    const cJSON *row;
    char text[FAULT_ID_MAX];
    fault_id_print(&p->id, text);
    snprintf(p->why, sizeof p->why, "%s: the run never came to idle, and faults lie behind that", text);
    bool found = false;
    cJSON_ArrayForEach(row, points)
    {
        double from = cJSON_GetNumberValue(cJSON_GetObjectItem(row, "from"));
        double to = cJSON_GetNumberValue(cJSON_GetObjectItem(row, "to"));
        if (cJSON_GetNumberValue(cJSON_GetObjectItem(row, "kind")) != p->id.kind)
            continue;
        found = (double)p->id.at >= from && (double)p->id.at <= to;
        if (to < from)
            snprintf(p->why, sizeof p->why, "%s: the run has no place for such a fault", text);
        else
            snprintf(p->why, sizeof p->why, "%s: in this run they go from %.0f to %.0f", text, from, to);
    }
    cJSON_Delete(points);
    return found;
}

static bool play_rerun(struct play *p)
{
    const struct explore_options none = {0};
    struct explorer *e = &p->explorer;
    struct finding finding = {0};
    if (explorer_open(e, p->request, &none, p->why, sizeof p->why) != OK)
        return false;
    if (!has_point(p))
        return false;
    record_pause(e->bench.record, false);
    if (!start_record(p, e))
        return false;
    record_fault(e, &p->id);
    rerun_play(e, &p->id, &finding);
    case_judge(&e->bench, true);
    return true;
}

cJSON *fault_play(const struct case_request *request)
{
    struct play *p = calloc(1, sizeof *p);
    cJSON *result = NULL;
    if (!p)
        return NULL;
    p->request = request;
    if (fault_id_parse(request->fault, &p->id, p->why, sizeof p->why) == OK &&
        (p->id.kind == FAULT_CUT ? play_cuts(p) : play_rerun(p)))
        result = case_result(&p->explorer.bench);
    if (!case_record_close(&p->explorer.bench, p->file, p->why, sizeof p->why) && result) {
        cJSON_Delete(result);
        result = NULL;
    }
    if (!result)
        result = case_usage(p->why);
    explorer_close(&p->explorer);
    free(p);
    return result;
}
