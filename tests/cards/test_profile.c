/* Loading profiles: every message names the key and what was expected; every shipped profile is a valid card. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cards/card.h"
#include "core/codec/atr.h"
#include "core/codec/dol.h"
#include "core/codec/hex.h"
#include "core/codec/tlv.h"
#include "core/codec/track.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS                                                                                                           \
    "\"keys\":{\"imk_ac\":\"0123456789ABCDEFFEDCBA9876543210\",\"imk_smi\":\"0123456789ABCDEFFEDCBA9876543210\","      \
    "\"imk_smc\":\"0123456789ABCDEFFEDCBA9876543210\"}"
#define CHIP(application)                                                                                              \
    "{\"description\":\"d\",\"pan\":\"6212345678900101\",\"chip\":{\"atr\":\"3B600000\",\"protocol\":0,\"scheme\":"    \
    "\"pboc\"," KEYS ",\"pse\":{\"sfi\":1},\"applications\":[" application "]}}"
#define APP(rest) "{\"aid\":\"A000000333010102\",\"label\":\"L\",\"aip\":\"1C00\",\"afl\":\"08010100\"," rest "}"

static const struct error_row {
    const char *json, *why;
} errors[] = {
    {"", "c.json:1: not valid JSON at column 1"},
    {"{\n \"description\": \"d\",\n \"pan\" 5\n}", "c.json:3: not valid JSON at column 8"},
    {"{\"description\":\"d\"} x", "c.json:1: not valid JSON at column 21"},
    {"[]", "c.json: an object { } expected"},
    {"{\"stripe\":{\"track2\":\"1\"}}", "c.json: description: missing, text of 1 to 127 characters expected"},
    {"{\"description\":\"d\"}", "c.json: chip or stripe expected: this card has neither"},
    {"{\"description\":\"d\",\"stripes\":{}}", "c.json: stripes: unknown key, the nearest known one is 'stripe'"},
    {"{\"description\":\"d\",\"servicecode\":1}",
     "c.json: servicecode: unknown key, the nearest known one is 'service_code'"},
    {"{\"description\":\"d\",\"description\":\"d\"}", "c.json: description: given twice"},
    {"{\"description\":7}", "c.json: description: text of 1 to 127 characters expected"},
    {"{\"description\":\"d\",\"pan\":\"62A2345678900101\"}", "c.json: pan: text of 8 to 19 digits expected"},
    {"{\"description\":\"d\",\"psn\":\"1\"}", "c.json: psn: text of 2 digits expected"},
    {"{\"description\":\"d\",\"host\":{\"balance\":\"12.5\"}}",
     "c.json: host.balance: an amount like \"120.00\" expected"},
    {"{\"description\":\"d\",\"host\":{\"balance\":\"12.50\"}}",
     "c.json: host.status: missing, text of 2 to 2 characters expected"},
    {"{\"description\":\"d\",\"twists\":[\"wrong_cryptogramm\"]}",
     "c.json: twists: a list of any of wrong_cryptogram, second_ac_refused, first_ac_declined, first_ac_higher, "
     "gpo_6985_once expected"},
    {"{\"description\":\"d\",\"chip\":[]}", "c.json: chip: an object { } expected"},
    {"{\"description\":\"d\",\"chip\":{\"atr\":\"3B6\"}}",
     "c.json: chip.atr: 4 to 66 hex digits expected, an even number"},
    {"{\"description\":\"d\",\"chip\":{\"protocol\":2}}", "c.json: chip.protocol: a whole number from 0 to 1 expected"},
    {"{\"description\":\"d\",\"chip\":{\"protocol\":0.5}}",
     "c.json: chip.protocol: a whole number from 0 to 1 expected"},
    {"{\"description\":\"d\",\"chip\":{\"blocked\":1}}", "c.json: chip.blocked: true or false expected"},
    {"{\"description\":\"d\",\"chip\":{\"scheme\":\"emv\"}}",
     "c.json: chip.scheme: one of pboc, cvn10, cvn18, pboc-sm4, pboc-either expected"},
    {"{\"description\":\"d\",\"chip\":{\"keys\":{\"imk_ac\":\"01\"}}}",
     "c.json: chip.keys.imk_ac: 32 hex digits expected"},
    {CHIP("7"), "c.json: chip.applications[0]: an object { } expected"},
    {CHIP("{\"aid\":\"A0\"}"), "c.json: chip.applications[0].aid: 10 to 32 hex digits expected, an even number"},
    {CHIP("{\"aid\":\"A000000333010102\"}"),
     "c.json: chip.applications[0].label: missing, text of 1 to 16 characters expected"},
    {CHIP(APP("\"records\":{}")), "c.json: chip.applications[0].records: a list [ ] of 0 to 32 objects expected"},
    {CHIP(APP("\"records\":[{\"sfi\":31,\"record\":1}]")),
     "c.json: chip.applications[0].records[0].sfi: a whole number from 1 to 30 expected"},
    {CHIP(APP("\"records\":[{\"sfi\":1,\"record\":1}]")),
     "c.json: chip.applications[0].records[0]: either objects or raw expected"},
    {CHIP(APP("\"records\":[{\"sfi\":1,\"record\":1,\"raw\":\"00\"},{\"sfi\":1,\"record\":1,\"raw\":\"00\"}]")),
     "c.json: chip.applications[0].records[1]: SFI 1 record 1 is given twice"},
    {CHIP(APP("\"records\":[{\"sfi\":1,\"record\":1,\"objects\":{\"5A\":\"621\"}}]")),
     "c.json: chip.applications[0].records[0].objects.5A: an even number of hex digits expected"},
    {CHIP(APP("\"records\":[{\"sfi\":1,\"record\":1,\"objects\":{\"5F\":\"62\"}}]")),
     "c.json: chip.applications[0].records[0].objects.5F: a tag of 2 to 6 hex digits expected as the key"},
    {CHIP(APP("\"records\":[{\"sfi\":1,\"record\":1,\"objects\":{\"5A\":{\"82\":\"00\"}}}]")),
     "c.json: chip.applications[0].records[0].objects.5A: hex digits expected, this tag is no template"},
    {CHIP(APP("\"records\":[{\"sfi\":1,\"record\":1,\"objects\":{\"5A\":\"62\",\"5A\":\"62\"}}]")),
     "c.json: chip.applications[0].records[0].objects.5A: given twice"},
    {CHIP(APP("\"records\":[{\"sfi\":1,\"record\":1,\"objects\":{\"8C\":\"9F\"}}]")),
     "c.json: chip.applications[0]: CDOL1 (8C): a list of tags and lengths expected, at most 255 bytes asked for"},
    {CHIP(APP("\"pdol\":\"9F02FF9F0301\",\"records\":[]")),
     "c.json: chip.applications[0]: pdol: a list of tags and lengths expected, at most 255 bytes asked for"},
    {CHIP(APP("\"records\":[]") "," APP("\"records\":[]")), "c.json: chip.applications[1].aid: given twice"},
};

static void names_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct card_profile *p;
        char why[256];
        assert_int_equal(card_profile_parse(errors[i].json, strlen(errors[i].json), "c.json", &p, why, sizeof why),
                         E_FORMAT);
        assert_null(p);
        assert_string_equal(why, errors[i].why);
    }
}

static void refuses_what_is_too_long(void **state)
{
    (void)state;
    static char json[400 * 1024];
    char why[256];
    struct card_profile *p;
    memset(json, ' ', sizeof json);
    assert_int_equal(card_profile_parse(json, sizeof json, "c.json", &p, why, sizeof why), E_FORMAT);
    assert_string_equal(why, "c.json: at most 262144 bytes expected");

    char record[1024] = "";
    for (int i = 0; i < 252; i++)
        strcat(record, "00");
    snprintf(json, sizeof json, CHIP(APP("\"records\":[{\"sfi\":1,\"record\":1,\"objects\":{\"5A\":\"%s\"}}]")),
             record);
    assert_int_equal(card_profile_parse(json, strlen(json), "c.json", &p, why, sizeof why), E_FORMAT);
    assert_string_equal(why,
                        "c.json: chip.applications[0].records[0].objects: too long: an object of tags and hex values "
                        "expected, at most 251 bytes encoded");
}

static void never_crashes_on_a_cut_or_changed_profile(void **state)
{
    (void)state;
    static const char good[] =
        CHIP(APP("\"records\":[{\"sfi\":1,\"record\":1,\"objects\":{\"8C\":\"9F0206\",\"A5\":{\"50\":\"41\"}}}]"));
    char why[64];
    struct card_profile *p;
    assert_int_equal(card_profile_parse(good, sizeof good - 1, "c.json", &p, why, sizeof why), OK);
    card_profile_destroy(p);
    for (size_t i = 0; i < sizeof good - 1; i++) {
        char *copy = malloc(sizeof good - 1);
        memcpy(copy, good, sizeof good - 1);
        assert_int_equal(card_profile_parse(copy, i, "c.json", &p, why, sizeof why), E_FORMAT);
        for (const char *c = "\"{]0\xFF"; *c; c++) {
            copy[i] = *c;
            if (card_profile_parse(copy, sizeof good - 1, "c.json", &p, why, sizeof why) == OK)
                card_profile_destroy(p);
        }
        free(copy);
    }
}

static void says_that_a_file_is_missing(void **state)
{
    (void)state;
    struct card_profile *p;
    char why[256];
    assert_int_equal(card_profile_load("no/such.json", &p, why, sizeof why), HAL_E_NOENT);
    assert_string_equal(why, "no/such.json: no such card profile");
}

static void knows_twists_by_name(void **state)
{
    (void)state;
    enum card_twist twist;
    assert_int_equal(card_twist_by_name("gpo_6985_once", &twist), OK);
    assert_int_equal(twist, CARD_TWIST_GPO_6985_ONCE);
    assert_int_equal(card_twist_by_name("", &twist), E_NOTFOUND);
}

/* -- shipped profiles -- */

