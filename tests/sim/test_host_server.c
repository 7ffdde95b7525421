/* The host on the line: framing across reads, answers at their time, hostile streams, and what the record says of it.
 */
#include "tests/sim/host/peer.h"

#include "sim/host/server.h"

#define THINK_US 300000
#define STREAM_MAX 8192
#define TEXT_MAX (1024 * 1024)

struct line {
    struct peer peer;
    struct world *world;
    struct record *record;
    struct network *network;
    struct host_server *server;
    unsigned connection;
    bool connected, closed;
    uint8_t stream[STREAM_MAX];
    size_t len, read;
    char text[TEXT_MAX];
    size_t text_len;
};

static void on_connected(void *ctx, int status)
{
    assert_int_equal(status, OK);
    ((struct line *)ctx)->connected = true;
}

static void on_received(void *ctx, const uint8_t *bytes, size_t len)
{
    struct line *l = ctx;
    assert_true(len <= sizeof l->stream - l->len);
    memcpy(l->stream + l->len, bytes, len);
    l->len += len;
}

static void on_closed(void *ctx)
{
    ((struct line *)ctx)->closed = true;
}

static void on_line(void *ctx, const char *text, size_t len)
{
    struct line *l = ctx;
    assert_true(len < sizeof l->text - l->text_len);
    memcpy(l->text + l->text_len, text, len);
    l->text_len += len;
    l->text[l->text_len] = '\0';
}

static void run(struct line *l)
{
    for (int i = 0; i < 100000 && world_step(l->world); i++)
        ;
    assert_true(world_next(l->world) == WORLD_NEVER);
}

static uint64_t world_time(void *ctx)
{
    return world_now(ctx);
}

static void dial(struct line *l)
{
    struct network_client client = {.ctx = l, .connected = on_connected, .received = on_received, .closed = on_closed};
    l->connected = l->closed = false;
    l->len = l->read = 0;
    assert_int_equal(network_connect(l->network, "host", &client, &l->connection), OK);
    run(l);
    assert_true(l->connected);
}

static struct line *line_open(void)
{
    struct line *l = test_calloc(1, sizeof *l);
    peer_open(&l->peer, 9);
    l->world = world_create(9);
    l->record = record_create(9);
    record_clock(l->record, world_time, l->world);
    assert_int_equal(record_sink(l->record, on_line, l), OK);
    l->network = network_create(l->world, l->record);
    l->server = host_server_create(l->world, l->record, l->network, l->peer.host, THINK_US);
    assert_non_null(l->server);
    dial(l);
    return l;
}

static void line_close(struct line *l)
{
    host_server_destroy(l->server);
    network_destroy(l->network);
    record_destroy(l->record);
    world_destroy(l->world);
    peer_close(&l->peer);
    test_free(l);
}

static void transmit(struct line *l, const uint8_t *bytes, size_t len)
{
    assert_int_equal(network_send(l->network, l->connection, bytes, len), OK);
}

/* The next whole answer of the stream, read by the peer. */
static void next_answer(struct line *l)
{
    uint8_t bad;
    assert_true(l->len - l->read > 2);
    size_t size = 2 + (size_t)(l->stream[l->read] << 8 | l->stream[l->read + 1]);
    assert_true(size <= l->len - l->read);
    assert_int_equal(iso_frame_unpack(l->stream + l->read, size, &l->peer.frame), OK);
    assert_int_equal(iso_unpack(l->peer.frame.body, l->peer.frame.body_len, &l->peer.answer, &bad), OK);
    iso_text(&l->peer.answer, 39, l->peer.code, sizeof l->peer.code);
    l->read += size;
}

static size_t echo_frame(uint32_t trace, uint8_t *out, size_t cap)
{
    struct iso_message m;
    peer_network(&m, "0800", 1, "301");
    iso_set_number(&m, 11, trace);
    return peer_frame(&m, out, cap);
}

static void one_byte_at_a_time(void **state)
{
    struct line *l = line_open();
    uint8_t frame[256];
    size_t len = echo_frame(5, frame, sizeof frame);
    (void)state;
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(l->len, 0);
        transmit(l, frame + i, 1);
        run(l);
    }
    next_answer(l);
    assert_string_equal(l->peer.code, "00");
    line_close(l);
}

