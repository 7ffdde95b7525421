/*
 * T=0 and T=1 at character level against a scripted line: each step is what the terminal must send, or a character that
 * comes so many etu after the one before. Times are those of ISO 7816-3 and EMV Book 1 9.2, tested at the limit and one
 * etu past it; the S(IFS) pair and the ATRs are published vectors (DOMAIN 3.1, 3.3, appendix B).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/hex.h"
#include "core/icc/icc.h"

#include <stdio.h>
#include <string.h>

#define ATR_T0 "3B600000"
#define ATR_T0_FAST "3BF41300FFD0000A3F0300DEADBEEFDC"
#define ATR_T0_TWICE "3BF41200FFD0000A3F0300DEADBEEFDD" /* TA1 12: D = 2 */
#define ATR_T1 "3BE000FF81317C4192"
#define ATR_T1_FAST "3BF41300FF9101717C4100DEADBEEFE6"
#define ATR_T1_TWICE "3BF41200FF9101717C4100DEADBEEFE7"
#define CHARACTER 12
#define WWT (9600u + 480u)
#define BWT (16u * 960u + 11u)
#define BWT_T (BWT + 960u)
#define CWT_T (2u + 11u + 4u)

/* `out`: hex that is sent in one piece; else `in`: hex that comes, the first byte `etu` after the last character (0:
 * 30), the others `gap` apart (0: 12). `rc`: what the reader says instead. */
struct step {
    const char *out, *in;
    uint32_t etu, gap;
    int rc;
};

struct line_script {
    const struct step *step;
    size_t at, byte;
    const char *atr;
    unsigned rate;
    uint64_t now_us, edge_us;
    uint32_t least_turn; /* etu between the card's last character and what was sent next */
    bool heard;          /* the card spoke last */
    int offs, warm;
};

static uint64_t us_of(const struct line_script *s, uint32_t etu)
{
    return ((uint64_t)etu * 625 + 6 * s->rate - 1) / (6 * s->rate); /* 372 clocks at 3.5712 MHz: 625/6 us */
}

static size_t decode(const char *text, uint8_t *out, size_t cap)
{
    size_t len;
    assert_int_equal(hex_decode(text, strlen(text), out, cap, &len), OK);
    return len;
}

static int level(void *ctx, enum hal_reader_level *out)
{
    (void)ctx;
    *out = HAL_READER_CHARACTER;
    return OK;
}

static int power_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *len)
{
    struct line_script *s = ctx;
    s->warm += warm;
    *len = decode(s->atr, atr, HAL_ATR_MAX);
    s->edge_us = s->now_us;
    s->now_us += us_of(s, CHARACTER);
    s->heard = true;
    return OK;
}

static int power_off(void *ctx)
{
    ((struct line_script *)ctx)->offs++;
    return OK;
}

static int send(void *ctx, const uint8_t *bytes, size_t len)
{
    struct line_script *s = ctx;
    const struct step *step = &s->step[s->at];
    uint8_t expected[300];
    assert_non_null(step->out);
    if (s->heard) {
        uint32_t turn = (uint32_t)((s->now_us - s->edge_us) * 6 * s->rate / 625);
        if (turn < s->least_turn)
            s->least_turn = turn;
    }
    assert_int_equal(len, decode(step->out, expected, sizeof expected));
    assert_memory_equal(bytes, expected, len);
    s->edge_us = s->now_us + us_of(s, CHARACTER) * (len - 1);
    s->now_us = s->edge_us + us_of(s, CHARACTER);
    s->heard = false;
    s->at++;
    return step->rc;
}

static int receive(void *ctx, uint64_t deadline_us, uint8_t *byte)
{
    struct line_script *s = ctx;
    const struct step *step = &s->step[s->at];
    uint8_t bytes[300];
    if (step->rc && !step->out) {
        s->at++;
        return step->rc;
    }
    size_t len = step->in ? decode(step->in, bytes, sizeof bytes) : 0;
    uint32_t first = step->etu ? step->etu : 30, gap = step->gap ? step->gap : CHARACTER;
    uint64_t edge = s->edge_us + us_of(s, s->byte ? gap : first), over = edge + us_of(s, CHARACTER);
    if (len == 0 || over > deadline_us) {
        assert_true(deadline_us != HAL_FOREVER);
        s->now_us = s->now_us > deadline_us ? s->now_us : deadline_us;
        if (len) { /* nobody waits for the rest of it */
            s->at++;
            s->byte = 0;
        }
        return HAL_E_TIMEOUT;
    }
    *byte = bytes[s->byte++];
    s->edge_us = edge;
    s->now_us = over;
    s->heard = true;
    if (s->byte == len) {
        s->at++;
        s->byte = 0;
    }
    return OK;
}

