/* Screens, amount entry and PIN entry against scripted keys. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/app/ui.h"
#include "tests/core/app/app_fixture.h"

struct ui_fixture {
    struct fake_terminal t;
    struct app app;
};

static struct ui_fixture *ui_new(const char *keys)
{
    struct ui_fixture *f = calloc(1, sizeof *f);
    ft_init(&f->t);
    f->t.screens = screen_catalogue;
    f->app.hal = &f->t.hal;
    f->app.config.card_timeout_us = f->app.config.pin_timeout_us = 60000000;
    f->app.config.message_us = 3000000;
    f->t.key_count = strlen(keys);
    memcpy(f->t.keys, keys, f->t.key_count);
    return f;
}

static void ui_free(struct ui_fixture *f)
{
    ft_clear(&f->t);
    free(f);
}

static void amounts_are_written_and_read(void **state)
{
    static const struct {
        uint64_t cents;
        const char *text;
    } cases[] = {{0, "0.00"}, {5, "0.05"}, {1200, "12.00"}, {MONEY_MAX_CENTS / 100, "99999999.99"}};
    static const char *const bad[] = {"", "12", "12.0", "12.000", ".00", "1a.00", "-1.00", "1,00"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char text[MONEY_TEXT];
        uint64_t cents = 1;
        money_format(cases[i].cents, text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(money_parse(text, &cents), OK);
        assert_int_equal(cents, cases[i].cents);
    }
    for (size_t i = 0; i < 8; i++) {
        uint64_t cents;
        assert_int_equal(money_parse(bad[i], &cents), E_FORMAT);
    }
}

static void every_screen_has_a_row_of_its_own(void **state)
{
    (void)state;
    for (int id = 1; id < SCREEN_COUNT; id++) {
        assert_int_equal(screen_catalogue[id - 1].id, id);
        assert_non_null(screen_catalogue[id - 1].name);
    }
    assert_int_equal(screen_catalogue[SCREEN_COUNT - 1].id, 0);
}

static void a_screen_is_filled_in_both_languages(void **state)
{
    (void)state;
    struct ui_fixture *f = ui_new("");
    assert_int_equal(ui_show(&f->app, SCREEN_declined, "12.00", "Insufficient\nfunds"), OK);
    assert_string_equal(f->t.screen, "declined");
    assert_string_equal(f->t.rows[0], "12.00");
    assert_string_equal(f->t.rows[1], "DECLINED");
    assert_string_equal(f->t.rows[2], "Insufficient funds"); /* a value adds no row */
    f->app.config.language = LANGUAGE_ZH;
    assert_int_equal(ui_show(&f->app, SCREEN_declined, "12.00", NULL), OK);
    assert_string_equal(f->t.rows[1], "交易拒绝");
    assert_string_equal(f->t.rows[2], "");
    ui_free(f);
}

static void a_long_value_is_cut_not_spilled(void **state)
{
    (void)state;
    struct ui_fixture *f = ui_new("");
    char text[300];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(ui_show(&f->app, SCREEN_declined, text, text), OK);
    assert_string_equal(f->t.rows[1], "DECLINED");
    ui_free(f);
}

static const struct amount_case {
    int first;
    const char *keys;
    int status;
    uint64_t cents;
} amount_cases[] = {
    {'1', "200\r", OK, 1200},           {0, "5\r", OK, 5},
    {'1', "\b250\r", OK, 250},          {0, "\r\r7\r", OK, 7},                /* no amount, no ENTER */
    {'9', "99999999\r", OK, 999999999}, {'1', "2345678901\r", OK, 123456789}, /* a tenth digit is not taken */
    {'1', "2\x1B", HAL_E_CANCELLED, 0}, {'1', "", HAL_E_TIMEOUT, 0},
};

static void digits_shift_in_as_cents(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof amount_cases / sizeof *amount_cases; i++) {
        const struct amount_case *c = &amount_cases[i];
        struct ui_fixture *f = ui_new(c->keys);
        uint64_t cents = 0;
        assert_int_equal(ui_amount(&f->app, c->first, &cents), c->status);
        assert_int_equal(cents, c->cents);
        ui_free(f);
    }
}

static void the_amount_is_on_the_display(void **state)
{
    (void)state;
    struct ui_fixture *f = ui_new("200\r");
    uint64_t cents;
    assert_int_equal(ui_amount(&f->app, '1', &cents), OK);
    assert_string_equal(f->t.screen, "enter_amount");
    assert_string_equal(f->t.rows[1], "12.00");
    ui_free(f);
}

