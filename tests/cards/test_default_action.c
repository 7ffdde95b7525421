/* Card risk management by the issuer's default action (9F52, 9F56), and what the card remembers for the next CVR. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/support.h"

static void open_with(struct bench *b, const char *data, const char *history, const char *extra)
{
    static const char mark[] = "\"9F4F\":\"9A03\"";
    char json[4096], changed[4400], why[256];
    spec_json(&(struct card_spec){.history = history, .extra = extra}, json, sizeof json);
    const char *at = strstr(json, mark);
    assert_non_null(at);
    at += strlen(mark);
    snprintf(changed, sizeof changed, "%.*s%s%s%s", (int)(at - json), json, *data ? "," : "", data, at);
    if (card_profile_parse(changed, strlen(changed), "t.json", &b->profile, why, sizeof why))
        fail_msg("%s", why);
    b->card = card_create(b->profile);
    assert_non_null(b->card);
}

/* First GENERATE AC with this TVR; the CID. */
static uint8_t first(struct bench *b, const char *p1, const char *tvr)
{
    char hex[128];
    snprintf(hex, sizeof hex,
             "80AE%s001D0000000010000000000000000156%s01562606150012345678"
             "00",
             p1, tvr);
    begin(b);
    assert_int_equal(send(b, hex), 0x9000);
    return answered_cid(b);
}

static uint8_t cvr(const struct bench *b, unsigned byte)
{
    struct card_counters k;
    card_counters(b->card, &k);
    return k.cvr[byte - 1];
}

#define TVR "8000048000"
#define USED "\"atc\":\"0021\",\"last_online_atc\":\"0021\""
#define PIN "\"offline_pin\":\"1234\","

/* covers: 3.4 state of a card: risk management, 2.1 CVR */
static void what_a_tc_becomes(void **state)
{
    (void)state;
    static const struct {
        const char *data, *history, *extra;
        uint8_t cid;
    } rows[] = {
        {"", USED, NULL, 0x40},
        {"", USED ",\"issuer_auth_failed\":true", NULL, 0x80},
        {"\"9F52\":\"4000\"", USED ",\"issuer_auth_failed\":true", NULL, 0x40},
        {"\"9F52\":\"8000\"", USED ",\"issuer_auth_failed\":true", NULL, 0x80},
        {"\"9F52\":\"0000\"", USED ",\"online_not_completed\":true", NULL, 0x80},
        {"", "\"atc\":\"0001\"", NULL, 0x40},
        {"\"9F52\":\"8240\"", "\"atc\":\"0001\"", NULL, 0x80},
        {"\"9F52\":\"0200\"", "\"atc\":\"0001\"", NULL, 0x80},
        {"\"9F52\":\"02\"", "\"atc\":\"0001\"", NULL, 0x80}, /* one byte is the first */
        {"\"9F52\":\"0000\"", "\"atc\":\"0001\"", "\"new_card_online\":true,", 0x80},
        {"\"9F52\":\"C000\"", USED ",\"script_failed\":true", NULL, 0x40},
        {"\"9F52\":\"0008\"", USED ",\"script_failed\":true", NULL, 0x80},
        {"\"9F52\":\"0000\"", USED ",\"pin_tries\":0", PIN, 0x40},
        {"\"9F52\":\"0020\"", USED ",\"pin_tries\":0", PIN, 0x80},
        {"\"9F52\":\"0040\"", USED ",\"pin_tries\":0", PIN, 0x00},
        {"\"9F52\":\"0004\"", USED ",\"pin_tries\":0", PIN, 0x00},
        {"\"9F52\":\"0064\"", USED ",\"pin_tries\":1", PIN, 0x40},
        {"\"9F52\":\"0064\"", USED ",\"pin_tries\":0", NULL, 0x40}, /* no PIN, no tries */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        open_with(&b, rows[i].data, rows[i].history, rows[i].extra);
        uint8_t cid = first(&b, "40", TVR);
        if (cid != rows[i].cid)
            fail_msg("row %zu: %s, %s: %02X", i, rows[i].data, rows[i].history, cid);
        bench_close(&b);
    }
}

