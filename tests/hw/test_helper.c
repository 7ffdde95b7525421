/* hw/helper: calls, presence, and what must not stay in memory. The driver is tests/hw/fake_driver.h. */
#include "tests/hw/fake_driver.h"

static bool presence(struct hw_helper *h, int want_code)
{
    bool present = true;
    assert_true(helper_readable(hw_helper_fd(h), helper_now_ms() + 10000));
    assert_int_equal(hw_helper_presence(h, &present), want_code);
    return present;
}

static void calls_reach_the_driver(void **state)
{
    (void)state;
    struct hw_helper *h = fake_start(5000);
    uint8_t atr[HAL_ATR_MAX], command[HAL_TPDU_MAX], answer[HAL_RPDU_MAX];
    size_t len = 0;
    assert_string_equal(hw_helper_name(h), "Fake 1");
    assert_string_equal(hw_helper_trouble(h), "");
    assert_int_equal(hw_helper_power_on(h, true, atr, &len), OK);
    assert_int_equal(len, HAL_ATR_MAX);
    assert_int_equal(atr[32], 0x3B);
    assert_true(fake->warm);
    for (size_t i = 0; i < sizeof command; i++)
        command[i] = (uint8_t)i;
    assert_int_equal(hw_helper_exchange(h, 1, command, 5, answer, sizeof answer, &len), OK);
    assert_int_equal(len, 5);
    assert_int_equal(fake->protocol, 1);
    assert_int_equal(hw_helper_exchange(h, 0, command, sizeof command, answer, sizeof answer, &len), OK);
    assert_int_equal(len, sizeof answer);
    assert_memory_equal(answer, command, len);
    assert_int_equal(fake->protocol, 0);
    assert_int_equal(hw_helper_exchange(h, 0, command, sizeof command + 1, answer, sizeof answer, &len), E_INVAL);
    assert_int_equal(hw_helper_exchange(h, 2, command, 5, answer, sizeof answer, &len), E_INVAL);
    assert_int_equal(hw_helper_exchange(h, 0, command, 100, answer, 50, &len), E_LIMIT);
    assert_int_equal(hw_helper_power_off(h), OK);
    hw_helper_stop(h);
    assert_int_equal(fake->opened, 1);
    assert_int_equal(fake->off, 2); /* ours, and the stop's */
    assert_int_equal(fake->closed, 1);
}

static void a_failure_comes_with_its_reason(void **state)
{
    (void)state;
    struct hw_helper *h = fake_start(5000);
    uint8_t atr[HAL_ATR_MAX];
    size_t len;
    fake->mood_call = FAKE_FAILS;
    assert_int_equal(hw_helper_power_on(h, false, atr, &len), HAL_E_MUTE);
    assert_string_equal(hw_helper_trouble(h), "reader Fake 1 is out of sorts");
    assert_int_equal(fake->opened, 1); /* a card's failure is no reason to start anew */
    hw_helper_stop(h);
}

static void a_driver_that_lies_about_lengths_is_stopped(void **state)
{
    (void)state;
    struct hw_helper *h = fake_start(5000);
    uint8_t atr[HAL_ATR_MAX], answer[HAL_RPDU_MAX];
    size_t len;
    fake->mood_call = FAKE_LIES;
    assert_int_equal(hw_helper_power_on(h, false, atr, &len), E_LIMIT);
    assert_int_equal(hw_helper_exchange(h, 0, atr, 5, answer, sizeof answer, &len), E_LIMIT);
    fake->mood_call = FAKE_WELL;
    assert_int_equal(hw_helper_exchange(h, 0, (const uint8_t *)"abcde", 5, answer, sizeof answer, &len), OK);
    hw_helper_stop(h);
}

static void presence_is_told(void **state)
{
    (void)state;
    fake->present = true;
    struct hw_helper *h = fake_start(5000);
    bool present = false;
    assert_int_equal(hw_helper_presence(h, &present), OK); /* known from the start */
    assert_true(present);
    fake->present = false;
    WAIT_FOR(helper_readable(hw_helper_fd(h), 0));
    assert_false(presence(h, OK));
    assert_false(helper_readable(hw_helper_fd(h), 0)); /* told once */
    fake->present = true;
    assert_true(presence(h, OK));
    assert_int_equal(fake->waited_ms, 0); /* no call ever waits for a watch */
    hw_helper_stop(h);
}

