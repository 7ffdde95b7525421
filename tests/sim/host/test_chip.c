/* The issuer's side of a chip: cryptograms by scheme against published vectors (DOMAIN appendix B), ARPC, malformed
 * DE55. */
#include "tests/sim/host/peer.h"

static void value_of(const struct peer *p, uint32_t tag, struct tlv *out)
{
    size_t len;
    const uint8_t *field = iso_get(&p->answer, 55, &len);
    assert_non_null(field);
    assert_int_equal(tlv_find(field, len, tag, out), OK);
}

static void good_cryptogram_gets_its_arpc(void **state)
{
    struct peer p;
    struct iso_message m;
    struct peer_chip c;
    struct tlv v;
    uint8_t arpc[8];
    (void)state;
    peer_open(&p, 2);
    peer_sign_in(&p);
    peer_chip_sale(&p, &m, &c, 4200);
    peer_ask(&p, &m);
    assert_string_equal(p.code, "00");
    value_of(&p, 0x91, &v);
    assert_int_equal(v.len, 10);
    assert_int_equal(arpc_method1(c.scheme, c.sk, c.ac, (const uint8_t *)"00", arpc), OK);
    assert_memory_equal(v.value, arpc, 8);
    assert_memory_equal(v.value + 8, "00", 2);
    value_of(&p, 0x9F36, &v);
    assert_memory_equal(v.value, c.input.atc, 2);
    assert_int_equal(peer_balance(&p, PEER_CHIP_PAN), 95800);
    peer_chip_sale(&p, &m, &c, 99999999);
    peer_ask(&p, &m);
    assert_string_equal(p.code, "51");
    value_of(&p, 0x91, &v); /* the card must hear it from its issuer, too */
    assert_memory_equal(v.value + 8, "51", 2);
    peer_close(&p);
}

/* Published data: EMV CVN10 and CVN18, and PBOC sample A, each with the cryptogram and where possible the ARPC given
 * there. */
static const struct golden {
    const char *name, *imk, *pan, *psn, *iad, *ac, *arpc; /* arpc "" : that vector has another CSU */
    enum ac_scheme scheme;
    const char *amount, *country, *tvr, *currency, *date, *un, *aip, *atc;
    uint8_t type;
} goldens[] = {
    {"CVN10", "0123456789ABCDEFFEDCBA9876543210", "1234567890123456", "00", "06010A03A06010", "29CCA15AE665FA2E",
     "28993816AFAE4AEB", AC_CVN10, "000000004000", "0124", "8000048000", "0124", "191105", "52BF4585", "1800", "001C",
     1},
    {"CVN18", "0123456789ABCDEFFEDCBA9876543210", "1234567890123456", "00", "06011203A0B800", "7A788EA6B8A3E733", "",
     AC_CVN18, "000000004000", "0124", "8000048000", "0124", "191105", "52BF4585", "1800", "001C", 1},
    {"PBOC A", "C4D689158AD9FB9D23105B91CE046D0E", "6210220110002707355", "01", "0701010380A80001", "81A9DC9310F88856",
     "84DD63A221F915CA", AC_PBOC, "000000000000", "0156", "0000000000", "0156", "000000", "00000444", "7C00", "03D3",
     0},
};

static void hex_into(const char *text, uint8_t *out, size_t cap)
{
    size_t len;
    assert_int_equal(hex_decode(text, strlen(text), out, cap, &len), OK);
    assert_int_equal(len, cap);
}

static void published_request(struct peer *p, const struct golden *g, struct iso_message *m, struct peer_chip *c)
{
    char currency[5];
    memset(c, 0, sizeof *c);
    hex_into(g->amount, c->input.amount, 6);
    hex_into(g->country, c->input.country, 2);
    hex_into(g->tvr, c->input.tvr, 5);
    hex_into(g->currency, c->input.currency, 2);
    hex_into(g->date, c->input.date, 3);
    hex_into(g->un, c->input.un, 4);
    hex_into(g->aip, c->input.aip, 2);
    hex_into(g->atc, c->input.atc, 2);
    hex_into(g->ac, c->ac, 8);
    c->iad_len = strlen(g->iad) / 2;
    hex_into(g->iad, c->iad, c->iad_len);
    c->input.type = g->type;
    c->cid = 0x80;
    bool sale = strcmp(g->amount, "000000000000") != 0; /* a request for nothing can only be an inquiry */
    peer_begin(p, m, sale ? "000000" : "310000", 0, "052", "00060");
    if (sale)
        iso_set_text(m, 4, g->amount);
    snprintf(currency, sizeof currency, "%s", g->currency);
    iso_set_text(m, 49, currency + 1);
    iso_set_text(m, 2, g->pan);
    iso_set_text(m, 23, g->psn[1] == '1' ? "001" : "000");
    peer_chip_field(c, m);
}

