/*
 * The table of what a terminal accepts in an answer to reset (EMV Book 1 8.3; DOMAIN 3.1) against a second opinion: an
 * ATR is put together from its characters, a model that knows the characters and not their bytes says whether a cold or
 * warm reset may take it, and the parser must agree. Every character takes every value, alone and with the one that its
 * rule names as well.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/atr.h"

#include <stdio.h>
#include <string.h>

#define ABSENT (-1)
enum { A, B, C, D }; /* of a group */

struct shape {
    int ts, group[4][4]; /* TA1 is group[1][A]; ABSENT, or its value. TDi: its low nibble, the rest follows */
    size_t historical;
    int tck_error;
};

static struct shape basic_t0(void)
{
    struct shape s = {.ts = 0x3B};
    memset(s.group, 0xFF, sizeof s.group);
    s.group[1][B] = 0x00;
    s.group[1][C] = 0x00;
    return s;
}

static struct shape basic_t1(void)
{
    struct shape s = basic_t0();
    s.group[1][C] = 0xFF;
    s.group[1][D] = s.group[2][D] = 1;
    s.group[3][A] = 0x7C;
    s.group[3][B] = 0x41;
    return s;
}

static unsigned announced(const int group[4])
{
    unsigned nibble = 0;
    for (unsigned i = A; i <= D; i++)
        nibble |= group[i] != ABSENT ? 0x10u << i : 0;
    return nibble;
}

static size_t encode(const struct shape *s, uint8_t out[33])
{
    size_t len = 0;
    bool tck = false;
    out[len++] = (uint8_t)s->ts;
    out[len++] = (uint8_t)(announced(s->group[1]) | s->historical);
    for (unsigned g = 1; g <= 3 && (g == 1 || s->group[g - 1][D] != ABSENT); g++) {
        for (unsigned i = A; i < D; i++)
            if (s->group[g][i] != ABSENT)
                out[len++] = (uint8_t)s->group[g][i];
        if (s->group[g][D] == ABSENT)
            continue;
        out[len++] = (uint8_t)(s->group[g][D] | (g < 3 ? announced(s->group[g + 1]) : 0));
        tck |= s->group[g][D] != 0;
    }
    for (size_t i = 0; i < s->historical; i++)
        out[len++] = (uint8_t)(0xA0 + i);
    if (tck) {
        out[len] = (uint8_t)s->tck_error;
        for (size_t i = 1; i < len; i++)
            out[len] ^= out[i];
        len++;
    }
    return len;
}

/* DOMAIN 3.1, row by row. */
static bool acceptable(const struct shape *s, bool warm)
{
    const int *one = s->group[1], *two = s->group[2], *three = s->group[3];
    int protocol = one[D] == ABSENT ? 0 : one[D];
    if (s->ts != 0x3B && s->ts != 0x3F)
        return false;
    if (protocol != 0 && protocol != 1)
        return false;
    if (!warm && one[B] != 0x00)
        return false;
    if (one[C] != ABSENT && one[C] != 0x00 && one[C] != 0xFF)
        return false;
    if (one[D] == ABSENT)
        return true; /* T=0 and nothing more */
    if (s->tck_error && (protocol || (two[D] != ABSENT && two[D] != 0)))
        return false;
    if (two[A] != ABSENT) {
        if (two[A] & 0x10 || (two[A] & 0x0F) != protocol)
            return false;
        if (one[A] != ABSENT && one[A] != 0x11 && one[A] != 0x12 && one[A] != 0x13)
            return false;
    }
    if (two[B] != ABSENT || (two[C] != ABSENT && (protocol == 1 || two[C] != 0x0A)))
        return false;
    if (two[D] != ABSENT && two[D] != (protocol ? 1 : 15))
        return false;
    if (protocol == 0)
        return true;
    if (two[D] == ABSENT || three[B] == ABSENT)
        return false;
    int bwi = three[B] >> 4, cwi = three[B] & 15, n = one[C] == 0xFF ? -1 : 0;
    if (bwi > 4 || cwi > 5 || 1 << cwi <= n + 1)
        return false;
    return (three[A] == ABSENT || (three[A] >= 0x10 && three[A] <= 0xFE)) && (three[C] == ABSENT || three[C] == 0x00);
}

