/* Re-runs from the inside: where the points are, that each fault is where its point says, that a re-run leaves nothing
 * behind, and that the oracles and `check` judge it while what `run` expected does not count. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/rerun.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SALE                                                                                                           \
    "local t = bench.terminal { profile = 'unionpay-intl' }\n"                                                         \
    "local shop = require 'shop'\n"                                                                                    \
    "scenario 'x' { run = function()\n"                                                                                \
    "  local card = cards.load 'unionpay-debit'\n"                                                                     \
    "  t:power_on() t:wait_idle()\n"                                                                                   \
    "  shop.pay_with_pin(t, card, '12.00')\n"                                                                          \
    "  expect.screen(t, 'approved')\n"                                                                                 \
    "  shop.leave(t)\n"                                                                                                \
    "end, "

struct bench {
    struct explorer e;
    char path[64];
    char *text; /* the record since the last look */
    size_t len;
};

static void listen(void *ctx, const char *line, size_t len)
{
    struct bench *b = ctx;
    b->text = realloc(b->text, b->len + len + 1);
    assert_non_null(b->text);
    memcpy(b->text + b->len, line, len);
    b->len += len;
    b->text[b->len] = '\0';
}

static void open_bench(struct bench *b, const char *script)
{
    char why[600] = "";
    const struct explore_options none = {0};
    memset(b, 0, sizeof *b);
    snprintf(b->path, sizeof b->path, "/tmp/posbench-test-%d.lua", (int)getpid());
    FILE *f = fopen(b->path, "w");
    assert_non_null(f);
    fputs(script, f);
    assert_int_equal(fclose(f), 0);
    const struct case_request request = {
        .file = b->path,
        .index = 1,
        .seed = 1,
        .paths = {TEST_ROOT, TEST_IMAGES "/core-image.so", TEST_IMAGES "/boot-image.so"},
    };
    if (explorer_open(&b->e, &request, &none, why, sizeof why) != OK)
        fail_msg("%s", why);
    record_sink(b->e.bench.record, listen, b);
}

static void close_bench(struct bench *b)
{
    explorer_close(&b->e);
    unlink(b->path);
    free(b->text);
}

static void play(struct bench *b, enum fault_kind kind, uint64_t at, struct finding *out)
{
    const struct fault_id id = {.kind = kind, .at = at};
    b->len = 0;
    listen(b, "", 0);
    rerun_play(&b->e, &id, out);
    assert_false(b->e.failed);
}

static const cJSON *points_of(const cJSON *list, enum fault_kind kind)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, list)
    {
        if ((enum fault_kind)cJSON_GetNumberValue(cJSON_GetObjectItem(row, "kind")) == kind)
            return row;
    }
    fail_msg("no points of kind %d", (int)kind);
    return NULL;
}

static uint64_t last_of(const cJSON *list, enum fault_kind kind)
{
    return (uint64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(points_of(list, kind), "to"));
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

/* The points agree with what the record of a plain play shows. */
static void points_are_counted_on_a_clean_play(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, SALE "}");
    cJSON *points = rerun_points(&b.e);
    assert_int_equal(cJSON_GetArraySize(points), FAULT_KINDS - 1);
    uint64_t resets = count(b.text, "\"ev\":\"atr\""), commands = count(b.text, "\"ev\":\"apdu\"");
    assert_in_range(commands, 10, 100);
    assert_int_equal(last_of(points, FAULT_CARD_MUTE), resets + commands);
    assert_int_equal(last_of(points, FAULT_CARD_REMOVE), last_of(points, FAULT_CARD_GARBLE));
    assert_in_range(last_of(points, FAULT_NET_OUT), 100, 1000);
    assert_in_range(last_of(points, FAULT_NET_IN), 50, 1000);
    assert_in_range(last_of(points, FAULT_STORAGE_ERROR), 10, 1000);
    const cJSON *row;
    cJSON_ArrayForEach(row, points)
    {
        enum fault_kind kind = (enum fault_kind)cJSON_GetNumberValue(cJSON_GetObjectItem(row, "kind"));
        assert_null(cJSON_GetObjectItem(row, "stops"));
        assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(row, "name")), fault_name(kind));
        assert_string_not_equal(cJSON_GetStringValue(cJSON_GetObjectItem(row, "meaning")), "");
    }
    cJSON *again = rerun_points(&b.e);
    assert_true(cJSON_Compare(points, again, true));
    cJSON_Delete(points);
    cJSON_Delete(again);
    close_bench(&b);
}

