/* The secure element against vectors from outside: CUP MAC, PIN block, SM4 key, RFC 8032. */
#include "tests/sim/fake_port.h"

#include "core/codec/hex.h"
#include "sim/chain/fault_reader.h"
#include "sim/devices/reader.h"
#include "sim/devices/se.h"

#include <stdio.h>

/* RFC 8032, 7.1, test 3 */
#define PUBLIC_KEY "FC51CD8E6218A1A38DA47ED00230F0580816ED13BA3303AC5DEB911548908025"
#define SIGNED "AF82"
#define SIGNATURE                                                                                                      \
    "6291D657DEEC24024827E69C3ABE01A30CE548A284743A445E3680D7DB5AC3AC18FF9B538D16F290AE67F760984DC6594A7C15E9716ED28D" \
    "C027BECEEA1EC40A"

#define TMK "70F2A84CCBC2AE8625CBB0F2C22AB923"
#define DOUBLE_KEY "0123456789ABCDEFFEDCBA9876543210"
/* A purchase of 51.00 whose DE64 is known: XOR 4D09F434464FE7BF, MAC "72489CAC" under C24A8FB57AA20123 */
#define MESSAGE                                                                                                        \
    "0200302004C020C0981100000000000000005100183402100006324392260009942820D13121011200843931363638383031343030303030" \
    "30303030303030303030"                                                                                             \
    "313536ACF46E73838A82F92600000000000000000822000001"

enum { SLOT_TMK, SLOT_PIK, SLOT_MAK };

struct bench {
    struct fake fake;
    struct sim_reader reader;
    struct fault_reader faults;
    struct fake_card card;
    struct sim_se d;
    struct hal_se hal;
};

static size_t unhex(const char *text, uint8_t *out, size_t cap)
{
    size_t len = 0;
    assert_int_equal(hex_decode(text, strlen(text), out, cap, &len), OK);
    return len;
}

static void burn(struct bench *b, unsigned slot, enum hal_key_use use, enum hal_key_algorithm algorithm,
                 const char *hex)
{
    uint8_t key[24];
    size_t len = unhex(hex, key, sizeof key);
    assert_int_equal(sim_se_burn(&b->d, slot, use, algorithm, key, len), OK);
}

static int setup(void **state)
{
    static struct bench b;
    uint8_t key[32];
    fake_init(&b.fake);
    fake_card_init(&b.card);
    sim_reader_init(&b.reader, &b.fake.port);
    struct hal_reader under = sim_reader_hal(&b.reader);
    fault_reader_init(&b.faults, &b.fake.port, &under, NULL, NULL);
    struct hal_reader reader = fault_reader_se_hal(&b.faults);
    unhex(PUBLIC_KEY, key, sizeof key);
    sim_se_init(&b.d, &b.fake.port, &reader, key);
    b.hal = sim_se_hal(&b.d);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    fake_clear(&((struct bench *)*state)->fake);
    return 0;
}

static int load(struct bench *b, unsigned slot, enum hal_key_use use, unsigned under, const char *wrapped,
                const char *kcv)
{
    uint8_t bytes[24], check[4];
    size_t len = unhex(wrapped, bytes, sizeof bytes);
    unhex(kcv, check, sizeof check);
    return b->hal.ops->key_load(b->hal.ctx, slot, use, under, bytes, len, check);
}

static int mac(struct bench *b, unsigned slot, enum hal_mac kind, char text[17])
{
    uint8_t message[256], out[8];
    size_t len = unhex(MESSAGE, message, sizeof message);
    int rc = b->hal.ops->mac(b->hal.ctx, slot, kind, message, len, out);
    if (rc == OK && kind == HAL_MAC_CUP_ECB) {
        memcpy(text, out, 8);
        text[8] = '\0';
    } else if (rc == OK) {
        hex_encode(out, 8, text, 17);
    }
    return rc;
}

