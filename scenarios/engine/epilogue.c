/*
 * The end of a case: faults lifted, power and line restored, the card out, run to idle with no reversal or upload left,
 * within a stated bound of virtual time. What a technician does before judging the books. Failing to get there is a
 * verdict of its own (liveness).
 */
#include "scenarios/engine/judge.h"

#include <string.h>

#define ROUND_S RECOVERY_S /* one attempt to come to rest */
#define ROUNDS 8
#define BROWN_OUT_S 10 /* the longest takes about one */

static bool debt(struct bench_terminal *t)
{
    struct journal seen = {0};
    bool due = journal_read(&seen, t) == OK && (seen.reversals > 0 || journal_unsent(&seen) > 0);
    journal_clear(&seen);
    return due;
}

static void lift_faults(struct bench_case *b)
{
    memset(b->trigger, 0, sizeof b->trigger);
    host_clear_rules(b->host);
    network_fault_arm(b->network, TO_HOST, &(struct network_fault){.kind = NET_FAULT_NONE});
    network_fault_arm(b->network, TO_TERMINAL, &(struct network_fault){.kind = NET_FAULT_NONE});
    network_up(b->network, true);
    for (unsigned i = 0; i < b->cards; i++) {
        b->card[i]->fault_count = 0;
        card_line_heal(&b->card[i]->line);
    }
    for (unsigned i = 0; i < b->terminals; i++) {
        struct bench_terminal *t = &b->terminal[i];
        terminal_plan_cut(t->terminal, NULL);
        terminal_reader_faults_clear(t->terminal);
        storage_faults_clear(terminal_storage(t->terminal));
        terminal_paper(t->terminal, true);
        if (terminal_has_card(t->terminal))
            terminal_remove(t->terminal);
        t->card = NULL;
    }
}

static bool wait_idle(struct bench_terminal *t)
{
    struct wait w = {.kind = WAIT_IDLE, .terminal = t, .until_us = world_now(t->bench->world) + ROUND_S * SECOND_US};
    return case_run_until(t->bench, &w);
}

bool case_recover(struct bench_terminal *t)
{
    bool on = terminal_state(t->terminal) != TERMINAL_OFF || terminal_power_on(t->terminal) == OK;
    t->recovered = on && terminal_state(t->terminal) == TERMINAL_RUNNING && wait_idle(t);
    return t->recovered;
}

static void pause_for(struct bench_case *b, uint64_t seconds)
{
    struct wait w = {.kind = WAIT_TIME, .until_us = world_now(b->world) + seconds * SECOND_US};
    case_run_until(b, &w);
}

/* One round: to idle (helped by the CANCEL or ENTER key a person would press), then time for what the core does in the
 * background. */
static bool settle(struct bench_terminal *t, unsigned round)
{
    if (terminal_state(t->terminal) == TERMINAL_OFF && terminal_power_on(t->terminal) != OK)
        return false;
    if (terminal_state(t->terminal) != TERMINAL_RUNNING)
        return false;
    if (!terminal_idle(t->terminal) && round)
        terminal_key(t->terminal, HAL_KEY_CANCEL);
    bool idle = wait_idle(t);
    if (!idle)
        terminal_key(t->terminal, HAL_KEY_ENTER);
    if (idle && !debt(t))
        return true;
    pause_for(t->bench, ROUND_S);
    if (idle && round >= ROUNDS / 2 && terminal_state(t->terminal) == TERMINAL_RUNNING) {
        terminal_power_cut(t->terminal, CUT_ALL, 0); /* the technician switches it off and on */
        pause_for(t->bench, 2);
    }
    return false;
}

/* A brown-out that has begun goes its way: its cuts are no fault that could be lifted. */
static void wait_steady(struct bench_case *b)
{
    for (unsigned i = 0; i < b->terminals; i++)
        for (unsigned s = 0; s < BROWN_OUT_S && terminal_browning(b->terminal[i].terminal); s++)
            pause_for(b, 1);
}

void case_epilogue(struct bench_case *b)
{
    record_begin(b->record, 0, "step");
    record_text(b->record, "text", "epilogue: faults lifted, line and power restored");
    record_end(b->record);
    b->expecting = "epilogue";
    wait_steady(b);
    lift_faults(b);
    for (unsigned i = 0; i < b->terminals; i++) {
        struct bench_terminal *t = &b->terminal[i];
        if (!terminal_boots(t->terminal))
            continue; /* never switched on: nothing to recover */
        struct terminal_screen now;
        terminal_screen(t->terminal, &now);
        t->recovered = false;
        if (now.role == FIRMWARE_HALT && t->halt_expected)
            continue;
        for (unsigned round = 0; round < ROUNDS && !t->recovered; round++)
            t->recovered = settle(t, round);
    }
}
