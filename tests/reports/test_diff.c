/* Where two run records part: a record against itself, with other times, another seed, a changed byte, a missing line,
 * broken lines, and bounds. The expected places are counted by hand. */
#include "reports_test.h"

#include "reports/diff.h"
#include "reports/output.h"

#include <stdlib.h>
#include <unistd.h>

static const char sale[] =
    "{\"n\":1,\"t\":0,\"ev\":\"meta\",\"version\":\"1\",\"seed\":\"1\",\"scenario\":\"s\",\"index\":1}\n"
    "{\"n\":2,\"t\":0,\"term\":1,\"ev\":\"boot\",\"area\":\"slot-a\",\"name\":\"core\",\"digest\":\"AA\"}\n"
    "{\"n\":3,\"t\":5,\"term\":1,\"ev\":\"atr\",\"hex\":\"3B600000\"}\n"
    "{\"n\":4,\"t\":9,\"term\":1,\"ev\":\"apdu\",\"c\":\"00B2010C00\",\"r\":\"700E8C069F02069F37048D048A0295059000\","
    "\"us\":7}\n"
    "{\"n\":5,\"t\":20,\"term\":1,\"ev\":\"apdu\",\"c\":\"80AE80000A00000000120001020304\","
    "\"r\":\"800B80000111223344556677889000\",\"us\":7}\n"
    "{\"n\":6,\"t\":30,\"term\":1,\"ev\":\"screen\",\"id\":1,\"name\":\"idle\",\"rows\":[\"a\",\"b\"],\"mac\":\"01\"}\n"
    "{\"n\":7,\"t\":31,\"term\":1,\"ev\":\"log\",\"text\":\"x\"}\n"
    "{\"n\":8,\"t\":32,\"term\":1,\"ev\":\"log\",\"text\":\"y\"}\n"
    "{\"n\":9,\"t\":33,\"term\":1,\"ev\":\"log\",\"text\":\"z\"}\n"
    "{\"n\":10,\"t\":34,\"term\":1,\"ev\":\"step\",\"text\":\"end\"}\n";

/* `text` with the first `from` replaced; on the heap. */
static char *changed(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    char *out = NULL;
    assert_non_null(at);
    assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
    return out;
}

static void take(struct diff_lines *out, const char *name, const char *text)
{
    char why[300] = "";
    if (diff_lines_take(out, name, strdup(text), strlen(text), why, sizeof why) != 0)
        fail_msg("%s", why);
}

static cJSON *diff(const char *a, const char *b)
{
    struct diff_lines la, lb;
    take(&la, "a.jsonl", a);
    take(&lb, "b.jsonl", b);
    cJSON *out = diff_records(&la, &lb);
    diff_lines_free(&la);
    diff_lines_free(&lb);
    return out;
}

static cJSON *diff_changed(const char *from, const char *to)
{
    char *other = changed(sale, from, to);
    cJSON *out = diff(sale, other);
    free(other);
    return out;
}

static void assert_word(const cJSON *object, const char *key, const char *expected)
{
    assert_string_equal(report_string(object, key), expected);
}

static const cJSON *field(const cJSON *out, int index)
{
    return cJSON_GetArrayItem(report_item(report_item(out, "first"), "fields"), index);
}

static void test_same(void **state)
{
    (void)state;
    cJSON *out = diff(sale, sale);
    assert_word(out, "verdict", "same");
    assert_null(report_item(out, "first"));
    cJSON_Delete(out);
    out = diff_changed("\"digest\":\"AA\"", "\"digest\":\"BB\""); /* another core that did the same */
    assert_word(out, "verdict", "same");
    assert_word(cJSON_GetArrayItem(report_item(out, "ran"), 0), "name", "core's digest");
    cJSON_Delete(out);
}

static void test_only_times(void **state)
{
    (void)state;
    cJSON *out = diff_changed("\"t\":20", "\"t\":21");
    assert_word(out, "verdict", "only times differ");
    assert_int_equal(report_number(out, "times"), 1);
    assert_null(report_item(out, "first"));
    cJSON_Delete(out);
}

static void test_another_seed(void **state)
{
    (void)state;
    char *other = changed(sale, "\"seed\":\"1\"", "\"seed\":\"2\""),
         *mac = changed(other, "\"mac\":\"01\"", "\"mac\":\"02\"");
    cJSON *out = diff(sale, mac);
    assert_word(out, "verdict", "different");
    assert_word(cJSON_GetArrayItem(report_item(out, "ran"), 0), "name", "seed");
    assert_null(report_item(out, "first"));
    assert_int_equal(cJSON_GetArraySize(report_item(out, "notes")), 1);
    cJSON_Delete(out);
    free(other);
    free(mac);
    out = diff_changed("\"mac\":\"01\"", "\"mac\":\"02\""); /* with one seed it says that a masked byte differs */
    assert_word(out, "verdict", "different");
    assert_word(report_item(out, "first"), "a", "a.jsonl:6");
    assert_word(field(out, 0), "name", "mac");
    cJSON_Delete(out);
}

