/*
 * Replay over sessions made by the card engine: every exchange is accounted for, pins reproduce what was sent byte for
 * byte, and what cannot be reproduced has its true reason.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/replay_support.h"

/* Every tag that an input of the terminal sets, and some that none does. */
#define ALL_TAGS                                                                                                       \
    "9F02069F03069F1A0295055F2A029A039C019F37049F21039F35019F33039F40059F1E089F15029F160F9F1C089F4E149F01069F09029F1B" \
    "04810482025F36019F4104"

static void assert_accounted(const cJSON *s, size_t raw)
{
    const cJSON *row, *line;
    size_t seen = 0;
    unsigned last = 0;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(s, "exchanges"))
    {
        if (strcmp(text_of(row, "verdict"), "equal") != 0)
            assert_true(text_of(row, "reason")[0]);
        cJSON_ArrayForEach(line, cJSON_GetObjectItem(row, "raw_lines"))
        {
            unsigned n = (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItem(line, "line"));
            assert_true(n > last);
            last = n;
            seen++;
        }
    }
    assert_int_equal(seen, raw);
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(s, "raw")), raw);
}

static void assert_equal_throughout(const cJSON *s, const char *what)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(s, "exchanges"))
    {
        const char *verdict = text_of(row, "verdict");
        if (strcmp(verdict, "equal") != 0 && strcmp(verdict, "equivalent") != 0)
            fail_msg("%s: %s is %s: %s", what, text_of(row, "name"), verdict, text_of(row, "reason"));
    }
    if (strcmp(text_of(s, "recording"), "consistent") != 0) {
        char *text = cJSON_Print(cJSON_GetObjectItem(s, "findings"));
        fail_msg("%s: %s", what, text);
    }
}

static void every_spelling_says_the_same(void **state)
{
    (void)state;
    struct tape tape;
    for (size_t i = 0; i < SPELLINGS; i++)
        for (int t0 = 0; t0 < 2; t0++) {
            const struct plan p = {.t0 = t0};
            cJSON *out = replay_plan(&p, &tape, &spellings[i]);
            assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(out, "session_count")), 1);
            assert_accounted(session_at(out, 0), tape.count);
            assert_equal_throughout(session_at(out, 0), spellings[i].name);
            assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(session_at(out, 0), "line")), tape.shot[0].line);
            cJSON_Delete(out);
        }
}

/* What the terminal sends by profile; each TVR is what the core computes for it. */
static const struct plan plans[] = {
    {.card = "unionpay-credit", .t0 = true},
    {.card = "unionpay-credit", .t0 = true, .get_data = false, .no_pse = true, .wrong_aids = true},
    {.card = "unionpay-debit"},
    {.card = "unionpay-two-applications"},
    {.card = "unionpay-two-applications", .second = true, .t0 = true},
    {.card = "unionpay-signature", .values = "95=8000008000", .t0 = true},
    {.card = "unionpay-no-cvm", .values = "95=8000008000"},
    {.card = "unionpay-no-pse", .no_pse = true},
    {.card = "visa-credit", .t0 = true, .values = "9F1A=0840 5F2A=0840 95=8000008000"},
    {.card = "visa-cvn18", .values = "9F1A=0826 5F2A=0826"},
    {.card = "unionpay-credit", .arc = "05"},
    {.card = "unionpay-credit", .arc = "51", .t0 = true},
    {.card = "unionpay-credit", .script71 = true, .script72 = true},
    {.card = "unionpay-credit", .bad_arpc = true, .t0 = true},
    {.card = "unionpay-credit",
     .cdol1 = ALL_TAGS,
     .cdol2 = "8A02910A" ALL_TAGS,
     .pdol = "9F37049F02069F1A029A039F3303"},
    {.card = "unionpay-credit",
     .cdol1 = ALL_TAGS,
     .cdol2 = "8A02" ALL_TAGS,
     .pdol = ALL_TAGS,
     .format77 = true,
     .t0 = true},
    {.card = "unionpay-credit", .aip = "1800", .cdol2 = "910A8A029F02069F03069F1A0295055F2A029A039C019F3704"},
};

static void pins_reproduce_what_was_sent(void **state)
{
    (void)state;
    struct tape tape;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        struct plan p = plans[i];
        char values[512], what[64];
        snprintf(what, sizeof what, "plan %zu, %s", i, p.card);
        /* in a PDOL the TVR is still all zeros, and the exponent is the one that can be configured */
        snprintf(values, sizeof values, "5F36=02 82=1C00 %s", p.values ? p.values : "");
        p.values = values;
        cJSON *out = replay_plan(&p, &tape, &spellings[i % SPELLINGS]);
        assert_accounted(session_at(out, 0), tape.count);
        if (p.second)
            assert_true(lists(cJSON_GetObjectItem(session_at(out, 0), "pinned"), "list = A000000333010102"));
        if (p.pdol && strstr(p.pdol, "9505")) { /* the recorder sends its one TVR everywhere */
            const cJSON *gpo = row_named(session_at(out, 0), "GET PROCESSING", 0);
            assert_string_equal(text_of(gpo, "verdict"), "different");
            assert_non_null(strstr(text_of(gpo, "reason"), "tag 95 Terminal verification results differs: recorded "
                                                           "8000048000, core 0000000000"));
            assert_null(strstr(text_of(gpo, "reason"), "; tag 9"));
        } else {
            assert_equal_throughout(session_at(out, 0), what);
        }
        cJSON_Delete(out);
    }
}

