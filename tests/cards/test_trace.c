/* Recordings: every accepted spelling, every refusal with its line, sessions, T=0 folding. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cards/trace.h"
#include "core/codec/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct trace *parse(const char *text)
{
    struct trace *t;
    char why[256];
    int status = trace_parse(text, strlen(text), "t.trace", &t, why, sizeof why);
    if (status)
        fail_msg("%s", why);
    return t;
}

static void assert_bytes(const uint8_t *bytes, size_t len, const char *hex)
{
    char text[2 * APDU_MAX + 1];
    assert_int_equal(hex_encode(bytes, len, text, sizeof text), OK);
    assert_string_equal(text, hex);
}

static void reads_every_spelling(void **state)
{
    (void)state;
    static const char *const spellings[] = {
        "80ca9f3600\n9f360200019000",
        "# ATR: 3B600000\r\n# PROTOCOL: T=0\r\n\r\n80 CA 9F 36 00\r\n9F 36 02  00 01 90 00\r\n",
        "- req: '80 CA 9F 36 00'\n  res: '9F 36 02 00 01 90 00'\n",
        "---\nreq: 80CA9F3600\nres: \"9F360200019000\"\n",
        "// comment\nreq: \"80CA9F3600\",\nres: \"9F360200019000\"\n",
        "> 80CA9F3600\n< 9F360200019000\n",
        ">> 80CA9F3600\n<< 9F360200019000\n",
        "C-APDU: 80CA9F3600 # asks\nR-APDU: 9F360200019000 // answers\n",
        "Request: 80CA9F3600\n\nRESPONSE: 9F360200019000\n",
        "\t80CA9F3600  \n# Received in 40ms\n\t9F360200019000",
        "\xEF\xBB\xBF"
        "80CA9F3600\r9F360200019000\r",
        "-> 80 CA 9F 36 00\n<- 9F 36 02 00 01 90 00\n",
        "--> 80CA9F3600\n<-- 9F360200019000\n",
        "=> 80CA9F3600\n<= 9F360200019000\n",
        "C-APDU : 80ca9f3600\nR-APDU : 9f360200019000\n",
        "\"req\": \"80CA9F3600\",\n\"res\": \"9F360200019000\",\n",
        "req:\n  '80CA9F3600'\nres:\n  '9F360200019000'\n",
        "A>> T=1 (4+0000) 80CA9F36 00\nA<< (0005+2) (14ms) 9F36020001 9000\n",
        "00000000 winscard.c:315:SCardConnect() Active\n00000012 APDU: 80 CA 9F 36 00 \n"
        "00031337 SW: 9F 36 02 00 01 90 00 \n99999999 [1407] ifdwrapper.c:364:IFDStatusICC() Card not transacted: "
        "612\n",
        "\x1b[35m00000012\x1b[0m [1407] APDU: 80 CA 9F 36 00\x1b[0m\n\x1b[35m00000012 [1407] SW: 9F 36 02 00 01 90 "
        "00\x1b[0m\n",
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct trace *t = parse(spellings[i]);
        assert_int_equal(t->session_count, 1);
        assert_int_equal(t->sessions[0].count, 1);
        assert_bytes(t->sessions[0].exchanges[0].command, t->sessions[0].exchanges[0].len, "80CA9F3600");
        assert_bytes(t->sessions[0].exchanges[0].answer, t->sessions[0].exchanges[0].answer_len, "9F360200019000");
        trace_destroy(t);
    }
}

static void refuses_what_is_malformed_by_line(void **state)
{
    (void)state;
    char long_answer[2 * 259 + 64], long_line[4096];
    size_t n = (size_t)snprintf(long_answer, sizeof long_answer, "80CA9F3600\n");
    for (int i = 0; i < 257; i++)
        n += (size_t)snprintf(long_answer + n, sizeof long_answer - n, "11");
    snprintf(long_answer + n, sizeof long_answer - n, "9000\n");
    n = 0;
    for (int i = 0; i < 300; i++)
        n += (size_t)snprintf(long_line + n, sizeof long_line - n, "00");
    const struct {
        const char *text, *why;
    } rows[] = {
        {"", "t.trace:1: a command expected, the file holds none"},
        {"# nothing\n\n", "t.trace:2: a command expected, the file holds none"},
        {"80CA9F3600\n9F360200019000\n80CA9F360\n", "t.trace:3: an even number of hex digits expected"},
        {"80CA9F36 0 0\n", "t.trace:1: two hex digits a byte expected, spaces only between bytes"},
        {"80CA9F3600\n\n9F3602O0019000\n", "t.trace:3: hex digits expected, found 'O'"},
        {"80CA\xC3\xA9\n", "t.trace:1: hex digits expected, found byte C3"},
        {"req:\n", "t.trace:1: hex digits expected, found none"},
        {"req: 80CA9F3600\nres: 6A88\nreq:\nreq: 80CA9F3600\n", "t.trace:3: hex digits expected, found none"},
        {"\xFF\xFE"
         "8\n",
         "t.trace:1: text in ASCII or UTF-8 expected, this is UTF-16"},
        {"00880000 zz\n", "t.trace:1: hex digits expected, found 'z'"},
        {"80CA9F3600\n1122334455\n", "t.trace:2: an answer that ends in a status word (61xx to 6Fxx, 9xxx) expected"},
        {"req: 80CA9F3600\nres: 9F36020001\n",
         "t.trace:2: an answer that ends in a status word (61xx to 6Fxx, 9xxx) expected"},
        {"req: 80CA9F3600\nres: 90\n", "t.trace:2: an answer that ends in a status word (61xx to 6Fxx, 9xxx) expected"},
        {"9000\n80CA9F3600\n", "t.trace:1: a command expected, this is an answer"},
        {"6F028400"
         "9000\n",
         "t.trace:1: a command expected, this is an answer"},
        {"res: 9000\n", "t.trace:1: a command expected, this is an answer"},
        {"80CA9F3600\n9000\n9000\n", "t.trace:3: a command expected, this is an answer"},
        {"80CA9F\n", "t.trace:1: a command expected: header, and Lc, data, Le that fit the 3 bytes"},
        {"00A4040008A000\n", "t.trace:1: a command expected: header, and Lc, data, Le that fit the 7 bytes"},
        {"ATR: 3B\n80CA9F3600\n9000\n", "t.trace:1: ATR: 2 to 33 bytes expected"},
        {"PROTOCOL: T=2\n", "t.trace:1: PROTOCOL: T=0 or T=1 expected"},
        {long_answer, "t.trace:2: an answer of at most 258 bytes expected, found 259"},
        {long_line, "t.trace:1: at most 261 bytes in a command and 258 in an answer expected, found 300"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trace *t;
        char why[256];
        assert_int_equal(trace_parse(rows[i].text, strlen(rows[i].text), "t.trace", &t, why, sizeof why), E_FORMAT);
        assert_string_equal(why, rows[i].why);
        assert_null(t);
    }
}

/* A file that ends inside a line, at every byte of its last two lines: read as far as it goes, the line told. */
static void a_cut_file_is_read_as_far_as_it_goes(void **state)
{
    static const char text[] = "00A4040007A0000000041010\n6F04840212349000\n80CA9F3600\n9F360200019000";
    (void)state;
    for (size_t len = 42; len < sizeof text - 1; len++) {
        struct trace *t;
        char why[256];
        assert_int_equal(trace_parse(text, len, "t.trace", &t, why, sizeof why), OK);
        const struct trace_session *s = &t->sessions[0];
        assert_int_equal(s->raw[0].answer_len, 8);
        assert_in_range(s->raw_count, 1, 2);
        assert_true(s->cut_line == 0 || s->cut_line == (len < 53 ? 3 : 4));
        if (len % 2 == 1 && len < 52) /* half a byte */
            assert_int_equal(s->cut_line, 3);
        trace_destroy(t);
    }
}

