/*
 * The Lua API: installation from the tables of the api_*.c files, and the conversions they share. Every function stands
 * in one table beside its docstring; the reference page and editor definitions are made from the same rows
 * (engine_api).
 */
#include "scenarios/engine/api.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct api_module modules[] = {
    {"bench", api_bench}, {"terminal", api_terminal}, {"cards", api_cards},   {"card", api_card},
    {"host", api_host},   {"net", api_net},           {"expect", api_expect}, {NULL, NULL},
};

const struct api_module *api_modules(void)
{
    return modules;
}

/* Modules whose functions are methods of an object. */
static bool is_object(const char *name)
{
    return strcmp(name, "terminal") == 0 || strcmp(name, "card") == 0;
}

void api_install(lua_State *L)
{
    for (const struct api_module *m = modules; m->name; m++) {
        lua_newtable(L);
        for (const struct api_function *f = m->functions; f->name; f++) {
            lua_pushcfunction(L, f->fn);
            lua_setfield(L, -2, f->name);
        }
        if (!is_object(m->name)) {
            lua_setglobal(L, m->name);
            continue;
        }
        luaL_newmetatable(L, m->name);
        lua_insert(L, -2);
        lua_setfield(L, -2, "__index");
        lua_pushliteral(L, "protected");
        lua_setfield(L, -2, "__metatable");
        lua_pop(L, 1);
    }
    lua_getglobal(L, "bench");
    lua_getfield(L, -1, "scenario");
    lua_setglobal(L, "scenario");
    lua_pop(L, 1);
}

cJSON *engine_api(void)
{
    cJSON *list = cJSON_CreateArray();
    for (const struct api_module *m = modules; m->name; m++) {
        for (const struct api_function *f = m->functions; f->name; f++) {
            cJSON *row = cJSON_CreateObject();
            cJSON_AddStringToObject(row, "module", m->name);
            cJSON_AddStringToObject(row, "name", f->name);
            cJSON_AddStringToObject(row, "args", f->args);
            cJSON_AddStringToObject(row, "doc", f->doc);
            cJSON_AddItemToArray(list, row);
        }
    }
    return list;
}

void api_push(lua_State *L, void *object, const char *type)
{
    *(void **)lua_newuserdatauv(L, sizeof object, 0) = object;
    luaL_setmetatable(L, type);
}

void *api_self(lua_State *L, int index, const char *type)
{
    void **box = luaL_checkudata(L, index, type);
    if (!case_of(L)->running)
        luaL_error(L, "this can only be used inside run, recover or check");
    return *box;
}

void api_push_json(lua_State *L, const cJSON *json)
{
    luaL_checkstack(L, 4, "result too deep");
    if (cJSON_IsBool(json))
        lua_pushboolean(L, cJSON_IsTrue(json));
    else if (cJSON_IsNumber(json) && json->valuedouble == floor(json->valuedouble))
        lua_pushinteger(L, (lua_Integer)json->valuedouble);
    else if (cJSON_IsNumber(json))
        lua_pushnumber(L, json->valuedouble);
    else if (cJSON_IsString(json))
        lua_pushstring(L, json->valuestring);
    else if (cJSON_IsObject(json) || cJSON_IsArray(json)) {
        const cJSON *child;
        lua_Integer i = 0;
        lua_newtable(L);
        cJSON_ArrayForEach(child, json)
        {
            api_push_json(L, child);
            if (cJSON_IsArray(json))
                lua_rawseti(L, -2, ++i);
            else
                lua_setfield(L, -2, child->string);
        }
    } else
        lua_pushnil(L);
}

static cJSON *to_json(lua_State *L, int index, int depth);

static cJSON *table_to_json(lua_State *L, int index, int depth)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, index);
    cJSON *out = n > 0 ? cJSON_CreateArray() : cJSON_CreateObject();
    lua_getglobal(L, "pairs"); /* the ordered one */
    lua_pushvalue(L, index);
    lua_call(L, 1, 3);
    for (;;) {
        lua_pushvalue(L, -3);
        lua_pushvalue(L, -3);
        lua_pushvalue(L, -3);
        lua_call(L, 2, 2);
        if (lua_isnil(L, -2)) {
            lua_pop(L, 5);
            return out;
        }
        cJSON *value = to_json(L, lua_gettop(L), depth + 1);
        if (!value || (n > 0 && !lua_isinteger(L, -2))) {
            cJSON_Delete(value);
            cJSON_Delete(out);
            lua_pop(L, 5);
            return NULL;
        }
        if (n > 0)
            cJSON_AddItemToArray(out, value);
        else {
            sandbox_text(L, -2, NULL);
            cJSON_AddItemToObject(out, lua_tostring(L, -1), value);
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
        lua_replace(L, -2); /* the key becomes the control variable */
    }
}

static cJSON *to_json(lua_State *L, int index, int depth)
{
    if (depth > 16)
        return NULL;
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        return cJSON_CreateNull();
    case LUA_TBOOLEAN:
        return cJSON_CreateBool(lua_toboolean(L, index));
    case LUA_TNUMBER:
        return cJSON_CreateNumber(lua_tonumber(L, index));
    case LUA_TSTRING:
        return cJSON_CreateString(lua_tostring(L, index));
    case LUA_TTABLE:
        return table_to_json(L, index, depth);
    default:
        return NULL;
    }
}

cJSON *api_to_json(lua_State *L, int index)
{
    return to_json(L, lua_absindex(L, index), 0);
}

uint64_t api_cents(lua_State *L, int index)
{
    const char *text = luaL_checkstring(L, index);
    char *end;
    uint64_t units = strtoull(text, &end, 10), cents = 0;
    bool ok = *text >= '0' && *text <= '9' && end - text <= 10;
    if (ok && *end == '.') {
        ok = end[1] >= '0' && end[1] <= '9' && end[2] >= '0' && end[2] <= '9' && !end[3];
        cents = ok ? (uint64_t)(end[1] - '0') * 10 + (uint64_t)(end[2] - '0') : 0;
    } else
        ok = ok && !*end;
    if (!ok)
        luaL_error(L, "'%s' is not an amount; expected text like \"12.00\"", text);
    return units * 100 + cents;
}

uint64_t api_seconds(lua_State *L, int index, double fallback)
{
    double s = luaL_optnumber(L, index, fallback);
    if (!(s >= 0 && s <= 1e8))
        luaL_error(L, "%f is not a time in seconds (0 to 100,000,000)", s);
    return (uint64_t)(s * 1e6);
}
