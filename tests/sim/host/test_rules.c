/* Every scripted behaviour of the host: what it sends, and what it has booked all the same. */
#include "tests/sim/host/peer.h"

static void add_rule(struct peer *p, struct host_rule r)
{
    assert_int_equal(host_add_rule(p->host, &r), OK);
}

/* One chip sale of 1.00 under one rule. */
static void sale_under(struct peer *p, struct host_rule rule, struct peer_chip *c, struct iso_message *m)
{
    peer_open(p, 4);
    peer_sign_in(p);
    add_rule(p, rule);
    peer_chip_sale(p, m, c, 100);
    peer_ask(p, m);
}

enum { BOOKED = 1, MAC_OK = 2 };
static const struct rule_case {
    enum host_action action;
    size_t answers;
    unsigned expect;
    const char *what;
} cases[] = {
    {HOST_SILENT_BEFORE, 0, 0, "silent before booking"},
    {HOST_SILENT_AFTER, 0, BOOKED, "silent after booking"},
    {HOST_LATE, 1, BOOKED | MAC_OK, "late answer"},
    {HOST_WRONG_MAC, 1, BOOKED, "approved"},
    {HOST_NO_MAC, 1, BOOKED, "approved"},
    {HOST_WRONG_TRACE, 1, BOOKED | MAC_OK, "approved"},
    {HOST_WRONG_AMOUNT, 1, BOOKED | MAC_OK, "approved"},
    {HOST_BAD_ARPC, 1, BOOKED | MAC_OK, "approved"},
    {HOST_NO_ARPC, 1, BOOKED | MAC_OK, "approved"},
    {HOST_SCRIPT, 1, BOOKED | MAC_OK, "approved"},
    {HOST_DUPLICATE, 2, BOOKED | MAC_OK, "answered twice"},
    {HOST_HANG_UP, 0, BOOKED, "hung up"},
};

static void check_content(const struct peer *p, const struct rule_case *c, const struct iso_message *m,
                          const struct peer_chip *chip)
{
    bool arpc = c->action != HOST_NO_ARPC;
    assert_string_equal(p->code, "00");
    assert_int_equal(peer_mac_right(p), (c->expect & MAC_OK) != 0);
    assert_int_equal(iso_has(&p->answer, 64), c->action != HOST_NO_MAC);
    assert_int_equal(iso_equal(m, &p->answer, 11), c->action != HOST_WRONG_TRACE);
    assert_int_equal(iso_equal(m, &p->answer, 4), c->action != HOST_WRONG_AMOUNT);
    assert_int_equal(iso_has(&p->answer, 55), arpc);
    if (arpc) {
        struct tlv v;
        size_t len;
        uint8_t expected[8];
        const uint8_t *field = iso_get(&p->answer, 55, &len);
        assert_int_equal(tlv_find(field, len, 0x91, &v), OK);
        assert_int_equal(arpc_method1(chip->scheme, chip->sk, chip->ac, (const uint8_t *)"00", expected), OK);
        for (size_t i = 0; c->action == HOST_BAD_ARPC && i < 8; i++)
            expected[i] ^= 0xFF;
        assert_memory_equal(v.value, expected, 8);
        assert_int_equal(tlv_find(field, len, 0x72, &v), c->action == HOST_SCRIPT ? OK : E_NOTFOUND);
    }
}

static void each_action(void **state)
{
    static const uint8_t script[] = {0x72, 0x06, 0x86, 0x04, 0x84, 0x24, 0x00, 0x00};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rule_case *c = &cases[i];
        struct host_rule rule = {.mti = "0200", .action = c->action, .delay_us = 90000000, .script_len = sizeof script};
        struct peer p;
        struct peer_chip chip;
        struct iso_message m;
        memcpy(rule.script, script, sizeof script);
        sale_under(&p, rule, &chip, &m);
        assert_string_equal(p.result.what, c->what);
        assert_int_equal(p.result.answers, c->answers);
        assert_int_equal(p.result.hang_up, c->action == HOST_HANG_UP);
        assert_int_equal(peer_balance(&p, PEER_CHIP_PAN), c->expect & BOOKED ? 99900 : 100000);
        if (c->answers) {
            check_content(&p, c, &m, &chip);
            assert_int_equal(p.result.answer[0].delay_us, c->action == HOST_LATE ? 90000000 : 0);
        }
        if (c->answers == 2) {
            assert_int_equal(p.result.answer[1].delay_us, 90000000);
            assert_int_equal(p.result.answer[0].len, p.result.answer[1].len);
            assert_memory_equal(p.result.answer[0].bytes, p.result.answer[1].bytes, p.result.answer[0].len);
        }
        peer_close(&p);
    }
}

