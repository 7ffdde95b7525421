/* The framing of vpcd, and the connection below it: every length that a reader may say, in pieces and cut short. */
#include "hw/vpcd.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/hw/peer_pair.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void control_bytes_and_commands(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum vpcd_kind kind;
    } rows[] = {{"\0\1\0", 3, VPCD_OFF},      {"\0\1\1", 3, VPCD_ON},      {"\0\1\2", 3, VPCD_RESET},
                {"\0\1\4", 3, VPCD_ATR},      {"\0\1\3", 3, VPCD_COMMAND}, {"\0\1\xFF", 3, VPCD_COMMAND},
                {"\0\2\0\0", 4, VPCD_COMMAND}};
    struct pair *p = *state;
    struct vpcd_message m;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        say(p, rows[i].bytes, rows[i].len);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) { /* all at once in the buffer, one after the other out */
        assert_int_equal(vpcd_receive(&p->peer, &m), OK);
        assert_int_equal(m.kind, rows[i].kind);
        assert_int_equal(m.len, rows[i].len - 2);
        assert_memory_equal(m.bytes, rows[i].bytes + 2, m.len);
    }
    hang_up(p);
    assert_int_equal(vpcd_receive(&p->peer, &m), HAL_E_CLOSED);
}

/* Each length of a command, with a known one behind it that must still be understood. */
static void every_length_is_read_to_its_end(void **state)
{
    static const size_t lengths[] = {2, 5, HAL_TPDU_MAX - 1, HAL_TPDU_MAX, HAL_TPDU_MAX + 1, 4095, 4096, 4097, 65535};
    static char bytes[65537];
    struct pair *p = *state;
    struct vpcd_message m;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t len = lengths[i];
        memset(bytes, 0x5A, sizeof bytes);
        bytes[0] = (char)(len >> 8);
        bytes[1] = (char)len;
        say(p, bytes, len + 2);
        say(p, "\0\1\4", 3);
        memset(&m, 0, sizeof m);
        assert_int_equal(vpcd_receive(&p->peer, &m), OK);
        assert_int_equal(m.kind, VPCD_COMMAND);
        assert_int_equal(m.len, len);
        assert_int_equal(m.bytes[0], len <= HAL_TPDU_MAX ? 0x5A : 0);
        assert_int_equal(vpcd_receive(&p->peer, &m), OK);
        assert_int_equal(m.kind, VPCD_ATR);
    }
}

static void no_bytes_or_no_end_is_no_message(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {{"\0\0", 2}, {"\0", 1}, {"\0\5\0\xA4", 4}, {"\xFF\xFF\0\xA4\4", 5}};
    struct vpcd_message m;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair *p = *state;
        say(p, rows[i].bytes, rows[i].len);
        hang_up(p);
        assert_int_equal(vpcd_receive(&p->peer, &m), HAL_E_PROTOCOL);
        teardown(state);
        setup(state);
    }
}

static void answers_have_their_length_in_front(void **state)
{
    struct pair *p = *state;
    uint8_t answer[HAL_RPDU_MAX + 1] = {0x6F, 0x00}, found[HAL_RPDU_MAX + 2];
    assert_int_equal(vpcd_send(&p->peer, answer, 2), OK);
    assert_int_equal(recv(p->other, found, sizeof found, 0), 4);
    assert_memory_equal(found, "\0\2\x6F\0", 4);
    assert_int_equal(vpcd_send(&p->peer, answer, HAL_RPDU_MAX), OK);
    assert_int_equal(recv(p->other, found, sizeof found, MSG_WAITALL), HAL_RPDU_MAX + 2);
    assert_memory_equal(found, "\1\2\x6F", 3);
    assert_int_equal(vpcd_send(&p->peer, NULL, 0), OK);
    assert_int_equal(recv(p->other, found, sizeof found, 0), 2);
    assert_memory_equal(found, "\0\0", 2);
    assert_int_equal(vpcd_send(&p->peer, answer, HAL_RPDU_MAX + 1), E_LIMIT);
    hang_up(p);
    assert_int_equal(vpcd_send(&p->peer, answer, 2), HAL_E_CLOSED);
}

static void waiting_ends_when_told_to(void **state)
{
    struct pair *p = *state;
    struct vpcd_message m;
    int stop[2];
    uint64_t begun = peer_now_ms();
    assert_int_equal(peer_wait(&p->peer, 30), HAL_E_TIMEOUT);
    assert_true(peer_now_ms() - begun >= 30);
    p->peer.stop.deadline_ms = peer_now_ms() + 30;
    assert_int_equal(vpcd_receive(&p->peer, &m), HAL_E_CANCELLED);
    p->peer.stop.deadline_ms = PEER_FOREVER;
    assert_int_equal(pipe(stop), 0);
    p->peer.stop.fd = stop[0];
    assert_int_equal(write(stop[1], "x", 1), 1);
    say(p, "\0", 1); /* also in the middle of a message */
    assert_int_equal(vpcd_receive(&p->peer, &m), HAL_E_CANCELLED);
    assert_int_equal(peer_sleep(&p->peer.stop, 10000), HAL_E_CANCELLED);
    close(stop[0]);
    close(stop[1]);
}

static void addresses(void **state)
{
    static const char *const wrong[] = {"",       ":",       ":35963",     "host",     "host:",
                                        "host:0", "host:-1", "host:65536", "host:12x", "a:b:1",
                                        "[]:1",   "host: 1", "host:+1",    "[::1]",    "host:99999999999999999999"};
    const struct peer_stop stop = {-1, PEER_FOREVER};
    struct peer peer;
    char why[300];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        why[0] = '\0';
        assert_int_equal(peer_connect(&peer, wrong[i], false, &stop, why, sizeof why), E_INVAL);
        assert_non_null(strstr(why, "HOST:PORT expected"));
        assert_int_equal(peer.fd, -1);
    }
    assert_int_equal(peer_connect(&peer, "", true, &stop, why, sizeof why), E_INVAL);
    assert_int_equal(peer_connect(&peer, "/nowhere/there", true, &stop, why, sizeof why), HAL_E_DOWN);
    char path[300];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(peer_connect(&peer, path, true, &stop, why, sizeof why), E_INVAL);
    assert_int_equal(peer.fd, -1);
}

static void a_listener_is_found_and_one_that_is_gone_is_not(void **state)
{
    const struct peer_stop stop = {-1, PEER_FOREVER};
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof name;
    struct peer peer;
    char address[64], why[300];
    (void)state;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&name, &len), 0);
    snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(name.sin_port));
    assert_int_equal(peer_connect(&peer, address, false, &stop, why, sizeof why), OK);
    peer_close(&peer);
    peer_close(&peer);
    close(server);
    assert_int_equal(peer_connect(&peer, address, false, &stop, why, sizeof why), HAL_E_DOWN);
    assert_non_null(strstr(why, address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(control_bytes_and_commands, setup, teardown),
        cmocka_unit_test_setup_teardown(every_length_is_read_to_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(no_bytes_or_no_end_is_no_message, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_have_their_length_in_front, setup, teardown),
        cmocka_unit_test_setup_teardown(waiting_ends_when_told_to, setup, teardown),
        cmocka_unit_test(addresses),
        cmocka_unit_test(a_listener_is_found_and_one_that_is_gone_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
