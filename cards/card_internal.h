/*
 * One card from the inside: what lasts (plain bytes, so that a clone is a copy and a hash canonical), what a session
 * holds, and the commands that work on both. Internal to cards/.
 */
#ifndef POSBENCH_CARDS_CARD_INTERNAL_H
#define POSBENCH_CARDS_CARD_INTERNAL_H

#include "cards/fault.h"
#include "cards/profile.h"
#include "cards/t0.h"
#include "core/codec/tlv.h"

#define CARD_CHANGES 4 /* records of one application that UPDATE RECORD may have replaced; one more is 6A84 */

/* All members are bytes: no padding, no byte order (card.c asserts it). */
struct card_change {
    uint8_t sfi, number, len, bytes[CARD_DATA_MAX];
};

#define CARD_LOG_ENTRY 48
struct card_log { /* of transactions, of loads of the purse; newest first */
    uint8_t count, len, entry[CARD_LOG_ENTRIES][CARD_LOG_ENTRY];
};

struct card_lasting_application {
    uint8_t atc[2], last_online_atc[2];
    uint8_t pin_tries, pin[13];
    uint8_t blocked;
    uint8_t online_not_completed; /* an ARQC was given and the issuer's answer not taken */
    uint8_t issuer_auth_failed, issuer_auth_missing;
    uint8_t sda_failed, dda_failed;        /* in a transaction that was declined offline */
    uint8_t blocked_by_pin;                /* blocked, because no PIN try was left */
    uint8_t scripts, script_failed;        /* since the last completed online transaction; scripts stays at 15 */
    uint8_t data_len, data[CARD_DATA_MAX]; /* what GET DATA finds and PUT DATA changes: TLV */
    uint8_t changes;
    struct card_change change[CARD_CHANGES];
    struct card_log log, load_log;
};

struct card_lasting {
    uint8_t blocked, twists; /* twists: 1 << enum card_twist */
    uint8_t alone;           /* approvals given without the issuer, as asked for; starts over behind 255 */
    struct card_lasting_application applications[CARD_APPLICATIONS];
};

enum card_phase {
    CARD_IDLE, /* nothing, or the PSE, is selected */
    CARD_SELECTED,
    CARD_INITIATED,     /* GET PROCESSING OPTIONS done */
    CARD_AWAITS_ISSUER, /* the first cryptogram was an ARQC */
    CARD_FINISHED,
};

enum card_auth { CARD_AUTH_NONE, CARD_AUTH_PASSED, CARD_AUTH_FAILED };

#define CARD_NO_APPLICATION (-1)
#define CARD_PSE (-2)

struct card_session {
    int selected; /* index, CARD_NO_APPLICATION or CARD_PSE */
    enum card_phase phase;
    struct card_bytes pdol_data, cdol1_data, cdol2_data;
    uint8_t cvr[4], first_ac[8], first_cid;
    enum card_auth auth;
    uint8_t scripts_before; /* what the first CVR reported */
    bool script_failed_now, csu_declined;
    bool pin_done, pin_failed, pin_blocked_now;
    bool challenged, dda_done, cda_asked;
    bool ec;               /* the card agreed to pay from its purse */
    bool second_tc;        /* the issuer approved, and so did the card */
    bool spoil_cryptogram; /* of the command at hand */
    struct {               /* an offline approval through the air (tap.c) */
        bool pays;         /* the purse is debited with the last record */
        uint8_t last_sfi, last_record, ctq[2];
    } tap;
    bool sm; /* the terminal knows the SM algorithms (DF69 = 01 in the PDOL's data) */
    uint8_t challenge[8], challenges, signatures;
    uint8_t named[16], named_len; /* by the last SELECT, for quirks */
};

struct card_keys {
    uint8_t ac[16], smi[16], smc[16];
};

struct card {
    const struct card_profile *profile;
    struct card_lasting lasting;
    struct card_session session;
    struct card_t0 t0;
    struct { /* answer_fault.c */
        struct card_fault armed[CARD_FAULTS];
        unsigned matches[CARD_FAULTS];
        size_t count;
    } faults;
    int last_application;             /* selected last, for card_counters */
    uint8_t last_cvr[4], last_tvr[5]; /* of the last cryptogram, for card_counters */
    bool contactless;                 /* the command under way came through the air */
    struct card_keys keys[2];         /* derived by 3DES, by SM4 */
};

struct card_answer {
    uint8_t data[256];
    size_t len;
};

/* A command: its status word; data only with 9000, 62xx and 63xx. */
typedef uint16_t card_command(struct card *c, const struct capdu *command, struct card_answer *out);
card_command card_select, card_read_record, card_get_options, card_get_data, card_verify, card_generate_ac,
    card_external_authenticate, card_internal_authenticate, card_get_challenge, card_script;

/* card.c. The selected application; NULL when there is none. */
const struct card_application *card_application(const struct card *c);
struct card_lasting_application *card_state(struct card *c);
bool card_twisted(const struct card *c, enum card_twist twist);
/* Blocked by the issuer, or its ATC has run out (EMV Book 3 6.5.5: such an application gives an AAC only). */
bool card_application_blocked(const struct card_lasting_application *state);
unsigned card_atc(const struct card_lasting_application *state);
/* How cryptograms are made in this session: the profile's scheme, and of two the one that the terminal knows. */
enum ac_scheme card_scheme(const struct card *c);
const struct card_keys *card_keys(const struct card *c);
void card_answer_out(struct card_answer *out, const struct tlv_out *tlv);
/* What one selection began is over. */
void card_session_end(struct card *c);

