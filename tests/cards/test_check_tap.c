/* The card check on offline approvals through the air: one change to a good card, and its finding. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cards/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CARD TEST_ROOT "/cards/profiles/qpboc-offline-01.json"

static char findings[2000];

static void collect(void *ctx, enum card_severity severity, const char *place, const char *text)
{
    (void)ctx;
    size_t at = strlen(findings);
    const char *behind_aid = strstr(place, ": ");
    snprintf(findings + at, sizeof findings - at, "%c %s: %s\n", severity == CARD_ERROR ? 'E' : 'W',
             behind_aid ? behind_aid + 2 : place, text);
}

static char *read_card(void)
{
    FILE *f = fopen(CARD, "r");
    assert_non_null(f);
    char *text = calloc(1, 65536);
    assert_non_null(text);
    assert_true(fread(text, 1, 65535, f) > 0);
    fclose(f);
    return text;
}

/* covers: 3.4 personalisation, 3.9 qPBOC offline */
static void one_change_brings_its_finding(void **state)
{
    static const struct {
        const char *from, *to, *finding;
    } rows[] = {
        {"\"psn\"", "\"psn\"", ""},
        {"30010100280", "280", "E contactless.signed_record: the AFL does not name it\n"},
        {"\"afl\": \"08010100100102012001", "\"afl\": \"08010200100102012001",
         "E contactless.afl: record 1.2 is not there\n"},
        {"\"afl\": \"08010100100102012001", "\"afl\": \"08010100100102002001",
         "E contactless.afl: signs other data than the certificate of the card does\n"},
        {"\"aip\": \"7C00\"", "\"aip\": \"6C00\"",
         "E contactless.afl: signs other data than the certificate of the card does\n"},
        {"\"fdda\": \"01\"", "\"fdda\": \"01\", \"break\": \"amount\"",
         "E contactless.break: in use it fails: the signature of a tap\n"},
        {"\"sda\": true, \"dda\": true", "\"sda\": true",
         "E contactless.fdda: the card has no key that could sign (oda.dda)\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *good = read_card(), *changed = calloc(1, 65536), why[600];
        struct card_profile *p;
        const char *at = strstr(good, rows[i].from);
        assert_non_null(changed);
        assert_non_null(at);
        snprintf(changed, 65536, "%.*s%s%s", (int)(at - good), good, rows[i].to, at + strlen(rows[i].from));
        if (card_profile_parse(changed, strlen(changed), CARD, &p, why, sizeof why) != OK)
            fail_msg("%s", why);
        *findings = '\0';
        card_profile_check(p, collect, NULL);
        assert_string_equal(findings, rows[i].finding);
        card_profile_destroy(p);
        free(changed);
        free(good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_change_brings_its_finding)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
