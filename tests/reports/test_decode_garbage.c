/* Nothing that comes in may crash a decoder: every prefix, every single changed nibble, masked runs, and noise.
 * Recorded sessions whole. */
#include "reports_test.h"

static const char *const seeds[] = {
    "3BF41300FF9101717C4100DEADBEEFE6",
    "6F598408A000000333010101A54D500A50424F432044454249548701019F38189F66049F02069F03069F1A0295055F2A029A039C019F37045F"
    "2D027A689F1101019F12"
    "0A50424F43204445424954BF0C0A9F4D020B0ADF4D020C0A9000",
    "80AE80001D0000000012000000000000000156000004800001562511210052BF458500",
    "774E82027C009F36020ADC57116299999999999999D201120101234567899F101307010103A00000010A010000038787868FD1FC9F2608AD03"
    "EE811AFAD4849000",
    "80128029CC001C29CCA15AE665FA2E06011203A0B8009000",
    "8E0E0000000000000BB842031E031F039F3403420300910A0102030405060708303072139F180400000001860D842400000811223344556677"
    "8899",
    "006E60052500006031003110010200302004C020C0981100000000000000005100183402100006324392260009942820D13121011200843931"
    "36363838303134303030"
    "303030303030303030303030313536ACF46E73838A82F926000000000000000008220000013732343839434143",
};

static void decode_all(const char *text)
{
    struct decode_state s = {.pdol = "9F0206", .cdol1 = "9F02069F3704", .cdol2 = "8A02FF"};
    cJSON_Delete(decode_any(text));
    cJSON_Delete(decode_tlv(text));
    cJSON_Delete(decode_atr(text));
    cJSON_Delete(decode_message(text));
    cJSON_Delete(decode_track2(text));
    cJSON_Delete(decode_apdu(text, text, &s));
    cJSON_Delete(decode_apdu("80AE800000", text, &s));
    cJSON_Delete(decode_apdu("80A8000000", text, &s));
}

static void test_prefixes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
        for (size_t len = 0; len <= strlen(seeds[i]); len++) {
            char *text = strndup(seeds[i], len);
            decode_all(text);
            free(text);
        }
}

static void test_changed_nibbles(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        char *text = strdup(seeds[i]);
        for (size_t at = 0; text[at]; at++) {
            char before = text[at];
            for (const char *to = "07F*"; *to; to++) {
                text[at] = *to;
                decode_all(text);
            }
            text[at] = before;
        }
        free(text);
    }
}

static void test_noise(void **state)
{
    char text[601];
    uint32_t x = 12345;
    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        size_t len = (x >> 8) % 300 * 2;
        for (size_t i = 0; i < len; i++) {
            x = x * 1664525 + 1013904223;
            text[i] = "0123456789ABCDEF*"[(x >> 16) % 17];
        }
        text[len] = '\0';
        decode_all(text);
    }
}

static void test_too_long(void **state)
{
    char *text = malloc(40001);
    (void)state;
    memset(text, '7', 40000);
    text[40000] = '\0';
    cJSON *t = decode_tlv(text);
    assert_note(t, "TLV", "longer than 16384 bytes");
    cJSON_Delete(t);
    assert_null(decode_any(text));
    free(text);
    cJSON_Delete(decode_apdu(NULL, NULL, NULL));
    decode_print(NULL, stdout);
}

/* Command and answer on lines of their own, as in the recordings of emv-bertlv and qpboc-kernel. */
static void test_recorded_sessions(void **state)
{
    static const char *const names[] = {"/emv-bertlv/contact-mastercard-second-session-in.txt",
                                        "/emv-bertlv/amex-cda-in.txt", "/qpboc-kernel/apdus-extracted.txt"};
    unsigned commands = 0;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char path[300], *rest = NULL, *command = NULL;
        struct decode_state s = {0};
        snprintf(path, sizeof path, "%s%s", TEST_TRACES, names[i]);
        char *text = file_text(path);
        if (!text) {
            print_message("%s is not here: skipped\n", path);
            skip();
        }
        for (char *line = strtok_r(text, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
            if (!command) {
                command = line;
                continue;
            }
            cJSON *t = decode_apdu(command, line, &s);
            commands += node_find(t, "SW") != NULL;
            assert_null(node_find(t, "not readable"));
            command = NULL;
            cJSON_Delete(t);
        }
        free(text);
    }
    assert_true(commands > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prefixes), cmocka_unit_test(test_changed_nibbles),   cmocka_unit_test(test_noise),
        cmocka_unit_test(test_too_long), cmocka_unit_test(test_recorded_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
