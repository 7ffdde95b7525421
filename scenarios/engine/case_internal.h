/* Pieces of one case that its own files share. */
#ifndef POSBENCH_SCENARIOS_ENGINE_CASE_INTERNAL_H
#define POSBENCH_SCENARIOS_ENGINE_CASE_INTERNAL_H

#include "core/codec/hex.h"

#include <stdio.h>

#include "scenarios/engine/case.h"

/* -- case.c: the frame around a case; a replay uses it without a script -- */
bool case_open(struct bench_case *b, const struct case_request *request, char *why, size_t cap);
bool case_load_images(struct bench_case *b, char *why, size_t cap);
void case_close(struct bench_case *b);
void case_record_watch(struct bench_case *b); /* case_record.c: triggers and watch read the record, from now on, once */
/* case_record.c: file, tail in shared memory and watch as sinks of the record; *file NULL when none is asked for. */
bool case_record_open(struct bench_case *b, FILE **file, char *why, size_t cap);
bool case_record_close(struct bench_case *b, FILE *file, char *why, size_t cap); /* before case_close */
void case_record_meta(struct bench_case *b);
cJSON *case_result(struct bench_case *b);     /* of a case that was judged; takes over its failures and verdicts */
bool case_failed(const struct bench_case *b); /* an expectation or an oracle */
cJSON *case_usage(const char *why);
/* Adds "core": name, version and digest of the image in slot A. */
void case_name_core(struct bench_case *b, cJSON *result);
/* The sink through which triggers and the watch of the kernel read the record; ctx is the case. */
void case_watch_sink(void *ctx, const char *text, size_t len);
/* parts.c: builds the terminal whose profile is filled in already. NULL with a reason. */
struct bench_terminal *case_manufacture(struct bench_case *b, struct bench_terminal *t, char *why, size_t cap);

/* -- script.c -- */
bool script_load(struct bench_case *b, char *why, size_t cap);
/* Once more, in fresh globals: what an earlier script did is not seen. false: out of memory, or it fails now. */
bool script_again(struct bench_case *b);
bool script_has(struct bench_case *b, const char *function); /* "run", "recover", "check", "after" */
void script_play(struct bench_case *b, const char *function);

/* parts.c: exactly these are in play, with no fault left on them; how they are is the caller's to set. */
void case_deal_cards(struct bench_case *b, struct bench_card *const *cards, unsigned count);
void case_free_cards(struct bench_case *b);
void case_cards_again(struct bench_case *b);       /* the next load of a name takes the first card of that name */
bool case_settled(const struct bench_terminal *t); /* actors.c: it waits for people, or no longer runs */
void actors_play(struct bench_case *b);            /* actors.c */
void triggers_line(struct bench_case *b, const char *text, size_t len); /* triggers.c: every record line */
/* card_contacts.c: a card at a reader of character level. */
extern const struct slot_line_ops case_contacts;
void case_card_contacts(struct bench_card *c); /* once, when the card is made */

void case_sha256(const uint8_t *bytes, size_t len, uint8_t out[32]);    /* parts.c */
/* The scenario file as the record and messages name it: relative to the root when it lies inside. */
const char *case_relative(const struct case_request *request);
/* The shared-memory watch of this request, or NULL. */
struct terminal_watch *case_watch(const struct case_request *request); /* case.c */

/* The journal as the image's inspect tells it: {state, records, reversals}; NULL when it does not or cannot. inspect.c
 */
cJSON *case_inspect(struct bench_terminal *t);

#endif
