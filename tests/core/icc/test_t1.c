/*
 * T=1 against a scripted card, block by block. The sequences are the situations of ISO 7816-3 annex A (error-free and
 * with errors) in EMV's form; the S(IFS) pair and the reference ATR are published vectors (DOMAIN 3.1, 3.3).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/icc/t1_card.h"

/* N(S) alternates on both sides; S(IFS) once. */
/* covers: 3.3 blocks */
static void test_plain(void **state)
{
    (void)state;
    const struct step steps[] = {
        IFS, {I0, A0, 0, 0}, {"004005" CMD, "0040026A82", 0, 0}, {I0, "0000029000", 0, 0}, {0}};
    struct script s = {.step = steps};
    struct t1 t;
    char text[600];
    reset(&t, &s, ATR_T1);
    assert_int_equal(apdu(&t, CMD, text, 258), OK);
    assert_string_equal(text, ANS);
    assert_int_equal(apdu(&t, CMD, text, 258), OK);
    assert_string_equal(text, "6A82");
    assert_int_equal(apdu(&t, CMD, text, 258), OK);
    assert_string_equal(text, "9000");
    assert_null(steps[s.at].out);
}

/* covers: 3.3 IFS */
static void test_golden_ifs(void **state)
{
    (void)state;
    const struct step steps[] = {{"00C101FE", "!00E101FE1E", 0, 0}, {I0, A0, 0, 0}, {0}};
    struct script s = {.step = steps};
    struct t1 t;
    char text[600];
    reset(&t, &s, ATR_T1);
    assert_int_equal(t.ifsc, 0x7C);
    assert_int_equal(apdu(&t, CMD, text, 258), OK);
}

/* covers: 3.3 WTX */
static void test_time_extension(void **state)
{
    (void)state;
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C30105", 0, 0}, {"00E30105", "00C30102", 0, 5}, {"00E30102", A0, 0, 2});
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C30100", 0, 0}, {"008200", A0, 0, 0}); /* times nothing is no time */
}

/* The card makes its blocks 16 bytes; the next command is chained. */
/* covers: 3.3 chaining */
static void test_chaining_out(void **state)
{
    (void)state;
    const char *long_command = "00DA000014000102030405060708090A0B0C0D0E0F10111213";
    EXPECT(long_command, OK, "9000", IFS,
           {"00001900DA000014000102030405060708090A0B0C0D0E0F10111213", "00C10110", 0, 0}, {"00E10110", "008000", 0, 0},
           {"00201000DA000014000102030405060708090A", "009000", 0, 0},
           {"0040090B0C0D0E0F10111213", "0000029000", 0, 0});
    /* An I-block where only R may come. */
    EXPECT(long_command, OK, "9000", IFS,
           {"00001900DA000014000102030405060708090A0B0C0D0E0F10111213", "00C10110", 0, 0}, {"00E10110", "008000", 0, 0},
           {"00201000DA000014000102030405060708090A", "0000029000", 0, 0}, {"008200", "009000", 0, 0},
           {"0040090B0C0D0E0F10111213", "0000029000", 0, 0});
}

/* covers: 3.3 chaining */
static void test_chaining_in(void **state)
{
    (void)state;
    EXPECT(CMD, OK, "1122339000", IFS, {I0, "00200111", 0, 0}, {"009000", "0060022233", 0, 0},
           {"008000", "0000029000", 0, 0});
    /* Our acknowledgement is lost: the card asks for it. */
    EXPECT(CMD, OK, "119000", IFS, {I0, "00200111", 0, 0}, {"009000", "009000", 0, 0}, {"009000", "0040029000", 0, 0});
}

