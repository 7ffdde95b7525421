/* Chip-to-stripe fallback: the decision tables of DOMAIN 1.2 to 1.5 as one policy. Pure functions; app asks, app acts.
 */
#ifndef POSBENCH_CORE_MAG_FALLBACK_H
#define POSBENCH_CORE_MAG_FALLBACK_H

#include "core/codec/track.h"

enum fallback_mode { FALLBACK_FORBIDDEN, FALLBACK_FOREIGN, FALLBACK_ALLOWED };

struct fallback_policy {
    enum fallback_mode mode;
    uint8_t attempts;        /* chip attempts before the stripe is opened, 1..3 */
    uint64_t limit_cents;    /* largest amount by fallback; 0 none */
    uint64_t window_us;      /* a permit expires; 0 never */
    bool empty_list_permits; /* no common AID counts as a chip failure (UnionPay) */
    char domestic_bin[4][7]; /* BIN prefixes that are domestic, for FALLBACK_FOREIGN */
};

/* What the chip attempt ended with. */
enum chip_outcome {
    CHIP_NOT_TRIED,
    CHIP_FAILED_EARLY,
    CHIP_READER_BROKEN,
    CHIP_EMPTY_LIST,
    CHIP_CARD_BLOCKED,
    CHIP_APP_BLOCKED,
    CHIP_CANCELLED,
    CHIP_REMOVED,
    CHIP_FAILED_LATE,
    CHIP_DECIDED
};

struct fallback_state { /* of one transaction */
    uint8_t failures;
    uint64_t since_us; /* time of the last failure */
};

enum fallback_next {                       /* after a chip attempt */
                     FALLBACK_RETRY_CHIP,  /* ask for the chip again */
                     FALLBACK_OPEN_STRIPE, /* "please swipe" */
                     FALLBACK_USE_CHIP,    /* stripe stays closed by policy: show "use chip", end */
                     FALLBACK_END,         /* this outcome ends the transaction */
};
enum fallback_next fallback_after_chip(const struct fallback_policy *p, struct fallback_state *s,
                                       enum chip_outcome outcome, uint64_t amount_cents, uint64_t now_us);

enum swipe_verdict {
    SWIPE_NORMAL,   /* ordinary stripe sale */
    SWIPE_FALLBACK, /* coded 60.5 = 2 */
    SWIPE_USE_CHIP, /* chip card, chip not tried (or fallback forbidden): ask to insert */
    SWIPE_NOT_CHIP, /* in fallback, but no chip card: start over as a normal swipe */
    SWIPE_BAD,      /* unreadable, Luhn, expired is the host's business */
};
/* `tracks_ok`: track 2 was read. */
enum swipe_verdict fallback_judge_swipe(const struct fallback_policy *p, const struct fallback_state *s,
                                        const struct track2 *track, bool tracks_ok, uint64_t amount_cents,
                                        uint64_t now_us);

#endif
