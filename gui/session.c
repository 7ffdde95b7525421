/* Sessions. See session.h. */
#include "gui/session.h"

#include "reports/output.h"
#include "scenarios/engine/live.h"

#include <stdarg.h>
#include <string.h>

#define MESSAGES_AT_ONCE 400u /* so that a fast run is seen moving */

void session_say(struct session *s, bool is_bad, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s->message, sizeof s->message, format, args);
    va_end(args);
    for (char *p = s->message; *p; p++)
        if (*p == '\n')
            *p = ' ';
    s->is_bad = is_bad;
}

static void copy(char *out, size_t cap, const char *text)
{
    snprintf(out, cap, "%s", text);
}

void session_close(struct session *s)
{
    char speed[sizeof s->speed];
    struct session kept = {.o = s->o, .model = s->model};
    copy(speed, sizeof speed, s->speed);
    live_close(s->live);
    cJSON_Delete(s->verdict);
    cJSON_Delete(s->died);
    *s = kept;
    copy(s->speed, sizeof s->speed, speed); /* the next one goes on at it */
}

static int start(struct session *s, const struct live_options *l, char *why, size_t why_cap)
{
    int rc = live_open(s->o->engine, l, &s->live, why, why_cap);
    if (rc == EXIT_PASS)
        s->stage = SESSION_LIVE;
    return rc;
}

/* What was set in the window before, or on the command line. */
static const char *first_speed(const struct session *s)
{
    return s->speed[0] ? s->speed : s->o->speed;
}

int session_hand(struct session *s, char *why, size_t why_cap)
{
    session_close(s);
    model_clear(s->model);
    s->kind = SESSION_HAND;
    snprintf(s->title, sizeof s->title, "terminal %s", s->o->profile ? s->o->profile : "unionpay-intl");
    int rc = start(s, &(struct live_options){.profile = s->o->profile, .reader = s->o->reader, .speed = first_speed(s)},
                   why, why_cap);
    if (rc == EXIT_PASS)
        session_switch(s, "power", "on", true);
    return rc;
}

int session_scenario(struct session *s, const cJSON *one, char *why, size_t why_cap)
{
    session_close(s);
    model_clear(s->model);
    s->kind = SESSION_SCENARIO;
    copy(s->title, sizeof s->title, report_string(one, "name"));
    return start(s,
                 &(struct live_options){.file = report_string(one, "file"),
                                        .index = (unsigned)report_number(one, "index"),
                                        .reader = s->o->reader,
                                        .speed = first_speed(s)},
                 why, why_cap);
}

int session_record(struct session *s, const char *path, char *why, size_t why_cap)
{
    session_close(s);
    int rc = model_load(s->model, path, why, why_cap);
    const char *name = strrchr(path, '/');
    s->kind = SESSION_RECORD;
    if (rc == EXIT_PASS)
        s->stage = SESSION_ENDED;
    if (model_is_cut(s->model))
        session_say(s, true, "the record is longer: its first %u lines are here", MODEL_LINES);
    snprintf(s->title, sizeof s->title, "record %s", name ? name + 1 : path);
    return rc;
}

int session_fd(const struct session *s)
{
    return s->live ? live_fd(s->live) : -1;
}

bool session_open(const struct session *s)
{
    return s->stage == SESSION_LIVE && s->live;
}

/* ---- messages ---- */

static void take_state(struct session *s, const cJSON *state)
{
    s->has_state = true;
    s->powered = cJSON_IsTrue(report_item(state, "powered"));
    s->idle = cJSON_IsTrue(report_item(state, "idle"));
    s->network = cJSON_IsTrue(report_item(state, "network"));
    s->paper = cJSON_IsTrue(report_item(state, "paper"));
    s->virtual_us = (uint64_t)report_number(state, "virtual_us");
    copy(s->speed, sizeof s->speed, report_string(state, "speed"));
    copy(s->running, sizeof s->running, report_string(state, "running"));
    copy(s->card, sizeof s->card, report_string(state, "card"));
    copy(s->reader, sizeof s->reader, report_string(state, "reader"));
    copy(s->trouble, sizeof s->trouble, report_string(state, "trouble"));
    copy(s->asks, sizeof s->asks, report_string(state, "asks"));
    s->reader_card = cJSON_IsTrue(report_item(state, "reader_card"));
    s->sent = 0;
}

static void take_end(struct session *s, const cJSON *end)
{
    cJSON_Delete(s->verdict);
    s->verdict = cJSON_Duplicate(end, true);
    bool passed = report_verdict(end) == VERDICT_PASS;
    session_say(s, !passed, "%s: %s", report_verdict_name(report_verdict(end)), s->title);
    s->stage = SESSION_ENDED;
}

static void take_died(struct session *s, const cJSON *died)
{
    cJSON_Delete(s->died);
    s->died = cJSON_Duplicate(died, true);
    session_say(s, true, "%s", report_string(died, "text"));
    s->stage = SESSION_DIED;
}

static void take(struct session *s, const cJSON *message)
{
    const cJSON *item;
    if ((item = report_item(message, "line")))
        model_add(s->model, item);
    else if ((item = report_item(message, "state")))
        take_state(s, item);
    else if ((item = report_item(message, "end")))
        take_end(s, item);
    else if ((item = report_item(message, "died")))
        take_died(s, item);
    else if ((item = report_item(message, "refused"))) {
        session_say(s, true, "%s", cJSON_IsString(item) ? item->valuestring : "refused");
        s->sent = 0;
    }
}

bool session_poll(struct session *s, bool *more)
{
    bool changed = false;
    cJSON *message = NULL;
    unsigned n = 0;
    *more = false;
    while (s->live && n < MESSAGES_AT_ONCE && (message = live_next(s->live))) {
        take(s, message);
        cJSON_Delete(message);
        changed = true;
        n++;
    }
    if (s->live && (s->stage == SESSION_DIED || s->stage == SESSION_ENDED)) { /* nothing comes any more */
        live_close(s->live);
        s->live = NULL;
    }
    *more = s->live && n == MESSAGES_AT_ONCE;
    return changed;
}

/* ---- commands ---- */

/* Takes the command. */
static void send(struct session *s, cJSON *command)
{
    s->message[0] = '\0'; /* what was said of the last one is over */
    if (!session_open(s))
        session_say(s, false, "%s: F10 starts a terminal by hand, F5 the chosen scenario",
                    s->kind == SESSION_RECORD ? "a finished record" : "nothing runs");
    else if (!command || !live_send(s->live, command))
        session_say(s, true, "the session is gone");
    else
        s->sent++;
    cJSON_Delete(command);
}

static cJSON *command(const char *what)
{
    cJSON *c = cJSON_CreateObject();
    cJSON_AddStringToObject(c, "do", what);
    return c;
}

void session_do(struct session *s, const char *what, const char *key, const char *value)
{
    cJSON *c = command(what);
    if (key)
        cJSON_AddStringToObject(c, key, value);
    send(s, c);
}

void session_switch(struct session *s, const char *what, const char *key, bool on)
{
    cJSON *c = command(what);
    cJSON_AddBoolToObject(c, key, on);
    send(s, c);
}

const char *session_status(const struct session *s)
{
    if (s->stage == SESSION_DIED)
        return cJSON_IsTrue(report_item(s->died, "bench_fault")) ? "the bench failed" : "the core is gone";
    if (s->stage == SESSION_CLOSED)
        return "nothing runs";
    if (s->kind == SESSION_RECORD)
        return "a finished record";
    if (s->verdict)
        return report_verdict_name(report_verdict(s->verdict));
    return s->kind == SESSION_HAND ? "by hand" : "running";
}
