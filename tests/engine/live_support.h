/* A live session for tests: everything that it has told so far, and waiting for something of it with a bound. Include
 * cmocka before. */
#ifndef POSBENCH_TESTS_ENGINE_LIVE_SUPPORT_H
#define POSBENCH_TESTS_ENGINE_LIVE_SUPPORT_H

#include "scenarios/engine/live.h"
#include "scenarios/engine/worker.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIVE_BOUND 40.0 /* seconds of real time for anything at all */

struct talk {
    struct live *live;
    struct engine_options o;
    cJSON *told; /* array of every message */
    int from;    /* waits look at messages from here on */
    cJSON *last; /* last state */
};

static inline struct engine_options talk_engine(const char *core)
{
    return (struct engine_options){.root = TEST_ROOT,
                                   .core = core ? core : TEST_IMAGES "/core-image.so",
                                   .boot = TEST_IMAGES "/boot-image.so",
                                   .seed = 1};
}

static inline void talk_open(struct talk *t, const char *core, const struct live_options *options)
{
    char why[600];
    *t = (struct talk){.o = talk_engine(core), .told = cJSON_CreateArray()};
    if (live_open(&t->o, options, &t->live, why, sizeof why) != EXIT_PASS)
        fail_msg("%s", why);
    assert_string_equal(why, "");
}

static inline void talk_close(struct talk *t)
{
    live_close(t->live);
    cJSON_Delete(t->told);
}

static inline const char *text_in(const cJSON *json, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(json, key));
    return text ? text : "";
}

/* {"do":...} in JSON with ' for ". */
static inline void say(struct talk *t, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    cJSON *command = cJSON_Parse(text);
    assert_non_null(command);
    assert_true(live_send(t->live, command));
    cJSON_Delete(command);
}

/* One more message, waiting for it; NULL after so many seconds. */
static inline cJSON *hear(struct talk *t, double seconds)
{
    double until = worker_seconds() + seconds;
    cJSON *message;
    while (!(message = live_next(t->live)) && worker_seconds() < until) {
        struct pollfd fd = {live_fd(t->live), POLLIN, 0};
        poll(&fd, 1, 50);
    }
    if (!message)
        return NULL;
    cJSON_AddItemToArray(t->told, message);
    if (cJSON_GetObjectItem(message, "state"))
        t->last = cJSON_GetObjectItem(message, "state");
    return message;
}

/* For whoever reads why a test failed. */
static inline void show_last(const struct talk *t)
{
    int count = cJSON_GetArraySize(t->told);
    for (int i = count > 12 ? count - 12 : 0; i < count; i++) {
        char *text = cJSON_PrintUnformatted(cJSON_GetArrayItem(t->told, i));
        print_error("%s\n", text);
        free(text);
    }
}

/* The next message of a kind ("line", "state", "refused", "end", "died") that `is` finds right; it fails after a
 * minute. */
static inline const cJSON *await(struct talk *t, const char *kind,
                                 bool (*is)(const cJSON *body, const char *key, const char *value), const char *key,
                                 const char *value)
{
    double until = worker_seconds() + LIVE_BOUND;
    for (;; t->from++) {
        const cJSON *message = cJSON_GetArrayItem(t->told, t->from);
        if (!message && (worker_seconds() > until || !(message = hear(t, LIVE_BOUND)))) {
            show_last(t);
            fail_msg("no %s with %s = %s in %d messages", kind, key, value, cJSON_GetArraySize(t->told));
        }
        const cJSON *body = cJSON_GetObjectItem(message, kind);
        if (body && (!is || is(cJSON_IsObject(body) ? body : message, key, value))) {
            t->from++;
            return cJSON_IsObject(body) ? body : message;
        }
        if (cJSON_GetObjectItem(message, "died") && strcmp(kind, "died") != 0)
            fail_msg("died: %s", text_in(cJSON_GetObjectItem(message, "died"), "text"));
    }
}

static inline bool is_text(const cJSON *body, const char *key, const char *value)
{
    return strcmp(text_in(body, key), value) == 0;
}

static inline bool is_screen(const cJSON *body, const char *key, const char *value)
{
    return strcmp(text_in(body, "ev"), "screen") == 0 && strcmp(text_in(body, key), value) == 0;
}

static inline bool is_flag(const cJSON *body, const char *key, const char *value)
{
    const cJSON *item = cJSON_GetObjectItem(body, key);
    return cJSON_IsBool(item) && cJSON_IsTrue(item) == (strcmp(value, "true") == 0);
}

static inline void await_screen(struct talk *t, const char *name)
{
    await(t, "line", is_screen, "name", name);
}

static inline void await_state(struct talk *t, const char *key, const char *value)
{
    bool flag = strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
    await(t, "state", flag ? is_flag : is_text, key, value);
}

static inline const char *await_refusal(struct talk *t, const char *name)
{
    return text_in(await(t, "refused", is_text, "do", name), "refused");
}

/* Everything that has been told is in t->told: a command that is refused comes back behind it. */
static inline void settle_talk(struct talk *t)
{
    t->from = cJSON_GetArraySize(t->told);
    say(t, "{'do':'settled?'}");
    await_refusal(t, "settled?");
}

static inline void keys(struct talk *t, const char *digits)
{
    for (; *digits; digits++)
        say(t, "{'do':'key','key':'%c'}", *digits);
    say(t, "{'do':'key','key':'enter'}");
}

/* Messages of a kind so far. */
static inline unsigned told(const struct talk *t, const char *kind)
{
    const cJSON *message;
    unsigned n = 0;
    cJSON_ArrayForEach(message, t->told)
    {
        n += cJSON_GetObjectItem(message, kind) != NULL;
    }
    return n;
}

/* The lines of the record count up without a gap. */
static inline void check_numbers(const struct talk *t)
{
    const cJSON *message;
    double last = 0;
    cJSON_ArrayForEach(message, t->told)
    {
        const cJSON *line = cJSON_GetObjectItem(message, "line");
        if (!line)
            continue;
        assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(line, "n")) == last + 1);
        last++;
    }
    assert_true(last > 0);
}

#endif
