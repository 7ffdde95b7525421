/* A scenario that is watched: the same record and the same verdict as a run of it, and what a tester may do meanwhile.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/live_support.h"

#include <sys/stat.h>

#define SALE "scenarios/sale/approved.lua"

static cJSON *run(const struct engine_options *o, const char *file, int index)
{
    char why[600];
    char path[700];
    snprintf(path, sizeof path, "%s%s%s", file[0] == '/' ? "" : TEST_ROOT, file[0] == '/' ? "" : "/", file);
    const char *const paths[] = {path, NULL};
    cJSON *cases, *one = cJSON_CreateArray(), *result;
    assert_int_equal(engine_list(o, paths, &cases, why, sizeof why), EXIT_PASS);
    cJSON_AddItemToArray(one, cJSON_DetachItemFromArray(cases, index - 1));
    engine_run(o, one, NULL, &result, why, sizeof why);
    cJSON *c = cJSON_DetachItemFromArray(cJSON_GetObjectItem(result, "cases"), 0);
    assert_non_null(c);
    cJSON_Delete(cases);
    cJSON_Delete(one);
    cJSON_Delete(result);
    return c;
}

/* The lines of the talk, one after the other. */
static char *record_of(const struct talk *t, size_t *len)
{
    char *all = NULL;
    FILE *f = open_memstream(&all, len);
    const cJSON *message;
    cJSON_ArrayForEach(message, t->told)
    {
        char *text = cJSON_PrintUnformatted(cJSON_GetObjectItem(message, "line"));
        if (text)
            fprintf(f, "%s\n", text);
        free(text);
    }
    fclose(f);
    return all;
}

/* The file's lines through the same printer: the numbers and escapes of JSON can be written in more than one way. */
static char *record_in(const char *path, size_t *len)
{
    char *all = NULL, *line = NULL;
    size_t cap = 0;
    FILE *out = open_memstream(&all, len), *in = fopen(path, "r");
    assert_non_null(in);
    while (getline(&line, &cap, in) > 0) {
        cJSON *json = cJSON_Parse(line);
        char *text = cJSON_PrintUnformatted(json);
        fprintf(out, "%s\n", text);
        free(text);
        cJSON_Delete(json);
    }
    free(line);
    fclose(in);
    fclose(out);
    return all;
}

static void compare(const char *file, int index, const char *verdict, const char *speed)
{
    char folder[] = "/tmp/posbench-live-XXXXXX", path[700];
    assert_non_null(mkdtemp(folder));
    struct engine_options o = talk_engine(NULL);
    o.records = folder;
    cJSON *expected = run(&o, file, index);
    snprintf(path, sizeof path, "%s/%s", folder, strrchr(text_in(expected, "record"), '/') + 1);

    struct talk t;
    talk_open(&t, NULL, &(struct live_options){.file = file, .index = (unsigned)index, .speed = speed});
    const cJSON *end = await(&t, "end", NULL, "", "");
    assert_string_equal(text_in(end, "verdict"), verdict);
    static const char *const same[] = {"verdict", "virtual_us", "digest", "core", "lines",  "failures", "oracles", "id",
                                       "file",    "name",       "line",   "tags", "covers", "seed",     NULL};
    for (size_t i = 0; same[i]; i++)
        if (!cJSON_Compare(cJSON_GetObjectItem(end, same[i]), cJSON_GetObjectItem(expected, same[i]), true))
            fail_msg("%s#%d: %s differs", file, index, same[i]);
    size_t a_len, b_len;
    char *a = record_of(&t, &a_len), *b = record_in(path, &b_len);
    assert_int_equal(a_len, b_len);
    assert_memory_equal(a, b, a_len);
    assert_string_equal(text_in(t.last, "speed"), speed);
    check_numbers(&t);
    talk_close(&t);
    free(a);
    free(b);
    cJSON_Delete(expected);
    unlink(path);
    rmdir(folder);
}

static void a_scenario_tells_what_a_run_tells(void **state)
{
    (void)state;
    compare(SALE, 1, "pass", "fast");
    compare("scenarios/power/cuts.lua", 1, "pass", "fast");
    compare("scenarios/network/line.lua", 1, "pass", "fast");
}