static const struct pin_case {
    const char *keys;
    int status;
    const char *pin, *stars;
} pin_cases[] = {
    {"123456\r", EMV_PIN_ENTERED, "123456", "******"},
    {"1234\r", EMV_PIN_ENTERED, "1234", "****"},
    {"\r", EMV_PIN_BYPASSED, "", ""},
    {"12\r34\r", EMV_PIN_ENTERED, "1234", "****"},
    {"12\b5678\r", EMV_PIN_ENTERED, "5678", "****"},
    {"1234\x1B", EMV_PIN_CANCELLED, "", "****"},
    {"1234", EMV_PIN_CANCELLED, "", "****"},
};

static void a_pin_stays_in_the_secure_element(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pin_cases / sizeof *pin_cases; i++) {
        const struct pin_case *c = &pin_cases[i];
        struct fake_act act = KEYS("enter_pin", c->keys);
        struct ui_fixture *f = ui_new("99"); /* keys from before are no PIN */
        f->t.acts = &act;
        f->t.act_count = 1;
        assert_int_equal(ui_pin(&f->app, SCREEN_enter_pin, "12.00", false), c->status);
        assert_string_equal(f->t.pin, c->pin);
        assert_string_equal(f->t.rows[2], c->stars);
        assert_false(f->t.pin_mode);
        ui_free(f);
    }
}

static void without_a_pad_there_is_no_pin(void **state)
{
    (void)state;
    struct ui_fixture *f = ui_new("");
    f->t.hal.keypad.ops = NULL;
    assert_int_equal(ui_pin(&f->app, SCREEN_enter_pin, "12.00", false), EMV_PIN_NO_PAD);
    ui_free(f);
}

static void a_message_stands_for_its_time_or_until_a_key(void **state)
{
    static const struct fake_act act = KEYS("cancelled", "1");
    (void)state;
    struct ui_fixture *f = ui_new("77");
    uint64_t start_us = f->t.now_us;
    assert_int_equal(ui_message(&f->app, SCREEN_cancelled, NULL, NULL, 0), OK);
    assert_true(f->t.now_us - start_us >= 3000000);
    f->t.acts = &act;
    f->t.act_count = 1;
    start_us = f->t.now_us;
    assert_int_equal(ui_message(&f->app, SCREEN_cancelled, NULL, NULL, 0), OK);
    assert_true(f->t.now_us - start_us < 1000);
    assert_int_equal(f->t.key_count - f->t.key_at, 1); /* the key is for what comes next */
    ui_free(f);
}

static void names_are_chosen_by_arrows_or_number(void **state)
{
    static const char *const names[] = {"DEBIT", "CREDIT", "CASH"};
    static const struct {
        const char *keys;
        int status;
        size_t index;
    } cases[] = {
        {"\r", OK, 0},           {"\x81\r", OK, 1}, {"\x80\r", OK, 2}, {"2\r", OK, 1}, {"9\x1B", HAL_E_CANCELLED, 0},
        {"", HAL_E_CANCELLED, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ui_fixture *f = ui_new(cases[i].keys);
        size_t index = 0;
        assert_int_equal(ui_choose(&f->app, names, 3, &index), cases[i].status);
        assert_int_equal(index, cases[i].index);
        ui_free(f);
    }
}

static void power_loss_unwinds_from_every_wait(void **state)
{
    (void)state;
    struct ui_fixture *f = ui_new("");
    uint64_t cents;
    size_t index;
    enum hal_key key;
    static const char *const names[] = {"DEBIT"};
    f->t.off = true;
    assert_int_equal(ui_amount(&f->app, '1', &cents), HAL_E_POWER);
    assert_int_equal(ui_pin(&f->app, SCREEN_enter_pin, "", true), HAL_E_POWER);
    assert_int_equal(ui_choose(&f->app, names, 1, &index), HAL_E_POWER);
    assert_int_equal(ui_message(&f->app, SCREEN_cancelled, NULL, NULL, HAL_SRC_READER), HAL_E_POWER);
    assert_int_equal(ui_key(&f->app, 0, &key), HAL_E_POWER);
    assert_int_equal(ui_wait_removed(&f->app), HAL_E_POWER);
    ui_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_written_and_read),
        cmocka_unit_test(every_screen_has_a_row_of_its_own),
        cmocka_unit_test(a_screen_is_filled_in_both_languages),
        cmocka_unit_test(a_long_value_is_cut_not_spilled),
        cmocka_unit_test(digits_shift_in_as_cents),
        cmocka_unit_test(the_amount_is_on_the_display),
        cmocka_unit_test(a_pin_stays_in_the_secure_element),
        cmocka_unit_test(without_a_pad_there_is_no_pin),
        cmocka_unit_test(a_message_stands_for_its_time_or_until_a_key),
        cmocka_unit_test(names_are_chosen_by_arrows_or_number),
        cmocka_unit_test(power_loss_unwinds_from_every_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
