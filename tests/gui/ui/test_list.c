/* Lists: choosing, scrolling, following; text that scrolls. */
#include "tests/gui/ui/stage.h"

struct stage {
    struct ui_list_state state;
    size_t count, text_first;
    int changes, opens;
};

static void row(void *ctx, size_t index, struct ui_item *item, char *text, size_t text_cap)
{
    (void)ctx;
    snprintf(text, text_cap, "row %zu", index + 1);
    item->label = text;
}

/* 10 rows of 20 in view, and a box of text below. */
static void frame(struct ui *ui, struct stage *s)
{
    bool opened;
    ui_begin(ui);
    ui_press(ui, &(struct ui_item){.id = "before", .label = "x", .at = {300, 10, 50, 20}});
    s->changes += ui_list(ui,
                          &(struct ui_list){.id = "list",
                                            .label = "List",
                                            .at = {10, 10, 200, 205},
                                            .row_height = 20,
                                            .count = s->count,
                                            .row = row,
                                            .ctx = s},
                          &s->state, &opened);
    s->opens += opened;
    ui_text_box(ui,
                &(struct ui_item){
                    .id = "text", .role = "text", .at = {10, 230, 200, 54}, .value = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10"},
                UI_TEXT, &s->text_first);
    ui_end(ui);
}

static void settle(struct ui *ui, struct stage *s)
{
    int frames = 0;
    do {
        ui_input_pump(ui);
        frame(ui, s);
        assert_true(++frames < 100);
    } while (ui_again(ui));
}

static void click(struct ui *ui, struct stage *s, int x, int y, int clicks)
{
    ui_input_put(ui, &(struct ui_edge){.kind = UI_EDGE_DOWN, .x = x, .y = y, .clicks = clicks});
    ui_input_put(ui, &(struct ui_edge){.kind = UI_EDGE_UP, .x = x, .y = y, .clicks = clicks});
    settle(ui, s);
}

static void wheel(struct ui *ui, struct stage *s, int y, int by)
{
    ui_input_put(ui, &(struct ui_edge){.kind = UI_EDGE_WHEEL, .x = 50, .y = y, .wheel = by});
    settle(ui, s);
}

static void rows_are_chosen_by_mouse(void **state)
{
    struct ui *ui = *state;
    struct stage s = {.count = 50};
    settle(ui, &s);
    assert_non_null(ui_records_find(&ui->last, "list.row.10"));
    assert_null(ui_records_find(&ui->last, "list.row.11")); /* rows are whole or not there */
    click(ui, &s, 50, 10 + 2 * 20 + 5, 1);
    assert_int_equal(s.state.chosen, 3);
    assert_int_equal(s.changes, 1);
    assert_int_equal(s.opens, 0);
    assert_true(ui_records_find(&ui->last, "list.row.3")->chosen);
    assert_string_equal(ui_records_find(&ui->last, "list")->value, "3 of 50");
    assert_string_equal(ui->in.focus, "list");
    click(ui, &s, 50, 10 + 2 * 20 + 5, 2);
    assert_int_equal(s.opens, 1);
    wheel(ui, &s, 50, -2);
    assert_int_equal(s.state.first, 6);
    wheel(ui, &s, 50, -100);
    assert_int_equal(s.state.first, 40);
    wheel(ui, &s, 50, 100);
    assert_int_equal(s.state.first, 0);
    assert_int_equal(s.state.chosen, 3); /* looking about chooses nothing */
    click(ui, &s, 205, 213, 1);          /* the bar's end */
    assert_int_equal(s.state.first, 40);
    click(ui, &s, 205, 12, 1);
    assert_int_equal(s.state.first, 0);
}

static void rows_are_chosen_by_keyboard(void **state)
{
    struct ui *ui = *state;
    struct stage s = {.count = 50};
    static const struct {
        SDL_Keycode key;
        size_t chosen, first;
    } steps[] = {
        {SDLK_DOWN, 1, 0},  {SDLK_DOWN, 2, 0},   {SDLK_PAGEDOWN, 12, 2}, {SDLK_UP, 11, 2},
        {SDLK_END, 50, 40}, {SDLK_DOWN, 50, 40}, {SDLK_PAGEUP, 40, 39},  {SDLK_HOME, 1, 0},
    };
    settle(ui, &s);
    stage_key(SDLK_TAB, 0);
    stage_key(SDLK_TAB, 0);
    settle(ui, &s);
    assert_string_equal(ui->in.focus, "list"); /* one stop, whatever the rows */
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        stage_key(steps[i].key, 0);
        settle(ui, &s);
        assert_int_equal(s.state.chosen, steps[i].chosen);
        assert_int_equal(s.state.first, steps[i].first);
    }
    stage_key(SDLK_RETURN, 0);
    settle(ui, &s);
    assert_int_equal(s.opens, 1);
    stage_key(SDLK_RIGHT, 0); /* arrows across leave it */
    settle(ui, &s);
    assert_string_equal(ui->in.focus, "before");
    stage_key(SDLK_TAB, 0);
    stage_key(SDLK_TAB, 0);
    settle(ui, &s);
    assert_string_equal(ui->in.focus, "text"); /* behind the list, not in it */
}

static void it_follows_until_someone_looks_back(void **state)
{
    struct ui *ui = *state;
    struct stage s = {.count = 50, .state = {.follow = true}};
    settle(ui, &s);
    assert_int_equal(s.state.first, 40);
    s.count = 60;
    settle(ui, &s);
    assert_int_equal(s.state.first, 50);
    wheel(ui, &s, 50, 1);
    assert_int_equal(s.state.first, 47);
    s.count = 70;
    settle(ui, &s);
    assert_int_equal(s.state.first, 47);
    wheel(ui, &s, 50, -100);
    s.count = 80;
    settle(ui, &s);
    assert_int_equal(s.state.first, 70); /* back at the end, it follows again */
    click(ui, &s, 50, 12, 1);
    s.count = 90;
    settle(ui, &s);
    assert_int_equal(s.state.first, 70); /* what is chosen is not pulled away */
    s.count = 5;                         /* another record is shorter */
    settle(ui, &s);
    assert_int_equal(s.state.first, 0);
    assert_int_equal(s.state.chosen, 0);
    s.count = 0;
    stage_key(SDLK_DOWN, 0);
    stage_key(SDLK_RETURN, 0);
    settle(ui, &s);
    assert_int_equal(s.state.chosen, 0);
}

static void text_scrolls(void **state)
{
    struct ui *ui = *state;
    struct stage s = {.count = 2};
    settle(ui, &s);
    wheel(ui, &s, 250, -1);
    assert_int_equal(s.text_first, 3);
    wheel(ui, &s, 250, -9);
    assert_int_equal(s.text_first, 7); /* three of ten are seen */
    ui_focus_set(ui, ui_records_find(&ui->last, "text"), true);
    stage_key(SDLK_HOME, 0);
    stage_key(SDLK_DOWN, 0);
    settle(ui, &s);
    assert_int_equal(s.text_first, 1);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_open, stage_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(rows_are_chosen_by_mouse),
        ON_STAGE(rows_are_chosen_by_keyboard),
        ON_STAGE(it_follows_until_someone_looks_back),
        ON_STAGE(text_scrolls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
