/*
 * The faults of cards/fault.h put where they act: at the reader, at the card's contacts, in the card. Callers:
 * api_cards.c, card_serve.c, and whoever puts a card of the bench in.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_CARD_FAULT_H
#define POSBENCH_SCENARIOS_ENGINE_CARD_FAULT_H

#include "cards/fault.h"
#include "sim/chain/fault_reader.h"

struct bench_card;
struct bench_terminal;

/* As the reader has it; kind NONE: it is none of the reader's. */
struct reader_fault card_fault_at_reader(const struct card_fault *fault);

/* From the next insertion on. OK; E_LIMIT: it has too many. */
int card_fault_add(struct bench_card *card, const struct card_fault *fault);
/* None; then those of its profile, if it is to be as issued. */
void card_faults_heal(struct bench_card *card, bool as_issued);

/* The reader gets those of the card that goes in; or the field. */
void card_faults_insert(const struct bench_terminal *t, const struct bench_card *card);
void card_faults_tap(const struct bench_terminal *t, const struct bench_card *card);

#endif
