/*
 * T=1 at its limits (ISO 7816-3 11.6, EMV Book 1 9.2.4 and 9.2.5; DOMAIN 3.3): the longest blocks and answers, the
 * third transmission of each kind of block, and counts that begin anew with each new block.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/icc/t1_card.h"

#include <stdio.h>

/* `head` as hex, then bytes of INF: `len` times AA, the last two of them 9000 when `status`. */
static const char *block(char *out, const char *head, size_t len, bool status)
{
    size_t at = (size_t)sprintf(out, "%s%02X", head, (unsigned)len);
    for (size_t i = 0; i < len - (status ? 2 : 0); i++)
        at += (size_t)sprintf(out + at, "AA");
    sprintf(out + at, "%s", status ? "9000" : "");
    return out;
}

/* covers: 3.3 blocks, 3.3 chaining: INF of 254 bytes, an answer of 258 that fills the room to its last byte; one more
 * is too long, and the command after it is still in step */
static void test_longest_answer(void **state)
{
    (void)state;
    char one[600], two[600], three[600], text[600];
    const struct step whole[] = {
        IFS, {I0, block(one, "0020", 254, false), 0, 0}, {"009000", block(two, "0040", 4, true), 0, 0}, {0}};
    struct script s = {.step = whole};
    struct t1 t;
    reset(&t, &s, ATR_T1);
    assert_int_equal(apdu(&t, CMD, text, 258), OK);
    assert_int_equal(strlen(text), 2 * 258);
    assert_string_equal(text + 2 * 256, "9000");

    EXPECT(CMD, OK, block(three, "", 254, true) + 2, IFS, {I0, block(one, "0000", 254, true), 0, 0});

    const struct step more[] = {IFS,
                                {I0, block(one, "0020", 254, false), 0, 0},
                                {"009000", block(two, "0040", 5, true), 0, 0},
                                {"004005" CMD, "0000029000", 0, 0},
                                {0}};
    s = (struct script){.step = more};
    reset(&t, &s, ATR_T1);
    assert_int_equal(apdu(&t, CMD, text, 258), E_LIMIT);
    assert_int_equal(apdu(&t, CMD, text, 258), OK);
    assert_string_equal(text, "9000");
    assert_null(more[s.at].out);
}

/* covers: 3.3 blocks: 255 is no length; nor is more than IFSD says */
static void test_too_long_a_block(void **state)
{
    (void)state;
    char one[600];
    EXPECT(CMD, OK, ANS, IFS, {I0, block(one, "0000", 255, true), 0, 0}, {"008200", A0, 0, 0});
    const struct step steps[] = {{"00C10110", "00E10110", 0, 0},
                                 {I0, block(one, "0000", 17, true), 0, 0},
                                 {"008200", "000010AAAAAAAAAAAAAAAAAAAAAAAAAAAA9000", 0, 0},
                                 {0}};
    struct script s = {.step = steps};
    struct t1 t;
    char text[600];
    reset(&t, &s, ATR_T1);
    t.ifsd = 0x10;
    assert_int_equal(apdu(&t, CMD, text, 258), OK);
    assert_int_equal(strlen(text), 2 * 16);
}

#define IFSC_16                                                                                                        \
    IFS, {LONG_BLOCK, "00C10110", 0, 0},                                                                               \
    {                                                                                                                  \
        "00E10110", "008000", 0, 0                                                                                     \
    }
#define LONG "00DA000014000102030405060708090A0B0C0D0E0F10111213"
#define LONG_BLOCK "000019" LONG
#define CHAIN_1 "00201000DA000014000102030405060708090A"
#define CHAIN_2 "0040090B0C0D0E0F10111213"