/* answer_fault.c. Around each command. */
void card_fault_before(struct card *c, const struct capdu *command);
void card_fault_answer(struct card *c, const struct capdu *command, struct card_answer *answer);

/* quirks.c. The profile has an answer of its own for this command. */
bool card_quirk_answers(const struct card *c, const uint8_t *bytes, size_t len, uint16_t *sw, struct card_answer *out);
/* Behind each command: the name of a SELECT, from which on rows with `in` count. */
void card_quirk_note(struct card *c, const struct capdu *command);

/* records.c. Content of a record, changed or personalised; NULL. */
const uint8_t *card_record_find(const struct card *c, uint8_t sfi, uint8_t number, size_t *len);

/* getdata.c. An object of the application's changeable data: where it lies, NULL. */
uint8_t *card_data_find(struct card_lasting_application *state, uint32_t tag, size_t *len);

/* verify.c. A clear ISO 9564 format 2 block read back; E_FORMAT. */
int card_pin_read(const uint8_t block[8], char pin[13]);

/* risk.c (card risk management). CVR of the first cryptogram, and what to answer to each. */
enum card_ac { CARD_AAC = 0x00, CARD_TC = 0x40, CARD_ARQC = 0x80 };
void card_first_cvr(struct card *c);
enum card_ac card_first_decision(struct card *c, enum card_ac asked);
/* `unable`: the terminal could not go online. Updates what lasts. */
enum card_ac card_second_decision(struct card *c, enum card_ac asked, bool unable);

/* purse.c. An object of the application's data as cents; false when the card has none that is an amount. */
bool card_amount_of(const struct card_lasting_application *state, uint32_t tag, uint64_t *cents);
/* Electronic cash: asked at GET PROCESSING OPTIONS; at the TC, which it debits; false: it cannot pay. */
bool card_purse_agrees(struct card *c);
bool card_purse_pays(struct card *c);
/* Issuer data for 9F10: what the issuer needs to load the purse. At most 10 bytes. */
size_t card_purse_issuer_data(const struct card *c, uint8_t *out);
/* Whether a script may write this object, of this length already: 9000, else why not. */
uint16_t card_purse_put(struct card *c, uint32_t tag, const uint8_t *value, size_t len);
/* Of the application selected last. False: it has no purse that can be read. */
bool card_purse_balance(const struct card *c, uint64_t *cents);
/* The file of its transaction log; 0: it keeps none. */
static inline uint8_t card_log_file(const struct card_application *a)
{
    return a->log.sfi ? a->log.sfi : a->purse.log;
}
/* A TC was given, or an AAC that is to be logged: into the card's log. */
void card_log_transaction(struct card *c);
/* Entry of a log of the card's own; NULL: this file is none. */
const uint8_t *card_purse_record(const struct card *c, uint8_t sfi, uint8_t number, size_t *len);

/* default_action.c. 9F52, with what the profile says beside it. */
enum card_default_action_bit {
    CARD_AUTH_FAILED_ONLINE = 0x8000, /* the next transaction goes online */
    CARD_AUTH_FAILED_DECLINE = 0x4000,
    CARD_AUTH_MISSING_DECLINE = 0x2000, /* where it is mandatory */
    CARD_NEW_ONLINE = 0x0200,
    CARD_NEW_DECLINE = 0x0100,   /* a new card, and the terminal could not go online */
    CARD_TRIES_BLOCK = 0x0080,   /* the last PIN try went in this transaction: the application is blocked */
    CARD_TRIES_DECLINE = 0x0040, /* it went in one before */
    CARD_TRIES_ONLINE = 0x0020,
    CARD_TRIES_UNABLE_DECLINE = 0x0010,
    CARD_SCRIPT_ONLINE = 0x0008, /* a script failed before */
    CARD_TRIES_DECLINE_BLOCK = 0x0004,
};
unsigned card_default_action(struct card *c);
bool card_issuer_auth_mandatory(struct card *c);

/* cryptogram.c. */
size_t card_dol_len(const struct card_bytes *dol);
/* What the terminal sent for `tag`, from the newest list that has it, into exactly `len` bytes; zeros if in none. */
bool card_terminal_value(const struct card *c, uint32_t tag, uint8_t *out, size_t len);
/* 9F10 of the application's scheme around session.cvr; at most 32 bytes. */
size_t card_issuer_data(const struct card *c, uint8_t out[32]);
int card_cryptogram(const struct card *c, const uint8_t *iad, size_t iad_len, uint8_t ac[8]);

/* dynamic.c. What another card would draw at random, as far as `len`. */
void card_draw_number(const struct card *c, const char *use, uint8_t count, uint8_t *out, size_t len);
/* 9F4B of a tap (fDDA): `tail` is what is signed and not in it. */
int card_sign_tap(struct card *c, const uint8_t *tail, size_t tail_len, struct card_bytes *signature);
/* 9F4B around a cryptogram; `answer`: the other objects of the answer, in their order. */
int card_sign_cryptogram(struct card *c, uint8_t cid, const uint8_t ac[8], const struct tlv_out *answer,
                         struct card_bytes *signature);
/* The PIN block of an enciphered VERIFY; a block that cannot be right if the challenge is another one. 9000 or why not.
 */
uint16_t card_decipher_pin(struct card *c, const struct capdu *command, uint8_t block[8]);

/* extauth.c. Verifies 91 against the first cryptogram and keeps the outcome. */
void card_issuer_authenticate(struct card *c, const uint8_t *data, size_t len);

#endif
