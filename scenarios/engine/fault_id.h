/*
 * The name of a fault, so that a failure can be played again: `posbench run SCENARIO --fault ID`. Callers: the sweep,
 * which makes them, and whoever takes one from a person.
 *
 *   storage#1234:torn              power cut inside storage operation 1234 of `run`, survival mode torn
 *   storage#1234:before:none       before it;  storage#1234:after:all  after it
 *   storage#57:random~3            with seed 3; seeds of subset are hexadecimal: storage#57:before:subset~1f
 *   storage#57:none+storage#3:after:all   then a second cut, at operation 3 of the recovery
 *   storage#57:error  storage#57:full     no cut: the operation fails; the disk is full from there on
 *   card#7:remove  card#7:mute  card#7:garble   at the 7th exchange with a card in the reader; a reset counts as one
 *   card#7:tap-remove  card#7:tap-torn  card#7:tap-mute  card#7:tap-garble  card#7:tap-status
 *                                  at the 7th exchange through the air, counted apart; torn: the card has done its work
 *   net#out:123  net#in:45         the line goes down when 123 bytes have gone to the host, 45 have come from it
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_FAULT_ID_H
#define POSBENCH_SCENARIOS_ENGINE_FAULT_ID_H

#include "sim/storage/storage.h"

#define FAULT_CUTS 24 /* cuts after each other in one id */
#define FAULT_ID_MAX (48 * FAULT_CUTS)

enum fault_kind {
    FAULT_CUT, /* of power: the cuts below */
    FAULT_STORAGE_ERROR,
    FAULT_STORAGE_FULL,
    FAULT_CARD_REMOVE,
    FAULT_CARD_MUTE,
    FAULT_CARD_GARBLE,
    FAULT_TAP_REMOVE,
    FAULT_TAP_TORN,
    FAULT_TAP_MUTE,
    FAULT_TAP_GARBLE,
    FAULT_TAP_STATUS,
    FAULT_NET_OUT,
    FAULT_NET_IN,
    FAULT_KINDS
};

struct fault_id {
    enum fault_kind kind;
    uint64_t at; /* of every kind but FAULT_CUT: operation or exchange from 1, bytes from 0 */
    unsigned cuts;
    struct cut_plan cut[FAULT_CUTS]; /* numbers count from the start of `run`, then from the reboot before */
};

/* Family ("storage", "card", "net") and name ("error", "out") of a kind that is not a cut. */
const char *fault_family(enum fault_kind kind);
const char *fault_name(enum fault_kind kind);

/* OK; E_FORMAT with one line that says what was expected; E_LIMIT: too many cuts. */
int fault_id_parse(const char *text, struct fault_id *out, char *why, size_t why_cap);
void fault_id_print(const struct fault_id *id, char out[FAULT_ID_MAX]);
/* One cut, as it stands between two '+'. Returns its length. */
size_t fault_cut_print(const struct cut_plan *cut, char *out, size_t cap);

#endif
