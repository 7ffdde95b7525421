/* Terminal risk management in the parts that test_risk.c leaves open: the exception file, every pair of counters around
 * the velocity limits, random selection by its formula, and what does not set TSI (EMV Book 3 10.6, Book 4 6.3.5;
 * DOMAIN 2.9). */
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
    terminal.config.aid[0].floor_limit = 5000;
    struct emv *e = fake_chosen(&terminal);
    fake_put(e, 0x82, "7C00");
    return e;
}

/* covers: 2.9 exception file. The digests are of coreutils' sha256sum over the digits of the PAN, and with "/01" behind
 * them. */
static void test_exception_file(void **state)
{
    (void)state;
    const char *account = "A89229D62CE64419F89B9B2996F02E3589967F267D6884B0783A138FEA33C2FF",
               *one_card = "EC2B468456EE53EE5F43B3D9A937581DE1A2BBA25DF25026C9B557765673F6E1",
               *other = "F675C9619CD260AB974093158F6CD6EAD1729474E17A2CBE809E9EE9450DEE91";
    const struct {
        const char *first, *second, *psn, *aip, *tvr, *tsi;
    } rows[] = {
        {account, NULL, "01", "7C00", "1000000000", "0800"},   {other, account, "02", "7C00", "1000000000", "0800"},
        {account, NULL, NULL, "7C00", "1000000000", "0800"},   {one_card, NULL, "01", "7C00", "1000000000", "0800"},
        {one_card, NULL, "02", "7C00", "0000000000", "0800"},  {one_card, NULL, NULL, "7C00", "0000000000", "0800"},
        {other, one_card, "01", "7400", "1000000000", "0000"}, /* no risk management, the file counts all the same */
        {other, other, "01", "7C00", "0000000000", "0800"},    {NULL, NULL, "01", "7C00", "0000000000", "0800"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare();
        const char *list[] = {rows[i].first, rows[i].second};
        for (size_t n = 0; n < 2 && list[n]; n++)
            fake_hex(list[n], terminal.config.exception[terminal.config.exceptions++].digest, 32);
        fake_put(e, 0x5A, "6210670000000069");
        fake_put(e, 0x82, rows[i].aip);
        if (rows[i].psn)
            fake_put(e, 0x5F34, rows[i].psn);
        card.risk_draw = 98;
        assert_int_equal(emv_manage_risk(e), OK);
        assert_object(e, 0x95, rows[i].tvr);
        assert_object(e, 0x9B, rows[i].tsi);
        emv_end(e);
    }
}

/* covers: 2.9 velocity, all pairs of counters from 0 to 9 with limits 2 and 4 */
static void test_velocity_pairs(void **state)
{
    (void)state;
    for (int atc = 0; atc < 10; atc++) {
        for (int last = 0; last < 10; last++) {
            char counter[15], online[15];
            struct emv *e = prepare();
            terminal.config.online_capable = false;
            fake_put(e, 0x9F14, "02");
            fake_put(e, 0x9F23, "04");
            snprintf(counter, sizeof counter, "9F360200%02X9000", (unsigned)atc);
            snprintf(online, sizeof online, "9F130200%02X9000", (unsigned)last);
            card.step[0] = (struct fake_step){"80CA9F3600", counter, 0};
            card.step[1] = (struct fake_step){"80CA9F1300", online, 0};
            assert_int_equal(emv_manage_risk(e), OK);
            bool both = atc <= last;
            uint8_t due = (uint8_t)((both || atc > last + 2 ? 0x40 : 0) | (both || atc > last + 4 ? 0x20 : 0));
            assert_int_equal(e->tvr[3], due);
            assert_int_equal(e->tvr[1], last == 0 ? 0x08 : 0x00);
            emv_end(e);
        }
    }
}

/* covers: 2.9 random selection. How many of 256 draws select, against the formula done in the head: target 10, maximum
 * 70, threshold 1000, floor limit 5000. */
static void test_random_share(void **state)
{
    (void)state;
    const struct {
        uint64_t amount;
        unsigned percent;
    } rows[] = {{0, 10}, {999, 10}, {1000, 10}, {2000, 25}, {3000, 40}, {4000, 55}, {4999, 69}, {5000, 0}, {9000, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            struct emv *e = prepare();
            struct emv_aid *aid = &terminal.config.aid[0];
            aid->random_threshold = 1000;
            aid->random_target = 10;
            aid->random_max = 70;
            terminal.transaction.amount_cents = rows[i].amount;
            card.risk_draw = (uint8_t)byte;
            assert_int_equal(emv_manage_risk(e), OK);
            bool due = byte * 0x01010101u % 99u + 1u <= rows[i].percent;
            if (!!(e->tvr[3] & 0x10) != due)
                fail_msg("amount %u, draw %02X", (unsigned)rows[i].amount, byte);
            assert_int_equal(e->tvr[3] & 0x80, rows[i].amount >= 5000 ? 0x80 : 0);
            emv_end(e);
        }
    }
}

/* covers: 2.9 floor limit with split sales: the sum decides, and a sum that is over it is not drawn for either */
static void test_splits(void **state)
{
    (void)state;
    const struct {
        uint64_t amount, previous;
        uint8_t tvr4;
    } rows[] = {
        {1000, 0, 0x10}, {1000, 3999, 0x10}, {1000, 4000, 0x80}, {1000, 4001, 0x80}, {5000, 0, 0x80}, {4999, 0, 0x10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare();
        terminal.config.aid[0].random_target = 99; /* every draw selects */
        terminal.transaction.amount_cents = rows[i].amount;
        terminal.transaction.previous_cents = rows[i].previous;
        assert_int_equal(emv_manage_risk(e), OK);
        assert_int_equal(e->tvr[3], rows[i].tvr4);
        emv_end(e);
    }
}

/* covers: 2.9 merchant forced online, 2.9 TSI */
static void test_forced(void **state)
{
    (void)state;
    for (int managed = 0; managed < 2; managed++) {
        struct emv *e = prepare();
        fake_put(e, 0x82, managed ? "7C00" : "7400");
        card.risk_draw = 98; /* a target of 0 percent selects nothing */
        terminal.transaction.force_online = true;
        assert_int_equal(emv_manage_risk(e), OK);
        assert_object(e, 0x95, "0000000800");
        assert_object(e, 0x9B, managed ? "0800" : "0000");
        emv_end(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exception_file), cmocka_unit_test(test_velocity_pairs),
        cmocka_unit_test(test_random_share),   cmocka_unit_test(test_splits),
        cmocka_unit_test(test_forced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
