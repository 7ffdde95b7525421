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

static void remember_jump(void *ctx, uint64_t from_us, uint64_t to_us)
{
    uint64_t *jump = ctx;
    jump[0] = from_us;
    jump[1] = to_us;
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
        cmocka_unit_test(a_rewound_world_is_like_a_fresh_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
