/*
 * Faults between card and reader by name: kinds and places, as a scenario's card:fault and the --fault of
 * `posbench card serve` write them. Callers: api_cards.c, card_serve.c.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_CARD_FAULT_H
#define POSBENCH_SCENARIOS_ENGINE_CARD_FAULT_H

#include "cards/line.h"
#include "scenarios/engine/card_serve.h"
#include "sim/chain/fault_reader.h"

extern const char *const card_fault_kinds[];  /* names; both end with NULL */
extern const char *const card_fault_places[]; /* "reset", "command", "select", ... */

/* Sets fault->kind. false: no such name. */
bool card_fault_kind(const char *name, struct reader_fault *fault);
/* Sets at, ins, and nth to what is meant without a number: the first such command; every reset, the warm one too. */
bool card_fault_place(const char *name, struct reader_fault *fault);

/* What a card does at its contacts, for a reader at character level: names, ending with NULL. */
extern const char *const card_line_kinds[];
/* Sets fault->kind. false: no such name. */
bool card_line_kind(const char *name, struct card_line_fault *fault);
/* Does this kind belong to a reset (or to a command), with these limits? NULL, or what is wrong. */
const char *card_line_wrong(const struct card_line_fault *fault);

/* "at=command,ins=AE,nth=1,kind=mute". E_FORMAT with the reason. */
int card_fault_parse(const char *text, struct reader_fault *out, struct card_serve_why *why);

#endif
