/* The transaction log in the card (EMV Book 3 annex D): where it is, what a record holds, where it ends. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/emv/card_log.h"
#include "tests/core/emv/fake_card.h"

#define GET_FORMAT "80CA9F4F00"
#define FORMAT "9F4F0D9A039F21039F02069F4E049C019000" /* 9A 9F21 9F02 9F4E 9C */
#define ENTRY(date, time, cents, name) date time cents name "00"
#define ENTRY_1 ENTRY("260614", "183005", "000000012900", "53484F50")

static struct fake_terminal terminal;

static int read_log(struct fake_card *card, const char *where, const struct fake_step *steps, size_t count,
                    struct emv_log *log)
{
    memset(card, 0, sizeof *card);
    memcpy(card->step, steps, count * sizeof *steps);
    fake_setup(&terminal, card);
    struct emv *e = fake_chosen(&terminal);
    if (where)
        fake_put(e, 0x9F4D, where);
    int rc = emv_read_log(e, log);
    assert_null(card->step[card->at].command);
    emv_end(e);
    return rc;
}
#define READ(card, where, log, ...)                                                                                    \
    read_log(card, where, (struct fake_step[]){__VA_ARGS__},                                                           \
             sizeof((struct fake_step[]){__VA_ARGS__}) / sizeof(struct fake_step), log)

/* covers: DOMAIN 2.12 */
static void test_entries_are_read_to_the_end(void **state)
{
    (void)state;
    struct fake_card card;
    struct emv_log log;
    assert_int_equal(READ(&card, "0B0A", &log, {GET_FORMAT, FORMAT, 0}, {"00B2015C00", ENTRY_1 "9000", 0},
                          {"00B2025C00", "26130118300A00000000450041FF2020019000", 0}, {"00B2035C00", "6A83", 0}),
                     OK);
    assert_int_equal(log.count, 2);
    assert_string_equal(log.entry[0].date, "260614");
    assert_string_equal(log.entry[0].time, "183005");
    assert_string_equal(log.entry[0].merchant, "SHOP");
    assert_true(log.entry[0].has_amount);
    assert_int_equal(log.entry[0].amount_cents, 12900);
    assert_string_equal(log.entry[1].time, ""); /* no digits */
    assert_string_equal(log.entry[1].merchant, "A");
    assert_int_equal(log.entry[1].type, 1);
}

/* The format of PBOC cards: date, time, amounts, country, currency, merchant, type, counter (DOMAIN 2.12, from memory).
 */
/* covers: 2.12 log format */
static void test_the_usual_format(void **state)
{
    (void)state;
    struct fake_card card;
    struct emv_log log;
    assert_int_equal(READ(&card, "0B0A", &log,
                          {GET_FORMAT, "9F4F199A039F21039F02069F03069F1A025F2A029F4E149C019F36029000", 0},
                          {"00B2015C00",
                           "260614"
                           "183005"
                           "000000012900"
                           "000000000000"
                           "0156"
                           "0156"
                           "504F5342454E43482054455354202020202020FF"
                           "31"
                           "0021"
                           "9000",
                           0},
                          {"00B2025C00", "6A83", 0}),
                     OK);
    assert_int_equal(log.count, 1);
    assert_string_equal(log.entry[0].date, "260614");
    assert_string_equal(log.entry[0].time, "183005");
    assert_int_equal(log.entry[0].amount_cents, 12900);
    assert_string_equal(log.entry[0].merchant, "POSBENCH TEST");
    assert_int_equal(log.entry[0].type, 0x31);
    assert_int_equal(log.entry[0].atc, 0x21);
}

/* What a format leaves out stays empty. */
/* covers: 2.12 log format */
static void test_a_short_format(void **state)
{
    (void)state;
    struct fake_card card;
    struct emv_log log;
    assert_int_equal(READ(&card, "1E01", &log, {GET_FORMAT, "9F4F029A039000", 0}, {"00B201F400", "2606149000", 0}), OK);
    assert_string_equal(log.entry[0].date, "260614");
    assert_string_equal(log.entry[0].time, "");
    assert_string_equal(log.entry[0].merchant, "");
    assert_false(log.entry[0].has_amount);
}

static void test_the_entry_object_says_how_many(void **state)
{
    (void)state;
    struct fake_card card;
    struct emv_log log;
    assert_int_equal(READ(&card, "0B01", &log, {GET_FORMAT, FORMAT, 0}, {"00B2015C00", ENTRY_1 "9000", 0}), OK);
    assert_int_equal(log.count, 1);
    assert_int_equal(READ(&card, "0B00", &log, {GET_FORMAT, FORMAT, 0}), OK);
    assert_int_equal(log.count, 0);
}

static void test_no_log(void **state)
{
    (void)state;
    const char *where[] = {NULL, "0A0A", "1F0A", "0B", "0B0A0A"}; /* absent; files 10 and 31; not two bytes */
    struct fake_card card;
    struct emv_log log;
    for (size_t i = 0; i < sizeof where / sizeof *where; i++)
        assert_int_equal(READ(&card, where[i], &log, {0}), E_NOTFOUND);
    assert_int_equal(READ(&card, "0B0A", &log, {GET_FORMAT, "6A88", 0}), E_NOTFOUND);
}

static void test_malformed_logs(void **state)
{
    (void)state;
    const char *formats[] = {"9F4F029F029000", "9F4F009000", "9000", "9F4F039A03FF9000",
                             "9F36020001"
                             "9000"};
    struct fake_card card;
    struct emv_log log;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        assert_int_equal(READ(&card, "0B0A", &log, {GET_FORMAT, formats[i], 0}), EMV_CARD_ERROR);
    const char *records[] = {ENTRY_1 "00"
                                     "9000",
                             "2606149000", "9000"};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        assert_int_equal(READ(&card, "0B0A", &log, {GET_FORMAT, FORMAT, 0}, {"00B2015C00", records[i], 0}),
                         EMV_CARD_ERROR);
    assert_int_equal(READ(&card, "0B0A", &log, {GET_FORMAT, NULL, HAL_E_REMOVED}), EMV_REMOVED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_are_read_to_the_end),
        cmocka_unit_test(test_the_usual_format),
        cmocka_unit_test(test_a_short_format),
        cmocka_unit_test(test_the_entry_object_says_how_many),
        cmocka_unit_test(test_no_log),
        cmocka_unit_test(test_malformed_logs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
