/*
 * What survives a power loss: one table of modes, each with the rule that gives every unsynced operation its fate.
 * fates.c carries them out. Called by storage_settle.
 *
 * Sectors commute: a subset taken sector by sector covers every order in which a cache could have written them back.
 * Inside a sector the order issued is kept. Seed 0 takes the middle where prefix and torn leave a choice (half of the
 * operations, half of the write), so that a cut named without a seed is easy to reason about; any other seed draws.
 */
#include "sim/storage/storage_internal.h"

#include <string.h>

/* ---- fates, mode by mode ----------------------------------------------------------------------------- */

struct selection {
    const struct storage *s;
    uint64_t seed;
    struct storage_rng rng;
    struct verdict *v;
};

static void first(struct selection *c, size_t count)
{
    memset(c->v->fate, FATE_WHOLE, count);
    memset(c->v->fate + count, FATE_LOST, c->s->pending_count - count);
}

static void select_none(struct selection *c)
{
    first(c, 0);
}

static void select_all(struct selection *c)
{
    first(c, c->s->pending_count);
}

static void select_prefix(struct selection *c)
{
    size_t count = c->s->pending_count;
    first(c, c->seed ? (size_t)rng_below(&c->rng, count + 1) : count / 2);
}

static void select_random(struct selection *c)
{
    for (size_t i = 0; i < c->s->pending_count; i++) {
        uint64_t draw = rng_below(&c->rng, 4); /* 0, 1: lost; 2: whole; 3: in part, if it has parts */
        bool scattered = draw == 3 && c->s->pending[i]->kind == OP_WRITE;
        c->v->fate[i] = scattered ? FATE_SCATTERED : draw >= 2 ? FATE_WHOLE : FATE_LOST;
    }
}

static void damage_last(struct selection *c, enum fate how)
{
    first(c, c->s->pending_count);
    for (size_t i = c->s->pending_count; i-- > 0;)
        if (c->s->pending[i]->kind == OP_WRITE) {
            c->v->fate[i] = (uint8_t)how;
            c->v->choice = (c->s->pending[i]->len - 1) / 2;
            return;
        }
}

static void select_torn(struct selection *c)
{
    damage_last(c, FATE_TORN);
    if (c->seed)
        c->v->choice = rng_next(&c->rng);
}

static void select_halves(struct selection *c)
{
    damage_last(c, FATE_HALF);
    c->v->choice = c->seed;
}

static void select_garbage(struct selection *c)
{
    damage_last(c, FATE_NOISE);
    c->v->choice = c->seed;
}

static void of_kind(struct selection *c, bool data)
{
    for (size_t i = 0; i < c->s->pending_count; i++)
        c->v->fate[i] = pending_is_data(c->s->pending[i]) == data ? FATE_WHOLE : FATE_LOST;
}

static void select_names(struct selection *c)
{
    of_kind(c, false);
}

static void select_data(struct selection *c)
{
    of_kind(c, true);
}

static void select_subset(struct selection *c)
{
    cut_subset(c->s, c->seed, c->v);
}

/* ---- whether a mode says anything of its own ---------------------------------------------------------- */

static const struct pending *last_write(const struct storage *s)
{
    for (size_t i = s->pending_count; i-- > 0;)
        if (s->pending[i]->kind == OP_WRITE)
            return s->pending[i];
    return NULL;
}

static bool always(const struct storage *s)
{
    (void)s;
    return true;
}

static bool if_any(const struct storage *s)
{
    return s->pending_count > 0;
}

static bool if_several(const struct storage *s)
{
    return s->pending_count > 1;
}

static bool if_parts(const struct storage *s)
{
    const struct pending *last = last_write(s);
    uint64_t sector = s->config.sector_size;
    return s->pending_count > 1 || (last && last->offset / sector != (last->offset + last->len - 1) / sector);
}

static bool if_write(const struct storage *s)
{
    return last_write(s) != NULL;
}

static bool if_mixed(const struct storage *s)
{
    size_t data = 0;
    for (size_t i = 0; i < s->pending_count; i++)
        data += pending_is_data(s->pending[i]);
    return data && data < s->pending_count;
}