static void write_script(char path[64], const char *text)
{
    snprintf(path, 64, "/tmp/posbench-live-%d.lua", (int)getpid());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void a_failing_one_fails_here_too(void **state)
{
    char path[64];
    (void)state;
    write_script(path, "local t = bench.terminal { profile = 'unionpay-intl' }\n"
                       "scenario 'x' { run = function() t:power_on() expect.screen(t, 'enter_pin', 2) end }\n");
    compare(path, 1, "fail", "fast");
    compare(path, 1, "fail", "1x"); /* some seconds: the speed makes no difference */
    unlink(path);
}

static void after_the_end_nothing_moves(void **state)
{
    static const char *const refused[] = {
        "{'do':'power','on':false}",   "{'do':'key','key':'1'}", "{'do':'insert','card':'x'}",     "{'do':'pull'}",
        "{'do':'network','up':false}", "{'do':'step'}",          "{'do':'paper','there':'maybe'}", "{'do':'swipe'}"};
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &(struct live_options){.file = SALE, .index = 1, .speed = "fast"});
    await(&t, "end", NULL, "", "");
    await_state(&t, "ended", "true");
    assert_true(is_flag(t.last, "powered", "true"));
    settle_talk(&t);
    unsigned lines = told(&t, "line");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        say(&t, "%s", refused[i]);
        assert_string_equal(text_in(await(&t, "refused", NULL, "", ""), "refused"), "the scenario has ended");
    }
    say(&t, "{'do':'speed','value':'pause'}");
    await_state(&t, "speed", "pause");
    say(&t, "{'do':'speed','value':'1x'}");
    await_state(&t, "speed", "1x");
    settle_talk(&t);
    hear(&t, 0.3);
    assert_int_equal(told(&t, "line"), lines);
    talk_close(&t);
}

/* Paused from the start: it goes line by line, and a person interferes. */
static void a_tester_may_interfere(void **state)
{
    struct talk t;
    char path[64];
    (void)state;
    write_script(path, "local t = bench.terminal { profile = 'unionpay-intl' }\n"
                       "scenario 'x' { run = function() t:power_on() bench.wait(1000) t:wait_idle() end }\n");
    talk_open(&t, NULL, &(struct live_options){.file = path, .index = 1, .speed = "pause"});
    settle_talk(&t);
    unsigned lines = told(&t, "line");
    for (unsigned i = 1; i <= 12; i++) {
        say(&t, "{'do':'step'}");
        await(&t, "line", NULL, "", "");
        settle_talk(&t);
        assert_int_equal(told(&t, "line"), lines + i);
    }
    say(&t, "{'do':'power','on':false}");
    await_state(&t, "powered", "false");
    say(&t, "{'do':'power','on':true}");
    await_state(&t, "powered", "true");
    say(&t, "{'do':'network','up':false}");
    await_state(&t, "network", "false");
    say(&t, "{'do':'network','up':true}");
    say(&t, "{'do':'key','key':'1'}");
    say(&t, "{'do':'speed','value':'fast'}");
    const cJSON *end = await(&t, "end", NULL, "", "");
    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(end, "virtual_us")) > 1e9);
    check_numbers(&t);
    talk_close(&t);
    unlink(path);
}

static void without_a_terminal_there_is_nobody_to_serve(void **state)
{
    struct talk t;
    char path[64];
    (void)state;
    write_script(path, "scenario 'x' { run = function() bench.wait(1) end }\n");
    talk_open(&t, NULL, &(struct live_options){.file = path, .index = 1, .speed = "pause"});
    await_state(&t, "running", "off");
    say(&t, "{'do':'power','on':true}");
    assert_string_equal(await_refusal(&t, "power"), "the scenario has no terminal");
    say(&t, "{'do':'step'}");
    say(&t, "{'do':'speed','value':'fast'}");
    assert_string_equal(text_in(await(&t, "end", NULL, "", ""), "verdict"), "pass");
    say(&t, "{'do':'speed','value':'1x'}");
    await_state(&t, "speed", "1x");
    talk_close(&t);
    unlink(path);
}

static void what_cannot_be_opened_is_usage(void **state)
{
    static const struct {
        struct live_options options;
        const char *core, *why;
    } rows[] = {
        {{.file = "scenarios/none.lua", .index = 1}, NULL, "scenarios/none.lua"},
        {{.file = SALE, .index = 99}, NULL, "has no scenario number 99"},
        {{.file = SALE, .index = 0}, NULL, "has no scenario number 0"},
        {{.profile = "no-such"}, NULL, "sim/profiles/no-such.json"},
        {{.speed = "warp"}, NULL, "speed 'warp': pause, 1x or fast expected"},
        {{.reader = "no:such"}, NULL, ""},
        {{.file = NULL}, "/nowhere/core.so", "/nowhere/core.so"},
        {{.file = NULL}, TEST_ROOT "/README.md", "README.md"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[600] = "";
        struct live *live;
        const struct engine_options o = talk_engine(rows[i].core);
        int status = live_open(&o, &rows[i].options, &live, why, sizeof why);
        if (status != EXIT_USAGE || !why[0] || !strstr(why, rows[i].why) || strchr(why, '\n'))
            fail_msg("%zu: %d %s", i, status, why);
        assert_null(live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scenario_tells_what_a_run_tells),
        cmocka_unit_test(a_failing_one_fails_here_too),
        cmocka_unit_test(after_the_end_nothing_moves),
        cmocka_unit_test(a_tester_may_interfere),
        cmocka_unit_test(without_a_terminal_there_is_nobody_to_serve),
        cmocka_unit_test(what_cannot_be_opened_is_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
