/* Terminal action analysis and what GENERATE AC may be answered with (EMV Book 3 10.7, 10.8; DOMAIN 2.10, 2.11). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

static struct fake_terminal terminal;
static struct fake_card card;

static struct emv *prepare(void)
{
    card = (struct fake_card){.unpredictable = {0x11, 0x22, 0x33, 0x44}};
    fake_setup(&terminal, &card);
    struct emv *e = fake_chosen(&terminal);
    memset(terminal.config.aid[0].tac_online, 0, 5);
    fake_put(e, 0x9F0D, "0000000000");
    fake_put(e, 0x9F0E, "0000000000");
    fake_put(e, 0x9F0F, "0000000000");
    fake_put(e, 0x8C,
             "8A02"
             "9F3704");
    fake_put(e, 0x8D,
             "8A02"
             "9F3704");
    return e;
}

/* covers: 2.10 denial, 2.10 online action codes */
static void test_action_codes(void **state)
{
    (void)state;
    enum { DENIAL = 0x9F0E, ONLINE = 0x9F0F, DEFAULT = 0x9F0D, NO_IAC = 0 };
    const struct {
        uint32_t iac; /* the one that names the TVR's bit */
        uint8_t terminal_type;
        bool online_failed;
        enum emv_ac asked;
    } rows[] = {
        {NO_IAC, 0x22, false, EMV_AC_TC},   {NO_IAC, 0x21, false, EMV_AC_ARQC}, {NO_IAC, 0x23, false, EMV_AC_TC},
        {DENIAL, 0x22, false, EMV_AC_AAC},  {DENIAL, 0x21, false, EMV_AC_AAC},  {DENIAL, 0x23, false, EMV_AC_AAC},
        {ONLINE, 0x22, false, EMV_AC_ARQC}, {ONLINE, 0x25, false, EMV_AC_ARQC}, {ONLINE, 0x23, false, EMV_AC_TC},
        {DEFAULT, 0x22, false, EMV_AC_TC},  {DEFAULT, 0x23, false, EMV_AC_AAC}, {DEFAULT, 0x26, false, EMV_AC_AAC},
        {NO_IAC, 0x22, true, EMV_AC_TC},    {DEFAULT, 0x22, true, EMV_AC_AAC},  {ONLINE, 0x22, true, EMV_AC_TC},
        {DENIAL, 0x22, true, EMV_AC_TC},    {NO_IAC, 0x24, true, EMV_AC_AAC},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int by_terminal = 0; by_terminal < 2; by_terminal++) {
            struct emv *e = prepare();
            struct emv_aid *aid = &terminal.config.aid[0];
            uint8_t *tac = rows[i].iac == DENIAL   ? aid->tac_denial
                           : rows[i].iac == ONLINE ? aid->tac_online
                                                   : aid->tac_default;
            terminal.config.type = rows[i].terminal_type;
            tvr_set(e->tvr, TVR_EXPIRED);
            if (rows[i].iac && by_terminal)
                tac[1] = 0x40;
            else if (rows[i].iac)
                fake_put(e, rows[i].iac, "0040000000");
            if (emv_action(e, rows[i].online_failed) != rows[i].asked)
                fail_msg("row %zu, by %s action code", i, by_terminal ? "terminal" : "issuer");
            emv_end(e);
        }
    }
}

/* Book 3 10.7: an absent denial code is zeros, the others are ones. */
/* covers: 2.10 absent codes */
static void test_absent_codes(void **state)
{
    (void)state;
    struct emv *e = prepare();
    emv_drop(e, 0x9F0D);
    emv_drop(e, 0x9F0E);
    emv_drop(e, 0x9F0F);
    assert_int_equal(emv_action(e, false), EMV_AC_TC); /* TVR is empty */
    tvr_set(e->tvr, TVR_NEW_CARD);
    assert_int_equal(emv_action(e, false), EMV_AC_ARQC);
    assert_int_equal(emv_action(e, true), EMV_AC_AAC);
    terminal.config.online_capable = false;
    assert_int_equal(emv_action(e, false), EMV_AC_AAC);
    emv_end(e);
}

