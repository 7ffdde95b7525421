/* Application selection (EMV Book 1 section 12): directory, list of AIDs, blocked applications, priorities, choice. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

#define PSE "00A404000E" FAKE_PSE_NAME "00"
#define PSE_FCI "6F15840E" FAKE_PSE_NAME "A5038801019000"
#define AID_1 "A000000333010101"
#define AID_2 "A000000333010102"
#define SELECT(p2, lc, aid) "00A404" p2 lc aid "00"
/* FCI of an application with a label of 4 letters and a priority; `more` is not counted. */
#define FCI(aid, label, priority) "6F158408" aid "A5095004" label "8701" priority "9000"
#define ENTRY(aid, label, priority) "61134F08" aid "5004" label "8701" priority
#define DEBI "44454249"
#define CRED "43524544"

static struct fake_terminal terminal;

static int select_with(struct fake_card *card, const struct fake_step *steps, size_t count)
{
    memset(card, 0, sizeof *card);
    memcpy(card->step, steps, count * sizeof *steps);
    fake_setup(&terminal, card);
    int rc = emv_begin(&terminal.emv, &terminal.hal, &terminal.config, &terminal.transaction, &terminal.dialogue);
    return rc == OK ? emv_select(&terminal.emv) : rc;
}
#define SELECT_WITH(card, ...)                                                                                         \
    select_with(card, (struct fake_step[]){__VA_ARGS__},                                                               \
                sizeof((struct fake_step[]){__VA_ARGS__}) / sizeof(struct fake_step))

static void done(struct fake_card *card)
{
    assert_null(card->step[card->at].command); /* all that was scripted was asked for */
    emv_end(&terminal.emv);
}

/* covers: DOMAIN 2.3 */
static void test_partial_name(void **state)
{
    (void)state;
    struct fake_card card;
    assert_int_equal(SELECT_WITH(&card, {PSE, "6A82", 0}, {SELECT("00", "05", "A000000333"), FCI(AID_1, DEBI, "02"), 0},
                                 {SELECT("02", "05", "A000000333"), "6283", 0},
                                 {SELECT("02", "05", "A000000333"), FCI(AID_2, CRED, "01"), 0},
                                 {SELECT("02", "05", "A000000333"), "6A82", 0},
                                 {SELECT("00", "08", AID_2), FCI(AID_2, CRED, "01"), 0}),
                     OK);
    assert_int_equal(terminal.emv.candidates, 2);
    assert_int_equal(terminal.emv.blocked, 1);
    assert_true(terminal.emv.selected);
    assert_string_equal(card.shown, "CRED");
    assert_object(&terminal.emv, 0x9F06, AID_2);
    assert_object(&terminal.emv, 0x84, AID_2);
    done(&card);
}

/* A card that cannot SELECT NEXT says "function not supported": no block, and the first application stands. */
/* covers: 2.3 SELECT next */
static void test_no_select_next(void **state)
{
    (void)state;
    struct fake_card card;
    assert_int_equal(SELECT_WITH(&card, {PSE, "6A82", 0}, {SELECT("00", "05", "A000000333"), FCI(AID_1, DEBI, "02"), 0},
                                 {SELECT("02", "05", "A000000333"), "6A81", 0},
                                 {SELECT("00", "08", AID_1), FCI(AID_1, DEBI, "02"), 0}),
                     OK);
    assert_object(&terminal.emv, 0x84, AID_1);
    done(&card);
}

/* covers: 2.3 partial names */
static void test_partial_name_not_allowed(void **state)
{
    (void)state;
    struct fake_card card = {0};
    fake_setup(&terminal, &card);
    card.step[0] = (struct fake_step){PSE, "6A82", 0};
    card.step[1] = (struct fake_step){SELECT("00", "05", "A000000333"), FCI(AID_1, DEBI, "02"), 0};
    terminal.config.aid[0].partial = false;
    assert_int_equal(emv_begin(&terminal.emv, &terminal.hal, &terminal.config, &terminal.transaction, NULL), OK);
    assert_int_equal(emv_select(&terminal.emv), EMV_NOT_ACCEPTED);
    done(&card);
}

