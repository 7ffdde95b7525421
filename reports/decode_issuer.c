/*
 * What card and issuer tell each other: issuer application data with the CVR of PBOC and VSDC (9F10), issuer
 * authentication data (91), issuer script results (9F5B, DF31). DOMAIN 2.1, 2.11; JR/T 0025.5.
 */
#include "reports/decode.h"

static const struct {
    uint8_t byte, mask;
    const char *name;
} cvr_bits[] = {
    {1, 0x08, "issuer authentication failed"},
    {1, 0x04, "offline PIN verification performed"},
    {1, 0x02, "offline PIN verification failed"},
    {1, 0x01, "unable to go online"},
    {2, 0x80, "last online transaction not completed"},
    {2, 0x40, "PIN try limit exceeded"},
    {2, 0x20, "velocity counters exceeded"},
    {2, 0x10, "new card"},
    {2, 0x08, "issuer authentication failed in the last online transaction"},
    {2, 0x04, "issuer authentication not performed after the last online authorisation"},
    {2, 0x02, "application blocked: PIN try limit exceeded"},
    {2, 0x01, "SDA failed in the last transaction"},
    {3, 0x08, "issuer script processing failed"},
    {3, 0x04, "DDA failed in the last transaction"},
    {3, 0x02, "DDA performed"},
    {3, 0x01, "PIN verification expected but not received"},
};

static void decode_cvr(cJSON *iad, struct decode_span cvr)
{
    static const char *const second[] = {"AAC", "TC", "not requested", "reserved"};
    static const char *const first[] = {"AAC", "TC", "ARQC", "reserved"};
    cJSON *node = decode_add_span(iad, "card verification results", cvr);
    const uint8_t *b = cvr.bytes;
    decode_add(node, "second GENERATE AC", NULL, second[b[1] >> 6]);
    decode_add(node, "first GENERATE AC", NULL, first[b[1] >> 4 & 3]);
    for (size_t i = 0; i < sizeof cvr_bits / sizeof *cvr_bits; i++) {
        char where[24];
        if (!(b[cvr_bits[i].byte] & cvr_bits[i].mask))
            continue;
        unsigned bit = 8;
        while (cvr_bits[i].mask != 1u << (bit - 1))
            bit--;
        snprintf(where, sizeof where, "B%ub%u", cvr_bits[i].byte + 1u, bit);
        decode_add(node, where, NULL, cvr_bits[i].name);
    }
    if (b[3] >> 4)
        decode_note(decode_add(node, "issuer scripts", NULL, NULL), "%u", b[3] >> 4);
}

void decode_iad(cJSON *node, uint32_t tag, struct decode_span value)
{
    (void)tag;
    if (value.len < 7 || value.bytes[0] < 6 || value.bytes[0] >= value.len || value.bytes[3] != 3) {
        decode_note(node, "in the issuer's own form");
        return;
    }
    size_t head = 1u + value.bytes[0];
    decode_add_span(node, "derivation key index", decode_part(value, 1, 1));
    decode_add_span(node, "cryptogram version", decode_part(value, 2, 1));
    decode_cvr(node, decode_part(value, 3, 4));
    if (head > 7)
        decode_note(decode_add_span(node, "algorithm", decode_part(value, 7, head - 7)), "%s",
                    value.bytes[7] == 0x01   ? "TDES"
                    : value.bytes[7] == 0x04 ? "SM4"
                                             : "");
    if (head < value.len)
        decode_add_span(node, "issuer discretionary data", decode_part(value, head, value.len));
}

static void decode_csu(cJSON *node, struct decode_span csu)
{
    static const struct {
        uint8_t mask;
        const char *name;
    } bits[] = {
        {0x80, "issuer approves online transaction"},
        {0x40, "card block"},
        {0x20, "application block"},
        {0x10, "update PIN try counter"},
        {0x08, "set go online on next transaction"},
        {0x04, "created by a proxy for the issuer"},
    };
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (csu.bytes[1] & bits[i].mask)
            decode_note(node, "%s", bits[i].name);
}

void decode_arpc(cJSON *node, uint32_t tag, struct decode_span value)
{
    char arc[3];
    (void)tag;
    if (value.len == 10) {
        decode_note(node, "method 1");
        decode_add_span(node, "ARPC", decode_part(value, 0, 8));
        decode_chars(decode_part(value, 8, 2), arc, sizeof arc);
        decode_note(decode_add_span(node, "authorisation response code", decode_part(value, 8, 2)), "%s", arc);
    } else if (value.len == 8) {
        decode_note(node, "method 2");
        decode_add_span(node, "ARPC", decode_part(value, 0, 4));
        decode_csu(decode_add_span(node, "card status update", decode_part(value, 4, 4)), decode_part(value, 4, 4));
    }
}

void decode_script_results(cJSON *node, uint32_t tag, struct decode_span value)
{
    static const char *const outcomes[] = {"not performed", "failed", "successful"};
    (void)tag;
    for (size_t i = 0; i + 5 <= value.len; i += 5) {
        unsigned outcome = value.bytes[i] >> 4, command = value.bytes[i] & 0x0F;
        cJSON *child = decode_add_span(node, "script", decode_part(value, i, 5));
        decode_note(child, "%s", outcome < 3 ? outcomes[outcome] : "reserved");
        if (outcome == 1 && command)
            decode_note(child, "at command %u%s", command, command == 15 ? " or later" : "");
    }
    if (value.len % 5)
        decode_note(node, "not a multiple of 5 bytes");
}