static uint64_t now(void *ctx)
{
    return ((struct line_script *)ctx)->now_us;
}

static int wait_until(void *ctx, uint32_t sources, uint64_t deadline_us, unsigned flags, uint32_t *ready)
{
    struct line_script *s = ctx;
    assert_int_equal(sources | flags, 0);
    s->now_us = s->now_us > deadline_us ? s->now_us : deadline_us;
    *ready = 0;
    return HAL_E_TIMEOUT;
}

static const struct hal_reader_ops ops = {
    .level = level, .power_on = power_on, .power_off = power_off, .send = send, .receive = receive};
static const struct hal_clock_ops clock_ops = {.now = now};
static const struct hal_wait_ops wait_ops = {.wait = wait_until};

/* One command with a card of this ATR; every step must be used. `answer`: hex, NULL for none. */
static struct line_script play(const char *atr, unsigned rate, const struct step *steps, const char *command, int rc,
                               const char *answer)
{
    struct line_script s = {.step = steps, .atr = atr, .rate = rate, .now_us = 1000, .least_turn = UINT32_MAX};
    struct hal hal = {.reader = {&ops, &s}, .clock = {&clock_ops, &s}, .wait = {&wait_ops, &s}};
    struct icc icc;
    uint8_t bytes[APDU_MAX], got[RAPDU_MAX];
    char text[2 * RAPDU_MAX + 1];
    size_t len = decode(command, bytes, sizeof bytes), got_len = 0;
    assert_int_equal(icc_open(&icc, &hal), OK);
    assert_int_equal(s.warm, 0);
    assert_int_equal(icc_exchange(&icc, bytes, len, got, sizeof got, &got_len), rc);
    if (answer) {
        hex_encode(got, got_len, text, sizeof text);
        assert_string_equal(text, answer);
    }
    icc_close(&icc);
    assert_int_equal(s.offs, 1);
    assert_null(steps[s.at].out);
    assert_null(steps[s.at].in);
    return s;
}

static void t0(const struct step *steps, const char *command, int rc, const char *answer)
{
    play(ATR_T0, 1, steps, command, rc, answer);
}

/* ---- T=0 ---- */

/* covers: 3.2 cases, 3.2 procedure bytes */
static void all_four_cases(void **state)
{
    (void)state;
    t0((struct step[]){{.out = "0044000000"}, {.in = "9000"}, {0}}, "00440000", OK, "9000");
    t0((struct step[]){{.out = "00B2010C03"}, {.in = "B2AABBCC9000"}, {0}}, "00B2010C03", OK, "AABBCC9000");
    t0((struct step[]){{.out = "0082000002"}, {.in = "82"}, {.out = "AABB"}, {.in = "9000"}, {0}}, "0082000002AABB", OK,
       "9000");
    t0((struct step[]){{.out = "00A4040002"},
                       {.in = "A4"},
                       {.out = "3F00"},
                       {.in = "6103"},
                       {.out = "00C0000003"},
                       {.in = "C06F01009000"},
                       {0}},
       "00A40400023F0000", OK, "6F01009000");
    /* the example of DOMAIN 3.2: a record whose length is told by 6Cxx */
    t0((struct step[]){{.out = "00B2010C00"}, {.in = "6C02"}, {.out = "00B2010C02"}, {.in = "B270009000"}, {0}},
       "00B2010C00", OK, "70009000");
    t0((struct step[]){{.out = "0082000002"}, {.in = "6700"}, {0}}, "0082000002AABB", OK, "6700"); /* at the header */
}