/* covers: 3.3 errors */
static void test_errors_mended(void **state)
{
    (void)state;
    EXPECT(CMD, OK, ANS, IFS, {I0, "!000002900091", 0, 0}, {"008100", A0, 0, 0});  /* wrong LRC: R with EDC error */
    EXPECT(CMD, OK, ANS, IFS, {I0, NULL, HAL_E_TIMEOUT, 0}, {"008200", A0, 0, 0}); /* silence */
    EXPECT(CMD, OK, ANS, IFS, {I0, NULL, HAL_E_MUTE, 0}, {"008200", "008000", 0, 0}, {I0, A0, 0, 0});
    EXPECT(CMD, OK, ANS, IFS, {I0, "0040029000", 0, 0}, {"008200", A0, 0, 0}); /* wrong N(S) */
    EXPECT(CMD, OK, ANS, IFS, {I0, "008100", 0, 0}, {I0, A0, 0, 0});           /* the card asks again */
    EXPECT(CMD, OK, ANS, IFS, {I0, "009000", 0, 0}, {"008200", A0, 0, 0});     /* acknowledges no chain */
    EXPECT(CMD, OK, ANS, IFS, {I0, "!", 0, 0}, {"008200", "!00", 0, 0}, {"008200", A0, 0, 0});
    EXPECT(CMD, OK, ANS, IFS, {I0, "!000005900095", 0, 0}, {"008200", A0, 0, 0}); /* LEN says more than came */
    EXPECT(CMD, OK, ANS, IFS, {I0, "120005" ANS, 0, 0}, {"008200", A0, 0, 0});    /* NAD */
    EXPECT(CMD, OK, ANS, IFS, {I0, "0001029000", 0, 0}, {"008200", A0, 0, 0});    /* PCB: reserved bits */
    EXPECT(CMD, OK, ANS, IFS, {I0, "00830111", 0, 0}, {"008200", A0, 0, 0});      /* R with INF and error 3 */
    EXPECT(CMD, OK, ANS, IFS, {I0, "00E00111", 0, 0}, {"008200", A0, 0, 0});      /* a response nobody asked for */
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C1010F", 0, 0}, {"008200", A0, 0, 0});      /* IFSC under 10 */
    EXPECT(CMD, OK, ANS, {"00C101FE", "!FF", 0, 0}, {"00C101FE", NULL, HAL_E_MUTE, 0}, IFS, {I0, A0, 0, 0});
}

#define RESYNCH                                                                                                        \
    {                                                                                                                  \
        "00C000", "00E000", 0, 0                                                                                       \
    }

/* Three tries, then RESYNCH; the command is not sent again, and the next one begins at 0 with S(IFS). */
/* covers: 3.3 errors */
static void test_three_errors(void **state)
{
    (void)state;
    const char *bad = "!000002900091";
    EXPECT(CMD, HAL_E_PROTOCOL, "", IFS, {I0, bad, 0, 0}, {"008100", bad, 0, 0}, {"008100", bad, 0, 0}, RESYNCH);
    EXPECT(CMD, HAL_E_MUTE, "", IFS, {I0, NULL, HAL_E_MUTE, 0}, {"008200", NULL, HAL_E_MUTE, 0},
           {"008200", NULL, HAL_E_MUTE, 0}, RESYNCH);
    EXPECT(CMD, HAL_E_PROTOCOL, "", IFS, {I0, "008100", 0, 0}, {I0, "008100", 0, 0}, {I0, "008100", 0, 0}, RESYNCH);
    const struct step steps[] = {
        IFS, {I0, bad, 0, 0}, {"008100", bad, 0, 0}, {"008100", bad, 0, 0}, RESYNCH, IFS, {I0, A0, 0, 0}, {0}};
    struct script s = {.step = steps};
    struct t1 t;
    char text[600];
    reset(&t, &s, ATR_T1);
    assert_int_equal(apdu(&t, CMD, text, 258), HAL_E_PROTOCOL);
    assert_int_equal(apdu(&t, CMD, text, 258), OK);
    assert_string_equal(text, ANS);
}

/* covers: 3.3 dead card */
static void test_dead(void **state)
{
    (void)state;
    const char *bad = "!000002900091";
    const struct step no_resynch[] = {IFS,
                                      {I0, bad, 0, 0},
                                      {"008100", bad, 0, 0},
                                      {"008100", bad, 0, 0},
                                      {"00C000", bad, 0, 0},
                                      {"00C000", bad, 0, 0},
                                      {"00C000", NULL, HAL_E_MUTE, 0},
                                      {0}};
    const struct step aborted[] = {IFS, {I0, "00C200", 0, 0}, {0}};
    const struct step carrier[] = {IFS, {I0, NULL, HAL_E_IO, 0}, {0}};
    const struct step no_ifs[] = {
        {"00C101FE", "0000029000", 0, 0}, {"00C101FE", "00E101FD", 0, 0}, {"00C101FE", "00C101FE", 0, 0}, {0}};
    const struct {
        const struct step *steps;
        int rc;
    } table[] = {
        {no_resynch, HAL_E_PROTOCOL}, {aborted, HAL_E_PROTOCOL}, {carrier, HAL_E_IO}, {no_ifs, HAL_E_PROTOCOL}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct script s = {.step = table[i].steps};
        struct t1 t;
        char text[600];
        reset(&t, &s, ATR_T1);
        assert_int_equal(apdu(&t, CMD, text, 258), table[i].rc);
        assert_null(table[i].steps[s.at].out);
        assert_int_equal(apdu(&t, CMD, text, 258), HAL_E_PROTOCOL); /* nothing more is sent */
    }
}

