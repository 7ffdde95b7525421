/*
 * UnionPay POS messages: frame, TPDU, header, MTI, bitmap, fields (DOMAIN 4.1, 4.2). The fields are walked by the
 * codec's table rather than unpacked, for two reasons: a message that breaks off is shown as far as it goes, and a
 * masked nibble must stay a star.
 */
#include "reports/decode.h"

#include "core/codec/hex.h"
#include "core/codec/iso8583.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 600 /* longest field: 512 bytes of text or 322 digits */

struct walk {
    cJSON *root;
    struct decode_span body;
    size_t at;
    char trace[8], amount[32], response[80]; /* for the title */
};

static bool read_count(struct walk *w, const struct iso_field_spec *spec, size_t *count)
{
    size_t prefix = (spec->len_digits + 1u) / 2;
    uint64_t value = spec->max;
    if (prefix > w->body.len - w->at || (prefix && bcd_value(w->body.bytes + w->at, prefix, &value)) ||
        value > spec->max)
        return false;
    w->at += prefix;
    *count = (size_t)value;
    return true;
}

static void note_title(struct walk *w, unsigned de, const char *text)
{
    if (de == 11)
        snprintf(w->trace, sizeof w->trace, "%.6s", text);
    else if (de == 4)
        decode_amount(text, w->amount, sizeof w->amount);
    else if (de == 39 && strlen(text) == 2)
        snprintf(w->response, sizeof w->response, "%.2s %s", text, iso_response(text)->text_en);
}

/* False: it runs past the end of the message. */
static bool put_field(struct walk *w, const struct iso_field_spec *spec)
{
    char name[80], text[TEXT_MAX + 1];
    size_t count, start = w->at;
    if (!read_count(w, spec, &count))
        return false;
    bool packed = spec->kind == ISO_N || spec->kind == ISO_Z;
    size_t size = packed ? (count + 1) / 2 : count;
    if (size > w->body.len - w->at) {
        w->at = start;
        return false;
    }
    struct decode_span wire = decode_part(w->body, w->at, size);
    w->at += size;
    snprintf(name, sizeof name, "DE%u %s", spec->de, spec->name);
    bool as_text = packed;
    if (packed)
        decode_digits(wire, spec->right_aligned && count % 2, count, text, sizeof text);
    else
        as_text = decode_chars(wire, text, sizeof text) && (spec->kind == ISO_ANS || spec->de == 64);
    cJSON *node = as_text ? decode_add(w->root, name, text, NULL) : decode_add_span(w->root, name, wire);
    note_title(w, spec->de, text);
    decode_field(node, spec->de, wire, text);
    return true;
}

static void put_title(struct walk *w, const char *mti)
{
    char title[120];
    const char *meaning = decode_code(CODE_MTI, mti);
    snprintf(title, sizeof title, "%s%s%s%s%s%s%s", mti, *meaning ? " " : "", meaning, *w->trace ? ", trace " : "",
             w->trace, *w->amount ? ", " : "", w->amount);
    decode_value(w->root, title);
    if (*w->response)
        decode_note(w->root, "%s", w->response);
}

static bool put_fields(struct walk *w)
{
    struct decode_span bitmap = decode_part(w->body, 2, 8);
    char list[200] = "";
    for (unsigned de = 2; de <= 64; de++)
        if (bitmap.bytes[(de - 1) / 8] & 0x80 >> (de - 1) % 8)
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%u", *list ? " " : "", de);
    decode_note(decode_add_span(w->root, "bitmap", bitmap), "%s", list);
    w->at = 10;
    for (unsigned de = 2; de <= 64; de++) {
        const struct iso_field_spec *spec = iso_field((uint8_t)de);
        if (!(bitmap.bytes[(de - 1) / 8] & 0x80 >> (de - 1) % 8) || (spec && put_field(w, spec)))
            continue;
        cJSON *rest = decode_add_span(w->root, "not readable", decode_part(w->body, w->at, w->body.len));
        decode_note(rest, spec ? "DE%u is malformed or cut off" : "DE%u is not in the profile", de);
        return false;
    }
    if (w->at == w->body.len)
        return true;
    decode_add_span(w->root, "left over", decode_part(w->body, w->at, w->body.len));
    return false;
}

