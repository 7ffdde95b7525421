/*
 * A card at its contacts: bytes in, characters out, T=0 or T=1 on top of the card's TPDUs and APDUs (ISO 7816-3). Where
 * card.h answers whole commands, this speaks the line, and can be told to speak it badly.
 *
 * It knows no clock. Distances are elementary time units between leading edges: take() is told how long after the last
 * character the first byte came, next() says how long after the last character, either way, its own one comes. The
 * composer (scenarios/engine) puts this into a slot; sim/devices/reader.c turns distances into virtual time.
 */
#ifndef POSBENCH_CARDS_LINE_H
#define POSBENCH_CARDS_LINE_H

#include "core/codec/apdu.h"

#define CARD_LINE_FAULTS 8
#define CARD_LINE_QUEUE 1200 /* an answer of 258 bytes, a procedure byte before each, and NULLs */
#define CARD_LINE_BLOCK 259

enum card_line_kind {
    CARD_LINE_NONE,
    CARD_LINE_SLOW,            /* `etu` before character `byte` of the answer */
    CARD_LINE_SILENT,          /* nothing from character `byte` on */
    CARD_LINE_PARITY,          /* character `byte` comes `times` times with wrong parity before it is right */
    CARD_LINE_BAD_TS,          /* reset: TS 3A */
    CARD_LINE_BAD_TCK,         /* reset: the last character inverted */
    CARD_LINE_ENDLESS,         /* reset: interface characters without end */
    CARD_LINE_ONE_BY_ONE,      /* T=0: INS^FF before each byte of data */
    CARD_LINE_NULLS,           /* T=0: `times` NULL bytes first, each `etu` after the one before; 0: for ever */
    CARD_LINE_WRONG_PROCEDURE, /* T=0: `value` for a procedure byte */
    CARD_LINE_WTX,     /* T=1: `times` requests for `value` waiting times (0: for ever), then `etu` to the answer */
    CARD_LINE_BAD_LRC, /* T=1: `times` blocks with a wrong LRC; 0: always */
    CARD_LINE_BAD_SEQUENCE, /* T=1: `times` I-blocks with a wrong N(S); 0: always */
    CARD_LINE_RESEND,       /* T=1: asks `times` times for the command's block again; 0: always */
    CARD_LINE_IFS,          /* T=1: tells an IFSC of `value` before it answers */
    CARD_LINE_ABORT,        /* T=1: S(ABORT) */
    CARD_LINE_KINDS,
};
struct card_line_fault {
    enum card_line_kind kind;
    bool at_reset; /* else at a command */
    uint8_t ins;   /* of the command, 0: any */
    unsigned nth;  /* match since the cold reset, 0: each */
    unsigned times, byte, value;
    uint32_t etu; /* 0: as without a fault */
};

struct card_line_char {
    uint8_t value;
    uint8_t bad_parity; /* repetitions it takes */
    uint32_t etu;       /* from the leading edge of the last character, either way; the first one: from RST */
};

struct card_line_ops { /* the card behind */
    void (*tpdu)(void *ctx, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len);
    void (*apdu)(void *ctx, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len);
};

struct card_line_t0 {
    uint8_t tpdu[5 + 255];
    size_t have, asked; /* `asked`: bytes that may come before the card speaks again */
};

struct card_line_t1 {
    uint8_t in[CARD_LINE_BLOCK], command[APDU_MAX], answer[RAPDU_MAX], sent[CARD_LINE_BLOCK];
    size_t in_len, command_len, answer_len, answer_at, sent_len;
    uint8_t ns, nr; /* next to send, next expected */
    uint8_t ifsd;
    bool chaining; /* the I-block that is out has more behind it */
    bool begun;    /* a command has */
    enum { CARD_T1_READY, CARD_T1_WTX, CARD_T1_IFS } waits_for;
};

struct card_line {
    const struct card_line_ops *ops;
    void *ctx;
    int protocol;
    struct card_line_char queue[CARD_LINE_QUEUE];
    size_t head, count;
    unsigned pushed; /* characters since the reset or the command began */
    struct card_line_fault faults[CARD_LINE_FAULTS];
    unsigned matches[CARD_LINE_FAULTS];
    size_t fault_count;
    struct card_line_fault active; /* during this reset or command */
    unsigned left;                 /* of its `times` */
    struct card_line_t0 t0;
    struct card_line_t1 t1;
};

/* `ops` outlives it. The rest of *l may be anything. */
void card_line_init(struct card_line *l, const struct card_line_ops *ops, void *ctx);
/* Faults stay until heal. OK, E_LIMIT, E_INVAL: no such kind. */
int card_line_fault(struct card_line *l, const struct card_line_fault *fault);
void card_line_heal(struct card_line *l);

/* The card itself was reset; this sends its ATR and begins the protocol anew. */
void card_line_reset(struct card_line *l, bool warm, const uint8_t *atr, size_t atr_len, int protocol);
/* Bytes of the terminal, the first one `etu` after the last character. What the card still had to say is lost. */
void card_line_take(struct card_line *l, const uint8_t *bytes, size_t len, uint32_t etu);
/* The next character to come; `take`: it is gone then. false: the card is silent. */
bool card_line_next(struct card_line *l, bool take, struct card_line_char *out);

#endif
