/*
 * The card check as a personalisation validator: good cards of cards/profiles, broken in one place each, and each fault
 * is named with its place. Wrong lengths of every object of the tag dictionary are tried one after the other.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cards/inspect.h"
#include "core/codec/tag.h"
#include "core/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char findings[16384];

static void collect(void *ctx, enum card_severity severity, const char *place, const char *text)
{
    (void)ctx;
    size_t n = strlen(findings);
    const char *behind = strncmp(place, "A0000003330101", 14) == 0 ? strchr(place, ' ') + 1 : place;
    snprintf(findings + n, sizeof findings - n, "%c %s: %s\n", severity == CARD_ERROR ? 'E' : 'W', behind, text);
}

static char *read_profile(const char *name)
{
    char path[300];
    static char text[65536];
    snprintf(path, sizeof path, TEST_ROOT "/cards/profiles/%s.json", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

/* `text` with the first `from` made `to`. */
static void replace(const char *text, const char *from, const char *to, char *out, size_t cap)
{
    const char *at = strstr(text, from);
    if (!at)
        fail_msg("there is no %s", from);
    snprintf(out, cap, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* What is found; behind L why it cannot even be read. */
static const char *check_text(const char *json)
{
    char why[900];
    struct card_profile *p;
    *findings = '\0';
    if (card_profile_parse(json, strlen(json), TEST_ROOT "/cards/profiles/t.json", &p, why, sizeof why)) {
        snprintf(findings, sizeof findings, "L %s\n", why + strlen(TEST_ROOT "/cards/profiles/"));
        return findings;
    }
    card_profile_check(p, collect, NULL);
    card_profile_destroy(p);
    return findings;
}

#define PLAIN "unionpay-offline-pin"
#define ODA "unionpay-dda"
#define LOG "select-log-three"

static const struct row {
    const char *card, *from, *to, *finding; /* one of its lines begins so */
} rows[] = {
    /* mandatory data */
    {PLAIN, "\"5A\": \"6212345678900705\", ", "", "E 5A: missing, mandatory"},
    {PLAIN, "\"57\"", "\"56\"", "E 57: missing, mandatory"},
    {PLAIN, "\"5F24\": \"301231\", ", "", "E 5F24: missing, mandatory"},
    {PLAIN, "\"8C\"", "\"97\"", "E 8C: missing, mandatory"},
    {PLAIN, "\"8D\"", "\"97\"", "E 8D: missing, mandatory"},
    {PLAIN, "\"8E\": \"0000000000000000410342031E031F00\",", "", "E 8E: missing, the AIP says"},
    /* what the cryptograms are made of */
    {PLAIN, "9F37049F21039F4E14\",", "9F21039F4E14\",", "E 8C (record 3.1): 9F37 is missing, the cryptogram needs it"},
    {PLAIN, "9F1A0295055F", "9F1A025F", "E 8C (record 3.1): 95 is missing, the cryptogram needs it"},
    {PLAIN, "5F2A029A039C", "5F2A029C", "E 8C (record 3.1): 9A is missing, the cryptogram needs it"},
    {PLAIN, "9F02069F0306", "9F0206", "E 8C (record 3.1): 9F03 is missing, the cryptogram needs it"},
    {PLAIN, "8A029F0206", "9F0206", "E 8D (record 3.1): 8A is missing"},
    {PLAIN, "\"8C\": \"9F0206", "\"8C\": \"9F02", "E 8C (record 3.1): 9F03 is missing"},
    {PLAIN, "\"priority\": 1,", "\"priority\": 1, \"pdol\": \"9F6604C\",", "L t.json: chip.applications[0].pdol: "},
    {PLAIN, "\"priority\": 1,", "\"priority\": 1, \"pdol\": \"9F66\",", "L t.json: chip.applications[0]: pdol: a list"},
    {PLAIN, "\"priority\": 1,", "\"priority\": 1, \"pdol\": \"A504\",", "E pdol: asks for the template A5"},
    /* one account */
    {PLAIN, "6212345678900705D", "6212345678900713D", "E 57 (record 1.1): another PAN than 5A"},
    {PLAIN, "05D3012", "05D3011", "E 57 (record 1.1): expiry 3011, the card's is 3012"},
    {PLAIN, "\"5F34\": \"01\"", "\"5F34\": \"02\"", "E 5F34 (record 2.1): sequence number 02"},
    {PLAIN, "\"pan\": \"6212345678900705\"", "\"pan\": \"6212345678900706\"", "E pan: its check digit is wrong"},
    {PLAIN, "\"5A\": \"6212345678900705\"", "\"5A\": \"6212345678900706\"",
     "E 5A (record 2.1): its check digit is wrong"},
    {PLAIN, "\"5F30\": \"0201\"", "\"5F30\": \"0101\"", "E 5F30 (record 2.1): service code 101"},
    {PLAIN, "B6212345678900705^", "B6212345678900713^", "E stripe: track 1 has another PAN than the card"},
    {PLAIN, "^30122010000032100", "^31122010000032100", "E stripe: track 1 has expiry 3112, the card 3012"},
    {PLAIN, "^30122010000032100", "^30122210000032100", "E stripe: track 1 has service code 221, the card 201"},
    {PLAIN, "B6212345678900705^", "6212345678900705^", "E stripe: track 1 is malformed"},
    {PLAIN, "=3012201", "=3011201", "E stripe: track 2 has expiry 3011"},
    /* dates */
    {PLAIN, "301231", "301331", "E 5F24 (record 2.1): 301331 is no day"},
    {PLAIN, "301231", "30AB31", "E 5F24 (record 2.1): digits expected"},
    {PLAIN, "301231", "301200", "E 5F24 (record 2.1): 301200 is no day"},
    {PLAIN, "200101", "311301", "E 5F25 (record 2.1): 311301 is no day"},
    {PLAIN, "200101", "310101", "E 5F25 (record 2.1): effective after the expiry date"},
    /* files */
    {PLAIN, "080101001001020018010100", "080101001001030018010100", "E AFL entry 2: record 2.3 is not there"},
    {PLAIN, "080101001001020018010100", "080101001001020018010102", "E AFL entry 3: 2 signed records of 1"},
    {PLAIN, "080101001001020018010100", "08010100100102001801", "E AFL: 10 bytes, a multiple of 4 expected"},
    {PLAIN, "080101001001020018010100", "080101001002010018010100", "E AFL entry 2: records 2 to 1"},
    {PLAIN, "080101001001020018010100", "090101001001020018010100", "E AFL entry 1: 09 names no file of 1 to 30"},
    {PLAIN, "080101001001020018010100", "0801010010010200180101001801", "E AFL: 14 bytes"},
    {PLAIN, "080101001001020018010100", "080101001001020010010100", "E record 2.1: 5A is also in record 2.1"},
    {PLAIN, "\"9F44\": \"02\"", "\"9F44\": \"02\", \"5F24\": \"301231\"", "E record 2.2: 5F24 is also in record 2.1"},
    {PLAIN, "\"9F44\": \"02\"", "\"9F44\": \"02\", \"9F44\": \"02\"", "L t.json: chip.applications[0].records[2]"},
    {LOG, "\"raw\": \"260614", "\"raw\": \"70\", \"x\": \"",
     "L t.json: chip.applications[0].records[4].x: unknown key"},
    {PLAIN, "\"sfi\": 3, \"record\": 1", "\"sfi\": 2, \"record\": 1",
     "L t.json: chip.applications[0].records[3]: SFI 2"},
    /* CVM list */
    {PLAIN, "1E031F00\"", "1E031F\"", "E 8E (record 2.2): 15 bytes: two amounts and rules"},
    {PLAIN, "410342031E031F00", "410642031E031F00", "W 8E (record 2.2): rule 1: amount X is zero"},
    {PLAIN, "410342031E031F00", "440342031E031F00", "E 8E (record 2.2): rule 1: enciphered PIN, and there is no key"},
    {PLAIN, "\"offline_pin\": \"1234\", ", "", "E 8E (record 2.2): rule 1: offline PIN, and the card has none"},
    /* AIP */
    {PLAIN, "\"aip\": \"1C00\"", "\"aip\": \"5C00\"", "E AIP: offline data authentication, and the profile has no oda"},
    {PLAIN, "\"aip\": \"1C00\"", "\"aip\": \"3C00\"", "E AIP: offline data authentication"},
    {PLAIN, "\"aip\": \"1C00\"", "\"aip\": \"1D00\"", "E AIP: offline data authentication"},
    {PLAIN, "\"aip\": \"1C00\"", "\"aip\": \"9C00\"", "W AIP: 80: a bit that nobody knows"},
    {PLAIN, "\"aip\": \"1C00\"", "\"aip\": \"1C01\"", "W AIP: byte 2 is 01, 00 expected"},
    {PLAIN, "\"aip\": \"1C00\"", "\"aip\": \"1400\"", "W AIP: no terminal risk management"},
    {PLAIN, "\"aip\": \"1C00\"", "\"aip\": \"0C00\"", "W 8E (record 2.2): of no use"},
    /* certificates */
    {ODA, "\"sda\": true", "\"break\": \"missing-ssad\", \"sda\": true", "E 93: missing, the AIP says SDA"},
    {ODA, "\"sda\": true", "\"break\": \"icc-expired\", \"sda\": true", "E 9F46 (record 4.3): expires 12/19"},
    {ODA, "\"sda\": true", "\"break\": \"issuer-expired\", \"sda\": true", "E 90 (record 4.1): expires"},
    {ODA, "\"sda\": true", "\"break\": \"issuer-id\", \"sda\": true", "E 90 (record 4.1): "},
    {ODA, "\"sda\": true", "\"break\": \"icc-pan\", \"sda\": true", "E 9F46 (record 4.3): "},
    {ODA, "\"sda\": true", "\"break\": \"ddol-without-un\", \"sda\": true", "E 9F49 (record 4.3): 9F37 is missing"},
    {ODA, "\"sda\": true", "\"break\": \"9F4A-other\", \"sda\": true", "E 9F4A (record 4.3): only the AIP"},
    {ODA, "\"sda\": true", "\"break\": \"missing-exponent\", \"sda\": true", "E 9F32: missing or of another length"},
    {ODA, "\"sda\": true", "\"break\": \"unknown-index\", \"sda\": true", "E 8F (record 4.1): not the index"},
    {PLAIN, "\"9F44\": \"02\"", "\"9F44\": \"02\", \"9F32\": \"05\"",
     "E 9F32 (record 2.2): an exponent of 03 or 010001"},
    {PLAIN, "\"9F44\": \"02\"", "\"9F44\": \"02\", \"9F47\": \"010003\"", "E 9F47 (record 2.2): an exponent of 03"},
    {PLAIN, "\"9F44\": \"02\"", "\"9F44\": \"02\", \"97\": \"9F02\"", "E 97 (record 2.2): malformed list"},
    /* FCI, directory, log */
    {PLAIN, "\"priority\": 1,", "\"priority\": 1, \"fci\": \"6F04A5025000\",", "E fci: the name (84) is missing"},
    {PLAIN, "\"priority\": 1,", "\"priority\": 1, \"fci\": \"6F078405A000000333\",",
     "E fci: the name (84) is another one"},
    {PLAIN, "\"priority\": 1,", "\"priority\": 1, \"fci\": \"6F0A8408A000000333010102\",",
     "E fci: the proprietary template"},
    {PLAIN, "\"priority\": 1,", "\"priority\": 1, \"fci\": \"6F05\",", "E fci: not one well-formed template 6F"},
    {PLAIN, "\"language\": \"zhen\",\n", "\"language\": \"zhen\",\n\"fci_issuer\": {\"9F4D\": \"0B0A\"},",
     "E data.9F4F: missing"},
    {LOG, "\"0B0A\"", "\"010A\"", "E fci_issuer.9F4D: a file from 0B to 1E"},
    {LOG, "\"0B0A\"", "\"0B1F\"", "E fci_issuer.9F4D: 31 records; 1 to 30"},
    {LOG, "\"9A039F2103", "\"9A039F21039F", "W data.9F4F: asks for 9F9F02, which nobody knows"},
    {PLAIN, "\"pse\": { \"sfi\": 1,", "\"pse\": { \"sfi\": 11,", "E chip.pse.sfi: file 11"},
    {PLAIN, "\"pse\": { \"sfi\": 1,",
     "\"pse\": { \"directory\": [{\"sfi\": 1, \"record\": 1, \"raw\": \"7000FF\"}], \"sfi\": 1,",
     "E chip.pse: record 1.1: not one template 70"},
    {PLAIN, "\"pse\": { \"sfi\": 1,",
     "\"pse\": { \"directory\": [{\"sfi\": 1, \"record\": 1, \"raw\": \"700B6109500741424344454647\"}], \"sfi\": 1,",
     "E chip.pse: record 1.1: an entry without a name"},
    {PLAIN, "\"pse\": { \"sfi\": 1,",
     "\"pse\": { \"directory\": [{\"sfi\": 1, \"record\": 1, \"raw\": \"700961074F05A000000999\"}], \"sfi\": 1,",
     "W chip.pse: record 1.1: names an application that the card does not have"},
    /* the rest */
    {PLAIN, "\"9F58\": \"03\"", "\"9F58\": \"0300\"", "E data.9F58: 2 bytes, 1 to 1 expected"},
    {PLAIN, "\"9F58\": \"03\"", "\"9F58\": \"09\"", "E 9F58: the lower limit 9 is above the upper one"},
    {PLAIN, "\"9F58\": \"03\"", "\"9F36\": \"0001\"", "E data.9F36: the card counts this itself"},
    {PLAIN, "\"9F58\": \"03\"", "\"9F52\": \"C0\"", "E data.9F52: 1 bytes, 2 to 6 expected"},
    {PLAIN, "\"last_online_atc\": \"0021\"", "\"last_online_atc\": \"0022\"", "E history.last_online_atc: above"},
    {PLAIN, "\"language\": \"zhen\",\n", "\"language\": \"ZHEN\",\n", "E language: small letters"},
    {PLAIN, "0123456789ABCDEFFEDCBA9876543210", "0123456789ABCDEF0123456789ABCDEF", "E chip.keys.imk_ac: both halves"},
    {PLAIN, "FEDCBA98765432100123456789ABCDEF", "0123456789ABCDEFFEDCBA9876543210", "W chip.keys.imk_smi: the same"},
    {PLAIN, "FEDCBA98765432100123456789ABCDEF", "FEDCBA9876543210", "L t.json: chip.keys.imk_smi: 32 hex digits"},
    {PLAIN, "\"9F07\": \"FF00\"", "\"9F07\": \"DF00\"", "E 9F07 (record 2.1): domestic goods and services"},
    {PLAIN, "\"9F07\": \"FF00\"", "\"9F02\": \"000000000000\"", "E 9F02 (record 2.1): Amount, authorised is not"},
    {"unionpay-two-applications", "\"priority\": 130", "\"priority\": 129",
     "W priority: applications 0 and 1 have the same"},
};

static void each_broken_card_is_named(void **state)
{
    (void)state;
    unsigned failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[300];
        static char json[66000];
        replace(read_profile(rows[i].card), rows[i].from, rows[i].to, json, sizeof json);
        const char *found = check_text(json);
        snprintf(line, sizeof line, "\n%s", rows[i].finding);
        if (strncmp(found, line + 1, strlen(line + 1)) == 0 || strstr(found, line))
            continue;
        print_error("%s: %s -> %s\nwanted: %s\nfound:\n%s\n", rows[i].card, rows[i].from, rows[i].to, rows[i].finding,
                    found);
        failed++;
    }
    assert_int_equal(failed, 0);
    assert_true(sizeof rows / sizeof *rows >= 40);
}

/* Each object of the dictionary with a stated length, one byte too long, in a record that is read first. */
static void every_wrong_length_is_named(void **state)
{
    (void)state;
    static char json[66000], other[66000];
    size_t count;
    unsigned tried = 0;
    const struct tag_info *table = tag_table(&count);
    replace(read_profile(PLAIN), "080101001001020018010100", "18020200080101001001020018010100", json, sizeof json);
    for (size_t i = 0; i < count; i++) {
        const struct tag_info *t = &table[i];
        char record[400], wanted[80], zeros[2 * 101 + 1] = "";
        if (t->source != 'C' || !t->max || t->format == TAG_TEMPLATE || t->max > 100)
            continue;
        memset(zeros, '0', 2u * (t->max + 1u));
        snprintf(record, sizeof record,
                 "{ \"sfi\": 3, \"record\": 2, \"objects\": { \"%X\": \"%s\" } }, { \"sfi\": 3, \"record\": 1",
                 (unsigned)t->tag, zeros);
        snprintf(wanted, sizeof wanted, "%u bytes, %u to %u expected", t->max + 1u, t->min, t->max);
        replace(json, "{ \"sfi\": 3, \"record\": 1", record, other, sizeof other);
        if (!strstr(check_text(other), wanted))
            fail_msg("%X: wanted %s, found:\n%s", (unsigned)t->tag, wanted, findings);
        tried++;
    }
    assert_true(tried > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_broken_card_is_named),
        cmocka_unit_test(every_wrong_length_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
