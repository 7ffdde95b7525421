/*
 * The card's side of the line: T=0 and T=1 by bytes, and each fault at its byte. The S(IFS) pair is a published vector
 * (DOMAIN appendix B); the blocks are ISO 7816-3's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cards/line.h"
#include "core/codec/hex.h"

#include <stdio.h>
#include <string.h>

struct behind { /* the card behind the line: one answer for everything */
    uint8_t command[APDU_MAX], answer[RAPDU_MAX];
    size_t command_len, answer_len;
    unsigned commands;
};

static void any(void *ctx, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len)
{
    struct behind *b = ctx;
    b->commands++;
    memcpy(b->command, command, len);
    b->command_len = len;
    memcpy(answer, b->answer, b->answer_len);
    *answer_len = b->answer_len;
}

static const struct card_line_ops ops = {.tpdu = any, .apdu = any};
static const uint8_t ATR[] = {0x3B, 0x60, 0x00, 0x00};

struct bench {
    struct behind behind;
    struct card_line line;
};

static int setup(void **state)
{
    static struct bench b;
    memset(&b, 0, sizeof b);
    card_line_init(&b.line, &ops, &b.behind);
    memcpy(b.behind.answer, "\xAA\xBB\x90\x00", b.behind.answer_len = 4);
    *state = &b;
    return 0;
}

/* Everything the card says now, as hex; *first: etu to its first character. */
static const char *hear(struct bench *b, uint32_t *first)
{
    static char text[2 * 700 + 1];
    struct card_line_char c;
    size_t len = 0;
    text[0] = '\0';
    while (len < 600 && card_line_next(&b->line, false, &c)) {
        assert_true(card_line_next(&b->line, true, &c));
        if (len == 0 && first)
            *first = c.etu;
        assert_true(len == 0 || c.etu >= 12);
        snprintf(text + 2 * len++, 3, "%02X", c.value);
    }
    return text;
}

static const char *reset(struct bench *b, bool warm, int protocol)
{
    card_line_reset(&b->line, warm, ATR, sizeof ATR, protocol);
    return hear(b, NULL);
}

static const char *tell_at(struct bench *b, const char *hex, uint32_t etu)
{
    uint8_t bytes[300];
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), bytes, sizeof bytes, &len), OK);
    card_line_take(&b->line, bytes, len, etu);
    return hear(b, NULL);
}

static const char *tell(struct bench *b, const char *hex)
{
    return tell_at(b, hex, 30);
}

static void arm(struct bench *b, struct card_line_fault fault)
{
    assert_int_equal(card_line_fault(&b->line, &fault), OK);
}

/* covers: 3.2 procedure bytes */
static void t0_by_procedure_bytes(void **state)
{
    struct bench *b = *state;
    assert_string_equal(reset(b, false, 0), "3B600000");
    assert_string_equal(tell(b, "00B2010C02"), "B2AABB9000");
    assert_int_equal(b->behind.command_len, 5);
    memcpy(b->behind.answer, "\x61\x10", b->behind.answer_len = 2);
    assert_string_equal(tell(b, "00A4040002"), "A4");
    assert_int_equal(b->behind.commands, 1); /* its data has not come yet */
    assert_string_equal(tell(b, "3F00"), "6110");
    assert_int_equal(b->behind.command_len, 7);
    assert_string_equal(tell(b, "0082000000"), "6110"); /* P3 00: no data */
}

/* covers: 3.4 transport */
static void t0_faults(void **state)
{
    struct bench *b = *state;
    reset(b, false, 0);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_ONE_BY_ONE, .ins = 0xB2});
    assert_string_equal(tell(b, "00B2010C02"), "4DAA4DBB9000");
    card_line_heal(&b->line);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_NULLS, .times = 2});
    assert_string_equal(tell(b, "00A4040001"), "6060A4");
    assert_string_equal(tell(b, "00"), "A4AABB9000");
    card_line_heal(&b->line);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_WRONG_PROCEDURE, .value = 0x5B});
    assert_string_equal(tell(b, "00B2010C02"), "5BAABB9000");
    card_line_heal(&b->line);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_SILENT, .byte = 3, .nth = 2});
    assert_string_equal(tell(b, "00B2010C02"), "B2AABB9000");
    assert_string_equal(tell(b, "00B2010C02"), "B2AABB");
    assert_string_equal(tell(b, "00B2010C02"), "B2AABB9000");
}

