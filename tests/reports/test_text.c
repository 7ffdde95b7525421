/* The text for a terminal: what was expected and found, the screen in its box, the replay command, the closing lines.
 */
#include "reports_test.h"

static char *text_of(const cJSON *run, bool colour, bool verbose)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    report_text(run, colour, verbose, out);
    fclose(out);
    return text;
}

static void test_failure(void **state)
{
    (void)state;
    cJSON *run = run_make();
    char *text = text_of(run, false, false);
    assert_non_null(strstr(text, "scenarios/b.lua:4"));
    assert_non_null(strstr(text, "screen at 1.235 s\n    expected  approved\n    found     </script>"));
    assert_non_null(strstr(text, "where     b.lua:9"));
    assert_non_null(strstr(text, "replay    ./posbench run b\n"));
    assert_non_null(strstr(text, "booked twice"));
    assert_null(strstr(text, "good"));      /* passes only when verbose */
    assert_null(strpbrk(text, "\033\007")); /* neither ours nor the image's */
    assert_true(utf8_is_valid(text));
    free(text);
    cJSON_Delete(run);
}

static void test_summary(void **state)
{
    (void)state;
    cJSON *run = run_make();
    char *text = text_of(run, false, false);
    assert_non_null(strstr(text, "1 passed, 1 failed, 1 in error, 1 skipped of 4 cases\n"));
    assert_non_null(strstr(text, "virtual time 1 min 30 s, real time 0.030 s: 3000 to 1; seed 42\n"));
    free(text);
    cJSON_Delete(run);
}

static void test_verbose_and_colour(void **state)
{
    (void)state;
    cJSON *run = run_make();
    char *text = text_of(run, true, true);
    assert_non_null(strstr(text, "\033[32mpass\033[0m"));
    assert_non_null(strstr(text, "scenarios/a.lua:3  good\n"));
    free(text);
    cJSON_Delete(run);
}

static void test_box_fits_wide_characters(void **state)
{
    (void)state;
    cJSON *result = cJSON_Parse(
        "{\"verdict\":\"fail\",\"failures\":[{\"screen\":[\"\xE4\xBA\xA4\xE6\x98\x93\",\"12345678901234567890\"]}]}");
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    report_case_text(result, false, out);
    fclose(out);
    assert_non_null(strstr(
        text, "\xE2\x94\x82 \xE4\xBA\xA4\xE6\x98\x93                 \xE2\x94\x82")); /* 2 + 2 columns, 16 spaces, 1 */
    assert_non_null(strstr(text, "\xE2\x94\x82 12345678901234567890 \xE2\x94\x82"));
    free(text);
    cJSON_Delete(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_verbose_and_colour),
        cmocka_unit_test(test_box_fits_wide_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
