/*
 * What the record tells about a terminal and its cards: every contact session is followed command by command, as the
 * terminal saw it (behind the faults), and compared with what EMV lets a terminal do with those data. Fed line by line
 * by case.c; read by oracle_emv.c and oracle_messages.c. It knows no scenario and no vendor: its terms are the
 * terminal's config.json and the card's own answers.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_EMV_WATCH_H
#define POSBENCH_SCENARIOS_ENGINE_EMV_WATCH_H

#include "scenarios/engine/case_internal.h"

#define WATCH_OBJECTS 96
#define WATCH_BYTES 4096
#define WATCH_ARQCS 48
#define WATCH_ANSWERS 128
#define WATCH_NUMBERS 96

struct watch_object {
    uint32_t tag;
    size_t at, len; /* in bytes[] */
};

/* A cryptogram that asks to go online, and what became of it; or the card's approval. */
struct watch_arqc {
    uint8_t ac[8], tvr[5], cvm[3];
    uint8_t number[4]; /* 9F37 it was made with */
    uint8_t pan[10];   /* 5A or 57, of which the record shows the last four digits */
    size_t pan_len;    /* 0: not known */
    bool approval;     /* a TC */
    bool sealed;       /* inside a signature (CDA): known by its number only */
    bool tvr_known, cvm_known; /* cvm: what 9F34 must be */
    bool completed;            /* a second GENERATE AC followed, or is not due */
    bool excused;              /* card or power went away while the terminal was at work, or the card fell silent */
};

struct watch_amount {
    bool asked, known; /* by GET DATA */
    uint64_t cents;
};
struct watch_purse { /* electronic cash, emv_purse.c */
    bool offered;    /* 9F7A = 01 */
    struct watch_amount balance, threshold, single;
};

enum watch_auth { AUTH_NOT_SENT, AUTH_ACCEPTED, AUTH_REFUSED };

struct watch_session {                              /* from answer to reset until the card is gone or reset again */
    bool live, t0, failed;                          /* failed: an exchange had no answer */
    uint8_t pending[APDU_MAX], answer[WATCH_BYTES]; /* T=0: a command whose 61xx or 6Cxx is being followed */
    uint8_t last[5];                                /* header of the TPDU before */
    size_t pending_len, answer_len;
    uint16_t pending_sw;

    bool selected, processing; /* an application is selected; GET PROCESSING OPTIONS was good */
    uint8_t aid[16], aid_len;
    struct watch_object object[WATCH_OBJECTS];
    size_t objects, bytes_used;
    uint8_t bytes[WATCH_BYTES];
    uint8_t afl[252];
    size_t afl_len, unread; /* records the AFL names and that were not read yet */
    int last_online;        /* 9F13 by GET DATA; -1: not had */
    int atc;                /* 9F36 likewise */
    bool pin_blocked;       /* the last VERIFY was told that no try is left */
    bool no_tries;          /* 9F17 by GET DATA is zero: a terminal that wants no PIN need not say so */

    struct watch_purse purse;
    uint8_t type; /* 9C as sent with the first GENERATE AC; 00 if it is not in the list */

    unsigned cryptograms; /* GENERATE ACs */
    uint8_t tvr[5], given;
    bool tvr_known, script_failed, script_seen;
    enum watch_auth auth;
    int arqc;              /* place in arqc[]; -1 none */
    size_t answers_before; /* host answers before the first GENERATE AC */
};

struct watch_tap { /* from the SELECT of the payment environment on */
    bool listed, selected;
    uint8_t pdol[252];
    size_t pdol_len;
    uint8_t afl[252]; /* of an offline approval: what is left to be read */
    size_t afl_len;
};

struct host_said { /* an answer that left the host */
    char mti[5], code[3], reason[64];
    unsigned trace;
};

struct emv_watch {
    struct bench_terminal *terminal;
    struct case_watch *all;
    cJSON *config;
    struct watch_session session;
    struct watch_tap tap;
    struct watch_arqc arqc[WATCH_ARQCS];
    size_t arqcs;
    uint8_t number[WATCH_NUMBERS][4]; /* 9F37 as sent */
    size_t numbers;
    bool idle;         /* the screen that stands has the role idle */
    char finding[260]; /* the first breach */
    char keypad[120];  /* the keypad was left in PIN mode */
    char frame[120];   /* what is wrong with a frame that was sent */
};

