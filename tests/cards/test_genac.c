/*
 * GENERATE AC, EXTERNAL AUTHENTICATE and card risk management. The cryptograms of golden_rows are the published vectors
 * of DOMAIN appendix B, got out of the engine by a card with the right past; the other dialogues are recomputed as a
 * host does.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/support.h"

static const struct golden_row {
    const char *name;
    struct card_spec card;
    const char *gac, *cid_atc_ac_iad;
    const char *script;
} golden_rows[] = {
    {"PBOC A",
     {.pan = "6210220110002707355",
      .psn = "01",
      .imk_ac = "C4D689158AD9FB9D23105B91CE046D0E",
      .aip = "7C00",
      .history =
          "\"atc\":\"03D2\",\"last_online_atc\":\"03C0\",\"online_not_completed\":true,\"issuer_auth_failed\":true"},
     "80AE00001D"
     "000000000000"
     "000000000000"
     "0156"
     "0000000000"
     "0156"
     "000000"
     "00"
     "00000444"
     "00",
     "00"
     "03D3"
     "81A9DC9310F88856"
     "070101"
     "0380A800"
     "01",
     NULL},
    {"CVN10",
     {.pan = "1234567890123456",
      .psn = "00",
      .scheme = "cvn10",
      .aip = "1800",
      .extra = "\"offline_pin\":\"1234\",",
      .history = "\"atc\":\"001B\",\"last_online_atc\":\"0001\",\"pin_tries\":0,\"scripts\":1"},
     "80AE80001D"
     "000000004000"
     "000000000000"
     "0124"
     "8000048000"
     "0124"
     "191105"
     "01"
     "52BF4585"
     "00",
     "80"
     "001C"
     "29CCA15AE665FA2E"
     "06010A"
     "03A06010",
     "8418000008DB56BA60087CEFD3"},
    {"CVN18",
     {.pan = "1234567890123456",
      .psn = "00",
      .scheme = "cvn18",
      .aip = "1800",
      .history = "\"atc\":\"001B\",\"online_not_completed\":true,\"issuer_auth_failed\":true"},
     "80AE80001D"
     "000000004000"
     "000000000000"
     "0124"
     "8000048000"
     "0124"
     "191105"
     "01"
     "52BF4585"
     "00",
     "80"
     "001C"
     "7A788EA6B8A3E733"
     "060112"
     "03A0B800",
     "841800000804EDE90BC24CC35E"},
};

/* covers: 3.7 cryptogram */
static void gives_the_published_cryptograms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_rows / sizeof *golden_rows; i++) {
        const struct golden_row *row = &golden_rows[i];
        struct bench b;
        char expected[128];
        print_message("%s\n", row->name);
        bench_open(&b, &row->card);
        begin(&b);
        assert_int_equal(send(&b, row->gac), 0x9000);
        snprintf(expected, sizeof expected, "80%02zX%s", strlen(row->cid_atc_ac_iad) / 2, row->cid_atc_ac_iad);
        assert_data(&b, expected);
        if (row->script)
            assert_int_equal(send(&b, row->script), 0x9000);
        bench_close(&b);
    }
}

/* The vectors' cards have AIP 1800: 91 comes with CDOL2. The CSU of the CVN18 vector does not approve. */
/* covers: 3.7 ARPC */
static void takes_the_published_arpc(void **state)
{
    (void)state;
    static const struct arpc_row {
        struct card_spec card;
        const char *data;
        uint8_t cid;
    } rows[] = {
        {{.scheme = "cvn10",
          .history = "\"atc\":\"001B\",\"last_online_atc\":\"0001\",\"pin_tries\":0,\"scripts\":1",
          .extra = "\"offline_pin\":\"1234\","},
         "28993816AFAE4AEB3030",
         0x40},
        {{.scheme = "cvn10",
          .history = "\"atc\":\"001B\",\"last_online_atc\":\"0001\",\"pin_tries\":0,\"scripts\":1",
          .extra = "\"offline_pin\":\"1234\","},
         "28993816AFAE4AEB3035",
         0x03},
        {{.scheme = "cvn18", .history = "\"atc\":\"001B\",\"online_not_completed\":true,\"issuer_auth_failed\":true"},
         "9AF514C1000000000000",
         0x00},
        {{.scheme = "cvn18", .history = "\"atc\":\"001B\",\"online_not_completed\":true,\"issuer_auth_failed\":true"},
         "9AF514C1008000000000",
         0x03},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        struct card_spec spec = rows[i].card;
        char second[128];
        spec.pan = "1234567890123456";
        spec.psn = "00";
        spec.aip = "1800";
        spec.cdol2 = CDOL2_WITH_91;
        bench_open(&b, &spec);
        begin(&b);
        assert_int_equal(send(&b, golden_rows[1].gac), 0x9000);
        assert_int_equal(send(&b, "008200000A28993816AFAE4AEB3030"), 0x6985); /* AIP has no issuer authentication */
        snprintf(second, sizeof second, "80AE4000293030%s%s00", rows[i].data, CDOL1_DATA);
        assert_int_equal(send(&b, second), 0x9000);
        assert_int_equal(answered_cid(&b), rows[i].cid);
        bench_close(&b);
    }
}

