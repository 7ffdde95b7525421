/*
 * One command to a simulated card, as every reader of this folder gives it: the card's state moves at the start, its
 * answer is there when its time has passed, and a card that goes meanwhile has done its work unheard. Callers:
 * reader.c, contactless.c.
 */
#ifndef POSBENCH_SIM_DEVICES_CARD_CALL_H
#define POSBENCH_SIM_DEVICES_CARD_CALL_H

#include "sim/port.h"
#include "sim/slot.h"

struct card_call {
    const struct sim_port *port;
    const uint64_t *moves; /* counts cards that went (or came): one during the call ends it */
    uint64_t mute_us;      /* how long a card that does not answer is waited for */
    uint64_t patience_us;  /* a card that asks for more is mute */
};

/* Until then, or HAL_E_REMOVED, HAL_E_POWER. */
int card_call_block(const struct card_call *call, uint64_t until_us);
/* Lets the card's time pass. OK, HAL_E_REMOVED, HAL_E_MUTE (patience ran out), HAL_E_POWER. */
int card_call_time(const struct card_call *call, uint64_t us);
/* `card` NULL: one without power. Also E_LIMIT: longer than any answer may be. The answer is written on OK only. */
int card_call_exchange(const struct card_call *call, const struct slot_card *card, int protocol, const uint8_t *command,
                       size_t len, uint8_t *answer, size_t cap, size_t *answer_len);

#endif
