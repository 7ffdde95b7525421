/*
 * What a recording remembers while it goes on: each reset and exchange as it went over the reader, and what the
 * terminal was given. Lies in memory that the recording process shares with its parent; holds the card's data in clear,
 * so it is wiped. Internal to record_card*.c and its tests.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_RECORD_CARD_TAPE_H
#define POSBENCH_SCENARIOS_ENGINE_RECORD_CARD_TAPE_H

#include "cards/trace.h"
#include "scenarios/engine/case_internal.h"
#include "scenarios/engine/record_card.h"
#include "sim/secrets.h"

#define TAPE_EVENTS 1024
#define TAPE_CONFIG 16384

struct tape_event {
    enum { TAPE_RESET, TAPE_EXCHANGE, TAPE_REMOVED, TAPE_TAKEN } kind;
    bool warm;
    int protocol, status;
    uint64_t time_us;
    size_t len, answer_len; /* of a reset: the ATR is the answer */
    uint8_t command[APDU_MAX], answer[RAPDU_MAX];
};

struct card_tape {
    volatile size_t count; /* moves when an event is whole */
    size_t lost;           /* more than there is room for */
    struct tape_event event[TAPE_EVENTS];
    /* the terminal */
    char profile[64];         /* a name of sim/profiles; "" another file */
    char config[TAPE_CONFIG]; /* JSON; "" too long */
    char host_code[3];        /* 39 of the answer to the last 0200; "" none */
    bool host_asked;
    struct hal_datetime when; /* the card went in */
    uint64_t amount_cents;
    unsigned long long seed;
    bool simulated; /* the card is */
    bool pin_asked, pin_typed;
    /* how it went */
    char reader[128], recorded_at[32]; /* "" for a simulated card: its traces are the same on any day */
    char screen[32], text[160];
    bool decided, over;
    char note[300], why[600];
    int status; /* enum engine_exit */
    bool done;  /* the recording came to its end: not the core ended the process */
};

void tape_reset(struct card_tape *t, bool warm, int status, const uint8_t *atr, size_t atr_len, uint64_t time_us);
void tape_exchange(struct card_tape *t, int protocol, const uint8_t *command, size_t len, int status,
                   const uint8_t *answer, size_t answer_len, uint64_t time_us);
/* The card left the slot. */
void tape_gone(struct card_tape *t, bool taken);

/* -- record_card_play.c: the recording itself -- */

/* Plays one sale with the card that r->reader names, or with `given` (tests). The outcome goes to the tape; lines for
 * people go through `said`, which may have NULL functions. */
void record_card_play(const struct case_request *request, const struct record_card_options *r,
                      const struct slot_card *given, const struct record_card_said *said, struct card_tape *tape);

/* -- record_card_learn.c: the card's secrets -- */

#define LEARNED_PANS 8
#define LEARNED_HIDDEN 16
struct learned {
    struct secrets secrets;
    char pan[LEARNED_PANS][20];      /* in the order in which the card told them */
    char hidden[LEARNED_HIDDEN][44]; /* digits of which none may be shown: the part of a track behind the PAN */
    size_t pans, hiddens;
    char psn[3]; /* PAN sequence number, "" none */
};
/* Registers the PANs, tracks and names in a card's answer. OK, E_NOMEM, E_LIMIT. */
int record_card_learn(struct learned *l, const uint8_t *answer, size_t len);
/* Stars all that was learned in `hex` (masked already by its structure or not), wherever it stands; `plain` is the same
 * before any masking. A PAN keeps its first six and last four digits. */
void record_card_star(const struct learned *l, const char *plain, size_t digits, char *hex);
/* The same in words, as a terminal may show them. */
void record_card_star_text(const struct learned *l, char *text);
void record_card_forget(struct learned *l); /* wipes */

/* -- record_card_text.c: tape -> trace -- */

/* Stars the card's secrets in the words that the terminal showed, and takes out what would end a line. */
void record_card_clean(struct card_tape *t);
/* malloc'd; NULL: out of memory, or the card never answered to a reset. */
char *record_card_text(const struct card_tape *t, size_t *len);
/* record_card_inputs.c: the INPUT lines of a session made from the tape. */
void record_card_inputs(FILE *out, const struct card_tape *t, const struct trace_session *s);

#endif
