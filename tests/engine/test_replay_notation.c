/*
 * The same session in the notations of other programs gives the same account, line numbers apart; a recording that was
 * mutilated is refused in one line, or its account is another one.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/replay_support.h"

/* -- writers -- */

struct page {
    char text[65536];
    size_t len;
};

static void __attribute__((format(printf, 2, 3))) add(struct page *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    p->len += (size_t)vsnprintf(p->text + p->len, sizeof p->text - p->len, format, args);
    va_end(args);
    assert_true(p->len < sizeof p->text);
}

/* Bytes `from` to `to`, with `before` and `between`. */
static void add_bytes(struct page *p, const uint8_t *bytes, size_t from, size_t to, const char *before,
                      const char *between)
{
    for (size_t i = from; i < to; i++)
        add(p, "%s%s%02X", i > from ? between : "", before, bytes[i]);
}

static void plain(struct page *p, const struct shot *x, const char *command, const char *answer, const char *before,
                  const char *between)
{
    add(p, "%s", command);
    add_bytes(p, x->command, 0, x->len, before, between);
    add(p, "\n%s", answer);
    add_bytes(p, x->answer, 0, x->answer_len, before, between);
    add(p, "\n");
}

static void colons(struct page *p, const struct shot *x)
{
    plain(p, x, "", "", "", ":");
}
static void dashes(struct page *p, const struct shot *x)
{
    plain(p, x, "TX: ", "RX: ", "", "-");
}
static void c_source(struct page *p, const struct shot *x)
{
    plain(p, x, "", "", "0x", ", ");
}
static void prefixed(struct page *p, const struct shot *x)
{
    plain(p, x, "0x", "0x", "", "");
}
static void clock_times(struct page *p, const struct shot *x)
{
    plain(p, x, "2026-06-15 10:00:00.123 -> ", "2026-06-15 10:00:00.523 <- ", "", " ");
}
static void seconds(struct page *p, const struct shot *x)
{
    plain(p, x, "[12.125] >> ", "[12.225] << ", "", " ");
}
static void one_line(struct page *p, const struct shot *x)
{
    add_bytes(p, x->command, 0, x->len, "", " ");
    add(p, " -> ");
    add_bytes(p, x->answer, 0, x->answer_len, "", " ");
    add(p, "\n");
}
static void table_row(struct page *p, const struct shot *x)
{
    add_bytes(p, x->command, 0, x->len, "", "");
    add(p, "\t");
    add_bytes(p, x->answer, 0, x->answer_len, "", "");
    add(p, "\n");
}
static void remark(struct page *p, const struct shot *x)
{
    add(p, "> ");
    add_bytes(p, x->command, 0, x->len, "", " ");
    add(p, "\n< ");
    add_bytes(p, x->answer, 0, x->answer_len, "", " ");
    add(p, " : Normal processing.\n");
}
static void status_apart(struct page *p, const struct shot *x)
{
    add(p, "command: ");
    add_bytes(p, x->command, 0, x->len, "", "");
    add(p, "\nresponse: ");
    if (x->answer_len > 2) {
        add_bytes(p, x->answer, 0, x->answer_len - 2, "", "");
        add(p, "\nSW: ");
    }
    add_bytes(p, x->answer, x->answer_len - 2, x->answer_len, "", "");
    add(p, "\n");
}
static void status_again(struct page *p, const struct shot *x)
{
    plain(p, x, "command: ", "response: ", "", "");
    add(p, "SW: ");
    add_bytes(p, x->answer, x->answer_len - 2, x->answer_len, "", "");
    add(p, "\n");
}
static void status_in_brackets(struct page *p, const struct shot *x)
{
    add(p, "> ");
    add_bytes(p, x->command, 0, x->len, "", " ");
    add(p, "\n< ");
    add_bytes(p, x->answer, 0, x->answer_len - 2, "", " ");
    add(p, " [%02X %02X]\n", x->answer[x->answer_len - 2], x->answer[x->answer_len - 1]);
}
static void split(struct page *p, const uint8_t *bytes, size_t len, const char *label)
{
    add(p, "%s", label);
    for (size_t at = 0; at < len; at += 16) {
        add_bytes(p, bytes, at, at + 16 < len ? at + 16 : len, "", " ");
        add(p, at + 16 < len ? "\n        " : "\n");
    }
}
static void sixteen_a_line(struct page *p, const struct shot *x)
{
    split(p, x->command, x->len, "C-APDU: ");
    split(p, x->answer, x->answer_len, "R-APDU: ");
}
static void sixteen_without_labels(struct page *p, const struct shot *x)
{
    split(p, x->command, x->len, "");
    split(p, x->answer, x->answer_len, "");
}
static void run_record(struct page *p, const struct shot *x)
{
    add(p, "{\"n\":1,\"t\":12,\"ev\":\"screen\",\"rows\":[\"{\",\"\"]}\n{\"n\":2,\"t\":13,\"ev\":\"apdu\",\"c\":\"");
    add_bytes(p, x->command, 0, x->len, "", "");
    add(p, "\",\"r\":\"");
    add_bytes(p, x->answer, 0, x->answer_len, "", "");
    add(p, "\",\"us\":20000}\n");
}
static void neutral(struct page *p, const struct shot *x)
{
    add(p, "{\"t_us\":1,\"ch\":\"host\",\"dir\":\"out\",\"raw_hex\":\"0200\"}\n");
    add(p, "{\"t_us\":2,\"ch\":\"card\",\"dir\":\"out\",\"raw_hex\":\"");
    add_bytes(p, x->command, 0, x->len, "", "");
    add(p, "\",\"meta\":{}}\n{\"t_us\":3,\"ch\":\"card\",\"dir\":\"in\",\"raw_hex\":\"");
    add_bytes(p, x->answer, 0, x->answer_len, "", "");
    add(p, "\"}\n");
}
static void named_members(struct page *p, const struct shot *x)
{
    add(p, "{\"command\": \"");
    add_bytes(p, x->command, 0, x->len, "", " ");
    add(p, "\", \"response\": \"");
    add_bytes(p, x->answer, 0, x->answer_len, "", " ");
    add(p, "\"},\n");
}