/* The card's whole table of answers, in both formats. */
/* covers: 2.11 cryptogram the card may give */
static void test_permitted(void **state)
{
    (void)state;
    const enum emv_ac kinds[] = {EMV_AC_AAC, EMV_AC_TC, EMV_AC_ARQC};
    const int permitted[2][3][4] = {
        /* given:  AAC TC ARQC C0 */
        {{1, 0, 0, 0}, {1, 1, 1, 0}, {1, 0, 1, 0}}, /* first: asked AAC, TC, ARQC */
        {{1, 0, 0, 0}, {1, 1, 0, 0}, {0, 0, 0, 0}}, /* second; ARQC is never asked for */
    };
    for (int second = 0; second < 2; second++) {
        for (int asked = 0; asked < 3; asked++) {
            for (int given = 0; given < 8; given++) {
                const uint8_t cid[] = {0x00, 0x40, 0x80, 0xC0};
                char command[40], answer[80];
                enum emv_ac got = EMV_AC_AAC;
                struct emv *e = prepare();
                fake_put(e, 0x8A, "3030");
                snprintf(command, sizeof command,
                         "80AE%02X0006303011223344"
                         "00",
                         kinds[asked]);
                snprintf(answer, sizeof answer,
                         given < 4 ? "800B%02X000501020304050607089000"
                                   : "77149F2701%02X9F360200059F260801020304050607089000",
                         cid[given % 4]);
                card.step[0] = (struct fake_step){command, answer, 0};
                int rc = emv_generate_ac(e, kinds[asked], second, &got);
                assert_int_equal(rc, permitted[second][asked][given % 4] ? OK : EMV_CARD_ERROR);
                if (rc == OK) {
                    assert_int_equal(got, cid[given % 4]);
                    assert_object(e, 0x9F36, "0005");
                    assert_object(e, 0x9B, "2000");
                }
                emv_end(e);
            }
        }
    }
}

/* What an answer holds goes to its tags, and what it does not hold is gone: the issuer's data may be absent. */
/* covers: 2.11 format 80 and 77 */
static void test_parts(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *iad;
        int rc;
    } rows[] = {
        {"800F40001B01020304050607080A0B0C0D9000", "0A0B0C0D", OK},
        {"800B40001B01020304050607089000", NULL, OK},
        {"801F9F2701409F3602001B9F260801020304050607089F10040A0B0C0D", NULL, EMV_CARD_ERROR},
        {"771B9F2701409F3602001B9F260801020304050607089F10040A0B0C0D9000", "0A0B0C0D", OK},
        {"7714"
         "9F2701409F3602001B9F26080102030405060708"
         "9000",
         NULL, OK},
        {"7714"
         "9F3602001B9F260801020304050607089F270140"
         "9000",
         NULL, OK},
        {"7710"
         "9F2701409F3602001B9F260401020304"
         "9000",
         NULL, EMV_CARD_ERROR},
        {"7713"
         "9F2701409F36011B9F26080102030405060708"
         "9000",
         NULL, EMV_CARD_ERROR},
        {"770F"
         "9F3602001B9F26080102030405060708"
         "9000",
         NULL, EMV_CARD_ERROR},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum emv_ac given;
        const uint8_t *value;
        size_t len;
        struct emv *e = prepare();
        fake_put(e, 0x9F10, "FFFF"); /* of another cryptogram */
        card.step[0] = (struct fake_step){"80AE400006", rows[i].answer, 0};
        card.lenient = true;
        int rc = emv_generate_ac(e, EMV_AC_TC, false, &given);
        if (rc != rows[i].rc)
            fail_msg("row %zu: %d", i, rc);
        if (rc == OK) {
            assert_object(e, 0x9F36, "001B");
            assert_object(e, 0x9F26, "0102030405060708");
            assert_int_equal(emv_get(e, 0x9F10, &value, &len), rows[i].iad ? OK : E_NOTFOUND);
        }
        if (rc == OK && rows[i].iad)
            assert_object(e, 0x9F10, rows[i].iad);
        emv_end(e);
    }
}

