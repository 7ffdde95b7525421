/* Cardholder verification: every method and condition of the CVM list, and what 9F34, TVR and TSI say (EMV Book 3
 * 10.5, Book 4 annex A4; DOMAIN 2.8). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

#define XY_0 "0000000000000000"
#define XY "000003E8000007D0" /* X = 1000, Y = 2000 cents */

static struct fake_terminal terminal;
static struct fake_card card;

static struct emv *prepare(const char *cvm_list)
{
    card = (struct fake_card){0};
    fake_setup(&terminal, &card);
    struct emv *e = fake_chosen(&terminal);
    fake_put(e, 0x82, "7C00");
    fake_put(e, 0x9F42, "0156");
    if (cvm_list)
        fake_put(e, 0x8E, cvm_list);
    return e;
}

static void expect(struct emv *e, const char *results, const char *tvr, const char *tsi, unsigned cvm)
{
    assert_int_equal(emv_verify_cardholder(e), OK);
    assert_object(e, 0x9F34, results);
    assert_object(e, 0x95, tvr);
    assert_object(e, 0x9B, tsi);
    assert_int_equal(e->cvm, cvm);
    emv_end(e);
}

#define NO_TVR "0000000000"
#define FAILED_TVR "0000800000"

/* covers: 2.8 not performed */
static void test_not_performed(void **state)
{
    (void)state;
    struct emv *e = prepare(XY_0 "1F00");
    fake_put(e, 0x82, "6C00"); /* the card does not support it */
    expect(e, "3F0000", NO_TVR, "0000", EMV_CVM_NONE);
    expect(prepare(NULL), "3F0000", "2000000000", "0000", EMV_CVM_NONE);
    expect(prepare(XY_0), "3F0000", NO_TVR, "0000", EMV_CVM_NONE);
    expect(prepare("0000"), "3F0000", NO_TVR, "0000", EMV_CVM_NONE);
    expect(prepare(XY_0 "1F"), "3F0000", NO_TVR, "0000", EMV_CVM_NONE);
}

