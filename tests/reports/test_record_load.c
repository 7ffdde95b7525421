/* Records are read back line by line, and a bad line is named by its place. */
#include "reports_test.h"

static cJSON *load(void **state, const char *text, size_t max, char *why)
{
    char path[200];
    file_put(in_folder(state, "a.jsonl", path), text);
    return record_load(path, max, why, 300);
}

static void test_lines(void **state)
{
    char why[300] = "";
    cJSON *events = load(state, "{\"n\":1,\"ev\":\"meta\"}\n{\"n\":2,\"ev\":\"key\",\"key\":\"1\"}\n", 100, why);
    assert_int_equal(cJSON_GetArraySize(events), 2);
    cJSON_Delete(events);
    events = load(state, "{\"n\":1,\"ev\":\"meta\"}\n{\"n\":2,\"ev\":\"key\",\"key\":\"1\"}\nnot read\n", 2, why);
    assert_int_equal(cJSON_GetArraySize(events), 2);
    cJSON_Delete(events);
    events = load(state, "", 100, why);
    assert_int_equal(cJSON_GetArraySize(events), 0);
    cJSON_Delete(events);
}

static void test_errors_name_the_line(void **state)
{
    static const struct {
        const char *text, *reason;
    } bad[] = {
        {"{\"ev\":\"a\"}\nnonsense\n", "a.jsonl:2: not JSON"},
        {"{\"ev\":\"a\"}\n{\"ev\":\"b\"} x\n", "a.jsonl:2: not JSON"},
        {"[1]\n", "a.jsonl:1: not a JSON object"},
        {"{\"n\":1}\n", "a.jsonl:1: has no \"ev\""},
        {"\n", "a.jsonl:1: not JSON"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char why[300] = "";
        assert_null(load(state, bad[i].text, 100, why));
        if (!strstr(why, bad[i].reason))
            fail_msg("expected \"%s\", found \"%s\"", bad[i].reason, why);
    }
}

static void test_cut_tail(void **state)
{
    char why[300] = "";
    cJSON *events = load(state, "{\"ev\":\"a\"}\n{\"ev\":\"b\",\"te", 100, why);
    assert_int_equal(cJSON_GetArraySize(events), 2);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(events, 1), "ev")), "lost");
    cJSON_Delete(events);
}

static void test_limits(void **state)
{
    char path[200], why[300] = "";
    FILE *file = fopen(in_folder(state, "a.jsonl", path), "wb");
    for (size_t i = 0; i < (1u << 20) + 10; i++)
        fputc('x', file);
    fclose(file);
    assert_null(record_load(path, 10, why, sizeof why));
    assert_non_null(strstr(why, "a.jsonl:1: longer than"));
    file = fopen(path, "wb");
    fwrite("{\"ev\":\0\"a\"}\n", 1, 13, file);
    fclose(file);
    assert_null(record_load(path, 10, why, sizeof why));
    assert_non_null(strstr(why, "a.jsonl:1:"));
    assert_null(record_load("/nowhere/at/all.jsonl", 10, why, sizeof why));
    assert_non_null(strstr(why, "/nowhere/at/all.jsonl"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_lines),
        IN_FOLDER(test_errors_name_the_line),
        IN_FOLDER(test_cut_tail),
        IN_FOLDER(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
