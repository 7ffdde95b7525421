/* No secret of the card stands in a recording, wherever the card tells it and however the transport cuts it up. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/record_support.h"

static const char digits_of_pan[] = "6212345678900101";

/* No part of the text shows the digits, as BCD at any nibble or in ASCII, also across lines. */
static void assert_hidden(const char *text, const char *digits)
{
    char *hex = malloc(strlen(text) + 1), ascii[64] = "";
    size_t n = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        if (*line == '>' || *line == 'A')
            for (const char *c = line; *c != '\n'; c++)
                if (strchr("0123456789ABCDEF*", *c))
                    hex[n++] = *c;
    hex[n] = '\0';
    for (const char *d = digits; *d; d++)
        snprintf(ascii + strlen(ascii), sizeof ascii - strlen(ascii), "3%c", *d);
    if (strstr(hex, digits) || strstr(hex, ascii) || strstr(text, digits))
        fail_msg("%s stands in\n%s", digits, text);
    free(hex);
}

/* Replaces an object of a profile's text. */
static char *with_objects(const char *was, const char *is)
{
    static char text[65536];
    char *profile = profile_text("unionpay-credit"), *at = strstr(profile, was);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - profile), profile, is, at + strlen(was));
    return text;
}

static void a_pan_in_any_object(void **state)
{
    (void)state;
    static const struct {
        const char *what, *objects;
    } rows[] = {
        {"BCD in an unknown tag", "\"DF7E\": \"6212345678900101\","},
        {"BCD at an odd nibble", "\"DF7E\": \"0621234567890010 10\","},
        {"ASCII", "\"DF7E\": \"36323132333435363738393030313031\","},
        {"a track in an unknown tag", "\"DF7E\": \"6212345678900101D30122010000065400\","},
        {"what follows the PAN, alone", "\"DF7E\": \"30122010000065400F\","},
        {"without its last four", "\"DF7E\": \"621234567890\","},
        {"without its first six", "\"DF7E\": \"5678900101\","},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hand h = {0};
        size_t len;
        char objects[200] = "", *o = objects;
        for (const char *c = rows[i].objects; *c; c++)
            if (*c != ' ' || c[1] == '"')
                *o++ = *c;
        char with[300];
        snprintf(with, sizeof with, "%s \"5F34\": \"01\"", objects);
        take(&h, with_objects("\"5F34\": \"01\"", with));
        struct card_tape *t = record("given", &h, 1);
        char *text = text_of_tape(t, &len);
        assert_non_null(strstr(text, "DF7E"));
        assert_hidden(text, "567890"); /* the digits between the first six and the last four */
        assert_hidden(text, "0000065400");
        assert_hidden(text, "504F5342454E43482F54455354"); /* the name */
        assert_non_null(strstr(text, "5A08621234******0101"));
        assert_replays(t, rows[i].what);
        free(text);
        put_down(&h);
        free(t);
    }
}

/* A card that tells its number only where nobody expects it. */
static void a_pan_without_its_own_object(void **state)
{
    (void)state;
    struct card_tape *t = calloc(1, sizeof *t);
    size_t len;
    tape_reset(t, false, OK, (const uint8_t *)"\x3B\x60\x00\x00", 4, 1);
    tape_exchange(t, 0, (const uint8_t *)"\x00\xB2\x01\x0C\x10", 5, OK,
                  (const uint8_t *)"\x70\x0B\xDF\x7E\x08\x62\x12\x34\x56\x78\x90\x01\x01\x90\x00", 15, 1);
    char *text = text_of_tape(t, &len);
    assert_hidden(text, "567890");
    assert_non_null(strstr(text, "< 700BDF7E08621234******01019000 (1 us)\n"));
    free(text);
    free(t);
}

