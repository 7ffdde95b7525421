/*
 * Recordings: what is recorded is replayed exchange for exchange, wherever the card or the reader gives up.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/record_support.h"

static void cards_of_the_tree(void **state)
{
    (void)state;
    static const char *const names[] = {
        "unionpay-credit", "unionpay-debit",  "unionpay-no-pse", "unionpay-two-applications",
        "unionpay-limits", "unionpay-denied", "visa-cvn18",      "blocked-card",
        "lost-card",       "no-common-aid"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char reader[64];
        snprintf(reader, sizeof reader, "sim:%s", names[i]);
        struct card_tape *t = record(reader, NULL, 1);
        assert_true(t->count >= 3);
        assert_int_equal(t->event[t->count - 1].kind, TAPE_TAKEN);
        assert_int_equal(t->status, t->decided ? EXIT_PASS : EXIT_FAILED);
        assert_replays(t, names[i]);
        free(t);
    }
}

/* The issuer is unknown: the host approves, and sends nothing for the card. */
static void a_card_that_the_host_does_not_know(void **state)
{
    (void)state;
    struct hand h = {0};
    take(&h, profile_text("unionpay-no-cvm"));
    struct card_tape *t = record("given", &h, 1);
    assert_true(t->decided);
    assert_string_equal(t->screen, "approved");
    assert_string_equal(t->host_code, "00");
    for (size_t i = 0; i < t->count; i++)
        assert_int_not_equal(t->event[i].command[1], 0x82);
    assert_replays(t, "stranger");
    free(t);
    put_down(&h);
}

/* Every exchange of the session is the last one once, in every way; the replayed core meets the same. */
static void the_card_is_lost_at_any_exchange(void **state)
{
    (void)state;
    static const int ways[] = {HAL_E_MUTE, HAL_E_REMOVED};
    static const char *const profiles[] = {"unionpay-credit", "unionpay-debit"};
    for (size_t k = 0; k < 2; k++)
        for (size_t way = 0; way < 2; way++)
            for (unsigned at = 1;; at++) {
                struct hand h = {.fails_at = at, .how = ways[way]};
                char what[100];
                take(&h, profile_text(profiles[k]));
                struct card_tape *t = record("given", &h, 1);
                bool lost = h.exchanges >= at;
                snprintf(what, sizeof what, "%s, exchange %u, %s", profiles[k], at, status_name(ways[way]));
                assert_replays(t, what);
                put_down(&h);
                free(t);
                if (!lost)
                    break;
            }
}

/* Pulled out between two commands: the one that the core sends next finds no card. */
static void the_card_is_pulled_between_commands(void **state)
{
    (void)state;
    size_t len;
    char why[600] = "";
    struct card_tape *t = record("sim:unionpay-debit", NULL, 1);
    char *text = text_of_tape(t, &len), cut[20000];
    unsigned n = 0;
    for (char *line = strstr(text, "\n> "); line; line = strstr(line + 1, "\n> "), n++) {
        if (!n)
            continue;
        snprintf(cut, sizeof cut, "%.*s\nREMOVED\n", (int)(line - text), text);
        cJSON *out = replay_text(cut, strlen(cut), 0, why, sizeof why);
        if (!out)
            fail_msg("%s\n%s", why, cut);
        const cJSON *s = session_at(out, 0);
        const char *screen = text_of(s, "screen"); /* the second once the host has approved */
        if (strcmp(screen, "card_removed") != 0 && strcmp(screen, "contact_issuer") != 0)
            fail_msg("%s\n%s", screen, cut);
        assert_string_equal(text_of(s, "core"),
                            n < 4 ? "nothing to compare: no payment session" : "accounted for, equal");
        const cJSON *own = cJSON_GetObjectItem(s, "own");
        assert_int_equal(cJSON_GetArraySize(own), 1);
        assert_non_null(strstr(text_of(cJSON_GetArrayItem(own, 0), "reason"), "pulled out before it"));
        cJSON_Delete(out);
    }
    assert_true(n > 8);
    free(text);
    free(t);
}

