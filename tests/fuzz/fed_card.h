/*
 * A card behind the kernels' fuzz targets: the engine's own answers, with what the input does to them. While the input
 * has bytes each answer takes one that says what becomes of it; behind its end answers stay as they are.
 */
#ifndef POSBENCH_TESTS_FUZZ_FED_CARD_H
#define POSBENCH_TESTS_FUZZ_FED_CARD_H

#include "cards/card.h"
#include "core/app/config.h"
#include "sim/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FED_EXCHANGES 4000 /* no transaction is longer; one that is would never end */

struct feed {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t feed_take(struct feed *f)
{
    if (!f->left)
        return 0;
    f->left--;
    return *f->at++;
}

struct fed_card {
    struct feed *feed;
    struct card *card;
    void (*apdu)(struct card *c, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len);
    unsigned exchanges;
    unsigned intents; /* how often the kernel asked for one; */
    bool refuse;      /* and whether that is answered with no */
};

static inline void fed_card_bend(struct feed *f, uint8_t how, uint8_t answer[RAPDU_MAX], size_t *len)
{
    size_t at = (size_t)(feed_take(f) | (how & 1) << 8) % *len, n;
    switch (how >> 4) {
    case 9: /* one byte */
        answer[at] = feed_take(f);
        break;
    case 10: /* cut, the status word kept */
        if (at + 2 < *len) {
            memmove(answer + at, answer + *len - 2, 2);
            *len = at + 2;
        }
        break;
    case 11: /* one byte more */
        if (*len < RAPDU_MAX) {
            memmove(answer + at + 1, answer + at, *len - at);
            answer[at] = feed_take(f);
            ++*len;
        }
        break;
    case 12: /* some bytes */
        for (n = feed_take(f) % 16u; n && at < *len; n--)
            answer[at++] = feed_take(f);
        break;
    case 13: /* only this status word */
        answer[0] = feed_take(f);
        answer[1] = feed_take(f);
        *len = 2;
        break;
    case 14: /* the input's own, with 9000 */
        for (n = 0; n < at && n + 2 < RAPDU_MAX; n++)
            answer[n] = feed_take(f);
        answer[n] = 0x90;
        answer[n + 1] = 0;
        *len = n + 2;
        break;
    case 15: /* the input's own, status word and all */
        for (n = 0; n < at; n++)
            answer[n] = feed_take(f);
        *len = at;
        break;
    default: /* as it is */
        break;
    }
}

static inline int fed_card_exchange(struct fed_card *c, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                                    size_t *answer_len)
{
    static const int lost[] = {HAL_E_REMOVED, HAL_E_MUTE, HAL_E_PROTOCOL, HAL_E_IO};
    uint8_t bytes[RAPDU_MAX], how = feed_take(c->feed);
    size_t n = 0;
    if (++c->exchanges > FED_EXCHANGES)
        abort();
    if (how >> 4 == 8)
        return lost[how & 3];
    c->apdu(c->card, command, len, bytes, &n);
    fed_card_bend(c->feed, how, bytes, &n);
    if (n > cap)
        abort();
    memcpy(answer, bytes, n);
    *answer_len = n;
    return OK;
}

static inline int fed_card_intent(void *ctx)
{
    struct fed_card *c = ctx;
    c->intents++;
    return c->refuse;
}

/* -- what is loaded once -- */

static inline struct card_profile *fed_card_profile(const char *name)
{
    struct card_profile *profile;
    char path[500], why[300];
    snprintf(path, sizeof path, "%s/cards/profiles/%s.json", TEST_ROOT, name);
    if (card_profile_load(path, &profile, why, sizeof why) == OK)
        return profile;
    fprintf(stderr, "%s\n", why);
    exit(1);
}

static inline struct config *fed_card_config(const char *name)
{
    struct profile profile;
    struct config *config = calloc(1, sizeof *config);
    char path[500], why[300] = "out of memory";
    snprintf(path, sizeof path, "%s/sim/profiles/%s.json", TEST_ROOT, name);
    if (config && profile_load(path, &profile, why, sizeof why) == OK) {
        int status = config_parse(profile.config, strlen(profile.config), config, why);
        profile_clear(&profile);
        if (status == OK)
            return config;
    }
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

static inline int fed_card_random(void *ctx, enum hal_rng_purpose purpose, void *data, size_t len)
{
    (void)ctx;
    memset(data, purpose == HAL_RNG_RISK ? 0x40 : 0x5A, len);
    return OK;
}

#endif
