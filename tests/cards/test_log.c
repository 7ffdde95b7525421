/* The log that a card keeps of its own transactions: what is in an entry, newest first, five of them, and for good. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/support.h"

/* The usual format, over the spec's own 9F4F: its record would hold a date only. */
#define FORMAT "9A039F21039F02069F03069F1A025F2A029F4E149C019F3602"
#define REST                                                                                                           \
    "0000000000000156"                                                                                                 \
    "0156"                                                                                                             \
    "0000000000000000000000000000000000000000"                                                                         \
    "00"

static void open_log(struct bench *b, const char *log)
{
    char json[4096], changed[4096], why[256];
    spec_json(&(struct card_spec){.extra = log}, json, sizeof json);
    const char *at = strstr(json, ",\"9F4F\":\"9A03\"");
    assert_non_null(at);
    snprintf(changed, sizeof changed, "%.*s%s", (int)(at - json), json, at + strlen(",\"9F4F\":\"9A03\""));
    if (card_profile_parse(changed, strlen(changed), "t.json", &b->profile, why, sizeof why))
        fail_msg("%s", why);
    b->card = card_create(b->profile);
    assert_non_null(b->card);
}

/* A transaction of `amount` cents (four digits), asked for online, that ends as `p1` says. */
static void pay(struct bench *b, const char *amount, const char *p1)
{
    char first[160], second[160];
    snprintf(first, sizeof first, "80AE80001D00000000%s000000000000015680000480000156260615001234567800", amount);
    snprintf(second, sizeof second, "80AE%s001F303000000000%s000000000000015680000480000156260615001234567800", p1,
             amount);
    begin(b);
    assert_int_equal(send(b, first), 0x9000);
    assert_int_equal(send(b, second), 0x9000);
    card_reset(b->card);
}

static void entry(struct bench *b, unsigned number, const char *amount, unsigned atc)
{
    char command[16], expected[128];
    snprintf(command, sizeof command, "00B2%02X5C00", number);
    assert_int_equal(send(b, command), 0x9000);
    snprintf(expected, sizeof expected, "26061500000000000000%s" REST "%04X", amount, atc);
    assert_data(b, expected);
}

/* covers: 2.12 log, 2.12 log format */
static void the_newest_entry_is_the_first(void **state)
{
    (void)state;
    struct bench b;
    open_log(&b, "\"log\":{\"sfi\":11},");
    begin(&b);
    assert_int_equal(send(&b, "00B2015C00"), 0x6A83);
    assert_int_equal(send(&b, "80CA9F4F00"), 0x9000);
    assert_data(&b, "9F4F19" FORMAT);
    card_reset(b.card);
    const char *const amounts[] = {"0100", "0200", "0300", "0400", "0500", "0600", "0700"};
    for (unsigned i = 0; i < 7; i++) {
        pay(&b, amounts[i], "40");
        begin(&b); /* counts the ATC as well */
        entry(&b, 1, amounts[i], 0x23 + 2 * i);
        if (i)
            entry(&b, 2, amounts[i - 1], 0x21 + 2 * i);
        card_reset(b.card);
    }
    begin(&b);
    entry(&b, 5, "0300", 0x27);
    assert_int_equal(send(&b, "00B2065C00"), 0x6A83);
    bench_close(&b);
}

/* covers: 2.12 log, 2.12 log format */
static void an_aac_is_logged_where_the_profile_says_so(void **state)
{
    (void)state;
    for (int declined = 0; declined < 2; declined++) {
        struct bench b;
        open_log(&b, declined ? "\"log\":{\"sfi\":11,\"declined\":true}," : "\"log\":{\"sfi\":11},");
        pay(&b, "0100", "00");
        begin(&b);
        assert_int_equal(send(&b, "00B2015C00"), declined ? 0x9000 : 0x6A83);
        assert_int_equal(send(&b, GAC1("00")), 0x9000);
        assert_int_equal(send(&b, "00B2025C00"), declined ? 0x9000 : 0x6A83);
        bench_close(&b);
    }
}

static void the_fci_says_where_it_is(void **state)
{
    (void)state;
    struct bench b;
    open_log(&b, "\"log\":{\"sfi\":20},");
    assert_int_equal(send(&b, SELECT_AID), 0x9000);
    char text[2 * RAPDU_MAX + 1];
    assert_int_equal(hex_encode(b.answer, b.len - 2, text, sizeof text), OK);
    assert_non_null(strstr(text, "BF0C059F4D021405"));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_entry_is_the_first),
        cmocka_unit_test(an_aac_is_logged_where_the_profile_says_so),
        cmocka_unit_test(the_fci_says_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
