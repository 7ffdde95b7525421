/*
 * Recordings of cards that have accidents, for the tests of the recorder. Include after <cmocka.h>.
 */
#ifndef POSBENCH_TESTS_ENGINE_RECORD_SUPPORT_H
#define POSBENCH_TESTS_ENGINE_RECORD_SUPPORT_H

#include "scenarios/engine/record_card_tape.h"
#include "tests/engine/replay_support.h"

/* -- cards in a hand: the engine's, with an accident -- */

struct hand {
    struct card_profile *profile;
    struct card *card;
    struct card_facts facts;
    unsigned exchanges, fails_at; /* the n-th; 0 never */
    int how;                      /* what it answers then */
    bool mute_reset, bad_atr;
    bool garbage; /* an answer without a status word */
};

static inline int hand_reset(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len, uint64_t *time_us)
{
    struct hand *h = ctx;
    (void)warm;
    *time_us = 12000;
    if (h->mute_reset)
        return HAL_E_MUTE;
    card_reset(h->card);
    memcpy(atr, h->facts.atr, h->facts.atr_len);
    *atr_len = h->facts.atr_len;
    if (h->bad_atr)
        memcpy(atr, "\x3B\x67\x00", *atr_len = 3); /* seven historical bytes are promised */
    return OK;
}

static inline int hand_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer,
                                size_t cap, size_t *answer_len, uint64_t *time_us)
{
    struct hand *h = ctx;
    *time_us = 20000;
    if (++h->exchanges == h->fails_at && h->garbage) {
        memcpy(answer, "\x12", *answer_len = 1);
        return OK;
    }
    if (h->exchanges == h->fails_at)
        return h->how;
    assert_true(cap >= RAPDU_MAX);
    (protocol == 0 ? card_tpdu : card_apdu)(h->card, command, len, answer, answer_len);
    return OK;
}

static const struct slot_card_ops hand_ops = {hand_reset, NULL, hand_exchange, NULL, NULL};

static inline void take(struct hand *h, const char *json_text)
{
    char why[256];
    if (card_profile_parse(json_text, strlen(json_text), "test.json", &h->profile, why, sizeof why) != OK)
        fail_msg("%s", why);
    card_facts(h->profile, &h->facts);
    h->card = card_create(h->profile);
    assert_non_null(h->card);
}

static inline char *profile_text(const char *name)
{
    static char text[65536];
    char path[512];
    snprintf(path, sizeof path, TEST_ROOT "/cards/profiles/%s.json", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static inline void put_down(struct hand *h)
{
    card_destroy(h->card);
    card_profile_destroy(h->profile);
}

/* -- recording -- */

static inline struct card_tape *record(const char *reader, struct hand *h, uint64_t seed)
{
    struct card_tape *t = calloc(1, sizeof *t);
    assert_non_null(t);
    const struct case_request request = {
        .file = "record",
        .seed = seed,
        .paths = {TEST_ROOT, TEST_IMAGES "/core-image.so", TEST_IMAGES "/boot-image.so"}};
    const struct record_card_options options = {.reader = reader, .amount_cents = 1200};
    const struct slot_card slot = {&hand_ops, h, "a card of the test"};
    const struct record_card_said said = {NULL, NULL, NULL};
    record_card_play(&request, &options, h ? &slot : NULL, &said, t);
    if (t->why[0])
        fail_msg("%s: %s", reader, t->why);
    return t;
}

static inline char *text_of_tape(const struct card_tape *t, size_t *len)
{
    char *text = record_card_text(t, len);
    if (text)
        assert_int_equal(strlen(text), *len);
    return text;
}

/* Replays what was recorded: each exchange equal, or the same but for Le, and the same screen at the end. */
static inline void assert_replays(const struct card_tape *t, const char *what)
{
    size_t len;
    char why[600] = "", *text = text_of_tape(t, &len);
    assert_non_null(text);
    cJSON *out = replay_text(text, len, 0, why, sizeof why);
    if (!out)
        fail_msg("%s: %s\n%s", what, why, text);
    const cJSON *s = session_at(out, 0), *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(s, "exchanges"))
    {
        const char *verdict = text_of(row, "verdict");
        if (strcmp(verdict, "equal") != 0 && strcmp(verdict, "equivalent") != 0)
            fail_msg("%s: %s is %s: %s", what, text_of(row, "name"), verdict, text_of(row, "reason"));
    }
    if (strcmp(text_of(s, "recording"), "inconsistent") == 0)
        fail_msg("%s: %s", what, cJSON_Print(cJSON_GetObjectItem(s, "findings")));
    if (cJSON_GetArraySize(cJSON_GetObjectItem(out, "sessions")) == 1 && strcmp(text_of(s, "screen"), t->screen) != 0)
        fail_msg("%s: recorded screen %s, replayed %s", what, t->screen, text_of(s, "screen"));
    assert_false(lists(cJSON_GetObjectItem(s, "assumptions"), "assumed TAC"));
    assert_false(lists(cJSON_GetObjectItem(s, "assumptions"), "floor limit"));
    assert_false(lists(cJSON_GetObjectItem(s, "assumptions"), "protocol"));
    cJSON_Delete(out);
    free(text);
}

#endif
