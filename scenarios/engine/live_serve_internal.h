/* Pieces of a live session that its own files share: live_serve.c (its life), live_time.c (its time), live_do.c
 * (commands), live_state.c (what is told of it), live_cards.c. */
#ifndef POSBENCH_SCENARIOS_ENGINE_LIVE_SERVE_INTERNAL_H
#define POSBENCH_SCENARIOS_ENGINE_LIVE_SERVE_INTERNAL_H

#include "scenarios/engine/case_internal.h"
#include "scenarios/engine/live_frame.h"
#include "scenarios/engine/realtime.h"

enum live_phase {
    LIVE_BY_HAND,
    LIVE_PLAYING, /* a scenario plays itself */
    LIVE_ENDED,   /* and was judged: nothing moves any more */
};

struct live_session {
    struct bench_case bench;
    struct live_frames in, out;
    struct live_frames held; /* lines that a step brought beyond its own: each further step shows one */
    int fd;
    enum live_phase phase;
    enum realtime_speed speed; /* as the person chose it */
    unsigned steps;            /* asked for and not begun */
    bool stepping, stepped;    /* until a line comes; it has come */
    uint64_t jumps;            /* of time, in this step */
    uint64_t sent_us;          /* when something was sent last, on the wall */
    char *told;                /* the last state, without its time */
};

/* -- live_do.c -- */
/* Carries out one command, or refuses it. */
void live_do(struct live_session *s, const cJSON *command);
void live_refuse(struct live_session *s, const char *name, const char *why);
bool live_speed_by_name(const char *name, enum realtime_speed *out);
const char *live_speed_name(enum realtime_speed speed);

/* -- live_state.c -- */
/* Tells the state if anything but the time has changed. */
void live_tell_state(struct live_session *s);
/* {"end":...}: the result of the case, with what a list would know of it. */
void live_tell_end(struct live_session *s);
/* The terminal that commands are for; NULL: the scenario has none. */
struct bench_terminal *live_terminal(struct live_session *s);

/* -- live_time.c -- */
/* Takes commands from now on, wherever time waits. E_LIMIT. */
int live_begin_time(struct live_session *s);
enum realtime_speed live_speed_now(struct live_session *s); /* a step begins and ends in here */
/* Sets the speed, sends what is due, takes what came: what realtime asks before each jump. ctx is the session. */
bool live_before_jump(void *ctx);
void live_wait(struct live_session *s); /* for commands, a second at most: where the world does not move */
void live_line(void *ctx, const char *text, size_t len); /* the sink of the record; ctx is the session */
void live_tell(struct live_session *s, cJSON *message);  /* frees it */
void live_flush(struct live_session *s);                 /* sends all of it */
/* What steps have brought and not shown yet is shown. */
void live_release(struct live_session *s);
_Noreturn void live_client_gone(void);

/* -- live_cards.c -- */
/* The host has an account for every one of them: what lies in a real reader may be a card of the bench (card serve). */
void live_cards_at_host(struct bench_case *b);
/* A profile of cards/profiles; false with the nearest names. */
bool live_card_known(const char *root, const char *name, char *why, size_t cap);

#endif
