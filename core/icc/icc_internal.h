/* What icc.c and t0.c share; nobody else includes it. */
#ifndef POSBENCH_CORE_ICC_ICC_INTERNAL_H
#define POSBENCH_CORE_ICC_ICC_INTERNAL_H

#include "core/icc/icc.h"

/* One exchange with the reader. An answer without its two status bytes or over RAPDU_MAX is ICC_PROTOCOL. */
int icc_transmit(struct icc *icc, const uint8_t *tpdu, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len);

/* One APDU over T=0: data of all GET RESPONSEs together, then the final SW. */
int t0_exchange(struct icc *icc, const struct capdu *command, uint8_t answer[RAPDU_MAX], size_t *answer_len);

#endif
