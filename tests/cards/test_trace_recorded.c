/* What "posbench record" writes and the reader of recordings takes: whole exchanges with times, losses, inputs, masked
 * digits. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cards/trace.h"
#include "core/codec/hex.h"
#include "core/codec/tlv.h"
#include "core/codec/track.h"

#include <stdio.h>
#include <string.h>

#define HEAD "RESET cold (12000 us)\nATR: 3B600000\nPROTOCOL: T=0\n"
#define SELECT "> 00A4040007A000000333010100 < 6F098407A00000033301019000 (20000 us)\n"

static struct trace *parse(const char *text)
{
    struct trace *t;
    char why[256];
    if (trace_parse(text, strlen(text), "t.trace", &t, why, sizeof why))
        fail_msg("%s", why);
    return t;
}

static void assert_bytes(const uint8_t *bytes, size_t len, const char *hex)
{
    char text[2 * APDU_MAX + 1];
    assert_int_equal(hex_encode(bytes, len, text, sizeof text), OK);
    assert_string_equal(text, hex);
}

static void whole_exchanges_with_their_times(void **state)
{
    (void)state;
    struct trace *t = parse("# a comment\n" HEAD "> 80CA9F3600 < 9F360200019000 (25250 us)  # the counter\n"
                            "> 80 CA 9F 17 00<9F17 01 03 9000\n> 80CA9F1300\nMUTE (1000000 us)\nTAKEN\n");
    const struct trace_session *s = &t->sessions[0];
    assert_int_equal(t->session_count, 1);
    assert_int_equal(s->raw_count, 3);
    assert_int_equal(s->protocol, 0);
    assert_true(s->by_posbench);
    assert_bytes(s->atr, s->atr_len, "3B600000");
    assert_bytes(s->raw[0].answer, s->raw[0].answer_len, "9F360200019000");
    assert_int_equal(s->raw[0].line, 5);
    assert_int_equal(s->raw[0].answer_line, 5);
    assert_int_equal(s->raw[0].time_us, 25250);
    assert_int_equal(s->raw[1].time_us, 0);
    assert_int_equal(s->raw[2].answer_len, 0);
    assert_int_equal(s->raw[2].loss, TRACE_LOSS_MUTE);
    assert_int_equal(s->raw[2].time_us, 1000000);
    assert_int_equal(s->end, TRACE_LOSS_MUTE); /* what ended it, not what came of that */
    assert_int_equal(s->end_line, 8);
    trace_destroy(t);
    /* the same without any word of ours is no recording of posbench */
    t = parse("> 80CA9F3600 < 9F360200019000\n");
    assert_false(t->sessions[0].by_posbench);
    trace_destroy(t);
}

static void times_add_up_when_t0_is_folded(void **state)
{
    (void)state;
    struct trace *t =
        parse(HEAD "> 00A4040007A0000003330101 < 610B (100 us)\n> 00C000000B < 6F098407A00000033301019000 (20 us)\n"
                   "> 00B2010C00 < 6C04 (7 us)\n> 00B2010C04 < 700250009000 (1 us)\n");
    assert_int_equal(t->sessions[0].count, 2);
    assert_int_equal(t->sessions[0].exchanges[0].time_us, 120);
    assert_int_equal(t->sessions[0].exchanges[1].time_us, 8);
    trace_destroy(t);
}

