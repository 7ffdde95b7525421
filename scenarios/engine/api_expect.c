/* Expectations: each failure says what was expected, what was found, and shows the screen at that moment. */
#include "scenarios/engine/api.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A core may legitimately wait this long for a host (connect tries and response timer) before its screen changes. */
#define SCREEN_LIMIT_S 240.0

static void passed(struct bench_case *b, const char *what, const char *expected)
{
    record_begin(b->record, 0, "expect");
    record_text(b->record, "what", what);
    record_text(b->record, "expected", expected);
    record_flag(b->record, "ok", true);
    record_end(b->record);
}

static bool screen_exists(const struct bench_terminal *t, const char *name)
{
    const struct firmware *f = terminal_firmware(t->terminal);
    for (const struct firmware_screen *s = f ? f->screens : NULL; s && s->id; s++)
        if (strcmp(s->name, name) == 0)
            return true;
    return !f;
}

static int screen_came(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    struct bench_terminal *t = api_self(L, 1, "terminal");
    struct terminal_screen now;
    char found[64];
    const char *name = lua_tostring(L, 2);
    terminal_screen(t->terminal, &now);
    if (case_waited(L)->met) {
        if (now.role == FIRMWARE_HALT && strcmp(now.name, name) == 0)
            t->halt_expected = true;
        passed(t->bench, "screen", name);
        return 0;
    }
    snprintf(found, sizeof found, "%s", now.number ? now.name : "dark");
    if (!screen_exists(t, name))
        snprintf(found, sizeof found, "%.30s (no screen has that name)", now.name);
    return case_fail_here(L, t, "screen", name, found);
}

static int expect_screen(lua_State *L)
{
    struct bench_terminal *t = api_self(L, 1, "terminal");
    struct wait w = {.kind = WAIT_SCREEN,
                     .terminal = t,
                     .number = t->acted,
                     .until_us = world_now(t->bench->world) + api_seconds(L, 3, SCREEN_LIMIT_S)};
    snprintf(w.text, sizeof w.text, "%s", luaL_checkstring(L, 2));
    return case_wait(L, &w, screen_came, 0);
}

static bool same(lua_State *L, int a, int b)
{
    cJSON *x = api_to_json(L, a), *y = api_to_json(L, b);
    bool equal = x && y ? cJSON_Compare(x, y, true) : lua_rawequal(L, a, b);
    cJSON_Delete(x);
    cJSON_Delete(y);
    return equal;
}

/* The value as a reader wants to see it, at most 200 characters. */
static void show(lua_State *L, int index, char *out, size_t cap)
{
    cJSON *json = lua_istable(L, index) ? api_to_json(L, index) : NULL;
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    snprintf(out, cap, "%s", text ? text : sandbox_text(L, index, NULL));
    if (!text)
        lua_pop(L, 1);
    free(text);
    cJSON_Delete(json);
}

static int judge(lua_State *L, bool ok, const char *what, const char *expected, const char *found)
{
    struct bench_case *b = case_of(L);
    if (!ok)
        return case_fail_here(L, b->terminals ? &b->terminal[0] : NULL, what, expected, found);
    passed(b, what, expected);
    return 0;
}

static int expect_equal(lua_State *L)
{
    char found[200], expected[200];
    luaL_checkany(L, 2);
    show(L, 1, found, sizeof found);
    show(L, 2, expected, sizeof expected);
    return judge(L, same(L, 1, 2), luaL_optstring(L, 3, "equal"), expected, found);
}

static int expect_different(lua_State *L)
{
    char found[200], expected[210];
    luaL_checkany(L, 2);
    show(L, 1, found, sizeof found);
    show(L, 2, expected + 4, sizeof expected - 4);
    memcpy(expected, "not ", 4);
    return judge(L, !same(L, 1, 2), luaL_optstring(L, 3, "different"), expected, found);
}

static int expect_truth(lua_State *L)
{
    luaL_checkany(L, 1);
    return judge(L, lua_toboolean(L, 1), luaL_optstring(L, 2, "truth"), "true", sandbox_text(L, 1, NULL));
}

/* The end of the paper, where the words were missed. */
static void paper_end(struct bench_terminal *t, char *out, size_t cap)
{
    const char *roll = terminal_paper_roll(t->terminal);
    size_t len = strlen(roll);
    snprintf(out, cap, "%s", len > 160 ? roll + len - 160 : roll);
}

static int printed(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    struct bench_terminal *t = api_self(L, 1, "terminal");
    char found[200];
    paper_end(t, found, sizeof found);
    return judge(L, case_waited(L)->met, "printed", lua_tostring(L, 2), found);
}

static int expect_printed(lua_State *L)
{
    struct bench_terminal *t = api_self(L, 1, "terminal");
    struct wait w = {
        .kind = WAIT_PRINTED, .terminal = t, .until_us = world_now(t->bench->world) + api_seconds(L, 3, 60)};
    snprintf(w.text, sizeof w.text, "%s", luaL_checkstring(L, 2));
    return case_wait(L, &w, printed, 0);
}

static int expect_not_printed(lua_State *L)
{
    struct bench_terminal *t = api_self(L, 1, "terminal");
    char expected[120], found[200];
    const char *words = luaL_checkstring(L, 2);
    snprintf(expected, sizeof expected, "no \"%s\" on paper", words);
    paper_end(t, found, sizeof found);
    return judge(L, !strstr(terminal_paper_roll(t->terminal), words), "not printed", expected, found);
}

static int expect_never_shown(lua_State *L)
{
    struct bench_terminal *t = api_self(L, 1, "terminal");
    const char *name = luaL_checkstring(L, 2);
    char expected[120];
    bool seen = false;
    uint64_t first = t->shown_count > CASE_SCREENS ? t->shown_count - CASE_SCREENS : 0;
    for (uint64_t i = first; i < t->shown_count; i++)
        seen = seen || strcmp(t->shown[i % CASE_SCREENS].name, name) == 0;
    snprintf(expected, sizeof expected, "screen %s never shown", name);
    return judge(L, !seen, "never shown", expected, seen ? "it was shown" : "");
}

const struct api_function api_expect[] = {
    {"screen", "terminal, name [, seconds]",
     "Waits for a screen of that name, shown since the last action or still standing.", expect_screen},
    {"equal", "found, expected [, what]", "Two values are equal (tables by content).", expect_equal},
    {"different", "found, other [, what]", "Two values are not equal.", expect_different},
    {"truth", "value [, what]", "The value is true.", expect_truth},
    {"printed", "terminal, words [, seconds]", "Waits until the words stand on paper.", expect_printed},
    {"not_printed", "terminal, words", "The words stand nowhere on paper.", expect_not_printed},
    {"never_shown", "terminal, name", "No screen of that name was shown in this case.", expect_never_shown},
    {NULL, NULL, NULL, NULL},
};
