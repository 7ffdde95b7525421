/*
 * Lengths and formats of what a card sends, each at its limits and one byte past them: objects of the records, both
 * formats of GET PROCESSING OPTIONS and of GENERATE AC (EMV Book 3 6.5.5.4, 6.5.8.4, 7.5 and annex A;
 * DOMAIN 2.4, 2.11). Past a limit the transaction ends; inside it the value is there, as it came.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

static struct fake_terminal terminal;

/* `tag` with `len` bytes of `byte`. */
static const char *object(char *out, uint32_t tag, size_t len, uint8_t byte)
{
    size_t at = (size_t)sprintf(out, tag > 0xFF ? "%04X" : "%02X", (unsigned)tag);
    at += (size_t)sprintf(out + at, len > 127 ? "81%02X" : "%02X", (unsigned)len);
    for (size_t i = 0; i < len; i++)
        at += (size_t)sprintf(out + at, "%02X", byte);
    return out;
}

/* `body` inside template `tag`, 9000 behind it. */
static const char *answer(char *out, uint8_t tag, const char *body)
{
    size_t len = strlen(body) / 2;
    sprintf(out, len > 127 ? "%02X81%02X%s9000" : "%02X%02X%s9000", tag, (unsigned)len, body);
    return out;
}

/* A session with one more record, which holds `body` alone. */
static int read_record(const char *body)
{
    static char text[600];
    struct fake_card card = fake_session();
    card.lenient = true;
    card.step[STEP_GPO].answer = "80067C00100103009000";
    card.step[STEP_END] = (struct fake_step){"00B2031400", answer(text, 0x70, body), 0};
    fake_setup(&terminal, &card);
    return fake_run_to_online(&terminal);
}

/* covers: 2.4 records, lengths of objects (annex A) */
static void test_objects_of_records(void **state)
{
    (void)state;
    static const struct {
        uint32_t tag;
        size_t min, max;
        bool digits;
    } rows[] = {
        {0x9F42, 2, 2, true},  {0x9F14, 1, 1, false}, {0x9F23, 1, 1, false},
        {0x5F30, 0, 9, false}, {0x9F62, 0, 9, false}, /* not looked at here */
    };
    char text[600];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t len = 0; len <= rows[i].max + 1 && len < 10; len++) {
            bool good = len >= rows[i].min && len <= rows[i].max;
            int rc = read_record(object(text, rows[i].tag, len, 0x11));
            if (rc != (good ? OK : EMV_CARD_ERROR))
                fail_msg("%04X with %zu bytes: %d", rows[i].tag, len, rc);
            emv_end(&terminal.emv);
        }
        assert_int_equal(read_record(object(text, rows[i].tag, rows[i].max, 0x1A)),
                         rows[i].digits ? EMV_CARD_ERROR : OK);
        emv_end(&terminal.emv);
    }
}

/* One of the two records of the session with `from` replaced by `to`; the length of the template follows. */
static int read_with(size_t step, const char *from, const char *to)
{
    static char body[700], text[700];
    struct fake_card card = fake_session();
    const char *record = card.step[step].answer, *at = strstr(record, from);
    assert_non_null(at);
    snprintf(body, sizeof body, "%.*s%s%.*s", (int)(at - record - 4), record + 4, to,
             (int)(strlen(at) - strlen(from) - 4), at + strlen(from));
    card.lenient = true;
    card.step[step].answer = answer(text, 0x70, body);
    fake_setup(&terminal, &card);
    return fake_run_to_online(&terminal);
}