/* Three frames in one send, cut at every place into two. */
static void frames_joined_and_cut(void **state)
{
    struct line *l = line_open();
    uint8_t frames[768];
    char text[64];
    size_t len = 0;
    (void)state;
    for (uint32_t i = 1; i <= 3; i++)
        len += echo_frame(i, frames + len, sizeof frames - len);
    for (size_t cut = 0; cut < len; cut++) {
        l->len = l->read = 0;
        if (cut)
            transmit(l, frames, cut);
        run(l);
        transmit(l, frames + cut, len - cut);
        run(l);
        for (unsigned i = 1; i <= 3; i++) {
            next_answer(l);
            peer_field(&l->peer, 11, text);
            assert_int_equal(strtoul(text, NULL, 10), i);
        }
        assert_int_equal(l->read, l->len);
    }
    assert_int_equal(host_count(l->peer.host, "0800"), 3 * len);
    line_close(l);
}

static void what_is_no_frame_ends_the_line(void **state)
{
    static const uint8_t bad[][4] = {
        {0x00, 0x00, 0x60, 0x00}, {0xFF, 0xFF, 0x60, 0x00}, {0x00, 0x14, 0x60, 0x00},
        {0x06, 0x41, 0x60, 0x00}, {0x00, 0x40, 0x61, 0x00}, {0x30, 0x30, 0x38, 0x30},
    };
    struct line *l = line_open();
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        l->len = l->read = 0;
        transmit(l, bad[i], 4);
        run(l);
        assert_true(l->closed);
        assert_int_equal(l->len, 0);
        dial(l); /* and the host still serves */
        uint8_t frame[256];
        transmit(l, frame, echo_frame(1, frame, sizeof frame));
        run(l);
        next_answer(l);
        assert_string_equal(l->peer.code, "00");
    }
    line_close(l);
}

static void sign_in_and_sell(struct line *l, const struct host_rule *rule)
{
    struct iso_message m;
    uint8_t frame[512];
    peer_sign_in(&l->peer); /* straight, beside the line */
    if (rule)
        assert_int_equal(host_add_rule(l->peer.host, rule), OK);
    peer_stripe_sale(&l->peer, &m, 1234);
    peer_sign(&l->peer, &m);
    transmit(l, frame, peer_frame(&m, frame, sizeof frame));
}

static void answers_come_in_their_time(void **state)
{
    struct line *l = line_open();
    struct host_rule late = {.mti = "0200", .nth = 1, .action = HOST_LATE, .delay_us = 61000000};
    uint64_t start = world_now(l->world);
    (void)state;
    sign_in_and_sell(l, &late);
    run(l);
    next_answer(l);
    assert_string_equal(l->peer.code, "00");
    uint64_t took = world_now(l->world) - start;
    assert_true(took > 61000000 + THINK_US && took < 62000000);
    start = world_now(l->world);
    sign_in_and_sell(l, NULL);
    run(l);
    next_answer(l);
    took = world_now(l->world) - start;
    assert_true(took > THINK_US && took < 1000000);
    line_close(l);
}

static void nobody_waits_any_more(void **state)
{
    struct line *l = line_open();
    struct host_rule late = {.mti = "0200", .nth = 1, .action = HOST_LATE, .delay_us = 61000000};
    (void)state;
    sign_in_and_sell(l, &late);
    for (int i = 0; i < 100 && host_count(l->peer.host, "0200") == 0; i++)
        world_step(l->world);
    network_close(l->network, l->connection);
    run(l);
    assert_int_equal(l->len, 0);
    assert_non_null(strstr(l->text, "the line was closed before the answer"));
    assert_int_equal(peer_balance(&l->peer, PEER_STRIPE_PAN), 100000 - 1234);
    line_close(l);
}

static void hang_up_twice_and_silence(void **state)
{
    struct line *l = line_open();
    struct host_rule hang_up = {.mti = "0200", .nth = 1, .action = HOST_HANG_UP};
    struct host_rule twice = {.mti = "0200", .nth = 1, .action = HOST_DUPLICATE};
    struct host_rule silent = {.mti = "0200", .nth = 1, .action = HOST_SILENT_AFTER};
    (void)state;
    sign_in_and_sell(l, &hang_up);
    run(l);
    assert_true(l->closed);
    assert_int_equal(l->len, 0);
    dial(l);
    sign_in_and_sell(l, &twice);
    run(l);
    next_answer(l);
    next_answer(l);
    assert_int_equal(l->read, l->len);
    sign_in_and_sell(l, &silent);
    run(l);
    assert_int_equal(l->read, l->len);
    assert_int_equal(peer_balance(&l->peer, PEER_STRIPE_PAN), 100000 - 3 * 1234);
    line_close(l);
}

