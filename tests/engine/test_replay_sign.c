/*
 * The verdict on a recording's signatures, on sessions made with fixed keys: every method verifies, each check fails
 * alone and by its name, and what is missing or masked is inconclusive by name.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/sign_support.h"

static cJSON *judge(const struct making *p, const struct replay_keys *keys)
{
    struct made *m = malloc(sizeof *m);
    assert_non_null(m);
    make_session(p, m);
    struct signed_session s = load_session(m->text, m->len);
    cJSON *out = signatures_of(&s, keys);
    drop_session(&s);
    free(m);
    return out;
}

static void expect(const struct making *p, const struct replay_keys *keys, const char *verdict, const char *reason)
{
    cJSON *out = judge(p, keys);
    if (strcmp(said(out, "verdict"), verdict) != 0 || !strstr(said(out, "reason"), reason))
        print_signatures(out);
    assert_string_equal(said(out, "verdict"), verdict);
    assert_non_null(strstr(said(out, "reason"), reason));
    cJSON_Delete(out);
}

/* covers: 2.6 SDA, 2.6 DDA, 2.6 CDA, 2.6 issuer certificate, 2.6 ICC certificate */
static void verifies(void **state)
{
    static const struct {
        struct making made;
        const char *reason;
    } table[] = {
        {{.where = OF_ISSUER}, "issuer certificate, static data and ICC certificate verify"},
        {{.no_sda = true}, "issuer certificate and ICC certificate verify"},
        {{.dda = true}, "issuer certificate, static data, ICC certificate and DDA verify"},
        {{.dda = true, .dda_77 = true, .t0 = true}, "ICC certificate and DDA verify"},
        {{.cda1 = true}, "CDA (first GENERATE AC) verify"},
        {{.cda2 = true}, "CDA (second GENERATE AC) verify"},
        {{.cda1 = true, .cda2 = true, .t0 = true}, "CDA (first GENERATE AC) and CDA (second GENERATE AC) verify"},
        {{.fast = true, .ppse = true}, "ICC certificate and fast DDA verify"},
        {{.dda = true, .ppse = true, .no_aip_listed = true}, "ICC certificate and DDA verify"},
        {{.pin = true}, "ICC certificate and ICC PIN certificate verify"},
        {{.no_select = true, .dda = true}, "ICC certificate and DDA verify"},
    };
    struct replay_key key;
    const struct replay_keys keys = one_key(&key);
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        expect(&table[i].made, &keys, "pass", table[i].reason);
}

static void expect_row(const struct making *p, const char *group, const char *what, const char *verdict)
{
    struct replay_key key;
    const struct replay_keys keys = one_key(&key);
    cJSON *out = judge(p, &keys);
    char check[100];
    const cJSON *row;
    size_t failed = 0;
    snprintf(check, sizeof check, "%s: %s", group, what);
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(out, "checks"))
    {
        failed += strcmp(said(row, "verdict"), "fail") == 0;
    }
    row = row_of(out, check);
    bool fails = strcmp(verdict, "fail") == 0;
    if (!row || strcmp(said(row, "verdict"), verdict) != 0 || failed != fails) {
        print_error("%s\n", check);
        print_signatures(out);
    }
    assert_non_null(row);
    assert_string_equal(said(row, "verdict"), verdict);
    assert_int_equal(failed, fails); /* this one alone */
    assert_string_equal(said(out, "verdict"), fails ? "fail" : "pass");
    cJSON_Delete(out);
}

