/*
 * The simulated reader at character level: the times of an ATR, of bytes each way, repetitions of a character; what a
 * listener makes of the bytes; the reader's faults by command; what is recorded.
 */
#include "tests/sim/fake_port.h"

#include "core/codec/hex.h"
#include "sim/chain/fault_reader.h"
#include "sim/chain/tap.h"
#include "sim/devices/reader.h"

#include <stdio.h>

/* A card that says what it was given, character by character. */
struct speaker {
    struct slot_card slot;
    struct slot_char says[600];
    size_t count, at;
    uint8_t heard[300];
    size_t heard_len;
    uint32_t heard_etu;
    const char *answer; /* hex, to whatever it hears */
};

static void say(struct speaker *s, const char *hex)
{
    uint8_t bytes[300];
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), bytes, sizeof bytes, &len), OK);
    s->count = s->at = 0;
    for (size_t i = 0; i < len; i++)
        s->says[s->count++] = (struct slot_char){.value = bytes[i], .etu = i ? 12 : 30};
}

static int speaker_reset(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *len, uint64_t *time_us)
{
    (void)ctx, (void)warm, (void)atr, (void)len, (void)time_us;
    fail_msg("a reader at character level has asked for a whole ATR");
    return HAL_E_MUTE;
}

static int speaker_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                            size_t *answer_len, uint64_t *time_us)
{
    (void)ctx, (void)protocol, (void)command, (void)len, (void)cap;
    memcpy(answer, "\x90\x00", *answer_len = 2);
    *time_us = 1000;
    return OK;
}

static int line_reset(void *ctx, bool warm)
{
    (void)warm;
    ((struct speaker *)ctx)->at = 0;
    return OK;
}

static void line_take(void *ctx, const uint8_t *bytes, size_t len, uint32_t etu)
{
    struct speaker *s = ctx;
    memcpy(s->heard, bytes, s->heard_len = len);
    s->heard_etu = etu;
    if (s->answer)
        say(s, s->answer);
}

static bool line_next(void *ctx, bool take, struct slot_char *out)
{
    struct speaker *s = ctx;
    if (s->at == s->count)
        return false;
    *out = s->says[s->at];
    s->at += take;
    return true;
}

struct bench {
    struct fake fake;
    struct sim_reader d;
    struct fault_reader faults;
    struct tap tap;
    struct hal hal;
    struct speaker card;
};

static void pull(void *ctx)
{
    sim_reader_remove(&((struct bench *)ctx)->d);
}

static int setup(void **state)
{
    static const struct slot_line_ops line = {line_reset, line_take, line_next};
    static const struct slot_card_ops slot_ops = {.reset = speaker_reset, .exchange = speaker_exchange, .line = &line};
    static struct bench b;
    memset(&b, 0, sizeof b);
    fake_init(&b.fake);
    sim_reader_init(&b.d, &b.fake.port);
    sim_reader_at_characters(&b.d, NULL);
    struct hal_reader device = sim_reader_hal(&b.d);
    fault_reader_init(&b.faults, &b.fake.port, &device, pull, &b);
    struct hal under = {.reader = fault_reader_hal(&b.faults)};
    tap_init(&b.tap, &b.fake.port, &under, &b.hal);
    b.card.slot = (struct slot_card){.ops = &slot_ops, .ctx = &b.card, .name = "speaker"};
    assert_int_equal(sim_reader_insert(&b.d, &b.card.slot), OK);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    fake_clear(&((struct bench *)*state)->fake);
    return 0;
}

static int power_on(struct bench *b, const char *atr, size_t *len)
{
    uint8_t got[HAL_ATR_MAX];
    say(&b->card, atr);
    return HAL_CALL(&b->hal, reader, power_on, false, got, len);
}

static void activate(struct bench *b, const char *atr)
{
    size_t len = 0;
    assert_int_equal(power_on(b, atr, &len), OK);
    assert_int_equal(len, strlen(atr) / 2);
}

