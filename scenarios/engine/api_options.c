/* Option tables of API calls: every field is checked, a misspelt one is an error that lists what there is. */
#include "scenarios/engine/api.h"

#include <lauxlib.h>
#include <string.h>

const char *option_text(lua_State *L, int index, const char *name, const char *fallback)
{
    if (!lua_istable(L, index))
        return fallback;
    int type = lua_getfield(L, index, name);
    const char *text = fallback;
    if (type == LUA_TSTRING)
        text = lua_tostring(L, -1); /* stays alive: the table holds it */
    else if (type != LUA_TNIL)
        luaL_error(L, "option '%s': text expected, found %s", name, lua_typename(L, type));
    lua_pop(L, 1);
    return text;
}

lua_Integer option_number(lua_State *L, int index, const char *name, lua_Integer fallback)
{
    if (!lua_istable(L, index))
        return fallback;
    int type = lua_getfield(L, index, name), ok = 1;
    lua_Integer value = type == LUA_TNIL       ? fallback
                        : type == LUA_TBOOLEAN ? lua_toboolean(L, -1)
                                               : lua_tointegerx(L, -1, &ok);
    if (!ok)
        luaL_error(L, "option '%s': whole number expected, found %s", name, lua_typename(L, type));
    lua_pop(L, 1);
    return value;
}

void option_check(lua_State *L, int index, const char *const *names)
{
    if (lua_isnoneornil(L, index))
        return;
    luaL_checktype(L, index, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        const char *key = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?";
        size_t i = 0;
        while (names[i] && strcmp(names[i], key) != 0)
            i++;
        if (names[i])
            continue;
        luaL_Buffer b;
        luaL_buffinit(L, &b);
        for (i = 0; names[i]; i++) {
            luaL_addstring(&b, i ? ", " : "");
            luaL_addstring(&b, names[i]);
        }
        luaL_pushresult(&b);
        luaL_error(L, "unknown option '%s'; there are: %s", key, lua_tostring(L, -1));
    }
}
