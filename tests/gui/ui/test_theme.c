/* Every text of the bench can be read: WCAG 2.1, 1.4.3 (AA). */
#include "tests/gui/ui/stage.h"

static void contrast_is_reckoned_as_published(void **state)
{
    (void)state;
    assert_float_equal(ui_theme_contrast(0x000000, 0xffffff), 21, 0.01);
    assert_float_equal(ui_theme_contrast(0x777777, 0xffffff), 4.48, 0.01); /* the well-known grey that just fails */
    assert_float_equal(ui_theme_contrast(0xffffff, 0x767676), 4.54, 0.01);
}

static void texts_stand_out(void **state)
{
    (void)state;
    static const enum ui_tone inks[] = {UI_INK, UI_QUIET, UI_ACCENT, UI_GOOD, UI_WARN, UI_BAD};
    static const enum ui_tone backs[] = {UI_PAPER, UI_PANEL, UI_WHITE, UI_RAISED};
    for (size_t i = 0; i < sizeof inks / sizeof inks[0]; i++)
        for (size_t b = 0; b < sizeof backs / sizeof backs[0]; b++) {
            double ratio = ui_theme_contrast(ui_theme_colour(inks[i]), ui_theme_colour(backs[b]));
            if (ratio < 4.5)
                print_error("%s on %s: %.2f\n", ui_theme_name(inks[i]), ui_theme_name(backs[b]), ratio);
            assert_true(ratio >= 4.5);
        }
    assert_true(ui_theme_contrast(ui_theme_colour(UI_LCD_INK), ui_theme_colour(UI_LCD_BACK)) >= 7);
}

static void faces_have_an_ink(void **state)
{
    (void)state;
    static const enum ui_tone faces[] = {UI_RAISED, UI_PANEL,  UI_ACCENT, UI_GOOD, UI_WARN, UI_BAD,
                                         UI_BLUE,   UI_YELLOW, UI_RED,    UI_DARK, UI_WHITE};
    for (size_t i = 0; i < sizeof faces / sizeof faces[0]; i++) {
        uint32_t face = ui_theme_colour(faces[i]);
        double ratio = ui_theme_contrast(face, ui_theme_ink_on(face));
        if (ratio < 4.5)
            print_error("ink on %s: %.2f\n", ui_theme_name(faces[i]), ratio);
        assert_true(ratio >= 4.5);
    }
    uint32_t green = ui_theme_colour(UI_GREEN); /* bold text and keys only: 3 is asked of those */
    assert_true(ui_theme_contrast(green, ui_theme_ink_on(green)) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contrast_is_reckoned_as_published),
        cmocka_unit_test(texts_stand_out),
        cmocka_unit_test(faces_have_an_ink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
