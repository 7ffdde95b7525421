/* hw/pcsc: one reader through its life, against a service that says what it is told (fake_service.h). */
#include "tests/hw/pcsc/fake_service.h"

static struct hw_reader r;

static int setup(void **state)
{
    char why[300];
    service_setup(state);
    return pcsc_reader_open("Reader A", &r, why, sizeof why);
}

static int teardown(void **state)
{
    r.ops->close(r.ctx);
    return service_teardown(state);
}

static int power_on(bool warm)
{
    uint8_t atr[HAL_ATR_MAX];
    size_t len = 0;
    int code = r.ops->power_on(r.ctx, warm, atr, &len);
    if (code == OK)
        assert_int_equal(len, service.atr_len);
    return code;
}

static int exchange(int protocol)
{
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    int code = r.ops->exchange(r.ctx, protocol, (const uint8_t *)"\0\xB2\1\xC\0", 5, answer, sizeof answer, &len);
    if (code == OK)
        assert_int_equal(len, service.answer_len);
    return code;
}

static int look(bool present, bool *now)
{
    return r.ops->wait(r.ctx, present, 0, now);
}

static void resets_are_cold_or_warm(void **state)
{
    (void)state;
    assert_int_equal(power_on(true), E_STATE);
    assert_int_equal(exchange(0), E_STATE);
    assert_int_equal(power_on(false), OK);
    assert_int_equal(service.share, SCARD_SHARE_EXCLUSIVE);
    assert_int_equal(service.reset, SCARD_UNPOWER_CARD); /* another program may have used it since pcscd powered it */
    assert_int_equal(power_on(true), OK);
    assert_int_equal(service.reset, SCARD_RESET_CARD);
    assert_int_equal(power_on(false), OK);
    assert_int_equal(service.reset, SCARD_UNPOWER_CARD);
    assert_int_equal(service.connects, 1);
    assert_int_equal(r.ops->power_off(r.ctx), OK);
    assert_int_equal(service.cards, 0);
    assert_int_equal(service.left, SCARD_UNPOWER_CARD);
    assert_int_equal(exchange(0), E_STATE);
    assert_int_equal(r.ops->power_off(r.ctx), OK); /* twice does no harm */
}

static void an_atr_has_two_to_33_bytes(void **state)
{
    (void)state;
    service.atr_len = 33;
    assert_int_equal(power_on(false), OK);
    service.atr_len = 34;
    assert_int_equal(power_on(false), HAL_E_PROTOCOL);
    assert_int_equal(service.cards, 0); /* a card that did not start holds nothing */
    service.atr_len = 1;
    assert_int_equal(power_on(false), HAL_E_PROTOCOL);
    service.atr_len = 0;
    assert_int_equal(power_on(false), HAL_E_MUTE);
}

static void the_protocol_is_the_one_asked_for(void **state)
{
    (void)state;
    service.protocols = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1;
    assert_int_equal(power_on(false), OK);
    assert_int_equal(exchange(1), OK); /* the service had chosen T=0: reset with the other */
    assert_int_equal(service.active, SCARD_PROTOCOL_T1);
    assert_int_equal(service.reset, SCARD_RESET_CARD);
    assert_ptr_equal(service.pci, SCARD_PCI_T1);
    assert_int_equal(exchange(0), HAL_E_PROTOCOL); /* would lose what the card has done */
    assert_int_equal(exchange(1), OK);
    service.protocols = SCARD_PROTOCOL_T0;
    assert_int_equal(power_on(true), OK);
    assert_int_equal(exchange(1), HAL_E_PROTOCOL);
    assert_int_equal(exchange(0), OK);
    assert_ptr_equal(service.pci, SCARD_PCI_T0);
}

