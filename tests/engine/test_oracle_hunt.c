/* Looking for secrets: every form at every place, and nothing else; pages that were looked at are not looked at again
 * unless something changed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/oracle_support.h"

#include <stdlib.h>

static const char pan[] = "6225880123456789";
static const uint8_t key[16] = {0x31, 0x9A, 0x00, 0xC4, 0x55, 0x1E, 0x7D, 0x02,
                                0xEE, 0x80, 0x13, 0x6B, 0xA9, 0x2F, 0xD0, 0x48};

static uint32_t noise(uint32_t *state)
{
    return *state = *state * 1664525u + 1013904223u;
}

static struct hunt *prepared(struct record **r)
{
    bool changed;
    struct hunt *h = hunt_create();
    *r = record_create(1);
    assert_non_null(h);
    assert_non_null(*r);
    assert_int_equal(record_secret_digits(*r, pan), OK);
    assert_int_equal(record_secret_bytes(*r, key, sizeof key), OK);
    assert_int_equal(hunt_prepare(h, *r, &changed), OK);
    assert_true(changed);
    assert_int_equal(hunt_prepare(h, *r, &changed), OK);
    assert_false(changed);
    return h;
}

/* The PAN as nibbles from nibble `at` on. */
static void put_bcd(uint8_t *bytes, size_t at)
{
    for (size_t i = 0; pan[i]; i++) {
        uint8_t digit = (uint8_t)(pan[i] - '0'), *byte = &bytes[(at + i) / 2];
        *byte = (at + i) % 2 ? (uint8_t)((*byte & 0xF0) | digit) : (uint8_t)((*byte & 0x0F) | digit << 4);
    }
}

static void every_form_is_found_at_every_place(void **state)
{
    (void)state;
    struct record *r;
    struct hunt *h = prepared(&r);
    uint8_t bytes[64];
    for (size_t at = 0; at + sizeof pan - 1 <= sizeof bytes; at++) {
        memset(bytes, 0x20, sizeof bytes);
        memcpy(bytes + at, pan, sizeof pan - 1);
        assert_string_equal(hunt_bytes(h, bytes, sizeof bytes), "digits");
        assert_string_equal(hunt_bytes(h, bytes, at + sizeof pan - 1), "digits");
        assert_null(hunt_bytes(h, bytes, at + sizeof pan - 2));
        assert_null(hunt_bytes(h, bytes + at + 1, sizeof bytes - at - 1));
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes + at, key, sizeof key);
        assert_string_equal(hunt_bytes(h, bytes, sizeof bytes), "binary");
        bytes[at + 15] ^= 1;
        assert_null(hunt_bytes(h, bytes, sizeof bytes));
    }
    for (size_t at = 0; at + 16 <= 2 * sizeof bytes; at++) { /* at either nibble */
        memset(bytes, 0xFF, sizeof bytes);
        put_bcd(bytes, at);
        assert_string_equal(hunt_bytes(h, bytes, sizeof bytes), "BCD");
        bytes[(at + 8) / 2] ^= 0x11;
        assert_null(hunt_bytes(h, bytes, sizeof bytes));
    }
    hunt_destroy(h);
    record_destroy(r);
}

static void short_and_empty_bytes_hold_nothing(void **state)
{
    (void)state;
    struct record *r;
    struct hunt *h = prepared(&r);
    for (size_t len = 0; len < 8; len++)
        assert_null(hunt_bytes(h, (const uint8_t *)pan, len));
    assert_int_equal(hunt_longest(h), 16);
    hunt_destroy(h);
    record_destroy(r);
    bool changed;
    h = hunt_create();
    r = record_create(1);
    assert_int_equal(hunt_prepare(h, r, &changed), OK);
    assert_null(hunt_bytes(h, (const uint8_t *)pan, sizeof pan - 1)); /* nothing is secret */
    hunt_destroy(h);
    record_destroy(r);
}