static int send(struct bench *b, const char *hex)
{
    uint8_t bytes[300];
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), bytes, sizeof bytes, &len), OK);
    return HAL_CALL(&b->hal, reader, send, bytes, len);
}

/* Bytes until there is an error, as hex. */
static int receive(struct bench *b, uint64_t patience_us, char *text)
{
    for (size_t len = 0; len < 90; len++) {
        uint8_t byte;
        text[2 * len] = '\0';
        int rc = HAL_CALL(&b->hal, reader, receive, world_now(b->fake.world) + patience_us, &byte);
        if (rc != OK)
            return rc;
        snprintf(text + 2 * len, 3, "%02X", byte);
    }
    return E_LIMIT;
}

#define T0 "3B600000"
#define T0_FAST "3BF41300FFD0000A3F0300DEADBEEFDC"
#define T1 "3BE000FF81317C4192"
#define ETU(n) ((n)*625u / 6u)

/* covers: 3.1 reset timing */
static void answers_to_reset_have_their_time(void **state)
{
    struct bench *b = *state;
    size_t len = 0;
    const struct {
        size_t at;
        uint32_t etu;
        int rc;
    } cases[] = {{0, 112, OK}, {0, 113, HAL_E_MUTE}, {2, 10080, OK}, {2, 10081, HAL_E_MUTE}};
    for (size_t i = 0; i < 4; i++) {
        say(&b->card, T0);
        b->card.says[cases[i].at].etu = cases[i].etu;
        uint8_t got[HAL_ATR_MAX];
        assert_int_equal(HAL_CALL(&b->hal, reader, power_on, false, got, &len), cases[i].rc);
    }
    uint8_t got[HAL_ATR_MAX];
    for (uint32_t past = 0; past < 2; past++) { /* no gap is too long, but all of them together may be: 20,160 etu */
        say(&b->card, T1);
        for (size_t i = 1; i < 4; i++)
            b->card.says[i].etu = (20160 - 5 * 12) / 3;
        b->card.says[8].etu += past;
        assert_int_equal(HAL_CALL(&b->hal, reader, power_on, false, got, &len), past ? HAL_E_MUTE : OK);
    }
    assert_int_equal(power_on(b, "3B67", &len), HAL_E_MUTE); /* historical bytes missing */
    assert_int_equal(power_on(b, "3BF0000000F1000000F1000000F1000000F1000000F1000000F1000000F1000000F1000000F1", &len),
                     HAL_E_PROTOCOL);
}

/* covers: 3.2 character */
static void bytes_take_their_time(void **state)
{
    struct bench *b = *state;
    char text[200];
    enum hal_reader_level level;
    assert_int_equal(HAL_CALL(&b->hal, reader, level, &level), OK);
    assert_int_equal(level, HAL_READER_CHARACTER);
    const struct {
        const char *atr;
        uint64_t us; /* of five bytes to the card */
    } cases[] = {{T0, 6250}, {T0_FAST, 6250 / 4}, {T1, 4 * ETU(11) + ETU(12)}};
    for (size_t i = 0; i < 3; i++) {
        activate(b, cases[i].atr);
        uint64_t start = world_now(b->fake.world);
        assert_int_equal(send(b, "00A4040000"), OK);
        assert_in_range(world_now(b->fake.world) - start, cases[i].us - 3, cases[i].us + 5);
        assert_int_equal(b->card.heard_len, 5);
    }
    activate(b, T0);
    b->card.answer = "6D00";
    assert_int_equal(send(b, "00A4040000"), OK);
    uint64_t start = world_now(b->fake.world);
    assert_int_equal(receive(b, ETU(100), text), HAL_E_TIMEOUT);
    assert_string_equal(text, "6D00");
    assert_in_range(world_now(b->fake.world) - start, ETU(30 + 12 + 100) - 3, ETU(30 + 12 + 100) + 10);
    /* a character that nobody waited for is still to come */
    assert_int_equal(send(b, "00A4040000"), OK);
    assert_int_equal(receive(b, 100, text), HAL_E_TIMEOUT);
    assert_string_equal(text, "");
    assert_int_equal(receive(b, ETU(100), text), HAL_E_TIMEOUT);
    assert_string_equal(text, "6D00");
}

