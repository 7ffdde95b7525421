/*
 * A session with a card of the SM algorithms, recorded from the card engine by a terminal that computes nothing:
 * SELECT, GET PROCESSING OPTIONS, every record, INTERNAL AUTHENTICATE, two GENERATE ACs. Include after <cmocka.h>.
 */
#ifndef POSBENCH_TESTS_ENGINE_SM_SUPPORT_H
#define POSBENCH_TESTS_ENGINE_SM_SUPPORT_H

#include "cards/card.h"
#include "core/codec/hex.h"
#include "core/codec/tlv.h"

#include <stdio.h>
#include <string.h>

struct sm_session {
    const char *card; /* profile */
    bool dda, cda1, cda2;
    const char *pdol_data; /* NULL: none */
    struct card_facts facts;
    char text[16000];
    size_t len;
};

static inline size_t sm_say(struct sm_session *s, struct card *c, const char *command_hex, uint8_t answer[RAPDU_MAX])
{
    uint8_t command[APDU_MAX];
    char hex[2 * RAPDU_MAX + 1];
    size_t len, answer_len;
    assert_int_equal(hex_decode(command_hex, strlen(command_hex), command, sizeof command, &len), OK);
    card_apdu(c, command, len, answer, &answer_len);
    assert_int_equal(hex_encode(answer, answer_len, hex, sizeof hex), OK);
    s->len += (size_t)snprintf(s->text + s->len, sizeof s->text - s->len, "%s\n%s\n", command_hex, hex);
    assert_true(s->len < sizeof s->text);
    if (answer_len < 2 || memcmp(answer + answer_len - 2, "\x90\x00", 2) != 0)
        fail_msg("%s -> %s", command_hex, hex);
    return answer_len - 2;
}

/* CDOL1 and CDOL2 of the shipped cards: amounts, country, TVR, currency, date, type, number, time, merchant. */
#define SM_CDOL                                                                                                        \
    "00000000123400000000000003440000048000015626061500"                                                               \
    "%s"                                                                                                               \
    "101112"                                                                                                           \
    "504F5342454E4348205445535420534F504F5342"

static inline void sm_record(struct sm_session *s)
{
    struct card_profile *profile;
    uint8_t answer[RAPDU_MAX], afl[64];
    char path[400], why[300], command[600];
    struct tlv t;
    snprintf(path, sizeof path, TEST_ROOT "/cards/profiles/%s.json", s->card);
    if (card_profile_load(path, &profile, why, sizeof why) != OK)
        fail_msg("%s", why);
    card_facts(profile, &s->facts);
    struct card *c = card_create(profile);
    assert_non_null(c);
    s->len = 0;
    sm_say(s, c, "00A4040008A00000033301010200", answer);
    const char *data = s->pdol_data ? s->pdol_data : "";
    size_t n = strlen(data) / 2;
    snprintf(command, sizeof command, "80A80000%02X83%02X%s00", (unsigned)n + 2, (unsigned)n, data);
    assert_true(sm_say(s, c, command, answer) > 4);
    size_t afl_len = (size_t)answer[1] - 2;
    assert_true(answer[0] == 0x80 && afl_len <= sizeof afl);
    memcpy(afl, answer + 4, afl_len);
    for (size_t i = 0; i < afl_len; i += 4)
        for (unsigned r = afl[i + 1]; r <= afl[i + 2]; r++) {
            snprintf(command, sizeof command, "00B2%02X%02X00", r, afl[i] | 4);
            sm_say(s, c, command, answer);
        }
    if (s->dda)
        sm_say(s, c, "008800000434EA02AB00", answer);
    for (unsigned second = 0; second < 2; second++) {
        snprintf(command, sizeof command, "80AE%02X00%02X%s" SM_CDOL "00",
                 (second ? 0x40 : 0x80) | ((second ? s->cda2 : s->cda1) ? 0x10 : 0), second ? 54 : 52,
                 second ? "3030" : "", second ? "A1A2A3A4" : "34EA02AB");
        size_t len = sm_say(s, c, command, answer);
        assert_int_equal(tlv_find_deep(answer, len, 0x9F4B, &t) == OK, second ? s->cda2 : s->cda1);
    }
    card_destroy(c);
    card_profile_destroy(profile);
}

#endif
