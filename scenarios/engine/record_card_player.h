/* One recording under way: what record_card_play.c makes and record_card_people.c uses. */
#ifndef POSBENCH_SCENARIOS_ENGINE_RECORD_CARD_PLAYER_H
#define POSBENCH_SCENARIOS_ENGINE_RECORD_CARD_PLAYER_H

#include "scenarios/engine/record_card_tape.h"

struct player {
    struct bench_case bench;
    struct bench_terminal *t;
    const struct record_card_options *options;
    const struct record_card_said *said;
    struct card_tape *tape;
    struct slot_card card;             /* in a simulated slot */
    char pin[RECORD_CARD_PIN_MAX + 1]; /* "" bypass */
    /* of a card whose account the host does not have */
    struct learned learned;
    size_t looked_at; /* events of the tape */
    bool stranger, account;
    char known_psn[3]; /* of the account: the card may tell its number first */
    char shown[32];    /* name of the last screen that was told */
};

/* Ends it: the reason goes to the tape. Always false. */
bool player_fail(struct player *p, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The card into the slot, with everything that goes over the reader told to the tape. */
bool player_insert(struct player *p);
/* record_card_people.c: waits for a card, starts the terminal, sells. */
void player_sell(struct player *p);

#endif
