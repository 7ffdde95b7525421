/* What a sweep found, as the object that engine.h describes; and what a failure needs to be told: its smallest fault,
 * its last events. */
#include "scenarios/engine/sweep.h"

#include "reports/output.h"

#include "reports/shell.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void sweep_read_finding(const cJSON *row, struct finding *out)
{
    const cJSON *f = cJSON_GetObjectItem(row, "finding");
    memset(out, 0, sizeof *out);
    snprintf(out->oracle, sizeof out->oracle, "%s", report_string(f, "oracle"));
    snprintf(out->expected, sizeof out->expected, "%s", report_string(f, "expected"));
    snprintf(out->found, sizeof out->found, "%s", report_string(f, "found"));
    snprintf(out->screen, sizeof out->screen, "%s", report_string(f, "screen"));
    out->hung = cJSON_IsTrue(cJSON_GetObjectItem(f, "hung"));
}

void sweep_note_profile(struct sweep *w, unsigned lane, const cJSON *answer)
{
    const cJSON *p = cJSON_GetObjectItem(answer, "profile");
    if (!p)
        return;
    w->profile[lane] = (struct explore_profile){.enter_us = (uint64_t)report_number(p, "enter_us"),
                                                .recover_us = (uint64_t)report_number(p, "recover_us"),
                                                .judge_us = (uint64_t)report_number(p, "judge_us"),
                                                .expand_us = (uint64_t)report_number(p, "expand_us")};
}

/* ---- failures ---- */

static const char *phase_at(const struct sweep *w, uint64_t operation)
{
    return report_string(cJSON_GetArrayItem(cJSON_GetObjectItem(w->opened, "operations"), (int)operation - 1), "phase");
}

static void shrink(struct sweep *w, struct sweep_failure *f)
{
    char path[FAULT_ID_MAX], died[300], why[400];
    fault_id_print(&f->id, path);
    cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "op", "sweep");
    cJSON_AddStringToObject(request, "do", "shrink");
    cJSON_AddStringToObject(request, "stage", f->stage);
    cJSON_AddStringToObject(request, "path", path);
    cJSON *answer = sweep_pool_ask(&w->pool, request, NULL, died, sizeof died);
    cJSON_Delete(request);
    struct fault_id smaller;
    struct finding finding;
    sweep_read_finding(answer, &finding);
    if (finding.oracle[0] && fault_id_parse(report_string(answer, "path"), &smaller, why, sizeof why) == OK) {
        if (strcmp(report_string(answer, "path"), path) != 0)
            snprintf(f->shrunk_from, sizeof f->shrunk_from, "%s", path);
        f->id = smaller;
        f->finding = finding;
    }
    cJSON_Delete(answer);
}

/* Plays it for its last lines. */
static void fetch_events(struct sweep *w, struct sweep_failure *f)
{
    char id[FAULT_ID_MAX], died[300], seed[24];
    fault_id_print(&f->id, id);
    cJSON *request = cJSON_CreateObject();
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)w->o->seed);
    cJSON_AddStringToObject(request, "op", "run");
    cJSON_AddStringToObject(request, "file", report_string(w->one, "path"));
    cJSON_AddItemToObject(request, "index", cJSON_Duplicate(cJSON_GetObjectItem(w->one, "index"), false));
    cJSON_AddStringToObject(request, "seed", seed);
    cJSON_AddStringToObject(request, "fault", id);
    cJSON_Delete(sweep_pool_ask(&w->pool, request, &f->events, died, sizeof died));
    cJSON_Delete(request);
}

/* The first of each kind of finding come first, so that twenty lines do not say one thing twenty times. */
static void put_different_first(struct sweep *w)
{
    size_t front = 0;
    for (size_t i = 0; i < w->failures; i++) {
        bool fresh = true;
        for (size_t k = 0; k < front && fresh; k++)
            fresh = strcmp(w->failure[k].finding.oracle, w->failure[i].finding.oracle) != 0 ||
                    strcmp(w->failure[k].stage, w->failure[i].stage) != 0 ||
                    strncmp(w->failure[k].finding.found, w->failure[i].finding.found, 24) != 0;
        if (!fresh)
            continue;
        struct sweep_failure moved = w->failure[i];
        memmove(&w->failure[front + 1], &w->failure[front], (i - front) * sizeof moved);
        w->failure[front++] = moved;
    }
}

