/*
 * Recorded taps: cards of the engine held into a field by a small terminal, written down and replayed. The core sends
 * what was sent, its limits make the recorded qualifiers, signatures are verified apart from it, and what it cannot do
 * has its reason.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/replay_support.h"

#define PPSE "00A404000E325041592E5359532E444446303100"

struct tap_plan {
    const char *card;   /* profile */
    const char *ttq;    /* recorded 9F66 */
    const char *number; /* NULL: 12345678 */
    const char *from;   /* "aid", "gpo": the recording begins there; NULL: at the directory */
    size_t torn;        /* the answer of this exchange, counted from 1, is lost; 0: none */
    bool again;         /* and the tap is tried again */
};

struct field {
    struct card_profile *profile;
    struct card *card;
    uint8_t answer[RAPDU_MAX];
    size_t len;
    struct tape *tape;
};

static void put_into(struct field *f, const char *name, struct tape *tape)
{
    char path[512], why[400];
    snprintf(path, sizeof path, TEST_ROOT "/cards/profiles/%s.json", name);
    if (card_profile_load(path, &f->profile, why, sizeof why) != OK)
        fail_msg("%s", why);
    f->card = card_create(f->profile);
    assert_non_null(f->card);
    f->tape = tape;
}

static void take_out(struct field *f)
{
    card_destroy(f->card);
    card_profile_destroy(f->profile);
}

static void ask(struct field *f, const char *hex, bool taped)
{
    uint8_t command[APDU_MAX];
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), command, sizeof command, &len), OK);
    card_contactless_apdu(f->card, command, len, f->answer, &f->len);
    if (taped)
        tape_add(f->tape, command, len, f->answer, f->len);
}

/* Directory, application, options, and after an offline approval its records. */
static void tap_once(struct field *f, const struct tap_plan *p, const char *number)
{
    char command[160], aid[33];
    struct tlv t;
    bool at_options = p->from && strcmp(p->from, "gpo") == 0;
    ask(f, PPSE, !p->from);
    assert_int_equal(tlv_find_deep(f->answer, f->len - 2, 0x4F, &t), OK);
    hex_encode(t.value, t.len, aid, sizeof aid);
    snprintf(command, sizeof command, "00A40400%02zX%s00", t.len, aid);
    ask(f, command, !at_options);
    snprintf(command, sizeof command, "80A80000238321%s00000000120000000000000003440000000000015626061500%s00", p->ttq,
             number);
    ask(f, command, true);
    assert_true(f->len > 2);
    if (tlv_find_deep(f->answer, f->len - 2, 0x9F10, &t) != OK || (t.value[4] & 0x30) != 0x10 ||
        tlv_find_deep(f->answer, f->len - 2, 0x94, &t) != OK)
        return;
    uint8_t afl[64];
    size_t afl_len = t.len;
    memcpy(afl, t.value, afl_len);
    for (size_t i = 0; i + 4 <= afl_len; i += 4)
        for (unsigned r = afl[i + 1]; r <= afl[i + 2]; r++) {
            snprintf(command, sizeof command, "00B2%02X%02X00", r, afl[i] | 4u);
            ask(f, command, true);
        }
}

static void tape_tap(const struct tap_plan *p, struct tape *tape)
{
    struct field f;
    const char *number = p->number ? p->number : "12345678";
    tape->count = 0;
    put_into(&f, p->card, tape);
    card_reset(f.card);
    tap_once(&f, p, p->again ? "A1A2A3A4" : number);
    if (p->torn) {
        assert_true(p->torn <= tape->count);
        tape->count = p->torn;
        tape->shot[p->torn - 1].answer_len = 0;
    }
    if (p->again)
        tap_once(&f, p, number);
    take_out(&f);
}

static void tape_hex(struct tape *t, const char *command, const char *answer)
{
    uint8_t c[APDU_MAX], a[RAPDU_MAX];
    size_t c_len, a_len;
    assert_int_equal(hex_decode(command, strlen(command), c, sizeof c, &c_len), OK);
    assert_int_equal(hex_decode(answer, strlen(answer), a, sizeof a, &a_len), OK);
    tape_add(t, c, c_len, a, a_len);
}

