/*
 * The EMV contact kernel: one call per step of EMV Book 3, in the order of the transaction, each in a file of its own
 * (select.c, initiate.c, read.c, ec.c, oda.c, restrict.c, cvm.c, risk.c, action.c, issuer.c, complete.c). Callers:
 * core/app/sale_chip.c, sale_chip_end.c, card_look.c; cardholder interaction goes through `struct emv_dialogue`.
 *
 *   emv_begin -> emv_select -> emv_initiate (EMV_RESELECT: again from emv_select) -> emv_read_data
 *   -> emv_open_purse -> emv_authenticate -> emv_restrict -> emv_verify_cardholder -> emv_manage_risk -> emv_analyse
 *   -> [online] -> emv_complete -> emv_end
 *
 * Every step returns OK, a positive emv_outcome, or a negative status: HAL_E_IO when the reader itself failed, whatever
 * a dialogue or another device said. After anything but OK (and EMV_RESELECT) call emv_end.
 */
#ifndef POSBENCH_CORE_EMV_EMV_H
#define POSBENCH_CORE_EMV_EMV_H

#include "core/codec/tlv.h"
#include "core/icc/icc.h"

#define EMV_OBJECTS 160
#define EMV_ARENA 8192 /* bytes of all values together */
#define EMV_CANDIDATES 16
#define EMV_AIDS 16
#define EMV_NAME_CHARACTERS 16 /* of a label or preferred name (50, 9F12) */
#define EMV_NAME_MAX (3 * EMV_NAME_CHARACTERS + 1)
#define EMV_STATIC_MAX 4096 /* records signed for offline data authentication */

enum emv_outcome {
    EMV_CHIP_ERROR = 1, /* transport or data error before or at selection: fallback may be allowed (DOMAIN 1.3) */
    EMV_CARD_BLOCKED,   /* 6A81 */
    EMV_APP_BLOCKED,    /* the only applications were blocked */
    EMV_NOT_ACCEPTED,   /* empty candidate list */
    EMV_CARD_ERROR,     /* failure after selection: terminate, no fallback */
    EMV_REMOVED,        /* card pulled */
    EMV_CANCELLED,      /* by the cardholder or a time limit */
    EMV_RESELECT,       /* 6985 on GPO: application removed, select again */
};

enum emv_decision { EMV_NONE, EMV_ONLINE, EMV_APPROVED, EMV_DECLINED };

enum emv_cvm { /* a set of bits */
    EMV_CVM_NONE,
    EMV_CVM_SIGNATURE = 1,
    EMV_CVM_ONLINE_PIN = 2,
    EMV_CVM_FAILED = 4,
    EMV_CVM_OFFLINE_PIN = 8,
    EMV_CVM_IDENTITY = 16,
};

struct emv_aid {
    uint8_t aid[16], len;
    bool partial;       /* DF01 ASI: partial selection allowed */
    uint8_t version[2]; /* 9F09 */
    uint8_t tac_denial[5], tac_online[5], tac_default[5];
    uint64_t floor_limit;              /* 9F1B, cents */
    uint64_t random_threshold;         /* biased random selection */
    uint8_t random_target, random_max; /* percent */
    uint8_t ddol[32], ddol_len;        /* default DDOL */
    uint8_t tdol[64], tdol_len;        /* default TDOL (Book 3 9.2.2) */
    uint64_t ec_limit;                 /* 9F7B, cents: electronic cash below it; 0: none */
};

/* Keys of offline data authentication (Book 2; DOMAIN 2.6, 3.10). SM2: a point X||Y of 64 bytes, no exponent. */
#define EMV_KEY_MAX 248
#define EMV_CAPKS 32
#define EMV_REVOKED 32
enum emv_pk { EMV_PK_RSA = 1, EMV_PK_SM2 = 4 };
struct emv_key {
    uint8_t bytes[EMV_KEY_MAX], len; /* 0: there is none */
    uint32_t exponent;
    enum emv_pk algorithm;
};
struct emv_capk { /* a certification authority's key, checksum proven when it was taken in */
    uint8_t rid[5], index;
    struct emv_key key;
    uint8_t checksum[20]; /* SHA-1 over RID, index, modulus, exponent; SM2: none */
    uint8_t expiry[3];    /* YYMMDD, zeros: none */
};
struct emv_revoked { /* an issuer certificate that must not be used any more */
    uint8_t rid[5], index, serial[3];
};
/* A card that the acquirer wants stopped: SHA-256 over its PAN as digits, for every card of the account, or over PAN,
 * "/" and two digits of PSN. A digest, because a configuration must not hold account numbers in clear. */
