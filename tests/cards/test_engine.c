/* Selection, records, GPO, GET DATA, VERIFY: status words and state, without the network. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/support.h"

#define SELECT_PSE "00A404000E315041592E5359532E444446303100"

/* covers: 2.3 PSE */
static void selects_the_pse_and_reads_its_directory(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){0});
    assert_int_equal(send(&b, "00B2010C00"), 0x6985);
    assert_int_equal(send(&b, SELECT_PSE), 0x9000);
    assert_data(&b, "6F15840E315041592E5359532E4444463031A503880101");
    assert_int_equal(send(&b, "00B2010C00"), 0x9000);
    assert_data(&b, "701561134F08" AID "500454657374870101");
    assert_int_equal(send(&b, "00B2020C00"), 0x6A83);
    assert_int_equal(send(&b, "00B2011400"), 0x6A83);
    assert_int_equal(send(&b, "80A8000002830000"), 0x6985);
    assert_int_equal(send(&b, "00A404000E325041592E5359532E444446303100"), 0x6A82);
    bench_close(&b);
}

/* covers: 2.3 partial names */
static void selects_by_part_of_the_name_and_next(void **state)
{
    (void)state;
    struct bench b;
    bench_load(&b, "unionpay-two-applications");
    assert_int_equal(send(&b, "00A4040005A00000033300"), 0x9000);
    assert_int_equal(b.answer[11], 0x01);
    assert_int_equal(send(&b, "00A4040205A00000033300"), 0x9000);
    assert_int_equal(b.answer[11], 0x02);
    assert_int_equal(send(&b, "00A4040205A00000033300"), 0x6A82);
    assert_int_equal(send(&b, "00A4040009A0000003330101010100"), 0x6A82);
    assert_int_equal(send(&b, "00A4040100"), 0x6A86);
    assert_int_equal(send(&b, "00A40400"), 0x6700);
    struct card_counters k;
    card_counters(b.card, &k);
    assert_int_equal(k.atc, 7); /* the credit application, selected last */
    bench_close(&b);
}

/* covers: 2.3 blocked, 3.4 state */
static void blocked_cards_and_applications_say_so(void **state)
{
    (void)state;
    struct bench b;
    bench_load(&b, "blocked-card");
    assert_int_equal(send(&b, SELECT_PSE), 0x6A81);
    assert_int_equal(send(&b, SELECT_AID), 0x6A81);
    bench_close(&b);
    bench_load(&b, "blocked-application");
    assert_int_equal(send(&b, SELECT_AID), 0x6283);
    assert_true(b.len > 2);
    assert_int_equal(send(&b, GPO), 0x9000);
    bench_close(&b);
    bench_open(&b, &(struct card_spec){.history = "\"blocked\":true"});
    assert_int_equal(send(&b, SELECT_AID), 0x6283);
    assert_int_equal(send(&b, GPO), 0x9000);
    assert_int_equal(send(&b, GAC1("80")), 0x9000);
    assert_int_equal(answered_cid(&b), 0x00);
    bench_close(&b);
    bench_load(&b, "stripe-only");
    assert_int_equal(send(&b, SELECT_PSE), 0x6A82);
    bench_close(&b);
}

/* covers: 3.4 ATC */
static void counts_the_atc_until_it_runs_out(void **state)
{
    (void)state;
    struct bench b;
    struct card_counters k;
    bench_open(&b, &(struct card_spec){.history = "\"atc\":\"FFFD\""});
    begin(&b);
    assert_data(&b, "80061C0008010100");
    assert_int_equal(send(&b, GPO), 0x6985); /* needs a new SELECT */
    begin(&b);
    card_counters(b.card, &k);
    assert_int_equal(k.atc, 0xFFFF);
    assert_int_equal(send(&b, SELECT_AID), 0x6283);
    assert_int_equal(send(&b, GPO), 0x6985);
    bench_close(&b);
}

/* covers: 3.4 ATC */
static void carries_the_atc_into_its_high_byte(void **state)
{
    (void)state;
    struct bench b;
    struct card_counters k;
    bench_open(&b, &(struct card_spec){.history = "\"atc\":\"00FF\""});
    begin(&b);
    card_counters(b.card, &k);
    assert_int_equal(k.atc, 0x100);
    bench_close(&b);
}

/* covers: 2.4 PDOL */
static void checks_the_pdol_data(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){.extra = "\"pdol\":\"9F1A029A03\",\"gpo_format\":\"77\","});
    assert_int_equal(send(&b, SELECT_AID), 0x9000);
    assert_int_equal(send(&b, "80A8000002830000"), 0x6700);
    assert_int_equal(send(&b, "80A8000003830000"), 0x6A80);
    assert_int_equal(send(&b, "80A80000038300"), 0x6700); /* no case fits */
    assert_int_equal(send(&b, "80A8000007840501562606"
                              "1500"),
                     0x6A80);
    assert_int_equal(send(&b, "80A8010007830501562606"
                              "1500"),
                     0x6A86);
    assert_int_equal(send(&b, "80A8000007830501562606"
                              "1500"),
                     0x9000);
    assert_data(&b, "770A82021C00940408010100");
    bench_close(&b);
}

