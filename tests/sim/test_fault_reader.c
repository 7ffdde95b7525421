/* Faults in front of the card. */
#include "tests/sim/fake_port.h"

#include "sim/chain/fault_reader.h"
#include "sim/devices/reader.h"

static const uint8_t READ_RECORD[] = {0x00, 0xB2, 0x01, 0x0C, 0x00};
static const uint8_t GENERATE_AC[] = {0x80, 0xAE, 0x80, 0x00, 0x01, 0x00};

struct bench {
    struct fake fake;
    struct sim_reader reader;
    struct fake_card card;
    struct fault_reader f;
    struct hal_reader hal;
    unsigned pulls;
    uint8_t answer[HAL_RPDU_MAX];
    size_t len;
};

static void pull(void *ctx)
{
    struct bench *b = ctx;
    b->pulls++;
    sim_reader_remove(&b->reader);
}

static int setup(void **state)
{
    static struct bench b;
    memset(&b, 0, sizeof b);
    fake_init(&b.fake);
    fake_card_init(&b.card);
    memcpy(b.card.answer, "\x70\x02\x5A\x00\x90\x00", 6);
    b.card.answer_len = 6;
    sim_reader_init(&b.reader, &b.fake.port);
    sim_reader_insert(&b.reader, &b.card.slot);
    struct hal_reader under = sim_reader_hal(&b.reader);
    fault_reader_init(&b.f, &b.fake.port, &under, pull, &b);
    b.hal = fault_reader_hal(&b.f);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    fake_clear(&((struct bench *)*state)->fake);
    return 0;
}

static void arm(struct bench *b, struct reader_fault fault)
{
    assert_int_equal(fault_reader_arm(&b->f, &fault), OK);
}

static int power_on(struct bench *b)
{
    return b->hal.ops->power_on(b->hal.ctx, false, b->answer, &b->len);
}

static int send(struct bench *b, const uint8_t *command, size_t len)
{
    memset(b->answer, 0, sizeof b->answer);
    b->len = 0;
    return b->hal.ops->exchange(b->hal.ctx, 0, command, len, b->answer, sizeof b->answer, &b->len);
}

static int read_record(struct bench *b)
{
    return send(b, READ_RECORD, sizeof READ_RECORD);
}

static void without_faults_it_is_not_there(void **state)
{
    struct bench *b = *state;
    struct hal_reader_status now;
    enum hal_reader_level level;
    uint8_t byte;
    assert_int_equal(power_on(b), OK);
    assert_int_equal(read_record(b), OK);
    assert_memory_equal(b->answer, b->card.answer, 6);
    assert_int_equal(b->hal.ops->status(b->hal.ctx, &now), OK);
    assert_true(now.present);
    assert_int_equal(b->hal.ops->level(b->hal.ctx, &level), OK);
    assert_int_equal(level, HAL_READER_TPDU);
    assert_int_equal(b->hal.ops->receive(b->hal.ctx, 0, &byte), HAL_E_UNSUPPORTED);
    assert_int_equal(b->hal.ops->power_off(b->hal.ctx), OK);
    assert_int_equal(b->card.offs, 1);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"fault\""), 0);
}

static void mute_at_the_second_reset(void **state)
{
    struct bench *b = *state;
    arm(b, (struct reader_fault){.kind = READER_FAULT_MUTE, .at = READER_AT_RESET, .nth = 2});
    assert_int_equal(power_on(b), OK);
    uint64_t start = world_now(b->fake.world);
    assert_int_equal(power_on(b), HAL_E_MUTE);
    assert_int_equal(world_now(b->fake.world), start + FAULT_READER_MUTE_RESET_US);
    assert_int_equal(power_on(b), OK);
    assert_int_equal(b->card.resets, 2);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"fault\",\"what\":\"reader\",\"kind\":\"mute\",\"at\":\"reset\""),
                     1);
}