/* One of those that are told already is this one, once both are as small as can be. */
static bool is_told(const struct sweep *w, const struct sweep_failure *f)
{
    char id[FAULT_ID_MAX], other[FAULT_ID_MAX];
    bool same = false;
    fault_id_print(&f->id, id);
    for (size_t i = 0; i < w->told_failures && !same; i++) {
        fault_id_print(&w->failure[i].id, other);
        same = strcmp(id, other) == 0 && strcmp(f->stage, w->failure[i].stage) == 0;
    }
    return same;
}

/* In their order, until enough different ones are there; each that is told moves up behind the last one. */
void sweep_explain(struct sweep *w)
{
    put_different_first(w);
    w->stage = "shrinking";
    w->known = least(w->failures, SWEEP_FAILURES);
    for (size_t i = 0; i < w->failures && i < SWEEP_SHRUNK && w->told_failures < SWEEP_FAILURES; i++) {
        struct sweep_failure f = w->failure[i];
        w->done = w->told_failures;
        sweep_moved_on(w);
        if (f.state && !f.finding.hung)
            shrink(w, &f);
        if (is_told(w, &f))
            continue;
        fetch_events(w, &f);
        uint64_t at = f.id.kind == FAULT_CUT ? f.id.cut[0].number : 0;
        snprintf(f.phase, sizeof f.phase, "%s", at ? phase_at(w, at) : "");
        w->failure[i] = w->failure[w->told_failures];
        w->failure[w->told_failures++] = f;
    }
    w->stage = "";
}

static void add_failure(const struct sweep *w, cJSON *list, const struct sweep_failure *f)
{
    char id[FAULT_ID_MAX], fault[FAULT_ID_MAX + 8], seed[24], command[4096], file[1100], name[1100];
    cJSON *row = cJSON_CreateObject();
    fault_id_print(&f->id, id);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)w->o->seed);
    shell_quote(report_string(w->one, "file"), file, sizeof file);
    shell_quote(report_string(w->one, "id"), name, sizeof name);
    shell_quote(id, fault, sizeof fault);
    snprintf(command, sizeof command, "./posbench run %s --filter %s --fault %s --seed %s%s", file, name, fault, seed,
             w->o->command_tail ? w->o->command_tail : "");
    cJSON_AddStringToObject(row, "id", id);
    cJSON_AddStringToObject(row, "seed", seed);
    cJSON_AddStringToObject(row, "stage", f->stage);
    cJSON_AddNumberToObject(row, "depth", f->id.cuts);
    cJSON_AddStringToObject(row, "oracle", f->finding.oracle);
    cJSON_AddStringToObject(row, "expected", f->finding.expected);
    cJSON_AddStringToObject(row, "found", f->finding.found);
    cJSON_AddStringToObject(row, "screen", f->finding.screen);
    cJSON_AddStringToObject(row, "phase", f->phase);
    cJSON_AddItemToObject(row, "events", f->events ? cJSON_Duplicate(f->events, true) : cJSON_CreateArray());
    cJSON_AddStringToObject(row, "command", command);
    if (f->shrunk_from[0])
        cJSON_AddStringToObject(row, "shrunk_from", f->shrunk_from);
    cJSON_AddItemToArray(list, row);
}

/* ---- the map ---- */

static const char *const whens[] = {[CUT_BEFORE] = "before", [CUT_INSIDE] = "inside", [CUT_AFTER] = "after"};

static int worse(char a, char b)
{
    static const char order[] = "-spfh"; /* from nothing to worst */
    return (int)(strchr(order, a) - order) - (int)(strchr(order, b) - order);
}

