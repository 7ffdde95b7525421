/*
 * What a run record says is seen: the lines themselves, and the state of the terminal after any one of them.
 *
 * Folding is the only source of the picture, for a live session and for a finished record alike. A state is plain data;
 * one is kept every MODEL_STRIDE lines, so that any line is reached by folding a few hundred. Paper only grows, so a
 * state holds how much of it there is. Callers: the panels, tests/gui/test_model.c.
 */
#ifndef POSBENCH_GUI_MODEL_H
#define POSBENCH_GUI_MODEL_H

#include "gui/event.h"

#define MODEL_LINES 200000u /* kept; the oldest go first */
#define MODEL_STRIDE 512u
#define MODEL_PAPER 20000u /* lines of paper kept */
#define MODEL_ROWS 8u
#define MODEL_ROW_BYTES 128u

enum model_link { LINK_CLOSED, LINK_CONNECTING, LINK_CONNECTED };

struct model_state {
    uint64_t time_us, number; /* of the last line folded; number: its "n" */
    unsigned terminal;        /* the one that is shown; lines of others change nothing */
    bool powered, network, has_paper;
    char image[64];   /* "posbench-core 1.0.0" */
    char trouble[64]; /* how the core was left, or why nothing boots: "hung", "returned", ...; "" runs */
    char rows[MODEL_ROWS][MODEL_ROW_BYTES];
    unsigned row_count;
    unsigned columns_seen, rows_seen; /* the most that any screen had since switching on */
    char key[12];                     /* the last that reached the core; a digit typed in confidence is "*" */
    char screen[48], role[16];
    unsigned leds; /* bits 0 to 3: blue, yellow, green, red */
    unsigned beep_hz, beep_ms;
    uint64_t beep_us;   /* when; 0: never */
    char card[64];      /* in the chip slot; "" none */
    char swiped[64];    /* the last card that went through the stripe slot */
    uint64_t swiped_us; /* when */
    enum model_link link;
    uint64_t paper; /* lines of paper so far */
    struct decode_state decode;
};

enum paper_style { PAPER_DOUBLE = 1, PAPER_CENTRE = 2 }; /* bits, as docs/record.md has them */
enum paper_kind { PAPER_LINE, PAPER_HALF /* torn by a power loss */, PAPER_CUT };
struct paper_line {
    enum paper_kind kind;
    unsigned style;
    char text[120];
};

struct model_line {
    char *json; /* as in the record, no newline */
    char *text; /* a person's words (event_text) */
    uint64_t number, time_us;
    enum event_group group;
    enum event_mark mark;
    bool is_noise;
    char kind[12];
};

struct model;

struct model *model_create(void); /* NULL: no memory */
void model_destroy(struct model *m);
void model_clear(struct model *m); /* as created */

/* Takes a line of the record. E_FORMAT when it is none (nothing changes), E_NOMEM. */
int model_add(struct model *m, const cJSON *event);
/* A whole record file. EXIT_PASS, or EXIT_USAGE with "file:line: what". */
int model_load(struct model *m, const char *path, char *why, size_t why_cap);

bool model_is_cut(const struct model *m);                                 /* the file had more lines than are kept */
size_t model_count(const struct model *m);                                /* lines kept */
uint64_t model_dropped(const struct model *m);                            /* lines that went */
const struct model_line *model_line(const struct model *m, size_t index); /* from 0; NULL: none */
/* After the last line. */
const struct model_state *model_now(const struct model *m);
/* After line `index`. Valid until the next call of any function here that is not const. */
const struct model_state *model_at(struct model *m, size_t index);
/* What line `index` decodes to, for the caller to delete; NULL: nothing. */
cJSON *model_decode(struct model *m, size_t index);
/* Paper line `index` of a state's count; NULL when it was dropped or never was. */
const struct paper_line *model_paper(const struct model *m, uint64_t index);
uint64_t model_paper_first(const struct model *m); /* the oldest that is kept */

/* One event into a state (gui/fold.c). What it puts on paper goes to `paper`; false: nothing. */
void fold_start(struct model_state *s);
bool fold_event(struct model_state *s, const cJSON *event, struct paper_line *paper);

#endif
