/*
 * Replaying a recorded card session: what the recording says of itself, what of it is pinned, the run of the real core
 * against it, and the account of every exchange. Internal to scenarios/engine; replay.c is called by the worker.
 *
 *   trace file -> facts (replay_facts.c, replay_host.c) -> what the card says (replay_card.c)
 *   -> what is masked in it (replay_mask.c) -> own consistency (replay_check*.c) and signatures (replay_sign*.c, with
 * the keys of replay_keys*.c) -> run (replay_run.c, replay_pins.c, replay_inputs.c, replay_infer.c, replay_tap.c,
 * replay_person.c)
 *   -> account (replay_account.c, replay_compare.c, replay_reason.c)
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_REPLAY_H
#define POSBENCH_SCENARIOS_ENGINE_REPLAY_H

#include "cards/trace.h"
#include "core/codec/tlv.h"
#include "scenarios/engine/case_internal.h"

#define REPLAY_NONE SIZE_MAX
#define REPLAY_AIDS 16

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
    STEP_GET_RESPONSE, /* one that belongs to nothing before it */
    STEP_OTHER
};

/* How the recorded card was read. */
enum replay_tap {
    REPLAY_NO_TAP,
    REPLAY_TAP,         /* through the air, by the qualifiers 9F66: the core's contactless kernel */
    REPLAY_TAP_OTHER,   /* by a kernel that the core does not have */
    REPLAY_TAP_AS_CHIP, /* likewise, and with the commands of the contacts: played there */
};

struct replay_dol {
    const uint8_t *list;
    size_t list_len;
    const uint8_t *data;
    size_t data_len;
    size_t at;
}; /* at: exchange of the data */

struct replay_name_of { /* of an application */
    uint8_t bytes[16];
    size_t len;
};

struct replay_facts {
    const struct trace_session *session;
    enum replay_step step[TRACE_EXCHANGES];
    struct replay_name_of aid;                 /* the application that was used; len 0: unknown */
    struct replay_name_of listed[REPLAY_AIDS]; /* those that were selected by name, in order, each once */
    size_t listed_count;
    char label[17];
    size_t select, gpo, first_ac, second_ac; /* exchanges, REPLAY_NONE */
    const uint8_t *afl;
    size_t afl_len;
    uint8_t aip[2];
    bool has_aip;
    struct replay_dol pdol, ddol, cdol1, cdol2;
    size_t cdol1_at, cdol2_at; /* exchanges that brought the lists */
    char pan[20], psn[3];
    uint8_t version[2]; /* the card's 9F08 */
    bool has_version;
    uint8_t iac_denial[5], iac_online[5], iac_default[5];
    enum replay_tap tap;
    char pin[13];    /* of a plaintext VERIFY; "" none */
    bool pin_masked; /* there is one, and its digits are masked */
    /* the host's answer, read back */
    char arc[3]; /* "" unknown */
    uint8_t field55[255];
    size_t field55_len;
    unsigned no_room_line; /* a script command that DE55 has no room for; 0: none */
};

/* Whole exchange's SW; 0 without an answer. */
uint16_t replay_sw(const struct trace_exchange *x);
/* Line of exchange i, 0 for REPLAY_NONE; of its answer, or of the command when there is none. */
unsigned replay_line(const struct replay_facts *f, size_t i);
unsigned replay_answer_line(const struct trace_exchange *x);
/* Object in the answer's data, at any depth. */
bool replay_find(const struct trace_exchange *x, uint32_t tag, struct tlv *out);
/* The PAN of object 5A: 8 to 19 digits, then F (Book 3 annex A). False, and "", when it is none. */
bool replay_pan(const struct tlv *object, char pan[20]);
void replay_facts_read(const struct trace_session *session, struct replay_facts *out);
void replay_host_read(struct replay_facts *f); /* replay_host.c: arc, field55 */
/* replay_tap.c: how the card was read, once all else is known; the type of a tap's cryptogram, else an AAC; taps that
 * were torn and tried again. */