/* covers: 2.3 empty list */
static void test_empty_list_reasons(void **state)
{
    (void)state;
    const struct {
        const char *answer;
        int rc;
    } rows[] = {
        {"6A82", EMV_NOT_ACCEPTED},
        {"6A83", EMV_NOT_ACCEPTED},
        {"6A81", EMV_CARD_BLOCKED},
        {"6D00", EMV_CHIP_ERROR},
        {"9000", EMV_CHIP_ERROR},
        {"6F159000", EMV_CHIP_ERROR},
        {FCI("B000000333010101", DEBI, "01"), EMV_CHIP_ERROR},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fake_card card;
        assert_int_equal(SELECT_WITH(&card, {PSE, "6D00", 0}, {SELECT("00", "05", "A000000333"), rows[i].answer, 0}),
                         rows[i].rc);
        done(&card);
    }
}

/* covers: DOMAIN 2.3 */
static void test_blocked_pse_goes_to_list(void **state)
{
    (void)state;
    struct fake_card card;
    assert_int_equal(SELECT_WITH(&card, {PSE, "6283", 0}, {SELECT("00", "05", "A000000333"), "6A82", 0}),
                     EMV_NOT_ACCEPTED);
    done(&card);
}

/* covers: DOMAIN 2.3 */
static void test_directory_priorities(void **state)
{
    (void)state;
    struct fake_card card;
    assert_int_equal(SELECT_WITH(&card, {PSE, PSE_FCI, 0},
                                 {"00B2010C00", "702A" ENTRY(AID_1, DEBI, "03") ENTRY(AID_2, CRED, "01") "9000", 0},
                                 {"00B2020C00", "6A83", 0}, {SELECT("00", "08", AID_2), FCI(AID_2, CRED, "01"), 0}),
                     OK);
    done(&card);
}

/* covers: 2.3 malformed directory */
static void test_foreign_and_malformed_directories(void **state)
{
    (void)state;
    const char *records[] = {
        "702A" ENTRY("B000000333010101", DEBI, "03")
            ENTRY("B000000333010102", CRED, "01") "9000", /* nothing in common */
        "71159000",
        "9000",
        "7003610250009000",
        "70056103"
        "4F01A09000",
        "6F00",
    };
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        struct fake_card card;
        struct fake_step steps[] = {
            {PSE, PSE_FCI, 0},
            {"00B2010C00", records[i], 0},
            {SELECT("00", "05", "A000000333"), FCI(AID_1, DEBI, "02"), 0},
            {SELECT("02", "05", "A000000333"), "6A82", 0},
            {SELECT("00", "08", AID_1), FCI(AID_1, DEBI, "02"), 0},
            {0},
        };
        if (i == 0) { /* a good directory is read to its end */
            memmove(&steps[3], &steps[2], 3 * sizeof *steps);
            steps[2] = (struct fake_step){"00B2020C00", "6A83", 0};
        }
        assert_int_equal(select_with(&card, steps, sizeof steps / sizeof *steps), OK);
        done(&card);
    }
}

/* covers: DOMAIN 2.3 */
static void test_final_select_falls_back_on_next(void **state)
{
    (void)state;
    const char *refusals[] = {"6283", "6A82", FCI(AID_1, CRED, "01"), "9000"};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct fake_card card;
        assert_int_equal(SELECT_WITH(&card, {PSE, PSE_FCI, 0},
                                     {"00B2010C00", "702A" ENTRY(AID_1, DEBI, "03") ENTRY(AID_2, CRED, "01") "9000", 0},
                                     {"00B2020C00", "6A83", 0}, {SELECT("00", "08", AID_2), refusals[i], 0},
                                     {SELECT("00", "08", AID_1), FCI(AID_1, DEBI, "03"), 0}),
                         OK);
        assert_string_equal(card.shown, "DEBI");
        done(&card);
    }
}

