/* Power, parameters and presence over the model. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/hw/ccid/model.h"

static int power(struct ccid *c, bool warm, size_t *len)
{
    uint8_t atr[HAL_ATR_MAX];
    *len = 0;
    return ccid_power_on(c, warm, atr, len);
}

static void run(struct model *m, uint32_t features, uint8_t voltages, int rc, const char *log, const char *trouble)
{
    struct ccid *c = model_reader(m, features, 271, voltages);
    size_t len;
    assert_non_null(c);
    assert_int_equal(power(c, false, &len), rc);
    if (log)
        assert_string_equal(m->log, log);
    if (!strstr(ccid_trouble(c), trouble))
        fail_msg("trouble: %s", ccid_trouble(c));
    ccid_destroy(c);
}

static void test_voltage(void **state)
{
    (void)state;
    run(&(struct model){0}, TPDU | AUTO, 7, OK, "65 62.0 ", "");
    run(&(struct model){.voltage = 1}, TPDU | 0x82, 7, OK, "65 62.1 ", "");
    run(&(struct model){.voltage = 3}, TPDU | 0x82, 7, OK, "65 62.1 63 62.2 63 62.3 ", "");
    run(&(struct model){.voltage = 2}, TPDU | 0x82, 6, OK, "65 62.2 ", "");
    run(&(struct model){.voltage = 9}, TPDU | 0x82, 5, HAL_E_MUTE, "65 62.1 63 62.3 63 ", "ICC_MUTE");
    /* A card that answered badly is not tried at another voltage. */
    run(&(struct model){.fail_type = 0x62, .fail_error = 0xF7, .fails = 9}, TPDU | 0x82, 7, HAL_E_PROTOCOL,
        "65 62.1 63 ", "0xF7 (BAD_ATR_TCK)");
    run(&(struct model){.active = true}, TPDU | AUTO, 7, OK, "65 63 62.0 ", ""); /* says active before */
}

static void test_levels(void **state)
{
    (void)state;
    run(&(struct model){0}, AUTO, 7, HAL_E_UNSUPPORTED, "", "character level");
    run(&(struct model){0}, SHORT | AUTO, 7, OK, NULL, "");
    run(&(struct model){0}, EXTENDED | AUTO, 7, OK, NULL, "");
}

static void test_absent(void **state)
{
    (void)state;
    run(&(struct model){.absent = true}, TPDU | AUTO, 7, HAL_E_ABSENT, "65 ", "no card");
}

static void gone(uint8_t *message, size_t *len)
{
    message[1] = 0;
    message[7] = 0x42;
    message[8] = 0xFE;
    *len = CCID_HEADER;
}

static void test_removed_while_powering(void **state)
{
    (void)state;
    run(&(struct model){.lie_type = 0x62, .lie = gone, .lies = 1}, TPDU | 0x82, 7, HAL_E_ABSENT, "65 62.1 ",
        "taken out");
}

static void test_atr_lengths(void **state)
{
    (void)state;
    run(&(struct model){.atr = ""}, TPDU | AUTO, 7, HAL_E_PROTOCOL, NULL, "answer to reset of 0 bytes");
    run(&(struct model){.atr = "3B600000000000000000000000000000000000000000000000000000000000000000"}, TPDU | AUTO, 7,
        HAL_E_PROTOCOL, NULL, "answer to reset of 34 bytes");
    run(&(struct model){.atr = "3B6000"}, TPDU | AUTO, 7, OK, NULL, "refused"); /* the caller judges it */
}

static void test_warm(void **state)
{
    (void)state;
    struct model m = {.voltage = 2};
    struct ccid *c = model_reader(&m, TPDU | 0x82, 271, 7);
    size_t len;
    assert_int_equal(power(c, false, &len), OK);
    *m.log = 0;
    assert_int_equal(power(c, true, &len), OK);
    assert_string_equal(m.log, "65 62.2 "); /* no power off, same voltage */
    assert_int_equal(ccid_power_off(c), OK);
    assert_false(m.active);
    *m.log = 0;
    assert_int_equal(power(c, true, &len), OK); /* nothing to reset: cold */
    assert_string_equal(m.log, "65 62.1 63 62.2 ");
    ccid_destroy(c);
}