/* covers: 3.3 errors, 3.3 chaining: three transmissions of one block, then it is over; each new block has its own */
static void test_three_transmissions(void **state)
{
    (void)state;
    EXPECT(LONG, OK, "9000", IFSC_16, {CHAIN_1, "008100", 0, 0}, {CHAIN_1, "009000", 0, 0}, {CHAIN_2, "009100", 0, 0},
           {CHAIN_2, "009200", 0, 0}, {CHAIN_2, "0000029000", 0, 0});
    EXPECT(LONG, HAL_E_PROTOCOL, "", IFSC_16, {CHAIN_1, "009000", 0, 0}, {CHAIN_2, "009100", 0, 0},
           {CHAIN_2, "009100", 0, 0}, {CHAIN_2, "009100", 0, 0}, {"00C000", "00E000", 0, 0});
    /* The command was wanted three times; the acknowledgement of a chained answer may be, too. */
    EXPECT(CMD, OK, "119000", IFS, {I0, "008100", 0, 0}, {I0, "008100", 0, 0}, {I0, "00200111", 0, 0},
           {"009000", "009100", 0, 0}, {"009000", "009100", 0, 0}, {"009000", "0040029000", 0, 0});
    EXPECT(CMD, HAL_E_PROTOCOL, "", IFS, {I0, "00200111", 0, 0}, {"009000", "009100", 0, 0}, {"009000", "009100", 0, 0},
           {"009000", "009100", 0, 0}, {"00C000", "00E000", 0, 0});
}

/* covers: 3.3 errors: invalid blocks are counted in a row; a good one in between begins anew */
static void test_failures_in_a_row(void **state)
{
    (void)state;
    const char *bad = "!000002900091";
    EXPECT(CMD, OK, "11229000", IFS, {I0, bad, 0, 0}, {"008100", bad, 0, 0}, {"008100", "00200111", 0, 0},
           {"009000", bad, 0, 0}, {"009100", bad, 0, 0}, {"009100", "00600122", 0, 0}, {"008000", bad, 0, 0},
           {"008100", bad, 0, 0}, {"008100", "0000029000", 0, 0});
    EXPECT(CMD, OK, ANS, IFS, {I0, bad, 0, 0}, {"008100", bad, 0, 0}, {"008100", "00C30101", 0, 0},
           {"00E30101", bad, 0, 1}, {"008100", bad, 0, 0}, {"008100", A0, 0, 0});
    EXPECT(LONG, OK, "9000", IFSC_16, {CHAIN_1, bad, 0, 0}, {"008100", bad, 0, 0}, {"008100", "009000", 0, 0},
           {CHAIN_2, bad, 0, 0}, {"008100", bad, 0, 0}, {"008100", "0000029000", 0, 0});
    EXPECT(CMD, OK, ANS, IFS, {I0, bad, 0, 0}, {"008100", bad, 0, 0}, {"008100", "008000", 0, 0}, {I0, bad, 0, 0},
           {"008100", bad, 0, 0}, {"008100", A0, 0, 0});
}

/* covers: 3.3 IFS: the smallest and largest size a card may tell, sizes that are none, requests of a wrong length */
static void test_sizes(void **state)
{
    (void)state;
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C101FE", 0, 0}, {"00E101FE", "008000", 0, 0}, {I0, A0, 0, 0});
    EXPECT(LONG, OK, "9000", IFS, {LONG_BLOCK, "00C10110", 0, 0}, {"00E10110", "00C1017C", 0, 0},
           {"00E1017C", "008000", 0, 0}, {LONG_BLOCK, "0000029000", 0, 0}); /* smaller, and larger again */
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C101FF", 0, 0}, {"008200", A0, 0, 0});
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C1020020", 0, 0}, {"008200", A0, 0, 0});
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C100", 0, 0}, {"008200", A0, 0, 0});
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C3020101", 0, 0}, {"008200", A0, 0, 0});
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C300", 0, 0}, {"008200", A0, 0, 0});
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C30001", 0, 0}, {"008200", A0, 0, 0}); /* more than its length says */
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C20101", 0, 0}, {"008200", A0, 0, 0}); /* an abort has no INF */
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C301FF", 0, 0}, {"00E301FF", A0, 0, 255});
    EXPECT(CMD, OK, ANS, IFS, {I0, "00C000", 0, 0}, {"008200", A0, 0, 0}); /* a card may not ask for it */
}

