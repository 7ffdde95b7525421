/* Clock, random numbers, power and log. */
#include "tests/sim/fake_port.h"

#include "sim/devices/clock.h"
#include "sim/devices/log.h"
#include "sim/devices/power.h"
#include "sim/devices/rng.h"

#define DAY_US UINT64_C(86400000000)

static int setup(void **state)
{
    static struct fake f;
    fake_init(&f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fake_clear(*state);
    return 0;
}

static void time_counts_from_reset(void **state)
{
    struct fake *f = *state;
    struct sim_clock d;
    world_advance(f->world, 5000);
    sim_clock_init(&d, &f->port);
    struct hal_clock hal = sim_clock_hal(&d);
    assert_int_equal(hal.ops->now(hal.ctx), 0);
    world_advance(f->world, 5700);
    assert_int_equal(hal.ops->now(hal.ctx), 700);
    sim_clock_boot(&d);
    assert_int_equal(hal.ops->now(hal.ctx), 0);
    assert_int_equal(sim_clock_world_us(&d, 100), 5800);
    assert_true(sim_clock_world_us(&d, HAL_FOREVER) == WORLD_NEVER);
    assert_true(sim_clock_world_us(&d, HAL_FOREVER - 1) == WORLD_NEVER);
}

/* `after_s` seconds after `from` the clock says `to`. */
static void runs(struct fake *f, struct sim_clock *d, const struct hal_datetime *from, uint64_t after_us,
                 const struct hal_datetime *to)
{
    struct hal_clock hal = sim_clock_hal(d);
    struct hal_datetime now = {0};
    assert_int_equal(hal.ops->set(hal.ctx, from), OK);
    world_advance(f->world, world_now(f->world) + after_us);
    sim_clock_boot(d); /* a reset does not touch the date */
    assert_int_equal(hal.ops->get(hal.ctx, &now), OK);
    assert_memory_equal(&now, to, sizeof now);
}

static void the_date_follows_the_calendar(void **state)
{
    struct fake *f = *state;
    struct sim_clock d;
    struct hal_datetime now;
    sim_clock_init(&d, &f->port);
    assert_int_equal(sim_clock_date(&d, &now), HAL_E_CLOCK);
    runs(f, &d, &(struct hal_datetime){2000, 1, 1, 0, 0, 0}, 999999, &(struct hal_datetime){2000, 1, 1, 0, 0, 0});
    runs(f, &d, &(struct hal_datetime){2024, 2, 28, 23, 59, 59}, 1000000, &(struct hal_datetime){2024, 2, 29, 0, 0, 0});
    runs(f, &d, &(struct hal_datetime){2025, 2, 28, 23, 59, 59}, 1000000, &(struct hal_datetime){2025, 3, 1, 0, 0, 0});
    runs(f, &d, &(struct hal_datetime){2026, 12, 31, 23, 59, 59}, 1000000, &(struct hal_datetime){2027, 1, 1, 0, 0, 0});
    runs(f, &d, &(struct hal_datetime){2023, 7, 4, 12, 30, 15}, 366 * DAY_US,
         &(struct hal_datetime){2024, 7, 4, 12, 30, 15});
    assert_int_equal(sim_clock_adjust(&d, &(struct hal_datetime){2099, 12, 31, 23, 59, 59}), OK);
    world_advance(f->world, world_now(f->world) + 1000000);
    assert_int_equal(sim_clock_date(&d, &now), HAL_E_CLOCK); /* the calendar ends */
    assert_int_equal(sim_clock_adjust(&d, NULL), OK);
    assert_int_equal(sim_clock_date(&d, &now), HAL_E_CLOCK);
}

static void a_kept_date_comes_back_to_the_microsecond(void **state)
{
    struct fake *f = *state;
    struct sim_clock d;
    struct hal_datetime now;
    uint64_t kept, again;
    sim_clock_init(&d, &f->port);
    assert_false(sim_clock_keep(&d, &kept));
    assert_int_equal(sim_clock_adjust(&d, &(struct hal_datetime){2026, 6, 15, 10, 0, 0}), OK);
    world_spend(f->world, 2999999);
    assert_true(sim_clock_keep(&d, &kept));
    sim_clock_adjust(&d, NULL);
    world_rewind(f->world, 17); /* date and reset lie in the future now */
    sim_clock_bring_back(&d, &kept);
    assert_true(sim_clock_keep(&d, &again));
    assert_true(kept == again);
    struct hal_clock hal = sim_clock_hal(&d);
    assert_int_equal(hal.ops->now(hal.ctx), 0);
    assert_int_equal(sim_clock_date(&d, &now), OK);
    assert_int_equal(now.second, 2);
    world_spend(f->world, 1);
    assert_int_equal(sim_clock_date(&d, &now), OK);
    assert_int_equal(now.second, 3);
    sim_clock_bring_back(&d, NULL);
    assert_int_equal(sim_clock_date(&d, &now), HAL_E_CLOCK);
}

static void no_such_date(void **state)
{
    struct fake *f = *state;
    struct sim_clock d;
    struct hal_datetime now;
    static const struct hal_datetime BAD[] = {
        {1999, 12, 31, 0, 0, 0}, {2100, 1, 1, 0, 0, 0},  {2025, 2, 29, 0, 0, 0}, {2024, 2, 30, 0, 0, 0},
        {2024, 4, 31, 0, 0, 0},  {2024, 0, 1, 0, 0, 0},  {2024, 13, 1, 0, 0, 0}, {2024, 1, 0, 0, 0, 0},
        {2024, 1, 1, 24, 0, 0},  {2024, 1, 1, 0, 60, 0}, {2024, 1, 1, 0, 0, 60},
    };
    sim_clock_init(&d, &f->port);
    struct hal_clock hal = sim_clock_hal(&d);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_int_equal(hal.ops->set(hal.ctx, &BAD[i]), E_INVAL);
    assert_int_equal(hal.ops->get(hal.ctx, &now), HAL_E_CLOCK); /* none of them was taken */
    assert_int_equal(hal.ops->set(hal.ctx, &(struct hal_datetime){2000, 2, 29, 0, 0, 0}),
                     OK); /* leap: divisible by 400 */
}

static void streams_are_of_seed_terminal_and_purpose(void **state)
{
    struct fake *f = *state;
    struct sim_rng d;
    struct rng plain;
    uint8_t drawn[16], expected[16];
    sim_rng_init(&d, &f->port);
    struct hal_rng hal = sim_rng_hal(&d);
    rng_init(&plain, world_seed(f->world), "terminal-1/risk");
    rng_bytes(&plain, expected, sizeof expected);
    assert_int_equal(hal.ops->bytes(hal.ctx, HAL_RNG_RISK, drawn, sizeof drawn), OK);
    assert_memory_equal(drawn, expected, sizeof drawn);
    assert_int_equal(hal.ops->bytes(hal.ctx, HAL_RNG_STORE, drawn, sizeof drawn), OK);
    assert_memory_not_equal(drawn, expected, sizeof drawn);
}

static void pins_move_no_other_stream(void **state)
{
    struct fake *f = *state;
    struct sim_rng a, b;
    uint8_t x[4], y[4], nonce_a[8], nonce_b[8];
    sim_rng_init(&a, &f->port);
    sim_rng_init(&b, &f->port);
    struct hal_rng ha = sim_rng_hal(&a), hb = sim_rng_hal(&b);
    for (uint8_t i = 0; i < SIM_RNG_PINS; i++)
        assert_int_equal(sim_rng_pin(&a, (uint8_t[4]){1, 2, 3, i}), OK);
    assert_int_equal(sim_rng_pin(&a, (uint8_t[4]){0}), E_LIMIT);
    ha.ops->bytes(ha.ctx, HAL_RNG_NONCE, nonce_a, 8);
    hb.ops->bytes(hb.ctx, HAL_RNG_NONCE, nonce_b, 8);
    assert_memory_equal(nonce_a, nonce_b, 8);
    for (uint8_t i = 0; i < SIM_RNG_PINS; i++) {
        assert_int_equal(ha.ops->bytes(ha.ctx, HAL_RNG_UNPREDICTABLE_NUMBER, x, 4), OK);
        assert_memory_equal(x, ((uint8_t[4]){1, 2, 3, i}), 4);
    }
    ha.ops->bytes(ha.ctx, HAL_RNG_UNPREDICTABLE_NUMBER, x, 4);
    hb.ops->bytes(hb.ctx, HAL_RNG_UNPREDICTABLE_NUMBER, y, 4);
    assert_memory_equal(x, y, 4); /* after the pins, the stream from its start */
    assert_memory_not_equal(x, nonce_a, 4);
    uint8_t big[1];
    assert_int_equal(ha.ops->bytes(ha.ctx, HAL_RNG_PURPOSES, x, 4), E_INVAL);
    assert_int_equal(ha.ops->bytes(ha.ctx, HAL_RNG_RISK, big, SIM_RNG_BYTES_MAX + 1), E_LIMIT);
}

static void streams_restart_from_what_is_durable(void **state)
{
    struct fake *f = *state;
    struct sim_rng d;
    uint8_t first[16], again[16], other[16], hash[32] = {1};
    sim_rng_init(&d, &f->port);
    struct hal_rng hal = sim_rng_hal(&d);
    sim_rng_boot(&d, 9, hash);
    hal.ops->bytes(hal.ctx, HAL_RNG_RISK, first, 16);
    sim_rng_boot(&d, 9, hash);
    hal.ops->bytes(hal.ctx, HAL_RNG_RISK, again, 16);
    assert_memory_equal(first, again, 16);
    hash[31] = 1;
    sim_rng_boot(&d, 9, hash);
    hal.ops->bytes(hal.ctx, HAL_RNG_RISK, other, 16);
    assert_memory_not_equal(first, other, 16);
    f->port.terminal = 2; /* a second terminal of the same world draws differently */
    hash[31] = 0;
    sim_rng_boot(&d, 9, hash);
    hal.ops->bytes(hal.ctx, HAL_RNG_RISK, other, 16);
    assert_memory_not_equal(first, other, 16);
}

static void count_switch(void *machine)
{
    ((struct fake *)machine)->wakes += 100;
}

static void the_supply_is_told_and_switched(void **state)
{
    struct fake *f = *state;
    struct sim_power d;
    struct hal_power_state now;
    sim_power_init(&d, &f->port, count_switch, count_switch);
    struct hal_power hal = sim_power_hal(&d);
    assert_int_equal(hal.ops->status(hal.ctx, &now), OK);
    assert_true(now.mains);
    assert_int_equal(sim_power_supply(&d, &now), OK);
    assert_false(sim_power_class.ready(&d)); /* no change */
    assert_int_equal(sim_power_supply(&d, &(struct hal_power_state){.battery_percent = 101}), E_INVAL);
    assert_int_equal(sim_power_supply(&d, &(struct hal_power_state){.battery_percent = 15}), OK);
    assert_true(sim_power_class.ready(&d));
    assert_int_equal(f->wakes, 1);
    hal.ops->status(hal.ctx, &now);
    assert_int_equal(now.battery_percent, 15);
    assert_false(sim_power_class.ready(&d));
    assert_int_equal(hal.ops->reset(hal.ctx), HAL_E_POWER);
    assert_int_equal(hal.ops->off(hal.ctx), HAL_E_POWER);
    assert_int_equal(f->wakes, 201);
}

static void the_log_takes_lines(void **state)
{
    struct fake *f = *state;
    struct sim_log d;
    sim_log_init(&d, &f->port);
    struct hal_log hal = sim_log_hal(&d);
    assert_int_equal(hal.ops->write(hal.ctx, HAL_LOG_WARN, "net: late"), OK);
    assert_int_equal(hal.ops->write(hal.ctx, HAL_LOG_WARN, NULL), E_INVAL);
    assert_int_equal(hal.ops->write(hal.ctx, (enum hal_log_level)9, "x"), E_INVAL);
    assert_int_equal(d.lines, 1);
    assert_int_equal(fake_count(f, "late"), 0); /* the tap writes the record */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(time_counts_from_reset, setup, teardown),
        cmocka_unit_test_setup_teardown(the_date_follows_the_calendar, setup, teardown),
        cmocka_unit_test_setup_teardown(a_kept_date_comes_back_to_the_microsecond, setup, teardown),
        cmocka_unit_test_setup_teardown(no_such_date, setup, teardown),
        cmocka_unit_test_setup_teardown(streams_are_of_seed_terminal_and_purpose, setup, teardown),
        cmocka_unit_test_setup_teardown(pins_move_no_other_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(streams_restart_from_what_is_durable, setup, teardown),
        cmocka_unit_test_setup_teardown(the_supply_is_told_and_switched, setup, teardown),
        cmocka_unit_test_setup_teardown(the_log_takes_lines, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