static void add_map(const struct sweep *w, cJSON *result, size_t operations)
{
    cJSON *rows = cJSON_AddArrayToObject(result, "rows"), *cells = cJSON_AddArrayToObject(result, "cells");
    char *line = malloc(operations + 1);
    for (unsigned when = CUT_BEFORE; line && when <= CUT_AFTER; when++) {
        for (unsigned mode = 0; mode < CUT_MODES; mode++) {
            bool used = w->mode[mode] || (mode == CUT_SUBSET && w->s->subsets);
            if (!used || !w->roots || (when == CUT_INSIDE && (mode == CUT_BROWNOUT || mode == CUT_SUBSET)))
                continue;
            memset(line, '-', operations);
            line[operations] = '\0';
            for (size_t i = 0; i < w->roots; i++) {
                const struct find *f = &w->root[i];
                uint32_t state = f->cut.when == when && f->cut.mode == mode ? sweep_find_state(w, f->key) : 0;
                if (state && worse(w->state[state - 1].letter, line[f->cut.number - 1]) > 0)
                    line[f->cut.number - 1] = w->state[state - 1].letter;
            }
            cJSON *row = cJSON_CreateObject();
            cJSON_AddStringToObject(row, "when", whens[when]);
            cJSON_AddStringToObject(row, "mode", cut_mode_info(mode)->name);
            cJSON_AddItemToArray(rows, row);
            cJSON_AddItemToArray(cells, cJSON_CreateString(line));
        }
    }
    free(line);
}

/* ---- counts ---- */

static void add_counts(const struct sweep *w, cJSON *result, size_t operations)
{
    uint64_t cuts = 0;
    cJSON *counts = cJSON_AddObjectToObject(result, "counts"), *levels = cJSON_AddArrayToObject(result, "levels");
    for (unsigned depth = 1; depth <= w->depths; depth++) {
        const struct sweep_depth *d = &w->depth[depth];
        cJSON *row = cJSON_CreateObject();
        cuts += d->cuts;
        cJSON_AddNumberToObject(row, "depth", depth);
        cJSON_AddNumberToObject(row, "cuts", (double)d->cuts);
        cJSON_AddNumberToObject(row, "states", (double)d->states);
        cJSON_AddNumberToObject(row, "judged", (double)d->judged);
        cJSON_AddNumberToObject(row, "violations", (double)d->violations);
        cJSON_AddItemToArray(levels, row);
    }
    if (w->s->closure)
        cuts += w->depth[w->depths + 1].cuts; /* those that led to nothing new */
    const struct {
        const char *name;
        double value;
    } list[] = {{"operations", (double)operations},
                {"cuts", (double)cuts},
                {"states", w->states},
                {"judged", (double)w->judged},
                {"violations", (double)w->violations},
                {"unexplored", (double)(w->states - w->judged)},
                {"depth", w->depths},
                {"largest_unsynced", (double)w->unsynced},
                {"business", (double)w->business},
                {"business_violations", (double)w->business_violations},
                {"reruns", (double)w->reruns},
                {"rerun_violations", (double)w->rerun_violations}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        cJSON_AddNumberToObject(counts, list[i].name, list[i].value);
}

static void put_number(uint8_t *out, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(value >> 8 * (len - 1 - i));
}

/* Over the states in their order: where each comes from, by which cut, and how it was judged; then the letters of the
 * re-runs. Keys are left out: they hold the core's image, and what two compilers make of one core is to compare. */
static void add_digest(const struct sweep *w, cJSON *result)
{
    uint8_t digest[32], row[4 + 8 + 2 + 8 + 1];
    char hex[65];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    for (uint32_t i = 0; ok && i < w->states; i++) {
        const struct sweep_state *s = &w->state[i];
        put_number(row, s->from, 4);
        put_number(row + 4, s->cut.number, 8);
        row[12] = (uint8_t)s->cut.when;
        row[13] = (uint8_t)s->cut.mode;
        put_number(row + 14, s->cut.seed, 8);
        row[22] = (uint8_t)s->letter;
        ok = EVP_DigestUpdate(md, row, sizeof row);
    }
    for (unsigned i = 0; ok && i < w->rerun_kinds; i++)
        ok = EVP_DigestUpdate(md, w->rerun[i].letters, strlen(w->rerun[i].letters));
    if (ok && EVP_DigestFinal_ex(md, digest, NULL)) {
        hex_encode(digest, sizeof digest, hex, sizeof hex);
        cJSON_AddStringToObject(result, "digest", hex);
    }
    EVP_MD_CTX_free(md);
}

static void add_reruns(const struct sweep *w, cJSON *result)
{
    cJSON *list = cJSON_AddArrayToObject(result, "reruns");
    for (unsigned i = 0; i < w->rerun_kinds; i++) {
        const struct sweep_rerun *r = &w->rerun[i];
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "fault", fault_family(r->kind));
        cJSON_AddStringToObject(row, "kind", fault_name(r->kind));
        cJSON_AddStringToObject(row, "meaning", r->meaning);
        if (r->stops[0]) /* the points reach no further */
            cJSON_AddStringToObject(row, "stops", r->stops);
        cJSON_AddNumberToObject(row, "from", (double)r->from);
        cJSON_AddNumberToObject(row, "points", (double)(r->to - r->from + 1));
        cJSON_AddNumberToObject(row, "judged", (double)r->judged);
        cJSON_AddNumberToObject(row, "violations", (double)r->violations);
        cJSON_AddStringToObject(row, "cells", r->letters);
        cJSON_AddItemToArray(list, row);
    }
}