static unsigned draw(uint32_t *x, unsigned n)
{
    *x = *x * 1664525u + 1013904223u;
    return (*x >> 8) % n;
}

/* A few hundred different values, by a generator of the test's own. */
static void pins_reproduce_any_value(void **state)
{
    (void)state;
    uint32_t x = 12345;
    struct tape tape;
    for (unsigned i = 0; i < 40; i++) {
        char values[1024], un[3][9], serial[17], shop[41];
        unsigned type = draw(&x, 3), year = draw(&x, 50), month = 1 + draw(&x, 12), day = 1 + draw(&x, 28);
        unsigned amount = 1 + draw(&x, 999999999), hour = draw(&x, 24), minute = draw(&x, 60), second = draw(&x, 60);
        for (int k = 0; k < 3; k++)
            snprintf(un[k], sizeof un[k], "%04X%04X", draw(&x, 65536), draw(&x, 65536));
        for (int k = 0; k < 8; k++)
            snprintf(serial + 2 * k, 3, "%02X", 0x20 + draw(&x, 0x5F));
        for (int k = 0; k < 20; k++)
            snprintf(shop + 2 * k, 3, "%02X", k % 2 ? 0xA1 + draw(&x, 0x5E) : 0x21 + draw(&x, 0x5E));
        snprintf(values, sizeof values,
                 "9F02=%012u 81=%08X 9A=%02u%02u%02u 9F21=%02u%02u%02u 9C=%02u 9F1A=%04u 5F2A=%04u 9F35=2%u "
                 "9F40=6%X00F0A001 9F1E=%s 9F4E=%s 9F15=%04u 9F09=%04X 5F36=02 82=1C00 95=8000008000 9F33=E028C8",
                 amount, amount, year, month, day, hour, minute, second, draw(&x, 100), draw(&x, 1000), draw(&x, 1000),
                 1 + type, draw(&x, 16), serial, shop, draw(&x, 10000), draw(&x, 65536));
        const struct plan p = {.cdol1 = ALL_TAGS,
                               .cdol2 = "8A02" ALL_TAGS,
                               .pdol = "9F37049F02069A039F21039F1E08",
                               .values = values,
                               .un = {un[0], un[1], un[2]},
                               .t0 = i & 1};
        cJSON *out = replay_plan(&p, &tape, &spellings[i % SPELLINGS]);
        const cJSON *row;
        cJSON_ArrayForEach(row, cJSON_GetObjectItem(session_at(out, 0), "exchanges"))
        {
            const char *reason = text_of(row, "reason");
            /* What the core computes may be another TVR for this date, version, usage, type: nothing else may part. */
            for (const char *at = reason; (at = strstr(at, "tag ")); at += 4)
                if (strncmp(at, "tag 95 ", 7) != 0 && strncmp(at, "tag 8A ", 7) != 0 &&
                    strncmp(at, "tag 95:", 7) != 0 && strncmp(at, "tag 95 d", 8) != 0)
                    fail_msg("%s: %s", text_of(row, "name"), reason);
        }
        cJSON_Delete(out);
    }
}

static void reasons_name_tag_and_values(void **state)
{
    (void)state;
    struct tape tape;
    const struct plan p = {.values = "95=0000000000"};
    cJSON *out = replay_plan(&p, &tape, &spellings[0]);
    const cJSON *s = session_at(out, 0), *ac = row_named(s, "GENERATE AC", 0);
    assert_string_equal(text_of(ac, "verdict"), "different");
    assert_non_null(strstr(text_of(ac, "reason"), "tag 95 Terminal verification results differs: recorded 0000000000, "
                                                  "core 80000"));
    assert_non_null(strstr(text_of(ac, "reason"), "only the core says: offline data authentication not performed"));
    const cJSON *row;
    bool before = true;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(s, "exchanges"))
    {
        if (row == ac)
            before = false;
        assert_true(before == (strcmp(text_of(row, "verdict"), "equal") == 0 ||
                               strcmp(text_of(row, "verdict"), "equivalent") == 0));
        if (!before && row != ac)
            assert_non_null(strstr(text_of(row, "reason"), ": tag 95 differs"));
    }
    cJSON_Delete(out);
}

