/*
 * What survives a power loss: one table of modes, each with the rule that picks among the unsynced operations.
 * Called by storage_settle, and for torn writes by fs.c and pending.c.
 *
 * Sectors commute: a subset taken sector by sector covers every order in which a cache could have written them back.
 * Inside a sector the order issued is kept. Seed 0 takes the middle where prefix and torn leave a choice (half of the
 * operations, half of the write), so that a cut named without a seed is easy to reason about; any other seed draws.
 */
#include "sim/storage/storage_internal.h"

#include <string.h>

struct selection {
    const struct pending *op; /* in the order issued */
    size_t count;
    uint32_t sector_size;
    uint64_t seed;
    struct storage_rng rng;
    cut_apply_fn apply;
    void *ctx;
};

static int survive(const struct selection *c, const struct pending *op)
{
    return c->apply(c->ctx, op, op->offset, op->len);
}

uint64_t cut_tear(uint64_t offset, uint64_t len, uint32_t sector_size, uint64_t choice)
{
    if (len < 2)
        return 0;
    uint64_t arrived = 1 + choice % (len - 1);
    if ((offset + arrived) % sector_size != 0)
        return arrived;
    return arrived + 1 < len ? arrived + 1 : arrived - 1;
}

int cut_scatter(const struct pending *op, uint32_t sector_size, struct storage_rng *rng, cut_apply_fn apply, void *ctx)
{
    int rc = OK;
    for (uint64_t done = 0, part; done < op->len && rc >= 0; done += part) {
        uint64_t at = op->offset + done, room = sector_size - at % sector_size;
        part = room < op->len - done ? room : op->len - done;
        if (rng_next(rng) & 1)
            rc = apply(ctx, op, at, part);
    }
    return rc;
}

static int first(struct selection *c, size_t count)
{
    int rc = OK;
    for (size_t i = 0; i < count && rc >= 0; i++)
        rc = survive(c, &c->op[i]);
    return rc;
}

static int select_none(struct selection *c)
{
    return first(c, 0);
}

static int select_all(struct selection *c)
{
    return first(c, c->count);
}

static int select_prefix(struct selection *c)
{
    return first(c, c->seed ? (size_t)rng_below(&c->rng, c->count + 1) : c->count / 2);
}

static int select_random(struct selection *c)
{
    int rc = OK;
    for (size_t i = 0; i < c->count && rc >= 0; i++) {
        const struct pending *op = &c->op[i];
        uint64_t draw = rng_below(&c->rng, 4); /* 0, 1: lost; 2: whole; 3: in part, if it has parts */
        if (draw == 3 && op->kind == OP_WRITE)
            rc = cut_scatter(op, c->sector_size, &c->rng, c->apply, c->ctx);
        else if (draw >= 2)
            rc = survive(c, op);
    }
    return rc;
}

static int select_torn(struct selection *c)
{
    size_t last = c->count;
    for (size_t i = 0; i < c->count; i++)
        if (c->op[i].kind == OP_WRITE)
            last = i;
    int rc = OK;
    for (size_t i = 0; i < c->count && rc >= 0; i++) {
        const struct pending *op = &c->op[i];
        if (i != last) {
            rc = survive(c, op);
            continue;
        }
        uint64_t choice = c->seed ? rng_next(&c->rng) : (op->len - 1) / 2;
        uint64_t arrived = cut_tear(op->offset, op->len, c->sector_size, choice);
        rc = arrived ? c->apply(c->ctx, op, op->offset, arrived) : OK;
    }
    return rc;
}

static int of_kind(struct selection *c, bool data)
{
    int rc = OK;
    for (size_t i = 0; i < c->count && rc >= 0; i++)
        if (pending_is_data(&c->op[i]) == data)
            rc = survive(c, &c->op[i]);
    return rc;
}

static int select_names(struct selection *c)
{
    return of_kind(c, false);
}

static int select_data(struct selection *c)
{
    return of_kind(c, true);
}

static const struct mode_row {
    struct cut_mode_info info;
    int (*select)(struct selection *c);
} modes[] = {
    {{CUT_NONE, "none", "nothing unsynced survives", "eMMC or SD whose volatile cache is lost whole"}, select_none},
    {{CUT_ALL, "all", "everything issued survives", "write-through medium, or a reset without power loss"}, select_all},
    {{CUT_PREFIX, "prefix", "the first half survives (by seed: any first part), in order",
      "SLC NAND written page after page"}, select_prefix},
    {{CUT_RANDOM, "random", "any subset survives, sector by sector",
      "eMMC or SD that writes its cache back in any order"}, select_random},
    {{CUT_TORN, "torn", "everything survives, the last write torn inside a sector",
      "NOR: programming stopped between two bytes"}, select_torn},
    {{CUT_NAMES, "names", "name operations survive, data does not",
      "journalled file system in write-back mode: metadata before data"}, select_names},
    {{CUT_DATA, "data", "data survives, name operations do not",
      "file system that writes its directory late"}, select_data},
};
_Static_assert(sizeof modes / sizeof *modes == CUT_MODES, "one row a mode, in the order of the enum");

const struct cut_mode_info *cut_mode_info(enum cut_mode mode)
{
    return (unsigned)mode < CUT_MODES ? &modes[mode].info : NULL;
}

int cut_mode_by_name(const char *name, enum cut_mode *out)
{
    for (size_t i = 0; name && i < CUT_MODES; i++)
        if (strcmp(modes[i].info.name, name) == 0) {
            *out = modes[i].info.mode;
            return OK;
        }
    return E_NOTFOUND;
}

int cut_select(enum cut_mode mode, uint64_t seed, const struct pending *op, size_t count, uint32_t sector_size,
               cut_apply_fn apply, void *ctx)
{
    struct selection c = {op, count, sector_size, seed, {seed}, apply, ctx};
    return (unsigned)mode < CUT_MODES ? modes[mode].select(&c) : E_INVAL;
}
