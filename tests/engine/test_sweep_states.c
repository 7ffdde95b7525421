/* The states of a sweep have one order and one choice, whoever found them first; and a sweep by any number of workers
 * is one sweep. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the order ---- */

static uint32_t draw(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

static struct find find_of(uint32_t key, uint64_t number, enum cut_when when, enum cut_mode mode, uint64_t seed)
{
    struct find f = {.cut = {number, when, mode, seed}};
    uint64_t spread = (key + 1) * 0x9E3779B97F4A7C15u;
    memcpy(f.key, &spread, 8);
    memcpy(f.key + 8, &key, 4);
    return f;
}

static void tell(struct sweep *w, const struct find *f, uint32_t from, unsigned lane)
{
    char text[SWEEP_FIND_MAX];
    cJSON *list = cJSON_CreateArray();
    sweep_find_print(f, text);
    cJSON_AddItemToArray(list, cJSON_CreateString(text));
    assert_true(sweep_add_candidates(w, list, from, lane));
    cJSON_Delete(list);
}

/* 3,000 cuts that lead to 2,000 states, told in any order by any worker. */
static void fill(struct sweep *w, uint32_t random)
{
    enum { CUTS = 3000, STATES = 2000 };
    static uint32_t order[CUTS];
    uint32_t first;
    for (uint32_t i = 0; i < CUTS; i++)
        order[i] = i;
    for (uint32_t i = CUTS; random && i-- > 1;) {
        uint32_t k = draw(&random) % (i + 1), kept = order[i];
        order[i] = order[k];
        order[k] = kept;
    }
    for (uint32_t i = 0; i < CUTS; i++) {
        uint32_t n = order[i];
        struct find f = find_of(n % STATES, 1 + n / 30, n / 10 % 3, n / 2 % 5, n % 2);
        tell(w, &f, 0, random ? draw(&random) % 4 : 0);
    }
    assert_true(sweep_new_depth(w, &first));
    assert_int_equal(first, 1);
    assert_int_equal(w->states, STATES);
    assert_int_equal(w->candidates, 0);
}

static void the_order_is_that_of_the_cuts(void **state)
{
    struct sweep one = {0};
    (void)state;
    fill(&one, 0);
    assert_int_equal(one.roots, 3000); /* the map knows every cut */
    for (uint32_t seed = 1; seed < 6; seed++) {
        struct sweep other = {0};
        fill(&other, seed);
        for (uint32_t i = 0; i < one.states; i++) {
            assert_memory_equal(one.state[i].key, other.state[i].key, EXPLORE_KEY);
            assert_int_equal(one.state[i].cut.number, other.state[i].cut.number);
            assert_int_equal(one.state[i].cut.when, other.state[i].cut.when);
            assert_int_equal(one.state[i].cut.mode, other.state[i].cut.mode);
            assert_int_equal(one.state[i].cut.seed, other.state[i].cut.seed);
            assert_int_equal(one.state[i].depth, 1);
            assert_int_equal(sweep_find_state(&other, one.state[i].key), i + 1);
        }
        sweep_free(&other);
    }
    const struct find stranger = find_of(99999, 1, CUT_BEFORE, CUT_NONE, 0);
    assert_int_equal(sweep_find_state(&one, stranger.key), 0);
    sweep_free(&one);
}

/* States of the next depth: sorted by where they come from, those known are not new, and the path goes back to `run`.
 */
static void depths_follow_each_other(void **state)
{
    struct sweep w = {0};
    struct fault_id path;
    uint32_t first;
    (void)state;
    const struct find a = find_of(1, 5, CUT_BEFORE, CUT_NONE, 0), b = find_of(2, 6, CUT_BEFORE, CUT_NONE, 0),
                      c = find_of(3, 9, CUT_INSIDE, CUT_TORN, 7), d = find_of(4, 2, CUT_AFTER, CUT_ALL, 0);
    assert_true(sweep_new_depth(&w, &first)); /* nothing found: nothing new */
    assert_int_equal(first, w.states + 1);
    tell(&w, &b, 0, 1);
    tell(&w, &a, 0, 0);
    assert_true(sweep_new_depth(&w, &first));
    assert_int_equal(sweep_find_state(&w, a.key), 1);
    assert_int_equal(sweep_find_state(&w, b.key), 2);
    tell(&w, &d, 2, 0); /* from the second, though of a smaller number */
    tell(&w, &c, 1, 1);
    tell(&w, &c, 2, 0); /* again */
    tell(&w, &b, 1, 0); /* known */
    assert_true(sweep_new_depth(&w, &first));
    assert_int_equal(first, 3);
    assert_int_equal(w.states, 4);
    assert_int_equal(sweep_find_state(&w, c.key), 3);
    assert_int_equal(sweep_find_state(&w, d.key), 4);
    assert_int_equal(w.roots, 2);
    sweep_path(&w, 3, &path);
    char text[FAULT_ID_MAX];
    fault_id_print(&path, text);
    assert_string_equal(text, "storage#5:before:none+storage#9:torn~7");
    sweep_path(&w, 4, &path);
    fault_id_print(&path, text);
    assert_string_equal(text, "storage#6:before:none+storage#2:after:all");
    assert_int_equal(w.state[3].depth, 2);
    sweep_free(&w);
}

static void finds_come_back_and_garbage_does_not(void **state)
{
    static const char *const garbage[] = {"",
                                          "x",
                                          "00",
                                          "00112233445566778899AABBCCDDEEFF",
                                          "00112233445566778899AABBCCDDEEFF 1 0 0",
                                          "00112233445566778899AABBCCDDEEFF 1 3 0 0",
                                          "00112233445566778899AABBCCDDEEFF 1 0 99 0",
                                          "00112233445566778899AABBCCDDEEF 1 0 0 0"};
    struct find back;
    (void)state;
    for (unsigned mode = 0; mode < CUT_MODES; mode++) {
        const struct find f = find_of(77 + mode, 123456789, mode % 3, mode, UINT64_MAX >> mode);
        char text[SWEEP_FIND_MAX];
        sweep_find_print(&f, text);
        assert_true(sweep_find_parse(text, &back));
        assert_memory_equal(f.key, back.key, EXPLORE_KEY);
        assert_true(f.cut.number == back.cut.number && f.cut.seed == back.cut.seed);
        assert_true(f.cut.when == back.cut.when && f.cut.mode == back.cut.mode);
    }
    assert_false(sweep_find_parse(NULL, &back));
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        assert_false(sweep_find_parse(garbage[i], &back));
}

/* ---- the choice ---- */

static void the_choice_is_the_seeds(void **state)
{
    struct engine_options o = {.seed = 1};
    struct sweep w = {.o = &o};
    size_t count, fewer, all;
    (void)state;
    fill(&w, 3);
    for (uint32_t i = 0; i < w.states; i++)
        w.state[i].letter = i % 4 == 3 ? SWEEP_PASS : SWEEP_KNOWN;
    uint32_t *whole = sweep_choose(&w, 1, SWEEP_KNOWN, 0, &all);
    assert_int_equal(all, w.states / 4 * 3);
    uint32_t *some = sweep_choose(&w, 1, SWEEP_KNOWN, 100, &count);
    uint32_t *again = sweep_choose(&w, 1, SWEEP_KNOWN, 100, &count);
    assert_int_equal(count, 100);
    assert_memory_equal(some, again, 100 * sizeof *some);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || some[i] > some[i - 1]);
        assert_int_equal(w.state[some[i] - 1].letter, SWEEP_KNOWN);
    }
    uint32_t *few = sweep_choose(&w, 1, SWEEP_KNOWN, 10, &fewer); /* a larger budget only adds */
    for (size_t i = 0; i < fewer; i++) {
        bool in = false;
        for (size_t k = 0; k < count; k++)
            in = in || some[k] == few[i];
        assert_true(in);
    }
    o.seed = 2;
    uint32_t *other = sweep_choose(&w, 1, SWEEP_KNOWN, 100, &count);
    assert_memory_not_equal(some, other, 100 * sizeof *some);
    uint32_t *late = sweep_choose(&w, w.states - 7, SWEEP_KNOWN, 100, &count);
    assert_int_equal(count, 6);
    assert_true(late[0] >= w.states - 7);
    free(whole), free(some), free(again), free(few), free(other), free(late);
    sweep_free(&w);
}

