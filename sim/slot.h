/*
 * What can be put into the reader's slot, swiped, or tapped: a simulated card, a recorded one, or a bridge. The
 * composer (scenarios/engine) wraps a card of cards/ into this; sim/ knows no card engine.
 */
#ifndef POSBENCH_SIM_SLOT_H
#define POSBENCH_SIM_SLOT_H

#include "core/hal.h"

/* `protocol` of an exchange through the air: whole APDUs (ISO 14443-4). */
#define SLOT_CONTACTLESS 14

/* A character of the card; times in etu between leading edges, at the rate that its ATR sets. */
struct slot_char {
    uint8_t value;
    uint8_t bad_parity; /* times it arrives wrong before it is right */
    uint32_t etu;       /* after the last character, either way; the first of an ATR: after RST */
};

/* What a card for a reader at HAL_READER_CHARACTER can do besides. */
struct slot_line_ops {
    /* Power-on or warm reset: next() gives the ATR. OK, HAL_E_MUTE. */
    int (*reset)(void *ctx, bool warm);
    /* Bytes of the terminal, the first one `etu` after the last character. */
    void (*take)(void *ctx, const uint8_t *bytes, size_t len, uint32_t etu);
    /* The next character; `take`: it is gone then. false: silence, as long as the terminal sends nothing. */
    bool (*next)(void *ctx, bool take, struct slot_char *out);
};

struct slot_card_ops {
    /* Power-on or warm reset. OK, HAL_E_MUTE. *time_us = what it took. */
    int (*reset)(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len, uint64_t *time_us);
    void (*power_off)(void *ctx);
    /* One TPDU (T=0: 61xx/6Cxx come from the card) or APDU (T=1, SLOT_CONTACTLESS). OK, HAL_E_MUTE,
     * HAL_E_PROTOCOL, HAL_E_REMOVED (the card jumped out). */
    int (*exchange)(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                    size_t *answer_len, uint64_t *time_us);
    /* Tracks as a swipe reads them. OK, HAL_E_UNSUPPORTED: no stripe. */
    int (*swipe)(void *ctx, struct hal_swipe *out);
    const struct slot_line_ops *line; /* NULL: knows whole commands only */
};
struct slot_card {
    const struct slot_card_ops *ops;
    void *ctx;
    const char *name; /* for the record */
};

#endif