/* covers: 2.3 confirmation */
static void test_confirmation_without_a_way_to_ask(void **state)
{
    (void)state;
    struct fake_card card;
    assert_int_equal(SELECT_WITH(&card, {PSE, PSE_FCI, 0},
                                 {"00B2010C00", "702A" ENTRY(AID_1, DEBI, "03") ENTRY(AID_2, CRED, "81") "9000", 0},
                                 {"00B2020C00", "6A83", 0}, {SELECT("00", "08", AID_1), FCI(AID_1, DEBI, "03"), 0}),
                     OK);
    done(&card);
    assert_int_equal(SELECT_WITH(&card, {PSE, PSE_FCI, 0}, {"00B2010C00", "7015" ENTRY(AID_2, CRED, "81") "9000", 0},
                                 {"00B2020C00", "6A83", 0}),
                     EMV_NOT_ACCEPTED);
    done(&card);
}

static int choose_with(struct fake_card *card, size_t choice, int choice_rc)
{
    memset(card, 0, sizeof *card);
    fake_setup(&terminal, card);
    terminal.dialogue.choose = fake_choose;
    card->choice = choice;
    card->choice_rc = choice_rc;
    card->step[0] = (struct fake_step){PSE, PSE_FCI, 0};
    card->step[1] =
        (struct fake_step){"00B2010C00", "702A" ENTRY(AID_1, DEBI, "00") ENTRY(AID_2, CRED, "81") "9000", 0};
    card->step[2] = (struct fake_step){"00B2020C00", "6A83", 0};
    card->step[3] = (struct fake_step){SELECT("00", "08", AID_1), FCI(AID_1, DEBI, "00"), 0};
    assert_int_equal(
        emv_begin(&terminal.emv, &terminal.hal, &terminal.config, &terminal.transaction, &terminal.dialogue), OK);
    return emv_select(&terminal.emv);
}

/* covers: 2.3 choice */
static void test_cardholder_chooses(void **state)
{
    (void)state;
    struct fake_card card;
    assert_int_equal(choose_with(&card, 1, OK), OK);
    assert_int_equal(card.offered, 2);
    assert_string_equal(card.name[0], "CRED"); /* priority 1 before none */
    assert_string_equal(card.name[1], "DEBI");
    assert_string_equal(card.shown, "DEBI");
    done(&card);
    assert_int_equal(choose_with(&card, 0, HAL_E_CANCELLED), EMV_CANCELLED);
    emv_end(&terminal.emv);
    assert_int_equal(choose_with(&card, 2, OK), E_INVAL);
    emv_end(&terminal.emv);
}

