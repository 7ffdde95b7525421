/*
 * All cuts at one storage operation: before it, inside it, after it, with every survival mode and seed, each made from
 * a clone of the storage as it was before. Runs inside the operation, on the core's stack, or over the log of `run`.
 */
#include "scenarios/engine/explore.h"

#include <stdlib.h>
#include <string.h>

void finds_clear(struct finds *f)
{
    free(f->list);
    *f = (struct finds){0};
}

static bool finds_add(struct finds *f, const uint8_t key[EXPLORE_KEY], const struct cut_plan *cut)
{
    if (f->count == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 64;
        struct find *list = realloc(f->list, cap * sizeof *list);
        if (!list)
            return false;
        f->list = list;
        f->cap = cap;
    }
    struct find *one = &f->list[f->count++];
    memcpy(one->key, key, EXPLORE_KEY);
    one->cut = *cut;
    return true;
}

void explore_cut(struct storage *s, const struct storage_op *op, const struct cut_plan *cut)
{
    if (cut->when != CUT_BEFORE) {
        storage_plan_cut(s, cut);
        storage_redo(s, op);
        storage_plan_cut(s, NULL);
    }
    storage_settle(s, cut->mode, cut->seed);
}

#define TELL_MAX 64

/* One call of explore_point, with what it shares between its cuts. */
struct point {
    struct explorer *e;
    const struct storage *before;
    const struct storage_op *op;
    const uint8_t *rest;
    const struct explore_how *how;
    struct finds *out;
    /* What the power losses of one storage left so far, by what they decided. */
    size_t told;
    struct {
        uint64_t print;
        uint8_t key[EXPLORE_KEY];
    } tell[TELL_MAX];
};

static bool tell_key(struct point *p, const uint8_t key[EXPLORE_KEY], const struct cut_plan *cut, bool all, bool *fresh)
{
    struct cut_plan counted = *cut;
    counted.number -= p->e->base;
    int added = key_set_add(p->e->seen, key, p->e->depth, p->e->from);
    *fresh = added == KEY_NEW;
    if (added < 0 || ((added != KEY_KNOWN || all) && !finds_add(p->out, key, &counted)))
        p->e->failed = true;
    return !p->e->failed;
}

/* The same decision about the same storage was made before: its state is known. */
static bool repeats(struct point *p, uint64_t print, const struct cut_plan *cut, bool all)
{
    bool fresh;
    size_t i = 0;
    while (i < p->told && p->tell[i].print != print)
        i++;
    return i < p->told && (!all || tell_key(p, p->tell[i].key, cut, all, &fresh) || p->e->failed);
}

static void keep(struct point *p, const uint8_t key[EXPLORE_KEY], struct storage *settled)
{
    struct scene *scene = scene_take(&p->e->maker, settled);
    if (scene)
        key_map_put(p->e->next, key, scene);
    else
        p->e->failed = true;
}

/* Settles a clone of `s` and tells of its state. What shares `s` shares p->tell. */
static void settle(struct point *p, const struct storage *s, const struct cut_plan *cut, bool all)
{
    uint8_t key[EXPLORE_KEY];
    bool fresh, brown = cut->mode == CUT_BROWNOUT;
    uint64_t print = storage_settle_print(s, cut->mode, cut->seed);
    p->out->cuts++;
    if (!brown && repeats(p, print, cut, all))
        return;
    struct storage *clone = storage_clone(s);
    if (!clone) {
        p->e->failed = true;
        return;
    }
    storage_settle(clone, cut->mode, cut->seed);
    scene_key(clone, p->rest, key);
    if (brown)
        key[0] ^= 0x80; /* what follows is not what follows without it */
    if (!brown && p->told < TELL_MAX) {
        p->tell[p->told].print = print;
        memcpy(p->tell[p->told++].key, key, EXPLORE_KEY);
    }
    if (tell_key(p, key, cut, all, &fresh) && fresh && p->how->keep)
        keep(p, key, clone);
    else
        storage_destroy(clone);
}

static void each_subset(struct point *p, const struct storage *s, struct cut_plan cut)
{
    bool exhaustive;
    uint64_t count = storage_subsets(s, &exhaustive);
    cut.mode = CUT_SUBSET;
    for (uint64_t i = 0; i < count && !p->e->failed; i++) {
        cut.seed = storage_subset_seed(s, i);
        settle(p, s, &cut, false);
    }
    p->out->sampled = p->out->sampled || !exhaustive;
}

/* Power lost between two operations: `s` is as it is then. */
static void each_mode(struct point *p, const struct storage *s, enum cut_when when)
{
    struct cut_plan cut = {.number = p->op->number, .when = when};
    p->told = 0;
    for (unsigned mode = 0; mode < CUT_MODES; mode++) {
        if (!p->e->options.mode[mode] || !cut_mode_applies(mode, s))
            continue;
        cut.mode = (enum cut_mode)mode;
        for (cut.seed = 0; cut.seed < cut_mode_seeds(mode, !p->how->keep) && !p->e->failed; cut.seed++)
            settle(p, s, &cut, p->how->all);
    }
    if (p->e->options.subsets && !p->how->keep && storage_pending(s)) /* of the first cut: later ones multiply */
        each_subset(p, s, cut);
}

/* Power lost while the operation was under way, with what it had done by then drawn from this seed. */
static bool each_inside_of(struct point *p, uint64_t seed)
{
    struct cut_plan cut = {.number = p->op->number, .when = CUT_INSIDE, .seed = seed};
    struct storage *s = storage_clone(p->before);
    bool more = false;
    if (!s) {
        p->e->failed = true;
        return false;
    }
    storage_plan_cut(s, &cut);
    storage_redo(s, p->op);
    storage_plan_cut(s, NULL);
    p->told = 0;
    for (unsigned mode = 0; mode < CUT_MODES && !p->e->failed; mode++) {
        if (!p->e->options.mode[mode] || mode == CUT_BROWNOUT || cut_mode_seeds(mode, !p->how->keep) <= seed)
            continue;
        cut.mode = (enum cut_mode)mode;
        settle(p, s, &cut, p->how->all);
        more = more || cut_mode_seeds(mode, !p->how->keep) > seed + 1;
    }
    storage_destroy(s);
    return more && !p->e->failed;
}

static void each_inside(struct point *p)
{
    for (uint64_t seed = 0; each_inside_of(p, seed); seed++)
        ;
}

bool explore_ends_alike(const struct storage_op *op)
{
    return op->kind != OP_KEY && op->kind != OP_CLOCK; /* of those, only "before" is looked at */
}

void explore_point(struct explorer *e, const struct storage *before, const struct storage_op *op,
                   const uint8_t rest[32], const struct explore_how *how, struct finds *out)
{
    struct point p = {.e = e, .before = before, .op = op, .rest = rest, .how = how, .out = out};
    size_t unsynced = storage_pending(before);
    if (!how->between)
        each_mode(&p, before, CUT_BEFORE);
    if (explore_ends_alike(op)) {
        each_inside(&p);
        struct storage *after = storage_clone(before);
        if (!after) {
            e->failed = true;
            return;
        }
        storage_redo(after, op);
        each_mode(&p, after, CUT_AFTER);
        unsynced = unsynced > storage_pending(after) ? unsynced : storage_pending(after);
        storage_destroy(after);
    }
    if (unsynced > out->unsynced)
        out->unsynced = unsynced;
}
