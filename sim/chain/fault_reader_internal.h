/* What fault_reader.c and fault_line.c share; nobody else includes it. */
#ifndef POSBENCH_SIM_CHAIN_FAULT_READER_INTERNAL_H
#define POSBENCH_SIM_CHAIN_FAULT_READER_INTERNAL_H

#include "sim/chain/fault_reader.h"

/* The fault that acts now, or NULL. Every armed fault that fits has seen one more match. */
const struct reader_fault *fault_reader_due(struct fault_reader *f, int at, uint8_t ins);
/* The card is out; `outcome`. */
int fault_reader_pull(const struct fault_reader *f, int outcome);

void fault_line_reset(struct fault_reader *f, const uint8_t *atr, size_t len);
int fault_line_send(void *ctx, const uint8_t *bytes, size_t len);
int fault_line_receive(void *ctx, uint64_t deadline_us, uint8_t *byte);

#endif
