/*
 * Triggers: "after the n-th record line of this kind, cut the power / take the line down / pull the card". The record
 * is the one place where everything that crosses the terminal's border passes, so it is also the one place to hang a
 * fault on. A trigger posts a world event at the same instant: it takes effect before the core's next call.
 */
#include "scenarios/engine/case_internal.h"

#include <stdio.h>
#include <string.h>

/* "key":"value" or "key":value of a line the record has just written; our own writer puts no blanks. */
static bool has(const char *text, size_t len, const char *format, const char *key, const char *value)
{
    char want[64];
    int n = snprintf(want, sizeof want, format, key, value);
    return memmem(text, len, want, (size_t)n) != NULL;
}

static bool matches(const struct trigger *t, const char *text, size_t len)
{
    char term[12];
    snprintf(term, sizeof term, "%u", t->term);
    return has(text, len, "\"%s\":\"%s\"", "ev", t->kind) && (!t->term || has(text, len, "\"%s\":%s,", "term", term)) &&
           (!t->what[0] || has(text, len, "\"%s\":\"%s\"", "what", t->what));
}

static void do_cut(void *ctx, uint64_t arg)
{
    (void)arg;
    struct trigger *trigger = ctx;
    terminal_power_cut(trigger->terminal->terminal, trigger->plan.mode, trigger->plan.seed);
}

static void do_net_down(void *ctx, uint64_t arg)
{
    (void)arg;
    network_up(((struct bench_case *)ctx)->network, false);
}

static void do_remove(void *ctx, uint64_t arg)
{
    (void)arg;
    struct bench_terminal *t = ctx;
    if (terminal_has_card(t->terminal) && terminal_remove(t->terminal) == OK)
        t->card = NULL;
    (void)terminal_leave_field(t->terminal, NULL);
}

static void fire(struct bench_case *b, struct trigger *trigger)
{
    switch (trigger->action) {
    case TRIGGER_CUT:
        world_in(b->world, 0, do_cut, trigger, 0);
        break;
    case TRIGGER_STORAGE_CUT:
        terminal_plan_cut(trigger->terminal->terminal, &trigger->plan);
        break;
    case TRIGGER_NET_DOWN:
        world_in(b->world, 0, do_net_down, b, 0);
        break;
    case TRIGGER_REMOVE:
        world_in(b->world, 0, do_remove, trigger->terminal, 0);
        break;
    }
}

void triggers_line(struct bench_case *b, const char *text, size_t len)
{
    for (size_t i = 0; i < CASE_TRIGGERS; i++) {
        struct trigger *t = &b->trigger[i];
        if (!t->armed || !matches(t, text, len))
            continue;
        if (++t->seen < t->nth)
            continue;
        t->armed = false;
        fire(b, t);
    }
}

bool case_trigger(struct bench_case *b, const struct trigger *trigger)
{
    for (size_t i = 0; i < CASE_TRIGGERS; i++) {
        if (b->trigger[i].armed)
            continue;
        b->trigger[i] = *trigger;
        b->trigger[i].armed = true;
        return true;
    }
    return false;
}
