/* The T=0 mapping and activation of core/icc against a scripted reader (EMV Book 1 annex A, sections 8 and 9.3). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/icc/t0_card.h"

/* covers: 3.2 cases */
static void test_cases(void **state)
{
    (void)state;
    expect((struct step[]){{"0044000000", "9000", 0}, {0}}, "00440000", OK, "9000");
    expect((struct step[]){{"80CA9F3600", "6C05", 0}, {"80CA9F3605", "9F360200019000", 0}, {0}}, "80CA9F3600", OK,
           "9F360200019000");
    expect((struct step[]){{"0082000002AABB", "6300", 0}, {0}}, "0082000002AABB", OK, "6300");
    expect((struct step[]){{"80A80000028300", "6104", 0}, {"00C0000004", "800212349000", 0}, {0}}, "80A8000002830000",
           OK, "800212349000");
    expect((struct step[]){{"80A80000028300", "6985", 0}, {0}}, "80A8000002830000", OK, "6985");
}

/* Book 1 annex A5 and A6: data that comes in pieces. */
/* covers: 3.2 procedure bytes */
static void test_pieces(void **state)
{
    (void)state;
    expect((struct step[]){{"00B2010C00", "6C03", 0}, {"00B2010C03", "01026101", 0}, {"00C0000001", "039000", 0}, {0}},
           "00B2010C00", OK, "0102039000");
    expect(
        (struct step[]){{"00A4040001AA", "6102", 0}, {"00C0000002", "01026102", 0}, {"00C0000002", "03049000", 0}, {0}},
        "00A4040001AA00", OK, "010203049000");
    expect((struct step[]){{"00A4040001AA", "6105", 0}, {"00C0000005", "6C02", 0}, {"00C0000002", "03049000", 0}, {0}},
           "00A4040001AA00", OK, "03049000");
}

/* Book 1 annex A7: the first warning is what the kernel sees, whatever GET RESPONSE ends with. */
/* covers: 3.2 warning */
static void test_warning(void **state)
{
    (void)state;
    expect((struct step[]){{"00A4040001AA", "6283", 0}, {"00C0000000", "6C02", 0}, {"00C0000002", "6F009000", 0}, {0}},
           "00A4040001AA00", OK, "6F006283");
    expect((struct step[]){{"00A4040001AA", "6283", 0}, {"00C0000000", "6F00", 0}, {0}}, "00A4040001AA00", OK, "6283");
}

/* covers: 3.2 cases */
static void test_broken_rules(void **state)
{
    (void)state;
    expect((struct step[]){{"0044000000", "6110", 0}, {0}}, "00440000", ICC_PROTOCOL, "");
    expect((struct step[]){{"0044000000", "AA9000", 0}, {0}}, "00440000", ICC_PROTOCOL, "");
    expect((struct step[]){{"0082000001AA", "6C01", 0}, {0}}, "0082000001AA", ICC_PROTOCOL, "");
    expect((struct step[]){{"00A4040001AA", "6C01", 0}, {0}}, "00A4040001AA00", ICC_PROTOCOL, "");
    expect((struct step[]){{"00A4040001AA", "6101", 0}, {"00C0000001", "01029000", 0}, {0}}, "00A4040001AA00",
           ICC_PROTOCOL, "");
    expect((struct step[]){{"00B2010C00", "AA6C01", 0}, {0}}, "00B2010C00", ICC_PROTOCOL, ""); /* wrong Le, and data */
    expect((struct step[]){{"00B2010C00", "90", 0}, {0}}, "00B2010C00", ICC_PROTOCOL, "");
    expect((struct step[]){{"00B2010C00", "", 0}, {0}}, "00B2010C00", ICC_PROTOCOL, "");
}

