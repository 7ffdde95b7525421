/* Choice and confirmation of the application by the cardholder, against scripted keys (EMV Book 1 12.4). */
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
    f->app.config.card_timeout_us = 60000000;
    f->t.key_count = strlen(keys);
    memcpy(f->t.keys, keys, f->t.key_count);
    return f;
}

static void ui_free(struct ui_fixture *f)
{
    ft_clear(&f->t);
    free(f);
}

/* covers: DOMAIN 2.3 */
static void enter_alone_confirms(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        int status;
        const char *screen;
    } cases[] = {
        {"\r", OK, "reading_card"},
        {"5\x81\b\r", OK, "reading_card"}, /* keys that mean nothing here */
        {"\x1B", HAL_E_CANCELLED, "confirm_application"},
        {"1", HAL_E_CANCELLED, "confirm_application"}, /* and the time runs out */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake_act act = KEYS("confirm_application", cases[i].keys);
        struct ui_fixture *f = ui_new("\r\r"); /* keys from before confirm nothing */
        f->t.acts = &act;
        f->t.act_count = 1;
        assert_int_equal(ui_confirm(&f->app, "DEBIT"), cases[i].status);
        assert_string_equal(f->t.screen, cases[i].screen);
        ui_free(f);
    }
}

static void the_name_is_on_the_display(void **state)
{
    (void)state;
    static const char *const names[] = {"DEBIT", "CREDIT"};
    size_t index = 9;
    struct ui_fixture *f = ui_new("\x81");
    assert_int_equal(ui_choose(&f->app, names, 2, &index), HAL_E_CANCELLED);
    assert_string_equal(f->t.screen, "choose_application");
    assert_string_equal(f->t.rows[1], "CREDIT");
    assert_int_equal(index, 9);
    assert_int_equal(ui_choose(&f->app, names, 0, &index), E_INVAL);
    ui_free(f);
}

static void power_loss_unwinds(void **state)
{
    (void)state;
    struct ui_fixture *f = ui_new("");
    f->t.off = true;
    assert_int_equal(ui_confirm(&f->app, "DEBIT"), HAL_E_POWER);
    ui_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enter_alone_confirms),
        cmocka_unit_test(the_name_is_on_the_display),
        cmocka_unit_test(power_loss_unwinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
