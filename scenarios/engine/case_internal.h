/* Pieces of one case that its own files share. */
#ifndef POSBENCH_SCENARIOS_ENGINE_CASE_INTERNAL_H
#define POSBENCH_SCENARIOS_ENGINE_CASE_INTERNAL_H

#include "core/codec/hex.h"
#include "scenarios/engine/case.h"

/* -- case.c: the frame around a case; a replay uses it without a script -- */
bool case_open(struct bench_case *b, const struct case_request *request, char *why, size_t cap);
bool case_load_images(struct bench_case *b, char *why, size_t cap);
void case_close(struct bench_case *b);
/* parts.c: builds the terminal whose profile is filled in already. NULL with a reason. */
struct bench_terminal *case_manufacture(struct bench_case *b, struct bench_terminal *t, char *why, size_t cap);

void actors_play(struct bench_case *b);                                 /* actors.c */
void triggers_line(struct bench_case *b, const char *text, size_t len); /* triggers.c: every record line */
void case_sha256(const uint8_t *bytes, size_t len, uint8_t out[32]);    /* parts.c */
/* The scenario file as the record and messages name it: relative to the root when it lies inside. */
const char *case_relative(const struct case_request *request);
/* The shared-memory watch of this request, or NULL. */
struct terminal_watch *case_watch(const struct case_request *request); /* case.c */

/* The journal as the image's inspect tells it: {state, records, reversals}; NULL when it does not or cannot. inspect.c
 */
cJSON *case_inspect(struct bench_terminal *t);

#endif
