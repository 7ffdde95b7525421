/* What a hand does: press and release, drag, Tab and arrows, shortcuts, scale keys, resizing, waiting. */
#include "tests/gui/ui/stage.h"

#include <time.h>

struct seen {
    int a, b, off, drags, enter;
    char dropped[32], hovers[32];
};

/* a  b  off
 * d     enter */
static void frame(struct ui *ui, struct seen *s)
{
    ui_begin(ui);
    s->a += ui_press(ui, &(struct ui_item){.id = "a", .label = "A", .shortcut = "5", .at = {10, 10, 80, 30}});
    s->b += ui_press(ui, &(struct ui_item){.id = "b", .label = "B", .shortcut = "Ctrl+R", .at = {110, 10, 80, 30}});
    s->off += ui_press(
        ui, &(struct ui_item){.id = "off", .label = "O", .shortcut = "F6", .at = {210, 10, 80, 30}, .disabled = true});
    s->drags += ui_drag(ui, &(struct ui_item){.id = "d", .label = "D", .role = "card", .at = {10, 110, 80, 30}});
    s->enter +=
        ui_press(ui, &(struct ui_item){.id = "enter", .label = "E", .shortcut = "Return", .at = {210, 110, 80, 30}});
    const char *dropped = ui_dropped(ui, (struct ui_rect){300, 200, 50, 50});
    const char *hovers = ui_hovers(ui, (struct ui_rect){300, 200, 50, 50});
    if (dropped)
        snprintf(s->dropped, sizeof s->dropped, "%s", dropped);
    snprintf(s->hovers, sizeof s->hovers, "%s", hovers ? hovers : "");
    ui_end(ui);
}

/* Frames until nothing waits; how many. */
static int settle(struct ui *ui, struct seen *s)
{
    int frames = 0;
    do {
        frame(ui, s);
        assert_true(++frames < 100); /* "again" comes to an end */
    } while (ui_again(ui));
    return frames;
}

static void a_press_is_down_and_up_on_one_widget(void **state)
{
    struct ui *ui = *state;
    struct seen s = {0};
    settle(ui, &s);
    stage_button(20, 20, true);
    settle(ui, &s);
    assert_int_equal(s.a, 0);
    assert_string_equal(ui->in.active, "a");
    stage_button(30, 25, false);
    settle(ui, &s);
    assert_int_equal(s.a, 1);
    stage_button(20, 20, true);
    stage_move(120, 20);
    stage_button(120, 20, false); /* let go elsewhere: thought better of it */
    settle(ui, &s);
    assert_int_equal(s.a, 1);
    assert_int_equal(s.b, 0);
    static const int beside[][2] = {{200, 20}, {9, 20}, {90, 20}, {20, 9}, {20, 40}}; /* no widget is there */
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        stage_button(beside[i][0], beside[i][1], true);
        stage_button(beside[i][0], beside[i][1], false);
    }
    settle(ui, &s);
    assert_int_equal(s.a + s.b, 1);
    stage_button(220, 20, true);
    stage_button(220, 20, false);
    stage_key(SDLK_F6, 0);
    settle(ui, &s);
    assert_int_equal(s.off, 0);
}

static void fast_clicks_do_not_vanish(void **state)
{
    struct ui *ui = *state;
    struct seen s = {0};
    settle(ui, &s);
    for (int i = 0; i < 10; i++) {
        stage_button(20, 20, true);
        stage_button(20, 20, false);
        stage_button(120, 20, true);
        stage_button(120, 20, false);
    }
    settle(ui, &s);
    assert_int_equal(s.a, 10);
    assert_int_equal(s.b, 10);
}

static void a_drag_has_a_threshold_and_a_target(void **state)
{
    struct ui *ui = *state;
    struct seen s = {0};
    settle(ui, &s);
    stage_button(20, 120, true);
    stage_move(22, 121);
    stage_button(22, 121, false); /* an unsteady hand */
    settle(ui, &s);
    assert_int_equal(s.drags, 1);
    stage_button(20, 120, true);
    settle(ui, &s);
    stage_move(310, 210);
    settle(ui, &s);
    assert_string_equal(s.hovers, "d");
    uint32_t ghost = ui->canvas.pixels[(210 - 120 + 110 + 5) * ui->canvas.w + 310 - 20 + 10 + 70];
    assert_int_not_equal(ghost, ui_theme_colour(UI_PAPER)); /* a ghost is under the mouse */
    stage_button(310, 210, false);
    settle(ui, &s);
    assert_string_equal(s.dropped, "d");
    assert_int_equal(s.drags, 1); /* not a press too */
    s.dropped[0] = 0;
    stage_button(20, 120, true);
    stage_move(310, 210);
    stage_key(SDLK_ESCAPE, 0); /* back to where it was */
    stage_button(310, 210, false);
    settle(ui, &s);
    assert_string_equal(s.dropped, "");
}

