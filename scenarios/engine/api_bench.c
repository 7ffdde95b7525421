/* The bench module: terminals, scenarios, time. */
#include "scenarios/engine/api.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

static int bench_terminal(lua_State *L)
{
    static const char *const options[] = {"profile", NULL};
    struct bench_case *b = case_of(L);
    char why[400];
    option_check(L, 1, options);
    const char *profile = option_text(L, 1, "profile", NULL);
    if (!profile)
        return luaL_error(
            L, "bench.terminal: option 'profile' expected, e.g. bench.terminal { profile = \"unionpay-intl\" }");
    struct bench_terminal *t = case_add_terminal(b, profile, why, sizeof why);
    if (!t)
        return luaL_error(L, "%s", why);
    api_push(L, t, "terminal");
    return 1;
}

static cJSON *texts(lua_State *L, const char *field)
{
    cJSON *list;
    if (lua_getfield(L, 2, field) == LUA_TNIL)
        list = cJSON_CreateArray();
    else
        list = lua_istable(L, -1) ? api_to_json(L, -1) : NULL;
    lua_pop(L, 1);
    if (!list)
        luaL_error(L, "scenario: %s must be a list of texts", field);
    return list;
}

static void check_declaration(lua_State *L)
{
    static const char *const fields[] = {"tags", "covers", "requires", "run", "recover", "check", "after", NULL};
    static const char *const functions[] = {"run", "recover", "check", "after", NULL};
    option_check(L, 2, fields);
    for (size_t i = 0; functions[i]; i++) {
        int type = lua_getfield(L, 2, functions[i]);
        lua_pop(L, 1);
        if (type != LUA_TFUNCTION && (type != LUA_TNIL || i == 0))
            luaL_error(L, "scenario: '%s' must be a function", functions[i]);
    }
}

/* scenario "name" { ... }: the first call returns a function that takes the table. */
static int scenario_body(lua_State *L)
{
    struct bench_case *b = case_of(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1); /* 1 name, 2 table */
    check_declaration(L);
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "name", lua_tostring(L, 1));
    cJSON_AddNumberToObject(row, "line", lua_tointeger(L, lua_upvalueindex(2)));
    cJSON_AddItemToArray(b->scenarios, row);
    cJSON_AddItemToObject(row, "tags", texts(L, "tags"));
    cJSON_AddItemToObject(row, "covers", texts(L, "covers"));
    if ((unsigned)cJSON_GetArraySize(b->scenarios) == b->request->index) {
        lua_pushvalue(L, 2);
        b->scenario_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    return 0;
}

static int bench_scenario(lua_State *L)
{
    lua_Debug ar;
    luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_pushinteger(L, lua_getstack(L, 1, &ar) && lua_getinfo(L, "l", &ar) ? ar.currentline : 0);
    lua_pushcclosure(L, scenario_body, 2);
    return 1;
}

static int nothing_more(lua_State *L, int status, lua_KContext context)
{
    (void)L;
    (void)status;
    (void)context;
    return 0;
}

static int bench_wait(lua_State *L)
{
    struct wait w = {.kind = WAIT_TIME, .until_us = world_now(case_of(L)->world) + api_seconds(L, 1, 0)};
    return case_wait(L, &w, nothing_more, 0);
}

static int bench_start(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    if (case_start_actor(case_of(L), L) != 0)
        return luaL_error(L, "bench.start: at most %d functions at a time", CASE_ACTORS);
    return 0;
}

static int bench_now(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)world_now(case_of(L)->world) / 1e6);
    return 1;
}

const struct api_function api_bench[] = {
    {"terminal", "{ profile = name }",
     "A terminal manufactured from sim/profiles/NAME.json: core in slot A, keys loaded, power off.", bench_terminal},
    {"scenario", "name", "Declares a scenario: scenario \"name\" { run = function() ... end, tags = {}, covers = {} }.",
     bench_scenario},
    {"wait", "seconds", "Lets virtual time pass.", bench_wait},
    {"start", "function", "Runs a function beside this one, e.g. a second customer at a second terminal.", bench_start},
    {"now", "", "Virtual time in seconds since the start of the case.", bench_now},
    {NULL, NULL, NULL, NULL},
};
