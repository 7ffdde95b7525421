/*
 * Answers of contactless cards that differ from the usual one and are as good (DOMAIN 3.9): with a 9F27 of their own,
 * an account number of an odd length, a directory with more in it than applications.
 */
#include "tests/core/emv/contactless/air.h"

#include <stdio.h>

#define PPSE_NAME "325041592E5359532E4444463031"
#define FCI "6F278408A000000333010101A51B9F38189F66049F02069F03069F1A0295055F2A029A039C019F37049000"
#define ENTRY "610A4F08A000000333010101"

/* One tap: `directory` in BF0C, then `body` in 77. */
static int tap(struct air *a, const char *directory, const char *body)
{
    char ppse[256], options[512];
    size_t len = strlen(directory) / 2;
    snprintf(ppse, sizeof ppse, "6F%02X840E" PPSE_NAME "A5%02XBF0C%02X%s9000", (unsigned)len + 21, (unsigned)len + 3,
             (unsigned)len, directory);
    snprintf(options, sizeof options, "77%02X%s9000", (unsigned)strlen(body) / 2, body);
    const struct air_step steps[] = {{NULL, ppse, OK}, {NULL, FCI, OK}, {NULL, options, OK}};
    air_init(a, steps);
    return air_tap(a);
}

#define HEAD "82027C009F36020022"
#define TAIL "9F2608AD03EE811AFAD4845F3401019F6C020000"
#define TRACK2 "57106212345678970013D301220100000120"

/* covers: 3.9 qPBOC cryptogram types: 9F27 may be there; it must tell what the CVR tells */
static void the_card_may_name_the_type(void **state)
{
    static const char *const iads[] = {"9F10080701010380000001", "9F10080701010390000001", "9F100807010103A0000001"};
    static const uint8_t types[] = {0x00, 0x40, 0x80};
    (void)state;
    for (size_t iad = 0; iad < 3; iad++) {
        for (unsigned cid = 0; cid < 256; cid++) {
            struct air a;
            char body[256];
            if (types[iad] == 0x40)
                continue; /* what becomes of an approval is for other tests */
            snprintf(body, sizeof body, HEAD TRACK2 "%s" TAIL "9F2701%02X", iads[iad], cid);
            int rc = tap(&a, ENTRY, body);
            if (rc != ((cid & 0xC0) == types[iad] ? OK : EMV_CARD_ERROR))
                fail_msg("%s, 9F27 %02X: %d", iads[iad], cid, rc);
            if (rc == OK)
                assert_int_equal(a.emv.decision, types[iad] ? EMV_ONLINE : EMV_DECLINED);
        }
    }
    struct air a;
    assert_int_equal(tap(&a, ENTRY, HEAD TRACK2 "9F100807010103A0000001" TAIL "9F27028000"), EMV_CARD_ERROR);
    assert_int_equal(tap(&a, ENTRY, HEAD TRACK2 "9F100807010103A0000001" TAIL "9F2700"), EMV_CARD_ERROR);
}

/* covers: 3.9 qPBOC online: account numbers of every length, the odd ones too */
static void account_numbers_of_every_length(void **state)
{
    (void)state;
    for (size_t digits = 13; digits <= 19; digits++) {
        struct air a;
        char track[40], body[256], pan[20], psn[4], expiry[5], track2[40];
        int len =
            snprintf(track, sizeof track, "%.*sD3012201%s", (int)digits, "6212345678970013123", digits % 2 ? "F" : "");
        snprintf(body, sizeof body, HEAD "57%02X%s9F100807010103A0000001" TAIL, (unsigned)len / 2, track);
        assert_int_equal(tap(&a, ENTRY, body), OK);
        assert_int_equal(emv_pan(&a.emv, pan, psn, expiry, track2), OK);
        assert_int_equal(strlen(pan), digits);
        assert_memory_equal(pan, "6212345678970013123", digits);
        assert_string_equal(expiry, "3012");
    }
}

