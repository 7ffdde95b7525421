/*
 * Writing reports: opening and closing with a reason, and text from outside made fit for its place. A core under test,
 * a host or a scenario may have written anything at all, so every text is read as UTF-8 with U+FFFD for what is not,
 * and control characters and direction overrides never pass.
 */
#ifndef POSBENCH_REPORTS_OUTPUT_H
#define POSBENCH_REPORTS_OUTPUT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* "-" is standard output. */
FILE *report_open(const char *path, char *why, size_t why_cap);
/* Closes; 0, or -1 with a reason when something could not be written. */
int report_close(FILE *out, const char *path, char *why, size_t why_cap);

/* Next code point at *at, which moves; 0 at the end, U+FFFD for a broken sequence. */
uint32_t report_utf8(const char **at);
/* Shown as it is: no control character, no direction override, no half of a surrogate. Line feed and tab are not. */
bool report_is_plain(uint32_t code);
/* Columns of a terminal: 2 for East Asian wide characters, 0 for combining ones. */
unsigned report_columns(const char *text);
/* Copy on the heap in which everything that is not plain is U+FFFD, line feeds and tabs kept. NULL without memory. */
char *report_clean(const char *text);

void report_put_code(FILE *out, uint32_t code);     /* as UTF-8 */
void report_put_plain(FILE *out, const char *text); /* for a terminal: what is not plain becomes U+FFFD */
/* For XML 1.0 and for HTML alike, in content and in double-quoted attributes; line feeds and tabs as references in
 * attributes. */
void report_put_escaped(FILE *out, const char *text);

/* "0.042 s", "12.5 s", "3 min 07 s", "26 h 03 min". */
void report_duration(double us, char *out, size_t cap);

/* -- reading the run object: absent members read as "" and 0 -- */

const char *report_string(const cJSON *object, const char *key);
double report_number(const cJSON *object, const char *key);
const cJSON *report_item(const cJSON *object, const char *key);

enum report_verdict {
    VERDICT_PASS,
    VERDICT_FAIL,
    VERDICT_ERROR,
    VERDICT_INCONCLUSIVE,
    VERDICT_NOT_APPLICABLE,
    VERDICT_SKIPPED,
    VERDICTS
};
/* "pass", "fail", ..; an unknown word counts as VERDICT_ERROR: nothing that is not understood may look good. */
enum report_verdict report_verdict(const cJSON *result);
const char *report_verdict_name(enum report_verdict verdict);
/* Cases by verdict, and their number. */
size_t report_count(const cJSON *run, size_t by_verdict[VERDICTS]);

#endif