static void the_reader_fails(void **state)
{
    (void)state;
    size_t len;
    for (unsigned garbage = 0; garbage < 2; garbage++) {
        struct hand h = {.fails_at = 9, .how = HAL_E_IO, .garbage = garbage};
        take(&h, profile_text("unionpay-credit"));
        struct card_tape *t = record("given", &h, 1);
        char *text = text_of_tape(t, &len);
        assert_false(t->decided);
        assert_non_null(strstr(text, garbage ? "\nERROR an answer without a status word (20000 us)\n"
                                             : "\nERROR the device failed (20000 us)\n"));
        free(text);
        put_down(&h);
        free(t);
    }
}

static void a_card_that_never_answers(void **state)
{
    (void)state;
    size_t len;
    struct hand h = {.mute_reset = true};
    take(&h, profile_text("unionpay-credit"));
    struct card_tape *t = record("given", &h, 1);
    assert_int_equal(t->status, EXIT_FAILED);
    assert_null(text_of_tape(t, &len)); /* nothing happened: nothing is written */
    put_down(&h);
    free(t);
}

static void a_card_that_the_terminal_refuses_at_once(void **state)
{
    (void)state;
    size_t len;
    struct hand h = {.bad_atr = true};
    take(&h, profile_text("unionpay-credit"));
    struct card_tape *t = record("given", &h, 1);
    char *text = text_of_tape(t, &len);
    assert_non_null(strstr(text, "ATR: 3B6700\n"));
    assert_null(strstr(text, "\n> "));
    assert_replays(t, "refused");
    free(text);
    put_down(&h);
    free(t);
}

static void the_same_again_is_the_same_file(void **state)
{
    (void)state;
    size_t len[3];
    char *text[3];
    for (size_t i = 0; i < 3; i++) {
        struct card_tape *t = record("sim:unionpay-credit", NULL, i < 2 ? 7 : 8);
        text[i] = text_of_tape(t, &len[i]);
        free(t);
    }
    assert_string_equal(text[0], text[1]);
    assert_string_not_equal(text[0], text[2]); /* another unpredictable number */
    for (size_t i = 0; i < 3; i++)
        free(text[i]);
}

/* A core that dies leaves the tape as it was: a trace at any length. */
static void a_tape_that_ends_anywhere(void **state)
{
    (void)state;
    struct card_tape *t = record("sim:unionpay-credit", NULL, 1);
    size_t whole = t->count, len;
    for (t->count = 0; t->count <= whole; t->count++) {
        char why[300] = "", *text = text_of_tape(t, &len);
        struct trace *trace;
        assert_int_equal(text != NULL, t->count > 0);
        if (!text)
            continue;
        if (trace_parse(text, len, "t", &trace, why, sizeof why) != OK)
            fail_msg("%zu events: %s", t->count, why);
        assert_int_equal(trace->sessions[0].raw_count, t->count == whole ? whole - 2 : t->count - 1);
        trace_destroy(trace);
        free(text);
    }
    free(t);
}

/* The INPUT lines are what the terminal was given, and a replay believes them. */
static void an_input_that_was_not_sent_is_found(void **state)
{
    (void)state;
    size_t len;
    char why[600] = "";
    struct card_tape *t = record("sim:unionpay-credit", NULL, 1);
    char *text = text_of_tape(t, &len);
    static const char *const lines[] = {"INPUT 9F02 000000001200", "INPUT 9F1A 0344", "INPUT 5F2A 0156"};
    for (size_t i = 0; i < 3; i++) {
        char *line = strstr(text, lines[i]), *digit = line + strlen(lines[i]) - 3, was = *digit;
        assert_non_null(line);
        *digit = '9';
        cJSON *out = replay_text(text, len, 0, why, sizeof why);
        assert_string_equal(text_of(session_at(out, 0), "recording"), "inconsistent");
        assert_true(lists(cJSON_GetObjectItem(session_at(out, 0), "findings"), "is not what was sent for CDOL1"));
        cJSON_Delete(out);
        *digit = was;
    }
    free(text);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cards_of_the_tree),
        cmocka_unit_test(a_card_that_the_host_does_not_know),
        cmocka_unit_test(the_card_is_lost_at_any_exchange),
        cmocka_unit_test(the_card_is_pulled_between_commands),
        cmocka_unit_test(the_reader_fails),
        cmocka_unit_test(a_card_that_never_answers),
        cmocka_unit_test(a_card_that_the_terminal_refuses_at_once),
        cmocka_unit_test(the_same_again_is_the_same_file),
        cmocka_unit_test(a_tape_that_ends_anywhere),
        cmocka_unit_test(an_input_that_was_not_sent_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
