/*
 * What is this? The order settles ambiguous input: an ATR and a frame have marks of their own; a known command whose
 * lengths agree comes before an answer, since few objects look like one; and an answer before TLV, since 9000 at the
 * end also reads as an empty tag 90.
 */
#include "reports/decode.h"

#include "core/codec/apdu.h"
#include "core/codec/atr.h"
#include "core/codec/iso8583.h"

#include <string.h>

static bool is_atr(struct decode_span s)
{
    struct atr a;
    const char *why;
    return s.len >= 2 && (s.bytes[0] == 0x3B || s.bytes[0] == 0x3F) && atr_parse(s.bytes, s.len, &a, &why) == OK;
}

static bool is_bcd(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] >> 4 > 9 || (bytes[i] & 0x0F) > 9)
            return false;
    return true;
}

static bool is_frame(struct decode_span s)
{
    struct iso_frame frame;
    return iso_frame_unpack(s.bytes, s.len, &frame) == OK && frame.body_len >= 10 && frame.body[0] < 0x10 &&
           is_bcd(frame.body, 2) && is_bcd(frame.tpdu, 5);
}

static bool is_body(struct decode_span s)
{
    cJSON *trial =
        s.len >= 10 && s.bytes[0] >= 1 && s.bytes[0] <= 8 && is_bcd(s.bytes, 2) ? decode_new("", NULL, NULL) : NULL;
    bool whole = trial && decode_body(trial, s);
    cJSON_Delete(trial);
    return whole;
}

static bool is_command(struct decode_span s)
{
    struct capdu c;
    return capdu_parse(s.bytes, s.len, &c) == OK && apdu_name(c.cla, c.ins);
}

static bool is_answer(struct decode_span s)
{
    uint16_t sw = rapdu_sw(s.bytes, s.len);
    return s.len >= 2 && *sw_name(sw) && tlv_check(s.bytes, s.len - 2) == OK;
}

static bool is_tlv(struct decode_span s)
{
    size_t at = 0;
    struct tlv first;
    return tlv_next(s.bytes, s.len, &at, &first) == OK && tag_lookup(first.tag) && tlv_check(s.bytes, s.len) == OK;
}

static cJSON *as_command(const char *hex)
{
    return decode_apdu(hex, NULL, NULL);
}

static cJSON *as_answer(const char *hex)
{
    return decode_apdu(NULL, hex, NULL);
}

/* Marks of input that means to be one of these and is broken: the decoder shows where. */
static bool begins_atr(struct decode_span s)
{
    return s.bytes[0] == 0x3B || s.bytes[0] == 0x3F;
}

static bool begins_frame(struct decode_span s)
{
    return s.len > 7 && (s.bytes[0] == 0x60 || s.bytes[2] == 0x60) && is_bcd(s.bytes + (s.bytes[0] == 0x60 ? 0 : 2), 5);
}

static bool begins_command(struct decode_span s)
{
    return s.len >= 4 && apdu_name(s.bytes[0], s.bytes[1]);
}

static bool begins_tlv(struct decode_span s)
{
    size_t at = 0;
    uint32_t tag;
    return s.len > 2 && tlv_read_tag(s.bytes, s.len, &at, &tag) == OK && tag_lookup(tag);
}

static const struct {
    bool (*fits)(struct decode_span s);
    cJSON *(*decode)(const char *hex);
} kinds[] = {
    {is_atr, decode_atr},         {is_frame, decode_message}, {is_body, decode_message}, {is_command, as_command},
    {is_answer, as_answer},       {is_tlv, decode_tlv},       {begins_atr, decode_atr},  {begins_frame, decode_message},
    {begins_command, as_command}, {begins_tlv, decode_tlv},
};

cJSON *decode_any(const char *hex)
{
    struct decode_span span;
    cJSON *root = NULL;
    if (hex && strchr(hex, '='))
        return decode_track2(hex);
    if (!hex || decode_open(hex, &span))
        return NULL;
    for (size_t i = 0; span.len && !root && i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].fits(span))
            root = kinds[i].decode(hex);
    decode_close(&span);
    return root;
}
