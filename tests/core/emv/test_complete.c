/* Completion: which response code and which request the second GENERATE AC gets, what its answers mean, which bits
 * stand in TVR and TSI at each point, and scripts of every size (EMV Book 3 10.9 to 10.11, Book 4 6.3.8 and annex A6;
 * DOMAIN 2.10 point 4, 2.11). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

#define AC "000501020304050607089000"

static struct fake_terminal terminal;
static struct fake_card card;

/* After an ARQC: CDOL2 asks for 8A and TVR, TSI already says "card risk management". */
static struct emv *prepare(void)
{
    card = (struct fake_card){0};
    fake_setup(&terminal, &card);
    struct emv *e = fake_chosen(&terminal);
    fake_put(e, 0x82, "7C00");
    fake_put(e, 0x8D, "8A029505");
    fake_put(e, 0x9F0D, "0000000000");
    fake_put(e, 0x9F0E, "0000000000");
    fake_put(e, 0x9F0F, "0000000000");
    e->decision = EMV_ONLINE;
    return e;
}

/* covers: 2.11 outcomes of the second GENERATE AC, 2.11 GENERATE AC malformed, 2.11 GENERATE AC refused */
static void test_outcomes(void **state)
{
    (void)state;
    const struct {
        bool approved;
        const char *answer;
        int rc;
        enum emv_decision decision;
    } rows[] = {
        {true, "800B40" AC, OK, EMV_APPROVED},
        {true, "800B00" AC, OK, EMV_DECLINED}, /* the application reverses */
        {true, "800B80" AC, EMV_CARD_ERROR, EMV_ONLINE},
        {true, "800BC0" AC, EMV_CARD_ERROR, EMV_ONLINE},
        {false, "800B00" AC, OK, EMV_DECLINED},
        {false, "800B40" AC, EMV_CARD_ERROR, EMV_ONLINE}, /* higher than asked */
        {false, "800B80" AC, EMV_CARD_ERROR, EMV_ONLINE},
        {false, "800BC0" AC, EMV_CARD_ERROR, EMV_ONLINE},
        {true, "6985", EMV_CARD_ERROR, EMV_ONLINE},
        {true, "9000", EMV_CARD_ERROR, EMV_ONLINE},
        {true,
         "800A40000501020304050607"
         "9000",
         EMV_CARD_ERROR, EMV_ONLINE},
        {true,
         "770A9F2701409F36020005"
         "9000",
         EMV_CARD_ERROR, EMV_ONLINE},
        {true, "77149F2701409F360200059F260801020304050607089000", OK, EMV_APPROVED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare();
        fake_host(&terminal, rows[i].approved ? "00" : "05", rows[i].approved, "");
        card.step[0] = (struct fake_step){
            rows[i].approved ? "80AE4000073030000000000000" : "80AE0000073035000000000000",
            rows[i].answer,
            0,
        };
        int rc = emv_complete(e, &terminal.host);
        if (rc != rows[i].rc || e->decision != rows[i].decision)
            fail_msg("row %zu: %d, decision %d", i, rc, (int)e->decision);
        assert_object(e, 0x8A, rows[i].approved ? "3030" : "3035");
        assert_object(e, 0x9B, rc == OK ? "2000" : "0000");
        emv_end(e);
    }
}

/* covers: 2.10 unable to go online, 2.11 ARC. By type of terminal and by what the action codes for that case say. */
static void test_unable_to_go_online(void **state)
{
    (void)state;
    const struct {
        uint8_t type;
        const char *iac_default;
        uint8_t tac_default;
        const char *command, *answer, *arc;
        enum emv_decision decision;
    } rows[] = {
        {0x22, "0000000000", 0x00, "80AE4000075933800000000000", "800B40" AC, "5933", EMV_APPROVED},
        {0x22, "0000000000", 0x00, "80AE4000075933800000000000", "800B00" AC, "5A33", EMV_DECLINED},
        {0x22, "8000000000", 0x00, "80AE0000075A33800000000000", "800B00" AC, "5A33", EMV_DECLINED},
        {0x22, "0000000000", 0x80, "80AE0000075A33800000000000", "800B00" AC, "5A33", EMV_DECLINED},
        {0x22, NULL, 0x00, "80AE0000075A33800000000000", "800B00" AC, "5A33", EMV_DECLINED}, /* absent: all ones */
        {0x21, "0000000000", 0x00, "80AE0000075A33800000000000", "800B00" AC, "5A33", EMV_DECLINED},
        {0x24, "0000000000", 0x00, "80AE0000075A33800000000000", "800B00" AC, "5A33", EMV_DECLINED},
        {0x25, "0000000000", 0x00, "80AE4000075933800000000000", "800B40" AC, "5933", EMV_APPROVED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare();
        terminal.config.type = rows[i].type;
        terminal.config.aid[0].tac_default[0] = rows[i].tac_default;
        emv_drop(e, 0x9F0D);
        if (rows[i].iac_default)
            fake_put(e, 0x9F0D, rows[i].iac_default);
        fake_put(e, 0x9F0E, "FFFFFFFFFF"); /* has had its say before */
        fake_put(e, 0x9F0F, "FFFFFFFFFF");
        tvr_set(e->tvr, TVR_ODA_NOT_PERFORMED);
        fake_host(&terminal, "00", true, FAKE_91 FAKE_71); /* not looked at: it is no answer */
        terminal.host.online = false;
        card.step[0] = (struct fake_step){rows[i].command, rows[i].answer, 0};
        assert_int_equal(emv_complete(e, &terminal.host), OK);
        assert_int_equal(e->decision, rows[i].decision);
        assert_object(e, 0x8A, rows[i].arc);
        assert_object(e, 0x95, "8000000000"); /* no bit says "unable to go online" */
        emv_end(e);
    }
}

/* covers: 2.11 EXTERNAL AUTHENTICATE, 2.11 TSI. 91 of 8 to 16 bytes goes to the card whole; anything but 9000 is a
 * failure, and the card hears of it in TVR. */
static void test_issuer_authentication(void **state)
{
    (void)state;
    const char *status[] = {"9000", "6300", "6985", "6982", "6283", "6D00"};
    for (size_t len = 7; len <= 17; len++) {
        for (size_t i = 0; i < sizeof status / sizeof *status; i++) {
            char field[64], command[80], final[64];
            struct emv *e = prepare();
            bool sent = len >= 8 && len <= 16, failed = sent && strcmp(status[i], "9000") != 0;
            size_t step = 0;
            int at = snprintf(field, sizeof field, "91%02zX", len);
            for (size_t n = 0; n < len; n++)
                at += snprintf(field + at, sizeof field - (size_t)at, "%02zX", n + 1);
            snprintf(command, sizeof command, "00820000%s", field + 2);
            snprintf(final, sizeof final, "80AE4000073030%s00", failed ? "0000000040" : "0000000000");
            if (sent)
                card.step[step++] = (struct fake_step){command, status[i], 0};
            card.step[step] = (struct fake_step){final, "800B40" AC, 0};
            fake_host(&terminal, "00", true, field);
            assert_int_equal(emv_complete(e, &terminal.host), OK);
            assert_object(e, 0x9B, sent ? "3000" : "2000");
            assert_null(card.step[card.at].command);
            emv_end(e);
        }
    }
}

/* covers: 2.11 scripts of more than 128 bytes, 2.11 result bytes */
static void test_long_script(void **state)
{
    (void)state;
    char command[300], script[520];
    struct emv *e = prepare();
    int at = snprintf(command, sizeof command,
                      "84DA0000"
                      "72");
    for (int i = 0; i < 0x72; i++)
        at += snprintf(command + at, sizeof command - (size_t)at, "%02X", i);
    /* Two commands in one script: the long one and a short one behind it. */
    snprintf(script, sizeof script,
             "7181%02X"
             "9F180401020304"
             "8677%s"
             "86058418000000",
             7 + 2 + 0x77 + 7, command);
    card.step[0] = (struct fake_step){command, "9000", 0};
    card.step[1] = (struct fake_step){"8418000000", "6A80", 0};
    card.step[2] = (struct fake_step){"80AE4000073030000000002000", "800B40" AC, 0};
    fake_host(&terminal, "00", true, script);
    assert_true(terminal.host.field55_len > 128);
    assert_int_equal(emv_complete(e, &terminal.host), OK);
    assert_object(e, 0xDF31, "1201020304");
    assert_object(e, 0x9F5B, "1201020304"); /* the same by its EMV name */
    assert_object(e, 0x9B, "2400");
    emv_end(e);
}

/* covers: 2.11 TVR of scripts, 2.11 script results in order. Bit 6 belongs to the card's decision, bit 5 comes after
 * it. */
static void test_script_bits(void **state)
{
    (void)state;
    for (int bad = 0; bad < 4; bad++) {
        bool bad_before = bad & 1, bad_after = bad & 2;
        char final[40], results[24], tvr[11];
        struct emv *e = prepare();
        snprintf(final, sizeof final, "80AE4000073030%s00", bad_before ? "0000000020" : "0000000000");
        card.step[0] = (struct fake_step){"8418000000", bad_before ? "6985" : "6200", 0};
        card.step[1] = (struct fake_step){final, "800B40" AC, 0};
        card.step[2] = (struct fake_step){"8424000000", bad_after ? "6D00" : "9000", 0};
        fake_host(&terminal, "00", true,
                  "720E9F1804AABBCCDD86058424000000"
                  "710E9F18041122334486058418000000");
        assert_int_equal(emv_complete(e, &terminal.host), OK);
        snprintf(results, sizeof results, "%s11223344%sAABBCCDD", bad_before ? "11" : "20", bad_after ? "11" : "20");
        snprintf(tvr, sizeof tvr, "00000000%02X", (bad_before ? 0x20 : 0) | (bad_after ? 0x10 : 0));
        assert_object(e, 0xDF31, results);
        assert_object(e, 0x95, tvr);
        assert_object(e, 0x9B, "2400");
        assert_int_equal(e->decision, EMV_APPROVED); /* what comes after the cryptogram changes nothing */
        emv_end(e);
    }
}

/* covers: 2.11 advice bit of the second cryptogram */
static void test_advice(void **state)
{
    (void)state;
    struct emv *e = prepare();
    fake_host(&terminal, "00", true, "");
    card.step[0] = (struct fake_step){"80AE4000073030000000000000", "800B0B" AC, 0};
    assert_int_equal(emv_complete(e, &terminal.host), OK);
    assert_int_equal(e->decision, EMV_DECLINED);
    assert_string_equal(card.log, "emv: the card asks for an advice: issuer authentication failed");
    emv_end(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes),    cmocka_unit_test(test_unable_to_go_online),
        cmocka_unit_test(test_long_script), cmocka_unit_test(test_issuer_authentication),
        cmocka_unit_test(test_script_bits), cmocka_unit_test(test_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