static void every_value_has_its_meaning(void **state)
{
    (void)state;
    static const struct {
        LONG value;
        int powering, in_use;
        const char *text;
    } rows[] = {
        {SCARD_E_NO_SMARTCARD, HAL_E_ABSENT, HAL_E_REMOVED, "no card"},
        {SCARD_W_REMOVED_CARD, HAL_E_REMOVED, HAL_E_REMOVED, "removed"},
        {SCARD_W_UNRESPONSIVE_CARD, HAL_E_MUTE, HAL_E_MUTE, "does not answer"},
        {SCARD_W_UNPOWERED_CARD, HAL_E_MUTE, HAL_E_MUTE, "no power"},
        {SCARD_E_NOT_TRANSACTED, HAL_E_MUTE, HAL_E_MUTE, "did not answer"},
        {SCARD_E_TIMEOUT, HAL_E_MUTE, HAL_E_MUTE, "in time"},
        {SCARD_E_PROTO_MISMATCH, HAL_E_PROTOCOL, HAL_E_PROTOCOL, "protocol"},
        {SCARD_W_UNSUPPORTED_CARD, HAL_E_PROTOCOL, HAL_E_PROTOCOL, "ATR"},
        {SCARD_E_COMM_DATA_LOST, HAL_E_PROTOCOL, HAL_E_PROTOCOL, "damaged"},
        {SCARD_E_INSUFFICIENT_BUFFER, E_LIMIT, E_LIMIT, "longer"},
        {SCARD_E_READER_UNAVAILABLE, HAL_E_IO, HAL_E_IO, "Reader A 00 00 is not attached"},
        {SCARD_E_UNKNOWN_READER, HAL_E_IO, HAL_E_IO, "Reader A 00 00 is not attached"},
        {SCARD_W_RESET_CARD, HAL_E_IO, HAL_E_IO, "another program"},
        {SCARD_F_COMM_ERROR, HAL_E_IO, HAL_E_IO, "pcscd"},
        {SCARD_E_NO_SERVICE, HAL_E_IO, HAL_E_IO, "pcscd"},
        {SCARD_E_INVALID_HANDLE, HAL_E_IO, HAL_E_IO, "pcscd"},
        {SCARD_F_UNKNOWN_ERROR, HAL_E_IO, HAL_E_IO, "reader Reader A 00 00: "}, /* in no row */
        {0x12345, HAL_E_IO, HAL_E_IO, "reader Reader A 00 00: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(r.ops->power_off(r.ctx), OK);
        service.connect = rows[i].value;
        assert_int_equal(power_on(false), rows[i].powering);
        assert_non_null(strstr(r.ops->trouble(r.ctx), rows[i].text));
        service.connect = SCARD_S_SUCCESS;
        assert_int_equal(power_on(false), OK); /* and the next time it works again */
        service.transmit = rows[i].value;
        assert_int_equal(exchange(0), rows[i].in_use);
        assert_non_null(strstr(r.ops->trouble(r.ctx), rows[i].text));
        service.transmit = SCARD_S_SUCCESS;
        assert_int_equal(power_on(false), OK);
        assert_int_equal(exchange(0), OK);
    }
}

static void silence_of_a_pulled_card_is_a_removal(void **state)
{
    (void)state;
    assert_int_equal(power_on(false), OK);
    service.state = SCARD_STATE_EMPTY | 2u << 16;
    service.transmit = SCARD_E_NOT_TRANSACTED;
    assert_int_equal(exchange(0), HAL_E_REMOVED);
    service.transmit = SCARD_S_SUCCESS;
    service.answer_len = 0; /* as vpcd says it */
    assert_int_equal(exchange(0), HAL_E_REMOVED);
    service.state = SCARD_STATE_PRESENT | 3u << 16;
    assert_int_equal(exchange(0), HAL_E_MUTE);
}

static void an_answer_has_two_to_258_bytes(void **state)
{
    (void)state;
    assert_int_equal(power_on(false), OK);
    service.answer_len = 258;
    assert_int_equal(exchange(0), OK);
    service.answer_len = 1;
    assert_int_equal(exchange(0), HAL_E_PROTOCOL);
    service.answer_len = 259; /* a service that says more than there was room for */
    assert_int_equal(exchange(0), E_LIMIT);
    service.answer_len = 70000;
    assert_int_equal(exchange(0), E_LIMIT);
}

static void presence_changes_are_seen(void **state)
{
    (void)state;
    bool now = false;
    assert_int_equal(look(false, &now), OK);
    assert_true(now);
    assert_int_equal(look(true, &now), OK);
    assert_true(now);
    service.state = SCARD_STATE_EMPTY | 2u << 16;
    assert_int_equal(look(true, &now), OK);
    assert_false(now);
    service.state = SCARD_STATE_PRESENT | SCARD_STATE_EXCLUSIVE | 3u << 16;
    assert_int_equal(look(false, &now), OK);
    assert_true(now);
    service.state = SCARD_STATE_PRESENT | 3u << 16; /* somebody let go of it */
    assert_int_equal(look(true, &now), OK);
    assert_true(now);
    service.state = SCARD_STATE_PRESENT | 5u << 16; /* out and in since the last look */
    assert_int_equal(look(true, &now), OK);
    assert_false(now);
    assert_int_equal(look(false, &now), OK);
    assert_true(now);
    assert_int_equal(r.ops->wait(r.ctx, true, 30, &now), OK); /* ends */
    assert_true(now);
}

static void a_reader_may_go_and_come_back(void **state)
{
    (void)state;
    bool now;
    service.state = SCARD_STATE_UNKNOWN;
    assert_int_equal(look(false, &now), HAL_E_IO);
    service.state = SCARD_STATE_PRESENT | 1u << 16;
    service.change = SCARD_E_UNKNOWN_READER;
    assert_int_equal(look(false, &now), HAL_E_IO);
    assert_non_null(strstr(r.ops->trouble(r.ctx), "not attached"));
    service.change = SCARD_S_SUCCESS;
    assert_int_equal(look(false, &now), OK);
    assert_true(now);
}

static void a_service_may_stop_and_start(void **state)
{
    (void)state;
    bool now;
    assert_int_equal(power_on(false), OK);
    service.change = service.establish = SCARD_E_NO_SERVICE;
    assert_int_equal(look(true, &now), HAL_E_IO);
    assert_int_equal(service.contexts, 0);
    assert_int_equal(service.cards, 0);
    assert_int_equal(exchange(0), HAL_E_IO); /* it was powered: this is not the caller's mistake */
    assert_int_equal(power_on(false), HAL_E_IO);
    assert_non_null(strstr(r.ops->trouble(r.ctx), "systemctl start pcscd.socket"));
    assert_int_equal(look(true, &now), HAL_E_IO);
    service.change = service.establish = SCARD_S_SUCCESS;
    assert_int_equal(look(true, &now), OK);
    assert_true(now);
    assert_int_equal(exchange(0), E_STATE);
    assert_int_equal(power_on(false), OK);
    assert_int_equal(exchange(0), OK);
}

static void a_card_that_is_held_for_a_moment_is_waited_for(void **state)
{
    (void)state;
    service.busy = 3;
    assert_int_equal(power_on(false), OK);
    assert_int_equal(service.connects, 4);
    assert_int_equal(r.ops->power_off(r.ctx), OK);
    service.busy = -1;
    assert_int_equal(power_on(false), HAL_E_IO);
    assert_string_equal(r.ops->trouble(r.ctx), "reader Reader A 00 00 is busy: another program holds it");
    service.busy = 0;
}

static void a_card_that_was_swapped_is_connected_anew(void **state)
{
    (void)state;
    assert_int_equal(power_on(false), OK);
    service.reconnect = SCARD_W_REMOVED_CARD;
    assert_int_equal(power_on(true), HAL_E_REMOVED);
    assert_int_equal(service.cards, 0);
    service.reconnect = SCARD_S_SUCCESS;
    assert_int_equal(power_on(false), OK);
    assert_int_equal(service.connects, 2);
    service.reconnect = SCARD_W_UNRESPONSIVE_CARD;
    assert_int_equal(power_on(false), HAL_E_MUTE); /* one try is one reset: how many there are is the core's affair */
    assert_int_equal(service.connects, 2);
    service.reconnect = SCARD_S_SUCCESS;
}

static void a_service_that_was_restarted_unseen_costs_no_try(void **state)
{
    (void)state;
    assert_int_equal(power_on(false), OK);
    service.stale = true; /* handles and contexts from before mean nothing to it */
    assert_int_equal(exchange(0), HAL_E_IO);
    assert_int_equal(power_on(false), OK);
    assert_int_equal(r.ops->power_off(r.ctx), OK);
    service.stale = true;
    assert_int_equal(power_on(false), OK);
    service.stale = true;
    assert_int_equal(power_on(false), OK);
    service.stale = true;
    assert_int_equal(power_on(true), HAL_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(resets_are_cold_or_warm, setup, teardown),
        cmocka_unit_test_setup_teardown(an_atr_has_two_to_33_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(the_protocol_is_the_one_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(every_value_has_its_meaning, setup, teardown),
        cmocka_unit_test_setup_teardown(silence_of_a_pulled_card_is_a_removal, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_has_two_to_258_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(presence_changes_are_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reader_may_go_and_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_service_may_stop_and_start, setup, teardown),
        cmocka_unit_test_setup_teardown(a_card_that_is_held_for_a_moment_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_service_that_was_restarted_unseen_costs_no_try, setup, teardown),
        cmocka_unit_test_setup_teardown(a_card_that_was_swapped_is_connected_anew, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
