/* MACs: the published vectors of DOMAIN appendix B. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/mac.h"
#include "tests/core/codec/bytes.h"
#include "tests/core/codec/messages.h"

#define KEY "0123456789ABCDEFFEDCBA9876543210"

static void unionpay_ecb_mac(void **state)
{
    (void)state;
    static const struct {
        const char *key, *data, *mac;
    } cases[] = {{VEC1_KEY, VEC1_DATA, VEC1_MAC}, {VEC2_KEY, VEC2_DATA, VEC2_MAC}, {KEY, VEC2_DATA, "61CF7C12"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes key = bytes_hex(cases[i].key), data = bytes_hex(cases[i].data);
        uint8_t mac[8];
        assert_int_equal(mac_cup_ecb(key.p, key.len, data.p, data.len, mac), OK);
        assert_memory_equal(mac, cases[i].mac, 8);
        data.p[data.len / 2] ^= 1;
        assert_int_equal(mac_cup_ecb(key.p, key.len, data.p, data.len, mac), OK);
        assert_memory_not_equal(mac, cases[i].mac, 8);
        assert_int_equal(mac_cup_ecb(key.p, key.len - 1, data.p, data.len, mac), E_INVAL);
        bytes_free(&key);
        bytes_free(&data);
    }
}

static void unionpay_sm4_mac(void **state)
{
    (void)state;
    struct bytes key = bytes_hex(KEY), data = bytes_hex(VEC2_DATA);
    uint8_t mac[8];
    assert_int_equal(mac_cup_sm4(key.p, data.p, data.len, mac), OK);
    assert_memory_equal(mac, "D97FD914", 8);
    bytes_free(&key);
    bytes_free(&data);
}

static void ansi_x9_9(void **state)
{
    (void)state;
    struct bytes key = bytes_hex(KEY), data = bytes_hex(VEC2_DATA);
    const char *text = "7654321 Now is the time for ";
    uint8_t mac[8];
    assert_int_equal(mac_x9_9(key.p, (const uint8_t *)text, strlen(text), mac), OK);
    assert_hex(mac, 8, "F1D30F6849312CA4");
    assert_int_equal(mac_x9_9(key.p, data.p, data.len, mac), OK);
    assert_hex(mac, 8, "5445FA0DF6829B82");
    bytes_free(&key);
    bytes_free(&data);
}

/* covers: 3.7 MAC */
static void iso_9797_1_algorithm_3(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int padding;
        const char *mac;
    } cases[] = {
        {"Now is the time for all ", 1, "A1C72E74EA3FA9B6"},
        {"Now is the time for all ", 2, "E9086230CA3BE796"},
        {"Now is the time for it", 1, "2E2B1428CC78254F"},
        {"Now is the time for it", 2, "5A692CE64F404145"},
    };
    struct bytes key = bytes_hex(KEY), data = bytes_hex(VEC2_DATA);
    uint8_t mac[8];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t *text = (const uint8_t *)cases[i].text;
        assert_int_equal(mac_iso9797_3(key.p, cases[i].padding, text, strlen(cases[i].text), mac), OK);
        assert_hex(mac, 8, cases[i].mac);
    }
    assert_int_equal(mac_iso9797_3(key.p, 1, data.p, data.len, mac), OK);
    assert_hex(mac, 8, "E919F5D096BC93BF");
    assert_int_equal(mac_iso9797_3(key.p, 3, data.p, data.len, mac), E_INVAL);
    bytes_free(&key);
    bytes_free(&data);
}

/* Data longer than any internal piece must chain as one: compared with CBC done block by block. */
static void long_data_chains(void **state)
{
    (void)state;
    uint8_t key[16], data[1031], chain[8], mac[8];
    fill_hex(KEY, key, sizeof key);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t len = 1; len <= sizeof data; len++) {
        memset(chain, 0, sizeof chain);
        for (size_t at = 0; at < len; at += 8) {
            for (size_t i = 0; i < 8 && at + i < len; i++)
                chain[i] ^= data[at + i];
            assert_int_equal(tdes_ecb(key, 8, 1, chain, 8, chain), OK);
        }
        struct bytes b = bytes_copy(data, len);
        assert_int_equal(mac_x9_9(key, b.p, b.len, mac), OK);
        assert_memory_equal(mac, chain, 8);
        bytes_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unionpay_ecb_mac),       cmocka_unit_test(unionpay_sm4_mac), cmocka_unit_test(ansi_x9_9),
        cmocka_unit_test(iso_9797_1_algorithm_3), cmocka_unit_test(long_data_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
