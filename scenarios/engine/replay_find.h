/* Findings about a recording: what replay_check.c and its parts share. */
#ifndef POSBENCH_SCENARIOS_ENGINE_REPLAY_FIND_H
#define POSBENCH_SCENARIOS_ENGINE_REPLAY_FIND_H

#include "scenarios/engine/replay.h"

enum replay_kind {
    FINDING_INCONSISTENT, /* the recording contradicts itself, or the rules every terminal enforces */
    FINDING_INCOMPLETE,   /* something is missing: a later part, an answer */
    FINDING_REMARK,       /* unusual, and possible */
};

void replay_finding(cJSON *list, enum replay_kind kind, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* replay_check_line.c: the exchanges as they were recorded, T=0 and all */
void replay_check_raw(const struct replay_facts *f, cJSON *list);
/* replay_check_data.c: data against the lists that ask for it */
void replay_check_data(const struct replay_facts *f, cJSON *list);
/* replay_check_ac.c: cryptograms and what came of them */
void replay_check_cryptograms(const struct replay_facts *f, cJSON *list);

#endif