static void tab_goes_in_the_order_of_calls(void **state)
{
    struct ui *ui = *state;
    struct seen s = {0};
    static const char *const order[] = {"a", "b", "d", "enter", "a"}; /* what is disabled is no stop */
    settle(ui, &s);
    for (size_t i = 0; i < 5; i++) {
        stage_key(SDLK_TAB, 0);
        settle(ui, &s);
        assert_string_equal(ui->in.focus, order[i]);
    }
    stage_key(SDLK_TAB, KMOD_LSHIFT);
    settle(ui, &s);
    assert_string_equal(ui->in.focus, "enter");
    stage_key(SDLK_RETURN, 0);
    stage_key(SDLK_SPACE, 0);
    settle(ui, &s);
    assert_int_equal(s.enter, 2);
    cJSON *tree = ui_tree(ui);
    assert_string_equal(cJSON_GetObjectItem(tree, "focus")->valuestring, "enter");
    cJSON_Delete(tree);
}

static void arrows_go_to_the_neighbour(void **state)
{
    struct ui *ui = *state;
    struct seen s = {0};
    static const struct {
        SDL_Keycode key;
        const char *focus;
    } steps[] = {{SDLK_RIGHT, "a"},     {SDLK_RIGHT, "b"}, {SDLK_DOWN, "d"}, {SDLK_RIGHT, "enter"},
                 {SDLK_RIGHT, "enter"}, {SDLK_LEFT, "d"},  {SDLK_UP, "a"},   {SDLK_UP, "a"}};
    settle(ui, &s);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        stage_key(steps[i].key, 0);
        settle(ui, &s);
        assert_string_equal(ui->in.focus, steps[i].focus); /* of two as near as each other, the first */
    }
}

static void shortcuts_press_from_anywhere(void **state)
{
    struct ui *ui = *state;
    struct seen s = {0};
    settle(ui, &s);
    stage_key(SDLK_5, 0);
    stage_key(SDLK_KP_5, KMOD_NUM);
    stage_key(SDLK_5, KMOD_LSHIFT); /* "%" on many layouts: not ours to guess, and not another key's */
    stage_key(SDLK_r, 0);
    stage_key(SDLK_r, KMOD_RCTRL);
    settle(ui, &s);
    assert_in_range(s.a, 2, 3);
    assert_int_equal(s.b, 1);
    stage_key(SDLK_TAB, 0); /* the ring is on "a": Enter is its own */
    stage_key(SDLK_RETURN, 0);
    settle(ui, &s);
    assert_int_equal(s.enter, 0);
    stage_key(SDLK_5, 0); /* a shortcut takes the ring away: Enter is the shortcut's again */
    stage_key(SDLK_RETURN, 0);
    settle(ui, &s);
    assert_int_equal(s.enter, 1);
    SDL_Event held = {.key = {.type = SDL_KEYDOWN, .repeat = 1, .keysym = {.sym = SDLK_RETURN}}};
    SDL_PushEvent(&held);
    settle(ui, &s);
    assert_int_equal(s.enter, 1); /* a key that is held presses once */
}

static void focus_leaves_with_its_widget(void **state)
{
    struct ui *ui = *state;
    struct seen s = {0};
    settle(ui, &s);
    stage_key(SDLK_TAB, 0);
    settle(ui, &s);
    assert_string_equal(ui->in.focus, "a");
    ui_begin(ui);
    ui_press(ui, &(struct ui_item){.id = "other", .label = "", .at = {0, 0, 10, 10}});
    ui_end(ui);
    assert_string_equal(ui->in.focus, "");
}

static void ids_are_unique(void **state)
{
    struct ui *ui = *state;
    stage_button(15, 15, true);
    for (int i = 0; i < 2; i++) {
        ui_begin(ui);
        ui_press(ui, &(struct ui_item){.id = "twice", .label = "1", .at = {10, 10, 50, 20}});
        ui_press(ui, &(struct ui_item){.id = "twice", .label = "2", .at = {10, 50, 50, 20}});
        ui_press(ui, &(struct ui_item){.id = NULL, .label = "nameless", .at = {10, 90, 50, 20}});
        ui_end(ui);
    }
    cJSON *tree = ui_tree(ui);
    assert_string_equal(cJSON_GetObjectItem(tree, "fault")->valuestring, "two widgets with one id: 'twice'");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(tree, "widgets")), 1);
    cJSON_Delete(tree);
    for (int i = 0; i < 5000; i++) { /* a frame without end stays in its bounds */
        char id[32];
        snprintf(id, sizeof id, "w%d", i);
        if (i == 0)
            ui_begin(ui);
        ui_note(ui, &(struct ui_item){.id = id, .at = {0, 0, 1, 1}});
    }
    ui_end(ui);
    assert_int_equal(ui->last.count, 4096);
    assert_string_equal(ui->last.fault, "more than 4096 widgets in a frame: 'w4096'");
}