static void states_its_limits(void **state)
{
    (void)state;
    struct trace *t;
    char why[256], *text = malloc(TRACE_TEXT_MAX + 1);
    size_t n = 0;
    for (int i = 0; i <= TRACE_EXCHANGES; i++)
        n += (size_t)sprintf(text + n, "80CA9F3600\n6A88\n");
    assert_int_equal(trace_parse(text, n, "t.trace", &t, why, sizeof why), E_LIMIT);
    assert_string_equal(why, "t.trace:2049: at most 1024 commands in a session expected");
    n = 0;
    for (int i = 0; i <= TRACE_SESSIONS; i++)
        n += (size_t)sprintf(text + n, "ATR: 3B600000\n80CA9F3600\n6A88\n");
    assert_int_equal(trace_parse(text, n, "t.trace", &t, why, sizeof why), E_LIMIT);
    assert_string_equal(why, "t.trace:3074: at most 1024 sessions in a file expected");
    memset(text, '\n', TRACE_TEXT_MAX + 1);
    assert_int_equal(trace_parse(text, TRACE_TEXT_MAX + 1, "t.trace", &t, why, sizeof why), E_LIMIT);
    assert_string_equal(why, "t.trace:1: at most 8388608 bytes of text expected");
    free(text);
    assert_int_equal(trace_load("no/such.trace", &t, why, sizeof why), HAL_E_NOENT);
    assert_string_equal(why, "no/such.trace: no such recording");
}

