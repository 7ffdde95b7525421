/* What the sweep_*.c files share: the object of a sweep read with patience, fault ids, and commands. */
#ifndef POSBENCH_REPORTS_SWEEP_VIEW_H
#define POSBENCH_REPORTS_SWEEP_VIEW_H

#include "reports/html.h"
#include "reports/sweep.h"

#define SWEEP_OPERATIONS 20000u /* columns of a map that are shown */
#define SWEEP_ROWS 256u         /* rows of the map of cuts that are shown */
#define SWEEP_CARDS 100u        /* failures that are shown */
#define SWEEP_COMMAND_MAX 4096u

/* -- words and numbers -- */

/* A member of `counts`. */
double sweep_count(const cJSON *sweep, const char *key);
/* "24,300". Returns `out`. */
const char *sweep_number(double value, char out[32]);
/* "1 violation", "24,300 violations". Returns `out`. */
const char *sweep_plural(double value, const char *noun, char out[64]);
/* Of states and of re-runs: everything that an oracle found. */
double sweep_violations(const cJSON *sweep);
bool sweep_has_cuts(const cJSON *sweep); /* of power; else it is made of re-runs alone */
/* All that was asked for was judged: no sample, no budget, no interruption. */
bool sweep_is_whole(const cJSON *sweep);
/* "share" as "100 %"; what is less than all is rounded down. */
void sweep_share(const cJSON *sweep, char *out, size_t cap);
/* "0 unexplored", "12 unexplored, 366 re-runs not played". */
void sweep_left(const cJSON *sweep, char *out, size_t cap);
/* Strings of an array, with ", " between. */
void sweep_joined(const cJSON *list, char *out, size_t cap);
/* "power, net; depth 2; subsets; modes none, torn; ..". */
void sweep_options_text(const cJSON *sweep, char *out, size_t cap);
/* The verdict a letter of cells stands for: one of "pfhs-", 'h' for what is not understood. Past the end: '-'. */
char sweep_letter(const char *cells, size_t len, size_t at);
const char *sweep_letter_name(char letter);

/* -- commands and faults -- */

/* The sweep itself, to be made again. */
void sweep_command(const cJSON *sweep, char out[SWEEP_COMMAND_MAX]);
/* What stands before and after the fault id in a command that plays one fault. */
void sweep_replay(const cJSON *sweep, char before[SWEEP_COMMAND_MAX], char after[SWEEP_COMMAND_MAX]);

/* Where in the maps a fault lies (scenarios/engine/fault_id.h); of several cuts the first. */
struct sweep_place {
    bool cut;      /* of power; else a re-run */
    char fault[9]; /* of a re-run: "card", "net", "storage" */
    char kind[17]; /* of a re-run: "remove", "out", "error" */
    char when[9], mode[17];
    unsigned long at; /* operation, exchange, byte */
};
bool sweep_place(const char *id, struct sweep_place *out);
bool sweep_place_is_cut(const struct sweep_place *place, const cJSON *row);
bool sweep_place_is_rerun(const struct sweep_place *place, const cJSON *rerun);
/* The number of a re-run's first point. */
double sweep_first(const cJSON *rerun);

/* -- events -- */

/* One event in words, in the words of the page, as plain text on the heap; NULL without memory. */
char *sweep_event_line(const cJSON *event, struct decode_state *state);

/* -- parts of the page -- */

extern const char *const sweep_style[], *const sweep_script[]; /* sweep_style.c, sweep_script.c */

void sweep_html_map(const struct html *h, const cJSON *sweep);      /* sweep_map.c */
void sweep_html_reruns(const struct html *h, const cJSON *sweep);   /* sweep_map.c */
void sweep_html_failures(const struct html *h, const cJSON *sweep); /* sweep_cards.c */
void sweep_html_failing(const struct html *h, const cJSON *sweep);  /* sweep_cards.c */
void sweep_html_tables(const struct html *h, const cJSON *sweep);   /* sweep_tables.c */
void sweep_html_data(const struct html *h, const cJSON *sweep);     /* sweep_data.c */

/* Drawings are in units of cells; `width` is in pixels. (sweep_map.c, sweep_bands.c) */
unsigned sweep_cell_px(size_t columns);
void sweep_put_bar(FILE *out, size_t at, size_t len, double y, double height); /* a piece of a path */
void sweep_html_overview(const struct html *h, const cJSON *cells, size_t columns);
void sweep_html_phases(const struct html *h, const cJSON *operations, size_t columns, unsigned width);
void sweep_html_kind_band(const struct html *h, const cJSON *operations, size_t columns, unsigned width);
void sweep_html_kind_legend(const struct html *h);
void sweep_html_marks(const struct html *h, const cJSON *sweep, size_t columns, unsigned width);
void sweep_html_axis(const struct html *h, size_t columns, unsigned width);

#endif