static void a_swap_is_not_taken_for_a_card_that_stayed(void **state)
{
    (void)state;
    fake->present = true;
    struct hw_helper *h = fake_start(5000);
    bool present;
    assert_int_equal(hw_helper_presence(h, &present), OK);
    for (int there = 0; there <= 1; there++) {
        int looked = fake->looked;
        fake->present = there;
        WAIT_FOR(fake->looked >= looked + 2);
    }
    assert_false(presence(h, OK));
    assert_true(presence(h, OK));
    hw_helper_stop(h);
}

static void a_reader_that_is_gone_is_told_and_comes_back(void **state)
{
    (void)state;
    fake->present = true;
    struct hw_helper *h = fake_start(5000);
    bool present;
    assert_int_equal(hw_helper_presence(h, &present), OK);
    fake->mood_wait = FAKE_FAILS;
    assert_false(presence(h, HAL_E_IO));
    assert_string_equal(hw_helper_trouble(h), "reader Fake 1 is out of sorts");
    fake->mood_wait = FAKE_WELL;
    assert_true(presence(h, OK));
    hw_helper_stop(h);
}

static bool holds(const void *where, size_t len, const char *secret)
{
    return memmem(where, len, secret, strlen(secret)) != NULL;
}

static void nothing_of_a_command_or_answer_stays(void **state)
{
    (void)state;
    struct hw_helper *h = fake_start(5000);
    const char *verify = "VERIFY 1234 1234";
    uint8_t answer[HAL_RPDU_MAX];
    size_t len;
    assert_int_equal(hw_helper_exchange(h, 0, (const uint8_t *)verify, strlen(verify), answer, sizeof answer, &len),
                     OK);
    assert_true(holds(answer, sizeof answer, verify)); /* it went there and came back */
    assert_false(holds(h, sizeof *h, "1234"));
    int looked = fake->looked;
    WAIT_FOR(fake->looked > looked);
    assert_int_equal(fake->left_over, 0); /* in the helper */
    fake->mood_call = FAKE_FAILS;
    assert_int_equal(hw_helper_exchange(h, 0, (const uint8_t *)verify, strlen(verify), answer, sizeof answer, &len),
                     HAL_E_MUTE);
    assert_false(holds(h, sizeof *h, "1234"));
    looked = fake->looked;
    WAIT_FOR(fake->looked > looked);
    assert_int_equal(fake->left_over, 0);
    hw_helper_stop(h);
}

static void an_opening_that_fails_says_why(void **state)
{
    (void)state;
    struct hw_helper *h;
    char why[200];
    fake->mood_open = FAKE_FAILS;
    assert_int_equal(hw_helper_start_with(fake_open, "fake", 5000, &h, why, sizeof why), HAL_E_MUTE);
    assert_string_equal(why, "there is no Fake 1; plug it in");
    assert_null(h);
    fake->mood_open = FAKE_HANGS;
    assert_int_equal(hw_helper_start_with(fake_open, "fake", 100, &h, why, sizeof why), HAL_E_IO);
    assert_string_equal(why, "reader fake: no answer to opening within 100 ms; its helper process was killed");
    fake->mood_open = FAKE_CRASHES;
    assert_int_equal(hw_helper_start_with(fake_open, "fake", 5000, &h, why, sizeof why), HAL_E_IO);
    assert_string_equal(
        why, "reader fake: its driver broke down during opening; its helper process ended by signal 6 (Aborted)");
    assert_int_equal(hw_helper_start("nothing:x", &h, why, sizeof why), E_INVAL);
    assert_null(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(calls_reach_the_driver, fake_setup),
        cmocka_unit_test_setup(a_failure_comes_with_its_reason, fake_setup),
        cmocka_unit_test_setup(a_driver_that_lies_about_lengths_is_stopped, fake_setup),
        cmocka_unit_test_setup(presence_is_told, fake_setup),
        cmocka_unit_test_setup(a_swap_is_not_taken_for_a_card_that_stayed, fake_setup),
        cmocka_unit_test_setup(a_reader_that_is_gone_is_told_and_comes_back, fake_setup),
        cmocka_unit_test_setup(nothing_of_a_command_or_answer_stays, fake_setup),
        cmocka_unit_test_setup(an_opening_that_fails_says_why, fake_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
