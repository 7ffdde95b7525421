/* CA key files: the three spellings say the same, each mistake is refused with its line, and the limits hold. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/status.h"
#include "scenarios/engine/replay_keys.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 48 bytes; as long as it looks like a modulus, it is one here */
#define MODULUS "C696034213D7D8546984579D1D0F0EA519CFF8DEFFC429354CF3A871A6F7183F1228DA5C7470C055387100CB935A712D"
/* SHA-1 over A000000999, 0A, MODULUS, 03, made when the test begins */
static char checksum[41];

static int make_checksum(void **state)
{
    uint8_t message[5 + 1 + 48 + 1], hash[20];
    (void)state;
    for (size_t i = 0; i < sizeof message; i++) {
        unsigned byte;
        char two[3];
        snprintf(two, sizeof two, "%.2s", &("A0000009990A" MODULUS "03")[2 * i]);
        if (sscanf(two, "%2x", &byte) != 1)
            return -1;
        message[i] = (uint8_t)byte;
    }
    if (EVP_Digest(message, sizeof message, hash, NULL, EVP_sha1(), NULL) != 1)
        return -1;
    for (size_t i = 0; i < 20; i++)
        snprintf(checksum + 2 * i, 3, "%02X", hash[i]);
    return 0;
}

static int parse(struct replay_keys *keys, const char *text, char *why)
{
    return replay_keys_parse(keys, text, strlen(text), "keys", why, 300);
}

static void put(char *out, size_t cap, const char *format)
{
    size_t n = 0;
    for (; *format && n + 50 < cap; format++) /* @ stands for the checksum */
        if (*format == '@')
            n += (size_t)snprintf(out + n, cap - n, "%s", checksum);
        else
            out[n++] = *format;
    out[n] = '\0';
}

static void spellings_say_the_same(void **state)
{
    static const char *const texts[] = {
        "{\"rid\":\"A000000999\",\"index\":\"0A\",\"algorithm\":\"RSA\",\"modulus\":\"" MODULUS
        "\",\"exponent\":\"03\",\"checksum\":\"@\",\"expiry\":\"301231\"}",
        "[ {\"note\": \"x\", \"rid\":\"A0 00 00 09 99\",\"index\":\"0a\",\"modulus\":\"" MODULUS
        "\",\"exponent\":3,\"expiry\":\"2030-12-31\",\"checksum\":null} ]\n",
        "\xEF\xBB\xBF# test\r\n---\r\nA000000999:\r\n  issuer: X: y\r\n  certificates:\r\n    '0A':\r\n      "
        "modulus: " MODULUS "\r\n      exponent: '03'\r\n      checksum: \"@\"\r\n      expiry: 301231 # end\r\n",
        "A000000999:\n  0a:\n    exponent: 000003\n    expiry: 20301231\n    modulus: '" MODULUS "'",
        "# name\n\nSome Scheme Ltd\t03\t0A\tA000000999\t" MODULUS "\t384\t@\n",
        "X 03 0A A000000999 " MODULUS "\r",
    };
    (void)state;
    struct replay_key first = {.kind = KEY_RSA};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct replay_keys keys = {.key = NULL};
        char text[1000], why[300] = "";
        put(text, sizeof text, texts[i]);
        if (parse(&keys, text, why) != OK)
            print_error("%zu: %s\n", i, why);
        assert_int_equal(keys.count, 1);
        struct replay_key *k = keys.key;
        if (i >= 4)
            memcpy(k->expiry, "\x30\x12\x31", 3); /* a table has none */
        if (!i)
            memcpy(&first, k, sizeof first);
        assert_memory_equal(k, &first, sizeof first);
        assert_int_equal(k->len, 48);
        assert_int_equal(k->index, 0x0A);
        assert_int_equal(parse(&keys, text, why), OK); /* once more: known already, but for the date */
        assert_int_equal(keys.count, i >= 4 ? 2 : 1);
        replay_keys_free(&keys);
    }
}

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *text, *why;
    } table[] = {
        {"", "keys:1: there is no CA key in it"},
        {"# nothing\n\n", "keys:2: there is no CA key in it"},
        {"[]", "keys:1: there is no CA key in it"},
        {"{\"rid\":", "keys:1: this is no JSON"},
        {"{}\n{}", "keys:2: something stands behind the JSON"},
        {"[\n{\"rid\":\"A000000999\",\n\"index\":\"0A\",\"modulus\":\"" MODULUS "\"}]",
         "keys:2: this key has no exponent"},
        {"{\"rid\":\"A00000099\"}", "keys:1: rid: 10 hex digits expected, found 'A00000099'"},
        {"{\"rid\":12}", "keys:1: rid: text of hex digits expected"},
        {"{\"rid\":\"A000000999\",\"rid\":\"A000000999\"}", "keys:1: rid stands there a second time"},
        {"[\n1]", "an object with rid"},
        {"X 03 0A A000000999 " MODULUS " 1024", "keys:1: the modulus has 384 bits, and 1024 are said"},
        {"X 03 0A A000000999 " MODULUS " 384 0000000000000000000000000000000000000000",
         "keys:1: CA key RID A000000999, index 0A: the checksum is not that of RID"},
        {"\nX 03 0A A000000999 " MODULUS "\nX 03 0A " MODULUS "\n", "keys:3: a CA key expected: NAME EXPONENT INDEX"},
        {"X 03 0A A000000999 " MODULUS "Z", "keys:1: modulus: hex of 40 to 256 bytes expected"},
        {"A000000999:\n  modulus: 00\n", "keys:2: modulus without an index before it"},
        {"A000000999:\n  0A:\n    modulus: " MODULUS "\n    modulus: 00\n",
         "keys:4: modulus stands there a second time"},
        {"A000000999:\n  0A:\n    modulus: " MODULUS "\n", "keys:2: this key has no exponent"},
        {"0A:\n  modulus: " MODULUS "\n", "keys:1: this key has no rid"},
        {"A000000999:\nhello\n", "keys:2: RID:, INDEX:, modulus: or exponent: expected, found 'hello'"},
        {"A000000999:\n", "keys:1: there is no CA key in it"},
        {"{\"rid\":\"A000000999\",\"index\":\"0A\",\"algorithm\":\"DES\"}", "algorithm: RSA (01) or SM2 (04) expected"},
        {"{\"rid\":\"A000000999\",\"index\":\"0A\",\"modulus\":\"" MODULUS
         "\",\"exponent\":\"03\",\"expiry\":\"soon\"}",
         "expiry: YYMMDD or YYYY-MM-DD expected, found 'soon'"},
        {"{\"rid\":\"A000000999\",\"index\":\"0A\",\"algorithm\":\"SM2\",\"modulus\":\"" MODULUS "\"}",
         "modulus: 128 hex digits expected"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct replay_keys keys = {.key = NULL};
        char why[300] = "";
        int status = parse(&keys, table[i].text, why);
        if (status == OK || !strstr(why, table[i].why))
            print_error("%zu: \"%s\", expected \"%s\"\n", i, why, table[i].why);
        assert_int_not_equal(status, OK);
        assert_non_null(strstr(why, table[i].why));
        assert_null(strchr(why, '\n'));
        replay_keys_free(&keys);
    }
    assert_int_equal(replay_keys_parse(&(struct replay_keys){.key = NULL}, "a\0b", 3, "keys", (char[300]){0}, 300),
                     E_FORMAT);
}

