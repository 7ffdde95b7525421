/*
 * The fallback policy: which chip outcome opens the stripe, and what a swipe then counts as (DOMAIN 1.2 to 1.5). Two
 * tables and three conditions that both read: attempts made, window not over, amount within the limit.
 */
#include "core/mag/fallback.h"

#include <string.h>

#define ATTEMPTS_MAX 3

/* What an outcome says about the chip (DOMAIN 1.3). */
enum chip_meaning {
    MEANS_ASK,     /* nothing yet: the chip comes first */
    MEANS_FAILURE, /* one failed attempt */
    MEANS_BROKEN,  /* another attempt would end the same way: as if all were used up */
    MEANS_EMPTY,   /* MEANS_BROKEN where the scheme says so, else the end */
    MEANS_END,     /* a decision, or nobody's chip failure: never a reason to swipe */
};

static const enum chip_meaning meaning_table[] = {
    [CHIP_NOT_TRIED] = MEANS_ASK,       [CHIP_FAILED_EARLY] = MEANS_FAILURE, [CHIP_READER_BROKEN] = MEANS_BROKEN,
    [CHIP_EMPTY_LIST] = MEANS_EMPTY,    [CHIP_CARD_BLOCKED] = MEANS_END,     [CHIP_APP_BLOCKED] = MEANS_END,
    [CHIP_CANCELLED] = MEANS_END,       [CHIP_REMOVED] = MEANS_END,          [CHIP_FAILED_LATE] = MEANS_END,
    [CHIP_DECIDED] = MEANS_END,
};

/* DOMAIN 1.2: a stripe with or without a chip beside it, before and after a permitted chip failure. */
static const enum swipe_verdict verdict_table[2][2] = {
    /*                 no permit        permit         */
    [false] = {[false] = SWIPE_NORMAL, [true] = SWIPE_NOT_CHIP},
    [true] = {[false] = SWIPE_USE_CHIP, [true] = SWIPE_FALLBACK},
};

static uint8_t attempts_of(const struct fallback_policy *p)
{
    return p->attempts < 1 ? 1 : p->attempts > ATTEMPTS_MAX ? ATTEMPTS_MAX : p->attempts;
}

static bool window_over(const struct fallback_policy *p, const struct fallback_state *s, uint64_t now_us)
{
    return p->window_us != 0 && now_us - s->since_us > p->window_us;
}

/* The policy lets this sale go by stripe at all; whose card it is shows only when it is swiped. */
static bool stripe_may_open(const struct fallback_policy *p, uint64_t amount_cents)
{
    return p->mode != FALLBACK_FORBIDDEN && (p->limit_cents == 0 || amount_cents <= p->limit_cents);
}

enum fallback_next fallback_after_chip(const struct fallback_policy *p, struct fallback_state *s,
                                       enum chip_outcome outcome, uint64_t amount_cents, uint64_t now_us)
{
    enum chip_meaning meaning = MEANS_END;
    if ((size_t)outcome < sizeof meaning_table / sizeof *meaning_table)
        meaning = meaning_table[outcome];
    if (meaning == MEANS_EMPTY)
        meaning = p->empty_list_permits ? MEANS_BROKEN : MEANS_END;
    if (meaning == MEANS_END)
        return FALLBACK_END;
    if (meaning == MEANS_ASK)
        return FALLBACK_RETRY_CHIP;

    if (window_over(p, s, now_us))
        s->failures = 0;
    if (meaning == MEANS_BROKEN)
        s->failures = attempts_of(p);
    else if (s->failures < attempts_of(p))
        s->failures++;
    s->since_us = now_us;
    if (s->failures < attempts_of(p))
        return FALLBACK_RETRY_CHIP;
    return stripe_may_open(p, amount_cents) ? FALLBACK_OPEN_STRIPE : FALLBACK_USE_CHIP;
}

static bool is_domestic(const struct fallback_policy *p, const char *pan)
{
    for (size_t i = 0; i < sizeof p->domestic_bin / sizeof *p->domestic_bin; i++) {
        size_t len = strnlen(p->domestic_bin[i], sizeof p->domestic_bin[i]);
        if (len > 0 && strncmp(pan, p->domestic_bin[i], len) == 0)
            return true;
    }
    return false;
}

enum swipe_verdict fallback_judge_swipe(const struct fallback_policy *p, const struct fallback_state *s,
                                        const struct track2 *track, bool tracks_ok, uint64_t amount_cents,
                                        uint64_t now_us)
{
    if (!tracks_ok || !luhn_ok(track->pan))
        return SWIPE_BAD;
    bool permit = s->failures >= attempts_of(p) && !window_over(p, s, now_us) && stripe_may_open(p, amount_cents);
    enum swipe_verdict verdict = verdict_table[track2_has_chip(track)][permit];
    if (verdict == SWIPE_FALLBACK && p->mode == FALLBACK_FOREIGN && is_domestic(p, track->pan))
        return SWIPE_USE_CHIP;
    return verdict;
}
