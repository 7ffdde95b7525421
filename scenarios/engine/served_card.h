/*
 * The card that is served: a profile's or a recording's, behind the ops of a reader at TPDU level. Internal to
 * card_serve.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_SERVED_CARD_H
#define POSBENCH_SCENARIOS_ENGINE_SERVED_CARD_H

#include "cards/card.h"
#include "cards/trace.h"
#include "core/hal.h"
#include "hw/peer.h"
#include "sim/record.h"

struct served_card {
    struct card_profile *profile; /* of a profile's card; */
    struct card *card;
    struct trace *trace; /* of a recording's */
    struct trace_card *played;
    char name[48];
    uint8_t atr[HAL_ATR_MAX];
    size_t atr_len;
    int protocol;
    bool paced;
    const struct peer_stop *stop;
};

/* Loads the card and registers its secrets with `record`. OK; negative with one line in `why`. */
int served_card_load(struct served_card *c, const char *path, unsigned session, struct record *record, char *why,
                     size_t why_cap);
void served_card_clear(struct served_card *c); /* safe on one that is all zeros */
struct hal_reader served_card_hal(struct served_card *c);

#endif
