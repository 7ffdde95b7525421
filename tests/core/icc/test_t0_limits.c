/*
 * T=0 at its limits (EMV Book 1 9.3.1 and annex A; DOMAIN 3.2): answers of 256 bytes in one piece and in several, one
 * byte more, and warnings before and behind the data.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/icc/t0_card.h"

#include <stdio.h>

/* `len` bytes AA and a status word, as hex. */
static const char *data(char out[2 * 300 + 1], size_t len, const char *sw)
{
    for (size_t i = 0; i < len; i++)
        memcpy(out + 2 * i, "AA", 2);
    strcpy(out + 2 * len, sw);
    return out;
}

/* covers: 3.2 cases, 3.2 procedure bytes: an answer has room for 256 bytes, in one piece or in several, and for no more
 */
static void test_room(void **state)
{
    (void)state;
    char one[601], two[601], all[601];
    const char *select = "00A4040001AA00", *tpdu = "00A4040001AA";
    expect((struct step[]){{"00B2010C00", data(one, 256, "9000"), 0}, {0}}, "00B2010C00", OK, one);
    expect((struct step[]){{tpdu, "6100", 0}, {"00C0000000", data(one, 256, "9000"), 0}, {0}}, select, OK, one);
    for (size_t len = 254; len < 262; len++) {
        char rest[11];
        snprintf(rest, sizeof rest, "00C00000%02X", (unsigned)(len - 200));
        const struct step steps[] = {
            {tpdu, "61C8", 0}, {"00C00000C8", data(one, 200, "6138"), 0}, {rest, data(two, len - 200, "9000"), 0}, {0}};
        snprintf(one + 400, 5, "61%s", rest + 8);
        bool fits = len <= 256;
        expect(steps, select, fits ? OK : ICC_PROTOCOL, fits ? data(all, len, "9000") : "");
    }
}

/* covers: 3.2 warning: 62xx and 63xx to a command with data are kept, whatever follows; and only those are */
static void test_warnings_in_pieces(void **state)
{
    (void)state;
    const char *select = "00A4040001AA00", *tpdu = "00A4040001AA";
    expect((struct step[]){{tpdu, "62FF", 0}, {"00C0000000", "6102", 0}, {"00C0000002", "6F009000", 0}, {0}}, select,
           OK, "6F0062FF");
    expect((struct step[]){{tpdu, "63C2", 0}, {"00C0000000", "6C02", 0}, {"00C0000002", "6F006283", 0}, {0}}, select,
           OK, "6F0063C2");
    expect((struct step[]){{tpdu, "6102", 0}, {"00C0000002", "6F006283", 0}, {0}}, select, OK, "6F006283");
    expect((struct step[]){{tpdu, "6400", 0}, {0}}, select, OK, "6400");
    expect((struct step[]){{tpdu, "6A82", 0}, {0}}, select, OK, "6A82");
    expect((struct step[]){{tpdu, "6102", 0}, {"00C0000002", "6A82", 0}, {0}}, select, OK, "6A82");
    expect((struct step[]){{"0082000001AA", "6283", 0}, {0}}, "0082000001AA", OK, "6283"); /* no data is due */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_warnings_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
