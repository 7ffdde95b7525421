/*
 * Builds the sandboxed Lua state of sandbox.h. What a scenario may not have is removed by not being there: the globals
 * are an allow-list, not a deny-list.
 */
#include "scenarios/engine/sandbox.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOOK_EVERY 10000
#define LIMIT_MESSAGE "the script used up its instructions (an endless loop?)"

static void *sandbox_alloc(void *ud, void *ptr, size_t old_size, size_t new_size)
{
    struct sandbox *s = ud;
    size_t old = ptr ? old_size : 0;
    if (new_size == 0) {
        s->used -= old;
        free(ptr);
        return NULL;
    }
    if (new_size > old && s->used - old + new_size > s->limits.memory)
        return NULL; /* Lua raises "not enough memory" */
    void *fresh = realloc(ptr, new_size);
    if (fresh)
        s->used += new_size - old;
    return fresh;
}

/* A pcall loop would swallow a plain limit error, so once exhausted the hook fires on every instruction. */
static void on_count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct sandbox *s = sandbox_of(L);
    s->spent += s->exhausted ? 1 : HOOK_EVERY;
    if (s->spent < s->limits.instructions)
        return;
    s->exhausted = true;
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    luaL_error(L, LIMIT_MESSAGE);
}

struct sandbox *sandbox_of(lua_State *L)
{
    return *(struct sandbox **)lua_getextraspace(L);
}

const char *sandbox_text(lua_State *L, int index, size_t *len)
{
    index = lua_absindex(L, index);
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
    case LUA_TNUMBER:
        lua_pushvalue(L, index);
        return lua_tolstring(L, -1, len);
    case LUA_TBOOLEAN:
    case LUA_TNIL:
        return luaL_tolstring(L, index, len);
    default:
        if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
            lua_pop(L, 1);
            return luaL_tolstring(L, index, len);
        }
        lua_pushfstring(L, "<%s>", luaL_typename(L, index));
        return lua_tolstring(L, -1, len);
    }
}

static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    sandbox_text(L, 1, NULL);
    return 1;
}

static int base_print(lua_State *L)
{
    struct sandbox *s = sandbox_of(L);
    luaL_Buffer b;
    int count = lua_gettop(L);
    luaL_buffinit(L, &b);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&b, '\t');
        sandbox_text(L, i, NULL);
        luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    if (s->print)
        s->print(s->owner, lua_tostring(L, -1));
    return 0;
}

/* Keys in a fixed order: booleans, numbers, strings by bytes; anything else has no order that survives a re-run. */
static int key_rank(int type)
{
    return type == LUA_TBOOLEAN ? 0 : type == LUA_TNUMBER ? 1 : type == LUA_TSTRING ? 2 : 3;
}

static int key_less(lua_State *L)
{
    int a = key_rank(lua_type(L, 1)), b = key_rank(lua_type(L, 2));
    if (a != b)
        lua_pushboolean(L, a < b);
    else if (a == 0)
        lua_pushboolean(L, lua_toboolean(L, 1) < lua_toboolean(L, 2));
    else if (a == 2)
        lua_pushboolean(L, strcmp(lua_tostring(L, 1), lua_tostring(L, 2)) < 0);
    else
        lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT));
    return 1;
}

/* Iterator: upvalues are the sorted keys, the position. Keys removed meanwhile are passed over, as with Lua's own
 * pairs. */
static int pairs_step(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));
    for (;;) {
        lua_rawgeti(L, lua_upvalueindex(1), ++at);
        if (lua_isnil(L, -1))
            return 1;
        lua_pushinteger(L, at);
        lua_replace(L, lua_upvalueindex(2));
        lua_pushvalue(L, -1);
        lua_rawget(L, 1);
        if (!lua_isnil(L, -1))
            return 2;
        lua_pop(L, 2);
    }
}

static int base_pairs(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_newtable(L);
    lua_Integer count = 0;
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_pop(L, 1);
        if (key_rank(lua_type(L, -1)) == 3)
            return luaL_error(L, "pairs: a key of type %s has no repeatable order; use strings or numbers",
                              luaL_typename(L, -1));
        lua_pushvalue(L, -1);
        lua_rawseti(L, 2, ++count);
    }
    lua_getfield(L, LUA_REGISTRYINDEX, "posbench.sort");
    lua_pushvalue(L, 2);
    lua_pushcfunction(L, key_less);
    lua_call(L, 2, 0);
    lua_pushvalue(L, 2);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_step, 2);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

