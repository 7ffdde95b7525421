/*
 * A scripted card behind hal.reader, and the session most kernel tests start from: a UnionPay debit card with a payment
 * system environment, online PIN, an issuer that authenticates itself and one script (DOMAIN 3.5). Tests change single
 * answers of a copy. The reader is T=1, so that a step is one whole APDU.
 */
#ifndef POSBENCH_TESTS_CORE_EMV_FAKE_CARD_H
#define POSBENCH_TESTS_CORE_EMV_FAKE_CARD_H

#include "core/codec/hex.h"
#include "core/emv/emv_internal.h"

#include <stdio.h>
#include <string.h>

struct fake_step {
    const char *command, *answer; /* hex; an answer of NULL is the reader's `status` */
    int status;
};

enum fake_mutation { FAKE_AS_IS, FAKE_CUT, FAKE_CUT_KEEP_SW, FAKE_OVERWRITE };

#define FAKE_STEPS 24
struct fake_card {
    struct fake_step step[FAKE_STEPS]; /* ends with a NULL command */
    size_t at;
    bool lenient;    /* commands in any order, found by header, SELECT by name; unknown ones get 6D00 */
    bool any_record; /* READ RECORD is found by its file only */
    int reset_status;
    uint8_t unpredictable[4];
    uint8_t risk_draw; /* every byte of the risk stream */
    /* One step's answer changed: */
    enum fake_mutation mutation;
    size_t mutate_step, mutate_at;
    uint8_t mutate_value;
    /* The cardholder: */
    int pin; /* enum emv_pin_result or negative */
    unsigned pin_asked;
    size_t choice;
    int choice_rc;
    size_t offered;
    char shown[EMV_NAME_MAX], name[4][EMV_NAME_MAX];
    char log[96]; /* last line */
};

static inline size_t fake_hex(const char *text, uint8_t *out, size_t cap)
{
    size_t len = 0;
    assert_int_equal(hex_decode(text, strlen(text), out, cap, &len), OK);
    return len;
}

static inline int fake_level(void *ctx, enum hal_reader_level *out)
{
    (void)ctx;
    *out = HAL_READER_TPDU;
    return OK;
}

static inline int fake_power_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *len)
{
    (void)warm;
    *len = fake_hex("3BE000FF81317C4192", atr, HAL_ATR_MAX);
    return ((struct fake_card *)ctx)->reset_status;
}

static inline int fake_power_off(void *ctx)
{
    (void)ctx;
    return OK;
}

static inline void fake_mutate(const struct fake_card *c, uint8_t *answer, size_t *len)
{
    switch (c->mutation) {
    case FAKE_CUT:
        *len = c->mutate_at < *len ? c->mutate_at : *len;
        break;
    case FAKE_CUT_KEEP_SW:
        if (c->mutate_at + 2 < *len) {
            memmove(answer + c->mutate_at, answer + *len - 2, 2);
            *len = c->mutate_at + 2;
        }
        break;
    case FAKE_OVERWRITE:
        if (c->mutate_at < *len)
            answer[c->mutate_at] = c->mutate_value;
        break;
    case FAKE_AS_IS:
        break;
    }
}

static inline const struct fake_step *fake_find(const struct fake_card *c, const uint8_t *command, size_t len)
{
    uint8_t bytes[APDU_MAX];
    for (const struct fake_step *s = c->step; s->command; s++) {
        size_t step_len = fake_hex(s->command, bytes, sizeof bytes), same = command[1] == 0xA4 ? len : 4;
        if (c->any_record && bytes[1] == 0xB2)
            bytes[2] = command[2];
        if (step_len >= same && memcmp(bytes, command, same) == 0)
            return s;
    }
    return NULL;
}

static inline int fake_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer,
                                size_t cap, size_t *answer_len)
{
    struct fake_card *c = ctx;
    const struct fake_step *step = &c->step[c->at];
    char text[2 * APDU_MAX + 1];
    assert_int_equal(protocol, 1);
    if (c->lenient) {
        step = fake_find(c, command, len);
        if (!step) {
            *answer_len = fake_hex("6D00", answer, cap);
            return OK;
        }
    } else {
        assert_int_equal(hex_encode(command, len, text, sizeof text), OK);
        if (!step->command)
            fail_msg("one command too many: %s", text);
        assert_string_equal(text, step->command);
        c->at++;
    }
    if (!step->answer)
        return step->status;
    *answer_len = fake_hex(step->answer, answer, cap);
    if ((size_t)(step - c->step) == c->mutate_step)
        fake_mutate(c, answer, answer_len);
    return OK;
}

static inline int fake_rng(void *ctx, enum hal_rng_purpose purpose, void *data, size_t len)
{
    const struct fake_card *c = ctx;
    assert_true(purpose == HAL_RNG_UNPREDICTABLE_NUMBER || purpose == HAL_RNG_RISK);
    memset(data, c->risk_draw, len);
    if (purpose == HAL_RNG_UNPREDICTABLE_NUMBER)
        memcpy(data, c->unpredictable, len);
    return OK;
}