static void check_stripe(const struct card_facts *f)
{
    struct track2 t;
    assert_int_equal(track2_parse(f->track2, &t), OK);
    assert_string_equal(t.pan, f->pan);
    assert_string_equal(t.expiry, f->expiry);
    assert_string_equal(t.service_code, f->service_code);
    assert_int_equal(track2_has_chip(&t), f->has_chip);
    assert_int_equal(f->track1[0], 'B');
    assert_memory_equal(f->track1 + 1, f->pan, strlen(f->pan));
    const char *name_end = strrchr(f->track1, '^');
    assert_memory_equal(name_end + 1, f->expiry, 4);
    assert_memory_equal(name_end + 5, f->service_code, 3);
}

static void check_atr(const struct card_facts *f)
{
    struct atr atr;
    const char *why;
    assert_int_equal(atr_parse(f->atr, f->atr_len, &atr, &why), OK);
    assert_int_equal(atr_check_emv(&atr, false, &why), OK);
    assert_int_equal(atr.protocol, f->protocol);
}

/* All records that the AFL names, read one by one, objects gathered. */
static size_t read_application(struct card *c, const uint8_t *aid, size_t aid_len, uint8_t *objects, size_t cap)
{
    uint8_t answer[RAPDU_MAX], select[32] = {0x00, 0xA4, 0x04, 0x00, (uint8_t)aid_len},
                               gpo[64] = {0x80, 0xA8, 0x00, 0x00};
    size_t len, at = 0;
    struct tlv options, pdol;
    struct tlv_out out;
    tlv_out_init(&out, objects, cap);
    memcpy(select + 5, aid, aid_len);
    card_apdu(c, select, 6 + aid_len, answer, &len);
    struct dol_entry entry;
    size_t wanted = 0, in_list = 0;
    if (tlv_find_deep(answer, len - 2, 0x9F38, &pdol) == OK)
        while (dol_next(pdol.value, pdol.len, &in_list, &entry) == OK)
            wanted += entry.len;
    gpo[4] = (uint8_t)(2 + wanted);
    gpo[5] = 0x83;
    gpo[6] = (uint8_t)wanted;
    card_apdu(c, gpo, 8 + wanted, answer, &len);
    assert_int_equal(rapdu_sw(answer, len), 0x9000);
    assert_int_equal(tlv_next(answer, len - 2, &at, &options), OK);
    struct tlv afl = {0x94, options.len - 2, options.value + 2}, aip = {0x82, 2, options.value};
    if (options.tag == 0x77) {
        assert_int_equal(tlv_find(options.value, options.len, 0x94, &afl), OK);
        assert_int_equal(tlv_find(options.value, options.len, 0x82, &aip), OK);
    }
    bool signed_ = aip.value[0] & 0x61; /* the AIP claims offline data authentication: some of it must be there */
    uint8_t copy[252];
    memcpy(copy, afl.value, afl.len);
    for (size_t i = 0; i < afl.len; i += 4) {
        for (unsigned r = copy[i + 1]; r <= copy[i + 2]; r++) {
            const uint8_t read[5] = {0x00, 0xB2, (uint8_t)r, copy[i] | 4, 0x00};
            struct tlv record;
            at = 0;
            card_apdu(c, read, 5, answer, &len);
            assert_int_equal(rapdu_sw(answer, len), 0x9000);
            assert_int_equal(tlv_next(answer, len - 2, &at, &record), OK);
            assert_int_equal(record.tag, 0x70);
            assert_int_equal(at, len - 2);
            tlv_put_raw(&out, record.value, record.len);
        }
    }
    assert_int_equal(out.status, OK);
    struct tlv index, certificate;
    if (signed_)
        assert_true(tlv_find(objects, out.len, 0x8F, &index) == OK ||
                    tlv_find(objects, out.len, 0x90, &certificate) == OK);
    return out.len;
}