static void nulls_for_ever(void **state)
{
    struct bench *b = *state;
    reset(b, false, 0);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_NULLS, .etu = 5000});
    uint32_t first = 0;
    uint8_t header[] = {0x00, 0xB2, 0x01, 0x0C, 0x02};
    card_line_take(&b->line, header, sizeof header, 30);
    const char *heard = hear(b, &first);
    assert_int_equal(strlen(heard), 2 * 600);
    assert_int_equal(strspn(heard, "60"), 2 * 600);
    assert_int_equal(first, 5000);
    assert_int_equal(b->behind.commands, 0);
    card_line_heal(&b->line);
    reset(b, true, 0);
    assert_string_equal(tell(b, "00B2010C02"), "B2AABB9000");
}

/* covers: 3.3 blocks, 3.3 IFS */
static void t1_blocks(void **state)
{
    struct bench *b = *state;
    reset(b, false, 1);
    assert_string_equal(tell(b, "00C101FE3E"), "00E101FE1E");
    assert_string_equal(tell(b, "00000500B2010C00BA"), "000004AABB900085");
    assert_int_equal(b->behind.command_len, 5);
    assert_string_equal(tell(b, "00820082"), "000004AABB900085"); /* the last block again */
    assert_int_equal(b->behind.commands, 1);
    assert_string_equal(tell(b, "00400500B2010C00FB"), "00910091"); /* a wrong LRC: this one ends with FA */
    assert_int_equal(b->behind.commands, 1);
}

/* covers: 3.3 chaining */
static void t1_chains_both_ways(void **state)
{
    struct bench *b = *state;
    reset(b, false, 1);
    assert_string_equal(tell(b, "00C10102C2"), "00E10102E2"); /* IFSD 2, for the test */
    assert_string_equal(tell(b, "00200300B20190"), "00900090");
    assert_string_equal(tell(b, "0040020C004E"), "002002AABB33");
    assert_memory_equal(b->behind.command, "\x00\xB2\x01\x0C\x00", 5);
    assert_string_equal(tell(b, "00900090"), "0040029000D2");
    assert_string_equal(tell(b, "00900090"), "0040029000D2"); /* it did not arrive */
}

/* covers: 3.3 block guard time */
static void t1_hears_nothing_before_the_guard_time(void **state)
{
    struct bench *b = *state;
    reset(b, false, 1);
    assert_string_equal(tell_at(b, "00C101FE3E", 21), "");
    assert_string_equal(tell_at(b, "00C101FE3E", 22), "00E101FE1E");
}

/* covers: 3.4 transport */
static void t1_faults(void **state)
{
    struct bench *b = *state;
    const char *read = "00000500B2010C00BA", *read_1 = "00400500B2010C00FA";
    reset(b, false, 1);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_WTX, .times = 2, .value = 5, .nth = 1});
    assert_string_equal(tell(b, read), "00C30105C7");
    assert_string_equal(tell(b, "00E30105E7"), "00C30105C7");
    assert_string_equal(tell(b, "00E30105E7"), "000004AABB900085");
    assert_int_equal(b->behind.commands, 1);
    card_line_heal(&b->line);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_BAD_LRC, .times = 1});
    assert_string_equal(tell(b, read_1), "004004AABB90003A");
    assert_string_equal(tell(b, "00910091"), "004004AABB9000C5");

    card_line_heal(&b->line);
    reset(b, true, 1);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_BAD_SEQUENCE, .times = 1});
    assert_string_equal(tell(b, read), "004004AABB9000C5");
    assert_string_equal(tell(b, "00820082"), "000004AABB900085");
    card_line_heal(&b->line);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_RESEND, .times = 1});
    assert_string_equal(tell(b, read_1), "00910091");
    assert_string_equal(tell(b, read_1), "004004AABB9000C5");

    card_line_heal(&b->line);
    reset(b, true, 1);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_IFS, .value = 0x10});
    assert_string_equal(tell(b, read), "00C10110D0");
    assert_string_equal(tell(b, "00E10110F0"), "000004AABB900085");
    card_line_heal(&b->line);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_ABORT});
    assert_string_equal(tell(b, read_1), "00C200C2");
}

