/*
 * Faults of the reader, put between the tap and a reader device, simulated or real.
 * Each armed fault counts its own matches; the first armed that is due acts, alone. A planned one goes before them all.
 */
#ifndef POSBENCH_SIM_CHAIN_FAULT_READER_H
#define POSBENCH_SIM_CHAIN_FAULT_READER_H

#include "sim/chain/l1_watch.h"
#include "sim/port.h"

#define FAULT_READER_ARMED 8
#define FAULT_READER_MUTE_RESET_US 12000u     /* as a reader waits for an ATR that does not come */
#define FAULT_READER_MUTE_COMMAND_US 1000000u /* and for a card that does not answer */

struct reader_fault {
    enum {
        READER_FAULT_NONE,
        READER_FAULT_MUTE,
        READER_FAULT_REMOVE,
        READER_FAULT_SW,
        READER_FAULT_CORRUPT,
        READER_FAULT_TRUNCATE,
        READER_FAULT_BROKEN,
        READER_FAULT_GARBLE, /* every byte of the answer is inverted */
        READER_FAULT_EXTEND, /* bytes FF come between the data and the status word, at the end of an ATR */
        READER_FAULT_DELAY,  /* the card takes longer; past the limit it is mute, and has worked all the same. At
                                character level the card itself is slow, this does nothing */
    } kind;
    enum { READER_AT_RESET, READER_AT_COMMAND } at;
    uint8_t ins;   /* READER_AT_COMMAND: this INS; 0: any */
    unsigned nth;  /* 1: the first match; 0: every match */
    bool after;    /* REMOVE: after the card has worked on the command (its state moved), before the answer is read */
    uint16_t sw;   /* READER_FAULT_SW: the answer, and the card does not see the command; with `after` it does, and the
                      data of its answer stay; not at reset */
    uint16_t byte; /* CORRUPT: index of the byte inverted, the last one if there are fewer; TRUNCATE: bytes kept;
                      EXTEND: bytes too many */
    uint32_t ms;   /* DELAY */
};

struct fault_reader {
    const struct sim_port *port;
    struct hal_reader under;
    struct reader_fault armed[FAULT_READER_ARMED];
    unsigned matches[FAULT_READER_ARMED];
    size_t count;
    uint64_t exchanges; /* so far, with whatever card: each reset and each command */
    uint64_t planned_at;
    struct reader_fault planned;
    int protocol; /* of the last exchange */
    struct {      /* at character level (fault_line.c) */
        struct l1_watch watch;
        struct reader_fault fault; /* of the command at hand; kind NONE: none */
        size_t got;                /* bytes of the card since the command began */
        uint8_t patched;           /* what the LRC of the block has to be changed by */
        size_t extra;              /* bytes still to come before `held` */
        uint8_t held;
    } line;
    void (*pull)(void *ctx);
    void *pull_ctx;
};

/* `under` is copied. `pull` takes the card out of the reader below (sim_reader_remove); may be NULL. */
void fault_reader_init(struct fault_reader *f, const struct sim_port *port, const struct hal_reader *under,
                       void (*pull)(void *ctx), void *ctx);
struct hal_reader fault_reader_hal(struct fault_reader *f);
/* The secure element's own way to the card (offline PIN): the same, but `protocol` is ignored and that of the last
 * exchange is used. */
struct hal_reader fault_reader_se_hal(struct fault_reader *f);

int fault_reader_arm(struct fault_reader *f,
                     const struct reader_fault *fault); /* E_LIMIT over 8, E_INVAL: no such fault */
void fault_reader_disarm(struct fault_reader *f);       /* all of them; the plan stays */
/* For sweeps: one fault at exchange `number`, counted from now on over all cards, whatever is armed. `at`, `ins` and
 * `nth` do not matter. number 0: none planned. E_INVAL: no such fault, or a status word (a reset has none). */
int fault_reader_plan(struct fault_reader *f, uint64_t number, const struct reader_fault *fault);
/* As made: nothing armed or planned, no exchanges so far. */
void fault_reader_rewind(struct fault_reader *f);

#endif
