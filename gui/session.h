/*
 * What the window is open on: a live session by hand, a scenario that is watched, or a finished record. Takes the
 * messages of scenarios/engine/live.h, gives lines to the model and keeps what only the session knows (speed, verdict,
 * how it died). Knows nothing of the screen. Callers: the panels, gui/run.c.
 */
#ifndef POSBENCH_GUI_SESSION_H
#define POSBENCH_GUI_SESSION_H

#include "gui/bench.h"
#include "gui/model.h"

enum session_kind { SESSION_RECORD, SESSION_HAND, SESSION_SCENARIO };
enum session_stage { SESSION_CLOSED, SESSION_LIVE, SESSION_ENDED, SESSION_DIED };

struct live;
struct session {
    const struct gui_options *o;
    struct model *model;
    struct live *live; /* NULL: nothing runs */
    enum session_kind kind;
    enum session_stage stage;
    char title[256];
    /* the last "state" */
    bool has_state, powered, idle, network, paper;
    char speed[12], running[16], card[64], reader[96];
    bool reader_card;  /* one lies in the real reader */
    char trouble[200]; /* of the real reader */
    char asks[200];    /* what a scenario asks a person for */
    uint64_t virtual_us;
    /* the last thing worth a line, for the status bar */
    char message[400];
    bool is_bad;
    unsigned sent;  /* commands that no state or refusal has answered yet */
    cJSON *verdict; /* the case of "end" */
    cJSON *died;    /* of "died" */
};

/* Each ends what was open before. EXIT_PASS, or EXIT_USAGE or EXIT_BENCH with a line; then nothing is open. */
int session_hand(struct session *s, char *why, size_t why_cap);                       /* and switches the terminal on */
int session_scenario(struct session *s, const cJSON *one, char *why, size_t why_cap); /* a case of engine_list */
int session_record(struct session *s, const char *path, char *why, size_t why_cap);
void session_close(struct session *s);

int session_fd(const struct session *s); /* -1: none */
/* Takes what came, a bounded number of messages. true: something to see. *more: there is more at once. */
bool session_poll(struct session *s, bool *more);
void session_say(struct session *s, bool is_bad, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Commands; one that cannot be sent says why in the message. NULL key: no argument. */
void session_do(struct session *s, const char *what, const char *key, const char *value);
void session_switch(struct session *s, const char *what, const char *key, bool on);

/* A live session that takes commands. */
bool session_open(const struct session *s);
/* In a few words: "by hand", "running", a verdict, "a finished record", "the core is gone", ... */
const char *session_status(const struct session *s);

#endif