static void accepts_commands_without_an_answer(void **state)
{
    (void)state;
    struct trace *t = parse("req: 80CA9F3600\nreq: 80CA9F1300\nres: 6A88\nreq: 80CA9F1700\n");
    assert_int_equal(t->sessions[0].count, 3);
    assert_int_equal(t->sessions[0].exchanges[0].answer_len, 0);
    assert_int_equal(t->sessions[0].exchanges[1].answer_len, 2);
    assert_int_equal(t->sessions[0].exchanges[1].line, 2);
    assert_int_equal(t->sessions[0].exchanges[1].answer_line, 3);
    assert_int_equal(t->sessions[0].exchanges[2].answer_len, 0);
    trace_destroy(t);
    static const char *const none[] = {"res:", "res: ''", "res: null", "res: ~", "<", "SW: none"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        char text[80];
        snprintf(text, sizeof text, "req: 80CA9F3600\n%s\nreq: 80CA9F1300\nres: 6A88\n", none[i]);
        t = parse(text);
        assert_int_equal(t->sessions[0].count, 2);
        assert_int_equal(t->sessions[0].exchanges[0].answer_len, 0);
        assert_int_equal(t->sessions[0].exchanges[1].answer_line, 4);
        trace_destroy(t);
    }
    t = parse("00A4040007A0000000031010\n80CA9F3600\n6985\n80A8000002830000\n"); /* by turns: the second is no answer */
    assert_int_equal(t->sessions[0].count, 3);
    assert_int_equal(t->sessions[0].exchanges[0].answer_len, 0);
    assert_int_equal(t->sessions[0].exchanges[2].answer_len, 0);
    trace_destroy(t);
}

#define ENVIRONMENT "00A404000E315041592E5359532E444446303100\n"
#define APPLICATION "00A4040007A000000003101000\n"

static void splits_sessions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t sessions;
    } rows[] = {
        {ENVIRONMENT "6A82\n" APPLICATION "6A82\n" APPLICATION "9000\n80A8000002830000\n6985\n" APPLICATION "9000\n",
         1},
        {APPLICATION "9000\n80A8000002830000\n9000\n80AE000000\n9000\n" APPLICATION "9000\n", 2},
        {APPLICATION "9000\n80A8000002830000\n9000\n80AE000000\n6985\n" APPLICATION "9000\n", 1},
        {ENVIRONMENT "9000\n" APPLICATION "9000\n80A8000002830000\n6108\n" ENVIRONMENT "9000\n", 2},
        {ENVIRONMENT "9000\n" APPLICATION "9000\n" ENVIRONMENT "9000\n", 1},
        {ENVIRONMENT "9000\n" APPLICATION "9000\n\n" ENVIRONMENT "9000\n", 2},
        {ENVIRONMENT "9000\n# no application yet\n" ENVIRONMENT "9000\n", 1},
        {ENVIRONMENT "9000\n# ATR: 3B600000\n" ENVIRONMENT "9000\n", 2},
        {APPLICATION "9000\n80A8000002830000\n770B9F260811223344556677889000\n" APPLICATION "9000\n", 2},
        {APPLICATION "9000\n80A8000002830000\n9000\n\n" APPLICATION "9000\n", 2},
        {"80A8000002830000\n9000\n80AE000000\n9000\n80A8000002830000\n9000\n", 2},
        {APPLICATION "9000\n80A8000002830000\n9000\n80AE000000\n9000\n80A8000002830000\n9000\n", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trace *t = parse(rows[i].text);
        assert_int_equal(t->session_count, rows[i].sessions);
        trace_destroy(t);
    }
    struct trace *t =
        parse("# ATR: 3B600000\n# PROTOCOL: T=0\n80CA9F3600\n9000\nATR: 3B E0 00 FF 81 31 7C 41 92\nPROTOCOL: T=1\n"
              "80CA9F3600\n9000\n");
    assert_int_equal(t->session_count, 2);
    assert_int_equal(t->sessions[0].protocol, 0);
    assert_int_equal(t->sessions[1].protocol, 1);
    assert_int_equal(t->sessions[1].line, 7);
    assert_bytes(t->sessions[0].atr, t->sessions[0].atr_len, "3B600000");
    assert_bytes(t->sessions[1].atr, t->sessions[1].atr_len, "3BE000FF81317C4192");
    trace_destroy(t);
}

