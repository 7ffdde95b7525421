/*
 * bench sweep: how fast fault points are judged, and how that grows with the workers. Rounds are interleaved, so that
 * whatever else the machine does in between meets all of them alike.
 */
#include "cli/bench.h"
#include "reports/output.h"

#include <string.h>
#include <unistd.h>

#define NET_BUDGET 1000 /* re-runs in each direction: seconds, not minutes */

/* One sweep, and its best round. */
struct measured {
    const char *name, *file;
    struct sweep_options what;
    unsigned jobs;
    cJSON *best; /* result of the fastest round */
    double us;   /* its real time */
};

static const struct measured plan[] = {
    {"cuts", "scenarios/power/sale.lua", {.faults = "power", .depth = 1}, 1, NULL, 0},
    {"line", "scenarios/power/sale.lua", {.faults = "net", .budget = NET_BUDGET}, 1, NULL, 0},
    {"closure, 1 worker",
     "scenarios/power/ten-sales.lua",
     {.faults = "power", .closure = true, .modes = "none,all"},
     1,
     NULL,
     0},
    {"closure, 2 workers",
     "scenarios/power/ten-sales.lua",
     {.faults = "power", .closure = true, .modes = "none,all"},
     2,
     NULL,
     0},
    {"closure, 4 workers",
     "scenarios/power/ten-sales.lua",
     {.faults = "power", .closure = true, .modes = "none,all"},
     4,
     NULL,
     0},
};
enum { CUTS, LINE, CLOSURE_1, CLOSURE_2, CLOSURE_4, PLANNED };
_Static_assert(sizeof plan / sizeof *plan == PLANNED, "one row each, in this order");

static int measure(const struct engine_options *o, struct measured *m, char *why, size_t cap)
{
    struct engine_options one = *o;
    cJSON *cases = NULL, *result = NULL;
    one.jobs = m->jobs;
    int status = bench_scenario(o, m->file, NULL, &cases, why, cap);
    if (status != EXIT_PASS)
        return status;
    status = engine_sweep(&one, &m->what, cases->child, NULL, &result, why, cap);
    double us = report_number(result, "real_us");
    cJSON_Delete(cases);
    if (status == EXIT_FAILED) /* figures of a core that fails are figures all the same: the note says so */
        status = EXIT_PASS;
    if (status == EXIT_PASS && us > 0 && (!m->best || us < m->us)) {
        cJSON_Delete(m->best);
        m->best = result;
        m->us = us;
        return status;
    }
    cJSON_Delete(result);
    return status;
}

/* -- what is said of a figure -- */

static double count(const struct measured *m, const char *key)
{
    return report_number(report_item(m->best, "counts"), key);
}

static double violations(const struct measured *m)
{
    return count(m, "violations") + count(m, "rerun_violations") + count(m, "business_violations");
}

/* Where the time of the workers went, as far as the engine measured it; "" when it did not tell two things apart. */
static void say_profile(const cJSON *profile, char *text, size_t cap)
{
    static const char *const parts[][2] = {
        {"enter_us", "restoring and booting"},
        {"recover_us", "recovering"},
        {"judge_us", "judging"},
        {"expand_us", "cutting anew"},
    };
    double sum = 0;
    unsigned said = 0, known = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        sum += report_number(profile, parts[i][0]);
        known += report_number(profile, parts[i][0]) > 0;
    }
    text[0] = '\0';
    for (size_t i = 0; known > 1 && i < sizeof parts / sizeof *parts; i++) {
        size_t len = strlen(text);
        snprintf(text + len, cap - len, "%s%s %.0f %%", said++ ? ", " : "time: ", parts[i][1],
                 report_number(profile, parts[i][0]) / sum * 100);
    }
}

static const char *note(const struct measured *m, const char *first, char *text, size_t cap)
{
    char profile[200], bad[200] = "";
    say_profile(report_item(m->best, "profile"), profile, sizeof profile);
    if (violations(m) > 0)
        snprintf(bad, sizeof bad, "; %.0f VIOLATIONS: ./posbench sweep %s", violations(m), m->file);
    snprintf(text, cap, "%s%s%s%s", first, *profile ? "; " : "", profile, bad);
    return text;
}

/* -- figures -- */

static double rate(const struct measured *m, const char *key)
{
    return m->best ? count(m, key) / m->us * 1e6 : -1;
}

static double power_rate(const struct measured *m, const char *key)
{
    return count(m, key) / report_number(m->best, "power_us") * 1e6;
}