static void find(const uint8_t *objects, size_t len, uint32_t tag, struct tlv *out)
{
    if (tlv_find(objects, len, tag, out))
        fail_msg("object %X is missing", tag);
}

static void check_objects(const struct card_facts *f, const uint8_t *objects, size_t len)
{
    struct tlv o;
    struct track2 t;
    char digits[24];
    static const uint32_t needed[] = {0x8C, 0x8D, 0x8E, 0x9F07, 0x9F0D, 0x9F0E, 0x9F0F, 0x5F28, 0x5F25, 0x9F08};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        find(objects, len, needed[i], &o);
    find(objects, len, 0x57, &o);
    assert_int_equal(track2_from_tag57(o.value, o.len, &t), OK);
    assert_string_equal(t.pan, f->pan);
    assert_string_equal(t.expiry, f->expiry);
    assert_string_equal(t.service_code, f->service_code);
    find(objects, len, 0x5A, &o);
    bcd_unpack(o.value, 0, 2 * o.len, digits);
    digits[strcspn(digits, "F")] = '\0';
    assert_string_equal(digits, f->pan);
    find(objects, len, 0x5F24, &o);
    bcd_unpack(o.value, 0, 4, digits);
    assert_string_equal(digits, f->expiry);
    find(objects, len, 0x5F30, &o);
    bcd_unpack(o.value, 1, 3, digits);
    assert_string_equal(digits, f->service_code);
    find(objects, len, 0x5F34, &o);
    bcd_unpack(o.value, 0, 2, digits);
    assert_string_equal(digits, f->psn);
}