/* One byte of the cryptogram, and one of what the terminal sent for CDOL1: each is named by its tag. */
static void test_decoded(void **state)
{
    (void)state;
    cJSON *out = diff_changed("1122334455667788", "1122334455667789");
    assert_word(report_item(out, "first"), "a", "a.jsonl:5");
    assert_word(report_item(out, "first"), "b", "b.jsonl:5");
    assert_non_null(strstr(report_string(field(out, 0), "name"), "9F26"));
    assert_word(field(out, 0), "a", "1122334455667788");
    assert_word(field(out, 0), "b", "1122334455667789");
    assert_null(field(out, 1));
    assert_int_equal(cJSON_GetArraySize(report_item(report_item(out, "first"), "context")), DIFF_CONTEXT);
    assert_int_equal(report_number(out, "further"), 0);
    cJSON_Delete(out);
    out = diff_changed("0000000012000102", "0000000013000102");
    assert_non_null(strstr(report_string(field(out, 0), "name"), "9F02"));
    cJSON_Delete(out);
}

static void test_inserted_and_missing(void **state)
{
    (void)state;
    cJSON *out = diff_changed("{\"n\":6,", "{\"n\":6,\"t\":25,\"ev\":\"beep\"}\n{\"n\":7,");
    assert_word(report_item(out, "first"), "what", "only in the second");
    assert_word(report_item(out, "first"), "b", "b.jsonl:6");
    assert_null(report_item(report_item(out, "first"), "a"));
    assert_int_equal(report_number(out, "further"), 0);
    cJSON_Delete(out);
    char *other = strndup(sale, (size_t)(strstr(sale, "{\"n\":8") - sale));
    out = diff(sale, other);
    assert_word(report_item(out, "first"), "what", "the second ends before");
    assert_word(report_item(out, "first"), "a", "a.jsonl:8");
    cJSON_Delete(out);
    free(other);
}

static void test_further(void **state)
{
    (void)state;
    char *one = changed(sale, "\"hex\":\"3B600000\"", "\"hex\":\"3B600001\""),
         *two = changed(one, "\"idle\"", "\"busy\"");
    char *three = changed(two, "\"end\"", "\"bend\"");
    cJSON *out = diff(sale, three);
    assert_word(report_item(out, "first"), "a", "a.jsonl:3");
    assert_int_equal(report_number(out, "further"), 2);
    cJSON_Delete(out);
    free(one);
    free(two);
    free(three);
}

static void assert_refused(const char *text, size_t len, const char *expected)
{
    struct diff_lines lines;
    char why[300] = "", *copy = malloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    assert_int_equal(diff_lines_take(&lines, "x.jsonl", copy, len, why, sizeof why), -1);
    assert_string_equal(why, expected);
}

static void test_broken_lines(void **state)
{
    (void)state;
    struct diff_lines lines;
    char why[300];
    assert_refused("{\"ev\":\"a\"}\n{\"ev\":\n{\"ev\":\"b\"}\n", 30, "x.jsonl:2: not JSON");
    assert_refused("{\"ev\":\"a\"}\n[1]\n", 15, "x.jsonl:2: not a JSON object");
    assert_refused("{\"ev\":\"a\"}\n{\"n\":1}\n", 19, "x.jsonl:2: has no \"ev\"");
    assert_refused("{\"ev\":\"a\"}\n{\"ev\":\"a\0\"}\n", 23, "x.jsonl:2: holds a NUL byte");
    assert_refused("{\"ev\":\"a\"}\n\n", 12, "x.jsonl:2: not JSON");
    assert_refused("", 0, "x.jsonl:1: an empty file");
    take(&lines, "cut", "{\"ev\":\"a\"}\n{\"ev\":\"b"); /* a worker died: the last line is cut off, not broken */
    assert_int_equal(lines.count, 2);
    assert_true(lines.lines[1].cut);
    diff_lines_free(&lines);
    assert_int_equal(diff_lines_load(&lines, "/nonexistent/x", why, sizeof why), -1);
    assert_string_equal(why, "/nonexistent/x: No such file or directory");
    assert_int_equal(diff_lines_load(&lines, "/tmp", why, sizeof why), -1);
    assert_string_equal(why, "/tmp: Is a directory");
}

/* A sparse file one byte over the bound is refused for its size, before anything is made of it. */
static void test_bound(void **state)
{
    (void)state;
    char path[] = "/tmp/posbench-test-diff-XXXXXX", why[300] = "", expected[300];
    size_t len;
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, (off_t)DIFF_FILE_MAX + 1), 0);
    assert_null(diff_read(path, &len, why, sizeof why));
    snprintf(expected, sizeof expected, "%s: larger than 100 MB", path);
    assert_string_equal(why, expected);
    assert_int_equal(ftruncate(file, (off_t)DIFF_FILE_MAX), 0);
    char *text = diff_read(path, &len, why, sizeof why);
    assert_non_null(text);
    assert_int_equal(len, DIFF_FILE_MAX);
    free(text);
    close(file);
    unlink(path);
}

/* On a terminal of 40 columns no line is wider, and without colours there is no escape. */
static void test_narrow(void **state)
{
    (void)state;
    char *text = NULL, *line, *rest;
    size_t len;
    cJSON *out = diff_changed("1122334455667788", "1122334455667789");
    FILE *file = open_memstream(&text, &len);
    diff_text(out, false, 40, file);
    fclose(file);
    assert_null(strchr(text, '\x1b'));
    for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (report_columns(line) > 40)
            fail_msg("%u columns: %s", report_columns(line), line);
    free(text);
    cJSON_Delete(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_only_times),
        cmocka_unit_test(test_another_seed),
        cmocka_unit_test(test_decoded),
        cmocka_unit_test(test_inserted_and_missing),
        cmocka_unit_test(test_further),
        cmocka_unit_test(test_broken_lines),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_narrow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
