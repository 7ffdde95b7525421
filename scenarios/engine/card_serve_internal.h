/* What the files of card_serve share; nobody else includes it. */
#ifndef POSBENCH_SCENARIOS_ENGINE_CARD_SERVE_INTERNAL_H
#define POSBENCH_SCENARIOS_ENGINE_CARD_SERVE_INTERNAL_H

#include "hw/peer.h"
#include "scenarios/engine/card_serve.h"
#include "scenarios/engine/served_card.h"
#include "sim/chain/fault_reader.h"

struct serving {
    const struct card_serve_options *o;
    const struct card_serve_listener *listener;
    struct card_serve_why *why;
    struct peer_stop stop;
    struct peer peer;
    struct served_card card;
    struct world *world; /* its time stands still: the faults count from it */
    struct record *record;
    struct sim_port port;
    struct fault_reader faults;
    struct hal_reader reader; /* faults, then the card */
};

/* As the ops of a reader, with a line for the listener. HAL_E_POWER: told to stop. */
int serving_reset(struct serving *s, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len);
/* A command of any length, of which `command` holds the first HAL_TPDU_MAX: a longer one is answered 6700. */
int serving_exchange(struct serving *s, const uint8_t *command, size_t len, uint8_t answer[HAL_RPDU_MAX],
                     size_t *answer_len);
void serving_ready(struct serving *s, const char *where);
/* Tells of something that is no exchange. */
void serving_note(struct serving *s, const char *what);
/* One line in why->text; returns `exit`. */
int serving_end(struct serving *s, int exit, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Until the end, as card_serve. */
int card_serve_vpcd(struct serving *s);
int card_serve_vscard(struct serving *s);

#endif
