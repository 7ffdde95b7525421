/*
 * Published vectors of offline data authentication: an RSA issuer certificate (DOMAIN appendix B, [EC-RSA]; its
 * remainder was not published, so it opens up to the hash) and an SM2 issuer certificate ([JD]); and what SM2 objects
 * made of it must not be taken for.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/emv/oda.h"
#include "tests/core/emv/fake_card.h"

#define RSA_MODULUS                                                                                                    \
    "AE8DE479F30046B083AD42DD7E9300BE9EF67E891AE79FB96599C46A3CA5516BEA1598E3FB3AEDE7CE5EA8E47DD98774D2D2373B3CBACC7B" \
    "BE"                                                                                                               \
    "C807CF7D9110B7AB1946D4C762244A5E006DCDB3F4E6BB99BBA4A0BE9A892203B8226352F7B9F260C32B37EE255D96E68E12D8F90C708420" \
    "0"                                                                                                                \
    "9ABB07E708110A70292E2EFCBB4D9"
#define RSA_CERTIFICATE                                                                                                \
    "2B0CB3F653A15F5DD6A30D09F47E9BB36747B52C7B49499416FF12E5707FDFDBCF8B8F05703B86BDC0B322A8943F801EEED8FAD8A96B533D" \
    "74"                                                                                                               \
    "2DBF36410548C09EBE9C317C98542BF694C4143A3813F3ABDF5C3AD23BA26B0B23A4D52455E11F6F0D1EE0435C69DD4B41E38C9D855A03E1" \
    "9"                                                                                                                \
    "4C5321152879375849401BB415166"
#define RSA_BODY                                                                                                       \
    "02622800FF123000000101018001B4AB1DC9B46B8745C26703A7CEFF49522922F18DABFBBD0AA3492FA1A893A78C1766226561F7895CA938" \
    "FF"                                                                                                               \
    "DF53838E5863E46D11D60B98104125174D7A0DF09FAF7C255DDC5A51494D60449B8A7524EE33955363C7CB26CD679A05EB"
#define SM2_CA                                                                                                         \
    "E8105E77861FD2EB727C84E36D3D4A5666BD0ADCE8781F0145D3D82D72B92748E22D5404C6C41F3EC8B790DE2F61CF29FAECB168C79F5C86" \
    "66"                                                                                                               \
    "762D53CC26A460"
#define SM2_DATA                                                                                                       \
    "12622800011220000001040011409F483BF2CC71C5093728318061E3F768EA7C170F82DD8C4B979FBD8C76A129F93FB5746E96F5E49B987F" \
    "FB"                                                                                                               \
    "521E473B25E1B017C30BE3FC638BA14D5FA4AADC16"
#define SM2_R "B1E1A02ED62D811268C4A2123CD8B26690BCE14BB7A01713C01C2D2FF2892D15"
#define SM2_S "96A7D9D131C73813C3A3D6F851DCDA917E986923F98DD2444ADC8EF0D0CE1E2A"

static struct emv_key key(enum emv_pk algorithm, const char *hex, uint32_t exponent)
{
    struct emv_key k = {.algorithm = algorithm, .exponent = exponent};
    k.len = (uint8_t)fake_hex(hex, k.bytes, sizeof k.bytes);
    return k;
}

/* covers: 2.6 issuer certificate, exponent 65537 */
static void the_rsa_issuer_certificate_is_recovered(void **state)
{
    (void)state;
    uint8_t certificate[128], body[128];
    struct oda_block block = {.len = 0};
    struct emv_key ca = key(EMV_PK_RSA, RSA_MODULUS, 65537);
    fake_hex(RSA_CERTIFICATE, certificate, sizeof certificate);
    size_t len = fake_hex(RSA_BODY, body, sizeof body);
    assert_int_equal(oda_open(&ca, ODA_ISSUER_CERT, certificate, 128, NULL, 0, &block), ODA_HASH);
    assert_int_equal(block.len, 106);
    assert_int_equal(len, 106);
    assert_memory_equal(block.bytes, body, len);
    assert_int_equal(oda_open(&ca, ODA_ICC_CERT, certificate, 128, NULL, 0, &block), ODA_FORMAT);
    assert_int_equal(oda_open(&ca, ODA_ISSUER_CERT, certificate, 127, NULL, 0, &block), ODA_LENGTH);
    ca.exponent = 3;
    assert_int_equal(oda_open(&ca, ODA_ISSUER_CERT, certificate, 128, NULL, 0, &block), ODA_TRAILER);
}

