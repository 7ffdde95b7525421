/* Processing options and records (EMV Book 3 10.1, 10.2): the formats, the AFL's rules, duplicates, mandatory objects.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

static struct fake_terminal terminal;

static int run_with(size_t step, const char *answer)
{
    struct fake_card card = fake_session();
    card.lenient = true;
    card.step[step].answer = answer;
    fake_setup(&terminal, &card);
    return fake_run_to_online(&terminal);
}

/* covers: DOMAIN 2.4 */
static void test_processing_options(void **state)
{
    (void)state;
    const struct {
        const char *answer;
        int rc;
    } rows[] = {
        {"80067C00100102009000", OK},
        {"770A82027C00940410010200"
         "9000",
         OK},
        {"770F9F36020001"
         "82027C00940410010200"
         "9000",
         OK},
        {"9000", EMV_CARD_ERROR},
        {"80027C009000", EMV_CARD_ERROR},       /* no AFL */
        {"80057C001001029000", EMV_CARD_ERROR}, /* not a multiple of four */
        {"80077C0010010200089000", EMV_CARD_ERROR},
        {"770B82027C009405100102000"
         "89000",
         EMV_CARD_ERROR},
        {"80067C0010010200009000", EMV_CARD_ERROR}, /* bytes behind the template */
        {"770482027C009000", EMV_CARD_ERROR},       /* no 94 */
        {"7706940410010200"
         "9000",
         EMV_CARD_ERROR}, /* no 82 */
        {"7709"
         "82017C"
         "940410010200"
         "9000",
         EMV_CARD_ERROR},
        {"80067C0008010200"
         "6283",
         EMV_CARD_ERROR},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int rc = run_with(STEP_GPO, rows[i].answer);
        if (rc != rows[i].rc)
            fail_msg("row %zu: outcome %d", i, rc);
        emv_end(&terminal.emv);
    }
}

/* covers: DOMAIN 2.4 */
static void test_afl(void **state)
{
    (void)state;
    const char *bad[] = {
        "80067C00110102009000", /* low bits of the SFI */
        "80067C00000102009000", /* SFI 0 */
        "80067C00F80102009000", /* SFI 31 */
        "80067C00100002009000", /* first record 0 */
        "80067C00100201009000", /* last before first */
        "80067C00100102039000", /* more signed records than records */
        "80067C00100103009000", /* a record that is not there */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(run_with(STEP_GPO, bad[i]), EMV_CARD_ERROR);
        emv_end(&terminal.emv);
    }
}

/* Signed records: the inside of template 70 for files 1 to 10, the whole record above (Book 3 10.3). One there that is
 * no template 70 is no reason to stop; data authentication fails for it. */
/* covers: 2.4 static data, 2.6 static data */
static void test_static_data(void **state)
{
    (void)state;
    static const struct {
        const char *record;
        size_t len; /* that is taken of it */
        bool broken;
    } rows[] = {
        {"7003C0FFEE", 5, false}, /* what is inside is the issuer's business */
        {"7000", 2, false},       {"C0FFEE", 0, true},   {"7703C0FFEE", 0, true}, {"7004C0FFEE", 0, true},
        {"7002C0FFEE", 0, true},  {"70007000", 0, true}, {"", 0, true},
    };
    uint8_t record[128], other[16];
    size_t len = fake_hex(FAKE_RECORD_1, record, sizeof record);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fake_card card = fake_session();
        char answer[40];
        fake_setup(&terminal, &card);
        card.lenient = true;
        card.step[STEP_GPO].answer = "800A7C0010010201"
                                     "A0010101"
                                     "9000";
        snprintf(answer, sizeof answer, "%s9000", rows[i].record);
        card.step[STEP_END] = (struct fake_step){"00B201A400", answer, 0};
        assert_int_equal(fake_run_to_online(&terminal), OK);
        assert_int_equal(terminal.emv.static_len, len - 2 + rows[i].len);
        assert_memory_equal(terminal.emv.static_data, record + 2, len - 2);
        fake_hex(rows[i].record, other, sizeof other);
        assert_memory_equal(terminal.emv.static_data + len - 2, other, rows[i].len);
        assert_int_equal(terminal.emv.static_broken, rows[i].broken);
        emv_end(&terminal.emv);
    }
}

