/* liveness: the core neither hangs nor spins, respects a power loss, and comes back to idle once the world is whole
 * again. */
#include "scenarios/engine/emv_watch.h"
#include "scenarios/engine/judge.h"

void oracle_liveness(const struct evidence *e, struct verdict *v)
{
    const struct bench_terminal *t = e->terminal;
    struct terminal_screen now;
    switch (terminal_state(t->terminal)) {
    case TERMINAL_IGNORED:
        judge_say(v, "fail", "the core went on calling the HAL after the power was lost");
        return;
    case TERMINAL_BUSY:
        judge_say(v, "fail", "the core calls the HAL without end and never waits (busy loop)");
        return;
    case TERMINAL_RETURNED:
        judge_say(v, "fail", "the core returned from its entry with %s although power is on",
                  status_name(terminal_result(t->terminal)));
        return;
    case TERMINAL_OFF:
    case TERMINAL_RUNNING:
        break;
    }
    const struct emv_watch *w = t->bench->watch ? &t->bench->watch->emv[t->number - 1] : NULL;
    if (w && w->keypad[0])
        judge_say(v, "fail", "%s", w->keypad);
    terminal_screen(t->terminal, &now);
    if (now.role == FIRMWARE_HALT && t->halt_expected)
        return;
    if (!t->recovered)
        judge_say(v, "fail",
                  "recovery to idle failed: screen \"%s\" after faults were lifted and power and line restored",
                  now.number ? now.name : "dark");
}