/* covers: 2.2 status words, 3.9 malformed answers: data are worth nothing with another word than 9000 behind them */
static void data_with_a_wrong_word(void **state)
{
    static const char *const words[] = {"6200", "6281", "6283", "6300", "63C2", "6700", "6982", "6A82", "6F00", "9001"};
    const char *ppse = "6F21840E" PPSE_NAME "A50FBF0C0C" ENTRY;
    char options[256], fci[128], answer[300];
    (void)state;
    snprintf(fci, sizeof fci, "%.*s", (int)strlen(FCI) - 4, FCI);
    snprintf(options, sizeof options, "77%02X%s", (unsigned)strlen(HEAD TRACK2 "9F100807010103A0000001" TAIL) / 2,
             HEAD TRACK2 "9F100807010103A0000001" TAIL);
    const char *const answers[] = {ppse, fci, options};
    static const int outcomes[] = {EMV_NOT_ACCEPTED, EMV_NOT_ACCEPTED, EMV_CARD_ERROR};
    for (size_t at = 0; at < 3; at++) {
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            struct air a;
            char good[3][300];
            struct air_step steps[] = {{NULL, good[0], OK}, {NULL, good[1], OK}, {NULL, good[2], OK}};
            for (size_t j = 0; j < 3; j++)
                snprintf(good[j], sizeof good[j], "%s9000", answers[j]);
            snprintf(answer, sizeof answer, "%s%s", answers[at], words[i]);
            steps[at].answer = answer;
            air_init(&a, steps);
            int rc = air_tap(&a);
            if (rc != outcomes[at])
                fail_msg("answer %zu with %s: %d", at, words[i], rc);
        }
    }
}

/* covers: 3.9 PPSE: an application stands in template 61, whatever else the directory holds */
static void more_in_the_directory(void **state)
{
    struct air a;
    const char *body = HEAD TRACK2 "9F100807010103A0000001" TAIL;
    (void)state;
    assert_int_equal(tap(&a, "9F4D020B0A" ENTRY "8701015F2D027A68", body), OK);
    assert_int_equal(tap(&a, "730A4F08A000000333010101", body), EMV_NOT_ACCEPTED);
    assert_int_equal(tap(&a, "4F08A000000333010101", body), EMV_NOT_ACCEPTED);
    assert_int_equal(tap(&a, "61064F04A0000003" ENTRY, body), OK); /* a name of four bytes is none */
    assert_int_equal(tap(&a, "610750054445424954" ENTRY, body), OK);
}

/* One tap with this answer to the final SELECT. */
static int select_answers(struct air *a, const char *fci)
{
    const struct air_step steps[] = {
        {NULL, "6F21840E" PPSE_NAME "A50FBF0C0C" ENTRY "9000", OK}, {NULL, fci, OK}, {NULL, "6A80", OK}};
    air_init(a, steps);
    return air_tap(a);
}

/* covers: 2.3 final SELECT, 3.9 malformed answers: the application is not there when its FCI is none */
static void an_fci_without_its_parts(void **state)
{
    static const char *const fcis[] = {
        "610A8408A0000003330101019000",                             /* no 6F */
        "6F0EA50C9F38099F66049F02065F2A029000",                     /* no name */
        "6F0A8408A0000003330101019000",                             /* nothing behind the name */
        "6F148404A0000003A50C9F38099F66049F02065F2A029000",         /* a name of four bytes */
        "6F188408A000000333010102A50C9F38099F66049F02065F2A029000", /* another one's */
    };
    (void)state;
    for (size_t i = 0; i < sizeof fcis / sizeof *fcis; i++) {
        struct air a;
        int rc = select_answers(&a, fcis[i]);
        if (rc != EMV_NOT_ACCEPTED)
            fail_msg("FCI %zu: %d", i, rc);
    }
}

/* covers: 2.4 PDOL, 2.5 DOL cut lists: one that asks for more than a command holds, or breaks off, ends the tap */
static void a_list_that_cannot_be_filled(void **state)
{
    static const char *const fcis[] = {
        "6F178408A000000333010101A50B9F38089F66049F4EF99A039000", /* 256 bytes */
        "6F148408A000000333010101A5089F38059F66049F029000",
    };
    (void)state;
    for (size_t i = 0; i < sizeof fcis / sizeof *fcis; i++) {
        struct air a;
        int rc = select_answers(&a, fcis[i]);
        if (rc != EMV_CARD_ERROR)
            fail_msg("FCI %zu: %d", i, rc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_card_may_name_the_type), cmocka_unit_test(account_numbers_of_every_length),
        cmocka_unit_test(data_with_a_wrong_word),     cmocka_unit_test(more_in_the_directory),
        cmocka_unit_test(an_fci_without_its_parts),   cmocka_unit_test(a_list_that_cannot_be_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
