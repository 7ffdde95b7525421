/*
 * The worker's side of a live session (live.h): a case beside real time, moved by commands. Called by worker.c for
 * {"op":"live", file, index, seed, profile, reader, speed}; answers with one of {"usage":why} and {"open":true}, then
 * with messages.
 *
 * `fd` is the only descriptor of its parent that it keeps. The process ends with it, when the client is gone.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_LIVE_SERVE_H
#define POSBENCH_SCENARIOS_ENGINE_LIVE_SERVE_H

#include "scenarios/engine/case.h"

_Noreturn void live_serve(const struct case_request *request, const cJSON *message, int fd);

#endif