/* covers: DOMAIN 2.4 */
static void test_records(void **state)
{
    (void)state;
    const struct {
        const char *name, *record; /* instead of the first one, without SW */
        const char *why;
    } bad[] = {
        {"no template", "5A086210670000000069", "template 70"},
        {"template 77", "77105A0862106700000000695F2403301231", "template 70"},
        {"bytes behind it", FAKE_RECORD_1 "00", "template 70"},
        {"two templates", FAKE_RECORD_1 "7000", "template 70"},
        {"nothing", "", "template 70"},
        {"length over the end", "70115A0862106700000000695F2403301231", "template 70"},
        {"inner length over the end", "70105A0862106700000000695F2404301231", "template 70"},
        {"no PAN", "70065F2403301231", "missing"},
        {"no expiry", "700A5A086210670000000069", "missing"},
        {"PAN twice", "701A5A0862106700000000695A0862106700000000695F2403301231", "twice"},
        {"CDOL1 in both records", "70135A0862106700000000695F24033012318C0195", "twice"},
        {"AIP again", "70145A0862106700000000695F24033012318202FFFF", "twice"},
        {"track 2 of another card", "70205A0862106700000000695F2403301231570E6210670000000051D30122201234", "track 2"},
        {"track 2 without separator", "701C5A0862106700000000695F2403301231570A62106700000000691234", "track 2"},
        {"PAN with letters", "70105A08621067000000AB695F2403301231", "PAN"},
        {"PAN with a hole", "70105A08621067FF000000695F2403301231", "PAN"},
        {"expiry no digits", "70105A0862106700000000695F240330123A", "format"},
        {"expiry too short", "700F5A0862106700000000695F24023012", "format"},
        {"PAN too short", "700B5A036210675F2403301231", "format"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fake_card card = fake_session();
        char answer[300];
        snprintf(answer, sizeof answer, "%s9000", bad[i].record);
        card.lenient = true;
        card.step[STEP_RECORD_1].answer = answer;
        fake_setup(&terminal, &card);
        int rc = fake_run_to_online(&terminal);
        if (rc != EMV_CARD_ERROR || !strstr(card.log, bad[i].why))
            fail_msg("%s: outcome %d, \"%s\"", bad[i].name, rc, card.log);
        emv_end(&terminal.emv);
    }
}

/* CDOL1 and CDOL2 are mandatory too. */
/* covers: 2.4 missing mandatory data */
static void test_missing_cdol(void **state)
{
    (void)state;
    const char *records[] = {"70038C019A9000", "70038D018A9000",
                             "70068C00"
                             "8D028A02"
                             "9000"};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        assert_int_equal(run_with(STEP_RECORD_2, records[i]), EMV_CARD_ERROR);
        emv_end(&terminal.emv);
    }
}

/* covers: DOMAIN 2.4 */
static void test_good_records(void **state)
{
    (void)state;
    /* The least there must be. */
    assert_int_equal(run_with(STEP_RECORD_1, "70105A0862106700000000695F24033012319000"), OK);
    emv_end(&terminal.emv);
    /* An odd number of digits, filled with F; no track 2. */
    assert_int_equal(run_with(STEP_RECORD_1, "70115A0962106700000000691F5F24033012319000"), OK);
    char pan[20], psn[4], expiry[5], track2[40];
    assert_int_equal(emv_pan(&terminal.emv, pan, psn, expiry, track2), OK);
    assert_string_equal(pan, "62106700000000691");
    assert_string_equal(psn, "");
    assert_string_equal(track2, "");
    emv_end(&terminal.emv);
}

/* More different objects than a transaction holds: refused, not forgotten. covers: DOMAIN 2.4 */
static void test_too_many_objects(void **state)
{
    (void)state;
    static const struct {
        const char *command, *class;
        unsigned first;
    } files[] = {{"00B2012400", "DF", 0x01}, {"00B2022400", "DF", 0x3D}, {"00B2032400", "5F", 0x40}};
    struct fake_card card = fake_session();
    char records[3][2 * 255 + 5];
    fake_setup(&terminal, &card);
    card.lenient = true;
    card.step[STEP_GPO].answer = "800A7C001001020020010300"
                                 "9000";
    for (size_t r = 0; r < 3; r++) { /* 60 empty objects each */
        size_t at = (size_t)snprintf(records[r], sizeof records[r], "7081B4");
        for (unsigned i = 0; i < 60; i++)
            at += (size_t)snprintf(records[r] + at, sizeof records[r] - at, "%s%02X00", files[r].class,
                                   files[r].first + i);
        snprintf(records[r] + at, sizeof records[r] - at, "9000");
        card.step[STEP_END + r] = (struct fake_step){files[r].command, records[r], 0};
    }
    assert_int_equal(fake_run_to_online(&terminal), EMV_CARD_ERROR);
    assert_string_equal(card.log, "emv: more card data than a transaction holds");
    emv_end(&terminal.emv);
}

/* More signed data than the kernel holds is a named outcome. */
/* covers: 2.4 static data */
static void test_too_much_signed_data(void **state)
{
    (void)state;
    struct fake_card card = fake_session();
    static char record[2 * 128 + 5];
    fake_setup(&terminal, &card);
    card.lenient = card.any_record = true;
    /* One record read 33 times under a tag that is a template, so that no object is a duplicate: 33 * 126 > 4096. */
    memset(record, '0', sizeof record);
    memcpy(record, "707EE17C", 8);
    memcpy(record + 2 * 128, "9000", 5);
    card.step[STEP_GPO].answer = "80067C00100121219000";
    card.step[STEP_RECORD_1] = (struct fake_step){"00B2001400", record, 0};
    assert_int_equal(fake_run_to_online(&terminal), EMV_CARD_ERROR);
    assert_true(terminal.emv.static_len > EMV_STATIC_MAX - 126);
    emv_end(&terminal.emv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_processing_options),   cmocka_unit_test(test_afl),
        cmocka_unit_test(test_static_data),          cmocka_unit_test(test_records),
        cmocka_unit_test(test_missing_cdol),         cmocka_unit_test(test_good_records),
        cmocka_unit_test(test_too_much_signed_data), cmocka_unit_test(test_too_many_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
