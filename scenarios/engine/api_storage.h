/* Methods of a terminal that concern its storage; rows of the table in api_terminal.c. */
#ifndef POSBENCH_SCENARIOS_ENGINE_API_STORAGE_H
#define POSBENCH_SCENARIOS_ENGINE_API_STORAGE_H

#include <lua.h>

int terminal_add_storage_fault(lua_State *L);
int terminal_lift_storage_faults(lua_State *L);

#endif
