/*
 * Masking of messages (DOMAIN 4.1, 4.2). The fields are walked in the packed bytes, by the profile's own table, because
 * the mask needs to know where a field stands. A field that is marked secret there is starred, unless the table below
 * knows better.
 */
#include "core/codec/hex.h"
#include "core/codec/iso8583.h"
#include "sim/mask_internal.h"

#include <string.h>

#define MTI_LEN 2
#define BITMAP_LEN 8
#define NETWORK_AT 8 /* digits of DE60 before the network management code */

struct walk {
    struct mask *mask;
    size_t at, end;
    char mti[5];
    char network[4]; /* DE60.3, once seen */
};

/* The field's value: where, how many digits or bytes. False: it reaches past the end. */
static bool take_field(struct walk *w, const struct iso_field_spec *spec, size_t *offset, size_t *len)
{
    const uint8_t *bytes = w->mask->bytes;
    size_t prefix = spec->len_digits ? (spec->len_digits + 1u) / 2u : 0;
    uint64_t count = spec->max;
    if (w->end - w->at < prefix || (prefix && bcd_value(bytes + w->at, prefix, &count) != OK) || count > spec->max)
        return false;
    bool packed = spec->kind == ISO_N || spec->kind == ISO_Z;
    size_t size = packed ? (size_t)(count + 1) / 2 : (size_t)count;
    *offset = w->at + prefix;
    *len = (size_t)count;
    if (w->end - *offset < size)
        return false;
    w->at = *offset + size;
    return true;
}

/* A sign-in (DOMAIN 4.4: codes 001, 003, 004) is answered with working keys; other uses of DE62 are texts and
 * parameters. */
static bool carries_keys(const struct walk *w)
{
    return w->mti[1] == '8' && (!strcmp(w->network, "001") || !strcmp(w->network, "003") || !strcmp(w->network, "004"));
}

static void cover_field(struct walk *w, const struct iso_field_spec *spec, size_t offset, size_t len)
{
    size_t size = w->at - offset;
    if (spec->de == 60 && len >= NETWORK_AT + 3)
        bcd_unpack(w->mask->bytes + offset, NETWORK_AT, 3, w->network);
    if (spec->de == 2 || spec->de == 35)
        mask_pan(w->mask, offset, len);
    else if (spec->de == 55)
        mask_tlv(w->mask, offset, len);
    else if (spec->de == 45 || (spec->de == 62 && carries_keys(w)))
        mask_all(w->mask, offset, size);
    else if (spec->de == 62 || (spec->de == 48 && w->mti[1] == '5'))
        return; /* DE48 of a settlement is totals; that of a batch upload is PANs */
    else if (spec->secret)
        mask_all(w->mask, offset, size);
}

void mask_frame(struct mask *m, size_t len)
{
    struct iso_frame frame;
    if (iso_frame_unpack(m->bytes, len, &frame) != OK || frame.body_len < MTI_LEN + BITMAP_LEN) {
        mask_all(m, 0, len);
        return;
    }
    size_t body = (size_t)(frame.body - m->bytes);
    struct walk w = {.mask = m, .at = body + MTI_LEN + BITMAP_LEN, .end = body + frame.body_len};
    bcd_unpack(frame.body, 0, 4, w.mti);
    const uint8_t *bitmap = frame.body + MTI_LEN;
    for (uint8_t de = 1; de < ISO_FIELDS; de++) {
        if (!(bitmap[(de - 1) / 8] & 0x80 >> (de - 1) % 8))
            continue;
        const struct iso_field_spec *spec = iso_field(de);
        size_t offset, field_len;
        if (!spec || !take_field(&w, spec, &offset, &field_len))
            break;
        cover_field(&w, spec, offset, field_len);
    }
    mask_all(m, w.at, w.end - w.at); /* fields that could not be told apart, or bytes after the last */
}
