/* One case from the inside: verdicts, expectations, triggers, waits, and that equal seeds give equal records. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TERMINAL "local t = bench.terminal { profile = 'unionpay-intl' }\n"
#define SCENARIO(body) TERMINAL "scenario 'x' { run = function() " body " end }\n"

static cJSON *run(const char *script, uint64_t seed)
{
    char path[64]; /* the same for every case of this process: the record names the file */
    snprintf(path, sizeof path, "/tmp/posbench-test-%d.lua", (int)getpid());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(script, f);
    assert_int_equal(fclose(f), 0);
    const struct case_request request = {
        .file = path,
        .index = 1,
        .seed = seed,
        .paths = {TEST_ROOT, TEST_IMAGES "/core-image.so", TEST_IMAGES "/boot-image.so"},
    };
    cJSON *result = case_run(&request);
    unlink(path);
    assert_non_null(result);
    return result;
}

static const char *text(const cJSON *json, const char *key)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(json, key));
    return value ? value : "";
}

static const cJSON *failure(const cJSON *result)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItem(result, "failures"), 0);
}

static void idle_passes_with_every_oracle(void **state)
{
    (void)state;
    cJSON *r = run(SCENARIO("t:power_on() t:wait_idle()"), 1);
    assert_string_equal(text(r, "verdict"), "pass");
    size_t oracles;
    oracle_table(&oracles);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(r, "oracles")), (int)oracles);
    const cJSON *o;
    cJSON_ArrayForEach(o, cJSON_GetObjectItem(r, "oracles"))
    {
        assert_string_equal(text(o, "verdict"), "pass");
    }
    cJSON_Delete(r);
}

static void an_unmet_expectation_shows_both_sides_and_the_screen(void **state)
{
    (void)state;
    cJSON *r = run(SCENARIO("t:power_on() expect.screen(t, 'enter_pin', 2)"), 1);
    assert_string_equal(text(r, "verdict"), "fail");
    assert_string_equal(text(failure(r), "expected"), "enter_pin");
    assert_string_equal(text(failure(r), "found"), "idle");
    assert_string_equal(cJSON_GetArrayItem(cJSON_GetObjectItem(failure(r), "screen"), 0)->valuestring, "Welcome");
    cJSON_Delete(r);
    r = run(SCENARIO("t:power_on() expect.screen(t, 'enter_pim', 2)"), 1);
    assert_non_null(strstr(text(failure(r), "found"), "no screen has that name"));
    cJSON_Delete(r);
    r = run(SCENARIO("expect.equal({ 1, a = 2 }, { 1, 2 }, 'tables')"), 1);
    assert_string_equal(text(r, "verdict"), "fail");
    cJSON_Delete(r);
}

static void script_errors_fail_the_case_with_their_line(void **state)
{
    (void)state;
    cJSON *r = run(SCENARIO("t:power_on()\n t:isnert()"), 1);
    assert_string_equal(text(r, "verdict"), "fail");
    assert_non_null(strstr(text(failure(r), "found"), ":3: "));
    assert_non_null(strstr(text(failure(r), "found"), "isnert"));
    cJSON_Delete(r);
    r = run(SCENARIO("string.gsub('x', 'x', function() bench.wait(1) end)"), 1);
    assert_non_null(strstr(text(failure(r), "found"), "not possible here"));
    cJSON_Delete(r);
    r = run(SCENARIO("while true do end"), 1);
    assert_non_null(strstr(text(failure(r), "found"), "instructions"));
    cJSON_Delete(r);
}