static void secrets_split_by_the_transport(void **state)
{
    (void)state;
    /* 5A in two GET RESPONSEs, cut at every byte; then an answer that breaks off inside it */
    static const uint8_t record1[] = {0x70, 0x15, 0x5A, 0x08, 0x62, 0x12, 0x34, 0x56, 0x78, 0x90, 0x01, 0x01,
                                      0x5F, 0x20, 0x08, 'D',  'O',  'E',  '/',  'J',  'A',  'N',  'E'};
    size_t len;
    for (size_t cut = 1; cut < sizeof record1; cut++) {
        struct card_tape *t = calloc(1, sizeof *t);
        uint8_t part[40];
        tape_reset(t, false, OK, (const uint8_t *)"\x3B\x60\x00\x00", 4, 1);
        tape_exchange(t, 0, (const uint8_t *)"\x00\xB2\x01\x0C\x00", 5, OK, (const uint8_t *)"\x61\x17", 2, 1);
        const uint8_t fetch[] = {0x00, 0xC0, 0x00, 0x00, (uint8_t)cut},
                      rest[] = {0x00, 0xC0, 0x00, 0x00, (uint8_t)(sizeof record1 - cut)};
        memcpy(part, record1, cut);
        memcpy(part + cut, "\x61", 1);
        part[cut + 1] = rest[4];
        tape_exchange(t, 0, fetch, 5, OK, part, cut + 2, 1);
        memcpy(part, record1 + cut, sizeof record1 - cut);
        memcpy(part + sizeof record1 - cut, "\x90\x00", 2);
        tape_exchange(t, 0, rest, 5, OK, part, sizeof record1 - cut + 2, 1);
        char *text = text_of_tape(t, &len), why[300];
        struct trace *trace;
        assert_hidden(text, "567890");
        assert_hidden(text, "444F45");
        assert_hidden(text, "4A414E45");
        if (trace_parse(text, len, "t", &trace, why, sizeof why) != OK)
            fail_msg("%s\n%s", why, text);
        trace_destroy(trace);
        free(text);
        free(t);
    }
}

static void pin_and_broken_answers(void **state)
{
    (void)state;
    struct card_tape *t = calloc(1, sizeof *t);
    size_t len;
    tape_reset(t, false, OK, (const uint8_t *)"\x3B\x60\x00\x00", 4, 1);
    tape_exchange(t, 0, (const uint8_t *)"\x00\x20\x00\x80\x08\x24\x12\x34\xFF\xFF\xFF\xFF\xFF", 13, OK,
                  (const uint8_t *)"\x90\x00", 2, 1);
    /* the length of 5A goes beyond the answer, and of 70 too */
    tape_exchange(t, 0, (const uint8_t *)"\x00\xB2\x01\x0C\x10", 5, OK,
                  (const uint8_t *)"\x70\x35\x5A\x0A\x62\x12\x34\x56\x78\x90\x01\x01\x90\x00", 14, 1);
    /* and the number in a command, as a list of the card may ask for it */
    tape_exchange(t, 0, (const uint8_t *)"\x80\xAE\x80\x00\x0A\x00\x62\x12\x34\x56\x78\x90\x01\x01\x00", 15, OK,
                  (const uint8_t *)"\x6A\x81", 2, 1);
    char *text = text_of_tape(t, &len);
    assert_non_null(strstr(text, "> 0020008008**************** < 9000 (1 us)\n"));
    assert_non_null(strstr(text, " < 70355A0A621234******"));
    assert_non_null(strstr(text, "9000 (1 us)\n> 80AE80000A00621234******010100 < 6A81"));
    assert_hidden(text, "567890");
    assert_hidden(text, "241234");
    assert_hidden(text, digits_of_pan);
    free(text);
    free(t);
}

/* A core may show what it should not; a reader may be called anything. */
static void words_of_terminal_and_reader(void **state)
{
    (void)state;
    size_t len;
    struct card_tape *t = record("sim:unionpay-credit", NULL, 1);
    snprintf(t->text, sizeof t->text, "6212 3456 7890 0101\n> 00A40400");
    snprintf(t->reader, sizeof t->reader, "A\nREADER");
    record_card_clean(t);
    char *text = text_of_tape(t, &len);
    assert_hidden(text, "567890");
    assert_non_null(strstr(text, "recorded over A READER\n"));
    assert_null(strstr(text, "3456"));
    assert_non_null(strstr(text, "0101 > 00A40400\n")); /* still the comment's */
    assert_replays(t, "words");
    free(text);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pan_in_any_object),
        cmocka_unit_test(a_pan_without_its_own_object),
        cmocka_unit_test(secrets_split_by_the_transport),
        cmocka_unit_test(pin_and_broken_answers),
        cmocka_unit_test(words_of_terminal_and_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
