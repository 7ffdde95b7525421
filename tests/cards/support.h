/* A small card profile with gaps to fill, and commands in hex. Include after <cmocka.h>. */
#ifndef POSBENCH_TESTS_CARDS_SUPPORT_H
#define POSBENCH_TESTS_CARDS_SUPPORT_H

#include "cards/card.h"
#include "core/codec/hex.h"

#include <stdio.h>
#include <string.h>

#define CDOL1 "9F02069F03069F1A0295055F2A029A039C019F3704"
#define CDOL2 "8A02" CDOL1
#define CDOL2_WITH_91 "8A02910A" CDOL1
#define AID "A000000333010102"

/* NULL members take the value of a UnionPay credit card. */
struct card_spec {
    const char *pan, *psn, *scheme, *imk_ac, *aip, *history, *extra, *cdol2, *chip_extra;
};

static inline const char *or_else(const char *value, const char *fallback)
{
    return value ? value : fallback;
}

static inline void spec_json(const struct card_spec *s, char *out, size_t cap)
{
    int n =
        snprintf(out, cap,
                 "{\"description\":\"test\",\"pan\":\"%s\",\"psn\":\"%s\",\"expiry\":\"3012\",\"service_code\":\"201\","
                 "\"chip\":{\"atr\":\"3B600000\",\"protocol\":0,%s\"scheme\":\"%s\",\"keys\":{\"imk_ac\":\"%s\","
                 "\"imk_smi\":\"FEDCBA98765432100123456789ABCDEF\",\"imk_smc\":\"89ABCDEF0123456776543210FEDCBA98\"},"
                 "\"pse\":{\"sfi\":1},\"applications\":[{\"aid\":\"" AID "\",\"label\":\"Test\",\"priority\":1,"
                 "\"aip\":\"%s\",\"afl\":\"08010100\",%s\"history\":{%s},\"data\":{\"9F58\":\"03\",\"9F59\":\"06\","
                 "\"9F4F\":\"9A03\"},\"records\":[{\"sfi\":1,\"record\":1,\"objects\":{\"5A\":\"6212345678900101\","
                 "\"8C\":\"" CDOL1 "\",\"8D\":\"%s\"}}]}]}}",
                 or_else(s->pan, "6212345678900101"), or_else(s->psn, "01"), or_else(s->chip_extra, ""),
                 or_else(s->scheme, "pboc"), or_else(s->imk_ac, "0123456789ABCDEFFEDCBA9876543210"),
                 or_else(s->aip, "1C00"), or_else(s->extra, ""),
                 or_else(s->history, "\"atc\":\"0021\",\"last_online_atc\":\"0021\""), or_else(s->cdol2, CDOL2));
    assert_true(n > 0 && (size_t)n < cap);
}

struct bench {
    struct card_profile *profile;
    struct card *card;
    uint8_t answer[RAPDU_MAX];
    size_t len;
};

static inline void bench_open(struct bench *b, const struct card_spec *spec)
{
    char json[4096], why[256];
    spec_json(spec, json, sizeof json);
    int status = card_profile_parse(json, strlen(json), "test.json", &b->profile, why, sizeof why);
    if (status)
        print_error("%s\n", why);
    assert_int_equal(status, OK);
    b->card = card_create(b->profile);
    assert_non_null(b->card);
}

static inline void bench_load(struct bench *b, const char *name)
{
    char path[512], why[256];
    snprintf(path, sizeof path, TEST_ROOT "/cards/profiles/%s.json", name);
    int status = card_profile_load(path, &b->profile, why, sizeof why);
    if (status)
        print_error("%s\n", why);
    assert_int_equal(status, OK);
    b->card = card_create(b->profile);
    assert_non_null(b->card);
}

static inline void bench_close(struct bench *b)
{
    card_destroy(b->card);
    card_profile_destroy(b->profile);
}

/* One APDU in hex; its status word. The data stay in b->answer. */
static inline uint16_t send(struct bench *b, const char *hex)
{
    uint8_t command[APDU_MAX + 8];
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), command, sizeof command, &len), OK);
    card_apdu(b->card, command, len, b->answer, &b->len);
    return rapdu_sw(b->answer, b->len);
}

static inline uint16_t send_bytes(struct bench *b, const char *header, const uint8_t *data, size_t len)
{
    char hex[2 * APDU_MAX + 1];
    size_t n = (size_t)snprintf(hex, sizeof hex, "%s%02zX", header, len);
    assert_int_equal(hex_encode(data, len, hex + n, sizeof hex - n), OK);
    return send(b, hex);
}

static inline void assert_data(const struct bench *b, const char *expected)
{
    char text[2 * RAPDU_MAX + 1];
    assert_int_equal(hex_encode(b->answer, b->len - 2, text, sizeof text), OK);
    assert_string_equal(text, expected);
}

#define SELECT_AID "00A4040008" AID "00"
#define GPO                                                                                                            \
    "80A800000283"                                                                                                     \
    "0000"
/* 9F02 000000001000, 9F03 0, 9F1A 0156, 95, 5F2A 0156, 9A 260615, 9C 00, 9F37 12345678 */
#define CDOL1_DATA                                                                                                     \
    "000000001000000000000000015680000480000156260615"                                                                 \
    "0012345678"
#define GAC1(p1) "80AE" p1 "001D" CDOL1_DATA "00"
#define GAC2(p1, arc) "80AE" p1 "001F" arc CDOL1_DATA "00"

static inline void begin(struct bench *b)
{
    assert_int_equal(send(b, SELECT_AID), 0x9000);
    assert_int_equal(send(b, GPO), 0x9000);
}

/* Format 80 answer of GENERATE AC: 80 L CID ATC(2) AC(8) IAD. */
static inline uint8_t answered_cid(const struct bench *b)
{
    return b->answer[2];
}
static inline const uint8_t *answered_ac(const struct bench *b)
{
    return b->answer + 5;
}
static inline const uint8_t *answered_iad(const struct bench *b)
{
    return b->answer + 13;
}

#endif
