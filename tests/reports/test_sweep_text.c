/* The summary of a sweep on a terminal: its counts, its failures with what replays them, and lines no wider than asked;
 * and the page of documentation over several sweeps. */
#include "sweep_fixtures.h"

#include "reports/output.h"

/* Takes the sweep. */
static char *text_of(cJSON *sweep, bool colour, unsigned width)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    sweep_text(sweep, colour, width, out);
    fclose(out);
    cJSON_Delete(sweep);
    return text;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in\n%s", part, text);
}

static void assert_narrow(char *text, unsigned width)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (report_columns(line) > width)
            fail_msg("%u columns: %s", report_columns(line), line);
}

/* ---- the summary ---- */

static void test_counts(void **state)
{
    (void)state;
    cJSON *sweep = sweep_big(900);
    sweep_add_reruns(sweep);
    sweep_count_up(sweep, "business", 100);
    char *text = text_of(sweep, false, 80);
    assert_has(text, "900 of the run\n");
    assert_has(text, "at most 14 operations at once\n");
    assert_has(text, "27,000 cuts, 2,700 different states, depth 2\n");
    assert_has(text, "2,700 states, 3 violations\n");
    assert_has(text, "0 unexplored; 100 % covered, exhaustive\n");
    assert_has(text, "100 states played on, 0 violations\n");
    assert_has(text, "net out: 512 of 512 points judged, 1 violation\n");
    assert_has(text, "3,120 cuts a second and worker, 4 workers, 2.346 s\n");
    assert_has(text, "725EC1CE940569C7F44E8D62ED30329A28DFDDC0A17D0C17E3039BC204AE43D3\n");
    assert_has(text, "\n4 violations, 0 unexplored, exhaustive\n");
    assert_null(strchr(text, '\033'));
    free(text);
}

static void test_a_failure(void **state)
{
    (void)state;
    char *text = text_of(sweep_big(900), false, 0);
    assert_has(text, "fail          storage#57:torn\n");
    assert_has(text, "  found       trace 2 over 12.00 was approved on the screen and is not in the journal\n");
    assert_has(text, "        12.346 board    power cut at storage operation 57, what was not synced: torn\n");
    assert_has(text, "        13.001 card     READ RECORD: SFI 1, record 1 \xE2\x86\x92 9000 ok\n");
    assert_has(text, "  shrunk from storage#612:before:names+storage#3:after:all+storage#9:random~3\n");
    assert_has(text, "  replay      ./posbench run scenarios/power/sale.lua --filter 'scenarios/power/sale#1' --fault "
                     "'storage#57:torn' --seed 1\n");
    free(text);
}

static void test_what_is_left_is_said(void **state)
{
    (void)state;
    cJSON *sweep = sweep_small();
    sweep_count_up(sweep, "unexplored", 412);
    sweep_number_set(sweep, "share", 0.5);
    sweep_number_set(sweep, "failures_more", 7);
    sweep_set_reach(sweep, "sampled");
    cJSON_ReplaceItemInObject(sweep, "sampled", cJSON_CreateString("subsets of more than 14 writes"));
    char *text = text_of(sweep, true, 0);
    assert_has(text, "412 unexplored; 50.0 % covered, sampled: subsets of more than 14 writes\n");
    assert_has(text, "and 7 more failures, not listed\n");
    assert_has(text, "\033[33m412 unexplored, sampled\033[0m\n");
    assert_has(text, "\033[32m0 violations\033[0m");
    free(text);
}

/* One cut deep is no closure, and no sample either. */
static void test_depth_is_said(void **state)
{
    (void)state;
    cJSON *sweep = sweep_small();
    sweep_set_reach(sweep, "every cut to depth 1");
    char *text = text_of(sweep, false, 80);
    assert_has(text, "\n0 violations, 0 unexplored, every cut to depth 1\n");
    free(text);
}

/* Without power cuts their counts are left out, and what a budget left of the points is said. */
static void test_reruns_alone(void **state)
{
    (void)state;
    cJSON *sweep = sweep_make(12, 0);
    sweep_number_set(cJSON_GetObjectItem(sweep, "counts"), "cuts", 0);
    sweep_set_reach(sweep, "every point");
    sweep_add_rerun(sweep, "card", "mute", 23, 0);
    char *text = text_of(cJSON_Duplicate(sweep, true), false, 80);
    assert_null(strstr(text, "different state"));
    assert_has(text, "\n0 violations, 0 unexplored, every point\n");
    free(text);
    sweep_add_rerun(sweep, "net", "in", 77, 0);
    sweep_number_set(cJSON_GetArrayItem(cJSON_GetObjectItem(sweep, "reruns"), 1), "judged", 20);
    sweep_set_reach(sweep, "sampled");
    sweep_number_set(sweep, "share", 0.43);
    text = text_of(sweep, false, 80);
    assert_has(text, "57 re-runs not played; 43.0 % covered, sampled\n");
    assert_has(text, "3,120 re-runs a second and worker");
    assert_has(text, "\n0 violations, 57 re-runs not played, sampled\n");
    free(text);
}

static void test_empty(void **state)
{
    (void)state;
    char *text = text_of(sweep_empty(), false, 80);
    assert_has(text, "\n0 violations, 0 unexplored, interrupted\n");
    free(text);
}

/* ---- width ---- */

static void test_lines_are_no_wider_than_asked(void **state)
{
    (void)state;
    char *text = text_of(sweep_big(900), false, 80);
    assert_narrow(text, 80);
    free(text);
    text = text_of(sweep_hostile(), false, 80);
    assert_narrow(text, 80);
    free(text);
}

