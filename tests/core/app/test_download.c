/* Downloaded objects as the kernel's settings, and how they lie over the factory's (DOMAIN 2.3 point 8, 2.6, 3.10). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/app/download_objects.h"
#include "core/codec/hex.h"
#include "core/emv/capk.h"
#include "core/net/download.h"
#include "tests/core/app/app_fixture.h"

/* A public key of American Express with its published checksum (binaryfoo/emv-bertlv, ca-public-keys.txt: exponent 03,
 * index 01), written as a host sends it. */
#define NAME "9F0605A0000000259F220101"
#define MODULUS                                                                                                        \
    "DF0260AFAD7010F884E2824650F764D47D7951A16EED6DBB881F384DEDB6702E0FB55C0FBEF945A2017705E5286FA249A591E194BD"       \
    "CD74B21720B44CE986F144237A25F95789F38B47EA957F9ADB2372F6D5D41340A147EAC2AF324E8358AE1120EF3F"
#define CHECKSUM "DF0314ACFE734CF09A84C7BF025F0FFC6FA8CA25A22869"
#define RSA "DF060101DF070101"
#define LAST_DAY "DF05083230333031323331"
/* SM2: the point of the first vector of DOMAIN B. */
#define SM2_NAME "9F0605A0000003339F2201F3"
#define SM2_POINT                                                                                                      \
    "DF0240E8105E77861FD2EB727C84E36D3D4A5666BD0ADCE8781F0145D3D82D72B92748E22D5404C6C41F3EC8B790DE2F61CF29FAECB1"     \
    "68C79F5C8666762D53CC26A460"

static struct parameter object_of(const char *hex)
{
    struct parameter p = {.len = 0};
    size_t len = 0;
    assert_int_equal(hex_decode(hex, strlen(hex), p.bytes, sizeof p.bytes, &len), OK);
    p.len = (uint16_t)len;
    p.name_len = p.bytes[2];
    memcpy(p.name, p.bytes + 3, p.name_len);
    return p;
}

/* covers: 2.6 CA key download: an object with its checksum */
static void a_published_key_is_read(void **state)
{
    const struct parameter p = object_of(NAME LAST_DAY RSA MODULUS "DF040103" CHECKSUM);
    struct emv_capk key;
    (void)state;
    assert_int_equal(object_key(&p, &key), OK);
    assert_int_equal(key.rid[4], 0x25);
    assert_int_equal(key.index, 1);
    assert_int_equal(key.key.len, 96);
    assert_int_equal(key.key.exponent, 3);
    assert_int_equal(key.key.algorithm, EMV_PK_RSA);
    assert_memory_equal(key.expiry, "\x30\x12\x31", 3);
}

/* covers: 3.10 SM2 key download */
static void an_sm2_key_is_read(void **state)
{
    const struct parameter p = object_of(SM2_NAME LAST_DAY "DF060104DF070104" SM2_POINT);
    struct emv_capk key;
    (void)state;
    assert_int_equal(object_key(&p, &key), OK);
    assert_int_equal(key.key.algorithm, EMV_PK_SM2);
    assert_int_equal(key.key.len, 64);
}

