/* A recorded qPBOC session (traces/qpboc-kernel, beside the tree; skipped where it is not): the kernel is given what
 * the card said, asks for the same, and understands the answer. */
#include "tests/core/emv/contactless/air.h"

#include <ctype.h>
#include <stdio.h>

#define LINES 6
#define LINE_MAX 600

static char line[LINES][LINE_MAX];

static int load(void **state)
{
    FILE *file = fopen(TEST_TRACES "/qpboc-kernel/apdus-extracted.txt", "r");
    (void)state;
    size_t count = 0;
    while (file && count < LINES && fgets(line[count], LINE_MAX, file)) {
        line[count][strcspn(line[count], "\r\n ")] = '\0';
        count += line[count][0] != '\0';
    }
    if (file)
        fclose(file);
    return count == LINES ? 0 : 1;
}

/* covers: 3.9 qPBOC online, recorded */
static void the_recorded_session_is_understood(void **state)
{
    struct air a;
    const uint8_t *value;
    size_t len;
    if (load(state))
        skip();
    const struct air_step steps[] = {{line[0], line[1], OK}, {line[2], line[3], OK}, {line[4], line[5], OK}};
    air_init(&a, steps);
    assert_int_equal(air_tap(&a), OK);
    assert_int_equal(a.emv.decision, EMV_ONLINE);
    assert_int_equal(a.emv.cvm, EMV_CVM_NONE);
    assert_int_equal(emv_get(&a.emv, 0x9F36, &value, &len), OK);
    assert_int_equal(value[0] << 8 | value[1], 0x0ADC);
    assert_non_null(emv_fixed(&a.emv, 0x9F26, 8));
    assert_non_null(emv_fixed(&a.emv, 0x9F6C, 2));
    contactless_end(&a.kernel);
}

/* Every answer cut at every byte: a named outcome, nothing else. */
static void no_cut_of_it_does_harm(void **state)
{
    struct air a;
    if (load(state))
        skip();
    for (unsigned which = 1; which < LINES; which += 2) {
        char cut[LINE_MAX];
        for (size_t len = 4; len + 4 < strlen(line[which]); len += 2) {
            snprintf(cut, sizeof cut, "%.*s9000", (int)len, line[which]);
            struct air_step steps[] = {{NULL, line[1], OK}, {NULL, line[3], OK}, {NULL, line[5], OK}};
            steps[which / 2].answer = cut;
            air_init(&a, steps);
            assert_true(air_tap(&a) > 0);
            contactless_end(&a.kernel);
        }
    }
}

/* Every byte of every answer changed in several ways: whatever comes of it has a name. */
static void no_changed_byte_does_harm(void **state)
{
    static const char digits[] = "0178CF";
    struct air a;
    if (load(state))
        skip();
    for (unsigned which = 1; which < LINES; which += 2) {
        for (size_t at = 0; line[which][at]; at++) {
            for (size_t d = 0; digits[d]; d++) {
                char changed[LINE_MAX];
                snprintf(changed, sizeof changed, "%s", line[which]);
                changed[at] = digits[d];
                struct air_step steps[] = {
                    {NULL, line[1], OK}, {NULL, line[3], OK}, {NULL, line[5], OK}, {NULL, "6A82", OK}};
                steps[which / 2].answer = changed;
                air_init(&a, steps);
                assert_true(air_tap(&a) >= 0);
                contactless_end(&a.kernel);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_recorded_session_is_understood),
                                       cmocka_unit_test(no_cut_of_it_does_harm),
                                       cmocka_unit_test(no_changed_byte_does_harm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
