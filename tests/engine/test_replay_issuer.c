/*
 * Recorded cryptograms by value, with the issuer's keys (posbench replay --issuer-key): every scheme verifies, a wrong
 * key or a changed byte fails the named check, what is masked is inconclusive; and the file of keys with its mistakes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/replay_issuer.h"
#include "scenarios/engine/replay_sign.h"
#include "tests/engine/replay_support.h"

#define KEYS "{\"imk_ac\":\"0123456789ABCDEFFEDCBA9876543210\",\"imk_smi\":\"FEDCBA98765432100123456789ABCDEF\"}"
#define OTHER_KEYS "{\"imk_ac\":\"0123456789ABCDEFFEDCBA9876543220\"}" /* another in more than parity */

static struct replay_keys keys_of(const char *json)
{
    struct replay_keys keys = {.key = NULL};
    char why[300];
    if (replay_issuer_parse(&keys.issuer, json, strlen(json), "keys", why, sizeof why) != OK)
        fail_msg("%s", why);
    return keys;
}

/* The signatures' object for a text. */
static cJSON *judge_text(const char *text, const char *json)
{
    struct trace *trace;
    char why[300] = "";
    struct replay_keys keys = keys_of(json);
    struct replay_facts *f = malloc(sizeof *f);
    assert_non_null(f);
    if (trace_parse(text, strlen(text), "made", &trace, why, sizeof why) != OK)
        fail_msg("%s", why);
    replay_facts_read(&trace->sessions[0], f);
    cJSON *out = replay_sign(f, &keys);
    assert_non_null(out);
    trace_destroy(trace);
    replay_keys_free(&keys);
    free(f);
    return out;
}

static char *record(const struct plan *p)
{
    static struct tape tape;
    tape_record(p, &tape);
    return tape_write(&tape, &spellings[0]);
}

static const char *verdict_of(const cJSON *signatures, const char *check)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(signatures, "checks"))
    {
        if (strcmp(text_of(row, "check"), check) == 0)
            return text_of(row, "verdict");
    }
    return "none";
}

static void expect(const struct plan *p, const char *json, const char *check, const char *verdict)
{
    char *text = record(p);
    cJSON *out = judge_text(text, json);
    if (strcmp(verdict_of(out, check), verdict) != 0) {
        char *whole = cJSON_Print(out);
        fail_msg("%s: %s is not %s\n%s", p->card, check, verdict, whole);
    }
    cJSON_Delete(out);
    free(text);
}

static const char *const cards[] = {"unionpay-credit", "unionpay-sm4", "unionpay-sm4-strict", "visa-credit",
                                    "visa-cvn18"};
static const char first[] = "ARQC (first GENERATE AC): value", second[] = "TC (second GENERATE AC): value",
                  answer[] = "issuer authentication: value";

/* covers: 3.7 by value */
static void every_scheme_verifies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        const struct plan p = {.card = cards[i], .t0 = i % 2 == 0};
        expect(&p, KEYS, first, "pass");
        expect(&p, KEYS, second, "pass");
        expect(&p, KEYS, answer, "pass");
        char *text = record(&p);
        cJSON *out = judge_text(text, KEYS);
        assert_string_equal(text_of(out, "verdict"), "pass");
        assert_non_null(strstr(text_of(out, "reason"), "TC (second GENERATE AC)"));
        cJSON_Delete(out);
        free(text);
    }
    expect(&(struct plan){.card = "unionpay-credit", .flow = FLOW_DECLINE}, KEYS, "AAC (first GENERATE AC): value",
           "pass");
    expect(&(struct plan){.card = "unionpay-credit", .bad_arpc = true}, KEYS, answer, "pass"); /* and is refused */
}

/* covers: 3.7 by value */
static void another_key_fails_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        const struct plan p = {.card = cards[i]};
        expect(&p, OTHER_KEYS, first, "fail");
        expect(&p, OTHER_KEYS, second, "fail");
        expect(&p, OTHER_KEYS, answer, "none"); /* nothing more to be said with this key */
    }
    expect(&(struct plan){.card = "unionpay-sm4"},
           "{\"imk_ac\":\"0123456789ABCDEFFEDCBA9876543210\",\"scheme\":\"pboc\"}", first, "fail");
    expect(&(struct plan){.card = "visa-credit"},
           "{\"imk_ac\":\"0123456789ABCDEFFEDCBA9876543210\",\"scheme\":\"cvn18\"}", first, "fail");
}