static const struct notation {
    const char *name;
    void (*write)(struct page *p, const struct shot *x);
} notations[] = {
    {"colons", colons},
    {"dashes", dashes},
    {"C source", c_source},
    {"0x", prefixed},
    {"times of day", clock_times},
    {"seconds", seconds},
    {"one line", one_line},
    {"table", table_row},
    {"remark", remark},
    {"status apart", status_apart},
    {"status again", status_again},
    {"status in brackets", status_in_brackets},
    {"16 a line", sixteen_a_line},
    {"16 a line, no labels", sixteen_without_labels},
    {"run record", run_record},
    {"neutral JSON", neutral},
    {"JSON members", named_members},
};

/* What the account says, without lines. */
static void summary(const cJSON *session, char *out, size_t cap)
{
    const cJSON *row;
    size_t n = (size_t)snprintf(out, cap, "%s/%s", text_of(session, "recording"), text_of(session, "core"));
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(session, "exchanges"))
    {
        assert_true(n < cap);
        n += (size_t)snprintf(out + n, cap - n, "|%s %s %s %s", text_of(row, "verdict"), text_of(row, "command"),
                              text_of(row, "answer"), text_of(row, "sw"));
    }
    assert_true(n < cap);
}

static void every_notation_says_the_same(void **state)
{
    static struct page page;
    static char expected[60000], got[60000];
    static const struct plan plans[] = {{.card = "unionpay-cda"}, {.card = "unionpay-dda", .t0 = true}};
    struct tape tape;
    char why[600];
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        cJSON *out = replay_plan(&plans[k], &tape, &spellings[0]);
        summary(session_at(out, 0), expected, sizeof expected);
        cJSON_Delete(out);
        for (size_t i = 0; i < sizeof notations / sizeof *notations; i++) {
            page.len = 0;
            for (size_t n = 0; n < tape.count; n++)
                notations[i].write(&page, &tape.shot[n]);
            out = replay_text(page.text, page.len, 0, why, sizeof why);
            if (!out)
                fail_msg("%s: %s", notations[i].name, why);
            assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(out, "sessions")), 1);
            summary(session_at(out, 0), got, sizeof got);
            if (strcmp(got, expected) != 0)
                fail_msg("%s: %s", notations[i].name, got);
            cJSON_Delete(out);
        }
    }
}

/* -- mutilated -- */

/* The line that begins at `text`, its end included. */
static size_t line_at(const char *text)
{
    size_t n = strcspn(text, "\n");
    return n + (text[n] == '\n');
}

static char *line_start(char *text, unsigned number)
{
    while (number-- > 1)
        text += line_at(text);
    return text;
}

static void drop_line(struct page *p, unsigned number)
{
    char *at = line_start(p->text, number);
    size_t n = line_at(at);
    memmove(at, at + n, strlen(at + n) + 1);
    p->len -= n;
}

static void repeat_line(struct page *p, unsigned number)
{
    char *at = line_start(p->text, number);
    size_t n = line_at(at);
    memmove(at + n, at, strlen(at) + 1);
    p->len += n;
}