/* Label with a sign that may not be shown: the AID stands in; preferred name only with a known code table. */
/* covers: 2.3 preferred name and label */
static void test_names(void **state)
{
    (void)state;
    const struct {
        const char *fci, *shown;
    } rows[] = {
        {"6F158408" AID_1 "A5095004"
         "4445422D"
         "870101"
         "9000",
         AID_1},
        {"6F208408" AID_1 "A5145004" DEBI "870101"
         "9F110101"
         "9F12044E414D45"
         "9000",
         "NAME"},
        {"6F208408" AID_1 "A5145004" DEBI "870101"
         "9F110105"
         "9F12044E414D45"
         "9000",
         "DEBI"},
        {"6F208408" AID_1 "A5145004" DEBI "870101"
         "9F110101"
         "9F12044E41E945"
         "9000",
         "NA\xC3\xA9"
         "E"},
        {"6F208408" AID_1 "A5145004" DEBI "870101"
         "9F110101"
         "9F12044E410945"
         "9000",
         "DEBI"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fake_card card;
        assert_int_equal(SELECT_WITH(&card, {PSE, "6A82", 0}, {SELECT("00", "05", "A000000333"), rows[i].fci, 0},
                                     {SELECT("02", "05", "A000000333"), "6A82", 0},
                                     {SELECT("00", "08", AID_1), rows[i].fci, 0}),
                         OK);
        assert_string_equal(card.shown, rows[i].shown);
        done(&card);
    }
}

/* 9F40 says which sets the display has: byte 5 sets 1 (bit 1) to 8, byte 4 sets 9 and 10. */
/* covers: 2.3 preferred name, code table */
static void test_character_sets(void **state)
{
    (void)state;
    static const struct {
        const char *set, *name;
        uint8_t sets[2];
        const char *shown;
    } rows[] = {
        {"05", "BAE0E2D0", {0, 0x10}, "\xD0\x9A\xD1\x80\xD1\x82\xD0\xB0"},
        {"05", "BAE0E2D0", {0xFF, 0xEF}, "DEBI"},
        {"07", "C1E4CAE1", {0, 0x40}, "\xCE\x91\xCE\xB4\xCE\x9A\xCE\xB1"},
        {"07", "C1E4D2E1", {0, 0x40}, "DEBI"}, /* D2 is not assigned in part 7 */
        {"08", "E0E1E2E3", {0, 0x80}, "\xD7\x90\xD7\x91\xD7\x92\xD7\x93"},
        {"09", "4E41DD45", {0x01, 0}, "NA\xC4\xB0\x45"},
        {"09", "4E41DD45", {0xFE, 0xFF}, "DEBI"},
        {"0A", "BDBDBDBD", {0x02, 0}, "\xE2\x80\x95\xE2\x80\x95\xE2\x80\x95\xE2\x80\x95"},
        {"0A", "BDBDBDBD", {0xFD, 0xFF}, "DEBI"},
        {"0B", "4E414D45", {0xFF, 0xFF}, "DEBI"},
        {"00", "4E414D45", {0xFF, 0xFF}, "DEBI"},
        {"01", "4E41AD45", {0, 0x01}, "DEBI"}, /* a soft hyphen is not seen */
        {"01", "4E417F45", {0, 0x01}, "DEBI"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fake_card card = {0};
        char fci[90];
        snprintf(fci, sizeof fci, "6F208408" AID_1 "A5145004" DEBI "8701019F1101%s9F1204%s9000", rows[i].set,
                 rows[i].name);
        card.step[0] = (struct fake_step){PSE, "6A82", 0};
        card.step[1] = (struct fake_step){SELECT("00", "05", "A000000333"), fci, 0};
        card.step[2] = (struct fake_step){SELECT("02", "05", "A000000333"), "6A82", 0};
        card.step[3] = (struct fake_step){SELECT("00", "08", AID_1), fci, 0};
        fake_setup(&terminal, &card);
        memcpy(terminal.config.additional + 3, rows[i].sets, 2);
        assert_int_equal(
            emv_begin(&terminal.emv, &terminal.hal, &terminal.config, &terminal.transaction, &terminal.dialogue), OK);
        assert_int_equal(emv_select(&terminal.emv), OK);
        if (strcmp(card.shown, rows[i].shown) != 0)
            fail_msg("row %zu: \"%s\"", i, card.shown);
        done(&card);
    }
}

/* SELECT NEXT goes on behind any warning, whether or not it names an application; only 9000 adds one. covers:
 * DOMAIN 2.3
 */
static void test_select_next_goes_on_behind_warnings(void **state)
{
    (void)state;
    const char *warnings[] = {"6283", "6200", "6300", "6310", "6F158408" AID_2 "A5095004" CRED "8701016200"};
    for (size_t i = 0; i < sizeof warnings / sizeof *warnings; i++) {
        struct fake_card card;
        assert_int_equal(SELECT_WITH(&card, {PSE, "6A82", 0},
                                     {SELECT("00", "05", "A000000333"), FCI(AID_1, DEBI, "02"), 0},
                                     {SELECT("02", "05", "A000000333"), warnings[i], 0},
                                     {SELECT("02", "05", "A000000333"), FCI("A000000333010103", DEBI, "01"), 0},
                                     {SELECT("02", "05", "A000000333"), "6A82", 0},
                                     {SELECT("00", "08", "A000000333010103"), FCI("A000000333010103", DEBI, "01"), 0}),
                         OK);
        assert_int_equal(terminal.emv.candidates, 2);
        done(&card);
    }
}

/* A SELECT by name is answered with 9000 or 6283, or this AID is not there: no SELECT NEXT. */
/* covers: 2.3 AID list */
static void test_other_warnings_to_a_name_add_nothing(void **state)
{
    (void)state;
    const char *answers[] = {"6285", "6300", "6F158408" AID_1 "A5095004" DEBI "8701016285"};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct fake_card card;
        assert_int_equal(SELECT_WITH(&card, {PSE, "6A82", 0}, {SELECT("00", "05", "A000000333"), answers[i], 0}),
                         EMV_CHIP_ERROR);
        done(&card);
    }
}

static int confirm(void *ctx, const char *name)
{
    struct fake_card *card = ctx;
    snprintf(card->name[0], sizeof card->name[0], "%s", name);
    card->offered = 1;
    return card->choice_rc;
}

/* The only application with b8 of 87 is confirmed; what is left over after a choice is offered like the choice. */
/* covers: 2.3 confirmation */
static void test_confirmation(void **state)
{
    (void)state;
    for (int refused = 0; refused < 2; refused++) {
        struct fake_card card = {.choice_rc = refused ? HAL_E_CANCELLED : OK};
        fake_setup(&terminal, &card);
        terminal.dialogue.choose = fake_choose;
        terminal.dialogue.confirm = confirm;
        card.step[0] = (struct fake_step){PSE, "6A82", 0};
        card.step[1] = (struct fake_step){SELECT("00", "05", "A000000333"), FCI(AID_1, DEBI, "81"), 0};
        card.step[2] = (struct fake_step){SELECT("02", "05", "A000000333"), "6A82", 0};
        if (!refused)
            card.step[3] = (struct fake_step){SELECT("00", "08", AID_1), FCI(AID_1, DEBI, "81"), 0};
        assert_int_equal(
            emv_begin(&terminal.emv, &terminal.hal, &terminal.config, &terminal.transaction, &terminal.dialogue), OK);
        assert_int_equal(emv_select(&terminal.emv), refused ? EMV_CANCELLED : OK);
        assert_string_equal(card.name[0], "DEBI");
        done(&card);
    }
}

/* 6985 to GET PROCESSING OPTIONS: the other application is taken, and the directory is not read again. */
/* covers: 2.4 6985, 2.3 reselect */
static void test_reselect(void **state)
{
    (void)state;
    struct fake_card card;
    assert_int_equal(SELECT_WITH(&card, {PSE, PSE_FCI, 0},
                                 {"00B2010C00", "702A" ENTRY(AID_1, DEBI, "03") ENTRY(AID_2, CRED, "01") "9000", 0},
                                 {"00B2020C00", "6A83", 0}, {SELECT("00", "08", AID_2), FCI(AID_2, CRED, "01"), 0},
                                 {"80A8000002830000", "6985", 0},
                                 {SELECT("00", "08", AID_1), FCI(AID_1, DEBI, "03"), 0},
                                 {"80A8000002830000", "6985", 0}),
                     OK);
    assert_int_equal(emv_initiate(&terminal.emv), EMV_RESELECT);
    assert_int_equal(emv_select(&terminal.emv), OK);
    assert_object(&terminal.emv, 0x50, DEBI);
    assert_int_equal(emv_initiate(&terminal.emv), EMV_RESELECT);
    assert_int_equal(emv_select(&terminal.emv), EMV_NOT_ACCEPTED);
    done(&card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_select_next),
        cmocka_unit_test(test_partial_name),
        cmocka_unit_test(test_partial_name_not_allowed),
        cmocka_unit_test(test_empty_list_reasons),
        cmocka_unit_test(test_blocked_pse_goes_to_list),
        cmocka_unit_test(test_directory_priorities),
        cmocka_unit_test(test_foreign_and_malformed_directories),
        cmocka_unit_test(test_final_select_falls_back_on_next),
        cmocka_unit_test(test_confirmation_without_a_way_to_ask),
        cmocka_unit_test(test_cardholder_chooses),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_character_sets),
        cmocka_unit_test(test_select_next_goes_on_behind_warnings),
        cmocka_unit_test(test_other_warnings_to_a_name_add_nothing),
        cmocka_unit_test(test_confirmation),
        cmocka_unit_test(test_reselect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