/* covers: 3.3 blocks: every PCB in place of the answer, with and without INF. Nothing but an I-block of the right
 * sequence brings data, and every other byte ends in the answer, in a new request or in the end of the exchange. */
static void test_every_pcb(void **state)
{
    (void)state;
    for (unsigned pcb = 0; pcb < 256; pcb++) {
        char wrong[20];
        for (unsigned len = 0; len < 3; len++) {
            if (pcb == 0x00 || pcb == 0x20 || (pcb == 0xC2 && len == 0))
                continue; /* what the other tests are about */
            sprintf(wrong, "00%02X%02X%.*s", pcb, len, 2 * (int)len, "3333");
            bool r = (pcb & 0xEC) == 0x80 && (pcb & 3) != 3 && len == 0;
            if ((pcb == 0xC1 || pcb == 0xC3) && len == 1) {
                char reply[20];
                sprintf(reply, "00%02X0133", pcb | 0x20);
                EXPECT(CMD, OK, ANS, IFS, {I0, wrong, 0, 0}, {reply, A0, 0, pcb == 0xC3 ? 0x33 : 1});
            } else if (r && !(pcb & 0x10)) {
                EXPECT(CMD, OK, ANS, IFS, {I0, wrong, 0, 0}, {I0, A0, 0, 0});
            } else {
                EXPECT(CMD, OK, ANS, IFS, {I0, wrong, 0, 0}, {"008200", A0, 0, 0});
            }
        }
    }
}

/* covers: 3.3 errors: EMV knows no S(RESYNCH) (Book 1 9.2.5): after the third failure nothing more is sent */
static void test_no_resynch(void **state)
{
    (void)state;
    const char *bad = "!000002900091";
    const struct step steps[] = {IFS, {I0, bad, 0, 0}, {"008100", bad, 0, 0}, {"008100", bad, 0, 0}, {0}};
    struct script s = {.step = steps};
    struct t1 t;
    char text[600];
    reset(&t, &s, ATR_T1);
    t.no_resynch = true;
    assert_int_equal(apdu(&t, CMD, text, 258), HAL_E_PROTOCOL);
    assert_null(steps[s.at].out);
    assert_int_equal(apdu(&t, CMD, text, 258), HAL_E_PROTOCOL);
}

/* covers: 3.1 TA3, 3.3 IFS: a card that takes blocks of 254 bytes is sent one */
static void test_largest_ifsc(void **state)
{
    (void)state;
    char command[2 * 254 + 1] = "00DA0000F9", out[600], text[600];
    for (size_t i = 0; i < 249; i++)
        strcat(command, "77");
    sprintf(out, "0000FE%s", command);
    const struct step steps[] = {IFS, {out, "0000029000", 0, 0}, {0}};
    struct script s = {.step = steps};
    struct t1 t;
    reset(&t, &s, "3BE000FF8131FE4110");
    assert_int_equal(apdu(&t, command, text, 258), OK);
    assert_null(steps[s.at].out);
}

/* covers: 3.3 dead card: an exchange that cannot be one */
static void test_refused(void **state)
{
    (void)state;
    struct script s = {.step = (const struct step[]){{0}}};
    struct t1 t;
    uint8_t answer[2];
    size_t len;
    reset(&t, &s, ATR_T1);
    assert_int_equal(t1_exchange(&t, (const uint8_t *)"", 0, answer, sizeof answer, &len), E_INVAL);
    assert_int_equal(t1_exchange(&t, (const uint8_t *)"\0", 1, answer, 1, &len), E_INVAL);
    t.inf_limit = 0;
    assert_int_equal(t1_exchange(&t, (const uint8_t *)"\0", 1, answer, sizeof answer, &len), E_INVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_longest_answer),
        cmocka_unit_test(test_too_long_a_block),
        cmocka_unit_test(test_three_transmissions),
        cmocka_unit_test(test_failures_in_a_row),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_every_pcb),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_resynch),
        cmocka_unit_test(test_largest_ifsc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
