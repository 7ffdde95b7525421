/* The line between terminal and host: order, time, faults, ends. */
#include "tests/sim/fake_port.h"

#include "sim/network.h"

#define LATENCY 1000u

struct end { /* what one end has heard */
    char bytes[512];
    size_t len;
    int connected; /* 99: not yet */
    unsigned opened, closed, connection;
    uint64_t last_us;
    struct network *answer_on; /* a server that answers at once */
    const char *answer;
    struct world *world;
};

struct bench {
    struct fake fake;
    struct network *n;
    struct end server, client;
    unsigned connection;
};

static void take(struct end *e, const uint8_t *bytes, size_t len)
{
    assert_true(e->len + len < sizeof e->bytes);
    memcpy(e->bytes + e->len, bytes, len);
    e->len += len;
    e->last_us = world_now(e->world);
}

static void server_opened(void *ctx, unsigned connection)
{
    struct end *e = ctx;
    e->opened++;
    e->connection = connection;
}

static void server_received(void *ctx, unsigned connection, const uint8_t *bytes, size_t len)
{
    struct end *e = ctx;
    take(e, bytes, len);
    if (e->answer)
        network_answer(e->answer_on, connection, (const uint8_t *)e->answer, strlen(e->answer));
}

static void server_closed(void *ctx, unsigned connection)
{
    struct end *e = ctx;
    (void)connection;
    e->closed++;
    e->last_us = world_now(e->world);
}

static void client_connected(void *ctx, int status)
{
    struct end *e = ctx;
    assert_int_equal(e->connected, 99); /* told once */
    e->connected = status;
    e->last_us = world_now(e->world);
}

static void client_received(void *ctx, const uint8_t *bytes, size_t len)
{
    take(ctx, bytes, len);
}

static void client_closed(void *ctx)
{
    struct end *e = ctx;
    e->closed++;
    e->last_us = world_now(e->world);
}

static int connect_to(struct bench *b, const char *peer)
{
    const struct network_client client = {&b->client, client_connected, client_received, client_closed};
    b->client.connected = 99;
    return network_connect(b->n, peer, &client, &b->connection);
}

static void open_line(struct bench *b)
{
    assert_int_equal(connect_to(b, "host"), OK);
    fake_run(&b->fake);
    assert_int_equal(b->client.connected, OK);
}

static int setup(void **state)
{
    static struct bench b;
    memset(&b, 0, sizeof b);
    fake_init(&b.fake);
    b.server.world = b.client.world = b.fake.world;
    b.n = network_create(b.fake.world, b.fake.record);
    assert_non_null(b.n);
    network_speed(b.n, LATENCY, 0);
    const struct network_server server = {&b.server, server_opened, server_received, server_closed};
    assert_int_equal(network_listen(b.n, "host", &server), OK);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    network_destroy(b->n);
    assert_true(world_next(b->fake.world) == WORLD_NEVER); /* nothing of it is left in the queue */
    fake_clear(&b->fake);
    return 0;
}

static int say(struct bench *b, const char *text)
{
    return network_send(b->n, b->connection, (const uint8_t *)text, strlen(text));
}

static int reply(struct bench *b, const char *text)
{
    return network_answer(b->n, b->connection, (const uint8_t *)text, strlen(text));
}

static void heard(const struct end *e, const char *text)
{
    assert_int_equal(e->len, strlen(text));
    assert_memory_equal(e->bytes, text, e->len);
}

