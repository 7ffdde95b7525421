/*
 * What the panels share: the one window, where everything stands in it, and one function a panel. A frame calls them
 * all; each draws, and does at once what was done to it. Nothing outside gui/ includes this.
 */
#ifndef POSBENCH_GUI_WINDOW_H
#define POSBENCH_GUI_WINDOW_H

#include "gui/session.h"
#include "gui/ui/ui.h"

/* Rectangles of a frame (gui/layout.c), logical pixels. */
struct places {
    struct ui_rect top, face, tray, scenarios, view, status;
};
struct face_places { /* of the terminal (gui/layout.c) */
    struct ui_rect paper, body, info, glass, lamps, keys, chip, stripe, card, switches;
    int key_height;
};
void layout_window(int width, int height, struct places *out);
void layout_face(struct ui_rect face, struct face_places *out);

enum tab { TAB_RECORD, TAB_PAPER, TAB_KEYS };
enum filter { FILTER_MAIN, FILTER_ALL, FILTER_CARD, FILTER_LINE, FILTER_STORAGE, FILTERS };

struct tray {
    cJSON *cards;         /* of live_cards */
    size_t chosen, first; /* chosen from 1 */
};
struct timeline {
    enum filter filter;
    uint64_t *rows; /* lines of the filter, counted from the record's first: model index + dropped */
    size_t count, cap;
    uint64_t seen; /* lines looked at so far, counted likewise */
    struct ui_list_state list;
    uint64_t chosen; /* from 1, counted likewise; 0: none, the end is shown */
};
struct detail {
    char *text;
    uint64_t of; /* as timeline.chosen */
    size_t first;
};
enum outcome { OUTCOME_NONE, OUTCOME_RUNNING, OUTCOME_PASS, OUTCOME_FAIL, OUTCOME_OTHER };
struct scenarios {
    cJSON *cases;           /* of engine_list */
    const cJSON **rows;     /* those of the topic */
    enum outcome *outcomes; /* by place in cases */
    char **reasons;
    size_t count, total, topic; /* 0: all */
    char **topics;
    size_t topic_count;
    size_t running, last; /* from 1, place in cases; 0: none */
    struct ui_list_state list;
    size_t result_first;
};

struct window {
    struct ui *ui;
    const struct gui_options *o;
    struct model *model;
    struct session session;
    struct places at;
    const struct model_state *seen; /* what the faceplate shows: now, or as of the chosen line */
    bool is_past;
    enum tab tab;
    struct tray tray;
    struct timeline timeline;
    struct detail detail;
    struct scenarios scenarios;
    struct ui_list_state roll;
    uint64_t roll_of;
    bool quit;
};

void top_draw(struct window *w);
void face_draw(struct window *w);
void keypad_draw(struct window *w, const struct face_places *at);
void slots_draw(struct window *w, const struct face_places *at);
void tray_draw(struct window *w);
void tray_insert(struct window *w, const char *name); /* NULL: the chosen one */
void tray_swipe(struct window *w, const char *name);
/* Only these, with commas between, stay in the tray. false with a line: one is no card. */
bool tray_keep(struct window *w, const char *names, char *why, size_t why_cap);
/* `below`: a second, quiet line; NULL: none. */
void card_draw(struct window *w, struct ui_rect at, const cJSON *card, const char *below, bool chosen);
const cJSON *tray_find(const struct window *w, const char *name);
void scenarios_draw(struct window *w);
void view_draw(struct window *w); /* the tabs and what the chosen one shows */
void timeline_draw(struct window *w, struct ui_rect at);
void detail_draw(struct window *w, struct ui_rect at);
void paper_view(struct window *w, struct ui_rect at);
void keys_draw(struct window *w, struct ui_rect at);
void status_draw(struct window *w);

/* A line of paper, 256 pixels wide from `at`; `part` 1: the lower half of a double one. */
void paper_line_draw(struct ui *ui, struct ui_rect at, const struct paper_line *line, unsigned part);
unsigned paper_line_rows(const struct paper_line *line); /* 2 for double height; more for words that go on below */
#define LEAST_WIDTH 1000                                 /* below this the layout is cut off */
#define LEAST_HEIGHT 680
#define PAPER_WIDTH 256
#define PAPER_ROW 17

/* -- lists that outlive a frame -- */
void timeline_reset(struct window *w);  /* another record */
void timeline_update(struct window *w); /* lines have come or gone */
void timeline_now(struct window *w);    /* back to the end */
bool scenarios_load(struct window *w, char *why, size_t why_cap);
void scenarios_free(struct window *w);
void scenarios_note(struct window *w); /* an end or a death of what runs */
/* EXIT_PASS, or with a line */
int scenarios_start(struct window *w, size_t place, char *why, size_t why_cap);
/* "file" or "file#index" among the cases, from 1; 0: none. */
size_t scenarios_find(const struct window *w, const char *name);

void scenarios_topic(struct window *w, size_t topic); /* 0: all */

/* -- gui/run.c: EXIT_PASS, or with a line -- */
int window_hand(struct window *w, char *why, size_t why_cap);
int window_again(struct window *w, char *why, size_t why_cap); /* what died, once more */

/* As many lines as there is room for, at most 4, broken at spaces; only the last may end with an ellipsis. */
void text_lines(struct ui *ui, struct ui_rect at, enum ui_font font, enum ui_tone tone, const char *text);

struct ui_rect rect_inset(struct ui_rect r, int by);
struct ui_rect rect_take_top(struct ui_rect *r, int h); /* cuts it off *r */
struct ui_rect rect_take_bottom(struct ui_rect *r, int h);
struct ui_rect rect_take_left(struct ui_rect *r, int w);
struct ui_rect rect_take_right(struct ui_rect *r, int w);

#endif
