/* A scripted card that speaks T=1 block by block, for the tests of core/icc/t1.c: what the terminal must send, and what
 * comes to it. cmocka is included before it. */
#ifndef POSBENCH_TESTS_CORE_ICC_T1_CARD_H
#define POSBENCH_TESTS_CORE_ICC_T1_CARD_H

#include "core/codec/hex.h"
#include "core/icc/t1.h"

#include <string.h>

#define ATR_T1 "3BE000FF81317C4192" /* EMV reference: IFSC 7C */
#define IFS                                                                                                            \
    {                                                                                                                  \
        "00C101FE", "00E101FE", 0, 1                                                                                   \
    }

/* Hex without LRC, which both sides add. `in` beginning with '!' is sent as it stands; NULL: `rc` instead. */
struct step {
    const char *out, *in;
    int rc;
    unsigned wtx; /* expected; 0 counts as 1 */
};

struct script {
    const struct step *step;
    size_t at;
    bool endless; /* the last step again and again */
};

static inline size_t decode(const char *text, uint8_t *out, size_t cap)
{
    size_t len;
    assert_int_equal(hex_decode(text, strlen(text), out, cap, &len), OK);
    return len;
}

static inline size_t with_lrc(const char *text, uint8_t *out, size_t cap)
{
    size_t len = decode(text, out, cap - 1);
    out[len] = 0;
    for (size_t i = 0; i < len; i++)
        out[len] ^= out[i];
    return len + 1;
}

static inline int transceive(void *ctx, const uint8_t *block, size_t len, unsigned wtx, uint8_t *answer, size_t cap,
                             size_t *answer_len)
{
    struct script *s = ctx;
    const struct step *step = &s->step[s->at];
    uint8_t expected[300];
    char seen[2 * T1_BLOCK_MAX + 1], wanted[2 * T1_BLOCK_MAX + 1];
    if (!step->out)
        fail_msg("a block more than the script has");
    size_t n = with_lrc(step->out, expected, sizeof expected);
    hex_encode(block, len, seen, sizeof seen);
    hex_encode(expected, n, wanted, sizeof wanted);
    assert_string_equal(seen, wanted);
    assert_int_equal(wtx, step->wtx ? step->wtx : 1);
    if (!s->endless || s->step[s->at + 1].out)
        s->at++;
    if (!step->in)
        return step->rc;
    *answer_len = *step->in == '!' ? decode(step->in + 1, answer, cap) : with_lrc(step->in, answer, cap);
    return OK;
}

static inline void reset(struct t1 *t, struct script *s, const char *atr_hex)
{
    const struct t1_carrier carrier = {transceive, s};
    uint8_t bytes[33];
    struct atr atr;
    const char *why;
    size_t len = decode(atr_hex, bytes, sizeof bytes);
    assert_int_equal(atr_parse(bytes, len, &atr, &why), OK);
    assert_int_equal(t1_reset(t, &carrier, &atr), OK);
}

static inline int apdu(struct t1 *t, const char *command, char text[600], size_t cap)
{
    uint8_t bytes[300], answer[300];
    size_t len = decode(command, bytes, sizeof bytes), got = 0;
    int rc = t1_exchange(t, bytes, len, answer, cap, &got);
    hex_encode(answer, rc == OK ? got : 0, text, 600);
    return rc;
}

/* One command after the reset. */
static inline void expect(const struct step *steps, const char *command, int rc, const char *answer)
{
    struct script s = {.step = steps};
    struct t1 t;
    char text[600];
    reset(&t, &s, ATR_T1);
    assert_int_equal(apdu(&t, command, text, 258), rc);
    assert_string_equal(text, answer);
    assert_null(steps[s.at].out);
}

#define EXPECT(command, rc, answer, ...) expect((const struct step[]){__VA_ARGS__, {0}}, command, rc, answer)
#define CMD "00B0000002"
#define I0 "000005" CMD
#define ANS "1122339000"
#define A0 "000005" ANS

#endif
