/* Chip reader and stripe reader with a card of one answer. */
#include "tests/sim/fake_port.h"

#include "sim/devices/magstripe.h"
#include "sim/devices/reader.h"

static const uint8_t COMMAND[] = {0x00, 0xB2, 0x01, 0x0C, 0x00};

struct bench {
    struct fake fake;
    struct sim_reader d;
    struct hal_reader hal;
    struct fake_card card;
};

static int setup(void **state)
{
    static struct bench b;
    fake_init(&b.fake);
    fake_card_init(&b.card);
    sim_reader_init(&b.d, &b.fake.port);
    b.hal = sim_reader_hal(&b.d);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    fake_clear(&((struct bench *)*state)->fake);
    return 0;
}

static int power_on(struct bench *b, bool warm)
{
    uint8_t atr[HAL_ATR_MAX];
    size_t len = 0;
    int rc = b->hal.ops->power_on(b->hal.ctx, warm, atr, &len);
    if (rc == OK)
        assert_memory_equal(atr, "\x3B\x00", len);
    return rc;
}

static int exchange(struct bench *b, size_t *len)
{
    uint8_t answer[HAL_RPDU_MAX];
    return b->hal.ops->exchange(b->hal.ctx, 0, COMMAND, sizeof COMMAND, answer, sizeof answer, len);
}

static void presence_is_seen_once(void **state)
{
    struct bench *b = *state;
    struct hal_reader_status now;
    assert_false(sim_reader_class.ready(&b->d));
    assert_int_equal(power_on(b, false), HAL_E_ABSENT);
    assert_int_equal(sim_reader_remove(&b->d), E_STATE);
    assert_int_equal(sim_reader_insert(&b->d, &b->card.slot), OK);
    assert_int_equal(sim_reader_insert(&b->d, &b->card.slot), E_STATE);
    assert_true(sim_reader_class.ready(&b->d));
    assert_int_equal(b->hal.ops->status(b->hal.ctx, &now), OK);
    assert_true(now.present);
    assert_false(sim_reader_class.ready(&b->d));
    assert_int_equal(sim_reader_remove(&b->d), OK);
    assert_true(sim_reader_class.ready(&b->d));
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"card\",\"what\":\"insert\",\"name\":\"test-card\""), 1);
    assert_int_equal(fake_count(&b->fake, "\"what\":\"remove\",\"name\":\"test-card\""), 1);
}

static void the_card_takes_its_time(void **state)
{
    struct bench *b = *state;
    size_t len = 0;
    sim_reader_insert(&b->d, &b->card.slot);
    assert_int_equal(power_on(b, true), OK); /* there is no warm reset without power */
    assert_int_equal(b->card.warm_resets, 0);
    assert_int_equal(world_now(b->fake.world), 1000);
    assert_int_equal(power_on(b, true), OK);
    assert_int_equal(b->card.warm_resets, 1);
    b->card.time_us = 250000;
    assert_int_equal(exchange(b, &len), OK);
    assert_int_equal(len, 2);
    assert_int_equal(world_now(b->fake.world), 252000);
    assert_int_equal(b->hal.ops->power_off(b->hal.ctx), OK);
    assert_int_equal(b->card.offs, 1);
    assert_int_equal(exchange(b, &len), HAL_E_MUTE);
    assert_int_equal(b->card.commands, 1); /* without power it hears nothing */
}

static void pull(void *ctx, uint64_t again)
{
    struct bench *b = ctx;
    sim_reader_remove(&b->d);
    if (again)
        sim_reader_insert(&b->d, &b->card.slot);
}

static void a_pulled_card_is_removed(void **state)
{
    struct bench *b = *state;
    size_t len = 0;
    for (uint64_t again = 0; again < 2; again++) { /* also if another is in before the reader looks */
        sim_reader_insert(&b->d, &b->card.slot);
        power_on(b, false);
        world_in(b->fake.world, 500, pull, b, again);
        uint64_t start = world_now(b->fake.world);
        assert_int_equal(exchange(b, &len), HAL_E_REMOVED);
        assert_int_equal(world_now(b->fake.world), start + 500); /* noticed at once */
    }
    world_in(b->fake.world, 500, pull, b, 0);
    assert_int_equal(power_on(b, false), HAL_E_ABSENT);
    assert_int_equal(exchange(b, &len), HAL_E_REMOVED);
}