/* Values that no input can set: the reason says why, the run goes on. */
static void refuses_values_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *values, *tag, *why;
    } rows[] = {
        {"9F02=000000000000", "tag 9F02 ", "zero is recorded, which cannot be keyed"},
        {"9F02=001000000000", "tag 9F02 ", "10000000.00 has more than the 9 digits that can be keyed"},
        {"9F02=00000000000A", "tag 9F02 ", "is no number"},
        {"9F03=000000000100", "tag 9F03 ", "without cashback"},
        {"9A=230229", "tag 9A ", "is no date"},
        {"9A=000000", "tag 9A ", "is no date"},
        {"9F21=240000", "tag 9F21 ", "is no time"},
        {"9F4E=0000000000000000000000000000000000000000", "tag 9F4E ", "is empty"},
        {"9F1E=3132333400000000", "tag 9F1E ", "another length"},
        {"9F1C=3100320033003400", "tag 9F1C ", "no text"},
        {"5F36=00", "tag 5F36 ", "two decimals"},
        {"9F41=00010000", "tag 9F41 ", "counts from 1"},
        {"9F41=00000000", "tag 9F41 ", "no number that a terminal counts"},
    };
    struct tape tape;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char values[200];
        snprintf(values, sizeof values, "5F36=02 82=1C00 %s", rows[i].values);
        const struct plan p = {.cdol1 = ALL_TAGS, .cdol2 = "8A02" ALL_TAGS, .values = values};
        cJSON *out = replay_plan(&p, &tape, &spellings[0]);
        const char *reason = text_of(row_named(session_at(out, 0), "GENERATE AC", 0), "reason");
        const char *at = strstr(reason, rows[i].tag);
        if (!at || !strstr(at, rows[i].why))
            fail_msg("%s: %s", rows[i].values, reason);
        cJSON_Delete(out);
    }
}

static void leap_days_are_dates(void **state)
{
    (void)state;
    struct tape tape;
    static const char *const dates[] = {"9A=240229", "9A=000229", "9A=491231", "9A=260615 9F21=235959", "9F21=000000"};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        char values[200];
        snprintf(values, sizeof values, "5F36=02 82=1C00 %s", dates[i]);
        const struct plan p = {.cdol1 = ALL_TAGS, .cdol2 = "8A02" ALL_TAGS, .values = values};
        cJSON *out = replay_plan(&p, &tape, &spellings[0]);
        const char *reason = text_of(row_named(session_at(out, 0), "GENERATE AC", 0), "reason");
        assert_null(strstr(reason, "tag 9A"));
        assert_null(strstr(reason, "tag 9F21"));
        cJSON_Delete(out);
    }
}

static void the_counter_counts_real_transactions(void **state)
{
    (void)state;
    struct tape tape;
    const struct plan p = {.cdol1 = "9F02069F03069F1A0295055F2A029A039C019F37049F41049F2103",
                           .values = "9F41=00002000 9F21=235958"};
    cJSON *out = replay_plan(&p, &tape, &spellings[0]);
    assert_equal_throughout(session_at(out, 0), "the 2000th transaction");
    cJSON_Delete(out);
}