/* Without what every sweep does once (the worker starts, the run is played). */
static void add_cuts(const struct measured *m, cJSON *rows)
{
    char text[600], first[200];
    snprintf(
        first, sizeof first,
        "%.0f states of %.0f cuts, booted, recovered and judged by all oracles in %.3f s; the whole sweep took %.3f s",
        count(m, "judged"), count(m, "cuts"), report_number(m->best, "power_us") / 1e6,
        report_number(m->best, "real_us") / 1e6);
    bench_add(rows, &(struct bench_figure){"power cuts judged", "states/s/core", power_rate(m, "judged"),
                                           BENCH_AT_LEAST, 3000, note(m, first, text, sizeof text)});
    bench_add(rows, &(struct bench_figure){"power cuts looked at", "cuts/s/core", power_rate(m, "cuts"), BENCH_NONE, 0,
                                           "cuts that leave a state already judged included"});
}

static void add_closure(const struct measured *m, cJSON *rows)
{
    char text[600], first[160], name[60];
    snprintf(name, sizeof name, "closure, 10 sales, %u worker%s", m->jobs, m->jobs == 1 ? "" : "s");
    snprintf(first, sizeof first, "%.0f cuts, %.0f states, depth %.0f, %.0f unexplored", count(m, "cuts"),
             count(m, "states"), count(m, "depth"), count(m, "unexplored"));
    bench_add(rows,
              &(struct bench_figure){name, "s", m->us / 1e6, BENCH_AT_MOST, 5, note(m, first, text, sizeof text)});
}

static void add_line(const struct measured *m, cJSON *rows)
{
    char text[600], first[160];
    snprintf(first, sizeof first, "the line cut at a byte, the sale played to its end: %.0f times", count(m, "reruns"));
    bench_add(rows, &(struct bench_figure){"re-runs of the line", "re-runs/s/core", rate(m, "reruns"), BENCH_AT_LEAST,
                                           500, note(m, first, text, sizeof text)});
}

static void add_memory(const struct measured *m, cJSON *rows)
{
    const cJSON *kb = report_item(m->best, "memory_kb");
    bench_add(rows, &(struct bench_figure){"memory of a worker", "MB", cJSON_IsNumber(kb) ? kb->valuedouble / 1024 : -1,
                                           BENCH_AT_MOST, 48,
                                           kb ? "peak of resident memory in the closure" : "the sweep does not say"});
}

static void add_speed_up(const struct measured *one, const struct measured *m, long processors, cJSON *rows)
{
    char name[60], text[160] = "";
    snprintf(name, sizeof name, "speed-up over %u workers", m->jobs);
    if (!m->best)
        snprintf(text, sizeof text, "not measured: this machine has %ld processor%s", processors,
                 processors == 1 ? "" : "s");
    bench_add(rows, &(struct bench_figure){name, "times", m->best ? one->us / m->us : -1, BENCH_AT_LEAST, 0.9 * m->jobs,
                                           text});
}

static void add_all(const struct measured m[PLANNED], long processors, cJSON *rows)
{
    size_t most = m[CLOSURE_4].best ? CLOSURE_4 : m[CLOSURE_2].best ? CLOSURE_2 : CLOSURE_1;
    if (m[CUTS].best)
        add_cuts(&m[CUTS], rows);
    if (m[CLOSURE_1].best)
        add_closure(&m[most], rows);
    if (m[LINE].best)
        add_line(&m[LINE], rows);
    if (m[CLOSURE_1].best) {
        add_memory(&m[most], rows);
        add_speed_up(&m[CLOSURE_1], &m[CLOSURE_2], processors, rows);
        add_speed_up(&m[CLOSURE_1], &m[CLOSURE_4], processors, rows);
    }
}

int bench_sweep(const struct engine_options *o, cJSON *rows, char *why, size_t cap)
{
    struct measured m[PLANNED];
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int status = EXIT_PASS;
    memcpy(m, plan, sizeof m);
    for (unsigned round = 1; round <= BENCH_ROUNDS; round++)
        for (size_t i = 0; i < PLANNED && status == EXIT_PASS; i++) {
            if (m[i].jobs > processors)
                continue;
            cli_progress("sweep: round %u of %u, %s", round, BENCH_ROUNDS, m[i].name);
            status = measure(o, &m[i], why, cap);
        }
    add_all(m, processors, rows);
    for (size_t i = 0; i < PLANNED; i++)
        cJSON_Delete(m[i].best);
    return status;
}