static void a_command_is_met_by_its_ins(void **state)
{
    struct bench *b = *state;
    power_on(b);
    arm(b,
        (struct reader_fault){.kind = READER_FAULT_SW, .at = READER_AT_COMMAND, .ins = 0xAE, .nth = 0, .sw = 0x6985});
    assert_int_equal(read_record(b), OK);
    assert_int_equal(b->len, 6);
    for (int i = 0; i < 3; i++) { /* every match */
        assert_int_equal(send(b, GENERATE_AC, sizeof GENERATE_AC), OK);
        assert_int_equal(b->len, 2);
        assert_memory_equal(b->answer, "\x69\x85", 2);
    }
    assert_int_equal(b->card.commands, 1); /* the card did not see them */
    fault_reader_disarm(&b->f);
    assert_int_equal(send(b, GENERATE_AC, sizeof GENERATE_AC), OK);
    assert_int_equal(b->len, 6);
    assert_int_equal(fake_count(&b->fake, "\"kind\":\"sw\",\"at\":\"command\",\"ins\":174"), 3);
}

static void an_answer_may_be_longer(void **state)
{
    struct bench *b = *state;
    arm(b, (struct reader_fault){.kind = READER_FAULT_EXTEND, .at = READER_AT_RESET, .byte = 2});
    arm(b, (struct reader_fault){.kind = READER_FAULT_EXTEND, .at = READER_AT_COMMAND, .nth = 1, .byte = 3});
    arm(b, (struct reader_fault){.kind = READER_FAULT_EXTEND, .at = READER_AT_COMMAND, .nth = 2, .byte = 65535});
    assert_int_equal(power_on(b), OK);
    assert_memory_equal(b->answer + b->len - 2, "\xFF\xFF", 2);
    assert_int_equal(read_record(b), OK);
    assert_int_equal(b->len, 9);
    assert_memory_equal(b->answer, "\x70\x02\x5A\x00\xFF\xFF\xFF\x90\x00", 9);
    assert_int_equal(read_record(b), OK);
    assert_int_equal(b->len, sizeof b->answer); /* no more than there is room for */
    assert_memory_equal(b->answer + b->len - 2, "\x90\x00", 2);
    assert_int_equal(read_record(b), OK);
    assert_int_equal(b->len, 6);
}

/* Up to the limit it is only late; past it nothing came, and the card has worked all the same. */
static void an_answer_may_be_late(void **state)
{
    struct bench *b = *state;
    const uint32_t limit_ms = FAULT_READER_MUTE_COMMAND_US / 1000;
    power_on(b);
    for (uint32_t over = 0; over < 2; over++) {
        fault_reader_disarm(&b->f);
        arm(b, (struct reader_fault){.kind = READER_FAULT_DELAY, .at = READER_AT_COMMAND, .ms = limit_ms + over});
        uint64_t start = world_now(b->fake.world);
        assert_int_equal(read_record(b), over ? HAL_E_MUTE : OK);
        assert_true(world_now(b->fake.world) - start >= FAULT_READER_MUTE_COMMAND_US);
        assert_true(world_now(b->fake.world) - start < FAULT_READER_MUTE_COMMAND_US + 100000);
        assert_int_equal(b->card.commands, over + 1);
    }
}

static void a_status_word_may_come_beside_good_data(void **state)
{
    struct bench *b = *state;
    power_on(b);
    arm(b, (struct reader_fault){
               .kind = READER_FAULT_SW, .at = READER_AT_COMMAND, .ins = 0xB2, .nth = 1, .sw = 0x6A83, .after = true});
    assert_int_equal(read_record(b), OK);
    assert_int_equal(b->card.commands, 1); /* the card has worked on it */
    assert_int_equal(b->len, 6);
    assert_memory_equal(b->answer, b->card.answer, 4);
    assert_memory_equal(b->answer + 4, "\x6A\x83", 2);
    assert_int_equal(read_record(b), OK);
    assert_memory_equal(b->answer, b->card.answer, 6);
}