struct emv_exception {
    uint8_t digest[32];
};
#define EMV_EXCEPTIONS 64
enum emv_oda { EMV_ODA_NONE, EMV_ODA_SDA, EMV_ODA_DDA, EMV_ODA_CDA };

struct emv_config {                                                     /* of the terminal, for the life of the core */
    uint8_t capabilities[3], additional[5], type;                       /* 9F33, 9F40, 9F35 */
    uint8_t country[2], currency[2], exponent;                          /* 9F1A, 5F2A, 5F36 */
    char serial[9], terminal_id[9], merchant_id[16], merchant_name[41]; /* 9F1E, 9F1C, 9F16, 9F4E */
    uint8_t merchant_category[2], acquirer_id[6];                       /* 9F15, 9F01 */
    struct emv_aid aid[EMV_AIDS];
    size_t aids;
    struct emv_capk capk[EMV_CAPKS];
    size_t capks;
    struct emv_revoked revoked[EMV_REVOKED];
    size_t revoked_count;
    struct emv_exception exception[EMV_EXCEPTIONS];
    size_t exceptions;
    bool identity_check; /* the operator can look at an identity document (JR/T 0025, CVM 20) */
    bool always_manage_risk;
    bool online_capable;
    bool sm_algorithms; /* DF69: a card that has both may use SM2, SM3 and SM4 (JR/T 0025.17) */
};

struct emv_transaction { /* of this sale */
    uint64_t amount_cents, other_cents;
    uint8_t type;             /* 9C */
    uint32_t counter;         /* 9F41 */
    struct hal_datetime when; /* 9A, 9F21 */
    uint64_t previous_cents;  /* latest approved amount with the same PAN in the batch, for floor limit splits */
    bool force_online;
    bool no_ec; /* not from the purse of electronic cash, whatever the amount: a load, or the customer's wish */
};

enum emv_pin_result { EMV_PIN_ENTERED, EMV_PIN_BYPASSED, EMV_PIN_NO_PAD, EMV_PIN_CANCELLED };
enum emv_pin_news { EMV_PIN_RIGHT, EMV_PIN_BLOCKED }; /* what a card said about its PIN in the end */
#define EMV_TRIES_UNKNOWN (-1)
#define EMV_IDENTITY_MAX 40 /* 9F61 */
struct emv_dialogue {
    void *ctx;
    /* Asks for the online PIN (it stays in the secure element). enum emv_pin_result or negative. */
    int (*online_pin)(void *ctx);
    /* Asks for the PIN that the card itself checks (it stays in the secure element until pin_verify). `tries`: left, or
     * EMV_TRIES_UNKNOWN; `again`: the one before was wrong. enum emv_pin_result or negative. NULL: no PIN pad. */
    int (*offline_pin)(void *ctx, int tries, bool again);
    /* The card's verdict, to be shown. May be NULL. OK or negative. */
    int (*pin_news)(void *ctx, enum emv_pin_news news);
    /* The operator compares an identity document: its kind (9F62, two digits) and number (9F61). OK: it is the
     * cardholder's, EMV_CANCELLED: it is not, or there is none; or negative. NULL: nobody can look. */
    int (*identity)(void *ctx, const char *kind, const char *number);
    /* The chosen application is known: name as it may be shown. May be NULL. OK or negative. */
    int (*selected)(void *ctx, const char *name);
    /* Cardholder choice among names; index, EMV_CANCELLED as -> negative HAL_E_CANCELLED. NULL: terminal cannot ask. */
    int (*choose)(void *ctx, const char *const *names, size_t count, size_t *index);
    /* Confirmation of the only application, when nothing was asked before; HAL_E_CANCELLED. NULL: choose asks. */
    int (*confirm)(void *ctx, const char *name);
    /* Right before a command with which the card may pay on its own authority: GENERATE AC that asks for a TC without
     * the host's approval, GET PROCESSING OPTIONS of a contactless card that may pay offline. The application makes a
     * durable intent of it, so that a power cut in between ends as a disclosed unknown. OK; positive: it cannot be
     * recorded (journal full, too much to upload), and the kernel goes online instead, or declines; or negative.
     * NULL: this application takes no offline approval and needs no intent. */
    int (*intent)(void *ctx);
};

struct emv_object {
    uint32_t tag;
    uint16_t offset, len;
};
struct emv_candidate {
    uint8_t aid[16], len, priority;
    char name[EMV_NAME_MAX]; /* as it may be shown: UTF-8 */
    size_t config;
};

struct emv_sent { /* data of a command that a signature covers later */
    uint8_t bytes[255];
    size_t len;
};