/* More answers wait than the host holds: named, and the line ends; nothing else suffers. */
static void too_many_wait(void **state)
{
    struct line *l = line_open();
    struct host_rule late = {.mti = "0800", .action = HOST_LATE, .delay_us = 60000000};
    uint8_t frame[256];
    size_t len = echo_frame(1, frame, sizeof frame);
    (void)state;
    assert_int_equal(host_add_rule(l->peer.host, &late), OK);
    for (int i = 0; i < 40; i++)
        network_send(l->network, l->connection, frame, len);
    run(l);
    assert_true(l->closed);
    assert_non_null(strstr(l->text, "too many answers are waiting"));
    host_clear_rules(l->peer.host);
    dial(l);
    transmit(l, frame, len);
    run(l);
    next_answer(l);
    line_close(l);
}

static void the_record_tells_it_masked(void **state)
{
    static const char *const expected[] = {
        "\"what\":\"request\"", "\"mti\":\"0200\"",           "\"amount\":1234", "\"what\":\"book\"",
        "621067******0003#",    "\"what\":\"answer\"",        "\"code\":\"00\"", "\"what\":\"rule\"",
        "\"reason\":\"late\"",  "\"reason\":\"late answer\"",
    };
    struct line *l = line_open();
    struct host_rule late = {.mti = "0200", .action = HOST_LATE};
    (void)state;
    sign_in_and_sell(l, &late);
    run(l);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (!strstr(l->text, expected[i]))
            fail_msg("no %s in\n%s", expected[i], l->text);
    char *line = l->text;
    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        if (strstr(line, "\"ev\":\"host\""))
            assert_null(strstr(line, PEER_STRIPE_PAN));
    }
    line_close(l);
}

/* At every byte that may have arrived: what finish makes of the rest is what the line would have made of it. */
static void finish_is_what_would_have_come(void **state)
{
    struct line *l = line_open();
    uint8_t frames[1024], expected[32], found[32];
    size_t len = 0;
    struct iso_message sale, other;
    (void)state;
    peer_sign_in(&l->peer);
    peer_stripe_sale(&l->peer, &sale, 100);
    peer_sign(&l->peer, &sale);
    peer_stripe_sale(&l->peer, &other, 250);
    peer_sign(&l->peer, &other);
    len = peer_frame(&sale, frames, sizeof frames);
    len += peer_frame(&other, frames + len, sizeof frames - len);
    struct host *start = host_clone(l->peer.host), *original = l->peer.host, *played = NULL;
    for (size_t cut = 0; cut < len; cut += 7) {
        host_destroy(played);
        played = host_clone(start);
        network_rewind(l->network);
        host_server_rewind(l->server, played);
        dial(l);
        if (cut)
            transmit(l, frames, cut);
        run(l);
        transmit(l, frames + cut, len - cut);
        network_close(l->network, l->connection); /* the terminal's power is gone */
        struct host *guess = host_clone(played);
        uint64_t version = host_version(played);
        assert_int_equal(host_server_finish(l->server, guess, world_now(l->world)), OK);
        assert_int_equal(host_version(played), version); /* only the clone has moved */
        run(l);
        host_hash(played, expected);
        host_hash(guess, found);
        assert_memory_equal(expected, found, 32);
        assert_int_equal(host_count(guess, "0200"), 2);
        version = host_version(guess);
        assert_int_equal(host_server_finish(l->server, guess, world_now(l->world)), OK);
        assert_int_equal(host_version(guess), version); /* nothing under way changes nothing */
        host_destroy(guess);
    }
    host_server_rewind(l->server, original);
    host_destroy(played);
    host_destroy(start);
    line_close(l);
}

