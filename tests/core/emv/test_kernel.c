/* Whole contact sessions: each command byte by byte, what a changed answer leads to, and a session recorded elsewhere.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

#include <stdlib.h>

static struct fake_terminal terminal; /* 16 KB: off the stack */

/* covers: 2.11 response codes */
static void test_online_session(void **state)
{
    (void)state;
    struct fake_card card = fake_session();
    struct emv *e = &terminal.emv;
    char pan[20], psn[4], expiry[5], track2[40];
    fake_setup(&terminal, &card);
    assert_int_equal(fake_run_to_online(&terminal), OK);
    assert_int_equal(e->decision, EMV_ONLINE);
    assert_int_equal(e->cvm, EMV_CVM_ONLINE_PIN);
    assert_string_equal(card.shown, "PBOC DEBIT");
    assert_object(e, 0x9F34, "420300");
    assert_object(e, 0x9F06, FAKE_AID);
    assert_object(e, 0x9F26, "0102030405060708");
    assert_object(e, 0x8A, "-");

    assert_int_equal(emv_complete(e, &terminal.host), OK);
    assert_int_equal(card.at, STEP_END);
    assert_int_equal(e->decision, EMV_APPROVED);
    assert_object(e, 0x95, "8000048000");
    assert_object(e, 0x9B, "7C00");
    assert_object(e, 0x9F26, "1112131415161718");
    assert_object(e, 0x8A, "3030");
    assert_object(e, 0xDF31, "2001020304");

    assert_int_equal(emv_pan(e, pan, psn, expiry, track2), OK);
    assert_string_equal(pan, "6210670000000069");
    assert_string_equal(psn, "01");
    assert_string_equal(expiry, "3012");
    assert_string_equal(track2, "6210670000000069D30122201234");
    emv_end(e);
    emv_end(e);
}

