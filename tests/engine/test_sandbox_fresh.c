/* Fresh globals: of what one script did in the sandbox, the next one sees nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/sandbox.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEED 7

static int api_answer(lua_State *L)
{
    lua_pushinteger(L, 42);
    return 1;
}

/* With an API table and function, as case.c makes them, sealed. */
static void open_sealed(struct sandbox *s, uint64_t instructions)
{
    *s = (struct sandbox){.limits = {.memory = 4u << 20, .instructions = instructions}};
    assert_int_equal(sandbox_open(s, SEED), 0);
    lua_newtable(s->L);
    lua_pushcfunction(s->L, api_answer);
    lua_setfield(s->L, -2, "answer");
    lua_setglobal(s->L, "api");
    lua_pushcfunction(s->L, api_answer);
    lua_setglobal(s->L, "answer");
    assert_int_equal(sandbox_seal(s), 0);
}

static const char *run(struct sandbox *s, const char *chunk)
{
    lua_settop(s->L, 0);
    if (luaL_loadbufferx(s->L, chunk, strlen(chunk), "=t", "t") == LUA_OK)
        lua_pcall(s->L, 0, 1, 0);
    return sandbox_text(s->L, -1, NULL);
}

/* What one script does, and what the next one then asks; the answer is that of a new sandbox. */
static const struct trace_left {
    const char *done, *asked;
} traces[] = {
    {"x = 1", "return x"},
    {"_G.x = 1", "return x"},
    {"rawset(_G, 'x', 1)", "return rawget(_G, 'x')"},
    {"print = nil", "return type(print)"},
    {"tostring = function() return 'mine' end", "return tostring(1)"},
    {"_G = {}", "return _G._G == _G and _G.string == string"},
    {"setmetatable(_G, {__index = function() return 'mine' end})", "return nobody"},
    {"setmetatable(_G, {__newindex = function() end})", "y = 1 return y"},
    {"setmetatable(string, {__index = function() return 'mine' end})", "return string.nobody"},
    {"string = nil", "return string.rep('a', 3)"},
    {"string.rep = nil", "return string.rep('a', 3)"},
    {"string.upper = function() return 'mine' end", "return ('a'):upper()"},
    {"string.mine = function() return 'mine' end", "return ('a').mine"},
    {"getmetatable('').__index = {upper = function() return 'mine' end}", "return ('a'):upper()"},
    {"getmetatable('').__index.upper = function() return 'mine' end", "return ('a'):upper()"},
    {"getmetatable('').__index = nil", "return ('a'):upper()"},
    {"getmetatable('').__call = function() return 'mine' end", "return pcall(function() return ('a')() end)"},
    {"getmetatable('').__add = function() return 'mine' end", "return '1' + '2'"},
    {"getmetatable('').__lt = nil getmetatable('').__concat = function() return 'mine' end", "return 'a' .. 'b'"},
    {"getmetatable('').__tostring = function() return 'mine' end", "return tostring('a')"},
    {"getmetatable('').__unm = nil getmetatable('').__sub = nil", "return pcall(function() return -'1' - '2' end)"},
    {"math.huge = 1", "return math.huge"},
    {"math.random = function() return 'mine' end", "return math.random(1000000)"},
    {"table.insert = nil", "local l = {} table.insert(l, 5) return l[1]"},
    {"table.sort = function() end", "local s = '' for k in pairs{c = 1, b = 2, a = 3} do s = s .. k end return s"},
    {"utf8.char = nil", "return utf8.char(65)"},
    {"api.answer = function() return 'mine' end", "return api.answer()"},
    {"api.more = 1", "return api.more"},
    {"api = nil", "return api.answer()"},
    {"answer = nil", "return answer()"},
    {"for i = 1, 100 do math.random(1000000) end", "return math.random(1000000)"},
    {"os, io, load, next = {}, {}, {}, {}", "return type(os) .. type(io) .. type(load) .. type(next)"},
};

static void nothing_of_an_earlier_script_is_seen(void **state)
{
    unsigned seen = 0;
    (void)state;
    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++) {
        struct sandbox fresh, used;
        open_sealed(&fresh, 0);
        open_sealed(&used, 0);
        run(&used, traces[i].done);
        assert_int_equal(sandbox_fresh(&used, SEED), 0);
        const char *expected = run(&fresh, traces[i].asked), *found = run(&used, traces[i].asked);
        if (strcmp(expected, found) != 0) {
            print_error("after \"%s\", \"%s\": expected %s, found %s\n", traces[i].done, traces[i].asked, expected,
                        found);
            seen++;
        }
        sandbox_close(&fresh);
        sandbox_close(&used);
    }
    assert_int_equal(seen, 0);
}

