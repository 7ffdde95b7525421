/*
 * Shrinking: fewer cuts, then plainer ones. A path is tried with each of its cuts left out, then each cut with plainer
 * survival (nothing, all), between operations instead of inside, with seed 0, and a subset with one bit changed towards
 * "survives", as long as the same oracle objects.
 */
#include "scenarios/engine/sweep_shrink.h"

#include <string.h>

struct shrinking {
    struct explorer *e;
    bool business;
    struct fault_id *path;
    struct finding *finding;
};

static void judge(const struct shrinking *s, const struct fault_id *path, struct finding *f)
{
    memset(f, 0, sizeof *f);
    if (!explorer_enter(s->e, path, NULL))
        return;
    if (s->business)
        explorer_business(s->e, f);
    else
        explorer_judge(s->e, NULL, f);
}

/* Takes the path if it fails in the same way. */
static bool attempt(struct shrinking *s, const struct fault_id *path)
{
    struct finding f;
    if (s->finding->hung || path->cuts == 0)
        return false;
    judge(s, path, &f);
    if (strcmp(f.oracle, s->finding->oracle) != 0)
        return false;
    *s->path = *path;
    *s->finding = f;
    return true;
}

static bool leave_one_out(struct shrinking *s)
{
    for (unsigned i = 0; i < s->path->cuts; i++) {
        struct fault_id shorter = *s->path;
        memmove(&shorter.cut[i], &shorter.cut[i + 1], (shorter.cuts - i - 1) * sizeof *shorter.cut);
        shorter.cuts--;
        if (attempt(s, &shorter))
            return true;
    }
    return false;
}

/* The plainer kinds, plainest first. */
static const struct cut_plan plain[] = {
    {.when = CUT_BEFORE, .mode = CUT_NONE}, {.when = CUT_AFTER, .mode = CUT_NONE},
    {.when = CUT_BEFORE, .mode = CUT_ALL},  {.when = CUT_AFTER, .mode = CUT_ALL},
    {.when = CUT_INSIDE, .mode = CUT_NONE},
};

static bool plainer(struct shrinking *s, unsigned i)
{
    for (size_t k = 0; k < sizeof plain / sizeof *plain; k++) {
        struct fault_id path = *s->path;
        if (path.cut[i].when == plain[k].when && path.cut[i].mode == plain[k].mode)
            return false; /* it is that plain already */
        path.cut[i].when = plain[k].when;
        path.cut[i].mode = plain[k].mode;
        path.cut[i].seed = 0;
        if (attempt(s, &path))
            return true;
    }
    return false;
}

/* A subset that loses less: one operation more survives, or the last one whole. */
static void more_survives(struct shrinking *s, unsigned i)
{
    for (unsigned bit = 0; bit < SUBSET_OPS && s->path->cut[i].mode == CUT_SUBSET; bit++) {
        struct fault_id path = *s->path;
        path.cut[i].seed |= UINT64_C(1) << bit;
        if (path.cut[i].seed != s->path->cut[i].seed)
            attempt(s, &path);
    }
    struct fault_id whole = *s->path;
    whole.cut[i].seed &= (UINT64_C(1) << 48) - 1;
    if (s->path->cut[i].mode == CUT_SUBSET && whole.cut[i].seed != s->path->cut[i].seed)
        attempt(s, &whole);
}

void sweep_shrink(struct explorer *e, bool business, struct fault_id *path, struct finding *finding)
{
    struct shrinking s = {e, business, path, finding};
    judge(&s, path, finding);
    if (!finding->oracle[0])
        return;
    while (leave_one_out(&s))
        ;
    for (unsigned i = 0; i < path->cuts; i++)
        if (!plainer(&s, i))
            more_survives(&s, i);
}