/* How far it went, and what kept it from going further. */
static void add_reach(const struct sweep *w, cJSON *result)
{
    uint64_t points = 0, played = 0;
    char reach[40] = "every point";
    for (unsigned i = 0; i < w->rerun_kinds; i++) {
        points += w->rerun[i].to - w->rerun[i].from + 1;
        played += w->rerun[i].judged;
    }
    const char *sampled =
        w->sampled ? "more than 14 operations were not synced at one point; of those sets some were drawn"
        : w->interrupted || !w->s->budget ? ""
        : w->states > w->judged           ? "the budget was smaller than the number of states; they were chosen by seed"
        : points > played ? "the budget was smaller than the number of points; they were taken at even distances"
                          : "";
    bool whole = !*sampled && w->states == w->judged && points == played && !w->interrupted;
    if (!whole)
        snprintf(reach, sizeof reach, w->interrupted ? "interrupted" : *sampled ? "sampled" : "not finished");
    else if (w->fault_power && w->s->closure)
        snprintf(reach, sizeof reach, "exhaustive");
    else if (w->fault_power)
        snprintf(reach, sizeof reach, "every cut to depth %u", w->s->depth ? w->s->depth : 1);
    cJSON_AddBoolToObject(result, "exhaustive", strcmp(reach, "exhaustive") == 0);
    cJSON_AddStringToObject(result, "reach", reach);
    cJSON_AddStringToObject(result, "sampled", sampled);
    double all = w->fault_power ? w->states : (double)points,
           seen = w->fault_power ? (double)w->judged : (double)played;
    cJSON_AddNumberToObject(result, "share", all > 0 ? seen / all : 1);
}