static void bytes_cross_in_order_and_time(void **state)
{
    struct bench *b = *state;
    assert_int_equal(connect_to(b, "nobody"), HAL_E_NOENT);
    assert_int_equal(connect_to(b, "host"), OK);
    assert_int_equal(say(b, "early"), HAL_E_DOWN);
    assert_int_equal(b->client.connected, 99); /* never inside the call */
    fake_run(&b->fake);
    assert_int_equal(b->client.connected, OK);
    assert_int_equal(b->client.last_us, 2 * LATENCY); /* there and back */
    assert_int_equal(b->server.opened, 1);
    network_speed(b->n, LATENCY, 1000); /* a millisecond a byte */
    assert_int_equal(say(b, "abc"), OK);
    assert_int_equal(say(b, "de"), OK);
    fake_run(&b->fake);
    heard(&b->server, "abcde");
    assert_int_equal(b->server.last_us, 2 * LATENCY + 5000 + LATENCY);
    uint64_t start = world_now(b->fake.world);
    assert_int_equal(reply(b, "ok"), OK);
    fake_run(&b->fake);
    heard(&b->client, "ok");
    assert_int_equal(b->client.last_us, start + 2000 + LATENCY);
    assert_int_equal(network_passed(b->n, TO_HOST), 5);
    assert_int_equal(network_passed(b->n, TO_TERMINAL), 2);
    /* A faster line does not let the later overtake the earlier. */
    say(b, "1");
    network_speed(b->n, 0, 0);
    say(b, "2");
    fake_run(&b->fake);
    heard(&b->server, "abcde12");
}

static void a_close_comes_after_the_bytes(void **state)
{
    struct bench *b = *state;
    open_line(b);
    say(b, "last words");
    network_close(b->n, b->connection);
    assert_int_equal(reply(b, "unheard"), OK); /* the server does not know yet */
    assert_int_equal(say(b, "x"), HAL_E_CLOSED);
    fake_run(&b->fake);
    heard(&b->server, "last words");
    assert_int_equal(b->server.closed, 1);
    assert_int_equal(b->client.len, 0);
    assert_int_equal(b->client.closed, 0); /* who closes hears nothing more */
    assert_int_equal(reply(b, "x"), HAL_E_CLOSED);

    open_line(b);
    uint64_t start = world_now(b->fake.world);
    reply(b, "bye");
    network_hang_up(b->n, b->connection);
    fake_run(&b->fake);
    heard(&b->client, "bye");
    assert_int_equal(b->client.closed, 1);
    assert_int_equal(b->client.last_us, start + LATENCY);
    assert_int_equal(b->server.closed, 1);
    assert_int_equal(say(b, "x"), HAL_E_CLOSED);
}

static void a_connect_can_be_given_up(void **state)
{
    struct bench *b = *state;
    connect_to(b, "host");
    network_close(b->n, b->connection); /* before the host hears of it */
    fake_run(&b->fake);
    assert_int_equal(b->server.opened, 0);
    assert_int_equal(b->client.connected, 99);
    connect_to(b, "host");
    world_step(b->fake.world); /* the host has heard, the terminal not yet */
    assert_int_equal(b->server.opened, 1);
    network_close(b->n, b->connection);
    fake_run(&b->fake);
    assert_int_equal(b->server.closed, 1);
    assert_int_equal(b->client.connected, 99);
}

static void changed(void *ctx)
{
    ++*(unsigned *)ctx;
}

static void down_kills_at_both_ends(void **state)
{
    struct bench *b = *state;
    unsigned changes = 0;
    network_watch(b->n, changed, &changes);
    open_line(b);
    say(b, "lost");
    network_up(b->n, false);
    network_up(b->n, false);
    assert_int_equal(changes, 1);
    assert_int_equal(b->client.closed, 1);
    assert_int_equal(b->server.closed, 1);
    assert_int_equal(say(b, "x"), HAL_E_DOWN);
    fake_run(&b->fake);
    assert_int_equal(b->server.len, 0);
    assert_int_equal(connect_to(b, "host"), OK);
    fake_run(&b->fake);
    assert_int_equal(b->client.connected, HAL_E_DOWN);
    network_up(b->n, true);
    connect_to(b, "host");
    network_up(b->n, false); /* while it opens */
    assert_int_equal(b->client.connected, HAL_E_DOWN);
    fake_run(&b->fake);
    assert_int_equal(b->server.opened, 1);
    network_unwatch(b->n, &changes);
    network_up(b->n, true);
    assert_int_equal(changes, 3);
    open_line(b);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"line\",\"what\":\"down\""), 2);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"line\",\"what\":\"up\""), 2);
}