/* The traces are traces: without sandbox_fresh each but those about absent things is seen. */
static void the_questions_can_tell(void **state)
{
    unsigned seen = 0;
    (void)state;
    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++) {
        struct sandbox fresh, used;
        open_sealed(&fresh, 0);
        open_sealed(&used, 0);
        run(&used, traces[i].done);
        seen += strcmp(run(&fresh, traces[i].asked), run(&used, traces[i].asked)) != 0;
        sandbox_close(&fresh);
        sandbox_close(&used);
    }
    assert_in_range(seen, sizeof traces / sizeof *traces - 6, sizeof traces / sizeof *traces);
}

static void random_numbers_begin_anew(void **state)
{
    static const char draw[] = "local s = '' for i = 1, 20 do s = s .. math.random(1000) .. ' ' end return s";
    char first[200];
    struct sandbox s;
    (void)state;
    open_sealed(&s, 0);
    snprintf(first, sizeof first, "%s", run(&s, draw));
    assert_string_not_equal(run(&s, draw), first);
    assert_int_equal(sandbox_fresh(&s, SEED), 0);
    assert_string_equal(run(&s, draw), first);
    assert_int_equal(sandbox_fresh(&s, SEED + 1), 0);
    assert_string_not_equal(run(&s, draw), first);
    assert_int_equal(sandbox_fresh(&s, SEED), 0);
    assert_string_equal(run(&s, draw), first);
    sandbox_close(&s);
}

static void modules_are_loaded_anew(void **state)
{
    char folder[64], file[96];
    struct sandbox s;
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/posbench-lib-%d", (int)getpid());
    snprintf(file, sizeof file, "%s/counter.lua", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs("local n = 0 loads = (loads or 0) + 1 local c = {} function c.count() n = n + 1 return n end return c\n", f);
    assert_int_equal(fclose(f), 0);
    open_sealed(&s, 0);
    s.library = folder;
    for (unsigned i = 0; i < 3; i++) {
        assert_string_equal(run(&s, "local c = require 'counter' return c.count() .. c.count() .. loads"), "121");
        assert_string_equal(run(&s, "return require('counter').count() .. '/' .. loads"), "3/1"); /* once per life */
        run(&s, "require('counter').count = nil");
        assert_int_equal(sandbox_fresh(&s, SEED), 0);
    }
    sandbox_close(&s);
    unlink(file);
    rmdir(folder);
}

/* A chunk that was compiled once sees the globals of now, and nothing that it left in the ones before. */
static void a_chunk_runs_in_the_globals_of_now(void **state)
{
    static const char chunk[] = "n = (n or 0) + 1 string.n = (string.n or 0) + 1 return n .. string.n .. api.answer()";
    struct sandbox s;
    (void)state;
    open_sealed(&s, 0);
    assert_int_equal(luaL_loadbufferx(s.L, chunk, strlen(chunk), "=t", "t"), LUA_OK);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(sandbox_fresh(&s, SEED), 0);
        lua_pushvalue(s.L, 1);
        sandbox_enter(s.L, -1);
        assert_int_equal(lua_pcall(s.L, 0, 1, 0), LUA_OK);
        assert_string_equal(lua_tostring(s.L, -1), "1142");
        lua_settop(s.L, 1);
    }
    sandbox_close(&s);
}

static void nothing_is_spent(void **state)
{
    static const char most[] = "for i = 1, 150000 do end return 'done'"; /* of 200,000 */
    struct sandbox s;
    (void)state;
    open_sealed(&s, 200000);
    for (unsigned i = 0; i < 5; i++) {
        assert_string_equal(run(&s, most), "done");
        assert_int_equal(sandbox_fresh(&s, SEED), 0);
        assert_int_equal(s.spent, 0);
    }
    sandbox_close(&s);
}

/* Also when the script before used all of it. */
static void an_endless_loop_is_forgotten(void **state)
{
    struct sandbox s;
    (void)state;
    open_sealed(&s, 200000);
    assert_non_null(strstr(run(&s, "while true do end"), "instructions"));
    assert_int_equal(sandbox_fresh(&s, SEED), 0);
    assert_false(s.exhausted);
    assert_string_equal(run(&s, "for i = 1, 150000 do end return 'done'"), "done");
    assert_non_null(strstr(run(&s, "while true do end"), "instructions")); /* the limit still holds */
    sandbox_close(&s);
}

/* Ten thousand lives fit where one did: what they leave is collected. */
static void memory_comes_back(void **state)
{
    struct sandbox s;
    (void)state;
    open_sealed(&s, 0);
    for (unsigned i = 0; i < 1000; i++) {
        assert_string_equal(run(&s, "heap = string.rep('x', 200000) .. math.random() return #heap > 200000"), "true");
        assert_int_equal(sandbox_fresh(&s, SEED), 0);
    }
    sandbox_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_an_earlier_script_is_seen),
        cmocka_unit_test(the_questions_can_tell),
        cmocka_unit_test(random_numbers_begin_anew),
        cmocka_unit_test(modules_are_loaded_anew),
        cmocka_unit_test(a_chunk_runs_in_the_globals_of_now),
        cmocka_unit_test(nothing_is_spent),
        cmocka_unit_test(an_endless_loop_is_forgotten),
        cmocka_unit_test(memory_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
