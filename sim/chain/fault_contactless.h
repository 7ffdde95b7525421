/*
 * Faults on the air, between the tap and a contactless reader: the vocabulary of fault_reader.h, by the same code. A
 * contactless card has no reset of its own to fail at, so only READER_AT_COMMAND ever matches.
 */
#ifndef POSBENCH_SIM_CHAIN_FAULT_CONTACTLESS_H
#define POSBENCH_SIM_CHAIN_FAULT_CONTACTLESS_H

#include "sim/chain/fault_reader.h"

struct fault_contactless {
    struct fault_reader wire; /* arm, disarm, rewind: fault_reader_* on this member */
    struct hal_contactless under;
    struct hal_reader above; /* of `wire` */
};

/* `under` is copied; without ops there is no reader. `pull` takes the cards out of the field below. */
void fault_contactless_init(struct fault_contactless *f, const struct sim_port *port,
                            const struct hal_contactless *under, void (*pull)(void *ctx), void *ctx);
/* As fault_reader_plan, for a status word, too: there is no reset that it could meet. */
int fault_contactless_plan(struct fault_contactless *f, uint64_t number, const struct reader_fault *fault);
struct hal_contactless fault_contactless_hal(struct fault_contactless *f);

#endif
