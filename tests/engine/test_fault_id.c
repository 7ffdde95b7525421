/* Fault ids: what is printed is read back as it was, what is no id is refused with a line that says what one is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/fault_id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHY 500

static void assert_same(const struct fault_id *a, const struct fault_id *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->at, b->at);
    assert_int_equal(a->cuts, b->cuts);
    for (unsigned i = 0; i < a->cuts; i++) {
        assert_int_equal(a->cut[i].number, b->cut[i].number);
        assert_int_equal(a->cut[i].when, b->cut[i].when);
        assert_int_equal(a->cut[i].mode, b->cut[i].mode);
        assert_true(a->cut[i].seed == b->cut[i].seed);
    }
}

/* The buffer is exactly as large as the header says: one byte more would be seen. */
static void there_and_back(const struct fault_id *id)
{
    char why[WHY] = "", *text = malloc(FAULT_ID_MAX);
    struct fault_id back;
    assert_non_null(text);
    fault_id_print(id, text);
    if (fault_id_parse(text, &back, why, sizeof why) != OK)
        fail_msg("%s: %s", text, why);
    assert_same(id, &back);
    free(text);
}

static void every_kind_and_mode_comes_back(void **state)
{
    static const uint64_t seeds[] = {0, 1, 7, 0xDEADBEEF, UINT64_MAX / 2};
    static const uint64_t numbers[] = {1, 9, 1234, 200000, UINT64_MAX / 2};
    (void)state;
    for (unsigned kind = FAULT_CUT + 1; kind < FAULT_KINDS; kind++)
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            there_and_back(&(struct fault_id){.kind = (enum fault_kind)kind, .at = numbers[i]});
    there_and_back(&(struct fault_id){.kind = FAULT_NET_OUT, .at = 0});
    there_and_back(&(struct fault_id){.kind = FAULT_NET_IN, .at = 0});
    for (unsigned mode = 0; mode < CUT_MODES; mode++)
        for (unsigned when = CUT_BEFORE; when <= CUT_AFTER; when++)
            for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
                there_and_back(
                    &(struct fault_id){.kind = FAULT_CUT,
                                       .cuts = 1,
                                       .cut = {{.number = numbers[i], .when = when, .mode = mode, .seed = seeds[i]}}});
}

/* The texts that the header and the documents show. */
static void the_texts_are_these(void **state)
{
    static const struct {
        const char *text;
        struct fault_id id;
    } rows[] = {
        {"storage#1234:torn", {.cuts = 1, .cut = {{1234, CUT_INSIDE, CUT_TORN, 0}}}},
        {"storage#1234:before:none", {.cuts = 1, .cut = {{1234, CUT_BEFORE, CUT_NONE, 0}}}},
        {"storage#1234:after:all", {.cuts = 1, .cut = {{1234, CUT_AFTER, CUT_ALL, 0}}}},
        {"storage#57:random~3", {.cuts = 1, .cut = {{57, CUT_INSIDE, CUT_RANDOM, 3}}}},
        {"storage#57:before:subset~1f", {.cuts = 1, .cut = {{57, CUT_BEFORE, CUT_SUBSET, 0x1F}}}},
        {"storage#57:after:subset~0", {.cuts = 1, .cut = {{57, CUT_AFTER, CUT_SUBSET, 0}}}},
        {"storage#57:none+storage#3:after:all",
         {.cuts = 2, .cut = {{57, CUT_INSIDE, CUT_NONE, 0}, {3, CUT_AFTER, CUT_ALL, 0}}}},
        {"storage#57:error", {.kind = FAULT_STORAGE_ERROR, .at = 57}},
        {"storage#57:full", {.kind = FAULT_STORAGE_FULL, .at = 57}},
        {"card#7:remove", {.kind = FAULT_CARD_REMOVE, .at = 7}},
        {"card#7:mute", {.kind = FAULT_CARD_MUTE, .at = 7}},
        {"card#7:garble", {.kind = FAULT_CARD_GARBLE, .at = 7}},
        {"card#3:tap-torn", {.kind = FAULT_TAP_TORN, .at = 3}},
        {"card#3:tap-status", {.kind = FAULT_TAP_STATUS, .at = 3}},
        {"net#out:123", {.kind = FAULT_NET_OUT, .at = 123}},
        {"net#in:45", {.kind = FAULT_NET_IN, .at = 45}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[FAULT_ID_MAX], why[WHY] = "";
        struct fault_id id;
        fault_id_print(&rows[i].id, text);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(fault_id_parse(rows[i].text, &id, why, sizeof why), OK);
        assert_same(&id, &rows[i].id);
    }
}

static struct fault_id chain(unsigned cuts)
{
    struct fault_id id = {.kind = FAULT_CUT, .cuts = cuts};
    for (unsigned i = 0; i < cuts; i++)
        id.cut[i] = (struct cut_plan){200000 - i, CUT_BEFORE, CUT_SUBSET, (UINT64_C(3) << 48) - 1};
    return id;
}

static void twenty_four_cuts_and_no_more(void **state)
{
    char text[2 * FAULT_ID_MAX], why[WHY] = "";
    struct fault_id id = chain(FAULT_CUTS), back;
    (void)state;
    there_and_back(&id);
    fault_id_print(&id, text);
    strcat(text, "+storage#1:none");
    assert_int_equal(fault_id_parse(text, &back, why, sizeof why), E_LIMIT);
    assert_non_null(strstr(why, "24"));
    assert_null(strchr(why, '\n'));
}

static void what_is_no_id_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "+",
        ":",
        "#",
        "storage",
        "storage#",
        "storage#:torn",
        "storage#12",
        "storage#12:",
        "storage#12:torn ",
        " storage#12:torn",
        "storage# 12:torn",
        "storage#12 :torn",
        "storage#+12:torn",
        "storage#-12:torn",
        "storage#0:torn",
        "storage#0x1:torn",
        "storage#1.5:torn",
        "storage#12:Torn",
        "STORAGE#12:torn",
        "storage#12:torn:",
        "storage#12:inside",
        "storage#12:inside:",
        "storage#12:during:none",
        "storage#12:before",
        "storage#12:before:",
        "storage#12:before:after:none",
        "storage#12:none~",
        "storage#12:none~-1",
        "storage#12:none~+1",
        "storage#12:none~ 1",
        "storage#12:none~1~2",
        "storage#12:random~1f",
        "storage#12:subset~1F",
        "storage#12:subset~0x1f",
        "storage#12:subset~g",
        "storage#12:~3",
        "storage#12:error~1",
        "storage#12:before:error",
        "storage#0:error",
        "storage#:error",
        "storage#12:nones",
        "storage#12:a-mode-with-a-very-long-name",
        "storage#12:none+",
        "+storage#12:none",
        "storage#12:none++storage#1:all",
        "storage#12:none+card#7:mute",
        "storage#12:none+storage#3:error",
        "storage#12:error+storage#3:none",
        "card#7",
        "card#7:",
        "card#0:mute",
        "card#:mute",
        "card#7:none",
        "card#7:out",
        "card#-7:mute",
        "card#7:mute ",
        "net#out",
        "net#out:",
        "net#:5",
        "net#5:out",
        "net#out:-1",
        "net#out: 1",
        "net#out:1x",
        "net#torn:1",
        "net#remove:1",
        "disk#1:none",
        "storage#1\n:torn",
        /* numbers that no 64 bits hold, or that do not say so */
        "storage#99999999999999999999:torn",
        "storage#18446744073709551616:torn",
        "card#99999999999999999999:mute",
        "storage#12:subset~fffffffffffffffff",
        "storage#12:subset~1ffffffffffffffffff",
        "storage#12:random~99999999999999999999",
        "net#out:100000000000000000000000000000000000000000000000000",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char why[WHY] = "";
        struct fault_id id;
        if (fault_id_parse(texts[i], &id, why, sizeof why) != E_FORMAT)
            fail_msg("'%s' was taken for an id (seed %llx)", texts[i], (unsigned long long)id.cut[0].seed);
        if (!strstr(why, "expected storage#NUMBER:") || strchr(why, '\n') != strrchr(texts[i], '\n')) {
            if (!strchr(texts[i], '\n'))
                fail_msg("'%s': %s", texts[i], why);
        }
        for (unsigned mode = 0; mode < CUT_MODES; mode++) /* and which modes there are */
            assert_non_null(strstr(why, cut_mode_info(mode)->name));
    }
}

