/*
 * Application selection where one condition alone decides (EMV Book 1 12.3 and 12.4; DOMAIN 2.3): names that are longer
 * than the terminal's, with and without leave; the longest of several that match; a preferred name without its code
 * table; priorities that tie.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

#define PSE "00A404000E" FAKE_PSE_NAME "00"
#define PSE_FCI "6F15840E" FAKE_PSE_NAME "A5038801019000"
#define NO_MORE                                                                                                        \
    {                                                                                                                  \
        "00B2020C00", "6A83", 0                                                                                        \
    }
#define SELECT(lc, aid) "00A40400" lc aid "00"
#define FIRST "A000000333010101"
#define SECOND "A000000333010102"
#define LONGEST "A0000003330101010102030405060708"
#define DENI "9F120444454E49"

static struct fake_terminal terminal;
static struct fake_card card;

static void script(const struct fake_step *steps, size_t count)
{
    card = (struct fake_card){0};
    memcpy(card.step, steps, count * sizeof *steps);
    fake_setup(&terminal, &card);
}
#define SCRIPT(...)                                                                                                    \
    script((struct fake_step[]){__VA_ARGS__}, sizeof((struct fake_step[]){__VA_ARGS__}) / sizeof(struct fake_step))

static int choose(void)
{
    assert_int_equal(
        emv_begin(&terminal.emv, &terminal.hal, &terminal.config, &terminal.transaction, &terminal.dialogue), OK);
    return emv_select(&terminal.emv);
}

static void done(void)
{
    assert_null(card.step[card.at].command);
    emv_end(&terminal.emv);
}

/* covers: 2.3 partial names: an entry of the directory with a longer name counts only with the terminal's leave */
static void test_longer_name_in_the_directory(void **state)
{
    (void)state;
    const char *entry = "700C610A4F08" FIRST "9000";
    SCRIPT({PSE, PSE_FCI, 0}, {"00B2010C00", entry, 0}, NO_MORE, {SELECT("05", "A000000333"), "6A82", 0});
    terminal.config.aid[0].partial = false;
    assert_int_equal(choose(), EMV_NOT_ACCEPTED);
    done();
    SCRIPT({PSE, PSE_FCI, 0}, {"00B2010C00", entry, 0}, NO_MORE,
           {SELECT("08", FIRST),
            "6F118408" FIRST "A5055003414243"
            "9000",
            0});
    assert_int_equal(choose(), OK);
    assert_object(&terminal.emv, 0x84, FIRST);
    done();
}

/* covers: 2.3 AID list: of several AIDs that match, the longest has the parameters, wherever it stands */
static void test_longest_match(void **state)
{
    (void)state;
    for (size_t longest = 0; longest < 3; longest++) {
        SCRIPT({PSE, PSE_FCI, 0}, {"00B2010C00", "700C610A4F08" FIRST "9000", 0}, NO_MORE,
               {SELECT("08", FIRST),
                "6F118408" FIRST "A5055003414243"
                "9000",
                0});
        const struct emv_aid any = terminal.config.aid[0];
        for (size_t i = 0; i < 3; i++) {
            terminal.config.aid[i] = any;
            terminal.config.aid[i].len = (uint8_t)(i == longest ? 7 : i < longest ? 6 - i : 5 + i % 2);
            fake_hex(FIRST, terminal.config.aid[i].aid, 16);
            terminal.config.aid[i].version[1] = (uint8_t)i;
        }
        terminal.config.aids = 3;
        assert_int_equal(choose(), OK);
        assert_int_equal(terminal.emv.aid->version[1], longest);
        done();
    }
}

/* covers: 2.3 partial names: an AID that may not be partial is passed over, and the one behind it is not */
static void test_next_one_matches(void **state)
{
    (void)state;
    SCRIPT({PSE, PSE_FCI, 0},
           {"00B2010C00",
            "70146112"
            "4F10" LONGEST "9000",
            0},
           NO_MORE,
           {SELECT("10", LONGEST),
            "6F198410" LONGEST "A5055003414243"
            "9000",
            0});
    terminal.config.aid[1] = terminal.config.aid[0];
    terminal.config.aid[0].partial = false;
    terminal.config.aids = 2;
    assert_int_equal(choose(), OK);
    assert_object(&terminal.emv, 0x84, LONGEST); /* sixteen bytes, as many as a name can have */
    assert_ptr_equal(terminal.emv.aid, &terminal.config.aid[1]);
    done();
}

/* covers: 2.3 directory: an application stands in template 61, and nowhere else */
static void test_other_templates_in_the_directory(void **state)
{
    (void)state;
    SCRIPT({PSE, PSE_FCI, 0}, {"00B2010C00", "700C730A4F08" FIRST "9000", 0}, NO_MORE,
           {SELECT("05", "A000000333"), "6A82", 0});
    assert_int_equal(choose(), EMV_NOT_ACCEPTED);
    done();
}

/* covers: 2.2 status words, 2.3 directory: with another word than 9000 behind it the directory is none, whatever it
 * says */
