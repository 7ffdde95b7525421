/* The contactless field: who is in it, who hears, what time and removal do. */
#include "sim/devices/contactless.h"
#include "tests/sim/fake_port.h"

struct bench {
    struct fake fake;
    struct sim_contactless field;
    struct fake_card a, b;
    struct hal hal;
};

static void open_bench(struct bench *b, bool fitted)
{
    fake_init(&b->fake);
    sim_contactless_init(&b->field, &b->fake.port, fitted);
    fake_card_init(&b->a);
    fake_card_init(&b->b);
    memset(&b->hal, 0, sizeof b->hal);
    b->hal.contactless = sim_contactless_hal(&b->field);
}

static int ask(struct bench *b)
{
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    return HAL_CALL(&b->hal, contactless, exchange, (const uint8_t *)"\x00\xA4\x04\x00", 4, answer, sizeof answer,
                    &len);
}

static struct hal_contactless_status look(struct bench *b)
{
    struct hal_contactless_status status = {false, false};
    assert_int_equal(HAL_CALL(&b->hal, contactless, status, &status), OK);
    return status;
}

static void leave_now(void *ctx, uint64_t arg)
{
    (void)arg;
    sim_contactless_leave(ctx, NULL);
}

static void a_terminal_without_one_has_none(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, false);
    assert_int_equal(ask(&b), HAL_E_UNSUPPORTED);
    assert_int_equal(sim_contactless_tap(&b.field, &b.a.slot), HAL_E_UNSUPPORTED);
    assert_false(sim_contactless_class.there(&b.field));
    fake_clear(&b.fake);
}

static void only_a_field_that_is_on_sees_a_card(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, true);
    assert_int_equal(sim_contactless_tap(&b.field, &b.a.slot), OK);
    assert_int_equal(sim_contactless_tap(&b.field, &b.a.slot), E_STATE);
    assert_false(look(&b).card);
    assert_false(sim_contactless_class.ready(&b.field));
    assert_int_equal(ask(&b), HAL_E_REMOVED);
    assert_int_equal(HAL_CALL(&b.hal, contactless, field, true), OK);
    assert_true(sim_contactless_class.ready(&b.field)); /* it lay there already */
    assert_true(look(&b).card);
    assert_false(sim_contactless_class.ready(&b.field));
    assert_int_equal(b.a.resets, 1);
    assert_int_equal(ask(&b), OK);
    assert_int_equal(b.a.protocol, SLOT_CONTACTLESS);
    assert_int_equal(HAL_CALL(&b.hal, contactless, field, false), OK);
    assert_int_equal(b.a.offs, 1);
    assert_int_equal(sim_contactless_leave(&b.field, NULL), OK);
    assert_int_equal(sim_contactless_leave(&b.field, NULL), E_STATE);
    assert_int_equal(fake_count(&b.fake, "\"what\":\"tap\""), 1);
    assert_int_equal(fake_count(&b.fake, "\"what\":\"leave\""), 1);
    fake_clear(&b.fake);
}

static void two_cards_collide(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, true);
    HAL_CALL(&b.hal, contactless, field, true);
    sim_contactless_tap(&b.field, &b.a.slot);
    sim_contactless_tap(&b.field, &b.b.slot);
    assert_true(look(&b).collision);
    assert_int_equal(ask(&b), HAL_E_PROTOCOL);
    assert_int_equal(b.a.commands + b.b.commands, 0);
    struct fake_card third;
    fake_card_init(&third);
    assert_int_equal(sim_contactless_tap(&b.field, &third.slot), E_LIMIT);
    assert_int_equal(sim_contactless_leave(&b.field, &b.a), OK);
    assert_true(look(&b).card);
    assert_false(look(&b).collision);
    assert_int_equal(ask(&b), OK);
    assert_int_equal(b.b.commands, 1);
    fake_clear(&b.fake);
}

static void a_card_taken_away_has_worked_unheard(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, true);
    HAL_CALL(&b.hal, contactless, field, true);
    sim_contactless_tap(&b.field, &b.a.slot);
    b.a.time_us = 30000;
    world_in(b.fake.world, 10000, leave_now, &b.field, 0);
    assert_int_equal(ask(&b), HAL_E_REMOVED);
    assert_int_equal(b.a.commands, 1);
    assert_int_equal(world_now(b.fake.world), 10000);
    fake_clear(&b.fake);
}

static void silence_and_endless_waiting_are_mute(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, true);
    HAL_CALL(&b.hal, contactless, field, true);
    sim_contactless_tap(&b.field, &b.a.slot);
    b.a.rc = HAL_E_MUTE;
    b.a.time_us = 0;
    assert_int_equal(ask(&b), HAL_E_MUTE);
    assert_int_equal(world_now(b.fake.world), SIM_CONTACTLESS_MUTE_US);
    b.a.rc = OK;
    b.a.time_us = SIM_CONTACTLESS_PATIENCE_US + 1;
    assert_int_equal(ask(&b), HAL_E_MUTE);
    b.a.time_us = 1000;
    b.a.answer_len = HAL_RPDU_MAX + 1;
    assert_int_equal(ask(&b), E_LIMIT);
    fake_clear(&b.fake);
}

static void a_reset_switches_the_field_off(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, true);
    HAL_CALL(&b.hal, contactless, field, true);
    sim_contactless_tap(&b.field, &b.a.slot);
    sim_contactless_class.reset(&b.field);
    assert_false(look(&b).card);
    assert_int_equal(ask(&b), HAL_E_REMOVED);
    HAL_CALL(&b.hal, contactless, field, true);
    assert_true(look(&b).card);
    fake_clear(&b.fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_without_one_has_none),
        cmocka_unit_test(only_a_field_that_is_on_sees_a_card),
        cmocka_unit_test(two_cards_collide),
        cmocka_unit_test(a_card_taken_away_has_worked_unheard),
        cmocka_unit_test(silence_and_endless_waiting_are_mute),
        cmocka_unit_test(a_reset_switches_the_field_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
