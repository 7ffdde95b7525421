/*
 * Random selection and floor limit against a second opinion (EMV Book 3 10.6.1 and 10.6.2; DOMAIN 2.9): the share that
 * is selected of all draws from 1 to 99 is the target that the formula names, for many amounts and settings of the
 * acquirer. The model compares fractions crosswise, without the division of the kernel.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

static struct fake_terminal terminal;
static struct fake_card card;
static uint32_t drawn; /* the next number of the risk stream */
static unsigned draws;

static int draw(void *ctx, enum hal_rng_purpose purpose, void *data, size_t len)
{
    const uint8_t bytes[4] = {(uint8_t)(drawn >> 24), (uint8_t)(drawn >> 16), (uint8_t)(drawn >> 8), (uint8_t)drawn};
    (void)ctx;
    assert_int_equal(purpose, HAL_RNG_RISK);
    assert_int_equal(len, sizeof bytes);
    memcpy(data, bytes, sizeof bytes);
    draws++;
    return OK;
}

static struct emv *begin(void)
{
    static const struct hal_rng_ops rng = {.bytes = draw};
    card = (struct fake_card){0};
    fake_setup(&terminal, &card);
    struct emv *e = fake_chosen(&terminal);
    terminal.hal.rng = (struct hal_rng){&rng, NULL};
    fake_put(e, 0x82, "7C00");
    return e;
}

/* Does a draw select? 10.6.2: amounts below the threshold by the target; from there to the floor limit by what rises
 * from the target to the maximum in proportion; at the floor limit and above nothing is drawn. */
static bool selects(const struct emv_aid *aid, uint64_t amount, uint64_t previous, unsigned number)
{
    if (amount + previous >= aid->floor_limit)
        return false;
    if (number <= aid->random_target)
        return true;
    if (amount < aid->random_threshold || aid->random_max <= aid->random_target)
        return false;
    uint64_t beyond = number - aid->random_target, rise = aid->random_max - aid->random_target;
    return beyond * (aid->floor_limit - aid->random_threshold) <= rise * (amount - aid->random_threshold);
}

/* How many of the 99 numbers select, when each comes once. */
static unsigned share(struct emv *e, uint32_t from)
{
    unsigned selected = 0;
    for (uint32_t i = 0; i < 99; i++) {
        drawn = from + i;
        draws = 0;
        memset(e->tvr, 0, sizeof e->tvr);
        assert_int_equal(emv_manage_risk(e), OK);
        bool over = terminal.transaction.amount_cents + terminal.transaction.previous_cents >= e->aid->floor_limit;
        assert_int_equal(draws, over ? 0 : 1);
        assert_int_equal(e->tvr[3] & ~0x10, over ? 0x80 : 0x00);
        assert_int_equal(e->tvr[0] | e->tvr[1] | e->tvr[2] | e->tvr[4], 0);
        selected += e->tvr[3] >> 4 & 1;
    }
    return selected;
}

/* covers: 2.9 random selection: amounts around every corner of the curve, settings of all kinds */
static void test_share(void **state)
{
    (void)state;
    const uint8_t percents[][2] = {{0, 0}, {0, 99}, {10, 70}, {20, 20}, {70, 10}, {1, 2}, {50, 99}, {99, 99}};
    const uint64_t limits[][2] = {{0, 1},         {0, 10000},     {5000, 10000},     {9999, 10000},
                                  {10000, 10000}, {20000, 10000}, {0, 999999999999}, {123456, 654321}};
    struct emv *e = begin();
    struct emv_aid *aid = &terminal.config.aid[0];
    for (size_t i = 0; i < sizeof percents / sizeof *percents * (sizeof limits / sizeof *limits); i++) {
        const uint8_t *percent = percents[i % 8];
        aid->random_target = percent[0];
        aid->random_max = percent[1];
        aid->random_threshold = limits[i / 8][0];
        aid->floor_limit = limits[i / 8][1];
        const uint64_t low = aid->random_threshold, high = aid->floor_limit, mid = (low + high) / 2;
        const uint64_t amounts[] = {0, 1, low - 1, low, low + 1, mid, mid + 1, mid + mid / 3, high - 2, high - 1, high};
        for (size_t j = 0; j < sizeof amounts / sizeof *amounts; j++) {
            if (amounts[j] > 999999999999) /* one below zero */
                continue;
            terminal.transaction.amount_cents = amounts[j];
            terminal.transaction.previous_cents = 0;
            unsigned due = 0;
            for (unsigned number = 1; number <= 99; number++)
                due += selects(aid, amounts[j], 0, number);
            unsigned found = share(e, (uint32_t)(i * 1000003 + j * 7919)), again = share(e, UINT32_MAX - 98);
            if (found != due || again != due)
                fail_msg("target %u, maximum %u, threshold %llu, floor %llu, amount %llu: %u and %u of 99, due %u",
                         percent[0], percent[1], (unsigned long long)low, (unsigned long long)high,
                         (unsigned long long)amounts[j], found, again, due);
        }
    }
    emv_end(e);
}