/* covers: 3.2 storms of procedure bytes */
static void test_storms(void **state)
{
    (void)state;
    const struct step more[] = {{"00A4040001AA", "6100", 0}, {"00C0000000", "6100", 0}, {0}};
    const struct step wrong[] = {{"00B2010C00", "6C00", 0}, {0}};
    const struct step bytes[] = {
        {"00A4040001AA", "6110", 0}, {"00C0000010", "000102030405060708090A0B0C0D0E0F6110", 0}, {0}};
    char text[2 * RAPDU_MAX + 1];
    struct script s = script_of(more);
    s.loop = true;
    assert_int_equal(send(&s, "00A4040001AA00", text), ICC_PROTOCOL);
    s = script_of(wrong);
    s.loop = true;
    assert_int_equal(send(&s, "00B2010C00", text), ICC_PROTOCOL);
    s = script_of(bytes); /* more than 256 bytes of data in all */
    s.loop = true;
    assert_int_equal(send(&s, "00A4040001AA00", text), ICC_PROTOCOL);
}

static void test_reader_outcomes(void **state)
{
    (void)state;
    const struct {
        int status, rc;
    } rows[] = {
        {HAL_E_MUTE, ICC_MUTE},  {HAL_E_REMOVED, ICC_REMOVED}, {HAL_E_PROTOCOL, ICC_PROTOCOL},
        {E_LIMIT, ICC_PROTOCOL}, {HAL_E_IO, ICC_READER},       {HAL_E_POWER, HAL_E_POWER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect((struct step[]){{"00B2010C00", NULL, rows[i].status}, {0}}, "00B2010C00", rows[i].rc, "");
}

static void test_t1_passes_whole(void **state)
{
    (void)state;
    const struct step steps[] = {{"80A8000002830000", "800212349000", 0}, {0}};
    struct script s = script_of(steps);
    char text[2 * RAPDU_MAX + 1];
    s.cold = ATR_T1;
    assert_int_equal(send(&s, "80A8000002830000", text), OK);
    assert_string_equal(text, "800212349000");
}

static int open_with(struct script *s)
{
    struct hal hal = {.reader = {&ops, s}};
    struct icc icc;
    int rc = icc_open(&icc, &hal);
    icc_close(&icc);
    return rc;
}

/* covers: 3.1 activation and warm reset */
static void test_activation(void **state)
{
    (void)state;
    struct script s = script_of(NULL);
    s.cold = ATR_BAD;
    assert_int_equal(open_with(&s), OK); /* saved by the warm reset */
    assert_int_equal(s.resets, 2);

    s = script_of(NULL);
    s.cold = "3B";
    s.warm = "3D00";
    assert_int_equal(open_with(&s), ICC_BAD_ATR);
    assert_int_equal(s.resets, 2);
    assert_int_equal(s.offs, 1);

    const struct {
        int status, rc;
    } rows[] = {
        {HAL_E_MUTE, ICC_MUTE}, {HAL_E_ABSENT, ICC_REMOVED}, {HAL_E_PROTOCOL, ICC_PROTOCOL},
        {HAL_E_IO, ICC_READER}, {HAL_E_POWER, HAL_E_POWER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        s = script_of(NULL);
        s.cold_status = rows[i].status;
        assert_int_equal(open_with(&s), rows[i].rc);
        assert_int_equal(s.resets, 1);
        assert_int_equal(s.offs, 1);
    }

    s = script_of(NULL);
    s.level = HAL_READER_CHARACTER + 1; /* no such level */
    assert_int_equal(open_with(&s), HAL_E_UNSUPPORTED);
    assert_int_equal(s.resets, 0);
}

static void test_misuse(void **state)
{
    (void)state;
    struct icc icc = {0};
    uint8_t answer[RAPDU_MAX];
    size_t len;
    assert_int_equal(icc_exchange(&icc, (const uint8_t *)"\0\0\0\0", 4, answer, sizeof answer, &len), E_STATE);
    assert_int_equal(icc_exchange(&icc, (const uint8_t *)"\0\0\0\0", 4, answer, 8, &len), E_INVAL);
    expect((struct step[]){{0}}, "00A404", E_FORMAT, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),           cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_warning),         cmocka_unit_test(test_broken_rules),
        cmocka_unit_test(test_storms),          cmocka_unit_test(test_reader_outcomes),
        cmocka_unit_test(test_t1_passes_whole), cmocka_unit_test(test_activation),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