static inline int fake_log(void *ctx, enum hal_log_level level, const char *text)
{
    struct fake_card *c = ctx;
    (void)level;
    assert_null(strstr(text, "621067")); /* no account number in any line */
    snprintf(c->log, sizeof c->log, "%s", text);
    return OK;
}

static inline int fake_online_pin(void *ctx)
{
    struct fake_card *c = ctx;
    c->pin_asked++;
    return c->pin;
}

static inline int fake_selected(void *ctx, const char *name)
{
    struct fake_card *c = ctx;
    snprintf(c->shown, sizeof c->shown, "%s", name);
    return OK;
}

static inline int fake_choose(void *ctx, const char *const *names, size_t count, size_t *index)
{
    struct fake_card *c = ctx;
    c->offered = count;
    for (size_t i = 0; i < count && i < 4; i++)
        snprintf(c->name[i], sizeof c->name[i], "%s", names[i]);
    *index = c->choice;
    return c->choice_rc;
}

static inline struct emv_config fake_config(void)
{
    struct emv_config c = {
        .capabilities = {0xE0, 0x68, 0x00}, /* online PIN, signature, no CVM; no ODA */
        .additional = {0x60, 0x00, 0xF0, 0xA0, 0x01},
        .type = 0x22,
        .country = {0x01, 0x56},
        .currency = {0x01, 0x56},
        .exponent = 2,
        .serial = "PB000001",
        .terminal_id = "10000001",
        .merchant_id = "123456789012345",
        .merchant_name = "POSBENCH",
        .merchant_category = {0x54, 0x11},
        .acquirer_id = {0x00, 0x00, 0x00, 0x01, 0x02, 0x03},
        .aid = {{
            .aid = {0xA0, 0x00, 0x00, 0x03, 0x33},
            .len = 5,
            .partial = true,
            .version = {0x00, 0x20},
            .tac_online = {0x80, 0x00, 0x00, 0x00, 0x00},
        }},
        .aids = 1,
        .online_capable = true,
    };
    return c;
}

static inline struct emv_transaction fake_transaction(void)
{
    return (struct emv_transaction){.amount_cents = 1000, .counter = 7, .when = {2026, 3, 1, 12, 34, 56}};
}

#define FAKE_PSE_NAME "315041592E5359532E4444463031"
#define FAKE_AID "A000000333010101"
#define FAKE_FCI "6F278408" FAKE_AID "A51B500A50424F43204445424954870101" FAKE_PDOL
#define FAKE_PDOL "9F38099F7A019F02065F2A02"
#define FAKE_RECORD_1 "702F5A0862106700000000695F24033012315F25032001015F280201565F340101" FAKE_57
#define FAKE_57 "570E6210670000000069D30122201234"
#define FAKE_DOL "9F02069F03069F1A0295055F2A029A039C019F37049F2103"
#define FAKE_RECORD_2 "70688C18" FAKE_DOL "8D1A8A02" FAKE_DOL "8E0E000000000000000042031E031F00" FAKE_RISK_DATA
#define FAKE_RISK_DATA "9F0702FF009F080200209F0D05D8609CA8009F0E0500100000009F0F05D8689CF800"
/* What both CDOLs ask for behind 8A: TVR is no ODA, online PIN entered, over the floor limit. */
#define FAKE_CDOL_DATA(tvr)                                                                                            \
    "000000001000"                                                                                                     \
    "000000000000"                                                                                                     \
    "0156" tvr "0156"                                                                                                  \
    "260301"                                                                                                           \
    "00"                                                                                                               \
    "11223344"                                                                                                         \
    "123456"
#define FAKE_GAC_1                                                                                                     \
    "80138000010102030405060708"                                                                                       \
    "07010103A0A00001"                                                                                                 \
    "9000"
#define FAKE_GAC_2                                                                                                     \
    "80134000011112131415161718"                                                                                       \
    "07010103A4600001"                                                                                                 \
    "9000"
#define FAKE_91 "910AAABBCCDDEEFF00113030"
#define FAKE_71 "71129F18040102030486098424000004CAFEBABE"

enum { /* steps of the session */
       STEP_PSE,
       STEP_DIRECTORY,
       STEP_DIRECTORY_END,
       STEP_SELECT,
       STEP_GPO,
       STEP_RECORD_1,
       STEP_RECORD_2,
       STEP_GAC_1,
       STEP_AUTHENTICATE,
       STEP_SCRIPT,
       STEP_GAC_2,
       STEP_END
};

