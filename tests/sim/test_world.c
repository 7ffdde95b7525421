/* Virtual time: order, cancelling, spending and advancing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/world.h"

struct log {
    struct world *world;
    uint64_t args[64], times[64];
    size_t count;
};

static void note(void *ctx, uint64_t arg)
{
    struct log *log = ctx;
    log->args[log->count] = arg;
    log->times[log->count++] = world_now(log->world);
}

static void run_all(struct world *w)
{
    while (world_step(w)) {
    }
}

static void runs_in_time_then_posting_order(void **state)
{
    struct world *w = world_create(5);
    struct log log = {.world = w};
    (void)state;
    assert_int_equal(world_seed(w), 5);
    assert_true(world_next(w) == WORLD_NEVER);
    assert_false(world_step(w));
    static const uint64_t times[] = {30, 10, 20, 10, 30, 10};
    for (uint64_t i = 0; i < 6; i++)
        assert_true(world_at(w, times[i], note, &log, i) > 0);
    assert_int_equal(world_next(w), 10);
    run_all(w);
    static const uint64_t order[] = {1, 3, 5, 2, 0, 4};
    assert_memory_equal(log.args, order, sizeof order);
    assert_int_equal(world_now(w), 30);
    world_destroy(w);
}

/* Against a reference that a child could check: repeated search for the smallest. */
static void agrees_with_a_plain_search(void **state)
{
    enum { EVENTS = 60 };
    struct world *w = world_create(0);
    struct log log = {.world = w};
    uint64_t times[EVENTS], ids[EVENTS], x = 12345;
    bool gone[EVENTS] = {false};
    (void)state;
    for (uint64_t i = 0; i < EVENTS; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        times[i] = x >> 60;
        ids[i] = world_at(w, times[i], note, &log, i);
    }
    for (size_t i = 0; i < EVENTS; i += 7) {
        assert_true(world_cancel(w, ids[i]));
        assert_false(world_cancel(w, ids[i]));
        gone[i] = true;
    }
    run_all(w);
    for (size_t n = 0; n < log.count; n++) {
        size_t least = EVENTS;
        for (size_t i = 0; i < EVENTS; i++)
            if (!gone[i] && (least == EVENTS || times[i] < times[least]))
                least = i;
        assert_int_equal(log.args[n], least);
        assert_int_equal(log.times[n], times[least]);
        gone[least] = true;
    }
    assert_int_equal(log.count, EVENTS - 9);
    world_destroy(w);
}

static void cancels_by_owner(void **state)
{
    struct world *w = world_create(0);
    struct log a = {.world = w}, b = {.world = w};
    (void)state;
    for (uint64_t i = 0; i < 20; i++)
        world_at(w, 100 - i, note, i % 3 ? &a : &b, i);
    world_cancel_all(w, &a);
    run_all(w);
    assert_int_equal(a.count, 0);
    assert_int_equal(b.count, 7);
    for (size_t i = 1; i < b.count; i++)
        assert_true(b.times[i] >= b.times[i - 1]);
    world_destroy(w);
}

static void spending_passes_events_and_advancing_does_not(void **state)
{
    struct world *w = world_create(0);
    struct log log = {.world = w};
    (void)state;
    world_at(w, 50, note, &log, 1);
    world_advance(w, 200);
    assert_int_equal(world_now(w), 50);
    world_spend(w, 25);
    assert_int_equal(world_now(w), 75);
    assert_int_equal(log.count, 0);
    assert_true(world_step(w));
    assert_int_equal(log.times[0], 75); /* late, and time does not go back */
    world_at(w, 10, note, &log, 2);     /* the past is now */
    assert_int_equal(world_next(w), 75);
    world_in(w, UINT64_MAX, note, &log, 3);
    assert_true(world_next(w) == 75);
    world_destroy(w);
}

static uint64_t remember_jump(void *ctx, uint64_t from_us, uint64_t to_us)
{
    uint64_t *jump = ctx;
    jump[0] = from_us;
    jump[1] = to_us;
    return to_us;
}

static void pacing_sees_each_jump(void **state)
{
    struct world *w = world_create(0);
    struct log log = {.world = w};
    uint64_t jump[2] = {0};
    (void)state;
    world_pace(w, remember_jump, jump);
    world_at(w, 500, note, &log, 0);
    world_step(w);
    assert_int_equal(jump[0], 0);
    assert_int_equal(jump[1], 500);
    world_advance(w, 600);
    assert_int_equal(jump[1], 600);
    world_destroy(w);
}

/* What comes from outside during a jump: stops it at `reached`, and may post, cancel or spend. */
struct outside {
    struct world *world;
    struct log *log;
    uint64_t reached, post_at, cancel, spend, calls;
    bool post;
};

