/* Text: malformed bytes, runs of two fonts, the ellipsis, wrapping, pixel text, the glyph cache's bound. */
#include "tests/gui/ui/stage.h"

static void utf8_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t code;
        size_t len;
    } rows[] = {
        {"A", 'A', 1},
        {"\xc3\xa9", 0xe9, 2},
        {"\xe9\x93\xb6", 0x94f6, 3},
        {"\xf0\x9f\x92\xb3", 0x1f4b3, 4},
        {"\xc0\x80", 0xfffd, 1},         /* overlong */
        {"\xe0\x80\xaf", 0xfffd, 1},     /* overlong */
        {"\xed\xa0\x80", 0xfffd, 1},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0xfffd, 1}, /* beyond Unicode */
        {"\xff", 0xfffd, 1},
        {"\x80", 0xfffd, 1},
        {"\xe9\x93", 0xfffd, 1}, /* the end comes too early */
        {"\xe9", 0xfffd, 1},
        {"", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t code;
        assert_int_equal(ui_utf8_next(rows[i].bytes, &code), rows[i].len);
        assert_int_equal(code, rows[i].code);
    }
    assert_int_equal(ui_utf8_fit("a\xe9\x93\xb6z", 3), 1);
    assert_int_equal(ui_utf8_fit("a\xe9\x93\xb6z", 4), 4);
}

static void runs_mix_fonts(void **state)
{
    struct ui *ui = *state;
    const struct ui_glyph *latin = ui_fonts_glyph(ui->fonts, UI_TEXT, 'A');
    bool grey = false;
    for (int i = 0; i < latin->w * latin->h; i++)
        grey |= latin->mask[i] != 0 && latin->mask[i] != 255;
    assert_true(grey);
    const struct ui_glyph *chinese = ui_fonts_glyph(ui->fonts, UI_TEXT, 0x94f6);
    assert_int_equal(chinese->advance, 16);
    int inked = 0;
    for (int i = 0; i < chinese->w * chinese->h; i++) {
        assert_true(chinese->mask[i] == 0 || chinese->mask[i] == 255); /* pixels stay pixels */
        inked += chinese->mask[i] == 255;
    }
    assert_true(inked > 20);
    int both = ui_text_width(ui, UI_TEXT, "A\xe9\x93\xb6"), one = ui_text_width(ui, UI_TEXT, "A");
    assert_int_equal(both - one, 16);
    assert_int_equal(ui_text_width(ui, UI_LCD,
                                   "A\xe9\x93\xb6"
                                   "1"),
                     32);
    const struct ui_glyph *none = ui_fonts_glyph(ui->fonts, UI_TEXT, 0x10ffff);
    assert_true(none->w > 0 && none->advance > 0); /* a box */
}

/* How many columns of the row of pixels have ink, and the rightmost. */
static int rightmost(const struct ui *ui, SDL_Rect in)
{
    int most = -1;
    for (int y = in.y; y < in.y + in.h; y++)
        for (int x = in.x; x < ui->canvas.w; x++)
            if (ui->canvas.pixels[y * ui->canvas.w + x] != ui_theme_colour(UI_PAPER))
                most = x > most ? x : most;
    return most;
}

static void long_text_ends_in_dots(void **state)
{
    struct ui *ui = *state;
    const char *text = "\xe9\x93\xb6\xe8\x81\x94\xe5\x8d\xa1 UnionPay \xe6\x89\xbf";
    int whole = ui_text_width(ui, UI_TEXT, text), dots = ui_text_width(ui, UI_TEXT, "\xe2\x80\xa6");
    for (int width = 0; width <= whole + 2; width++) {
        struct ui_rect at = {10, 10, width, 20};
        ui_begin(ui);
        int drawn = ui_text(ui, at, UI_TEXT, UI_LEFT, UI_INK, text);
        assert_true(drawn <= width);
        assert_true(rightmost(ui, (SDL_Rect){0, 10, 0, 20}) < 10 + width + 1);
        ui_end(ui);
        if (width >= whole)
            assert_int_equal(drawn, whole);
        else if (width >= dots)
            assert_true(drawn >= dots); /* says that something is missing */
    }
    assert_int_equal(ui_text_fit(ui, UI_TEXT, text, 16), 3);
    assert_int_equal(ui_text_fit(ui, UI_TEXT, text, 31), 3); /* no half characters */
    assert_int_equal(ui_text_fit(ui, UI_TEXT, text, 32), 6);
}