/* covers: 3.4 state of a card: risk management, 2.1 CVR */
static void what_the_second_word_becomes(void **state)
{
    (void)state;
    enum { UNABLE, BAD_AUTH, NO_AUTH };
    static const struct {
        const char *data, *history, *extra;
        int how;
        uint8_t cid;
        uint16_t last_online;
    } rows[] = {
        {"", USED, NULL, UNABLE, 0x40, 0x21},
        {"\"9F52\":\"0100\"", "\"atc\":\"0001\"", NULL, UNABLE, 0x00, 0},
        {"\"9F52\":\"0000\"", "\"atc\":\"0001\"", NULL, UNABLE, 0x40, 0},
        {"\"9F52\":\"0010\"", USED ",\"pin_tries\":0", PIN, UNABLE, 0x00, 0x21},
        {"\"9F52\":\"0000\"", USED ",\"pin_tries\":0", PIN, UNABLE, 0x40, 0x21},
        {"", USED, NULL, BAD_AUTH, 0x00, 0x21},
        {"\"9F52\":\"4000\"", USED, NULL, BAD_AUTH, 0x00, 0x21},
        {"\"9F52\":\"8000\"", USED, NULL, BAD_AUTH, 0x40, 0x21},
        {"", USED, NULL, NO_AUTH, 0x40, 0x22},
        {"\"9F56\":\"80\",\"9F52\":\"2000\"", USED, NULL, NO_AUTH, 0x00, 0x21},
        {"\"9F56\":\"80\",\"9F52\":\"0000\"", USED, NULL, NO_AUTH, 0x40, 0x21},
        {"\"9F56\":\"00\",\"9F52\":\"2000\"", USED, NULL, NO_AUTH, 0x40, 0x22},
        {"", USED, "\"issuer_auth_mandatory\":true,", NO_AUTH, 0x00, 0x21},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        struct card_counters k;
        open_with(&b, rows[i].data, rows[i].history, rows[i].extra);
        assert_int_equal(first(&b, "80", TVR), 0x80);
        if (rows[i].how == BAD_AUTH)
            assert_int_equal(send(&b, "008200000A11223344556677883030"), 0x6300);
        assert_int_equal(send(&b, rows[i].how == UNABLE ? GAC2("40", "5933") : GAC2("40", "3030")), 0x9000);
        card_counters(b.card, &k);
        if ((answered_cid(&b) & 0xC0) != rows[i].cid || k.last_online_atc != rows[i].last_online)
            fail_msg("row %zu: %s: %02X, last online %04X", i, rows[i].data, answered_cid(&b), k.last_online_atc);
        bench_close(&b);
    }
}

/* covers: 3.4 state of a card: risk management, 2.1 CVR */
static void the_last_pin_try_blocks_the_application(void **state)
{
    (void)state;
    struct bench b;
    struct card_counters k;
    open_with(&b, "\"9F52\":\"0080\"", USED ",\"pin_tries\":1", PIN);
    begin(&b);
    assert_int_equal(send(&b, "0020008008249999FFFFFFFFFF"), 0x63C0);
    assert_int_equal(send(&b, GAC1("40")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x00);
    assert_int_equal(cvr(&b, 3) & 0x42, 0x42);
    card_counters(b.card, &k);
    assert_true(k.app_blocked);
    card_reset(b.card);
    assert_int_equal(send(&b, SELECT_AID), 0x6283);
    assert_int_equal(send(&b, GPO), 0x9000);
    assert_int_equal(send(&b, GAC1("80")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x00);
    assert_int_equal(cvr(&b, 3) & 0x42, 0x42); /* told again */
    bench_close(&b);
}

/* covers: 2.1 CVR */
static void failed_signatures_are_told_the_next_time(void **state)
{
    (void)state;
    static const struct {
        const char *tvr, *asked;
        uint8_t sda, dda; /* in the CVR of the next cryptogram */
    } rows[] = {
        {"4000000000", "00", 0x01, 0x00}, {"0800000000", "00", 0x00, 0x04}, {"0400000000", "00", 0x00, 0x04},
        {"4C00000000", "00", 0x01, 0x04}, {"8000048000", "00", 0x00, 0x00}, {"4C00000000", "40", 0x00, 0x00},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        open_with(&b, "", USED, NULL);
        first(&b, rows[i].asked, rows[i].tvr);
        assert_int_equal(cvr(&b, 3) & 0x01, 0);
        card_reset(b.card);
        assert_int_equal(first(&b, "80", TVR), 0x80);
        assert_int_equal(cvr(&b, 3) & 0x01, rows[i].sda);
        assert_int_equal(cvr(&b, 4) & 0x04, rows[i].dda);
        assert_int_equal(send(&b, GAC2("40", "3030")), 0x9000);
        card_reset(b.card);
        first(&b, "80", TVR); /* the issuer knows by now */
        assert_int_equal(cvr(&b, 3) & 0x01, 0);
        assert_int_equal(cvr(&b, 4) & 0x04, 0);
        bench_close(&b);
    }
}

static void history_has_them_too(void **state)
{
    (void)state;
    struct bench b;
    open_with(&b, "", USED ",\"sda_failed\":true,\"dda_failed\":true", NULL);
    first(&b, "80", TVR);
    assert_int_equal(cvr(&b, 3), 0x01);
    assert_int_equal(cvr(&b, 4), 0x04);
    bench_close(&b);
}

/* covers: 3.4 state of a card: ATC */
static void each_options_count_once(void **state)
{
    (void)state;
    struct bench b;
    struct card_counters k;
    open_with(&b, "", USED, NULL);
    for (uint16_t atc = 0x22; atc < 0x25; atc++) {
        first(&b, "80", TVR);
        card_counters(b.card, &k);
        assert_int_equal(k.atc, atc);
        card_reset(b.card);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_tc_becomes),
        cmocka_unit_test(what_the_second_word_becomes),
        cmocka_unit_test(the_last_pin_try_blocks_the_application),
        cmocka_unit_test(failed_signatures_are_told_the_next_time),
        cmocka_unit_test(history_has_them_too),
        cmocka_unit_test(each_options_count_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
