/*
 * The work of a sweep inside one worker process: the log of one `run`, the states that cuts of it lead to, and the
 * judging of one state. The parent process (sweep.c) decides which states are looked at and in which order; nothing
 * here depends on that order. Called by sweep_serve.c and, for `run --fault`, by fault_play.c.
 *
 * Method. `run` is played once, and at each storage operation, before it happens, a scene is kept. A cut is a scene, an
 * operation (before it, inside it, after it), and what survives of that which was not synced. Its state has a key; a
 * state is judged by entering it, playing the recovery to idle, and asking every oracle. While the recovery runs, the
 * same is done at its storage operations: these are the states of the next depth.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_EXPLORE_H
#define POSBENCH_SCENARIOS_ENGINE_EXPLORE_H

#include "scenarios/engine/fault_id.h"
#include "scenarios/engine/judge.h"
#include "scenarios/engine/scene.h"

#define EXPLORE_KEY 16

struct explore_options {
    bool mode[CUT_MODES]; /* which survival modes are tried */
    bool subsets;         /* CUT_SUBSET with every seed; it is not in `mode` */
};

struct logged { /* one storage operation of `run` */
    struct scene *before;
    uint8_t rest[32];
    struct storage_op op; /* name, to and data are owned */
    char phase[32];       /* the screen that stood there */
};

struct find { /* a cut and the state it leads to */
    uint8_t key[EXPLORE_KEY];
    struct cut_plan cut; /* number: counted from the start of `run`, or of the recovery */
};
struct finds {
    struct find *list;
    size_t count, cap;
    uint64_t cuts;   /* looked at */
    size_t unsynced; /* most operations that were not synced at one point */
    bool sampled;    /* of some point not every subset was looked at */
};
void finds_clear(struct finds *f);

struct finding { /* what is wrong with a state; oracle "" for nothing */
    char oracle[20], expected[200], found[300], screen[40];
    bool hung; /* the core had to be given up: this process must end */
};

struct explore_profile {
    uint64_t enter_us, recover_us, judge_us, expand_us;
};

struct explorer {
    struct case_request request;
    struct explore_options options;
    struct bench_case bench;
    struct scene_maker maker;
    struct judge_memo *memo;
    struct scene *idle; /* after the first idle screen: where re-runs begin. NULL: it was never idle */
    struct logged *log;
    size_t logged, log_cap;
    uint64_t last_op; /* of `run`: its storage operations */
    bool has_recover, has_check, has_after;
    bool failed; /* memory ran out inside a hook */

    /* what the hook does at a storage operation */
    enum { EXPLORE_IGNORE, EXPLORE_LOG, EXPLORE_EXPAND, EXPLORE_STOP } hook;
    uint64_t base; /* operations before this life: of `run`, or of the recovery */
    uint64_t run_base;
    uint64_t after; /* EXPLORE_EXPAND: the operation before, if its "after" was looked at; and what was the rest then */
    uint8_t after_rest[32];
    struct finds *finds;  /* EXPLORE_EXPAND */
    struct cut_plan stop; /* EXPLORE_STOP: at this one, whose scene is kept */
    struct scene *stopped;
    struct key_set *seen;        /* states this worker has told of */
    struct key_map *kept, *next; /* scenes of such states, for this depth and for the next */
    unsigned depth;
    uint32_t from; /* number of the state that is judged */
    struct explore_profile profile;
};

/* A run that is played again for its record, up to its first cut. */
struct explore_replay {
    struct cut_plan first;
    struct scene_maker maker; /* of a run without a fault: only the instant at which scenes go on is used */
    bool (*ready)(void *ctx, struct explorer *e); /* the script is loaded and nothing played yet; false ends it */
    void *ctx;
};

/* Plays `run` and keeps its log. OK; with the reason E_INVAL (file, scenario, profile, not exactly one terminal) or
 * E_STATE (the scenario itself fails, or does not run). To be closed in every case. */
