/* The function tables of the Lua API, one per file. */
#ifndef POSBENCH_SCENARIOS_ENGINE_API_H
#define POSBENCH_SCENARIOS_ENGINE_API_H

#include "scenarios/engine/case_internal.h"

extern const struct api_function api_bench[];             /* api_bench.c */
extern const struct api_function api_terminal[];          /* api_terminal.c */
extern const struct api_function api_cards[], api_card[]; /* api_cards.c */
extern const struct api_function api_host[];              /* api_host.c */
extern const struct api_function api_net[];               /* api_net.c */
extern const struct api_function api_expect[];            /* api_expect.c */

/* api_terminal_look.c */
int terminal_get_screen(lua_State *L);
int terminal_get_receipt(lua_State *L);
int terminal_get_inspect(lua_State *L);
int terminal_get_hash(lua_State *L);
int terminal_note(lua_State *L);
int terminal_noted(lua_State *L);

/* api_host_keys.c */
int host_keys_(lua_State *L);
int host_applications_(lua_State *L);

/* A field of an options table at `index` (may be absent): text, number or flag; checks types, raises with the field's
 * name. */
const char *option_text(lua_State *L, int index, const char *name, const char *fallback);
lua_Integer option_number(lua_State *L, int index, const char *name, lua_Integer fallback);
/* Raises when the table has a field that is not in `names` (NULL-terminated): a misspelt option is an error. */
void option_check(lua_State *L, int index, const char *const *names);

#endif
