/*
 * Benchmarks: one file each, one row in cmd_bench.c. A benchmark measures in the best of BENCH_ROUNDS and adds figures
 * to its rows:
 *
 *   {name, figure (null: not measured), unit, goal, goal_is "at least"|"at most" (both absent: no goal), met, note}
 */
#ifndef POSBENCH_CLI_BENCH_H
#define POSBENCH_CLI_BENCH_H

#include "cli/cli.h"

#define BENCH_ROUNDS 3u

/* Measures with the shipped images. EXIT_PASS, or what kept it from measuring with a one-line reason. */
typedef int bench_measure(const struct engine_options *o, cJSON *rows, char *why, size_t why_cap);
bench_measure bench_sale, bench_sweep;

enum bench_goal { BENCH_NONE, BENCH_AT_LEAST, BENCH_AT_MOST };
struct bench_figure {
    const char *name, *unit;
    double value; /* negative: could not be measured, `note` says why */
    enum bench_goal is;
    double goal;
    const char *note; /* what limits it, or what it holds; "" for nothing */
};
void bench_add(cJSON *rows, const struct bench_figure *figure);

/* The scenarios of a file below the root, chosen by `filter` (NULL: all); EXIT_PASS when there is exactly one. */
int bench_scenario(const struct engine_options *o, const char *file, const char *filter, cJSON **cases, char *why,
                   size_t why_cap);

#endif