static void test_directory_with_a_wrong_word(void **state)
{
    (void)state;
    static const char *const words[] = {"6200", "6281", "6283", "6300", "6985", "6A82", "6F00", "9001"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char fci[60], record[60];
        snprintf(fci, sizeof fci, "%.46s%s", PSE_FCI, words[i]);
        snprintf(record, sizeof record, "700C610A4F08" FIRST "%s", words[i]);
        SCRIPT({PSE, fci, 0}, {SELECT("05", "A000000333"), "6A82", 0});
        assert_int_equal(choose(), EMV_NOT_ACCEPTED);
        done();
        SCRIPT({PSE, PSE_FCI, 0}, {"00B2010C00", record, 0}, {SELECT("05", "A000000333"), "6A82", 0});
        assert_int_equal(choose(), EMV_NOT_ACCEPTED);
        done();
    }
}

/* covers: 2.3 SELECT next, 2.3 empty list: what ends the search for partial names says nothing about the chip */
static void test_end_of_partial_names(void **state)
{
    (void)state;
    static const char *const ends[] = {"6A82", "6A83", "6D00", "6F00", "6A81", "6985", "9000"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        SCRIPT({PSE, "6A82", 0},
               {SELECT("05", "A000000333"),
                "6F118408" FIRST "A5055003414243"
                "9000",
                0},
               {"00A4040205A00000033300", ends[i], 0}, {SELECT("08", FIRST), "6A82", 0});
        assert_int_equal(choose(), EMV_NOT_ACCEPTED);
        done();
    }
}

/* covers: 2.3 names: a label that is none, or longer than sixteen letters, gives way to the AID */
static void test_length_of_labels(void **state)
{
    (void)state;
    for (unsigned len = 0; len <= 18; len++) {
        char fci[120];
        int at = sprintf(fci, "6F%02X8408" FIRST "A5%02X50%02X", 14 + len, 2 + len, len);
        for (unsigned i = 0; i < len; i++)
            at += sprintf(fci + at, "41");
        strcpy(fci + at, "9000");
        SCRIPT({PSE, "6A82", 0}, {SELECT("05", "A000000333"), fci, 0}, {"00A4040205A00000033300", "6A82", 0},
               {SELECT("08", FIRST), fci, 0});
        assert_int_equal(choose(), OK);
        if (len == 0 || len > 16)
            assert_string_equal(card.shown, FIRST);
        else
            assert_int_equal(strspn(card.shown, "A"), len);
        done();
    }
}

/* covers: 2.3 preferred name, code table: without 9F11 nobody knows the letters of 9F12 */
static void test_no_code_table(void **state)
{
    (void)state;
    static const char *const fcis[] = {
        "6F1C8408" FIRST "A510500444454249" DENI "9F11009000",     /* of no length */
        "6F198408" FIRST "A50D500444454249" DENI "9000",           /* none */
        "6F1E8408" FIRST "A512500444454249" DENI "9F110201019000", /* of two bytes */
        "6F1D8408" FIRST "A511500444454249" DENI "9F1101009000",   /* that there is not */
    };
    for (size_t i = 0; i < sizeof fcis / sizeof *fcis; i++) {
        SCRIPT({PSE, "6A82", 0}, {SELECT("05", "A000000333"), fcis[i], 0}, {"00A4040205A00000033300", "6A82", 0},
               {SELECT("08", FIRST), fcis[i], 0});
        assert_int_equal(choose(), OK);
        assert_string_equal(card.shown, "DEBI");
        done();
    }
}

/* covers: 2.3 priority: equals are taken in the order in which they were found, none at all comes last */
static void test_priorities(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        bool second_wins;
    } rows[] = {
        {"870101", "870102", false}, {"870102", "870101", true},
        {"870102", "870102", false}, {"870100", "87010F", true},
        {"87010F", "870100", false}, {"870150", "87010F", true},  /* bits 5 to 7 are nothing */
        {"50014E", "870102", true},  {"87010F", "50014E", false}, /* none */
        {"870171", "870102", false}, {"870181", "870102", true},  /* who could confirm? */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char record[120], fci[80];
        const char *winner = rows[i].second_wins ? SECOND : FIRST;
        snprintf(record, sizeof record, "701E610D4F08" FIRST "%s610D4F08" SECOND "%s9000", rows[i].first,
                 rows[i].second);
        snprintf(fci, sizeof fci, "6F118408%sA50550034142439000", winner);
        char select[40];
        snprintf(select, sizeof select, "00A4040008%s00", winner);
        SCRIPT({PSE, PSE_FCI, 0}, {"00B2010C00", record, 0}, NO_MORE, {select, fci, 0});
        assert_int_equal(choose(), OK);
        assert_object(&terminal.emv, 0x84, winner);
        done();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_longer_name_in_the_directory),
        cmocka_unit_test(test_longest_match),
        cmocka_unit_test(test_next_one_matches),
        cmocka_unit_test(test_other_templates_in_the_directory),
        cmocka_unit_test(test_directory_with_a_wrong_word),
        cmocka_unit_test(test_end_of_partial_names),
        cmocka_unit_test(test_length_of_labels),
        cmocka_unit_test(test_no_code_table),
        cmocka_unit_test(test_priorities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
