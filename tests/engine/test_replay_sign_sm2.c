/*
 * The verdict on recordings with SM2 signatures (JR/T 0025.17): each method verifies, a bit of any signed byte fails a
 * named check, and what is missing or of the other method is inconclusive by name. The published certificate of DOMAIN
 * appendix B verifies as well.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/flip_support.h"
#include "tests/engine/sm_support.h"

static struct replay_keys shipped_keys(void)
{
    struct replay_keys keys = {.key = NULL};
    char why[300];
    if (replay_keys_load(&keys, TEST_ROOT "/cards/keys/ca.json", why, sizeof why) != OK)
        fail_msg("%s", why);
    return keys;
}

static cJSON *judge(struct sm_session *m, const struct replay_keys *keys)
{
    struct signed_session s = load_session(m->text, m->len);
    cJSON *out = signatures_of(&s, keys);
    drop_session(&s);
    return out;
}

static void expect(struct sm_session *m, const struct replay_keys *keys, const char *verdict, const char *reason)
{
    cJSON *out = judge(m, keys);
    if (strcmp(said(out, "verdict"), verdict) != 0 || !strstr(said(out, "reason"), reason))
        print_signatures(out);
    assert_string_equal(said(out, "verdict"), verdict);
    assert_non_null(strstr(said(out, "reason"), reason));
    cJSON_Delete(out);
}

/* covers: 3.10 issuer certificate, 3.10 ICC certificate, 3.10 dynamic */
static void verifies(void **state)
{
    struct sm_session table[] = {
        {.card = "unionpay-sm2"},
        {.card = "unionpay-sm-dda", .dda = true},
        {.card = "unionpay-sm", .cda1 = true, .cda2 = true},
    };
    static const char *const reasons[] = {
        "issuer certificate, static data and ICC certificate verify",
        "issuer certificate, static data, ICC certificate and DDA verify",
        "static data, ICC certificate, CDA (first GENERATE AC) and CDA (second GENERATE AC) verify",
    };
    struct replay_keys keys = shipped_keys();
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        sm_record(&table[i]);
        expect(&table[i], &keys, "pass", reasons[i]);
    }
    replay_keys_free(&keys);
}

/* covers: 3.10 signed bytes */
static void any_flipped_bit_fails(void **state)
{
    struct sm_session table[] = {
        {.card = "unionpay-sm-dda", .dda = true},
        {.card = "unionpay-sm", .cda1 = true, .cda2 = true},
    };
    struct replay_keys keys = shipped_keys();
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        sm_record(&table[i]);
        struct signed_session s = load_session(table[i].text, table[i].len);
        flip_all(&s, &keys, 400, i == 0);
        drop_session(&s);
    }
    replay_keys_free(&keys);
}

/* covers: 3.10 checks by name */
static void broken_cards_fail_by_name(void **state)
{
    struct sm_session issuer = {.card = "broken-sm2-issuer"}, cda = {.card = "broken-sm2-cda", .cda1 = true};
    struct replay_keys keys = shipped_keys();
    (void)state;
    sm_record(&issuer);
    expect(&issuer, &keys, "fail", "issuer certificate: signature");
    sm_record(&cda);
    expect(&cda, &keys, "fail", "CDA (first GENERATE AC): transaction data hash");
    replay_keys_free(&keys);
}

/* covers: 3.10 authority keys */
static void a_missing_key_is_named(void **state)
{
    struct sm_session m = {.card = "unionpay-sm-dda", .dda = true};
    struct replay_key key;
    const struct replay_keys none = {.key = NULL}, rsa = one_key(&key);
    (void)state;
    sm_record(&m);
    expect(&m, &none, "inconclusive", "issuer certificate: CA key: the key of RID A000000333, index F3 is not given");
    memcpy(key.rid, "\xA0\x00\x00\x03\x33", 5);
    key.index = 0xF3;
    expect(&m, &rsa, "inconclusive",
           "the certificate is one for SM2, and the key given for RID A000000333, index F3 one for RSA");
}

/* The same key in each spelling. */
#define POINT                                                                                                          \
    "8369E21402CD69B42FF1C9D06851E1AF6E83ABE73BBD5AD9149D33575034E7D413A4D30C08CDF3226040E44892838DA85937028D2D01DE3F" \
    "400899C53EBC7FB9"

/* covers: 3.10 authority keys */
static void each_spelling_carries_a_key(void **state)
{
    static const char *const spellings[] = {
        "{\"rid\":\"A000000333\",\"index\":\"F3\",\"algorithm\":\"SM2\",\"modulus\":\"" POINT "\"}",
        "A000000333:\n  F3:\n    algorithm: SM2\n    modulus: " POINT "\n",
        "A000000333:\n  F3:\n    algorithm: '04'\n    modulus: " POINT "\n",
        "UnionPay\tSM2\tF3\tA000000333\t" POINT "\t512\n",
        "UnionPay SM2 F3 A000000333 " POINT " 256\n",
    };
    struct sm_session m = {.card = "unionpay-sm", .cda1 = true};
    (void)state;
    sm_record(&m);
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct replay_keys keys = {.key = NULL};
        char why[300] = "";
        if (replay_keys_parse(&keys, spellings[i], strlen(spellings[i]), "keys", why, sizeof why) != OK)
            fail_msg("%s", why);
        assert_int_equal(keys.key[0].kind, KEY_SM2);
        expect(&m, &keys, "pass", "verify");
        keys.key[0].modulus[40] ^= 1; /* then no point of the curve */
        expect(&m, &keys, "fail", "issuer certificate: signature");
        replay_keys_free(&keys);
    }
}

/* An issuer certificate that a third party published, with its authority's key (DOMAIN appendix B, [JD]). covers: 3.10
 * issuer certificate */
static void the_published_certificate_verifies(void **state)
{
    static const char ca[] =
        "E8105E77861FD2EB727C84E36D3D4A5666BD0ADCE8781F0145D3D82D72B92748E22D5404C6C41F3EC8B790DE2F61CF29FAECB168C79F"
        "5C8666762D53CC26A460";
    static const char certificate[] =
        "12622800011220000001040011409F483BF2CC71C5093728318061E3F768EA7C170F82DD8C4B979FBD8C76A129F93FB5746E96F5E49B"
        "987FFB521E473B25E1B017C30BE3FC638BA14D5FA4AADC16B1E1A02ED62D811268C4A2123CD8B26690BCE14BB7A01713C01C2D2FF289"
        "2D1596A7D9D131C73813C3A3D6F851DCDA917E986923F98DD2444ADC8EF0D0CE1E2A";
    uint8_t bytes[160];
    struct sign_key key = {.sm2 = true};
    struct sign_bytes signature = {.bytes = bytes};
    (void)state;
    assert_int_equal(hex_decode(ca, strlen(ca), key.modulus, sizeof key.modulus, &key.len), OK);
    assert_int_equal(hex_decode(certificate, strlen(certificate), bytes, sizeof bytes, &signature.len), OK);
    assert_int_equal(signature.len, 142);
    assert_true(sign_verifies(&key, &signature, NULL, 0));
    for (size_t i = 0; i < signature.len; i++) {
        bytes[i] ^= 0x10;
        assert_false(sign_verifies(&key, &signature, NULL, 0));
        bytes[i] ^= 0x10;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies),
        cmocka_unit_test(any_flipped_bit_fails),
        cmocka_unit_test(broken_cards_fail_by_name),
        cmocka_unit_test(a_missing_key_is_named),
        cmocka_unit_test(each_spelling_carries_a_key),
        cmocka_unit_test(the_published_certificate_verifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
