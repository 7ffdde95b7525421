/*
 * The contacts of a card at character level: bytes with their guard and waiting times (ISO 7816-3 clauses 10 and 11,
 * EMV Book 1 9.2), T=0 by procedure bytes and the carrier of T=1's blocks. Called by icc.c for readers at
 * HAL_READER_CHARACTER.
 *
 * Times are counted in elementary time units from one character to the next. "etu" is the current one, 372/(D f);
 * waiting times that the standard states as a multiple of D are the same for every D and are given in initial etu.
 * Besides them each command has a patience of its own: a card may ask for more time as often as it likes, not for ever.
 *
 * No PPS: EMV takes the first protocol and either the rate of the specific mode at once, or the default.
 */
#ifndef POSBENCH_CORE_ICC_LINE_H
#define POSBENCH_CORE_ICC_LINE_H

#include "core/codec/apdu.h"
#include "core/codec/atr.h"
#include "core/hal.h"
#include "core/icc/t1.h"

#define LINE_PATIENCE_US 60000000u /* for one command, whatever the card asks for */

struct line {
    const struct hal *hal;
    unsigned rate;     /* D */
    uint64_t last_us;  /* when the last character, either way, was over */
    uint64_t end_us;   /* the patience for this command ends */
    uint32_t bwt, cwt; /* T=1: initial etu without what the terminal adds; etu */
    uint32_t wwt;      /* initial etu (T=0) */
    uint32_t turn;     /* etu that the terminal leaves before it answers */
};

/* After each reset of the card. */
void line_reset(struct line *l, const struct hal *hal, const struct atr *atr);
/* Before each command: its patience begins. */
void line_begin(struct line *l);
/* Microseconds of `etu` elementary time units at rate D, rounded up. */
uint64_t line_us(uint32_t etu, unsigned rate);

/* Sends after the guard time between opposite directions. OK or what the reader says. */
int line_send(struct line *l, const uint8_t *bytes, size_t len);
/* One byte within `etu` at `rate` of the last one. OK; HAL_E_TIMEOUT; HAL_E_PROTOCOL: the patience is over, or the
 * reader's. */
int line_receive(struct line *l, uint32_t etu, unsigned rate, uint8_t *byte);

/* One TPDU over T=0: header with P3 [data]. 61xx and 6Cxx come back. OK, HAL_E_MUTE, HAL_E_PROTOCOL, or the reader's.
 */
int line_t0_exchange(struct line *l, const uint8_t *tpdu, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len);
/* t1_reset with this line as carrier, by EMV's rules. E_FORMAT as there. */
int line_t1_reset(struct t1 *t, struct line *l, const struct atr *atr);

#endif