static void losses_and_sessions(void **state)
{
    (void)state;
    struct trace *t = parse("INPUT 9F02 000000001200\n" HEAD SELECT "REMOVED\n" HEAD SELECT
                            "> 80A80000028300\nERROR the device failed\n");
    assert_int_equal(t->session_count, 2);
    assert_int_equal(t->sessions[0].end, TRACE_LOSS_REMOVED);
    assert_int_equal(t->sessions[0].raw[0].loss, TRACE_LOSS_NONE);
    assert_int_equal(t->sessions[1].end, TRACE_LOSS_ERROR);
    assert_int_equal(t->sessions[1].raw[1].loss, TRACE_LOSS_ERROR);
    assert_int_equal(t->sessions[1].input_count, 1); /* one terminal, two tries */
    trace_destroy(t);
    /* a reset that was not answered belongs to no session */
    t = parse(HEAD SELECT "RESET cold (1 us)\nMUTE\n");
    assert_int_equal(t->session_count, 1);
    assert_int_equal(t->sessions[0].end, TRACE_LOSS_NONE);
    trace_destroy(t);
    /* a card that answered to its reset, and was asked nothing */
    t = parse("RESET cold\nATR: 3B600000\nTAKEN\n");
    assert_int_equal(t->session_count, 1);
    assert_int_equal(t->sessions[0].count, 0);
    assert_int_equal(t->sessions[0].atr_len, 4);
    trace_destroy(t);
}

static void inputs(void **state)
{
    (void)state;
    struct trace *t =
        parse("INPUT profile unionpay-intl\nINPUT 9F02 00 00 00 00 12 00  # twelve\nINPUT 9F37 01020304 CDOL1\n"
              "INPUT 9F37 05060708\tCDOL2\nINPUT TAC-denial 0010000000\n" HEAD SELECT
              "INPUT 9F02 000000000100\n" HEAD SELECT);
    const struct trace_session *s = &t->sessions[0];
    assert_int_equal(s->input_count, 5);
    assert_string_equal(trace_input(s, 0, "profile")->value, "unionpay-intl");
    assert_bytes(trace_input(s, 0x9F02, "")->value, 6, "000000001200");
    assert_string_equal(s->inputs[3].use, "CDOL2");
    assert_bytes(s->inputs[3].value, 4, "05060708");
    assert_int_equal(trace_input(s, 0, "TAC-denial")->len, 5);
    assert_null(trace_input(s, 0x9A, ""));
    assert_null(trace_input(s, 0, "TAC-online"));
    s = &t->sessions[1]; /* two recordings in one file */
    assert_int_equal(s->input_count, 1);
    assert_bytes(trace_input(s, 0x9F02, "")->value, 6, "000000000100");
    trace_destroy(t);
}

static void every_refusal_names_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {HEAD "> 80CA9F3600 < 9F36020001\n", "t.trace:4: an answer that ends in a status word"},
        {HEAD "> 80CA9F3600 < 90*0\n", "t.trace:4: an answer with a status word that is not masked"},
        {HEAD "> 80CA9F3600 < \n", "t.trace:4: hex digits expected, found none"},
        {HEAD "> 80CA9F3600 < 9000 (1 ms)\n", "t.trace:4: hex digits expected, found '('"},
        {HEAD "> 80CA9F3600 < 9000 (99999999999999999999 us)\n", "t.trace:4: hex digits expected, found '('"},
        {HEAD "> 80CA9F3600 < 9000 < 9000\n", "t.trace:4: hex digits expected, found '<'"},
        {HEAD "> 80CA9F*600 < 9000\n", "t.trace:4: a command with its five bytes of header expected, not masked"},
        {HEAD "> 80CA9F36*0\n", "t.trace:4: a command with its five bytes of header expected, not masked"},
        {HEAD "> 80CA9F36*\n", "t.trace:4: an even number of hex digits"},
        {"MUTE\n" HEAD SELECT, "t.trace:1: a command or RESET expected before the loss of the card"},
        {HEAD SELECT "MUTE now\n", "t.trace:5: nothing but a time expected"},
        {"RESET\nATR: 3B600000\n", "t.trace:1: RESET cold or RESET warm expected"},
        {"RESET cold\nATR: 3B6*0000\n" SELECT, "t.trace:2: ATR: 2 to 33 bytes expected, none of them masked"},
        {"RESET cold\nMUTE\n", "t.trace:2: a command expected, the file holds none"},
        {"\nINPUT\n" HEAD SELECT, "t.trace:2: INPUT: a tag or a name"},
        {"INPUT 9F0 00\n" HEAD SELECT, "t.trace:1: INPUT: a tag or a name"},
        {"INPUT 9F02\n" HEAD SELECT, "t.trace:1: hex digits expected, found none"},
        {"INPUT 9F02 0*\n" HEAD SELECT, "t.trace:1: INPUT: at most 255 bytes expected, none of them masked"},
        {"INPUT 9F37 01020304\n" HEAD SELECT, "t.trace:1: INPUT 9F37: its value and PDOL, CDOL1 or CDOL2 expected"},
        {"INPUT 9F37 01020304 DDOL\n" HEAD SELECT,
         "t.trace:1: INPUT 9F37: its value and PDOL, CDOL1 or CDOL2 expected"},
        {"INPUT profile a b\n" HEAD SELECT, "t.trace:1: INPUT profile: one name expected"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trace *t;
        char why[256] = "";
        assert_true(trace_parse(rows[i].text, strlen(rows[i].text), "t.trace", &t, why, sizeof why) < 0);
        if (strncmp(why, rows[i].why, strlen(rows[i].why)) != 0)
            fail_msg("%s: expected %s, found %s", rows[i].text, rows[i].why, why);
    }
}

