/* Processing restrictions over all their inputs: every usage control with every kind of transaction, terminal and
 * country, and dates on both sides of the window (EMV Book 3 10.4 and annex C2; DOMAIN 2.7). What is expected is worked
 * out here from the names of the bits, another way round than in the kernel. */
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
    terminal.config.additional[0] = 0xE0;
    struct emv *e = fake_chosen(&terminal);
    fake_put(e, 0x5F24, "301231");
    fake_put(e, 0x9F07, "0000");
    return e;
}

/* Bits of 9F07 from left to right. */
enum usage {
    CASH_HOME,
    CASH_ABROAD,
    GOODS_HOME,
    GOODS_ABROAD,
    SERVICES_HOME,
    SERVICES_ABROAD,
    AT_ATM,
    NOT_AT_ATM,
    CASHBACK_HOME,
    CASHBACK_ABROAD,
};

static bool has(unsigned usage, enum usage bit)
{
    return usage & 0x8000u >> bit;
}

static bool permitted(unsigned usage, uint8_t type, bool atm, int country)
{
    if (!has(usage, atm ? AT_ATM : NOT_AT_ATM))
        return false;
    if (country < 0)
        return true; /* the card does not say where its issuer is */
    switch (type) {
    case EMV_PURCHASE:
        return has(usage, country ? GOODS_ABROAD : GOODS_HOME) || has(usage, country ? SERVICES_ABROAD : SERVICES_HOME);
    case EMV_CASH:
    case EMV_MANUAL_CASH:
        return has(usage, country ? CASH_ABROAD : CASH_HOME);
    case EMV_CASHBACK:
        return has(usage, country ? CASHBACK_ABROAD : CASHBACK_HOME);
    default:
        return true;
    }
}

/* covers: 2.7 AUC, all 65536 of them */
static void test_every_usage(void **state)
{
    (void)state;
    const uint8_t types[] = {EMV_PURCHASE, EMV_CASH, EMV_MANUAL_CASH, EMV_CASHBACK, 0x20};
    struct emv *e = prepare();
    for (int atm = 0; atm < 2; atm++) {
        for (int country = -1; country < 2; country++) {
            terminal.config.type = atm ? 0x14 : 0x22;
            emv_drop(e, 0x5F28);
            if (country >= 0)
                fake_put(e, 0x5F28, country ? "0840" : "0156");
            for (size_t i = 0; i < sizeof types; i++) {
                terminal.transaction.type = types[i];
                for (unsigned usage = 0; usage <= 0xFFFF; usage++) {
                    const uint8_t bytes[] = {(uint8_t)(usage >> 8), (uint8_t)usage};
                    emv_set(e, 0x9F07, bytes, sizeof bytes);
                    memset(e->tvr, 0, sizeof e->tvr);
                    assert_int_equal(emv_restrict(e), OK);
                    uint8_t due = permitted(usage, types[i], atm, country) ? 0x00 : 0x10;
                    if (e->tvr[1] != due || e->tvr[0] || e->tvr[2] || e->tvr[3] || e->tvr[4])
                        fail_msg("usage %04X, type %02X, ATM %d, country %d: %02X", usage, types[i], atm, country,
                                 e->tvr[1]);
                }
            }
        }
    }
    emv_end(e);
}

/* covers: 2.7 dates. YY from 50 on is of the last century, so the window's ends lie on 491231 and 500101. */
static void test_date_window(void **state)
{
    (void)state;
    const char *in_order[] = {"500101", "991231", "000101", "240229", "260228", "260301", "260302", "301231", "491231"};
    const size_t count = sizeof in_order / sizeof *in_order;
    struct emv *e = prepare();
    emv_drop(e, 0x9F07);
    for (size_t today = 0; today < count; today++) {
        for (size_t day = 0; day < count; day++) {
            fake_put(e, 0x9A, in_order[today]);
            fake_put(e, 0x5F24, in_order[day]);
            fake_put(e, 0x5F25, in_order[day]);
            memset(e->tvr, 0, sizeof e->tvr);
            assert_int_equal(emv_restrict(e), OK);
            uint8_t due = today > day ? 0x40 : today < day ? 0x20 : 0x00;
            if (e->tvr[1] != due)
                fail_msg("today %s, date %s: %02X", in_order[today], in_order[day], e->tvr[1]);
        }
    }
    emv_end(e);
}

/* YYMMDD of the day behind that one; the calendar of 1950 to 2049, in which every fourth year has a 29th of February.
 */
static void next_day(unsigned date[3])
{
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = date[1] == 2 && date[0] % 4 == 0;
    if (++date[2] <= lengths[date[1] - 1] + leap)
        return;
    date[2] = 1;
    date[0] = (date[0] + date[1] / 12) % 100;
    date[1] = date[1] % 12 + 1;
}

/* covers: 2.7 dates: on every day of a hundred years a card is good that ends that day, and not one that ended the day
 * before; one that begins that day, and not one that begins the day after. Leap days and ends of months among them. */
static void test_every_day(void **state)
{
    (void)state;
    struct emv *e = prepare();
    unsigned date[3] = {50, 1, 1}, days = 1;
    char day[2][7] = {"", "500101"};
    emv_drop(e, 0x9F07);
    for (; strcmp(day[1], "491231") != 0; days++) {
        memcpy(day[0], day[1], sizeof day[0]);
        next_day(date);
        snprintf(day[1], sizeof day[1], "%02u%02u%02u", date[0] % 100, date[1] % 100, date[2] % 100);
        for (int later = 0; later < 2; later++) {
            for (int other = 0; other < 2; other++) {
                fake_put(e, 0x9A, day[later]);
                fake_put(e, 0x5F24, day[other]);
                fake_put(e, 0x5F25, day[other]);
                memset(e->tvr, 0, sizeof e->tvr);
                assert_int_equal(emv_restrict(e), OK);
                if (e->tvr[1] != (later > other ? 0x40 : later < other ? 0x20 : 0x00))
                    fail_msg("today %s, date %s: %02X", day[later], day[other], e->tvr[1]);
            }
        }
    }
    assert_int_equal(days, 36525);
    emv_end(e);
}

/* covers: 2.7 all bits together, and none without data */
static void test_together(void **state)
{
    (void)state;
    struct emv *e = prepare();
    fake_put(e, 0x9F08, "0031");
    fake_put(e, 0x5F24, "250101");
    fake_put(e, 0x5F25, "270101");
    assert_int_equal(emv_restrict(e), OK);
    assert_object(e, 0x95, "00F0000000");
    assert_object(e, 0x9B, "0000"); /* no bit of its own */
    emv_end(e);
    e = prepare();
    emv_drop(e, 0x9F07);
    emv_drop(e, 0x5F24);
    assert_int_equal(emv_restrict(e), OK);
    assert_object(e, 0x95, "0000000000");
    emv_end(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_usage),
        cmocka_unit_test(test_date_window),
        cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
