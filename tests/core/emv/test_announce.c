/* The application's note before a card may approve without the host: when it is asked for, and what becomes of the
 * request when there is no room for it (EMV Book 3 10.7, 10.8; DOMAIN 2.10). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

static struct fake_terminal terminal;
static struct fake_card card;
static struct emv_dialogue dialogue;
static int notes, answer;

static int note(void *ctx)
{
    (void)ctx;
    notes++;
    return answer;
}

static struct emv *prepare(uint8_t type, int says)
{
    card = (struct fake_card){.unpredictable = {0x11, 0x22, 0x33, 0x44}};
    fake_setup(&terminal, &card);
    struct emv *e = fake_chosen(&terminal);
    terminal.config.type = type;
    dialogue = *e->dialogue;
    dialogue.intent = note;
    e->dialogue = &dialogue;
    notes = 0;
    answer = says;
    return e;
}

/* covers: 2.10 offline only */
static void test_what_is_asked_for(void **state)
{
    (void)state;
    const struct {
        uint8_t type;
        bool online_failed;
        enum emv_ac asked, due;
        int says, rc, notes;
    } rows[] = {
        {0x22, false, EMV_AC_TC, EMV_AC_TC, OK, OK, 1},
        {0x22, false, EMV_AC_TC, EMV_AC_ARQC, 1, OK, 1}, /* no room: to the host */
        {0x22, true, EMV_AC_TC, EMV_AC_AAC, 1, OK, 1},   /* which could not be reached */
        {0x23, false, EMV_AC_TC, EMV_AC_AAC, 1, OK, 1},  /* or is never asked */
        {0x22, false, EMV_AC_ARQC, EMV_AC_ARQC, 1, OK, 0},
        {0x22, false, EMV_AC_AAC, EMV_AC_AAC, 1, OK, 0},
        {0x22, false, EMV_AC_TC, EMV_AC_TC, HAL_E_POWER, HAL_E_POWER, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(rows[i].type, rows[i].says);
        enum emv_ac asked = rows[i].asked;
        assert_int_equal(emv_announce(e, rows[i].online_failed, &asked), rows[i].rc);
        if (rows[i].rc == OK && asked != rows[i].due)
            fail_msg("row %zu: %02X is asked for", i, (unsigned)asked);
        assert_int_equal(notes, rows[i].notes);
        emv_end(e);
    }
}

static void test_nobody_to_tell(void **state)
{
    (void)state;
    enum emv_ac asked = EMV_AC_TC;
    struct emv *e = prepare(0x22, 1);
    dialogue.intent = NULL;
    assert_int_equal(emv_announce(e, false, &asked), OK);
    assert_int_equal(asked, EMV_AC_TC);
    emv_end(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_asked_for),
        cmocka_unit_test(test_nobody_to_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