/* One bit in what the terminal sent, or in the cryptogram, or in the ARPC. */
static void a_changed_byte_fails(void **state)
{
    static const struct {
        const char *command, *check;
        size_t answer, at; /* answer 1: the line behind it; at: digits from its begin */
    } rows[] = {
        {"80ae8000", first, 0, 10 + 2},  {"80ae8000", first, 0, 10 + 30}, {"80ae8000", first, 1, 2 * 6},
        {"80ae4000", second, 0, 10 + 6}, {"80ae4000", second, 1, 2 * 7},  {"0082", answer, 0, 10 + 4},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct plan p = {.card = "unionpay-sm4"};
        char *text = record(&p), *line = strstr(text, rows[i].command);
        assert_non_null(line);
        for (size_t n = 0; n < rows[i].answer; n++)
            line = strchr(line, '\n') + 1;
        line[rows[i].at] = line[rows[i].at] == '1' ? '3' : '1';
        cJSON *out = judge_text(text, KEYS);
        if (strcmp(verdict_of(out, rows[i].check), "fail") != 0)
            fail_msg("row %zu: %s", i, verdict_of(out, rows[i].check));
        assert_string_equal(text_of(out, "verdict"), "fail");
        cJSON_Delete(out);
        free(text);
    }
}

/* covers: 3.6 card keys */
static void a_masked_pan_needs_the_cards_own_key(void **state)
{
    const struct plan p = {.card = "unionpay-credit"};
    uint8_t imk[16], mk[16];
    char json[120], hex[33], *text = record(&p), *pan;
    size_t len;
    (void)state;
    while ((pan = strstr(text, "6212345678"))) /* in 57 and 5A */
        memset(pan + 6, '*', 4);
    cJSON *out = judge_text(text, KEYS);
    assert_string_equal(verdict_of(out, first), "inconclusive");
    assert_non_null(strstr(text_of(out, "reason"), "the PAN is masked: give the card's own key"));
    cJSON_Delete(out);
    assert_int_equal(hex_decode("0123456789ABCDEFFEDCBA9876543210", 32, imk, sizeof imk, &len), OK);
    struct card_profile *profile = load_profile(&p);
    struct card_facts facts;
    card_facts(profile, &facts);
    assert_int_equal(ac_master_key(AC_PBOC, imk, facts.pan, facts.psn, 0, mk), OK);
    card_profile_destroy(profile);
    assert_int_equal(hex_encode(mk, sizeof mk, hex, sizeof hex), OK);
    snprintf(json, sizeof json, "{\"mk_ac\":\"%s\"}", hex);
    out = judge_text(text, json);
    assert_string_equal(verdict_of(out, first), "pass");
    cJSON_Delete(out);
    free(text);
}

/* covers: 3.7 by value: of a tap, whose PAN stands in track 2 only */
static void a_tap_verifies(void **state)
{
    static const char *const commands[] = {
        "00A4040008A00000033301010100",
        "80A80000238321"
        "26000000"
        "000000001234000000000000015600000000000156260615"
        "001122334400",
    };
    const struct plan p = {.card = "qpboc-debit"};
    char text[2000] = "", hex[2 * RAPDU_MAX + 1];
    struct card_profile *profile = load_profile(&p);
    struct card *card = card_create(profile);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t command[APDU_MAX], got[RAPDU_MAX];
        size_t len, got_len, n = strlen(text);
        assert_int_equal(hex_decode(commands[i], strlen(commands[i]), command, sizeof command, &len), OK);
        card_contactless_apdu(card, command, len, got, &got_len);
        assert_int_equal(hex_encode(got, got_len, hex, sizeof hex), OK);
        snprintf(text + n, sizeof text - n, "%s\n%s\n", commands[i], hex);
    }
    card_destroy(card);
    card_profile_destroy(profile);
    cJSON *out = judge_text(text, KEYS);
    if (strcmp(verdict_of(out, "cryptogram (GET PROCESSING OPTIONS): value"), "pass") != 0)
        fail_msg("%s\n%s", text, cJSON_Print(out));
    cJSON_Delete(out);
    out = judge_text(text, OTHER_KEYS);
    assert_string_equal(verdict_of(out, "cryptogram (GET PROCESSING OPTIONS): value"), "fail");
    cJSON_Delete(out);
}

