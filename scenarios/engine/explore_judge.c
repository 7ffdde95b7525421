/* Judging one state: recovery, the scenario's own check, every oracle; and what comes after it. See explore.h. */
#include "scenarios/engine/emv_watch.h"

#include "reports/output.h"
#include "scenarios/engine/explore.h"

#include <stdio.h>
#include <string.h>

static struct bench_terminal *swept(struct explorer *e)
{
    return &e->bench.terminal[0];
}

static bool at_rest(struct bench_terminal *t)
{
    struct terminal_screen now;
    terminal_screen(t->terminal, &now);
    return terminal_idle(t->terminal) && now.role == FIRMWARE_IDLE;
}

void explorer_recover(struct explorer *e)
{
    struct bench_case *b = &e->bench;
    e->base = 0;
    e->after = UINT64_MAX;
    storage_count_from(terminal_storage(swept(e)->terminal), 0);
    if (!e->has_recover) {
        case_recover(swept(e));
        return;
    }
    script_play(b, "recover");
    swept(e)->recovered = at_rest(swept(e));
}

/* ---- findings ---- */

static void found(void *ctx, const char *oracle, const struct verdict *v)
{
    struct finding *f = ctx;
    if (f->oracle[0] || strcmp(v->name, "fail") != 0)
        return;
    size_t count;
    const struct oracle *table = oracle_table(&count);
    snprintf(f->oracle, sizeof f->oracle, "%s", oracle);
    snprintf(f->found, sizeof f->found, "%s", v->text);
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, oracle) == 0)
            snprintf(f->expected, sizeof f->expected, "%s", table[i].meaning);
}

/* An expectation of the script that was not met. */
static void found_failure(const struct bench_case *b, const char *function, struct finding *f)
{
    const cJSON *failure = cJSON_GetArrayItem(b->failures, 0);
    if (!failure || f->oracle[0])
        return;
    snprintf(f->oracle, sizeof f->oracle, "%s", function);
    snprintf(f->expected, sizeof f->expected, "%s: %s", report_string(failure, "what"),
             report_string(failure, "expected"));
    snprintf(f->found, sizeof f->found, "%s (%s)", report_string(failure, "found"), report_string(failure, "where"));
}

static void judge(struct explorer *e, bool settled, struct finding *f)
{
    const struct evidence evidence = {.bench = &e->bench, .terminal = swept(e), .memo = e->memo, .settled = settled};
    struct terminal_screen now;
    uint64_t started = explore_clock_us();
    judge_terminal(&evidence, found, f);
    e->profile.judge_us += explore_clock_us() - started;
    terminal_screen(swept(e)->terminal, &now);
    snprintf(f->screen, sizeof f->screen, "%s", now.number ? now.name : "dark");
    f->hung = terminal_tainted(swept(e)->terminal);
}

/* Fresh globals for the script, if it has anything to say. */
static bool prepare(struct explorer *e, bool scripted)
{
    e->failed = e->failed || (scripted && !script_again(&e->bench));
    return !e->failed;
}

void explorer_play(struct explorer *e, struct finding *f)
{
    if (!prepare(e, e->has_recover || e->has_check))
        return;
    explorer_recover(e);
    e->hook = EXPLORE_IGNORE;
    found_failure(&e->bench, "recover", f);
    if (!e->has_check || f->oracle[0])
        return;
    script_play(&e->bench, "check");
    found_failure(&e->bench, "check", f);
}

void explorer_play_after(struct explorer *e, struct finding *f)
{
    case_epilogue(&e->bench);
    if (!e->has_after || !prepare(e, true))
        return;
    script_play(&e->bench, "after");
    found_failure(&e->bench, "after", f);
    case_epilogue(&e->bench);
}

void explorer_judge(struct explorer *e, struct finds *out, struct finding *f)
{
    uint64_t started = explore_clock_us(), expanding = e->profile.expand_us;
    memset(f, 0, sizeof *f);
    e->finds = out;
    e->hook = out ? EXPLORE_EXPAND : EXPLORE_IGNORE;
    explorer_play(e, f);
    e->profile.recover_us += explore_clock_us() - started - (e->profile.expand_us - expanding);
    judge(e, false, f);
}

void explorer_business(struct explorer *e, struct finding *f)
{
    memset(f, 0, sizeof *f);
    explorer_play(e, f);
    explorer_play_after(e, f);
    judge(e, true, f);
}

void explorer_conclude(struct explorer *e, struct finding *f)
{
    case_epilogue(&e->bench);
    if (e->has_check && prepare(e, true)) {
        script_play(&e->bench, "check");
        found_failure(&e->bench, "check", f);
    }
    watch_end(&e->bench);
    judge(e, true, f);
}