/* 60 characters of two columns, no space. */
static void test_wide_characters_are_broken_between(void **state)
{
    (void)state;
    char found[200] = "", *text;
    cJSON *sweep = sweep_small(), *failure = sweep_add_failure(sweep, "storage#1:torn", "power", 1);
    for (size_t i = 0; i < 60; i++)
        strcat(found, "\xE4\xBA\xA4");
    cJSON_ReplaceItemInObject(failure, "found", cJSON_CreateString(found));
    text = text_of(sweep, false, 80);
    assert_narrow(text, 80);
    assert_true(utf8_is_valid(text));
    free(text);
}

/* A command that is broken is one command to a shell: no break inside quotes, a backslash before each. */
static void test_broken_command_stays_one(void **state)
{
    (void)state;
    cJSON *sweep = sweep_small(), *failure = sweep_add_failure(sweep, "storage#1:torn", "power", 1);
    cJSON_ReplaceItemInObject(
        failure, "command",
        cJSON_CreateString("./posbench run 'a folder with many words in its name/and a file too.lua' "
                           "--filter 'x y' --fault 'storage#1:torn'"));
    char *text = text_of(sweep, false, 80);
    assert_has(text, "  replay      ./posbench run \\\n"
                     "              'a folder with many words in its name/and a file too.lua' \\\n"
                     "              --filter 'x y' --fault 'storage#1:torn'\n");
    free(text);
}

static void test_hostile_text_is_plain(void **state)
{
    (void)state;
    char *text = text_of(sweep_hostile(), false, 80);
    assert_null(strchr(text, '\a'));
    assert_null(strstr(text, "\xE2\x80\xAE"));
    assert_true(utf8_is_valid(text));
    assert_has(text,
               "error: </script><script>alert(1)</script>\xEF\xBF\xBD & \"q\" 'a'"); /* as it was, not as markup */
    free(text);
}

/* ---- documentation ---- */

static char *markdown_of(bool measured)
{
    char *text = NULL;
    size_t len;
    cJSON *sale = sweep_big(900), *safe = sweep_small(), *unsafe = sweep_small();
    sweep_add_reruns(sale);
    cJSON_AddStringToObject(safe, "setting", "DELETE | EXTRA");
    cJSON_AddStringToObject(safe, "known", "safe");
    cJSON_AddStringToObject(safe, "command", "./posbench sweep given.lua");
    cJSON_AddStringToObject(unsafe, "setting", "OFF");
    cJSON_AddStringToObject(unsafe, "known", "unsafe");
    sweep_add_failure(unsafe, "storage#5:torn", "power", 1);
    sweep_add_failure(unsafe, "storage#6:torn", "power", 1);
    const cJSON *const sweeps[] = {sale, safe, unsafe};
    FILE *out = open_memstream(&text, &len);
    assert_int_equal(sweep_markdown(sweeps, 3, measured, out), 0);
    fclose(out);
    cJSON_Delete(sale);
    cJSON_Delete(safe);
    cJSON_Delete(unsafe);
    return text;
}

static void test_markdown(void **state)
{
    (void)state;
    char *text = markdown_of(false);
    assert_has(text,
               "\n./posbench sweep scenarios/power/sale.lua --filter 'scenarios/power/sale#1' --fault power --depth 1 "
               "--closure --modes none,all,");
    assert_has(text, "# 2\n./posbench sweep given.lua\n");
    assert_has(text, "| power, closure | 900 | 14 | 27,000 | 2,700 | 2 | 2,700 | 3 | 0 | 100 %, exhaustive |\n");
    assert_has(text, " | net out | 512 | 512 | 1 |\n");
    assert_has(text, "| torn | all, the last write torn inside a sector | raw NOR flash |\n");
    assert_has(text, "| 2 | DELETE \\| EXTRA | safe | 252 | 25 | 0 | none |\n");
    assert_has(text, "| 3 | OFF | unsafe | 252 | 25 | 2 | money |\n");
    assert_null(strstr(text, "3,120")); /* nothing that was measured */
    assert_null(strstr(text, "Measured"));
    free(text);
    text = markdown_of(true);
    assert_has(text, "## Measured");
    assert_has(text, " | 4 | 2.35 | 3,120 | 39.0 |\n");
    free(text);
}

/* A mode is explained once, and a cell never ends early. */
static void test_markdown_tables_are_whole(void **state)
{
    (void)state;
    char *text = NULL, *rest = NULL;
    size_t len;
    unsigned columns = 0;
    cJSON *one = sweep_hostile(), *two = sweep_small();
    const cJSON *const sweeps[] = {one, two};
    FILE *out = open_memstream(&text, &len);
    sweep_markdown(sweeps, 2, true, out);
    fclose(out);
    assert_non_null(strstr(text, "| names |"));
    assert_null(strstr(strstr(text, "| names |") + 1, "| names |"));
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        unsigned bars = 0;
        for (const char *at = line; *at; at++)
            bars += *at == '|' && (at == line || at[-1] != '\\');
        if (line[0] == '#')
            columns = 0;
        if (line[0] == '|' && columns)
            assert_int_equal(bars, columns);
        if (line[0] == '|')
            columns = bars;
    }
    cJSON_Delete(one);
    cJSON_Delete(two);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_a_failure),
        cmocka_unit_test(test_what_is_left_is_said),
        cmocka_unit_test(test_depth_is_said),
        cmocka_unit_test(test_reruns_alone),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_lines_are_no_wider_than_asked),
        cmocka_unit_test(test_wide_characters_are_broken_between),
        cmocka_unit_test(test_broken_command_stays_one),
        cmocka_unit_test(test_hostile_text_is_plain),
        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_markdown_tables_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
