/* Exchanges at each level, every lie that a reader can tell, and a bus that fails. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/hw/ccid/model.h"

static const uint8_t read_record[5] = {0x00, 0xB2, 0x01, 0x0C, 0x00};

static struct ccid *powered(struct model *m, uint32_t features, uint32_t max_message)
{
    struct ccid *c = model_reader(m, features, max_message, 7);
    uint8_t atr[HAL_ATR_MAX];
    size_t len = 0;
    assert_non_null(c);
    assert_int_equal(ccid_power_on(c, false, atr, &len), OK);
    *m->log = 0;
    m->executed = 0;
    return c;
}

static int send(struct ccid *c, int protocol, size_t *len)
{
    uint8_t answer[HAL_RPDU_MAX];
    *len = 0;
    return ccid_exchange(c, protocol, read_record, sizeof read_record, answer, sizeof answer, len);
}

static void told(const struct ccid *c, const char *part)
{
    if (!strstr(ccid_trouble(c), part))
        fail_msg("trouble is \"%s\", not \"%s\"", ccid_trouble(c), part);
}

static void test_levels(void **state)
{
    (void)state;
    const struct {
        uint32_t features, max_message;
        const char *atr;
        size_t answer, piece;
        unsigned transfers;
    } table[] = {
        {TPDU | AUTO, 271, MODEL_ATR_T0, 258, 0, 1},         {TPDU | AUTO, 271, MODEL_ATR_T1, 200, 0, 2},
        {TPDU | AUTO | 0x400, 271, MODEL_ATR_T1, 200, 0, 1}, {SHORT | AUTO, 271, MODEL_ATR_T0, 258, 0, 1},
        {SHORT | AUTO, 271, MODEL_ATR_T1, 258, 258, 1},      {EXTENDED | AUTO, 65554, MODEL_ATR_T1, 258, 258, 1},
        {EXTENDED | AUTO, 64, MODEL_ATR_T1, 258, 54, 5},     {EXTENDED | AUTO, 64, MODEL_ATR_T0, 258, 54, 5},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct model m = {.atr = table[i].atr, .answer_len = table[i].answer, .piece = table[i].piece};
        struct ccid *c = powered(&m, table[i].features, table[i].max_message);
        size_t len;
        int protocol = strcmp(table[i].atr, MODEL_ATR_T1) == 0;
        assert_int_equal(send(c, protocol, &len), OK);
        assert_int_equal(len, table[i].answer);
        assert_int_equal(strlen(m.log) / 3, table[i].transfers);
        assert_int_equal(send(c, !protocol, &len), E_STATE);
        ccid_destroy(c);
    }
}

/* A command of 261 bytes in messages of 64: BEGINS, GOES_ON, ENDS. */
static void test_command_in_pieces(void **state)
{
    (void)state;
    struct model m = {.atr = MODEL_ATR_T1, .piece = 54};
    struct ccid *c = powered(&m, EXTENDED | AUTO, 64);
    uint8_t command[HAL_TPDU_MAX] = {0, 0xDA, 0, 0, 0xFF}, answer[HAL_RPDU_MAX];
    size_t len = 0;
    assert_int_equal(ccid_exchange(c, 1, command, sizeof command, answer, sizeof answer, &len), OK);
    assert_string_equal(m.log, "6F 6F 6F 6F 6F ");
    assert_int_equal(m.last[8], 2);
    assert_int_equal(m.last_len, 261 - 4 * 54 + CCID_HEADER);
    assert_int_equal(m.executed, 1);
    ccid_destroy(c);
    m = (struct model){0};
    c = powered(&m, TPDU | AUTO, 64); /* a T=0 command cannot be cut */
    assert_int_equal(ccid_exchange(c, 0, command, 260, answer, sizeof answer, &len), E_LIMIT);
    told(c, "does not fit");
    assert_string_equal(m.log, "");
    ccid_destroy(c);
}

