/* Where two recorded sessions part: files through engine_trace and diff_traces; the recordings beside the tree when
 * they are there. */
#include "reports/diff.h"
#include "reports/output.h"
#include "scenarios/engine/engine.h"
#include "scenarios/engine/trace_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char session[] = "ATR: 3B600000\n"
                              "> 00A4040007A0000003330101 < 6F098407A00000033301019000 (25000 us)\n"
                              "> 80A80000028300 < 80060000080101009000 (9000 us)\n"
                              "> 00B2010C00 < 700A5F24034912315F3401019000\n"
                              "> 80AE8000021200 < 800B80000111223344556677889000\n";

static cJSON *load(const char *path)
{
    char why[300] = "";
    cJSON *trace = NULL;
    if (engine_trace(path, &trace, why, sizeof why) != EXIT_PASS)
        fail_msg("%s", why);
    return trace;
}

static cJSON *load_text(const char *text, size_t len)
{
    char path[] = "/tmp/posbench-test-trace-XXXXXX";
    int file = mkstemp(path);
    assert_int_equal(write(file, text, len), (ssize_t)len);
    close(file);
    cJSON *trace = load(path);
    unlink(path);
    return trace;
}

/* `session` against itself with the first `from` replaced by `to` of the same length. */
static cJSON *diff_changed(const char *from, const char *to)
{
    char *other = strdup(session), *at = strstr(other, from);
    assert_non_null(at);
    memcpy(at, to, strlen(to));
    cJSON *a = load_text(session, strlen(session)), *b = load_text(other, strlen(other));
    cJSON *out = diff_traces(a, "a", b, "b");
    cJSON_Delete(a);
    cJSON_Delete(b);
    free(other);
    return out;
}

static const cJSON *first(const cJSON *out)
{
    return report_item(out, "first");
}

static const cJSON *field(const cJSON *out, int index)
{
    return cJSON_GetArrayItem(report_item(first(out), "fields"), index);
}

static void test_answer(void **state)
{
    (void)state;
    cJSON *out = diff_changed("491231", "491130");
    assert_string_equal(report_string(out, "verdict"), "different");
    assert_string_equal(report_string(first(out), "what"), "the answer");
    assert_string_equal(report_string(first(out), "a"), "a:4");
    assert_non_null(strstr(report_string(field(out, 0), "name"), "5F24"));
    assert_null(field(out, 1));
    assert_int_equal(report_number(out, "further"), 0);
    cJSON_Delete(out);
}

static void test_command(void **state)
{
    (void)state;
    cJSON *out = diff_changed("80AE80", "80AE40");
    assert_string_equal(report_string(first(out), "what"), "the command");
    assert_string_equal(report_string(first(out), "a"), "a:5");
    assert_non_null(strstr(report_string(field(out, 0), "name"), "command"));
    cJSON_Delete(out);
}

static void test_times_and_atr(void **state)
{
    (void)state;
    cJSON *out = diff_changed("25000", "25001");
    assert_string_equal(report_string(out, "verdict"), "only times differ");
    cJSON_Delete(out);
    out = diff_changed("3B600000", "3F600000");
    assert_string_equal(report_string(first(out), "what"), "what the session begins with");
    assert_non_null(strstr(report_string(field(out, 1), "name"), "TS"));
    cJSON_Delete(out);
    out = diff_changed("491231", "49****"); /* masked digits agree with any */
    assert_string_equal(report_string(out, "verdict"), "same");
    cJSON_Delete(out);
}

static void test_shorter(void **state)
{
    (void)state;
    cJSON *a = load_text(session, strlen(session));
    cJSON *b = load_text(session, (size_t)(strstr(session, "> 80AE") - session));
    cJSON *out = diff_traces(a, "a", b, "b");
    assert_string_equal(report_string(first(out), "what"), "only in the first");
    assert_string_equal(report_string(first(out), "a"), "a:5");
    cJSON_Delete(out);
    cJSON_Delete(a);
    cJSON_Delete(b);
}

static void test_broken(void **state)
{
    (void)state;
    char why[300] = "";
    cJSON *trace = NULL;
    assert_int_equal(engine_trace("/nonexistent/t", &trace, why, sizeof why), EXIT_USAGE);
    assert_null(trace);
    assert_non_null(strstr(why, "/nonexistent/t"));
}

/* Every recording agrees with itself and with no other. */
static void test_recordings(void **state)
{
    (void)state;
    static const char *const names[] = {"emvpt/test_data.yaml", "qpboc-kernel/apdus-extracted.txt",
                                        "emv-bertlv/amex-cda-in.txt", "apdu4j/t0.dump"};
    enum { COUNT = sizeof names / sizeof *names };
    cJSON *traces[COUNT];
    if (access(TEST_TRACES, R_OK) != 0)
        skip();
    for (size_t i = 0; i < COUNT; i++) {
        char path[4200];
        snprintf(path, sizeof path, "%s/%s", TEST_TRACES, names[i]);
        traces[i] = load(path);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++) {
            cJSON *out = diff_traces(traces[i], names[i], traces[j], names[j]);
            assert_string_equal(report_string(out, "verdict"), i == j ? "same" : "different");
            assert_true(i == j || report_item(out, "first"));
            cJSON_Delete(out);
        }
    for (size_t i = 0; i < COUNT; i++)
        cJSON_Delete(traces[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer),  cmocka_unit_test(test_command), cmocka_unit_test(test_times_and_atr),
        cmocka_unit_test(test_shorter), cmocka_unit_test(test_broken),  cmocka_unit_test(test_recordings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
