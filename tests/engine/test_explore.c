/* The states a sweep looks at are the states that cuts leave: told, entered, and made by a real cut they have one key.
 * And a closure finds what the plainest search finds. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/explore_support.h"

#define SALE                                                                                                           \
    "local t = bench.terminal { profile = 'unionpay-intl' }\n"                                                         \
    "local shop = require 'shop'\n"                                                                                    \
    "scenario 'x' { run = function()\n"                                                                                \
    "  local card = cards.load 'unionpay-debit'\n"                                                                     \
    "  t:power_on() t:wait_idle()\n"                                                                                   \
    "  shop.pay_with_pin(t, card, '12.00')\n"                                                                          \
    "  expect.screen(t, 'approved')\n"                                                                                 \
    "  shop.leave(t)\n"                                                                                                \
    "end }"

static struct fault_id path_to(const struct find *f)
{
    return (struct fault_id){.kind = FAULT_CUT, .cuts = 1, .cut = {f->cut}};
}

static void assert_key(const uint8_t expected[EXPLORE_KEY], const uint8_t found[EXPLORE_KEY], const char *how,
                       const struct fault_id *path)
{
    char text[FAULT_ID_MAX];
    fault_id_print(path, text);
    if (memcmp(expected, found, EXPLORE_KEY) != 0)
        fail_msg("%s is not the state that was told when it is %s", text, how);
}

/* Cuts whose key is that of what is entered: a brown-out goes on by itself. */
static bool stands_still(const struct find *f)
{
    return f->cut.mode != CUT_BROWNOUT;
}

