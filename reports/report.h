/*
 * Reports: everything here derives from a run object (scenarios/engine/engine.h) and the run records beside it
 * (sim/record.h: one JSON event a line). Nothing here runs anything. Callers: cli/.
 */
#ifndef POSBENCH_REPORTS_REPORT_H
#define POSBENCH_REPORTS_REPORT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Each writes one file; 0, or -1 with a one-line reason. `folder` is where the records named in the run lie. */
int report_json(const cJSON *run, const char *path, char *why, size_t why_cap);
int report_junit(const cJSON *run, const char *path, char *why, size_t why_cap);
/* One self-contained page: summary, per case the timeline with decoded APDUs and messages, screens, slips, ledger. */
int report_html(const cJSON *run, const char *folder, const char *path, char *why, size_t why_cap);
/* Failures and the closing summary as text for a terminal; `colour` for ANSI. `verbose`: every case a line. */
void report_text(const cJSON *run, bool colour, bool verbose, FILE *out);
void report_case_text(const cJSON *result, bool colour, FILE *out);

/* -- decoders: hex text in which masked nibbles are '*' -> a tree {name, value, note, children[]} -- */

/* A command and its answer (either may be NULL). `state` carries what earlier exchanges told (PDOL, CDOL1, CDOL2), so
 * that DOL data is named field by field; pass the same object through a session. NULL: no memory. */
struct decode_state {
    char pdol[520], cdol1[520], cdol2[520]; /* hex */
    unsigned generated;                     /* GENERATE AC commands that the card answered */
    unsigned pending;                       /* INS of a command whose answer is still to be fetched (61xx); 0: none */
};
cJSON *decode_apdu(const char *command_hex, const char *answer_hex, struct decode_state *state);
cJSON *decode_tlv(const char *hex);
cJSON *decode_atr(const char *hex);
/* A frame with TPDU and header, with or without length prefix. */
cJSON *decode_message(const char *hex);
cJSON *decode_track2(const char *text);
/* Says what the hex (or track text, known by its '=') is and decodes it: ATR, frame, command, answer or TLV, broken
 * ones too. NULL: it is none of these. */
cJSON *decode_any(const char *hex);
/* The tree as indented text. */
void decode_print(const cJSON *tree, FILE *out);

/* Events of a record file as an array of parsed lines, at most `max`; NULL with a reason, "file:line: what". A last
 * line that was cut off (a worker died) becomes an event of kind "lost". */
cJSON *record_load(const char *path, size_t max, char *why, size_t why_cap);

#endif
