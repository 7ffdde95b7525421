/* Faults of a card by name: what --fault of card serve means, and what it is told when it means nothing. */
#include "scenarios/engine/card_fault.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void what_is_understood(void **state)
{
    static const struct {
        const char *text;
        struct reader_fault fault;
    } rows[] = {
        {"kind=mute", {.kind = READER_FAULT_MUTE, .at = READER_AT_COMMAND, .nth = 1, .sw = 0x6F00}},
        {"at=command,ins=AE,nth=1,kind=mute",
         {.kind = READER_FAULT_MUTE, .at = READER_AT_COMMAND, .ins = 0xAE, .nth = 1, .sw = 0x6F00}},
        {"kind=remove,at=reset", {.kind = READER_FAULT_REMOVE, .at = READER_AT_RESET, .sw = 0x6F00}},
        {"at=reset,nth=2,kind=garble", {.kind = READER_FAULT_GARBLE, .at = READER_AT_RESET, .nth = 2, .sw = 0x6F00}},
        {"at=generate_ac_2,kind=sw,sw=6985",
         {.kind = READER_FAULT_SW, .at = READER_AT_COMMAND, .ins = 0xAE, .nth = 2, .sw = 0x6985}},
        {"at=select,nth=0,kind=sw,sw=6a81,after",
         {.kind = READER_FAULT_SW, .at = READER_AT_COMMAND, .ins = 0xA4, .sw = 0x6A81, .after = true}},
        {"kind=remove,after=0", {.kind = READER_FAULT_REMOVE, .at = READER_AT_COMMAND, .nth = 1, .sw = 0x6F00}},
        {"kind=truncate,byte=65535",
         {.kind = READER_FAULT_TRUNCATE, .at = READER_AT_COMMAND, .nth = 1, .sw = 0x6F00, .byte = 65535}},
        {"ins=00,kind=broken", {.kind = READER_FAULT_BROKEN, .at = READER_AT_COMMAND, .nth = 1, .sw = 0x6F00}},
        {"kind=corrupt", {.kind = READER_FAULT_CORRUPT, .at = READER_AT_COMMAND, .nth = 1, .sw = 0x6F00}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reader_fault f;
        struct card_serve_why why = {0};
        const struct reader_fault *e = &rows[i].fault;
        assert_int_equal(card_fault_parse(rows[i].text, &f, &why), OK);
        assert_int_equal(f.kind, e->kind);
        assert_int_equal(f.at, e->at);
        assert_int_equal(f.ins, e->ins);
        assert_int_equal(f.nth, e->nth);
        assert_int_equal(f.sw, e->sw);
        assert_int_equal(f.byte, e->byte);
        assert_int_equal(f.after, e->after);
    }
}

static void what_is_not(void **state)
{
    static const struct {
        const char *text, *words, *word;
    } rows[] = {
        {"", "found nothing", ""},
        {",", "found nothing", ""},
        {"kind=mute,", "found nothing", ""},
        {"mute", "no key 'mute'", "mute"},
        {"kind", "kind=VALUE expected", ""},
        {"kind=", "kind=VALUE expected", ""},
        {"kind=none", "no kind 'none'", "none"},
        {"kind=Mute", "no kind 'Mute'", "Mute"},
        {"kind=mute,kidn=mute", "no key 'kidn'", "kidn"},
        {"kind=mute,at=selct", "no place 'selct'", "selct"},
        {"at=reset", "kind is missing", ""},
        {"kind=mute,kind=mute", "stands there twice", ""},
        {"kind=mute,nth=-1", "0 to 1000000", ""},
        {"kind=mute,nth=1000001", "0 to 1000000", ""},
        {"kind=mute,nth=99999999999999999999999", "0 to 1000000", ""},
        {"kind=mute,nth= 1", "0 to 1000000", ""},
        {"kind=mute,ins=0xAE", "2 hex digits", ""},
        {"kind=mute,ins=A", "2 hex digits", ""},
        {"kind=sw,sw=600", "4 hex digits", ""},
        {"kind=mute,at=gpo,ins=A8", "ins goes with at=command", ""},
        {"kind=sw,at=reset", "a reset has no status word", ""},
        {"kind=mute,sw=6F00", "sw goes with kind=sw", ""},
        {"kind=garble,byte=1", "byte goes with", ""},
        {"kind=mute,after", "after goes with", ""},
        {"kind=remove,after=2", "0 to 1", ""},
        {"kind=truncate,byte=65536", "0 to 65535", ""},
        {"kind=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "kind=VALUE expected", ""},
        {"kind=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "too long",
         ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reader_fault f;
        struct card_serve_why why = {0};
        assert_int_equal(card_fault_parse(rows[i].text, &f, &why), E_FORMAT);
        if (!strstr(why.text, rows[i].words))
            fail_msg("'%s': %s", rows[i].text, why.text);
        assert_string_equal(why.word, rows[i].word);
        assert_int_equal(why.names != NULL, *why.word != '\0');
    }
}

/* Every name that a table holds is one. */
static void names(void **state)
{
    struct reader_fault f = {0};
    (void)state;
    for (size_t i = 0; card_fault_kinds[i]; i++) {
        assert_true(card_fault_kind(card_fault_kinds[i], &f));
        assert_int_equal(f.kind, READER_FAULT_MUTE + i);
    }
    assert_int_equal(f.kind, READER_FAULT_GARBLE);
    for (size_t i = 0; card_fault_places[i]; i++)
        assert_true(card_fault_place(card_fault_places[i], &f));
    assert_false(card_fault_kind("none", &f));
    assert_false(card_fault_place("", &f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_understood),
        cmocka_unit_test(what_is_not),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