static void claims_more(uint8_t *message, size_t *len)
{
    (void)len;
    message[2] = 2;
}
static void claims_huge(uint8_t *message, size_t *len)
{
    (void)len;
    memset(message + 1, 0xFF, 4);
}
static void claims_less(uint8_t *message, size_t *len)
{
    (void)len;
    message[1] = 1;
}
static void no_header(uint8_t *message, size_t *len)
{
    (void)message;
    *len = 9;
}
static void nothing(uint8_t *message, size_t *len)
{
    (void)message;
    *len = 0;
}
static void too_much(uint8_t *message, size_t *len)
{
    (void)message;
    *len = 600;
}
static void other_slot(uint8_t *message, size_t *len)
{
    (void)len;
    message[5] = 3;
}
static void from_ahead(uint8_t *message, size_t *len)
{
    (void)len;
    message[6]++;
}
static void other_type(uint8_t *message, size_t *len)
{
    (void)len;
    message[0] = 0x83;
}
static void status_as_data(uint8_t *message, size_t *len)
{
    message[0] = 0x81;
    message[1] = 0;
    *len = CCID_HEADER;
}
static void reserved_bits(uint8_t *message, size_t *len)
{
    (void)len;
    message[7] = 0x04;
}
static void reserved_command(uint8_t *message, size_t *len)
{
    (void)len;
    message[7] = 0xC0;
}
static void reserved_icc(uint8_t *message, size_t *len)
{
    (void)len;
    message[7] = 0x03;
}
static void one_byte(uint8_t *message, size_t *len)
{
    message[1] = 1;
    *len = CCID_HEADER + 1;
}

