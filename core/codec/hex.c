/*
 * Hex and packed BCD text. Used by every decoder, by the ISO 8583 fields (DOMAIN 4.2) and by the numeric objects of EMV
 * Book 3 (formats n and cn, section 4.3). Nibbles over 9 exist in the field: the track separator D, the filler F, and
 * anything at all in an enciphered track, so unpacking never fails and packing accepts what unpacking writes.
 */
#include "core/codec/hex.h"

#include <stdbool.h>
#include <string.h>

static int nibble_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int hex_decode(const char *text, size_t text_len, uint8_t *out, size_t cap, size_t *len)
{
    size_t n = 0;
    *len = 0;
    for (size_t i = 0; i < text_len;) {
        if (is_space(text[i])) {
            i++;
            continue;
        }
        if (i + 1 >= text_len)
            return E_FORMAT;
        int high = nibble_of(text[i]), low = nibble_of(text[i + 1]);
        if (high < 0 || low < 0)
            return E_FORMAT;
        if (n == cap)
            return E_LIMIT;
        out[n++] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    *len = n;
    return OK;
}

static const char digits_of[] = "0123456789ABCDEF";

int hex_encode(const uint8_t *bytes, size_t len, char *out, size_t cap)
{
    if (len >= cap || cap - len < len + 1) {
        if (cap)
            *out = '\0';
        return E_LIMIT;
    }
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits_of[bytes[i] >> 4];
        out[2 * i + 1] = digits_of[bytes[i] & 0x0F];
    }
    out[2 * len] = '\0';
    return OK;
}

static void put_nibble(uint8_t *out, size_t at, uint8_t value)
{
    uint8_t *byte = &out[at / 2];
    *byte = at % 2 ? (uint8_t)((*byte & 0xF0) | value) : (uint8_t)((*byte & 0x0F) | value << 4);
}

int bcd_pack(const char *digits, size_t count, int left_aligned, uint8_t pad, uint8_t *out, size_t out_len)
{
    if (count > 2 * out_len)
        return E_LIMIT;
    size_t fill = 2 * out_len - count, first = left_aligned ? 0 : fill;
    for (size_t i = 0; i < count; i++) {
        int value = digits[i] == '=' ? 0x0D : nibble_of(digits[i]);
        if (value < 0 || digits[i] >= 'a')
            return E_FORMAT;
        put_nibble(out, first + i, (uint8_t)value);
    }
    for (size_t i = 0; i < fill; i++)
        put_nibble(out, left_aligned ? count + i : i, left_aligned ? pad & 0x0F : 0);
    return OK;
}

void bcd_unpack(const uint8_t *bytes, size_t skip, size_t count, char *out)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = bytes[(skip + i) / 2];
        out[i] = digits_of[(skip + i) % 2 ? byte & 0x0F : byte >> 4];
    }
    out[count] = '\0';
}

int bcd_value(const uint8_t *bytes, size_t len, uint64_t *value)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < 2 * len; i++) {
        uint8_t digit = i % 2 ? bytes[i / 2] & 0x0F : bytes[i / 2] >> 4;
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
            return E_FORMAT;
        sum = 10 * sum + digit;
    }
    *value = sum;
    return OK;
}

int bcd_from_value(uint64_t value, uint8_t *out, size_t len)
{
    for (size_t i = len; i-- > 0;) {
        out[i] = (uint8_t)(value % 10 | value / 10 % 10 << 4);
        value /= 100;
    }
    return value ? E_LIMIT : OK;
}
