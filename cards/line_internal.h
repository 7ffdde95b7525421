/* What line.c and its two protocols share; nobody else includes it. */
#ifndef POSBENCH_CARDS_LINE_INTERNAL_H
#define POSBENCH_CARDS_LINE_INTERNAL_H

#include "cards/line.h"

#define LINE_CHARACTER 12 /* etu between two characters of the card */
#define LINE_THINK 48     /* etu until it answers: 5 ms at the default rate */

/* A command begins: finds the fault that is due for it. */
void card_line_command(struct card_line *l, uint8_t ins);
bool card_line_is(const struct card_line *l, enum card_line_kind kind);
/* One more of the active fault's `times` is used up; false: there is none left. Endless ones never end. */
bool card_line_once_more(struct card_line *l, enum card_line_kind kind);
/* A character `etu` after the one before. */
void card_line_push(struct card_line *l, uint8_t value, uint32_t etu);

void card_line_t0_take(struct card_line *l, uint8_t byte);
void card_line_t1_reset(struct card_line *l);
void card_line_t1_take(struct card_line *l, const uint8_t *bytes, size_t len, uint32_t etu);

#endif
