/* The class descriptor (CCID 5.1): what is taken from it, and what it is refused for. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/hw/ccid/model.h"

static void test_fields(void **state)
{
    (void)state;
    uint8_t extra[57] = {3, 0x30, 0}; /* another descriptor comes first */
    struct ccid_descriptor d;
    const char *why;
    model_descriptor(extra + 3, TPDU | 0x04FE, 271, 7);
    assert_int_equal(ccid_descriptor_parse(extra, sizeof extra, &d, &why), OK);
    assert_int_equal(d.version, 0x0110);
    assert_int_equal(d.slots, 1);
    assert_int_equal(d.level, CCID_TPDU);
    assert_int_equal(d.clock_khz, 4000);
    assert_int_equal(d.rate_bps, 10752);
    assert_int_equal(d.max_ifsd, 254);
    assert_int_equal(d.max_message, 271);
    assert_true(d.auto_voltage && d.auto_clock && d.auto_rate && d.auto_parameters && d.auto_pps && d.auto_ifsd);
    model_descriptor(extra + 3, EXTENDED, 0xFFFFFFFF, 1);
    assert_int_equal(ccid_descriptor_parse(extra, sizeof extra, &d, &why), OK);
    assert_int_equal(d.max_message, CCID_MESSAGE_MAX);
    assert_int_equal(d.voltages, CCID_5V);
    assert_false(d.auto_voltage || d.auto_parameters || d.auto_pps || d.auto_ifsd);
    model_descriptor(extra + 3, 0, 271, 1);
    assert_int_equal(ccid_descriptor_parse(extra, sizeof extra, &d, &why), OK);
    assert_int_equal(d.level, CCID_CHARACTER);
}

static void refused(size_t len, size_t at, uint8_t value, uint32_t features, uint32_t max_message, const char *part)
{
    uint8_t bytes[54];
    struct ccid_descriptor d;
    const char *why = NULL;
    model_descriptor(bytes, features, max_message, 7);
    if (at < sizeof bytes)
        bytes[at] = value;
    assert_int_equal(ccid_descriptor_parse(bytes, len, &d, &why), E_FORMAT);
    assert_non_null(strstr(why, part));
}

static void test_refused(void **state)
{
    (void)state;
    refused(54, 44, 0, TPDU, 0, "dwMaxCCIDMessageLength");
    refused(54, 44, 42, TPDU, 42, "dwMaxCCIDMessageLength");
    refused(53, 0, 54, TPDU, 271, "bLength");
    refused(54, 0, 53, TPDU, 271, "54 bytes");
    refused(54, 0, 0, TPDU, 271, "shorter than its head");
    refused(54, 0, 1, TPDU, 271, "shorter than its head");
    refused(54, 0, 255, TPDU, 271, "past the end");
    refused(0, 54, 0, TPDU, 271, "no CCID descriptor");
    refused(54, 1, 0x22, TPDU, 271, "no CCID descriptor");
    refused(1, 54, 0, TPDU, 271, "bLength");
    refused(54, 4, 255, TPDU, 271, "bMaxSlotIndex");
    refused(54, 6, 0, TPDU, 271, "dwProtocols");
    refused(54, 54, 0, TPDU | SHORT, 271, "level");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fields), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