/* Whatever length the line that says why may have, and however long the text is. */
static void no_buffer_is_overrun(void **state)
{
    static char huge[100001];
    (void)state;
    memset(huge, '7', sizeof huge - 1);
    for (size_t cap = 1; cap < 420; cap += 7) {
        char *why = malloc(cap);
        struct fault_id id;
        assert_non_null(why);
        assert_int_equal(fault_id_parse(huge, &id, why, cap), E_FORMAT);
        assert_true(strlen(why) < cap);
        free(why);
    }
    struct fault_id wide = chain(FAULT_CUTS); /* more text than fits: cut off, not run over */
    for (unsigned i = 0; i < FAULT_CUTS; i++)
        wide.cut[i] = (struct cut_plan){UINT64_MAX, CUT_BEFORE, CUT_BROWNOUT, UINT64_MAX};
    char *text = malloc(FAULT_ID_MAX);
    assert_non_null(text);
    fault_id_print(&wide, text);
    assert_true(strlen(text) < FAULT_ID_MAX);
    free(text);
    char four[4];
    assert_int_equal(fault_cut_print(&wide.cut[0], four, sizeof four), 3);
    assert_string_equal(four, "sto");
}

/* Noise made of the pieces of ids: every outcome is named, and what is taken is printed and read as the same again. */
static void noise_never_breaks_it(void **state)
{
    static const char *const pieces[] = {"storage#", "card#", "net#",    ":",      "+",    "~",    "1",      "0",
                                         "57",       "f",     "before:", "after:", "none", "torn", "subset", "random",
                                         "error",    "full",  "remove",  "mute",   "out:", "in:",  " ",      "-"};
    uint32_t random = 1;
    unsigned taken = 0;
    (void)state;
    for (unsigned round = 0; round < 200000; round++) {
        char text[200] = "", why[WHY] = "";
        struct fault_id id;
        for (unsigned n = 0; n < 2 + round % 6; n++) {
            random = random * 1664525u + 1013904223u;
            strcat(text, pieces[(random >> 16) % (sizeof pieces / sizeof *pieces)]);
        }
        if (fault_id_parse(text, &id, why, sizeof why) == OK) {
            there_and_back(&id);
            taken++;
        } else {
            assert_string_not_equal(why, "");
        }
    }
    assert_in_range(taken, 10, 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_and_mode_comes_back), cmocka_unit_test(the_texts_are_these),
        cmocka_unit_test(twenty_four_cuts_and_no_more),       cmocka_unit_test(what_is_no_id_is_refused),
        cmocka_unit_test(no_buffer_is_overrun),           cmocka_unit_test(noise_never_breaks_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
