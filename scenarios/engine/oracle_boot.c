/*
 * boot: after the last power-on an image that the ROM has verified runs, and it came to idle within the bound. The
 * ROM's own halt screen, and a core's out-of-service screen that no scenario asked for, are what a power cut must never
 * leave behind.
 */
#include "scenarios/engine/judge.h"

void oracle_boot(const struct evidence *e, struct verdict *v)
{
    const struct bench_terminal *t = e->terminal;
    const struct firmware *f = terminal_firmware(t->terminal);
    struct terminal_screen now;
    if (terminal_state(t->terminal) != TERMINAL_RUNNING || !f) {
        judge_say(v, "not applicable", "nothing runs: see liveness");
        return;
    }
    terminal_screen(t->terminal, &now);
    if (now.role == FIRMWARE_HALT && t->halt_expected)
        return;
    const char *stopped = case_core_stopped(t);
    if (f == image_firmware(e->bench->boot) && stopped)
        judge_say(v, "fail", "the core stopped by itself, its last screen: %s", stopped);
    else if (f == image_firmware(e->bench->boot))
        judge_say(v, "fail", "no core was started: the boot ROM shows \"%s\", \"%s\"", now.number ? now.name : "dark",
                  now.number ? now.rows[1] : "");
    else if (f->sequence < terminal_floor(t->terminal))
        judge_say(v, "fail", "%s %s runs, sequence %u, and the rollback floor is %u", f->name, f->version,
                  (unsigned)f->sequence, (unsigned)terminal_floor(t->terminal));
    else if (now.role == FIRMWARE_HALT)
        judge_say(v, "fail", "out of service: screen \"%s\", \"%s\"", now.name, now.rows[0]);
    else if (!t->recovered)
        judge_say(v, "fail", "idle was not reached within %d s after switching on: screen \"%s\"", RECOVERY_S,
                  now.number ? now.name : "dark");
}
