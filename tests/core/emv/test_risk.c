/* Processing restrictions and terminal risk management (EMV Book 3 10.4 and 10.6; DOMAIN 2.7, 2.9). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

static struct fake_terminal terminal;
static struct fake_card card;

static struct emv *prepare(void)
{
    card = (struct fake_card){0};
    fake_setup(&terminal, &card);
    struct emv *e = fake_chosen(&terminal);
    fake_put(e, 0x82, "7C00");
    fake_put(e, 0x5F24, "301231");
    return e;
}

static void expect_restrict(struct emv *e, const char *tvr)
{
    assert_int_equal(emv_restrict(e), OK);
    assert_object(e, 0x95, tvr);
    emv_end(e);
}

/* covers: 2.7 versions, 2.7 dates */
static void test_versions_and_dates(void **state)
{
    (void)state;
    const struct {
        uint32_t tag;
        const char *value, *tvr;
    } rows[] = {
        {0x9F08, "0020", "0000000000"},   {0x9F08, "0030", "0080000000"},   {0x5F24, "260301", "0000000000"},
        {0x5F24, "260228", "0040000000"},                                   /* today is 260301 */
        {0x5F24, "491231", "0000000000"}, {0x5F24, "501231", "0040000000"}, /* 1950 */
        {0x5F25, "260301", "0000000000"}, {0x5F25, "260302", "0020000000"}, {0x5F25, "991231", "0000000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare();
        fake_put(e, rows[i].tag, rows[i].value);
        expect_restrict(e, rows[i].tvr);
    }
}

/* covers: 2.7 usage control */
static void test_usage(void **state)
{
    (void)state;
    const struct {
        const char *usage, *country; /* 9F07, 5F28 */
        uint8_t type, terminal_type;
        bool allowed;
    } rows[] = {
        {"FF00", "0156", EMV_PURCHASE, 0x22, true},  {"FE00", "0156", EMV_PURCHASE, 0x22, false}, /* not at a POS */
        {"2900", "0156", EMV_PURCHASE, 0x22, true},  {"1500", "0156", EMV_PURCHASE, 0x22, false},
        {"1500", "0840", EMV_PURCHASE, 0x22, true},  {"2900", "0840", EMV_PURCHASE, 0x22, false},
        {"0901", "0156", EMV_PURCHASE, 0x22, true}, /* services alone will do */
        {"8100", "0156", EMV_CASH, 0x22, true},      {"4100", "0156", EMV_MANUAL_CASH, 0x22, false},
        {"4100", "0840", EMV_CASH, 0x22, true},      {"0180", "0156", EMV_CASHBACK, 0x22, true},
        {"0140", "0156", EMV_CASHBACK, 0x22, false}, {"0140", "0840", EMV_CASHBACK, 0x22, true},
        {"0100", NULL, EMV_PURCHASE, 0x22, true}, /* no issuer country: place only */
        {"0100", "0156", 0x20, 0x22, true},       /* a refund is no usage */
        {"8200", "0156", EMV_CASH, 0x14, true},      {"8100", "0156", EMV_CASH, 0x14, false}, /* cash machine */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare();
        terminal.transaction.type = rows[i].type;
        terminal.config.type = rows[i].terminal_type;
        terminal.config.additional[0] = 0xE0;
        fake_put(e, 0x9F07, rows[i].usage);
        if (rows[i].country)
            fake_put(e, 0x5F28, rows[i].country);
        assert_int_equal(emv_restrict(e), OK);
        if (!(e->tvr[1] & 0x10) != rows[i].allowed)
            fail_msg("row %zu", i);
        emv_end(e);
    }
}

static void expect_risk(struct emv *e, const char *tvr, const char *tsi)
{
    assert_int_equal(emv_manage_risk(e), OK);
    assert_object(e, 0x95, tvr);
    assert_object(e, 0x9B, tsi);
    emv_end(e);
}

/* covers: 2.9 floor limit and split sales */
static void test_floor_limit(void **state)
{
    (void)state;
    const struct {
        uint64_t floor, previous;
        const char *tvr;
    } rows[] = {
        {1000, 0, "0000008000"},
        {1001, 0, "0000000000"},
        {1001, 1, "0000008000"},
        {0, 0, "0000008000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare();
        terminal.config.aid[0].floor_limit = rows[i].floor;
        terminal.transaction.previous_cents = rows[i].previous;
        expect_risk(e, rows[i].tvr, "0800");
    }
}

/* covers: 2.9 when it is performed */
static void test_who_asks_for_it(void **state)
{
    (void)state;
    struct emv *e = prepare();
    fake_put(e, 0x82, "7400"); /* the card does not */
    expect_risk(e, "0000000000", "0000");
    e = prepare();
    fake_put(e, 0x82, "7400");
    terminal.config.always_manage_risk = true;
    expect_risk(e, "0000008000", "0800");
    e = prepare();
    fake_put(e, 0x82, "7400");
    terminal.transaction.force_online = true;
    expect_risk(e, "0000000800", "0000");
}

/* The kernel draws 1 to 99 from four bytes of the risk stream, here all the same. */
static unsigned draw_of(uint8_t byte)
{
    return (unsigned)(byte * 0x01010101u % 99u + 1u);
}

/* covers: 2.9 random selection */
static void test_random_selection(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        const struct {
            uint64_t amount;
            unsigned percent;
        } rows[] = {{999, 20}, {1000, 20}, {2000, 50}, {2999, 79}}; /* from 20 to 80 between 1000 and 3000 */
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct emv *e = prepare();
            struct emv_aid *aid = &terminal.config.aid[0];
            aid->floor_limit = 3000;
            aid->random_threshold = 1000;
            aid->random_target = 20;
            aid->random_max = 80;
            terminal.transaction.amount_cents = rows[i].amount;
            card.risk_draw = (uint8_t)byte;
            expect_risk(e, draw_of((uint8_t)byte) <= rows[i].percent ? "0000001000" : "0000000000", "0800");
        }
    }
}

