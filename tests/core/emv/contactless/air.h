/* A scripted card behind hal.contactless: every exchange is compared with its step. */
#ifndef POSBENCH_TESTS_CORE_EMV_CONTACTLESS_AIR_H
#define POSBENCH_TESTS_CORE_EMV_CONTACTLESS_AIR_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/hex.h"
#include "core/emv/contactless/contactless_internal.h"

#include <string.h>

struct air_step {
    const char *command, *answer; /* hex, NULL command: any; NULL answer: `status` instead */
    int status;
};

struct air {
    const struct air_step *step;
    struct hal hal;
    struct emv emv;
    struct emv_config config;
    struct contactless_config limits;
    struct emv_transaction transaction;
    struct contactless kernel;
    struct emv_dialogue dialogue;
    int intent; /* what it answers */
    unsigned intent_asked;
};

static inline int air_exchange(void *ctx, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                               size_t *answer_len)
{
    struct air *a = ctx;
    const struct air_step *step = a->step++;
    char text[2 * APDU_MAX + 1];
    assert_int_equal(hex_encode(command, len, text, sizeof text), OK);
    if (step->command)
        assert_string_equal(text, step->command);
    if (!step->answer)
        return step->status;
    assert_int_equal(hex_decode(step->answer, strlen(step->answer), answer, cap, answer_len), OK);
    return OK;
}

static inline int air_random(void *ctx, enum hal_rng_purpose purpose, void *data, size_t len)
{
    (void)ctx;
    assert_int_equal(purpose, HAL_RNG_UNPREDICTABLE_NUMBER);
    assert_int_equal(len, 4);
    memcpy(data, "\x2B\x29\xEB\xE4", 4);
    return OK;
}

static inline int air_intent(void *ctx)
{
    struct air *a = ctx;
    a->intent_asked++;
    return a->intent;
}

/* 0.01 on 2017-06-01 in China, the terminal of the recorded session; limits 5000.00, PIN from 1000.00. */
static inline void air_init(struct air *a, const struct air_step *steps)
{
    static const struct hal_contactless_ops contactless = {.exchange = air_exchange};
    static const struct hal_rng_ops rng = {.bytes = air_random};
    memset(a, 0, sizeof *a);
    a->step = steps;
    a->hal.contactless = (struct hal_contactless){&contactless, a};
    a->hal.rng = (struct hal_rng){&rng, a};
    a->config.aids = 1;
    a->config.aid[0] = (struct emv_aid){.aid = {0xA0, 0, 0, 3, 0x33, 1, 1}, .len = 7, .partial = true};
    memcpy(a->config.country, "\x01\x56", 2);
    memcpy(a->config.currency, "\x01\x56", 2);
    memcpy(a->limits.ttq, "\x36\x00\x00\x00", 4);
    a->limits.aid[0] = (struct contactless_limits){.limit = 500000, .cvm_limit = 100000};
    a->config.online_capable = true;
    a->transaction.amount_cents = 1;
    a->transaction.when = (struct hal_datetime){2017, 6, 1, 10, 0, 0};
    a->dialogue = (struct emv_dialogue){.ctx = a, .intent = air_intent};
    assert_int_equal(
        contactless_begin(&a->kernel, &a->emv, &a->hal, &a->config, &a->limits, &a->transaction, &a->dialogue), OK);
}

/* A whole tap. */
static inline int air_tap(struct air *a)
{
    int rc = contactless_read(&a->kernel);
    return rc == OK ? contactless_conclude(&a->kernel) : rc;
}

#endif
