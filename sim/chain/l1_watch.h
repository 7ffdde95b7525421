/*
 * Listening in on a card's contacts at character level, as a protocol analyser does: which command the bytes belong to,
 * when its answer is whole, and what the protocol did besides. It changes nothing and knows no time. Callers: the tap,
 * which writes what it hears to the record; fault_reader, which has to know which command is on its way.
 */
#ifndef POSBENCH_SIM_CHAIN_L1_WATCH_H
#define POSBENCH_SIM_CHAIN_L1_WATCH_H

#include "core/hal.h"

#define L1_BLOCK_MAX 259

enum l1_state { L1_IDLE, L1_PROCEDURE, L1_DATA, L1_SW2 }; /* of T=0 */

struct l1_watch {
    int protocol;
    bool open; /* a command was sent and its answer is not whole yet */
    uint8_t command[HAL_TPDU_MAX], answer[HAL_RPDU_MAX];
    size_t command_len, answer_len;
    enum l1_state state;         /* T=0 */
    bool one;                    /* the procedure byte asked for a single byte */
    unsigned nulls, singles;     /* of this command */
    uint8_t block[L1_BLOCK_MAX]; /* T=1: of the card, as far as it came */
    size_t block_len;
    bool block_ok;                       /* its LRC */
    uint8_t sent_sequence, got_sequence; /* T=1: next N(S) each way that is news */
    bool chained;                        /* the terminal's last I-block has more behind it */
};

enum l1_event {
    L1_NOTHING = 0,
    L1_BEGUN = 1, /* a new command: its header, or its first block */
    L1_WHOLE = 2, /* the answer is whole */
    L1_BLOCK = 4, /* T=1: a block of the card is whole; `block` */
    L1_SW = 8,    /* this byte is SW1 or SW2 (T=0) */
};

/* After a reset. */
void l1_watch_reset(struct l1_watch *w, const uint8_t *atr, size_t atr_len);
/* What went to the card, in one piece as the core sent it. The events, or'ed. */
unsigned l1_watch_sent(struct l1_watch *w, const uint8_t *bytes, size_t len);
unsigned l1_watch_got(struct l1_watch *w, uint8_t byte);
/* The command is over, whatever came; its bytes are wiped. */
void l1_watch_close(struct l1_watch *w);

#endif
