/* T=0 on top of the card: 61xx, GET RESPONSE, 6Cxx, warnings; and commands cut short or made of noise. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/support.h"

#include <stdlib.h>

static uint16_t tpdu(struct bench *b, const char *hex)
{
    uint8_t command[APDU_MAX];
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), command, sizeof command, &len), OK);
    card_tpdu(b->card, command, len, b->answer, &b->len);
    return rapdu_sw(b->answer, b->len);
}

/* covers: 3.2 61xx */
static void fetches_what_61_announces(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){0});
    assert_int_equal(tpdu(&b, "00C0000000"), 0x6985);
    assert_int_equal(tpdu(&b, "00A4040008" AID), 0x6117);
    assert_int_equal(b.len, 2);
    assert_int_equal(tpdu(&b, "00C0000005"), 0x6C17);
    assert_int_equal(tpdu(&b, "00C0000017"), 0x9000);
    assert_data(&b, "6F158408" AID "A509500454657374870101");
    assert_int_equal(tpdu(&b, "00C0000017"), 0x6985);
    assert_int_equal(tpdu(&b, "80A80000028300"), 0x6108);
    assert_int_equal(tpdu(&b, "00B2020C00"), 0x6A83); /* something else: what was announced is gone */
    assert_int_equal(tpdu(&b, "00C0000008"), 0x6985);
    bench_close(&b);
}

/* covers: 3.2 6cxx */
static void names_the_right_le(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){0});
    assert_int_equal(tpdu(&b, "00A4040008" AID), 0x6117);
    assert_int_equal(tpdu(&b, "80CA9F3600"), 0x6C05);
    assert_int_equal(tpdu(&b, "80CA9F3604"), 0x6C05);
    assert_int_equal(tpdu(&b, "80CA9F1305"), 0x9000); /* another header: run anew */
    assert_data(&b, "9F13020021");
    assert_int_equal(tpdu(&b, "80CA9F36"), 0x6C05); /* four bytes: P3 00 */
    assert_int_equal(tpdu(&b, "80CA9F3605"), 0x9000);
    assert_data(&b, "9F36020021");
    assert_int_equal(tpdu(&b, "00A4040009" AID), 0x6700);
    bench_close(&b);
}

/* covers: 3.2 warning */
static void gives_data_behind_a_warning(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){.history = "\"blocked\":true"});
    assert_int_equal(tpdu(&b, "00A4040008" AID), 0x6283);
    assert_int_equal(b.len, 2);
    assert_int_equal(tpdu(&b, "00C0000000"), 0x6C17);
    assert_int_equal(tpdu(&b, "00C0000017"), 0x9000);
    assert_int_equal(b.len, 0x17 + 2);
    bench_close(&b);
}

/* covers: 3.2 cases */
static void runs_a_command_once(void **state)
{
    (void)state;
    struct bench b;
    struct card_counters k;
    bench_open(&b, &(struct card_spec){0});
    assert_int_equal(tpdu(&b, "00A4040008" AID), 0x6117);
    assert_int_equal(tpdu(&b, "80A80000028300"), 0x6108);
    assert_int_equal(tpdu(&b, "00C0000008"), 0x9000);
    assert_int_equal(tpdu(&b, "80AE80001D" CDOL1_DATA), 0x6115);
    card_counters(b.card, &k);
    assert_int_equal(k.atc, 0x22);
    card_reset(b.card);
    assert_int_equal(tpdu(&b, "00C0000015"), 0x6985); /* a reset forgets it */
    bench_close(&b);
}

/* Every command of a dialogue, cut at every byte and with every header byte changed, in every phase before it. */
static void survives_cut_and_changed_commands(void **state)
{
    (void)state;
    static const char *const dialogue[] = {"00A404000E315041592E5359532E444446303100",
                                           "00B2010C00",
                                           SELECT_AID,
                                           GPO,
                                           "00B2010C00",
                                           "80CA9F3600",
                                           "0020008008241234FFFFFFFFFF",
                                           GAC1("80"),
                                           "008200000A00000000000000000000",
                                           "841E000004AABBCCDD",
                                           "84240002140000000000000000000000000000000000000000",
                                           "04DA9F580509AABBCCDD",
                                           "04DC010C067000AABBCCDD",
                                           GAC2("40", "3030")};
    struct bench b;
    bench_open(&b, &(struct card_spec){.extra = "\"offline_pin\":\"1234\","});
    for (size_t step = 0; step < sizeof dialogue / sizeof *dialogue; step++) {
        uint8_t command[APDU_MAX], answer[RAPDU_MAX];
        size_t len, answer_len;
        assert_int_equal(hex_decode(dialogue[step], strlen(dialogue[step]), command, sizeof command, &len), OK);
        for (int level = 0; level < 2; level++) {
            for (size_t cut = 0; cut < len; cut++) {
                struct card *c = card_clone(b.card);
                uint8_t *exact = malloc(cut ? cut : 1);
                memcpy(exact, command, cut);
                (level ? card_tpdu : card_apdu)(c, exact, cut, answer, &answer_len);
                assert_in_range(answer_len, 2, RAPDU_MAX);
                free(exact);
                card_destroy(c);
            }
            for (size_t at = 0; at < (len < 5 ? len : 5); at++) {
                for (unsigned value = 0; value < 256; value++) {
                    struct card *c = card_clone(b.card);
                    uint8_t changed[APDU_MAX];
                    memcpy(changed, command, len);
                    changed[at] = (uint8_t)value;
                    (level ? card_tpdu : card_apdu)(c, changed, len, answer, &answer_len);
                    assert_in_range(answer_len, 2, RAPDU_MAX);
                    card_destroy(c);
                }
            }
        }
        card_apdu(b.card, command, len, answer, &answer_len);
    }
    bench_close(&b);
}

/* covers: 3.4 noise */
static void survives_noise(void **state)
{
    (void)state;
    static const uint8_t ins[] = {0xA4, 0xB2, 0xA8, 0xCA, 0x20, 0xAE, 0x82, 0x1E,
                                  0x18, 0x16, 0x24, 0xDA, 0xDC, 0xC0, 0x88};
    static const uint8_t cla[] = {0x00, 0x80, 0x84, 0x8C, 0x04};
    struct bench b;
    uint32_t seed = 1;
    bench_open(&b, &(struct card_spec){.extra = "\"offline_pin\":\"1234\","});
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t command[APDU_MAX + 20], answer[RAPDU_MAX];
        size_t answer_len, len = 0;
        for (size_t i = 0; i < sizeof command; i++) {
            seed = seed * 1664525u + 1013904223u;
            command[i] = (uint8_t)(seed >> 24);
        }
        len = command[10] < 200 ? 5u + command[4] : command[11] + 10u;
        command[0] = cla[command[0] % sizeof cla];
        command[1] = ins[command[1] % sizeof ins];
        if (round % 50 == 0)
            begin(&b);
        if (len > sizeof command)
            len = sizeof command;
        (round % 2 ? card_tpdu : card_apdu)(b.card, command, len, answer, &answer_len);
        assert_in_range(answer_len, 2, RAPDU_MAX);
        if (round % 50 == 49) { /* a fresh card: noise may have used up the ATC or the PIN */
            card_destroy(b.card);
            b.card = card_create(b.profile);
        }
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fetches_what_61_announces),         cmocka_unit_test(names_the_right_le),
        cmocka_unit_test(gives_data_behind_a_warning),       cmocka_unit_test(runs_a_command_once),
        cmocka_unit_test(survives_cut_and_changed_commands), cmocka_unit_test(survives_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
