/* Scripts: what they read, what they do, and that every failure is one line with its place. */
#include "tests/gui/ui/stage.h"

static char path[64]; /* of this process */

struct bench {
    int presses;
    bool late, dropped;
    struct ui_list_state list;
};

static void row(void *ctx, size_t index, struct ui_item *item, char *text, size_t text_cap)
{
    (void)ctx;
    snprintf(text, text_cap, "row %zu", index + 1);
    item->label = text;
}

static void frame(struct ui *ui, struct bench *b)
{
    char value[32];
    bool opened;
    ui_begin(ui);
    snprintf(value, sizeof value, "pressed %d", b->presses);
    b->presses +=
        ui_press(ui, &(struct ui_item){.id = "go", .label = "Go on", .shortcut = "G", .at = {10, 10, 80, 30}});
    ui_press(ui, &(struct ui_item){.id = "off", .label = "Off", .at = {110, 10, 80, 30}, .disabled = true});
    ui_press(ui, &(struct ui_item){.id = "under", .label = "U", .at = {10, 100, 80, 30}});
    ui_press(ui, &(struct ui_item){.id = "over", .label = "O", .at = {10, 100, 80, 30}});
    ui_drag(ui, &(struct ui_item){.id = "card", .label = "Card", .at = {210, 10, 80, 30}});
    ui_list(ui, &(struct ui_list){.id = "list", .at = {110, 100, 100, 60}, .row_height = 20, .count = 9, .row = row},
            &b->list, &opened);
    struct ui_item said = {.id = "said", .role = "label", .label = "Said", .value = value, .at = {10, 200, 200, 20}};
    ui_label(ui, &said, UI_TEXT, UI_LEFT, UI_INK);
    b->dropped |= ui_dropped(ui, said.at) != NULL;
    if (b->late)
        ui_note(ui, &(struct ui_item){.id = "late", .label = "", .at = {0, 0, 1, 1}});
    ui_end(ui);
}

static struct ui_script *load(const char *text, char *why, size_t why_cap)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    struct ui_script *s = ui_script_load(path, why, why_cap);
    unlink(path);
    return s;
}

/* Runs it to its end; gives its state and what it says. */
static int run(struct ui *ui, const char *text, struct bench *b, char *said, size_t said_cap)
{
    char why[512];
    const char *line;
    struct ui_script *s = load(text, why, sizeof why);
    if (!s)
        fprintf(stderr, "%s\n", why);
    assert_non_null(s);
    ui_script_use(ui, s);
    for (int i = 0; ui_wait(ui, -1, 50); i++) {
        assert_true(i < 500);
        frame(ui, b);
        if (i == 10)
            b->late = true;
    }
    int state = ui_script_state(s, &line);
    snprintf(said, said_cap, "%s", strncmp(line, path, strlen(path)) == 0 ? line + strlen(path) : line);
    ui_script_use(ui, NULL);
    ui_script_destroy(s);
    return state;
}

static void it_does_what_a_hand_does(void **state)
{
    struct ui *ui = *state;
    struct bench b = {0};
    char said[512];
    int end = run(ui,
                  "# a comment\n\n"
                  "press go\nexpect said value pressed 1\n"
                  "key G\nexpect said value pressed 2\r\n"
                  "type gg\n  expect said value *4\n"
                  "click 20 20\nexpect said value press*\n"
                  "expect said value *sed*\nexpect said label Said\n"
                  "expect off disabled\n"
                  "drag card said\n"
                  "press list.row.2\nexpect list.row.2 chosen\n"
                  "key Down\nexpect list value 3 of 9\n"
                  "wait late within 5\n"
                  "wait said value pressed 5 within 3\n"
                  "wait nothing gone\n",
                  &b, said, sizeof said);
    assert_string_equal(said, "");
    assert_int_equal(end, 1);
    assert_int_equal(b.presses, 5);
    assert_true(b.dropped);
}

static void failures_name_their_place(void **state)
{
    struct ui *ui = *state;
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"press go\npress goo\n", ":2: there is no widget 'goo' now; is it 'go'?"},
        {"press entirely-else", ":1: there is no widget 'entirely-else' now; dump FILE lists them"},
        {"press off", ":1: 'off' is disabled"},
        {"press said", ":1: 'said' is a label and cannot be pressed"},
        {"press under", ":1: 'under' is covered by 'over'"},
        {"press list.row.7", ":1: there is no widget 'list.row.7' now; is it 'list.row.1'?"},
        {"drag go said", ":1: 'go' is not a thing that can be dragged"},
        {"drag card nowhere", ":1: there is no widget 'nowhere' now; dump FILE lists them"},
        {"expect said value pressed 1", ":1: the value of 'said' is 'pressed 0', not 'pressed 1'"},
        {"expect go chosen", ":1: 'go' is not chosen"},
        {"\nwait said value no within 1", ":2: the value of 'said' is 'pressed 0' after 1 s, not 'no'"},
        {"wait never within 1", ":1: there is no widget 'never' after 1 s"},
        {"wait go gone within 1", ":1: 'go' is still there after 1 s"},
        {"shot /nowhere/x.png", ":1: /nowhere/x.png: No such file or directory"},
        {"dump /nowhere/x.json", ":1: /nowhere/x.json cannot be written"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b = {0};
        char said[512];
        assert_int_equal(run(ui, rows[i].text, &b, said, sizeof said), -1);
        assert_string_equal(said, rows[i].said);
    }
}

