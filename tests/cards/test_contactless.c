/* A card through the air: its directory, its options, and that the contacts know nothing of them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cards/card.h"
#include "core/codec/hex.h"
#include "core/codec/tlv.h"

#include <stdio.h>
#include <string.h>

#define PPSE "00A404000E325041592E5359532E444446303100"
#define SELECT "00A4040008A00000033301010100"
/* 12.00, TTQ 36800000 */
#define GPO "80A8000023832136800000000000001200000000000000034400000000000156260615001234567800"

struct table {
    struct card_profile *profile;
    struct card *card;
    uint8_t answer[RAPDU_MAX];
    size_t len;
};

static void open_card(struct table *t, const char *name)
{
    char path[512], why[200];
    snprintf(path, sizeof path, TEST_ROOT "/cards/profiles/%s.json", name);
    assert_int_equal(card_profile_load(path, &t->profile, why, sizeof why), OK);
    t->card = card_create(t->profile);
    assert_non_null(t->card);
}

static void close_card(struct table *t)
{
    card_destroy(t->card);
    card_profile_destroy(t->profile);
}

static unsigned ask(struct table *t, bool air, const char *hex)
{
    uint8_t command[APDU_MAX];
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), command, sizeof command, &len), OK);
    (air ? card_contactless_apdu : card_apdu)(t->card, command, len, t->answer, &t->len);
    return rapdu_sw(t->answer, t->len);
}

static bool answer_has(const struct table *t, uint32_t tag, struct tlv *out)
{
    return tlv_find_deep(t->answer, t->len - 2, tag, out) == OK;
}

static void the_air_has_its_own_directory_and_list(void **state)
{
    struct table t;
    struct tlv o;
    (void)state;
    open_card(&t, "qpboc-debit");
    assert_int_equal(ask(&t, false, PPSE), 0x6A82);
    assert_int_equal(ask(&t, true, PPSE), 0x9000);
    assert_true(answer_has(&t, 0x4F, &o));
    assert_int_equal(o.len, 8);
    assert_int_equal(ask(&t, true, SELECT), 0x9000);
    assert_true(answer_has(&t, 0x9F38, &o));
    assert_int_equal(ask(&t, false, SELECT), 0x9000);
    assert_false(answer_has(&t, 0x9F38, &o));
    close_card(&t);
    open_card(&t, "unionpay-credit"); /* for contacts only */
    assert_int_equal(ask(&t, true, PPSE), 0x6A82);
    assert_int_equal(ask(&t, true, "00A4040008A00000033301010200"), 0x6A82);
    close_card(&t);
}

/* covers: 3.9 qPBOC cryptogram, recomputed as the issuer does */
static void the_cryptogram_is_over_what_was_sent(void **state)
{
    struct table t;
    struct card_facts facts;
    struct tlv o, iad, ac;
    struct ac_input in = {0};
    struct card_counters before, after;
    uint8_t mk[16], sk[16], expected[8];
    (void)state;
    open_card(&t, "qpboc-debit");
    card_facts(t.profile, &facts);
    ask(&t, true, SELECT);
    card_counters(t.card, &before);
    assert_int_equal(ask(&t, true, GPO), 0x9000);
    card_counters(t.card, &after);
    assert_int_equal(after.atc, before.atc + 1);
    assert_true(answer_has(&t, 0x9F10, &iad) && answer_has(&t, 0x9F26, &ac) && answer_has(&t, 0x9F36, &o));
    memcpy(in.atc, o.value, 2);
    assert_int_equal(iad.value[4] & 0x30, 0x20);
    assert_true(answer_has(&t, 0x82, &o));
    memcpy(in.aip, o.value, 2);
    memcpy(in.amount, "\x00\x00\x00\x00\x12\x00", 6);
    memcpy(in.country, "\x03\x44", 2);
    memcpy(in.currency, "\x01\x56", 2);
    memcpy(in.date, "\x26\x06\x15", 3);
    memcpy(in.un, "\x12\x34\x56\x78", 4);
    in.iad = iad.value;
    in.iad_len = iad.len;
    assert_int_equal(ac_master_key(facts.scheme, facts.imk_ac, facts.pan, facts.psn, 0, mk), OK);
    assert_int_equal(ac_session_key(facts.scheme, mk, in.atc, sk), OK);
    assert_int_equal(ac_compute(facts.scheme, sk, &in, expected), OK);
    assert_memory_equal(expected, ac.value, 8);
    assert_int_equal(ask(&t, true, GPO), 0x6985); /* nothing follows but a new selection */
    assert_int_equal(ask(&t, true, SELECT), 0x9000);
    assert_int_equal(ask(&t, true, "80A80000028300"), 0x6700);
    close_card(&t);
}

static void it_declines_pays_and_asks_as_its_profile_says(void **state)
{
    static const struct {
        const char *card, *select;
        uint8_t cvr2, ctq1;
    } rows[] = {
        {"qpboc-declined", "00A4040008A00000033301010200", 0x80, 0x00},
        {"qpboc-offline", "00A4040008A00000033301010200", 0x90, 0x00},
        {"qpboc-pin-always", "00A4040008A00000033301010200", 0xA0, 0x80},
        {"qpboc-signature", "00A4040008A00000033301010200", 0xA0, 0x00}, /* 9F66 wants no CVM here */
    };
    struct table t;
    struct tlv o;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        open_card(&t, rows[i].card);
        assert_int_equal(ask(&t, true, rows[i].select), 0x9000);
        assert_int_equal(ask(&t, true, GPO), 0x9000);
        assert_true(answer_has(&t, 0x9F10, &o));
        assert_int_equal(o.value[4], rows[i].cvr2);
        assert_true(answer_has(&t, 0x9F6C, &o));
        assert_int_equal(o.value[0], rows[i].ctq1);
        close_card(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_air_has_its_own_directory_and_list),
        cmocka_unit_test(the_cryptogram_is_over_what_was_sent),
        cmocka_unit_test(it_declines_pays_and_asks_as_its_profile_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
