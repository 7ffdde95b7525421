/* Spans of masked hex and the nodes of the decoded tree. Every decoder builds on these two. */
#include "reports/decode.h"

#include "reports/output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_MAX 600

/* ---- spans ---- */

static int nibble_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c == '*' ? 0 : -1;
}

/* Keeps the nibbles of `text`, upper case. E_FORMAT, E_LIMIT. */
static int collect(const char *text, char *hex, uint8_t *bytes, size_t *len)
{
    size_t n = 0;
    for (; *text; text++) {
        if (strchr(" \t\r\n", *text))
            continue;
        int nibble = nibble_of(*text);
        if (nibble < 0)
            return E_FORMAT;
        if (n == 2 * DECODE_MAX)
            return E_LIMIT;
        bytes[n / 2] = n % 2 ? (uint8_t)(bytes[n / 2] | nibble) : (uint8_t)(nibble << 4);
        hex[n++] = (char)(*text >= 'a' ? *text - 'a' + 'A' : *text);
    }
    *len = n / 2;
    return n % 2 ? E_FORMAT : OK;
}

int decode_open(const char *text, struct decode_span *out)
{
    size_t room = strnlen(text, 6 * DECODE_MAX) / 2 + 1;
    if (room > DECODE_MAX)
        room = DECODE_MAX;
    char *hex = malloc(2 * room + 1);
    uint8_t *bytes = malloc(room);
    size_t len = 0;
    int status = hex && bytes ? collect(text, hex, bytes, &len) : E_NOMEM;
    *out = (struct decode_span){.bytes = bytes, .hex = hex, .len = len};
    if (status)
        decode_close(out);
    return status;
}

void decode_close(struct decode_span *span)
{
    free((void *)span->bytes);
    free((void *)span->hex);
    *span = (struct decode_span){0};
}

struct decode_span decode_part(struct decode_span span, size_t at, size_t len)
{
    if (at > span.len)
        at = span.len;
    if (len > span.len - at)
        len = span.len - at;
    return (struct decode_span){.bytes = span.bytes + at, .hex = span.hex + 2 * at, .len = len};
}

bool decode_is_masked(struct decode_span span)
{
    return span.len && memchr(span.hex, '*', 2 * span.len);
}

bool decode_chars(struct decode_span span, char *out, size_t cap)
{
    bool all_text = true;
    size_t n = span.len < cap ? span.len : cap - 1;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = span.bytes[i];
        bool masked = span.hex[2 * i] == '*' || span.hex[2 * i + 1] == '*', text = c >= 0x20 && c < 0x7F;
        out[i] = masked ? '*' : text ? (char)c : '.';
        all_text &= masked || text;
    }
    out[n] = '\0';
    return all_text;
}

void decode_digits(struct decode_span span, size_t skip, size_t count, char *out, size_t cap)
{
    size_t have = 2 * span.len > skip ? 2 * span.len - skip : 0;
    count = count < have ? count : have;
    count = count < cap ? count : cap - 1;
    if (count)
        memcpy(out, span.hex + skip, count);
    out[count] = '\0';
}

unsigned long decode_number(struct decode_span span)
{
    unsigned long value = 0;
    for (size_t i = span.len > 4 ? span.len - 4 : 0; i < span.len; i++)
        value = value << 8 | span.bytes[i];
    return value;
}

/* ---- nodes ---- */

static void put(cJSON *node, const char *key, const char *text)
{
    char *clean = report_clean(text);
    cJSON_DeleteItemFromObjectCaseSensitive(node, key);
    if (clean)
        cJSON_AddStringToObject(node, key, clean);
    free(clean);
}

cJSON *decode_new(const char *name, const char *value, const char *note)
{
    cJSON *node = cJSON_CreateObject();
    if (!node)
        return NULL;
    put(node, "name", name);
    if (value)
        put(node, "value", value);
    if (note && *note)
        put(node, "note", note);
    return node;
}

void decode_attach(cJSON *parent, cJSON *child)
{
    cJSON *children = cJSON_GetObjectItemCaseSensitive(parent, "children");
    if (!children)
        children = cJSON_AddArrayToObject(parent, "children");
    if (!children || !cJSON_AddItemToArray(children, child))
        cJSON_Delete(child);
}

cJSON *decode_add(cJSON *parent, const char *name, const char *value, const char *note)
{
    cJSON *node = parent ? decode_new(name, value, note) : NULL;
    if (node)
        decode_attach(parent, node);
    return node;
}

cJSON *decode_add_span(cJSON *parent, const char *name, struct decode_span span)
{
    char *text = strndup(span.len ? span.hex : "", 2 * span.len);
    cJSON *node = text ? decode_add(parent, name, text, NULL) : NULL;
    free(text);
    return node;
}

void decode_value(cJSON *node, const char *text)
{
    if (node)
        put(node, "value", text);
}

void decode_note(cJSON *node, const char *format, ...)
{
    char text[NOTE_MAX];
    const char *before = decode_get(node, "note");
    size_t at = (size_t)snprintf(text, sizeof text, "%s%s", before, *before ? "; " : "");
    va_list args;
    va_start(args, format);
    if (at < sizeof text)
        vsnprintf(text + at, sizeof text - at, format, args);
    va_end(args);
    if (node)
        put(node, "note", text);
}

const char *decode_get(const cJSON *node, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, key));
    return text ? text : "";
}

cJSON *decode_refuse(const char *name, const char *text, int status)
{
    char start[41];
    snprintf(start, sizeof start, "%.40s", text ? text : "");
    return decode_new(name, start,
                      status == E_FORMAT  ? "not hex text"
                      : status == E_LIMIT ? "longer than 16384 bytes"
                                          : status_text(status));
}
