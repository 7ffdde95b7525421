/* CA keys in the objects of a parameter download: the same keys as in cards/keys/ca.json, and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/hex.h"
#include "core/status.h"
#include "scenarios/engine/replay_keys.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define TEXT 4096

static struct replay_keys published;

static int load(void **state)
{
    char why[300];
    (void)state;
    return replay_keys_load(&published, TEST_ROOT "/cards/keys/ca.json", why, sizeof why);
}

static int drop(void **state)
{
    (void)state;
    replay_keys_free(&published);
    return 0;
}

static const struct replay_key *rsa_key(void)
{
    for (size_t i = 0; i < published.count; i++)
        if (published.key[i].kind == KEY_RSA)
            return &published.key[i];
    fail_msg("no RSA key in ca.json");
    return NULL;
}

/* 9F06 9F22 DF05 DF06 DF07 DF02 DF04 DF03. */
static void write_key(const struct replay_key *k, bool letters, char out[TEXT])
{
    char rid[11], modulus[513], exponent[7], expiry[7], sum_hex[41], date[24];
    uint8_t message[300], sum[20];
    size_t n = 6 + k->len;
    hex_encode(k->rid, 5, rid, sizeof rid);
    hex_encode(k->modulus, k->len, modulus, sizeof modulus);
    hex_encode(k->exponent, k->exponent_len, exponent, sizeof exponent);
    hex_encode(k->expiry, 3, expiry, sizeof expiry);
    memcpy(message, k->rid, 5);
    message[5] = k->index;
    memcpy(message + 6, k->modulus, k->len);
    memcpy(message + n, k->exponent, k->exponent_len);
    EVP_Digest(message, n + k->exponent_len, sum, NULL, EVP_sha1(), NULL);
    hex_encode(sum, 20, sum_hex, sizeof sum_hex);
    if (letters)
        snprintf(date, sizeof date, "083230%c%c%c%c%c%c%c%c%c%c%c%c", '3', expiry[0], '3', expiry[1], '3', expiry[2],
                 '3', expiry[3], '3', expiry[4], '3', expiry[5]);
    else
        snprintf(date, sizeof date, "0420%s", expiry);
    snprintf(out, TEXT, "9F0605%s9F2201%02XDF05%sDF060101DF070101DF0281%02X%sDF04%02X%sDF0314%s\n", rid, k->index, date,
             (unsigned)k->len, modulus, (unsigned)k->exponent_len, exponent, sum_hex);
}

/* covers: 2.6 CA key table */
static void both_dates_are_read(void **state)
{
    const struct replay_key *k = rsa_key();
    (void)state;
    for (int letters = 0; letters < 2; letters++) {
        struct replay_keys got = {.key = NULL};
        char text[TEXT], why[300];
        write_key(k, letters, text);
        if (replay_keys_parse(&got, text, strlen(text), "keys", why, sizeof why) != OK)
            fail_msg("%s", why);
        assert_int_equal(got.count, 1);
        assert_memory_equal(got.key[0].rid, k->rid, 5);
        assert_int_equal(got.key[0].index, k->index);
        assert_int_equal(got.key[0].len, k->len);
        assert_memory_equal(got.key[0].modulus, k->modulus, k->len);
        assert_memory_equal(got.key[0].exponent, k->exponent, k->exponent_len);
        assert_memory_equal(got.key[0].expiry, k->expiry, 3);
        replay_keys_free(&got);
    }
}

/* covers: 2.6 CA key checksum */
static void broken_keys_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *what;
        size_t at; /* digit from the end that is changed; 0: the line ends there */
        const char *why;
    } rows[] = {
        {"checksum", 3, ":2: CA key RID A000000333"},
        {"modulus", 60, ":2: CA key RID A000000333"},
        {"cut off", 0, ":2: malformed objects, or the line is cut off"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct replay_keys got = {.key = NULL};
        char key[TEXT], text[TEXT + 24], why[300] = "";
        write_key(rsa_key(), false, key);
        snprintf(text, sizeof text, "# of the acquirer\n%s", key);
        size_t n = strlen(text);
        if (rows[i].at)
            text[n - 1 - rows[i].at] ^= 0x01;
        else
            memcpy(text + n - 21, "\n", 2);
        assert_int_not_equal(replay_keys_parse(&got, text, strlen(text), "keys", why, sizeof why), OK);
        if (!strstr(why, rows[i].why))
            fail_msg("%s: %s", rows[i].what, why);
        replay_keys_free(&got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_dates_are_read),
        cmocka_unit_test(broken_keys_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, load, drop);
}