/* Cut anywhere: refused with a line, or read as far as it goes. */
static void any_cut(void **state)
{
    (void)state;
    static const char text[] =
        "INPUT 9F02 000000001200\n" HEAD SELECT "> 00B2010C00 < 700A5A086212****789001019000 (5 us)\nREMOVED\n";
    for (size_t len = 0; len < sizeof text; len++) {
        struct trace *t;
        char why[256] = "";
        int status = trace_parse(text, len, "t.trace", &t, why, sizeof why);
        assert_true(status == OK || strstr(why, "t.trace:"));
        if (status == OK)
            trace_destroy(t);
    }
}

/* -- masked digits -- */

#define RECORD_1 "> 00B2010C00 < 70135711621234******0101*****************F9000\n"
#define RECORD_2 "> 00B2010C00 < 70235711621234******0101******************5F200D**************************9000\n"
#define RECORD_3 "> 00B2011400 < 70155A08621234******01015F24033012315F300202019000\n"

static void assert_pan(const struct trace_exchange *x, uint32_t tag, char pan[20])
{
    struct tlv o;
    struct track2 track;
    assert_int_equal(tlv_find_deep(x->answer, x->answer_len - 2, tag, &o), OK);
    if (tag == 0x5A) {
        bcd_unpack(o.value, 0, 16, pan);
    } else {
        assert_int_equal(track2_from_tag57(o.value, o.len, &track), OK);
        snprintf(pan, 20, "%s", track.pan);
        assert_string_equal(track.expiry, "3012");
        assert_string_equal(track.service_code, "201");
    }
    assert_true(luhn_ok(pan));
    assert_memory_equal(pan, "621234", 6);
    assert_string_equal(pan + 12, "0101");
}

static void stand_ins_agree_with_each_other(void **state)
{
    (void)state;
    char track[20], pan[20];
    struct trace *t = parse(HEAD SELECT RECORD_2 RECORD_3);
    const struct trace_session *s = &t->sessions[0];
    assert_pan(&s->exchanges[1], 0x57, track);
    assert_pan(&s->exchanges[2], 0x5A, pan);
    assert_string_equal(track, pan);
    assert_int_equal(trace_masked(&s->exchanges[0]), 0);
    assert_int_equal(trace_masked(&s->exchanges[1]), 6 + 18 + 26);
    assert_int_equal(trace_masked(&s->exchanges[2]), 6);
    trace_destroy(t);
    /* without 5A, dates and service code: still a track that a terminal reads */
    t = parse(HEAD SELECT RECORD_1);
    struct tlv o;
    struct track2 alone;
    const struct trace_exchange *x = &t->sessions[0].exchanges[1];
    assert_int_equal(tlv_find_deep(x->answer, x->answer_len - 2, 0x57, &o), OK);
    assert_int_equal(track2_from_tag57(o.value, o.len, &alone), OK);
    assert_true(luhn_ok(alone.pan));
    trace_destroy(t);
}

