/* A card that may pay by tap: what it decides under which qualifiers, what it signs, and when its purse pays. */
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

struct table {
    struct card_profile *profile;
    struct card *card;
    uint8_t answer[RAPDU_MAX];
    size_t len;
};

static void open_card(struct table *t, const char *name)
{
    char path[512], why[400];
    snprintf(path, sizeof path, TEST_ROOT "/cards/profiles/%s.json", name);
    if (card_profile_load(path, &t->profile, why, sizeof why) != OK)
        fail_msg("%s", why);
    t->card = card_create(t->profile);
    assert_non_null(t->card);
}

static void close_card(struct table *t)
{
    card_destroy(t->card);
    card_profile_destroy(t->profile);
}

static unsigned ask(struct table *t, const char *hex)
{
    uint8_t command[APDU_MAX];
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), command, sizeof command, &len), OK);
    card_contactless_apdu(t->card, command, len, t->answer, &t->len);
    return rapdu_sw(t->answer, t->len);
}

/* Directory, application and options, for 9F66 and an amount (twelve digits). */
static void tap(struct table *t, const char *ttq, const char *amount)
{
    char command[120];
    assert_int_equal(ask(t, PPSE), 0x9000);
    assert_int_equal(ask(t, SELECT), 0x9000);
    snprintf(command, sizeof command, "80A80000238321%s%s00000000000003440000000000015626061500%s00", ttq, amount,
             "12345678");
    assert_int_equal(ask(t, command), 0x9000);
}

static bool answer_has(const struct table *t, uint32_t tag, struct tlv *out)
{
    return tlv_find_deep(t->answer, t->len - 2, tag, out) == OK;
}

static uint64_t purse(const struct table *t)
{
    struct card_counters c;
    card_counters(t->card, &c);
    assert_true(c.has_purse);
    return c.purse_cents;
}

/* covers: 3.9 9F68, 3.9 qPBOC cryptogram types */
static void the_card_decides(void **state)
{
    enum { AAC = 0x00, TC = 0x10, ARQC = 0x20 };
    static const struct {
        const char *card, *ttq, *amount;
        uint8_t given, ctq1;
    } rows[] = {
        {"qpboc-offline-01", "36000080", "000000001200", TC, 0x00},
        {"qpboc-offline-01", "36800080", "000000001200", ARQC, 0x00}, /* an online cryptogram is required */
        {"qpboc-offline-01", "36000080", "000000010000", TC, 0x00},   /* 9F78 */
        {"qpboc-offline-01", "36000080", "000000010001", ARQC, 0x00},
        {"qpboc-offline-01", "3E000080", "000000010001", AAC, 0x00}, /* nobody to ask */
        {"qpboc-offline-poor", "36000080", "000000000500", TC, 0x00},
        {"qpboc-offline-poor", "36000080", "000000000501", ARQC, 0x00},
        {"qpboc-offline-poor", "3E000080", "000000000501", AAC, 0x00},
        {"qpboc-offline-threshold", "36000080", "000000001000", TC, 0x00}, /* leaves 9F6D */
        {"qpboc-offline-threshold", "36000080", "000000001001", ARQC, 0x00},
        {"qpboc-offline-threshold", "3E000080", "000000002000", TC, 0x00}, /* down to nothing without a host */
        {"qpboc-offline-pin", "36000080", "000000001000", TC, 0x00},
        {"qpboc-offline-pin", "36000080", "000000001001", ARQC, 0x80}, /* 9F6B */
        {"qpboc-offline-pin", "36400080", "000000000100", ARQC, 0x80}, /* the terminal wants it */
        {"qpboc-offline-signature", "36000080", "000000001001", TC, 0x40},
        {"qpboc-offline-currency", "36000080", "000000001200", ARQC, 0x00},
        {"qpboc-offline-currency-refused", "36000080", "000000001200", AAC, 0x00},
        {"qpboc-offline-host-only", "36000080", "000000001200", ARQC, 0x00},
        {"qpboc-offline-host-only", "3E000080", "000000001200", AAC, 0x00},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct table t;
        struct tlv o;
        open_card(&t, rows[i].card);
        tap(&t, rows[i].ttq, rows[i].amount);
        assert_true(answer_has(&t, 0x9F10, &o));
        if ((o.value[4] & 0x30) != rows[i].given)
            fail_msg("%s at %s: %02X", rows[i].card, rows[i].amount, o.value[4]);
        assert_true(answer_has(&t, 0x9F6C, &o));
        assert_int_equal(o.value[0], rows[i].ctq1);
        assert_int_equal(answer_has(&t, 0x94, &o), rows[i].given == TC);
        close_card(&t);
    }
}