static void ignore_result(void *ctx, int status)
{
    (void)ctx, (void)status;
}

static void ignore_end(void *ctx)
{
    (void)ctx;
}

/* Two attempts: one gets the place of the connection that died, the other one behind it. */
static void try_again(void *ctx)
{
    struct bench *b = ctx;
    const struct network_client other = {b, ignore_result, client_received, ignore_end};
    unsigned number;
    assert_int_equal(network_connect(b->n, "host", &other, &number), OK);
    assert_int_equal(connect_to(b, "host"), OK);
}

static void what_is_tried_on_hearing_of_the_end_does_not_end_with_it(void **state)
{
    struct bench *b = *state;
    const struct network_client impatient = {b, ignore_result, client_received, try_again};
    unsigned number;
    assert_int_equal(network_connect(b->n, "host", &impatient, &number), OK);
    fake_run(&b->fake);
    network_up(b->n, false);
    assert_int_equal(b->client.connected, 99); /* not inside the call that told of the end */
    fake_run(&b->fake);
    assert_int_equal(b->client.connected, HAL_E_DOWN);
}

static void drop_at_every_byte(void **state)
{
    struct bench *b = *state;
    for (uint64_t at = 0; at <= 6; at++) {
        memset(b->server.bytes, 0, sizeof b->server.bytes);
        b->server.len = 0;
        b->client.closed = 0;
        network_up(b->n, true);
        open_line(b);
        network_fault_arm(b->n, TO_HOST, &(struct network_fault){NET_FAULT_DROP, network_passed(b->n, TO_HOST) + at});
        say(b, "abc");
        say(b, "def");
        assert_true(network_is_up(b->n)); /* it is the byte that counts, not the arming */
        fake_run(&b->fake);
        assert_int_equal(b->server.len, at);
        assert_memory_equal(b->server.bytes, "abcdef", at);
        assert_false(network_is_up(b->n));
        assert_int_equal(b->client.closed, 1);
    }
    assert_int_equal(fake_count(&b->fake, "\"what\":\"drop\",\"direction\":\"to-host\",\"at\":"), 7);
    network_up(b->n, true);
    b->server.len = 0;
    open_line(b);
    say(b, "again");
    fake_run(&b->fake);
    heard(&b->server, "again"); /* a fault acts once */
}

static void drop_after_the_request_loses_the_answer(void **state)
{
    struct bench *b = *state;
    open_line(b);
    b->server.answer_on = b->n;
    b->server.answer = "approved";
    network_fault_arm(b->n, TO_HOST, &(struct network_fault){NET_FAULT_DROP, 7});
    say(b, "request");
    fake_run(&b->fake);
    heard(&b->server, "request"); /* the host has booked */
    assert_int_equal(b->client.len, 0);
    assert_int_equal(b->client.closed, 1);
}

static void one_byte_is_inverted(void **state)
{
    struct bench *b = *state;
    open_line(b);
    network_fault_arm(b->n, TO_TERMINAL, &(struct network_fault){NET_FAULT_CORRUPT, 4});
    reply(b, "abc");
    reply(b, "def");
    fake_run(&b->fake);
    assert_int_equal(b->client.len, 6);
    assert_memory_equal(b->client.bytes,
                        "abcd\x9A"
                        "f",
                        6);
    reply(b, "g");
    fake_run(&b->fake);
    assert_memory_equal(b->client.bytes,
                        "abcd\x9A"
                        "fg",
                        7);
}