struct emv { /* caller-owned; emv_begin initialises, emv_end wipes */
    const struct emv_config *config;
    const struct emv_transaction *transaction;
    const struct emv_dialogue *dialogue;
    const struct hal *hal;
    struct icc icc;
    bool selected; /* a fallback question is decided by this */
    struct emv_candidate candidate[EMV_CANDIDATES];
    size_t candidates, current;
    bool listed;    /* the candidate list was built; a reselection goes on with what is left of it */
    size_t blocked; /* applications left out for 6283 */
    bool asked;     /* the cardholder has had a question about applications */
    bool garbled;   /* a selection answer broke its format: an empty list is then a chip error */
    const struct emv_aid *aid;
    struct emv_object object[EMV_OBJECTS];
    size_t objects;
    size_t own_objects; /* the first of them are the terminal's: no card data replaces them */
    uint8_t arena[EMV_ARENA];
    size_t arena_used;
    uint8_t static_data[EMV_STATIC_MAX]; /* input of offline data authentication */
    size_t static_len;
    bool static_broken; /* a record that is to be signed is no template 70 */
    uint8_t afl[252];
    size_t afl_len;
    enum emv_oda oda;                            /* the method chosen */
    struct emv_key issuer_key, icc_key, pin_key; /* recovered from certificates */
    struct emv_sent pdol_sent, cdol1_sent;       /* CDA's transaction data hash */
    uint8_t tvr[5], tsi[2];
    uint8_t cvm_result[3];
    unsigned cvm; /* enum emv_cvm bits */
    enum emv_decision decision;
    bool ec;                    /* electronic cash: the card pays from its purse (JR/T 0025.13) */
    bool ec_online;             /* the card would pay from its purse and may not (threshold, unreadable): online only */
    uint8_t advice;             /* the card wants an advice sent: the low half of its 9F27, 0 for none */
    uint8_t script_results[50]; /* DF31 */
    size_t script_results_len;
};

int emv_begin(struct emv *e, const struct hal *hal, const struct emv_config *config,
              const struct emv_transaction *transaction,
              const struct emv_dialogue *dialogue); /* powers the card: EMV_CHIP_ERROR, EMV_REMOVED */
int emv_select(struct emv *e);
int emv_initiate(struct emv *e);
int emv_read_data(struct emv *e);
/* Electronic cash: whether this is paid from the card's purse, e->ec. */
int emv_open_purse(struct emv *e);
int emv_authenticate(struct emv *e);
int emv_restrict(struct emv *e);
int emv_verify_cardholder(struct emv *e);
int emv_manage_risk(struct emv *e);
/* Terminal action analysis and first GENERATE AC; e->decision afterwards. */
int emv_analyse(struct emv *e);

struct emv_host_answer {
    bool online; /* an authenticated answer came; false: unable to go online */
    char arc[3]; /* DE39, as 8A */
    bool approved;
    const uint8_t *field55; /* response DE55: 91, 71, 72; malformed content skips issuer authentication */
    size_t field55_len;
};
/* Issuer authentication, scripts 71, second GENERATE AC, scripts 72; e->decision EMV_APPROVED or EMV_DECLINED. */
int emv_complete(struct emv *e, const struct emv_host_answer *answer);
void emv_end(struct emv *e);

/* What the card says about its purse; `known` is false for what it does not keep or cannot tell. After emv_select. */
struct emv_purse_amount {
    bool known;
    uint64_t cents;
};
struct emv_purse {
    struct emv_purse_amount balance, threshold, single, limit; /* 9F79, 9F6D, 9F78 of one sale, 9F77 of the balance */
};
int emv_read_purse(struct emv *e, struct emv_purse *out);
/* After emv_complete: the issuer sent scripts, and the card has run all of them. */
bool emv_scripts_done(const struct emv *e);

/* Data of the running transaction, terminal objects included. OK or E_NOTFOUND. */
int emv_get(const struct emv *e, uint32_t tag, const uint8_t **value, size_t *len);
/* Sets or replaces; E_LIMIT. */
int emv_set(struct emv *e, uint32_t tag, const void *value, size_t len);
/* DE55 of a message from its tag list (ends with 0), in that order, absent objects left out; 255 bytes at most:
 * E_LIMIT. */
int emv_field55(const struct emv *e, const uint32_t *tags, uint8_t *out, size_t cap, size_t *len);
/* PAN, PSN ("00" kept as given, "" absent), expiry YYMM and track 2 text of the card; NUL-terminated. */
int emv_pan(const struct emv *e, char pan[20], char psn[4], char expiry[5], char track2[40]);

#endif
