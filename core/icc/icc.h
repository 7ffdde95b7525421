/*
 * A contact card behind hal.reader: activation and whole-APDU exchange, whatever the protocol (EMV Book 1 part II,
 * ISO 7816-3). T=0 at TPDU level: 61xx and 6Cxx are followed here (DOMAIN 3.2), so the kernel sees one answer per
 * command. T=1 at TPDU level: the reader speaks the protocol and the APDU is passed whole. At HAL_READER_CHARACTER
 * the reader leaves both protocols to this module (line.h). Whoever calls sees no difference.
 */
#ifndef POSBENCH_CORE_ICC_ICC_H
#define POSBENCH_CORE_ICC_ICC_H

#include "core/codec/apdu.h"
#include "core/codec/atr.h"
#include "core/hal.h"
#include "core/icc/line.h"
#include "core/icc/t1.h"

enum icc_outcome {               /* positive: the card's or the cardholder's doing */
                   ICC_MUTE = 1, /* no ATR, or no answer to a command */
                   ICC_BAD_ATR,  /* refused after the warm reset */
                   ICC_PROTOCOL, /* transport errors, or an answer that breaks T=0's rules */
                   ICC_REMOVED,
                   ICC_READER, /* the reader itself failed */
};

struct icc {
    const struct hal *hal;
    struct atr atr;
    int protocol;
    bool powered;
    enum hal_reader_level level;
    struct line line; /* HAL_READER_CHARACTER */
    struct t1 t1;     /* HAL_READER_CHARACTER, T=1 over `line` */
};

/* Cold reset, ATR rules, one warm reset if needed. OK, positive outcome, or negative (HAL_E_POWER, ...). */
int icc_open(struct icc *icc, const struct hal *hal);
/* One command (case 1-4 short) and its final answer with SW; `cap` >= RAPDU_MAX. OK, positive outcome, negative. */
int icc_exchange(struct icc *icc, const uint8_t *command, size_t len, uint8_t *answer, size_t cap, size_t *answer_len);
/* Deactivates; safe to call twice. */
void icc_close(struct icc *icc);

#endif