static void a_working_key_is_loaded_and_used(void **state)
{
    struct bench *b = *state;
    struct hal_key_info info;
    char text[17];
    burn(b, SLOT_TMK, HAL_USE_TMK, HAL_ALG_TDES, TMK);
    assert_int_equal(b->hal.ops->key_info(b->hal.ctx, SLOT_MAK, &info), HAL_E_NOENT);
    assert_int_equal(load(b, SLOT_MAK, HAL_USE_MAK, SLOT_TMK, "96D605EA176B7E9E", "0547DB3E"), OK);
    assert_int_equal(b->hal.ops->key_info(b->hal.ctx, SLOT_MAK, &info), OK);
    assert_int_equal(info.use, HAL_USE_MAK);
    assert_int_equal(info.algorithm, HAL_ALG_TDES);
    assert_int_equal(info.len, 8);
    assert_int_equal(mac(b, SLOT_MAK, HAL_MAC_CUP_ECB, text), OK);
    assert_string_equal(text, "72489CAC");
    /* A wrong check value changes nothing. */
    assert_int_equal(load(b, SLOT_MAK, HAL_USE_MAK, SLOT_TMK, "96D605EA176B7E9E", "00000000"), E_VERIFY);
    assert_int_equal(load(b, SLOT_MAK, HAL_USE_MAK, SLOT_TMK, "4C555721128EF42B482EF01EB4BA66AF", "08D7B4FB"), OK);
    assert_int_equal(mac(b, SLOT_MAK, HAL_MAC_CUP_ECB, text), OK);
    assert_string_equal(text, "61CF7C12");
    assert_int_equal(mac(b, SLOT_MAK, HAL_MAC_X9_19, text), OK);
    assert_string_equal(text, "E919F5D096BC93BF");
    assert_int_equal(mac(b, SLOT_MAK, HAL_MAC_X9_9, text), HAL_E_UNSUPPORTED); /* single length only */
}

static void an_sm4_key_is_loaded(void **state)
{
    struct bench *b = *state;
    struct hal_key_info info;
    char text[17];
    burn(b, SLOT_TMK, HAL_USE_TMK, HAL_ALG_SM4, "42314631354338344444363831374239");
    assert_int_equal(load(b, 5, HAL_USE_MAK, SLOT_TMK, "89A4CA515B89220AAFA32D695D95A890", "08EEDEC7"), OK);
    assert_int_equal(b->hal.ops->key_info(b->hal.ctx, 5, &info), OK);
    assert_int_equal(info.algorithm, HAL_ALG_SM4);
    assert_int_equal(load(b, 5, HAL_USE_MAK, SLOT_TMK, "89A4CA515B89220A", "08EEDEC7"), E_INVAL);
    burn(b, SLOT_MAK, HAL_USE_MAK, HAL_ALG_SM4, DOUBLE_KEY);
    assert_int_equal(mac(b, SLOT_MAK, HAL_MAC_CUP_ECB, text), OK);
    assert_string_equal(text, "D97FD914");
    assert_int_equal(mac(b, SLOT_MAK, HAL_MAC_X9_19, text), HAL_E_UNSUPPORTED);
}

static void each_key_has_one_use(void **state)
{
    struct bench *b = *state;
    char text[17];
    uint8_t block[8];
    const uint8_t key[16] = {1};
    burn(b, SLOT_TMK, HAL_USE_TMK, HAL_ALG_TDES, TMK);
    burn(b, SLOT_PIK, HAL_USE_PIK, HAL_ALG_TDES, DOUBLE_KEY);
    burn(b, SLOT_MAK, HAL_USE_MAK, HAL_ALG_TDES, DOUBLE_KEY);
    assert_int_equal(mac(b, SLOT_PIK, HAL_MAC_CUP_ECB, text), HAL_E_DENIED);
    assert_int_equal(mac(b, SLOT_TMK, HAL_MAC_CUP_ECB, text), HAL_E_DENIED);
    assert_int_equal(mac(b, 9, HAL_MAC_CUP_ECB, text), HAL_E_NOENT);
    assert_int_equal(mac(b, HAL_SE_SLOTS, HAL_MAC_CUP_ECB, text), E_INVAL);
    assert_int_equal(load(b, 9, HAL_USE_MAK, SLOT_MAK, "96D605EA176B7E9E", "00000000"), HAL_E_DENIED);
    assert_int_equal(load(b, 9, HAL_USE_MAK, 8, "96D605EA176B7E9E", "00000000"), HAL_E_NOENT);
    assert_int_equal(load(b, 9, HAL_USE_NONE, SLOT_TMK, "96D605EA176B7E9E", "00000000"), E_INVAL);
    for (char c = '1'; c <= '4'; c++)
        sim_se_pin_digit(&b->d, c, 12);
    assert_int_equal(b->hal.ops->pin_block(b->hal.ctx, SLOT_MAK, HAL_PIN_ISO0_NO_PAN, NULL, block), HAL_E_DENIED);
    assert_int_equal(sim_se_burn(&b->d, 1, HAL_USE_PIK, HAL_ALG_TDES, key, 15), E_INVAL);
    assert_int_equal(sim_se_burn(&b->d, 1, HAL_USE_PIK, HAL_ALG_SM4, key, 8), E_INVAL);
    assert_int_equal(sim_se_burn(&b->d, HAL_SE_SLOTS, HAL_USE_PIK, HAL_ALG_TDES, key, 16), E_INVAL);
}

