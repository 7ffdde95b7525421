/*
 * The engine's public face: find scenarios, run them in worker processes, judge them. Callers: cli/, later gui/.
 *
 * Results are JSON (cJSON) from the start, because they cross a process border anyway and every report derives from
 * them:
 *
 *   run:  { posbench, seed, core (name, version, digest), core_path (only when not the shipped one),
 * counts{pass,fail,...}, virtual_us, real_us, jobs, reader (a real one's name: nothing of it is repeatable), cases[] }
 * case: { id, file, line, name, tags[], covers[], verdict, virtual_us, real_us, seed, record, digest, command,
 * failures[{what, expected, found, where, screen[], t}], oracles[{name, verdict, text}], events[] (tail after a crash),
 * reader{name, trouble} (a real one) }
 *
 * Verdicts: pass, fail, inconclusive, not applicable, skipped, error (the bench itself).
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_ENGINE_H
#define POSBENCH_SCENARIOS_ENGINE_ENGINE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum engine_exit { /* of every posbench command */
                   EXIT_PASS = 0,
                   EXIT_FAILED = 1,
                   EXIT_USAGE = 2,
                   EXIT_BENCH = 3,
                   EXIT_NOTHING = 4,
                   EXIT_INTERRUPTED = 130
};

struct replay_keys; /* replay_keys.h */
struct engine_options {
    const char *root;        /* holds scenarios/, cards/profiles/, sim/profiles/ */
    const char *core, *boot; /* image files */
    const char *records;     /* folder for run records; NULL: none are written */
    uint64_t seed;
    unsigned jobs;                  /* 0: one per core */
    unsigned wall_seconds;          /* a case that takes longer is killed; 0: 60 */
    const char *filter;             /* part of a name, any case; NULL: all */
    const char *tag;                /* NULL: all */
    unsigned shard, shards;         /* 1-based; 0: no sharding */
    const char *command_tail;       /* options a repeated command needs, e.g. " --core X.so"; may be NULL */
    bool fresh_workers;             /* every case in a process of its own */
    unsigned session;               /* of a replay: only this one of the file; 0: all */
    const struct replay_keys *capk; /* of a replay: CA keys that were given; NULL: none */
    const char *fault;              /* engine_run: fault id to play in every case (fault_id.h), NULL: none */
    const char *reader; /* engine_run: a real chip reader (hw/reader.h: "pcsc:NAME", "usb"), paced to real time, one
                           job; NULL: simulated */
};

struct engine_progress {
    void *ctx;
    void (*done)(void *ctx, const cJSON *result, size_t finished, size_t total); /* may be NULL */
    /* A person is asked for something ("put the card into ..."), or no longer (NULL). May be NULL. */
    void (*asked)(void *ctx, const char *text);
};

/* All scenarios in files and folders (NULL-terminated paths; none: root/scenarios), selected by filter, tag and shard,
 * as an array of {id, file, index, line, name, tags[], covers[]}, sorted by file and line. EXIT_PASS; EXIT_USAGE with a
 * one-line reason. */
int engine_list(const struct engine_options *o, const char *const *paths, cJSON **cases, char *why, size_t why_cap);

/* Runs the cases of engine_list. EXIT_PASS, EXIT_FAILED, EXIT_NOTHING, EXIT_BENCH, EXIT_USAGE (image, profile),
 * EXIT_INTERRUPTED. */
int engine_run(const struct engine_options *o, const cJSON *cases, const struct engine_progress *progress, cJSON **run,
               char *why, size_t why_cap);

/* Replays one trace file, or session o->session of it, in a worker: {file, session_count, sessions[{session, line,
 * last_line, raw, interface, card[{line, text}], recording, findings[{line, kind, text}], signatures{verdict, reason,
 * checks[{check, verdict, line, text}]}, recording_verdict, recording_reason, pinned[], assumptions[],
 * screen, core, counts{}, exchanges[{line, raw, phase, name, command, core, answer, sw, verdict, reason,
 * raw_lines[{line, answer_line, name, data, sw}]}], own[{name, after_line, command, sw, reason}]}]}. EXIT_PASS;
 * EXIT_USAGE (file), EXIT_FAILED (the core crashed), EXIT_BENCH. */
int engine_replay(const struct engine_options *o, const char *path, cJSON **report, char *why, size_t why_cap);

/* What a sweep tries. */
struct sweep_options {
    const char *faults; /* "power", "card", "net", "storage", with commas between; NULL: power */
    unsigned depth;     /* cuts after each other; 0: 1 */
    bool closure;       /* until no new state appears */
    bool subsets;       /* at the first cut also every subset of the unsynced operations */
    const char *modes;  /* survival modes, with commas between; NULL: all */
    uint64_t budget;    /* states and re-runs of one kind that are judged at most, chosen by seed; 0: all */
    uint64_t business;  /* states whose next business is played as well */
};
struct sweep_moved {
    const char *stage; /* "run", "power, depth 2", "business", "net", "shrinking" */
    uint64_t done, known, violations;
    double seconds;
};
struct sweep_progress {
    void *ctx;
    void (*moved)(void *ctx, const struct sweep_moved *m); /* may be NULL */
};

/* Every fault point of one case of engine_list, judged. The object:
 *
 *   { posbench, seed, id, name, file, line, core, core_path (only when not the shipped one),
 *     options{faults[], depth, closure, subsets, modes[], budget, business}, modes[{name, meaning, medium}],
 *     operations[{n, op, name, len, phase}], rows[{when, mode}], cells[one string a row, one letter an operation],
 *     counts{operations, cuts, states, judged, violations, unexplored, depth, largest_unsynced, business,
 *     business_violations, reruns, rerun_violations}, levels[{depth, cuts, states, judged, violations}],
 *     reruns[{fault, kind, meaning, stops, from, points, judged, violations, cells}], exhaustive, reach, sampled,
 * share, failures[{id, seed, stage, depth, oracle, expected, found, screen, phase, events[], command, shrunk_from}],
 *     failures_more, digest, jobs, real_us, rate }
 *
 * reach: "exhaustive" (a closure without anything left), "every cut to depth 1", "every point" (re-runs alone),
 * "sampled", "interrupted"; sampled: why, "" when nothing was. share: of the states that were judged, of the points
 * when there are re-runs alone. failures: each another fault, as small as could be; failures_more: other states and
 * points that failed.
 *
 * Letters of cells: p pass, f fail, h hung or crashed, s not judged (budget), - does not apply. Counts, ids and digest
 * depend on scenario, images, seed and options only. EXIT_PASS, EXIT_FAILED, EXIT_USAGE, EXIT_BENCH,
 * EXIT_INTERRUPTED (the object holds what was judged until then). */
int engine_sweep(const struct engine_options *o, const struct sweep_options *s, const cJSON *one,
                 const struct sweep_progress *progress, cJSON **result, char *why, size_t why_cap);

/* The Lua API as {module, name, args, doc} rows, for the reference page and for editors. */
cJSON *engine_api(void);

#endif
