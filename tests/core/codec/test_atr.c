/* Answers to reset: reference ATRs of DOMAIN 3.1, and each of the terminal's rules broken once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/atr.h"
#include "tests/core/codec/bytes.h"

#define BASIC_T1 "3BE000FF81317C4192"
#define COMPLEX_T0 "3BF41300FFD0000A3F0300DEADBEEFDC"
#define COMPLEX_T1 "3BF41300FF9101717C4100DEADBEEFE6"

static int parse(const char *hex, struct atr *atr, const char **why)
{
    struct bytes b = bytes_hex(hex);
    int status = atr_parse(b.p, b.len, atr, why);
    bytes_free(&b);
    return status;
}

/* covers: 3.1 reference ATRs */
static void accepts_the_reference_atrs(void **state)
{
    (void)state;
    static const char *const good[] = {"3B600000", "3F600000", BASIC_T1, COMPLEX_T0, COMPLEX_T1};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct atr atr;
        const char *why;
        assert_int_equal(parse(good[i], &atr, &why), OK);
        assert_int_equal(atr_check_emv(&atr, false, &why), OK);
        assert_int_equal(atr_check_emv(&atr, true, &why), OK);
        assert_string_equal(why, "");
    }
}

/* covers: 3.1 interface characters */
static void fills_the_fields(void **state)
{
    (void)state;
    struct atr atr;
    const char *why;
    assert_int_equal(parse(COMPLEX_T1, &atr, &why), OK);
    assert_int_equal(atr.protocol, 1);
    assert_int_equal(atr.ta[1], 0x13);
    assert_int_equal(atr.ta[2], 0x01);
    assert_int_equal(atr.has_b, 1 << 1 | 1 << 3);
    assert_int_equal(atr.ifsc, 0x7C);
    assert_int_equal(atr.bwi, 4);
    assert_int_equal(atr.cwi, 1);
    assert_hex(atr.historical, atr.historical_len, "DEADBEEF");
    assert_true(atr.has_tck && atr.tck_ok);
    assert_int_equal(parse("3B600000", &atr, &why), OK);
    assert_int_equal(atr.protocol, 0);
    assert_false(atr.has_tck);
    assert_int_equal(atr.ifsc, 32);
}

/* covers: 3.1 characters that are refused, 3.1 TA2 */
static void refuses_what_the_terminal_must_refuse(void **state)
{
    (void)state;
    struct atr atr;
    const char *why;
    assert_int_equal(parse("3BDA18FF81B1FE751F030031F573C78A40009000B0", &atr, &why), OK);
    assert_int_equal(atr_check_emv(&atr, false, &why), E_FORMAT);
    assert_string_equal(why, "TB1: must be 00 in a cold ATR");
    assert_int_equal(atr_check_emv(&atr, true, &why), E_FORMAT);
    assert_string_equal(why, "TB3: BWI over 4 or CWI over 5");

    /* the pseudo ATR of a contactless card: sound, but no contact ATR */
    assert_int_equal(parse("3B8D80010081 4D22088660122227500001 4A", &atr, &why), OK);
    assert_int_equal(atr.historical_len, 13);
    assert_int_equal(atr_check_emv(&atr, true, &why), E_FORMAT);
}

/* covers: 3.1 broken characters */
static void names_the_broken_character(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *why;
    } cases[] = {
        {"", "TS"},
        {"00600000", "TS"},
        {"3B", "T0: missing"},
        {"3B6000", "TA1..TD1: missing"},
        {"3B62000041", "T0: historical bytes missing"},
        {"3B60000000", "characters left over"},
        {"3BE000FF81317C41", "TCK: missing"},
        {"3BE000FF81317C4193", "TCK"},
        {"3BE000FF81317C419200", "characters left over"},
        {"3B80808080F001020304", "TD4: announces more interface characters than an ATR can hold"},
        {"3B0F0102030405060708090A0B0C0D0E0F0102030405060708090A0B0C0D0E0F0102", "longer than 33 characters"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct atr atr;
        const char *why;
        assert_int_equal(parse(cases[i].hex, &atr, &why), E_FORMAT);
        assert_string_equal(why, cases[i].why);
    }
}

/* A correct TCK for whatever stands before it. */
static int parse_with_tck(const char *hex, struct atr *atr)
{
    struct bytes b = bytes_hex(hex);
    uint8_t bytes[34] = {0};
    const char *why;
    memcpy(bytes, b.p, b.len);
    for (size_t i = 1; i < b.len; i++)
        bytes[b.len] ^= bytes[i];
    int status = atr_parse(bytes, b.len + 1, atr, &why);
    bytes_free(&b);
    return status;
}

