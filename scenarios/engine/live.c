/*
 * The client's side of a live session: a worker, its messages as they come, and its end. Callers: gui/, the tests.
 *
 * Nothing here waits for the worker but live_open, and live_send when a worker has long taken nothing. A worker that
 * dies is told as the last message; the lines of the record that it had not sent are read out of the memory it shared.
 */
#include "scenarios/engine/live.h"
#include "scenarios/engine/live_frame.h"
#include "scenarios/engine/worker.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPEN_SECONDS 60.0
#define PIECE (1u << 20)       /* bytes read at once */
#define OUT_MAX (1u << 20)     /* bytes of commands that wait until live_send waits too */
#define LOOK_SECONDS 0.25      /* how often a worker's health is looked at */
#define LAST_WORDS (64u << 20) /* bytes read of one that is ended */
#define EVENTS 12              /* of its end */

struct live {
    struct worker worker;
    struct live_frames in, out;
    struct worker_patience patience;
    double looked;
    double last_line; /* its number: JSON numbers */
    bool gone;        /* buried: what is in `late` is all that comes */
    cJSON *late;      /* array: lines that were not sent, then "died" */
};

/* ---- the end ---- */

/* The lines of the shared tail: late_message tells those that were never received. */
static void keep_last_lines(struct live *l)
{
    cJSON *all = worker_last_events(&l->worker, SIZE_MAX), *line;
    while ((line = cJSON_DetachItemFromArray(all, 0))) {
        if (cJSON_IsNumber(cJSON_GetObjectItem(line, "n"))) { /* the first may be the end of a line */
            cJSON *message = cJSON_CreateObject();
            cJSON_AddItemToObject(message, "line", line);
            cJSON_AddItemToArray(l->late, message);
        } else {
            cJSON_Delete(line);
        }
    }
    cJSON_Delete(all);
}

static void bury(struct live *l, const char *killed_for)
{
    char text[300];
    bool bench_fault;
    cJSON *message = cJSON_CreateObject(), *died = cJSON_AddObjectToObject(message, "died");
    worker_autopsy(&l->worker, killed_for, text, sizeof text, &bench_fault);
    cJSON_AddStringToObject(died, "text", text);
    cJSON_AddBoolToObject(died, "bench_fault", bench_fault);
    cJSON_AddItemToObject(died, "events", worker_last_events(&l->worker, EVENTS));
    keep_last_lines(l);
    cJSON_AddItemToArray(l->late, message);
    l->gone = true;
}

/* Looks whether it hangs. A caller that has not asked for a while knows nothing of that while. */
static void look_after(struct live *l)
{
    double now = worker_seconds();
    if (now - l->looked < LOOK_SECONDS)
        return;
    if (now - l->looked > 4 * LOOK_SECONDS)
        worker_patience_begin(&l->patience);
    l->looked = now;
    const char *why = worker_misbehaves(&l->worker, &l->patience, UINT_MAX);
    if (why) {
        live_frames_receive(&l->in, l->worker.socket, LAST_WORDS); /* what it still said comes first */
        bury(l, why);
    }
}

/* ---- messages ---- */

/* 0: it is no line. */
static double line_number(const cJSON *message)
{
    const cJSON *n = cJSON_GetObjectItem(cJSON_GetObjectItem(message, "line"), "n");
    return cJSON_IsNumber(n) ? n->valuedouble : 0;
}

static cJSON *first_message(struct live *l)
{
    cJSON *message = NULL;
    enum live_taken taken = live_frames_take(&l->in, &message);
    if (taken == LIVE_BROKEN || (taken == LIVE_MESSAGE && !message)) {
        if (!l->gone)
            bury(l, "sent what cannot be read");
        live_frames_free(&l->in);
        return NULL;
    }
    double n = line_number(message);
    if (n > l->last_line)
        l->last_line = n;
    return message;
}

/* After its end: a line that came over the socket all the same is not told again. */
static cJSON *late_message(struct live *l)
{
    cJSON *message;
    while ((message = cJSON_DetachItemFromArray(l->late, 0))) {
        double n = line_number(message);
        if (n == 0 || n > l->last_line)
            return message;
        cJSON_Delete(message);
    }
    return NULL;
}

