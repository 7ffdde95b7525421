/*
 * The card check: a good card has no finding; one change of its profile brings the finding that belongs to it. Shipped
 * profiles are good, but for those that say they are not; their tree is printed without a PAN in clear.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cards/inspect.h"
#include "core/status.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char good[] =
    "{\"description\":\"test\",\"pan\":\"6212345678901117\",\"psn\":\"01\",\"expiry\":\"3012\",\"service_code\":"
    "\"201\","
    "\"stripe\":{\"track2\":\"6212345678901117=30122010000032100\"},"
    "\"chip\":{\"atr\":\"3B600000\",\"protocol\":0,\"scheme\":\"pboc\",\"keys\":{\"imk_ac\":"
    "\"0123456789ABCDEFFEDCBA9876543210\",\"imk_smi\":\"FEDCBA98765432100123456789ABCDEF\",\"imk_smc\":"
    "\"89ABCDEF0123456776543210FEDCBA98\"},\"applications\":[{\"aid\":\"A000000333010102\",\"label\":\"Test\","
    "\"aip\":\"1800\",\"afl\":\"0801020110010100\",\"offline_pin\":\"1234\",\"data\":{\"9F58\":\"03\",\"9F59\":\"06\"},"
    "\"oda\":{\"keys\":\"unionpay-f1\",\"sda\":true,\"dda\":true,\"pin\":\"own\"},\"records\":["
    "{\"sfi\":1,\"record\":1,\"objects\":{\"5A\":\"6212345678901117\",\"5F24\":\"301231\",\"5F25\":\"200101\",\"5F34\":"
    "\"01\",\"5F28\":\"0156\",\"5F30\":\"0201\",\"9F07\":\"FF00\",\"9F08\":\"0030\",\"9F42\":\"0156\"}},"
    "{\"sfi\":1,\"record\":2,\"objects\":{\"57\":\"6212345678901117D30122010000065400\",\"8E\":"
    "\"00002710000000004403410642031F00\",\"9F0D\":\"FC78BCA800\",\"9F0E\":\"0010000000\",\"9F0F\":\"FC78FCF800\"}},"
    "{\"sfi\":2,\"record\":1,\"objects\":{\"8C\":\"9F02069F03069F1A0295055F2A029A039C019F3704\",\"8D\":"
    "\"8A029F02069F03069F1A0295055F2A029A039C019F3704\"}}]}]}}";

static char findings[8192];

static void collect(void *ctx, enum card_severity severity, const char *place, const char *text)
{
    (void)ctx;
    size_t n = strlen(findings);
    const char *colon = strncmp(place, "A000000333010102: ", 18) == 0 ? place + 18 : place;
    snprintf(findings + n, sizeof findings - n, "%c %s: %s\n", severity == CARD_ERROR ? 'E' : 'W', colon, text);
}

static void check_text(const char *json)
{
    struct card_profile *p;
    char why[400];
    *findings = '\0';
    if (card_profile_parse(json, strlen(json), TEST_ROOT "/cards/profiles/t.json", &p, why, sizeof why))
        fail_msg("%s", why);
    card_profile_check(p, collect, NULL);
    card_profile_destroy(p);
}

static const struct row {
    const char *from, *to, *finding; /* all there are, unless it ends with "~" */
} rows[] = {
    {"\"pan\"", "\"pan\"", ""},
    /* stripe and account */
    {"=30122010", "=30112010", "E stripe: track 2 has expiry 3011, the card 3012\n"},
    {"=30122010", "=30122210", "E stripe: track 2 has service code 221, the card 201\n"},
    {"=30122010", "=30121010",
     "E stripe: track 2 has service code 101, the card 201\nE stripe: the service code says no chip\n"},
    {"6212345678901117=", "6212345678901125=", "E stripe: track 2 has another PAN than the card\n"},
    {"\"5A\":\"6212345678901117", "\"5A\":\"6212345678901125",
     "E 5A (record 1.1): another PAN than the profile's\n"
     "E 57 (record 1.2): another PAN than 5A\n"},
    {"6212345678901117D", "6212345678901125D", "E 57 (record 1.2): another PAN than 5A\n"},
    {"D3012201", "D3011201", "E 57 (record 1.2): expiry 3011, the card's is 3012\n"},
    {"D3012201", "D3012221", "E 57 (record 1.2): service code 221, the card's is 201\n"},
    {"\"0201\"", "\"0221\"", "E 5F30 (record 1.1): service code 221, the card's is 201\n"},
    {"\"5F34\":\"01\"", "\"5F34\":\"02\"", "E 5F34 (record 1.1): sequence number 02, the profile's is 01\n"},
    /* dates */
    {"\"5F24\":\"301231\"", "\"5F24\":\"301131\"", "E 5F24 (record 1.1): 301131 is no day\n"},
    {"\"5F24\":\"301231\"", "\"5F24\":\"301031\"", "E 5F24 (record 1.1): expiry 3010, the card's is 3012\n"},
    {"\"5F25\":\"200101\"", "\"5F25\":\"310101\"", "E 5F25 (record 1.1): effective after the expiry date\n"},
    {"\"5F25\":\"200101\"", "\"5F25\":\"990101\"", ""},
    {"\"5F25\":\"200101\"", "\"5F25\":\"201301\"", "E 5F25 (record 1.1): 201301 is no day\n"},
    {"\"5F25\":\"200101\"", "\"5F25\":\"210229\"", "E 5F25 (record 1.1): 210229 is no day\n"},
    {"\"5F25\":\"200101\"", "\"5F25\":\"200229\"", ""},
    {"\"5F24\":\"301231\"", "\"5F24\":\"311231\"", "E 5F24 (record 1.1): expiry 3112, the card's is 3012\n~"},
    /* presence and form */
    {"\"5F24\":\"301231\",", "", "E 5F24: missing, mandatory\n"},
    {"\"8D\":", "\"9F7D\":", "E 8D: missing, mandatory\nW 9F7D (record 2.1): nobody knows this object\n"},
    {"\"9F08\":\"0030\",", "", "W 9F08: missing, every such card has it\n"},
    {"\"9F08\":\"0030\"", "\"9F08\":\"30\"", "E 9F08 (record 1.1): 1 bytes, 2 to 2 expected\n"},
    {"\"5F28\":\"0156\"", "\"5F28\":\"0A56\"", "E 5F28 (record 1.1): digits expected\n"},
    {"\"9F08\":\"0030\"", "\"9F08\":\"0030\",\"9F02\":\"000000000000\"",
     "E 9F02 (record 1.1): Amount, authorised is not the card's\n"},
    {"\"9F0E\":\"0010000000\"", "\"9F0E\":\"0010000000\",\"5F24\":\"301231\"",
     "E record 1.2: 5F24 is also in record 1.1\n"},
    /* AFL */
    {"0801020110010100", "0801020110010200", "E AFL entry 2: record 2.2 is not there\n"},
    {"0801020110010100", "0801020110020100",
     "E AFL entry 2: records 2 to 1\nW AFL: record 2.1 is there and not listed\n~"},
    {"\"protocol\":0", "\"protocol\":1", "E chip.protocol: the ATR says T=0\n"},
    {"3B600000", "3B650000", "E chip.atr: ~"},
    /* lists */
    {"9F02069F03069F1A0295055F2A029A039C019F3704\",\"8D\"", "9F02069F03069F1A025F2A029A039C019F3704\",\"8D\"",
     "E 8C (record 2.1): 95 is missing, the cryptogram needs it\n"},
    {"8A029F0206", "9F0206", "E 8D (record 2.1): 8A is missing, the card needs the issuer's decision\n"},
    {"8A029F0206", "8A029F0205", "W 8D (record 2.1): asks for 5 bytes of 9F02, which has 6 to 6\n"},
    {"\"label\":\"Test\"", "\"label\":\"Test\",\"pdol\":\"7004\"", "E pdol: asks for the template 70\n"},
    {"\"label\":\"Test\"", "\"label\":\"Test!\"", "E label: letters, digits and spaces expected\n"},
    {"\"label\":\"Test\"", "\"label\":\"Test\",\"preferred_name\":\"x\"", "E preferred_name: needs a code_table\n"},
    /* SM algorithms */
    {"\"scheme\":\"pboc\"", "\"scheme\":\"pboc-sm4\"", ""},
    {"\"scheme\":\"pboc\"", "\"scheme\":\"pboc-either\"",
     "E pdol: DF69 is missing: the card never gets to its SM algorithms\n"},
    {"unionpay-f1\",\"sda\":true,\"dda\":true,\"pin\":\"own\"", "unionpay-f3\",\"sda\":true,\"dda\":true",
     "W 8E (record 1.2): rule 1: enciphered PIN, and no terminal knows how with SM2\n"},
    {"\"oda\":",
     "\"pdol\":\"DF6901\",\"oda_sm\":{\"keys\":\"unionpay-f3\",\"dda\":true,\"break\":\"icc-pan\"},\"oda\":",
     "W 8E (record 1.2): rule 1: enciphered PIN, and no terminal knows how with SM2\nE 9F46 (record 4.2): another "
     "PAN\n"},
    /* cardholder verification */
    {"\"offline_pin\":\"1234\",", "",
     "E 8E (record 1.2): rule 1: offline PIN, and the card has none\n"
     "E 8E (record 1.2): rule 2: offline PIN, and the card has none\n"},
    {"\"pin\":\"own\"", "\"pin\":\"none\"", ""},
    {"\"sda\":true,\"dda\":true,\"pin\":\"own\"", "\"sda\":true",
     "E 8E (record 1.2): rule 1: enciphered PIN, and there is no key for it (9F2D or 9F46)\n"},
    {"00002710000000004403", "00000000000000004403", "W 8E (record 1.2): rule 2: amount X is zero\n"},
    {",\"9F42\":\"0156\"", "", "E 8E (record 1.2): rule 2: an amount, and no currency of the application (9F42)\n"},
    {"42031F00", "47031F00", "W 8E (record 1.2): rule 3: nobody knows method 07\n"},
    {"42031F00", "42331F00", "W 8E (record 1.2): rule 3: nobody knows condition 33\n"},
    {"\"1800\"", "\"0800\"", "W 8E (record 1.2): of no use, the AIP says that the cardholder is not verified\n"},
    {"4403410642031F00", "42031F00", "W 8E (record 1.2): the card has an offline PIN that no rule asks for\n"},
    {"4403410642031F00", "440341064203", ""},
    {"4403410642031F00", "4403410642031F",
     "E 8E (record 1.2): 15 bytes: two amounts and rules of two bytes expected\n"},
    {"\"data\":", "\"history\":{\"pin_tries\":4},\"data\":", "E history.pin_tries: more than the limit of 3\n"},
    /* usage control, limits */
    {"FF00", "F700", "E 9F07 (record 1.1): domestic goods and services: both or none\n"},
    {"FF00", "FB00", "E 9F07 (record 1.1): international goods and services: both or none\n"},
    {"FF00", "FC00", "E 9F07 (record 1.1): valid neither at ATMs nor elsewhere\n"},
    {"\"9F58\":\"03\"", "\"9F58\":\"07\"", "E 9F58: the lower limit 7 is above the upper one, 6\n"},
    /* certificates: one of each part; the table is in test_oda.c */
    {"\"sda\":true,", "\"sda\":true,\"break\":\"issuer-hash\",", "E 90 (record 4.1): the hash is another one\n"},
    {"\"sda\":true,", "\"sda\":true,\"break\":\"icc-expired\",",
     "E 9F46 (record 4.3): expires 12/19, before the application\n"},
    {"\"sda\":true,", "\"sda\":true,\"break\":\"ssad-static\",", "E 93 (record 4.2): the hash is another one\n"},
    {"\"sda\":true,", "\"sda\":true,\"break\":\"pin-hash\",", "E 9F2D (record 4.4): the hash is another one\n"},
    {"\"sda\":true,", "\"sda\":true,\"break\":\"missing-remainder\",",
     "E 92: missing, the key is longer than its certificate\n"},
    {"\"sda\":true,", "\"sda\":true,\"break\":\"missing-index\",", "E 8F: missing, the AIP needs it\n"},
    {"\"sda\":true,", "\"sda\":true,\"break\":\"9F4A-other\",",
     "E 9F4A (record 4.4): only the AIP (82) may be named\n"},
    {"\"sda\":true,", "\"sda\":true,\"break\":\"ddol-without-un\",", "E 9F49 (record 4.4): 9F37 is missing\n"},
    {"A000000333010102\",\"label", "A000000003010102\",\"label",
     "E A000000003010102: 8F (record 4.1): the authority is another scheme's\n"},
    {"\"oda\":{\"keys\":\"unionpay-f1\",\"sda\":true,\"dda\":true,\"pin\":\"own\"},", "",
     "E 8E (record 1.2): rule 1: enciphered PIN, and there is no key for it (9F2D or 9F46)\n"},
    {"\"1800\",\"afl\":\"0801020110010100\"", "\"1800\",\"afl\":\"0801020010010100\"", "W AFL: no record is signed\n"},
};

