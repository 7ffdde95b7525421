/*
 * The Lua sandbox: no os, io, debug, load, coroutine; text chunks only; memory and instruction limits that pcall cannot
 * swallow; ordered pairs, no next, no addresses in any text, seeded math.random. Same script, same seed: same
 * behaviour.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_SANDBOX_H
#define POSBENCH_SCENARIOS_ENGINE_SANDBOX_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sandbox_limits {
    size_t memory;
    uint64_t instructions;
}; /* 0: 64 MB, 200 million */

struct sandbox {
    lua_State *L;
    struct sandbox_limits limits;
    size_t used;
    uint64_t spent;
    bool exhausted; /* the instruction limit was reached: every further instruction raises */
    void *owner;    /* of the API functions */
    void (*print)(void *owner, const char *text); /* print(...) goes here; may be NULL */
    const char *library;                          /* folder of require()able files (scenarios/lib); NULL: none */
};

/* Fills s->L with the safe libraries. 0 or -1 (out of memory). */
int sandbox_open(struct sandbox *s, uint64_t seed);
void sandbox_close(struct sandbox *s);
/* Keeps the globals as they are now, the tables among them included, as those that sandbox_fresh brings back. */
int sandbox_seal(struct sandbox *s);
/* Globals as sealed, modules to be loaded anew, random numbers from the seed, nothing spent: what an earlier script did
 * is not seen. A chunk compiled before runs in them after sandbox_enter. 0 or -1 (out of memory). */
int sandbox_fresh(struct sandbox *s, uint64_t seed);
/* Gives the function at `index` the globals of now. */
void sandbox_enter(lua_State *L, int index);
struct sandbox *sandbox_of(lua_State *L);

/* Text chunk from a file, compiled and left on the stack; on error returns false and leaves a one-line message
 * "file:line: ...". */
bool sandbox_load(struct sandbox *s, lua_State *L, const char *path, const char *chunk_name);

/* Any value as text without addresses. Pushes and returns it. */
const char *sandbox_text(lua_State *L, int index, size_t *len);

#endif
