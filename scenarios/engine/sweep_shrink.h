/* The smallest set of cuts that still fails. Called by the worker for a failure that is to be reported. */
#ifndef POSBENCH_SCENARIOS_ENGINE_SWEEP_SHRINK_H
#define POSBENCH_SCENARIOS_ENGINE_SWEEP_SHRINK_H

#include "scenarios/engine/explore.h"

/* Leaves in *path the smallest one found and in *finding what is wrong there: by the same oracle as the path given,
 * whose finding is made first. `business`: judged after the next business instead of after the recovery. Stops with
 * finding->hung, when the process must end. */
void sweep_shrink(struct explorer *e, bool business, struct fault_id *path, struct finding *finding);

#endif