static void parameters(const char *atr, bool negotiate, uint32_t features, const char *expected, const char *log)
{
    struct model m = {.atr = atr};
    struct ccid *c = model_reader(&m, features, 271, 7);
    size_t len;
    char text[32];
    ccid_negotiate(c, negotiate);
    assert_int_equal(power(c, false, &len), OK);
    hex_encode(m.parameters + CCID_HEADER, m.parameters_len < 6 ? m.parameters_len : 6, text, sizeof text);
    assert_string_equal(text, expected);
    assert_string_equal(m.log, log);
    ccid_destroy(c);
}

static void test_parameters(void **state)
{
    (void)state;
    const char *specific = "3BF41300FFD0000A3F0300DEADBEEFDC", *offers = "3B70130000";
    parameters(MODEL_ATR_T0, false, TPDU | 8, "1100000A00", "65 62.0 61 ");
    parameters(MODEL_ATR_T1, false, TPDU | 8, "1110FF41007C", "65 62.0 61 ");
    parameters(specific, false, TPDU | 8, "1300FF0A00", "65 62.0 61 "); /* TA2: TA1 counts */
    parameters(offers, false, TPDU | 8, "1100000A00", "65 62.0 61 ");   /* EMV: 372/1 stays */
    parameters(offers, true, TPDU | 8, "1300000A00", "65 62.0 6F 61 "); /* PPS by the host */
    parameters(offers, true, TPDU | 0x88, "1300000A00", "65 62.0 61 "); /* PPS by the reader */
    parameters(offers, true, TPDU | 0xCA, "", "65 62.0 ");              /* the reader chooses */
    run(&(struct model){.fail_type = 0x61, .fail_error = 0, .fails = 1}, TPDU | 8, 7, OK, NULL, "");
    run(&(struct model){.fail_type = 0x61, .fail_error = 10, .fails = 1}, TPDU | 8, 7, HAL_E_IO, "65 62.0 61 63 ",
        "0x0A");
}

static void test_wait(void **state)
{
    (void)state;
    const struct {
        struct model m;
        bool present, now;
        unsigned ms;
        int rc;
        uint64_t least, most;
        const char *trouble;
    } table[] = {
        {{0}, false, true, 0, OK, 0, 0, ""},
        {{0}, true, true, 0, OK, 0, 0, ""},
        {{.absent = true}, false, false, 3000, OK, 3000, 3000, ""},
        {{.absent = true, .insert_ms = 1500}, false, true, 9000, OK, 1500, 2500, ""},
        {{.remove_ms = 700}, true, false, 9000, OK, 700, 1700, ""},
        {{.absent = true, .no_interrupt = true, .insert_ms = 900}, false, true, 9000, OK, 900, 1200, ""},
        {{.absent = true, .interrupt_status = HAL_E_IO, .insert_ms = 2000}, false, true, 9000, OK, 2000, 3400, ""},
        {{.absent = true, .interrupt = {0x77, 1}, .interrupt_len = 2, .insert_ms = 2000},
         false,
         true,
         9000,
         OK,
         2000,
         3400,
         ""},
        {{.interrupt = {0x51, 0, 0, 1}, .interrupt_len = 4}, true, true, 9000, HAL_E_IO, 0, 1000, "overcurrent"},
        {{.interrupt_status = HAL_E_ABSENT}, true, true, 9000, HAL_E_IO, 0, 1000, "unplugged"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct model m = table[i].m;
        struct ccid *c = model_reader(&m, TPDU | AUTO, 271, 7);
        bool now = table[i].now;
        assert_int_equal(ccid_wait(c, table[i].present, table[i].ms, &now), table[i].rc);
        assert_int_equal(now, table[i].now);
        assert_in_range(m.now_ms, table[i].least, table[i].most);
        assert_non_null(strstr(ccid_trouble(c), table[i].trouble));
        const char *first = strstr(m.log, "int");
        if (m.interrupt_status || m.interrupt[0] == 0x77) /* asked once, then polled */
            assert_true(first && !strstr(first + 1, "int"));
        ccid_destroy(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_voltage),     cmocka_unit_test(test_levels),
        cmocka_unit_test(test_absent),      cmocka_unit_test(test_removed_while_powering),
        cmocka_unit_test(test_atr_lengths), cmocka_unit_test(test_warm),
        cmocka_unit_test(test_parameters),  cmocka_unit_test(test_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
