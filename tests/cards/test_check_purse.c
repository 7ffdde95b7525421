/* The card check of electronic cash: each rule on a shipped card with one thing changed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cards/inspect.h"
#include "tests/cards/support.h"

struct findings {
    unsigned errors, warnings;
    char first[200];
};

static void note(void *ctx, enum card_severity severity, const char *place, const char *text)
{
    struct findings *f = ctx;
    if (!f->errors && !f->warnings)
        snprintf(f->first, sizeof f->first, "%s: %s", place, text);
    *(severity == CARD_ERROR ? &f->errors : &f->warnings) += 1;
}

/* unionpay-ec with `from` replaced. */
static struct findings checked(const char *from, const char *to)
{
    static char text[16384], changed[16384];
    char why[300];
    struct card_profile *profile;
    struct findings f = {0};
    FILE *file = fopen(TEST_ROOT "/cards/profiles/unionpay-ec.json", "rb");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    char *at = strstr(text, from);
    assert_non_null(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    int status =
        card_profile_parse(changed, strlen(changed), TEST_ROOT "/cards/profiles/ec.json", &profile, why, sizeof why);
    if (status)
        print_error("%s\n", why);
    assert_int_equal(status, OK);
    card_profile_check(profile, note, &f);
    card_profile_destroy(profile);
    return f;
}

/* covers: 3.9 contact EC */
static void names_what_is_wrong_with_a_purse(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *place;
        unsigned errors, warnings;
    } rows[] = {
        {"unionpay-f1", "unionpay-f1", "", 0, 0},
        {"\"9F79\": \"000000010000\", ", "", "9F79", 1, 0},
        {"\"9F79\": \"000000010000\"", "\"9F79\": \"00000001000A\"", "9F79", 1, 0},
        {"\"9F79\": \"000000010000\"", "\"9F79\": \"0000010000\"", "9F79", 1, 0},
        {"\"9F79\": \"000000010000\"", "\"9F79\": \"000000100001\"", "9F79", 1, 0},
        {"\"9F78\": \"000000020000\"", "\"9F78\": \"000000100001\"", "9F78", 0, 1},
        {"\"9F6D\": \"000000001000\"", "\"9F6D\": \"000000100001\"", "9F6D", 0, 1},
        {"\"pdol\": \"9F7A019F02065F2A02\"", "\"pdol\": \"9F02065F2A02\"", "PDOL", 1, 0},
        {"\"9F74\": \"454343303031\"", "\"9F63\": \"00112233445566778899AABBCCDDEEFF\"", "9F74", 1, 0},
        {"\"9F4D\": \"0B05\"", "\"9F4D\": \"0D05\"", "9F4D", 1, 0},
        {", \"DF4D\": \"0C05\"", "", "DF4D", 1, 0},
        {", \"DF4F\": \"9A039F21039F1A029F4E149F3602\"", "", "DF4F", 1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct findings f = checked(rows[i].from, rows[i].to);
        if (f.errors != rows[i].errors || f.warnings != rows[i].warnings)
            print_error("row %zu: %s\n", i, f.first);
        assert_int_equal(f.errors, rows[i].errors);
        assert_int_equal(f.warnings, rows[i].warnings);
        assert_non_null(strstr(f.first, rows[i].place));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_what_is_wrong_with_a_purse)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
