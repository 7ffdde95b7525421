/* Watching worker processes from outside: whether one spins, grows or takes too long; and the interrupt key. */
#include "scenarios/engine/worker.h"

#include <time.h>

#define SPIN_SECONDS 3.0 /* in core, and not one HAL call */
#define WALL_SECONDS 60
#define MEMORY_MAX (2ull << 30) /* bytes of one worker; a release worker is refused more than half of it before */

double worker_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void worker_patience_begin(struct worker_patience *p)
{
    *p = (struct worker_patience){.started = worker_seconds()};
    p->moved = p->started;
}

const char *worker_misbehaves(const struct worker *w, struct worker_patience *p, unsigned wall_seconds)
{
    double now = worker_seconds();
    const struct terminal_watch *watch = &w->shared->watch;
    if (!watch->in_core || watch->calls != p->calls)
        p->moved = now;
    p->calls = watch->calls;
    if (worker_memory(w) > MEMORY_MAX)
        return "takes memory without end";
    if (now - p->moved > SPIN_SECONDS)
        return "hung: it spins without calling the HAL";
    return now - p->started > (wall_seconds ? wall_seconds : WALL_SECONDS) ? "did not end within the time limit" : NULL;
}

/* ---- interrupt ---- */

static volatile sig_atomic_t interrupted; /* set by SIGINT only: a handler has no other way to speak */

static void on_interrupt(int sig)
{
    (void)sig;
    interrupted = 1;
}

void engine_interrupt_begin(struct engine_interrupt *i)
{
    struct sigaction act = {.sa_handler = on_interrupt};
    interrupted = 0;
    sigaction(SIGINT, &act, &i->old);
}

void engine_interrupt_end(const struct engine_interrupt *i)
{
    sigaction(SIGINT, &i->old, NULL);
}

bool engine_interrupted(void)
{
    return interrupted != 0;
}
