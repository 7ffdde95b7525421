/* Methods of a terminal that only look: screen, paper, journal, durable hash; and the notes that outlive `run`. */
#include "scenarios/engine/api.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bench_terminal *self(lua_State *L)
{
    return api_self(L, 1, "terminal");
}

int terminal_get_screen(lua_State *L)
{
    struct bench_terminal *t = self(L);
    struct terminal_screen s;
    luaL_Buffer b;
    terminal_screen(t->terminal, &s);
    lua_newtable(L);
    lua_pushstring(L, s.name);
    lua_setfield(L, -2, "name");
    lua_newtable(L);
    for (int i = 0; i < HAL_DISPLAY_ROWS; i++) {
        lua_pushstring(L, s.rows[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "rows");
    luaL_buffinit(L, &b);
    for (int i = 0; i < HAL_DISPLAY_ROWS; i++) {
        luaL_addstring(&b, i && s.rows[i][0] ? "\n" : "");
        luaL_addstring(&b, s.rows[i]);
    }
    luaL_pushresult(&b);
    lua_setfield(L, -2, "text");
    return 1;
}

int terminal_get_receipt(lua_State *L)
{
    lua_pushstring(L, terminal_paper_roll(self(L)->terminal));
    return 1;
}

int terminal_get_inspect(lua_State *L)
{
    cJSON *seen = case_inspect(self(L));
    if (!seen)
        return luaL_error(L, "inspect: the image does not offer it, or its data cannot be read");
    api_push_json(L, seen);
    cJSON_Delete(seen);
    return 1;
}

int terminal_get_hash(lua_State *L)
{
    uint8_t digest[32];
    char hex[65];
    terminal_hash(self(L)->terminal, digest);
    hex_encode(digest, sizeof digest, hex, sizeof hex);
    lua_pushstring(L, hex);
    return 1;
}

static struct note *find_note(struct bench_case *b, const char *key)
{
    for (unsigned i = 0; i < b->notes; i++)
        if (strcmp(b->note[i].key, key) == 0)
            return &b->note[i];
    return NULL;
}

int terminal_note(lua_State *L)
{
    struct bench_case *b = self(L)->bench;
    const char *key = luaL_checkstring(L, 2);
    struct note *note = find_note(b, key);
    luaL_checkany(L, 3);
    if (!note && b->notes == sizeof b->note / sizeof *b->note)
        return luaL_error(L, "note: at most %d notes", (int)(sizeof b->note / sizeof *b->note));
    cJSON *value = api_to_json(L, 3);
    if (!value)
        return luaL_error(L, "note: only texts, numbers, booleans and tables of them can be kept");
    if (!note) {
        note = &b->note[b->notes++];
        note->json = NULL; /* of a life that was left: not ours any more */
        snprintf(note->key, sizeof note->key, "%s", key);
    }
    free(note->json);
    note->json = cJSON_PrintUnformatted(value);
    cJSON_Delete(value);
    record_begin(b->record, 0, "note");
    record_text(b->record, "key", key);
    record_json(b->record, "value", note->json);
    record_end(b->record);
    return 0;
}

int terminal_noted(lua_State *L)
{
    struct note *note = find_note(self(L)->bench, luaL_checkstring(L, 2));
    cJSON *value = note ? cJSON_Parse(note->json) : NULL;
    api_push_json(L, value);
    cJSON_Delete(value);
    return 1;
}