/* covers: 2.4 records, 2.4 mandatory objects: of those the session has, each a byte shorter and longer, and as it is */
static void test_objects_of_the_session(void **state)
{
    (void)state;
    static const struct {
        size_t step;
        const char *good, *bad[2];
    } rows[] = {
        {STEP_RECORD_1, "5F2403301231", {"5F24023012", "5F240430123101"}},
        {STEP_RECORD_1, "5F2503200101", {"5F25022001", "5F250420010101"}},
        {STEP_RECORD_1, "5F2403301231", {"5F240330123A", "5F2400"}},
        {STEP_RECORD_1, "5F28020156", {"5F280101", "5F2803015600"}},
        {STEP_RECORD_1, "5F28020156", {"5F28020A56", "5F2800"}},
        {STEP_RECORD_1, "5F340101", {"5F34020101", "5F34011F"}},
        {STEP_RECORD_2, "9F0702FF00", {"9F0701FF", "9F0703FF0000"}},
        {STEP_RECORD_2, "9F08020020", {"9F080100", "9F0803002000"}},
        {STEP_RECORD_2, "9F0D05D8609CA800", {"9F0D04D8609CA8", "9F0D06D8609CA80000"}},
        {STEP_RECORD_2, "9F0E0500100000", {"9F0E04001000", "9F0E06001000000000"}},
        {STEP_RECORD_2, "9F0F05D8689CF800", {"9F0F04D8689CF8", "9F0F06D8689CF80000"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(read_with(rows[i].step, rows[i].good, rows[i].good), OK);
        emv_end(&terminal.emv);
        for (size_t j = 0; j < 2; j++) {
            if (read_with(rows[i].step, rows[i].good, rows[i].bad[j]) != EMV_CARD_ERROR)
                fail_msg("%s", rows[i].bad[j]);
            emv_end(&terminal.emv);
        }
    }
}

/* covers: 2.4 dates, 2.7 dates: one that is no day ends the transaction (Book 3 7.5), any day does not */
static void test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *date;
        bool good;
    } rows[] = {
        {"300101", true},  {"301231", true},  {"300131", true},  {"300430", true},  {"300228", true},
        {"280229", true},  {"000229", true},  {"491231", true},  {"301301", false}, {"300001", false},
        {"309931", false}, {"300100", false}, {"300132", false}, {"300431", false}, {"300630", true},
        {"300631", false}, {"300931", false}, {"301131", false}, {"300229", false}, {"280230", false},
        {"300831", true},  {"301199", false}, {"000000", false},
    };
    char to[16];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(to, sizeof to, "5F2403%s", rows[i].date);
        int rc = read_with(STEP_RECORD_1, "5F2403301231", to);
        if (rc != (rows[i].good ? OK : EMV_CARD_ERROR))
            fail_msg("5F24 %s: %d", rows[i].date, rc);
        emv_end(&terminal.emv);
        snprintf(to, sizeof to, "5F2503%s", rows[i].date);
        rc = read_with(STEP_RECORD_1, "5F2503200101", to);
        if (rc != (rows[i].good ? OK : EMV_CARD_ERROR))
            fail_msg("5F25 %s: %d", rows[i].date, rc);
        emv_end(&terminal.emv);
    }
}

/* covers: 2.8 not performed: a CVM list of no length is one that is empty */
static void test_empty_cvm_list(void **state)
{
    (void)state;
    assert_int_equal(read_with(STEP_RECORD_2, "8E0E000000000000000042031E031F00", "8E00"), OK);
    assert_object(&terminal.emv, 0x9F34, "3F0000");
    emv_end(&terminal.emv);
}

/* covers: 2.4 GPO formats 80 and 77: AIP and AFL are objects of the transaction, whichever way they came */
static void test_options(void **state)
{
    (void)state;
    static const char *const answers[] = {"80067C00100102009000", "770F82027C009404100102009F360200019000"};
    for (size_t i = 0; i < 2; i++) {
        struct fake_card card = fake_session();
        card.lenient = true;
        card.step[STEP_GPO].answer = answers[i];
        fake_setup(&terminal, &card);
        assert_int_equal(fake_run_to_online(&terminal), OK);
        assert_object(&terminal.emv, 0x82, "7C00");
        assert_object(&terminal.emv, 0x94, "10010200");
        emv_end(&terminal.emv);
    }
}

/* covers: 2.4 PDOL: 252 bytes of data and no more fit behind 83 into one command */
static void test_longest_list(void **state)
{
    (void)state;
    for (unsigned len = 251; len < 254; len++) {
        struct fake_card card = fake_session();
        char fci[120], header[16];
        snprintf(fci, sizeof fci,
                 "6F148408" FAKE_AID "A5089F3805"
                 "9F4E%02X"
                 "C1%02X"
                 "9000",
                 200, len - 200);
        snprintf(header, sizeof header, "80A80000%02X", len + 3);
        card.lenient = true;
        card.step[STEP_SELECT].answer = fci;
        card.step[STEP_GPO].command = header;
        fake_setup(&terminal, &card);
        assert_int_equal(fake_run_to_online(&terminal), len <= 252 ? OK : EMV_CARD_ERROR);
        emv_end(&terminal.emv);
    }
}

