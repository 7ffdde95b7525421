/* The states of a sweep, in canonical order: see sweep.h. */
#include "scenarios/engine/sweep.h"

#include <stdlib.h>
#include <string.h>

static bool grow(void **list, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return true;
    size_t wanted = *cap ? 2 * *cap : 256;
    void *grown = realloc(*list, wanted * size);
    if (!grown)
        return false;
    *list = grown;
    *cap = wanted;
    return true;
}

bool sweep_add_candidates(struct sweep *w, const cJSON *finds, uint32_t from, unsigned lane)
{
    const cJSON *text;
    cJSON_ArrayForEach(text, finds)
    {
        struct sweep_candidate c = {.from = from, .lane = (uint8_t)lane};
        if (!sweep_find_parse(cJSON_GetStringValue(text), &c.find) ||
            !grow((void **)&w->candidate, w->candidates, &w->candidate_cap, sizeof c))
            return false;
        w->candidate[w->candidates++] = c;
    }
    return true;
}

/* ---- by key ---- */

static uint32_t *slot_of(const struct sweep *w, const uint8_t key[EXPLORE_KEY])
{
    uint64_t hash;
    memcpy(&hash, key, sizeof hash);
    uint32_t at = (uint32_t)hash & (w->index_size - 1);
    while (w->index[at] && memcmp(w->state[w->index[at] - 1].key, key, EXPLORE_KEY) != 0)
        at = (at + 1) & (w->index_size - 1);
    return &w->index[at];
}

uint32_t sweep_find_state(const struct sweep *w, const uint8_t key[EXPLORE_KEY])
{
    return w->index_size ? *slot_of(w, key) : 0;
}

static bool index_grow(struct sweep *w)
{
    uint32_t *old = w->index, size = w->index_size;
    if (w->states * 2 < size)
        return true;
    w->index_size = size ? size * 2 : 1024;
    w->index = calloc(w->index_size, sizeof *w->index);
    if (!w->index) {
        w->index = old;
        w->index_size = size;
        return false;
    }
    for (uint32_t i = 0; i < w->states; i++)
        *slot_of(w, w->state[i].key) = i + 1;
    free(old);
    return true;
}

/* ---- the next depth ---- */

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int candidate_order(const void *left, const void *right)
{
    const struct sweep_candidate *a = left, *b = right;
    const struct cut_plan *x = &a->find.cut, *y = &b->find.cut;
    int order = compare(a->from, b->from);
    order = order ? order : compare(x->number, y->number);
    order = order ? order : compare(x->when, y->when);
    order = order ? order : compare(x->mode, y->mode);
    order = order ? order : compare(x->seed, y->seed);
    return order ? order : compare(a->lane, b->lane);
}

static bool add_state(struct sweep *w, const struct sweep_candidate *c)
{
    size_t cap = w->state_cap;
    if (!grow((void **)&w->state, w->states, &cap, sizeof *w->state) || cap > UINT32_MAX)
        return false;
    w->state_cap = (uint32_t)cap;
    if (!index_grow(w))
        return false;
    struct sweep_state *s = &w->state[w->states];
    *s = (struct sweep_state){.from = c->from, .cut = c->find.cut, .lane = c->lane, .letter = SWEEP_KNOWN};
    memcpy(s->key, c->find.key, EXPLORE_KEY);
    s->depth = (uint16_t)(c->from ? w->state[c->from - 1].depth + 1 : 1);
    *slot_of(w, s->key) = ++w->states;
    return true;
}

static bool keep_root(struct sweep *w, const struct sweep_candidate *c, bool first)
{
    if (c->from || (c->find.cut.mode == CUT_SUBSET && !first))
        return true;
    if (!grow((void **)&w->root, w->roots, &w->root_cap, sizeof *w->root))
        return false;
    w->root[w->roots++] = c->find;
    return true;
}

