/*
 * The host's inside: its state as plain data, and one request on its way through it. Only the files of this folder and
 * their tests include it; everybody else sees host.h.
 */
#ifndef POSBENCH_SIM_HOST_STATE_H
#define POSBENCH_SIM_HOST_STATE_H

#include "core/codec/track.h"
#include "sim/host/host.h"
#include "sim/host/keys.h"

#define HOST_ACCOUNTS 320
#define HOST_TERMINALS 8
#define HOST_RULES 32
#define HOST_ENTRIES 100000 /* ledger lines, and decided requests */
#define HOST_REQUESTS 64
#define HOST_MTIS 32 /* different MTIs that are counted; more are only in the total */
#define HOST_PIN_TRIES 3
#define HOST_FIELD55 255
#define HOST_KEY_CYCLE 4 /* working keys of a terminal come round again, so that a sweep over lost sign-ins ends */
#define HOST_BALANCE 1000000000000000 /* cents an account may start with, either way */

struct account_state {
    struct host_account is;
    int64_t moved_cents; /* all postings to it and its purse so far; negative: debited */
    int64_t purse_cents; /* held for the electronic cash in its card: loads less sales, personalised cash left out */
    uint8_t pin_failures;
};

struct terminal_state {
    struct host_terminal is;
    uint8_t pik[16], mak[16];
    uint8_t pik_len, mak_len; /* 0: not signed in */
    uint64_t sign_ins; /* that gave new keys: a repeat before anything came under the keys gets the same ones */
    bool keys_used;
    bool demands[HOST_LISTS]; /* it is to come for what is on them */
};

struct rule_state {
    struct host_rule is;
    uint64_t matched;
};

/* A financial request that was decided, or one that must never be (tombstone): what duplicates and reversals are found
 * by. */
struct operation {
    char terminal_id[9], mti[5], processing[7];
    uint32_t batch, trace;
    uint64_t asked_cents, entry; /* number of its ledger line; 0: nothing was booked */
    size_t account;              /* place in accounts, from 1; 0: none */
    uint32_t older;              /* place from 1 of the one before in the same chain; 0: none */
    bool undone, tombstone;
};

struct mti_count {
    char mti[5];
    size_t count;
};

struct kept_request; /* requests.c: never changes, so clones share it */
struct hash_memo;    /* hash.c: hashes by version, shared by clones */

/* Arrays have exactly the room that was needed: a sweep keeps thousands of hosts. */
struct host {
    uint64_t seed, base_s; /* seconds from 1970 to the local time at now_us = 0 */
    uint64_t version;      /* digest of all that was done to it; of `what` and `applied` it says nothing */
    struct hash_memo *memo;
    struct account_state *accounts;
    size_t account_count, account_room;
    struct terminal_state *terminals;
    size_t terminal_count, terminal_room;
    struct rule_state *rules;
    size_t rule_count, rule_room;
    struct host_object *objects;
    size_t object_count, object_room;
    struct host_offer offers[HOST_LISTS];
    struct host_entry *entries;
    size_t entry_count, entry_room;
    struct operation *operations;
    size_t operation_count, operation_room;
    uint32_t *newest; /* by trace: place of the chain's newest operation, from 1; 0: none */
    size_t chains;    /* a power of two that grows with the operations, so that no search is long; 0: no operations */
    struct kept_request **requests; /* a ring once it holds HOST_REQUESTS */
    size_t request_count, request_room;
    struct mti_count counts[HOST_MTIS];
    uint64_t rrn, auth;         /* last ones given out */
    char what[48], applied[24]; /* of the last request: its result, the rule that changed it ("" none) */
};

/* One request on its way; the answer's material is collected here by the handlers and laid out by answer.c. */
struct exchange {
    struct host *h;
    uint64_t now_us;
    const struct iso_frame *frame;
    const struct iso_message *request;
    const struct host_rule *rule;    /* that applies, or NULL */
    struct terminal_state *terminal; /* NULL: unknown */
    struct account_state *account;   /* NULL: unknown */
    struct iso_de60 de60;
    struct track2 track; /* from DE35; pan "" without one */
    char terminal_id[9], processing[7];
    uint32_t batch, trace;
    uint64_t amount_cents;
    bool mac_ok; /* the request's: only then the answer bears one */

