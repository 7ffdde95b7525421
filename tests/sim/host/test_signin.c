/* Sign-in, sign-off and echo of the host, with the published double-DES sign-in message of DOMAIN 4.9. */
#include "tests/sim/host/peer.h"

static void keys_come_wrapped_with_check_values(void **state)
{
    struct peer p;
    size_t len;
    char text[64];
    (void)state;
    peer_open(&p, 7);
    peer_sign_in(&p);
    const uint8_t *keys = iso_get(&p.answer, 62, &len);
    static const uint8_t filler[8] = {0};
    assert_memory_equal(keys + 28, filler, 8); /* single-length MAK in a place of 16 */
    assert_string_equal(p.answer.mti, "0810");
    assert_string_equal(peer_field(&p, 12, text), "100000");
    assert_string_equal(peer_field(&p, 13, text), "0615");
    assert_string_equal(peer_field(&p, 60, text), "00000001003");
    assert_false(iso_has(&p.answer, 64));
    peer_close(&p);
}

static void single_length_layout(void **state)
{
    struct peer p;
    struct iso_message m, sale;
    size_t len;
    uint8_t kcv[8];
    (void)state;
    peer_open(&p, 7);
    peer_network(&m, "0800", 1, "001");
    peer_send(&p, &m);
    const uint8_t *keys = iso_get(&p.answer, 62, &len);
    assert_int_equal(len, 24);
    assert_int_equal(tdes_ecb(peer_tmk, 16, 0, keys, 8, p.pik), OK);
    assert_int_equal(tdes_ecb(peer_tmk, 16, 0, keys + 12, 8, p.mak), OK);
    assert_int_equal(tdes_kcv(p.pik, 8, kcv, 4), OK);
    assert_memory_equal(kcv, keys + 8, 4);
    p.pik_len = 8;
    peer_stripe_sale(&p, &sale, 100);
    peer_pin(&p, &sale, PEER_STRIPE_PAN, "123456");
    peer_ask(&p, &sale);
    assert_string_equal(p.code, "00");
    peer_close(&p);
}

static void keys_are_fresh_and_repeatable(void **state)
{
    struct peer a, b, c;
    struct iso_message sale;
    uint8_t first[8];
    (void)state;
    peer_open(&a, 7);
    peer_open(&b, 7);
    peer_open(&c, 8);
    peer_sign_in(&a);
    peer_sign_in(&b);
    peer_sign_in(&c);
    assert_memory_equal(a.mak, b.mak, 8);
    assert_memory_not_equal(a.mak, c.mak, 8);
    memcpy(first, a.mak, 8);
    peer_sign_in(&a);
    assert_memory_equal(a.mak, first, 8); /* its answer was lost, says the terminal by asking again */
    peer_stripe_sale(&a, &sale, 100);
    peer_ask(&a, &sale);
    assert_string_equal(a.code, "00");
    peer_sign_in(&a);
    assert_memory_not_equal(a.mak, first, 8);
    peer_close(&a);
    peer_close(&b);
    peer_close(&c);
}

static void old_keys_end_with_a_new_sign_in_or_sign_off(void **state)
{
    struct peer p;
    struct iso_message m, sale;
    uint8_t old[8];
    (void)state;
    peer_open(&p, 7);
    peer_stripe_sale(&p, &sale, 100);
    peer_ask(&p, &sale);
    assert_string_equal(p.code, "A0");
    peer_sign_in(&p);
    memcpy(old, p.mak, 8);
    peer_stripe_sale(&p, &sale, 100);
    peer_ask(&p, &sale);
    assert_string_equal(p.code, "00");
    peer_sign_in(&p);
    memcpy(p.mak, old, 8);
    peer_stripe_sale(&p, &sale, 100);
    peer_ask(&p, &sale);
    assert_string_equal(p.code, "A0");
    assert_false(iso_has(&p.answer, 64)); /* the keys disagree: nobody could verify it */
    assert_int_equal(p.frame.header[2] & 0x0F, 3);
    peer_sign_in(&p);
    peer_network(&m, "0820", 1, "002");
    peer_send(&p, &m);
    assert_string_equal(p.code, "00");
    peer_stripe_sale(&p, &sale, 100);
    peer_ask(&p, &sale);
    assert_string_equal(p.code, "A0");
    peer_close(&p);
}

static void echo_and_what_is_not_supported(void **state)
{
    static const struct {
        const char *mti, *network, *code;
    } cases[] = {
        {"0800", "301", "00"}, {"0820", "301", "00"}, {"0800", "004", "40"}, {"0800", "005", "40"},
        {"0800", "360", "40"}, {"0820", "001", "40"}, {"0500", "201", "40"}, {"0320", "201", "40"},
    };
    struct peer p;
    (void)state;
    peer_open(&p, 7);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct iso_message m;
        peer_network(&m, cases[i].mti, 1, cases[i].network);
        peer_send(&p, &m);
        assert_string_equal(p.code, cases[i].code);
        assert_int_equal(p.answer.mti[2], cases[i].mti[2] + 1);
    }
    peer_close(&p);
}

static void published_sign_in(void **state)
{
    static const char hex[] = "6005250000"
                              "603100311001"
                              "0800"
                              "0020000000C00016"
                              "000027"
                              "3838383838383838"
                              "313030303030303030303030303031"
                              "0011"
                              "000000010030"
                              "0028"
                              "53657175656E6365204E6F"
                              "3135"
                              "333133353332302D3031372D363837"
                              "0003"
                              "303120";
    struct peer p;
    uint8_t frame[256];
    size_t len;
    char text[64];
    struct host_terminal t = {.terminal_id = "88888888", .merchant_id = "100000000000001"};
    (void)state;
    peer_open(&p, 7);
    assert_int_equal(hex_decode(hex, strlen(hex), frame, sizeof frame, &len), OK);
    peer_raw(&p, frame, len);
    peer_read(&p, 0);
    assert_string_equal(p.code, "97"); /* a terminal nobody registered */
    memcpy(t.tmk, peer_tmk, 16);
    assert_int_equal(host_add_terminal(p.host, &t), OK);
    p.now_us = 3723000000; /* 1:02:03 later */
    peer_raw(&p, frame, len);
    peer_read(&p, 0);
    static const uint8_t tpdu[] = {0x60, 0x00, 0x00, 0x05, 0x25}, header[] = {0x60, 0x31, 0x00, 0x31, 0x10, 0x01};
    assert_memory_equal(p.frame.tpdu, tpdu, 5);
    assert_memory_equal(p.frame.header, header, 6);
    assert_string_equal(p.code, "00");
    assert_string_equal(peer_field(&p, 11, text), "000027");
    assert_string_equal(peer_field(&p, 12, text), "110203");
    assert_string_equal(peer_field(&p, 41, text), "88888888");
    assert_string_equal(peer_field(&p, 42, text), "100000000000001");
    assert_string_equal(peer_field(&p, 63, text), "01 ");
    static const uint8_t expected[] = {11, 12, 13, 32, 37, 39, 41, 42, 60, 62, 63};
    for (size_t i = 0; i < sizeof expected; i++)
        assert_true(iso_has(&p.answer, expected[i]));
    peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_wrapped_with_check_values),
        cmocka_unit_test(single_length_layout),
        cmocka_unit_test(keys_are_fresh_and_repeatable),
        cmocka_unit_test(old_keys_end_with_a_new_sign_in_or_sign_off),
        cmocka_unit_test(echo_and_what_is_not_supported),
        cmocka_unit_test(published_sign_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
