/*
 * Recording a card: one transaction of the real core with a card in a real reader, or with a simulated one, becomes a
 * trace that "posbench replay" plays (cards/README.md has the format). Caller: cli/cmd_record.c.
 *
 * The transaction runs in a process of its own; what went over the reader lies in memory shared with it, so that a core
 * which crashes half-way still leaves a trace. The trace is made at the end, when every secret of the card is known,
 * and holds none of them in clear: PAN (but for its first six and last four digits), tracks, cardholder's name, PIN.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_RECORD_CARD_H
#define POSBENCH_SCENARIOS_ENGINE_RECORD_CARD_H

#include "scenarios/engine/engine.h"

#define RECORD_CARD_AMOUNT_MAX 999999999u /* that the keypad of the terminal takes */
#define RECORD_CARD_PIN_MAX 12

struct record_card_options {
    const char *reader;    /* "sim:CARD" (cards/profiles), or as hw/reader.h names a real one */
    const char *profile;   /* of the terminal: a name of sim/profiles, or a file; NULL: "unionpay-intl" */
    uint64_t amount_cents; /* 1..RECORD_CARD_AMOUNT_MAX */
    const char *pin;       /* 4 to 12 digits; NULL: the simulated card's own, and for a real one the bench's, which the
                              host takes; but none where the terminal may have the card check it: that costs a try */
    const char *issuer; /* with a real reader: a card of cards/profiles whose account and keys the host has (card serve
                           in the reader, a test card); NULL: the host approves whatever comes, without 91 */
    unsigned wait_s;    /* for a card to be put into a real reader; 0: 60 */
};

struct record_card_said { /* for the person in front of it */
    void *ctx;
    void (*screen)(void *ctx, const char *rows); /* "Welcome | Amount, then ENTER"; NULL: nobody */
    void (*ask)(void *ctx, const char *text);    /* "put a card into Virtual PCD 00 00" */
};

struct record_card_result {
    char reader[128];
    char screen[32], text[160]; /* how the sale ended: the screen's name in the image's catalogue and its rows; "" */
    bool decided;               /* approved or declined */
    unsigned exchanges;         /* that went over the reader */
    bool has_atr;
    char *trace; /* malloc'd text; NULL: there is nothing to write */
    size_t trace_len;
    char note[300]; /* what is worth knowing of how it went: one line, "" */
};

/* EXIT_PASS: decided. EXIT_FAILED: it was not, or the core crashed (`why`); out->trace may be there. EXIT_USAGE:
 * reader, card, profile or image (`why`). EXIT_BENCH. EXIT_INTERRUPTED: out->trace may be there. */
int record_card(const struct engine_options *o, const struct record_card_options *r,
                const struct record_card_said *said, struct record_card_result *out, char *why, size_t why_cap);
void record_card_clear(struct record_card_result *out);

#endif