/* covers: 2.9 floor limit and split sales: the earlier sale counts for the limit, not for the share */
static void test_split(void **state)
{
    (void)state;
    struct emv *e = begin();
    struct emv_aid *aid = &terminal.config.aid[0];
    aid->random_target = 10;
    aid->random_max = 80;
    aid->random_threshold = 2000;
    aid->floor_limit = 9000;
    for (uint64_t amount = 0; amount <= 9500; amount += 500) {
        for (uint64_t previous = 0; previous <= 9500; previous += 250) {
            terminal.transaction.amount_cents = amount;
            terminal.transaction.previous_cents = previous;
            unsigned due = 0;
            for (unsigned number = 1; number <= 99; number++)
                due += selects(aid, amount, previous, number);
            assert_int_equal(share(e, (uint32_t)(amount + previous)), due);
        }
    }
    emv_end(e);
}

/* covers: 2.9 random selection: not by a terminal that cannot go online */
static void test_offline_only(void **state)
{
    (void)state;
    const uint8_t types[] = {0x23, 0x26, 0x13, 0x36};
    for (size_t i = 0; i <= sizeof types; i++) {
        struct emv *e = begin();
        terminal.config.aid[0].floor_limit = 5000;
        terminal.config.aid[0].random_target = 99;
        if (i < sizeof types)
            terminal.config.type = types[i];
        else
            terminal.config.online_capable = false;
        draws = 0;
        assert_int_equal(emv_manage_risk(e), OK);
        assert_int_equal(draws, 0);
        assert_object(e, 0x95, "0000000000");
        emv_end(e);
    }
}

static uint16_t counters[2]; /* of the card: ATC, last online ATC */

static int tell_counter(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                        size_t *answer_len)
{
    (void)ctx, (void)protocol, (void)cap;
    assert_int_equal(len, 5);
    assert_memory_equal(command, "\x80\xCA\x9F", 3);
    uint16_t value = counters[command[3] == 0x36 ? 0 : 1];
    const uint8_t bytes[] = {0x9F, command[3], 2, (uint8_t)(value >> 8), (uint8_t)value, 0x90, 0x00};
    memcpy(answer, bytes, sizeof bytes);
    *answer_len = sizeof bytes;
    return OK;
}

/* covers: 2.9 velocity, new card: counters of sixteen bits, around every limit and every carry between their bytes */
static void test_velocity(void **state)
{
    (void)state;
    static const uint16_t online[] = {0, 1, 0x00FE, 0x00FF, 0x0100, 0x01FF, 0x7FFF, 0xFEFF, 0xFFFE};
    static const uint8_t limits[][2] = {{0, 0}, {1, 2}, {2, 1}, {5, 5}, {0xFE, 0xFF}, {0xFF, 0}};
    static const int ahead[] = {-256, -1, 0, 1, 2, 3, 5, 6, 254, 255, 256, 257, 4096};
    struct hal_reader_ops ops = {.exchange = tell_counter};
    for (size_t i = 0; i < sizeof online / sizeof *online * (sizeof limits / sizeof *limits); i++) {
        const uint8_t *limit = limits[i % 6];
        struct emv *e = begin();
        ops.level = terminal.hal.reader.ops->level;
        ops.power_on = terminal.hal.reader.ops->power_on;
        ops.power_off = terminal.hal.reader.ops->power_off;
        terminal.hal.reader.ops = &ops;
        terminal.config.online_capable = false; /* nothing is drawn */
        terminal.config.aid[0].floor_limit = 5000;
        assert_int_equal(emv_set(e, 0x9F14, &limit[0], 1), OK);
        assert_int_equal(emv_set(e, 0x9F23, &limit[1], 1), OK);
        for (size_t j = 0; j < sizeof ahead / sizeof *ahead; j++) {
            int atc = online[i / 6] + ahead[j];
            if (atc < 0 || atc > 0xFFFF)
                continue;
            counters[0] = (uint16_t)atc;
            counters[1] = online[i / 6];
            memset(e->tvr, 0, sizeof e->tvr);
            assert_int_equal(emv_manage_risk(e), OK);
            bool behind = ahead[j] <= 0;
            assert_int_equal(e->tvr[3],
                             (behind || ahead[j] > limit[0] ? 0x40 : 0) | (behind || ahead[j] > limit[1] ? 0x20 : 0));
            assert_int_equal(e->tvr[1], counters[1] == 0 ? 0x08 : 0x00);
        }
        emv_end(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_offline_only),
        cmocka_unit_test(test_velocity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