/* covers: 3.3 chaining */
static void test_too_long(void **state)
{
    (void)state;
    char text[600];
    struct t1 t;
    const struct step last[] = {IFS, {I0, A0, 0, 0}, {"004005" CMD, "0040029000", 0, 0}, {0}};
    struct script s = {.step = last};
    reset(&t, &s, ATR_T1);
    assert_int_equal(apdu(&t, CMD, text, 4), E_LIMIT);
    assert_int_equal(apdu(&t, CMD, text, 4), OK); /* still in step */
    const struct step chained[] = {IFS, {I0, "002005" ANS, 0, 0}, RESYNCH, IFS, {I0, "0000029000", 0, 0}, {0}};
    s = (struct script){.step = chained};
    reset(&t, &s, ATR_T1);
    assert_int_equal(apdu(&t, CMD, text, 4), E_LIMIT);
    assert_int_equal(apdu(&t, CMD, text, 4), OK);
    EXPECT(CMD, HAL_E_PROTOCOL, "", IFS, {I0, "00000190", 0, 0}); /* no status bytes */
}

/* Storms end: empty chained blocks, and time extensions. */
/* covers: 3.3 storms */
static void test_storms(void **state)
{
    (void)state;
    const struct step wtx[] = {IFS, {I0, "00C30101", 0, 0}, {"00E30101", "00C30101", 0, 1}, {0}};
    struct script s = {.step = wtx, .endless = true};
    struct t1 t;
    char text[600];
    reset(&t, &s, ATR_T1);
    assert_int_equal(apdu(&t, CMD, text, 258), HAL_E_PROTOCOL);
    const struct step asks[] = {IFS, {I0, "008000", 0, 0}, {I0, "008000", 0, 0}, {I0, "008000", 0, 0}, RESYNCH, {0}};
    s = (struct script){.step = asks};
    reset(&t, &s, ATR_T1);
    assert_int_equal(apdu(&t, CMD, text, 258), HAL_E_PROTOCOL);
}

/* covers: 3.3 IFS */
static void test_limits_of_the_carrier(void **state)
{
    (void)state;
    const struct step steps[] = {
        {"00C10120", "00E10120", 0, 0}, {"00200400B00000", "009000", 0, 0}, {"00400102", A0, 0, 0}, {0}};
    struct script s = {.step = steps};
    struct t1 t;
    char text[600];
    reset(&t, &s, ATR_T1);
    t.ifsd = 0x20;
    t.inf_limit = 4;
    assert_int_equal(apdu(&t, CMD, text, 258), OK);
    assert_string_equal(text, ANS);
    assert_int_equal(t1_exchange(&t, NULL, 0, NULL, 258, NULL), E_INVAL);
}

/* covers: 3.1 T=1 parameters */
static void test_atr_refused(void **state)
{
    (void)state;
    const struct t1_carrier carrier = {transceive, NULL};
    struct atr atr = {.protocol = 1, .ifsc = 32};
    struct t1 t;
    assert_int_equal(t1_reset(&t, &carrier, &atr), OK);
    atr.has_c = 1 << 3;
    atr.tc[3] = 1; /* CRC */
    assert_int_equal(t1_reset(&t, &carrier, &atr), E_FORMAT);
    atr.tc[3] = 0;
    atr.ifsc = 0;
    assert_int_equal(t1_reset(&t, &carrier, &atr), E_FORMAT);
    atr.ifsc = 255;
    assert_int_equal(t1_reset(&t, &carrier, &atr), E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_golden_ifs),
        cmocka_unit_test(test_time_extension),
        cmocka_unit_test(test_chaining_out),
        cmocka_unit_test(test_chaining_in),
        cmocka_unit_test(test_errors_mended),
        cmocka_unit_test(test_three_errors),
        cmocka_unit_test(test_dead),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_storms),
        cmocka_unit_test(test_limits_of_the_carrier),
        cmocka_unit_test(test_atr_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