static void type_pin(struct bench *b, const char *pin)
{
    sim_se_pin_clear(&b->d);
    for (; *pin; pin++)
        assert_int_equal(sim_se_pin_digit(&b->d, *pin, 12), OK);
}

static void pin_blocks(void **state)
{
    struct bench *b = *state;
    uint8_t block[8];
    char text[17];
    burn(b, SLOT_PIK, HAL_USE_PIK, HAL_ALG_TDES, DOUBLE_KEY);
    type_pin(b, "123456");
    assert_int_equal(b->hal.ops->pin_block(b->hal.ctx, SLOT_PIK, HAL_PIN_ISO0, "456789012345", block), OK);
    hex_encode(block, 8, text, sizeof text);
    assert_string_equal(text, "793AE1FCD3064968");
    const char zeros[sizeof b->d.pin] = {0};
    assert_memory_equal(b->d.pin, zeros, sizeof zeros); /* wiped */
    assert_int_equal(b->hal.ops->pin_block(b->hal.ctx, SLOT_PIK, HAL_PIN_ISO0, "456789012345", block), E_STATE);
    type_pin(b, "123456");
    assert_int_equal(b->hal.ops->pin_block(b->hal.ctx, SLOT_PIK, HAL_PIN_ISO0_NO_PAN, NULL, block), OK);
    hex_encode(block, 8, text, sizeof text);
    assert_string_equal(text, "43E945588ED566D9");
    type_pin(b, "123456");
    assert_int_equal(b->hal.ops->pin_block(b->hal.ctx, SLOT_PIK, HAL_PIN_ISO0, NULL, block), E_INVAL);
    type_pin(b, "123");
    assert_int_equal(b->hal.ops->pin_block(b->hal.ctx, SLOT_PIK, HAL_PIN_ISO0_NO_PAN, NULL, block), E_STATE);
    assert_int_equal(b->d.pin_len, 3); /* the customer types on */
    assert_int_equal(b->hal.ops->pin_wipe(b->hal.ctx), OK);
    assert_int_equal(b->d.pin_len, 0);
}

static void offline_pin_goes_to_the_card_only(void **state)
{
    struct bench *b = *state;
    const uint8_t expected[] = {0x00, 0x20, 0x00, 0x80, 0x08, 0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00};
    uint8_t buffer[HAL_RPDU_MAX];
    size_t len = 0;
    uint16_t sw = 0;
    struct hal_reader reader = fault_reader_hal(&b->faults);
    sim_reader_insert(&b->reader, &b->card.slot);
    assert_int_equal(reader.ops->power_on(reader.ctx, false, buffer, &len), OK);
    assert_int_equal(reader.ops->exchange(reader.ctx, 1, select, sizeof select, buffer, sizeof buffer, &len), OK);
    type_pin(b, "1234");
    memcpy(b->card.answer, "\x63\xC2", 2);
    assert_int_equal(b->hal.ops->pin_verify(b->hal.ctx, 0x88, NULL, 0, 0, NULL, &sw), HAL_E_UNSUPPORTED);
    assert_int_equal(b->hal.ops->pin_verify(b->hal.ctx, 0x81, NULL, 0, 0, NULL, &sw), E_INVAL);
    assert_int_equal(b->hal.ops->pin_verify(b->hal.ctx, 0x80, NULL, 0, 0, NULL, &sw), OK);
    assert_int_equal(sw, 0x63C2);
    assert_int_equal(b->card.command_len, sizeof expected);
    assert_memory_equal(b->card.command, expected, sizeof expected);
    assert_int_equal(b->card.protocol, 1); /* that of the exchange before */
    assert_int_equal(b->d.pin_len, 0);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"apdu\",\"c\":\"0020008008"), 1);
    assert_int_equal(fake_count(&b->fake, "241234"), 0);
    assert_int_equal(b->hal.ops->pin_verify(b->hal.ctx, 0x80, NULL, 0, 0, NULL, &sw), E_STATE);
    type_pin(b, "1234");
    sim_reader_remove(&b->reader);
    assert_int_equal(b->hal.ops->pin_verify(b->hal.ctx, 0x80, NULL, 0, 0, NULL, &sw), HAL_E_REMOVED);
    assert_int_equal(b->d.pin_len, 0);
}

