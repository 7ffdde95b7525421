/* JUnit and JSON: well-formed whatever the texts hold, counted right, and with what CI servers look for. */
#include "reports_test.h"

static char *junit_of(void **state, const cJSON *run)
{
    char path[200], why[200] = "";
    assert_int_equal(report_junit(run, in_folder(state, "junit.xml", path), why, sizeof why), 0);
    char *text = file_text(path);
    assert_non_null(text);
    return text;
}

static void test_checker_can_fail(void **state)
{
    (void)state;
#define X "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
    assert_true(xml_is_well_formed(X "<a b=\"c\"><d/>&lt;</a>"));
    assert_false(xml_is_well_formed(X "<a><b></a></b>"));
    assert_false(xml_is_well_formed(X "<a b=\"<\"/>"));
    assert_false(xml_is_well_formed(X "<a>&nbsp;</a>"));
    assert_false(xml_is_well_formed(X "<a>\x07</a>"));
    assert_false(xml_is_well_formed(X "<a>"));
}

static void test_well_formed(void **state)
{
    cJSON *run = run_make();
    char *text = junit_of(state, run);
    assert_true(xml_is_well_formed(text));
    assert_true(utf8_is_valid(text));
    free(text);
    cJSON_Delete(run);
}

static void test_counts_and_suites(void **state)
{
    cJSON *run = run_make();
    char *text = junit_of(state, run);
    assert_non_null(strstr(
        text,
        "<testsuites name=\"posbench\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"0.030000\">"));
    /* cases of one file make one suite, though another file's case stands between them */
    assert_non_null(
        strstr(text, "<testsuite name=\"scenarios/a.lua\" tests=\"3\" failures=\"0\" errors=\"1\" skipped=\"1\""));
    assert_non_null(
        strstr(text, "<testsuite name=\"scenarios/b.lua\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\""));
    assert_non_null(
        strstr(text, "classname=\"scenarios.a\" name=\"good\" file=\"scenarios/a.lua\" line=\"3\" time=\"0.010000\""));
    free(text);
    cJSON_Delete(run);
}

static void test_what_a_failure_needs(void **state)
{
    cJSON *run = run_make();
    char *text = junit_of(state, run);
    assert_non_null(strstr(text, "[[ATTACHMENT|a.jsonl]]"));
    assert_non_null(strstr(text, "name=\"command\" value=\"./posbench run b\""));
    assert_non_null(strstr(text, "name=\"seed\" value=\"42\""));
    assert_non_null(strstr(text, "name=\"covers\" value=\"DOMAIN 1\""));
    assert_non_null(strstr(text, "type=\"screen\" message=\"expected approved, found &lt;/script&gt;"));
    assert_non_null(strstr(text, "screen: \xE4\xBA\xA4\xE6\x98\x93\n"));
    assert_non_null(strstr(text, "<failure type=\"money\" message=\"booked twice\"/>"));
    assert_non_null(strstr(text, "<skipped message=\"skipped: needs contactless\"/>"));
    assert_non_null(strstr(text, "<error type=\"bench\""));
    free(text);
    cJSON_Delete(run);
}

static void test_empty_run(void **state)
{
    cJSON *run = cJSON_Parse("{}");
    char *text = junit_of(state, run);
    assert_true(xml_is_well_formed(text));
    assert_non_null(strstr(text, "tests=\"0\""));
    free(text);
    cJSON_Delete(run);
}

static void test_json_reads_back(void **state)
{
    char path[200], why[200] = "";
    cJSON *run = cJSON_Parse(RUN_TEXT);
    assert_int_equal(report_json(run, in_folder(state, "report.json", path), why, sizeof why), 0);
    char *text = file_text(path);
    cJSON *again = cJSON_Parse(text);
    assert_true(cJSON_Compare(run, again, true));
    free(text);
    cJSON_Delete(again);
    cJSON_Delete(run);
}

static void test_unwritable(void **state)
{
    char why[200] = "";
    cJSON *run = cJSON_Parse("{}");
    (void)state;
    assert_int_equal(report_junit(run, "/nowhere/at/all.xml", why, sizeof why), -1);
    assert_non_null(strstr(why, "/nowhere/at/all.xml: cannot be written"));
    assert_int_equal(report_json(run, "/nowhere/at/all.json", why, sizeof why), -1);
    assert_int_equal(report_html(run, ".", "/nowhere/at/all.html", why, sizeof why), -1);
    cJSON_Delete(run);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checker_can_fail), IN_FOLDER(test_well_formed), IN_FOLDER(test_counts_and_suites),
        IN_FOLDER(test_what_a_failure_needs),    IN_FOLDER(test_empty_run),   IN_FOLDER(test_json_reads_back),
        cmocka_unit_test(test_unwritable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