static void swap_lines(struct page *p, unsigned number)
{
    char first[2000], *at = line_start(p->text, number);
    size_t n = line_at(at), m = line_at(at + n);
    assert_true(n < sizeof first);
    memcpy(first, at, n);
    memmove(at, at + n, m);
    memcpy(at + m, first, n);
}

static void cut_status(struct page *p, unsigned number)
{
    char *at = line_start(p->text, number);
    size_t n = line_at(at);
    memmove(at + n - 5, at + n - 1, strlen(at + n - 1) + 1);
    p->len -= 4;
}

static void cut_digit(struct page *p, unsigned number)
{
    char *at = line_start(p->text, number);
    memmove(at + 3, at + 4, strlen(at + 4) + 1);
    p->len--;
}

static void add_word(struct page *p, unsigned number)
{
    char *at = line_start(p->text, number);
    memmove(at + 6, at, strlen(at) + 1);
    memcpy(at, "hello\n", 6);
    p->len += 6;
}

static void end_here(struct page *p, unsigned number)
{
    char *at = line_start(p->text, number);
    p->len = (size_t)(at - p->text) + line_at(at) / 2;
    p->text[p->len] = '\0';
}

/* Refused in one line that names a line of the file, or told in another way than `good`. */
static void expect_told(const struct page *p, const char *good, const char *what, unsigned number)
{
    static char got[60000];
    char why[600] = "";
    cJSON *out = replay_text(p->text, p->len, 0, why, sizeof why);
    if (!out) {
        const char *colon = strchr(why, ':');
        unsigned line = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
        if (line < 1 || strchr(why, '\n'))
            fail_msg("%s, line %u: \"%s\"", what, number, why);
        return;
    }
    summary(session_at(out, 0), got, sizeof got);
    if (strcmp(got, good) == 0)
        fail_msg("%s, line %u: nothing is told", what, number);
    cJSON_Delete(out);
}

static void mutilated_recordings_are_told(void **state)
{
    static const struct {
        const char *what;
        void (*harm)(struct page *p, unsigned number);
    } harms[] = {
        {"a line is missing", drop_line},      {"a line stands there twice", repeat_line},
        {"two lines are swapped", swap_lines}, {"a status word is cut off", cut_status},
        {"a digit is missing", cut_digit},     {"a word stands there", add_word},
        {"the file ends here", end_here},
    };
    static struct page page;
    static char good[60000];
    const struct plan plan = {.card = "unionpay-credit"};
    struct tape tape;
    (void)state;
    cJSON *out = replay_plan(&plan, &tape, &spellings[0]);
    summary(session_at(out, 0), good, sizeof good);
    cJSON_Delete(out);
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++)
        for (unsigned number = 3; number < 2 * tape.count; number += 5) {
            char *text = tape_write(&tape, &spellings[0]);
            page.len = (size_t)snprintf(page.text, sizeof page.text, "%s", text);
            free(text);
            harms[i].harm(&page, number);
            expect_told(&page, good, harms[i].what, number);
        }
}

static void errors_name_their_line(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"00A4040007A0000000\n6A82\n", ":1: a command expected: header"},
        {"00A40400\n9000\n00A4040007A0000000\n", ":3: a command expected: header"},
        {"> 00A40400\n< 6F1A8407\n> 00B2010C00\n", ":2: an answer that ends in a status word"},
        {"00A40400\n6F1A8407\n00B2010C00\n6A83\n", ":2: an answer that ends in a status word"},
        {"{\"ch\":\"card\",\"dir\":\"sideways\",\"raw_hex\":\"00\"}\n", ":1: dir: \"out\" or \"in\" expected"},
        {"{\"ev\":\"apdu\",\"c\":\"00A4040\",\"r\":\"9000\"}\n", ":1: an even number of hex digits"},
        {"{\"ev\":\"apdu\",\n", ":1: "},
        {"0x\n", ":1: "},
        {"00:A4:0:4\n", ":1: two hex digits a byte expected"},
        {"00A4040000 -> 90\n", ":1: an answer that ends in a status word"},
        {"[ ]\n", ":1: hex digits expected, found none"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[600] = "";
        cJSON *out = replay_text(rows[i].text, strlen(rows[i].text), 0, why, sizeof why);
        if (out || !strstr(why, rows[i].why) || strchr(why, '\n'))
            fail_msg("row %zu: \"%s\"", i, why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_notation_says_the_same),
        cmocka_unit_test(mutilated_recordings_are_told),
        cmocka_unit_test(errors_name_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
