/*
 * What a primitive object says in words: one row a tag. Objects without a row are shown as hex, or as text where the
 * dictionary says that they are text. Masked objects keep their stars; nothing is concluded from digits that are not
 * there.
 */
#include "reports/decode.h"

#include "core/codec/iso8583.h"

#include <string.h>

#define TEXT_MAX 128

static void amount(cJSON *node, uint32_t tag, struct decode_span v)
{
    char digits[24], text[32];
    (void)tag;
    decode_digits(v, 0, 2 * v.len, digits, sizeof digits);
    decode_amount(digits, text, sizeof text);
    if (*text)
        decode_note(node, "%s", text);
}

static void amount_binary(cJSON *node, uint32_t tag, struct decode_span v)
{
    unsigned long cents = decode_number(v);
    (void)tag;
    decode_note(node, "%lu.%02lu", cents / 100, cents % 100);
}

static void count(cJSON *node, uint32_t tag, struct decode_span v)
{
    (void)tag;
    if (v.len <= 4)
        decode_note(node, "%lu", decode_number(v));
}

static void date(cJSON *node, uint32_t tag, struct decode_span v)
{
    char d[7];
    (void)tag;
    decode_digits(v, 0, 6, d, sizeof d);
    if (v.len == 3 && strspn(d, "0123456789") == 6)
        decode_note(node, "%s%.2s-%.2s-%.2s", d[0] < '5' ? "20" : "19", d, d + 2, d + 4);
}

static void time_of_day(cJSON *node, uint32_t tag, struct decode_span v)
{
    char d[7];
    (void)tag;
    decode_digits(v, 0, 6, d, sizeof d);
    if (v.len == 3)
        decode_note(node, "%.2s:%.2s:%.2s", d, d + 2, d + 4);
}

static void code(cJSON *node, uint32_t tag, struct decode_span v)
{
    static const struct {
        uint32_t tag;
        enum decode_code kind;
    } kinds[] = {
        {0x5F28, CODE_COUNTRY},  {0x9F1A, CODE_COUNTRY},   {0x5F2A, CODE_CURRENCY},
        {0x9F42, CODE_CURRENCY}, {0x9C, CODE_TRANSACTION}, {0x9F39, CODE_ENTRY},
    };
    char digits[8];
    decode_digits(v, 0, 2 * v.len, digits, sizeof digits);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].tag == tag && *decode_code(kinds[i].kind, digits))
            decode_note(node, "%s", decode_code(kinds[i].kind, digits));
}

static void terminal_type(cJSON *node, uint32_t tag, struct decode_span v)
{
    static const char *const owners[] = {"", "financial institution", "merchant", "cardholder"};
    char digits[3];
    (void)tag;
    decode_digits(v, 0, 2, digits, sizeof digits);
    if (digits[0] >= '1' && digits[0] <= '3' && *decode_code(CODE_TERMINAL, digits + 1))
        decode_note(node, "%s, operated by the %s", decode_code(CODE_TERMINAL, digits + 1), owners[digits[0] - '0']);
}

static void aid(cJSON *node, uint32_t tag, struct decode_span v)
{
    char text[TEXT_MAX];
    (void)tag;
    if (*decode_aid(v))
        decode_note(node, "%s", decode_aid(v));
    else if (v.len && decode_chars(v, text, sizeof text))
        decode_note(node, "%s", text);
}

static void pan(cJSON *node, uint32_t tag, struct decode_span v)
{
    char digits[2 * 16 + 1];
    (void)tag;
    decode_digits(v, 0, 2 * v.len, digits, sizeof digits);
    digits[strcspn(digits, "F")] = '\0';
    decode_note(node, "%s", digits);
}

static void track2(cJSON *node, uint32_t tag, struct decode_span v)
{
    char digits[64];
    (void)tag;
    decode_digits(v, 0, 2 * v.len, digits, sizeof digits);
    decode_track_digits(node, digits);
}

static void response(cJSON *node, uint32_t tag, struct decode_span v)
{
    static const char *const own[][2] = {
        {"Y1", "offline approved"},
        {"Z1", "offline declined"},
        {"Y3", "unable to go online, approved"},
        {"Z3", "unable to go online, declined"},
    };
    char arc[3];
    (void)tag;
    if (v.len != 2 || !decode_chars(v, arc, sizeof arc))
        return;
    const char *text = iso_response(arc)->text_en;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(arc, own[i][0]) == 0)
            text = own[i][1];
    decode_note(node, "%s: %s", arc, text);
}