/* covers: 2.10 decisions of offline-only and online-only terminals */
static void test_decisions(void **state)
{
    (void)state;
    const struct {
        const char *iac_tag_value, *command, *answer, *arc;
        uint32_t iac;
        enum emv_decision decision;
    } rows[] = {
        {"0040000000",
         "80AE000006"
         "5A31"
         "11223344"
         "00",
         "800B00000501020304050607089000", "5A31", 0x9F0E, EMV_DECLINED},
        {"0000000000",
         "80AE400006"
         "5931"
         "11223344"
         "00",
         "800B40000501020304050607089000", "5931", 0x9F0E, EMV_APPROVED},
        {"0000000000",
         "80AE400006"
         "5931"
         "11223344"
         "00",
         "800B00000501020304050607089000", "5A31", 0x9F0E, EMV_DECLINED},
        {"0000000000",
         "80AE400006"
         "5931"
         "11223344"
         "00",
         "800B80000501020304050607089000", "-", 0x9F0E, EMV_ONLINE},
        {"0040000000",
         "80AE800006"
         "0000"
         "11223344"
         "00",
         "800B80000501020304050607089000", "-", 0x9F0F, EMV_ONLINE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare();
        tvr_set(e->tvr, TVR_EXPIRED);
        fake_put(e, rows[i].iac, rows[i].iac_tag_value);
        card.step[0] = (struct fake_step){rows[i].command, rows[i].answer, 0};
        assert_int_equal(emv_analyse(e), OK);
        assert_int_equal(e->decision, rows[i].decision);
        assert_object(e, 0x8A, rows[i].arc);
        emv_end(e);
    }
}

/* Book 3 9.2.2: SHA-1 over what TDOL asks for; without one, over nothing, and TVR says so. Values: FIPS 180 SHA-1 of
 * the empty string, and of 11223344. */
/* SHA-1 over the data that the card's TDOL asks for, else the terminal's default one, else nothing (Book 3 9.2.2). */
/* covers: 2.5 TDOL */
static void test_tc_hash(void **state)
{
    (void)state;
    const struct {
        const char *tdol, *standard, *hash, *tvr;
    } rows[] = {
        {NULL, "", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", "0000000080"},
        {"9F3704", "", "FC9DEF6A4F847576458241BF11C2A906140B1DB2", "0000000000"},
        {"9F3704", "9F02069505", "FC9DEF6A4F847576458241BF11C2A906140B1DB2", "0000000000"},
        {NULL, "9F3704", "FC9DEF6A4F847576458241BF11C2A906140B1DB2", "0000000080"},
        {NULL, "9505", "FA056D3EEBF1859A8B702D2520D3F879913CE8D7", "0000000080"}, /* the bit is set before */
        {"", "9F3704", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", "0000000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char command[80];
        enum emv_ac given;
        struct emv *e = prepare();
        struct emv_aid *aid = &terminal.config.aid[0];
        aid->tdol_len = (uint8_t)fake_hex(rows[i].standard, aid->tdol, sizeof aid->tdol);
        fake_put(e, 0x8C,
                 "9814"
                 "9505");
        if (rows[i].tdol)
            fake_put(e, 0x97, rows[i].tdol);
        snprintf(command, sizeof command, "80AE400019%s%s00", rows[i].hash, rows[i].tvr);
        card.step[0] = (struct fake_step){command, "800B40000501020304050607089000", 0};
        assert_int_equal(emv_generate_ac(e, EMV_AC_TC, false, &given), OK);
        emv_end(e);
    }
    struct emv *e = prepare();
    enum emv_ac given;
    fake_put(e, 0x8C, "9814");
    fake_put(e, 0x97, "9F37");
    assert_int_equal(emv_generate_ac(e, EMV_AC_TC, false, &given), EMV_CARD_ERROR);
    emv_end(e);
}

/* A CDOL that asks for more than a command can hold, or breaks off, is the card's error. */
/* covers: 2.5 DOL */
static void test_bad_cdol(void **state)
{
    (void)state;
    const char *rows[] = {"9F37FF9F3701", "9F37", "9F"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum emv_ac given;
        struct emv *e = prepare();
        fake_put(e, 0x8C, rows[i]);
        assert_int_equal(emv_generate_ac(e, EMV_AC_TC, false, &given), EMV_CARD_ERROR);
        emv_end(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_action_codes), cmocka_unit_test(test_absent_codes), cmocka_unit_test(test_permitted),
        cmocka_unit_test(test_parts),        cmocka_unit_test(test_decisions),    cmocka_unit_test(test_tc_hash),
        cmocka_unit_test(test_bad_cdol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
