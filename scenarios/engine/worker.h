/*
 * Worker processes: cases run in children, so that a core which crashes or spins takes only its worker along. The
 * parent talks to them over a socket in length-prefixed JSON ({"op":"list"|"run"|"replay",...} -> one object) and looks
 * into shared memory. "live" makes a session of it: live_serve.h.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_WORKER_H
#define POSBENCH_SCENARIOS_ENGINE_WORKER_H

#include "scenarios/engine/engine.h"
#include "sim/terminal.h"

#include <signal.h>
#include <sys/types.h>

#define WORKER_TAIL 65536

struct worker_shared { /* mapped by both sides */
    struct terminal_watch watch;
    volatile uint32_t in_script; /* Lua runs now */
    volatile uint64_t at;        /* state of a sweep that is being judged, 0: none */
    volatile uint64_t lines;     /* record lines so far */
    char asked[160];             /* a person is asked for this, "": nothing; written only while the next says 0 */
    volatile uint32_t asking; /* number of the question, 0: none */
    uint32_t questions;       /* so far */
    volatile uint64_t tail_end;  /* bytes written in all; the ring holds the last WORKER_TAIL */
    char tail[WORKER_TAIL];
};
/* Appends to the ring: the record sink of a worker. */
void worker_tail(struct worker_shared *s, const char *text, size_t len);

struct worker {
    pid_t pid;       /* 0: none */
    int socket, log; /* log: what it wrote to standard error */
    struct worker_shared *shared;
};
/* Forks one that serves requests until its socket closes. 0 or -1. */
int worker_start(struct worker *w, const struct engine_options *options);
void worker_stop(struct worker *w);
int worker_send(struct worker *w, const cJSON *request);
/* One whole answer, or NULL when the worker died. Blocks: poll w->socket first. */
cJSON *worker_receive(struct worker *w);
/* Bytes it holds now; 0 when that cannot be told. */
size_t worker_memory(const struct worker *w);
/* After its death, or to end it (`killed_for` says why, NULL: it died by itself): one line ("the core crashed:
 * Segmentation fault"), and whether the bench itself is to blame. */
void worker_autopsy(struct worker *w, const char *killed_for, char *text, size_t cap, bool *bench_fault);
/* How long it has been seen to stand still. */
struct worker_patience {
    double started, moved;
    uint64_t calls;
};
void worker_patience_begin(struct worker_patience *p);
/* Why this worker must be ended, NULL: it need not. wall_seconds 0: 60. */
const char *worker_misbehaves(const struct worker *w, struct worker_patience *p, unsigned wall_seconds);
double worker_seconds(void); /* of real time, from some instant on */

/* SIGINT while a run or sweep is under way: it ends in order. */
struct engine_interrupt {
    struct sigaction old;
};
void engine_interrupt_begin(struct engine_interrupt *i);
void engine_interrupt_end(const struct engine_interrupt *i);
bool engine_interrupted(void);

/* The last record lines as a JSON array of parsed events. */
cJSON *worker_last_events(const struct worker *w, size_t count);

#endif
