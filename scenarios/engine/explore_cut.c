/*
 * All cuts at one storage operation: before it, inside it, after it, with every survival mode and seed, each made from
 * a clone of the storage as it was before. Runs inside the operation, on the core's stack, or over the log of `run`.
 */
#include "scenarios/engine/explore.h"

#include <openssl/crypto.h>
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

/* One call of explore_point, with what it shares between its cuts. */
struct point {
    struct explorer *e;
    const struct storage *before;
    const struct storage_op *op;
    const uint8_t *rest;
    bool keep; /* scenes of new states, for the next depth */
    bool all;  /* also tell of states that are known */
    struct finds *out;
};

static void tell(struct point *p, struct storage *settled, const struct cut_plan *cut, bool all)
{
    struct explorer *e = p->e;
    uint8_t key[EXPLORE_KEY];
    struct cut_plan counted = *cut;
    counted.number -= e->base;
    scene_key(settled, p->rest, key);
    if (cut->mode == CUT_BROWNOUT)
        key[0] ^= 0x80; /* what follows is not what follows without it */
    p->out->cuts++;
    int fresh = key_set_add(e->seen, key);
    if (fresh < 0 || ((fresh || all) && !finds_add(p->out, key, &counted)))
        e->failed = true;
    if (!fresh || !p->keep || e->failed) {
        storage_destroy(settled);
        return;
    }
    struct scene *scene = scene_take(&e->maker, settled);
    if (scene)
        key_map_put(e->next, key, scene);
    else
        e->failed = true;
}

/* Settles a clone of `s`. `after` and `before` share one storage for all of their modes. */
static void settle(struct point *p, const struct storage *s, const struct cut_plan *cut, bool all)
{
    struct storage *clone = storage_clone(s);
    if (!clone) {
        p->e->failed = true;
        return;
    }
    storage_settle(clone, cut->mode, cut->seed);
    tell(p, clone, cut, all);
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
    for (unsigned mode = 0; mode < CUT_MODES; mode++) {
        bool deeper = p->keep && mode == CUT_BROWNOUT; /* cuts in a row: what the depths are there for */
        if (!p->e->options.mode[mode] || deeper || !cut_mode_applies(mode, s))
            continue;
        cut.mode = (enum cut_mode)mode;
        for (cut.seed = 0; cut.seed < cut_mode_seeds(mode) && !p->e->failed; cut.seed++)
            settle(p, s, &cut, p->all);
    }
    if (p->e->options.subsets && storage_pending(s))
        each_subset(p, s, cut);
}

/* Power lost while the operation was under way: what it left depends on the seed. */
static void each_inside(struct point *p)
{
    struct cut_plan cut = {.number = p->op->number, .when = CUT_INSIDE};
    for (unsigned mode = 0; mode < CUT_MODES; mode++) {
        if (!p->e->options.mode[mode] || mode == CUT_BROWNOUT)
            continue;
        cut.mode = (enum cut_mode)mode;
        for (cut.seed = 0; cut.seed < cut_mode_seeds(mode) && !p->e->failed; cut.seed++) {
            struct storage *s = storage_clone(p->before);
            if (!s) {
                p->e->failed = true;
                return;
            }
            explore_cut(s, p->op, &cut);
            tell(p, s, &cut, p->all);
        }
    }
}

static bool of_storage(const struct storage_op *op)
{
    return op->kind != OP_KEY && op->kind != OP_CLOCK; /* after one of those is before the next operation */
}

void explore_point(struct explorer *e, const struct storage *before, const struct storage_op *op,
                   const uint8_t rest[32], bool keep, bool all, struct finds *out)
{
    struct point p = {e, before, op, rest, keep, all, out};
    size_t unsynced = storage_pending(before);
    each_mode(&p, before, CUT_BEFORE);
    if (of_storage(op)) {
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
