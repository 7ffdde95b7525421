/*
 * Faults of a terminal's storage that are no power cuts: t:storage_fault { kind = "full", at = 3 } and its end. The
 * kinds are the table in sim/storage/faults.c.
 */
#include "scenarios/engine/api_storage.h"
#include "scenarios/engine/api.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

static enum storage_fault_kind kind_option(lua_State *L)
{
    enum storage_fault_kind kind = STORAGE_FAULT_ERROR;
    const char *name = option_text(L, 2, "kind", "?");
    if (storage_fault_by_name(name, &kind) == OK)
        return kind;
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (unsigned i = 0; i < STORAGE_FAULT_KINDS; i++) {
        luaL_addstring(&b, i ? ", " : "");
        luaL_addstring(&b, storage_fault_info(i)->name);
    }
    luaL_pushresult(&b);
    luaL_error(L, "'%s': no such storage fault; there are %s", name, lua_tostring(L, -1));
    return kind;
}

static enum hal_area area_option(lua_State *L)
{
    static const char *const areas[HAL_AREA_COUNT] = {
        [HAL_AREA_BOOT] = "boot", [HAL_AREA_SLOT_A] = "slot-a", [HAL_AREA_SLOT_B] = "slot-b"};
    const char *name = option_text(L, 2, "area", "slot-a");
    unsigned area = 0;
    while (area < HAL_AREA_COUNT && strcmp(areas[area], name) != 0)
        area++;
    if (area == HAL_AREA_COUNT)
        luaL_error(L, "option 'area': boot, slot-a or slot-b expected, found '%s'", name);
    return (enum hal_area)area;
}

static uint64_t count_option(lua_State *L, const char *name, lua_Integer fallback, uint64_t most)
{
    lua_Integer value = option_number(L, 2, name, fallback);
    if (value < 0 || (uint64_t)value > most)
        luaL_error(L, "option '%s': 0 to %I expected, found %I", name, (LUAI_UACINT)most, (LUAI_UACINT)value);
    return (uint64_t)value;
}

static void write_down(struct bench_terminal *t, const struct storage_fault_plan *plan)
{
    struct record *r = t->bench->record;
    record_begin(r, t->number, "fault");
    record_text(r, "what", "storage");
    record_text(r, "kind", storage_fault_info(plan->kind)->name);
    record_number(r, "at", (int64_t)plan->number);
    record_end(r);
}

int terminal_add_storage_fault(lua_State *L)
{
    static const char *const options[] = {"kind", "at", "lasting", "area", "block", "erases", "file", "offset", NULL};
    struct bench_terminal *t = api_self(L, 1, "terminal");
    struct storage *s = terminal_storage(t->terminal);
    luaL_checktype(L, 2, LUA_TTABLE);
    option_check(L, 2, options);
    struct storage_fault_plan plan = {
        .kind = kind_option(L),
        .number = storage_ops(s) + count_option(L, "at", 1, INT32_MAX),
        .lasting = option_number(L, 2, "lasting", 0) != 0,
        .area = area_option(L),
        .block = (uint32_t)count_option(L, "block", 0, UINT32_MAX),
        .erases = (uint32_t)count_option(L, "erases", 0, UINT32_MAX),
    };
    lua_Integer offset = option_number(L, 2, "offset", -1);
    plan.offset = offset < 0 ? STORAGE_ANYWHERE : (uint64_t)offset;
    snprintf(plan.name, sizeof plan.name, "%s", option_text(L, 2, "file", ""));
    int status = storage_fault_add(s, &plan);
    if (status == E_LIMIT)
        return luaL_error(L, "storage_fault: too many faults at a time");
    if (status != OK)
        return luaL_error(L, "storage_fault: no such %s", plan.kind == STORAGE_FAULT_READ ? "file name" : "block");
    write_down(t, &plan);
    return 0;
}

int terminal_lift_storage_faults(lua_State *L)
{
    struct bench_terminal *t = api_self(L, 1, "terminal");
    storage_faults_clear(terminal_storage(t->terminal));
    record_begin(t->bench->record, t->number, "fault");
    record_text(t->bench->record, "what", "storage");
    record_text(t->bench->record, "kind", "none");
    record_end(t->bench->record);
    return 0;
}