/* Against a plain search, form by form, over noise of digits in which half of the time something is planted. */
static void agrees_with_a_plain_search(void **state)
{
    (void)state;
    struct record *r;
    struct hunt *h = prepared(&r);
    uint8_t even[8], odd[7], bytes[200];
    uint32_t seed = 7;
    unsigned hits = 0;
    put_bcd(even, 0);
    for (size_t i = 0; i < sizeof odd; i++)
        odd[i] = (uint8_t)((pan[1 + 2 * i] - '0') << 4 | (pan[2 + 2 * i] - '0'));
    for (int round = 0; round < 20000; round++) {
        size_t at = noise(&seed) >> 8;
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)pan[(noise(&seed) >> 16) % 16];
        const void *planted[] = {pan, even, odd, key};
        const size_t len[] = {16, 8, 7, 16};
        unsigned which = (noise(&seed) >> 16) % 8;
        if (which < 4)
            memcpy(bytes + at % (sizeof bytes - 16), planted[which], len[which] - (at & 0x1000 ? 1 : 0));
        bool found = false;
        for (unsigned i = 0; i < 4; i++)
            found = found || memmem(bytes, sizeof bytes, planted[i], len[i]);
        assert_int_equal(hunt_bytes(h, bytes, sizeof bytes) != NULL, found);
        hits += found;
    }
    assert_in_range(hits, 2000, 10000);
    hunt_destroy(h);
    record_destroy(r);
}

/* -- the oracle -- */

static struct verdict judged(struct oracle_case *o, struct judge_memo *memo)
{
    struct verdict v = {"pass", ""};
    const struct evidence e = {.bench = &o->bench, .terminal = &o->bench.terminal[0], .memo = memo};
    oracle_secrets(&e, &v);
    return v;
}

static void a_secret_across_a_page_boundary_is_found(void **state)
{
    (void)state;
    static struct oracle_case o;
    enum { LEN = 3 * 4096 };
    uint8_t *file = calloc(1, LEN);
    struct judge_memo *memo = judge_memo_create();
    oracle_case_play(&o, "t:power_on() t:wait_idle()");
    struct storage *s = terminal_storage(o.bench.terminal[0].terminal);
    assert_int_equal(record_secret_digits(o.bench.record, pan), OK);
    struct verdict v = judged(&o, memo);
    assert_verdict(&v, "pass", NULL);
    for (size_t at = 4096 - 16; at <= 4096; at++) /* borders of pages of 1,024 and of 4,096 bytes */
        for (unsigned form = 0; form < 3; form++) {
            memset(file, 0x5A, LEN);
            assert_int_equal(storage_put_file(s, "dump", file, LEN), OK);
            v = judged(&o, memo);
            assert_verdict(&v, "pass", NULL);
            if (form == 0)
                memcpy(file + at, pan, sizeof pan - 1);
            else
                put_bcd(file, 2 * at + form - 1);
            assert_int_equal(storage_put_file(s, "dump", file, LEN), OK);
            v = judged(&o, memo);
            assert_verdict(&v, "fail", form ? "(BCD) in storage \"dump\"" : "(digits) in storage \"dump\"");
            v = judged(&o, memo); /* what was found once is found again */
            assert_verdict(&v, "fail", "dump");
            v = judged(&o, NULL);
            assert_verdict(&v, "fail", "dump");
        }
    judge_memo_destroy(memo);
    oracle_case_close(&o);
    free(file);
}

static void what_was_clean_is_looked_at_again_for_a_new_secret(void **state)
{
    (void)state;
    static struct oracle_case o;
    struct judge_memo *memo = judge_memo_create();
    oracle_case_play(&o, "t:power_on() t:wait_idle()");
    struct storage *s = terminal_storage(o.bench.terminal[0].terminal);
    assert_int_equal(storage_put_file(s, "dump", pan, sizeof pan - 1), OK);
    struct verdict v = judged(&o, memo);
    assert_verdict(&v, "pass", NULL);
    assert_int_equal(record_secret_digits(o.bench.record, pan), OK);
    v = judged(&o, memo);
    assert_verdict(&v, "fail", "dump");
    judge_memo_destroy(memo);
    oracle_case_close(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_found_at_every_place),
        cmocka_unit_test(short_and_empty_bytes_hold_nothing),
        cmocka_unit_test(agrees_with_a_plain_search),
        cmocka_unit_test(a_secret_across_a_page_boundary_is_found),
        cmocka_unit_test(what_was_clean_is_looked_at_again_for_a_new_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
