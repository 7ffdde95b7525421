/* Heads of flash slots: layout, limits, JSON. The golden head is written out here byte by byte from the format. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/manifest.h"

#include <stdio.h>
#include <string.h>

#define DIGEST_HEX "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
#define GOLDEN_JSON \
    "{\"name\":\"posbench-core\",\"version\":\"1.0.0\",\"sequence\":7,\"schema\":1,\"abi\":1," \
    "\"digest\":\"" DIGEST_HEX "\"}"

static const struct manifest golden = {
    .name = "posbench-core", .version = "1.0.0", .sequence = 7, .schema = 1, .abi = 1, .image_len = 0x00061A80,
    .digest = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
               16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31}};

/* Header of any lengths, then the text. */
static size_t head(const char *json, uint32_t json_len, uint32_t image_len, uint8_t *out)
{
    const uint32_t lengths[] = {json_len, image_len, 0};
    memcpy(out, "PBIM", 4);
    for (size_t i = 0; i < 12; i++)
        out[4 + i] = (uint8_t)(lengths[i / 4] >> 8 * (i % 4));
    memcpy(out + 16, json, strlen(json));
    return 16 + strlen(json);
}

static void built_as_the_format_says(void **state)
{
    (void)state;
    uint8_t wanted[512], built[512];
    struct manifest_layout layout;
    size_t len = head(GOLDEN_JSON, sizeof GOLDEN_JSON - 1, 0x00061A80, wanted);
    assert_int_equal(manifest_build(&golden, golden.digest, built, sizeof built, &layout), OK);
    assert_int_equal(layout.signed_len, len);
    assert_memory_equal(built, wanted, len);
    assert_int_equal(layout.image_offset, 4096);
    assert_int_equal(layout.image_len, 0x00061A80);
}

static void read_back(void **state)
{
    (void)state;
    uint8_t bytes[512];
    struct manifest_layout layout;
    struct manifest m;
    const char *reason = "";
    size_t len = head(GOLDEN_JSON, sizeof GOLDEN_JSON - 1, 0x00061A80, bytes);
    assert_int_equal(manifest_layout(bytes, 4096 + 0x00061A80, &layout, &reason), OK);
    assert_null(reason);
    assert_int_equal(layout.signed_len, len);
    assert_int_equal(layout.image_offset, 4096);
    assert_int_equal(manifest_parse(bytes, layout.signed_len, &m, &reason), OK);
    assert_null(reason);
    assert_string_equal(m.name, golden.name);
    assert_string_equal(m.version, golden.version);
    assert_int_equal(m.sequence, 7);
    assert_int_equal(m.schema, 1);
    assert_int_equal(m.abi, 1);
    assert_int_equal(m.image_len, 0x00061A80);
    assert_memory_equal(m.digest, golden.digest, 32);
}