/* -- dialogues recomputed by the host's functions -- */

struct host {
    uint8_t sk[16], arpc[10];
    size_t arpc_len;
};

static void host_check(const struct bench *b, struct host *h)
{
    struct card_facts f;
    struct ac_input in = {.iad = answered_iad(b), .iad_len = b->len - 2 - 13};
    uint8_t data[29], mk[16], ac[8];
    size_t n;
    card_facts(b->profile, &f);
    assert_int_equal(hex_decode(CDOL1_DATA, strlen(CDOL1_DATA), data, sizeof data, &n), OK);
    memcpy(in.amount, data, 6);
    memcpy(in.other, data + 6, 6);
    memcpy(in.country, data + 12, 2);
    memcpy(in.tvr, data + 14, 5);
    memcpy(in.currency, data + 19, 2);
    memcpy(in.date, data + 21, 3);
    in.type = data[24];
    memcpy(in.un, data + 25, 4);
    memcpy(in.aip, "\x1C\x00", 2);
    memcpy(in.atc, b->answer + 3, 2);
    assert_int_equal(ac_master_key(f.scheme, f.imk_ac, f.pan, f.psn, 0, mk), OK);
    assert_int_equal(ac_session_key(f.scheme, mk, in.atc, h->sk), OK);
    assert_int_equal(ac_compute(f.scheme, h->sk, &in, ac), OK);
    assert_memory_equal(ac, answered_ac(b), 8);
    if (f.scheme == AC_CVN18) {
        memcpy(h->arpc + 4, "\x00\x80\x00\x00", 4);
        assert_int_equal(arpc_method2(h->sk, ac, h->arpc + 4, h->arpc), OK);
        h->arpc_len = 8;
    } else {
        memcpy(h->arpc + 8, "00", 2);
        assert_int_equal(arpc_method1(f.scheme, h->sk, ac, (const uint8_t *)"00", h->arpc), OK);
        h->arpc_len = 10;
    }
}

/* covers: 3.7 cryptogram */
static void completes_online_in_every_scheme(void **state)
{
    (void)state;
    static const char *const schemes[] = {"pboc", "cvn10", "cvn18"};
    for (size_t i = 0; i < 3; i++) {
        struct bench b;
        struct host h;
        struct card_counters k;
        bench_open(&b, &(struct card_spec){.scheme = schemes[i]});
        begin(&b);
        assert_int_equal(send(&b, GAC1("80")), 0x9000);
        assert_int_equal(answered_cid(&b), 0x80);
        assert_int_equal(answered_iad(&b)[4], 0xA0);
        host_check(&b, &h);
        assert_int_equal(send_bytes(&b, "00820000", h.arpc, h.arpc_len), 0x9000);
        assert_int_equal(send_bytes(&b, "00820000", h.arpc, h.arpc_len), 0x6985);
        assert_int_equal(send(&b, GAC2("40", "3030")), 0x9000);
        assert_int_equal(answered_cid(&b), 0x40);
        assert_int_equal(answered_iad(&b)[4], 0x60);
        host_check(&b, &h);
        assert_int_equal(send(&b, GAC2("40", "3030")), 0x6985);
        card_counters(b.card, &k);
        assert_int_equal(k.last_online_atc, 0x22);
        bench_close(&b);
    }
}