/* ---- whole sweeps ---- */

#define SALE                                                                                                           \
    "local t = bench.terminal { profile = 'unionpay-intl' }\n"                                                         \
    "scenario 'x' { run = function() t:power_on() t:wait_idle() end }"

static char *sweep(const char *file, const char *script, const struct sweep_options *s, unsigned jobs, uint64_t seed,
                   int *status, cJSON **result)
{
    static char why[600];
    static char path[64];
    cJSON *cases = NULL;
    if (script) {
        snprintf(path, sizeof path, "/tmp/posbench-sweep-%d.lua", (int)getpid());
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(script, f);
        assert_int_equal(fclose(f), 0);
        file = path;
    }
    const char *const paths[] = {file, NULL};
    const struct engine_options o = {.root = TEST_ROOT,
                                     .core = TEST_IMAGES "/core-image.so",
                                     .boot = TEST_IMAGES "/boot-image.so",
                                     .seed = seed,
                                     .jobs = jobs};
    why[0] = '\0';
    *result = NULL;
    *status = engine_list(&o, paths, &cases, why, sizeof why);
    if (*status == EXIT_PASS)
        *status = engine_sweep(&o, s, cJSON_GetArrayItem(cases, 0), NULL, result, why, sizeof why);
    cJSON_Delete(cases);
    if (script)
        unlink(path);
    return why;
}