static void what_is_told_is_what_is_entered(void **state)
{
    struct explored x;
    struct explore_options options = explore_all();
    struct finds finds = {0};
    uint8_t key[EXPLORE_KEY];
    unsigned modes[CUT_MODES] = {0}, whens[3] = {0}, seeds = 0;
    (void)state;
    options.subsets = true;
    explored_open(&x, SALE, &options);
    assert_true(explorer_expand(&x.e, 1, x.e.last_op, &finds));
    assert_true(finds.cuts >= finds.count && finds.count > 1000);
    for (size_t i = 0; i < finds.count; i++) {
        const struct fault_id path = path_to(&finds.list[i]);
        modes[path.cut[0].mode]++;
        whens[path.cut[0].when]++;
        seeds += path.cut[0].seed != 0;
        if (!stands_still(&finds.list[i]) || (path.cut[0].mode == CUT_SUBSET && i % 7))
            continue;
        assert_true(explorer_enter(&x.e, &path, NULL));
        explored_key(&x, key);
        assert_key(finds.list[i].key, key, "entered", &path);
    }
    for (unsigned i = 0; i < CUT_MODES; i++)
        assert_int_not_equal(modes[i], 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_not_equal(whens[i], 0);
    assert_int_not_equal(seeds, 0);
    finds_clear(&finds);
    explored_close(&x);
}

/* One case of its own, whose terminal loses its power there while the script plays. */
static void cut_for_real(const char *script, const struct cut_plan *cut, uint8_t key[EXPLORE_KEY])
{
    char why[600] = "";
    static struct bench_case b; /* too large for the stack of a test */
    struct scene_maker maker;
    uint8_t rest[32];
    const struct case_request request = {
        .file = script,
        .index = 1,
        .seed = 1,
        .paths = {TEST_ROOT, EXPLORE_CORE, TEST_IMAGES "/boot-image.so"},
    };
    memset(&b, 0, sizeof b);
    if (!case_open(&b, &request, why, sizeof why) || !case_load_images(&b, why, sizeof why) ||
        !script_load(&b, why, sizeof why))
        fail_msg("%s", why);
    struct terminal *t = b.terminal[0].terminal;
    terminal_plan_cut(t, cut);
    script_play(&b, "run");
    assert_int_equal(terminal_state(t), TERMINAL_OFF);
    scene_maker_init(&maker, &b);
    assert_true(scene_rest(&maker, rest));
    scene_key(terminal_storage(t), rest, key);
    scene_maker_clear(&maker);
    case_close(&b);
}

static void what_is_told_is_what_a_real_cut_leaves(void **state)
{
    enum { SAMPLE = 70 };
    struct explored x;
    struct explore_options options = explore_all();
    struct finds finds = {0};
    uint8_t key[EXPLORE_KEY];
    unsigned tried = 0;
    (void)state;
    explored_open(&x, SALE, &options);
    assert_true(explorer_expand(&x.e, 1, x.e.last_op, &finds));
    size_t step = finds.count / SAMPLE | 1;
    for (size_t i = 0; i < finds.count; i += step, tried++) {
        const struct fault_id path = path_to(&finds.list[i]);
        if (!stands_still(&finds.list[i]))
            continue;
        cut_for_real(x.path, &finds.list[i].cut, key);
        assert_key(finds.list[i].key, key, "a real cut", &path);
    }
    assert_true(tried >= SAMPLE / 2);
    finds_clear(&finds);
    explored_close(&x);
}

/* A second cut, while the recovery from the first goes on: told, entered with and without the scene that was kept, made
 * by a planned cut, and entered by an explorer that has seen nothing before. */
static void so_it_is_in_the_recovery(void **state)
{
    struct explored x, other;
    const struct explore_options options = explore_all();
    struct finds first = {0}, second = {0};
    struct finding finding;
    uint8_t key[EXPLORE_KEY];
    unsigned tried = 0;
    (void)state;
    explored_open(&x, SALE, &options);
    explored_open(&other, SALE, &options);
    struct bench_terminal *t = &x.e.bench.terminal[0];
    assert_true(explorer_expand(&x.e, 1, x.e.last_op, &first));
    for (size_t i = 5; i < first.count; i += first.count / 12) {
        struct fault_id path = path_to(&first.list[i]);
        if (!stands_still(&first.list[i]))
            continue;
        explorer_at_depth(&x.e, 1);
        assert_true(explorer_enter(&x.e, &path, NULL));
        explorer_judge(&x.e, &second, &finding);
        assert_string_equal(finding.oracle, "");
        explorer_at_depth(&x.e, 2);
        path.cuts = 2;
        for (size_t k = 0; k < second.count; k += second.count / 15 + 1, tried++) {
            path.cut[1] = second.list[k].cut;
            for (unsigned kept = 2; kept-- > 0;) {
                assert_true(explorer_enter(&x.e, &path, kept ? second.list[k].key : NULL));
                explored_key(&x, key);
                assert_key(second.list[k].key, key, kept ? "entered from its scene" : "entered", &path);
            }
            assert_true(explorer_enter(&other.e, &path, NULL));
            explored_key(&other, key);
            assert_key(second.list[k].key, key, "entered elsewhere", &path);

            const struct fault_id before = path_to(&first.list[i]);
            assert_true(explorer_enter(&x.e, &before, NULL));
            storage_count_from(terminal_storage(t->terminal), 0);
            terminal_plan_cut(t->terminal, &path.cut[1]);
            case_recover(t);
            assert_int_equal(terminal_state(t->terminal), TERMINAL_OFF);
            explored_key(&x, key);
            assert_key(second.list[k].key, key, "a real cut", &path);
        }
        finds_clear(&second);
        explorer_at_depth(&x.e, 0);
    }
    assert_in_range(tried, 20, 1000);
    finds_clear(&first);
    explored_close(&x);
    explored_close(&other);
}

/* Operations that are not there. */
static void what_is_not_reached_is_not_entered(void **state)
{
    struct explored x;
    const struct explore_options options = explore_all();
    (void)state;
    explored_open(&x, SALE, &options);
    struct fault_id path = {.cuts = 1, .cut = {{x.e.last_op + 1, CUT_BEFORE, CUT_NONE, 0}}};
    assert_false(explorer_enter(&x.e, &path, NULL));
    path = (struct fault_id){.cuts = 2, .cut = {{x.e.last_op, CUT_AFTER, CUT_ALL, 0}, {99999, CUT_BEFORE, CUT_ALL, 0}}};
    assert_false(explorer_enter(&x.e, &path, NULL));
    assert_false(x.e.failed);
    path.cuts = 1;
    assert_true(explorer_enter(&x.e, &path, NULL)); /* and it goes on after that */
    explored_close(&x);
}

/* ---- closure ---- */

struct node {
    uint8_t key[EXPLORE_KEY];
    struct fault_id path;
};
struct search {
    struct node *node;
    size_t count, level[FAULT_CUTS + 2], levels;
    uint64_t cuts;
};

static void add(struct search *s, const struct finds *finds, const struct fault_id *from)
{
    s->cuts += finds->cuts;
    for (size_t i = 0; i < finds->count; i++) {
        bool known = false;
        for (size_t k = 0; k < s->count && !known; k++)
            known = memcmp(s->node[k].key, finds->list[i].key, EXPLORE_KEY) == 0;
        if (known)
            continue;
        s->node = realloc(s->node, (s->count + 1) * sizeof *s->node);
        assert_non_null(s->node);
        struct node *n = &s->node[s->count++];
        memcpy(n->key, finds->list[i].key, EXPLORE_KEY);
        n->path = *from;
        assert_true(n->path.cuts < FAULT_CUTS);
        n->path.cut[n->path.cuts++] = finds->list[i].cut;
    }
}

/* Every state entered by its path, in the order found. */
static void search_all(struct explored *x, struct search *s)
{
    struct finds finds = {0};
    struct finding finding;
    const struct fault_id root = {.kind = FAULT_CUT};
    assert_true(explorer_expand(&x->e, 1, x->e.last_op, &finds));
    add(s, &finds, &root);
    finds_clear(&finds);
    for (size_t done = 0; done < s->count; s->levels++) {
        size_t end = s->count;
        s->level[s->levels] = end - done;
        for (; done < end; done++) {
            const struct fault_id path = s->node[done].path;
            assert_true(explorer_enter(&x->e, &path, NULL));
            explorer_judge(&x->e, &finds, &finding);
            assert_string_equal(finding.oracle, "");
            add(s, &finds, &path);
            finds_clear(&finds);
        }
    }
}

static double count_of(const cJSON *result, const char *name)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItem(cJSON_GetObjectItem(result, "counts"), name));
}

