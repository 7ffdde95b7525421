/*
 * The faults of a card by name: as a scenario's card:fault, the "faults" of a profile and the --fault of posbench card
 * serve write them. One table of kinds, one of places, one reading. Where a fault acts is a matter of its kind:
 *
 *   reader  between card and reader (sim/chain/fault_reader.h): mute, remove, sw, corrupt, truncate, broken, garble,
 *           extend, delay
 *   line    at the card's contacts, for a reader at character level (line.h): slow ... abort
 *   answer  in the card itself, whatever reader it meets (answer_fault.c): mutate_tag ... wrong_certificate
 *
 * Callers: profile_finish.c, and scenarios/engine, which puts the first two where they act.
 */
#ifndef POSBENCH_CARDS_FAULT_H
#define POSBENCH_CARDS_FAULT_H

#include "cards/line.h"

#define CARD_FAULTS 8 /* of one card */

enum card_fault_kind {
    CARD_FAULT_NONE,
    CARD_FAULT_MUTE,
    CARD_FAULT_REMOVE,
    CARD_FAULT_SW,
    CARD_FAULT_CORRUPT,
    CARD_FAULT_TRUNCATE,
    CARD_FAULT_BROKEN,
    CARD_FAULT_GARBLE,
    CARD_FAULT_EXTEND,
    CARD_FAULT_DELAY,
    CARD_FAULT_LINE, /* line_kind says which */
    CARD_FAULT_MUTATE_TAG,
    CARD_FAULT_MUTATE_VALUE,
    CARD_FAULT_WRONG_LENGTH,
    CARD_FAULT_DUPLICATE_TAG,
    CARD_FAULT_DROP_TAG,
    CARD_FAULT_ATC_JUMP,
    CARD_FAULT_WRONG_CRYPTOGRAM,
    CARD_FAULT_WRONG_CERTIFICATE,
};

struct card_fault {
    enum card_fault_kind kind;
    enum card_line_kind line_kind; /* of CARD_FAULT_LINE; of CARD_FAULT_DELAY the same at character level */
    bool at_reset, after;
    uint8_t ins;  /* of the command, 0: any */
    unsigned nth; /* match since the card was put in, 0: each */
    unsigned times, byte, value;
    uint16_t sw;
    uint32_t etu, ms, tag;
    uint8_t to[32], to_len; /* the value, tag or ATC instead */
};

enum card_fault_key {
    FAULT_AT,
    FAULT_INS,
    FAULT_KIND,
    FAULT_NTH,
    FAULT_SW,
    FAULT_BYTE,
    FAULT_AFTER,
    FAULT_TIMES,
    FAULT_VALUE,
    FAULT_ETU,
    FAULT_MS,
    FAULT_TAG,
    FAULT_TO,
    FAULT_KEYS
};
extern const char *const card_fault_keys[];   /* their names; all three lists end with NULL */
extern const char *const card_fault_kinds[];  /* reader, then line, then answer */
extern const char *const card_fault_places[]; /* "reset", "command", "select", ... */

struct card_fault_words { /* "": not given. sw, ins, tag and to are hex, the others decimal; after is 0 or 1 */
    char value[FAULT_KEYS][68];
};
struct card_fault_why {
    char text[200];
    char word[32];            /* a name that is none of `names`; "" otherwise */
    const char *const *names; /* ends with NULL */
};

/* OK; E_FORMAT with the reason. */
int card_fault_read(const struct card_fault_words *words, struct card_fault *out, struct card_fault_why *why);
/* "at=command,ins=AE,nth=1,kind=mute"; "after" may stand alone. */
int card_fault_parse(const char *text, struct card_fault *out, struct card_fault_why *why);
/* The reason with the names there are, in one line. */
void card_fault_explain(const struct card_fault_why *why, char *out, size_t cap);
/* A card that speaks T=0 or T=1 cannot have this fault: why; NULL. */
const char *card_fault_misfit(const struct card_fault *f, int protocol);

const char *card_fault_name(const struct card_fault *f); /* of its kind */
bool card_fault_of_reader(const struct card_fault *f);
bool card_fault_of_line(const struct card_fault *f); /* a delay is of both */
bool card_fault_of_answer(const struct card_fault *f);
/* As the line has it. */
struct card_line_fault card_fault_line(const struct card_fault *f);

/* -- answer_fault.c: one of the answer, in this card until clear; profiles have theirs from the beginning -- */

struct card;
struct card_profile;
/* Of a profile; NULL: it has no more. */
const struct card_fault *card_profile_fault(const struct card_profile *p, size_t index);
int card_fault_arm(struct card *c, const struct card_fault *f); /* E_LIMIT over CARD_FAULTS, E_INVAL: not of the card */
void card_faults_clear(struct card *c);

#endif