/* Each would do nothing, or something else than was meant. */
static void functions_that_are_called_wrongly_say_what_they_take(void **state)
{
    static const char *const rows[][2] = {
        {"cards.load 'unionpay-debit':fault()", "bad argument #1 to 'fault' (table expected"},
        {"cards.load 'unionpay-debit':fault { at = 'reset', knd = 'mute' }",
         "unknown option 'knd'; there are: at, ins"},
        {"host.rule { on = '02000', action = 'silent_before' }", "option 'on' is '02000'; the four digits of an MTI"},
        {"host.rule { action = 'code', code = '1' }", "option 'code' is '1'; two characters expected"},
        {"host.rule { action = 'code', nth = -1 }", "option 'nth' is 0 to"},
        {"host.rule { action = 'late', delay = -1 }", "option 'delay' is 0 to"},
        {"host.rule { action = 'issuer_script' }", "option 'script' is missing; the templates 71 and 72"},
        {"host.rule { action = 'field', field = 65, value = 'x' }", "option 'field' is 0 to 64"},
        {"host.rule { action = 'field', value = 'x' }", "option 'field' is missing; 0 with a value"},
        {"host.keys { offer = 'F1' }", "option 'offer': a list { } of what is handed out expected, found string"},
        {"host.keys { offer = { 1 } }", "member 1 of 'offer': the index of a key in cards/keys/ca.json"},
        {"host.keys { offer = { 'F1', { key = 'F1', expiry = '31' } } }", "member 2 of 'offer'"},
        {"host.applications { offer = { 'A000000333010101' } }", "member 1 of 'offer': { aid, DF01, ... }"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char script[400];
        snprintf(script, sizeof script, TERMINAL "scenario 'x' { run = function()\n%s\nend }\n", rows[i][0]);
        cJSON *r = run(script, 1);
        if (!strstr(text(failure(r), "found"), ":3: ") || !strstr(text(failure(r), "found"), rows[i][1]))
            fail_msg("%s: \"%s\"", rows[i][0], text(failure(r), "found"));
        cJSON_Delete(r);
    }
}

static void bad_input_is_usage(void **state)
{
    static const char *const scripts[] = {
        "scenario 'x' {",
        "x = 1",
        "bench.terminal { profile = 'none' }",
        SCENARIO("cards.load 'none'"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        cJSON *r = run(scripts[i], 1);
        assert_true(text(r, "usage")[0] != '\0');
        assert_null(strchr(text(r, "usage"), '\n'));
        cJSON_Delete(r);
    }
}

static void equal_seeds_give_equal_records(void **state)
{
    (void)state;
    static const char sale[] = SCENARIO("local c = cards.load 'unionpay-debit' t:power_on() t:sale '1.00' t:insert(c) "
                                        "expect.screen(t, 'enter_pin') t:pin '123456' expect.screen(t, 'approved') "
                                        "t:remove() t:wait_idle() print(math.random(1000000))");
    cJSON *a = run(sale, 7), *b = run(sale, 7), *c = run(sale, 8);
    assert_string_equal(text(a, "verdict"), "pass");
    assert_string_equal(text(a, "digest"), text(b, "digest"));
    assert_string_not_equal(text(a, "digest"), text(c, "digest"));
    cJSON_Delete(a);
    cJSON_Delete(b);
    cJSON_Delete(c);
}

static void a_planned_cut_comes_and_one_that_does_not_is_told(void **state)
{
    (void)state;
    cJSON *r = run(
        SCENARIO("t:cut_after('line', { what = 'connected' }) t:power_on() t:wait_off() t:power_on() t:wait_idle()"),
        1);
    assert_string_equal(text(r, "verdict"), "pass");
    cJSON_Delete(r);
    r = run(SCENARIO("t:power_on() t:cut_after('recv', { nth = 99 }) t:wait_off(5)"), 1);
    assert_string_equal(text(failure(r), "what"), "t:wait_off");
    cJSON_Delete(r);
}

static void functions_run_beside_each_other(void **state)
{
    (void)state;
    cJSON *r = run(SCENARIO("local order = {} "
                            "bench.start(function() bench.wait(2) order[#order + 1] = 'b' end) "
                            "bench.start(function() bench.wait(1) order[#order + 1] = 'a' end) "
                            "bench.wait(3) expect.equal(order, { 'a', 'b' }) expect.equal(bench.now(), 3)"),
                   1);
    assert_string_equal(text(r, "verdict"), "pass");
    cJSON_Delete(r);
}

static void a_sale_left_open_is_settled_before_judging(void **state)
{
    (void)state;
    cJSON *r = run(SCENARIO("local c = cards.load 'unionpay-debit' t:power_on() host.rule { action = 'silent_after' } "
                            "t:sale '1.00' t:insert(c) expect.screen(t, 'enter_pin') t:pin '123456' "
                            "expect.screen(t, 'waiting_host') net.down()"),
                   1);
    assert_string_equal(text(r, "verdict"), "pass");
    cJSON_Delete(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_passes_with_every_oracle),
        cmocka_unit_test(an_unmet_expectation_shows_both_sides_and_the_screen),
        cmocka_unit_test(script_errors_fail_the_case_with_their_line),
        cmocka_unit_test(functions_that_are_called_wrongly_say_what_they_take),
        cmocka_unit_test(bad_input_is_usage),
        cmocka_unit_test(equal_seeds_give_equal_records),
        cmocka_unit_test(a_planned_cut_comes_and_one_that_does_not_is_told),
        cmocka_unit_test(functions_run_beside_each_other),
        cmocka_unit_test(a_sale_left_open_is_settled_before_judging),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