static void priority(cJSON *node, uint32_t tag, struct decode_span v)
{
    (void)tag;
    if (v.len == 1)
        decode_note(node, "priority %u%s", v.bytes[0] & 0x0F, v.bytes[0] & 0x80 ? "; cardholder must confirm" : "");
}

static void log_entry(cJSON *node, uint32_t tag, struct decode_span v)
{
    (void)tag;
    if (v.len == 2)
        decode_note(node, "SFI %u, %u records", v.bytes[0], v.bytes[1]);
}

static void tag_list(cJSON *node, uint32_t tag, struct decode_span v)
{
    size_t at = 0;
    uint32_t listed;
    (void)tag;
    while (at < v.len && tlv_read_tag(v.bytes, v.len, &at, &listed) == OK) {
        char name[120];
        decode_tag_name(listed, name, sizeof name);
        decode_add(node, name, NULL, NULL);
    }
}

static void dol(cJSON *node, uint32_t tag, struct decode_span v)
{
    (void)tag;
    decode_dol(node, v);
}

static void script_command(cJSON *node, uint32_t tag, struct decode_span v)
{
    char title[200];
    (void)tag;
    if (decode_command(node, v, NULL, title, sizeof title))
        decode_note(node, "%s", title);
}

static const struct {
    uint32_t tag;
    void (*explain)(cJSON *node, uint32_t tag, struct decode_span value);
} meanings[] = {
    {0x4F, aid},
    {0x57, track2},
    {0x5A, pan},
    {0x81, amount_binary},
    {0x82, decode_bits},
    {0x84, aid},
    {0x86, script_command},
    {0x87, priority},
    {0x88, count},
    {0x8A, response},
    {0x8C, dol},
    {0x8D, dol},
    {0x8E, decode_cvm_list},
    {0x91, decode_arpc},
    {0x94, decode_afl},
    {0x95, decode_bits},
    {0x97, dol},
    {0x9A, date},
    {0x9B, decode_bits},
    {0x9C, code},
    {0x9D, aid},
    {0x5F24, date},
    {0x5F25, date},
    {0x5F28, code},
    {0x5F2A, code},
    {0x9F02, amount},
    {0x9F03, amount},
    {0x9F04, amount_binary},
    {0x9F06, aid},
    {0x9F07, decode_bits},
    {0x9F0D, decode_bits},
    {0x9F0E, decode_bits},
    {0x9F0F, decode_bits},
    {0x9F10, decode_iad},
    {0x9F13, count},
    {0x9F14, count},
    {0x9F17, count},
    {0x9F1A, code},
    {0x9F1B, amount_binary},
    {0x9F21, time_of_day},
    {0x9F23, count},
    {0x9F27, decode_cid},
    {0x9F33, decode_bits},
    {0x9F34, decode_cvm_results},
    {0x9F35, terminal_type},
    {0x9F36, count},
    {0x9F38, dol},
    {0x9F39, code},
    {0x9F40, decode_bits},
    {0x9F42, code},
    {0x9F49, dol},
    {0x9F4A, tag_list},
    {0x9F4D, log_entry},
    {0x9F4F, dol},
    {0x9F54, amount},
    {0x9F5B, decode_script_results},
    {0x9F5C, amount},
    {0x9F5D, amount},
    {0x9F66, decode_bits},
    {0x9F6B, track2},
    {0x9F6C, decode_bits},
    {0x9F6D, amount},
    {0x9F77, amount},
    {0x9F78, amount},
    {0x9F79, amount},
    {0x9F7B, amount},
    {0xDF11, decode_bits},
    {0xDF12, decode_bits},
    {0xDF13, decode_bits},
    {0xDF14, dol},
    {0xDF15, amount_binary},
    {0xDF19, amount},
    {0xDF20, amount},
    {0xDF21, amount},
    {0xDF31, decode_script_results},
    {0xDF4D, log_entry},
    {0xDF4F, dol},
};

static bool is_shown_masked(uint32_t tag) /* these read only what is there */
{
    return tag == 0x5A || tag == 0x57 || tag == 0x9F6B;
}

void decode_meaning(cJSON *node, uint32_t tag, struct decode_span value)
{
    const struct tag_info *info = tag_lookup(tag);
    char text[TEXT_MAX];
    if (!value.len)
        return;
    if (decode_is_masked(value) && !is_shown_masked(tag)) {
        decode_note(node, "masked");
        return;
    }
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].tag == tag) {
            meanings[i].explain(node, tag, value);
            return;
        }
    bool is_text = info && (info->format == TAG_A || info->format == TAG_AN || info->format == TAG_ANS);
    if (is_text && decode_chars(value, text, sizeof text))
        decode_note(node, "\"%s\"", text);
}
