/*
 * The time of a live session, and what is said in it. Everything is done on the main stack: commands are taken where
 * time waits (or would), between two events of the world; what is told is sent there too, in one piece.
 *
 * Nothing blocks both sides: while the client does not take what it is sent, its commands are still read, into a buffer
 * with a limit. A client that takes nothing stands still, and so does the session. When the client is gone the process
 * ends: it has nothing to keep.
 */
#include "scenarios/engine/live_serve_internal.h"
#include "scenarios/engine/worker.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IN_MAX (1u << 18)   /* bytes of commands that wait */
#define OUT_MAX (1u << 20)  /* bytes that wait to be sent before a command goes on: one event may bring more */
#define SEND_US 20000u      /* when time does not wait: how often is sent */
#define STEP_JUMPS 1000000u /* of time in one step; more: nothing comes */

_Noreturn void live_client_gone(void)
{
    _exit(0);
}

/* ---- telling ---- */

void live_tell(struct live_session *s, cJSON *message)
{
    if (!live_frames_put_json(&s->out, message))
        live_client_gone(); /* out of memory: a message less would be a lie */
    cJSON_Delete(message);
}

/* A step shows one line of the record; what its event brought beyond that waits for the next. */
void live_line(void *ctx, const char *text, size_t len)
{
    struct live_session *s = ctx;
    bool hold = s->stepping && s->stepped;
    len -= len && text[len - 1] == '\n';
    if (!live_frames_put(hold ? &s->held : &s->out, "{\"line\":", text, len, "}"))
        live_client_gone();
    s->stepped = true;
}

void live_release(struct live_session *s)
{
    while (live_frames_move(&s->held, &s->out))
        ;
}

static void take(struct live_session *s, size_t most)
{
    if (!live_frames_receive(&s->in, s->fd, most))
        live_client_gone();
}

void live_flush(struct live_session *s)
{
    s->sent_us = realtime_wall(s->bench.realtime);
    for (;;) {
        if (!live_frames_send(&s->out, s->fd))
            live_client_gone();
        if (!live_frames_waiting(&s->out))
            return;
        size_t waits = live_frames_waiting(&s->in);
        struct pollfd fd = {s->fd, POLLOUT, 0};
        if (waits < IN_MAX)
            fd.events |= POLLIN;
        if (poll(&fd, 1, -1) > 0 && fd.revents & POLLIN)
            take(s, IN_MAX - waits);
    }
}

/* ---- time ---- */

/* One step after the other; true while one is under way. */
static bool step_on(struct live_session *s)
{
    if (s->stepping && !s->stepped && ++s->jumps < STEP_JUMPS && world_next(s->bench.world) != WORLD_NEVER)
        return true;
    if (s->stepping && !s->stepped)
        live_refuse(s, "step", "nothing that is recorded is going to happen");
    s->stepping = false;
    while (s->steps) {
        s->steps--;
        if (live_frames_move(&s->held, &s->out))
            continue;
        s->stepping = true;
        s->stepped = false;
        s->jumps = 0;
        return true;
    }
    return false;
}

static bool waits_for_people(const struct bench_terminal *t)
{
    struct terminal_screen now;
    terminal_screen(t->terminal, &now);
    return case_settled(t) || now.role == FIRMWARE_ASK;
}

/* A scenario with a real reader wants a card in it. */
static bool asks_a_person(const struct bench_case *b)
{
    return b->request->shared && b->request->shared->asking;
}

/* Fast is as fast as can be to where a person must do something; in a scenario the script is that person. */
enum realtime_speed live_speed_now(struct live_session *s)
{
    struct bench_case *b = &s->bench;
    if (s->speed == REALTIME_PAUSED)
        return step_on(s) ? REALTIME_FAST : REALTIME_PAUSED;
    if (s->speed == REALTIME_FAST && s->phase == LIVE_BY_HAND)
        return world_next(b->world) == WORLD_NEVER || waits_for_people(&b->terminal[0]) ? REALTIME_1X : REALTIME_FAST;
    return s->phase == LIVE_PLAYING && asks_a_person(b) ? REALTIME_1X : s->speed;
}

/* It may be a digit of a PIN. */
static void forget_key(cJSON *command)
{
    char *key = cJSON_GetStringValue(cJSON_GetObjectItem(command, "key"));
    if (key)
        explicit_bzero(key, strlen(key));
}

static void do_commands(struct live_session *s)
{
    cJSON *command;
    enum live_taken taken;
    while ((taken = live_frames_take(&s->in, &command)) == LIVE_MESSAGE) {
        live_do(s, command);
        forget_key(command);
        cJSON_Delete(command);
        if (live_frames_waiting(&s->out) > OUT_MAX)
            live_flush(s);
    }
    if (taken == LIVE_BROKEN)
        live_client_gone();
    realtime_set(s->bench.realtime, live_speed_now(s));
}

/* Before time goes on. true: a command came in. */
bool live_before_jump(void *ctx)
{
    struct live_session *s = ctx;
    enum realtime_speed speed = live_speed_now(s);
    realtime_set(s->bench.realtime, speed);
    if (speed != REALTIME_FAST || realtime_wall(s->bench.realtime) - s->sent_us > SEND_US ||
        live_frames_waiting(&s->out) > OUT_MAX) {
        live_tell_state(s);
        live_flush(s);
    }
    if (!live_frames_whole(&s->in)) /* what came while the client was waited for */
        return false;
    do_commands(s);
    return true;
}

static int command_fd(void *ctx)
{
    return ((struct live_session *)ctx)->fd;
}

static void command_came(void *ctx)
{
    struct live_session *s = ctx;
    take(s, IN_MAX);
    do_commands(s);
    live_tell_state(s);
    live_flush(s);
}

/* For where the world does not move. */
void live_wait(struct live_session *s)
{
    struct pollfd fd = {s->fd, POLLIN, 0};
    live_tell_state(s);
    live_flush(s);
    if (live_frames_whole(&s->in))
        do_commands(s);
    else if (poll(&fd, 1, 1000) > 0)
        command_came(s);
    else
        realtime_look(s->bench.realtime);
}

int live_begin_time(struct live_session *s)
{
    realtime_before(s->bench.realtime, live_before_jump, s);
    return realtime_watch(s->bench.realtime, command_fd, command_came, s);
}
