/* The modem over a real line of the world, against a host that echoes. */
#include "tests/sim/fake_port.h"

#include "sim/devices/modem.h"

#define LATENCY 1000u

struct bench {
    struct fake fake;
    struct network *n;
    struct sim_clock clock;
    struct sim_modem d;
    struct hal_modem hal;
    unsigned host_closed, connection;
    size_t host_got;
};

static void host_received(void *ctx, unsigned connection, const uint8_t *bytes, size_t len)
{
    struct bench *b = ctx;
    b->connection = connection;
    b->host_got += len;
    network_answer(b->n, connection, bytes, len);
}

static void host_closed(void *ctx, unsigned connection)
{
    (void)connection;
    ((struct bench *)ctx)->host_closed++;
}

static int setup(void **state)
{
    static struct bench b;
    memset(&b, 0, sizeof b);
    fake_init(&b.fake);
    world_advance(b.fake.world, 500000); /* the terminal's time is not the world's */
    sim_clock_init(&b.clock, &b.fake.port);
    b.n = network_create(b.fake.world, b.fake.record);
    network_speed(b.n, LATENCY, 0);
    const struct network_server server = {&b, NULL, host_received, host_closed};
    assert_int_equal(network_listen(b.n, "host", &server), OK);
    assert_int_equal(sim_modem_init(&b.d, &b.fake.port, b.n, &b.clock), OK);
    b.hal = sim_modem_hal(&b.d);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    sim_modem_clear(&b->d);
    network_destroy(b->n);
    fake_clear(&b->fake);
    return 0;
}

static enum hal_link link_now(struct bench *b)
{
    struct hal_modem_status now;
    assert_int_equal(b->hal.ops->status(b->hal.ctx, &now), OK);
    return now.link;
}

static int receive(struct bench *b, uint8_t *bytes, size_t cap, size_t *len)
{
    return b->hal.ops->receive(b->hal.ctx, bytes, cap, len);
}

static void an_echo(void **state)
{
    struct bench *b = *state;
    uint8_t bytes[16];
    size_t len = 0;
    assert_int_equal(link_now(b), HAL_LINK_UP);
    assert_int_equal(b->hal.ops->send(b->hal.ctx, (const uint8_t *)"x", 1), HAL_E_DOWN); /* surely not sent */
    assert_int_equal(receive(b, bytes, sizeof bytes, &len), HAL_E_CLOSED);
    assert_int_equal(b->hal.ops->connect(b->hal.ctx, "host", 100000), OK);
    assert_int_equal(world_now(b->fake.world), 500000 + 2 * LATENCY);
    assert_int_equal(b->hal.ops->connect(b->hal.ctx, "host", 100000), E_STATE);
    assert_int_equal(link_now(b), HAL_LINK_CONNECTED);
    assert_int_equal(receive(b, bytes, sizeof bytes, &len), HAL_E_EMPTY);
    assert_int_equal(b->hal.ops->send(b->hal.ctx, (const uint8_t *)"hello", 5), OK);
    assert_false(sim_modem_class.ready(&b->d));
    fake_run(&b->fake);
    assert_true(sim_modem_class.ready(&b->d));
    assert_int_equal(receive(b, bytes, 2, &len), OK);
    assert_int_equal(len, 2);
    assert_int_equal(receive(b, bytes + 2, 14, &len), OK);
    assert_memory_equal(bytes, "hello", 5);
    assert_false(sim_modem_class.ready(&b->d));
    assert_int_equal(b->hal.ops->disconnect(b->hal.ctx), OK);
    fake_run(&b->fake);
    assert_int_equal(b->host_closed, 1);
    assert_int_equal(link_now(b), HAL_LINK_UP);
}

static void connecting_fails_in_time(void **state)
{
    struct bench *b = *state;
    assert_int_equal(b->hal.ops->connect(b->hal.ctx, "nobody", HAL_FOREVER), HAL_E_DOWN);
    assert_int_equal(b->hal.ops->connect(b->hal.ctx, "host", 2 * LATENCY - 1), HAL_E_TIMEOUT);
    assert_int_equal(world_now(b->fake.world), 500000 + 2 * LATENCY - 1);
    fake_run(&b->fake);
    assert_int_equal(b->host_closed, 1); /* what the host had opened is closed again */
    assert_int_equal(b->hal.ops->connect(b->hal.ctx, "host", 0), HAL_E_TIMEOUT); /* long past */
    network_up(b->n, false);
    assert_int_equal(b->hal.ops->connect(b->hal.ctx, "host", HAL_FOREVER), HAL_E_DOWN);
    assert_int_equal(link_now(b), HAL_LINK_DOWN);
}