static void finish_stops_where_the_stream_breaks(void **state)
{
    struct line *l = line_open();
    uint8_t frame[256];
    size_t len = echo_frame(4, frame, sizeof frame);
    (void)state;
    struct host *guess = host_clone(l->peer.host);
    transmit(l, frame, len);
    transmit(l, frame, len / 2); /* the rest was never sent */
    assert_int_equal(host_server_finish(l->server, guess, 0), OK);
    assert_int_equal(host_count(guess, "0800"), 1);
    run(l);
    transmit(l, frame + len / 2, len - len / 2);
    transmit(l, (const uint8_t *)"\xFF\xFF", 2);
    transmit(l, frame, len); /* behind what is no frame: not looked at */
    assert_int_equal(host_server_finish(l->server, guess, 0), OK);
    assert_int_equal(host_count(guess, "0800"), 2);
    run(l);
    assert_int_equal(host_count(l->peer.host, "0800"), 2);
    host_destroy(guess);
    line_close(l);
}

static void waiting_answers_are_forgotten(void **state)
{
    struct line *l = line_open();
    uint8_t frame[256];
    (void)state;
    for (int round = 0; round < 3; round++) { /* more than can wait at once */
        for (int i = 0; i < 20; i++)
            transmit(l, frame, echo_frame(1, frame, sizeof frame));
        size_t before = host_count(l->peer.host, "");
        while (host_count(l->peer.host, "") < before + 20)
            assert_true(world_step(l->world));
        network_rewind(l->network);
        host_server_rewind(l->server, l->peer.host);
        assert_true(world_next(l->world) == WORLD_NEVER);
        dial(l);
        assert_int_equal(l->len, 0);
    }
    transmit(l, frame, echo_frame(1, frame, sizeof frame));
    run(l);
    next_answer(l);
    assert_int_equal(l->read, l->len);
    line_close(l);
}

/* The same play on a rewound bench and on a fresh one leaves the same record. */
static void play_late_sale(struct line *l)
{
    struct host_rule late = {.mti = "0200", .nth = 1, .action = HOST_LATE, .delay_us = 5000000};
    dial(l);
    sign_in_and_sell(l, &late);
    run(l);
    next_answer(l);
}

static void a_rewound_server_is_like_a_fresh_one(void **state)
{
    struct line *fresh = line_open(), *used = line_open();
    uint8_t frame[256];
    (void)state;
    struct host *clean = host_clone(used->peer.host), *first = used->peer.host;
    struct host_rule late = {.mti = "0800", .action = HOST_LATE, .delay_us = 60000000};
    assert_int_equal(host_add_rule(first, &late), OK);
    transmit(used, frame, echo_frame(1, frame, sizeof frame));
    for (int i = 0; i < 100 && host_count(first, "0800") == 0; i++)
        world_step(used->world); /* an answer waits */
    transmit(used, frame, 9);    /* half a frame */
    for (size_t places = 1; places < NETWORK_CONNECTIONS; places++)
        world_step(used->world);
    for (int round = 0; round < 3; round++) {
        struct host *h = host_clone(clean);
        world_rewind(used->world, 7000000);
        network_rewind(used->network);
        host_server_rewind(used->server, h);
        assert_true(world_next(used->world) == WORLD_NEVER);
        host_destroy(used->peer.host);
        used->peer.host = h;
        used->peer.trace = 0;
        used->text_len = 0;
        play_late_sale(used);
    }
    world_rewind(fresh->world, 7000000);
    network_rewind(fresh->network);
    host_server_rewind(fresh->server, fresh->peer.host);
    fresh->text_len = 0;
    play_late_sale(fresh);
    char *a = strstr(fresh->text, "\"t\":"), *b = strstr(used->text, "\"t\":");
    assert_int_equal(world_now(fresh->world), world_now(used->world));
    for (; a && b; a = strstr(a + 1, "\"t\":"), b = strstr(b + 1, "\"t\":")) /* record numbers go on: from "t" */
        assert_memory_equal(a, b, strcspn(a, "\n") + 1);
    assert_true(!a && !b);
    host_destroy(clean);
    line_close(used);
    line_close(fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_byte_at_a_time),
        cmocka_unit_test(frames_joined_and_cut),
        cmocka_unit_test(what_is_no_frame_ends_the_line),
        cmocka_unit_test(answers_come_in_their_time),
        cmocka_unit_test(nobody_waits_any_more),
        cmocka_unit_test(hang_up_twice_and_silence),
        cmocka_unit_test(too_many_wait),
        cmocka_unit_test(the_record_tells_it_masked),
        cmocka_unit_test(finish_is_what_would_have_come),
        cmocka_unit_test(finish_stops_where_the_stream_breaks),
        cmocka_unit_test(waiting_answers_are_forgotten),
        cmocka_unit_test(a_rewound_server_is_like_a_fresh_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