enum replay_tap replay_tap_kind(const struct replay_facts *f);
bool replay_in_field(const struct replay_facts *f); /* the card is tapped in the replay too */
uint8_t replay_tap_type(const struct replay_facts *f);
unsigned replay_tap_retries(const struct replay_facts *f);
/* Value of a tag in one DOL's data; in any DOL of the session (PDOL first), else what an INPUT line says. */
bool replay_value_in(const struct replay_dol *d, uint32_t tag, const uint8_t **value, size_t *len);
bool replay_value(const struct replay_facts *f, uint32_t tag, const uint8_t **value, size_t *len);
/* The DOL whose data exchange i carries; NULL: none. */
const struct replay_dol *replay_dol_at(const struct replay_facts *f, size_t i);
/* Nothing in the session belongs to a payment application. */
bool replay_is_foreign(const struct replay_facts *f);
/* The recorded terminal made up 8A itself: it did not reach its host. */
bool replay_unable_online(const struct replay_facts *f);

/* An answer to GENERATE AC, or one to GET PROCESSING OPTIONS with a cryptogram, in either format. */
struct replay_ac {
    uint8_t cid, atc[2];
    bool has_cid;              /* else the type is that of the CVR in 9F10, as a tap has it */
    bool has_type;             /* one of both is there; else it is an ARQC as far as anybody can tell */
    const uint8_t *cryptogram; /* 8 bytes of 9F26; NULL: inside the signature 9F4B */
};
bool replay_ac_read(const struct trace_exchange *x, struct replay_ac *out);
/* By the CVR in 9F10, where it is of PBOC's and VIS's form. */
bool replay_cvr_type(const struct trace_exchange *x, uint8_t *type);
/* "AAC", "TC", "ARQC" of P1 or CID. */
const char *replay_ac_name(uint8_t type);
/* AAC 0, ARQC 1, TC 2; 3 for what is not defined. */
unsigned replay_ac_rank(uint8_t type);

/* What the card says of itself, each with its line: [{line, text}]. replay_card.c */
cJSON *replay_card(const struct replay_facts *f);
/* Findings about the recording itself: [{line, text, kind: "inconsistent"|"incomplete"|"remark"}]. */
cJSON *replay_check(const struct replay_facts *f);

/* What could not be pinned although a DOL tells it, and why; and which of the card's keys the core comes to. */
struct replay_pins {
    struct {
        uint32_t tag;
        char why[100];
    } refused[24];
    size_t count;
    bool icc_key, pin_key;
};
/* Which objects are masked, what stands in for them and what that leaves undecided. replay_mask.c */
void replay_tell_masked(const struct replay_facts *f, cJSON *assumptions);
/* "6 masked digits are not compared"; "" when none of the command's are masked. */
void replay_masked_note(const struct trace_exchange *x, char *out, size_t cap);

/* Why `tag` was not pinned; NULL: it was, or there is no input for it. */
const char *replay_refused(const struct replay_pins *p, uint32_t tag);
/* An input of the terminal sets this tag. */
bool replay_has_input(uint32_t tag);

/* Runs the core. `out` gets "assumptions", "pinned", "screen", "role", "text". */
int replay_run(const struct case_request *request, const struct replay_facts *f, struct trace_card *card,
               struct replay_pins *pins, cJSON *out, char *why, size_t why_cap);

/* Adds "exchanges", "own", "counts" and the core's verdict. */
void replay_account(const struct replay_facts *f, const struct trace_card *card, const struct replay_pins *pins,
                    cJSON *out);

/* A whole file, or session request->index of it: {file, session_count, sessions[]}. NULL with a one-line reason. */
cJSON *replay_file(const struct case_request *request, char *why, size_t why_cap);

/* -- replay_name.c: what may be shown -- */

/* Stars the digits that are masked in the recording. */
void replay_star(char *hex, const uint8_t *mask, size_t len);
/* Masked hex of a recorded or sent command or answer, the session's PAN starred wherever it stands. malloc'd. */
char *replay_hex(const struct replay_facts *f, const uint8_t *bytes, size_t len, bool answer, const uint8_t *command,
                 size_t command_len);
/* The command for exchange i, recorded or the core's: what its DOL asks for of the card holder is starred too. */
char *replay_command_hex(const struct replay_facts *f, size_t i, const uint8_t *bytes, size_t len);
/* A value of a DOL as it may be shown; at most 24 bytes. */
void replay_value_hex(const struct replay_facts *f, uint32_t tag, const uint8_t *value, size_t len, char *out,
                      size_t cap);
/* "READ RECORD SFI 2 record 1", "GENERATE AC 40 (TC)". */
void replay_name(const uint8_t *command, size_t len, char *out, size_t cap);

#endif
