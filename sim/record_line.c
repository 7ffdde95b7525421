/* Building one JSON line (RFC 8259). Text comes from images and cards and may be anything; what leaves here is valid
 * UTF-8. */
#include "sim/record_line.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void line_start(struct line *l)
{
    l->len = 0;
    l->lost = false;
}

void line_clear(struct line *l)
{
    if (l->text)
        OPENSSL_cleanse(l->text, l->cap);
    free(l->text);
    *l = (struct line){0};
}

static bool make_room(struct line *l, size_t len)
{
    if (l->cap - l->len >= len)
        return true;
    size_t cap = l->cap ? l->cap : 1024;
    while (cap - l->len < len && cap <= LINE_MAX_BYTES)
        cap *= 2;
    char *text = cap <= LINE_MAX_BYTES ? malloc(cap) : NULL; /* not realloc: the buffer may hold what must be wiped */
    if (!text)
        return false;
    if (l->len)
        memcpy(text, l->text, l->len);
    size_t kept = l->len;
    line_clear(l);
    *l = (struct line){.text = text, .len = kept, .cap = cap};
    return true;
}

void line_put(struct line *l, const void *text, size_t len)
{
    if (l->lost || !len)
        return;
    if (!make_room(l, len)) {
        l->lost = true;
        return;
    }
    memcpy(l->text + l->len, text, len);
    l->len += len;
}

void line_key(struct line *l, const char *key)
{
    if (l->len && l->text[l->len - 1] != '{')
        line_put(l, ",", 1);
    line_put(l, "\"", 1);
    line_put(l, key, strlen(key));
    line_put(l, "\":", 2);
}

/* Bytes of the UTF-8 sequence at `text`, 0: malformed (RFC 3629: shortest form, no surrogates, up to 10FFFF). */
static size_t utf8_len(const uint8_t *text, size_t len)
{
    static const struct form {
        uint8_t mask, lead, bytes;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 1, 0}, {0xE0, 0xC0, 2, 0x80}, {0xF0, 0xE0, 3, 0x800}, {0xF8, 0xF0, 4, 0x10000}};
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if ((text[0] & forms[f].mask) != forms[f].lead)
            continue;
        if (forms[f].bytes > len)
            return 0;
        uint32_t code = text[0] & (uint8_t)~forms[f].mask;
        for (size_t i = 1; i < forms[f].bytes; i++) {
            if ((text[i] & 0xC0) != 0x80)
                return 0;
            code = code << 6 | (text[i] & 0x3Fu);
        }
        bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        return code < forms[f].least || code > 0x10FFFF || surrogate ? 0 : forms[f].bytes;
    }
    return 0;
}

static bool needs_escape(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\' || c == 0x7F;
}

static void put_escaped(struct line *l, char c)
{
    static const char names[][2] = {{'"', '"'},  {'\\', '\\'}, {'\n', 'n'}, {'\r', 'r'},
                                    {'\t', 't'}, {'\b', 'b'},  {'\f', 'f'}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i][0] == c) {
            line_put(l, "\\", 1);
            line_put(l, &names[i][1], 1);
            return;
        }
    }
    char code[8];
    snprintf(code, sizeof code, "\\u%04x", (unsigned)(unsigned char)c);
    line_put(l, code, 6);
}

void line_string(struct line *l, const char *text, size_t len)
{
    line_put(l, "\"", 1);
    for (size_t at = 0; at < len;) {
        size_t run = at, n = 0;
        while (run < len && !needs_escape(text[run]) && (n = utf8_len((const uint8_t *)text + run, len - run)) > 0)
            run += n;
        line_put(l, text + at, run - at);
        at = run;
        if (at == len)
            break;
        if (needs_escape(text[at]))
            put_escaped(l, text[at]);
        else
            line_put(l, "\xEF\xBF\xBD", 3);
        at++;
    }
    line_put(l, "\"", 1);
}

void line_number(struct line *l, int64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRId64, value);
    line_put(l, text, (size_t)len);
}