static uint64_t stop_at(void *ctx, uint64_t from_us, uint64_t to_us)
{
    struct outside *o = ctx;
    assert_true(from_us < to_us);
    if (o->calls++)
        return to_us;
    if (o->post)
        world_at(o->world, o->post_at, note, o->log, 99);
    if (o->cancel)
        world_cancel(o->world, o->cancel);
    world_spend(o->world, o->spend);
    return o->reached;
}

static void what_comes_from_outside_comes_first(void **state)
{
    struct world *w = world_create(0);
    struct log log = {.world = w};
    struct outside o = {.world = w, .log = &log, .reached = 300, .post = true, .post_at = 300};
    (void)state;
    world_at(w, 500, note, &log, 1);
    world_pace(w, stop_at, &o);
    assert_true(world_step(w)); /* stopped on the way: nothing ran */
    assert_int_equal(log.count, 0);
    assert_int_equal(world_now(w), 300);
    assert_true(world_step(w));
    assert_int_equal(log.args[0], 99);
    assert_int_equal(log.times[0], 300);
    assert_true(world_step(w));
    assert_int_equal(log.args[1], 1);
    assert_int_equal(log.times[1], 500);
    assert_false(world_step(w));
    world_destroy(w);
}

/* The jump is made, but the event it was made for is gone, or is no longer the first. */
static void a_jump_whose_event_went_away_runs_nothing(void **state)
{
    (void)state;
    for (int earlier = 0; earlier < 2; earlier++) {
        struct world *w = world_create(0);
        struct log log = {.world = w};
        struct outside o = {.world = w, .log = &log, .reached = 500, .post = earlier, .post_at = 400};
        uint64_t id = world_at(w, 500, note, &log, 1);
        o.cancel = earlier ? 0 : id;
        world_pace(w, stop_at, &o);
        assert_true(world_step(w));
        assert_int_equal(log.count, 0);
        assert_int_equal(world_now(w), 500);
        run_all(w);
        assert_int_equal(log.count, earlier ? 2 : 0);
        if (earlier)
            assert_int_equal(log.args[0], 99);
        world_destroy(w);
    }
}

/* A pace that says nonsense neither takes time back nor past the event; time spent in it counts. */
static void pacing_keeps_time_between_both_ends(void **state)
{
    static const struct {
        uint64_t reached, spend, now;
    } rows[] = {{0, 0, 100}, {900, 0, 500}, {300, 0, 300}, {100, 150, 250}, {300, 700, 800}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *w = world_create(0);
        struct log log = {.world = w};
        struct outside o = {.world = w, .log = &log, .reached = rows[i].reached, .spend = rows[i].spend};
        world_spend(w, 100);
        world_at(w, 500, note, &log, 1);
        world_pace(w, stop_at, &o);
        assert_true(world_step(w));
        assert_int_equal(world_now(w), rows[i].now);
        assert_int_equal(log.count, rows[i].now == 500);
        run_all(w);
        assert_int_equal(log.count, 1);
        assert_int_equal(log.times[0], rows[i].now > 500 ? rows[i].now : 500);
        world_destroy(w);
    }
}

/* After a rewind a world goes on as a fresh one that stands at that time; names of events from before mean nothing. */
static void a_rewound_world_is_like_a_fresh_one(void **state)
{
    static const uint64_t times[] = {900, 700, 700, 800};
    struct world *used = world_create(5), *fresh = world_create(5);
    struct log a = {.world = used}, b = {.world = fresh};
    uint64_t early = 0;
    (void)state;
    for (uint64_t i = 0; i < 40; i++)
        early = world_at(used, 1000 + i, note, &a, 100 + i);
    world_step(used);
    a.count = 0;
    world_rewind(used, 600);
    world_rewind(fresh, 600);
    assert_int_equal(world_now(used), 600);
    assert_true(world_next(used) == WORLD_NEVER);
    for (uint64_t i = 0; i < 4; i++) {
        assert_true(world_at(used, times[i], note, &a, i) > early);
        assert_true(world_at(fresh, times[i], note, &b, i) > 0);
    }
    assert_false(world_cancel(used, early));
    run_all(used);
    run_all(fresh);
    assert_int_equal(a.count, 4);
    assert_memory_equal(a.args, b.args, 4 * sizeof *a.args);
    assert_memory_equal(a.times, b.times, 4 * sizeof *a.times);
    world_destroy(used);
    world_destroy(fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_in_time_then_posting_order),
        cmocka_unit_test(agrees_with_a_plain_search),
        cmocka_unit_test(cancels_by_owner),
        cmocka_unit_test(spending_passes_events_and_advancing_does_not),
        cmocka_unit_test(pacing_sees_each_jump),
        cmocka_unit_test(what_comes_from_outside_comes_first),
        cmocka_unit_test(a_jump_whose_event_went_away_runs_nothing),
        cmocka_unit_test(pacing_keeps_time_between_both_ends),
        cmocka_unit_test(a_rewound_world_is_like_a_fresh_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
