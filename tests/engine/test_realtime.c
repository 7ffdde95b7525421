/* Pacing against the clock on the wall. Lower bounds only, but where a wait must not happen: there half the wait. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/realtime.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#define MS 1000u

struct bench {
    struct world *world;
    struct realtime *time;
    int pipe[2];
    uint64_t created; /* before its time began */
    uint64_t event_at, event_wall, ready_at, ready_wall;
    unsigned events;
    volatile unsigned ready;
    enum realtime_speed then; /* set by the next `ready` */
    volatile bool change;
    bool post, unwatch;
};

static void event(void *ctx, uint64_t arg)
{
    struct bench *b = ctx;
    (void)arg;
    b->event_at = world_now(b->world);
    b->event_wall = realtime_wall(b->time);
    b->events++;
}

static int read_end(void *ctx)
{
    return ((struct bench *)ctx)->pipe[0];
}

static void on_ready(void *ctx)
{
    struct bench *b = ctx;
    char byte;
    assert_int_equal(read(b->pipe[0], &byte, 1), 1);
    b->ready++;
    b->ready_at = world_now(b->world);
    b->ready_wall = realtime_wall(b->time);
    realtime_look(b->time); /* from inside: nothing */
    if (b->post)
        world_in(b->world, 0, event, b, 0);
    if (b->change)
        realtime_set(b->time, b->then);
    if (b->unwatch)
        realtime_unwatch(b->time, b);
}

static void open_bench(struct bench *b)
{
    *b = (struct bench){.world = world_create(0)};
    assert_int_equal(pipe(b->pipe), 0);
    b->created = realtime_wall(NULL);
    b->time = realtime_create(b->world);
    assert_non_null(b->time);
    assert_int_equal(realtime_speed(b->time), REALTIME_1X);
    assert_int_equal(realtime_watch(b->time, read_end, on_ready, b), OK);
}

static void close_bench(struct bench *b)
{
    realtime_destroy(b->time);
    world_at(b->world, world_now(b->world) + 3600ull * 1000000u, event, b, 0);
    assert_true(world_step(b->world)); /* no longer paced */
    world_destroy(b->world);
    close(b->pipe[0]);
    close(b->pipe[1]);
}

/* Writes a byte into the pipe after so long, from beside. */
struct later {
    pthread_t thread;
    int fd;
    unsigned ms;
};
static void *write_later(void *ctx)
{
    const struct later *l = ctx;
    const struct timespec wait = {l->ms / 1000, (long)(l->ms % 1000) * 1000000};
    nanosleep(&wait, NULL);
    return write(l->fd, "x", 1) == 1 ? NULL : ctx;
}
static void later(struct later *l, const struct bench *b, unsigned ms)
{
    *l = (struct later){.fd = b->pipe[1], .ms = ms};
    assert_int_equal(pthread_create(&l->thread, NULL, write_later, l), 0);
}
static void joined(struct later *l)
{
    void *failed;
    assert_int_equal(pthread_join(l->thread, &failed), 0);
    assert_null(failed);
}

static void virtual_time_takes_its_time(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b);
    world_at(b.world, 200 * MS, event, &b, 0);
    assert_true(world_step(b.world));
    assert_int_equal(b.events, 1);
    assert_int_equal(b.event_at, 200 * MS);
    assert_true(b.event_wall - b.created >= 200 * MS);
    assert_true(b.event_wall - b.created < 30000 * MS);
    close_bench(&b);
}

static void what_can_be_read_is_taken_while_time_waits(void **state)
{
    struct bench b;
    struct later l;
    (void)state;
    open_bench(&b);
    b.post = true;
    uint64_t start = realtime_wall(b.time);
    world_at(b.world, 60000 * MS, event, &b, 0);
    later(&l, &b, 100);
    assert_true(world_step(b.world));
    assert_int_equal(b.ready, 1);
    assert_int_equal(b.events, 0);
    assert_true(b.ready_wall - start >= 100 * MS && b.ready_wall - start < 30000 * MS);
    assert_true(b.ready_at >= 90 * MS && b.ready_at <= b.ready_wall - b.created); /* it is told the time that it is */
    assert_int_equal(world_now(b.world), b.ready_at);
    assert_true(world_step(b.world)); /* what it posted */
    assert_int_equal(b.events, 1);
    assert_int_equal(b.event_at, b.ready_at);
    joined(&l);
    close_bench(&b);
}