static void check(const struct shape *s)
{
    uint8_t bytes[33 + 8];
    struct atr atr;
    const char *why;
    size_t len = encode(s, bytes);
    for (int warm = 0; warm < 2; warm++) {
        bool taken = atr_parse(bytes, len, &atr, &why) == OK && atr_check_emv(&atr, warm, &why) == OK;
        if (taken != acceptable(s, warm)) {
            for (size_t i = 0; i < len; i++)
                print_error("%02X", bytes[i]);
            fail_msg(" %s: taken %d, \"%s\"", warm ? "warm" : "cold", taken, why);
        }
        if (!taken)
            continue;
        const int *one = s->group[1];
        int protocol = one[D] == ABSENT ? 0 : one[D];
        bool at_once = s->group[2][A] != ABSENT && one[D] != ABSENT;
        unsigned rate = !at_once || one[A] == ABSENT ? 1 : one[A] == 0x12 ? 2 : one[A] == 0x13 ? 4 : 1;
        assert_int_equal(atr.protocol, protocol);
        assert_int_equal(atr_rate(&atr), rate);
        assert_int_equal(atr_extra_guard(&atr), one[C] == 0xFF && protocol ? -1 : 0);
        assert_int_equal(atr.historical_len, s->historical);
        assert_int_equal(atr.ifsc, protocol && s->group[3][A] != ABSENT ? s->group[3][A] : 32);
        if (protocol)
            assert_int_equal(atr.bwi << 4 | atr.cwi, s->group[3][B]);
    }
    /* What is still to come, told by the characters that are there, whatever lies behind them. */
    for (size_t there = 0; there <= len; there++) {
        uint8_t heard[33 + 8];
        memset(heard, 0xFF, sizeof heard);
        memcpy(heard, bytes, there);
        size_t missing = atr_missing(heard, there);
        if (there == len ? missing != 0 : missing < 1 || missing > len - there)
            fail_msg("%zu of %zu characters there, %zu missing", there, len, missing);
    }
}

/* covers: 3.1 interface characters, 3.1 characters that are refused: each character with every value and absent */
static void test_every_character(void **state)
{
    (void)state;
    const struct shape shapes[] = {basic_t0(), basic_t1()};
    for (size_t i = 0; i < 2; i++) {
        for (unsigned g = 1; g <= 3; g++) {
            for (unsigned c = A; c <= D; c++) {
                for (int value = ABSENT; value < (c == D ? 16 : 256); value++) {
                    struct shape s = shapes[i];
                    s.group[g][c] = value;
                    if (i == 0 && g > 1)
                        s.group[1][D] = 0;
                    if (i == 0 && g > 2)
                        s.group[2][D] = 15;
                    for (s.historical = 0; s.historical < 16; s.historical += 5)
                        check(&s);
                }
            }
        }
        for (int value = 0; value < 256; value++) {
            struct shape s = shapes[i];
            s.ts = value;
            check(&s);
            s = shapes[i];
            s.tck_error = value;
            check(&s);
        }
    }
}

/* covers: 3.1 TA2, 3.1 TC1, 3.1 TD1: characters whose rules speak of each other */
static void test_pairs(void **state)
{
    (void)state;
    for (int first = ABSENT; first < 256; first++) {
        for (int second = ABSENT; second < 256; second++) {
            struct shape s = basic_t1();
            s.group[1][A] = first;
            s.group[2][A] = second;
            check(&s);
            s.group[1][D] = 0;
            s.group[2][D] = second & 1 ? ABSENT : 15;
            check(&s);
            s = basic_t1();
            s.group[1][C] = first;
            s.group[3][B] = second;
            check(&s);
            s = basic_t1();
            s.group[1][D] = first & 15;
            s.group[2][D] = second & 15;
            s.group[2][C] = first & 16 ? 0x0A : ABSENT;
            check(&s);
        }
    }
}

/* covers: 3.1 reference ATRs, lengths: the shortest and the longest that there can be, and what is missing of them */
static void test_lengths(void **state)
{
    (void)state;
    static const uint8_t longest[] = {0x3B, 0xFF, 0x11, 0x00, 0x00, 0xF1, 0x01, 0x00, 0x00, 0xF1, 0x20,
                                      0x41, 0x00, 0x71, 0x20, 0x41, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05,
                                      0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F};
    uint8_t bytes[34] = {0};
    struct atr atr;
    const char *why;
    memcpy(bytes, longest, sizeof longest);
    for (size_t i = 1; i < sizeof longest; i++)
        bytes[32] ^= bytes[i];
    assert_int_equal(atr_parse(bytes, 33, &atr, &why), OK);
    assert_int_equal(atr.historical_len, 15);
    assert_int_equal(atr.has_a & atr.has_b & atr.has_c, 0x1E);
    assert_int_equal(atr_missing(bytes, 33), 0);
    assert_int_equal(atr_missing(bytes, 32), 1);
    assert_int_equal(atr_parse(bytes, 34, &atr, &why), E_FORMAT);
    assert_int_equal(atr_parse((const uint8_t *)"\x3B\x00", 2, &atr, &why), OK);
    assert_int_equal(atr_missing((const uint8_t *)"\x3B\x00", 2), 0);
    assert_int_equal(atr_missing((const uint8_t *)"\x3B\x00", 1), 1);
    assert_int_equal(atr_missing((const uint8_t *)"\x3B\x00", 0), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_character),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
