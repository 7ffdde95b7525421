/*
 * Published recordings, where they are at hand: parsed, folded, and every whole exchange played back as it was. The
 * numbers were counted in the files: lines with a command; the same without GET RESPONSE and 6Cxx.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cards/trace.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct file_row {
    const char *path;
    size_t sessions, raw, folded;
    int protocol;
} files[] = {
    {"emvpt/test_data.yaml", 1, 30, 18, -1},
    {"emv-bertlv/amex-cda-in.txt", 1, 11, 11, -1},
    {"emv-bertlv/contact-mastercard-second-session-in.txt", 1, 9, 9, -1},
    {"qpboc-kernel/apdus-extracted.txt", 1, 3, 3, -1},
    {"apdu4j/t0.dump", 1, 1, 1, 0},
    {"apdu4j/test.dump", 1, 9, 9, 1},
    {"apdu4j/multi_channel.dump", 1, 1, 1, 1},
};

static int present(void)
{
    if (access(TEST_TRACES, R_OK) == 0)
        return 1;
    print_message("skipped: no recordings in %s\n", TEST_TRACES);
    return 0;
}

static struct trace *load(const char *name)
{
    char path[512], why[256];
    struct trace *t;
    snprintf(path, sizeof path, "%s/%s", TEST_TRACES, name);
    if (trace_load(path, &t, why, sizeof why))
        fail_msg("%s", why);
    return t;
}

static void parses_published_recordings(void **state)
{
    (void)state;
    if (!present())
        skip();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct trace *t = load(files[i].path);
        const struct trace_session *s = &t->sessions[0];
        print_message("%s: %zu sessions, %zu raw, %zu folded\n", files[i].path, t->session_count, s->raw_count,
                      s->count);
        assert_int_equal(t->session_count, files[i].sessions);
        assert_int_equal(s->raw_count, files[i].raw);
        assert_int_equal(s->count, files[i].folded);
        assert_int_equal(s->protocol, files[i].protocol);
        trace_destroy(t);
    }
}

static void plays_them_back(void **state)
{
    (void)state;
    if (!present())
        skip();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct trace *t = load(files[i].path);
        const struct trace_session *s = &t->sessions[0];
        struct trace_card *c = trace_card_create(s);
        for (size_t j = 0; j < s->count; j++) {
            uint8_t answer[RAPDU_MAX];
            size_t len;
            const struct trace_log_entry *log;
            trace_card_apdu(c, s->exchanges[j].command, s->exchanges[j].len, answer, &len);
            assert_int_equal(len, s->exchanges[j].answer_len);
            assert_memory_equal(answer, s->exchanges[j].answer, len);
            assert_int_equal(trace_card_log(c, &log, NULL), j + 1);
            assert_int_equal(log[j].match, TRACE_EXACT);
        }
        trace_card_destroy(c);
        trace_destroy(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parses_published_recordings),
                                       cmocka_unit_test(plays_them_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