static double count_of(const cJSON *result, const char *name)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItem(cJSON_GetObjectItem(result, "counts"), name));
}

static const char *digest_of(const cJSON *result)
{
    return cJSON_GetStringValue(cJSON_GetObjectItem(result, "digest"));
}

/* All but how many they were, how long it took and what it needed. */
static void assert_same_sweep(cJSON *a, cJSON *b)
{
    static const char *const own[] = {"jobs", "real_us", "power_us", "rate", "profile", "memory_kb"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        cJSON_DeleteItemFromObject(a, own[i]);
        cJSON_DeleteItemFromObject(b, own[i]);
    }
    char *x = cJSON_Print(a), *y = cJSON_Print(b);
    for (size_t i = 0; x[i] || y[i]; i++)
        if (x[i] != y[i])
            fail_msg("two sweeps of the same differ: %.80s / %.80s", x + i, y + i);
    free(x);
    free(y);
}

static void any_number_of_workers_finds_the_same(void **state)
{
    static const struct sweep_options sweeps[] = {
        {.depth = 1, .modes = "none,all,torn,random"},
        {.closure = true, .modes = "none,all", .business = 5},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        cJSON *first = NULL, *other;
        int status;
        for (unsigned jobs = 1; jobs <= 4; jobs *= 2) {
            const char *why = sweep(TEST_ROOT "/scenarios/power/sale.lua", NULL, &sweeps[i], jobs, 1, &status, &other);
            if (status != EXIT_PASS)
                fail_msg("%u jobs: %d %s", jobs, status, why);
            assert_int_equal(count_of(other, "unexplored"), 0);
            assert_true(count_of(other, "states") > 50);
            if (!first) {
                first = other;
                continue;
            }
            assert_same_sweep(first, other);
            cJSON_Delete(other);
        }
        cJSON_Delete(first);
    }
}

