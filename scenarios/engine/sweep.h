/*
 * The parent's side of a sweep: which states there are, in their canonical order, and what was found. Shared by
 * sweep.c (power), sweep_rerun.c, sweep_report.c; nobody else includes it.
 *
 * Order makes a sweep repeatable whatever the number of workers: the states of one depth are sorted by (state they come
 * from, operation, when, mode, seed) before they are numbered, and a state that several cuts lead to belongs to the
 * first of them.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_SWEEP_H
#define POSBENCH_SCENARIOS_ENGINE_SWEEP_H

#include "scenarios/engine/sweep_pool.h"
#include "scenarios/engine/sweep_serve.h"

#define SWEEP_DEPTHS FAULT_CUTS /* deeper than any id can say nothing is looked at; it counts as unexplored */
#define SWEEP_FAILURES 20       /* told in full, each another one */
#define SWEEP_SHRUNK 200        /* looked at for them: many shrink to the same fault */

enum sweep_letter { SWEEP_KNOWN = '?', SWEEP_PASS = 'p', SWEEP_FAIL = 'f', SWEEP_HUNG = 'h', SWEEP_SKIPPED = 's' };

struct sweep_state {
    uint8_t key[EXPLORE_KEY];
    uint32_t from; /* number of the state it comes from; 0: `run` */
    struct cut_plan cut;
    uint16_t depth;
    uint8_t lane; /* that found it */
    char letter;
};

struct sweep_failure {
    const char *stage; /* "power", "business", "card", "net", "storage" */
    uint64_t state;    /* its number; 0: a re-run */
    struct fault_id id;
    struct finding finding;
    char shrunk_from[FAULT_ID_MAX];
    char phase[32];
    cJSON *events;
};

struct sweep_depth {
    uint64_t cuts, states, judged, violations;
};

struct sweep_candidate {
    struct find find;
    uint32_t from;
    uint8_t lane;
};

struct sweep_rerun {
    enum fault_kind kind;
    uint64_t from, to;           /* points */
    const char *meaning, *stops; /* rerun.h; of w->opened */
    uint64_t judged, violations;
    char *letters;
};

struct sweep {
    const struct engine_options *o;
    const struct sweep_options *s;
    const struct sweep_progress *progress;
    const cJSON *one;
    struct sweep_pool pool;
    cJSON *opened; /* the first worker's answer: operations, core, re-runs */
    bool mode[CUT_MODES], fault_power, fault_card, fault_net, fault_storage;

    struct sweep_state *state; /* number n at [n - 1] */
    uint32_t states, state_cap;
    uint32_t *index; /* by key: number, 0 free */
    uint32_t index_size;
    struct sweep_candidate *candidate; /* of the next depth */
    size_t candidates, candidate_cap;
    struct find *root; /* every cut of `run`, for the map; subsets only where they are first */
    size_t roots, root_cap;

    struct sweep_depth depth[SWEEP_DEPTHS + 2];
    unsigned depths;
    uint64_t judged, violations, business, business_violations, reruns, rerun_violations;
    size_t unsynced;
    bool sampled;
    struct sweep_rerun rerun[FAULT_KINDS];
    unsigned rerun_kinds;
    struct sweep_failure *failure;
    size_t failures, failure_cap, told_failures; /* the first ones are told, once they are explained */
    struct explore_profile profile[SWEEP_LANES];
    const char *stage;
    double started, told, judging; /* judging: seconds spent in power */
    uint64_t done, known;          /* of the stage */
    bool interrupted;
    bool failed; /* memory ran out, or the bench is at fault */
    char *why;
    size_t why_cap;
};

/* sweep_states.c */
bool sweep_add_candidates(struct sweep *w, const cJSON *finds, uint32_t from, unsigned lane);
/* The candidates become states of this depth; the first one's number in *first. */
bool sweep_new_depth(struct sweep *w, uint32_t *first);
uint32_t sweep_find_state(const struct sweep *w, const uint8_t key[EXPLORE_KEY]); /* number, 0: none */
void sweep_path(const struct sweep *w, uint32_t number, struct fault_id *out);
/* The `most` states from number `first` on with this letter, chosen by seed; the others too, if `most` is 0. Sorted
 * numbers, malloc'd. */
uint32_t *sweep_choose(const struct sweep *w, uint32_t first, char letter, uint64_t most, size_t *count);
void sweep_fail(struct sweep *w, const char *stage, uint32_t state, const struct fault_id *id,
                const struct finding *finding);
/* Those from this place on, which came in any order, into the canonical one. */
void sweep_sort_failures(struct sweep *w, size_t from);
void sweep_free(struct sweep *w);

/* sweep_power.c, sweep_rerun.c: EXIT_PASS also with violations; EXIT_INTERRUPTED, EXIT_BENCH */
int sweep_power(struct sweep *w);
int sweep_reruns(struct sweep *w);
void sweep_moved_on(struct sweep *w); /* tells whoever watches, now and then */
void sweep_read_finding(const cJSON *row, struct finding *out);
void sweep_note_profile(struct sweep *w, unsigned lane, const cJSON *answer);

/* sweep_report.c */
void sweep_explain(struct sweep *w); /* shrinks the failures that are told, and gets their last events */
cJSON *sweep_result(struct sweep *w);

#endif
