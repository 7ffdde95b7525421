/*
 * Every subset of what is unsynced, as seeds of CUT_SUBSET: storage.h says what the bits mean. Called by cut_modes.c
 * for the decision, by a sweep for how many there are and which.
 *
 * The order of the seeds: 2^n sets of the last n <= 14 operations with the last write whole; then, three times over
 * (torn, half, noise), those sets in which a write survives; then, when there are older operations, the samples.
 */
#include "sim/storage/storage_internal.h"

#define SAMPLE_SHIFT 14
#define SAMPLE_MASK ((UINT64_C(1) << 34) - 1)

struct window { /* the last operations, those with a bit of their own */
    size_t first;
    unsigned count, writes, write_mask;
    bool older_write;
};

static struct window window_of(const struct storage *s)
{
    struct window w = {0};
    w.first = s->pending_count > SUBSET_OPS ? s->pending_count - SUBSET_OPS : 0;
    w.count = (unsigned)(s->pending_count - w.first);
    for (size_t i = 0; i < w.first; i++)
        w.older_write |= s->pending[i]->kind == OP_WRITE;
    for (unsigned i = 0; i < w.count; i++)
        if (s->pending[w.first + i]->kind == OP_WRITE) {
            w.write_mask |= 1u << i;
            w.writes++;
        }
    return w;
}

/* Sets in which some write survives. */
static uint64_t damageable(const struct window *w)
{
    uint64_t all = UINT64_C(1) << w->count;
    return w->older_write ? all : all - (UINT64_C(1) << (w->count - w->writes));
}

uint64_t storage_subsets(const struct storage *s, bool *exhaustive)
{
    struct window w = window_of(s);
    if (exhaustive)
        *exhaustive = w.first == 0;
    return (UINT64_C(1) << w.count) + 3 * damageable(&w) + (w.first ? SUBSET_SAMPLES : 0);
}

/* Spreads the low bits of `bits` over the set bits of `mask`. */
static unsigned spread(uint64_t bits, unsigned mask)
{
    unsigned out = 0;
    for (unsigned i = 0; i < SUBSET_OPS; i++)
        if (mask & 1u << i) {
            out |= (unsigned)(bits & 1) << i;
            bits >>= 1;
        }
    return out;
}

/* The index-th set with a write in it: the writes among its members count from 1, the others from 0. */
static unsigned nth_damageable(const struct window *w, uint64_t index)
{
    if (w->older_write)
        return (unsigned)index;
    unsigned all = (1u << w->count) - 1, others = w->count - w->writes;
    return spread((index >> others) + 1, w->write_mask) | spread(index, all & ~w->write_mask);
}

uint64_t storage_subset_seed(const struct storage *s, uint64_t index)
{
    struct window w = window_of(s);
    uint64_t whole = UINT64_C(1) << w.count, each = damageable(&w);
    if (index < whole)
        return index;
    index -= whole;
    if (index < 3 * each)
        return nth_damageable(&w, index % each) | (1 + index / each) << SUBSET_LAST;
    uint64_t sample = (index - 3 * each) % SUBSET_SAMPLES + 1;
    struct storage_rng rng = {sample};
    uint64_t last = sample & 3;
    return (rng_next(&rng) & ((1u << SUBSET_OPS) - 1)) | sample << SAMPLE_SHIFT | last << SUBSET_LAST;
}

void cut_subset(const struct storage *s, uint64_t seed, struct verdict *v)
{
    static const enum fate damage[] = {
        [SUBSET_WHOLE] = FATE_WHOLE,
        [SUBSET_TORN] = FATE_TORN,
        [SUBSET_HALF] = FATE_HALF,
        [SUBSET_NOISE] = FATE_NOISE,
    };
    struct window w = window_of(s);
    uint64_t sample = seed >> SAMPLE_SHIFT & SAMPLE_MASK;
    struct storage_rng older = {~sample};
    size_t last = s->pending_count;
    for (size_t i = 0; i < s->pending_count; i++) {
        bool survives = i >= w.first ? seed >> (i - w.first) & 1 : !sample || (rng_next(&older) & 1);
        v->fate[i] = survives ? FATE_WHOLE : FATE_LOST;
        if (survives && s->pending[i]->kind == OP_WRITE)
            last = i;
    }
    if (last == s->pending_count)
        return;
    v->fate[last] = (uint8_t)damage[seed >> SUBSET_LAST & 3];
    v->choice = (s->pending[last]->len - 1) / 2;
    if (v->fate[last] == FATE_HALF || v->fate[last] == FATE_NOISE)
        v->choice = 0;
}
