/*
 * Masked digits of a recording: what stands in for them, and the comparison that passes over them. Called by
 * trace_parse.c, trace_card.c and the replay.
 *
 * A terminal works with what the card tells it, so the digits that stand in must agree with each other and with what is
 * not masked: zeros, and the PAN's last masked digit is the one that satisfies Luhn (ISO/IEC 7812-1 annex B).
 */
#include "cards/trace_internal.h"

#include "core/codec/tlv.h"
#include "core/codec/track.h"

#include <string.h>

size_t trace_masked(const struct trace_exchange *x)
{
    size_t n = 0;
    for (size_t i = 0; i < x->len; i++)
        n += (size_t) !!(x->command_mask[i] & 0xF0) + (size_t) !!(x->command_mask[i] & 0x0F);
    for (size_t i = 0; i < x->answer_len; i++)
        n += (size_t) !!(x->answer_mask[i] & 0xF0) + (size_t) !!(x->answer_mask[i] & 0x0F);
    return n;
}

bool trace_same_bytes(const uint8_t *recorded, const uint8_t *mask, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((recorded[i] ^ bytes[i]) & ~mask[i])
            return false;
    return true;
}

const struct trace_input *trace_input(const struct trace_session *s, uint32_t tag, const char *name)
{
    for (size_t i = 0; i < s->input_count; i++)
        if (s->inputs[i].tag == tag && (tag || strcmp(s->inputs[i].name, name) == 0))
            return &s->inputs[i];
    return NULL;
}

/* -- one object of an answer, digit by digit -- */

struct object {
    uint8_t *value;
    const uint8_t *mask;
    size_t digits; /* 0: not there */
};

static uint8_t digit(const struct object *o, size_t i)
{
    return i % 2 ? o->value[i / 2] & 0x0F : o->value[i / 2] >> 4;
}

static bool is_masked(const struct object *o, size_t i)
{
    return o->mask[i / 2] & (i % 2 ? 0x0F : 0xF0);
}

/* Only where it is masked. */
static void fill(const struct object *o, size_t i, uint8_t value)
{
    if (i >= o->digits || !is_masked(o, i))
        return;
    if (i % 2)
        o->value[i / 2] = (uint8_t)((o->value[i / 2] & 0xF0) | value);
    else
        o->value[i / 2] = (uint8_t)((o->value[i / 2] & 0x0F) | value << 4);
}

static struct object find(struct trace_session *s, uint32_t tag, size_t from, size_t *at)
{
    struct tlv t;
    for (size_t i = from; i < s->count; i++) {
        struct trace_exchange *x = &s->exchanges[i];
        if (x->answer_len <= 2 || tlv_find_deep(x->answer, x->answer_len - 2, tag, &t) != OK)
            continue;
        size_t offset = (size_t)(t.value - x->answer);
        *at = i;
        return (struct object){x->answer + offset, x->answer_mask + offset, 2 * t.len};
    }
    *at = s->count;
    return (struct object){NULL, NULL, 0};
}

/* Length of the PAN that an object begins with: up to the filler or the separator, which are no digits. */
static size_t pan_len(const struct object *o)
{
    size_t n = 0;
    while (n < o->digits && n < 19 && (is_masked(o, n) || digit(o, n) <= 9))
        n++;
    return n;
}

static size_t last_masked(const struct object *o, size_t len)
{
    size_t last = len;
    for (size_t i = 0; i < len; i++)
        if (is_masked(o, i))
            last = i;
    return last;
}

static void satisfy_luhn(const struct object *o, size_t len)
{
    char pan[20] = "";
    size_t last = last_masked(o, len);
    if (last == len || len < 8)
        return;
    for (uint8_t v = 0; v <= 9; v++) {
        fill(o, last, v);
        for (size_t i = 0; i < len; i++)
            pan[i] = (char)('0' + digit(o, i));
        if (luhn_ok(pan))
            return;
    }
}

/* Digits `from` of one object in the masked places of another. */
static void copy_digits(const struct object *to, size_t at, const struct object *from, size_t count)
{
    for (size_t i = 0; i < count && i < from->digits; i++)
        if (digit(from, i) <= 9)
            fill(to, at + i, digit(from, i));
}

/* Track 2 equivalent data: PAN, D, expiry date, service code, the issuer's own. */
static void fill_track(struct trace_session *s, const struct object *track, const struct object *pan, size_t len)
{
    size_t unused;
    struct object expiry = find(s, 0x5F24, 0, &unused), service = find(s, 0x5F30, 0, &unused);
    if (len + 8 > track->digits)
        return;
    if (pan->digits)
        copy_digits(track, 0, pan, len);
    fill(track, len, 0x0D);
    if (expiry.digits == 6)
        copy_digits(track, len + 1, &expiry, 4);
    else
        for (size_t i = 0; i < 4; i++)
            fill(track, len + 1 + i, (uint8_t)("4912"[i] - '0'));
    if (service.digits == 4) {
        const struct object code = {service.value, service.mask, 4};
        for (size_t i = 0; i < 3; i++)
            fill(track, len + 5 + i, digit(&code, i + 1));
    } else {
        fill(track, len + 5, 2);
        fill(track, len + 7, 1);
    }
}

void trace_fill_masked(struct trace_session *s)
{
    size_t at, track_at;
    struct object pan = find(s, 0x5A, 0, &at);
    size_t len = pan_len(&pan);
    for (struct object again = pan; again.digits; again = find(s, 0x5A, at + 1, &at))
        satisfy_luhn(&again, pan_len(&again));
    for (struct object track = find(s, 0x57, 0, &track_at); track.digits;
         track = find(s, 0x57, track_at + 1, &track_at)) {
        size_t own = len ? len : 16;
        for (size_t i = 0; i < track.digits && i <= 19; i++)
            if (!is_masked(&track, i) && digit(&track, i) == 0x0D) {
                own = i;
                break;
            }
        fill_track(s, &track, &pan, own);
        if (!len)
            satisfy_luhn(&track, own);
    }
}
