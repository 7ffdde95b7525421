/* Faults of a card by name: what they mean, what is answered to those that mean nothing, and what the card then says.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/support.h"

#include "cards/fault.h"

/* -- reading -- */

static void what_is_understood(void **state)
{
    static const struct {
        const char *text;
        struct card_fault fault;
    } rows[] = {
        {"kind=mute", {.kind = CARD_FAULT_MUTE, .nth = 1}},
        {"at=command,ins=AE,nth=1,kind=mute", {.kind = CARD_FAULT_MUTE, .ins = 0xAE, .nth = 1}},
        {"kind=remove,at=reset", {.kind = CARD_FAULT_REMOVE, .at_reset = true}},
        {"at=reset,nth=2,kind=garble", {.kind = CARD_FAULT_GARBLE, .at_reset = true, .nth = 2}},
        {"at=generate_ac_2,kind=sw,sw=6985", {.kind = CARD_FAULT_SW, .ins = 0xAE, .nth = 2, .sw = 0x6985}},
        {"at=select,nth=0,kind=sw,sw=6a81,after", {.kind = CARD_FAULT_SW, .ins = 0xA4, .sw = 0x6A81, .after = true}},
        {"kind=remove,after=0", {.kind = CARD_FAULT_REMOVE, .nth = 1}},
        {"kind=truncate,byte=65535", {.kind = CARD_FAULT_TRUNCATE, .nth = 1, .byte = 65535}},
        {"ins=00,kind=broken", {.kind = CARD_FAULT_BROKEN, .nth = 1}},
        {"kind=corrupt", {.kind = CARD_FAULT_CORRUPT, .nth = 1}},
        {"kind=extend,at=gpo", {.kind = CARD_FAULT_EXTEND, .ins = 0xA8, .nth = 1, .byte = 1}},
        {"kind=delay,at=verify,ms=900", {.kind = CARD_FAULT_DELAY, .ins = 0x20, .nth = 1, .ms = 900}},
        {"kind=wtx,at=put_data", {.kind = CARD_FAULT_LINE, .ins = 0xDA, .nth = 1, .times = 1, .value = 1}},
        {"kind=wtx,times=0,value=9", {.kind = CARD_FAULT_LINE, .nth = 1, .value = 9}},
        {"kind=bad_lrc,at=gpo", {.kind = CARD_FAULT_LINE, .ins = 0xA8, .nth = 1}},
        {"kind=slow,at=reset,byte=3,etu=10081", {.kind = CARD_FAULT_LINE, .at_reset = true, .byte = 3, .etu = 10081}},
        {"kind=duplicate_tag,at=read_record,tag=5A",
         {.kind = CARD_FAULT_DUPLICATE_TAG, .ins = 0xB2, .nth = 1, .tag = 0x5A}},
        {"kind=mutate_tag,tag=5F24,to=5F25", {.kind = CARD_FAULT_MUTATE_TAG, .nth = 1, .tag = 0x5F24, .to_len = 2}},
        {"kind=wrong_certificate", {.kind = CARD_FAULT_WRONG_CERTIFICATE, .nth = 1, .tag = 0x90}},
        {"kind=atc_jump,at=gpo,to=FFFE", {.kind = CARD_FAULT_ATC_JUMP, .ins = 0xA8, .nth = 1, .to_len = 2}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct card_fault f;
        struct card_fault_why why;
        const struct card_fault *e = &rows[i].fault;
        if (card_fault_parse(rows[i].text, &f, &why))
            fail_msg("%s: %s", rows[i].text, why.text);
        assert_int_equal(f.kind, e->kind);
        assert_int_equal(f.at_reset, e->at_reset);
        assert_int_equal(f.ins, e->ins);
        assert_int_equal(f.nth, e->nth);
        assert_int_equal(f.sw, e->sw ? e->sw : 0x6F00);
        assert_int_equal(f.byte, e->byte);
        assert_int_equal(f.after, e->after);
        assert_int_equal(f.times, e->kind == CARD_FAULT_WRONG_LENGTH ? 1 : e->times);
        assert_int_equal(f.value, e->value);
        assert_int_equal(f.etu, e->etu);
        assert_int_equal(f.ms, e->ms);
        assert_int_equal(f.tag, e->tag);
        assert_int_equal(f.to_len, e->to_len);
    }
}

static void what_is_not(void **state)
{
    static const struct {
        const char *text, *words, *word;
    } rows[] = {
        {"", "found nothing", ""},
        {",", "found nothing", ""},
        {"kind=mute,", "found nothing", ""},
        {"mute", "no key 'mute'", "mute"},
        {"kind", "kind=VALUE expected", ""},
        {"kind=", "kind=VALUE expected", ""},
        {"kind=none", "no kind 'none'", "none"},
        {"kind=Mute", "no kind 'Mute'", "Mute"},
        {"kind=mute,kidn=mute", "no key 'kidn'", "kidn"},
        {"kind=mute,at=selct", "no place 'selct'", "selct"},
        {"at=reset", "kind is missing", ""},
        {"kind=mute,kind=mute", "stands there twice", ""},
        {"kind=mute,nth=-1", "0 to 1000000", ""},
        {"kind=mute,nth=1000001", "0 to 1000000", ""},
        {"kind=mute,nth=99999999999999999999999", "0 to 1000000", ""},
        {"kind=mute,nth= 1", "0 to 1000000", ""},
        {"kind=mute,ins=0xAE", "2 hex digits", ""},
        {"kind=mute,ins=A", "2 hex digits", ""},
        {"kind=sw,sw=600", "4 hex digits", ""},
        {"kind=mute,at=gpo,ins=A8", "ins goes with at=command", ""},
        {"kind=sw,at=reset", "a reset has no status word", ""},
        {"kind=mute,sw=6F00", "sw goes with kind=sw, found kind=mute", ""},
        {"kind=garble,byte=1", "byte goes with kind=corrupt, truncate, extend, slow, silent or parity", ""},
        {"kind=mute,after", "after goes with kind=remove or sw", ""},
        {"kind=remove,after=2", "0 to 1", ""},
        {"kind=truncate,byte=65536", "0 to 65535", ""},
        {"kind=delay", "kind=delay needs ms", ""},
        {"kind=delay,at=gpo,etu=9", "etu goes with kind=slow, nulls or wtx", ""},
        {"kind=bad_ts,at=gpo", "kind=bad_ts goes with at=reset", ""},
        {"kind=wtx,at=reset", "kind=wtx goes with a command, not with a reset", ""},
        {"kind=ifs,value=256", "0 to 255", ""},
        {"kind=nulls,times=501", "0 to 500", ""},
        {"kind=abort,value=1", "value goes with", ""},
        {"kind=duplicate_tag,at=reset,tag=5A", "goes with a command, not with a reset", ""},
        {"kind=duplicate_tag", "needs tag", ""},
        {"kind=drop_tag,tag=5", "2 to 6 hex digits", ""},
        {"kind=drop_tag,tag=5A24", "a tag expected", ""},
        {"kind=mutate_tag,tag=5A,to=9F", "a tag expected", ""},
        {"kind=mutate_value,tag=5A", "needs to", ""},
        {"kind=atc_jump,to=12", "4 hex digits", ""},
        {"kind=atc_jump,at=select,to=1234", "SELECT comes before it", ""},
        {"kind=wrong_cryptogram,at=select", "goes with generate_ac", ""},
        {"kind=wrong_certificate,to=12", "to goes with kind=mutate_tag, mutate_value or atc_jump", ""},
        {"kind=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "kind=VALUE expected", ""},
        {"kind=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "too long",
         ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct card_fault f;
        struct card_fault_why why = {0};
        assert_int_equal(card_fault_parse(rows[i].text, &f, &why), E_FORMAT);
        if (!strstr(why.text, rows[i].words) || strchr(why.text, '\n'))
            fail_msg("'%s': %s", rows[i].text, why.text);
        assert_string_equal(why.word, rows[i].word);
        assert_int_equal(why.names != NULL, *why.word != '\0');
    }
}

/* Every kind at every place: understood, or refused in one line that names the kind. */
static void every_kind_at_every_place(void **state)
{
    unsigned good = 0, refused = 0;
    (void)state;
    for (size_t k = 0; card_fault_kinds[k]; k++) {
        for (size_t p = 0; card_fault_places[p]; p++) {
            struct card_fault_words w = {0};
            struct card_fault f;
            struct card_fault_why why;
            const char *kind = card_fault_kinds[k];
            bool tagged =
                strstr(kind, "_tag") || strcmp(kind, "wrong_length") == 0 || strcmp(kind, "mutate_value") == 0;
            snprintf(w.value[FAULT_KIND], sizeof *w.value, "%s", kind);
            snprintf(w.value[FAULT_AT], sizeof *w.value, "%s", card_fault_places[p]);
            snprintf(w.value[FAULT_TAG], sizeof *w.value, "%s", tagged ? "5A" : "");
            if (strncmp(kind, "mutate", 6) == 0)
                snprintf(w.value[FAULT_TO], sizeof *w.value, "57");
            if (strcmp(kind, "atc_jump") == 0)
                snprintf(w.value[FAULT_TO], sizeof *w.value, "0100");
            if (strcmp(kind, "delay") == 0)
                snprintf(w.value[FAULT_MS], sizeof *w.value, "10");
            int rc = card_fault_read(&w, &f, &why);
            if (rc == OK) {
                good++;
                assert_string_equal(card_fault_name(&f), kind);
                assert_true(card_fault_of_reader(&f) || card_fault_of_line(&f) || card_fault_of_answer(&f));
                assert_int_equal(f.at_reset, p == 0);
                continue;
            }
            refused++;
            assert_non_null(strstr(why.text, kind));
        }
    }
    assert_int_equal(good + refused, 32 * 19);
    assert_true(refused > 60);
}

/* -- in a profile -- */

static int load(const char *faults, int protocol, char *why, size_t cap)
{
    char json[8192], extra[4200];
    struct card_profile *p = NULL;
    spec_json(&(struct card_spec){0}, json, sizeof json);
    char *end = strrchr(json, '}');
    snprintf(extra, sizeof extra, ",\"faults\":%s}", faults);
    snprintf(end, sizeof json - (size_t)(end - json), "%s", extra);
    if (protocol)
        strstr(json, "\"protocol\":0")[11] = '1';
    int status = card_profile_parse(json, strlen(json), "t.json", &p, why, cap);
    card_profile_destroy(p);
    return status;
}

static void a_profile_has_them_too(void **state)
{
    static const struct {
        const char *faults;
        int protocol;
        const char *why; /* NULL: good */
    } rows[] = {
        {"[]", 0, NULL},
        {"[{\"at\":\"generate_ac\",\"kind\":\"mute\"},{\"kind\":\"one_by_one\",\"nth\":0}]", 0, NULL},
        {"[{\"at\":\"select\",\"kind\":\"sw\",\"sw\":\"6A81\",\"after\":true}]", 1, NULL},
        {"[{\"at\":\"select\",\"kind\":\"wtx\",\"times\":3,\"value\":2}]", 1, NULL},
        {"[{\"at\":\"select\",\"kind\":\"wtx\",\"times\":3,\"value\":2}]", 0,
         "t.json: faults[0]: kind=wtx is of T=1, and this card speaks T=0"},
        {"[{\"kind\":\"nulls\",\"times\":3}]", 1, "t.json: faults[0]: kind=nulls is of T=0, and this card speaks T=1"},
        {"[{\"kind\":\"mute\"},{\"at\":\"gpo\"}]", 0, "t.json: faults[1]: kind is missing"},
        {"[{\"kind\":\"mut\"}]", 0, "t.json: faults[0]: there is no kind 'mut'; there are: mute, remove"},
        {"[{\"kindd\":\"mute\"}]", 0, "t.json: faults[0].kindd: unknown key, the nearest known one is 'kind'"},
        {"[{\"kind\":\"mute\",\"nth\":-1}]", 0, "t.json: faults[0].nth: "},
        {"{}", 0, "t.json: faults: a list"},
        {"[{},{},{},{},{},{},{},{},{}]", 0, "t.json: faults: a list [ ] of 0 to 8 objects expected"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[800] = "";
        int status = load(rows[i].faults, rows[i].protocol, why, sizeof why);
        if (rows[i].why ? !strstr(why, rows[i].why) : status != OK)
            fail_msg("%s: %s", rows[i].faults, why);
    }
}

/* -- what the card says -- */

static void fault(struct bench *b, const char *text)
{
    struct card_fault f;
    struct card_fault_why why;
    if (card_fault_parse(text, &f, &why))
        fail_msg("%s: %s", text, why.text);
    assert_int_equal(card_fault_arm(b->card, &f), OK);
}

#define RECORD "00B2010C00"

/* covers: 3.4 tags of records, selection and options */
static void one_object_of_an_answer(void **state)
{
    static const char rest[] = "8C15" CDOL1 "8D17" CDOL2;
    static const struct {
        const char *fault, *head;
    } rows[] = {
        {"kind=duplicate_tag,tag=5A", "70445A0862123456789001015A086212345678900101"},
        {"kind=mutate_tag,tag=5A,to=5F50", "703B5F50086212345678900101"},
        {"kind=mutate_value,tag=5A,to=62", "70335A0162"},
        {"kind=wrong_length,tag=5A", "703A5A096212345678900101"},
        {"kind=wrong_length,tag=5A,value=200", "703B5A81D06212345678900101"},
        {"kind=drop_tag,tag=5A", "7030"},
        {"kind=wrong_certificate,tag=5A", "703A5A08621234A978900101"},
        {"kind=drop_tag,tag=5F24", "703A5A086212345678900101"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        char expected[256];
        bench_open(&b, &(struct card_spec){0});
        fault(&b, rows[i].fault);
        begin(&b);
        assert_int_equal(send(&b, RECORD), 0x9000);
        snprintf(expected, sizeof expected, "%s%s", rows[i].head, rest);
        assert_data(&b, expected);
        assert_int_equal(send(&b, RECORD), 0x9000); /* nth is 1 */
        snprintf(expected, sizeof expected, "703A5A086212345678900101%s", rest);
        assert_data(&b, expected);
        bench_close(&b);
    }
}

static void answers_with_the_object_are_counted(void **state)
{
    struct bench b;
    (void)state;
    bench_open(&b, &(struct card_spec){0});
    fault(&b, "kind=drop_tag,tag=84,nth=2");
    assert_int_equal(send(&b, SELECT_AID), 0x9000);
    assert_non_null(memchr(b.answer, 0x84, b.len));
    assert_int_equal(send(&b, GPO), 0x9000);
    assert_int_equal(send(&b, RECORD), 0x9000);
    assert_int_equal(send(&b, SELECT_AID), 0x9000);
    assert_int_equal(b.answer[2], 0xA5); /* FCI without a name */
    card_reset(b.card);
    assert_int_equal(send(&b, SELECT_AID), 0x9000);
    assert_int_equal(b.answer[2], 0x84);
    card_faults_clear(b.card);
    assert_int_equal(send(&b, SELECT_AID), 0x9000);
    assert_int_equal(b.answer[2], 0x84);
    bench_close(&b);
}

/* covers: 3.4 wrong ATC */
static void the_atc_jumps(void **state)
{
    struct bench b;
    struct card_counters k;
    (void)state;
    bench_open(&b, &(struct card_spec){0});
    fault(&b, "kind=atc_jump,at=gpo,to=01FF");
    begin(&b);
    card_counters(b.card, &k);
    assert_int_equal(k.atc, 0x0200);
    card_faults_clear(b.card);
    fault(&b, "kind=atc_jump,at=generate_ac,to=0003"); /* backwards, between options and cryptogram */
    assert_int_equal(send(&b, GAC1("80")), 0x9000);
    assert_int_equal(b.answer[3] << 8 | b.answer[4], 3);
    bench_close(&b);
}

/* covers: 3.4 wrong cryptogram */
static void one_cryptogram_is_wrong(void **state)
{
    struct bench good, bad;
    uint8_t right[8];
    (void)state;
    bench_open(&good, &(struct card_spec){0});
    bench_open(&bad, &(struct card_spec){0});
    fault(&bad, "kind=wrong_cryptogram,at=generate_ac_2");
    begin(&good);
    begin(&bad);
    assert_int_equal(send(&good, GAC1("80")), 0x9000);
    assert_int_equal(send(&bad, GAC1("80")), 0x9000);
    assert_memory_equal(answered_ac(&good), answered_ac(&bad), 8);
    assert_int_equal(send(&good, GAC2("40", "3030")), 0x9000);
    memcpy(right, answered_ac(&good), 8);
    assert_int_equal(send(&bad, GAC2("40", "3030")), 0x9000);
    for (int i = 0; i < 8; i++)
        assert_int_equal(answered_ac(&bad)[i] ^ right[i], 0xFF);
    bench_close(&good);
    bench_close(&bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_understood),
        cmocka_unit_test(what_is_not),
        cmocka_unit_test(every_kind_at_every_place),
        cmocka_unit_test(a_profile_has_them_too),
        cmocka_unit_test(one_object_of_an_answer),
        cmocka_unit_test(answers_with_the_object_are_counted),
        cmocka_unit_test(the_atc_jumps),
        cmocka_unit_test(one_cryptogram_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
