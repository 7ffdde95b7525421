/*
 * Reports of a sweep: all derive from the object of engine_sweep (scenarios/engine/engine.h) and run nothing. Names,
 * screens and events in it come from the core under test: every text is made fit for its place. Callers: cli/.
 *
 * Members that the caller may add to the object before it is reported:
 *   command   the command that makes this sweep again; without it one is put together from file, id, seed and options
 *   setting   what this sweep compares with others ("journal_mode=WAL, synchronous=NORMAL"): sweep_markdown puts those
 *             into a table of their own
 *   known     "safe" or "unsafe": what is known of that setting
 *   interrupted   true: ended early, so no report looks whole
 */
#ifndef POSBENCH_REPORTS_SWEEP_H
#define POSBENCH_REPORTS_SWEEP_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SWEEP_WIDTH 80u     /* columns of sweep_text when nothing else is known */
#define SWEEP_WIDTH_MIN 40u /* a narrower terminal gets lines of this width */

/* Each writes one file ("-": standard output); 0, or -1 with a one-line reason. */

/* One self-contained page: summary, map of operations x cut modes, maps of re-runs, failures, levels, modes. */
int sweep_html(const cJSON *sweep, const char *path, char *why, size_t why_cap);
/* The object as it is, formatted. */
int sweep_json(const cJSON *sweep, const char *path, char *why, size_t why_cap);

/* Summary, failures and, as the last line, the verdict, for a terminal of `width` columns; a command that is broken
 * stays one to the shell. 0: no line is broken. `colour` for ANSI. */
void sweep_text(const cJSON *sweep, bool colour, unsigned width, FILE *out);

/* A page of documentation over several sweeps: commands, counts, levels, modes, settings compared. Without `measured`
 * nothing in it depends on machine or moment; with it one table, marked as measured, gives seconds and rate. 0, or -1
 * when something could not be written. */
int sweep_markdown(const cJSON *const *sweeps, size_t count, bool measured, FILE *out);

#endif