static void a_closure_finds_what_a_plain_search_finds(void **state)
{
    struct explored x;
    struct search s = {0};
    struct explore_options options = {.mode = {[CUT_NONE] = true, [CUT_ALL] = true}};
    char why[600] = "";
    cJSON *cases, *result;
    (void)state;
    explored_open(&x, SALE, &options);
    search_all(&x, &s);
    assert_true(s.levels >= 3 && s.count > 50);

    const char *const paths[] = {x.path, NULL};
    const struct engine_options o = {
        .root = TEST_ROOT, .core = EXPLORE_CORE, .boot = TEST_IMAGES "/boot-image.so", .seed = 1, .jobs = 2};
    const struct sweep_options sweep = {.closure = true, .modes = "none,all"};
    if (engine_list(&o, paths, &cases, why, sizeof why) != EXIT_PASS)
        fail_msg("%s", why);
    int status = engine_sweep(&o, &sweep, cJSON_GetArrayItem(cases, 0), NULL, &result, why, sizeof why);
    if (status != EXIT_PASS)
        fail_msg("%d %s", status, why);
    assert_int_equal(count_of(result, "states"), s.count);
    assert_int_equal(count_of(result, "judged"), s.count);
    assert_int_equal(count_of(result, "cuts"), s.cuts);
    assert_int_equal(count_of(result, "depth"), s.levels);
    assert_int_equal(count_of(result, "violations"), 0);
    assert_int_equal(count_of(result, "unexplored"), 0);
    const cJSON *levels = cJSON_GetObjectItem(result, "levels");
    for (size_t i = 0; i < s.levels; i++)
        assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(cJSON_GetArrayItem(levels, (int)i), "states")),
                         s.level[i]);
    cJSON_Delete(result);
    cJSON_Delete(cases);
    free(s.node);
    explored_close(&x);
}

/* The moments of light are real boots, long enough to reach the storage. */
static void a_brown_out_boots_three_times_more(void **state)
{
    struct explored x;
    struct explore_options options = explore_all();
    struct fault_id id = {.kind = FAULT_CUT, .cuts = 1, .cut = {{.when = CUT_BEFORE, .mode = CUT_NONE}}};
    (void)state;
    explored_open(&x, SALE, &options);
    id.cut[0].number = x.e.last_op;
    struct terminal *t = x.e.bench.terminal[0].terminal;
    assert_true(explorer_enter(&x.e, &id, NULL));
    uint64_t boots = terminal_boots(t), operations = storage_ops(terminal_storage(t));
    id.cut[0].mode = CUT_BROWNOUT;
    assert_true(explorer_enter(&x.e, &id, NULL));
    assert_int_equal(terminal_state(t), TERMINAL_OFF);
    assert_int_equal(terminal_boots(t), boots + 3);
    assert_true(storage_ops(terminal_storage(t)) > operations);
    explored_close(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_is_what_is_entered),
        cmocka_unit_test(what_is_told_is_what_a_real_cut_leaves),
        cmocka_unit_test(so_it_is_in_the_recovery),
        cmocka_unit_test(what_is_not_reached_is_not_entered),
        cmocka_unit_test(a_closure_finds_what_a_plain_search_finds),
        cmocka_unit_test(a_brown_out_boots_three_times_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