/* covers: 3.9 qPBOC offline, 3.9 torn tap */
static void the_purse_pays_with_the_last_record(void **state)
{
    struct table t;
    struct tlv o;
    (void)state;
    open_card(&t, "qpboc-offline-00");
    uint64_t before = purse(&t);
    tap(&t, "36000080", "000000001200");
    assert_true(answer_has(&t, 0x9F5D, &o)); /* what will be left */
    assert_memory_equal(o.value, "\x00\x00\x00\x01\x88\x00", 6);
    assert_true(answer_has(&t, 0x94, &o));
    assert_int_equal(o.len, 16);
    assert_memory_equal(o.value + 8, "\x20\x01\x03\x00\x28\x01\x01\x00", 8); /* the certificates' file is completed */
    static const char *const records[] = {"00B2010C00", "00B2011400", "00B2021400",
                                          "00B2012400", "00B2022400", "00B2032400"};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        assert_int_equal(ask(&t, records[i]), 0x9000);
        assert_int_equal(purse(&t), before);
    }
    assert_int_equal(ask(&t, "00B2012C00"), 0x9000);
    assert_int_equal(purse(&t), before - 1200);
    assert_int_equal(ask(&t, "00B2012C00"), 0x9000); /* once more is not twice */
    assert_int_equal(purse(&t), before - 1200);
    /* torn before it: a card without power has forgotten what it was about */
    tap(&t, "36000080", "000000001200");
    card_reset(t.card);
    assert_int_equal(ask(&t, PPSE), 0x9000);
    assert_int_equal(ask(&t, SELECT), 0x9000);
    assert_int_equal(ask(&t, "00B2012C00"), 0x9000);
    assert_int_equal(purse(&t), before - 1200);
    close_card(&t);
}

/* covers: 3.9 fDDA */
static void the_signature_is_where_the_profile_says(void **state)
{
    static const struct {
        const char *card;
        bool in_answer, in_record;
        size_t related; /* bytes of 9F69 */
    } rows[] = {
        {"qpboc-offline-00", true, false, 0},
        {"qpboc-offline-01", false, true, 7},
        {"qpboc-offline-sm2", false, true, 7},
        {"broken-tap-missing", false, false, 7},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct table t;
        struct tlv o;
        open_card(&t, rows[i].card);
        tap(&t, "36000080", "000000001200");
        assert_int_equal(answer_has(&t, 0x9F4B, &o), rows[i].in_answer);
        bool record = ask(&t, "00B2013400") == 0x9000;
        assert_int_equal(record, !rows[i].in_answer);
        assert_int_equal(record && answer_has(&t, 0x9F4B, &o), rows[i].in_record);
        if (rows[i].related) {
            assert_true(answer_has(&t, 0x9F69, &o));
            assert_int_equal(o.len, rows[i].related);
            assert_int_equal(o.value[0], 0x01);
        }
        close_card(&t);
    }
    /* on the contacts, and before an approval, there is no such record */
    struct table t;
    open_card(&t, "qpboc-offline-01");
    tap(&t, "36800080", "000000001200");
    assert_int_equal(ask(&t, "00B2013400"), 0x6A83);
    close_card(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_card_decides),
        cmocka_unit_test(the_purse_pays_with_the_last_record),
        cmocka_unit_test(the_signature_is_where_the_profile_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