static void a_held_direction_is_half_open(void **state)
{
    struct bench *b = *state;
    open_line(b);
    unsigned first = b->connection;
    network_fault_arm(b->n, TO_HOST, &(struct network_fault){NET_FAULT_HOLD, 2});
    say(b, "abc");
    say(b, "def");
    reply(b, "still here");
    fake_run(&b->fake);
    heard(&b->server, "ab");
    heard(&b->client, "still here");
    assert_true(network_is_up(b->n));
    network_close(b->n, b->connection);
    fake_run(&b->fake);
    assert_int_equal(b->server.closed, 0); /* the host sits there */
    assert_int_equal(network_answer(b->n, first, (const uint8_t *)"x", 1), OK);
    for (unsigned i = 0; i < NETWORK_CONNECTIONS; i++) /* and gives the place up when it is needed */
        open_line(b);
    assert_int_equal(b->server.closed, 1);
    assert_int_equal(connect_to(b, "host"), E_LIMIT);
    say(b, "new");
    fake_run(&b->fake);
    heard(&b->server, "abnew");
}

static void a_split_delays_the_rest_and_keeps_the_order(void **state)
{
    struct bench *b = *state;
    open_line(b);
    network_fault_arm(b->n, TO_TERMINAL, &(struct network_fault){NET_FAULT_SPLIT, 2});
    uint64_t before = network_passed(b->n, TO_TERMINAL);
    reply(b, "abcd");
    reply(b, "ef");
    while (network_passed(b->n, TO_TERMINAL) == before)
        assert_true(world_step(b->fake.world));
    heard(&b->client, "ab");
    fake_run(&b->fake);
    heard(&b->client, "abcdef");
    assert_true(network_is_up(b->n));
}

/* Whatever was on the way before the split, and whatever is sent while its rest waits. */
static void nothing_overtakes_the_rest_of_a_split(void **state)
{
    struct bench *b = *state;
    open_line(b);
    network_fault_arm(b->n, TO_HOST, &(struct network_fault){NET_FAULT_SPLIT, 1});
    say(b, "abc");
    world_advance(b->fake.world, world_now(b->fake.world) + LATENCY / 2);
    say(b, "def"); /* on the way when the split happens */
    world_step(b->fake.world);
    heard(&b->server, "a");
    say(b, "ghi"); /* sent after it, before "def" would have come */
    fake_run(&b->fake);
    heard(&b->server, "abcdefghi");
}

struct chunks {
    char text[64];
    size_t len;
    unsigned first, second; /* connections in the order of their chunks */
};

static void note_chunk(void *ctx, unsigned connection, const uint8_t *bytes, size_t len)
{
    struct chunks *c = ctx;
    assert_true(c->len + len < sizeof c->text);
    memcpy(c->text + c->len, bytes, len);
    c->len += len;
    if (!c->first)
        c->first = connection;
    c->second = connection;
}

static void what_is_under_way_can_be_looked_at(void **state)
{
    struct bench *b = *state;
    struct chunks c = {.len = 0};
    assert_int_equal(network_in_flight(b->n, TO_HOST), 0);
    open_line(b);
    unsigned first = b->connection;
    say(b, "abc");
    open_line(b); /* and "abc" arrives meanwhile */
    heard(&b->server, "abc");
    say(b, "ghi");
    unsigned second = b->connection;
    b->connection = first;
    say(b, "jk");
    network_close(b->n, first); /* the terminal is gone; what it sent is not */
    assert_int_equal(network_in_flight(b->n, TO_HOST), 5);
    assert_int_equal(network_in_flight(b->n, TO_TERMINAL), 0);
    network_under_way(b->n, TO_HOST, note_chunk, &c);
    assert_string_equal(c.text, "ghijk");
    assert_int_equal(c.first, second);
    assert_int_equal(c.second, first);
    fake_run(&b->fake);
    heard(&b->server, "abcghijk"); /* it did come like that */
    assert_int_equal(network_in_flight(b->n, TO_HOST), 0);
}

