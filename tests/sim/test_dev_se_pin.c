/* The enciphered VERIFY: what a card finds when it deciphers it with its private key, what stands in the record, and
 * which keys the secure element refuses (EMV Book 2, section 7; DOMAIN 2.6). The key is made here by OpenSSL, which
 * also undoes the encipherment. */
#include "tests/sim/fake_port.h"

#include "core/codec/hex.h"
#include "sim/chain/fault_reader.h"
#include "sim/devices/reader.h"
#include "sim/devices/se.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#define CHALLENGE "\x01\x02\x03\x04\x05\x06\x07\x08"
#define BITS 1024
#define LEN (BITS / 8)

struct bench {
    struct fake fake;
    struct sim_reader reader;
    struct fault_reader faults;
    struct fake_card card;
    struct sim_se d;
    struct hal_se hal;
    EVP_PKEY *key;
    uint8_t modulus[LEN];
};

static int setup(void **state)
{
    static struct bench b;
    const uint8_t firmware_key[32] = {0};
    uint8_t buffer[HAL_RPDU_MAX];
    size_t len = 0;
    BIGNUM *n = NULL;
    memset(&b, 0, sizeof b);
    fake_init(&b.fake);
    fake_card_init(&b.card);
    sim_reader_init(&b.reader, &b.fake.port);
    struct hal_reader under = sim_reader_hal(&b.reader);
    fault_reader_init(&b.faults, &b.fake.port, &under, NULL, NULL);
    struct hal_reader to_card = fault_reader_se_hal(&b.faults), reader = fault_reader_hal(&b.faults);
    sim_se_init(&b.d, &b.fake.port, &to_card, firmware_key);
    b.hal = sim_se_hal(&b.d);
    sim_reader_insert(&b.reader, &b.card.slot);
    assert_int_equal(reader.ops->power_on(reader.ctx, false, buffer, &len), OK);
    b.key = EVP_RSA_gen(BITS);
    assert_non_null(b.key);
    assert_int_equal(EVP_PKEY_get_bn_param(b.key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
    assert_int_equal(BN_bn2binpad(n, b.modulus, LEN), LEN);
    BN_free(n);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    EVP_PKEY_free(b->key);
    fake_clear(&b->fake);
    return 0;
}

static void type_pin(struct bench *b, const char *pin)
{
    sim_se_pin_clear(&b->d);
    for (; *pin; pin++)
        assert_int_equal(sim_se_pin_digit(&b->d, *pin, 12), OK);
}

static int verify(struct bench *b, const uint8_t *modulus, size_t len, uint32_t exponent, uint16_t *sw)
{
    return b->hal.ops->pin_verify(b->hal.ctx, 0x88, modulus, len, exponent, (const uint8_t *)CHALLENGE, sw);
}

/* The block as the card gets it. */
static void decipher(const struct bench *b, const uint8_t *data, uint8_t block[LEN])
{
    size_t len = LEN;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(b->key, NULL);
    assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_decrypt(ctx, block, &len, data, LEN), 1);
    assert_int_equal(len, LEN);
    EVP_PKEY_CTX_free(ctx);
}

/* covers: 2.6 enciphered offline PIN block */
static void the_card_deciphers_the_pin(void **state)
{
    struct bench *b = *state;
    uint8_t block[LEN], again[LEN];
    uint16_t sw = 0;
    type_pin(b, "123456");
    memcpy(b->card.answer, "\x63\xC1", 2);
    assert_int_equal(verify(b, b->modulus, LEN, 65537, &sw), OK);
    assert_int_equal(sw, 0x63C1);
    assert_int_equal(b->card.command_len, 5 + LEN);
    assert_memory_equal(b->card.command, "\x00\x20\x00\x88\x80", 5);
    decipher(b, b->card.command + 5, block);
    assert_memory_equal(block, "\x7F\x26\x12\x34\x56\xFF\xFF\xFF\xFF" CHALLENGE, 17);
    assert_int_equal(b->d.pin_len, 0);

    type_pin(b, "123456"); /* padded anew */
    assert_int_equal(verify(b, b->modulus, LEN, 65537, &sw), OK);
    decipher(b, b->card.command + 5, again);
    assert_memory_equal(block, again, 17);
    assert_memory_not_equal(block + 17, again + 17, LEN - 17);
}

static void nothing_of_it_stands_in_the_record(void **state)
{
    struct bench *b = *state;
    uint16_t sw = 0;
    char seen[2 * LEN + 1];
    type_pin(b, "1234");
    assert_int_equal(verify(b, b->modulus, LEN, 65537, &sw), OK);
    hex_encode(b->card.command + 5, LEN, seen, sizeof seen);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"apdu\",\"c\":\"0020008880"), 1);
    seen[16] = '\0';
    assert_int_equal(fake_count(&b->fake, seen), 0);
}

static void what_is_no_key_is_refused(void **state)
{
    struct bench *b = *state;
    uint16_t sw = 0x1234;
    uint8_t even[LEN], small[LEN];
    memcpy(even, b->modulus, LEN);
    memcpy(small, b->modulus, LEN);
    even[LEN - 1] &= 0xFE;
    small[0] = 0x01;
    const struct {
        const uint8_t *modulus;
        size_t len;
        uint32_t exponent;
    } rows[] = {
        {NULL, 0, 3},         {b->modulus, 63, 3},  {b->modulus, 249, 3}, {b->modulus, LEN, 0},
        {b->modulus, LEN, 1}, {b->modulus, LEN, 4}, {even, LEN, 3},       {small, LEN, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        type_pin(b, "1234");
        assert_int_equal(verify(b, rows[i].modulus, rows[i].len, rows[i].exponent, &sw), HAL_E_UNSUPPORTED);
        assert_int_equal(b->d.pin_len, 4); /* whoever asked must wipe it, and does */
    }
    assert_int_equal(b->card.commands, 0);
    assert_int_equal(sw, 0x1234);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_card_deciphers_the_pin, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_of_it_stands_in_the_record, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_key_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
