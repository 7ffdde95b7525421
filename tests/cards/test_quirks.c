/* Answers of a card's own: which command gets one, and what leaves the engine alone. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/support.h"

#define SELECT "00A4040008" AID "00"
#define SELECT_PSE "00A404000E315041592E5359532E444446303100"

static uint16_t sent(struct bench *b, const char *hex)
{
    uint8_t command[APDU_MAX];
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), command, sizeof command, &len), OK);
    card_apdu(b->card, command, len, b->answer, &b->len);
    return rapdu_sw(b->answer, b->len);
}

static void a_command_that_begins_so_is_answered(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){.chip_extra = "\"quirks\":[{\"command\":\"80CA9F36\",\"answer\":\"6A88\"},"
                                                     "{\"command\":\"00B20114\",\"answer\":\"70009000\"}],"});
    assert_int_equal(sent(&b, SELECT), 0x9000);
    assert_int_equal(sent(&b, "80CA9F3600"), 0x6A88);
    assert_int_equal(sent(&b, "80CA9F1300"), 0x9000);
    assert_int_equal(sent(&b, "00B2011400"), 0x9000);
    assert_int_equal(b.len, 4);
    assert_int_equal(sent(&b, "00B2021400"), 0x6A83);
    bench_close(&b);
}

static void unless_leaves_it_alone(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){.chip_extra = "\"quirks\":[{\"command\":\"80A8\",\"unless\":\"80A80000028300\","
                                                     "\"answer\":\"6985\"}],"});
    assert_int_equal(sent(&b, SELECT), 0x9000);
    assert_int_equal(sent(&b, "80A8000003830100"), 0x6985);
    assert_int_equal(sent(&b, "80A8000002830000"), 0x9000);
    bench_close(&b);
}

/* `in`: from a SELECT of that name to the next one, or to the reset. */
static void a_row_with_in_counts_after_that_name(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, &(struct card_spec){.chip_extra =
                                           "\"quirks\":[{\"in\":\"" AID "\",\"command\":\"80CA\",\"answer\":\"6F00\"},"
                                           "{\"in\":\"315041592E5359532E4444463031\",\"command\":\"00B2010C\","
                                           "\"answer\":\"6982\"}],"});
    assert_int_equal(sent(&b, SELECT_PSE), 0x9000);
    assert_int_equal(sent(&b, "00B2010C00"), 0x6982);
    assert_int_equal(sent(&b, SELECT), 0x9000);
    assert_int_equal(sent(&b, "80CA9F3600"), 0x6F00);
    assert_int_equal(sent(&b, "00B2010C00"), 0x9000);
    card_reset(b.card);
    assert_int_equal(sent(&b, "80CA9F3600"), 0x6985);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_that_begins_so_is_answered),
        cmocka_unit_test(unless_leaves_it_alone),
        cmocka_unit_test(a_row_with_in_counts_after_that_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
