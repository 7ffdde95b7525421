/* engine_sweep: one case, every fault point. The stages in their order; see sweep.h and engine.h. */
#include "scenarios/engine/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TELL_SECONDS 0.2

void sweep_moved_on(struct sweep *w)
{
    double now = worker_seconds();
    if (!w->progress || !w->progress->moved || now - w->told < TELL_SECONDS)
        return;
    w->told = now;
    const struct sweep_moved moved = {.stage = w->stage,
                                      .done = w->done,
                                      .known = w->known,
                                      .violations = w->violations + w->business_violations + w->rerun_violations,
                                      .seconds = now - w->started};
    w->progress->moved(w->progress->ctx, &moved);
}

/* ---- options ---- */

/* Calls `take` with each word between commas; false when one is not taken. */
static bool each_word(const char *list, bool (*take)(struct sweep *w, const char *word), struct sweep *w, char *bad,
                      size_t cap)
{
    for (const char *at = list;; at++) {
        size_t len = strcspn(at, ",");
        snprintf(bad, cap, "%.*s", (int)(len < cap - 1 ? len : cap - 1), at);
        if (!take(w, bad))
            return false;
        at += len;
        if (!*at)
            return true;
    }
}

static bool take_fault(struct sweep *w, const char *word)
{
    struct {
        const char *name;
        bool *on;
    } kinds[] = {
        {"power", &w->fault_power}, {"card", &w->fault_card}, {"net", &w->fault_net}, {"storage", &w->fault_storage}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, word) == 0)
            return *kinds[i].on = true;
    return false;
}

static bool take_mode(struct sweep *w, const char *word)
{
    enum cut_mode mode;
    if (cut_mode_by_name(word, &mode) != OK || mode == CUT_SUBSET)
        return false;
    return w->mode[mode] = true;
}

static int read_options(struct sweep *w)
{
    char bad[40];
    if (!each_word(w->s->faults ? w->s->faults : "power", take_fault, w, bad, sizeof bad)) {
        snprintf(w->why, w->why_cap, "'%s': no such fault; there are power, card, net, storage", bad);
        return EXIT_USAGE;
    }
    for (unsigned i = 0; !w->s->modes && i < CUT_MODES; i++)
        w->mode[i] = i != CUT_SUBSET;
    if (w->s->modes && !each_word(w->s->modes, take_mode, w, bad, sizeof bad)) {
        size_t at = (size_t)snprintf(w->why, w->why_cap, "'%s': no such survival mode; there are", bad);
        for (unsigned i = 0; i < CUT_MODES && at < w->why_cap; i++)
            if (i != CUT_SUBSET)
                at += (size_t)snprintf(w->why + at, w->why_cap - at, " %s", cut_mode_info(i)->name);
        return EXIT_USAGE;
    }
    if (w->s->depth > FAULT_CUTS) {
        snprintf(w->why, w->why_cap, "at most %d cuts after each other; a closure goes as deep as there are states",
                 FAULT_CUTS);
        return EXIT_USAGE;
    }
    return EXIT_PASS;
}

static cJSON *opening(const struct sweep *w)
{
    char seed[24];
    cJSON *request = cJSON_CreateObject(), *modes;
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)w->o->seed);
    cJSON_AddStringToObject(request, "op", "sweep");
    cJSON_AddStringToObject(request, "do", "open");
    cJSON_AddStringToObject(request, "file", cJSON_GetStringValue(cJSON_GetObjectItem(w->one, "path")));
    cJSON_AddItemToObject(request, "index", cJSON_Duplicate(cJSON_GetObjectItem(w->one, "index"), false));
    cJSON_AddStringToObject(request, "seed", seed);
    cJSON_AddBoolToObject(request, "subsets", w->s->subsets);
    modes = cJSON_AddArrayToObject(request, "modes");
    for (unsigned i = 0; i < CUT_MODES; i++)
        if (w->mode[i])
            cJSON_AddItemToArray(modes, cJSON_CreateString(cut_mode_info(i)->name));
    return request;
}

/* ---- the whole ---- */

static int open_first(struct sweep *w)
{
    const cJSON *text;
    w->stage = "run";
    sweep_moved_on(w);
    w->opened = sweep_pool_open(&w->pool);
    if (!w->opened)
        return EXIT_FAILED; /* the core died; the reason is said */
    if ((text = cJSON_GetObjectItem(w->opened, "usage")) || (text = cJSON_GetObjectItem(w->opened, "fails"))) {
        snprintf(w->why, w->why_cap, "%s", cJSON_GetStringValue(text));
        return cJSON_GetObjectItem(w->opened, "usage") ? EXIT_USAGE : EXIT_FAILED;
    }
    if (!cJSON_GetArraySize(cJSON_GetObjectItem(w->opened, "operations"))) {
        snprintf(w->why, w->why_cap, "the run has no storage operation; nothing can be cut");
        return EXIT_NOTHING;
    }
    return EXIT_PASS;
}

static int sweep_all(struct sweep *w)
{
    int status = read_options(w);
    if (status != EXIT_PASS)
        return status;
    sweep_pool_start(&w->pool, w->o, opening(w), w->why, w->why_cap);
    status = open_first(w);
    if (status == EXIT_PASS && w->fault_power)
        status = sweep_power(w);
    if (status == EXIT_PASS)
        status = sweep_reruns(w);
    if (status == EXIT_PASS && w->failures) {
        sweep_explain(w);
        status = EXIT_FAILED;
    }
    return status;
}

int engine_sweep(const struct engine_options *o, const struct sweep_options *s, const cJSON *one,
                 const struct sweep_progress *progress, cJSON **result, char *why, size_t cap)
{
    struct sweep *w = calloc(1, sizeof *w);
    *result = NULL;
    why[0] = '\0';
    if (!w)
        return EXIT_BENCH;
    *w = (struct sweep){.o = o, .s = s, .one = one, .progress = progress, .why = why, .why_cap = cap, .stage = ""};
    w->started = worker_seconds();
    int status = sweep_all(w);
    bool told = status == EXIT_PASS || status == EXIT_INTERRUPTED || (status == EXIT_FAILED && w->failures);
    w->interrupted = status == EXIT_INTERRUPTED;
    if (told)
        *result = sweep_result(w);
    sweep_free(w);
    free(w);
    return status;
}
