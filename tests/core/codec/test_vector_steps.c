/*
 * Published vectors step by step, where the source gives values on the way: the two UnionPay MACs (DOMAIN appendix B,
 * [CSDN-MAC]), the SM4 form of the second (our own), and the command that carries the ARPC of PBOC B ([FL]).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/apdu.h"
#include "core/codec/mac.h"
#include "tests/core/codec/bytes.h"
#include "tests/core/codec/messages.h"

/* All blocks of the data, zeros behind the last, by XOR. */
static void fold(const struct bytes *data, size_t block, uint8_t *out)
{
    memset(out, 0, block);
    for (size_t i = 0; i < data->len; i++)
        out[i % block] ^= data->p[i];
}

static void unionpay_mac_by_hand(void **state)
{
    static const struct {
        const char *key, *data, *folded, *result, *mac;
    } rows[] = {
        {VEC1_KEY, VEC1_DATA, "1212B04E1227809C", "5FE058DB90680D33", VEC1_MAC},
        {VEC2_KEY, VEC2_DATA, "4D09F434464FE7BF", "72489CAC725167C5", VEC2_MAC},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes key = bytes_hex(rows[i].key), data = bytes_hex(rows[i].data);
        uint8_t block[8], mac[8];
        char text[17];
        fold(&data, sizeof block, block);
        assert_hex(block, 8, rows[i].folded);
        assert_int_equal(hex_encode(block, 8, text, sizeof text), OK);
        assert_int_equal(tdes_ecb(key.p, key.len, 1, (const uint8_t *)text, 8, block), OK);
        for (size_t k = 0; k < 8; k++)
            block[k] ^= (uint8_t)text[8 + k];
        assert_int_equal(tdes_ecb(key.p, key.len, 1, block, 8, block), OK);
        assert_hex(block, 8, rows[i].result);
        assert_int_equal(mac_cup_ecb(key.p, key.len, data.p, data.len, mac), OK);
        assert_memory_equal(mac, rows[i].mac, 8);
        assert_memory_equal(rows[i].mac, rows[i].result, 8); /* the first digits are the field */
        bytes_free(&key);
        bytes_free(&data);
    }
}

static void sm4_mac_by_hand(void **state)
{
    struct bytes data = bytes_hex(VEC2_DATA);
    uint8_t key[16], block[16], mac[8];
    char text[33];
    (void)state;
    fill_hex("0123456789ABCDEFFEDCBA9876543210", key, 16);
    fold(&data, sizeof block, block);
    assert_hex(block, 16, "962944F42B49EFBEDB20B0C06D060801");
    assert_int_equal(hex_encode(block, 16, text, sizeof text), OK);
    assert_int_equal(sm4_ecb(key, 1, (const uint8_t *)text, 16, block), OK);
    for (size_t k = 0; k < 16; k++)
        block[k] ^= (uint8_t)text[16 + k];
    assert_int_equal(sm4_ecb(key, 1, block, 16, block), OK);
    assert_hex(block, 4, "D97FD914");
    assert_int_equal(mac_cup_sm4(key, data.p, data.len, mac), OK);
    assert_memory_equal(mac, "D97FD914", 8);
    bytes_free(&data);
}

/* covers: 2.2 EXTERNAL AUTHENTICATE */
static void the_arpc_in_its_command(void **state)
{
    uint8_t data[10], bytes[APDU_MAX];
    size_t len;
    const struct capdu command = {.ins = 0x82, .lc = sizeof data, .data = data};
    (void)state;
    fill_hex("3846EEB4C8D342713030", data, sizeof data);
    assert_int_equal(capdu_encode(&command, bytes, sizeof bytes, &len), OK);
    assert_hex(bytes, len, "008200000A3846EEB4C8D342713030");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unionpay_mac_by_hand),
        cmocka_unit_test(sm4_mac_by_hand),
        cmocka_unit_test(the_arpc_in_its_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