/* covers: 2.6 CA key download: what is refused by name */
static void each_flaw_has_its_name(void **state)
{
    static const struct {
        const char *hex;
        int expected;
    } rows[] = {
        {NAME "DF050420301231" RSA MODULUS "DF040103" CHECKSUM, OK}, /* the day in four bytes */
        {NAME LAST_DAY RSA MODULUS "DF0403000003" CHECKSUM, OK},
        {NAME LAST_DAY RSA MODULUS "DF0403010001" CHECKSUM, DOWNLOAD_CHECKSUM},
        {NAME LAST_DAY RSA MODULUS "DF040103"
                                   "DF0314BCFE734CF09A84C7BF025F0FFC6FA8CA25A22869",
         DOWNLOAD_CHECKSUM},
        {"9F0605A0000000259F220102" LAST_DAY RSA MODULUS "DF040103" CHECKSUM, DOWNLOAD_CHECKSUM},
        {NAME LAST_DAY RSA MODULUS "DF040103"
                                   "DF0313ACFE734CF09A84C7BF025F0FFC6FA8CA25A228",
         DOWNLOAD_BAD_OBJECT},
        {NAME LAST_DAY RSA MODULUS "DF040103", DOWNLOAD_BAD_OBJECT},
        {NAME LAST_DAY RSA MODULUS CHECKSUM, DOWNLOAD_BAD_OBJECT},
        {NAME LAST_DAY RSA "DF040103" CHECKSUM, DOWNLOAD_BAD_OBJECT},
        {NAME RSA MODULUS "DF040103" CHECKSUM, DOWNLOAD_BAD_OBJECT},
        {NAME LAST_DAY RSA MODULUS "DF040105" CHECKSUM, DOWNLOAD_BAD_OBJECT},
        {NAME LAST_DAY RSA MODULUS "DF040103DF040103" CHECKSUM, DOWNLOAD_BAD_OBJECT},
        {NAME LAST_DAY "DF060101DF070102" MODULUS "DF040103" CHECKSUM, DOWNLOAD_ALGORITHM},
        {NAME LAST_DAY "DF060104DF070101" MODULUS "DF040103" CHECKSUM, DOWNLOAD_ALGORITHM},
        {SM2_NAME LAST_DAY "DF060101DF070104" SM2_POINT, DOWNLOAD_ALGORITHM},
        {SM2_NAME LAST_DAY "DF060104DF070104"
                           "DF0203010203",
         DOWNLOAD_BAD_OBJECT},
        {NAME "DF050420301331" RSA MODULUS "DF040103" CHECKSUM, DOWNLOAD_BAD_OBJECT}, /* no month 13 */
        {NAME "DF050420301200" RSA MODULUS "DF040103" CHECKSUM, DOWNLOAD_BAD_OBJECT}, /* no day 0 */
        {NAME "DF0503301231" RSA MODULUS "DF040103" CHECKSUM, DOWNLOAD_BAD_OBJECT},
        {NAME "DF0506323033303132" RSA MODULUS "DF040103" CHECKSUM, DOWNLOAD_BAD_OBJECT},
        {NAME "DF050832303330313241" RSA MODULUS "DF040103" CHECKSUM, DOWNLOAD_BAD_OBJECT},
        {NAME "DF050419491231" RSA MODULUS "DF040103" CHECKSUM, DOWNLOAD_BAD_OBJECT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct parameter p = object_of(rows[i].hex);
        struct emv_capk key;
        assert_int_equal(object_key(&p, &key), rows[i].expected);
    }
}

/* covers: 2.6 CA key download: the last day */
static void a_day_beyond_the_century_is_late_enough(void **state)
{
    static const struct {
        const char *day;
        const char *expiry;
    } rows[] = {{"20491231", "\x49\x12\x31"},
                {"20500101", "\x49\x12\x31"},
                {"21000101", "\x49\x12\x31"},
                {"19991231", "\x99\x12\x31"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char hex[700];
        struct emv_capk key;
        snprintf(hex, sizeof hex, "%sDF0504%s%s%sDF040103%s", NAME, rows[i].day, RSA, MODULUS, CHECKSUM);
        const struct parameter p = object_of(hex);
        assert_int_equal(object_key(&p, &key), OK);
        assert_memory_equal(key.expiry, rows[i].expiry, 3);
    }
}

/* An object as a published terminal's documentation has it (github.com/mf-android/YDemo, "AID"). */
#define APPLICATION                                                                                                    \
    "9F0608A000000524010101DF0101009F08020030DF11050000000000DF12050000000000DF130500000000009F1B04000186A0DF1504"     \
    "00000000DF160100DF170100DF14039F3704DF1801319F7B06000000010000DF1906000000010000DF2006000000050000DF210600"       \
    "0000004000"

/* covers: 2.3 AID table download, DF11 to DF21 */
static void a_published_application_is_read(void **state)
{
    const struct parameter p = object_of(APPLICATION);
    struct emv_aid aid = {.partial = false, .random_max = 99};
    struct contactless_limits limits = {0};
    (void)state;
    assert_int_equal(object_application(&p, &aid, &limits), OK);
    assert_int_equal(aid.len, 8);
    assert_true(aid.partial);
    assert_memory_equal(aid.version, "\x00\x30", 2);
    assert_true(aid.floor_limit == 100000); /* binary */
    assert_int_equal(aid.random_max, 0);
    assert_int_equal(aid.ddol_len, 3);
    assert_true(aid.ec_limit == 10000);
    assert_true(limits.floor_limit == 10000 && limits.limit == 50000 && limits.cvm_limit == 4000);
}

#define AID(aid) "9F0608" aid
#define CODES "DF1105D84000A800DF1205D84004F800DF13050010000000"
/* covers: 2.3 AID table download: tables, defaults and what is malformed */
static void applications_have_limits(void **state)
{
    static const struct {
        const char *hex;
        int expected;
    } rows[] = {
        {AID("A000000333010101") "DF0101019F0902002F" CODES "9F1B04000000FF", OK},
        {AID("A000000333010101") "DF0101019F0802002F9F09020030" CODES "9F1B04000000FFDF150400002710DF160199DF170150",
         OK},
        {AID("A000000333010101") "9F09020030" CODES "9F1B04000000FF", DOWNLOAD_BAD_OBJECT}, /* no DF01 */
        {AID("A000000333010101") "DF010101" CODES "9F1B04000000FF", DOWNLOAD_BAD_OBJECT},   /* no version */
        {AID("A000000333010101") "DF0101019F09020030" CODES, DOWNLOAD_BAD_OBJECT},          /* no floor limit */
        {AID("A000000333010101") "DF0101019F09020030" CODES "9F1B03000001", DOWNLOAD_BAD_OBJECT},
        {AID("A000000333010101") "DF0101019F09020030" CODES "9F1B04000000FFDF1601A0", DOWNLOAD_BAD_OBJECT},
        {AID("A000000333010101") "DF0101019F09020030" CODES "9F1B04000000FF9F7B05000000FFFF", DOWNLOAD_BAD_OBJECT},
        {AID("A000000333010101") "DF0101019F09020030" CODES "9F1B04000000FFDF200600000000000A", DOWNLOAD_BAD_OBJECT},
    };
    struct emv_aid aid = {.len = 0};
    struct contactless_limits limits = {0};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct parameter p = object_of(rows[i].hex);
        assert_int_equal(object_application(&p, &aid, &limits), rows[i].expected);
        if (i == 1) {
            assert_memory_equal(aid.version, "\x00\x30", 2); /* 9F09 before 9F08 */
            assert_false(aid.partial);
            assert_true(aid.random_threshold == 10000);
            assert_int_equal(aid.random_max, 99);
            assert_int_equal(aid.random_target, 50);
            assert_memory_equal(aid.tac_default, "\xD8\x40\x00\xA8\x00", 5);
            assert_memory_equal(aid.tac_online, "\xD8\x40\x04\xF8\x00", 5);
            assert_memory_equal(aid.tac_denial, "\x00\x10\x00\x00\x00", 5);
        }
    }
}

static uint32_t next(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

/* Bytes changed and cut off at random: always an outcome with a name, and never a key that is not whole. */
static void whatever_comes_has_an_outcome(void **state)
{
    static const char *const whole[] = {NAME LAST_DAY RSA MODULUS "DF040103" CHECKSUM,
                                        SM2_NAME LAST_DAY "DF060104DF070104" SM2_POINT, APPLICATION};
    static struct parameter_set list;
    uint32_t random = 1;
    (void)state;
    for (unsigned round = 0; round < 60000; round++) {
        struct parameter p = object_of(whole[round % 3]);
        struct emv_capk key;
        struct emv_aid aid = {.len = 0};
        struct contactless_limits limits = {0};
        size_t received = 0;
        bool more;
        for (unsigned n = next(&random) % 3; n < 3; n++)
            p.bytes[next(&random) % p.len] = (uint8_t)next(&random);
        if (next(&random) % 4 == 0)
            p.len = (uint16_t)(next(&random) % (p.len + 1u));
        int r = object_key(&p, &key);
        assert_true(r == OK || *download_text(r, false));
        if (r == OK)
            assert_true(capk_check(&key) == OK);
        r = object_application(&p, &aid, &limits);
        assert_true(r == OK || *download_text(r, false));
        assert_true(r || (aid.len >= 5 && aid.len <= 16 && aid.random_max <= 99 && aid.random_target <= 99));
        list.count = 0;
        p.bytes[0] = '1';
        r = download_read_list((enum parameter_kind)(round % 2), p.bytes, p.len, &list, &received, &more);
        assert_true(r == OK || *download_text(r, false));
        struct parameter asked = {.name_len = p.name_len};
        memcpy(asked.name, p.name, p.name_len);
        r = download_read_object((enum parameter_kind)(round % 2), p.bytes, p.len, &asked);
        assert_true(r == OK || *download_text(r, false));
    }
}

/* ---- over the factory's settings ---- */

static struct parameter_set keys, applications;
static struct config config;

/* covers: 2.6 CA key download: a scheme that is named is the download's alone */
static void downloaded_keys_speak_for_their_scheme(void **state)
{
    size_t left_out = 9;
    (void)state;
    load_profile("unionpay-oda", &config);
    keys.count = applications.count = 0;
    download_apply(&config, &keys, &applications, &left_out);
    assert_int_equal(left_out, 0);
    assert_int_equal(config.emv.capks, 3); /* nothing was downloaded: the factory's */

    keys.item[keys.count++] = object_of(NAME LAST_DAY RSA MODULUS "DF040103" CHECKSUM);
    download_apply(&config, &keys, &applications, &left_out);
    assert_int_equal(config.emv.capks, 4); /* another scheme: the factory's stay */

    load_profile("unionpay-oda", &config);
    keys.item[keys.count++] = object_of(SM2_NAME LAST_DAY "DF060104DF070104" SM2_POINT);
    download_apply(&config, &keys, &applications, &left_out);
    assert_int_equal(config.emv.capks, 2);
    const struct emv_capk *f3 = capk_find(&config.emv, (const uint8_t[]){0xA0, 0, 0, 3, 0x33}, 0xF3);
    assert_non_null(f3);
    assert_int_equal(f3->key.bytes[0], 0xE8); /* not the factory's point */
    assert_null(capk_find(&config.emv, (const uint8_t[]){0xA0, 0, 0, 3, 0x33}, 0xF1));
    assert_int_equal(left_out, 0);

    load_profile("unionpay-oda", &config);
    config.emv.capk[0].rid[4] = 0x34; /* a scheme of its own, though its number begins like the other's */
    download_apply(&config, &keys, &applications, &left_out);
    assert_int_equal(config.emv.capks, 3);

    keys.item[0].bytes[60] ^= 1; /* damaged since it was kept: left out, and counted */
    load_profile("unionpay-oda", &config);
    download_apply(&config, &keys, &applications, &left_out);
    assert_int_equal(left_out, 1);
    assert_int_equal(config.emv.capks, 1);
}

/* covers: 2.3 AID table download: beside the factory's applications */
static void downloaded_applications_lie_over_the_factory_s(void **state)
{
    size_t left_out = 9;
    (void)state;
    load_profile("unionpay-oda", &config);
    const struct emv_aid visa = config.emv.aid[3], debit = config.emv.aid[0];
    keys.count = applications.count = 0;
    applications.item[applications.count++] =
        object_of(AID("A000000333010101") "DF0101019F09020031" CODES "9F1B04000000FFDF2006000000002000");
    download_apply(&config, &keys, &applications, &left_out);
    assert_int_equal(left_out, 0);
    assert_int_equal(config.emv.aids, 2); /* the other two of the scheme are gone */
    assert_true(config.emv.aid[0].floor_limit == 255);
    assert_int_equal(config.emv.aid[0].ddol_len, debit.ddol_len); /* what the host left out is the factory's */
    assert_true(config.contactless.aid[0].limit == 2000);
    assert_memory_equal(&config.emv.aid[1], &visa, sizeof visa);
    assert_true(config.contactless.aid[1].limit == 0);
}

/* Where the host says nothing, the factory's row of the same application counts, and of no other. */
static void what_is_left_out_is_the_same_application_s(void **state)
{
    size_t left_out = 9;
    (void)state;
    load_profile("unionpay-oda", &config);
    keys.count = applications.count = 0;
    config.emv.aid[0].random_threshold = 700;
    config.emv.aid[1].random_threshold = 800;
    config.contactless.aid[0] = (struct contactless_limits){.floor_limit = 1, .limit = 2, .cvm_limit = 3};
    config.contactless.aid[1] = (struct contactless_limits){.floor_limit = 4, .limit = 5, .cvm_limit = 6};
    config.emv.aid[2].len = 5; /* the scheme as a whole */
    applications.item[applications.count++] =
        object_of(AID("A000000333010102") "DF0101019F09020031" CODES "9F1B04000000FF");
    applications.item[applications.count++] =
        object_of(AID("A000000333010106") "DF0101019F09020031" CODES "9F1B04000000FF");
    download_apply(&config, &keys, &applications, &left_out);
    assert_int_equal(left_out, 0);
    assert_int_equal(config.emv.aids, 3);
    assert_true(config.emv.aid[0].random_threshold == 800);
    assert_true(config.contactless.aid[0].floor_limit == 4);
    assert_true(config.contactless.aid[0].limit == 5);
    assert_true(config.contactless.aid[0].cvm_limit == 6);
    assert_int_equal(config.emv.aid[1].ddol_len, 0); /* the factory does not know it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_published_key_is_read),
        cmocka_unit_test(an_sm2_key_is_read),
        cmocka_unit_test(each_flaw_has_its_name),
        cmocka_unit_test(a_day_beyond_the_century_is_late_enough),
        cmocka_unit_test(a_published_application_is_read),
        cmocka_unit_test(applications_have_limits),
        cmocka_unit_test(whatever_comes_has_an_outcome),
        cmocka_unit_test(downloaded_keys_speak_for_their_scheme),
        cmocka_unit_test(downloaded_applications_lie_over_the_factory_s),
        cmocka_unit_test(what_is_left_out_is_the_same_application_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