/* covers: 3.1 ATR, 3.4 transport */
static void resets(void **state)
{
    struct bench *b = *state;
    arm(b, (struct card_line_fault){.kind = CARD_LINE_BAD_TS, .at_reset = true, .nth = 1});
    arm(b, (struct card_line_fault){.kind = CARD_LINE_BAD_TCK, .at_reset = true, .nth = 2});
    assert_string_equal(reset(b, false, 0), "3A600000");
    assert_string_equal(reset(b, true, 0), "3B6000FF");
    assert_string_equal(reset(b, true, 0), "3B600000");
    assert_string_equal(reset(b, false, 0), "3A600000"); /* counted from the cold reset */
    card_line_heal(&b->line);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_SILENT, .at_reset = true, .byte = 2});
    assert_string_equal(reset(b, false, 0), "3B60");
    card_line_heal(&b->line);
    arm(b, (struct card_line_fault){.kind = CARD_LINE_ENDLESS, .at_reset = true});
    assert_true(strlen(reset(b, false, 0)) > 2 * 33);
    card_line_heal(&b->line);
    for (unsigned i = 0; i < CARD_LINE_FAULTS; i++)
        arm(b, (struct card_line_fault){.kind = CARD_LINE_SLOW});
    assert_int_equal(card_line_fault(&b->line, &(struct card_line_fault){.kind = CARD_LINE_SLOW}), E_LIMIT);
    assert_int_equal(card_line_fault(&b->line, &(struct card_line_fault){.kind = CARD_LINE_NONE}), E_INVAL);
    assert_int_equal(card_line_fault(&b->line, &(struct card_line_fault){.kind = CARD_LINE_KINDS}), E_INVAL);
}

/* Whatever comes, the card stays within its buffers. */
static void noise(void **state)
{
    struct bench *b = *state;
    uint8_t bytes[300];
    uint32_t seed = 1;
    for (unsigned round = 0; round < 20000; round++) {
        if (round % 50 == 0)
            reset(b, false, round % 100 == 0);
        seed = seed * 1664525 + 1013904223;
        size_t len = 1 + (seed >> 8) % (round % 7 ? 12 : 290);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
        if (round % 3 == 0 && len > 3) { /* a block that is sound */
            bytes[0] = 0;
            bytes[2] = (uint8_t)(len - 4 < 255 ? len - 4 : 254);
            size_t end = 3 + (size_t)bytes[2];
            bytes[end] = 0;
            for (size_t i = 0; i < end; i++)
                bytes[end] ^= bytes[i];
            len = end + 1;
        }
        card_line_take(&b->line, bytes, len, 30);
        hear(b, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(t0_by_procedure_bytes, setup),
        cmocka_unit_test_setup(t0_faults, setup),
        cmocka_unit_test_setup(nulls_for_ever, setup),
        cmocka_unit_test_setup(t1_blocks, setup),
        cmocka_unit_test_setup(t1_chains_both_ways, setup),
        cmocka_unit_test_setup(t1_hears_nothing_before_the_guard_time, setup),
        cmocka_unit_test_setup(t1_faults, setup),
        cmocka_unit_test_setup(resets, setup),
        cmocka_unit_test_setup(noise, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