/* covers: 3.7 ARPC, 3.4 state */
static void declines_after_a_wrong_arpc_and_remembers(void **state)
{
    (void)state;
    struct bench b;
    struct host h;
    struct card_counters k;
    bench_open(&b, &(struct card_spec){0});
    begin(&b);
    send(&b, GAC1("80"));
    host_check(&b, &h);
    h.arpc[0] ^= 1;
    assert_int_equal(send_bytes(&b, "00820000", h.arpc, 7), 0x6700);
    assert_int_equal(send_bytes(&b, "00820000", h.arpc, 10), 0x6300);
    assert_int_equal(send(&b, GAC2("40", "3030")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x03); /* AAC, reason: issuer authentication failed */
    assert_int_equal(answered_iad(&b)[4], 0x20 | 0x08);
    card_counters(b.card, &k);
    assert_int_equal(k.last_online_atc, 0x21);
    begin(&b);
    assert_int_equal(send(&b, GAC1("40")), 0x9000); /* wants to be online now */
    assert_int_equal(answered_cid(&b), 0x80);
    assert_int_equal(answered_iad(&b)[5], 0x80 | 0x08);
    host_check(&b, &h);
    assert_int_equal(send_bytes(&b, "00820000", h.arpc, 10), 0x9000);
    assert_int_equal(send(&b, GAC2("40", "3030")), 0x9000);
    begin(&b);
    assert_int_equal(send(&b, GAC1("40")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x40);
    assert_int_equal(answered_iad(&b)[4], 0x90);
    assert_int_equal(answered_iad(&b)[5], 0x00);
    bench_close(&b);
}

/* covers: 2.11 91 in CDOL2 */
static void reads_issuer_data_out_of_cdol2(void **state)
{
    (void)state;
    for (int good = 0; good < 2; good++) {
        struct bench b;
        struct host h;
        char arpc[21], command[128];
        bench_open(&b, &(struct card_spec){.cdol2 = CDOL2_WITH_91, .aip = "1C00"});
        begin(&b);
        send(&b, GAC1("80"));
        host_check(&b, &h);
        h.arpc[7] ^= (uint8_t)!good;
        hex_encode(h.arpc, 10, arpc, sizeof arpc);
        snprintf(command, sizeof command, "80AE4000293030%s%s00", arpc, CDOL1_DATA);
        assert_int_equal(send(&b, command), 0x9000);
        assert_int_equal(answered_cid(&b), good ? 0x40 : 0x03);
        bench_close(&b);
    }
}

/* covers: 2.11 91 absent */
static void decides_without_issuer_data(void **state)
{
    (void)state;
    for (int strict = 0; strict < 2; strict++) {
        struct bench b;
        bench_open(&b, &(struct card_spec){.extra = strict ? "\"issuer_auth_mandatory\":true," : NULL});
        begin(&b);
        send(&b, GAC1("80"));
        assert_int_equal(send(&b, GAC2("40", "3030")), 0x9000);
        assert_int_equal(answered_cid(&b), strict ? 0x00 : 0x40);
        begin(&b);
        send(&b, GAC1("00"));
        assert_int_equal(answered_iad(&b)[5], strict ? 0x84 : 0x04); /* authentication missing after last online */
        bench_close(&b);
    }
}

/* Limits 3 and 6 offline in a row: the fourth wants to go online, the seventh is declined when it cannot. */
/* covers: 3.4 counters */
static void counts_transactions_offline(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){0});
    for (unsigned i = 1; i <= 7; i++) {
        begin(&b);
        assert_int_equal(send(&b, GAC1("40")), 0x9000);
        assert_int_equal(answered_cid(&b), i <= 3 ? 0x40 : 0x80);
        assert_int_equal(answered_iad(&b)[5] & 0x20, i <= 3 ? 0 : 0x20);
        if (i <= 3)
            continue;
        assert_int_equal(send(&b, GAC2("40", "5933")), 0x9000); /* Y3 */
        assert_int_equal(answered_cid(&b), i <= 6 ? 0x40 : 0x00);
        assert_int_equal(answered_iad(&b)[4] & 0x01, 0x01);
    }
    bench_close(&b);
}

/* covers: 2.11 generate */
static void keeps_the_order_of_commands(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){0});
    assert_int_equal(send(&b, GAC1("80")), 0x6985);
    assert_int_equal(send(&b, SELECT_AID), 0x9000);
    assert_int_equal(send(&b, GAC1("80")), 0x6985);
    assert_int_equal(send(&b, GPO), 0x9000);
    assert_int_equal(send(&b, "008200000A00000000000000000000"), 0x6985);
    assert_int_equal(send(&b, GAC1("90")), 0x6A86);
    assert_int_equal(send(&b, GAC1("C0")), 0x6A86);
    assert_int_equal(send(&b, "80AE80001C"
                              "00000000100000000000000001568000048000015626061500123456"
                              "00"),
                     0x6700);
    assert_int_equal(send(&b, GAC1("00")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x00);
    assert_int_equal(send(&b, GAC2("40", "3030")), 0x6985); /* no second one after an AAC */
    begin(&b);
    assert_int_equal(send(&b, GAC1("80")), 0x9000);
    assert_int_equal(send(&b, GAC2("80", "3030")), 0x6985);
    assert_int_equal(send(&b, GAC2("00", "3035")), 0x9000);
    bench_close(&b);
}

