/*
 * Re-runs: `run` played again from the first idle screen with one fault, at every command, byte or storage operation.
 * Called by the worker of a sweep. Expectations of `run` that are not met because of the fault do not count: what
 * counts is what the oracles say when the fault is over, and the scenario's `check`.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_RERUN_H
#define POSBENCH_SCENARIOS_ENGINE_RERUN_H

#include "scenarios/engine/explore.h"

/* Where faults can be put, counted on one play without any: [{kind (enum fault_kind), fault, name, meaning, from, to}], with
 * "stops" when that play met an unmet expectation and ended there: the points reach no further. The explorer is open;
 * its idle scene may be missing: no points. */
cJSON *rerun_points(struct explorer *e);
/* Plays `run` with the fault, then the epilogue, `check` and the oracles. e->failed: out of memory. */
void rerun_play(struct explorer *e, const struct fault_id *id, struct finding *finding);

#endif
