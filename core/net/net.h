/*
 * Talking to the acquirer: link framing, UnionPay-style messages, the exchange with its checks, sign-in and reversal
 * (DOMAIN 4 and 5). Callers: core/app.
 */
#ifndef POSBENCH_CORE_NET_NET_H
#define POSBENCH_CORE_NET_NET_H

#include "core/codec/iso8583.h"
#include "core/store/store.h"

struct net_config {
    char terminal_id[9], merchant_id[16], operator_id[4], serial[9];
    uint8_t tpdu[5], header[6];
    char currency[4];                                 /* DE49 "156" */
    uint64_t connect_timeout_us, response_timeout_us; /* from the last byte sent */
    uint8_t connect_tries;
    uint8_t upload_tries;         /* refusals of an upload that the terminal takes before it gives up (DOMAIN 5.1) */
    uint8_t reversal_tries;       /* per round; the reversal is kept after that and blocks online business */
    char mac_less_declines[8][3]; /* DE39 values believed without DE64 ("A0", ...) */
    bool download_mac; /* keys and applications are asked for, and taken, under a MAC only */
};

struct net { /* caller-owned */
    const struct hal *hal;
    struct store *store;
    const struct net_config *config;
    bool connected;
    uint8_t requirement; /* header digit 6 of the last answer that had a good MAC: acted on after step 7 */
    bool resign;         /* keys or batch are out of step with the host: sign in before going on */
    uint8_t rx[ISO_BODY_MAX + 64];
    size_t rx_len;
    size_t rx_taken; /* bytes at the front of rx that belong to the frame handed out last */
    size_t rx_skip;  /* bytes still to come of a frame that is too long to be an answer */
};

enum net_outcome {                  /* positive */
                   NET_NO_LINE = 1, /* connect failed: nothing was sent */
                   NET_NO_ANSWER,   /* maybe sent; no, unreadable or foreign answer */
                   NET_BAD_MAC,     /* an answer whose MAC is wrong, or an approval without one */
                   NET_REFUSED,     /* sign-in or reversal answered with an error code */
};

void net_init(struct net *n, const struct hal *hal, struct store *store, const struct net_config *config);
/* Opens the line; NET_NO_LINE. */
int net_connect(struct net *n);
void net_disconnect(struct net *n);

/* On an open line: MAC when `request` is financial (01xx,02xx,04xx) or has a place for one in DE64, send, wait, check
 * (DOMAIN 5.5). *answer is filled on OK and, as far as it could be read, on NET_BAD_MAC. *sent = a byte may have left. */
int net_exchange(struct net *n, struct iso_message *request, struct iso_message *answer, bool *sent);

/* 0800/003: working keys under the TMK into the secure element, clock set, new batch taken over unless the present one
 * is unsettled. NET_REFUSED with the code in response[3]. */
int net_sign_in(struct net *n, char response[3]);
/* Delivers the pending reversal, if any. OK: none is left. NET_*: it is still due. */
int net_clear_reversal(struct net *n);
int net_echo(struct net *n);
/* Delivers every upload that is due (DOMAIN 5.4), oldest first. OK: none is left to send; some may have been refused
 * for good. NET_*: the rest is still due. */
int net_upload(struct net *n);
/* In place of a DE39: the secure element does not open the card number any more, so this upload can never be sent. It is
 * refused for good at once, and the others go on. */
#define NET_UPLOAD_SEALED "ZS"
/* DE55 of an upload, ends with 0. */
extern const uint32_t net_upload_tags[];
/* What `seal` of the secure element is told about an entry's PAN: "upload" and its number. `out` holds 32. */
void net_upload_context(const struct journal_entry *entry, char out[32]);

/* Key slots in the secure element. New keys are tried in slots of their own: one check value that does not agree must
 * leave both old keys in place. */
enum { NET_SLOT_TMK = 0, NET_SLOT_PIK = 1, NET_SLOT_MAK = 2, NET_SLOT_TRIAL_PIK = 3, NET_SLOT_TRIAL_MAK = 4 };

#endif