/* covers: 3.4 new card, 2.1 CVR */
static void new_cards_and_expected_pins(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){.history = "", .extra = "\"new_card_online\":true,\"pin_expected\":true,"});
    begin(&b);
    assert_int_equal(send(&b, GAC1("40")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x80);
    assert_int_equal(answered_iad(&b)[5], 0x10);
    assert_int_equal(answered_iad(&b)[6], 0x01);
    bench_close(&b);
}

/* covers: 3.4 twists */
static void twisted_cards_misbehave(void **state)
{
    (void)state;
    static const struct {
        const char *twists, *gac1;
        uint8_t cid1, cid2; /* to GENERATE AC for a TC after it; FF: not asked */
    } rows[] = {
        {"first_ac_declined", GAC1("80"), 0x00, 0xFF},
        {"first_ac_higher", GAC1("80"), 0x40, 0xFF},
        {"first_ac_higher", GAC1("00"), 0x80, 0x40},
        {"second_ac_refused", GAC1("80"), 0x80, 0x00},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        enum card_twist twist;
        bench_open(&b, &(struct card_spec){0});
        assert_int_equal(card_twist_by_name(rows[i].twists, &twist), OK);
        assert_int_equal(card_twist_set(b.card, twist, true), OK);
        begin(&b);
        assert_int_equal(send(&b, rows[i].gac1), 0x9000);
        assert_int_equal(answered_cid(&b), rows[i].cid1);
        if (rows[i].cid2 != 0xFF) {
            assert_int_equal(send(&b, GAC2("40", "3030")), 0x9000);
            assert_int_equal(answered_cid(&b), rows[i].cid2);
        }
        bench_close(&b);
    }
}

/* covers: 3.4 cryptogram */
static void a_wrong_cryptogram_is_wrong(void **state)
{
    (void)state;
    struct bench plain, twisted;
    bench_open(&plain, &(struct card_spec){0});
    bench_open(&twisted, &(struct card_spec){0});
    assert_int_equal(card_twist_set(twisted.card, CARD_TWIST_WRONG_CRYPTOGRAM, true), OK);
    begin(&plain);
    begin(&twisted);
    send(&plain, GAC1("80"));
    send(&twisted, GAC1("80"));
    assert_int_equal(plain.len, twisted.len);
    assert_memory_not_equal(answered_ac(&plain), answered_ac(&twisted), 8);
    assert_memory_equal(answered_iad(&plain), answered_iad(&twisted), plain.len - 13);
    bench_close(&plain);
    bench_close(&twisted);
}

/* covers: 2.11 format */
static void answers_in_format_77_with_issuer_data(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){.extra = "\"ac_format\":\"77\",\"issuer_data\":\"0A0100\","});
    begin(&b);
    assert_int_equal(send(&b, GAC1("80")), 0x9000);
    assert_memory_equal(b.answer, "\x77\x23\x9F\x27\x01\x80\x9F\x36\x02\x00\x22\x9F\x26\x08", 14);
    assert_memory_equal(b.answer + 22, "\x9F\x10\x0C\x07\x01\x01\x03\xA0\x00\x00\x01\x03\x0A\x01\x00\x90\x00", 17);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_cryptograms),  cmocka_unit_test(takes_the_published_arpc),
        cmocka_unit_test(completes_online_in_every_scheme), cmocka_unit_test(declines_after_a_wrong_arpc_and_remembers),
        cmocka_unit_test(reads_issuer_data_out_of_cdol2),   cmocka_unit_test(decides_without_issuer_data),
        cmocka_unit_test(counts_transactions_offline),      cmocka_unit_test(keeps_the_order_of_commands),
        cmocka_unit_test(new_cards_and_expected_pins),      cmocka_unit_test(twisted_cards_misbehave),
        cmocka_unit_test(a_wrong_cryptogram_is_wrong),      cmocka_unit_test(answers_in_format_77_with_issuer_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