/* covers: 3.2 procedure bytes */
static void one_byte_at_a_time_and_nulls(void **state)
{
    (void)state;
    t0(
        (struct step[]){
            {.out = "0082000002"}, {.in = "7D"}, {.out = "AA"}, {.in = "60607D"}, {.out = "BB"}, {.in = "609000"}, {0}},
        "0082000002AABB", OK, "9000");
    t0((struct step[]){{.out = "00B2010C03"}, {.in = "4DAA604DBBB2CC609000"}, {0}}, "00B2010C03", OK, "AABBCC9000");
}

/* covers: 3.2 cases: Le 00 is 256 bytes, all at once or one by one */
static void the_longest_answer(void **state)
{
    (void)state;
    char all[2 * 256 + 1] = "", in[2 * 260 + 1], singly[4 * 256 + 1] = "", answer[2 * 258 + 1];
    for (size_t i = 0; i < 256; i++) {
        memcpy(all + 2 * i, "5A", 3);
        memcpy(singly + 4 * i, "4D5A", 5);
    }
    snprintf(in, sizeof in, "B2%s9000", all);
    snprintf(answer, sizeof answer, "%s9000", all);
    t0((struct step[]){{.out = "00B2010C00"}, {.in = in}, {0}}, "00B2010C00", OK, answer);
    char part[4][4 * 64 + 1]; /* a step has room for 300 bytes */
    for (size_t i = 0; i < 4; i++)
        snprintf(part[i], sizeof part[i], "%.256s", singly + 256 * i);
    t0((struct step[]){{.out = "00B2010C00"},
                       {.in = part[0]},
                       {.in = part[1]},
                       {.in = part[2]},
                       {.in = part[3]},
                       {.in = "9000"},
                       {0}},
       "00B2010C00", OK, answer);
}

/* covers: 3.2 procedure bytes */
static void a_card_out_of_step_ends_it(void **state)
{
    (void)state;
    t0((struct step[]){{.out = "00B2010C03"}, {.in = "B3"}, {0}}, "00B2010C03", ICC_PROTOCOL, NULL);
    t0((struct step[]){{.out = "00B2010C01"}, {.in = "B2AAB2"}, {0}}, "00B2010C01", ICC_PROTOCOL, NULL);
    t0((struct step[]){{.out = "0082000001"}, {.in = "82"}, {.out = "AA"}, {.in = "82"}, {0}}, "0082000001AA",
       ICC_PROTOCOL, NULL);
    t0((struct step[]){{.out = "00B2010C01"}, {.rc = HAL_E_PROTOCOL}, {0}}, "00B2010C01", ICC_PROTOCOL, NULL);
    t0((struct step[]){{.out = "00B2010C01"}, {.rc = HAL_E_REMOVED}, {0}}, "00B2010C01", ICC_REMOVED, NULL);
    t0((struct step[]){{.out = "00B2010C01", .rc = HAL_E_IO}, {0}}, "00B2010C01", ICC_READER, NULL);
}

/* covers: 3.2 WWT */
static void work_waiting_time(void **state)
{
    (void)state;
    const struct {
        const char *atr;
        unsigned rate;
    } rates[] = {{ATR_T0, 1}, {ATR_T0_TWICE, 2}, {ATR_T0_FAST, 4}};
    for (size_t i = 0; i < 3; i++) {
        uint32_t limit = WWT * rates[i].rate; /* 960 D WI, and 480 D more */
        const char *atr = rates[i].atr;
        play(atr, rates[i].rate, (struct step[]){{.out = "0044000000"}, {.in = "9000", limit, 0, 0}, {0}}, "00440000",
             OK, "9000");
        play(atr, rates[i].rate, (struct step[]){{.out = "0044000000"}, {.in = "9000", limit + 1, 0, 0}, {0}},
             "00440000", ICC_MUTE, NULL);
        play(atr, rates[i].rate, (struct step[]){{.out = "0044000000"}, {.in = "9000", 0, limit, 0}, {0}}, "00440000",
             OK, "9000");
        play(atr, rates[i].rate, (struct step[]){{.out = "0044000000"}, {.in = "9000", 0, limit + 1, 0}, {0}},
             "00440000", ICC_MUTE, NULL);
        /* each NULL begins the time anew */
        play(atr, rates[i].rate, (struct step[]){{.out = "0044000000"}, {.in = "60609000", limit, limit, 0}, {0}},
             "00440000", OK, "9000");
    }
    t0((struct step[]){{.out = "0044000000"}, {0}}, "00440000", ICC_MUTE, NULL);
}

