/* Two rows of things side by side: where they part, and where they agree again. Called by diff_record.c and
 * diff_trace.c. */
#include "reports/diff.h"

#include <string.h>

#define WINDOW 400u /* lines that may stand on one side only */
#define AGREE 2u    /* lines in a row that must agree, or up to the end */

static bool agrees(const struct diff_sides *s, size_t i, size_t j, uint64_t *effort)
{
    size_t n = 0;
    for (; n < AGREE && i + n < s->count_a && j + n < s->count_b; n++) {
        ++*effort;
        if (!s->equal(s->ctx, i + n, j + n))
            return false;
    }
    return n > 0 || (i >= s->count_a && j >= s->count_b);
}

/* The nearest place first: the fewest lines skipped on both sides together; of those, as many on each. */
bool diff_resume(const struct diff_sides *s, size_t i, size_t j, size_t *skip_a, size_t *skip_b, uint64_t *effort)
{
    size_t left_a = s->count_a - i, left_b = s->count_b - j;
    for (size_t both = 1; both <= WINDOW && both <= left_a + left_b; both++)
        for (size_t step = 0; step <= both; step++) {
            size_t x = step % 2 ? both / 2 + (step + 1) / 2 : both / 2 - step / 2;
            if (x > both || x > left_a || both - x > left_b || !agrees(s, i + x, j + both - x, effort))
                continue;
            *skip_a = x;
            *skip_b = both - x;
            return true;
        }
    *skip_a = left_a > 0;
    *skip_b = left_b > 0;
    return false;
}

void diff_walk(const struct diff_sides *s, void (*paired)(void *ctx, size_t i, size_t j), void *ctx,
               struct diff_walk *out)
{
    uint64_t effort = 0;
    bool open = false; /* within a difference that is longer than the window */
    size_t i = 0, j = 0;
    memset(out, 0, sizeof *out);
    while (i < s->count_a || j < s->count_b) {
        size_t skip_a = 0, skip_b = 0;
        if (i < s->count_a && j < s->count_b && s->equal(s->ctx, i, j)) {
            if (paired)
                paired(ctx, i, j);
            i++, j++;
            open = false;
            continue;
        }
        bool found = effort < DIFF_EFFORT && diff_resume(s, i, j, &skip_a, &skip_b, &effort);
        if (!found && effort >= DIFF_EFFORT)
            skip_a = s->count_a - i, skip_b = s->count_b - j, out->at_least = true;
        if (!out->differences)
            out->first = (struct diff_hunk){i, j, skip_a, skip_b};
        out->differences += !open;
        open = !found;
        i += skip_a;
        j += skip_b;
    }
}