static const struct trace_of {
    enum fault_kind kind;
    const char *line; /* of the record, where the fault acted */
} traces[] = {
    {FAULT_CARD_REMOVE, "\"what\":\"reader\",\"kind\":\"remove\""},
    {FAULT_CARD_MUTE, "\"what\":\"reader\",\"kind\":\"mute\""},
    {FAULT_CARD_GARBLE, "\"what\":\"reader\",\"kind\":\"garble\""},
    {FAULT_NET_OUT, "\"ev\":\"line\",\"what\":\"drop\",\"direction\":\"to-host\""},
    {FAULT_NET_IN, "\"ev\":\"line\",\"what\":\"drop\",\"direction\":\"to-terminal\""},
    {FAULT_STORAGE_ERROR, "\"err\":\"HAL_E_IO\""},
    {FAULT_STORAGE_FULL, "\"err\":\"HAL_E_FULL\""},
};

/* At the first point, the last, and some between: it acts, once, and no oracle finds fault with the core. */
static void every_fault_acts_at_its_point(void **state)
{
    struct bench b;
    struct finding f;
    (void)state;
    open_bench(&b, SALE "}");
    cJSON *points = rerun_points(&b.e);
    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++) {
        uint64_t from = traces[i].kind == FAULT_NET_OUT || traces[i].kind == FAULT_NET_IN ? 0 : 1;
        uint64_t to = last_of(points, traces[i].kind), step = (to - from) / 5;
        for (uint64_t at = from; at <= to; at += step) {
            play(&b, traces[i].kind, at, &f);
            unsigned acted = count(b.text, traces[i].line);
            if (acted < 1 || (traces[i].kind != FAULT_STORAGE_FULL && acted > 1))
                fail_msg("%s %s at %u acted %u times", fault_family(traces[i].kind), fault_name(traces[i].kind),
                         (unsigned)at, acted);
            if (f.oracle[0])
                fail_msg("%s#%s at %u: %s: %s", fault_family(traces[i].kind), fault_name(traces[i].kind), (unsigned)at,
                         f.oracle, f.found);
        }
        play(&b, traces[i].kind, to + 1, &f); /* one too far: nothing happens */
        assert_int_equal(count(b.text, traces[i].line), 0);
    }
    cJSON_Delete(points);
    close_bench(&b);
}

#define TAP                                                                                                            \
    "local t = bench.terminal { profile = 'unionpay-tap-offline' }\n"                                                  \
    "scenario 'tap' { run = function()\n"                                                                              \
    "  local card = cards.load 'qpboc-offline-01'\n"                                                                   \
    "  t:power_on() t:sale('12.00') t:tap(card)\n"                                                                     \
    "  expect.screen(t, 'approved_balance')\n"                                                                         \
    "  t:untap() t:wait_idle()\n"                                                                                      \
    "end }"

/* Every exchange of an offline tap: directory, application, options, eight records. A status word never was the card's
 * doing, so its apdu line is there; a card that is not heard has no line with an answer. */