/* The authority's keys of the terminal profiles. */
static void load_keys(struct replay_keys *keys)
{
    static char text[65536];
    char why[300] = "";
    FILE *file = fopen(TEST_ROOT "/sim/profiles/unionpay-tap-offline.json", "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    cJSON *profile = cJSON_Parse(text);
    char *list = cJSON_PrintUnformatted(cJSON_GetObjectItem(cJSON_GetObjectItem(profile, "config"), "capks"));
    *keys = (struct replay_keys){.key = NULL};
    if (replay_keys_parse(keys, list, strlen(list), "capks", why, sizeof why) != OK)
        fail_msg("%s", why);
    free(list);
    cJSON_Delete(profile);
}

static cJSON *replay_tape(struct tape *tape, const struct replay_keys *keys)
{
    static const struct spelling arrows = {"arrows", "", "> ", "< ", "\n", "", false, false, 0, 0};
    char why[600] = "", *text = tape_write(tape, &arrows);
    cJSON *out = replay_with_keys(text, strlen(text), 0, keys, why, sizeof why);
    if (!out)
        fail_msg("%s", why);
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(out, "session_count")), 1);
    free(text);
    return out;
}

static void expect_equal(const cJSON *s, const char *what)
{
    if (strcmp(text_of(s, "core"), "accounted for, equal") != 0 || cJSON_GetArraySize(cJSON_GetObjectItem(s, "own"))) {
        char *text = cJSON_Print(s);
        fail_msg("%s: %s", what, text);
    }
}

static void expect_reason(const cJSON *s, const char *row, const char *verdict, const char *words)
{
    const cJSON *x = row_named(s, row, 0);
    if (strcmp(text_of(x, "verdict"), verdict) != 0 || !strstr(text_of(x, "reason"), words))
        fail_msg("%s: %s: %s", row, text_of(x, "verdict"), text_of(x, "reason"));
}

static void a_tap_is_tapped(void **state)
{
    (void)state;
    static const struct {
        struct tap_plan plan;
        const char *screen, *verdict;
    } rows[] = {
        {{.card = "qpboc-debit", .ttq = "36800000"}, "approved", "nothing in it is signed"},
        {{.card = "qpboc-debit", .ttq = "36C00000"}, "approved", "nothing in it is signed"},
        {{.card = "qpboc-debit", .ttq = "32000000"}, "approved", "nothing in it is signed"},
        {{.card = "qpboc-signature", .ttq = "26400000"}, "approved", "nothing in it is signed"},
        {{.card = "qpboc-declined", .ttq = "36800080"}, "declined", "nothing in it is signed"},
        {{.card = "qpboc-offline-01", .ttq = "36000080"}, "approved_balance", "fast DDA verify"},
        {{.card = "qpboc-offline-01", .ttq = "2E000080"}, "approved_balance", "fast DDA verify"},
        {{.card = "qpboc-offline-00", .ttq = "36000000"}, "approved_balance", "fast DDA verify"},
        {{.card = "qpboc-offline-sm2", .ttq = "36000080"}, "approved_balance", "fast DDA verify"},
        {{.card = "qpboc-offline-01", .ttq = "36800080"}, "approved", "nothing in it is signed"},
    };
    struct replay_keys keys;
    struct tape tape;
    load_keys(&keys);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tape_tap(&rows[i].plan, &tape);
        cJSON *out = replay_tape(&tape, &keys);
        const cJSON *s = session_at(out, 0);
        expect_equal(s, rows[i].plan.card);
        assert_string_equal(text_of(s, "interface"), "contactless");
        assert_string_equal(text_of(s, "screen"), rows[i].screen);
        assert_string_equal(text_of(s, "recording"), "consistent");
        assert_string_equal(text_of(s, "recording_verdict"), "pass");
        if (!strstr(text_of(s, "recording_reason"), rows[i].verdict))
            fail_msg("%s: %s", rows[i].plan.card, text_of(s, "recording_reason"));
        cJSON_Delete(out);
    }
    replay_keys_free(&keys);
}

/* Where the answer or command of the tape has these bytes. */
static uint8_t *place_of(struct tape *t, uint32_t tag)
{
    struct tlv object;
    for (size_t i = 0; i < t->count; i++) {
        struct shot *x = &t->shot[i];
        if (x->answer_len > 2 && tlv_find_deep(x->answer, x->answer_len - 2, tag, &object) == OK)
            return x->answer + (object.value - x->answer);
    }
    fail_msg("no %X", (unsigned)tag);
    return NULL;
}

