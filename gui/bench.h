/*
 * The window of the bench: faceplate, tray, timeline, scenarios. Callers: cli/cmd_gui.c.
 *
 * All it knows of the terminal is what the run record says: gui/model.c folds lines into what is seen (display, lamps,
 * paper, card, line, power), from a live session (scenarios/engine/live.h) or from a finished record, at any line of
 * it.
 */
#ifndef POSBENCH_GUI_BENCH_H
#define POSBENCH_GUI_BENCH_H

#include "scenarios/engine/doctor.h"
#include "scenarios/engine/engine.h"

struct gui_options {
    const struct engine_options *engine;
    const char *scenario;                 /* file, or file#index; NULL: none */
    const char *record;                   /* a finished run's record (.jsonl); NULL: none */
    const char *profile, *reader, *speed; /* as live.h */
    const char *script, *dump, *shot;     /* as the help says */
    const char *font;                     /* file; NULL: found */
    const char *cards;                    /* names in the tray, with commas between; NULL: all there are */
    double scale;                         /* 0: from the display */
};

/* Until the window is closed or the script ends. EXIT_PASS, EXIT_FAILED (the script's expectation), EXIT_USAGE (no
 * display, no font, no such file) with one line in `why`, EXIT_BENCH. */
int gui_run(const struct gui_options *o, char *why, size_t why_cap);

/* Display, fonts, libraries (gui/doctor.c). */
void gui_doctor(const struct doctor *d);

#endif
