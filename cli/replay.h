/* posbench replay: what cmd_replay.c, which takes the options and replays, and replay_print.c share. */
#ifndef POSBENCH_CLI_REPLAY_H
#define POSBENCH_CLI_REPLAY_H

#include "cli/cli.h"

struct replay_view {
    bool colour, verbose;
};

/* One session of a replay's report, of `sessions` in its file, as text on stdout. */
void replay_print_session(const cJSON *session, int sessions, const struct replay_view *v);

#endif