static void bad_cards_are_named_outcomes(void **state)
{
    struct bench *b = *state;
    size_t len = 77;
    sim_reader_insert(&b->d, &b->card.slot);
    b->card.rc = HAL_E_MUTE;
    b->card.time_us = 0;
    assert_int_equal(power_on(b, false), HAL_E_MUTE);
    assert_int_equal(world_now(b->fake.world), SIM_READER_MUTE_RESET_US);
    b->card.rc = OK;
    assert_int_equal(power_on(b, false), OK);
    b->card.answer_len = HAL_RPDU_MAX + 1;
    assert_int_equal(exchange(b, &len), E_LIMIT);
    b->card.answer_len = HAL_RPDU_MAX;
    assert_int_equal(exchange(b, &len), OK);
    b->card.time_us = UINT64_MAX; /* a waiting time extension without end */
    uint64_t start = world_now(b->fake.world);
    len = 77;
    assert_int_equal(exchange(b, &len), HAL_E_MUTE);
    assert_int_equal(world_now(b->fake.world), start + SIM_READER_PATIENCE_US);
    assert_int_equal(len, 77); /* outputs on OK only */
    uint8_t answer[HAL_RPDU_MAX];
    assert_int_equal(b->hal.ops->exchange(b->hal.ctx, 0, COMMAND, 3, answer, sizeof answer, &len), E_INVAL);
    assert_int_equal(b->hal.ops->exchange(b->hal.ctx, 2, COMMAND, 5, answer, sizeof answer, &len), E_INVAL);
    assert_int_equal(b->hal.ops->exchange(b->hal.ctx, 0, COMMAND, 5, answer, 2, &len), E_INVAL);
}

static void power_loss_leaves_the_card_in_the_slot(void **state)
{
    struct bench *b = *state;
    size_t len = 0;
    sim_reader_insert(&b->d, &b->card.slot);
    power_on(b, false);
    world_in(b->fake.world, 10, fake_lose, &b->fake, 0);
    assert_int_equal(exchange(b, &len), HAL_E_POWER);
    sim_reader_class.reset(&b->d);
    assert_int_equal(b->card.offs, 1);
    assert_true(sim_reader_has_card(&b->d));
    assert_true(sim_reader_class.ready(&b->d));
}

static void a_swipe_is_read_once_and_wiped(void **state)
{
    struct bench *b = *state;
    struct sim_magstripe d;
    struct hal_swipe swipe, zeros;
    memset(&zeros, 0, sizeof zeros);
    sim_magstripe_init(&d, &b->fake.port);
    struct hal_magstripe hal = sim_magstripe_hal(&d);
    assert_int_equal(sim_magstripe_swipe(&d, &b->card.slot), HAL_E_UNSUPPORTED);
    b->card.track2 = "6225880000000007=30121010000000000";
    assert_int_equal(sim_magstripe_swipe(&d, &b->card.slot), OK); /* off after reset: not read */
    assert_int_equal(hal.ops->read(hal.ctx, &swipe), HAL_E_EMPTY);
    assert_int_equal(hal.ops->enable(hal.ctx, true), OK);
    assert_int_equal(sim_magstripe_swipe(&d, &b->card.slot), OK);
    b->card.track2 = "6225880000000015=30121010000000000";
    assert_int_equal(sim_magstripe_swipe(&d, &b->card.slot), OK);
    assert_true(sim_magstripe_class.ready(&d));
    assert_int_equal(hal.ops->read(hal.ctx, &swipe), OK);
    assert_string_equal(swipe.track[1], b->card.track2); /* the last one */
    assert_true(swipe.ok[1] && !swipe.ok[0] && !swipe.ok[2]);
    assert_memory_equal(&d.last, &zeros, sizeof zeros);
    assert_int_equal(hal.ops->read(hal.ctx, &swipe), HAL_E_EMPTY);
    sim_magstripe_swipe(&d, &b->card.slot);
    hal.ops->enable(hal.ctx, false);
    assert_memory_equal(&d.last, &zeros, sizeof zeros);
    assert_false(sim_magstripe_class.ready(&d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(presence_is_seen_once, setup, teardown),
        cmocka_unit_test_setup_teardown(the_card_takes_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pulled_card_is_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_cards_are_named_outcomes, setup, teardown),
        cmocka_unit_test_setup_teardown(power_loss_leaves_the_card_in_the_slot, setup, teardown),
        cmocka_unit_test_setup_teardown(a_swipe_is_read_once_and_wiped, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
