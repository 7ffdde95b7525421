/*
 * T=1, the block protocol (ISO 7816-3 clause 11, EMV Book 1 9.2.4): one APDU out, one answer back, over whoever carries
 * blocks. Callers: hw/ccid for readers at TPDU level, core/icc at character level.
 *
 * Rules kept: sequence bits both ways, chaining both ways, R-block resends, S(IFS), S(WTX), S(RESYNCH), S(ABORT)
 * refused, LRC only (EMV: a CRC asked for in TC3 is refused), NAD 00, at most three transmissions of one block, then
 * resynch, then ICC_PROTOCOL. Everything the card sends is checked against IFSD 254 and the answer's room.
 */
#ifndef POSBENCH_CORE_ICC_T1_H
#define POSBENCH_CORE_ICC_T1_H

#include "core/codec/atr.h"
#include "core/hal.h"

#define T1_BLOCK_MAX 259 /* NAD PCB LEN INF(254) LRC; 255 more for CRC is never used */
#define T1_IFSD 254

struct t1_carrier {
    /* Blocks. Sends one block and receives one; `wtx` multiplies the block waiting time of this one answer (1: none).
     * OK (what came may be anything; nothing, or more than `cap`, is reported as 0 bytes), HAL_E_TIMEOUT or HAL_E_MUTE:
     * nothing came in time; others end the exchange. */
    int (*transceive)(void *ctx, const uint8_t *block, size_t len, unsigned wtx, uint8_t *answer, size_t cap,
                      size_t *answer_len);
    void *ctx;
};

struct t1 {
    struct t1_carrier carrier;
    uint8_t ns, nr; /* next to send, next expected */
    uint8_t ifsc, atr_ifsc;
    bool ifsd_told; /* S(IFS request) went through after the reset, or the reader did it itself */
    uint8_t ifsd;   /* what S(IFS request) tells; t1_reset: T1_IFSD. The owner may lower it before the first exchange */
    uint8_t inf_limit; /* room for INF in one block of the carrier; t1_reset: 254. The owner may lower it */
    bool no_resynch;   /* EMV Book 1 9.2.5: no S(RESYNCH) after the third failure, the owner deactivates the card.
                          t1_reset:   false */
    bool dead;         /* out of step for good: HAL_E_PROTOCOL until the next reset of the card */
};

/* After each reset of the card. E_FORMAT: its ATR asks for what EMV refuses (CRC, IFSC 0). */
int t1_reset(struct t1 *t, const struct t1_carrier *carrier, const struct atr *atr);
/* One APDU. OK; HAL_E_MUTE, HAL_E_PROTOCOL, E_LIMIT (the answer is longer than `cap`), or the carrier's own. A command
 * whose blocks were lost is not sent again after a resynchronisation: the card may have executed it. */
int t1_exchange(struct t1 *t, const uint8_t *command, size_t len, uint8_t *answer, size_t cap, size_t *answer_len);

#endif