static inline struct fake_card fake_session(void)
{
    struct fake_card c = {
        .unpredictable = {0x11, 0x22, 0x33, 0x44},
        .step =
            {
                [STEP_PSE] = {"00A404000E" FAKE_PSE_NAME "00", "6F15840E" FAKE_PSE_NAME "A5038801019000", 0},
                [STEP_DIRECTORY] = {"00B2010C00",
                                    "701B61194F08" FAKE_AID "500A50424F43204445424954870101"
                                    "9000",
                                    0},
                [STEP_DIRECTORY_END] = {"00B2020C00", "6A83", 0},
                [STEP_SELECT] = {"00A4040008" FAKE_AID "00", FAKE_FCI "9000", 0},
                [STEP_GPO] = {"80A800000B8309"
                              "00"
                              "000000001000"
                              "0156"
                              "00",
                              "80067C0010010200"
                              "9000",
                              0},
                [STEP_RECORD_1] = {"00B2011400", FAKE_RECORD_1 "9000", 0},
                [STEP_RECORD_2] = {"00B2021400", FAKE_RECORD_2 "9000", 0},
                [STEP_GAC_1] = {"80AE800020" FAKE_CDOL_DATA("8000048000") "00", FAKE_GAC_1, 0},
                [STEP_AUTHENTICATE] = {"008200000AAABBCCDDEEFF00113030", "9000", 0},
                [STEP_SCRIPT] = {"8424000004CAFEBABE", "9000", 0},
                [STEP_GAC_2] = {"80AE400022"
                                "3030" FAKE_CDOL_DATA("8000048000") "00",
                                FAKE_GAC_2, 0},
            },
    };
    return c;
}

/* The terminal around a card. Not to be moved once begun. */
struct fake_terminal {
    struct hal hal;
    struct emv_config config;
    struct emv_transaction transaction;
    struct emv_dialogue dialogue;
    struct emv_host_answer host;
    uint8_t field55[255];
    struct emv emv;
};

static inline void fake_host(struct fake_terminal *t, const char *arc, bool approved, const char *field55)
{
    t->host = (struct emv_host_answer){.online = true, .approved = approved, .field55 = t->field55};
    memcpy(t->host.arc, arc, 2);
    t->host.field55_len = fake_hex(field55, t->field55, sizeof t->field55);
}

static inline void fake_setup(struct fake_terminal *t, struct fake_card *card)
{
    static const struct hal_reader_ops reader = {
        .level = fake_level,
        .power_on = fake_power_on,
        .power_off = fake_power_off,
        .exchange = fake_exchange,
    };
    static const struct hal_rng_ops rng = {.bytes = fake_rng};
    static const struct hal_log_ops log = {.write = fake_log};
    memset(t, 0, sizeof *t);
    t->hal.reader = (struct hal_reader){&reader, card};
    t->hal.rng = (struct hal_rng){&rng, card};
    t->hal.log = (struct hal_log){&log, card};
    t->config = fake_config();
    t->transaction = fake_transaction();
    t->dialogue = (struct emv_dialogue){.ctx = card, .online_pin = fake_online_pin, .selected = fake_selected};
    fake_host(t, "00", true, FAKE_91 FAKE_71);
}

/* A transaction with application 0 chosen by hand, for tests of single steps. */
static inline struct emv *fake_chosen(struct fake_terminal *t)
{
    assert_int_equal(emv_begin(&t->emv, &t->hal, &t->config, &t->transaction, &t->dialogue), OK);
    t->emv.aid = &t->config.aid[0];
    t->emv.selected = true;
    assert_int_equal(emv_set(&t->emv, 0x9F09, t->emv.aid->version, 2), OK);
    return &t->emv;
}

static inline void fake_put(struct emv *e, uint32_t tag, const char *text)
{
    uint8_t bytes[255];
    size_t len = fake_hex(text, bytes, sizeof bytes);
    assert_int_equal(emv_set(e, tag, bytes, len), OK);
}

/* Runs up to the online question: the first step that does not answer OK ends it. */
static inline int fake_run_to_online(struct fake_terminal *t)
{
    int (*const steps[])(struct emv *) = {
        emv_select,   emv_initiate,          emv_read_data,   emv_authenticate,
        emv_restrict, emv_verify_cardholder, emv_manage_risk, emv_analyse,
    };
    int rc = emv_begin(&t->emv, &t->hal, &t->config, &t->transaction, &t->dialogue);
    for (size_t i = 0; rc == OK && i < sizeof steps / sizeof *steps; i++) {
        rc = steps[i](&t->emv);
        for (int again = 0; rc == EMV_RESELECT && again < EMV_CANDIDATES; again++) {
            rc = emv_select(&t->emv);
            if (rc == OK)
                rc = emv_initiate(&t->emv);
        }
    }
    return rc;
}

static inline int fake_run(struct fake_terminal *t)
{
    int rc = fake_run_to_online(t);
    return rc == OK && t->emv.decision == EMV_ONLINE ? emv_complete(&t->emv, &t->host) : rc;
}

/* Object `tag` as hex; "-" if absent. */
static inline const char *fake_object(const struct emv *e, uint32_t tag, char text[513])
{
    const uint8_t *value;
    size_t len;
    if (emv_get(e, tag, &value, &len) != OK)
        return "-";
    assert_int_equal(hex_encode(value, len, text, 513), OK);
    return text;
}

static inline void assert_object(const struct emv *e, uint32_t tag, const char *expected)
{
    char text[513];
    assert_string_equal(fake_object(e, tag, text), expected);
}

#endif
