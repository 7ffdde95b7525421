/* Directories of the payment system environment, one inside the other (EMV Book 1 12.2.3, 12.3.2). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

#define AID_1 "A000000333010101"
#define AID_2 "A000000333010102"
#define DDF_A "D1560000AA"
#define DDF_B "D1560000BB"
#define DEBI "44454249"
#define CRED "43524544"
#define SELECT_PSE "00A404000E" FAKE_PSE_NAME "00"
#define PSE_FCI "6F15840E" FAKE_PSE_NAME "A5038801019000"
#define SELECT_DDF(name) "00A4040005" name "00"
/* Of 4F or 9D with a name, in template 61. */
#define ADF(aid, label) "61134F08" aid "5004" label "870101"
#define DDF(name) "61079D05" name
#define RECORD(sfi_byte, n) "00B20" n sfi_byte "00"
#define LIST_FCI(aid, label) "6F158408" aid "A5095004" label "8701019000"

static struct fake_terminal terminal;

static int run(struct fake_card *card, const struct fake_step *steps, size_t count)
{
    memset(card, 0, sizeof *card);
    memcpy(card->step, steps, count * sizeof *steps);
    fake_setup(&terminal, card);
    assert_int_equal(
        emv_begin(&terminal.emv, &terminal.hal, &terminal.config, &terminal.transaction, &terminal.dialogue), OK);
    return emv_select(&terminal.emv);
}
#define RUN(card, ...)                                                                                                 \
    run(card, (struct fake_step[]){__VA_ARGS__}, sizeof((struct fake_step[]){__VA_ARGS__}) / sizeof(struct fake_step))

static void done(struct fake_card *card)
{
    assert_null(card->step[card->at].command);
    emv_end(&terminal.emv);
}

/* covers: DOMAIN 2.3 */
static void test_a_directory_below_the_pse(void **state)
{
    (void)state;
    struct fake_card card;
    assert_int_equal(RUN(&card, {SELECT_PSE, PSE_FCI, 0},
                         {RECORD("0C", "1"), "701E" DDF(DDF_A) ADF(AID_1, DEBI) "9000", 0},
                         {RECORD("0C", "2"), "6A83", 0}, {SELECT_DDF(DDF_A), "6F0C8405" DDF_A "A5038801029000", 0},
                         {RECORD("14", "1"), "7015" ADF(AID_2, CRED) "9000", 0}, {RECORD("14", "2"), "6A83", 0},
                         {"00A4040008" AID_1 "00", LIST_FCI(AID_1, DEBI), 0}),
                     OK);
    assert_int_equal(terminal.emv.candidates, 2);
    done(&card);
}

/* Two that name each other and the PSE: each is read once. */
static void test_a_circle_ends(void **state)
{
    (void)state;
    struct fake_card card;
    assert_int_equal(RUN(&card, {SELECT_PSE, PSE_FCI, 0}, {RECORD("0C", "1"), "7009" DDF(DDF_A) "9000", 0},
                         {RECORD("0C", "2"), "6A83", 0}, {SELECT_DDF(DDF_A), "6F0C8405" DDF_A "A5038801029000", 0},
                         {RECORD("14", "1"),
                          "70246110"
                          "9D0E" FAKE_PSE_NAME DDF(DDF_A) DDF(DDF_B) "9000",
                          0},
                         {RECORD("14", "2"), "6A83", 0}, {SELECT_DDF(DDF_B), "6F0C8405" DDF_B "A5038801039000", 0},
                         {RECORD("1C", "1"), "701E" DDF(DDF_A) ADF(AID_1, DEBI) "9000", 0},
                         {RECORD("1C", "2"), "6A83", 0}, {"00A4040008" AID_1 "00", LIST_FCI(AID_1, DEBI), 0}),
                     OK);
    assert_int_equal(terminal.emv.candidates, 1);
    done(&card);
}

/* A directory that cannot be selected, answers under another name or names no file of 1 to 10 is passed over. */
static void test_a_lost_directory_is_passed_over(void **state)
{
    (void)state;
    const char *answers[] = {"6A82",
                             "6283",
                             "9000",
                             "6F0C8405" DDF_B "A5038801029000",
                             "6F0C8405" DDF_A "A50388010B9000",
                             "6F0C8405" DDF_A "A5038801009000"};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct fake_card card;
        assert_int_equal(RUN(&card, {SELECT_PSE, PSE_FCI, 0},
                             {RECORD("0C", "1"), "701E" DDF(DDF_A) ADF(AID_1, DEBI) "9000", 0},
                             {RECORD("0C", "2"), "6A83", 0}, {SELECT_DDF(DDF_A), answers[i], 0},
                             {"00A4040008" AID_1 "00", LIST_FCI(AID_1, DEBI), 0}),
                         OK);
        done(&card);
    }
}

static void test_a_blocked_card_says_so_below_too(void **state)
{
    (void)state;
    struct fake_card card;
    assert_int_equal(RUN(&card, {SELECT_PSE, PSE_FCI, 0}, {RECORD("0C", "1"), "7009" DDF(DDF_A) "9000", 0},
                         {RECORD("0C", "2"), "6A83", 0}, {SELECT_DDF(DDF_A), "6A81", 0}),
                     EMV_CARD_BLOCKED);
    done(&card);
}

/* One malformed directory spoils what the others named: the list of AIDs decides. */
static void test_a_malformed_directory_below(void **state)
{
    (void)state;
    const char *records[] = {"7015" ADF(AID_2, CRED) "00"
                                                     "9000",
                             "6982",
                             "70066104"
                             "4F02A0009000",
                             "70056103"
                             "9D01D19000"};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        struct fake_card card;
        assert_int_equal(
            RUN(&card, {SELECT_PSE, PSE_FCI, 0}, {RECORD("0C", "1"), "701E" DDF(DDF_A) ADF(AID_1, DEBI) "9000", 0},
                {RECORD("0C", "2"), "6A83", 0}, {SELECT_DDF(DDF_A), "6F0C8405" DDF_A "A5038801029000", 0},
                {RECORD("14", "1"), records[i], 0}, {"00A4040005A00000033300", LIST_FCI(AID_2, CRED), 0},
                {"00A4040205A00000033300", "6A82", 0}, {"00A4040008" AID_2 "00", LIST_FCI(AID_2, CRED), 0}),
            OK);
        done(&card);
    }
}

/* No more directories than the terminal has room for, and no more records than one directory could have. */
static void test_bounds(void **state)
{
    (void)state;
    struct fake_card card = {.lenient = true, .any_record = true};
    card.step[0] = (struct fake_step){SELECT_PSE, PSE_FCI, 0};
    card.step[1] = (struct fake_step){RECORD("0C", "1"),
                                      "7051" DDF("D15600AA01") DDF("D15600AA02") DDF("D15600AA03") DDF("D15600AA04")
                                          DDF("D15600AA05") DDF("D15600AA06") DDF("D15600AA07") DDF("D15600AA08")
                                              DDF("D15600AA09") "9000",
                                      0};
    fake_setup(&terminal, &card);
    assert_int_equal(
        emv_begin(&terminal.emv, &terminal.hal, &terminal.config, &terminal.transaction, &terminal.dialogue), OK);
    assert_int_equal(emv_select(&terminal.emv), EMV_CHIP_ERROR); /* 6D00 to everything else */
    emv_end(&terminal.emv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_directory_below_the_pse),       cmocka_unit_test(test_a_circle_ends),
        cmocka_unit_test(test_a_lost_directory_is_passed_over), cmocka_unit_test(test_a_blocked_card_says_so_below_too),
        cmocka_unit_test(test_a_malformed_directory_below),     cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