static void removed_before_or_after_the_card_worked(void **state)
{
    struct bench *b = *state;
    for (int after = 0; after < 2; after++) {
        fault_reader_disarm(&b->f);
        power_on(b);
        arm(b, (struct reader_fault){.kind = READER_FAULT_REMOVE, .at = READER_AT_COMMAND, .nth = 1, .after = after});
        unsigned worked = b->card.commands;
        assert_int_equal(read_record(b), HAL_E_REMOVED);
        assert_int_equal(b->card.commands, worked + (unsigned)after);
        assert_int_equal(b->len, after ? 6 : 0);
        const uint8_t zeros[6] = {0};
        assert_memory_equal(b->answer, zeros, 6); /* unread, in both */
        assert_false(sim_reader_has_card(&b->reader));
        assert_int_equal(read_record(b), HAL_E_REMOVED);
        sim_reader_insert(&b->reader, &b->card.slot);
    }
    assert_int_equal(b->pulls, 2);
    arm(b, (struct reader_fault){.kind = READER_FAULT_REMOVE, .at = READER_AT_RESET, .nth = 1, .after = true});
    assert_int_equal(power_on(b), HAL_E_ABSENT);
    assert_int_equal(b->pulls, 3);
}

static void answers_are_damaged(void **state)
{
    struct bench *b = *state;
    power_on(b);
    arm(b, (struct reader_fault){.kind = READER_FAULT_CORRUPT, .at = READER_AT_COMMAND, .nth = 1, .byte = 2});
    arm(b, (struct reader_fault){.kind = READER_FAULT_CORRUPT, .at = READER_AT_COMMAND, .nth = 2, .byte = 900});
    arm(b, (struct reader_fault){.kind = READER_FAULT_TRUNCATE, .at = READER_AT_COMMAND, .nth = 3, .byte = 3});
    arm(b, (struct reader_fault){.kind = READER_FAULT_TRUNCATE, .at = READER_AT_COMMAND, .nth = 4, .byte = 900});
    arm(b, (struct reader_fault){.kind = READER_FAULT_CORRUPT, .at = READER_AT_RESET, .nth = 1, .byte = 0});
    assert_int_equal(read_record(b), OK);
    assert_memory_equal(b->answer, "\x70\x02\xA5\x00\x90\x00", 6);
    assert_int_equal(read_record(b), OK);
    assert_memory_equal(b->answer, "\x70\x02\x5A\x00\x90\xFF", 6);
    assert_int_equal(read_record(b), OK);
    assert_int_equal(b->len, 3);
    assert_int_equal(read_record(b), OK);
    assert_int_equal(b->len, 6);
    assert_int_equal(power_on(b), OK);
    assert_memory_equal(b->answer, "\xC4\x00", 2);
}

static void a_broken_reader_and_a_mute_card(void **state)
{
    struct bench *b = *state;
    power_on(b);
    arm(b, (struct reader_fault){.kind = READER_FAULT_MUTE, .at = READER_AT_COMMAND, .ins = 0xB2, .nth = 1});
    arm(b, (struct reader_fault){.kind = READER_FAULT_BROKEN, .at = READER_AT_COMMAND});
    uint64_t start = world_now(b->fake.world);
    assert_int_equal(read_record(b), HAL_E_MUTE);
    assert_int_equal(world_now(b->fake.world), start + FAULT_READER_MUTE_COMMAND_US);
    assert_int_equal(read_record(b), HAL_E_IO);
    assert_int_equal(b->card.commands, 0);
    fault_reader_disarm(&b->f);
    arm(b, (struct reader_fault){.kind = READER_FAULT_MUTE, .at = READER_AT_COMMAND, .nth = 1});
    world_in(b->fake.world, 5, fake_lose, &b->fake, 0);
    assert_int_equal(read_record(b), HAL_E_POWER);
}

static void only_so_many_and_only_real_ones(void **state)
{
    struct bench *b = *state;
    assert_int_equal(fault_reader_arm(&b->f, &(struct reader_fault){.kind = READER_FAULT_NONE}), E_INVAL);
    assert_int_equal(fault_reader_arm(&b->f, &(struct reader_fault){.kind = READER_FAULT_SW, .at = READER_AT_RESET}),
                     E_INVAL);
    for (int i = 0; i < FAULT_READER_ARMED; i++)
        arm(b, (struct reader_fault){.kind = READER_FAULT_MUTE, .nth = 9});
    assert_int_equal(fault_reader_arm(&b->f, &(struct reader_fault){.kind = READER_FAULT_MUTE}), E_LIMIT);
}

