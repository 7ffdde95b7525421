/*
 * The acquirer: a pure function over accounts, terminals and a double-entry ledger. (state, request, now) -> (state,
 * answer, bookings); it knows no network and no world (server.c puts it on a line). UnionPay-style messages, DOMAIN 4
 * and 5.
 */
#ifndef POSBENCH_SIM_HOST_HOST_H
#define POSBENCH_SIM_HOST_HOST_H

#include "core/codec/cryptogram.h"
#include "core/codec/iso8583.h"

struct host_account {
    char pan[20], psn[3], expiry[5], service_code[4], pin[13];
    int64_t balance_cents;
    /* "00" good; else the code it is declined with ("41", ...). "45": good for the chip, but not for a fallback. */
    char status[3];
    bool has_chip;
    enum ac_scheme scheme;
    uint8_t imk_ac[16], imk_smi[16], imk_smc[16];
};
struct host_terminal {
    char terminal_id[9], merchant_id[16];
    uint8_t tmk[16];
};

/* Scripted behaviour: the first rule that matches a request (and is not used up) applies. */
enum host_action {
    HOST_ANSWER_CODE,   /* decline (or approve) with `code`, nothing booked unless code is in the approve set */
    HOST_SILENT_BEFORE, /* nothing booked, no answer */
    HOST_SILENT_AFTER,  /* booked, no answer */
    HOST_LATE,          /* booked, answered after delay_us */
    HOST_WRONG_MAC,     /* booked, DE64 inverted */
    HOST_NO_MAC,        /* booked, bit 64 and DE64 missing */
    HOST_WRONG_TRACE,   /* booked, DE11 + 1 in the answer */
    HOST_WRONG_AMOUNT,  /* booked, DE4 + 1 */
    HOST_BAD_ARPC,      /* booked, 91 inverted */
    HOST_NO_ARPC,       /* booked, no DE55 */
    HOST_SCRIPT,        /* as usual, with issuer script bytes (templates 71/72) appended to DE55 */
    HOST_ISSUER_SCRIPT, /* the same with MACs, and PIN CHANGE with its PIN: issuer_script.c */
    HOST_DUPLICATE,     /* answered twice */
    HOST_HANG_UP,       /* booked, then the connection is closed instead of an answer */
    HOST_GARBAGE,       /* answer bytes that are no message */
    HOST_FIELD,         /* booked, one field of the answer replaced or left out, under a good MAC */
};
/* What is wrong with the MAC of an issuer's script. */
enum host_script_mac { HOST_MAC_RIGHT, HOST_MAC_WRONG, HOST_MAC_NONE, HOST_MAC_OTHER_ATC, HOST_MAC_OTHER_AC };
struct host_rule {
    char mti[5];  /* "0200"; "" any */
    unsigned nth; /* n-th matching request from when the rule was set; 0: every */
    enum host_action action;
    char code[3]; /* "10" approves and books half the amount */
    uint64_t delay_us;
    uint8_t script[255]; /* HOST_SCRIPT: appended to DE55; HOST_ANSWER_CODE: DE55 itself, if any */
    size_t script_len;
    enum host_script_mac mac; /* HOST_ISSUER_SCRIPT, as what follows */
    char new_pin[13], old_pin[13];
    uint8_t field;     /* HOST_FIELD: its number; 0: the MTI */
    uint8_t value[64]; /* as the field table wants it: digits, text or bytes */
    size_t value_len;  /* 0: left out */
};

enum host_entry_kind { HOST_BOOKED, HOST_REVERSED, HOST_TOMBSTONE };
struct host_entry { /* one line of the ledger; debit and credit legs always balance */
    uint64_t number, time_us;
    enum host_entry_kind kind;
    char terminal_id[9], rrn[13];
    uint32_t batch, trace;
    uint64_t amount_cents;
    char debit[24], credit[24]; /* masked PAN with a digest of it, its purse, merchant */
    uint64_t of;                /* REVERSED: number of the entry it undoes */
};

struct host;
struct host *host_create(uint64_t seed);
void host_destroy(struct host *h);
/* Costs what the host holds, not what it could hold; kept requests are shared. */
struct host *host_clone(const struct host *h);
/* Stands for everything in it, counters and kept requests too: moves with every change and goes along into clones. So
 * of hosts that come from one another by cloning, equal versions mean equal hosts, and a snapshot can be shared. */
uint64_t host_version(const struct host *h);
/* Canonical hash of what decides later answers and what oracles ask: accounts, keys, rules, ledger. Not in it: times,
 * kept requests and the counters behind DE37 and DE38, so that a repeat which changes nothing leaves it as it was. */
void host_hash(const struct host *h, uint8_t out[32]);

/* Replaces the same id, which must then sign in again. E_LIMIT over 8. */
int host_add_terminal(struct host *h, const struct host_terminal *t);
/* Replaces the same PAN + PSN. E_LIMIT over 64; E_INVAL: no PAN, or a balance beyond 10^15. */
int host_add_account(struct host *h, const struct host_account *a);
/* E_LIMIT over 32; E_INVAL: HOST_ANSWER_CODE without a code. */
int host_add_rule(struct host *h, const struct host_rule *r);
void host_clear_rules(struct host *h);

#define HOST_ANSWERS 2
struct host_result {
    size_t answers; /* 0: silence. Each is a whole frame, LEN first, ready for the line */
    struct {
        uint8_t bytes[ISO_BODY_MAX + 16];
        size_t len;
        uint64_t delay_us;
    } answer[HOST_ANSWERS];
    bool hang_up;
    const char *what; /* "approved", "declined 51: balance", "silent after booking", ...; valid until the next call */
};
/* One frame in, with or without LEN. Malformed or hostile input ends in a named result, never in an error. `now_us`
 * counts from 2026-06-15 10:00:00 local time: DE12 and DE13 of the answers. */
void host_process(struct host *h, uint64_t now_us, const uint8_t *frame, size_t len, struct host_result *out);

/* What scripts and oracles ask. */
size_t host_entries(const struct host *h, const struct host_entry **entries);
/* n-th last request (0: last) with this MTI ("" any), as unpacked. E_NOTFOUND. At most 64 are kept. */
int host_last(const struct host *h, const char *mti, size_t nth, struct iso_message *request);
size_t host_count(const struct host *h, const char *mti);
int host_balance(const struct host *h, const char *pan, int64_t *cents);
/* What was loaded into the electronic cash of this account's card, less what it has paid. E_NOTFOUND. */
int host_purse(const struct host *h, const char *pan, int64_t *cents);
/* Sum of all legs; not zero would be a bug of the host itself. */
int64_t host_imbalance(const struct host *h);

#endif