/* Lets time go on with the third byte, once the other two were taken. */
static void *release(void *ctx)
{
    struct bench *b = ctx;
    const struct timespec wait = {0, 1000000};
    for (unsigned i = 0; i < 30000 && b->ready < 2; i++)
        nanosleep(&wait, NULL);
    b->change = true;
    return write(b->pipe[1], "x", 1) == 1 ? NULL : ctx;
}

static void paused_time_stands_and_goes_on_from_there(void **state)
{
    struct bench b;
    struct later l;
    (void)state;
    open_bench(&b);
    world_at(b.world, 100 * MS, event, &b, 0);
    realtime_set(b.time, REALTIME_PAUSED);
    b.change = true;
    b.then = REALTIME_1X;
    later(&l, &b, 300);
    assert_true(world_step(b.world));
    assert_int_equal(b.ready, 1);
    assert_int_equal(world_now(b.world), 0);
    joined(&l);
    assert_true(world_step(b.world));
    assert_int_equal(b.events, 1);
    assert_true(b.event_wall - b.ready_wall >= 99 * MS); /* the pause did not count */
    close_bench(&b);
}

/* Twice something comes while time stands: what it posts waits until time goes on. */
static void what_is_posted_while_time_stands_waits(void **state)
{
    struct bench b;
    struct later first, second;
    (void)state;
    open_bench(&b);
    world_at(b.world, 100 * MS, event, &b, 0);
    realtime_set(b.time, REALTIME_PAUSED);
    b.post = true;
    later(&first, &b, 50);
    later(&second, &b, 150);
    struct later third;
    b.then = REALTIME_1X;
    assert_int_equal(pthread_create(&third.thread, NULL, release, &b), 0);
    assert_true(world_step(b.world));
    assert_int_equal(b.ready, 3);
    assert_int_equal(b.events, 0);
    assert_int_equal(world_now(b.world), 0);
    joined(&first);
    joined(&second);
    joined(&third);
    for (unsigned i = 1; i <= 3; i++) {
        assert_true(world_step(b.world));
        assert_int_equal(b.events, i);
        assert_int_equal(b.event_at, 0);
    }
    assert_true(world_step(b.world));
    assert_int_equal(b.event_at, 100 * MS);
    close_bench(&b);
}

static void fast_does_not_wait_but_looks(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b);
    realtime_set(b.time, REALTIME_FAST);
    uint64_t start = realtime_wall(b.time);
    for (uint64_t i = 1; i <= 100; i++)
        world_at(b.world, i * 3600000 * MS, event, &b, 0);
    while (b.events < 50)
        assert_true(world_step(b.world));
    assert_int_equal(b.ready, 0);
    assert_int_equal(write(b.pipe[1], "xy", 2), 2);
    while (b.events < 100)
        assert_true(world_step(b.world));
    assert_int_equal(b.ready, 2);
    assert_int_equal(write(b.pipe[1], "z", 1), 1);
    realtime_look(b.time);
    assert_int_equal(b.ready, 3);
    realtime_look(b.time);
    assert_int_equal(b.ready, 3);
    assert_true(realtime_wall(b.time) - start < 30000 * MS);
    close_bench(&b);
}

static void busy_for(struct bench *b, uint64_t us)
{
    uint64_t until = realtime_wall(b->time) + us;
    while (realtime_wall(b->time) < until)
        ;
}

/* A card took a second and a half on the wall, and the world is told as much for it: nobody waits again. */
static void time_that_passed_outside_is_not_waited_for_again(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b);
    busy_for(&b, 1500 * MS);
    world_at(b.world, 1500 * MS, event, &b, 0);
    world_step(b.world);
    assert_true(b.event_wall - b.created < 2900 * MS);
    uint64_t first = b.event_wall;
    world_at(b.world, 1800 * MS, event, &b, 0);
    world_step(b.world);
    assert_true(b.event_wall - b.created >= 1800 * MS);
    assert_true(b.event_wall - first < 30000 * MS);
    close_bench(&b);
}

/* A second is lost; of a hundred events 10 ms apart at most 25 come at once. */
static void a_world_that_is_late_does_not_race(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b);
    busy_for(&b, 1000 * MS);
    uint64_t start = realtime_wall(b.time);
    for (uint64_t i = 1; i <= 50; i++) {
        world_at(b.world, i * 10 * MS, event, &b, 0);
        assert_true(world_step(b.world));
    }
    assert_int_equal(b.events, 50);
    assert_true(b.event_wall - start >= (490 - 260) * MS);
    close_bench(&b);
}

static void a_world_that_is_ahead_waits(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b);
    world_spend(b.world, 150 * MS);
    world_in(b.world, 50 * MS, event, &b, 0);
    world_step(b.world);
    assert_true(b.event_wall - b.created >= 200 * MS);
    close_bench(&b);
}