/* covers: 3.2 parity */
static void wrong_parity_is_repeated_three_times(void **state)
{
    struct bench *b = *state;
    char text[200];
    activate(b, T0);
    send(b, "00A4040000");
    say(&b->card, "9000");
    b->card.says[0].bad_parity = 3;
    assert_int_equal(receive(b, ETU(200), text), HAL_E_TIMEOUT);
    assert_string_equal(text, "9000");
    send(b, "00A4040000");
    say(&b->card, "9000");
    b->card.says[1].bad_parity = 4;
    assert_int_equal(receive(b, ETU(200), text), HAL_E_PROTOCOL);
    assert_string_equal(text, "90");
}

static void without_a_card_or_power(void **state)
{
    struct bench *b = *state;
    char text[200];
    uint8_t answer[HAL_RPDU_MAX];
    size_t len;
    assert_int_equal(send(b, "00"), E_STATE);
    assert_int_equal(receive(b, 10, text), E_STATE);
    activate(b, T0);
    /* the core speaks the protocol itself here */
    assert_int_equal(
        HAL_CALL(&b->hal, reader, exchange, 0, (const uint8_t *)"\0\0\0\0\0", 5, answer, sizeof answer, &len),
        HAL_E_UNSUPPORTED);
    /* the secure element has its own way */
    struct hal se = {.reader = fault_reader_se_hal(&b->faults)};
    assert_int_equal(HAL_CALL(&se, reader, exchange, 0, (const uint8_t *)"\0\0\0\0\0", 5, answer, sizeof answer, &len),
                     OK);
    assert_int_equal(len, 2);
    sim_reader_renew(&b->d);
    assert_int_equal(send(b, "00"), HAL_E_REMOVED);
    assert_int_equal(receive(b, 10, text), HAL_E_REMOVED);
    assert_int_equal(power_on(b, T0, &len), HAL_E_ABSENT);

    static struct fake_card whole; /* knows no bytes */
    fake_card_init(&whole);
    assert_int_equal(sim_reader_insert(&b->d, &whole.slot), OK);
    assert_int_equal(power_on(b, T0, &len), HAL_E_IO);
}

static void exchange_t0(struct bench *b, const char *header, const char *answer, char *text)
{
    b->card.answer = answer;
    assert_int_equal(send(b, header), OK);
    receive(b, ETU(200), text);
}

static void t0_is_recorded_as_commands(void **state)
{
    struct bench *b = *state;
    char text[200];
    activate(b, T0);
    exchange_t0(b, "00B2010C02", "6060B2AABB609000", text);
    assert_non_null(strstr(b->fake.lines, "\"ev\":\"wire\",\"header\":\"00B2010C02\",\"nulls\":3,\"singles\":0"));
    assert_non_null(strstr(b->fake.lines, "\"ev\":\"apdu\",\"c\":\"00B2010C02\",\"r\":\"AABB9000\""));
    exchange_t0(b, "0082000002", "7D", text);
    exchange_t0(b, "AA", "7D", text);
    exchange_t0(b, "BB", "9000", text);
    assert_non_null(strstr(b->fake.lines, "\"header\":\"0082000002\",\"nulls\":0,\"singles\":2"));
    assert_non_null(strstr(b->fake.lines, "\"c\":\"0082000002AABB\",\"r\":\"9000\""));
    exchange_t0(b, "00B2020C00", "B2AA", text); /* breaks off */
    HAL_CALL0(&b->hal, reader, power_off);
    assert_non_null(strstr(b->fake.lines, "\"c\":\"00B2020C00\",\"us\":"));
    assert_non_null(strstr(b->fake.lines, "\"err\":\"HAL_E_TIMEOUT\""));
}