static void folds_t0_away(void **state)
{
    (void)state;
    static const struct {
        const char *text, *answer;
        size_t count, last_raw;
    } rows[] = {
        {APPLICATION "6104\n00C0000004\n6F0284009000\n", "6F0284009000", 1, 1},
        {APPLICATION "6102\n00C0000002\n6F026102\n00C0000002\n84009000\n", "6F0284009000", 1, 2},
        {"00B2010C00\n6C02\n00B2010C02\n70009000\n", "70009000", 1, 1},
        {"00B2010C00\n6C02\n00B2020C02\n6A83\n", "6C02", 2, 0},
        {APPLICATION "6283\n00C0000000\n6C02\n00C0000002\n6F009000\n", "6F006283", 1, 2},
        {APPLICATION "6283\n00C0000000\n6D00\n", "6283", 1, 1},
        {"80A80000028300\n6104\n80C0000004\n770282009000\n", "770282009000", 1, 1},
        {APPLICATION "6104\n", "6104", 1, 0},
        {APPLICATION "6104\nreq: 00C0000004\n", "6104", 2, 0},
        {"00C0000004\n6C02\n", "6C02", 1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trace *t = parse(rows[i].text);
        const struct trace_session *s = &t->sessions[0];
        assert_int_equal(s->count, rows[i].count);
        assert_bytes(s->exchanges[0].answer, s->exchanges[0].answer_len, rows[i].answer);
        assert_int_equal(s->exchanges[0].last_raw, rows[i].last_raw);
        trace_destroy(t);
    }
}

static void never_crashes_on_cut_or_changed_text(void **state)
{
    (void)state;
    static const char text[] =
        "# ATR: 3B600000\n- req: '00 A4 04 00 07 A0 00 00 00 03 10 10 00'\n  res: '61 04'\n"
        "- req: '00 C0 00 00 04'\n  res: '6F 02 84 00 90 00'\n80A8000002830000\n80061C00080101009000\n";
    for (size_t i = 0; i < sizeof text - 1; i++) {
        char why[128], *copy = malloc(sizeof text - 1);
        struct trace *t;
        memcpy(copy, text, sizeof text - 1);
        char *cut = malloc(i ? i : 1);
        memcpy(cut, text, i);
        if (trace_parse(cut, i, "t", &t, why, sizeof why) == OK)
            trace_destroy(t);
        free(cut);
        for (const char *c = "'\n#0F:-<\xFF"; *c; c++) {
            copy[i] = *c;
            if (trace_parse(copy, sizeof text - 1, "t", &t, why, sizeof why) == OK)
                trace_destroy(t);
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_spelling),
        cmocka_unit_test(refuses_what_is_malformed_by_line),
        cmocka_unit_test(a_cut_file_is_read_as_far_as_it_goes),
        cmocka_unit_test(states_its_limits),
        cmocka_unit_test(accepts_commands_without_an_answer),
        cmocka_unit_test(splits_sessions),
        cmocka_unit_test(folds_t0_away),
        cmocka_unit_test(never_crashes_on_cut_or_changed_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