static void check_chip(const struct card_profile *p, const struct card_facts *f)
{
    static const struct {
        uint8_t bytes[8];
        size_t len;
    } aids[] = {{{0xA0, 0, 0, 3, 0x33, 1, 1, 1}, 8},
                {{0xA0, 0, 0, 3, 0x33, 1, 1, 2}, 8},
                {{0xA0, 0, 0, 0, 3, 0x10, 0x10}, 7},
                {{0xF0, 0x50, 0x42, 0x54, 0x45, 0x53, 0x54}, 7}};
    unsigned found = 0;
    struct card *c = card_create(p);
    for (size_t i = 0; i < sizeof aids / sizeof *aids; i++) {
        uint8_t answer[RAPDU_MAX], objects[2048], select[16] = {0x00, 0xA4, 0x04, 0x00, (uint8_t)aids[i].len};
        size_t len;
        memcpy(select + 5, aids[i].bytes, aids[i].len);
        card_apdu(c, select, 6 + aids[i].len, answer, &len);
        uint16_t sw = rapdu_sw(answer, len);
        found += sw != 0x6A82;
        if (sw == 0x9000 || sw == 0x6283)
            check_objects(f, objects, read_application(c, aids[i].bytes, aids[i].len, objects, sizeof objects));
    }
    assert_true(found > 0);
    card_destroy(c);
}

/* covers: 3.5 profiles */
static void every_shipped_profile_is_a_valid_card(void **state)
{
    (void)state;
    static char pans[256][20];
    size_t count = 0;
    DIR *dir = opendir(TEST_ROOT "/cards/profiles");
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char path[512], why[256];
        struct card_profile *p;
        struct card_facts f;
        if (!strstr(e->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, TEST_ROOT "/cards/profiles/%s", e->d_name);
        int status = card_profile_load(path, &p, why, sizeof why);
        if (status)
            fail_msg("%s", why);
        card_facts(p, &f);
        print_message("%s\n", f.name);
        assert_true(luhn_ok(f.pan));
        assert_true(f.balance_cents >= 0);
        for (size_t i = 0; i < count; i++)
            assert_string_not_equal(pans[i], f.pan);
        assert_true(count < 256);
        memcpy(pans[count++], f.pan, sizeof f.pan);
        if (f.has_stripe)
            check_stripe(&f);
        if (f.has_chip) {
            if (strncmp(e->d_name, "line-", 5) != 0) /* wrong on purpose: on the line, in selection and records */
                check_atr(&f);
            if (strncmp(e->d_name, "select-", 7) != 0)
                check_chip(p, &f);
        }
        card_profile_destroy(p);
    }
    closedir(dir);
    assert_true(count >= 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(refuses_what_is_too_long),
        cmocka_unit_test(never_crashes_on_a_cut_or_changed_profile),
        cmocka_unit_test(says_that_a_file_is_missing),
        cmocka_unit_test(knows_twists_by_name),
        cmocka_unit_test(every_shipped_profile_is_a_valid_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