static void lengths_beyond_their_limits(void **state)
{
    (void)state;
    static const struct { uint32_t json_len, image_len; uint64_t area; int status; } rows[] = {
        {100, 1, 4097, OK},
        {100, 2, 4097, E_LIMIT},
        {100, 1, 4096, E_LIMIT},
        {100, 1, 100, E_LIMIT},
        {100, 0, 8192, E_LIMIT},
        {0, 1, 8192, E_LIMIT},
        {1024, 1, 4097, OK},
        {1025, 1, 8192, E_LIMIT},
        {UINT32_MAX, 1, 8192, E_LIMIT},
        {100, UINT32_MAX, UINT32_MAX, E_LIMIT},
        {100, UINT32_MAX, (uint64_t)UINT32_MAX + 4096, OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t bytes[16];
        struct manifest_layout layout;
        const char *reason;
        head("", rows[i].json_len, rows[i].image_len, bytes);
        assert_int_equal(manifest_layout(bytes, rows[i].area, &layout, &reason), rows[i].status);
        assert_int_equal(reason == NULL, rows[i].status == OK);
    }
}

static void not_a_header(void **state)
{
    (void)state;
    uint8_t bytes[16];
    struct manifest_layout layout;
    const char *reason;
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(manifest_layout(bytes, 8192, &layout, &reason), E_NOTFOUND);
    assert_string_equal(reason, "empty");
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(manifest_layout(bytes, 8192, &layout, &reason), E_FORMAT);
    head("", 100, 100, bytes);
    bytes[3] = 'm';
    assert_int_equal(manifest_layout(bytes, 8192, &layout, &reason), E_FORMAT);
    head("", 100, 100, bytes);
    bytes[15] = 1; /* reserved */
    assert_int_equal(manifest_layout(bytes, 8192, &layout, &reason), E_FORMAT);
}

static void refused_with_a_reason(void **state)
{
    (void)state;
    static const struct { const char *json, *reason; } rows[] = {
        {"{\"name\":1}", "manifest: name"},
        {"{\"name\":\"\"}", "manifest: name"},
        {"{\"name\":\"a name that is longer than it may be\"}", "manifest: name"},
        {"{\"name\":\"a\"}", "manifest: version"},
        {"{\"name\":\"a\",\"version\":\"1\",\"sequence\":-1}", "manifest: sequence"},
        {"{\"name\":\"a\",\"version\":\"1\",\"sequence\":4294967296}", "manifest: sequence"},
        {"{\"name\":\"a\",\"version\":\"1\",\"sequence\":1.5}", "manifest: sequence"},
        {"{\"name\":\"a\",\"version\":\"1\",\"sequence\":1e999}", "manifest: sequence"},
        {"{\"name\":\"a\",\"version\":\"1\",\"sequence\":\"1\"}", "manifest: sequence"},
        {"{\"name\":\"a\",\"version\":\"1\",\"sequence\":4294967295}", "manifest: schema"},
        {"{\"name\":\"a\",\"version\":\"1\",\"sequence\":1,\"schema\":1}", "manifest: abi"},
        {"{\"name\":\"a\",\"version\":\"1\",\"sequence\":1,\"schema\":1,\"abi\":1,\"digest\":\"00\"}",
         "manifest: digest"},
        {"{\"name\":\"a\",\"version\":\"1\",\"sequence\":1,\"schema\":1,\"abi\":1,\"digest\":\"" DIGEST_HEX "00\"}",
         "manifest: digest"},
        {"{\"name\":\"a\",", "manifest not JSON"},
        {"{\"name\":{}}", "manifest not flat"},
        {"[[[[[[[[[[[[[[", "manifest not flat"},
        {"7", "manifest not flat"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t bytes[512];
        struct manifest m;
        const char *reason = NULL;
        size_t len = head(rows[i].json, (uint32_t)strlen(rows[i].json), 1, bytes);
        assert_int_equal(manifest_parse(bytes, len, &m, &reason), E_FORMAT);
        assert_string_equal(reason, rows[i].reason);
    }
}

static void every_cut_of_a_good_one_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[512];
    size_t len = head(GOLDEN_JSON, sizeof GOLDEN_JSON - 1, 1, bytes);
    for (size_t cut = 0; cut < len; cut++) {
        struct manifest m;
        const char *reason = NULL;
        uint8_t exact[512];
        memcpy(exact, bytes, cut);
        assert_true(manifest_parse(exact, cut, &m, &reason) < 0);
        assert_non_null(reason);
    }
}

static void not_built(void **state)
{
    (void)state;
    uint8_t bytes[512];
    struct manifest_layout layout;
    struct manifest m = golden;
    assert_int_equal(manifest_build(&m, m.digest, bytes, 40, &layout), E_LIMIT);
    m.image_len = 0;
    assert_int_equal(manifest_build(&m, m.digest, bytes, sizeof bytes, &layout), E_INVAL);
    m = golden;
    m.name[0] = '\0';
    assert_int_equal(manifest_build(&m, m.digest, bytes, sizeof bytes, &layout), E_INVAL);
    m = golden;
    memset(m.version, '1', sizeof m.version);
    assert_int_equal(manifest_build(&m, m.digest, bytes, sizeof bytes, &layout), E_INVAL);
    m = golden;
    m.name[0] = '['; /* what is built can be parsed */
    assert_int_equal(manifest_build(&m, m.digest, bytes, sizeof bytes, &layout), E_INVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_as_the_format_says),
        cmocka_unit_test(read_back),
        cmocka_unit_test(lengths_beyond_their_limits),
        cmocka_unit_test(not_a_header),
        cmocka_unit_test(refused_with_a_reason),
        cmocka_unit_test(every_cut_of_a_good_one_is_refused),
        cmocka_unit_test(not_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
