#include "sim/devices/cells.h"

#include <stdint.h>
#include <string.h>

struct range {
    uint32_t first, last;
};

/* East Asian wide and full-width, in the blocks that terminal text can come from (UAX #11). */
static const struct range WIDE[] = {
    {0x1100, 0x115F}, {0x2E80, 0x303E}, {0x3041, 0x33FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xA000, 0xA4CF},
    {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFE30, 0xFE6F}, {0xFF01, 0xFF60}, {0xFFE0, 0xFFE6}, {0x20000, 0x3FFFD},
};
/* Marks that sit on the character before them. */
static const struct range ZERO[] = {
    {0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

static int in_ranges(uint32_t c, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return 1;
    return 0;
}

static size_t width_of(uint32_t c)
{
    if (in_ranges(c, ZERO, sizeof ZERO / sizeof *ZERO))
        return 0;
    return in_ranges(c, WIDE, sizeof WIDE / sizeof *WIDE) ? 2 : 1;
}

/* Bytes of the well-formed character at `s` (RFC 3629: shortest form, no surrogates, up to 10FFFF), 0 if it is none. */
static size_t decode(const unsigned char *s, uint32_t *c)
{
    static const uint32_t SHORTEST[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = s[0] < 0x80             ? 1
                 : (s[0] & 0xE0) == 0xC0 ? 2
                 : (s[0] & 0xF0) == 0xE0 ? 3
                 : (s[0] & 0xF8) == 0xF0 ? 4
                                         : 0;
    if (len == 0)
        return 0;
    *c = len == 1 ? s[0] : s[0] & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xC0) != 0x80) /* the closing NUL too */
            return 0;
        *c = *c << 6 | (s[i] & 0x3Fu);
    }
    return *c < SHORTEST[len] || *c > 0x10FFFF || (*c >= 0xD800 && *c <= 0xDFFF) ? 0 : len;
}

size_t cells_copy(const char *text, size_t cells, char *out, size_t cap)
{
    size_t used = 0, at = 0;
    if (cap == 0)
        return 0;
    for (const unsigned char *s = (const unsigned char *)(text ? text : ""); *s;) {
        uint32_t c = 0;
        size_t len = decode(s, &c);
        int shown = len > 0 && c >= 0x20 && !(c >= 0x7F && c <= 0x9F);
        size_t bytes = shown ? len : 1, width = shown ? width_of(c) : 1;
        if (used + width > cells || at + bytes >= cap)
            break;
        if (shown)
            memcpy(out + at, s, bytes);
        else
            out[at] = '?';
        at += bytes;
        used += width;
        s += len ? len : 1;
    }
    out[at] = '\0';
    return used;
}
