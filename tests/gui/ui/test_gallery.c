/*
 * The golden pictures of every widget, at 1x and 2x. They hold for the FreeType and fonts of Debian 12.
 *
 *   gui_ui_test_gallery show [SCALE]          the gallery on a screen, to be tried by hand
 *   gui_ui_test_gallery shot SCALE FILE.png   its picture, as the test makes it
 */
#include <png.h>

#include "tests/gui/ui/gallery.h"
#include "tests/gui/ui/stage.h"

static struct ui *open_at(float scale)
{
    char why[256];
    struct ui_config config = {.title = "gallery", .width = GALLERY_W, .height = GALLERY_H, .scale = scale};
    struct ui *ui = ui_create(&config, why, sizeof why);
    if (!ui)
        fprintf(stderr, "%s\n", why);
    return ui;
}

static void mouse(struct ui *ui, struct gallery *g, enum ui_edge_kind kind, int x, int y)
{
    ui_input_put(ui, &(struct ui_edge){.kind = kind, .x = x, .y = y, .clicks = 1});
    do
        gallery_frame(ui, g);
    while (ui->changed);
}

/* At 1x a card is dragged over its slot and the keyboard is on a key; above, a button is held and a list has the
 * keyboard. Between them they show every state. */
static int picture(float scale, const char *path)
{
    struct gallery g;
    struct ui *ui = open_at(scale);
    char why[256];
    if (!ui)
        return -1;
    gallery_init(&g);
    gallery_frame(ui, &g);
    if (scale > 1) {
        mouse(ui, &g, UI_EDGE_DOWN, 250, 60);
        ui_focus_set(ui, ui_records_find(&ui->last, "list"), true);
    } else {
        mouse(ui, &g, UI_EDGE_DOWN, 600, 60);
        mouse(ui, &g, UI_EDGE_MOVE, 650, 200);
        ui_focus_set(ui, ui_records_find(&ui->last, "key.2"), true);
    }
    gallery_frame(ui, &g);
    int status = ui_shot(ui, path, why, sizeof why);
    if (status != 0)
        fprintf(stderr, "%s\n", why);
    ui_destroy(ui);
    return status;
}

static uint8_t *read_png(const char *path, png_image *image)
{
    *image = (png_image){.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(image, path)) {
        print_error("%s: %s\n", path, image->message);
        return NULL;
    }
    image->format = PNG_FORMAT_RGB;
    uint8_t *pixels = malloc(PNG_IMAGE_SIZE(*image));
    png_image_finish_read(image, NULL, pixels, 0, NULL);
    return pixels;
}

static void compare(const char *name, float scale)
{
    char golden[512], made[64];
    png_image want, have;
    snprintf(golden, sizeof golden, "%s/tests/golden/gui/%s.png", TEST_ROOT, name);
    snprintf(made, sizeof made, "/tmp/posbench-%s-%d.png", name, (int)getpid());
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    assert_int_equal(picture(scale, made), 0);
    uint8_t *a = read_png(golden, &want), *b = read_png(made, &have);
    bool same =
        a && b && want.width == have.width && want.height == have.height && memcmp(a, b, PNG_IMAGE_SIZE(want)) == 0;
    free(a);
    free(b);
    if (same)
        unlink(made);
    else
        print_error("%s looks different now; look at it, and if it is right: cp %s %s\n", name, made, golden);
    assert_true(same);
}

static void widgets_look_as_they_did(void **state)
{
    (void)state;
    compare("gallery-1x", 1);
    compare("gallery-2x", 2);
}

