/* CVM list (8E) and CVM results (9F34): EMV Book 3 annex C3, Book 4 annex A4; DOMAIN 2.8. */
#include "reports/decode.h"

static const struct {
    uint8_t code;
    const char *name;
} methods[] = {
    {0x00, "fail CVM processing"},
    {0x01, "plaintext offline PIN"},
    {0x02, "enciphered online PIN"},
    {0x03, "plaintext offline PIN and signature"},
    {0x04, "enciphered offline PIN"},
    {0x05, "enciphered offline PIN and signature"},
    {0x1E, "signature"},
    {0x1F, "no CVM required"},
    {0x20, "identity document (PBOC)"},
    {0x3F, "none performed"},
};

static const char *const conditions[] = {
    "always",
    "if unattended cash",
    "if not unattended cash, manual cash or cashback",
    "if the terminal supports the CVM",
    "if manual cash",
    "if purchase with cashback",
    "if in the application currency and under X",
    "if in the application currency and over X",
    "if in the application currency and under Y",
    "if in the application currency and over Y",
};

static const char *method_name(uint8_t code)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (methods[i].code == (code & 0x3F))
            return methods[i].name;
    return "unrecognised method";
}

static const char *condition_name(uint8_t code)
{
    return code < sizeof conditions / sizeof *conditions ? conditions[code] : "unrecognised condition";
}

void decode_cvm_list(cJSON *node, uint32_t tag, struct decode_span value)
{
    (void)tag;
    if (value.len < 8 || value.len % 2) {
        decode_note(node, "malformed: two amounts of 4 bytes, then pairs");
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        struct decode_span amount = decode_part(value, 4 * i, 4);
        unsigned long cents = decode_number(amount);
        decode_note(decode_add_span(node, i ? "amount Y" : "amount X", amount), "%lu.%02lu", cents / 100, cents % 100);
    }
    for (size_t i = 8; i < value.len; i += 2) {
        const uint8_t *rule = value.bytes + i;
        cJSON *child = decode_add_span(node, "rule", decode_part(value, i, 2));
        decode_note(child, "%s, %s; if it fails: %s", method_name(rule[0]), condition_name(rule[1]),
                    rule[0] & 0x40 ? "next rule" : "CVM has failed");
    }
}

void decode_cvm_results(cJSON *node, uint32_t tag, struct decode_span value)
{
    static const char *const results[] = {"unknown", "failed", "successful"};
    (void)tag;
    if (value.len != 3)
        return;
    uint8_t result = value.bytes[2];
    decode_note(node, "%s, %s", method_name(value.bytes[0]), result < 3 ? results[result] : "reserved result");
    decode_note(decode_add_span(node, "method", decode_part(value, 0, 1)), "%s", method_name(value.bytes[0]));
    decode_note(decode_add_span(node, "condition", decode_part(value, 1, 1)), "%s", condition_name(value.bytes[1]));
    decode_note(decode_add_span(node, "result", decode_part(value, 2, 1)), "%s",
                result < 3 ? results[result] : "reserved");
}
