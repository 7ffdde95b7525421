/* A scripted reader with a T=0 card in it, command by command, for the tests of core/icc/t0.c and icc.c. cmocka is
 * included before it. */
#ifndef POSBENCH_TESTS_CORE_ICC_T0_CARD_H
#define POSBENCH_TESTS_CORE_ICC_T0_CARD_H

#include "core/codec/hex.h"
#include "core/icc/icc.h"

#include <stdio.h>
#include <string.h>

#define ATR_T0 "3B600000"
#define ATR_T1 "3BE000FF81317C4192"
#define ATR_BAD "3B60FF00" /* TB1 not 00 */

struct step {
    const char *command, *answer; /* hex; NULL answer: `status` */
    int status;
};

struct script {
    const struct step *step; /* ends with a NULL command */
    size_t at;
    const char *cold, *warm;
    int cold_status;
    enum hal_reader_level level;
    int resets, offs;
    bool loop; /* the last step again and again */
};

static inline size_t decode(const char *text, uint8_t *out, size_t cap)
{
    size_t len;
    assert_int_equal(hex_decode(text, strlen(text), out, cap, &len), OK);
    return len;
}

static inline int level(void *ctx, enum hal_reader_level *out)
{
    *out = ((struct script *)ctx)->level;
    return OK;
}

static inline int power_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *len)
{
    struct script *s = ctx;
    s->resets++;
    if (!warm && s->cold_status)
        return s->cold_status;
    *len = decode(warm ? s->warm : s->cold, atr, HAL_ATR_MAX);
    return OK;
}

static inline int power_off(void *ctx)
{
    ((struct script *)ctx)->offs++;
    return OK;
}

static inline int exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                           size_t *answer_len)
{
    struct script *s = ctx;
    const struct step *step = &s->step[s->at];
    uint8_t expected[HAL_TPDU_MAX];
    (void)protocol;
    assert_non_null(step->command);
    assert_int_equal(len, decode(step->command, expected, sizeof expected));
    assert_memory_equal(command, expected, len);
    if (!s->loop || s->step[s->at + 1].command)
        s->at++;
    if (!step->answer)
        return step->status;
    *answer_len = decode(step->answer, answer, cap);
    return OK;
}

static const struct hal_reader_ops ops = {
    .level = level, .power_on = power_on, .power_off = power_off, .exchange = exchange};

static inline struct script script_of(const struct step *steps)
{
    return (struct script){.step = steps, .cold = ATR_T0, .warm = ATR_T0, .level = HAL_READER_TPDU};
}

/* Sends `command`; the answer as hex in `text`. */
static inline int send(struct script *s, const char *command, char text[2 * RAPDU_MAX + 1])
{
    struct hal hal = {.reader = {&ops, s}};
    struct icc icc;
    uint8_t bytes[APDU_MAX], answer[RAPDU_MAX];
    size_t len = decode(command, bytes, sizeof bytes), got = 0;
    assert_int_equal(icc_open(&icc, &hal), OK);
    int rc = icc_exchange(&icc, bytes, len, answer, sizeof answer, &got);
    hex_encode(answer, rc == OK ? got : 0, text, 2 * RAPDU_MAX + 1);
    icc_close(&icc);
    icc_close(&icc);
    assert_int_equal(s->offs, 1);
    return rc;
}

static inline void expect(const struct step *steps, const char *command, int rc, const char *answer)
{
    struct script s = script_of(steps);
    char text[2 * RAPDU_MAX + 1];
    assert_int_equal(send(&s, command, text), rc);
    assert_string_equal(text, answer);
    assert_null(steps[s.at].command);
}

#endif
