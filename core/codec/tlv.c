/*
 * BER-TLV reader and writer (EMV Book 3 Annex B, ISO 8825-1 as EMV narrows it). The reader owns nothing and copies
 * nothing: objects point into the caller's bytes. It is fed by cards, hosts and traces, so each step checks what is
 * left before it reads, and nesting has a floor.
 */
#include "core/codec/tlv.h"

#include <string.h>

#define TAG_MAX 3
#define LEN_MAX 3

int tlv_read_tag(const uint8_t *bytes, size_t len, size_t *at, uint32_t *tag)
{
    size_t i = *at;
    if (i >= len)
        return E_FORMAT;
    uint32_t value = bytes[i++];
    if ((value & 0x1F) == 0x1F) {
        do {
            if (i >= len || i - *at >= TAG_MAX)
                return E_FORMAT;
            value = value << 8 | bytes[i];
        } while (bytes[i++] & 0x80);
    }
    *tag = value;
    *at = i;
    return OK;
}

static int read_len(const uint8_t *bytes, size_t len, size_t *at, size_t *value)
{
    if (*at >= len)
        return E_FORMAT;
    uint8_t first = bytes[*at];
    size_t extra = first < 0x80 ? 0 : first - 0x80u;
    if (first == 0x80 || extra > 2 || len - *at - 1 < extra)
        return E_FORMAT;
    *value = extra ? 0 : first;
    for (size_t i = 1; i <= extra; i++)
        *value = *value << 8 | bytes[*at + i];
    *at += 1 + extra;
    return OK;
}

int tlv_next(const uint8_t *bytes, size_t len, size_t *at, struct tlv *out)
{
    size_t i = *at;
    while (i < len && bytes[i] == 0x00)
        i++;
    if (i >= len) {
        *at = len;
        return E_NOTFOUND;
    }
    uint32_t tag;
    size_t value_len;
    if (tlv_read_tag(bytes, len, &i, &tag) || read_len(bytes, len, &i, &value_len) || value_len > len - i)
        return E_FORMAT;
    out->tag = tag;
    out->len = value_len;
    out->value = bytes + i;
    *at = i + value_len;
    return OK;
}

int tlv_find(const uint8_t *bytes, size_t len, uint32_t tag, struct tlv *out)
{
    struct tlv object;
    size_t at = 0;
    int status;
    while ((status = tlv_next(bytes, len, &at, &object)) == OK) {
        if (object.tag == tag) {
            *out = object;
            return OK;
        }
    }
    return status;
}

static int find_below(const uint8_t *bytes, size_t len, uint32_t tag, unsigned depth, struct tlv *out)
{
    struct tlv object;
    size_t at = 0;
    int status;
    while ((status = tlv_next(bytes, len, &at, &object)) == OK) {
        if (object.tag == tag) {
            *out = object;
            return OK;
        }
        if (!tlv_is_template(object.tag) || depth == TLV_MAX_DEPTH)
            continue;
        status = find_below(object.value, object.len, tag, depth + 1, out);
        if (status != E_NOTFOUND)
            return status;
    }
    return status;
}

int tlv_find_deep(const uint8_t *bytes, size_t len, uint32_t tag, struct tlv *out)
{
    return find_below(bytes, len, tag, 1, out);
}

static int check_below(const uint8_t *bytes, size_t len, unsigned depth)
{
    struct tlv object;
    size_t at = 0;
    int status;
    if (depth > TLV_MAX_DEPTH)
        return E_FORMAT;
    while ((status = tlv_next(bytes, len, &at, &object)) == OK)
        if (tlv_is_template(object.tag) && check_below(object.value, object.len, depth + 1))
            return E_FORMAT;
    return status == E_NOTFOUND ? OK : status;
}

int tlv_check(const uint8_t *bytes, size_t len)
{
    return check_below(bytes, len, 1);
}

size_t tlv_tag_len(uint32_t tag)
{
    return tag > 0xFFFFFF ? 4 : tag > 0xFFFF ? 3 : tag > 0xFF ? 2 : 1;
}

bool tlv_is_template(uint32_t tag)
{
    return tag >> (8 * (tlv_tag_len(tag) - 1)) & 0x20;
}

void tlv_out_init(struct tlv_out *out, uint8_t *bytes, size_t cap)
{
    *out = (struct tlv_out){.bytes = bytes, .cap = cap, .status = OK};
}

void tlv_put_raw(struct tlv_out *out, const void *bytes, size_t len)
{
    if (out->status)
        return;
    if (len > out->cap - out->len) {
        out->status = E_LIMIT;
        return;
    }
    if (len)
        memcpy(out->bytes + out->len, bytes, len);
    out->len += len;
}

/* Tag and shortest length form; 0 when `len` has no form here. */
static size_t encode_head(uint32_t tag, size_t len, uint8_t head[4 + LEN_MAX])
{
    size_t n = tlv_tag_len(tag);
    if (len > 0xFFFF)
        return 0;
    for (size_t i = 0; i < n; i++)
        head[i] = (uint8_t)(tag >> 8 * (n - 1 - i));
    if (len > 0xFF) {
        head[n++] = 0x82;
        head[n++] = (uint8_t)(len >> 8);
    } else if (len > 0x7F) {
        head[n++] = 0x81;
    }
    head[n++] = (uint8_t)len;
    return n;
}

void tlv_put(struct tlv_out *out, uint32_t tag, const void *value, size_t len)
{
    uint8_t head[4 + LEN_MAX];
    size_t n = encode_head(tag, len, head);
    if (!out->status && (n == 0 || out->cap - out->len < n || out->cap - out->len - n < len))
        out->status = E_LIMIT;
    tlv_put_raw(out, head, n);
    tlv_put_raw(out, value, len);
}

void tlv_wrap(struct tlv_out *out, size_t mark, uint32_t tag)
{
    uint8_t head[4 + LEN_MAX];
    size_t len = out->len - mark, n = encode_head(tag, len, head);
    if (out->status)
        return;
    if (n == 0 || out->cap - out->len < n) {
        out->status = E_LIMIT;
        return;
    }
    memmove(out->bytes + mark + n, out->bytes + mark, len);
    memcpy(out->bytes + mark, head, n);
    out->len += n;
}
