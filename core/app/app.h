/*
 * The state of the running terminal. There is one, allocated by the entry in main.c and handed around; nothing of it is
 * static, so nothing survives a reset but what core/store keeps.
 */
#ifndef POSBENCH_CORE_APP_APP_H
#define POSBENCH_CORE_APP_APP_H

#include "core/app/config.h"
#include "core/app/kind.h"
#include "core/app/money.h"

#include <string.h>

/* How an attempt to sell ended; sale.c has the screen of each. */
enum sale_result {
    SALE_APPROVED,
    SALE_DECLINED,        /* by the host */
    SALE_WRONG_PIN,       /* DE39 = 55 after a PIN was sent */
    SALE_USE_CHIP,        /* DE39 = 45 */
    SALE_DECLINED_OFFLINE,
    SALE_NO_LINE,         /* nothing was sent */
    SALE_REVERSAL_BLOCKED,
    SALE_NOT_SIGNED_IN,
    SALE_NO_ANSWER,       /* reversal due */
    SALE_BAD_ANSWER,      /* reversal due */
    SALE_CONTACT_ISSUER,  /* approved by the host, undone at the card: reversal due */
    SALE_JOURNAL_FULL,
    SALE_CARD_REMOVED,    /* before anything was sent */
    SALE_CARD_ERROR,      /* its data fit no message; nothing was sent */
    SALE_CANCELLED,
    SALE_DISCLOSED,       /* whether the card paid is not known, and is told to be so */
};

struct sale { /* one sale, or another kind that takes its way; wiped at its end */
    enum kind kind;
    uint64_t amount_cents;
    char amount[MONEY_TEXT];
    struct fallback_state fallback;
    bool stripe_closed;          /* a chip card was swiped: the chip must be tried first (DOMAIN 1.2) */
    struct hal_swipe swipe;
    bool swiped;
    bool chip;
    bool contactless;            /* with chip: read through the air */
    bool tap_closed, tap_again;  /* no more taps in this sale; the last one was torn */
    unsigned taps;               /* that were torn so far */
    char balance[MONEY_TEXT];    /* left in the purse that has paid (9F79, by tap 9F5D); "" when the card does not say */
    bool intent;                 /* `entry` stands in the journal as one (offline.h) */
    bool online_tried;           /* the host could not be asked, or gave no answer that is believed */
    unsigned pin_round;          /* 0: first PIN; more: after a wrong one */
    struct journal_entry entry;
    char track2[40], track3[HAL_TRACK_MAX + 1];
    uint8_t field55[256], answered55[256]; /* of the request; of a reversal once an answer has come */
    size_t field55_len, answered55_len;
    const char *text;            /* what the screen says about the end: static, or `note` */
    char note[32];
};

struct app {
    const struct hal *hal;
    struct config config;
    struct store *store;
    struct net net;
    struct emv emv;
    struct contactless contactless;
    struct emv_transaction transaction;
    struct emv_dialogue dialogue;
    struct iso_message request, answer;
    struct sale sale;
    uint64_t retry_at_us;        /* next try in the background; HAL_FOREVER none */
};

/* A trace line for the developer. */
void app_log(const struct app *app, enum hal_log_level level, const char *topic, const char *text);

/* Runs the terminal until power is lost (main.c); firmware.entry. */
int app_entry(const struct hal *hal);

#endif