/* The keyed digest of masked bytes stands in the record: over four digits it would be a way to them. */
static void the_record_is_the_same_for_every_pin(void **state)
{
    struct bench *b = *state;
    static const char *const PINS[] = {"1234", "9876"};
    char first[64] = "", *mac = NULL;
    uint8_t buffer[HAL_RPDU_MAX];
    size_t len = 0;
    uint16_t sw = 0;
    struct hal_reader reader = fault_reader_hal(&b->faults);
    sim_reader_insert(&b->reader, &b->card.slot);
    assert_int_equal(reader.ops->power_on(reader.ctx, false, buffer, &len), OK);
    for (size_t i = 0; i < 2; i++) {
        b->fake.len = 0;
        type_pin(b, PINS[i]);
        assert_int_equal(b->hal.ops->pin_verify(b->hal.ctx, 0x80, NULL, 0, 0, NULL, &sw), OK);
        mac = strstr(b->fake.lines, "\"mac\":");
        assert_non_null(mac);
        if (i == 0)
            snprintf(first, sizeof first, "%s", mac);
    }
    assert_string_equal(mac, first);
}

static void signatures(void **state)
{
    struct bench *b = *state;
    uint8_t data[2], signature[64], other[2] = {0xAF, 0x83};
    unhex(SIGNED, data, sizeof data);
    unhex(SIGNATURE, signature, sizeof signature);
    for (int round = 0; round < 2; round++) { /* the second from the memo */
        assert_int_equal(b->hal.ops->verify(b->hal.ctx, data, 2, signature), OK);
        assert_int_equal(b->hal.ops->verify(b->hal.ctx, other, 2, signature), E_VERIFY);
    }
    for (uint8_t i = 0; i < 2 * SIM_SE_MEMO; i++) { /* more than it remembers */
        other[0] = i;
        assert_int_equal(b->hal.ops->verify(b->hal.ctx, other, 2, signature), E_VERIFY);
    }
    assert_int_equal(b->hal.ops->verify(b->hal.ctx, data, 2, signature), OK);
    b->d.durable.firmware_key[0] ^= 1;
    assert_int_not_equal(b->hal.ops->verify(b->hal.ctx, data, 2, signature), OK); /* the memo is of the key, too */
}

static void the_floor_never_sinks(void **state)
{
    struct bench *b = *state;
    uint32_t version = 9;
    assert_int_equal(b->hal.ops->floor_get(b->hal.ctx, &version), OK);
    assert_int_equal(version, 0);
    assert_int_equal(b->hal.ops->floor_raise(b->hal.ctx, 5), OK);
    assert_int_equal(b->hal.ops->floor_raise(b->hal.ctx, 4), E_STATE);
    assert_int_equal(b->hal.ops->floor_raise(b->hal.ctx, 5), OK);
    sim_se_class.reset(&b->d);
    b->hal.ops->floor_get(b->hal.ctx, &version);
    assert_int_equal(version, 5);
}

static void sum(void *ctx, const void *bytes, size_t len)
{
    uint64_t *h = ctx;
    for (size_t i = 0; i < len; i++)
        *h = (*h ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001B3);
}

static uint64_t hash_of(const struct sim_se *d)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    sim_se_class.hash(d, sum, &h);
    return h;
}

static void durable_state_is_hashed_and_cleared(void **state)
{
    struct bench *b = *state;
    uint64_t empty = hash_of(&b->d);
    burn(b, 3, HAL_USE_MAK, HAL_ALG_TDES, DOUBLE_KEY);
    uint64_t with_key = hash_of(&b->d);
    assert_true(with_key != empty);
    type_pin(b, "1234");
    assert_true(hash_of(&b->d) == with_key); /* volatile */
    b->hal.ops->floor_raise(b->hal.ctx, 1);
    assert_true(hash_of(&b->d) != with_key);
    sim_se_clear(&b->d);
    const struct sim_se_key none[HAL_SE_SLOTS] = {{0}};
    assert_memory_equal(b->d.durable.slots, none, sizeof none);
    assert_int_equal(b->d.pin_len, 0);
    assert_int_equal(b->d.durable.floor, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_working_key_is_loaded_and_used, setup, teardown),
        cmocka_unit_test_setup_teardown(an_sm4_key_is_loaded, setup, teardown),
        cmocka_unit_test_setup_teardown(each_key_has_one_use, setup, teardown),
        cmocka_unit_test_setup_teardown(pin_blocks, setup, teardown),
        cmocka_unit_test_setup_teardown(offline_pin_goes_to_the_card_only, setup, teardown),
        cmocka_unit_test_setup_teardown(the_record_is_the_same_for_every_pin, setup, teardown),
        cmocka_unit_test_setup_teardown(signatures, setup, teardown),
        cmocka_unit_test_setup_teardown(the_floor_never_sinks, setup, teardown),
        cmocka_unit_test_setup_teardown(durable_state_is_hashed_and_cleared, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