static uint8_t *options_data(struct tape *t, size_t offset)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->shot[i].command[1] == 0xA8)
            return t->shot[i].command + 7 + offset;
    fail_msg("no GET PROCESSING OPTIONS");
    return NULL;
}

/* One bit of whatever a signature covers, and the check that fails. */
static void a_flipped_bit_fails_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *card;
        uint32_t tag; /* of the card; 0: of the terminal's data */
        size_t at;
        const char *check; /* begins so */
    } rows[] = {
        {"qpboc-offline-01", 0, 29, "fast DDA: hash"},     /* 9F37, first byte */
        {"qpboc-offline-01", 0, 32, "fast DDA: hash"},     /* 9F37, last byte */
        {"qpboc-offline-01", 0, 9, "fast DDA: hash"},      /* 9F02 */
        {"qpboc-offline-01", 0, 24, "fast DDA: hash"},     /* 5F2A */
        {"qpboc-offline-01", 0x9F69, 2, "fast DDA: hash"}, /* the card's number */
        {"qpboc-offline-01", 0x9F6C, 0, "fast DDA: qualifiers"},
        {"qpboc-offline-01", 0x9F4B, 30, "fast DDA: "},
        {"qpboc-offline-01", 0x9F46, 40, "ICC certificate: "},
        {"qpboc-offline-01", 0x90, 40, "issuer certificate: "},
        {"qpboc-offline-01", 0x82, 1, "ICC certificate: hash"},
        {"qpboc-offline-00", 0, 30, "fast DDA: hash"},
        {"qpboc-offline-sm2", 0, 29, "fast DDA: signature"},
        {"qpboc-offline-sm2", 0x9F4B, 20, "fast DDA: signature"},
    };
    struct replay_keys keys;
    struct tape tape;
    load_keys(&keys);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tap_plan plan = {.card = rows[i].card, .ttq = "36000080"};
        tape_tap(&plan, &tape);
        *(rows[i].tag ? place_of(&tape, rows[i].tag) + rows[i].at : options_data(&tape, rows[i].at)) ^= 0x01;
        cJSON *out = replay_tape(&tape, &keys);
        const cJSON *s = session_at(out, 0), *row, *checks;
        bool found = false;
        checks = cJSON_GetObjectItem(cJSON_GetObjectItem(s, "signatures"), "checks");
        cJSON_ArrayForEach(row, checks)
        {
            found |= strcmp(text_of(row, "verdict"), "fail") == 0 &&
                     strncmp(text_of(row, "check"), rows[i].check, strlen(rows[i].check)) == 0;
        }
        if (!found || strcmp(text_of(s, "recording_verdict"), "fail") != 0)
            fail_msg("row %zu: no %s: %s", i, rows[i].check, text_of(s, "recording_reason"));
        cJSON_Delete(out);
    }
    replay_keys_free(&keys);
}

static void a_missing_key_is_named(void **state)
{
    (void)state;
    const struct tap_plan plan = {.card = "qpboc-offline-01", .ttq = "36000080"};
    struct tape tape;
    tape_tap(&plan, &tape);
    cJSON *out = replay_tape(&tape, NULL);
    const cJSON *s = session_at(out, 0);
    assert_string_equal(text_of(s, "recording_verdict"), "inconclusive");
    assert_non_null(strstr(text_of(s, "recording_reason"), "RID A000000333, index F1 is not given"));
    cJSON_Delete(out);
}

static void taps_may_begin_late(void **state)
{
    (void)state;
    static const char *const from[] = {"aid", "gpo"};
    struct tape tape;
    for (size_t i = 0; i < 2; i++) {
        const struct tap_plan plan = {.card = "qpboc-debit", .ttq = "36800000", .from = from[i]};
        tape_tap(&plan, &tape);
        cJSON *out = replay_tape(&tape, NULL);
        const cJSON *s = session_at(out, 0);
        assert_string_equal(text_of(s, "interface"), "contactless");
        assert_string_not_equal(text_of(s, "core"), "broke off");
        assert_true(lists(cJSON_GetObjectItem(s, "assumptions"), "SELECT 2PAY.SYS.DDF01: none is recorded"));
        if (i == 0)
            assert_string_equal(text_of(s, "core"), "accounted for, equal");
        else
            expect_reason(s, "GET PROCESSING", "different", "a PDOL that is not recorded");
        assert_string_equal(text_of(s, "screen"), "approved");
        cJSON_Delete(out);
    }
}