static size_t sm2_certificate(uint8_t out[160])
{
    return fake_hex(SM2_DATA SM2_R SM2_S, out, 160);
}

/* covers: 3.10 issuer certificate */
static void the_sm2_issuer_certificate_verifies(void **state)
{
    (void)state;
    uint8_t certificate[160];
    struct oda_block block;
    const struct emv_key ca = key(EMV_PK_SM2, SM2_CA, 0);
    size_t len = sm2_certificate(certificate);
    assert_int_equal(oda_open(&ca, ODA_ISSUER_CERT, certificate, len, NULL, 0, &block), OK);
    assert_int_equal(block.len, len - 64);
    assert_memory_equal(block.bytes, certificate, block.len);
    /* the same in two parts: the end of the data as what is signed behind the object */
    uint8_t tail[8];
    memcpy(tail, certificate + len - 72, sizeof tail);
    memmove(certificate + len - 72, certificate + len - 64, 64);
    const struct oda_span behind = {tail, sizeof tail};
    assert_int_equal(oda_open(&ca, ODA_ISSUER_CERT, certificate, len - 8, &behind, 1, &block), OK);
}

/* covers: 3.10: one bit in data, r or s; other key; other format; too short; behind data */
static void other_sm2_objects_are_refused(void **state)
{
    (void)state;
    uint8_t certificate[160];
    struct oda_block block;
    struct emv_key ca = key(EMV_PK_SM2, SM2_CA, 0);
    size_t len = sm2_certificate(certificate);
    for (size_t at = 1; at < len; at += 5) {
        certificate[at] ^= 0x04;
        assert_int_equal(oda_open(&ca, ODA_ISSUER_CERT, certificate, len, NULL, 0, &block), ODA_SIGNATURE);
        certificate[at] ^= 0x04;
    }
    const struct oda_span more = {(const uint8_t *)"x", 1};
    assert_int_equal(oda_open(&ca, ODA_ISSUER_CERT, certificate, len, &more, 1, &block), ODA_SIGNATURE);
    assert_int_equal(oda_open(&ca, ODA_ICC_CERT, certificate, len, NULL, 0, &block), ODA_FORMAT);
    assert_int_equal(oda_open(&ca, ODA_ISSUER_CERT, certificate, 65, NULL, 0, &block), ODA_LENGTH);
    memset(certificate + len - 64, 0, 64);
    assert_int_equal(oda_open(&ca, ODA_ISSUER_CERT, certificate, len, NULL, 0, &block), ODA_SIGNATURE);
    ca.bytes[63] ^= 1; /* not on the curve */
    assert_int_equal(oda_open(&ca, ODA_ISSUER_CERT, certificate, len, NULL, 0, &block), ODA_KEY);
}

/* covers: 3.10 issuer certificate: identifier, expiry and key as the kernel takes them */
static void the_kernel_takes_an_sm2_issuer_key(void **state)
{
    (void)state;
    const struct {
        const char *pan, *today;
        int result;
    } rows[] = {
        {"6228000100001117", "201231", OK},
        {"6228000100001117", "210101", ODA_EXPIRY},
        {"6228000200001117", "201231", ODA_ISSUER_ID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct fake_terminal terminal;
        static struct fake_card card;
        uint8_t certificate[160];
        fake_setup(&terminal, &card);
        struct emv_capk ca = {.rid = {0xA0, 0x00, 0x00, 0x03, 0x33}, .index = 0x57};
        ca.key = key(EMV_PK_SM2, SM2_CA, 0);
        assert_int_equal(capk_take(&terminal.config, &ca), OK);
        struct emv *e = fake_chosen(&terminal);
        fake_put(e, 0x8F, "57");
        fake_put(e, 0x5A, rows[i].pan);
        fake_put(e, 0x9A, rows[i].today);
        assert_int_equal(emv_set(e, 0x90, certificate, sm2_certificate(certificate)), OK);
        assert_int_equal(oda_issuer_key(e), rows[i].result);
        assert_int_equal(e->issuer_key.len, rows[i].result == OK ? 64 : 0);
        emv_end(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rsa_issuer_certificate_is_recovered),
        cmocka_unit_test(the_sm2_issuer_certificate_verifies),
        cmocka_unit_test(other_sm2_objects_are_refused),
        cmocka_unit_test(the_kernel_takes_an_sm2_issuer_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
