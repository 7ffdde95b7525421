/* The run record: its lines, its digest, and that no known secret gets through. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/record.h"

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sink {
    char text[300000];
    size_t len, lines;
};

static void take(void *ctx, const char *text, size_t len)
{
    struct sink *s = ctx;
    assert_true(len > 0 && text[len - 1] == '\n');
    assert_true(s->len + len < sizeof s->text);
    memcpy(s->text + s->len, text, len);
    s->len += len;
    s->text[s->len] = '\0';
    s->lines++;
}

static uint64_t time_of(void *ctx)
{
    return *(uint64_t *)ctx;
}

static struct sink *open_sink(struct record *r)
{
    struct sink *s = calloc(1, sizeof *s);
    assert_non_null(s);
    assert_int_equal(record_sink(r, take, s), OK);
    return s;
}

static void lines_are_as_called(void **state)
{
    uint64_t now = 1234567;
    struct record *r = record_create(1);
    struct sink *s = open_sink(r);
    uint8_t digest[32], expected[32];
    (void)state;
    record_clock(r, time_of, &now);
    record_begin(r, 1, "apdu");
    record_bytes(r, "c", (const uint8_t *)"\x00\xA4\x04\x00\x00", 5, RECORD_COMMAND);
    record_bytes(r, "r", (const uint8_t *)"\x90\x00", 2, RECORD_ANSWER);
    record_number(r, "us", -4200);
    record_text(r, "err", NULL);
    record_flag(r, "ok", true);
    record_end(r);
    record_begin(r, 0, "note");
    record_text(r, "key", "a\"\\\n\x01\x7F\xE4\xBD\xA0\xFF\xC0\x80z");
    record_texts(r, "rows", (const char *const[]){"x", NULL, "y"}, 3);
    record_json(r, "value", "{\"a\":[1,2]}");
    record_end(r);
    const char *text = "{\"n\":1,\"t\":1234567,\"term\":1,\"ev\":\"apdu\",\"c\":\"00A4040000\",\"r\":\"9000\",\"us\":-"
                       "4200,\"ok\":true}\n"
                       "{\"n\":2,\"t\":1234567,\"ev\":\"note\",\"key\":"
                       "\"a\\\"\\\\\\n\\u0001\\u007f\xE4\xBD\xA0\xEF\xBF\xBD\xEF\xBF\xBD"
                       "\xEF\xBF\xBDz\",\"rows\":[\"x\",\"\",\"y\"],\"value\":{\"a\":[1,2]}}\n";
    assert_string_equal(s->text, text);
    assert_int_equal(record_lines(r), 2);
    record_digest(r, digest);
    EVP_Digest(text, strlen(text), expected, NULL, EVP_sha256(), NULL);
    assert_memory_equal(digest, expected, 32);
    record_destroy(r);
    free(s);
}

static void off_means_off(void **state)
{
    struct record *r = record_create(1);
    (void)state;
    assert_false(record_on(r));
    record_begin(r, 1, "key");
    record_text(r, "key", "1");
    record_end(r);
    assert_int_equal(record_lines(r), 0);
    record_destroy(r);
}

static void sinks_are_four(void **state)
{
    struct record *r = record_create(1);
    struct sink *s = open_sink(r);
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(record_sink(r, take, s), OK);
    assert_int_equal(record_sink(r, take, s), E_LIMIT);
    record_begin(r, 0, "step");
    record_end(r);
    assert_int_equal(s->lines, 4);
    record_destroy(r);
    free(s);
}

#define PAN "6210670012345678"
#define MASKED "621067******5678"

static void put_text(struct record *r, const char *text)
{
    record_begin(r, 1, "log");
    record_text(r, "text", text);
    record_end(r);
}

static void known_digits_are_starred_everywhere(void **state)
{
    struct record *r = record_create(1);
    struct sink *s = open_sink(r);
    (void)state;
    assert_int_equal(record_secret_digits(r, "1234567"), E_INVAL);
    assert_int_equal(record_secret_digits(r, PAN), OK);
    assert_int_equal(record_secret_digits(r, PAN), OK);
    assert_int_equal(record_secret_digits(r, PAN "=30122010000000"), OK);
    put_text(r, "pan " PAN " twice " PAN);
    assert_non_null(strstr(s->text, "pan " MASKED " twice " MASKED "\",\"mac\":\""));
    put_text(r, "6210 6700 1234 5678");
    assert_non_null(strstr(s->text, "\"6210 67** **** 5678\""));
    put_text(r, PAN "D30122010000000");
    assert_non_null(strstr(s->text, "\"" MASKED "***************\""));
    record_begin(r, 1, "recv");
    record_bytes(r, "even", (const uint8_t *)"\x01\x62\x10\x67\x00\x12\x34\x56\x78\x02", 10, RECORD_PLAIN);
    record_bytes(r, "odd", (const uint8_t *)"\x06\x21\x06\x70\x01\x23\x45\x67\x8F", 9, RECORD_PLAIN);
    record_bytes(r, "ascii", (const uint8_t *)"x" PAN "y", 18, RECORD_PLAIN);
    record_end(r);
    assert_non_null(strstr(s->text, "\"even\":\"01" MASKED "02\""));
    assert_non_null(strstr(s->text, "\"odd\":\"0" MASKED "F\""));
    assert_non_null(strstr(s->text, "\"ascii\":\"78363231303637************3536373879\""));
    assert_null(strstr(s->text, "12345678"));
    assert_null(strstr(s->text, "0012345"));
    record_destroy(r);
    free(s);
}

static void known_keys_are_starred(void **state)
{
    static const uint8_t key[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                    0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10};
    struct record *r = record_create(1);
    struct sink *s = open_sink(r);
    (void)state;
    assert_int_equal(record_secret_bytes(r, key, 7), E_INVAL);
    assert_int_equal(record_secret_bytes(r, key, 16), OK);
    put_text(r, "key 0123456789abcdefFEDCBA9876543210.");
    assert_non_null(strstr(s->text, "\"key ********************************.\""));
    record_begin(r, 0, "recv");
    record_bytes(r, "hex", key, 16, RECORD_PLAIN);
    record_end(r);
    assert_non_null(strstr(s->text, "\"hex\":\"********************************\""));
    record_destroy(r);
    free(s);
}

static const char *mac_of(const char *text)
{
    const char *at = strstr(text, "\"mac\":\"");
    return at ? at + 7 : NULL;
}

static void the_mac_tells_true_bytes_apart(void **state)
{
    char macs[4][17] = {{0}};
    static const char *const texts[] = {PAN, PAN, PAN " ", PAN};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct record *r = record_create(i == 3 ? 8 : 7);
        struct sink *s = open_sink(r);
        record_secret_digits(r, PAN);
        put_text(r, "nothing secret");
        assert_null(mac_of(s->text));
        put_text(r, texts[i]);
        assert_non_null(mac_of(s->text));
        memcpy(macs[i], mac_of(s->text), 16);
        record_destroy(r);
        free(s);
    }
    assert_string_equal(macs[0], macs[1]);
    assert_string_not_equal(macs[0], macs[2]);
    assert_string_not_equal(macs[0], macs[3]);
}

/* A field without end is cut, and a secret that the cut goes through is still known. */
static void long_fields_are_cut(void **state)
{
    enum { LIMIT = 16384 };
    struct record *r = record_create(1);
    struct sink *s = open_sink(r);
    char *text = malloc(LIMIT + 100);
    (void)state;
    memset(text, 'x', LIMIT + 99);
    text[LIMIT + 99] = '\0';
    memcpy(text + LIMIT - 12, PAN, 16);
    record_secret_digits(r, PAN);
    put_text(r, text);
    assert_non_null(strstr(s->text, "xxx621067******\",\"cut\":true,\"mac\":"));
    cJSON *line = cJSON_Parse(s->text);
    assert_non_null(line);
    cJSON_Delete(line);
    record_destroy(r);
    free(text);
    free(s);
}

static void count_secret(void *ctx, const char *digits, const uint8_t *bytes, size_t len)
{
    assert_true((digits != NULL) != (bytes != NULL));
    *(size_t *)ctx += len;
}

static void secrets_can_be_visited(void **state)
{
    struct record *r = record_create(1);
    size_t total = 0;
    char digits[20];
    (void)state;
    record_secret_digits(r, PAN);
    record_secret_bytes(r, (const uint8_t *)"12345678", 8);
    record_secrets(r, count_secret, &total);
    assert_int_equal(total, 24);
    int status = OK;
    for (unsigned i = 0; i < 2000 && status == OK; i++) { /* more than are kept */
        snprintf(digits, sizeof digits, "%016u", i);
        status = record_secret_digits(r, digits);
    }
    assert_int_equal(status, E_LIMIT);
    record_destroy(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_as_called),    cmocka_unit_test(off_means_off),
        cmocka_unit_test(sinks_are_four),         cmocka_unit_test(known_digits_are_starred_everywhere),
        cmocka_unit_test(known_keys_are_starred), cmocka_unit_test(the_mac_tells_true_bytes_apart),
        cmocka_unit_test(long_fields_are_cut),    cmocka_unit_test(secrets_can_be_visited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