static void one_field_is_changed_under_a_good_mac(void **state)
{
    static const struct {
        uint8_t field;
        const char *value;
    } changes[] = {{0, "0211"}, {37, ""}, {39, "  "}, {41, "99999999"}, {60, "22000009"}};
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct host_rule rule = {.mti = "0200", .action = HOST_FIELD, .field = changes[i].field};
        struct peer p;
        struct peer_chip chip;
        struct iso_message m;
        char text[20];
        rule.value_len = strlen(changes[i].value);
        memcpy(rule.value, changes[i].value, rule.value_len);
        sale_under(&p, rule, &chip, &m);
        assert_int_equal(p.result.answers, 1);
        assert_true(peer_mac_right(&p));
        assert_int_equal(peer_balance(&p, PEER_CHIP_PAN), 99900);
        if (changes[i].field == 0) {
            assert_string_equal(p.answer.mti, changes[i].value);
        } else {
            assert_int_equal(iso_has(&p.answer, changes[i].field), rule.value_len > 0);
            iso_text(&p.answer, changes[i].field, text, sizeof text);
            assert_string_equal(text, changes[i].value);
        }
        peer_close(&p);
    }
    struct host *h = host_create(1);
    assert_int_equal(host_add_rule(h, &(struct host_rule){.action = HOST_FIELD}), E_INVAL); /* an MTI of no digits */
    host_destroy(h);
}

static void garbage_is_no_message(void **state)
{
    struct peer p;
    struct iso_message m;
    struct iso_frame f;
    (void)state;
    peer_open(&p, 4);
    peer_sign_in(&p);
    add_rule(&p, (struct host_rule){.mti = "0200", .action = HOST_GARBAGE});
    peer_stripe_sale(&p, &m, 100);
    uint8_t frame[ISO_BODY_MAX];
    peer_sign(&p, &m);
    peer_raw(&p, frame, peer_frame(&m, frame, sizeof frame));
    assert_int_equal(p.result.answers, 1);
    assert_int_equal(iso_frame_unpack(p.result.answer[0].bytes, p.result.answer[0].len, &f), E_FORMAT);
    assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), 99900);
    peer_close(&p);
}

static void codes_by_script(void **state)
{
    static const struct {
        const char *code;
        int64_t booked;
    } codes[] = {
        {"00", 200}, {"11", 200}, {"A2", 200}, {"10", 100}, {"51", 0}, {"91", 0}, {"99", 0}, {"A0", 0}, {"ZZ", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct peer p;
        struct iso_message m;
        struct host_rule rule = {.mti = "0200", .action = HOST_ANSWER_CODE};
        char text[64];
        memcpy(rule.code, codes[i].code, 3);
        peer_open(&p, 4);
        peer_sign_in(&p);
        add_rule(&p, rule);
        peer_stripe_sale(&p, &m, 200);
        peer_ask(&p, &m);
        assert_string_equal(p.code, codes[i].code);
        assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), 100000 - codes[i].booked);
        assert_int_equal(peer_mac_right(&p), strcmp(p.code, "A0") != 0);
        assert_int_equal(iso_has(&p.answer, 38), codes[i].booked != 0);
        if (strcmp(p.code, "10") == 0)
            assert_string_equal(peer_field(&p, 4, text), "000000000100");
        iso_clear(&m, 64);
        iso_set_number(&m, 11, ++p.trace);
        peer_send(&p, &m); /* no script makes a missing MAC good */
        assert_string_equal(p.code, "A0");
        peer_close(&p);
    }
}

