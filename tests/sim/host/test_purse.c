/* The issuer's side of electronic cash (DOMAIN 3.9, 4.3): loads and their script, who pays whom, reversals. */
#include "tests/sim/host/peer.h"

static const uint8_t smi[16] = {0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10,
                                0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};

static void open(struct peer *p)
{
    struct host_account a = {.pan = PEER_CHIP_PAN,
                             .psn = "01",
                             .expiry = "3012",
                             .service_code = "220",
                             .balance_cents = 100000,
                             .status = "00",
                             .has_chip = true,
                             .scheme = AC_PBOC};
    peer_open(p, 2);
    memcpy(a.imk_ac, peer_imk, 16);
    memcpy(a.imk_smi, smi, 16);
    assert_int_equal(host_add_account(p->host, &a), OK);
    peer_sign_in(p);
}

static void script_key(const struct peer_chip *c, uint8_t sk[16])
{
    uint8_t mk[16];
    assert_int_equal(ac_master_key(AC_PBOC, smi, PEER_CHIP_PAN, "01", 0, mk), OK);
    assert_int_equal(script_session_key(AC_PBOC, mk, c->input.atc, sk), OK);
}

/* A request of this type from a card with `held` cents in its purse. */
static void request(struct peer *p, struct iso_message *m, struct peer_chip *c, const char *processing,
                    const char *type, uint64_t cents, uint64_t held)
{
    static const uint8_t header[4], nothing[8];
    char de60[18];
    uint8_t sk[16];
    peer_chip_sale(p, m, c, cents);
    c->iad[8] = 0x0A;
    c->iad[9] = 0x01;
    bcd_from_value(held, c->iad + 10, 5);
    script_key(c, sk);
    assert_int_equal(script_mac(AC_PBOC, sk, header, 0, c->input.atc, nothing, c->iad + 9, 6, c->iad + 15, 4), OK);
    c->iad_len = 19;
    c->cid = strcmp(type, "36") == 0 ? 0x40 : 0x80;
    peer_chip_sign(c);
    peer_chip_field(c, m);
    iso_set_text(m, 3, processing);
    iso_set_text(m, 25, strcmp(type, "36") == 0 ? "00" : "91");
    snprintf(de60, sizeof de60, "%s%06u00060", type, p->batch % 1000000);
    iso_set_text(m, 60, de60);
}

static bool has_script(const struct peer *p, struct tlv *command)
{
    struct tlv script;
    size_t len;
    const uint8_t *field = iso_get(&p->answer, 55, &len);
    return field && tlv_find(field, len, 0x72, &script) == OK &&
           tlv_find(script.value, script.len, 0x86, command) == OK;
}

static void a_load_charges_the_account_and_brings_the_script(void **state)
{
    struct peer p;
    struct iso_message m;
    struct peer_chip c;
    struct tlv command;
    uint8_t sk[16], mac[4];
    const struct host_entry *entry;
    (void)state;
    open(&p);
    request(&p, &m, &c, "600000", "45", 5000, 10000);
    peer_ask(&p, &m);
    assert_string_equal(p.code, "00");
    assert_int_equal(peer_balance(&p, PEER_CHIP_PAN), 95000);
    assert_true(has_script(&p, &command));
    assert_int_equal(command.len, 15);
    assert_memory_equal(command.value, "\x04\xDA\x9F\x79\x0A\x00\x00\x00\x01\x50\x00", 11);
    script_key(&c, sk);
    assert_int_equal(script_mac(AC_PBOC, sk, command.value, 0x0A, c.input.atc, c.ac, command.value + 5, 6, mac, 4), OK);
    assert_memory_equal(command.value + 11, mac, 4);
    assert_int_equal(peer_entries(&p, &entry), 1);
    assert_non_null(strchr(entry[0].debit, '#'));
    assert_int_equal(strncmp(entry[0].credit, "EC ", 3), 0);

    struct iso_message reversal;
    peer_reversal(&m, &reversal, "06");
    peer_ask(&p, &reversal);
    assert_string_equal(p.code, "00");
    assert_int_equal(peer_balance(&p, PEER_CHIP_PAN), 100000);
    peer_close(&p);
}

static void cash_and_uploads_leave_the_account_alone(void **state)
{
    const struct {
        const char *processing, *type;
        bool script;
    } rows[] = {{"630000", "46", true}, {"000000", "36", false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct peer p;
        struct iso_message m;
        struct peer_chip c;
        struct tlv command;
        open(&p);
        request(&p, &m, &c, rows[i].processing, rows[i].type, 5000, 10000);
        peer_ask(&p, &m);
        assert_string_equal(p.code, "00");
        assert_int_equal(peer_balance(&p, PEER_CHIP_PAN), 100000);
        assert_int_equal(has_script(&p, &command), rows[i].script);
        assert_int_equal(host_imbalance(p.host), 0);
        peer_close(&p);
    }
}

static void what_cannot_be_loaded_is_declined_without_a_script(void **state)
{
    enum { AS_IS, NO_PURSE, FORGED };
    const struct {
        uint64_t cents;
        int change;
        const char *code;
    } rows[] = {{100001, AS_IS, "51"}, {5000, NO_PURSE, "57"}, {5000, FORGED, "05"}, {0, AS_IS, "13"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct peer p;
        struct iso_message m;
        struct peer_chip c;
        struct tlv command;
        open(&p);
        request(&p, &m, &c, "600000", "45", rows[i].cents, 10000);
        if (rows[i].cents == 0)
            iso_set_number(&m, 4, 0);
        if (rows[i].change == NO_PURSE)
            c.iad_len = 8;
        if (rows[i].change == FORGED)
            c.iad[14] ^= 0x01;
        peer_chip_sign(&c);
        peer_chip_field(&c, &m);
        peer_ask(&p, &m);
        assert_string_equal(p.code, rows[i].code);
        assert_false(has_script(&p, &command));
        assert_int_equal(peer_balance(&p, PEER_CHIP_PAN), 100000);
        peer_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_charges_the_account_and_brings_the_script),
        cmocka_unit_test(cash_and_uploads_leave_the_account_alone),
        cmocka_unit_test(what_cannot_be_loaded_is_declined_without_a_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