/* covers: 2.5 terminal data */
static void test_terminal_data(void **state)
{
    (void)state;
    const struct {
        uint32_t tag;
        const char *value;
    } rows[] = {
        {0x9F02, "000000001000"},
        {0x9F03, "000000000000"},
        {0x81, "000003E8"},
        {0x9F04, "00000000"},
        {0x9F1A, "0156"},
        {0x5F2A, "0156"},
        {0x5F36, "02"},
        {0x9A, "260301"},
        {0x9F21, "123456"},
        {0x9C, "00"},
        {0x9F33, "E06800"},
        {0x9F40, "6000F0A001"},
        {0x9F35, "22"},
        {0x9F1E, "5042303030303031"},
        {0x9F1C, "3130303030303031"},
        {0x9F16, "313233343536373839303132333435"},
        {0x9F4E, "504F5342454E4348"},
        {0x9F15, "5411"},
        {0x9F01, "000000010203"},
        {0x9F41, "00000007"},
        {0x9F39, "05"},
        {0x9F06, "-"},
        {0xDF31, "-"},
    };
    struct fake_card card = fake_session();
    fake_setup(&terminal, &card);
    assert_int_equal(emv_begin(&terminal.emv, &terminal.hal, &terminal.config, &terminal.transaction, NULL), OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_object(&terminal.emv, rows[i].tag, rows[i].value);
    assert_int_equal(emv_select(&terminal.emv), OK);
    assert_object(&terminal.emv, 0x9F09, "0020");
    assert_object(&terminal.emv, 0x9F1B, "00000000");
    emv_end(&terminal.emv);
}

static void test_field55(void **state)
{
    (void)state;
    const uint32_t tags[] = {0x9F26, 0x9F27, 0x9F63, 0x9F36, 0x95, 0};
    struct fake_card card = fake_session();
    uint8_t out[255];
    char text[511];
    size_t len = 0;
    fake_setup(&terminal, &card);
    assert_int_equal(fake_run_to_online(&terminal), OK);
    assert_int_equal(emv_field55(&terminal.emv, tags, out, sizeof out, &len), OK);
    assert_int_equal(hex_encode(out, len, text, sizeof text), OK);
    assert_string_equal(text, "9F260801020304050607089F2701809F3602000195058000048000");
    assert_int_equal(emv_field55(&terminal.emv, tags, out, len - 1, &len), E_LIMIT);
    emv_end(&terminal.emv);
}

/* One answer of the session changed: how the transaction ends. */
/* covers: 2.11 changed answers */
static void test_changed_answers(void **state)
{
    (void)state;
    const struct {
        size_t step;
        const char *answer;
        int status, rc;
        enum emv_decision decision;
    } rows[] = {
        {STEP_PSE, "6A81", 0, EMV_CARD_BLOCKED, EMV_NONE},
        {STEP_PSE, NULL, HAL_E_MUTE, EMV_CHIP_ERROR, EMV_NONE},
        {STEP_PSE, NULL, HAL_E_REMOVED, EMV_REMOVED, EMV_NONE},
        {STEP_PSE, NULL, HAL_E_POWER, HAL_E_POWER, EMV_NONE},
        {STEP_SELECT, "6A81", 0, EMV_CARD_BLOCKED, EMV_NONE},
        {STEP_SELECT, "6283", 0, EMV_APP_BLOCKED, EMV_NONE},
        {STEP_SELECT, "6A82", 0, EMV_NOT_ACCEPTED, EMV_NONE},
        {STEP_SELECT, "6F00", 0, EMV_CHIP_ERROR, EMV_NONE},
        {STEP_SELECT, "6F039000", 0, EMV_CHIP_ERROR, EMV_NONE},
        {STEP_SELECT, NULL, HAL_E_PROTOCOL, EMV_CHIP_ERROR, EMV_NONE},
        {STEP_GPO, "6985", 0, EMV_NOT_ACCEPTED, EMV_NONE},
        {STEP_GPO, "6A80", 0, EMV_CARD_ERROR, EMV_NONE},
        {STEP_GPO, NULL, HAL_E_MUTE, EMV_CARD_ERROR, EMV_NONE},
        {STEP_GPO, NULL, HAL_E_REMOVED, EMV_REMOVED, EMV_NONE},
        {STEP_RECORD_1, "6A83", 0, EMV_CARD_ERROR, EMV_NONE},
        {STEP_GAC_1, "6985", 0, EMV_CARD_ERROR, EMV_NONE},
        {STEP_GAC_1,
         "80134000010102030405060708"
         "07010103A0A00001"
         "9000",
         0, EMV_CARD_ERROR, EMV_NONE}, /* TC for ARQC */
        {STEP_GAC_1,
         "8013C000010102030405060708"
         "07010103A0A00001"
         "9000",
         0, EMV_CARD_ERROR, EMV_NONE},
        {STEP_GAC_1,
         "80130000010102030405060708"
         "07010103A0A00001"
         "9000",
         0, OK, EMV_DECLINED},
        {STEP_GAC_1, "800B08000101020304050607089000", 0, OK, EMV_DECLINED}, /* advice bit, no IAD */
        {STEP_GAC_1, "800A800001010203040506079000", 0, EMV_CARD_ERROR, EMV_NONE},
        {STEP_GAC_1, "77149F2701809F360200019F260801020304050607089000", 0, OK, EMV_APPROVED},
        {STEP_GAC_1, "770F9F2701809F360200019F4B04010203049000", 0, EMV_CARD_ERROR, EMV_NONE},
        {STEP_GAC_2,
         "80130000011112131415161718"
         "07010103A4600001"
         "9000",
         0, OK, EMV_DECLINED},
        {STEP_GAC_2,
         "80138000011112131415161718"
         "07010103A4600001"
         "9000",
         0, EMV_CARD_ERROR, EMV_ONLINE},
        {STEP_GAC_2, "6F00", 0, EMV_CARD_ERROR, EMV_ONLINE},
        {STEP_GAC_2, NULL, HAL_E_REMOVED, EMV_REMOVED, EMV_ONLINE},
        {STEP_AUTHENTICATE, NULL, HAL_E_REMOVED, EMV_REMOVED, EMV_ONLINE},
        {STEP_SCRIPT, NULL, HAL_E_REMOVED, EMV_REMOVED, EMV_ONLINE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fake_card card = fake_session();
        card.lenient = true;
        card.step[rows[i].step].answer = rows[i].answer;
        card.step[rows[i].step].status = rows[i].status;
        fake_setup(&terminal, &card);
        int rc = fake_run(&terminal);
        if (rc != rows[i].rc || terminal.emv.decision != rows[i].decision)
            fail_msg("row %zu: outcome %d, decision %d", i, rc, (int)terminal.emv.decision);
        emv_end(&terminal.emv);
    }
}

/* covers: 3.1 reset outcomes */
static void test_reset_outcomes(void **state)
{
    (void)state;
    const int rows[][2] = {
        {HAL_E_MUTE, EMV_CHIP_ERROR},
        {HAL_E_ABSENT, EMV_REMOVED},
        {HAL_E_IO, HAL_E_IO},
        {HAL_E_POWER, HAL_E_POWER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fake_card card = fake_session();
        card.reset_status = rows[i][0];
        fake_setup(&terminal, &card);
        assert_int_equal(fake_run(&terminal), rows[i][1]);
        emv_end(&terminal.emv);
    }
}

/* covers: 2.10 unable to go online */
static void test_unable_to_go_online(void **state)
{
    (void)state;
    const struct {
        uint8_t tac_default;
        uint8_t type;
        const char *command, *answer, *arc;
        enum emv_decision decision;
    } rows[] = {
        /* IAC-Default asks for no ODA: AAC, Z3. */
        {0x00, 0x22,
         "80AE000022"
         "5A33" FAKE_CDOL_DATA("8000048000") "00",
         "800B00000111121314151617189000", "5A33", EMV_DECLINED},
        {0x00, 0x21,
         "80AE000022"
         "5A33" FAKE_CDOL_DATA("8000048000") "00",
         "800B00000111121314151617189000", "5A33", EMV_DECLINED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fake_card card = fake_session();
        card.step[STEP_AUTHENTICATE] = (struct fake_step){rows[i].command, rows[i].answer, 0};
        card.step[STEP_SCRIPT] = (struct fake_step){0};
        fake_setup(&terminal, &card);
        terminal.config.type = rows[i].type;
        assert_int_equal(fake_run_to_online(&terminal), OK);
        terminal.host.online = false;
        assert_int_equal(emv_complete(&terminal.emv, &terminal.host), OK);
        assert_int_equal(terminal.emv.decision, rows[i].decision);
        assert_object(&terminal.emv, 0x8A, rows[i].arc);
        emv_end(&terminal.emv);
    }
}

/* A card whose IAC-Default is empty: Y3 is asked for; the card may still refuse, which makes it Z3. */
/* covers: 2.10 unable to go online (Y3) */
static void test_unable_to_go_online_y3(void **state)
{
    (void)state;
    const struct {
        const char *answer, *arc;
        enum emv_decision decision;
    } rows[] = {
        {"800B40000111121314151617189000", "5933", EMV_APPROVED},
        {"800B00000111121314151617189000", "5A33", EMV_DECLINED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fake_card card = fake_session();
        card.step[STEP_AUTHENTICATE] = (struct fake_step){"80AE400022"
                                                          "5933" FAKE_CDOL_DATA("8000048000") "00",
                                                          rows[i].answer, 0};
        card.step[STEP_SCRIPT] = (struct fake_step){0};
        fake_setup(&terminal, &card);
        assert_int_equal(fake_run_to_online(&terminal), OK);
        assert_int_equal(emv_set(&terminal.emv, 0x9F0D, "\0\0\0\0\0", 5), OK);
        terminal.host.online = false;
        assert_int_equal(emv_complete(&terminal.emv, &terminal.host), OK);
        assert_int_equal(terminal.emv.decision, rows[i].decision);
        assert_object(&terminal.emv, 0x8A, rows[i].arc);
        emv_end(&terminal.emv);
    }
}

/* covers: 2.11 response codes */
static void test_issuer_declines(void **state)
{
    (void)state;
    struct fake_card card = fake_session();
    card.step[STEP_AUTHENTICATE] = (struct fake_step){"80AE000022"
                                                      "3531" FAKE_CDOL_DATA("8000048000") "00",
                                                      "800B00000111121314151617189000", 0};
    card.step[STEP_SCRIPT] = (struct fake_step){0};
    fake_setup(&terminal, &card);
    fake_host(&terminal, "51", false, "");
    assert_int_equal(fake_run(&terminal), OK);
    assert_int_equal(terminal.emv.decision, EMV_DECLINED);
    emv_end(&terminal.emv);
}

/* covers: 2.8 PIN cancelled */
static void test_pin_cancelled(void **state)
{
    (void)state;
    struct fake_card card = fake_session();
    fake_setup(&terminal, &card);
    card.pin = EMV_PIN_CANCELLED;
    assert_int_equal(fake_run(&terminal), EMV_CANCELLED);
    emv_end(&terminal.emv);
}

/* ---- the Mastercard session that binaryfoo published: its terminal did no ODA, as this kernel does none ---- */

#define TRACE TEST_TRACES "/emv-bertlv/contact-mastercard-second-session-in.txt"
#define TRACE_LINES 22

static void use_trace(struct fake_card *card, char line[TRACE_LINES][600], size_t lines)
{
    size_t n = 0;
    card->step[n++] = (struct fake_step){"00A404000E" FAKE_PSE_NAME "00", "6A82", 0};
    for (size_t i = 0; i + 1 < lines; i += 2) {
        for (int turn = 0; turn < (i == 0 ? 2 : 1); turn++) /* the AID is selected for the list, and again at the end */
            card->step[n++] = (struct fake_step){line[i], line[i + 1], 0};
    }
    card->step[n] = (struct fake_step){0};
}

static size_t read_trace(char line[TRACE_LINES][600])
{
    FILE *file = fopen(TRACE, "r");
    size_t lines = 0;
    if (!file)
        return 0;
    while (lines < TRACE_LINES && fgets(line[lines], 600, file)) {
        for (char *c = line[lines]; *c; c++)
            *c = *c == '\n' || *c == '\r' ? '\0' : *c >= 'a' && *c <= 'f' ? (char)(*c - 'a' + 'A') : *c;
        lines++;
    }
    fclose(file);
    return lines;
}

/* covers: 2.11 cryptogram format */
static void test_mastercard_recording(void **state)
{
    (void)state;
    static char line[TRACE_LINES][600];
    size_t lines = read_trace(line);
    if (lines == 0) {
        print_message("skipped: %s is not there\n", TRACE);
        skip();
    }
    struct fake_card card = fake_session();
    use_trace(&card, line, lines);
    memcpy(card.unpredictable, "\x82\x21\xF6\x01", 4);
    fake_setup(&terminal, &card);
    terminal.config.currency[0] = 0x00;
    terminal.config.currency[1] = 0x36;
    terminal.config.aid[0] = (struct emv_aid){
        .aid = {0xA0, 0x00, 0x00, 0x00, 0x04, 0x10, 0x10},
        .len = 7,
        .version = {0x00, 0x02},
        .tac_online = {0x80},
    };
    terminal.transaction.when = (struct hal_datetime){2012, 3, 16, 10, 0, 0};
    fake_host(&terminal, "00", true, "910A11223344556677880000");
    assert_int_equal(fake_run_to_online(&terminal), OK);
    assert_int_equal(terminal.emv.decision, EMV_ONLINE);
    assert_object(&terminal.emv, 0x95, "8000008000");
    assert_object(&terminal.emv, 0x9F34, "5E0300");
    assert_int_equal(terminal.emv.cvm, EMV_CVM_SIGNATURE);
    assert_int_equal(emv_complete(&terminal.emv, &terminal.host), OK);
    assert_int_equal(terminal.emv.decision, EMV_DECLINED); /* approved by the host, refused by the card: a reversal */
    assert_null(card.step[card.at].command);
    emv_end(&terminal.emv);
}

/* TVR, TSI and CVM results live in the transaction: set by their tags, they are the bits that the steps see. */
/* covers: 2.1 TVR, TSI */
static void test_results_by_their_tags(void **state)
{
    (void)state;
    static const struct {
        uint32_t tag;
        const char *value;
    } rows[] = {{0x95, "8000048000"}, {0x9B, "E800"}, {0x9F34, "420300"}};
    struct fake_card card = {0};
    fake_setup(&terminal, &card);
    struct emv *e = fake_chosen(&terminal);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake_put(e, rows[i].tag, rows[i].value);
        assert_object(e, rows[i].tag, rows[i].value);
        assert_int_equal(emv_set(e, rows[i].tag, "", 1), E_LIMIT);
    }
    assert_true(tvr_is_set(e->tvr, TVR_ODA_NOT_PERFORMED));
    assert_int_equal(e->tsi[0], 0xE8);
    assert_int_equal(e->cvm_result[0], 0x42);
    emv_end(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_by_their_tags),
        cmocka_unit_test(test_online_session),
        cmocka_unit_test(test_terminal_data),
        cmocka_unit_test(test_field55),
        cmocka_unit_test(test_changed_answers),
        cmocka_unit_test(test_reset_outcomes),
        cmocka_unit_test(test_unable_to_go_online),
        cmocka_unit_test(test_unable_to_go_online_y3),
        cmocka_unit_test(test_issuer_declines),
        cmocka_unit_test(test_pin_cancelled),
        cmocka_unit_test(test_mastercard_recording),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
