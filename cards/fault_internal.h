/* The tables behind the names of faults (fault.c), for their reading (fault_read.c). */
#ifndef POSBENCH_CARDS_FAULT_INTERNAL_H
#define POSBENCH_CARDS_FAULT_INTERNAL_H

#include "cards/fault.h"

/* In the order of card_fault_places. What is meant without a number: the first such command; every reset, the warm one
 * too. */
struct fault_place {
    uint8_t ins;
    unsigned nth;
};
extern const struct fault_place card_fault_place_rows[];

enum fault_where { FAULT_ANYWHERE, FAULT_AT_COMMAND, FAULT_AT_RESET };
/* In the order of card_fault_kinds. */
struct fault_row {
    enum card_fault_kind kind;
    enum card_line_kind line;
    enum fault_where where;
    unsigned takes, needs; /* 1 << enum card_fault_key; besides at, ins, kind, nth */
    int protocol;          /* only there: 0, 1; -1: either */
};
extern const struct fault_row card_fault_rows[];

#endif
