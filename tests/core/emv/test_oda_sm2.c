/*
 * SM2 certificates that say something wrong inside a good signature (DOMAIN 3.10): lengths, algorithm, curve and length
 * of the key, of the issuer's and of the card's. They are laid out here and signed by OpenSSL with the stored test keys
 * of cards/keys/unionpay-f3.json.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/oda_issue.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

struct sm2_key {
    uint8_t point[65], secret[32]; /* 04 X Y */
};
static struct sm2_key ca, issuer, icc;
static struct fake_terminal terminal;
static struct fake_card card;

static int load_keys(void **state)
{
    static char text[4096];
    static const char *const names[] = {"ca", "issuer", "icc"};
    struct sm2_key *const keys[] = {&ca, &issuer, &icc};
    (void)state;
    FILE *file = fopen(TEST_ROOT "/cards/keys/unionpay-f3.json", "r");
    assert_non_null(file);
    size_t len = 0;
    for (int c; (c = fgetc(file)) != EOF && len + 1 < sizeof text;) /* without the blanks behind the colons */
        if (c != '\t')
            text[len++] = (char)c;
    text[len] = '\0';
    fclose(file);
    for (size_t k = 0; k < 3; k++) {
        keys[k]->point[0] = POINT_CONVERSION_UNCOMPRESSED;
        assert_int_equal(issue_member(text, names[k], "modulus", keys[k]->point + 1, 64), 64);
        assert_int_equal(issue_member(text, names[k], "private", keys[k]->secret, 32), 32);
    }
    return 0;
}

/* r || s behind `bytes`; the length of both. */
static size_t sign(const struct sm2_key *key, uint8_t *bytes, size_t len)
{
    static const char id[] = "1234567812345678";
    uint8_t der[80];
    const uint8_t *at = der;
    size_t der_len = sizeof der;
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *secret = BN_bin2bn(key->secret, sizeof key->secret, NULL);
    EVP_PKEY_CTX *from = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    assert_int_equal(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, key->point, 65), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret), 1);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    assert_int_equal(EVP_PKEY_fromdata_init(from), 1);
    assert_int_equal(EVP_PKEY_fromdata(from, &pkey, EVP_PKEY_KEYPAIR, params), 1);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    assert_int_equal(EVP_PKEY_CTX_set1_id(ctx, id, strlen(id)), 1);
    EVP_MD_CTX_set_pkey_ctx(md, ctx);
    assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sm3(), NULL, pkey), 1);
    assert_int_equal(EVP_DigestSign(md, der, &der_len, bytes, len), 1);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    assert_non_null(sig);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), bytes + len, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), bytes + len + 32, 32), 32);
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_CTX_free(from);
    EVP_PKEY_free(pkey);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(secret);
    return len + 64;
}

/* What is changed before the signature is made: the length, or one byte from the four before the key on. */
static const struct {
    int longer;
    size_t at;
    uint8_t to;
    int result;
} rows[] = {
    {0, 0, 0x04, OK},
    {-1, 0, 0x04, ODA_LENGTH},
    {1, 0, 0x04, ODA_LENGTH}, /* of the key */
    {-64, 0, 0x04, ODA_LENGTH},
    {-65, 0, 0x04, ODA_LENGTH}, /* of what stands before it */
    {0, 0, 0x05, ODA_ALGORITHM},
    {0, 2, 0x12, ODA_ALGORITHM},
    {0, 3, 0x41, ODA_KEY_LENGTH},
    {0, 3, 0x3F, ODA_KEY_LENGTH},
};

/* `head` up to the serial number, then the key of `subject` as the row wants it. */
static size_t certify(size_t row, const struct sm2_key *signer, const struct sm2_key *subject, const char *head,
                      uint8_t out[248])
{
    memset(out, 0, 248);
    size_t at = fake_hex(head, out, 248);
    memcpy(out + at, (const uint8_t[]){0x04, 0x00, 0x11, 0x40}, 4);
    memcpy(out + at + 4, subject->point + 1, 64);
    out[at + rows[row].at] = rows[row].to;
    return sign(signer, out, (size_t)((int)at + 68 + rows[row].longer));
}

static struct emv *prepare(void)
{
    card = (struct fake_card){.lenient = true};
    fake_setup(&terminal, &card);
    struct emv_capk authority = {.rid = {0xA0, 0x00, 0x00, 0x03, 0x33}, .index = 0xF3};
    authority.key = (struct emv_key){.len = 64, .algorithm = EMV_PK_SM2};
    memcpy(authority.key.bytes, ca.point + 1, 64);
    assert_int_equal(capk_take(&terminal.config, &authority), OK);
    struct emv *e = fake_chosen(&terminal);
    fake_put(e, 0x8F, "F3");
    fake_put(e, 0x5A, "6210670000000069");
    fake_put(e, 0x9A, "260615");
    return e;
}

/* covers: 3.10 SM2 certificates, 2.6 issuer certificate */
static void the_issuers_key_inside_a_good_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t out[248];
        struct emv *e = prepare();
        size_t len = certify(i, &ca, &issuer, "12621067FF1230000001", out);
        assert_int_equal(emv_set(e, 0x90, out, len), OK);
        int rc = oda_issuer_key(e);
        if (rc != rows[i].result || e->issuer_key.len != (rc == OK ? 64 : 0))
            fail_msg("row %zu: %s, %s", i, oda_check_name(rc), card.log);
        emv_end(e);
    }
}

/* covers: 3.10 SM2 certificates, 2.6 ICC certificate */
static void the_cards_key_inside_a_good_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t out[248];
        struct emv *e = prepare();
        assert_int_equal(emv_set(e, 0x90, out, certify(0, &ca, &issuer, "12621067FF1230000001", out)), OK);
        assert_int_equal(oda_issuer_key(e), OK);
        size_t len = certify(i, &issuer, &icc, "146210670000000069FFFF1230000002", out);
        assert_int_equal(emv_set(e, 0x9F46, out, len), OK);
        int rc = oda_icc_key(e);
        if (rc != rows[i].result || e->icc_key.len != (rc == OK ? 64 : 0))
            fail_msg("row %zu: %s, %s", i, oda_check_name(rc), card.log);
        emv_end(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_issuers_key_inside_a_good_signature),
        cmocka_unit_test(the_cards_key_inside_a_good_signature),
    };
    return cmocka_run_group_tests(tests, load_keys, NULL);
}
