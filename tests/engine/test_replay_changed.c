/*
 * One changed byte in a control place of a recording: status words, lengths, AIP, AFL, PDOL, CDOLs, CID, ATC, headers.
 * The account changes, and what is new in it names the line; or the file is refused with that line.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/replay_support.h"

/* Every string that tells something about a line, as "line N: ...", in one list. */
struct told {
    char *line[2000];
    size_t count;
};

static void tell(struct told *t, const char *format, ...)
{
    char text[4000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_true(t->count < 2000);
    t->line[t->count++] = strdup(text);
}

static void tell_session(struct told *t, const cJSON *s)
{
    static const char *const lists_of_rows[] = {"card", "findings"};
    const cJSON *row, *raw;
    for (size_t i = 0; i < 2; i++)
        cJSON_ArrayForEach(row, cJSON_GetObjectItem(s, lists_of_rows[i]))
        {
            tell(t, "line %d: %s", (int)cJSON_GetNumberValue(cJSON_GetObjectItem(row, "line")), text_of(row, "text"));
        }
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(s, "exchanges"))
    {
        tell(t, "line %d: %s %s %s -> %s: %s", (int)cJSON_GetNumberValue(cJSON_GetObjectItem(row, "line")),
             text_of(row, "verdict"), text_of(row, "name"), text_of(row, "command"), text_of(row, "sw"),
             text_of(row, "reason"));
        cJSON_ArrayForEach(raw, cJSON_GetObjectItem(row, "raw_lines"))
        {
            tell(t, "line %d: %s -> %d %s", (int)cJSON_GetNumberValue(cJSON_GetObjectItem(raw, "line")),
                 text_of(raw, "name"), (int)cJSON_GetNumberValue(cJSON_GetObjectItem(raw, "data")), text_of(raw, "sw"));
        }
    }
}

static struct told account_of(const char *text, char *why, size_t cap, bool *failed)
{
    struct told t = {.count = 0};
    cJSON *out = replay_text(text, strlen(text), 0, why, cap);
    const cJSON *s;
    *failed = false;
    if (out)
        *why = '\0'; /* preset by what was read on the way */
    cJSON_ArrayForEach(s, cJSON_GetObjectItem(out, "sessions"))
    {
        tell_session(&t, s);
        *failed |= strcmp(text_of(s, "recording"), "inconsistent") == 0 || strcmp(text_of(s, "core"), "broke off") == 0;
    }
    cJSON_Delete(out);
    return t;
}

static void forget(struct told *t)
{
    while (t->count)
        free(t->line[--t->count]);
}

static bool has(const struct told *t, const char *line)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->line[i], line) == 0)
            return true;
    return false;
}

static bool names(const char *text, unsigned line)
{
    char key[24];
    size_t n = (size_t)snprintf(key, sizeof key, "line %u", line);
    for (const char *at = text; (at = strstr(at, key)); at += n)
        if (at[n] < '0' || at[n] > '9')
            return true;
    return false;
}

/* -- the places -- */

struct place {
    size_t shot, offset;
    bool answer;
    const char *what;
    bool contradicts; /* the recording cannot be right with it: exit 1 or 2 */
};
#define PLACES 1500
static struct place places[PLACES];

static size_t add(size_t n, size_t shot, size_t offset, bool answer, const char *what, bool contradicts)
{
    assert_true(n < PLACES);
    places[n] = (struct place){shot, offset, answer, what, contradicts};
    return n + 1;
}

static size_t add_lengths(size_t n, size_t shot, const uint8_t *start, const uint8_t *bytes, size_t len)
{
    struct tlv t;
    size_t at = 0, before;
    while (before = at, tlv_next(bytes, len, &at, &t) == OK) {
        size_t tag = tlv_tag_len(t.tag);
        n = add(n, shot, (size_t)(bytes - start) + before + tag, true, "a length", false);
        if (tlv_is_template(t.tag))
            n = add_lengths(n, shot, start, t.value, t.len);
    }
    return n;
}

static size_t add_objects(size_t n, size_t i, const struct shot *s)
{
    static const struct {
        uint32_t tag;
        const char *what;
    } table[] = {{0x82, "AIP"},   {0x94, "AFL"},   {0x9F38, "PDOL"}, {0x8C, "CDOL1"},
                 {0x8D, "CDOL2"}, {0x9F27, "CID"}, {0x9F36, "ATC"},  {0x84, "DF name"}};
    struct tlv t;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        if (tlv_find_deep(s->answer, s->answer_len - 2, table[k].tag, &t) == OK)
            for (size_t b = 0; b < t.len; b++)
                n = add(n, i, (size_t)(t.value + b - s->answer), true, table[k].what, false);
    if (s->answer[0] == 0x80) /* AIP and AFL, or CID and ATC */
        for (size_t b = 2; b < (s->answer_len < 13 ? s->answer_len - 2 : 5); b++)
            n = add(n, i, b, true, "format 80", false);
    return n;
}