/* covers: 3.2 procedure bytes */
static void nulls_are_not_listened_to_for_ever(void **state)
{
    (void)state;
    struct step steps[80] = {{.out = "0044000000"}};
    for (size_t i = 1; i < 79; i++)
        steps[i] = (struct step){.in = "60", .etu = WWT}; /* more than the patience for one command */
    struct line_script s = {.step = steps, .atr = ATR_T0, .rate = 1};
    struct hal hal = {.reader = {&ops, &s}, .clock = {&clock_ops, &s}, .wait = {&wait_ops, &s}};
    struct icc icc;
    uint8_t answer[RAPDU_MAX];
    size_t len;
    assert_int_equal(icc_open(&icc, &hal), OK);
    assert_int_equal(icc_exchange(&icc, (const uint8_t *)"\0\x44\0\0", 4, answer, sizeof answer, &len), ICC_PROTOCOL);
    assert_true(s.at > 50 && s.at < 70);
    assert_in_range(s.now_us, LINE_PATIENCE_US, LINE_PATIENCE_US + 2000000);
    icc_close(&icc);
}

/* ---- T=1 ---- */

#define IFS                                                                                                            \
    {.out = "00C101FE3E"},                                                                                             \
    {                                                                                                                  \
        .in = "00E101FE1E"                                                                                             \
    }
#define COMMAND "00B2010C00"
#define COMMAND_BLOCK "00000500B2010C00BA"

static struct line_script t1(const struct step *steps, const char *command, int rc, const char *answer)
{
    return play(ATR_T1, 1, steps, command, rc, answer);
}

/* covers: 3.3 blocks, 3.3 IFS */
static void a_block_each_way(void **state)
{
    (void)state;
    struct line_script s =
        t1((struct step[]){IFS, {.out = COMMAND_BLOCK}, {.in = "000003AA900039"}, {0}}, COMMAND, OK, "AA9000");
    assert_int_equal(s.least_turn, 22); /* block guard time, and no idling beyond it */
    s = play(ATR_T0, 1,
             (struct step[]){{.out = "00B2010C00"}, {.in = "6C01"}, {.out = "00B2010C01"}, {.in = "B2AA9000"}, {0}},
             COMMAND, OK, "AA9000");
    assert_int_equal(s.least_turn, 16);
}

/* covers: 3.3 BWT, 3.3 CWT */
static void waiting_times(void **state)
{
    (void)state;
    const char *answer = "000003AA900039";
    const struct {
        const char *atr;
        unsigned rate;
    } rates[] = {{ATR_T1, 1}, {ATR_T1_TWICE, 2}, {ATR_T1_FAST, 4}};
    for (size_t i = 0; i < 3; i++) {
        unsigned rate = rates[i].rate;
        uint32_t bwt = (16u * 960u + 960u) * rate + 11u; /* 2^BWI 960 372 D/F + 11, and 960 D more */
        play(rates[i].atr, rate, (struct step[]){IFS, {.out = COMMAND_BLOCK}, {.in = answer, bwt, CWT_T, 0}, {0}},
             COMMAND, OK, "AA9000");
        play(rates[i].atr, rate,
             (struct step[]){
                 IFS, {.out = COMMAND_BLOCK}, {.in = answer, bwt + 1, 0, 0}, {.out = "00820082"}, {.in = answer}, {0}},
             COMMAND, OK, "AA9000");
        play(
            rates[i].atr, rate,
            (struct step[]){
                IFS, {.out = COMMAND_BLOCK}, {.in = answer, 0, CWT_T + 1, 0}, {.out = "00820082"}, {.in = answer}, {0}},
            COMMAND, OK, "AA9000");
    }
}

