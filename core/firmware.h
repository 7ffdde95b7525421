/*
 * firmware.h: what an image (a transaction core or a boot ROM) exports.
 *
 * An image is a shared object with exactly one exported symbol, `posbench_firmware`, of type
 * `const struct firmware`. The bench reads it after loading; the boot ROM has verified the image before.
 */
#ifndef POSBENCH_CORE_FIRMWARE_H
#define POSBENCH_CORE_FIRMWARE_H

#include "core/hal.h"

#define FIRMWARE_ABI 3u /* 3: firmware_sink.upload, hal_se seal and unseal, two outcomes, advices */
#define FIRMWARE_SYMBOL "posbench_firmware"

/* What a screen says, so that oracles can judge any vendor's core. */
enum firmware_role {
    FIRMWARE_NEUTRAL,
    FIRMWARE_IDLE,     /* waiting for the next customer */
    FIRMWARE_BUSY,     /* working; wait */
    FIRMWARE_ASK,      /* a person is asked for something */
    FIRMWARE_APPROVED, /* the merchant may hand over the goods */
    FIRMWARE_DECLINED, /* the merchant may not */
    FIRMWARE_FAILED,   /* no decision, and nothing was charged */
    FIRMWARE_UNKNOWN,  /* no decision yet; a reversal is due */
    FIRMWARE_HALT,     /* out of service until someone helps */
    FIRMWARE_DISCLOSE, /* nobody knows whether the card paid, nor will: names the transaction; nothing follows */
};

struct firmware_screen {
    uint16_t id;      /* 1.. ; what hal_display show() gets */
    const char *name; /* "enter_pin"; what scenarios expect */
    enum firmware_role role;
};

/* How to read a financial slip: the words before the trace number (6 digits) and the amount (n.nn), the word that only
 * the slip of an approved transaction has, and the one that marks a slip printed once more (NULL: none is ever marked).
 * Any language may be printed; `words` ends with an all-NULL row. */
struct firmware_slip {
    const char *trace, *amount, *approved, *copy;
};

enum firmware_kind { FIRMWARE_SALE, FIRMWARE_VOID, FIRMWARE_REFUND, FIRMWARE_OTHER };
enum firmware_outcome {
    FIRMWARE_OPEN,     /* maybe sent, not yet decided: a reversal is due */
    FIRMWARE_DONE,     /* approved and final */
    FIRMWARE_REFUSED,  /* declined, by whom ever */
    FIRMWARE_REVERSED, /* reversal confirmed by the host */
    FIRMWARE_NOT_SENT, /* ended before the first byte left */
    FIRMWARE_INTENT,   /* the card is about to decide on its own; at rest there is none */
    FIRMWARE_DISCLOSED, /* whether the card paid nobody will know: told on screen and paper, not charged */
};

struct firmware_record { /* one financial transaction as the journal has it */
    uint32_t batch, trace;
    enum firmware_kind kind;
    enum firmware_outcome outcome;
    uint64_t amount_cents;
    char masked_pan[24], rrn[13], auth[7], response[3], entry[4]; /* "" when unknown; entry = DE22 */
    char advice[2]; /* the card wants an advice sent: why (9F27 bits 3 to 1); "": it does not */
};

struct firmware_reversal {
    uint32_t batch, trace;
    uint64_t amount_cents;
    char reason[3];
    uint32_t tries;
};

/* A record that the card approved without the host, and that the host has not booked yet. */
struct firmware_upload {
    uint32_t batch, trace;
    uint64_t amount_cents;
    char refused[3]; /* DE39 by which the host refused it for good; "": still to be sent */
};

struct firmware_state {
    uint32_t schema, next_trace, batch;
    uint64_t debit_cents;
    uint32_t debit_count; /* totals of the open batch as the core would settle them */
    bool last_chip_failed, signed_in, print_pending;
};

struct firmware_sink { /* where inspect() reports; any member may be NULL */
    void *ctx;
    void (*state)(void *ctx, const struct firmware_state *state);
    void (*record)(void *ctx, const struct firmware_record *record);
    void (*reversal)(void *ctx, const struct firmware_reversal *reversal);
    void (*upload)(void *ctx, const struct firmware_upload *upload);
};

struct firmware {
    uint32_t abi;        /* FIRMWARE_ABI */
    const char *name;    /* "posbench-core" */
    const char *version; /* "1.0.0" */
    uint32_t sequence;   /* monotonic security counter */
    uint32_t schema;     /* newest data schema it writes */

    /* Runs the terminal; returns when power is lost (HAL_E_POWER), or a negative code when it cannot go on. It returns
     * with every resource released: nothing of it survives a reset, statics included. */
    int (*entry)(const struct hal *hal);

    /* Read-only look at the data, run on a clone of the storage: only hal->fs is there, opened files may be recovered
     * in the clone. OK, or why the data cannot be read. NULL: not offered; oracles that need it are "not applicable".
     */
    int (*inspect)(const struct hal *hal, const struct firmware_sink *sink);

    const struct firmware_screen *screens; /* ends with id 0 */
    const struct firmware_slip *slips;     /* ends with an all-NULL row; may be NULL */
};

#endif
