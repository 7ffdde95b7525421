/*
 * What is the same for a simulated card in a terminal's slot (parts.c) and one that is served to other programs
 * (served_card.c): how long it takes, and what of it is secret.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_CARD_SHARED_H
#define POSBENCH_SCENARIOS_ENGINE_CARD_SHARED_H

#include "cards/card.h"
#include "sim/record.h"

#define CARD_RESET_US 12000u    /* to the first character of the ATR */
#define CARD_CHARACTER_US 1250u /* 372 clocks a bit at 3.57 MHz, 12 bits a character with its guard time */
#define CARD_THINK_US 5000u
#define CARD_AIR_US 30000u /* a command through the air: the card thinks, 106 kbit/s are quick */

static inline uint64_t card_time_us(size_t command_len, size_t answer_len)
{
    return CARD_THINK_US + (uint64_t)(command_len + answer_len) * CARD_CHARACTER_US;
}

/* Everything secret about the card, so that the record stars it out wherever it turns up. false: out of memory. */
bool card_secrets(struct record *r, const struct card_facts *f);

#endif