/* covers: 2.6 checks in order */
static void each_check_fails_alone(void **state)
{
    static const struct {
        enum signed_by where;
        struct making base;
        const char *group, *holder;
    } signature[] = {
        {OF_ISSUER, {.dda = true}, "issuer certificate", "issuer identifier"},
        {OF_STATIC, {.dda = true}, "static data", NULL},
        {OF_CARD, {.cda1 = true}, "ICC certificate", "PAN"},
        {OF_PIN, {.pin = true}, "ICC PIN certificate", "PAN"},
        {OF_DDA, {.dda = true}, "DDA", NULL},
        {OF_CDA, {.cda1 = true}, "CDA (first GENERATE AC)", NULL},
        {OF_CDA, {.cda2 = true}, "CDA (second GENERATE AC)", NULL},
        {OF_FAST, {.fast = true}, "fast DDA", NULL},
    };
    static const struct {
        enum wrong what;
        const char *check;
    } frame[] = {
        {WRONG_TRAILER, "trailer"}, {WRONG_HEADER, "header"},       {WRONG_FORMAT, "format"},
        {WRONG_HASH, "hash"},       {WRONG_HASH_ALGORITHM, "hash"}, {WRONG_LENGTH, "length"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof signature / sizeof *signature; i++) {
        struct making p = signature[i].base;
        bool certificate = signature[i].holder != NULL, dynamic = !certificate && signature[i].where != OF_STATIC;
        p.where = signature[i].where;
        for (size_t k = 0; k < sizeof frame / sizeof *frame; k++) {
            p.what = frame[k].what;
            expect_row(&p, signature[i].group, frame[k].check, "fail");
        }
        if (certificate) {
            p.what = WRONG_HOLDER;
            expect_row(&p, signature[i].group, signature[i].holder, "fail");
            p.what = WRONG_ALGORITHM;
            expect_row(&p, signature[i].group, "algorithm", "fail");
            p.what = WRONG_KEY_LENGTH;
            expect_row(&p, signature[i].group, "key", "fail");
            p.what = WRONG_EXPIRY; /* a note */
            expect_row(&p, signature[i].group, "expiry", "not applicable");
        } else if (dynamic) {
            p.what = WRONG_NUMBER;
            expect_row(&p, signature[i].group, "dynamic data", "fail");
        }
        if (p.where == OF_CDA) {
            p.what = WRONG_CID;
            expect_row(&p, signature[i].group, "CID", "fail");
            p.what = WRONG_TRANSACTION;
            expect_row(&p, signature[i].group, "transaction data hash", "fail");
        }
    }
    expect_row(&(struct making){.dda = true, .ddol_without_number = true}, "DDA", "DDOL", "fail");
}

/* covers: 2.6 missing objects */
static void objects_that_are_missing_are_named(void **state)
{
    static const struct {
        struct making made;
        const char *check, *text;
    } cut[] = {
        {{.dda = true, .drop = "8F010A", .drop_at = 1}, "issuer certificate: objects", "8F is in no record"},
        {{.dda = true, .drop = "9F470103", .drop_at = 3}, "ICC certificate: objects", "9F47 is in no record"},
        {{.dda = true, .drop = "9F468180", .drop_at = 3}, "ICC certificate: objects", "9F46 is in no record"},
    };
    struct replay_key key;
    const struct replay_keys keys = one_key(&key);
    (void)state;
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        struct making p = cut[i].made;
        p.no_sda = i == 2;
        cJSON *out = judge(&p, &keys);
        const cJSON *row = row_of(out, cut[i].check);
        if (!row)
            print_signatures(out);
        assert_non_null(row);
        assert_string_equal(said(row, "verdict"), "fail");
        assert_string_equal(said(row, "text"), cut[i].text);
        cJSON_Delete(out);
    }
}

/* covers: 2.6 certification authority key */
static void a_missing_key_is_named(void **state)
{
    const struct making p = {.dda = true}, headless = {.dda = true, .no_select = true};
    struct replay_key key[3];
    struct replay_keys keys = one_key(&key[0]);
    (void)state;
    expect(&p, NULL, "inconclusive", "the key of RID A000000999, index 0A is not given: --capk FILE");
    key[0].index = 0x0B;
    expect(&p, &keys, "inconclusive", "RID A000000999, index 0A");
    expect(&headless, &keys, "inconclusive", "index 0A opens the certificate");
    keys = one_key(&key[0]);
    key[0].rid[4] ^= 1;
    expect(&p, &keys, "inconclusive", "RID A000000999, index 0A");
    keys = one_key(&key[0]);
    key[0].modulus[20] ^= 1; /* another authority's key of the same length */
    expect(&p, &keys, "fail", "issuer certificate: trailer");
    key[0].len -= 16;
    expect(&p, &keys, "fail", "issuer certificate: length");
    keys = one_key(&key[0]);
    key[0].kind = KEY_UNUSABLE;
    expect(&p, &keys, "inconclusive", "neither 3 nor 65537");
    /* several under one name, as published lists have them: the right one is found */
    one_key(&key[2]);
    key[0] = key[1] = key[2];
    key[0].len -= 16;
    key[1].modulus[9] ^= 0x10;
    expect(&p, &(struct replay_keys){.key = key, .count = 3}, "pass", "DDA verify");
}

