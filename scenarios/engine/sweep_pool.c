/* Lanes of a sweep: see sweep_pool.h. */
#include "scenarios/engine/sweep_pool.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool sweep_pool_start(struct sweep_pool *p, const struct engine_options *o, cJSON *opening, char *why, size_t cap)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    memset(p, 0, sizeof *p);
    p->o = o;
    p->opening = opening;
    p->why = why;
    p->why_cap = cap;
    p->lanes = o->jobs ? o->jobs : (unsigned)(cores > 0 ? cores : 1);
    p->lanes = p->lanes > SWEEP_LANES ? SWEEP_LANES : p->lanes;
    return true;
}

void sweep_pool_stop(struct sweep_pool *p)
{
    for (unsigned i = 0; i < p->lanes; i++) {
        worker_stop(&p->lane[i].worker);
        cJSON_Delete(p->lane[i].task);
    }
    cJSON_Delete(p->opening);
    memset(p, 0, sizeof *p);
}

static void note_memory(struct sweep_pool *p, const struct sweep_lane *lane)
{
    size_t memory = worker_memory(&lane->worker);
    p->memory = memory > p->memory ? memory : p->memory;
}

/* Waits for one answer, as long as the worker behaves. */
static cJSON *await(struct sweep_pool *p, struct sweep_lane *lane, const char **misbehaves)
{
    worker_patience_begin(&lane->patience);
    for (;;) {
        struct pollfd fd = {lane->worker.socket, POLLIN, 0};
        poll(&fd, 1, 100);
        *misbehaves = NULL;
        if (fd.revents)
            return worker_receive(&lane->worker);
        if ((*misbehaves = worker_misbehaves(&lane->worker, &lane->patience, p->o->wall_seconds)))
            return NULL;
    }
}

static cJSON *ask_lane(struct sweep_pool *p, struct sweep_lane *lane, const cJSON *request, char *died, size_t cap)
{
    const char *misbehaves = NULL;
    bool bench;
    died[0] = '\0';
    if (!lane->worker.pid && worker_start(&lane->worker, p->o) != 0) {
        snprintf(died, cap, "no worker process can be started");
        return NULL;
    }
    cJSON *answer = worker_send(&lane->worker, request) == 0 ? await(p, lane, &misbehaves) : NULL;
    if (!answer)
        worker_autopsy(&lane->worker, misbehaves, died, cap, &bench);
    return answer;
}

cJSON *sweep_pool_open(struct sweep_pool *p)
{
    char died[300];
    cJSON *answer = ask_lane(p, &p->lane[0], p->opening, died, sizeof died);
    if (!answer) {
        snprintf(p->why, p->why_cap, "while the scenario ran without a fault: %s", died);
        worker_stop(&p->lane[0].worker);
    }
    p->lane[0].open = answer != NULL;
    return answer;
}

cJSON *sweep_pool_ask(struct sweep_pool *p, const cJSON *request, cJSON **events, char *died, size_t cap)
{
    struct sweep_lane *lane = &p->lane[0];
    bool session = strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(request, "op")), "sweep") == 0;
    cJSON *answer = NULL;
    if (session && !lane->open) {
        answer = ask_lane(p, lane, p->opening, died, cap);
        lane->open = answer && !cJSON_GetObjectItem(answer, "fails") && !cJSON_GetObjectItem(answer, "usage");
        cJSON_Delete(answer);
        if (!lane->open)
            return NULL;
    }
    answer = ask_lane(p, lane, request, died, cap);
    if (events)
        *events = lane->worker.shared ? worker_last_events(&lane->worker, 12) : NULL;
    if (!answer || cJSON_IsTrue(cJSON_GetObjectItem(answer, "retire"))) {
        worker_stop(&lane->worker);
        lane->open = false;
    }
    return answer;
}

/* ---- many at a time ---- */

