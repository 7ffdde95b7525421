/*
 * UTF-8 as it comes from cards, hosts and records: what is malformed is shown, a byte at a time, and never read past.
 * Unicode 15, table 3-7 (well-formed byte sequences).
 */
#include "gui/ui/ui_private.h"

#include <string.h>

static const struct {
    unsigned char lead_low, lead_high, second_low, second_high, len;
} forms[] = {
    {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool follows(const unsigned char *s, size_t len, unsigned char low, unsigned char high)
{
    if (len > 1 && (s[1] < low || s[1] > high))
        return false;
    for (size_t i = 2; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return false; /* also the end of the string */
    return true;
}

size_t ui_utf8_next(const char *text, uint32_t *code)
{
    const unsigned char *s = (const unsigned char *)text;
    *code = 0;
    if (!s[0])
        return 0;
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        size_t len = forms[f].len;
        if (s[0] < forms[f].lead_low || s[0] > forms[f].lead_high)
            continue;
        if (!follows(s, len, forms[f].second_low, forms[f].second_high))
            break;
        *code = len == 1 ? s[0] : s[0] & (0x7fu >> len);
        for (size_t i = 1; i < len; i++)
            *code = *code << 6 | (s[i] & 0x3fu);
        return len;
    }
    *code = 0xfffd;
    return 1;
}

size_t ui_utf8_fit(const char *s, size_t cap)
{
    size_t used = 0, len;
    uint32_t code;
    while ((len = ui_utf8_next(s + used, &code)) > 0 && used + len <= cap)
        used += len;
    return used;
}
