/*
 * The run record: one typed event a line, JSON, from which every report derives. Fields are written in the order of the
 * calls; the same run gives the same bytes. Nothing in it comes from a wall clock, an address, a pid or a locale.
 *
 *   {"n":17,"t":1234567,"term":1,"ev":"apdu","c":"00A40400...","r":"6F..9000","us":4200}
 *
 *   n number of the line, t virtual microseconds, term terminal (absent for the world), ev kind; then the kind's
 * fields.
 *
 * Kinds and fields (docs/record.md lists them for readers):
 *   meta   version seed scenario file index fault reader repeatable         first line
 *   power  what(on|cut|lost|off|reset|hung|ignored|returned|started) op mode status
 *   boot   area name version sequence schema digest
 *   key    key                        screen id name role rows[]     beep hz ms      led mask
 *   print  text style                 cut                            paper what
 *   card   what(insert|remove|swipe|tap) name     atr hex warm err       apdu c r us err
 *   wire   way(out|in) block ok err               header nulls singles             chip reader at character level
 *   swipe  t1 t2 t3 ok                line what(connect|connected|failed|closed|down|up|drop) peer err
 *   send   hex     recv hex           fs op n name off len            flash op n name off len
 *   clock  set     se op slot err     rng purpose len                log level text
 *   host   what(request|answer|book|reverse|tombstone|rule) ...      fault what ...
 *   note   key value   expect what expected found ok   step text    verdict what name text
 *
 * Secrets: byte fields are masked by their kind (mask.h) and every known secret is starred out wherever it stands, in
 * ASCII, BCD or binary; a masked line ends with "mac": a keyed digest of the true bytes, so that re-execution can be
 * compared.
 */
#ifndef POSBENCH_SIM_RECORD_H
#define POSBENCH_SIM_RECORD_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record;

enum record_bytes_kind { RECORD_PLAIN, RECORD_COMMAND, RECORD_ANSWER, RECORD_FRAME };

struct record *record_create(uint64_t seed); /* off until a sink is set */
void record_destroy(struct record *r);
/* Each finished line, with its newline. Several sinks may be set (file, tail in shared memory, a client); at most 4. */
int record_sink(struct record *r, void (*line)(void *ctx, const char *text, size_t len), void *ctx);
bool record_on(const struct record *r);
/* Off for a while: nothing is written and no line counts. */
void record_pause(struct record *r, bool pause);
/* Where "t" comes from. */
void record_clock(struct record *r, uint64_t (*now)(void *ctx), void *ctx);

/* A secret to star out from now on: 8 or more digits (PAN, track), 4+ digits only in PIN context are the devices' duty,
 * or key bytes. */
int record_secret_digits(struct record *r, const char *digits);
int record_secret_bytes(struct record *r, const uint8_t *bytes, size_t len);
/* For the secrets oracle: calls `visit` for every registered secret. `digits` or (bytes, len) is given. */
void record_secrets(const struct record *r,
                    void (*visit)(void *ctx, const char *digits, const uint8_t *bytes, size_t len), void *ctx);

/* Secrets that the core itself put into words (log, screen, print): starred in the record, and a finding. The first
 * one. */
struct record_leak {
    uint64_t count, line;
    char kind[16];
};
const struct record_leak *record_leak(const struct record *r);

/* One line: begin, fields, end. All are no-ops while the record is off. term 0: the world. */
void record_begin(struct record *r, unsigned term, const char *kind);
void record_text(struct record *r, const char *key, const char *value); /* NULL value: field left out */
void record_number(struct record *r, const char *key, int64_t value);
void record_flag(struct record *r, const char *key, bool value);
void record_bytes(struct record *r, const char *key, const uint8_t *bytes, size_t len, enum record_bytes_kind kind);
void record_texts(struct record *r, const char *key, const char *const *values, size_t count);
void record_json(struct record *r, const char *key, const char *json); /* already JSON, already clean */
void record_end(struct record *r);

uint64_t record_lines(const struct record *r);
/* SHA-256 over all lines so far. */
void record_digest(const struct record *r, uint8_t out[32]);

#endif
