/* The printer and its roll, over power losses and without paper. */
#include "tests/sim/fake_port.h"

#include "sim/devices/printer.h"

struct bench {
    struct fake fake;
    struct sim_printer d;
    struct hal_printer hal;
};

static int setup(void **state)
{
    static struct bench b;
    fake_init(&b.fake);
    sim_printer_init(&b.d, &b.fake.port);
    b.hal = sim_printer_hal(&b.d);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    sim_printer_clear(&b->d);
    fake_clear(&b->fake);
    return 0;
}

static void lines_take_time_and_stay(void **state)
{
    struct bench *b = *state;
    assert_string_equal(sim_printer_roll(&b->d), "");
    assert_int_equal(b->hal.ops->line(b->hal.ctx, "SALE 消费", HAL_PRINT_DOUBLE | HAL_PRINT_CENTRE), OK);
    assert_int_equal(world_now(b->fake.world), SIM_PRINTER_LINE_US);
    assert_int_equal(b->hal.ops->line(b->hal.ctx, "a\nb\fc", HAL_PRINT_NORMAL), OK);
    assert_int_equal(b->hal.ops->cut(b->hal.ctx), OK);
    assert_string_equal(sim_printer_roll(&b->d), "SALE 消费\na?b?c\n\f");
    sim_printer_class.reset(&b->d);
    assert_string_equal(sim_printer_roll(&b->d), "SALE 消费\na?b?c\n\f");
    assert_int_equal(b->hal.ops->line(b->hal.ctx, NULL, 0), E_INVAL);
    assert_int_equal(b->hal.ops->line(b->hal.ctx, "x", 8), E_INVAL);
}

static void a_cut_halves_the_line(void **state)
{
    struct bench *b = *state;
    world_at(b->fake.world, SIM_PRINTER_LINE_US + 10, fake_lose, &b->fake, 0);
    assert_int_equal(b->hal.ops->line(b->hal.ctx, "first", 0), OK);
    assert_int_equal(b->hal.ops->line(b->hal.ctx, "消费消", 0),
                     HAL_E_POWER); /* 9 bytes: the half is inside a character */
    assert_string_equal(sim_printer_roll(&b->d), "first\n消\x18\n");
}

static void a_cut_slip_is_not_ended(void **state)
{
    struct bench *b = *state;
    world_at(b->fake.world, 10, fake_lose, &b->fake, 0);
    assert_int_equal(b->hal.ops->cut(b->hal.ctx), HAL_E_POWER);
    assert_string_equal(sim_printer_roll(&b->d), "");
}

static void pull_paper(void *ctx, uint64_t arg)
{
    sim_printer_paper(ctx, arg != 0);
}

static void without_paper_nothing_is_printed(void **state)
{
    struct bench *b = *state;
    struct hal_printer_state now;
    sim_printer_paper(&b->d, false);
    assert_true(sim_printer_class.ready(&b->d));
    assert_int_equal(b->hal.ops->status(b->hal.ctx, &now), OK);
    assert_false(now.paper);
    assert_false(sim_printer_class.ready(&b->d));
    assert_int_equal(b->hal.ops->line(b->hal.ctx, "lost", 0), HAL_E_PAPER);
    assert_int_equal(b->hal.ops->cut(b->hal.ctx), HAL_E_PAPER);
    sim_printer_paper(&b->d, true);
    sim_printer_paper(&b->d, true);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"paper\""), 2);
    world_in(b->fake.world, 100, pull_paper, &b->d, 0); /* in the middle of a line */
    assert_int_equal(b->hal.ops->line(b->hal.ctx, "lost too", 0), HAL_E_PAPER);
    assert_string_equal(sim_printer_roll(&b->d), "");
}

static void the_roll_ends(void **state)
{
    struct bench *b = *state;
    char text[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    int rc = OK;
    size_t lines = 0;
    while ((rc = b->hal.ops->line(b->hal.ctx, text, 0)) == OK)
        lines++;
    assert_int_equal(rc, HAL_E_PAPER);
    assert_int_equal(strlen(sim_printer_roll(&b->d)),
                     lines * SIM_PRINTER_LINE_BYTES); /* 255 characters and the end of line */
    assert_true(strlen(sim_printer_roll(&b->d)) <= SIM_PRINTER_ROLL_MAX);
    sim_printer_paper(&b->d, true);
    assert_int_equal(b->hal.ops->line(b->hal.ctx, text, 0), HAL_E_PAPER);
}

static void a_snapshot_comes_back(void **state)
{
    struct bench *b = *state;
    b->hal.ops->line(b->hal.ctx, "later", 0);
    assert_int_equal(sim_printer_restore(&b->d, "earlier\n", false), OK);
    assert_string_equal(sim_printer_roll(&b->d), "earlier\n");
    assert_int_equal(b->hal.ops->line(b->hal.ctx, "x", 0), HAL_E_PAPER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_take_time_and_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cut_halves_the_line, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cut_slip_is_not_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(without_paper_nothing_is_printed, setup, teardown),
        cmocka_unit_test_setup_teardown(the_roll_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_snapshot_comes_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