/* covers: 3.3 WTX */
static void time_extension(void **state)
{
    (void)state;
    const char *answer = "000003AA900039";
    t1((struct step[]){IFS,
                       {.out = COMMAND_BLOCK},
                       {.in = "00C30103C1"},
                       {.out = "00E30103E1"},
                       {.in = answer, 3 * BWT + 960, 0, 0},
                       {0}},
       COMMAND, OK, "AA9000");
    t1((struct step[]){IFS,
                       {.out = COMMAND_BLOCK},
                       {.in = "00C30103C1"},
                       {.out = "00E30103E1"},
                       {.in = answer, 3 * BWT + 961, 0, 0},
                       {.out = "00820082"},
                       {.in = answer},
                       {0}},
       COMMAND, OK, "AA9000");
    /* it holds for one block */
    t1((struct step[]){IFS,
                       {.out = COMMAND_BLOCK},
                       {.in = "00C30103C1"},
                       {.out = "00E30103E1"},
                       {.in = "000003AA900038"},
                       {.out = "00810081"},
                       {.in = answer, BWT_T + 1, 0, 0},
                       {.out = "00820082"},
                       {.in = answer},
                       {0}},
       COMMAND, OK, "AA9000");
}

/* covers: 3.3 errors */
static void three_failures_deactivate(void **state)
{
    (void)state;
    t1((struct step[]){IFS,
                       {.out = COMMAND_BLOCK},
                       {.in = "000003AA900038"},
                       {.out = "00810081"},
                       {.in = "000003AA900038"},
                       {.out = "00810081"},
                       {.in = "000003AA900038"},
                       {0}},
       COMMAND, ICC_PROTOCOL, NULL); /* and no S(RESYNCH) */
    struct step silent[] = {IFS,
                            {.out = COMMAND_BLOCK},
                            {.in = "FF", UINT32_MAX / 700, 0, 0},
                            {.out = "00820082"},
                            {.in = "FF", UINT32_MAX / 700, 0, 0},
                            {.out = "00820082"},
                            {.in = "FF", UINT32_MAX / 700, 0, 0},
                            {0}};
    t1(silent, COMMAND, ICC_MUTE, NULL);
    t1((struct step[]){IFS, {.out = COMMAND_BLOCK}, {.in = "00C200C2"}, {0}}, COMMAND, ICC_PROTOCOL, NULL);
}

/* covers: 3.3 errors. After a wrong LRC the terminal does not talk into what may still be coming. */
static void waits_for_silence_after_a_broken_block(void **state)
{
    (void)state;
    t1((struct step[]){IFS,
                       {.out = COMMAND_BLOCK},
                       {.in = "000003AA900038AABBCC"},
                       {.out = "00810081"},
                       {.in = "000003AA900039"},
                       {0}},
       COMMAND, OK, "AA9000");
    /* a length that says too little: the LRC is taken for wrong, the rest is drained */
    t1(
        (struct step[]){
            IFS, {.out = COMMAND_BLOCK}, {.in = "000001AA900039"}, {.out = "00810081"}, {.in = "000003AA900039"}, {0}},
        COMMAND, OK, "AA9000");
    /* one that says too much: nothing comes any more */
    t1((struct step[]){IFS,
                       {.out = COMMAND_BLOCK},
                       {.in = "0000FFAA900039"},
                       {.in = "00", 18, 0, 0},
                       {.out = "00820082"},
                       {.in = "000003AA900039"},
                       {0}},
       COMMAND, OK, "AA9000");
}

/* covers: 3.1 TC3 */
static void a_card_that_asks_for_crc_is_refused(void **state)
{
    (void)state;
    struct line_script s = {.step = (const struct step[]){{0}}, .atr = "3BE000FF81717C4101D3", .rate = 1};
    struct hal hal = {.reader = {&ops, &s}, .clock = {&clock_ops, &s}, .wait = {&wait_ops, &s}};
    struct icc icc;
    assert_int_equal(icc_open(&icc, &hal), ICC_BAD_ATR);
    assert_int_equal(s.warm, 1);
    assert_int_equal(s.offs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_four_cases),
        cmocka_unit_test(one_byte_at_a_time_and_nulls),
        cmocka_unit_test(the_longest_answer),
        cmocka_unit_test(a_card_out_of_step_ends_it),
        cmocka_unit_test(work_waiting_time),
        cmocka_unit_test(nulls_are_not_listened_to_for_ever),
        cmocka_unit_test(a_block_each_way),
        cmocka_unit_test(waiting_times),
        cmocka_unit_test(time_extension),
        cmocka_unit_test(three_failures_deactivate),
        cmocka_unit_test(waits_for_silence_after_a_broken_block),
        cmocka_unit_test(a_card_that_asks_for_crc_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