/* What an armed fault will do to the bytes shows, byte for byte as it then happens. */
static void under_way_agrees_with_what_arrives(void **state)
{
    static const int kinds[] = {NET_FAULT_NONE, NET_FAULT_DROP, NET_FAULT_CORRUPT, NET_FAULT_HOLD, NET_FAULT_SPLIT};
    struct bench *b = *state;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
        for (uint64_t at = 0; at <= 8; at++) {
            struct network_fault fault = {.at = network_passed(b->n, TO_HOST) + at};
            struct chunks c = {.len = 0};
            fault.kind = kinds[kind];
            network_up(b->n, true);
            open_line(b);
            b->server.len = 0;
            network_fault_arm(b->n, TO_HOST, &fault);
            say(b, "abc");
            say(b, "defgh");
            network_under_way(b->n, TO_HOST, note_chunk, &c);
            fake_run(&b->fake);
            assert_int_equal(c.len, b->server.len);
            assert_memory_equal(c.text, b->server.bytes, c.len);
            network_fault_arm(b->n, TO_HOST, &(struct network_fault){.kind = NET_FAULT_NONE});
            network_rewind(b->n);
        }
}

static void count_change(void *ctx)
{
    ++*(unsigned *)ctx;
}

static void a_rewound_line_is_like_a_fresh_one(void **state)
{
    struct bench *b = *state;
    unsigned changes = 0, old;
    assert_int_equal(network_watch(b->n, count_change, &changes), OK);
    open_line(b);
    say(b, "before");
    fake_run(&b->fake);
    say(b, "under way");
    old = b->connection;
    network_fault_arm(b->n, TO_HOST, &(struct network_fault){NET_FAULT_CORRUPT, 10});
    network_rewind(b->n);
    b->server.len = 0;
    assert_true(world_next(b->fake.world) == WORLD_NEVER);
    assert_int_equal(network_in_flight(b->n, TO_HOST), 0);
    assert_int_equal(network_passed(b->n, TO_HOST), 0);
    assert_int_equal(say(b, "x"), HAL_E_CLOSED);
    assert_int_equal(b->client.closed + b->server.closed + changes, 0); /* nobody was told */
    for (unsigned i = 0; i < NETWORK_CONNECTIONS; i++)                  /* every place is free again */
        open_line(b);
    assert_true(b->connection > old);
    say(b, "far beyond ten");
    fake_run(&b->fake);
    heard(&b->server, "far beyond ten");
    network_up(b->n, false);
    assert_int_equal(changes, 1); /* watches and peers stay */
    network_rewind(b->n);
    assert_false(network_is_up(b->n));
    world_rewind(b->fake.world, 0);
    network_rewind(b->n); /* in either order */
}

static void what_is_under_way_is_bounded(void **state)
{
    struct bench *b = *state;
    static uint8_t big[NETWORK_IN_FLIGHT];
    open_line(b);
    network_hang_up(b->n, b->connection); /* so that nobody takes it in */
    assert_int_equal(network_send(b->n, b->connection, big, sizeof big), OK);
    assert_int_equal(network_send(b->n, b->connection, big, 1), E_LIMIT);
    assert_int_equal(network_send(b->n, b->connection, big, 0), OK);
    char name[40];
    memset(name, 'x', sizeof name);
    name[39] = '\0';
    assert_int_equal(network_listen(b->n, name, &(struct network_server){.received = server_received}), E_LIMIT);
    open_line(b);
    say(b, "under way when it is destroyed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bytes_cross_in_order_and_time, setup, teardown),
        cmocka_unit_test_setup_teardown(a_close_comes_after_the_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_connect_can_be_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(down_kills_at_both_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_tried_on_hearing_of_the_end_does_not_end_with_it, setup, teardown),
        cmocka_unit_test_setup_teardown(drop_at_every_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(drop_after_the_request_loses_the_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(one_byte_is_inverted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_held_direction_is_half_open, setup, teardown),
        cmocka_unit_test_setup_teardown(a_split_delays_the_rest_and_keeps_the_order, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_overtakes_the_rest_of_a_split, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_under_way_can_be_looked_at, setup, teardown),
        cmocka_unit_test_setup_teardown(under_way_agrees_with_what_arrives, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rewound_line_is_like_a_fresh_one, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_under_way_is_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