static size_t find_places(const struct tape *tape)
{
    size_t n = 0;
    for (size_t i = 0; i < tape->count; i++) {
        const struct shot *s = &tape->shot[i];
        uint8_t ins = s->command[1];
        bool needed = ins == 0xA8 || ins == 0xAE || (ins == 0xB2 && i > 8);
        n = add(n, i, s->answer_len - 2, true, "SW1", needed && s->answer_len > 2);
        n = add(n, i, s->answer_len - 1, true, "SW2", needed && s->answer_len > 2);
        if (s->answer_len > 2 && s->answer[s->answer_len - 2] != 0x61 &&
            (s->answer[0] == 0x6F || s->answer[0] == 0x70 || s->answer[0] == 0x77 || s->answer[0] == 0x80)) {
            n = add_lengths(n, i, s->answer, s->answer, s->answer_len - 2);
            n = add_objects(n, i, s);
        }
        for (size_t b = 0; b < 4; b++)
            n = add(n, i, b, false, "header", false);
        if (s->len > 4)
            n = add(n, i, 4, false, "Lc or Le", false);
    }
    return n;
}

/* -- the check -- */

static void check_place(struct tape *tape, const struct told *before, const struct place *p, uint8_t mask)
{
    struct shot *s = &tape->shot[p->shot];
    uint8_t *byte = p->answer ? &s->answer[p->offset] : &s->command[p->offset], was = *byte;
    char why[600] = "";
    bool failed, named = false;
    *byte ^= mask;
    char *text = tape_write(tape, &spellings[1]);
    struct told after = account_of(text, why, sizeof why, &failed);
    if (*why) { /* refused: exit 2 */
        char at[2][24];
        snprintf(at[0], sizeof at[0], ":%u: ", s->line);
        snprintf(at[1], sizeof at[1], ":%u: ", s->answer_line);
        named = strstr(why, at[0]) || strstr(why, at[1]);
    }
    for (size_t i = 0; i < after.count && !named; i++)
        named = !has(before, after.line[i]) && (names(after.line[i], s->line) || names(after.line[i], s->answer_line));
    if (!named)
        fail_msg("%s of line %u (answer %u), byte %zu, %02X for %02X: nothing says so. %s", p->what, s->line,
                 s->answer_line, p->offset, *byte, was, why);
    if (p->contradicts && !failed && !*why)
        fail_msg("%s of line %u (answer %u), byte %zu, %02X for %02X: passes", p->what, s->line, s->answer_line,
                 p->offset, *byte, was);
    forget(&after);
    free(text);
    *byte = was;
}

static void check_plan(const struct plan *plan, const uint8_t *masks, size_t mask_count)
{
    struct tape tape;
    char why[600] = "";
    bool failed;
    tape_record(plan, &tape);
    char *text = tape_write(&tape, &spellings[1]);
    struct told before = account_of(text, why, sizeof why, &failed);
    assert_string_equal(why, "");
    assert_false(failed);
    size_t n = find_places(&tape);
    for (size_t i = 0; i < n; i++)
        check_place(&tape, &before, &places[i], masks[i % mask_count]);
    print_message("%zu places\n", n);
    forget(&before);
    free(text);
}

static const uint8_t masks[] = {0x01, 0x10, 0x80, 0x02, 0x40};

static void over_t0(void **state)
{
    (void)state;
    check_plan(&(struct plan){.t0 = true, .script71 = true}, masks, sizeof masks);
}

static void over_t1_with_pdol_in_format_77(void **state)
{
    (void)state;
    check_plan(&(struct plan){.format77 = true,
                              .no_pse = true,
                              .pdol = "9F0206"
                                      "9F1A02"
                                      "9F3704",
                              .get_data = true},
               masks, sizeof masks);
}

/* A line that is missing, doubled or cut: read or refused, never silent about it. */
static void missing_lines(void **state)
{
    (void)state;
    struct tape tape, less;
    const struct plan plan = {.t0 = true};
    tape_record(&plan, &tape);
    for (size_t i = 0; i < tape.count; i++) {
        char why[600] = "";
        bool failed;
        less = tape;
        less.shot[i].answer_len = 0;
        char *text = tape_write(&less, &spellings[1]);
        struct told t = account_of(text, why, sizeof why, &failed);
        assert_string_equal(why, "");
        bool named = false;
        for (size_t k = 0; k < t.count; k++)
            named |= names(t.line[k], less.shot[i].line) && strstr(t.line[k], "no recorded answer");
        for (size_t k = 0; k < t.count && !named; k++) /* of a GET RESPONSE: what announced it lacks its data */
            named |= i && strstr(t.line[k], "no recorded answer") && names(t.line[k], less.shot[i].line);
        if (!named && less.shot[i].command[1] != 0xC0 && !(i && tape.shot[i - 1].answer[0] == 0x6C))
            fail_msg("line %u without its answer: nothing says so", less.shot[i].line);
        forget(&t);
        free(text);
    }
}

static void any_cut_is_survived(void **state)
{
    (void)state;
    struct tape tape;
    const struct plan plan = {.t0 = true};
    tape_record(&plan, &tape);
    char *text = tape_write(&tape, &spellings[1]);
    size_t len = strlen(text);
    for (size_t cut = 150; cut < len; cut += 97) {
        char why[600] = "";
        cJSON *out = replay_text(text, cut, 0, why, sizeof why);
        const cJSON *s = session_at(out, 0);
        if (!out)
            fail_msg("cut at %zu: %s", cut, why);
        assert_string_not_equal(text_of(s, "core"), "broke off");
        assert_true(cJSON_GetArraySize(cJSON_GetObjectItem(s, "findings")) > 0);
        cJSON_Delete(out);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_t0),
        cmocka_unit_test(over_t1_with_pdol_in_format_77),
        cmocka_unit_test(missing_lines),
        cmocka_unit_test(any_cut_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
