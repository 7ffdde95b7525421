/* Screen, buzzer and the cells they count in. */
#include "tests/sim/fake_port.h"

#include "sim/devices/buzzer.h"
#include "sim/devices/cells.h"
#include "sim/devices/display.h"

static void cut(const char *text, size_t cells, const char *expected, size_t used)
{
    char out[64];
    assert_int_equal(cells_copy(text, cells, out, sizeof out), used);
    assert_string_equal(out, expected);
}

static void cells_are_counted(void **state)
{
    (void)state;
    cut("TOTAL 12.00", 20, "TOTAL 12.00", 11);
    cut("TOTAL 12.00", 5, "TOTAL", 5);
    cut("请插卡", 20, "请插卡", 6);
    cut("请插卡", 5, "请插", 4); /* the third has one cell left, and is not halved */
    cut("A请", 2, "A", 1);
    cut("¥12", 3, "¥12", 3);  /* Latin-1 yen: narrow */
    cut("￥12", 3, "￥1", 3); /* full-width yen: wide */
    cut("e\xCC\x81"
        "a",
        2,
        "e\xCC\x81"
        "a",
        2); /* a combining accent takes no cell */
    cut(NULL, 5, "", 0);
    cut("abc", 0, "", 0);
}

static void bad_text_is_shown_as_question_marks(void **state)
{
    (void)state;
    cut("a\x01"
        "b\n",
        9, "a?b?", 4);
    cut("\xFF\xFE", 9, "??", 2);
    cut("\xE8\xAF", 9, "??", 2);           /* cut off */
    cut("\xC0\x80", 9, "??", 2);           /* not the shortest form */
    cut("\xED\xA0\x80", 9, "???", 3);      /* a surrogate */
    cut("\xF4\x90\x80\x80", 9, "????", 4); /* beyond Unicode */
}

static void bytes_are_bounded_too(void **state)
{
    (void)state;
    char out[6];
    assert_int_equal(cells_copy("请插卡", 20, out, sizeof out), 2);
    assert_string_equal(out, "请");
    assert_int_equal(cells_copy("x", 20, out, 1), 0);
    assert_string_equal(out, "");
}

static void remember(void *ctx, const struct sim_display_screen *screen)
{
    *(struct sim_display_screen *)ctx = *screen;
}

static void a_screen_is_shown_whole(void **state)
{
    (void)state;
    struct fake f;
    struct sim_display d;
    struct sim_display_screen seen = {0};
    struct hal_display_geometry geometry = {0};
    fake_init(&f);
    sim_display_init(&d, &f.port, &(struct hal_display_geometry){10, 2});
    sim_display_on_show(&d, remember, &seen);
    struct hal_display hal = sim_display_hal(&d);
    assert_int_equal(hal.ops->geometry(hal.ctx, &geometry), OK);
    assert_int_equal(geometry.columns, 10);
    assert_int_equal(geometry.rows, 2);
    const char *first[] = {"ENTER AMOUNT", "12.00", "not there"};
    assert_int_equal(hal.ops->show(hal.ctx, 5, first, 3), OK);
    assert_string_equal(seen.rows[0], "ENTER AMOU");
    assert_string_equal(seen.rows[1], "12.00");
    assert_string_equal(seen.rows[2], "");
    assert_int_equal(seen.id, 5);
    assert_int_equal(seen.number, 1);
    const char *second[] = {"OK"};
    assert_int_equal(hal.ops->show(hal.ctx, 0, second, 1), OK);
    assert_string_equal(sim_display_screen(&d)->rows[0], "OK");
    assert_string_equal(sim_display_screen(&d)->rows[1], ""); /* nothing of the old screen is left */
    assert_int_equal(hal.ops->show(hal.ctx, 0, NULL, 1), E_INVAL);
    sim_display_class.reset(&d);
    assert_int_equal(sim_display_screen(&d)->number, 0);
    assert_string_equal(sim_display_screen(&d)->rows[0], "");
    hal.ops->show(hal.ctx, 0, second, 1);
    assert_int_equal(seen.number, 3); /* counts on over the reboot */
    fake_clear(&f);
}

static void leds_go_out_with_the_power(void **state)
{
    (void)state;
    struct fake f;
    struct sim_buzzer d;
    fake_init(&f);
    sim_buzzer_init(&d, &f.port);
    struct hal_buzzer hal = sim_buzzer_hal(&d);
    assert_int_equal(hal.ops->led(hal.ctx, 0x0A), OK);
    assert_int_equal(hal.ops->led(hal.ctx, 0x10), E_INVAL);
    assert_int_equal(d.leds, 0x0A);
    assert_int_equal(hal.ops->beep(hal.ctx, 1000, 50), OK);
    assert_int_equal(d.beeps, 1);
    sim_buzzer_class.reset(&d);
    assert_int_equal(d.leds, 0);
    fake_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_counted),          cmocka_unit_test(bad_text_is_shown_as_question_marks),
        cmocka_unit_test(bytes_are_bounded_too),      cmocka_unit_test(a_screen_is_shown_whole),
        cmocka_unit_test(leds_go_out_with_the_power),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