/* covers: 2.9 velocity */
static void test_velocity(void **state)
{
    (void)state;
    const struct {
        const char *atc, *last_online, *tvr; /* limits are 3 and 5 */
    } rows[] = {
        {"9F360200139000", "9F130200109000", "0000000000"}, {"9F360200149000", "9F130200109000", "0000004000"},
        {"9F360200159000", "9F130200109000", "0000004000"}, {"9F360200169000", "9F130200109000", "0000006000"},
        {"9F360200109000", "9F130200109000", "0000006000"}, {"9F360200099000", "9F130200109000", "0000006000"},
        {"9F360200019000", "9F130200009000", "0008000000"}, {"6A88", "9F130200109000", "0000006000"},
        {"6A88", "9F130200009000", "0008006000"},           {"9F360200139000", "6A88", "0000006000"},
        {"9F3601139000", "9F130200109000", "0000006000"},   {"9F130200139000", "9F130200109000", "0000006000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare();
        terminal.config.aid[0].floor_limit = 5000;
        terminal.config.online_capable = false; /* no random selection */
        fake_put(e, 0x9F14, "03");
        fake_put(e, 0x9F23, "05");
        card.step[0] = (struct fake_step){"80CA9F3600", rows[i].atc, 0};
        card.step[1] = (struct fake_step){"80CA9F1300", rows[i].last_online, 0};
        expect_risk(e, rows[i].tvr, "0800");
    }
}

/* covers: 2.9 velocity */
static void test_velocity_needs_both_limits(void **state)
{
    (void)state;
    struct emv *e = prepare();
    terminal.config.aid[0].floor_limit = 5000;
    fake_put(e, 0x9F14, "00"); /* GET DATA would be one command too many */
    expect_risk(e, "0000000000", "0800");
}

/* covers: 2.11 card pulled */
static void test_card_pulled(void **state)
{
    (void)state;
    struct emv *e = prepare();
    fake_put(e, 0x9F14, "03");
    fake_put(e, 0x9F23, "05");
    card.step[0] = (struct fake_step){"80CA9F3600", NULL, HAL_E_REMOVED};
    assert_int_equal(emv_manage_risk(e), EMV_REMOVED);
    emv_end(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions_and_dates), cmocka_unit_test(test_usage),
        cmocka_unit_test(test_floor_limit),        cmocka_unit_test(test_who_asks_for_it),
        cmocka_unit_test(test_random_selection),   cmocka_unit_test(test_velocity),
        cmocka_unit_test(test_card_pulled),        cmocka_unit_test(test_velocity_needs_both_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