static int base_setmetatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "this metatable is protected");
    if (lua_istable(L, 2)) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "__gc is not available: when it runs is not repeatable");
    }
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

/* string.format without %p, and with address-free text for %s of tables and functions. */
static int string_format(lua_State *L)
{
    size_t len;
    const char *format = luaL_checklstring(L, 1, &len);
    int arg = 1;
    for (size_t i = 0; i + 1 < len; i++) {
        if (format[i] != '%')
            continue;
        i++;
        if (format[i] == '%')
            continue;
        arg++;
        while (i < len && strchr("-+ #0123456789.", format[i]) && format[i])
            i++;
        if (format[i] == 'p')
            return luaL_error(L, "string.format: %%p would show an address");
        if (format[i] == 's' && arg <= lua_gettop(L)) {
            sandbox_text(L, arg, NULL);
            lua_replace(L, arg);
        }
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* The compiled file, which is read once per state. Raises. */
static void push_library(struct sandbox *s, lua_State *L, const char *name)
{
    char path[512], chunk[128];
    snprintf(path, sizeof path, "%s/%s.lua", s->library, name);
    snprintf(chunk, sizeof chunk, "scenarios/lib/%s.lua", name);
    lua_getfield(L, LUA_REGISTRYINDEX, "posbench.chunks");
    if (lua_getfield(L, -1, name) == LUA_TNIL) {
        lua_pop(L, 1);
        if (!sandbox_load(s, L, path, chunk))
            lua_error(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, name);
    }
    sandbox_enter(L, -1);
    lua_remove(L, -2);
}

/* require "name": a file of the library folder, once per set of globals. */
static int base_require(lua_State *L)
{
    struct sandbox *s = sandbox_of(L);
    const char *name = luaL_checkstring(L, 1);
    if (!s->library || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name))
        return luaL_error(L, "require: '%s' is not a file of scenarios/lib (a-z, 0-9 and _ only)", name);
    lua_getfield(L, LUA_REGISTRYINDEX, "posbench.loaded");
    if (lua_getfield(L, -1, name) != LUA_TNIL)
        return 1;
    lua_pop(L, 1);
    push_library(s, L, name);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, name);
    return 1;
}

bool sandbox_load(struct sandbox *s, lua_State *L, const char *path, const char *chunk_name)
{
    (void)s;
    char name[512];
    snprintf(name, sizeof name, "=%s", chunk_name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        lua_pushfstring(L, "%s: cannot be read", chunk_name);
        return false;
    }
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    size_t got, total = 0;
    do {
        char *part = luaL_prepbuffer(&b);
        got = fread(part, 1, LUAL_BUFFERSIZE, f);
        luaL_addsize(&b, got);
        total += got;
    } while (got && total < 1u << 20);
    bool bad = ferror(f) || got;
    fclose(f);
    luaL_pushresult(&b);
    if (bad) {
        lua_pushfstring(L, "%s: not readable, or larger than 1 MB", chunk_name);
        return false;
    }
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    if (len && text[0] == LUA_SIGNATURE[0]) {
        lua_pushfstring(L, "%s: a binary chunk; Lua text expected", chunk_name);
        return false;
    }
    int status = luaL_loadbufferx(L, text, len, name, "t");
    lua_remove(L, -2);
    return status == LUA_OK;
}

static const char *const base_allowed[] = {"assert", "error",    "ipairs",       "pcall",    "xpcall",
                                           "select", "tonumber", "type",         "rawequal", "rawget",
                                           "rawlen", "rawset",   "getmetatable", NULL};
static const luaL_Reg base_own[] = {{"tostring", base_tostring}, {"print", base_print},
                                    {"pairs", base_pairs},       {"setmetatable", base_setmetatable},
                                    {"require", base_require},   {NULL, NULL}};