static void test_lies(void **state)
{
    (void)state;
    const struct {
        void (*lie)(uint8_t *, size_t *);
        const char *told;
    } table[] = {
        {claims_more, "claims 514 bytes, 2 came"},
        {claims_huge, "claims 4294967295 bytes, 2 came"},
        {claims_less, "claims 1 bytes, 2 came"},
        {no_header, "answer of 9 bytes"},
        {nothing, "answer of 0 bytes"},
        {too_much, "more than the 271 bytes"},
        {other_slot, "slot 3"},
        {from_ahead, "sequence number"},
        {other_type, "type 0x83 to XfrBlock"},
        {status_as_data, "type 0x81 to XfrBlock"},
        {reserved_bits, "status 0x04"},
        {reserved_command, "status 0xC0"},
        {reserved_icc, "status 0x03"},
        {one_byte, "status bytes"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct model m = {0};
        struct ccid *c = powered(&m, TPDU | AUTO, 271);
        size_t len;
        m.lie_type = 0x6F;
        m.lie = table[i].lie;
        m.lies = 1;
        assert_int_equal(send(c, 0, &len), HAL_E_PROTOCOL);
        told(c, table[i].told);
        assert_int_equal(m.executed, 1); /* never sent twice */
        assert_int_equal(send(c, 0, &len), OK);
        assert_int_equal(m.aborts, i + 1 < sizeof table / sizeof *table); /* back into step before it */
        ccid_destroy(c);
    }
}

static void test_answer_too_long(void **state)
{
    (void)state;
    struct model m = {.answer_len = 259};
    struct ccid *c = powered(&m, TPDU | AUTO, 400);
    size_t len;
    assert_int_equal(send(c, 0, &len), E_LIMIT);
    ccid_destroy(c);
    m = (struct model){.atr = MODEL_ATR_T1, .answer_len = 500, .piece = 54};
    c = powered(&m, EXTENDED | AUTO, 64);
    assert_int_equal(send(c, 1, &len), E_LIMIT);
    m.answer_len = 2;
    assert_int_equal(send(c, 1, &len), OK);
    ccid_destroy(c);
}

static void bad_chain(uint8_t *message, size_t *len)
{
    (void)len;
    message[9] = 0x02;
}

static void test_chain_out_of_order(void **state)
{
    (void)state;
    struct model m = {.atr = MODEL_ATR_T1, .piece = 54, .lie_type = 0x6F, .lie = bad_chain};
    struct ccid *c = powered(&m, EXTENDED | AUTO, 64);
    size_t len;
    m.lies = 1;
    assert_int_equal(send(c, 1, &len), HAL_E_PROTOCOL);
    told(c, "chain parameter 0x02");
    ccid_destroy(c);
}

static void test_stale(void **state)
{
    (void)state;
    struct model m = {0};
    struct ccid *c = powered(&m, TPDU | AUTO, 271);
    size_t len;
    m.stale = 8;
    assert_int_equal(send(c, 0, &len), OK);
    m.stale = 9;
    assert_int_equal(send(c, 0, &len), HAL_E_PROTOCOL);
    told(c, "older commands");
    ccid_destroy(c);
}

static void test_time(void **state)
{
    (void)state;
    struct model m = {0};
    struct ccid *c = powered(&m, TPDU | AUTO, 271);
    size_t len;
    m.extensions = 3;
    assert_int_equal(send(c, 0, &len), OK);
    m.extensions = 1000000;
    uint64_t from_ms = m.now_ms;
    assert_int_equal(send(c, 0, &len), HAL_E_MUTE);
    told(c, "more time");
    assert_in_range(m.now_ms - from_ms, 24000, 26000);
    m.extensions = 0;
    m.head = m.tail;
    m.fault_type = 0x6F;
    m.fault_in = HAL_E_TIMEOUT;
    m.faults = 1;
    m.swallow = true;
    assert_int_equal(send(c, 0, &len), HAL_E_MUTE);
    told(c, "did not answer XfrBlock within");
    assert_int_equal(send(c, 0, &len), OK);
    ccid_destroy(c);
}

/* Stalls: what is the reader's own is sent again, what is the card's only if the reader refused it. */
static void test_stalls(void **state)
{
    (void)state;
    size_t len;
    const struct {
        uint8_t type;
        int out, in;
        unsigned faults;
        bool swallow;
        int power_rc, send_rc;
        unsigned executed;
    } table[] = {
        {0x65, HAL_E_IO, 0, 1, false, OK, OK, 1},
        {0x65, 0, HAL_E_IO, 1, true, OK, OK, 1},
        {0x62, HAL_E_IO, 0, 1, false, OK, OK, 1},
        {0x62, 0, HAL_E_IO, 1, true, OK, OK, 1},
        {0x62, HAL_E_IO, 0, 9, false, HAL_E_IO, E_STATE, 0},
        {0x6F, HAL_E_IO, 0, 1, false, OK, OK, 1},
        {0x6F, HAL_E_IO, 0, 2, false, OK, HAL_E_IO, 0},
        {0x6F, HAL_E_TIMEOUT, 0, 1, false, OK, HAL_E_IO, 0},
        {0x6F, 0, HAL_E_IO, 1, false, OK, OK, 1},      /* the answer was still there */
        {0x6F, 0, HAL_E_IO, 1, true, OK, HAL_E_IO, 1}, /* it was not: the command is not sent again */
        {0x6F, 0, HAL_E_IO, 2, true, OK, HAL_E_IO, 1},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (int no_abort = 0; no_abort < 2; no_abort++) {
            struct model m = {.fault_type = table[i].type, .fault_out = table[i].out, .fault_in = table[i].in};
            struct ccid *c = model_reader(&m, TPDU | AUTO, 271, 7);
            uint8_t atr[HAL_ATR_MAX];
            m.faults = table[i].faults;
            m.swallow = table[i].swallow;
            m.no_abort = no_abort;
            assert_int_equal(ccid_power_on(c, false, atr, &len), table[i].power_rc);
            m.executed = 0;
            assert_int_equal(send(c, 0, &len), table[i].send_rc);
            assert_int_equal(m.executed, table[i].executed);
            if (no_abort)
                assert_null(strstr(m.log, "72"));
            if (table[i].out != HAL_E_TIMEOUT)
                assert_true(m.clears > 0);
            m.faults = 0;
            if (table[i].power_rc == OK)
                assert_int_equal(send(c, 0, &len), OK);
            ccid_destroy(c);
        }
}

/* The out pipe stalled, and yet the reader had the command: it may have run, so it is not sent again. */
static void test_stalled_and_answered(void **state)
{
    (void)state;
    struct model m = {.fault_type = 0x6F, .late = true};
    struct ccid *c = powered(&m, TPDU | AUTO, 271);
    size_t len;
    m.fault_out = HAL_E_IO;
    m.faults = 1;
    assert_int_equal(send(c, 0, &len), HAL_E_IO);
    told(c, "answered it all the same");
    assert_int_equal(m.executed, 0);
    assert_int_equal(send(c, 0, &len), OK);
    ccid_destroy(c);
}

/* The card's waiting times at 4 MHz: T=0 6 x 893 ms and the characters, T=1 BWI 4 is 1429 ms; a second for the reader.
 */
static void test_waiting_times(void **state)
{
    (void)state;
    struct model m = {0};
    struct ccid *c = powered(&m, TPDU | AUTO, 271);
    size_t len;
    assert_int_equal(send(c, 0, &len), OK);
    assert_in_range(m.in_timeout_ms, 6358, 7000);
    ccid_destroy(c);
    m = (struct model){.atr = MODEL_ATR_T1};
    c = powered(&m, TPDU | AUTO, 271);
    assert_int_equal(send(c, 1, &len), OK);
    assert_in_range(m.in_timeout_ms, 2429, 3400);
    ccid_destroy(c);
}

static void test_unplugged(void **state)
{
    (void)state;
    for (int in = 0; in < 2; in++) {
        struct model m = {.fault_type = 0x6F, .faults = 0};
        struct ccid *c = powered(&m, TPDU | AUTO, 271);
        size_t len;
        m.fault_out = in ? 0 : HAL_E_ABSENT;
        m.fault_in = in ? HAL_E_ABSENT : 0;
        m.faults = 1;
        assert_int_equal(send(c, 0, &len), HAL_E_IO);
        told(c, "unplugged");
        ccid_destroy(c);
    }
}

static void test_slot_errors(void **state)
{
    (void)state;
    const struct {
        uint8_t error;
        int rc;
        const char *told;
    } table[] = {{0xFE, HAL_E_MUTE, "0xFE (ICC_MUTE)"}, {0xFD, HAL_E_PROTOCOL, "XFR_PARITY_ERROR"},
                 {0xFB, HAL_E_IO, "HW_ERROR"},          {0xF4, HAL_E_PROTOCOL, "PROCEDURE_BYTE_CONFLICT"},
                 {0x90, HAL_E_IO, "reader's own"},      {0x07, HAL_E_IO, "a parameter refused"}};
    size_t len;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct model m = {.fail_type = 0x6F, .fail_error = table[i].error, .fails = 1};
        struct ccid *c = powered(&m, TPDU | AUTO, 271);
        assert_int_equal(send(c, 0, &len), table[i].rc);
        told(c, table[i].told);
        ccid_destroy(c);
    }
    struct model m = {.fail_type = 0x6F, .fail_error = 0xE0, .fails = 3};
    struct ccid *c = powered(&m, TPDU | AUTO, 271);
    assert_int_equal(send(c, 0, &len), OK); /* busy three times */
    m.fails = 99;
    assert_int_equal(send(c, 0, &len), HAL_E_IO);
    told(c, "CMD_SLOT_BUSY");
    m.fails = 0;
    m.absent = true;
    assert_int_equal(send(c, 0, &len), HAL_E_REMOVED);
    told(c, "taken out");
    assert_int_equal(send(c, 0, &len), E_STATE);
    ccid_destroy(c);
    m = (struct model){.atr = MODEL_ATR_T1};
    c = powered(&m, TPDU | AUTO, 271);
    m.absent = true;
    assert_int_equal(send(c, 1, &len), HAL_E_REMOVED);
    ccid_destroy(c);
    /* T=1 asks again for a block that was garbled. */
    m = (struct model){.atr = MODEL_ATR_T1, .fail_type = 0x6F, .fail_error = 0xFD, .fails = 1};
    c = powered(&m, TPDU | AUTO, 271);
    assert_int_equal(send(c, 1, &len), OK);
    ccid_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_command_in_pieces),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_answer_too_long),
        cmocka_unit_test(test_chain_out_of_order),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_stalls),
        cmocka_unit_test(test_stalled_and_answered),
        cmocka_unit_test(test_waiting_times),
        cmocka_unit_test(test_unplugged),
        cmocka_unit_test(test_slot_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
