/*
 * Where and why two of a kind part: run records, run reports, recorded card sessions. Everything is told as one JSON
 * object, which diff_text.c prints; nothing here runs anything. Callers: cli/cmd_diff.c.
 *
 *   { kind, a, b, verdict,             "same", "only times differ", "different"
 *     ran[{name, a, b}],               what ran: seed, scenario, digest of the core
 *     notes[],                         what was left out of the comparison, and why
 *     times,                           lines or exchanges that differ in their times alone
 *     drawn,                           lines of two cores that differ in random numbers alone, and what is made of them
 *     first{ what, a, b,               places "FILE:LINE"; one is absent when the line stands on one side only
 *            context[], event_a, event_b, fields[{name, a, b}] },
 *     further, at_least,               differences behind the first; at_least: so many and maybe more
 *     cases[{id, a, b, verdict_a, verdict_b, first}], cases_more, paired }      of reports
 *
 * A difference is a run of lines without a partner, up to where both sides go on alike.
 */
#ifndef POSBENCH_REPORTS_DIFF_H
#define POSBENCH_REPORTS_DIFF_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DIFF_FILE_MAX ((size_t)100 * 1000 * 1000) /* bytes */
#define DIFF_CONTEXT 3                            /* lines before the first difference */
#define DIFF_CASES 20                             /* that a report lists */
#define DIFF_FIELDS 60                            /* that one difference lists */

/* The whole file and a NUL, on the heap; NULL with one line in `why`. */
char *diff_read(const char *path, size_t *len, char *why, size_t why_cap);

/* -- records (diff_lines.c, diff_record.c) -- */

struct diff_line {
    size_t at, len;
    uint64_t exact;   /* of everything but the members below */
    uint64_t content; /* the same; of two cores without what is drawn at random and computed from it */
    uint64_t mac;     /* keyed digests of masked bytes: comparable between runs of one seed */
    uint64_t times;   /* t, us */
    bool meta, cut;   /* the first line of a record; a last one that was cut off */
};
struct diff_lines {
    const char *name; /* as the caller gave it */
    char *text;
    struct diff_line *lines;
    size_t count;
};
/* 0; -1 with one line in `why`, "FILE:LINE: what". `name` is kept. */
int diff_lines_load(struct diff_lines *out, const char *name, char *why, size_t why_cap);
/* The same from text that diff_read gave, which is taken over. */
int diff_lines_take(struct diff_lines *out, const char *name, char *text, size_t len, char *why, size_t why_cap);
void diff_lines_free(struct diff_lines *l);
/* A line as an object; NULL behind the end and for one that was cut off. */
cJSON *diff_lines_event(const struct diff_lines *l, size_t index);

/* Of two cores (their digests differ) values that are drawn at random, and computed from those, are not compared. */
cJSON *diff_records(struct diff_lines *a, struct diff_lines *b);

/* -- reports (diff_report.c) -- */

/* report.json of two runs; records lie where the cases say, seen from the folders. `kind`: "reports", or "cores" whose
 * records nobody will find again. */
cJSON *diff_reports(const char *kind, const cJSON *a, const char *name_a, const char *folder_a, const cJSON *b,
                    const char *name_b, const char *folder_b);

/* -- traces (diff_trace.c) -- */

/* As scenarios/engine/trace_text.h gives them. */
cJSON *diff_traces(const cJSON *a, const char *name_a, const cJSON *b, const char *name_b);

/* -- for a person (diff_text.c): `width` columns, 0 for no bound -- */

void diff_text(const cJSON *diff, bool colour, unsigned width, FILE *out);

/* -- what the parts share -- */

/* diff_align.c. Where both sides agree again behind a difference at (i, j): *skip_a and *skip_b lines further, not both
 * 0; false when nothing near agrees (then both are 1, or 0 at an end). *effort counts comparisons. */
struct diff_sides {
    size_t count_a, count_b;
    bool (*equal)(const void *ctx, size_t i, size_t j);
    const void *ctx;
};
bool diff_resume(const struct diff_sides *s, size_t i, size_t j, size_t *skip_a, size_t *skip_b, uint64_t *effort);
#define DIFF_EFFORT 200000000u
struct diff_hunk {
    size_t i, j, skip_a, skip_b;
};
/* All differences: the first one, their number, and at_least when the bound on effort ended the count. `paired` (may be
 * NULL) hears of each pair that agrees. */
struct diff_walk {
    struct diff_hunk first;
    size_t differences;
    bool at_least;
};
void diff_walk(const struct diff_sides *s, void (*paired)(void *ctx, size_t i, size_t j), void *ctx,
               struct diff_walk *out);

/* diff_tree.c. Leaves of two decoded trees that differ, as rows {name, a, b} of `fields`; "" for an absent one. */
void diff_trees(const cJSON *a, const cJSON *b, cJSON *fields);
void diff_field(cJSON *fields, const char *name, const char *a, const char *b);
/* Members of two events (sim/record.h) that differ; APDUs and messages decoded. `apdu_a`, `apdu_b`: the decoded
 * exchange with what was known by then, or NULL. */
void diff_events(const cJSON *a, const cJSON *b, const cJSON *apdu_a, const cJSON *apdu_b, bool macs, cJSON *fields);
/* One line for a person: "17  1.234567 s  screen idle". `apdu` as above. On the heap. */
char *diff_event_text(const cJSON *event, const cJSON *apdu);

/* Decoded: takes 9F37, cryptograms, MACs and the like out of a tree (diff_tree.c); and out of all lines (diff_drawn.c).
 */
void diff_tree_drop_drawn(cJSON *tree);
void diff_lines_drop_drawn(struct diff_lines *l);
uint64_t diff_hash(const cJSON *item);

cJSON *diff_new(const char *kind, const char *a, const char *b);
void diff_place(cJSON *object, const char *key, const char *name, double line);
void diff_verdict(cJSON *diff, bool different, size_t times);

#endif
