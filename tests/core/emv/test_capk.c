/* The table of authority keys and revoked certificates (EMV Book 2 11.2; DOMAIN 2.6). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/codec/hex.h"
#include "core/emv/capk.h"

/* A public key of American Express with its published checksum (binaryfoo/emv-bertlv, ca-public-keys.txt: exponent 03,
 * index 01). */
#define MODULUS                                                                                                        \
    "AFAD7010F884E2824650F764D47D7951A16EED6DBB881F384DEDB6702E0FB55C0FBEF945A2017705E5286FA249A591E194BDCD74B21720B4" \
    "4C"                                                                                                               \
    "E986F144237A25F95789F38B47EA957F9ADB2372F6D5D41340A147EAC2AF324E8358AE1120EF3F"
#define CHECKSUM "ACFE734CF09A84C7BF025F0FFC6FA8CA25A22869"

static struct emv_config config;

static size_t hex(const char *text, uint8_t *out, size_t cap)
{
    size_t len = 0;
    assert_int_equal(hex_decode(text, strlen(text), out, cap, &len), OK);
    return len;
}

static struct emv_capk amex(void)
{
    struct emv_capk k = {.rid = {0xA0, 0, 0, 0, 0x25}, .index = 1, .key = {.exponent = 3, .algorithm = EMV_PK_RSA}};
    k.key.len = (uint8_t)hex(MODULUS, k.key.bytes, sizeof k.key.bytes);
    hex(CHECKSUM, k.checksum, sizeof k.checksum);
    return k;
}

/* covers: 2.6 CAPK checksum, lookup by RID and index */
static void a_published_key_is_taken_and_found(void **state)
{
    (void)state;
    const struct emv_capk k = amex();
    memset(&config, 0, sizeof config);
    assert_int_equal(capk_take(&config, &k), OK);
    assert_int_equal(config.capks, 1);
    assert_non_null(capk_find(&config, k.rid, 1));
    assert_null(capk_find(&config, k.rid, 2));
    assert_null(capk_find(&config, (const uint8_t[]){0xA0, 0, 0, 0, 0x03}, 1));
    assert_int_equal(capk_take(&config, &k), E_INVAL); /* it is there */
}

/* covers: 2.6 CAPK: what is refused */
static void bad_keys_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 11; i++) {
        struct emv_capk k = amex();
        int expected = E_FORMAT;
        switch (i) {
        case 0:
            k.checksum[19] ^= 1, expected = E_VERIFY;
            break;
        case 1:
            k.index = 2, expected = E_VERIFY;
            break;
        case 2:
            k.rid[4] = 0x03, expected = E_VERIFY;
            break;
        case 3:
            k.key.bytes[40] ^= 1, expected = E_VERIFY;
            break;
        case 4:
            k.key.exponent = 65537, expected = E_VERIFY;
            break;
        case 5:
            k.key.exponent = 5;
            break;
        case 6:
            k.key.len = 63;
            break;
        case 7:
            k.key.bytes[0] = 0;
            break;
        case 8:
            memcpy(k.expiry, "\x30\x13\x31", 3);
            break;
        case 9:
            memcpy(k.expiry, "\x30\x12\x00", 3);
            break;
        case 10:
            k.key.algorithm = EMV_PK_SM2;
            break; /* a point has 64 bytes */
        }
        memset(&config, 0, sizeof config);
        assert_int_equal(capk_take(&config, &k), expected);
        assert_int_equal(config.capks, 0);
    }
}

/* covers: 2.6 CAPK: the table has 32 places */
static void the_table_is_limited(void **state)
{
    (void)state;
    memset(&config, 0, sizeof config);
    for (int i = 0; i <= EMV_CAPKS; i++) {
        struct emv_capk k = amex();
        k.index = (uint8_t)i;
        assert_int_equal(capk_checksum(&k, k.checksum), OK);
        assert_int_equal(capk_take(&config, &k), i < EMV_CAPKS ? OK : E_LIMIT);
    }
}

/* covers: 2.6 CAPK expiry: the day itself is good; years from 50 on are of the last century */
static void keys_expire(void **state)
{
    (void)state;
    const struct {
        const char *expiry, *today;
        bool expired;
    } rows[] = {
        {"301231", "301231", false}, {"301231", "310101", true}, {"301231", "991231", false},
        {"000000", "491231", false}, {"991231", "000101", true}, {"260228", "260301", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv_capk k = amex();
        uint8_t today[3];
        hex(rows[i].expiry, k.expiry, 3);
        hex(rows[i].today, today, 3);
        assert_int_equal(capk_expired(&k, today), rows[i].expired);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_published_key_is_taken_and_found),
        cmocka_unit_test(bad_keys_are_refused),
        cmocka_unit_test(the_table_is_limited),
        cmocka_unit_test(keys_expire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