/* Wherever the card was lost: the core comes as far as the recording, and the verdict says what is missing. */
static void torn_taps_end_where_they_were_torn(void **state)
{
    (void)state;
    struct tape tape;
    struct tap_plan plan = {.card = "qpboc-offline-00", .ttq = "36000080"};
    tape_tap(&plan, &tape);
    size_t count = tape.count;
    for (plan.torn = 1; plan.torn <= count; plan.torn++) {
        tape_tap(&plan, &tape);
        cJSON *out = replay_tape(&tape, NULL);
        const cJSON *s = session_at(out, 0);
        expect_equal(s, "torn");
        assert_string_equal(text_of(s, "recording"), "incomplete");
        assert_string_equal(text_of(s, "screen"), plan.torn == count ? "payment_unknown" : "cancelled");
        cJSON_Delete(out);
    }
}

static void a_torn_tap_is_tried_again(void **state)
{
    (void)state;
    struct tape tape;
    for (size_t torn = 1; torn <= 3; torn++) {
        const struct tap_plan plan = {.card = "qpboc-debit", .ttq = "36800000", .torn = torn, .again = true};
        tape_tap(&plan, &tape);
        cJSON *out = replay_tape(&tape, NULL);
        expect_equal(session_at(out, 0), "tried again");
        assert_string_equal(text_of(session_at(out, 0), "screen"), "approved");
        cJSON_Delete(out);
    }
}

static void bits_of_no_kernel_here_differ(void **state)
{
    (void)state;
    static const struct {
        const char *ttq, *verdict, *words;
    } rows[] = {
        {"36800000", "equal", ""},
        {"F6A04000", "different", "tag 9F66 Terminal transaction qualifiers differs: recorded F6A04000, core 36800000"},
        {"16800000", "different", "without qPBOC the core would not let a card be tapped"},
        {"3E800000", "different", "an offline-only reader of the core asks for no online cryptogram"},
    };
    struct tape tape;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tap_plan plan = {.card = "qpboc-debit", .ttq = rows[i].ttq};
        tape_tap(&plan, &tape);
        cJSON *out = replay_tape(&tape, NULL);
        expect_reason(session_at(out, 0), "GET PROCESSING", rows[i].verdict, rows[i].words);
        cJSON_Delete(out);
    }
}

/* An online tap whose terminal read the records all the same. */
static void records_of_an_online_tap_are_left_out(void **state)
{
    (void)state;
    struct tape tape;
    const struct tap_plan plan = {.card = "qpboc-debit", .ttq = "36800000"};
    tape_tap(&plan, &tape);
    tape_hex(&tape, "00B2010C00", "70049F4401029000");
    cJSON *out = replay_tape(&tape, NULL);
    expect_reason(session_at(out, 0), "READ RECORD", "not sent", "the card gave ARQC: records of a tap are read after");
    assert_string_not_equal(text_of(session_at(out, 0), "core"), "broke off");
    cJSON_Delete(out);
}

static void two_stories_about_the_type(void **state)
{
    (void)state;
    struct tape tape;
    const struct tap_plan plan = {.card = "qpboc-debit", .ttq = "36800000"};
    tape_tap(&plan, &tape);
    place_of(&tape, 0x9F10)[4] ^= 0x30; /* ARQC to TC */
    cJSON *out = replay_tape(&tape, NULL);
    assert_true(lists(cJSON_GetObjectItem(session_at(out, 0), "findings"), "the card gives a TC, and 9F66 in line"));
    assert_string_equal(text_of(session_at(out, 0), "recording_verdict"), "fail");
    cJSON_Delete(out);
}

#define DIRECTORY(aid) "6F20840E325041592E5359532E4444463031A50EBF0C0B61094F07" aid "9000"

