/*
 * The worker's side of a sweep: one explorer, kept from one request to the next. Requests are objects with "do":
 *
 *   open     {file, index, seed, modes[], subsets}      -> {core, operations[], reruns[]}; {usage}; {fails}
 *   expand   {from, to}                                 -> {cuts, unsynced, sampled, finds[]}
 *   judge    {depth, expand, states[{i, key, path}]}    -> {cuts, unsynced, sampled, judged[{i, finds[], finding}]}
 *   business {states[{i, key, path}]}                   -> {judged[{i, finding}]}
 *   rerun    {kind, from, to}                           -> {judged[{i, finding}]}
 *   shrink   {stage, path}                              -> {path, finding}
 *
 * with "retire" true when a core had to be given up: the process must end. A find is the text
 * "KEY NUMBER WHEN MODE SEED"; a finding {oracle, expected, found, screen} or absent. The number of the state at hand
 * is in shared memory, for whoever has to say at what the worker died.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_SWEEP_SERVE_H
#define POSBENCH_SCENARIOS_ENGINE_SWEEP_SERVE_H

#include "scenarios/engine/explore.h"

struct sweep_session; /* NULL until "open" */
cJSON *sweep_serve(struct sweep_session **session, const struct case_request *request, const cJSON *message);

#define SWEEP_FIND_MAX 96
void sweep_find_print(const struct find *f, char out[SWEEP_FIND_MAX]);
bool sweep_find_parse(const char *text, struct find *out);

#endif