    char code[3], auth[7];
    const char *reason; /* why it was not approved; NULL: the code says it all */
    uint64_t approved_cents;
    bool partial; /* DE4 of the answer is approved_cents */
    char reference[13]; /* DE37 of an upload; "": the next number */
    bool upload;  /* the card has approved already: a TC is due, not an ARQC */
    bool load;    /* of the card's purse, which is to hold this after it */
    uint64_t purse_cents;
    bool chip_ok; /* the ARQC is right: session key and ARQC below are good */
    enum ac_scheme scheme; /* by which it was made */
    uint8_t sk[16], arqc[8], atc[2];
    uint8_t field62[512];
    size_t field62_len;
    char field54[21];
};

/* A check or a handler: the DE39 it decides, or NULL: nothing against it (a handler never returns NULL). */
typedef const char *host_step(struct exchange *x);

/* host.c */
struct terminal_state *host_find_terminal(struct host *h, const char *terminal_id);
/* `psn` "" or NULL: any card of this PAN. */
struct account_state *host_find_account(struct host *h, const char *pan, const char *psn);
/* "YYMMDDhhmmss", local. */
void host_time(const struct host *h, uint64_t now_us, char out[13]);
/* Room for one more in a growing array: OK, E_LIMIT, E_NOMEM. */
int host_grow(void **array, size_t count, size_t *room, size_t size, size_t limit);
void host_mask_account(const struct host *h, const char *pan, char out[24]);

/* DE37 of the answer, and of its booking. */
void host_reference(const struct exchange *x, char out[13]);

/* value.c */
/* Moves the version: `bytes` were done to the host. */
void host_changed(struct host *h, const void *bytes, size_t len);
/* Wipes and frees; NULL is allowed. */
void host_wipe_array(void *array, size_t bytes);

/* requests.c */
void host_keep_request(struct host *h, const struct iso_message *request);
/* Copies the ring of `from`, sharing what lies in it. OK, E_NOMEM. */
int requests_clone(struct host *to, const struct host *from);
void requests_clear(struct host *h);

/* hash.c */
struct hash_memo *hash_memo_create(void); /* NULL: out of memory */
struct hash_memo *hash_memo_share(struct hash_memo *memo);
void hash_memo_drop(struct hash_memo *memo); /* NULL is allowed */

/* rules.c */
const struct host_rule *rules_match(struct host *h, const char *mti);
const char *rules_name(enum host_action action);
bool rules_is_code(const struct exchange *x);
/* Changes the answer before (rules_alter) and after (rules_distort) its MAC is made. */
void rules_alter(const struct exchange *x, struct iso_message *answer);
void rules_distort(const struct exchange *x, struct iso_message *answer);

/* ledger.c */
/* Debits the account, credits the merchant, and adds the operation. OK; E_LIMIT, E_NOMEM: nothing was done. */
int ledger_book(struct exchange *x, uint64_t amount_cents);
/* The contra entry of ledger line `op->entry`. */
int ledger_reverse(struct exchange *x, struct operation *op);
int ledger_tombstone(struct exchange *x);
/* Decided requests. `mti` and `processing` NULL: any. Valid until the next one is added. */
struct operation *operation_find(struct host *h, const struct exchange *x, const char *mti, const char *processing);
int operation_add(struct exchange *x, uint64_t entry, bool tombstone);

/* signin.c, authorise.c, checks.c, chip.c, pin.c, reverse.c */
host_step signin_keys, signin_off, signin_echo;
host_step authorise_sale, authorise_upload, authorise_load, authorise_inquiry;
host_step check_fields, check_mac, check_account, check_status, check_expiry, check_entry;
host_step chip_check, pin_check;
host_step reverse_original;
/* issuer_script.c. The rule's script, secured, behind the chip data of the answer. */
void issuer_script_add(const struct exchange *x, struct iso_message *answer);

/* keys.c */
host_step keys_list, keys_object, keys_end;
/* Header digit 6 of the next answer to this terminal; NULL, or nothing demanded: 0. */
uint8_t keys_requirement(const struct terminal_state *t);

/* First step of a list (ended by NULL) that objects; NULL: none. */
const char *steps_run(host_step *const *steps, struct exchange *x);
/* Notes why and returns the code. */
const char *refuse(struct exchange *x, const char *code, const char *reason);
bool host_is_approval(const char *code);

/* chip.c: issuer authentication data (91) for this answer code. E_NOTFOUND: no valid ARQC was seen. */
int chip_issuer_data(const struct exchange *x, uint8_t *out, size_t cap, size_t *len);

/* purse.c: a load of electronic cash: whether it can be, and the script for it behind what is in DE55 already. */
struct tlv_out;
host_step purse_check;
void purse_put_script(const struct exchange *x, struct tlv_out *out);

/* answer.c */
int answer_build(struct exchange *x, struct host_result *out);

#endif
