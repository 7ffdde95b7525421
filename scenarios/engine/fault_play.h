/* `run --fault ID`: one case with the fault of a sweep's id, with a full record. Called by worker.c. */
#ifndef POSBENCH_SCENARIOS_ENGINE_FAULT_PLAY_H
#define POSBENCH_SCENARIOS_ENGINE_FAULT_PLAY_H

#include "scenarios/engine/case.h"

/* The result object of engine.h, as case_run gives it. Judged where the sweep judged: after the recovery, and, if that
 * is in order, after the next business. NULL: out of memory. */
cJSON *fault_play(const struct case_request *request);

#endif
