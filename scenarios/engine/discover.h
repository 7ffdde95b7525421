/* Shared by discover.c and runner.c. */
#ifndef POSBENCH_SCENARIOS_ENGINE_DISCOVER_H
#define POSBENCH_SCENARIOS_ENGINE_DISCOVER_H

#include "scenarios/engine/worker.h"

/* True when the worker has something to read (an answer, or its end). */
bool discover_wait(struct worker *w, unsigned seconds);

#endif