/* No message tells what stands in the file. */
static void mistakes_are_named(void **state)
{
    static const struct {
        const char *json, *why;
    } rows[] = {
        {"", "keys: a JSON object with imk_ac or mk_ac expected"},
        {"[]", "keys: a JSON object with imk_ac or mk_ac expected"},
        {"{}", "keys: {\"imk_ac\": \"..\"} or {\"mk_ac\": \"..\"} with 32 hex digits expected"},
        {"{\"imk_ac\":\"0123456789ABCDEFFEDCBA987654321\"}", "keys: imk_ac: 32 hex digits expected"},
        {"{\"imk_ac\":12}", "keys: imk_ac: 32 hex digits expected"},
        {"{\"imk_ac\":\"0123456789ABCDEFFEDCBA9876543210\",\"imk_smi\":\"01\"}",
         "keys: imk_smi: 32 hex digits expected"},
        {"{\"imk_ac\":\"0123456789ABCDEFFEDCBA9876543210\",\"scheme\":\"des\"}",
         "keys: scheme: pboc, pboc-sm4, cvn10 or cvn18 expected"},
        {"{\"imk_ac\":\"0123456789ABCDEFFEDCBA9876543210\",\"imk_sm\":\"01\"}",
         "keys: member 'imk_sm' is none of imk_ac, imk_smi, mk_ac, mk_smi, scheme"},
        {"{\"imk_ac\":\"0123456789ABCDEFFEDCBA9876543210\",\"imk_ac\":\"01\"}", "keys: member 'imk_ac' is given twice"},
        {"{\"0123456789ABCDEFFEDCBA9876543210\":\"imk_ac\"}",
         "keys: member '...' is none of imk_ac, imk_smi, mk_ac, mk_smi, scheme"},
        {"{\"imk\\nac\":\"01\"}", "keys: member '...' is none of imk_ac, imk_smi, mk_ac, mk_smi, scheme"},
        {"{\"key:0123456789AB\":1}", "keys: member '...' is none of imk_ac, imk_smi, mk_ac, mk_smi, scheme"},
        {"{\"imk_ac\":\"0123456789ABCDEFFEDCBA9876543210\"}\n{}",
         "keys: one JSON object expected, there is more behind it"},
    };
    static const char *const typed[] = {
        "0123456789ABCDEFFEDCBA9876543210",
        "0x0123456789ABCDEFFEDCBA9876543210",
        "01 23 45 67 89 AB CD EF FE DC BA 98 76 54 32 10",
        "01:23:45:67:89:ab:cd:ef:fe:dc:ba:98:76:54:32:10",
        "{\"imk_ac\":\"0123456789ABCDEFFEDCBA9876543210\"}",
        "",
    };
    static const uint8_t zeros[16];
    struct replay_issuer issuer;
    char why[300];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(replay_issuer_parse(&issuer, rows[i].json, strlen(rows[i].json), "keys", why, sizeof why),
                         E_FORMAT);
        assert_string_equal(why, rows[i].why);
        assert_null(strstr(why, "0123"));
        assert_memory_equal(issuer.ac, zeros, 16);
        assert_false(issuer.given);
    }
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        assert_int_equal(replay_issuer_load(&issuer, typed[i], why, sizeof why), HAL_E_NOENT);
        assert_string_equal(why, "--issuer-key takes the name of a file: a key does not belong on a command line");
    }
    assert_int_equal(replay_issuer_load(&issuer, "/nowhere/keys.json", why, sizeof why), HAL_E_NOENT);
    assert_non_null(strstr(why, "/nowhere/keys.json: No such file or directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scheme_verifies), cmocka_unit_test(another_key_fails_by_name),
        cmocka_unit_test(a_changed_byte_fails),  cmocka_unit_test(a_masked_pan_needs_the_cards_own_key),
        cmocka_unit_test(a_tap_verifies),        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