/* One plan, at each place in a sequence that changes the card in between; insertions' own faults come and go. */
static void a_planned_fault_counts_over_cards_and_resets(void **state)
{
    struct bench *b = *state;
    for (uint64_t number = 1; number <= 5; number++) {
        int results[5];
        unsigned n = 0;
        assert_int_equal(fault_reader_plan(&b->f, number, &(struct reader_fault){.kind = READER_FAULT_MUTE}), OK);
        results[n++] = power_on(b);
        results[n++] = read_record(b);
        sim_reader_remove(&b->reader);
        sim_reader_insert(&b->reader, &b->card.slot);
        fault_reader_disarm(&b->f);
        results[n++] = power_on(b);
        results[n++] = read_record(b);
        results[n++] = read_record(b);
        for (unsigned i = 0; i < n; i++)
            if (number == i + 1)
                assert_int_equal(results[i], HAL_E_MUTE);
            else if (number != 1 && number != 3) /* a card that got no reset is mute anyway */
                assert_int_equal(results[i], OK);
        assert_int_equal(b->f.exchanges, 5 * number);
    }
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"fault\""), 5);
    fault_reader_rewind(&b->f);
    assert_int_equal(b->f.exchanges, 0);
    assert_int_equal(fault_reader_plan(&b->f, 1, &(struct reader_fault){.kind = READER_FAULT_NONE}), E_INVAL);
    assert_int_equal(fault_reader_plan(&b->f, 1, &(struct reader_fault){.kind = READER_FAULT_SW}), E_INVAL);
    assert_int_equal(fault_reader_plan(&b->f, 1, &(struct reader_fault){.kind = READER_FAULT_MUTE}), OK);
    assert_int_equal(fault_reader_plan(&b->f, 0, NULL), OK);
    assert_int_equal(power_on(b), OK);
}

static void a_planned_removal_and_garbled_answers(void **state)
{
    struct bench *b = *state;
    fault_reader_plan(&b->f, 1, &(struct reader_fault){.kind = READER_FAULT_GARBLE});
    assert_int_equal(power_on(b), OK);
    uint8_t atr[HAL_ATR_MAX];
    size_t atr_len = b->len;
    memcpy(atr, b->answer, atr_len);
    assert_int_equal(power_on(b), OK);
    assert_int_equal(b->len, atr_len);
    for (size_t i = 0; i < atr_len; i++)
        assert_int_equal(atr[i], b->answer[i] ^ 0xFF);
    fault_reader_plan(&b->f, 2, &(struct reader_fault){.kind = READER_FAULT_GARBLE});
    assert_int_equal(read_record(b), OK);
    assert_memory_equal(b->answer, b->card.answer, 6);
    assert_int_equal(read_record(b), OK);
    assert_memory_equal(b->answer, "\x8F\xFD\xA5\xFF\x6F\xFF", 6);
    unsigned before = b->card.commands;
    fault_reader_plan(&b->f, 1, &(struct reader_fault){.kind = READER_FAULT_REMOVE});
    assert_int_equal(read_record(b), HAL_E_REMOVED);
    assert_int_equal(b->pulls, 1);
    assert_int_equal(b->card.commands, before); /* the card did not hear it */
    assert_int_equal(fake_count(&b->fake, "\"kind\":\"garble\",\"at\":\"reset\""), 1);
    assert_int_equal(fake_count(&b->fake, "\"kind\":\"garble\",\"at\":\"command\",\"ins\":178"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_faults_it_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(mute_at_the_second_reset, setup, teardown),
        cmocka_unit_test_setup_teardown(a_command_is_met_by_its_ins, setup, teardown),
        cmocka_unit_test_setup_teardown(removed_before_or_after_the_card_worked, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_may_be_longer, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_may_be_late, setup, teardown),
        cmocka_unit_test_setup_teardown(a_status_word_may_come_beside_good_data, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_are_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(a_broken_reader_and_a_mute_card, setup, teardown),
        cmocka_unit_test_setup_teardown(only_so_many_and_only_real_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(a_planned_fault_counts_over_cards_and_resets, setup, teardown),
        cmocka_unit_test_setup_teardown(a_planned_removal_and_garbled_answers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