static void limits_hold(void **state)
{
    struct replay_keys keys = {.key = NULL};
    char line[300], why[300] = "";
    char *big = malloc(REPLAY_KEYS_TEXT + 2);
    (void)state;
    assert_non_null(big);
    for (unsigned i = 0; i < REPLAY_KEYS; i++) {
        snprintf(line, sizeof line, "X 03 %02X A0000%05X %s", i & 0xFF, i, MODULUS);
        assert_int_equal(parse(&keys, line, why), OK);
    }
    assert_int_equal(keys.count, REPLAY_KEYS);
    assert_int_equal(parse(&keys, line, why), OK); /* it is there already */
    snprintf(line, sizeof line, "X 03 00 B000000000 %s", MODULUS);
    assert_int_equal(parse(&keys, line, why), E_LIMIT);
    assert_non_null(strstr(why, "keys:1: more than 1000 keys"));
    memset(big, '#', REPLAY_KEYS_TEXT + 1);
    assert_int_equal(replay_keys_parse(&keys, big, REPLAY_KEYS_TEXT + 1, "keys", why, sizeof why), E_LIMIT);
    assert_int_equal(replay_keys_parse(&keys, big, REPLAY_KEYS_TEXT, "keys", why, sizeof why), E_FORMAT);
    free(big);
    replay_keys_free(&keys);
    assert_int_equal(replay_keys_load(&keys, "/nowhere/keys", why, sizeof why), HAL_E_NOENT);
    assert_non_null(strstr(why, "/nowhere/keys: No such file"));
    assert_int_equal(replay_keys_load(&keys, "/", why, sizeof why), HAL_E_NOENT);
}

/* Lists of others hold keys with exponents that no card uses, with checksums that are not right. */
static void other_exponents_are_kept_aside(void **state)
{
    struct replay_keys keys = {.key = NULL};
    char why[300] = "";
    (void)state;
    assert_int_equal(parse(&keys, "X 02 0A A000000999 " MODULUS " 384 0000000000000000000000000000000000000000", why),
                     OK);
    assert_int_equal(parse(&keys, "X 010001 0A A000000999 " MODULUS, why), OK);
    assert_int_equal(keys.count, 2);
    assert_int_equal(keys.key[0].kind, KEY_UNUSABLE);
    assert_int_equal(keys.key[1].kind, KEY_RSA);
    replay_keys_free(&keys);
}

static void published_lists_are_read(void **state)
{
    static const struct {
        const char *file;
        size_t count;
    } table[] = {{"emvpt/scheme_ca_public_keys_test.yaml", 6}, {"emv-bertlv/ca-public-keys.txt", 143}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct replay_keys keys = {.key = NULL};
        char path[400], why[300] = "";
        snprintf(path, sizeof path, "%s/%s", TEST_TRACES, table[i].file);
        FILE *file = fopen(path, "r");
        if (!file)
            skip();
        fclose(file);
        if (replay_keys_load(&keys, path, why, sizeof why) != OK)
            print_error("%s\n", why);
        assert_int_equal(keys.count, table[i].count); /* of 144, one stands there twice */
        replay_keys_free(&keys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings_say_the_same),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(other_exponents_are_kept_aside),
        cmocka_unit_test(published_lists_are_read),
    };
    return cmocka_run_group_tests(tests, make_checksum, NULL);
}
