/* Keys and date as storage operations: counted, shown, and cut before, inside (done or not) and after. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/devices/clock.h"
#include "sim/devices/se.h"
#include "tests/sim/fake_port.h"

struct machine {
    struct fake fake; /* first: the fake port's functions take it for the machine */
    struct storage *storage;
    struct sim_se se;
    struct sim_clock clock;
    struct storage_op seen;
    unsigned count;
};

static int change(void *machine, enum storage_op_kind kind, const char *device, int (*fn)(void *ctx), void *ctx)
{
    return storage_device_op(((struct machine *)machine)->storage, kind, device, fn, ctx);
}

static void observe(void *ctx, const struct storage_op *op)
{
    struct machine *m = ctx;
    m->seen = *op;
    m->count++;
}

static void open_machine(struct machine *m, const struct cut_plan *plan)
{
    static const struct storage_config config = {.fs_bytes = 4096, .sector_size = 512};
    static const uint8_t public_key[32];
    const struct storage_hooks hooks = {.ctx = m, .op = observe};
    memset(m, 0, sizeof *m);
    fake_init(&m->fake);
    m->fake.port.change = change;
    m->storage = storage_create(&config);
    assert_non_null(m->storage);
    storage_hooks_set(m->storage, &hooks);
    storage_plan_cut(m->storage, plan);
    sim_se_init(&m->se, &m->fake.port, NULL, public_key);
    sim_clock_init(&m->clock, &m->fake.port);
}

static void close_machine(struct machine *m)
{
    sim_se_clear(&m->se);
    storage_destroy(m->storage);
    fake_clear(&m->fake);
}

static void they_are_counted_and_shown(void **state)
{
    static struct machine m;
    static const struct hal_datetime date = {2026, 6, 15, 10, 0, 0}, none = {2026, 2, 30, 10, 0, 0};
    uint32_t floor;
    (void)state;
    open_machine(&m, NULL);
    struct hal_se se = sim_se_hal(&m.se);
    struct hal_clock clock = sim_clock_hal(&m.clock);
    assert_int_equal(se.ops->floor_raise(se.ctx, 7), OK);
    assert_int_equal(m.seen.kind, OP_KEY);
    assert_string_equal(m.seen.name, "se");
    assert_int_equal(clock.ops->set(clock.ctx, &date), OK);
    assert_int_equal(m.seen.kind, OP_CLOCK);
    assert_string_equal(m.seen.name, "clock");
    assert_int_equal(m.seen.number, 2);
    assert_int_equal(se.ops->floor_raise(se.ctx, 6), E_STATE); /* what is refused is none */
    assert_int_equal(clock.ops->set(clock.ctx, &none), E_INVAL);
    assert_int_equal(storage_ops(m.storage), 2);
    assert_int_equal(m.count, 2);
    assert_int_equal(se.ops->floor_get(se.ctx, &floor), OK);
    assert_int_equal(floor, 7);
    const struct storage_fault_plan fault = {.kind = STORAGE_FAULT_ERROR};
    assert_int_equal(storage_fault_add(m.storage, &fault), OK);
    assert_int_equal(se.ops->floor_raise(se.ctx, 8), HAL_E_IO);
    assert_int_equal(se.ops->floor_raise(se.ctx, 9), OK);
    assert_int_equal(storage_device_op(m.storage, OP_WRITE, "se", NULL, NULL), E_INVAL);
    close_machine(&m);
}

static void a_cut_is_before_or_after_or_one_of_both(void **state)
{
    static struct machine m;
    unsigned done[3] = {0};
    (void)state;
    for (unsigned when = CUT_BEFORE; when <= CUT_AFTER; when++)
        for (uint64_t seed = 0; seed < 32; seed++) {
            const struct cut_plan plan = {1, when, CUT_NONE, seed};
            uint32_t floor;
            open_machine(&m, &plan);
            struct hal_se se = sim_se_hal(&m.se);
            assert_int_equal(se.ops->floor_raise(se.ctx, 7), HAL_E_POWER);
            assert_int_equal(se.ops->floor_raise(se.ctx, 8), HAL_E_POWER);
            assert_int_equal(storage_ops(m.storage), 1);
            storage_settle(m.storage, CUT_NONE, 0);
            assert_int_equal(se.ops->floor_get(se.ctx, &floor), OK);
            assert_true(floor == 0 || floor == 7);
            done[when] += floor == 7;
            close_machine(&m);
        }
    assert_int_equal(done[CUT_BEFORE], 0);
    assert_in_range(done[CUT_INSIDE], 8, 24);
    assert_int_equal(done[CUT_AFTER], 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_counted_and_shown),
        cmocka_unit_test(a_cut_is_before_or_after_or_one_of_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