/* covers: 2.8 methods and rules, 2.8 signature, 2.8 online PIN, 2.8 no CVM */
static void test_methods(void **state)
{
    (void)state;
    const struct {
        const char *list, *results, *tvr;
        unsigned cvm;
    } rows[] = {
        {XY_0 "0200", "020000", "0000040000", EMV_CVM_ONLINE_PIN},
        {XY_0 "4203", "420300", "0000040000", EMV_CVM_ONLINE_PIN},
        {XY_0 "1E00", "1E0000", NO_TVR, EMV_CVM_SIGNATURE},
        {XY_0 "1F00", "1F0002", NO_TVR, EMV_CVM_NONE},
        {XY_0 "0000", "000001", FAILED_TVR, EMV_CVM_FAILED},
        {XY_0 "40001F00", "1F0002", NO_TVR, EMV_CVM_NONE},
        /* Offline PIN: known, and not claimed by 9F33. Such a method is not performed (Book 4 6.3.4.5, table 2). */
        {XY_0 "0100", "3F0001", "0000900000", EMV_CVM_FAILED},
        {XY_0 "40000100", "400001", "0000900000", EMV_CVM_FAILED},
        {XY_0 "4400 1E00", "1E0000", "0000100000", EMV_CVM_SIGNATURE},
        {XY_0 "0103 0303 0403 0503 1F00", "1F0002", NO_TVR, EMV_CVM_NONE},
        {XY_0 "2000", "3F0001", FAILED_TVR, EMV_CVM_FAILED},
        {XY_0 "6003 1F00", "1F0002", NO_TVR, EMV_CVM_NONE},
        /* Unrecognised. */
        {XY_0 "0600 1F00", "3F0001", "0000C00000", EMV_CVM_FAILED},
        {XY_0 "4600 1F00", "1F0002", "0000400000", EMV_CVM_NONE},
        {XY_0 "4600", "3F0001", "0000C00000", EMV_CVM_FAILED},
        /* No condition met; reserved conditions. */
        {XY_0 "1F04", "3F0001", FAILED_TVR, EMV_CVM_FAILED},
        {XY_0 "1F0A 1F20 1FFF", "3F0001", FAILED_TVR, EMV_CVM_FAILED},
        {XY_0 "1F0A 1E00", "1E0000", NO_TVR, EMV_CVM_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(prepare(rows[i].list), rows[i].results, rows[i].tvr, "4000", rows[i].cvm);
}

/* covers: 2.8 methods and capabilities */
static void test_capabilities(void **state)
{
    (void)state;
    const char *list = XY_0 "4203 5E03 1F03";
    const struct {
        uint8_t capability;
        const char *results, *tvr;
    } rows[] = {
        {0x68, "420300", "0000040000"}, {0x28, "5E0300", NO_TVR},     {0x08, "1F0302", NO_TVR},
        {0x00, "3F0001", FAILED_TVR},   {0x90, "3F0001", FAILED_TVR},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(list);
        terminal.config.capabilities[1] = rows[i].capability;
        assert_int_equal(emv_verify_cardholder(e), OK);
        assert_object(e, 0x9F34, rows[i].results);
        assert_object(e, 0x95, rows[i].tvr);
        emv_end(e);
    }
    /* Claimed by 9F33, and there is no PIN pad. */
    struct emv *e = prepare(XY_0 "4103 0100");
    terminal.config.capabilities[1] = 0x80;
    expect(e, "010001", "0000900000", "4000", EMV_CVM_FAILED);
    /* Signature that is not supported sets no bit of its own. */
    e = prepare(XY_0 "1E00");
    terminal.config.capabilities[1] = 0x40;
    expect(e, "3F0001", FAILED_TVR, "4000", EMV_CVM_FAILED);
}

/* covers: 2.8 online PIN, 2.8 PIN bypass, 2.8 PIN pad absent */
static void test_pin_outcomes(void **state)
{
    (void)state;
    struct emv *e = prepare(XY_0 "4200 0200");
    card.pin = EMV_PIN_BYPASSED;
    expect(e, "020001", "0000880000", "4000", EMV_CVM_FAILED);
    assert_int_equal(card.pin_asked, 1); /* who declined is not asked again */

    e = prepare(XY_0 "4200 1E00");
    card.pin = EMV_PIN_NO_PAD;
    expect(e, "1E0000", "0000100000", "4000", EMV_CVM_SIGNATURE);

    e = prepare(XY_0 "0200");
    terminal.dialogue.online_pin = NULL;
    expect(e, "020001", "0000900000", "4000", EMV_CVM_FAILED);

    const int ends[][2] = {
        {EMV_PIN_CANCELLED, EMV_CANCELLED},
        {HAL_E_CANCELLED, EMV_CANCELLED},
        {HAL_E_POWER, HAL_E_POWER},
        {99, E_INVAL},
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        e = prepare(XY_0 "0200");
        card.pin = ends[i][0];
        assert_int_equal(emv_verify_cardholder(e), ends[i][1]);
        emv_end(e);
    }
}

/* covers: 2.8 conditions */
static void test_conditions(void **state)
{
    (void)state;
    const struct {
        uint8_t condition, type, terminal_type;
        uint64_t amount;
        bool met;
    } rows[] = {
        {0x00, EMV_PURCHASE, 0x22, 0, true},     {0x01, EMV_CASH, 0x24, 0, true},
        {0x01, EMV_CASH, 0x22, 0, false},        {0x01, EMV_PURCHASE, 0x24, 0, false},
        {0x02, EMV_PURCHASE, 0x22, 0, true},     {0x02, EMV_PURCHASE, 0x24, 0, true},
        {0x02, EMV_CASH, 0x24, 0, false},        {0x02, EMV_CASH, 0x22, 0, false},
        {0x02, EMV_CASHBACK, 0x22, 0, false},    {0x02, EMV_MANUAL_CASH, 0x22, 0, false},
        {0x03, EMV_PURCHASE, 0x22, 0, true},     {0x04, EMV_MANUAL_CASH, 0x22, 0, true},
        {0x04, EMV_CASH, 0x22, 0, true},         {0x04, EMV_CASH, 0x24, 0, false},
        {0x04, EMV_PURCHASE, 0x22, 0, false},    {0x05, EMV_CASHBACK, 0x22, 0, true},
        {0x05, EMV_PURCHASE, 0x22, 0, false},    {0x06, EMV_PURCHASE, 0x22, 999, true},
        {0x06, EMV_PURCHASE, 0x22, 1000, false}, {0x07, EMV_PURCHASE, 0x22, 1001, true},
        {0x07, EMV_PURCHASE, 0x22, 1000, false}, {0x08, EMV_PURCHASE, 0x22, 1999, true},
        {0x08, EMV_PURCHASE, 0x22, 2000, false}, {0x09, EMV_PURCHASE, 0x22, 2001, true},
        {0x09, EMV_PURCHASE, 0x22, 2000, false}, {0x0A, EMV_PURCHASE, 0x22, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char list[32];
        snprintf(list, sizeof list, XY "1F%02X", rows[i].condition);
        struct emv *e = prepare(list);
        terminal.transaction.type = rows[i].type;
        terminal.transaction.amount_cents = rows[i].amount;
        terminal.config.type = rows[i].terminal_type;
        assert_int_equal(emv_verify_cardholder(e), OK);
        if ((e->cvm != EMV_CVM_FAILED) != rows[i].met)
            fail_msg("row %zu: condition %02X", i, rows[i].condition);
        emv_end(e);
    }
}

/* X and Y can be compared in the card's own currency only. */
/* covers: 2.8 currency */
static void test_other_currency(void **state)
{
    (void)state;
    const char *currencies[] = {"0840", NULL};
    for (size_t i = 0; i < 2; i++) {
        struct emv *e = prepare(XY "1F06 1F07 1F08 1F09 1E00");
        emv_drop(e, 0x9F42);
        if (currencies[i])
            fake_put(e, 0x9F42, currencies[i]);
        expect(e, "1E0000", NO_TVR, "4000", EMV_CVM_SIGNATURE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_performed), cmocka_unit_test(test_methods),    cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_pin_outcomes),  cmocka_unit_test(test_conditions), cmocka_unit_test(test_other_currency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