/* Digits that are known are never touched. */
static void what_is_not_masked_stays(void **state)
{
    (void)state;
    static const char plain[] = "70155A086212345678900101F0F05711FFFFFFFFFFFFFFFFFF9000";
    char text[300], hex[200];
    for (size_t masked = 4; masked + 4 < strlen(plain); masked++) {
        char line[sizeof plain];
        memcpy(line, plain, sizeof plain);
        line[masked] = '*';
        snprintf(text, sizeof text, HEAD "> 00B2011400 < %s\n", line);
        struct trace *t = parse(text);
        const struct trace_exchange *x = &t->sessions[0].exchanges[0];
        hex_encode(x->answer, x->answer_len, hex, sizeof hex);
        hex[masked] = line[masked];
        assert_string_equal(hex, line);
        assert_int_equal(trace_masked(x), 1);
        trace_destroy(t);
    }
}

static void compares_only_what_is_known(void **state)
{
    (void)state;
    uint8_t answer[RAPDU_MAX];
    size_t len;
    struct trace *t = parse(HEAD "> 0020008008**************** < 9000\n> 80AE400004010**304 < 80029000\n");
    struct trace_card *card = trace_card_create(&t->sessions[0]);
    const struct trace_log_entry *log;
    trace_card_apdu(card, (const uint8_t *)"\x00\x20\x00\x80\x08\x24\x12\x34\xFF\xFF\xFF\xFF\xFF", 13, answer, &len);
    assert_bytes(answer, len, "9000");
    trace_card_apdu(card, (const uint8_t *)"\x80\xAE\x40\x00\x04\x01\x0F\xF3\x04", 9, answer, &len);
    trace_card_reset(card);
    trace_card_apdu(card, (const uint8_t *)"\x80\xAE\x40\x00\x04\x01\x1F\xF3\x04", 9, answer, &len);
    assert_int_equal(trace_card_log(card, &log, NULL), 3);
    assert_int_equal(log[0].match, TRACE_EXACT);
    assert_int_equal(log[1].match, TRACE_EXACT);
    assert_int_equal(log[2].match, TRACE_STALE);
    trace_card_destroy(card);
    trace_destroy(t);
}

static void a_pulled_card_stays_away(void **state)
{
    (void)state;
    uint8_t answer[RAPDU_MAX];
    size_t len;
    struct trace *t = parse(HEAD "> 80CA9F3600 < 9F360200019000 (77 us)\n> 80CA9F1700\nREMOVED\n");
    struct trace_card *card = trace_card_create(&t->sessions[0]);
    trace_card_apdu(card, (const uint8_t *)"\x80\xCA\x9F\x36\x00", 5, answer, &len);
    assert_int_equal(trace_card_time_us(card), 77);
    assert_false(trace_card_removed(card));
    trace_card_apdu(card, (const uint8_t *)"\x80\xCA\x9F\x17\x00", 5, answer, &len);
    assert_int_equal(len, 0);
    assert_true(trace_card_removed(card));
    trace_card_apdu(card, (const uint8_t *)"\x80\xCA\x9F\x13\x00", 5, answer, &len); /* not recorded, and it is gone */
    assert_int_equal(len, 0);
    assert_true(trace_card_removed(card));
    trace_card_reset(card);
    trace_card_apdu(card, (const uint8_t *)"\x80\xCA\x9F\x13\x00", 5, answer, &len);
    assert_bytes(answer, len, "6A88");
    assert_false(trace_card_removed(card));
    trace_card_destroy(card);
    trace_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_exchanges_with_their_times),
        cmocka_unit_test(times_add_up_when_t0_is_folded),
        cmocka_unit_test(losses_and_sessions),
        cmocka_unit_test(inputs),
        cmocka_unit_test(every_refusal_names_its_line),
        cmocka_unit_test(any_cut),
        cmocka_unit_test(stand_ins_agree_with_each_other),
        cmocka_unit_test(what_is_not_masked_stays),
        cmocka_unit_test(compares_only_what_is_known),
        cmocka_unit_test(a_pulled_card_stays_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
