/*
 * A scene: everything in a case that outlives a power loss of its terminal, at one instant. The terminal's storage,
 * keys, clock and paper; the host; the cards; what people were told (approvals shown, slips); the notes of the script;
 * whether the line is up. Plain data: entered as often as one likes. Callers: the sweep and its re-runs.
 *
 * Of cases with one terminal. A scene shares with others what has not changed between them.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_SCENE_H
#define POSBENCH_SCENARIOS_ENGINE_SCENE_H

#include "scenarios/engine/case_internal.h"

struct scene;

/* What the scenes of one case share, and the one instant at which all of them go on: at each swept reboot world and
 * clock are set to it, so that equal states behave equally. */
struct scene_maker {
    struct bench_case *bench;
    uint64_t now_us;
    bool has_date; /* else the clock is as the scene has it */
    struct hal_datetime date;
    struct scene_host *host; /* of the scene made last */
    struct scene_things *things;
    size_t roll_len;
    uint8_t roll[32];
};

void scene_maker_init(struct scene_maker *m, struct bench_case *b);
void scene_maker_clear(struct scene_maker *m);
/* `run` is over: the instant at which every scene goes on is the next full minute but one. Switches the terminal off.
 */
void scene_maker_settle(struct scene_maker *m);

/* The part of a scene's key that is not storage, as things stand now; also inside a storage operation. A request that
 * the terminal has sent arrives. false: out of memory. */
bool scene_rest(struct scene_maker *m, uint8_t out[32]);
/* What stands now, with `storage` (owned from now on) in the place of the terminal's own; call scene_rest before. NULL:
 * out of memory. */
struct scene *scene_take(struct scene_maker *m, struct storage *storage);
void scene_destroy(struct scene *s);
/* Storage and rest together: equal keys mean that everything goes on in the same way. */
void scene_key(const struct storage *storage, const uint8_t rest[32], uint8_t out[16]);
const struct storage *scene_storage(const struct scene *s);

/* Puts the case there: terminal off, card pulled, line without connections, faults of cards and line lifted, nothing
 * failed yet. `settle` first, if its storage has unsynced operations. false: out of memory. */
bool scene_enter(struct scene_maker *m, const struct scene *s);

#endif