static void codes_for_other_messages(void **state)
{
    struct peer p;
    struct iso_message m, sale;
    (void)state;
    peer_open(&p, 4);
    add_rule(&p, (struct host_rule){.mti = "0800", .nth = 1, .action = HOST_ANSWER_CODE, .code = "91"});
    add_rule(&p, (struct host_rule){.mti = "0500", .action = HOST_ANSWER_CODE, .code = "95"});
    add_rule(&p, (struct host_rule){.mti = "0400", .nth = 1, .action = HOST_ANSWER_CODE, .code = "96"});
    peer_network(&m, "0800", 1, "003");
    peer_send(&p, &m);
    assert_string_equal(p.code, "91");
    assert_false(iso_has(&p.answer, 62));
    peer_network(&m, "0500", 1, "201");
    peer_send(&p, &m);
    assert_string_equal(p.code, "95");
    peer_sign_in(&p);
    peer_stripe_sale(&p, &sale, 100);
    peer_ask(&p, &sale);
    peer_reversal(&sale, &m, "98");
    peer_ask(&p, &m);
    assert_string_equal(p.code, "96");
    assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), 99900);
    peer_ask(&p, &m);
    assert_string_equal(p.code, "00");
    assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), 100000);
    peer_close(&p);
}

/* A scripted 25 that finds nothing leaves its tombstone like any other; one that finds the original lies, and books
 * nothing. */
static void scripted_25(void **state)
{
    struct peer p;
    struct iso_message m, sale;
    (void)state;
    peer_open(&p, 4);
    peer_sign_in(&p);
    add_rule(&p, (struct host_rule){.mti = "0400", .action = HOST_ANSWER_CODE, .code = "25"});
    peer_stripe_sale(&p, &sale, 100);
    peer_reversal(&sale, &m, "98");
    peer_ask(&p, &m);
    assert_string_equal(p.code, "25");
    peer_ask(&p, &sale);
    assert_string_equal(p.code, "12");
    peer_stripe_sale(&p, &sale, 100);
    peer_ask(&p, &sale);
    peer_reversal(&sale, &m, "98");
    peer_ask(&p, &m);
    assert_string_equal(p.code, "25");
    assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), 99900);
    peer_close(&p);
}

static void counting(void **state)
{
    static const char *const expected[] = {"00", "91", "92", "92", "00"};
    struct peer p;
    (void)state;
    peer_open(&p, 4);
    peer_sign_in(&p);
    add_rule(&p, (struct host_rule){.mti = "0200", .nth = 2, .action = HOST_ANSWER_CODE, .code = "91"});
    add_rule(&p, (struct host_rule){.mti = "0200", .nth = 3, .action = HOST_ANSWER_CODE, .code = "92"});
    add_rule(&p, (struct host_rule){.mti = "", .nth = 4, .action = HOST_ANSWER_CODE, .code = "92"});
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct iso_message m;
        peer_stripe_sale(&p, &m, 100);
        peer_ask(&p, &m);
        assert_string_equal(p.code, expected[i]);
    }
    host_clear_rules(p.host);
    add_rule(&p, (struct host_rule){.action = HOST_SILENT_BEFORE}); /* any message, every time */
    for (int i = 0; i < 3; i++) {
        struct iso_message m;
        peer_network(&m, "0800", 1, "003");
        peer_send(&p, &m);
        assert_int_equal(p.result.answers, 0);
    }
    peer_close(&p);
}

static void limits(void **state)
{
    struct peer p;
    struct host_rule bad = {.action = (enum host_action)99}, no_code = {.action = HOST_ANSWER_CODE};
    struct host_rule long_script = {.action = HOST_SCRIPT, .script_len = 256};
    (void)state;
    peer_open(&p, 4);
    assert_int_equal(host_add_rule(p.host, &bad), E_INVAL);
    assert_int_equal(host_add_rule(p.host, &no_code), E_INVAL);
    assert_int_equal(host_add_rule(p.host, &long_script), E_INVAL);
    for (int i = 0; i < 32; i++)
        add_rule(&p, (struct host_rule){.nth = 1, .action = HOST_LATE});
    struct host_rule more = {.nth = 1, .action = HOST_LATE};
    assert_int_equal(host_add_rule(p.host, &more), E_LIMIT);
    peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_action),
        cmocka_unit_test(one_field_is_changed_under_a_good_mac),
        cmocka_unit_test(garbage_is_no_message),
        cmocka_unit_test(codes_by_script),
        cmocka_unit_test(codes_for_other_messages),
        cmocka_unit_test(scripted_25),
        cmocka_unit_test(counting),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