static void the_end_is_told_after_the_bytes(void **state)
{
    struct bench *b = *state;
    uint8_t bytes[16];
    size_t len = 0;
    b->hal.ops->connect(b->hal.ctx, "host", HAL_FOREVER);
    b->hal.ops->send(b->hal.ctx, (const uint8_t *)"bye", 3);
    fake_run(&b->fake);
    network_hang_up(b->n, b->connection);
    fake_run(&b->fake);
    assert_int_equal(b->hal.ops->send(b->hal.ctx, bytes, 1), HAL_E_CLOSED);
    assert_int_equal(receive(b, bytes, sizeof bytes, &len), OK);
    assert_int_equal(len, 3);
    assert_true(sim_modem_class.ready(&b->d)); /* the end is not read yet, though status was never asked */
    assert_int_equal(receive(b, bytes, sizeof bytes, &len), HAL_E_CLOSED);
    assert_false(sim_modem_class.ready(&b->d));
    assert_int_equal(b->hal.ops->connect(b->hal.ctx, "host", HAL_FOREVER), OK);
}

static void the_line_going_down_wakes(void **state)
{
    struct bench *b = *state;
    b->hal.ops->connect(b->hal.ctx, "host", HAL_FOREVER);
    unsigned wakes = b->fake.wakes;
    network_up(b->n, false);
    assert_true(b->fake.wakes > wakes);
    assert_true(sim_modem_class.ready(&b->d));
    assert_int_equal(link_now(b), HAL_LINK_DOWN);
    assert_false(sim_modem_class.ready(&b->d));
    assert_int_equal(b->hal.ops->send(b->hal.ctx, (const uint8_t *)"x", 1), HAL_E_DOWN);
    network_up(b->n, true);
    assert_true(sim_modem_class.ready(&b->d));
}

static void a_flood_drops_the_connection(void **state)
{
    struct bench *b = *state;
    static uint8_t bytes[SIM_MODEM_BUFFER], back[SIM_MODEM_BUFFER];
    size_t len = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    b->hal.ops->connect(b->hal.ctx, "host", HAL_FOREVER);
    for (int lap = 0; lap < 3; lap++) { /* around the ring, and exactly full */
        b->hal.ops->send(b->hal.ctx, bytes, lap ? sizeof bytes : 100);
        fake_run(&b->fake);
        assert_int_equal(receive(b, back, sizeof back, &len), OK);
        assert_int_equal(len, lap ? sizeof bytes : 100);
        assert_memory_equal(back, bytes, len);
    }
    b->hal.ops->send(b->hal.ctx, bytes, sizeof bytes);
    b->hal.ops->send(b->hal.ctx, bytes, 1);
    fake_run(&b->fake);
    assert_int_equal(fake_count(&b->fake, "\"what\":\"drop\",\"err\":\"E_LIMIT\""), 1);
    assert_int_equal(b->host_closed, 1);
    assert_int_equal(receive(b, back, sizeof back, &len), OK);
    assert_int_equal(len, sizeof bytes); /* what came before the hole is whole */
    assert_int_equal(receive(b, back, sizeof back, &len), HAL_E_CLOSED);
}

static void power_loss_closes(void **state)
{
    struct bench *b = *state;
    world_in(b->fake.world, LATENCY + 1, fake_lose, &b->fake, 0);
    assert_int_equal(b->hal.ops->connect(b->hal.ctx, "host", HAL_FOREVER), HAL_E_POWER);
    sim_modem_class.reset(&b->d);
    fake_run(&b->fake);
    assert_int_equal(b->host_closed, 1);
    assert_false(sim_modem_class.ready(&b->d));
    assert_int_equal(link_now(b), HAL_LINK_UP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_echo, setup, teardown),
        cmocka_unit_test_setup_teardown(connecting_fails_in_time, setup, teardown),
        cmocka_unit_test_setup_teardown(the_end_is_told_after_the_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(the_line_going_down_wakes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flood_drops_the_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(power_loss_closes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
