/* Electronic cash on the contact interface (JR/T 0025.13; DOMAIN 3.9): what is offered, what the purse decides. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/emv/card_log.h"
#include "tests/core/emv/fake_card.h"

static struct fake_terminal terminal;
static struct fake_card card;

static int intend(void *ctx)
{
    (void)ctx;
    return OK;
}

/* A terminal with a limit of 200.00 before a card whose PDOL asks for 9F7A; 10.00 to pay. */
static struct emv *prepare(const struct fake_step *steps, size_t count)
{
    card = (struct fake_card){.unpredictable = {0x11, 0x22, 0x33, 0x44}};
    for (size_t i = 0; i < count; i++)
        card.step[i] = steps[i];
    fake_setup(&terminal, &card);
    terminal.config.aid[0].ec_limit = 20000;
    terminal.dialogue.intent = intend;
    return fake_chosen(&terminal);
}

/* What the card is told for the application, in the transaction as it stands. */
static struct emv *offer(void)
{
    struct emv *e = &terminal.emv;
    assert_int_equal(emv_offer_ec(e, &terminal.config.aid[0]), OK);
    return e;
}

/* covers: 3.9 contact EC */
static void offered_up_to_the_limit_and_for_purchases_only(void **state)
{
    (void)state;
    const struct {
        uint64_t amount, other;
        uint8_t type, terminal_type;
        bool no_ec, forced, nobody;
        const char *indicator;
    } rows[] = {
        {20000, 0, 0x00, 0x22, false, false, false, "01"}, {20001, 0, 0x00, 0x22, false, false, false, "00"},
        {1, 0, 0x00, 0x23, false, false, false, "01"},     {1, 0, 0x00, 0x21, false, false, false, "00"},
        {1, 0, 0x31, 0x22, false, false, false, "00"},     {1, 0, 0x60, 0x22, false, false, false, "00"},
        {1, 1, 0x00, 0x22, false, false, false, "00"},     {1, 0, 0x00, 0x22, true, false, false, "00"},
        {1, 0, 0x00, 0x22, false, true, false, "00"},      {1, 0, 0x00, 0x22, false, false, true, "00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        prepare(NULL, 0);
        terminal.transaction.amount_cents = rows[i].amount;
        terminal.transaction.other_cents = rows[i].other;
        terminal.transaction.type = rows[i].type;
        terminal.transaction.no_ec = rows[i].no_ec;
        terminal.transaction.force_online = rows[i].forced;
        terminal.config.type = rows[i].terminal_type;
        if (rows[i].nobody)
            terminal.dialogue.intent = NULL;
        assert_object(offer(), 0x9F7A, rows[i].indicator);
        assert_object(&terminal.emv, 0x9F7B, "000000020000");
        emv_end(&terminal.emv);
    }
}

static void without_a_limit_nothing_is_said(void **state)
{
    (void)state;
    prepare(NULL, 0);
    terminal.config.aid[0].ec_limit = 0;
    assert_object(offer(), 0x9F7A, "-");
    assert_object(&terminal.emv, 0x9F7B, "-");
    emv_end(&terminal.emv);
}

#define BALANCE "80CA9F7900"
#define THRESHOLD "80CA9F6D00"
#define SINGLE "80CA9F7800"
#define LIMIT "80CA9F7700"
#define NOT_THERE "6A88"

/* The purse as the card tells it, then the decision for 10.00. */
static struct emv *open(const char *balance, const char *threshold, const char *single, uint8_t terminal_type)
{
    const struct fake_step steps[] = {
        {BALANCE, balance, 0}, {THRESHOLD, threshold, 0}, {SINGLE, single, 0}, {LIMIT, NOT_THERE, 0}};
    struct emv *e = prepare(steps, sizeof steps / sizeof *steps);
    terminal.config.type = terminal_type;
    offer();
    fake_put(e, 0x9F38, "9F7A019F02065F2A02");
    fake_put(e, 0x9F74, "454343303031");
    assert_int_equal(emv_open_purse(e), OK);
    assert_null(card.step[card.at].command);
    return e;
}

/* covers: 3.9 contact EC */
static void the_threshold_decides(void **state)
{
    (void)state;
    const struct {
        const char *balance, *threshold, *single;
        uint8_t terminal_type;
        bool ec, online;
    } rows[] = {
        {"9F79060000000020009000", "9F6D060000000010009000", NOT_THERE, 0x22, true, false},
        {"9F79060000000019999000", "9F6D060000000010009000", NOT_THERE, 0x22, false, true},
        {"9F79060000000019999000", "9F6D060000000010009000", NOT_THERE, 0x23, true, false},
        {"9F79060000000010009000", "9F6D060000000000009000", NOT_THERE, 0x22, true, false},
        {"9F79060000000009999000", "9F6D060000000000009000", NOT_THERE, 0x22, false, true},
        {"9F79060000000009999000", "9F6D060000000000009000", NOT_THERE, 0x23, false, true},
        {"9F79060000000020009000", "9F6D060000000010009000", "9F78060000000010009000", 0x22, true, false},
        {"9F79060000000020009000", "9F6D060000000010009000", "9F78060000000009999000", 0x22, false, true},
        {NOT_THERE, "9F6D060000000010009000", NOT_THERE, 0x22, false, true},
        {"9F79060000000020009000", NOT_THERE, NOT_THERE, 0x22, false, true},
        {"9F790600000000200A9000", "9F6D060000000010009000", NOT_THERE, 0x22, false, true},
        {"9F7905000000200090009000", "9F6D060000000010009000", NOT_THERE, 0x22, false, true},
        {"9F79060000000020006300", "9F6D060000000010009000", NOT_THERE, 0x22, false, true},
        {"9F790500000020009000", "9F6D060000000010009000", NOT_THERE, 0x22, false, true},
        {"9F6D060000000020009000", "9F6D060000000010009000", NOT_THERE, 0x22, false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = open(rows[i].balance, rows[i].threshold, rows[i].single, rows[i].terminal_type);
        assert_int_equal(e->ec, rows[i].ec);
        assert_int_equal(e->ec_online, rows[i].online);
        emv_end(e);
    }
}

static void a_card_that_does_not_agree_is_not_asked(void **state)
{
    (void)state;
    struct emv *e = prepare(NULL, 0);
    e->ec = e->ec_online = true; /* of an application that was given up */
    offer();
    fake_put(e, 0x9F38, "9F7A019F02065F2A02");
    assert_int_equal(emv_open_purse(e), OK); /* no 9F74 */
    assert_false(e->ec || e->ec_online);
    fake_put(e, 0x9F74, "454343303031");
    fake_put(e, 0x9F38, "9F02065F2A02");
    assert_int_equal(emv_open_purse(e), OK); /* its PDOL does not ask */
    terminal.transaction.amount_cents = 20001;
    offer();
    fake_put(e, 0x9F38, "9F7A019F02065F2A02");
    assert_int_equal(emv_open_purse(e), OK); /* it was told 00 */
    assert_false(e->ec || e->ec_online);
    emv_end(e);
}

/* covers: 3.9 contact EC */
static void the_action_follows(void **state)
{
    (void)state;
    const struct {
        bool ec, online, stopped, failed;
        uint8_t type, terminal_type;
        enum emv_ac asked;
    } rows[] = {
        {true, false, false, false, 0x00, 0x22, EMV_AC_TC},
        {true, false, true, false, 0x00, 0x22, EMV_AC_AAC},
        {false, true, false, false, 0x00, 0x22, EMV_AC_ARQC},
        {false, true, false, true, 0x00, 0x22, EMV_AC_TC},
        {false, false, true, false, 0x00, 0x22, EMV_AC_TC},
        {false, false, false, false, 0x60, 0x22, EMV_AC_ARQC},
        {false, false, false, true, 0x60, 0x22, EMV_AC_AAC},
        {false, false, false, false, 0x63, 0x22, EMV_AC_ARQC},
        {false, false, false, false, 0x62, 0x22, EMV_AC_ARQC},
        {false, true, false, false, 0x00, 0x23, EMV_AC_AAC}, /* asked for a TC, the card would pay from its purse */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(NULL, 0);
        memset(terminal.config.aid[0].tac_online, 0, 5);
        fake_put(e, 0x9F0D, "0000000000");
        fake_put(e, 0x9F0F, "0000000000");
        terminal.transaction.type = rows[i].type;
        terminal.config.type = rows[i].terminal_type;
        e->ec = rows[i].ec;
        e->ec_online = rows[i].online;
        if (rows[i].stopped)
            tvr_set(e->tvr, TVR_ON_EXCEPTION_FILE);
        assert_int_equal(emv_action(e, rows[i].failed), rows[i].asked);
        emv_end(e);
    }
}

/* Money that goes into the purse takes the online PIN, whatever the card's list says. */
static void filling_the_purse_takes_the_online_pin(void **state)
{
    (void)state;
    for (int fill = 0; fill < 2; fill++) {
        struct emv *e = prepare(NULL, 0);
        fake_put(e, 0x82, "1000");
        fake_put(e, 0x8E, "00000000000000001F00");
        e->ec_online = fill;
        assert_int_equal(emv_verify_cardholder(e), OK);
        assert_object(e, 0x9F34, fill ? "020300" : "1F0002");
        assert_int_equal(card.pin_asked, fill);
        emv_end(e);
    }
}

static void scripts_are_done_when_all_of_them_are(void **state)
{
    (void)state;
    const struct {
        const char *results;
        bool done;
    } rows[] = {
        {"", false},
        {"2000000001", true},
        {"1100000001", false},
        {"0000000001", false},
        {"20000000012F00000002", true},
        {"20000000011F00000002", false},
        {"11000000012000000002", false},
        {"10000000012000000002", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(NULL, 0);
        e->script_results_len = fake_hex(rows[i].results, e->script_results, sizeof e->script_results);
        assert_int_equal(emv_scripts_done(e), rows[i].done);
        emv_end(e);
    }
}

/* An entry is P1, P2, balance before and after, then what DF4F lists: here 9A, 9F21, 9F36. */
static void loads_are_read_from_their_log(void **state)
{
    (void)state;
    const struct fake_step steps[] = {
        {"80CADF4F00", "DF4F089A039F21039F36029000", 0},
        {"00B2016400",
         "9F79"
         "000000010000"
         "000000015000"
         "260615"
         "103000"
         "0022"
         "9000",
         0},
        {"00B2026400",
         "9F79"
         "000000015000"
         "000000010000"
         "260614"
         "103000"
         "0021"
         "9000",
         0},
        {"00B2036400", "6A83", 0},
    };
    struct emv_log log;
    struct emv *e = prepare(steps, sizeof steps / sizeof *steps);
    fake_put(e, 0xDF4D, "0C05");
    assert_int_equal(emv_read_load_log(e, &log), OK);
    assert_int_equal(log.count, 2);
    assert_string_equal(log.entry[0].date, "260615");
    assert_true(log.entry[0].has_amount);
    assert_int_equal(log.entry[0].amount_cents, 5000);
    assert_int_equal(log.entry[0].atc, 0x22);
    assert_false(log.entry[1].has_amount); /* less than before: no load */
    emv_end(e);

    const struct fake_step cut[] = {{"80CADF4F00", "DF4F089A039F21039F36029000", 0}, {"00B2016400", "9F799000", 0}};
    e = prepare(cut, sizeof cut / sizeof *cut);
    fake_put(e, 0xDF4D, "0C05");
    assert_int_equal(emv_read_load_log(e, &log), EMV_CARD_ERROR);
    emv_end(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offered_up_to_the_limit_and_for_purchases_only),
        cmocka_unit_test(without_a_limit_nothing_is_said),
        cmocka_unit_test(the_threshold_decides),
        cmocka_unit_test(a_card_that_does_not_agree_is_not_asked),
        cmocka_unit_test(the_action_follows),
        cmocka_unit_test(filling_the_purse_takes_the_online_pin),
        cmocka_unit_test(scripts_are_done_when_all_of_them_are),
        cmocka_unit_test(loads_are_read_from_their_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