/* covers: 2.2 commands */
static void answers_get_data(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){.extra = "\"offline_pin\":\"1234\","});
    assert_int_equal(send(&b, "80CA9F3600"), 0x6985);
    begin(&b);
    assert_int_equal(send(&b, "80CA9F3600"), 0x9000);
    assert_data(&b, "9F36020022");
    assert_int_equal(send(&b, "80CA9F1300"), 0x9000);
    assert_data(&b, "9F13020021");
    assert_int_equal(send(&b, "80CA9F1700"), 0x9000);
    assert_data(&b, "9F170103");
    assert_int_equal(send(&b, "80CA9F4F00"), 0x9000);
    assert_data(&b, "9F4F029A03");
    assert_int_equal(send(&b, "80CA9F7900"), 0x6A88);
    assert_int_equal(send(&b, "80CA9F3602"), 0x6C05);
    assert_int_equal(send(&b, "80CA9F3605"), 0x9000);
    assert_int_equal(send(&b, "80CA9F36"), 0x9000); /* no Le, no data */
    assert_int_equal(b.len, 2);
    bench_close(&b);
}

#define VERIFY(digits) "0020008008" digits

/* covers: 2.8 try counter, 3.4 counters */
static void counts_pin_tries(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){.extra = "\"offline_pin\":\"1234\","});
    assert_int_equal(send(&b, VERIFY("241234FFFFFFFFFF")), 0x6985);
    begin(&b);
    assert_int_equal(send(&b, VERIFY("241235FFFFFFFFFF")), 0x63C2);
    assert_int_equal(send(&b, VERIFY("241234FFFFFFFFFF")), 0x9000);
    assert_int_equal(send(&b, VERIFY("25123400FFFFFFFF")), 0x63C2);
    assert_int_equal(send(&b, VERIFY("2412340000000000")), 0x63C1); /* filler must be F */
    assert_int_equal(send(&b, "0020008007241234FFFFFFFF"), 0x6700);
    assert_int_equal(send(&b, "0020008808241234FFFFFFFFFF"), 0x6A86);
    assert_int_equal(send(&b, VERIFY("0000000000000000")), 0x63C0);
    assert_int_equal(send(&b, VERIFY("241234FFFFFFFFFF")), 0x6983);
    begin(&b);
    assert_int_equal(send(&b, VERIFY("241234FFFFFFFFFF")), 0x6984);
    assert_int_equal(send(&b, GAC1("80")), 0x9000);
    assert_int_equal(answered_iad(&b)[4], 0x80 | 0x20 | 0x04 | 0x02); /* PIN done and failed */
    assert_int_equal(answered_iad(&b)[5], 0x40);                      /* try limit exceeded */
    bench_close(&b);
    bench_open(&b, &(struct card_spec){0});
    begin(&b);
    assert_int_equal(send(&b, VERIFY("241234FFFFFFFFFF")), 0x6A88);
    bench_close(&b);
}

/* covers: 2.2 status words */
static void tells_unknown_classes_from_unknown_instructions(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){0});
    assert_int_equal(send(&b, "00880000041234567800"), 0x6D00);
    assert_int_equal(send(&b, "80A4040008" AID "00"), 0x6E00);
    assert_int_equal(send(&b, "00AE800000"), 0x6E00);
    assert_int_equal(send(&b, "00C0000000"), 0x6D00);
    assert_int_equal(send(&b, "00"), 0x6700);
    bench_close(&b);
}

/* covers: 3.4 state */
static void clones_and_hashes_what_lasts(void **state)
{
    (void)state;
    struct bench b;
    uint8_t before[32], after[32];
    bench_open(&b, &(struct card_spec){0});
    card_hash(b.card, before);
    assert_int_equal(send(&b, SELECT_AID), 0x9000);
    card_hash(b.card, after);
    assert_memory_equal(before, after, 32); /* the session is not in it */
    struct card *copy = card_clone(b.card);
    assert_int_equal(send(&b, GPO), 0x9000);
    card_hash(b.card, after);
    assert_memory_not_equal(before, after, 32);
    card_hash(copy, after);
    assert_memory_equal(before, after, 32);
    struct card *original = b.card;
    b.card = copy;
    assert_int_equal(send(&b, GPO), 0x9000); /* the clone goes on where the other was */
    card_hash(b.card, before);
    card_hash(original, after);
    assert_memory_equal(before, after, 32);
    card_reset(b.card);
    assert_int_equal(send(&b, GPO), 0x6985);
    card_destroy(original);
    bench_close(&b);
}

/* covers: 3.4 GPO refused once */
static void refuses_gpo_once_when_told_to(void **state)
{
    (void)state;
    struct bench b;
    struct card_counters k;
    bench_open(&b, &(struct card_spec){0});
    assert_int_equal(card_twist_set(b.card, CARD_TWIST_GPO_6985_ONCE, true), OK);
    assert_int_equal(card_twist_set(b.card, CARD_TWIST_NONE, true), E_INVAL);
    assert_int_equal(send(&b, SELECT_AID), 0x9000);
    assert_int_equal(send(&b, GPO), 0x6985);
    card_counters(b.card, &k);
    assert_int_equal(k.atc, 0x21);
    assert_int_equal(send(&b, GPO), 0x9000);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selects_the_pse_and_reads_its_directory),
        cmocka_unit_test(selects_by_part_of_the_name_and_next),
        cmocka_unit_test(blocked_cards_and_applications_say_so),
        cmocka_unit_test(counts_the_atc_until_it_runs_out),
        cmocka_unit_test(carries_the_atc_into_its_high_byte),
        cmocka_unit_test(checks_the_pdol_data),
        cmocka_unit_test(answers_get_data),
        cmocka_unit_test(counts_pin_tries),
        cmocka_unit_test(tells_unknown_classes_from_unknown_instructions),
        cmocka_unit_test(clones_and_hashes_what_lasts),
        cmocka_unit_test(refuses_gpo_once_when_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
