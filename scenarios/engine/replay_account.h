/* The account of a replay: what replay_account.c, replay_compare.c and replay_reason.c share. */
#ifndef POSBENCH_SCENARIOS_ENGINE_REPLAY_ACCOUNT_H
#define POSBENCH_SCENARIOS_ENGINE_REPLAY_ACCOUNT_H

#include "scenarios/engine/replay.h"

enum replay_verdict { REPLAY_EQUAL, REPLAY_EQUIVALENT, REPLAY_DIFFERENT, REPLAY_STALE, REPLAY_NOT_SENT };

struct account {
    const struct replay_facts *f;
    const struct replay_pins *pins;
    const struct trace_log_entry *log;
    size_t logged;
    const struct trace_log_entry *sent[TRACE_EXCHANGES]; /* the core's command for each exchange; NULL: it sent none */
    const char *screen;
    size_t reached;  /* the last recorded exchange that the core came to; REPLAY_NONE */
    size_t mute;     /* a recorded exchange without an answer, at which the core had to end; REPLAY_NONE */
    char stale[200]; /* the first difference: later answers belong to other data; "" none */
    bool broke_off;  /* the core ended by itself before the recording did */
    unsigned counts[5];
};

/* replay_compare.c: where two commands part, object by object; *brief is the first of them ("tag 95 differs"). */
void account_compare(const struct account *a, size_t i, const struct trace_log_entry *sent, char *out, size_t cap,
                     char *brief, size_t brief_cap);
/* replay_reason.c: why a recorded command was not sent. True: because the core had ended. */
bool account_not_sent(const struct account *a, size_t i, char *out, size_t cap);

#endif