/* covers: 3.1 each rule */
static void applies_each_rule(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        int cold, warm;
        const char *rule;
    } cases[] = {
        {"3BE000FF81317C41", OK, OK, "basic T=1"},
        {"3BE001FF81317C41", E_FORMAT, OK, "TB1"},
        {"3BC0FF81317C41", E_FORMAT, OK, "TB1 absent"},
        {"3BE0000181317C41", E_FORMAT, E_FORMAT, "TC1 01"},
        {"3BE0000081317C42", OK, OK, "N=0, CWI 2"},
        {"3BE0000081317C40", E_FORMAT, E_FORMAT, "N=0, 2^0 not over 1"},
        {"3BE000FF81317C40", OK, OK, "N=-1, 2^0 over 0"},
        {"3BE000FF82317C41", E_FORMAT, E_FORMAT, "TD1 T=2"},
        {"3BF01800FF81317C41", OK, OK, "TA1 18, negotiable"},
        {"3BF01800FF9101317C41", E_FORMAT, E_FORMAT, "TA1 18, specific"},
        {"3BF01100FF9101317C41", OK, OK, "TA1 11, specific"},
        {"3BF01100FF9111317C41", E_FORMAT, E_FORMAT, "TA2 implicit"},
        {"3BF01100FF9100317C41", E_FORMAT, E_FORMAT, "TA2 of T=0 after TD1 T=1"},
        {"3BE000FFA100317C41", E_FORMAT, E_FORMAT, "TB2"},
        {"3BE000FFC10A317C41", E_FORMAT, E_FORMAT, "TC2 for T=1"},
        {"3BE000FF81307C41", E_FORMAT, E_FORMAT, "TD2 T=0 after T=1"},
        {"3BE000FF81310F41", E_FORMAT, E_FORMAT, "IFSC 0F"},
        {"3BE000FF81311041", OK, OK, "IFSC 10"},
        {"3BE000FF8131FE41", OK, OK, "IFSC FE"},
        {"3BE000FF8131FF41", E_FORMAT, E_FORMAT, "IFSC FF"},
        {"3BE000FF81117C", E_FORMAT, E_FORMAT, "TB3 absent"},
        {"3BE000FF01", E_FORMAT, E_FORMAT, "T=1 without third group"},
        {"3BE000FF81317C51", E_FORMAT, E_FORMAT, "BWI 5"},
        {"3BE000FF81317C46", E_FORMAT, E_FORMAT, "CWI 6"},
        {"3BE000FF81717C4101", E_FORMAT, E_FORMAT, "TC3 CRC"},
        {"3BE000FF81717C4100", OK, OK, "TC3 LRC"},
        {"3BE000FFC00A3F0000", OK, OK, "TC2 0A, T=15 after T=0"},
        {"3BE000FFC00B3F0000", E_FORMAT, E_FORMAT, "TC2 0B"},
        {"3BE000FF80317C41", E_FORMAT, E_FORMAT, "T=1 after T=0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct atr atr;
        const char *why;
        if (parse_with_tck(cases[i].hex, &atr) != OK)
            fail_msg("%s does not parse", cases[i].rule);
        if (atr_check_emv(&atr, false, &why) != cases[i].cold || atr_check_emv(&atr, true, &why) != cases[i].warm)
            fail_msg("%s: %s", cases[i].rule, why);
    }
}

/* covers: 3.1 broken ATRs */
static void survives_truncation_and_corruption(void **state)
{
    (void)state;
    static const char *const whole[] = {BASIC_T1, COMPLEX_T0, COMPLEX_T1};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        struct bytes w = bytes_hex(whole[i]);
        for (size_t n = 0; n < w.len; n++) {
            struct bytes b = bytes_copy(w.p, n);
            struct atr atr;
            const char *why;
            assert_int_equal(atr_parse(b.p, b.len, &atr, &why), E_FORMAT);
            for (unsigned value = 0; n && value < 256; value++) {
                b.p[n - 1] = (uint8_t)value;
                if (atr_parse(b.p, b.len, &atr, &why) == OK)
                    atr_check_emv(&atr, false, &why);
            }
            bytes_free(&b);
        }
        bytes_free(&w);
    }
}

/* covers: 3.1 rate. What a reader must know of an ATR: how much of it is missing, its speed, its guard time. */
static void tells_the_reader_what_it_needs(void **state)
{
    (void)state;
    static const char *const whole[] = {"3B600000", "3B67000050425445535430", BASIC_T1, COMPLEX_T0, COMPLEX_T1};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        struct bytes b = bytes_hex(whole[i]);
        assert_int_equal(atr_missing(b.p, b.len), 0);
        for (size_t len = 0; len < b.len; len++)
            assert_in_range(atr_missing(b.p, len), 1, b.len - len);
        bytes_free(&b);
    }
    static const struct {
        const char *hex;
        unsigned rate;
        int guard;
    } cases[] = {
        {"3B600000", 1, 0},  {"3B6000FF", 1, 0},           {BASIC_T1, 1, -1}, {COMPLEX_T0, 4, 0},
        {COMPLEX_T1, 4, -1}, {"3B9013910131FE4100", 4, 0}, {"3B1013", 1, 0}, /* TA1 in negotiable mode: the default */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct atr atr;
        const char *why;
        parse(cases[i].hex, &atr, &why);
        assert_int_equal(atr_rate(&atr), cases[i].rate);
        assert_int_equal(atr_extra_guard(&atr), cases[i].guard);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_reader_what_it_needs),
        cmocka_unit_test(accepts_the_reference_atrs),
        cmocka_unit_test(fills_the_fields),
        cmocka_unit_test(refuses_what_the_terminal_must_refuse),
        cmocka_unit_test(names_the_broken_character),
        cmocka_unit_test(applies_each_rule),
        cmocka_unit_test(survives_truncation_and_corruption),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