/* Cards recorded with masked digits: what they are signed with cannot be told, what is not masked can. */
static void masked_data_are_inconclusive(void **state)
{
    const struct making p = {.dda = true, .mask_pan = true};
    struct replay_key key;
    const struct replay_keys keys = one_key(&key);
    (void)state;
    cJSON *out = judge(&p, &keys);
    static const struct {
        const char *check, *verdict;
    } table[] = {
        {"issuer certificate: hash", "pass"},
        {"issuer certificate: issuer identifier", "pass"}, /* six digits are not masked */
        {"static data: hash", "inconclusive"},
        {"ICC certificate: format", "pass"},
        {"ICC certificate: hash", "inconclusive"},
        {"ICC certificate: PAN", "inconclusive"},
        {"DDA: hash", "pass"}, /* its key is in a certificate that is not masked */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const cJSON *row = row_of(out, table[i].check);
        if (!row || strcmp(said(row, "verdict"), table[i].verdict) != 0) {
            print_error("%s\n", table[i].check);
            print_signatures(out);
        }
        assert_non_null(row);
        assert_string_equal(said(row, "verdict"), table[i].verdict);
    }
    assert_string_equal(said(out, "verdict"), "inconclusive");
    assert_non_null(strstr(said(out, "reason"), "are masked"));
    cJSON_Delete(out);
}

/* A session that ends before everything is read: nothing fails for what is not there. */
static void a_session_that_is_cut_off_is_inconclusive(void **state)
{
    const struct making p = {.dda = true, .cda1 = true};
    struct replay_key key;
    const struct replay_keys keys = one_key(&key);
    struct made m;
    (void)state;
    make_session(&p, &m);
    size_t lines = 0;
    for (size_t at = 0; at < m.len; at++) {
        if (m.text[at] != '\n')
            continue;
        lines++;
        struct signed_session s = load_session(m.text, at + 1);
        cJSON *out = signatures_of(&s, &keys);
        if (strcmp(said(out, "verdict"), "fail") == 0)
            print_signatures(out);
        assert_string_not_equal(said(out, "verdict"), "fail");
        /* from the second record on, one part is told and the other is open, until the third and fourth are there */
        if (lines >= 8 && lines < 12)
            assert_string_equal(said(out, "verdict"), "inconclusive");
        cJSON_Delete(out);
        drop_session(&s);
    }
    assert_int_equal(lines, 16);
}

/* covers: 2.6 expiry (valid to the last day of the month) */
static void dates_are_notes(void **state)
{
    struct replay_key key;
    const struct replay_keys keys = one_key(&key);
    (void)state;
    static const struct {
        const char *date, *check, *verdict;
    } table[] = {
        {"301231", "issuer certificate: expiry", "pass"},  {"310101", "issuer certificate: expiry", "not applicable"},
        {"991231", "ICC certificate: expiry", "pass"}, /* 1999 */
        {"281231", "application: expiry date", "pass"},    {"290101", "application: expiry date", "not applicable"},
        {"240101", "application: effective date", "pass"}, {"231231", "application: effective date", "not applicable"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct making p = {.dda = true, .date = table[i].date};
        cJSON *out = judge(&p, &keys);
        assert_non_null(row_of(out, table[i].check));
        assert_string_equal(said(row_of(out, table[i].check), "verdict"), table[i].verdict);
        assert_string_equal(said(out, "verdict"), "pass");
        cJSON_Delete(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies),
        cmocka_unit_test(each_check_fails_alone),
        cmocka_unit_test(objects_that_are_missing_are_named),
        cmocka_unit_test(a_missing_key_is_named),
        cmocka_unit_test(masked_data_are_inconclusive),
        cmocka_unit_test(a_session_that_is_cut_off_is_inconclusive),
        cmocka_unit_test(dates_are_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
