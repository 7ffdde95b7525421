/* The framing of VSCARD against bytes as QEMU's ccid-card-passthru sends them, and against what it would not send. */
#include "hw/vscard.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/hw/peer_pair.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define INIT "\0\0\0\1\xFF\xFF\xFF\xFF\0\0\0\x0CVSCD\0\0\0\2\0\0\0\0"
#define QEMU_ERROR(code) "\0\0\0\2\0\0\0\0\0\0\0\4\0\0\0" code
#define COMMAND "\0\0\0\7\0\0\0\0\0\0\0\5\0\xB2\1\x0C\0"

static void as_qemu_speaks(void **state)
{
    struct pair *p = *state;
    struct vscard_message m;
    say(p, INIT, 24);
    say(p, QEMU_ERROR("\0"), 16);
    say(p, COMMAND, 17);
    say(p, QEMU_ERROR("\1"), 16);
    assert_int_equal(vscard_receive(&p->peer, &m), OK);
    assert_int_equal(m.type, VSCARD_INIT);
    assert_int_equal(m.reader, VSCARD_NO_READER);
    assert_int_equal(vscard_receive(&p->peer, &m), OK);
    assert_int_equal(m.type, VSCARD_ERROR);
    assert_int_equal(m.error, 0);
    assert_int_equal(vscard_receive(&p->peer, &m), OK);
    assert_int_equal(m.type, VSCARD_APDU);
    assert_int_equal(m.len, 5);
    assert_memory_equal(m.bytes, "\0\xB2\1\x0C\0", 5);
    assert_int_equal(vscard_receive(&p->peer, &m), OK);
    assert_int_equal(m.error, 1);
    hang_up(p);
    assert_int_equal(vscard_receive(&p->peer, &m), HAL_E_CLOSED);
}

static void as_the_card_speaks(void **state)
{
    struct pair *p = *state;
    uint8_t found[400], answer[HAL_RPDU_MAX + 1] = {0x90, 0x00};
    assert_int_equal(vscard_send_init(&p->peer), OK);
    assert_int_equal(recv(p->other, found, sizeof found, 0), 24);
    assert_memory_equal(found, INIT, 24);
    assert_int_equal(vscard_send(&p->peer, VSCARD_APDU, VSCARD_READER, answer, 2), OK);
    assert_int_equal(recv(p->other, found, sizeof found, 0), 14);
    assert_memory_equal(found, "\0\0\0\7\0\0\0\0\0\0\0\2\x90\0", 14);
    assert_int_equal(vscard_send_error(&p->peer, 7, 1), OK);
    assert_int_equal(recv(p->other, found, sizeof found, 0), 16);
    assert_memory_equal(found, "\0\0\0\2\0\0\0\7\0\0\0\4\0\0\0\1", 16);
    assert_int_equal(vscard_send(&p->peer, VSCARD_CARD_REMOVE, VSCARD_READER, NULL, 0), OK);
    assert_int_equal(recv(p->other, found, sizeof found, 0), 12);
    assert_int_equal(vscard_send(&p->peer, VSCARD_APDU, 0, answer, HAL_RPDU_MAX), OK);
    assert_int_equal(recv(p->other, found, sizeof found, MSG_DONTWAIT), 12 + HAL_RPDU_MAX);
    assert_int_equal(vscard_send(&p->peer, VSCARD_APDU, 0, answer, HAL_RPDU_MAX + 1), E_LIMIT);
}

/* A length of any size is read to its end or refused; what stands behind it is understood. */
static void lengths(void **state)
{
    static const uint32_t rows[] = {0, 1, HAL_TPDU_MAX, HAL_TPDU_MAX + 1, 4096, VSCARD_LENGTH_MAX};
    static uint8_t bytes[12 + VSCARD_LENGTH_MAX];
    struct pair *p = *state;
    struct vscard_message m;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t len = rows[i];
        memset(bytes, 0x5A, sizeof bytes);
        memcpy(bytes, "\0\0\0\7\0\0\0\0\0", 9);
        bytes[9] = (uint8_t)(len >> 16);
        bytes[10] = (uint8_t)(len >> 8);
        bytes[11] = (uint8_t)len;
        say(p, bytes, 12 + len);
        say(p, COMMAND, 17);
        assert_int_equal(vscard_receive(&p->peer, &m), OK);
        assert_int_equal(m.len, len);
        assert_int_equal(m.bytes[0], len && len <= HAL_TPDU_MAX ? 0x5A : 0);
        assert_int_equal(vscard_receive(&p->peer, &m), OK);
        assert_int_equal(m.len, 5);
    }
    static const char *const over[] = {"\0\1\0\1", "\x7F\xFF\xFF\xFF", "\xFF\xFF\xFF\xFF"};
    for (size_t i = 0; i < sizeof over / sizeof *over; i++) {
        say(p, "\0\0\0\7\0\0\0\0", 8);
        say(p, over[i], 4);
        assert_int_equal(vscard_receive(&p->peer, &m), HAL_E_PROTOCOL);
    }
}

static void what_is_no_message(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        {"\0\0\0", 3},                                                  /* cut in its head */
        {"\0\0\0\7\0\0\0\0\0\0\0\5\0\xB2", 14},                         /* and in its body */
        {"\0\0\0\1\xFF\xFF\xFF\xFF\0\0\0\x0CXSCD\0\0\0\2\0\0\0\0", 24}, /* another word */
        {"\0\0\0\1\xFF\xFF\xFF\xFF\0\0\0\3VSC", 15},                    /* a short one */
        {"\0\0\0\1\xFF\xFF\xFF\xFF\0\0\0\0", 12},                       /* none */
        {"\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0", 15},                         /* an Error without its code */
    };
    struct vscard_message m;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair *p = *state;
        say(p, rows[i].bytes, rows[i].len);
        hang_up(p);
        assert_int_equal(vscard_receive(&p->peer, &m), HAL_E_PROTOCOL);
        teardown(state);
        setup(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_qemu_speaks, setup, teardown),
        cmocka_unit_test_setup_teardown(as_the_card_speaks, setup, teardown),
        cmocka_unit_test_setup_teardown(lengths, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_message, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