struct case_watch {
    struct emv_watch emv[CASE_TERMINALS];
    struct host_said said[WATCH_ANSWERS];
    size_t said_count;
    bool request_bent;   /* a fault corrupted bytes on their way to the host */
    bool storage_faulty; /* what was approved may not be bookable: the terminal may refuse it */
};

/* One line of the record. */
void watch_line(struct bench_case *b, const char *text, size_t len);
/* The end of the case: sessions that are still open are closed. */
void watch_end(struct bench_case *b);
void watch_destroy(struct case_watch *w);
void watch_say(struct emv_watch *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* -- emv_session.c: what a session's commands mean -- */

/* A whole command with its answer, as the terminal had them; `answer_len` without the status word. */
struct watch_exchange {
    const uint8_t *command, *data; /* data field of the command */
    size_t data_len;
    const uint8_t *answer;
    size_t answer_len;
    uint16_t sw;
};
void watch_command(struct emv_watch *w, const uint8_t *command, size_t len, const uint8_t *answer, size_t answer_len,
                   uint16_t sw);
/* The application is no longer selected, its objects are nobody's. */
void watch_forget(struct watch_session *s);
const uint8_t *watch_get(const struct watch_session *s, uint32_t tag, size_t *len);
/* NULL unless it has this length. */
const uint8_t *watch_fixed(const struct watch_session *s, uint32_t tag, size_t len);

/* -- emv_cryptogram.c: GENERATE AC, the session's first, second or one too many -- */

void watch_cryptogram(struct emv_watch *w, const struct watch_exchange *x);
/* A 9F37 that was sent, or NULL: none is sent twice. */
void watch_number(struct emv_watch *w, const uint8_t *number);

/* -- emv_tap.c: a command through the air, `answer` with its status word -- */

void watch_tap(struct emv_watch *w, const uint8_t *command, size_t len, const uint8_t *answer, size_t answer_len);

/* -- emv_rules.c: what the data demand -- */

/* Bits of the TVR that must be set before the first GENERATE AC, and bits that may be. */
struct tvr_demand {
    uint8_t must[5], may[5];
    uint8_t cvm[3]; /* 9F34 that goes with it */
    bool cvm_known;
};
/* Without *known nothing can be demanded: nobody names the application. `amount` in cents, `today`
 * YYMMDD or NULL; `seen` is the TVR sent, which tells what the cardholder did. */
void rules_tvr(const struct emv_watch *w, uint64_t amount, const uint8_t *today, const uint8_t seen[5],
               struct tvr_demand *out, bool *known);
/* The host hands out applications. Which of them the terminal has taken over by now, only it can know: limits, action
 * codes and version are then not judged, and all else is. */
bool rules_handed_out(const struct emv_watch *w);
/* The configuration's row for the selected application, NULL: none, or handed out; and an amount "n.nn" of it. */
const cJSON *rules_application(const struct emv_watch *w);
bool rules_money(const cJSON *application, const char *key, uint64_t *cents);
/* Type of cryptogram that the terminal must ask for (EMV Book 3 10.7): 0x00 AAC, 0x40 TC, 0x80 ARQC. */
uint8_t rules_action(const struct emv_watch *w, const uint8_t tvr[5], bool online_failed, bool *known);

/* For emv_rules.c and emv_rules_cvm.c: the bit must be set, or must not. Hex of exactly `len` bytes. */
void rules_demand(struct tvr_demand *d, unsigned byte, uint8_t bit, bool set);
bool rules_config_hex(const cJSON *object, const char *key, uint8_t *out, size_t len);
/* Byte 3 of the TVR and 9F34. */
void rules_verification(const struct emv_watch *w, const uint8_t capabilities[3], uint64_t amount,
                        const uint8_t seen[5], struct tvr_demand *d);

/* -- emv_purse.c: electronic cash -- */

/* GET PROCESSING OPTIONS with this data behind 83 and its length; an answer to GET DATA, NULL: refused. */
void purse_offered(struct emv_watch *w, const uint8_t *data, size_t len);
void purse_told(struct emv_watch *w, unsigned tag, const uint8_t *value, size_t len);
/* The issuer is asked because of the purse: online, and with the online PIN. */
bool rules_fill_purse(const struct emv_watch *w, uint64_t amount);
/* What electronic cash makes of rules_action's word for the first cryptogram. */
uint8_t rules_purse_action(struct emv_watch *w, uint64_t amount, const uint8_t tvr[5], uint8_t due);

#endif