/* Runs protected: fills the globals. */
static int build(lua_State *L)
{
    luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
    lua_newtable(L); /* the allowed globals */
    for (size_t i = 0; base_allowed[i]; i++) {
        lua_getfield(L, 1, base_allowed[i]);
        lua_setfield(L, 2, base_allowed[i]);
    }
    luaL_setfuncs(L, base_own, 0);
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 0);
    lua_pushnil(L);
    lua_setfield(L, -2, "dump");
    lua_getfield(L, -1, "format");
    lua_pushcclosure(L, string_format, 1);
    lua_setfield(L, -2, "format");
    lua_setfield(L, 2, LUA_STRLIBNAME);
    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 0);
    lua_getfield(L, -1, "sort");
    lua_setfield(L, LUA_REGISTRYINDEX, "posbench.sort");
    lua_setfield(L, 2, LUA_TABLIBNAME);
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 0);
    lua_getfield(L, -1, "randomseed");
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "posbench.randomseed");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushinteger(L, 0);
    lua_call(L, 2, 0);
    lua_pushnil(L);
    lua_setfield(L, -2, "randomseed"); /* the seed is the run's */
    lua_setfield(L, 2, LUA_MATHLIBNAME);
    luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 0);
    lua_setfield(L, 2, LUA_UTF8LIBNAME);
    lua_pushvalue(L, 2);
    lua_setfield(L, 2, LUA_GNAME);
    lua_pushvalue(L, 2);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "posbench.loaded");
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "posbench.chunks");
    return 0;
}

/* ---- the same globals again ---- */

/* Pushes a copy of the table at `index`; tables in it are copied too, down to `depth`, and one that stands for the
 * whole
 * (_G) becomes the copy. */
static void copy_table(lua_State *L, int index, int depth)
{
    int from = lua_absindex(L, index);
    lua_newtable(L);
    int to = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, from);) {
        lua_pushvalue(L, -2);
        if (lua_rawequal(L, -2, from))
            lua_pushvalue(L, to);
        else if (depth > 0 && lua_istable(L, -2))
            copy_table(L, -2, depth - 1);
        else
            lua_pushvalue(L, -2);
        lua_rawset(L, to);
        lua_pop(L, 1);
    }
}

static int seal(lua_State *L)
{
    lua_pushglobaltable(L);
    copy_table(L, -1, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "posbench.sealed");
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    copy_table(L, -1, 0);
    lua_setfield(L, LUA_REGISTRYINDEX, "posbench.strings");
    return 0;
}

static int refresh(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "posbench.sealed");
    copy_table(L, -1, 1);
    lua_pushliteral(L, ""); /* methods and operators of strings are the fresh ones as well */
    lua_getfield(L, LUA_REGISTRYINDEX, "posbench.strings");
    copy_table(L, -1, 0);
    lua_getfield(L, -4, LUA_STRLIBNAME);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -3);
    lua_pop(L, 2);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "posbench.loaded");
    lua_getfield(L, LUA_REGISTRYINDEX, "posbench.randomseed");
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    lua_call(L, 2, 0);
    return 0;
}

int sandbox_seal(struct sandbox *s)
{
    lua_pushcfunction(s->L, seal);
    return lua_pcall(s->L, 0, 0, 0) == LUA_OK ? 0 : -1;
}

int sandbox_fresh(struct sandbox *s, uint64_t seed)
{
    s->spent = 0;
    s->exhausted = false;
    lua_sethook(s->L, on_count, LUA_MASKCOUNT, HOOK_EVERY);
    lua_pushcfunction(s->L, refresh);
    lua_pushinteger(s->L, (lua_Integer)seed);
    return lua_pcall(s->L, 1, 0, 0) == LUA_OK ? 0 : -1;
}

void sandbox_enter(lua_State *L, int index)
{
    int function = lua_absindex(L, index);
    lua_pushglobaltable(L);
    if (!lua_setupvalue(L, function, 1)) /* a chunk that uses no global */
        lua_pop(L, 1);
}

int sandbox_open(struct sandbox *s, uint64_t seed)
{
    if (!s->limits.memory)
        s->limits.memory = 64u << 20;
    if (!s->limits.instructions)
        s->limits.instructions = 200000000u;
    s->used = 0;
    s->spent = 0;
    s->exhausted = false;
    s->L = lua_newstate(sandbox_alloc, s);
    if (!s->L)
        return -1;
    *(struct sandbox **)lua_getextraspace(s->L) = s;
    lua_pushinteger(s->L, (lua_Integer)seed);
    lua_pushcclosure(s->L, build, 1);
    if (lua_pcall(s->L, 0, 0, 0) != LUA_OK) {
        sandbox_close(s);
        return -1;
    }
    lua_sethook(s->L, on_count, LUA_MASKCOUNT, HOOK_EVERY);
    return 0;
}

void sandbox_close(struct sandbox *s)
{
    if (s->L)
        lua_close(s->L);
    s->L = NULL;
}