static void t1_is_recorded_as_commands_and_blocks(void **state)
{
    struct bench *b = *state;
    char text[200];
    activate(b, T1);
    exchange_t0(b, "00C101FE3E", "00E101FE1E", text);
    exchange_t0(b, "00200300B20190", "00900090", text);
    exchange_t0(b, "0040020C004E", "002002AABB33", text);
    exchange_t0(b, "00900090", "0040029000D3", text); /* a wrong LRC */
    exchange_t0(b, "00910091", "0040029000D2", text);
    assert_non_null(strstr(b->fake.lines, "\"way\":\"out\",\"block\":\"002003\""));
    assert_non_null(strstr(b->fake.lines, "\"way\":\"in\",\"block\":\"004002\",\"ok\":false"));
    assert_non_null(strstr(b->fake.lines, "\"c\":\"00B2010C00\",\"r\":\"AABB9000\""));
}

static void faults_find_their_command(void **state)
{
    struct bench *b = *state;
    char text[200];
    activate(b, T0);
    assert_int_equal(fault_reader_arm(&b->faults,
                                      &(struct reader_fault){
                                          .kind = READER_FAULT_SW, .at = READER_AT_COMMAND, .ins = 0xB2, .sw = 0x6A82}),
                     OK);
    exchange_t0(b, "00A4000000", "9000", text);
    assert_string_equal(text, "9000");
    exchange_t0(b, "00B2010C01", "6E00", text);
    assert_string_equal(text, "6A82");
    assert_memory_equal(b->card.heard, "\xFF\xB2\x01\x0C\x01", 5);
    activate(b, T1);
    exchange_t0(b, "00000500B2010C00BA", "0000026E006C", text);
    assert_string_equal(text, "0000026A82EA"); /* with the LRC that goes with it */
    assert_memory_equal(b->card.heard, "\x00\x00\x05\xFF\x00\x00\x00\x00\xFA", 9);
    fault_reader_disarm(&b->faults);
    fault_reader_arm(&b->faults,
                     &(struct reader_fault){.kind = READER_FAULT_REMOVE, .at = READER_AT_COMMAND, .after = true});
    exchange_t0(b, "00400500B2010C00FA", "0040029000D2", text);
    assert_string_equal(text, "0040029000"); /* all but the last byte */
    assert_false(sim_reader_has_card(&b->d));
}

static void faults_last_until_the_next_command(void **state)
{
    struct bench *b = *state;
    char text[200];
    const struct {
        int kind;
        uint16_t byte;
        const char *text;
    } cases[] = {{READER_FAULT_MUTE, 0, ""},
                 {READER_FAULT_TRUNCATE, 1, "B2"},
                 {READER_FAULT_GARBLE, 0, "4D556FFF"},
                 {READER_FAULT_CORRUPT, 1, "B2559000"}};
    for (size_t i = 0; i < 4; i++) {
        activate(b, T0);
        struct reader_fault fault = {.at = READER_AT_COMMAND, .nth = 1, .byte = cases[i].byte};
        fault.kind = (unsigned)cases[i].kind;
        fault_reader_disarm(&b->faults);
        assert_int_equal(fault_reader_arm(&b->faults, &fault), OK);
        exchange_t0(b, "00B2010C01", "B2AA9000", text);
        assert_string_equal(text, cases[i].text);
        exchange_t0(b, "00B2010C01", "B2AA9000", text);
        assert_string_equal(text, "B2AA9000");
    }
    fault_reader_disarm(&b->faults);
    fault_reader_arm(&b->faults, &(struct reader_fault){.kind = READER_FAULT_BROKEN, .at = READER_AT_COMMAND});
    activate(b, T0);
    assert_int_equal(send(b, "00B2010C01"), HAL_E_IO);
    assert_int_equal(receive(b, 10, text), HAL_E_IO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answers_to_reset_have_their_time),
        TEST(bytes_take_their_time),
        TEST(wrong_parity_is_repeated_three_times),
        TEST(without_a_card_or_power),
        TEST(t0_is_recorded_as_commands),
        TEST(t1_is_recorded_as_commands_and_blocks),
        TEST(faults_find_their_command),
        TEST(faults_last_until_the_next_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