bool sweep_new_depth(struct sweep *w, uint32_t *first)
{
    bool ok = true;
    *first = w->states + 1;
    if (w->candidates)
        qsort(w->candidate, w->candidates, sizeof *w->candidate, candidate_order);
    for (size_t i = 0; i < w->candidates && ok; i++) {
        const struct sweep_candidate *c = &w->candidate[i];
        bool fresh = !sweep_find_state(w, c->find.key);
        ok = (!fresh || add_state(w, c)) && keep_root(w, c, fresh);
    }
    w->candidates = 0;
    return ok;
}

void sweep_path(const struct sweep *w, uint32_t number, struct fault_id *out)
{
    *out = (struct fault_id){.kind = FAULT_CUT};
    for (uint32_t n = number; n; n = w->state[n - 1].from)
        out->cuts++;
    if (out->cuts > FAULT_CUTS)
        out->cuts = FAULT_CUTS;
    unsigned at = out->cuts;
    for (uint32_t n = number; n && at; n = w->state[n - 1].from)
        out->cut[--at] = w->state[n - 1].cut;
}

/* ---- choosing by seed ---- */

struct ranked {
    uint64_t rank;
    uint32_t number;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    int order = compare(x->rank, y->rank);
    return order ? order : compare(x->number, y->number);
}

static int by_number(const void *a, const void *b)
{
    return compare(*(const uint32_t *)a, *(const uint32_t *)b);
}

static uint64_t rank_of(const struct sweep *w, uint32_t number)
{
    uint64_t half;
    memcpy(&half, w->state[number - 1].key + 8, sizeof half);
    half = (half ^ w->o->seed * 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
    return half ^ half >> 31;
}

uint32_t *sweep_choose(const struct sweep *w, uint32_t first, char letter, uint64_t most, size_t *count)
{
    size_t found = 0;
    struct ranked *list = malloc((w->states + 1) * sizeof *list);
    uint32_t *numbers = malloc((w->states + 1) * sizeof *numbers);
    for (uint32_t n = first; list && numbers && n <= w->states; n++)
        if (w->state[n - 1].letter == letter)
            list[found++] = (struct ranked){rank_of(w, n), n};
    if (list && numbers && most && found > most) {
        qsort(list, found, sizeof *list, by_rank);
        found = (size_t)most;
    }
    for (size_t i = 0; i < found; i++)
        numbers[i] = list[i].number;
    if (numbers)
        qsort(numbers, found, sizeof *numbers, by_number);
    if (!list) {
        free(numbers);
        numbers = NULL;
    }
    free(list);
    *count = found;
    return numbers;
}

void sweep_fail(struct sweep *w, const char *stage, uint32_t state, const struct fault_id *id,
                const struct finding *finding)
{
    if (!grow((void **)&w->failure, w->failures, &w->failure_cap, sizeof *w->failure)) {
        w->failed = true;
        return;
    }
    w->failure[w->failures++] = (struct sweep_failure){.stage = stage, .state = state, .id = *id, .finding = *finding};
}

/* By state; re-runs, which have none, by point. */
static int failure_order(const void *a, const void *b)
{
    const struct sweep_failure *x = a, *y = b;
    int order = compare(x->state, y->state);
    return order ? order : compare(x->id.at, y->id.at);
}

void sweep_sort_failures(struct sweep *w, size_t from)
{
    if (w->failures > from)
        qsort(w->failure + from, w->failures - from, sizeof *w->failure, failure_order);
}

void sweep_free(struct sweep *w)
{
    sweep_pool_stop(&w->pool);
    cJSON_Delete(w->opened);
    for (size_t i = 0; i < w->failures; i++)
        cJSON_Delete(w->failure[i].events);
    for (unsigned i = 0; i < w->rerun_kinds; i++)
        free(w->rerun[i].letters);
    free(w->failure);
    free(w->state);
    free(w->index);
    free(w->candidate);
    free(w->root);
}
