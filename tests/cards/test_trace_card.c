/* The recorded card: what it plays to commands that were recorded, nearly recorded, or not at all; and its log. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cards/trace.h"
#include "core/codec/hex.h"

#include <string.h>

static const char recording[] = "00A4040007A0000000031010\n6104\n00C0000004\n6F0284009000\n"
                                "80A8000002830000\n80061C00080101009000\n"
                                "00B2010C00\n6C02\n00B2010C02\n70009000\n"
                                "0084000008\n11111111111111119000\n"
                                "0084000008\n22222222222222229000\n"
                                "0020008008241234FFFFFFFFFF\n9000\n"
                                "80AE8000020102\n800D80001201020304050607080A0B9000\n"
                                "80AE4000023030\n800D40001201020304050607080A0B9000\n"
                                "841E000004AABBCCDD\n"; /* without an answer */

struct bench {
    struct trace *trace;
    struct trace_card *card;
    uint8_t answer[RAPDU_MAX];
    size_t len;
};

static void open_card(struct bench *b)
{
    char why[256];
    if (trace_parse(recording, sizeof recording - 1, "t", &b->trace, why, sizeof why))
        fail_msg("%s", why);
    b->card = trace_card_create(&b->trace->sessions[0]);
    assert_non_null(b->card);
}

static void close_card(struct bench *b)
{
    trace_card_destroy(b->card);
    trace_destroy(b->trace);
}

static void send(struct bench *b, int t0, const char *hex, const char *expected)
{
    uint8_t command[APDU_MAX];
    char text[2 * RAPDU_MAX + 1];
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), command, sizeof command, &len), OK);
    (t0 ? trace_card_tpdu : trace_card_apdu)(b->card, command, len, b->answer, &b->len);
    assert_int_equal(hex_encode(b->answer, b->len, text, sizeof text), OK);
    assert_string_equal(text, expected);
}

static void assert_log(const struct bench *b, size_t at, enum trace_match match, size_t index)
{
    const struct trace_log_entry *log;
    assert_true(trace_card_log(b->card, &log, NULL) > at);
    assert_string_equal(trace_match_name(log[at].match), trace_match_name(match));
    assert_int_equal(log[at].index, index);
}

static void plays_what_was_recorded(void **state)
{
    (void)state;
    struct bench b;
    open_card(&b);
    send(&b, 0, "00A4040007A0000000031010", "6F0284009000");
    send(&b, 0, "00A4040007A000000003101000", "6F0284009000");
    send(&b, 0, "80A8000002830000", "80061C00080101009000");
    send(&b, 0, "00B2010C00", "70009000");
    send(&b, 0, "0084000008", "11111111111111119000");
    send(&b, 0, "0084000000", "22222222222222229000");
    send(&b, 0, "0084000008", "22222222222222229000");
    send(&b, 0, "841E000004AABBCCDD", ""); /* nothing was recorded: mute */
    assert_log(&b, 0, TRACE_EXACT, 0);
    assert_log(&b, 1, TRACE_AGAIN, 0);
    assert_log(&b, 2, TRACE_EXACT, 1);
    assert_log(&b, 3, TRACE_EXACT, 2);
    assert_log(&b, 4, TRACE_EXACT, 3);
    assert_log(&b, 5, TRACE_EQUIVALENT, 4);
    assert_log(&b, 6, TRACE_AGAIN, 4);
    assert_log(&b, 7, TRACE_EXACT, 8);
    close_card(&b);
}

static void answers_what_was_not_recorded(void **state)
{
    (void)state;
    struct bench b;
    open_card(&b);
    send(&b, 0, "00A404000E315041592E5359532E444446303100", "6A82");
    send(&b, 0, "00B2020C00", "6A83");
    send(&b, 0, "80CA9F3600", "6A88");
    send(&b, 0, "00880000041122334400", "6D00");
    send(&b, 0, "0020008808AABBCCDDEEFF0011", "6D00"); /* VERIFY enciphered is not VERIFY plaintext */
    send(&b, 0, "00", "6700");
    for (size_t i = 0; i < 6; i++)
        assert_log(&b, i, TRACE_ABSENT, TRACE_NO_INDEX);
    close_card(&b);
}

