/*
 * Part of a line: its spaces taken off, its hex digits read, however a recording parts them. Called by trace_line.c,
 * trace_label.c, trace_json.c and trace_recorded.c.
 */
#include "cards/trace_internal.h"

#include <stdio.h>
#include <string.h>

/* <ctype.h> would ask the locale. */
static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

void trace_trim(struct trace_span *s)
{
    while (s->len && is_space(*s->at)) {
        s->at++;
        s->len--;
    }
    while (s->len && is_space(s->at[s->len - 1]))
        s->len--;
}

void trace_skip(struct trace_span *s, size_t n)
{
    s->at += n;
    s->len -= n;
    trace_trim(s);
}

static uint8_t nibble(char c)
{
    return (uint8_t)(c == '*' ? 0 : c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* What stands between bytes: "00:A4", "00, A4", "[90 00]". */
static bool is_between(char c)
{
    return is_space(c) || (c && strchr(":,;-[]", c));
}

/* "0x" in front of a byte, or of all of them. */
static bool is_prefix(const struct trace_span *s, size_t i)
{
    return (i == 0 || is_between(s->at[i - 1])) && i + 2 < s->len && s->at[i] == '0' &&
           (s->at[i + 1] == 'x' || s->at[i + 1] == 'X');
}

/* Digits in pairs; counted and known to be digits already. False: a space inside a byte. */
static bool decode(const struct trace_span *s, struct trace_bytes *out)
{
    for (size_t i = 0; i < s->len; i++) {
        if (is_between(s->at[i]))
            continue;
        if (is_prefix(s, i)) {
            i++;
            continue;
        }
        if (i + 1 == s->len || is_between(s->at[i + 1]))
            return false;
        char high = s->at[i], low = s->at[++i];
        out->bytes[out->len] = (uint8_t)(nibble(high) << 4 | nibble(low));
        out->mask[out->len++] = (uint8_t)((high == '*' ? 0xF0 : 0) | (low == '*' ? 0x0F : 0));
    }
    return true;
}

int trace_read_hex(const struct trace_span *s, struct trace_bytes *out, char *why, size_t why_cap)
{
    size_t digits = 0;
    for (size_t i = 0; i < s->len; i++) {
        char c = s->at[i];
        if (is_prefix(s, i)) {
            i++;
        } else if (is_hex(c) || c == '*') {
            digits++;
        } else if (!is_between(c)) {
            if (c > ' ' && c <= '~')
                snprintf(why, why_cap, "hex digits expected, found '%c'", c);
            else
                snprintf(why, why_cap, "hex digits expected, found byte %02X", (unsigned char)c);
            return E_FORMAT;
        }
    }
    if (digits == 0 || digits % 2) {
        snprintf(why, why_cap, digits ? "an even number of hex digits expected" : "hex digits expected, found none");
        return E_FORMAT;
    }
    if (digits / 2 > sizeof out->bytes) {
        snprintf(why, why_cap, "at most %d bytes in a command and %d in an answer expected, found %zu", APDU_MAX,
                 RAPDU_MAX, digits / 2);
        return E_FORMAT;
    }
    if (!decode(s, out)) {
        snprintf(why, why_cap, "two hex digits a byte expected, spaces only between bytes");
        return E_FORMAT;
    }
    return OK;
}

bool trace_is_masked(const struct trace_bytes *b, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < b->len; i++)
        if (b->mask[i])
            return true;
    return false;
}
