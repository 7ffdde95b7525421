/*
 * The scenario file of a case: loaded once, its functions played, and, for whoever plays them again and again in one
 * process, its chunk run anew in fresh globals. Called by case.c and by the sweep.
 *
 * When a chunk runs again, the terminals and cards that it asks for are those which are there already.
 */
#include "scenarios/engine/case_internal.h"
#include "scenarios/engine/worker.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

/* Runs the chunk on top of the stack; its `scenario` calls fill b->scenarios and keep the chosen one. */
static bool run_chunk(struct bench_case *b)
{
    struct worker_shared *shared = b->request->shared;
    char library[512];
    snprintf(library, sizeof library, "%s/scenarios/lib", b->request->paths.root);
    b->sandbox.library = library;
    if (shared)
        shared->in_script = 1;
    bool ok = lua_pcall(b->sandbox.L, 0, 0, 0) == LUA_OK;
    if (shared)
        shared->in_script = 0;
    b->sandbox.library = NULL;
    return ok;
}

bool script_load(struct bench_case *b, char *why, size_t cap)
{
    char path[512];
    const char *file = b->request->file, *root = b->request->paths.root;
    lua_State *L = b->sandbox.L;
    snprintf(path, sizeof path, "%s%s%s", file[0] == '/' ? "" : root, file[0] == '/' ? "" : "/", file);
    api_install(L);
    bool ok = sandbox_seal(&b->sandbox) == 0 && sandbox_load(&b->sandbox, L, path, case_relative(b->request));
    if (ok) {
        lua_pushvalue(L, -1);
        b->chunk_ref = luaL_ref(L, LUA_REGISTRYINDEX);
        ok = run_chunk(b);
    }
    if (!ok) {
        snprintf(why, cap, "%s", sandbox_text(L, -1, NULL));
    } else if (!cJSON_GetArraySize(b->scenarios)) {
        snprintf(why, cap, "%s: declares no scenario; expected scenario \"name\" { run = function() ... end }",
                 case_relative(b->request));
        ok = false;
    }
    return ok;
}

bool script_again(struct bench_case *b)
{
    lua_State *L = b->sandbox.L;
    for (size_t i = 0; i < CASE_ACTORS; i++) { /* of a script that was left in the middle */
        if (b->actor[i].live)
            luaL_unref(L, LUA_REGISTRYINDEX, b->actor[i].ref);
        b->actor[i].live = false;
    }
    luaL_unref(L, LUA_REGISTRYINDEX, b->scenario_ref);
    b->scenario_ref = LUA_NOREF;
    cJSON_Delete(b->scenarios);
    b->scenarios = cJSON_CreateArray();
    b->terminals_asked = 0;
    b->again = true;
    case_cards_again(b);
    if (!b->scenarios || sandbox_fresh(&b->sandbox, b->request->seed) != 0)
        return false;
    lua_rawgeti(L, LUA_REGISTRYINDEX, b->chunk_ref);
    sandbox_enter(L, -1);
    return run_chunk(b);
}

bool script_has(struct bench_case *b, const char *function)
{
    lua_State *L = b->sandbox.L;
    lua_rawgeti(L, LUA_REGISTRYINDEX, b->scenario_ref);
    bool has = lua_getfield(L, -1, function) == LUA_TFUNCTION;
    lua_pop(L, 2);
    return has;
}

void script_play(struct bench_case *b, const char *function)
{
    lua_State *L = b->sandbox.L;
    b->expecting = function;
    b->abandoned = false;
    lua_rawgeti(L, LUA_REGISTRYINDEX, b->scenario_ref);
    lua_getfield(L, -1, function);
    lua_remove(L, -2);
    if (case_start_actor(b, L) == 0)
        actors_play(b);
}
