/*
 * What can be put into the reader's slot, swiped, or tapped: a simulated card, a recorded one, or a bridge. The
 * composer (scenarios/engine) wraps a card of cards/ into this; sim/ knows no card engine.
 */
#ifndef POSBENCH_SIM_SLOT_H
#define POSBENCH_SIM_SLOT_H

#include "core/hal.h"

struct slot_card_ops {
    /* Power-on or warm reset. OK, HAL_E_MUTE. *time_us = what it took. */
    int (*reset)(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len, uint64_t *time_us);
    void (*power_off)(void *ctx);
    /* One TPDU (T=0: 61xx/6Cxx come from the card) or APDU (T=1). OK, HAL_E_MUTE, HAL_E_PROTOCOL, HAL_E_REMOVED (the
     * card jumped out). */
    int (*exchange)(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                    size_t *answer_len, uint64_t *time_us);
    /* Tracks as a swipe reads them. OK, HAL_E_UNSUPPORTED: no stripe. */
    int (*swipe)(void *ctx, struct hal_swipe *out);
};
struct slot_card {
    const struct slot_card_ops *ops;
    void *ctx;
    const char *name; /* for the record */
};

#endif