static void mistakes_are_found_before_the_start(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"press a\nprss b", ":2: there is no command 'prss'; is it 'press'?"},
        {"dance", ":1: there is no command 'dance'; there are press, key, type, drag, click, wait, expect, dump, shot, "
                  "hand, quit"},
        {"press", ":1: something is missing behind the command"},
        {"press a b", ":1: 'b' is one word too many"},
        {"key Retrun", ":1: 'Retrun' is not a key; keys are named as SDL names them: Return, F5, P, Ctrl+R"},
        {"type \xe9\x93\xb6", ":1: type takes ASCII only: it presses keys"},
        {"drag a", ":1: drag ID ID: the second is missing"},
        {"click 1", ":1: click X Y: two numbers"},
        {"click 1 -2", ":1: click X Y: two numbers"},
        {"click 1 99999999999999999999", ":1: click X Y: two numbers"},
        {"wait a disabled", ":1: 'disabled': after the id: value TEXT, label TEXT, chosen, gone or nothing"},
        {"expect a gone", ":1: 'gone': after the id: value TEXT, label TEXT, disabled, chosen or nothing"},
        {"wait a within 0", ":1: within takes seconds, 1 to 3600, and ends the line"},
        {"wait a within soon", ":1: within takes seconds, 1 to 3600, and ends the line"},
        {"quit now", ":1: 'now' is one word too many"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char why[512];
        assert_null(load(rows[i].text, why, sizeof why));
        assert_memory_equal(why, path, strlen(path));
        assert_string_equal(why + strlen(path), rows[i].said);
    }
    char why[512], *long_line = malloc(3000);
    assert_null(ui_script_load("/nowhere/script", why, sizeof why));
    assert_string_equal(why, "/nowhere/script: No such file or directory");
    assert_null(ui_script_load("/", why, sizeof why));
    assert_string_equal(why, "/: Is a directory");
    assert_null(ui_script_load("/dev/zero", why, sizeof why));
    assert_string_equal(why, "/dev/zero: more than 1 MB; not a script");
    memset(long_line, 'x', 2999);
    long_line[2999] = 0;
    assert_null(load(long_line, why, sizeof why));
    assert_string_equal(why + strlen(path), ":1: more than 1023 bytes in a line");
    free(long_line);
    struct ui_script *empty = load("# nothing\n", why, sizeof why);
    assert_int_equal(ui_script_state(empty, NULL), 1);
    ui_script_destroy(empty);
}

static void a_wrong_frame_fails_a_script(void **state)
{
    struct ui *ui = *state;
    char why[512];
    const char *line;
    struct ui_script *s = load("expect twice\n", why, sizeof why);
    ui_script_use(ui, s);
    for (int i = 0; i < 10 && ui_wait(ui, -1, 50); i++) {
        ui_begin(ui);
        for (int n = 0; n < 2; n++)
            ui_note(ui, &(struct ui_item){.id = "twice", .at = {0, 0, 9, 9}});
        ui_end(ui);
    }
    assert_int_equal(ui_script_state(s, &line), -1);
    assert_string_equal(line + strlen(path), ":1: two widgets with one id: 'twice'");
    ui_script_use(ui, NULL);
    ui_script_destroy(s);
}

static void a_real_mouse_waits_for_leave(void **state)
{
    struct ui *ui = *state;
    static const struct {
        const char *text;
        int presses, end;
    } rows[] = {{"wait said value pressed 1 within 1\n", 0, -1}, {"hand\nwait said value pressed 1 within 1\n", 1, 1}};
    for (size_t i = 0; i < 2; i++) {
        struct bench b = {0};
        char why[512];
        struct ui_script *s = load(rows[i].text, why, sizeof why);
        ui_script_use(ui, s);
        for (int n = 0; n < 3; n++)
            frame(ui, &b);
        stage_button(20, 20, true);
        stage_button(20, 20, false);
        while (ui_wait(ui, -1, 50))
            frame(ui, &b);
        assert_int_equal(b.presses, rows[i].presses);
        assert_int_equal(ui_script_state(s, NULL), rows[i].end);
        ui_script_use(ui, NULL);
        ui_script_destroy(s);
    }
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_open, stage_close)

int main(void)
{
    snprintf(path, sizeof path, "/tmp/posbench-script-%d", (int)getpid());
    const struct CMUnitTest tests[] = {
        ON_STAGE(it_does_what_a_hand_does),
        ON_STAGE(failures_name_their_place),
        cmocka_unit_test(mistakes_are_found_before_the_start),
        ON_STAGE(a_wrong_frame_fails_a_script),
        ON_STAGE(a_real_mouse_waits_for_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