static void published_cryptograms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
        const struct golden *g = &goldens[i];
        struct host_account a = {.balance_cents = 1000000, .status = "00", .has_chip = true, .scheme = g->scheme};
        struct iso_message m;
        struct peer_chip c;
        struct peer p;
        struct tlv v;
        peer_open(&p, 2);
        peer_sign_in(&p);
        memcpy(a.pan, g->pan, strlen(g->pan) + 1);
        memcpy(a.psn, g->psn, 3);
        hex_into(g->imk, a.imk_ac, 16);
        assert_int_equal(host_add_account(p.host, &a), OK);
        published_request(&p, g, &m, &c);
        peer_ask(&p, &m);
        if (strcmp(p.code, "00") != 0)
            fail_msg("%s: %s", g->name, p.result.what);
        value_of(&p, 0x91, &v);
        if (*g->arpc) {
            uint8_t arpc[8];
            hex_into(g->arpc, arpc, 8);
            assert_int_equal(v.len, 10);
            assert_memory_equal(v.value, arpc, 8);
        } else {
            static const uint8_t csu[4] = {0x00, 0x80, 0x00, 0x00};
            assert_int_equal(v.len, 8);
            assert_memory_equal(v.value + 4, csu, 4);
        }
        c.ac[0] ^= 1;
        iso_set_number(&m, 11, 900);
        peer_chip_field(&c, &m);
        peer_ask(&p, &m);
        assert_string_equal(p.code, "05");
        peer_close(&p);
    }
}

enum { NO_CHANGE, BAD_AC, BAD_CID, OTHER_AMOUNT, OTHER_CURRENCY, SHORT_IAD, OTHER_PSN, NO_PSN, OTHER_CARD };

static void wrong_chip_data(void **state)
{
    static const struct {
        int change;
        const char *code;
    } cases[] = {
        {NO_CHANGE, "00"}, {BAD_AC, "05"},    {BAD_CID, "05"}, {OTHER_AMOUNT, "13"}, {OTHER_CURRENCY, "A1"},
        {SHORT_IAD, "A7"}, {OTHER_PSN, "14"}, {NO_PSN, "00"},  {OTHER_CARD, "05"},
    };
    struct peer p;
    (void)state;
    peer_open(&p, 2);
    peer_sign_in(&p);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct iso_message m;
        struct peer_chip c;
        struct tlv v;
        int change = cases[i].change;
        peer_chip_sale(&p, &m, &c, 100);
        c.input.amount[5] ^= change == OTHER_AMOUNT;
        c.input.currency[1] ^= change == OTHER_CURRENCY;
        if (change == OTHER_AMOUNT || change == OTHER_CURRENCY)
            peer_chip_sign(&c);
        c.ac[7] ^= change == BAD_AC;
        c.cid ^= change == BAD_CID ? 0xC0 : 0;
        c.iad_len = change == SHORT_IAD ? 5 : c.iad_len;
        peer_chip_field(&c, &m);
        if (change == OTHER_PSN)
            iso_set_text(&m, 23, "002");
        if (change == NO_PSN)
            iso_clear(&m, 23);
        if (change == OTHER_CARD) { /* a stripe account has no cryptogram to match */
            iso_clear(&m, 23);
            iso_set_text(&m, 2, PEER_DEAR_PAN);
            iso_set_text(&m, 35, PEER_DEAR_PAN "D30121010000000000");
        }
        peer_ask(&p, &m);
        if (strcmp(p.code, cases[i].code) != 0)
            fail_msg("case %zu: %s", i, p.result.what);
        if (change == BAD_AC || change == OTHER_CARD) {
            assert_false(iso_has(&p.answer, 55)); /* no ARPC for a card we do not believe */
        } else if (iso_has(&p.answer, 55)) {
            value_of(&p, 0x91, &v);
            assert_memory_equal(v.value + 8, cases[i].code, 2);
        }
    }
    peer_close(&p);
}

/* Each prefix of DE55 and each missing object end in a named decline. */
static void cut_chip_data(void **state)
{
    struct peer p;
    struct iso_message m;
    struct peer_chip c;
    const struct host_entry *e;
    uint8_t whole[255];
    size_t len;
    (void)state;
    peer_open(&p, 2);
    peer_sign_in(&p);
    peer_chip_sale(&p, &m, &c, 100);
    const uint8_t *field = iso_get(&m, 55, &len);
    memcpy(whole, field, len);
    for (size_t n = 0; n < len; n++) {
        iso_set_number(&m, 11, 1000 + n);
        iso_set(&m, 55, whole, n);
        peer_ask(&p, &m);
        if (n < len - 9) /* the last object is 9F03, which is zero when absent */
            assert_string_equal(p.code, "30");
    }
    assert_int_equal(peer_entries(&p, &e), 1);
    peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_cryptogram_gets_its_arpc),
        cmocka_unit_test(published_cryptograms),
        cmocka_unit_test(wrong_chip_data),
        cmocka_unit_test(cut_chip_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
