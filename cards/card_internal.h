/*
 * One card from the inside: what lasts (plain bytes, so that a clone is a copy and a hash canonical), what a session
 * holds, and the commands that work on both. Internal to cards/.
 */
#ifndef POSBENCH_CARDS_CARD_INTERNAL_H
#define POSBENCH_CARDS_CARD_INTERNAL_H

#include "cards/profile.h"
#include "cards/t0.h"
#include "core/codec/tlv.h"

#define CARD_CHANGES 4 /* records of one application that UPDATE RECORD may have replaced; one more is 6A84 */

/* All members are bytes: no padding, no byte order (card.c asserts it). */
struct card_change {
    uint8_t sfi, number, len, bytes[CARD_DATA_MAX];
};

struct card_lasting_application {
    uint8_t atc[2], last_online_atc[2];
    uint8_t pin_tries, pin[13];
    uint8_t blocked;
    uint8_t online_not_completed; /* an ARQC was given and the issuer's answer not taken */
    uint8_t issuer_auth_failed, issuer_auth_missing;
    uint8_t scripts, script_failed;        /* since the last completed online transaction; scripts stays at 15 */
    uint8_t data_len, data[CARD_DATA_MAX]; /* what GET DATA finds and PUT DATA changes: TLV */
    uint8_t changes;
    struct card_change change[CARD_CHANGES];
};

struct card_lasting {
    uint8_t blocked, twists; /* twists: 1 << enum card_twist */
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
    uint8_t challenge[8], challenges, signatures;
    uint8_t named[16], named_len; /* by the last SELECT, for quirks */
};

struct card {
    const struct card_profile *profile;
    struct card_lasting lasting;
    struct card_session session;
    struct card_t0 t0;
    int last_application; /* selected last, for card_counters */
    bool contactless;     /* the command under way came through the air */
    uint8_t mk_ac[16], mk_smi[16], mk_smc[16];
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
void card_answer_out(struct card_answer *out, const struct tlv_out *tlv);

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

/* cryptogram.c. */
size_t card_dol_len(const struct card_bytes *dol);
/* What the terminal sent for `tag`, from the newest list that has it, into exactly `len` bytes; zeros if in none. */
bool card_terminal_value(const struct card *c, uint32_t tag, uint8_t *out, size_t len);
/* 9F10 of the application's scheme around session.cvr; at most 32 bytes. */
size_t card_issuer_data(const struct card *c, uint8_t out[32]);
int card_cryptogram(const struct card *c, const uint8_t *iad, size_t iad_len, uint8_t ac[8]);

/* dynamic.c. 9F4B around a cryptogram; `answer`: the other objects of the answer, in their order. */
int card_sign_cryptogram(struct card *c, uint8_t cid, const uint8_t ac[8], const struct tlv_out *answer,
                         struct card_bytes *signature);
/* The PIN block of an enciphered VERIFY; a block that cannot be right if the challenge is another one. 9000 or why not.
 */
uint16_t card_decipher_pin(struct card *c, const struct capdu *command, uint8_t block[8]);

/* extauth.c. Verifies 91 against the first cryptogram and keeps the outcome. */
void card_issuer_authenticate(struct card *c, const uint8_t *data, size_t len);

#endif
