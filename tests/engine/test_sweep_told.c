/* What a sweep tells: how far it went and why no further, failures that differ, and nothing about faults that the run
 * has no place for. And that cards which come and go between scenes are the right ones. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/engine.h"
#include "scenarios/engine/fault_play.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEAD "local t = bench.terminal { profile = 'unionpay-intl' }\nlocal shop = require 'shop'\n"
#define MORNING HEAD "scenario 'x' { run = function() t:power_on() t:wait_idle() end "
#define SALE                                                                                                           \
    HEAD "scenario 'x' { run = function() t:power_on() t:wait_idle()\n"                                                \
         "  shop.pay_with_pin(t, cards.load 'unionpay-debit', '1.00') expect.screen(t, 'approved') end "
#define PATHS                                                                                                          \
    {                                                                                                                  \
        TEST_ROOT, TEST_IMAGES "/core-image.so", TEST_IMAGES "/boot-image.so"                                          \
    }

static void write_script(char path[64], const char *script)
{
    snprintf(path, 64, "/tmp/posbench-told-%d.lua", (int)getpid());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(script, f);
    assert_int_equal(fclose(f), 0);
}

static cJSON *swept(const char *script, const struct sweep_options *options, int expected)
{
    char path[64], why[600] = "";
    const char *const paths[] = {path, NULL};
    const struct engine_options o = {.root = TEST_ROOT,
                                     .core = TEST_IMAGES "/core-image.so",
                                     .boot = TEST_IMAGES "/boot-image.so",
                                     .seed = 1,
                                     .jobs = 2};
    cJSON *cases = NULL, *result = NULL;
    write_script(path, script);
    if (engine_list(&o, paths, &cases, why, sizeof why) != EXIT_PASS)
        fail_msg("%s", why);
    int status = engine_sweep(&o, options, cJSON_GetArrayItem(cases, 0), NULL, &result, why, sizeof why);
    unlink(path);
    cJSON_Delete(cases);
    if (status != expected || !result)
        fail_msg("status %d, expected %d: %s", status, expected, why);
    return result;
}

static const char *text_of(const cJSON *o, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(o, key));
    return text ? text : "";
}

static double number_of(const cJSON *o, const char *key)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItem(o, key));
}

/* ---- how far ---- */

static void reach_is_what_was_asked_for(void **state)
{
    static const struct {
        struct sweep_options options;
        const char *reach, *sampled;
        bool exhaustive, all;
    } rows[] = {
        {{.modes = "none,all"}, "every cut to depth 1", "", false, true},
        {{.modes = "none,all", .closure = true}, "exhaustive", "", true, true},
        {{.modes = "none,all", .closure = true, .budget = 3}, "sampled", "number of states", false, false},
        {{.faults = "storage"}, "every point", "", false, true},
        {{.faults = "storage", .budget = 2}, "sampled", "number of points", false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cJSON *result = swept(rows[i].options.faults ? SALE "}" : MORNING "}", &rows[i].options, EXIT_PASS);
        assert_string_equal(text_of(result, "reach"), rows[i].reach);
        assert_non_null(strstr(text_of(result, "sampled"), rows[i].sampled));
        assert_int_equal(!*text_of(result, "sampled"), rows[i].all);
        assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(result, "exhaustive")), rows[i].exhaustive);
        assert_int_equal(number_of(result, "share") == 1, rows[i].all);
        cJSON_Delete(result);
    }
}

/* ---- which failures ---- */

static void failures_told_differ(void **state)
{
    (void)state;
    const struct sweep_options options = {.modes = "none,all,torn,random"};
    cJSON *result = swept(SALE ", check = function() expect.equal(1, 2) end }", &options, EXIT_FAILED);
    const cJSON *failures = cJSON_GetObjectItem(result, "failures"), *f, *other;
    int told = cJSON_GetArraySize(failures);
    assert_int_equal(told, 20);
    assert_int_equal(number_of(result, "failures_more"),
                     number_of(cJSON_GetObjectItem(result, "counts"), "violations") +
                         number_of(cJSON_GetObjectItem(result, "counts"), "business_violations") - told);
    cJSON_ArrayForEach(f, failures)
    {
        for (other = f->next; other; other = other->next)
            if (strcmp(text_of(f, "id"), text_of(other, "id")) == 0 &&
                strcmp(text_of(f, "stage"), text_of(other, "stage")) == 0)
                fail_msg("%s is told twice", text_of(f, "id"));
    }
    cJSON_Delete(result);
}

/* ---- faults beyond the run ---- */

static void a_fault_without_a_place_is_refused(void **state)
{
    static const struct {
        const char *fault, *says;
    } rows[] = {
        {"storage#999:full", "storage#999:full: in this run they go from 1 to "},
        {"net#out:99999", "net#out:99999: in this run they go from 0 to "},
        {"card#99:mute", "card#99:mute: in this run they go from 1 to "},
        {"storage#999:torn", "storage#999: the run has "},
        {"storage#2:none+storage#999:none", "operation 999 of recovery 1 is not reached"},
    };
    (void)state;
    char path[64];
    write_script(path, SALE "}");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct case_request request = {
            .file = path, .index = 1, .seed = 1, .fault = rows[i].fault, .paths = PATHS};
        cJSON *result = fault_play(&request);
        if (!strstr(text_of(result, "usage"), rows[i].says))
            fail_msg("%s: %s", rows[i].fault, cJSON_PrintUnformatted(result));
        cJSON_Delete(result);
    }
    unlink(path);
}

/* ---- cards that are loaded on the way ---- */

/* Scenes before and after a card came are entered in any order, and re-runs load it again. */
static void cards_come_and_go_with_scenes(void **state)
{
    (void)state;
    const struct sweep_options options = {.faults = "power,card", .modes = "none", .budget = 40, .business = 4};
    cJSON *result = swept(HEAD "scenario 'x' { run = function() t:power_on()\n"
                               "  for _, name in ipairs { 'unionpay-credit', 'unionpay-debit', 'unionpay-credit' } do\n"
                               "    shop.pay_with_pin(t, cards.load(name), '1.00')\n"
                               "    expect.screen(t, 'approved') shop.leave(t)\n"
                               "  end end,\n"
                               "  after = function() shop.pay_with_pin(t, cards.load 'unionpay-debit', '2.00')\n"
                               "    expect.screen(t, 'approved') shop.leave(t) end }",
                          &options, EXIT_PASS);
    assert_true(number_of(cJSON_GetObjectItem(result, "counts"), "reruns") > 40);
    cJSON_Delete(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reach_is_what_was_asked_for),
        cmocka_unit_test(failures_told_differ),
        cmocka_unit_test(a_fault_without_a_place_is_refused),
        cmocka_unit_test(cards_come_and_go_with_scenes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
