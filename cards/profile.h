/*
 * A card profile as the engine sees it: plain structs that profile_tables.c describes key by key. Internal to cards/.
 *
 * The profile is what was personalised and never changes; what a card changes while it lives is struct card_lasting of
 * card_internal.h.
 */
#ifndef POSBENCH_CARDS_PROFILE_H
#define POSBENCH_CARDS_PROFILE_H

#include "cards/card.h"
#include "cards/fault.h"
#include "cards/oda.h"

#define CARD_APPLICATIONS 8
#define CARD_RECORDS 32 /* of one application */
#define CARD_QUIRKS 16
#define CARD_LOG_ENTRIES 5
#define CARD_DIRECTORY 16             /* records of the PSE's directory */
#define CARD_PROFILE_MAX (256 * 1024) /* bytes of a profile's text */

struct card_record {
    uint8_t sfi, number;
    struct card_bytes objects; /* as written in the profile */
    struct card_bytes raw;     /* instead of objects: a record as it is, well-formed or not */
    struct card_bytes content; /* what READ RECORD answers */
};

struct card_pse {
    bool present;
    uint8_t sfi, code_table;
    char language[9];
    uint8_t status[2];     /* answer to SELECT; 9000 unless the profile wants another */
    struct card_bytes fci; /* instead of the built one */
    uint8_t directory_count;
    struct card_record directory[CARD_DIRECTORY];
};

/* An answer of its own to a command that begins so; see quirks.c. */
struct card_quirk {
    struct card_bytes in, command, unless, answer;
};

enum card_format { CARD_FORMAT_80, CARD_FORMAT_77 };

/* What the card has been through before the bench gets it. */
struct card_history {
    uint8_t atc[2], last_online_atc[2];
    uint8_t pin_tries, scripts;
    bool pin_tries_given, blocked, online_not_completed, issuer_auth_failed, issuer_auth_missing, script_failed,
        sda_failed, dda_failed;
};

/* How an application is personalised for the air; contactless.h. */
enum card_tap_decision { CARD_TAP_ONLINE, CARD_TAP_OFFLINE, CARD_TAP_DECLINE, CARD_TAP_RISK };
enum card_fdda { CARD_FDDA_NONE, CARD_FDDA_00, CARD_FDDA_01 };
/* What can be wrong with the signature of a tap beside the faults of "oda". */
enum card_tap_break {
    CARD_TAP_BREAK_NONE,
    CARD_TAP_BREAK_MISSING,    /* no 9F4B */
    CARD_TAP_BREAK_NUMBER,     /* another unpredictable number is signed */
    CARD_TAP_BREAK_AMOUNT,     /* another amount */
    CARD_TAP_BREAK_QUALIFIERS, /* 9F69 has other qualifiers than 9F6C */
};
enum card_tap_cvm { CARD_TAP_CVM_NONE, CARD_TAP_CVM_PIN, CARD_TAP_CVM_SIGNATURE };
struct card_contactless {
    bool present, no_ctq;
    struct card_bytes pdol, objects, answer; /* objects: more in the answer; answer: instead of the built one */
    struct card_bytes afl;                   /* of an offline approval; the entry of the file of "oda" is completed */
    uint8_t aip[2], ctq[2], priority;
    uint8_t signed_record[2]; /* SFI and number of a record with 9F4B and 9F5D; zeros: they are in the answer */
    int decision, cvm;        /* enum card_tap_decision, card_tap_cvm: asked for when the terminal wants a CVM */
    int fdda, tap_break;      /* enum card_fdda, card_tap_break */
};
struct card_ppse {
    uint8_t status[2]; /* zeros: 9000 */
    struct card_bytes fci;
};

/* Electronic cash; its amounts are in the application's data. */
struct card_purse {
    bool present;
    struct card_bytes afl; /* behind the application's own when the card agrees to pay from the purse */
    uint8_t currency[2];
    uint8_t log, load_log; /* files; 0: not kept */
};

struct card_application {
    struct card_bytes aid, pdol, fci, fci_issuer, afl, issuer_data, data;
    char label[17], preferred_name[17], language[9], offline_pin[13];
    uint8_t code_table, priority, key_index, pin_try_limit, script_mac_len;
    uint8_t aip[2];
    int gpo_format, ac_format; /* enum card_format */
    bool issuer_auth_mandatory, new_card_online, pin_expected, pin_tries_hidden;
    struct card_oda oda, oda_sm;
    struct card_application
        *sm; /* the same with oda_sm in place of oda, for terminals that say DF69 = 01; NULL: none */
    struct card_history history;
    struct card_contactless contactless;
    struct card_purse purse;
    struct {           /* of transactions, kept by the card itself */
        uint8_t sfi;   /* 0: none */
        bool declined; /* those too */
    } log;
    uint8_t record_count;
    struct card_record records[CARD_RECORDS];
    struct card_bytes cdol1, cdol2; /* found in the records */
};

struct card_chip {
    bool present, blocked;
    struct card_bytes atr;
    uint8_t protocol;
    int scheme; /* enum ac_scheme */
    struct {
        char note[128];
        uint8_t imk_ac[16], imk_smi[16], imk_smc[16];
    } keys;
    struct card_pse pse;
    struct card_ppse ppse;
    uint8_t application_count;
    struct card_application applications[CARD_APPLICATIONS];
    uint8_t quirk_count;
    struct card_quirk quirks[CARD_QUIRKS];
};

struct card_profile_fault {
    struct card_fault_words words;
    struct card_fault is;
};

struct card_profile {
    char name[48], description[128];
    char pan[20], psn[3], expiry[5], service_code[4];
    struct {
        int64_t balance_cents;
        char status[3], pin[13];
    } host;
    struct {
        bool present;
        char track1[80], track2[40];
    } stripe;
    struct card_chip chip;
    uint32_t twists; /* 1 << enum card_twist */
    uint8_t fault_count;
    struct card_profile_fault faults[CARD_FAULTS];
};

/* profile_tables.c: JSON to struct by the tables. `name` for messages. E_FORMAT with `why`. */
struct cJSON;
int card_profile_read(const struct cJSON *json, const char *name, struct card_profile *out, char *why, size_t why_cap);
/* profile_finish.c: what one key alone cannot tell, and what is derived: record templates, directory, CDOLs. */
int card_profile_finish(struct card_profile *p, const char *name, char *why, size_t why_cap);

#endif
