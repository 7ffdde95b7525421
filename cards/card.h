/*
 * The card engine: an EMV card as a pure state machine over APDUs, driven by a JSON profile (cards/profiles/NAME.json).
 * It knows no reader and no time; the composer asks it and says how long things took.
 */
#ifndef POSBENCH_CARDS_CARD_H
#define POSBENCH_CARDS_CARD_H

#include "core/codec/apdu.h"
#include "core/codec/cryptogram.h"

struct card_profile; /* immutable after load, may be shared */

/* One-line errors: "cards/profiles/x.json: applications[0].records[2].5A: 16 hex digits expected". OK, HAL_E_NOENT,
 * E_FORMAT, E_NOMEM. */
int card_profile_load(const char *path, struct card_profile **out, char *why, size_t why_cap);
/* Same from memory; `name` for messages. */
int card_profile_parse(const char *json, size_t len, const char *name, struct card_profile **out, char *why,
                       size_t why_cap);
void card_profile_destroy(struct card_profile *p);

/* What the issuer's host and the bench must know about the card. Strings "" when the card has none. */
struct card_facts {
    char name[48], description[128];
    char pan[20], psn[3], expiry[5], service_code[4], pin[13], track1[80], track2[40];
    int64_t balance_cents;
    char host_status[3];
    bool has_chip, has_stripe;
    uint8_t atr[33];
    size_t atr_len;
    int protocol;
    enum ac_scheme scheme;
    uint8_t imk_ac[16], imk_smi[16], imk_smc[16];
};
void card_facts(const struct card_profile *p, struct card_facts *out);

/* The scheme by its name in profiles; E_NOTFOUND. */
int card_scheme_by_name(const char *name, enum ac_scheme *out);

struct card; /* one card: profile + plain state (ATC, PTC, counters, blocked flags, session) */
struct card *card_create(const struct card_profile *p);
void card_destroy(struct card *c);
struct card *card_clone(const struct card *c);
void card_hash(const struct card *c, uint8_t out[32]); /* lasting state only, not the session */
/* Power-on or warm reset: the session is gone, lasting state stays. */
void card_reset(struct card *c);
/* One whole APDU -> answer with SW (<= RAPDU_MAX). Never fails: anything malformed gets its status word. */
void card_apdu(struct card *c, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len);
/* The same through the air, with what the card has there (contactless.h). */
void card_contactless_apdu(struct card *c, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX],
                           size_t *answer_len);
/* The same at T=0 TPDU level: 61xx + GET RESPONSE, 6Cxx. */
void card_tpdu(struct card *c, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len);

/* Behaviours that are the card's, not the line's: set by profile or scenario. */
enum card_twist {
    CARD_TWIST_NONE,
    CARD_TWIST_WRONG_CRYPTOGRAM,
    CARD_TWIST_SECOND_AC_REFUSED /* AAC although TC was asked */,
    CARD_TWIST_FIRST_AC_DECLINED,
    CARD_TWIST_FIRST_AC_HIGHER,
    CARD_TWIST_GPO_6985_ONCE,
    CARD_TWISTS
};
int card_twist_set(struct card *c, enum card_twist twist, bool on);
int card_twist_by_name(const char *name, enum card_twist *out);

/* For tests and scripts. */
struct card_counters {
    uint16_t atc, last_online_atc;
    uint8_t pin_tries;
    bool blocked, app_blocked;
    uint8_t cvr[4], tvr[5]; /* with the last cryptogram: the card's word, and the terminal's as the card was told */
    bool has_purse;         /* electronic cash whose balance can be read */
    uint64_t purse_cents;
    uint8_t alone; /* approvals given without the issuer, by any application; starts over behind 255 */
};
void card_counters(const struct card *c,
                   struct card_counters *out); /* of the application selected last, else the first */

#endif