static void decisions_follow_from_what_is_concluded(void **state)
{
    (void)state;
    struct tape tape;
    /* no floor limit, no action code and no type is in any DOL: a TC at once, a decline at once, an online-only one */
    static const struct plan rows[] = {
        {.flow = FLOW_OFFLINE, .card = "unionpay-no-cvm", .values = "95=0000000000"},
        {.flow = FLOW_OFFLINE, .card = "unionpay-no-cvm", .values = "95=8000000000", .iac_online = "0000000000"},
        {.flow = FLOW_DECLINE, .card = "unionpay-no-cvm", .values = "95=8000008000"},
        {.flow = FLOW_UNABLE, .card = "unionpay-no-cvm", .values = "95=8000008000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cJSON *out = replay_plan(&rows[i], &tape, &spellings[0]);
        const cJSON *s = session_at(out, 0);
        assert_accounted(s, tape.count);
        assert_string_not_equal(text_of(s, "core"), "broke off");
        assert_string_equal(text_of(s, "recording"), "consistent");
        if (i > 0 && i < 3)
            assert_equal_throughout(s, rows[i].values);
        if (rows[i].flow == FLOW_UNABLE)
            assert_true(lists(cJSON_GetObjectItem(s, "pinned"), "host: cannot be reached (8A = Z3)"));
        cJSON_Delete(out);
    }
}

static void sessions_may_begin_late(void **state)
{
    (void)state;
    struct tape tape;
    const struct plan at_options = {.no_select = true}, at_aid = {.no_pse = true},
                      with_pdol = {.no_select = true, .pdol = "9F0206"};
    cJSON *out = replay_plan(&at_options, &tape, &spellings[0]);
    assert_equal_throughout(session_at(out, 0), "from GET PROCESSING OPTIONS");
    assert_true(lists(cJSON_GetObjectItem(session_at(out, 0), "assumptions"), "SELECT: none is recorded"));
    cJSON_Delete(out);
    out = replay_plan(&at_aid, &tape, &spellings[0]);
    assert_equal_throughout(session_at(out, 0), "from the AID");
    cJSON_Delete(out);
    out = replay_plan(&with_pdol, &tape, &spellings[0]);
    const cJSON *gpo = row_named(session_at(out, 0), "GET PROCESSING", 0);
    assert_string_equal(text_of(gpo, "verdict"), "different");
    assert_non_null(strstr(text_of(gpo, "reason"), "a PDOL that is not recorded"));
    assert_string_equal(text_of(session_at(out, 0), "recording"), "consistent");
    assert_string_not_equal(text_of(session_at(out, 0), "core"), "broke off");
    cJSON_Delete(out);
}

static void lists_what_the_core_leaves_out(void **state)
{
    (void)state;
    struct tape tape;
    const struct plan p = {.get_data = true, .card = "unionpay-offline-pin", .verify = true, .wrong_aids = true};
    cJSON *out = replay_plan(&p, &tape, &spellings[1]);
    const cJSON *s = session_at(out, 0);
    const cJSON *verify = row_named(s, "VERIFY", 0), *data = row_named(s, "GET DATA", 0);
    assert_string_equal(text_of(data, "verdict"), "not sent");
    assert_non_null(strstr(text_of(data, "reason"), "EMV leaves use and order of GET DATA"));
    assert_string_equal(text_of(verify, "command"), "0020008008****************");
    assert_true(lists(cJSON_GetObjectItem(s, "pinned"), "PIN, if asked for: that of the recorded VERIFY, 4 digits"));
    assert_string_not_equal(text_of(s, "core"), "broke off");
    cJSON_Delete(out);
}

static void shows_no_secret(void **state)
{
    (void)state;
    struct tape tape;
    const struct plan p = {.card = "unionpay-offline-pin",
                           .verify = true,
                           .t0 = true,
                           .cdol1 =
                               "9F02069F03069F1A0295055F2A029A039C019F37045A0A5713", /* the card's own PAN sent back */
                           .values = "5A=62123456789001010000 57=6212345678900101D3012201000006540000"};
    cJSON *out = replay_plan(&p, &tape, &spellings[0]);
    char *text = cJSON_PrintUnformatted(out);
    assert_null(strstr(text, "241234FF"));
    if (strstr(text, "6212345678900"))
        fail_msg("%.200s", strstr(text, "6212345678900") - 150);
    assert_null(strstr(text, "\"1234\""));
    free(text);
    cJSON_Delete(out);
}

static void several_sessions_in_a_file(void **state)
{
    (void)state;
    struct tape tape;
    char why[600] = "", *whole = calloc(1, 600000);
    static const struct plan rows[] = {
        {.t0 = true}, {.card = "unionpay-debit"}, {.card = "unionpay-no-pse", .no_pse = true}};
    size_t raw[3];
    for (size_t i = 0; i < 3; i++) {
        tape_record(&rows[i], &tape);
        char *text = tape_write(&tape, &spellings[i]);
        strcat(whole, text);
        free(text);
        raw[i] = tape.count;
    }
    cJSON *out = replay_text(whole, strlen(whole), 0, why, sizeof why);
    if (!out)
        fail_msg("%s", why);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(out, "sessions")), 3);
    for (int i = 0; i < 3; i++) {
        assert_accounted(session_at(out, i), raw[i]);
        assert_equal_throughout(session_at(out, i), "one of three");
    }
    cJSON_Delete(out);
    out = replay_text(whole, strlen(whole), 2, why, sizeof why);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(out, "sessions")), 1);
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(session_at(out, 0), "session")), 2);
    cJSON_Delete(out);
    assert_null(replay_text(whole, strlen(whole), 4, why, sizeof why));
    assert_non_null(strstr(why, "there is no session 4, it holds 3"));
    free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_says_the_same),
        cmocka_unit_test(pins_reproduce_what_was_sent),
        cmocka_unit_test(pins_reproduce_any_value),
        cmocka_unit_test(reasons_name_tag_and_values),
        cmocka_unit_test(refuses_values_with_a_reason),
        cmocka_unit_test(leap_days_are_dates),
        cmocka_unit_test(the_counter_counts_real_transactions),
        cmocka_unit_test(decisions_follow_from_what_is_concluded),
        cmocka_unit_test(sessions_may_begin_late),
        cmocka_unit_test(lists_what_the_core_leaves_out),
        cmocka_unit_test(shows_no_secret),
        cmocka_unit_test(several_sessions_in_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