static void one_change_brings_its_finding(void **state)
{
    (void)state;
    unsigned failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static char json[4096];
        const struct row *r = &rows[i];
        const char *at = strstr(good, r->from);
        assert_non_null(at);
        snprintf(json, sizeof json, "%.*s%s%s", (int)(at - good), good, r->to, at + strlen(r->from));
        check_text(json);
        size_t len = strcspn(r->finding, "~");
        bool same = r->finding[len] ? strncmp(findings, r->finding, len) == 0 : strcmp(findings, r->finding) == 0;
        if (!same)
            print_error("row %zu, %s -> %s\nwanted:\n%s\nfound:\n%s\n", i, r->from, r->to, r->finding, findings);
        failed += !same;
    }
    assert_int_equal(failed, 0);
}

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static const char *shown_pan;
static void look_for_pan(void *ctx, const char *text)
{
    (void)ctx;
    if (*shown_pan && strstr(text, shown_pan))
        fail_msg("%s", text);
}

static void shipped_profiles_are_what_they_say(void **state)
{
    (void)state;
    unsigned broken = 0, sound = 0;
    DIR *dir = opendir(TEST_ROOT "/cards/profiles");
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char path[600], why[400];
        struct card_profile *p;
        struct card_facts f;
        if (!strstr(e->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, TEST_ROOT "/cards/profiles/%s", e->d_name);
        if (card_profile_load(path, &p, why, sizeof why))
            fail_msg("%s", why);
        *findings = '\0';
        card_profile_check(p, collect, NULL);
        bool errors = strncmp(findings, "E ", 2) == 0 || strstr(findings, "\nE ");
        if (begins(e->d_name, "broken-")) {
            broken++;
            if (!errors)
                fail_msg("%s: nothing is wrong with it", e->d_name);
        } else if (!begins(e->d_name, "select-") && !begins(e->d_name, "line-") &&
                   !begins(e->d_name, "unionpay-double-data")) {
            sound++;
            if (errors)
                fail_msg("%s: %s", e->d_name, findings);
        }
        card_facts(p, &f);
        shown_pan = f.pan;
        card_profile_tree(p, look_for_pan, NULL);
        card_profile_destroy(p);
    }
    closedir(dir);
    assert_true(broken >= 10);
    assert_true(sound >= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_change_brings_its_finding),
        cmocka_unit_test(shipped_profiles_are_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