/* Schemes of other kernels: nothing breaks, and the reason is named. */
static void other_kernels_are_named(void **state)
{
    (void)state;
    static const char reason[] = "no contactless kernel of this scheme in the core";
    struct tape tape = {.count = 0};
    tape_hex(&tape, PPSE, DIRECTORY("A0000000041010"));
    tape_hex(&tape, "00A4040007A000000004101000", "6F178407A0000000041010A50C500A4D4153544552434152449000");
    tape_hex(&tape, "80A8000002830000", "770A820219809404080101009000");
    tape_hex(&tape, "00B2010C00", "700A8C089F02069F37049A039000");
    tape_hex(&tape,
             "80AE80000D00000000010011223344260615"
             "00",
             "77149F2701809F360200019F2608112233445566778890009000");
    cJSON *out = replay_tape(&tape, NULL);
    const cJSON *s = session_at(out, 0);
    assert_string_equal(text_of(s, "interface"), "contactless");
    expect_reason(s, "SELECT 2PAY", "not sent", reason); /* commands of the contacts: played there */
    expect_reason(s, "SELECT A0", "equal", "");
    expect_reason(s, "GET PROCESSING", "equal", "");
    assert_true(lists(cJSON_GetObjectItem(s, "assumptions"), reason));
    assert_string_not_equal(text_of(s, "core"), "broke off");
    cJSON_Delete(out);

    tape.count = 0; /* stripe mode: a PDOL, and no 9F66 in it */
    tape_hex(&tape, PPSE, DIRECTORY("A0000000031010"));
    tape_hex(&tape, "00A4040007A000000003101000",
             "6F178407A0000000031010A50C50045649534"
             "19F38039F02069000");
    tape_hex(&tape, "80A8000008830600000000010000", "7714820200809F3602000A9F260811223344556677889000");
    out = replay_tape(&tape, NULL);
    expect_reason(session_at(out, 0), "SELECT 2PAY", "equal", "");
    expect_reason(session_at(out, 0), "GET PROCESSING", "not sent", reason);
    cJSON_Delete(out);
}

/* A scheme whose cards speak by the same qualifiers. */
static void qualifiers_of_another_scheme(void **state)
{
    (void)state;
    struct tape tape = {.count = 0};
    tape_hex(&tape, PPSE, DIRECTORY("A0000000031010"));
    tape_hex(&tape, "00A4040007A000000003101000",
             "6F208407A0000000031010A5155004564953419F380C9F66049F7A01DF6901DF60019000");
    tape_hex(&tape,
             "80A8000009830736800000010101"
             "00",
             "7738820220009F360200015713476173900101"
             "0010D30122010000012345678F9F100706010A03A000009F2608112233445566"
             "77889F6C0200009000");
    cJSON *out = replay_tape(&tape, NULL);
    const cJSON *gpo = row_named(session_at(out, 0), "GET PROCESSING", 0);
    expect_reason(session_at(out, 0), "SELECT A0", "equal", "");
    expect_reason(session_at(out, 0), "GET PROCESSING", "different", "electronic cash is for the contacts");
    assert_non_null(strstr(text_of(gpo, "reason"), "tag DF60"));
    assert_null(strstr(text_of(gpo, "reason"), "tag DF69"));
    assert_null(strstr(text_of(gpo, "reason"), "tag 9F66"));
    cJSON_Delete(out);
}

/* A tool that looks for both directories and goes on by the contacts. */
static void the_contacts_stay_the_contacts(void **state)
{
    (void)state;
    struct tape whole = {.count = 0}, tape;
    const struct plan plan = {.card = "unionpay-credit"};
    tape_hex(&whole, PPSE, DIRECTORY("A0000000031010"));
    tape_record(&plan, &tape);
    for (size_t i = 0; i < tape.count; i++)
        tape_add(&whole, tape.shot[i].command, tape.shot[i].len, tape.shot[i].answer, tape.shot[i].answer_len);
    cJSON *out = replay_tape(&whole, NULL);
    assert_string_equal(text_of(session_at(out, 0), "interface"), "contact");
    expect_reason(session_at(out, 0), "SELECT 2PAY", "not sent", "this session went on by the contacts");
    expect_reason(session_at(out, 0), "GENERATE AC", "equal", "");
    cJSON_Delete(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tap_is_tapped),
        cmocka_unit_test(a_flipped_bit_fails_by_name),
        cmocka_unit_test(a_missing_key_is_named),
        cmocka_unit_test(taps_may_begin_late),
        cmocka_unit_test(torn_taps_end_where_they_were_torn),
        cmocka_unit_test(a_torn_tap_is_tried_again),
        cmocka_unit_test(bits_of_no_kernel_here_differ),
        cmocka_unit_test(records_of_an_online_tap_are_left_out),
        cmocka_unit_test(two_stories_about_the_type),
        cmocka_unit_test(other_kernels_are_named),
        cmocka_unit_test(qualifiers_of_another_scheme),
        cmocka_unit_test(the_contacts_stay_the_contacts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