static void pictures_have_no_time_in_them(void **state)
{
    (void)state;
    char a[64], b[64], bytes[2][8192];
    size_t len[2];
    snprintf(a, sizeof a, "/tmp/posbench-a-%d.png", (int)getpid());
    snprintf(b, sizeof b, "/tmp/posbench-b-%d.png", (int)getpid());
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    assert_int_equal(picture(1, a), 0);
    assert_int_equal(picture(1, b), 0);
    FILE *fa = fopen(a, "rb"), *fb = fopen(b, "rb");
    do {
        len[0] = fread(bytes[0], 1, sizeof bytes[0], fa);
        len[1] = fread(bytes[1], 1, sizeof bytes[1], fb);
        assert_int_equal(len[0], len[1]);
        assert_memory_equal(bytes[0], bytes[1], len[0]);
    } while (len[0] > 0);
    fclose(fa);
    fclose(fb);
    unlink(a);
    unlink(b);
}

static void every_scale_draws(void **state)
{
    (void)state;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    for (float scale = 1; scale <= 2; scale += 0.25f) {
        struct gallery g;
        struct ui *ui = open_at(scale);
        assert_non_null(ui);
        gallery_init(&g);
        gallery_frame(ui, &g);
        assert_string_equal(ui->last.fault, "");
        int w, h;
        ui_size(ui, &w, &h);
        assert_in_range(w, GALLERY_W - 1, GALLERY_W);
        assert_in_range(h, GALLERY_H - 1, GALLERY_H);
        ui_destroy(ui);
    }
}

/* Ten thousand things that no sane hand does, on windows of all sizes. */
static void a_monkey_breaks_nothing(void **state)
{
    (void)state;
    static const SDL_Keycode keys[] = {SDLK_TAB,    SDLK_UP,     SDLK_DOWN,   SDLK_LEFT,     SDLK_RIGHT,
                                       SDLK_RETURN, SDLK_SPACE,  SDLK_PAGEUP, SDLK_PAGEDOWN, SDLK_HOME,
                                       SDLK_END,    SDLK_ESCAPE, SDLK_1,      SDLK_F5};
    struct gallery g;
    uint32_t seed = 12345;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    struct ui *ui = open_at(1);
    assert_non_null(ui);
    gallery_init(&g);
    for (int i = 0; i < 10000; i++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t r = seed >> 8;
        struct ui_edge edge = {.kind = (enum ui_edge_kind)(r % 6), .clicks = 1 + (int)(r >> 4) % 2};
        edge.x = (int)(r >> 6) % 1000 - 20;
        edge.y = (int)(r >> 14) % 640 - 20;
        edge.wheel = (int)(r >> 5) % 7 - 3;
        edge.key = keys[(r >> 7) % (sizeof keys / sizeof keys[0])];
        edge.mods = r % 11 == 0 ? KMOD_SHIFT : 0;
        ui_input_put(ui, &edge);
        if (r % 97 == 0)
            g.rows = r % 60;
        if (i % 1000 == 999)
            SDL_SetWindowSize(ui->window, 1 + (int)(r % 700), 1 + (int)(r >> 9) % 500);
        if (r % 3 == 0 || i % 500 == 0)
            gallery_frame(ui, &g);
        assert_string_equal(ui->last.fault, "");
    }
    for (int i = 0; ui_again(ui); i++) {
        assert_true(i < 1000);
        gallery_frame(ui, &g);
    }
    ui_destroy(ui);
}

static int show(float scale)
{
    struct gallery g;
    struct ui *ui = open_at(scale);
    if (!ui)
        return 2;
    gallery_init(&g);
    do
        gallery_frame(ui, &g);
    while (ui_wait(ui, -1, 1000));
    ui_destroy(ui);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widgets_look_as_they_did),
        cmocka_unit_test(pictures_have_no_time_in_them),
        cmocka_unit_test(every_scale_draws),
        cmocka_unit_test(a_monkey_breaks_nothing),
    };
    if (argc > 1 && strcmp(argv[1], "show") == 0)
        return show(argc > 2 ? strtof(argv[2], NULL) : 0);
    if (argc > 3 && strcmp(argv[1], "shot") == 0)
        return picture(strtof(argv[2], NULL), argv[3]) == 0 ? 0 : 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
