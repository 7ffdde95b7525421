/*
 * A simulated card for other programs: in the virtual reader of vpcd, where every program that speaks PC/SC finds it,
 * or in the usb-ccid reader of a QEMU guest. Real time; nothing of it is repeatable. Caller: cli/card_serve.c.
 *
 * Without a fault the card is that of a scenario (cards/card.h), or a recorded session (cards/trace.h). T=0 cards get
 * TPDUs and answer 61xx and 6Cxx themselves; an Le that a program sends behind the data is cut off, as readers do.
 *
 * What a fault is, seen from outside (the vocabulary is that of card:fault in docs/scenarios.md):
 *   mute     vpcd: nothing comes for as long as a reader waits (a second; 12 ms at a reset), then an answer of no
 * bytes. vpcd drops the card for it, which is there again at once. QEMU: the command fails after that time broken   the
 * same without the wait remove   vpcd: the connection is closed, and opened again after back_ms. QEMU: card removed,
 * and inserted again sw, corrupt, truncate, garble    the answer is another; one that is cut to nothing is as broken
 * pcscd resets a card when it is put in, when it wakes it from rest, and when a program asks; QEMU never tells of a
 * reset, only the insertion counts as one.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_CARD_SERVE_H
#define POSBENCH_SCENARIOS_ENGINE_CARD_SERVE_H

#include "scenarios/engine/engine.h"

#define CARD_SERVE_FAULTS 8

struct card_serve_options {
    const char *card;          /* file: a profile (.json) or a recording (.trace) */
    unsigned session;          /* of a recording; 0: the first */
    const char *vpcd, *vscard; /* where the reader listens, one of the two: HOST:PORT; vscard also a socket's path */
    const char *faults[CARD_SERVE_FAULTS];
    unsigned fault_count;
    bool paced;       /* answers take the card's own time */
    uint64_t back_ms; /* a card that was removed is put back after this time */
    uint64_t seconds; /* ends by itself; 0: does not */
    int stop_fd;      /* readable: ends; -1: none */
};

enum card_serve_tell {
    CARD_SERVE_READY,    /* the reader talks: "serving unionpay-credit on 127.0.0.1:35963 (T=0)" */
    CARD_SERVE_EXCHANGE, /* a reset, a command with its answer, a fault, a removal; masked as in the run record */
};
struct card_serve_listener {
    void *ctx;
    void (*tell)(void *ctx, enum card_serve_tell what, const char *line);
    bool exchanges; /* also those */
};

/* Why it did not start or went on no longer. */
struct card_serve_why {
    char text[500];
    unsigned fault;           /* from 1: that fault's text is wrong; 0: something else */
    char word[32];            /* a name that is none of `names`; "" otherwise */
    const char *const *names; /* ends with NULL */
};

/* Until the time is over or stop_fd says so. EXIT_PASS; EXIT_USAGE (card, fault, address, nobody listens there, the
 * reader is taken); EXIT_BENCH: the peer closed, or sent what the protocol does not know. */
int card_serve(const struct card_serve_options *o, const struct card_serve_listener *listener,
               struct card_serve_why *why);

#endif