static int first_cryptogram(uint8_t template, const char *body)
{
    static char text[700];
    struct fake_card card = fake_session();
    card.lenient = true;
    card.step[STEP_GAC_1].answer = answer(text, template, body);
    fake_setup(&terminal, &card);
    return fake_run_to_online(&terminal);
}

/* covers: 2.11 format 80: CID, ATC and cryptogram whole, issuer data of 0 to 32 bytes */
static void test_cryptogram_in_format_80(void **state)
{
    (void)state;
    char body[200] = "80"
                     "0001"
                     "0102030405060708";
    for (size_t len = 1; len < 48; len++) {
        char text[200], iad[80];
        snprintf(text, sizeof text, "%.*s", (int)(len < 11 ? 2 * len : 22), body);
        if (len > 11)
            strcat(text, object(iad, 0x06, len - 11, 0x0A) + 4);
        int rc = first_cryptogram(0x80, text);
        if (rc != (len >= 11 && len <= 11 + 32 ? OK : EMV_CARD_ERROR))
            fail_msg("%zu bytes: %d", len, rc);
        if (rc == OK) {
            assert_object(&terminal.emv, 0x9F27, "80");
            assert_object(&terminal.emv, 0x9F36, "0001");
            assert_object(&terminal.emv, 0x9F26, "0102030405060708");
            assert_object(&terminal.emv, 0x9F10, len == 11 ? "-" : object(iad, 0x06, len - 11, 0x0A) + 4);
        }
        emv_end(&terminal.emv);
    }
}

/* covers: 2.11 format 77: each object with every length, or left out */
static void test_cryptogram_in_format_77(void **state)
{
    (void)state;
    static const struct {
        uint32_t tag;
        size_t min, max;
        bool optional;
        uint8_t byte;
    } rows[] = {{0x9F27, 1, 1, false, 0x80},
                {0x9F36, 2, 2, false, 0x01},
                {0x9F26, 8, 8, false, 0x02},
                {0x9F10, 0, 32, true, 0x03}};
    for (size_t bent = 0; bent < 4; bent++) {
        for (size_t len = 0; len <= rows[bent].max + 2; len++) { /* the last one: left out */
            bool out = len == rows[bent].max + 2;
            char body[300] = "", one[100];
            for (size_t i = 0; i < 4; i++)
                if (i != bent || !out)
                    strcat(body, object(one, rows[i].tag, i == bent ? len : rows[i].max, rows[i].byte));
            bool good = out ? rows[bent].optional : len >= rows[bent].min && len <= rows[bent].max;
            int rc = first_cryptogram(0x77, body);
            if (rc != (good ? OK : EMV_CARD_ERROR))
                fail_msg("%04X with %zu bytes%s: %d", rows[bent].tag, len, out ? ", left out" : "", rc);
            emv_end(&terminal.emv);
        }
    }
}

/* covers: 2.11 format 77: an object that comes twice is malformed (Book 3 7.5), with the same value, too */
static void test_cryptogram_objects_twice(void **state)
{
    (void)state;
    static const char *const objects[] = {"9F270180", "9F36020001", "9F26080202020202020202", "9F10020304"};
    for (size_t twice = 0; twice < 5; twice++) {
        for (size_t behind = 0; behind < 2; behind++) {
            char body[300] = "";
            for (size_t i = 0; i < 4; i++) {
                strcat(body, objects[i]);
                if (i == twice && !behind)
                    strcat(body, objects[i]);
            }
            if (twice < 4 && behind)
                strcat(body, objects[twice]);
            int rc = first_cryptogram(0x77, body);
            if (rc != (twice == 4 ? OK : EMV_CARD_ERROR))
                fail_msg("object %zu: %d", twice, rc);
            emv_end(&terminal.emv);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects_of_records),
        cmocka_unit_test(test_objects_of_the_session),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_empty_cvm_list),
        cmocka_unit_test(test_longest_list),
        cmocka_unit_test(test_cryptogram_in_format_80),
        cmocka_unit_test(test_cryptogram_in_format_77),
        cmocka_unit_test(test_cryptogram_objects_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