static size_t wrap(struct ui *ui, const char *text, int chars, size_t *skip)
{
    return ui_text_wrap(ui, UI_MONO, text, chars * ui_text_width(ui, UI_MONO, "m"), skip);
}

static void text_wraps(void **state)
{
    struct ui *ui = *state;
    size_t skip;
    assert_int_equal(wrap(ui, "one two three", 8, &skip), 7);
    assert_int_equal(skip, 8);
    assert_int_equal(wrap(ui, "one two three", 7, &skip), 7); /* the space may hang over */
    assert_int_equal(skip, 8);
    assert_int_equal(wrap(ui, "one two three", 6, &skip), 3);
    assert_int_equal(wrap(ui, "abcdefgh", 3, &skip), 3); /* nowhere to break */
    assert_int_equal(skip, 3);
    assert_int_equal(wrap(ui, "a\nb", 9, &skip), 1);
    assert_int_equal(skip, 2);
    assert_int_equal(wrap(ui, "\n\n", 9, &skip), 0);
    assert_int_equal(skip, 1);
    assert_int_equal(wrap(ui, "abc\xe9\x93\xb6\xe8\x81\x94zz", 6, &skip), 6);
    assert_int_equal(skip, 6);
    assert_int_equal(wrap(ui, "wide", 0, &skip), 1); /* goes on whatever the width */
    assert_int_equal(skip, 1);
}

static void pixel_text_is_whole_cells(void **state)
{
    struct ui *ui = *state;
    for (int zoom = 1; zoom <= 3; zoom++) {
        ui_begin(ui);
        assert_int_equal(ui_pixel_text(ui, (struct ui_rect){0, 0, 40 * zoom + 7, 16}, zoom, UI_INK,
                                       "\xe9\x93\xb6"
                                       "123456"),
                         40 * zoom);
        for (int y = 0; y < 16 * zoom; y++)
            for (int x = 0; x < 40 * zoom; x++) /* every pixel of a cell is zoom x zoom alike */
                assert_int_equal(ui->canvas.pixels[y * ui->canvas.w + x],
                                 ui->canvas.pixels[y / zoom * zoom * ui->canvas.w + x / zoom * zoom]);
        ui_end(ui);
    }
}

static void cache_has_a_bound(void **state)
{
    struct ui *ui = *state;
    size_t most = 0;
    for (uint32_t code = 0x4e00; code < 0x4e00 + 6000; code++) {
        ui_fonts_glyph(ui->fonts, UI_LCD, code);
        size_t now = ui_fonts_cached(ui->fonts);
        most = now > most ? now : most;
    }
    assert_in_range(most, 1000, 2048);
}

static void missing_fonts_are_one_line(void **state)
{
    (void)state;
    char why[256], path[512];
    static const char *const none[] = {"there-is-no-such-font.ttf", NULL};
    assert_false(ui_font_find(none, path, sizeof path));
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    struct ui_config c = {.title = "x", .width = 100, .height = 100, .scale = 1, .text_font = "/nowhere/font.ttf"};
    assert_null(ui_create(&c, why, sizeof why));
    assert_string_equal(why, "no font: /nowhere/font.ttf: Couldn't open /nowhere/font.ttf; --font takes a TrueType or "
                             "OpenType file");
    c.text_font = "/dev/null";
    assert_null(ui_create(&c, why, sizeof why));
    assert_null(strchr(why, '\n'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_checked),
        cmocka_unit_test_setup_teardown(runs_mix_fonts, stage_open, stage_close),
        cmocka_unit_test_setup_teardown(long_text_ends_in_dots, stage_open, stage_close),
        cmocka_unit_test_setup_teardown(text_wraps, stage_open, stage_close),
        cmocka_unit_test_setup_teardown(pixel_text_is_whole_cells, stage_open, stage_close),
        cmocka_unit_test_setup_teardown(cache_has_a_bound, stage_open, stage_close),
        cmocka_unit_test(missing_fonts_are_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
