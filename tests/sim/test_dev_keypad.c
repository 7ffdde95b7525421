/* Keypad and the PIN buffer behind it (ISO 9564-1: a digit typed in PIN mode never reaches the core). */
#include "tests/sim/fake_port.h"

#include "sim/devices/keypad.h"
#include "sim/devices/se.h"

struct bench {
    struct fake fake;
    struct sim_se se;
    struct sim_keypad keypad;
    struct hal_keypad hal;
    struct hal_se hal_se;
};

static int setup(void **state)
{
    static struct bench b;
    const uint8_t key[32] = {0};
    fake_init(&b.fake);
    sim_se_init(&b.se, &b.fake.port, NULL, key);
    sim_keypad_init(&b.keypad, &b.fake.port, &b.se);
    b.hal = sim_keypad_hal(&b.keypad);
    b.hal_se = sim_se_hal(&b.se);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    fake_clear(&((struct bench *)*state)->fake);
    return 0;
}

static int read_key(struct bench *b)
{
    enum hal_key key;
    int rc = b->hal.ops->read(b->hal.ctx, &key);
    return rc == OK ? (int)key : rc;
}

static uint8_t pin_len(struct bench *b)
{
    uint8_t len = 99;
    assert_int_equal(b->hal_se.ops->pin_len(b->hal_se.ctx, &len), OK);
    return len;
}

static void keys_come_in_order(void **state)
{
    struct bench *b = *state;
    assert_int_equal(read_key(b), HAL_E_EMPTY);
    assert_false(sim_keypad_class.ready(&b->keypad));
    for (int lap = 0; lap < 20; lap++) { /* around the ring */
        assert_int_equal(sim_keypad_press(&b->keypad, '1'), OK);
        assert_int_equal(sim_keypad_press(&b->keypad, HAL_KEY_UP), OK);
        assert_int_equal(sim_keypad_press(&b->keypad, HAL_KEY_ENTER), OK);
        assert_true(sim_keypad_class.ready(&b->keypad));
        assert_int_equal(read_key(b), '1');
        assert_int_equal(read_key(b), HAL_KEY_UP);
        assert_int_equal(read_key(b), HAL_KEY_ENTER);
    }
    assert_int_equal(read_key(b), HAL_E_EMPTY);
    assert_int_equal(b->fake.wakes, 60);
}

static void only_keys_of_the_pad(void **state)
{
    struct bench *b = *state;
    assert_int_equal(sim_keypad_press(&b->keypad, HAL_KEY_MASKED), E_INVAL); /* nobody can press a star */
    assert_int_equal(sim_keypad_press(&b->keypad, (enum hal_key)0), E_INVAL);
    assert_int_equal(sim_keypad_press(&b->keypad, (enum hal_key)0x131), E_INVAL);
    assert_int_equal(read_key(b), HAL_E_EMPTY);
}

static void overflow_drops_the_newest(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < SIM_KEYPAD_QUEUE; i++)
        assert_int_equal(sim_keypad_press(&b->keypad, (enum hal_key)('0' + i % 10)), OK);
    assert_int_equal(sim_keypad_press(&b->keypad, HAL_KEY_CANCEL), E_LIMIT);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"beep\""), 1);
    for (int i = 0; i < SIM_KEYPAD_QUEUE; i++)
        assert_int_equal(read_key(b), '0' + i % 10);
    assert_int_equal(read_key(b), HAL_E_EMPTY);
}

static void pin_stays_in_the_secure_element(void **state)
{
    struct bench *b = *state;
    assert_int_equal(b->hal.ops->pin_mode(b->hal.ctx, true, 3), E_INVAL);
    assert_int_equal(b->hal.ops->pin_mode(b->hal.ctx, true, 13), E_INVAL);
    assert_int_equal(b->hal.ops->pin_mode(b->hal.ctx, true, 6), OK);
    for (int i = 1; i <= 8; i++) /* two more than asked for */
        assert_int_equal(sim_keypad_press(&b->keypad, (enum hal_key)('0' + i)), OK);
    assert_int_equal(pin_len(b), 6);
    assert_string_equal(b->se.pin, "123456");
    for (int i = 0; i < 6; i++)
        assert_int_equal(read_key(b), HAL_KEY_MASKED);
    assert_int_equal(read_key(b), HAL_E_EMPTY);
    assert_int_equal(sim_keypad_press(&b->keypad, HAL_KEY_CLEAR), OK);
    assert_int_equal(read_key(b), HAL_KEY_CLEAR);
    assert_int_equal(pin_len(b), 0);
    sim_keypad_press(&b->keypad, '7');
    sim_keypad_press(&b->keypad, HAL_KEY_ENTER);
    assert_int_equal(read_key(b), HAL_KEY_MASKED);
    assert_int_equal(read_key(b), HAL_KEY_ENTER);
    assert_int_equal(b->hal.ops->pin_mode(b->hal.ctx, false, 0), OK);
    assert_int_equal(pin_len(b), 1); /* leaving keeps the buffer */
    sim_keypad_press(&b->keypad, '5');
    assert_int_equal(read_key(b), '5');
    assert_int_equal(b->hal.ops->pin_mode(b->hal.ctx, true, 4), OK);
    assert_int_equal(pin_len(b), 0); /* a new entry starts empty */
}

static void a_digit_lost_to_a_full_queue_is_not_in_the_pin(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < SIM_KEYPAD_QUEUE; i++)
        sim_keypad_press(&b->keypad, HAL_KEY_UP);
    b->hal.ops->pin_mode(b->hal.ctx, true, 4);
    assert_int_equal(sim_keypad_press(&b->keypad, '1'), E_LIMIT);
    assert_int_equal(pin_len(b), 0);
}

static void power_loss_forgets_all(void **state)
{
    struct bench *b = *state;
    b->hal.ops->pin_mode(b->hal.ctx, true, 4);
    sim_keypad_press(&b->keypad, '1');
    sim_keypad_class.reset(&b->keypad);
    sim_se_class.reset(&b->se);
    assert_int_equal(read_key(b), HAL_E_EMPTY);
    assert_int_equal(pin_len(b), 0);
    const char zeros[sizeof b->se.pin] = {0};
    assert_memory_equal(b->se.pin, zeros, sizeof zeros);
    sim_keypad_press(&b->keypad, '1');
    assert_int_equal(read_key(b), '1'); /* PIN mode is off */
    sim_keypad_press(&b->keypad, '2');
    assert_int_equal(b->hal.ops->flush(b->hal.ctx), OK);
    assert_int_equal(read_key(b), HAL_E_EMPTY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_come_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(only_keys_of_the_pad, setup, teardown),
        cmocka_unit_test_setup_teardown(overflow_drops_the_newest, setup, teardown),
        cmocka_unit_test_setup_teardown(pin_stays_in_the_secure_element, setup, teardown),
        cmocka_unit_test_setup_teardown(a_digit_lost_to_a_full_queue_is_not_in_the_pin, setup, teardown),
        cmocka_unit_test_setup_teardown(power_loss_forgets_all, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