bool decode_body(cJSON *root, struct decode_span body)
{
    struct walk w = {.root = root, .body = body};
    char mti[5];
    if (body.len < 10) {
        decode_add_span(root, "not readable", body);
        return false;
    }
    decode_digits(body, 0, 4, mti, sizeof mti);
    decode_add(root, "MTI", mti, decode_code(CODE_MTI, mti));
    bool whole = strspn(mti, "0123456789*") == 4 && put_fields(&w);
    put_title(&w, mti);
    if (!whole)
        decode_note(root, "malformed");
    return whole;
}

/* ---- the frame ---- */

static void put_header(cJSON *root, struct decode_span header)
{
    char d[13], part[8];
    static const struct {
        const char *name;
        uint8_t at, len;
        enum decode_code kind;
    } parts[] = {
        {"application class", 0, 2, CODE_CLASS}, {"software version", 2, 2, CODE_NONE},
        {"terminal state", 4, 1, CODE_NONE},     {"host requires", 5, 1, CODE_REQUIREMENT},
        {"software build", 6, 6, CODE_NONE},
    };
    cJSON *node = decode_add_span(root, "header", header);
    decode_digits(header, 0, 12, d, sizeof d);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(part, sizeof part, "%.*s", parts[i].len, d + parts[i].at);
        decode_add(node, parts[i].name, part, decode_code(parts[i].kind, part));
    }
}

/* Where the TPDU begins; a prefix that does not agree with what follows is told. */
static size_t put_prefix(cJSON *root, struct decode_span span)
{
    if (span.len < 3 || span.bytes[0] == 0x60 || span.bytes[2] != 0x60)
        return 0;
    size_t announced = (size_t)(span.bytes[0] << 8 | span.bytes[1]);
    cJSON *node = decode_add_span(root, "length", decode_part(span, 0, 2));
    if (announced == span.len - 2)
        decode_note(node, "%zu bytes", announced);
    else
        decode_note(node, "%zu bytes, but %zu follow", announced, span.len - 2);
    return 2;
}

static void decode_frame(cJSON *root, struct decode_span span)
{
    struct iso_frame frame;
    struct decode_span rest = decode_part(span, put_prefix(root, span), span.len);
    if (iso_frame_unpack(rest.bytes, rest.len, &frame)) {
        bool masked = decode_is_masked(span);
        decode_add_span(root, masked ? "masked" : "not readable", rest);
        decode_note(root, masked ? "masked, %zu bytes" : "no frame, %zu bytes", span.len);
        return;
    }
    size_t body = (size_t)(frame.body - rest.bytes);
    cJSON *tpdu = decode_add_span(root, "TPDU", decode_part(rest, 0, 5));
    decode_note(tpdu, "to %02X%02X from %02X%02X", frame.tpdu[1], frame.tpdu[2], frame.tpdu[3], frame.tpdu[4]);
    if (body > 11)
        decode_add_span(root, "line data (LRI)", decode_part(rest, 5, body - 11));
    put_header(root, decode_part(rest, body - 6, 6));
    decode_body(root, decode_part(rest, body, rest.len));
}

/* Without a frame, as printed in specifications: MTI first. */
static bool is_bare_body(struct decode_span span)
{
    return span.len >= 10 && span.bytes[0] >= 0x01 && span.bytes[0] <= 0x08 && (span.bytes[1] & 0x0F) <= 1 &&
           span.bytes[1] <= 0x31;
}

cJSON *decode_message(const char *hex)
{
    struct decode_span span;
    int status = hex ? decode_open(hex, &span) : E_FORMAT;
    if (status)
        return decode_refuse("message", hex, status);
    cJSON *root = decode_new("message", NULL, NULL);
    bool framed = span.len && (span.bytes[0] == 0x60 || (span.len > 2 && span.bytes[2] == 0x60));
    if (!framed && is_bare_body(span))
        decode_body(root, span);
    else
        decode_frame(root, span);
    decode_close(&span);
    return root;
}
