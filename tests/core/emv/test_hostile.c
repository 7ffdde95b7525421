/* Every answer of a session cut at every byte, with and without its status word, and every byte overwritten: the kernel
 * never crashes, never reads over (run with ASan), and always ends with a named outcome. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

static struct fake_terminal terminal;

static void run_mutated(enum fake_mutation mutation, size_t step, size_t at, uint8_t value)
{
    struct fake_card card = fake_session();
    card.lenient = true;
    card.mutation = mutation;
    card.mutate_step = step;
    card.mutate_at = at;
    card.mutate_value = value;
    fake_setup(&terminal, &card);
    int rc = fake_run(&terminal);
    if (rc < OK || rc >= EMV_RESELECT)
        fail_msg("step %zu, byte %zu, value %02X: outcome %d", step, at, value, rc);
    if (rc == OK)
        assert_true(terminal.emv.decision == EMV_APPROVED || terminal.emv.decision == EMV_DECLINED);
    emv_end(&terminal.emv);
}

static size_t answer_len(size_t step)
{
    struct fake_card card = fake_session();
    return strlen(card.step[step].answer) / 2;
}

/* covers: 2.11 malformed answers */
static void test_cut(void **state)
{
    (void)state;
    for (size_t step = 0; step < STEP_END; step++)
        for (size_t at = 0; at < answer_len(step); at++)
            run_mutated(FAKE_CUT, step, at, 0);
}

/* covers: 2.2 status word missing */
static void test_cut_before_status(void **state)
{
    (void)state;
    for (size_t step = 0; step < STEP_END; step++)
        for (size_t at = 0; at < answer_len(step); at++)
            run_mutated(FAKE_CUT_KEEP_SW, step, at, 0);
}

/* covers: 2.4 object twice */
static void test_overwrite(void **state)
{
    (void)state;
    const uint8_t values[] = {0x00, 0x01, 0x1F, 0x61, 0x70, 0x7F, 0x80, 0x81, 0x82, 0x9F, 0xFF};
    for (size_t step = 0; step < STEP_END; step++)
        for (size_t at = 0; at < answer_len(step); at++)
            for (size_t i = 0; i < sizeof values; i++)
                run_mutated(FAKE_OVERWRITE, step, at, values[i]);
}

/* A directory that names the same application in all of 255 records. */
/* covers: 2.3 directory without end */
static void test_endless_directory(void **state)
{
    (void)state;
    struct fake_card card = fake_session();
    card.lenient = card.any_record = true;
    card.step[STEP_DIRECTORY].command = "00B2000C00";
    card.step[STEP_RECORD_1].command = "00B2001400";
    fake_setup(&terminal, &card);
    assert_int_equal(fake_run(&terminal), EMV_CARD_ERROR); /* the same record twice: data objects came twice */
    assert_int_equal(terminal.emv.candidates, 1);
    emv_end(&terminal.emv);
}

/* Applications under one partial name that never end. */
/* covers: 2.3 partial selection without end */
static void test_endless_partial_selection(void **state)
{
    (void)state;
    struct fake_card card = fake_session();
    card.lenient = true;
    card.step[STEP_PSE] = (struct fake_step){"00A4040005A00000033300", FAKE_FCI "9000", 0};
    card.step[STEP_DIRECTORY] = (struct fake_step){"00A4040205A00000033300", FAKE_FCI "9000", 0};
    fake_setup(&terminal, &card);
    assert_int_equal(fake_run(&terminal), OK);
    assert_int_equal(terminal.emv.candidates, 1);
    emv_end(&terminal.emv);
}

/* 186 different objects in three records: more than a transaction holds. */
/* covers: 2.5 objects without end */
static void test_too_many_objects(void **state)
{
    (void)state;
    static char answer[3][2 * RAPDU_MAX + 1];
    static const char *const command[] = {"00B2031400", "00B2041400", "00B2051400"};
    struct fake_card card = fake_session();
    card.lenient = true;
    card.step[STEP_GPO].answer = "80067C00100105009000";
    for (unsigned r = 0; r < 3; r++) {
        size_t n = (size_t)snprintf(answer[r], sizeof answer[r], "7081F8");
        for (unsigned i = 0; i < 62; i++)
            n += (size_t)snprintf(answer[r] + n, sizeof answer[r] - n, "DF8%X%02X00", r + 1, i);
        snprintf(answer[r] + n, sizeof answer[r] - n, "9000");
        card.step[STEP_END + r] = (struct fake_step){command[r], answer[r], 0};
    }
    fake_setup(&terminal, &card);
    assert_int_equal(fake_run(&terminal), EMV_CARD_ERROR);
    assert_non_null(strstr(card.log, "more card data"));
    assert_int_equal(terminal.emv.objects, EMV_OBJECTS);
    emv_end(&terminal.emv);
}

/* The card tries to set what is the terminal's or the issuer's. */
/* covers: 2.4 records with terminal data */
static void test_card_cannot_overrule_terminal(void **state)
{
    (void)state;
    struct fake_card card = fake_session();
    card.lenient = true;
    card.step[STEP_RECORD_1].answer =
        "70545A0862106700000000695F24033012315F25032001015F280201565F340101" FAKE_57 "9F0206000000000001"
        "9F3704DEADBEEF"
        "95050000000000"
        "8A025931"
        "9F1502FFFF"
        "9F16020000"
        "9000";
    fake_setup(&terminal, &card);
    assert_int_equal(fake_run_to_online(&terminal), OK);
    assert_object(&terminal.emv, 0x9F02, "000000001000");
    assert_object(&terminal.emv, 0x9F37, "11223344");
    assert_object(&terminal.emv, 0x95, "8000048000");
    assert_object(&terminal.emv, 0x8A, "-");
    assert_object(&terminal.emv, 0x9F15, "5411");
    assert_object(&terminal.emv, 0x9F16, "313233343536373839303132333435");
    emv_end(&terminal.emv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_cut_before_status),
        cmocka_unit_test(test_overwrite),
        cmocka_unit_test(test_endless_directory),
        cmocka_unit_test(test_too_many_objects),
        cmocka_unit_test(test_endless_partial_selection),
        cmocka_unit_test(test_card_cannot_overrule_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