static void an_empty_world_waits_for_what_comes(void **state)
{
    struct bench b;
    struct later l;
    (void)state;
    open_bench(&b);
    later(&l, &b, 100);
    world_advance(b.world, WORLD_NEVER);
    assert_int_equal(b.ready, 1);
    assert_true(world_now(b.world) >= 90 * MS && world_now(b.world) < 30000 * MS);
    assert_true(world_next(b.world) == WORLD_NEVER);
    joined(&l);
    close_bench(&b);
}

static void on_alarm(int sig)
{
    (void)sig;
}

static void a_signal_neither_ends_nor_shortens_a_wait(void **state)
{
    struct bench b;
    struct sigaction act = {.sa_handler = on_alarm}, old;
    const struct itimerval often = {{0, 7000}, {0, 7000}}, never = {{0, 0}, {0, 0}};
    (void)state;
    open_bench(&b);
    sigaction(SIGALRM, &act, &old);
    setitimer(ITIMER_REAL, &often, NULL);
    world_at(b.world, 200 * MS, event, &b, 0);
    assert_true(world_step(b.world));
    assert_int_equal(b.events, 1);
    assert_true(b.event_wall - b.created >= 200 * MS);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &old, NULL);
    close_bench(&b);
}

static int no_fd(void *ctx)
{
    (void)ctx;
    return -1;
}

static void never_ready(void *ctx)
{
    fail_msg("%p was told", ctx);
}

static void sources_come_and_go(void **state)
{
    struct bench b;
    int others[REALTIME_SOURCES];
    (void)state;
    open_bench(&b);
    for (unsigned i = 1; i < REALTIME_SOURCES; i++)
        assert_int_equal(realtime_watch(b.time, no_fd, never_ready, &others[i]), OK);
    assert_int_equal(realtime_watch(b.time, no_fd, never_ready, &others[0]), E_LIMIT);
    realtime_unwatch(b.time, &others[1]);
    assert_int_equal(realtime_watch(b.time, read_end, never_ready, &others[0]), OK);
    realtime_unwatch(b.time, &others[0]);
    b.unwatch = true;
    assert_int_equal(write(b.pipe[1], "xy", 2), 2);
    realtime_look(b.time);
    realtime_look(b.time);
    assert_int_equal(b.ready, 1);
    close_bench(&b);
}

static enum realtime_speed wanted;
static bool choose(void *ctx)
{
    struct bench *b = ctx;
    realtime_set(b->time, wanted);
    if (!b->post)
        return false;
    b->post = false;
    return world_in(b->world, 0, event, b, 0) > 0;
}

static void the_speed_is_asked_for_before_each_jump(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b);
    realtime_before(b.time, choose, &b);
    wanted = REALTIME_FAST;
    uint64_t start = realtime_wall(b.time);
    world_in(b.world, 3600000u * (uint64_t)MS, event, &b, 0);
    world_step(b.world);
    assert_true(b.event_wall - start < 30000 * MS);
    wanted = REALTIME_1X;
    start = realtime_wall(b.time);
    world_in(b.world, 100 * MS, event, &b, 0);
    world_step(b.world);
    assert_true(b.event_wall - start >= 100 * MS); /* the hour is no debt and no credit */
    assert_true(b.event_wall - start < 30000 * MS);
    b.events = 0;
    b.post = true;
    uint64_t now = world_now(b.world);
    world_in(b.world, 3600000u * (uint64_t)MS, event, &b, 0);
    assert_true(world_step(b.world));
    assert_int_equal(world_now(b.world), now);
    assert_true(world_step(b.world)); /* what was posted then */
    assert_int_equal(b.events, 1);
    assert_int_equal(b.event_at, now);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(virtual_time_takes_its_time),
        cmocka_unit_test(what_can_be_read_is_taken_while_time_waits),
        cmocka_unit_test(paused_time_stands_and_goes_on_from_there),
        cmocka_unit_test(what_is_posted_while_time_stands_waits),
        cmocka_unit_test(fast_does_not_wait_but_looks),
        cmocka_unit_test(time_that_passed_outside_is_not_waited_for_again),
        cmocka_unit_test(a_world_that_is_late_does_not_race),
        cmocka_unit_test(a_world_that_is_ahead_waits),
        cmocka_unit_test(an_empty_world_waits_for_what_comes),
        cmocka_unit_test(a_signal_neither_ends_nor_shortens_a_wait),
        cmocka_unit_test(sources_come_and_go),
        cmocka_unit_test(the_speed_is_asked_for_before_each_jump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