static bool send_task(struct sweep_pool *p, struct sweep_lane *lane)
{
    worker_patience_begin(&lane->patience);
    if (!lane->worker.pid && worker_start(&lane->worker, p->o) != 0) {
        snprintf(p->why, p->why_cap, "no worker process can be started");
        return false;
    }
    lane->worker.shared->at = 0;
    return worker_send(&lane->worker, lane->open ? lane->task : p->opening) == 0;
}

static void bury(struct sweep_lane *lane, const char *misbehaves, const struct sweep_tasks *tasks, unsigned number)
{
    char text[300];
    bool bench;
    cJSON *task = lane->task;
    uint64_t at = lane->open ? lane->worker.shared->at : 0;
    lane->task = NULL;
    worker_autopsy(&lane->worker, misbehaves, text, sizeof text, &bench);
    worker_stop(&lane->worker);
    lane->open = false;
    tasks->lost(tasks->ctx, number, task, at, text, bench);
    cJSON_Delete(task);
}

static bool read_answer(struct sweep_pool *p, unsigned number, const struct sweep_tasks *tasks)
{
    struct sweep_lane *lane = &p->lane[number];
    cJSON *answer = worker_receive(&lane->worker);
    if (!answer) {
        bury(lane, NULL, tasks, number);
        return true;
    }
    note_memory(p, lane);
    if (!lane->open) { /* of the opening: now the task itself */
        lane->open = !cJSON_GetObjectItem(answer, "fails") && !cJSON_GetObjectItem(answer, "usage");
        cJSON_Delete(answer);
        if (!lane->open)
            snprintf(p->why, p->why_cap, "the run is not the same in another worker process");
        return lane->open && send_task(p, lane);
    }
    cJSON *task = lane->task;
    lane->task = NULL;
    bool retire = cJSON_IsTrue(cJSON_GetObjectItem(answer, "retire"));
    if (retire) {
        worker_stop(&lane->worker);
        lane->open = false;
    }
    tasks->answer(tasks->ctx, number, task, answer);
    cJSON_Delete(task);
    cJSON_Delete(answer);
    return true;
}

static bool turn(struct sweep_pool *p, const struct sweep_tasks *tasks)
{
    struct pollfd fds[SWEEP_LANES];
    const char *misbehaves;
    bool ok = true;
    for (unsigned i = 0; i < p->lanes; i++)
        fds[i] = (struct pollfd){p->lane[i].task ? p->lane[i].worker.socket : -1, POLLIN, 0};
    poll(fds, p->lanes, 100);
    for (unsigned i = 0; i < p->lanes && ok; i++) {
        struct sweep_lane *lane = &p->lane[i];
        if (!lane->task)
            continue;
        if (fds[i].revents)
            ok = read_answer(p, i, tasks);
        else if ((misbehaves = worker_misbehaves(&lane->worker, &lane->patience, p->o->wall_seconds)))
            bury(lane, misbehaves, tasks, i);
    }
    return ok;
}

int sweep_pool_work(struct sweep_pool *p, const struct sweep_tasks *tasks)
{
    struct engine_interrupt interrupt;
    bool busy = true, ok = true;
    engine_interrupt_begin(&interrupt);
    while (busy && ok && !engine_interrupted()) {
        busy = false;
        for (unsigned i = 0; i < p->lanes && ok; i++) {
            struct sweep_lane *lane = &p->lane[i];
            if (!lane->task && (lane->task = tasks->next(tasks->ctx, i)))
                ok = send_task(p, lane);
            busy = busy || lane->task;
        }
        if (busy && ok)
            ok = turn(p, tasks);
        if (tasks->idle)
            tasks->idle(tasks->ctx);
    }
    bool stopped = engine_interrupted();
    engine_interrupt_end(&interrupt);
    for (unsigned i = 0; i < p->lanes; i++) { /* what is still at work is not waited for */
        struct sweep_lane *lane = &p->lane[i];
        if (!lane->task)
            continue;
        worker_stop(&lane->worker);
        lane->open = false;
        cJSON_Delete(lane->task);
        lane->task = NULL;
    }
    return stopped ? EXIT_INTERRUPTED : ok ? EXIT_PASS : EXIT_BENCH;
}