int explorer_open(struct explorer *e, const struct case_request *request, const struct explore_options *options,
                  char *why, size_t why_cap);
/* Plays `run` up to a cut; explorer_go_on then puts the case behind it. E_INVAL also when the cut is not reached. */
int explorer_open_at(struct explorer *e, const struct case_request *request, const struct explore_replay *replay,
                     char *why, size_t why_cap);
bool explorer_go_on(struct explorer *e);
void explorer_close(struct explorer *e);

/* Every cut at the operations from .. to of `run`, none left out of the list but subsets that lead to a state this
 * worker knows. */
bool explorer_expand(struct explorer *e, uint64_t from, uint64_t to, struct finds *out);
/* Puts the case into the state that `path` leads to; `key` (may be NULL) finds it faster. false: the path has an
 * operation that is not reached, or memory ran out (e->failed). */
bool explorer_enter(struct explorer *e, const struct fault_id *path, const uint8_t *key);
/* One cut further: recovers up to that operation, and is behind it. */
bool explorer_enter_next(struct explorer *e, const struct cut_plan *cut);
/* From there: recovery and the script's check, unjudged but for what the script expects; explorer_play_after: faults
 * lifted, the rest delivered, the script's `after`. */
void explorer_play(struct explorer *e, struct finding *finding);
void explorer_play_after(struct explorer *e, struct finding *finding);
/* From a state entered: recovers, and judges. `out` (may be NULL) gets the states of the next depth that this worker
 * does not know. */
void explorer_judge(struct explorer *e, struct finds *out, struct finding *finding);
/* Likewise, with what comes after it, judged at the end. */
void explorer_business(struct explorer *e, struct finding *finding);
/* Which scenes are worth keeping: those that were found at the depth before. */
void explorer_at_depth(struct explorer *e, unsigned depth);

/* Inside: explore_judge.c */
/* The end of a re-run (rerun.c): what is left is delivered, then the script's check in fresh globals, and every oracle.
 */
void explorer_conclude(struct explorer *e, struct finding *finding);
void explorer_recover(struct explorer *e); /* from a state entered, to idle */
uint64_t explore_clock_us(void);           /* real time, for the profile */

/* Inside: explore_cut.c */
/* Makes `s`, a storage as it was before `op`, what it is after this cut and the loss of power. */
void explore_cut(struct storage *s, const struct storage_op *op, const struct cut_plan *cut);
struct explore_how {
    bool keep;    /* scenes of new states, for the next depth */
    bool all;     /* tell of states that are known, too */
    bool between; /* leave out "before": "after" of the operation before was the same */
};
/* All cuts at one operation. */
void explore_point(struct explorer *e, const struct storage *before, const struct storage_op *op,
                   const uint8_t rest[32], const struct explore_how *how, struct finds *out);
/* A cut after it leaves what one before the next operation leaves, if nothing happens between them. */
bool explore_ends_alike(const struct storage_op *op);

/* Sets of keys: key_set.c */
struct key_set *key_set_create(void);
void key_set_destroy(struct key_set *s);
/* Told of a state at this depth, from that state. A worker does not judge the states in their order, so it tells once
 * more of one that it met at the same depth from a later state: which cut stands for a state must not depend on the
 * workers. E_NOMEM. */
enum { KEY_KNOWN, KEY_NEW, KEY_EARLIER };
int key_set_add(struct key_set *s, const uint8_t key[EXPLORE_KEY], uint32_t depth, uint32_t from);
struct key_map *key_map_create(size_t most); /* keeps at most so many scenes */
void key_map_destroy(struct key_map *m);
void key_map_put(struct key_map *m, const uint8_t key[EXPLORE_KEY],
                 struct scene *owned);                                         /* destroys what it cannot keep */
struct scene *key_map_take(struct key_map *m, const uint8_t key[EXPLORE_KEY]); /* NULL; the caller's then */

#endif
