/* The Lua sandbox: what is missing, what is limited, what is repeatable. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/sandbox.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

/* Runs a chunk; its result as text, or the error. */
static const char *run(struct sandbox *s, const char *chunk)
{
    lua_settop(s->L, 0);
    if (luaL_loadbufferx(s->L, chunk, strlen(chunk), "=t", "t") == LUA_OK)
        lua_pcall(s->L, 0, 1, 0);
    return sandbox_text(s->L, -1, NULL);
}

static const char *once(const char *chunk, char *out, size_t cap, uint64_t instructions)
{
    struct sandbox s = {.limits = {.memory = 4u << 20, .instructions = instructions}};
    assert_int_equal(sandbox_open(&s, 7), 0);
    snprintf(out, cap, "%s", run(&s, chunk));
    sandbox_close(&s);
    return out;
}

static void dangerous_names_are_not_there(void **state)
{
    static const char *const names[] = {
        "os",       "io",     "debug", "package",        "coroutine",   "load",
        "loadfile", "dofile", "next",  "collectgarbage", "string.dump", "math.randomseed"};
    char text[64], chunk[64];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(chunk, sizeof chunk, "return type(%s)", names[i]);
        assert_string_equal(once(chunk, text, sizeof text, 0), "nil");
    }
}

static void addresses_never_show(void **state)
{
    char text[64];
    (void)state;
    assert_string_equal(once("return tostring({})", text, sizeof text, 0), "<table>");
    assert_string_equal(once("return tostring(print)", text, sizeof text, 0), "<function>");
    assert_string_equal(once("return string.format('%5s|%s', 1, {})", text, sizeof text, 0), "    1|<table>");
    assert_string_equal(once("return ('%s'):format(string)", text, sizeof text, 0), "<table>");
    assert_non_null(strstr(once("return string.format('%p', {})", text, sizeof text, 0), "address"));
}

static void pairs_has_one_order(void **state)
{
    char text[64];
    (void)state;
    assert_string_equal(
        once("local t, s = {b=1, a=2, [3]=3, [1]=4, c=5}, '' for k in pairs(t) do s = s .. k end return s", text,
             sizeof text, 0),
        "13abc");
    assert_non_null(strstr(once("for k in pairs({[{}]=1}) do end", text, sizeof text, 0), "repeatable"));
    assert_string_equal(once("local t, n = {a=1, b=2, c=3}, 0 for k in pairs(t) do t.b = nil n = n + 1 end return n",
                             text, sizeof text, 0),
                        "2");
}

static void random_follows_the_seed(void **state)
{
    char a[64], b[64];
    (void)state;
    once("return math.random(1000000)", a, sizeof a, 0);
    once("return math.random(1000000)", b, sizeof b, 0);
    assert_string_equal(a, b);
}

/* A pcall loop swallows the error once; after that every instruction raises. */
static void the_instruction_limit_is_sticky(void **state)
{
    char text[128];
    (void)state;
    assert_non_null(strstr(once("while true do pcall(function() while true do end end) end", text, sizeof text, 200000),
                           "instructions"));
}

static void memory_is_limited(void **state)
{
    char text[128];
    (void)state;
    assert_non_null(strstr(once("local s = 'x' while true do s = s .. s end", text, sizeof text, 0), "memory"));
    assert_non_null(strstr(once("return string.rep('x', 1 << 40)", text, sizeof text, 0), "too large"));
}

static void finalizers_are_refused(void **state)
{
    char text[128];
    (void)state;
    assert_non_null(strstr(once("setmetatable({}, {__gc = function() end})", text, sizeof text, 0), "__gc"));
}

static void binary_chunks_are_refused(void **state)
{
    struct sandbox s = {0};
    (void)state;
    assert_int_equal(sandbox_open(&s, 1), 0);
    assert_int_not_equal(luaL_loadbufferx(s.L, "\033Lua", 4, "=b", "t"), LUA_OK);
    sandbox_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dangerous_names_are_not_there),
        cmocka_unit_test(addresses_never_show),
        cmocka_unit_test(pairs_has_one_order),
        cmocka_unit_test(random_follows_the_seed),
        cmocka_unit_test(the_instruction_limit_is_sticky),
        cmocka_unit_test(memory_is_limited),
        cmocka_unit_test(finalizers_are_refused),
        cmocka_unit_test(binary_chunks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