static void a_tap_has_points_of_its_own(void **state)
{
    struct bench b;
    struct finding f;
    (void)state;
    open_bench(&b, TAP);
    cJSON *points = rerun_points(&b.e);
    uint64_t commands = count(b.text, "\"if\":\"cl\"");
    assert_int_equal(commands, 11);
    assert_int_equal(last_of(points, FAULT_CARD_MUTE), 0);
    for (unsigned kind = FAULT_TAP_REMOVE; kind <= FAULT_TAP_STATUS; kind++) {
        assert_int_equal(last_of(points, (enum fault_kind)kind), commands);
        for (uint64_t at = 1; at <= commands; at++) {
            play(&b, (enum fault_kind)kind, at, &f);
            assert_int_equal(count(b.text, "\"ev\":\"fault\",\"what\":\"reader\""), 1);
            if (f.oracle[0])
                fail_msg("%s at %u: %s: %s", fault_name((enum fault_kind)kind), (unsigned)at, f.oracle, f.found);
        }
    }
    cJSON_Delete(points);
    close_bench(&b);
}

/* The record of a re-run does not depend on what was played before it. */
static void a_rerun_leaves_nothing_behind(void **state)
{
    static const struct fault_id ids[] = {
        {.kind = FAULT_NET_OUT, .at = 300},     {.kind = FAULT_CARD_REMOVE, .at = 9},
        {.kind = FAULT_STORAGE_ERROR, .at = 5}, {.kind = FAULT_STORAGE_FULL, .at = 7},
        {.kind = FAULT_NET_IN, .at = 250},      {.kind = FAULT_CARD_GARBLE, .at = 4},
    };
    enum { IDS = sizeof ids / sizeof *ids };
    struct bench b;
    struct finding f;
    char *first[IDS];
    (void)state;
    open_bench(&b, SALE "}");
    for (size_t i = 0; i < IDS; i++) {
        play(&b, ids[i].kind, ids[i].at, &f);
        first[i] = strdup(b.text);
    }
    for (size_t i = IDS; i-- > 0;) {
        play(&b, ids[i].kind, ids[i].at, &f);
        const char *x = strstr(first[i], "\"t\":"), *y = strstr(b.text, "\"t\":");
        for (; x && y; x = strstr(x + 1, "\"t\":"), y = strstr(y + 1, "\"t\":"))
            if (strncmp(x, y, strcspn(x, "\n") + 1) != 0)
                fail_msg("first %.*s\nagain %.*s", (int)strcspn(x, "\n"), x, (int)strcspn(y, "\n"), y);
        assert_true(!x && !y);
        free(first[i]);
    }
    close_bench(&b);
}

/* `check` is played in fresh globals, after the fault. */
static void check_judges_and_run_does_not(void **state)
{
    struct bench b;
    struct finding f;
    (void)state;
    open_bench(&b, SALE "check = function() expect.equal(host.count '0200', 1, 'requests') end }");
    play(&b, FAULT_CARD_REMOVE, 5, &f); /* the sale does not come to its request; `run` expected it to */
    assert_string_equal(f.oracle, "check");
    assert_non_null(strstr(f.expected, "requests"));
    cJSON *points = rerun_points(&b.e);
    play(&b, FAULT_NET_IN, last_of(points, FAULT_NET_IN), &f);
    assert_string_equal(f.oracle, "");
    cJSON_Delete(points);
    close_bench(&b);
}

/* An oracle that reads the record has one. */
static void every_oracle_takes_part(void **state)
{
    struct bench b;
    struct finding f;
    size_t oracles;
    (void)state;
    open_bench(&b, SALE "}");
    assert_false(record_on(b.e.bench.record));
    play(&b, FAULT_NET_OUT, 100, &f);
    assert_false(record_on(b.e.bench.record)); /* off again */
    assert_non_null(b.e.bench.watch);
    assert_true(oracle_table(&oracles)[0].judge != NULL && oracles > 5);
    play(&b, FAULT_CUT, 1, &f); /* is not for here */
    assert_string_equal(f.oracle, "");
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_counted_on_a_clean_play),
        cmocka_unit_test(every_fault_acts_at_its_point),
        cmocka_unit_test(a_tap_has_points_of_its_own),
        cmocka_unit_test(a_rerun_leaves_nothing_behind),
        cmocka_unit_test(check_judges_and_run_does_not),
        cmocka_unit_test(every_oracle_takes_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