static const struct mode_row {
    struct cut_mode_info info;
    void (*select)(struct selection *c);
    bool (*applies)(const struct storage *s);
} modes[] = {
    {{CUT_NONE, "none", "nothing unsynced survives", "eMMC or SD whose volatile cache is lost whole",
      "each_mode_keeps_what_it_says", 1, 1},
     select_none,
     always},
    {{CUT_ALL, "all", "everything issued survives", "write-through medium, or a reset without power loss",
      "each_mode_keeps_what_it_says", 1, 1},
     select_all,
     if_any},
    {{CUT_PREFIX, "prefix", "the first half survives (by seed: any first part), in order",
      "SLC NAND written page after page", "seeds_reach_every_prefix_and_every_subset", 4, 1},
     select_prefix,
     if_several},
    {{CUT_RANDOM, "random", "any subset survives, sector by sector",
      "eMMC or SD that writes its cache back in any order", "random_loses_single_sectors_of_one_write", 6, 2},
     select_random,
     if_parts},
    {{CUT_TORN, "torn", "everything survives, the last write torn inside a sector",
      "NOR: programming stopped between two bytes", "torn_stops_inside_a_sector", 3, 1},
     select_torn,
     if_write},
    {{CUT_HALVES, "halves", "everything survives, the last sector written is half new and half old (by seed: which)",
      "SD or NAND that programs a sector in two pieces", "halves_leave_one_half_of_a_sector_old", 2, 1},
     select_halves,
     if_write},
    {{CUT_GARBAGE, "garbage",
      "everything survives, the last sector written reads as noise (by seed: the first of that write)",
      "NAND or SD: a page whose programming stopped fails its check as a whole",
      "garbage_takes_the_whole_sector_and_nothing_else", 2, 2},
     select_garbage,
     if_write},
    {{CUT_NAMES, "names", "name operations survive, data does not",
      "journalled file system in write-back mode: metadata before data", "each_mode_keeps_what_it_says", 1, 1},
     select_names,
     if_mixed},
    {{CUT_DATA, "data", "data survives, name operations do not", "file system that writes its directory late",
      "each_mode_keeps_what_it_says", 1, 1},
     select_data,
     if_mixed},
    {{CUT_SUBSET, "subset", "exactly the unsynced operations that the seed names survive",
      "any cache at all: every subset, one by one", "subset_seeds_name_every_subset_once", 0, 0},
     select_subset,
     if_any},
    {{CUT_BROWNOUT, "brown-out", "nothing unsynced survives, and the supply comes back three times for a moment",
      "battery at its end, or a loose plug", "a_brown_out_boots_three_times_and_stays_off", 1, 0},
     select_none,
     always},
};
_Static_assert(sizeof modes / sizeof *modes == CUT_MODES, "one row a mode, in the order of the enum");

const struct cut_mode_info *cut_mode_info(enum cut_mode mode)
{
    return (unsigned)mode < CUT_MODES ? &modes[mode].info : NULL;
}

unsigned cut_mode_seeds(enum cut_mode mode, bool first)
{
    return (unsigned)mode >= CUT_MODES ? 0 : first ? modes[mode].info.seeds : modes[mode].info.again;
}

bool cut_mode_applies(enum cut_mode mode, const struct storage *s)
{
    return (unsigned)mode < CUT_MODES && modes[mode].applies(s);
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

static void decide(const struct storage *s, enum cut_mode mode, uint64_t seed, struct verdict *v)
{
    struct selection c = {s, seed, {seed}, v};
    v->choice = 0;
    modes[mode].select(&c);
    v->rng = c.rng;
}

int cut_settle(struct storage *s, enum cut_mode mode, uint64_t seed)
{
    struct verdict v;
    if ((unsigned)mode >= CUT_MODES)
        return E_INVAL;
    decide(s, mode, seed, &v);
    return cut_carry_out(s, &v);
}

uint64_t storage_settle_print(const struct storage *s, enum cut_mode mode, uint64_t seed)
{
    struct verdict v;
    bool chosen = false, drawn = false;
    if ((unsigned)mode >= CUT_MODES)
        return 0;
    decide(s, mode, seed, &v);
    struct storage_rng print = {s->pending_count};
    for (size_t i = 0; i < s->pending_count; i++) {
        chosen |= v.fate[i] == FATE_TORN || v.fate[i] == FATE_HALF || v.fate[i] == FATE_NOISE;
        drawn |= v.fate[i] == FATE_SCATTERED || v.fate[i] == FATE_NOISE;
        print.state = rng_next(&print) ^ v.fate[i];
    }
    print.state ^= (chosen ? v.choice + 1 : 0) * 0x9E3779B97F4A7C15u;
    print.state ^= (drawn ? v.rng.state + 1 : 0) * 0xD6E8FEB86659FD93u;
    return rng_next(&print);
}
