/* The line between terminal and host as a scenario sees it: up, down, speed, faults. */
#include "scenarios/engine/api.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

static struct network *network(lua_State *L)
{
    if (!case_of(L)->running)
        luaL_error(L, "host and net can only be used inside run, recover or check");
    return case_of(L)->network;
}

static int net_up(lua_State *L)
{
    network_up(network(L), true);
    return 0;
}

static int net_down(lua_State *L)
{
    network_up(network(L), false);
    return 0;
}

static int net_speed(lua_State *L)
{
    static const char *const options[] = {"latency_ms", "bytes_per_s", NULL};
    struct network *line = network(L);
    option_check(L, 1, options);
    network_speed(line, (uint64_t)option_number(L, 1, "latency_ms", 40) * 1000,
                  (uint64_t)option_number(L, 1, "bytes_per_s", 100000));
    return 0;
}

static int net_fault(lua_State *L)
{
    static const char *const options[] = {"direction", "kind", "at", NULL};
    struct network_fault fault = {.kind = NET_FAULT_DROP};
    struct network *line = network(L);
    option_check(L, 1, options);
    const char *direction = option_text(L, 1, "direction", "to_host"), *kind = option_text(L, 1, "kind", "drop");
    if (strcmp(kind, "corrupt") == 0)
        fault.kind = NET_FAULT_CORRUPT;
    else if (strcmp(kind, "hold") == 0)
        fault.kind = NET_FAULT_HOLD;
    else if (strcmp(kind, "split") == 0)
        fault.kind = NET_FAULT_SPLIT;
    else if (strcmp(kind, "drop") != 0)
        return luaL_error(L, "net.fault: option 'kind' is '%s'; expected drop, corrupt, hold or split", kind);
    if (strcmp(direction, "to_host") != 0 && strcmp(direction, "to_terminal") != 0)
        return luaL_error(L, "net.fault: option 'direction' is '%s'; expected to_host or to_terminal", direction);
    enum network_direction way = strcmp(direction, "to_host") == 0 ? TO_HOST : TO_TERMINAL;
    fault.at = network_passed(line, way) + (uint64_t)option_number(L, 1, "at", 0);
    network_fault_arm(line, way, &fault);
    return 0;
}

static int net_down_after(lua_State *L)
{
    static const char *const options[] = {"nth", "what", NULL};
    struct trigger trigger;
    (void)network(L);
    memset(&trigger, 0, sizeof trigger);
    option_check(L, 2, options);
    snprintf(trigger.kind, sizeof trigger.kind, "%s", luaL_checkstring(L, 1));
    snprintf(trigger.what, sizeof trigger.what, "%s", option_text(L, 2, "what", ""));
    trigger.nth = (unsigned)option_number(L, 2, "nth", 1);
    trigger.action = TRIGGER_NET_DOWN;
    if (!case_trigger(case_of(L), &trigger))
        return luaL_error(L, "net.down_after: at most %d triggers at a time", CASE_TRIGGERS);
    return 0;
}

const struct api_function api_net[] = {
    {"up", "", "Restores the line.", net_up},
    {"down", "", "Takes the line down; open connections die at both ends.", net_down},
    {"down_after", "kind [, { what, nth }]",
     "Takes the line down right after the n-th record line of that kind (send, host what=answer, ...).",
     net_down_after},
    {"speed", "{ latency_ms, bytes_per_s }", "Latency one way and bandwidth.", net_speed},
    {"fault", "{ direction, kind, at }",
     "At the at-th byte from now: drop the link, corrupt the byte, hold everything from there, or split: the rest "
     "comes 50 ms later.",
     net_fault},
    {NULL, NULL, NULL, NULL},
};