static void scale_keys_and_resize(void **state)
{
    struct ui *ui = *state;
    struct seen s = {0};
    int w, h;
    settle(ui, &s);
    for (int i = 0; i < 6; i++)
        stage_key(SDLK_EQUALS, KMOD_LCTRL);
    settle(ui, &s);
    assert_float_equal(ui->scale, 2, 0.001);
    ui_size(ui, &w, &h);
    assert_int_equal(w, 400);
    assert_int_equal(ui->canvas.w, 800);
    stage_button(40, 40, true); /* the same button, at twice the place */
    stage_button(40, 40, false);
    settle(ui, &s);
    assert_int_equal(s.a, 1);
    stage_key(SDLK_MINUS, KMOD_LCTRL);
    settle(ui, &s);
    assert_float_equal(ui->scale, 1.75, 0.001);
    stage_key(SDLK_0, KMOD_LCTRL);
    settle(ui, &s);
    assert_float_equal(ui->scale, 1, 0.001);
    SDL_SetWindowSize(ui->window, 500, 350);
    settle(ui, &s);
    ui_size(ui, &w, &h);
    assert_int_equal(w, 500);
    assert_int_equal(h, 350);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void waiting_costs_nothing_and_wakes(void **state)
{
    struct ui *ui = *state;
    struct seen s = {0};
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    settle(ui, &s);
    double before = cpu_seconds();
    uint64_t begun = SDL_GetTicks64();
    assert_true(ui_wait(ui, pipes[0], 3000));
    uint64_t spent = SDL_GetTicks64() - begun;
    double cpu = cpu_seconds() - before;
    print_message("idle for %u ms: %.2f %% of a core\n", (unsigned)spent, 100000 * cpu / (double)spent);
    assert_in_range(spent, 2990, 3500);
    assert_true(cpu / 3 < 0.02);
    assert_int_equal(write(pipes[1], "x", 1), 1);
    begun = SDL_GetTicks64();
    assert_true(ui_wait(ui, pipes[0], 3000)); /* something to read */
    stage_key(SDLK_TAB, 0);
    assert_true(ui_wait(ui, -1, 3000)); /* input */
    settle(ui, &s);
    stage_move(350, 250); /* from nothing to nothing: no frame needed, and none asked for */
    assert_true(ui_wait(ui, -1, 50));
    assert_false(ui_again(ui));
    assert_true(SDL_GetTicks64() - begun < 1000);
    SDL_Event quit = {.type = SDL_QUIT};
    SDL_PushEvent(&quit);
    assert_false(ui_wait(ui, -1, 3000));
    close(pipes[0]);
    close(pipes[1]);
}

static void no_display_is_one_line(void **state)
{
    (void)state;
    char why[256];
    struct ui_config c = {.title = "x", .width = 100, .height = 100, .scale = 1};
    setenv("SDL_VIDEODRIVER", "x11", 1);
    unsetenv("DISPLAY");
    assert_null(ui_create(&c, why, sizeof why));
    assert_string_equal(why, "no display: SDL_VIDEODRIVER=x11: x11 not available");
    unsetenv("SDL_VIDEODRIVER");
    unsetenv("WAYLAND_DISPLAY");
    setenv("DISPLAY", ":7654", 1);
    assert_null(ui_create(&c, why, sizeof why));
    assert_string_equal(why, "no display: DISPLAY=:7654: x11 not available");
    unsetenv("DISPLAY");
    assert_null(ui_create(&c, why, sizeof why));
    assert_string_equal(why, "no display: set DISPLAY or WAYLAND_DISPLAY, or SDL_VIDEODRIVER=dummy to run unseen");
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_open, stage_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(a_press_is_down_and_up_on_one_widget),
        ON_STAGE(fast_clicks_do_not_vanish),
        ON_STAGE(a_drag_has_a_threshold_and_a_target),
        ON_STAGE(tab_goes_in_the_order_of_calls),
        ON_STAGE(arrows_go_to_the_neighbour),
        ON_STAGE(shortcuts_press_from_anywhere),
        ON_STAGE(focus_leaves_with_its_widget),
        ON_STAGE(ids_are_unique),
        ON_STAGE(scale_keys_and_resize),
        ON_STAGE(waiting_costs_nothing_and_wakes),
        cmocka_unit_test(no_display_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