static void plays_stale_answers(void **state)
{
    (void)state;
    struct bench b;
    open_card(&b);
    send(&b, 0,
         "80A8000003830156"
         "00",
         "80061C00080101009000");
    send(&b, 0, "0020008008249999FFFFFFFFFF", "9000");
    send(&b, 0, "80AE40000202FF00", "800D80001201020304050607080A0B9000"); /* a TC asked, the ARQC recorded */
    send(&b, 0,
         "80AE4000023035"
         "00",
         "800D40001201020304050607080A0B9000");
    send(&b, 0,
         "80AE4000023036"
         "00",
         "6D00"); /* a third one was not recorded */
    assert_log(&b, 0, TRACE_STALE, 1);
    assert_log(&b, 1, TRACE_STALE, 5);
    assert_log(&b, 2, TRACE_STALE, 6);
    assert_log(&b, 3, TRACE_STALE, 7);
    assert_log(&b, 4, TRACE_ABSENT, TRACE_NO_INDEX);
    trace_card_reset(b.card);
    send(&b, 0, "80AE00000202FF00", "6D00"); /* an AAC asked: the recorded ARQC would be above it */
    send(&b, 0, "80AE80000202FF00", "800D80001201020304050607080A0B9000");
    close_card(&b);
}

static void plays_over_t0_and_runs_nothing_twice(void **state)
{
    (void)state;
    struct bench b;
    open_card(&b);
    send(&b, 1, "00A4040007A0000000031010", "6104");
    send(&b, 1, "00C0000004", "6F0284009000");
    send(&b, 1, "0084000000", "6C08");
    send(&b, 1, "0084000008", "11111111111111119000");
    send(&b, 1, "0084000000", "6C08");
    send(&b, 1, "0084000008", "22222222222222229000");
    const struct trace_log_entry *log;
    assert_int_equal(trace_card_log(b.card, &log, NULL), 3);
    send(&b, 1, "841E000004AABBCCDD", "");
    close_card(&b);
}

/* SFI 1 is another file in the directory than in the application. */
static void plays_records_at_their_place(void **state)
{
    static const char text[] = "00A404000E315041592E5359532E444446303100\n6F009000\n00B2010C00\n70019000\n"
                               "00A4040007A000000003101000\n6F0084009000\n80A8000002830000\n80009000\n"
                               "00B2020C00\n70029000\n";
    struct bench b;
    char why[256];
    (void)state;
    assert_int_equal(trace_parse(text, sizeof text - 1, "t", &b.trace, why, sizeof why), OK);
    b.card = trace_card_create(&b.trace->sessions[0]);
    send(&b, 0, "00A404000E315041592E5359532E444446303100", "6F009000");
    send(&b, 0, "00B2010C00", "70019000");
    send(&b, 0, "00B2020C00", "6A83"); /* the application's */
    send(&b, 0, "00A4040007A000000003101000", "6F0084009000");
    send(&b, 0, "80A8000002830000", "80009000");
    send(&b, 0, "00B2010C00", "6A83"); /* the directory's */
    send(&b, 0, "00B2020C00", "70029000");
    close_card(&b);
}

static void answers_by_whole_name_and_by_assumption(void **state)
{
    static const char text[] = "00A4040005A00000000300\n6F098407A00000000310109000\n00A4040005A00000000400\n6105\n";
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 1, 2, 3, 4, 5}, answer[] = {0x90, 0x00};
    struct bench b;
    char why[256];
    (void)state;
    assert_int_equal(trace_parse(text, sizeof text - 1, "t", &b.trace, why, sizeof why), OK);
    b.card = trace_card_create(&b.trace->sessions[0]);
    assert_int_equal(trace_card_assume(b.card, select, sizeof select, answer, sizeof answer), OK);
    send(&b, 0, "00A4040007A000000003101000", "6F098407A00000000310109000");
    send(&b, 0, "00A4040005010203040500", "9000");
    send(&b, 0, "00A4040005A00000000400", ""); /* announced, and never fetched */
    assert_log(&b, 0, TRACE_BY_NAME, 0);
    assert_log(&b, 1, TRACE_ASSUMED, TRACE_NO_INDEX);
    assert_log(&b, 2, TRACE_EXACT, 1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(trace_card_assume(b.card, select, sizeof select, answer, sizeof answer), OK);
    assert_int_equal(trace_card_assume(b.card, select, sizeof select, answer, sizeof answer), E_LIMIT);
    close_card(&b);
}

static void counts_what_the_log_cannot_hold(void **state)
{
    (void)state;
    struct bench b;
    const struct trace_log_entry *log;
    size_t lost;
    open_card(&b);
    for (size_t i = 0; i < TRACE_LOG_MAX + 3; i++)
        send(&b, 0, "80CA9F3600", "6A88");
    assert_int_equal(trace_card_log(b.card, &log, &lost), TRACE_LOG_MAX);
    assert_int_equal(lost, 3);
    close_card(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays_what_was_recorded),
        cmocka_unit_test(answers_what_was_not_recorded),
        cmocka_unit_test(plays_stale_answers),
        cmocka_unit_test(plays_over_t0_and_runs_nothing_twice),
        cmocka_unit_test(plays_records_at_their_place),
        cmocka_unit_test(answers_by_whole_name_and_by_assumption),
        cmocka_unit_test(counts_what_the_log_cannot_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