static void a_budget_is_kept_and_told(void **state)
{
    const struct sweep_options s = {.depth = 1, .budget = 60};
    cJSON *one, *same, *other;
    int status;
    (void)state;
    sweep(NULL, SALE, &s, 2, 1, &status, &one);
    assert_int_equal(status, EXIT_PASS);
    assert_int_equal(count_of(one, "judged"), 60);
    assert_true(count_of(one, "states") > 60);
    assert_int_equal(count_of(one, "unexplored"), count_of(one, "states") - 60);
    assert_false(cJSON_IsTrue(cJSON_GetObjectItem(one, "exhaustive")));
    assert_string_not_equal(cJSON_GetStringValue(cJSON_GetObjectItem(one, "sampled")), "");
    double share = cJSON_GetNumberValue(cJSON_GetObjectItem(one, "share"));
    assert_true(share > 0 && share * count_of(one, "states") - 60 < 0.01 &&
                60 - share * count_of(one, "states") < 0.01);
    sweep(NULL, SALE, &s, 4, 1, &status, &same);
    assert_same_sweep(one, same);
    sweep(NULL, SALE, &s, 2, 2, &status, &other);
    assert_int_equal(count_of(other, "judged"), 60);
    assert_string_not_equal(digest_of(one), digest_of(other));
    cJSON_Delete(one);
    cJSON_Delete(same);
    cJSON_Delete(other);
}

/* What cannot be swept: its exit code, and one line that says why. */
static const struct refused {
    const char *script;
    int status;
    const char *why;
    struct sweep_options options;
} refused[] = {
    {"bench.terminal { profile = 'unionpay-intl' } bench.terminal { profile = 'unionpay-intl' }"
     "scenario 'x' { run = function() end }",
     EXIT_USAGE,
     "one terminal",
     {0}},
    {"local t = bench.terminal { profile = 'unionpay-intl' }"
     "scenario 'x' { run = function() t:power_on() t:wait_idle() expect.screen(t, 'approved') end }",
     EXIT_FAILED,
     "fails without a fault",
     {0}},
    {"bench.terminal { profile = 'unionpay-intl' } scenario 'x' { run = function() end }",
     EXIT_NOTHING,
     "no storage operation",
     {0}},
    {SALE, EXIT_USAGE, "no such fault", {.faults = "power,rain"}},
    {SALE, EXIT_USAGE, "no such survival mode", {.modes = "none,some"}},
    {SALE, EXIT_USAGE, "no such survival mode", {.modes = "subset"}},
    {SALE, EXIT_USAGE, "at most 24", {.depth = 25}},
};

static void what_cannot_be_swept_says_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        cJSON *result;
        int status;
        const char *why = sweep(NULL, refused[i].script, &refused[i].options, 1, 1, &status, &result);
        if (status != refused[i].status || !strstr(why, refused[i].why) || strchr(why, '\n'))
            fail_msg("%s: exit %d, \"%s\"", refused[i].why, status, why);
        assert_null(result);
    }
}

/* A run that has a power cut in itself, planned or by the script, is swept like any other. */
static void a_run_with_cuts_in_it_can_be_swept(void **state)
{
    static const char script[] = "local t = bench.terminal { profile = 'unionpay-intl' }"
                                 "scenario 'x' { run = function() t:power_on() t:wait_idle() t:power_cut()"
                                 " t:cut_after('screen', { nth = 1 }) t:power_on() t:wait_off() t:power_on()"
                                 " t:wait_idle() end }";
    const struct sweep_options s = {.depth = 1, .modes = "none,all,torn"};
    cJSON *one, *other;
    int status;
    (void)state;
    const char *why = sweep(NULL, script, &s, 1, 1, &status, &one);
    if (status != EXIT_PASS)
        fail_msg("exit %d, \"%s\"", status, why);
    sweep(NULL, script, &s, 2, 1, &status, &other);
    assert_int_equal(count_of(one, "violations"), 0);
    assert_same_sweep(one, other);
    cJSON_Delete(one);
    cJSON_Delete(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_that_of_the_cuts),
        cmocka_unit_test(depths_follow_each_other),
        cmocka_unit_test(finds_come_back_and_garbage_does_not),
        cmocka_unit_test(the_choice_is_the_seeds),
        cmocka_unit_test(a_budget_is_kept_and_told),
        cmocka_unit_test(what_cannot_be_swept_says_so),
        cmocka_unit_test(a_run_with_cuts_in_it_can_be_swept),
        cmocka_unit_test(any_number_of_workers_finds_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
