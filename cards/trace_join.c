/*
 * Bytes of one command or answer that a log has written in several lines: what says that more must follow, and the
 * putting together. A command's own Lc and the length of an answer's first object say it. Called by trace_turns.c.
 */
#include "cards/trace_internal.h"

#include "core/codec/tlv.h"

#include <string.h>

#define HEADER 5 /* with Lc, or Le: alone it is a command */

bool trace_command_goes_on(const struct trace_bytes *b)
{
    return b->len > HEADER && b->len < HEADER + (size_t)b->bytes[4];
}

/* The first object alone, and a status word behind it, are longer than what is there. */
bool trace_answer_goes_on(const uint8_t *bytes, size_t len)
{
    size_t at = 0, value_len = 0, extra;
    uint32_t tag;
    if (len <= 2) /* a status word looks like one, too */
        return false;
    if (tlv_read_tag(bytes, len, &at, &tag) != OK || !(tlv_is_template(tag) || tag == 0x80) || at >= len)
        return false;
    extra = bytes[at] < 0x80 ? 0 : bytes[at] - 0x80u;
    if (extra > 2 || at + 1 + extra > len)
        return false;
    value_len = extra ? 0 : bytes[at];
    for (size_t i = 1; i <= extra; i++)
        value_len = value_len << 8 | bytes[at + i];
    return len < at + 1 + extra + value_len + 2;
}

bool trace_bytes_append(struct trace_bytes *to, const struct trace_bytes *more)
{
    if (more->len > sizeof to->bytes - to->len)
        return false;
    memcpy(to->bytes + to->len, more->bytes, more->len);
    memcpy(to->mask + to->len, more->mask, more->len);
    to->len += more->len;
    return true;
}

bool trace_answer_append(struct trace_exchange *x, const struct trace_bytes *more)
{
    if (more->len > sizeof x->answer - x->answer_len)
        return false;
    memcpy(x->answer + x->answer_len, more->bytes, more->len);
    memcpy(x->answer_mask + x->answer_len, more->mask, more->len);
    x->answer_len += more->len;
    return true;
}

bool trace_answer_has(const struct trace_exchange *x, const struct trace_bytes *sw)
{
    return x->answer_len >= 2 && memcmp(x->answer + x->answer_len - 2, sw->bytes, 2) == 0 &&
           !trace_answer_goes_on(x->answer, x->answer_len);
}
