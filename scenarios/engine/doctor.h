/*
 * What the bench finds on this machine: its own files, its libraries, card readers. Callers: cli/cmd_doctor.c, which
 * adds what it knows itself (programs, the window).
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_DOCTOR_H
#define POSBENCH_SCENARIOS_ENGINE_DOCTOR_H

#include "scenarios/engine/engine.h"

enum doctor_state {
    DOCTOR_OK,
    DOCTOR_NONE,   /* not there; some part of the bench does without */
    DOCTOR_BROKEN, /* the bench cannot work like this */
};
struct doctor_row {
    const char *part; /* "bench", "libraries", "card readers", ... rows of one part come in a row */
    const char *what;
    enum doctor_state state;
    const char *found; /* version, path, name; "" */
    const char *way;   /* what it is for and how to get it; "" when there is nothing to do */
};
struct doctor {
    void *ctx;
    void (*row)(void *ctx, const struct doctor_row *row); /* strings live during the call */
};

void engine_doctor(const struct engine_options *o, const struct doctor *d);

#endif
