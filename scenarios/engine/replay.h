/*
 * Replaying a recorded card session: what the recording says of itself, what of it is pinned, the run of the real core
 * against it, and the account of every exchange. Internal to scenarios/engine; replay.c is called by the worker.
 *
 *   trace file -> facts (replay_facts.c) -> own consistency (replay_check.c) -> run (replay_run.c) -> account
 * (replay_account.c)
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_REPLAY_H
#define POSBENCH_SCENARIOS_ENGINE_REPLAY_H

#include "cards/trace.h"
#include "scenarios/engine/case_internal.h"

#define REPLAY_NONE SIZE_MAX

/* What kind of command a recorded exchange is, in the order of a transaction. */
enum replay_step {
    STEP_SELECT_PSE,
    STEP_SELECT_PPSE,
    STEP_SELECT,
    STEP_GPO,
    STEP_READ_DIRECTORY,
    STEP_READ,
    STEP_GET_DATA,
    STEP_INTERNAL_AUTHENTICATE,
    STEP_GET_CHALLENGE,
    STEP_VERIFY,
    STEP_GENERATE_AC_1,
    STEP_EXTERNAL_AUTHENTICATE,
    STEP_SCRIPT,
    STEP_GENERATE_AC_2,
    STEP_OTHER
};

struct replay_dol {
    const uint8_t *list;
    size_t list_len;
    const uint8_t *data;
    size_t data_len;
    size_t at;
}; /* at: exchange of the data */

struct replay_facts {
    const struct trace_session *session;
    enum replay_step step[TRACE_EXCHANGES];
    uint8_t aid[16];
    size_t aid_len;
    size_t select, gpo, first_ac, second_ac; /* exchanges, REPLAY_NONE */
    const uint8_t *afl;
    size_t afl_len, afl_at;
    uint8_t aip[2];
    struct replay_dol pdol, cdol1, cdol2;
    size_t cdol_at; /* exchange that brought the CDOLs */
    char pan[20], psn[3];
    uint8_t version[2]; /* the card's 9F08 */
    bool has_version;
    bool contactless;
    /* the host's answer, read back */
    char arc[3]; /* "" unknown */
    uint8_t field55[255];
    size_t field55_len;
};

/* Whole exchange's SW; 0 without an answer. */
uint16_t replay_sw(const struct trace_exchange *x);
void replay_facts_read(const struct trace_session *session, struct replay_facts *out);
/* Value of a terminal tag in any DOL of the session (PDOL first). */
bool replay_value(const struct replay_facts *f, uint32_t tag, const uint8_t **value, size_t *len);

/* Findings about the recording itself: [{line, text, kind: "inconsistent"|"incomplete"}]. */
cJSON *replay_check(const struct replay_facts *f);

/* Runs the core. `out` gets "assumptions", "pinned", "screen", "role". */
int replay_run(const struct case_request *request, const struct replay_facts *f, struct trace_card *card, cJSON *out,
               char *why, size_t why_cap);

/* Adds "exchanges", "own", "counts" and the core's verdict. */
void replay_account(const struct replay_facts *f, const struct trace_card *card, cJSON *out);

/* A whole file: {file, sessions[]}. NULL with a one-line reason. */
cJSON *replay_file(const struct case_request *request, char *why, size_t why_cap);

/* Masked hex of a recorded or sent command or answer. malloc'd. */
char *replay_hex(const uint8_t *bytes, size_t len, bool answer, const uint8_t *command, size_t command_len);
/* "READ RECORD SFI 2 record 1", "GENERATE AC 40 (TC)". */
void replay_name(const uint8_t *command, size_t len, char *out, size_t cap);

#endif