cJSON *live_next(struct live *l)
{
    cJSON *message = first_message(l);
    if (!message && !l->gone) {
        live_frames_send(&l->out, l->worker.socket); /* when it is gone, so it is to the one that reads */
        bool alive = live_frames_receive(&l->in, l->worker.socket, PIECE);
        message = first_message(l);
        if (!message && !l->gone && !alive)
            bury(l, NULL);
        if (!l->gone)
            look_after(l);
    }
    if (!message && l->gone)
        message = first_message(l);
    return message || !l->gone ? message : late_message(l);
}

bool live_send(struct live *l, const cJSON *command)
{
    if (l->gone || !live_frames_put_json(&l->out, command) || !live_frames_send(&l->out, l->worker.socket))
        return false;
    while (live_frames_waiting(&l->out) > OUT_MAX && !l->gone) {
        struct pollfd fd = {l->worker.socket, POLLOUT | POLLIN, 0};
        poll(&fd, 1, 100);
        if (!live_frames_send(&l->out, l->worker.socket) ||
            !live_frames_receive(&l->in, l->worker.socket, PIECE)) /* or neither would ever take anything */
            return false;
        look_after(l);
    }
    return !l->gone;
}

int live_fd(const struct live *l)
{
    return l->worker.socket;
}

/* ---- opening and closing ---- */

static void add(cJSON *request, const char *key, const char *value)
{
    if (value)
        cJSON_AddStringToObject(request, key, value);
}

static bool send_request(struct live *l, const struct engine_options *o, const struct live_options *options)
{
    char seed[24];
    cJSON *request = cJSON_CreateObject();
    bool simulated = !options->reader || strcmp(options->reader, "sim") == 0;
    snprintf(seed, sizeof seed, "%" PRIu64, o->seed);
    add(request, "op", "live");
    add(request, "seed", seed);
    add(request, "file", options->file);
    cJSON_AddNumberToObject(request, "index", options->index);
    add(request, "profile", options->profile);
    add(request, "reader", simulated ? NULL : options->reader);
    add(request, "speed", options->speed);
    bool ok = worker_send(&l->worker, request) == 0;
    cJSON_Delete(request);
    return ok;
}

/* Its first word: whether the terminal could be made. */
static int wait_until_open(struct live *l, char *why, size_t cap)
{
    double until = worker_seconds() + OPEN_SECONDS;
    cJSON *message;
    while (!(message = live_next(l)) && worker_seconds() < until) {
        struct pollfd fd = {l->worker.socket, POLLIN, 0};
        poll(&fd, 1, 100);
    }
    const char *usage = cJSON_GetStringValue(cJSON_GetObjectItem(message, "usage"));
    const cJSON *died = cJSON_GetObjectItem(message, "died");
    int status = EXIT_BENCH;
    if (cJSON_GetObjectItem(message, "open"))
        status = EXIT_PASS;
    else if (usage || (died && cJSON_IsFalse(cJSON_GetObjectItem(died, "bench_fault"))))
        status = EXIT_USAGE; /* a script or an image that cannot be had */
    snprintf(why, cap, "%s",
             status == EXIT_PASS ? ""
             : usage             ? usage
             : died              ? cJSON_GetStringValue(cJSON_GetObjectItem(died, "text"))
                                 : "the session did not start within a minute");
    cJSON_Delete(message);
    return status;
}

int live_open(const struct engine_options *o, const struct live_options *options, struct live **out, char *why,
              size_t cap)
{
    struct live *l = calloc(1, sizeof *l);
    int status = EXIT_BENCH;
    *out = NULL;
    snprintf(why, cap, "no worker process can be started");
    if (!l || !(l->late = cJSON_CreateArray()) || worker_start(&l->worker, o) != 0)
        goto cleanup;
    worker_patience_begin(&l->patience);
    l->looked = worker_seconds();
    if (!send_request(l, o, options))
        goto cleanup;
    status = wait_until_open(l, why, cap);
cleanup:
    if (status == EXIT_PASS)
        *out = l;
    else
        live_close(l);
    return status;
}

void live_close(struct live *l)
{
    if (!l)
        return;
    worker_stop(&l->worker);
    live_frames_free(&l->in);
    live_frames_free(&l->out);
    cJSON_Delete(l->late);
    free(l);
}