static void add_options(const struct sweep *w, cJSON *result)
{
    cJSON *o = cJSON_AddObjectToObject(result, "options"), *faults = cJSON_AddArrayToObject(o, "faults"),
          *modes = cJSON_AddArrayToObject(o, "modes"), *table = cJSON_AddArrayToObject(result, "modes");
    const struct {
        const char *name;
        bool on;
    } kinds[] = {
        {"power", w->fault_power}, {"card", w->fault_card}, {"net", w->fault_net}, {"storage", w->fault_storage}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].on)
            cJSON_AddItemToArray(faults, cJSON_CreateString(kinds[i].name));
    for (unsigned i = 0; i < CUT_MODES; i++) {
        const struct cut_mode_info *info = cut_mode_info(i);
        if (!w->mode[i] && !(i == CUT_SUBSET && w->s->subsets))
            continue;
        cJSON_AddItemToArray(modes, cJSON_CreateString(info->name));
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "name", info->name);
        cJSON_AddStringToObject(row, "meaning", info->meaning);
        cJSON_AddStringToObject(row, "medium", info->medium);
        cJSON_AddItemToArray(table, row);
    }
    cJSON_AddNumberToObject(o, "depth", w->s->depth ? w->s->depth : 1);
    cJSON_AddBoolToObject(o, "closure", w->s->closure);
    cJSON_AddBoolToObject(o, "subsets", w->s->subsets);
    cJSON_AddNumberToObject(o, "budget", (double)w->s->budget);
    cJSON_AddNumberToObject(o, "business", (double)w->s->business);
}

static void add_figures(const struct sweep *w, cJSON *result, double seconds)
{
    struct explore_profile sum = {0};
    for (unsigned i = 0; i < SWEEP_LANES; i++) {
        sum.enter_us += w->profile[i].enter_us;
        sum.recover_us += w->profile[i].recover_us;
        sum.judge_us += w->profile[i].judge_us;
        sum.expand_us += w->profile[i].expand_us;
    }
    cJSON_AddNumberToObject(result, "jobs", w->pool.lanes);
    cJSON_AddNumberToObject(result, "real_us", seconds * 1e6);
    cJSON_AddNumberToObject(result, "power_us", w->judging * 1e6);
    double judged = (double)(w->judged ? w->judged : w->reruns), spent = w->judged ? w->judging : seconds;
    cJSON_AddNumberToObject(result, "rate", spent > 0 ? judged / spent / w->pool.lanes : 0);
    cJSON_AddNumberToObject(result, "memory_kb", (double)(w->pool.memory / 1024));
    cJSON *profile = cJSON_AddObjectToObject(result, "profile");
    cJSON_AddNumberToObject(profile, "enter_us", (double)sum.enter_us);
    cJSON_AddNumberToObject(profile, "recover_us", (double)sum.recover_us);
    cJSON_AddNumberToObject(profile, "judge_us", (double)sum.judge_us);
    cJSON_AddNumberToObject(profile, "expand_us", (double)sum.expand_us);
}

cJSON *sweep_result(struct sweep *w)
{
    static const char *const keys[] = {"id", "name", "file", "line", NULL};
    size_t operations = (size_t)cJSON_GetArraySize(cJSON_GetObjectItem(w->opened, "operations"));
    size_t told = w->told_failures ? w->told_failures : least(w->failures, SWEEP_FAILURES); /* it was interrupted */
    char seed[24];
    cJSON *result = cJSON_CreateObject();
    cJSON_AddStringToObject(result, "posbench", POSBENCH_VERSION);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)w->o->seed);
    cJSON_AddStringToObject(result, "seed", seed);
    for (size_t i = 0; keys[i]; i++)
        cJSON_AddItemToObject(result, keys[i], cJSON_Duplicate(cJSON_GetObjectItem(w->one, keys[i]), true));
    cJSON_AddStringToObject(result, "core", report_string(w->opened, "core"));
    add_options(w, result);
    cJSON_AddItemToObject(result, "operations", cJSON_Duplicate(cJSON_GetObjectItem(w->opened, "operations"), true));
    add_map(w, result, operations);
    add_counts(w, result, operations);
    add_reruns(w, result);
    add_reach(w, result);
    cJSON *failures = cJSON_AddArrayToObject(result, "failures");
    for (size_t i = 0; i < told; i++)
        add_failure(w, failures, &w->failure[i]);
    cJSON_AddNumberToObject(result, "failures_more", (double)(w->failures - told));
    add_digest(w, result);
    add_figures(w, result, worker_seconds() - w->started);
    return result;
}
