/*
 * Actors: the scenario's coroutines, what each waits for, and the loop that lets virtual time pass until one may go on.
 * Called by case.c (play) and by the API functions (case_wait).
 */
#include "scenarios/engine/case_internal.h"
#include "scenarios/engine/worker.h"

#include <lauxlib.h>
#include <string.h>

/* A core that shows no screen and posts no event for this long is taken for stuck by waits without a better bound. */
#define STEP_LIMIT 20000000ull

static bool screen_seen(const struct bench_terminal *t, const struct wait *w)
{
    struct terminal_screen now;
    terminal_screen(t->terminal, &now);
    if (now.number && strcmp(now.name, w->text) == 0)
        return true;
    uint64_t first = t->shown_count > CASE_SCREENS ? t->shown_count - CASE_SCREENS : 0;
    for (uint64_t i = t->shown_count; i-- > first;) {
        const struct shown *s = &t->shown[i % CASE_SCREENS];
        if (s->number <= w->number)
            return false;
        if (strcmp(s->name, w->text) == 0)
            return true;
    }
    return false;
}

bool case_settled(const struct bench_terminal *t)
{
    struct terminal_screen now;
    if (terminal_state(t->terminal) != TERMINAL_RUNNING)
        return true;
    terminal_screen(t->terminal, &now);
    return now.role == FIRMWARE_HALT || (terminal_idle(t->terminal) && now.role != FIRMWARE_BUSY);
}

/* A new screen, and not one that only says "wait": it is a person's turn. */
static bool turn(const struct wait *w)
{
    struct terminal_screen now;
    terminal_screen(w->terminal->terminal, &now);
    return terminal_state(w->terminal->terminal) != TERMINAL_RUNNING ||
           (now.number > w->number && now.role != FIRMWARE_BUSY);
}

static bool is_met(struct bench_case *b, const struct wait *w)
{
    switch (w->kind) {
    case WAIT_SCREEN:
        return screen_seen(w->terminal, w);
    case WAIT_IDLE: {
        struct terminal_screen now;
        terminal_screen(w->terminal->terminal, &now);
        return terminal_idle(w->terminal->terminal) && now.role == FIRMWARE_IDLE;
    }
    case WAIT_SETTLED:
        return case_settled(w->terminal);
    case WAIT_TURN:
        return turn(w);
    case WAIT_OFF:
        return terminal_state(w->terminal->terminal) == TERMINAL_OFF;
    case WAIT_HOST:
        return host_count(b->host, w->text) >= w->number;
    case WAIT_PRINTED:
        return strstr(terminal_paper_roll(w->terminal->terminal) + w->number, w->text) != NULL;
    case WAIT_CARD:
        return real_reader_present(b->reader);
    case WAIT_NONE:
    case WAIT_TIME:
        break;
    }
    return false;
}

static void nothing(void *ctx, uint64_t arg)
{
    (void)ctx;
    (void)arg;
}

/* Makes sure that time gets as far as `until`, even when nothing else happens before. */
static void post_deadline(struct bench_case *b, const struct wait *w)
{
    if (w->until_us != WORLD_NEVER)
        world_at(b->world, w->until_us, nothing, b, 0);
}

bool case_run_until(struct bench_case *b, struct wait *w)
{
    post_deadline(b, w);
    for (uint64_t steps = 0;; steps++) {
        if (is_met(b, w))
            return w->met = true;
        if (world_now(b->world) >= w->until_us || steps > STEP_LIMIT || !world_step(b->world))
            return w->met = false;
    }
}

int case_wait(lua_State *L, const struct wait *wait, lua_KFunction k, lua_KContext context)
{
    struct bench_case *b = case_of(L);
    if (!lua_isyieldable(L) || !b->running)
        return luaL_error(
            L, "this call waits for the terminal, which is not possible here (in a callback or while the file loads)");
    b->running->wait = *wait;
    post_deadline(b, wait);
    return lua_yieldk(L, 0, context, k);
}

const struct wait *case_waited(lua_State *L)
{
    return &case_of(L)->running->wait;
}

int case_start_actor(struct bench_case *b, lua_State *from)
{
    for (size_t i = 0; i < CASE_ACTORS; i++) {
        struct actor *a = &b->actor[i];
        if (a->live)
            continue;
        memset(a, 0, sizeof *a);
        a->L = lua_newthread(from);
        a->ref = luaL_ref(from, LUA_REGISTRYINDEX);
        lua_xmove(from, a->L, 1);
        a->live = true;
        return 0;
    }
    lua_pop(from, 1);
    return -1;
}

/* An error text without a traceback: the place is part of Lua's message. */
static void script_error(struct bench_case *b, lua_State *L)
{
    const char *text = sandbox_text(L, -1, NULL);
    if (strcmp(text, "posbench: expectation not met") != 0)
        case_fail(b, b->terminals ? &b->terminal[0] : NULL, "script error", "no error", text, "");
}

static void resume(struct bench_case *b, struct actor *a)
{
    int results = 0;
    struct worker_shared *shared = b->request->shared;
    b->running = a;
    if (shared)
        shared->in_script = 1;
    int status = lua_resume(a->L, b->sandbox.L, 0, &results);
    if (shared)
        shared->in_script = 0;
    b->running = NULL;
    if (status == LUA_YIELD) {
        lua_pop(a->L, results);
        return;
    }
    if (status != LUA_OK)
        script_error(b, a->L);
    a->live = false;
    luaL_unref(b->sandbox.L, LUA_REGISTRYINDEX, a->ref);
}

/* Resumes every actor whose wait is over, in order; true if any was. */
static bool run_ready(struct bench_case *b)
{
    bool any = false;
    for (size_t i = 0; i < CASE_ACTORS; i++) {
        struct actor *a = &b->actor[i];
        if (!a->live)
            continue;
        bool met = a->wait.kind == WAIT_NONE || is_met(b, &a->wait);
        if (!met && world_now(b->world) < a->wait.until_us)
            continue;
        a->wait.met = met;
        any = true;
        resume(b, a);
    }
    return any;
}

static bool any_live(const struct bench_case *b)
{
    for (size_t i = 0; i < CASE_ACTORS; i++)
        if (b->actor[i].live)
            return true;
    return false;
}

void actors_play(struct bench_case *b)
{
    uint64_t steps = 0;
    while (any_live(b) && !b->abandoned) {
        if (run_ready(b)) {
            steps = 0;
            continue;
        }
        if (!world_step(b->world) || ++steps > STEP_LIMIT) {
            case_fail(b, &b->terminal[0], "the world", "something to happen",
                      "no event is left and the scenario still waits", "");
            return;
        }
    }
}
