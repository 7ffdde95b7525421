/*
 * ISO 8583:1987 messages in UnionPay's compressed form: a message as fields of text and bytes, packed and unpacked by
 * the rows of iso8583_fields.c (DOMAIN 4.2). The terminal and the simulated host share it. Unpacking keeps what a
 * sender is free to choose (the filler nibble of an odd digit count), so that an unpacked message packs to the same
 * bytes and its MAC can be recomputed.
 */
#include "core/codec/iso8583.h"

#include "core/codec/hex.h"

#include <openssl/crypto.h>
#include <string.h>

#define MTI_SIZE 2
#define BITMAP_SIZE 8
#define VALUE_MAX 512

void iso_init(struct iso_message *m, const char *mti)
{
    memset(m, 0, sizeof *m);
    memcpy(m->mti, mti, strnlen(mti, sizeof m->mti - 1));
}

static bool is_digits(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

/* What a field may hold. An enciphered track is any nibbles at all, so z takes A to F too. */
static int check_value(const struct iso_field_spec *spec, const char *value, size_t len)
{
    if (len > spec->max)
        return E_LIMIT;
    if (spec->kind == ISO_N && !is_digits(value, len))
        return E_FORMAT;
    for (size_t i = 0; spec->kind == ISO_Z && i < len; i++)
        if (!is_digits(value + i, 1) && value[i] != '=' && (value[i] < 'A' || value[i] > 'F'))
            return E_FORMAT;
    if (spec->len_digits == 0 && len < spec->max && spec->kind != ISO_ANS)
        return E_FORMAT;
    return OK;
}

int iso_set(struct iso_message *m, uint8_t de, const void *value, size_t len)
{
    const struct iso_field_spec *spec = iso_field(de);
    if (!spec)
        return E_INVAL;
    int status = check_value(spec, value, len);
    if (status)
        return status;
    size_t stored = spec->len_digits == 0 ? spec->max : len;
    size_t freed = m->present[de] ? m->length[de] : 0;
    if (stored > sizeof m->store - (m->used - freed))
        return E_LIMIT;
    iso_clear(m, de);
    uint8_t *to = m->store + m->used;
    if (len)
        memcpy(to, value, len);
    memset(to + len, ' ', stored - len);
    for (size_t i = 0; spec->kind == ISO_Z && i < len; i++) /* one spelling, so that equal tracks compare equal */
        if (to[i] == '=')
            to[i] = 'D';
    m->present[de] = true;
    m->offset[de] = m->used;
    m->length[de] = (uint16_t)stored;
    m->used = (uint16_t)(m->used + stored);
    return OK;
}

int iso_set_text(struct iso_message *m, uint8_t de, const char *text)
{
    return iso_set(m, de, text, strlen(text));
}

int iso_set_number(struct iso_message *m, uint8_t de, uint64_t value)
{
    const struct iso_field_spec *spec = iso_field(de);
    char digits[20];
    if (!spec || spec->kind != ISO_N || spec->len_digits || spec->max > sizeof digits)
        return E_INVAL;
    for (size_t i = spec->max; i-- > 0; value /= 10)
        digits[i] = (char)('0' + value % 10);
    return value ? E_LIMIT : iso_set(m, de, digits, spec->max);
}

void iso_clear(struct iso_message *m, uint8_t de)
{
    if (!iso_has(m, de))
        return;
    uint16_t at = m->offset[de], gap = m->length[de];
    memmove(m->store + at, m->store + at + gap, (size_t)(m->used - at - gap));
    m->used = (uint16_t)(m->used - gap);
    OPENSSL_cleanse(m->store + m->used, gap); /* a PAN or PIN block must not stay behind */
    for (size_t i = 0; i < ISO_FIELDS; i++)
        if (m->present[i] && m->offset[i] > at)
            m->offset[i] = (uint16_t)(m->offset[i] - gap);
    m->present[de] = false;
    m->length[de] = 0;
    m->filler[de] = 0;
}

bool iso_has(const struct iso_message *m, uint8_t de)
{
    return de < ISO_FIELDS && m->present[de];
}

const uint8_t *iso_get(const struct iso_message *m, uint8_t de, size_t *len)
{
    *len = iso_has(m, de) ? m->length[de] : 0;
    return iso_has(m, de) ? m->store + m->offset[de] : NULL;
}

int iso_text(const struct iso_message *m, uint8_t de, char *out, size_t cap)
{
    size_t len;
    const uint8_t *value = iso_get(m, de, &len);
    int status = len < cap ? OK : E_LIMIT;
    if (cap)
        *out = '\0';
    if (value && status == OK) {
        memcpy(out, value, len);
        out[len] = '\0';
    }
    return status;
}

bool iso_equal(const struct iso_message *a, const struct iso_message *b, uint8_t de)
{
    size_t a_len, b_len;
    const uint8_t *a_value = iso_get(a, de, &a_len), *b_value = iso_get(b, de, &b_len);
    if (!a_value || !b_value)
        return a_value == b_value;
    return a_len == b_len && memcmp(a_value, b_value, a_len) == 0;
}

static bool is_packed(const struct iso_field_spec *spec)
{
    return spec->kind == ISO_N || spec->kind == ISO_Z;
}

static size_t wire_size(const struct iso_field_spec *spec, size_t count)
{
    return is_packed(spec) ? (count + 1) / 2 : count;
}

/* `count` characters into `out`; a right-aligned field has its filler nibble on the left, any other on the right. */
static int pack_value(const struct iso_field_spec *spec, const uint8_t *value, size_t count, uint8_t filler,
                      uint8_t *out)
{
    if (!is_packed(spec)) {
        if (count)
            memcpy(out, value, count);
        return OK;
    }
    int status = bcd_pack((const char *)value, count, !spec->right_aligned, filler, out, (count + 1) / 2);
    if (status == OK && spec->right_aligned && count % 2)
        out[0] |= (uint8_t)(filler << 4);
    return status;
}

static int pack_field(const struct iso_message *m, const struct iso_field_spec *spec, uint8_t *out, size_t cap,
                      size_t *at)
{
    size_t count = m->length[spec->de];
    size_t prefix = (spec->len_digits + 1u) / 2, size = wire_size(spec, count);
    if (prefix + size > cap - *at)
        return E_LIMIT;
    if (prefix)
        bcd_from_value(count, out + *at, prefix); /* fits: `max` has no more digits than the prefix */
    *at += prefix;
    int status = pack_value(spec, m->store + m->offset[spec->de], count, m->filler[spec->de], out + *at);
    *at += size;
    return status;
}

int iso_pack(const struct iso_message *m, bool mac_input, uint8_t *out, size_t cap, size_t *len)
{
    size_t at = MTI_SIZE + BITMAP_SIZE;
    *len = 0;
    if (cap < at)
        return E_LIMIT;
    if (strnlen(m->mti, sizeof m->mti) != 4 || !is_digits(m->mti, 4))
        return E_FORMAT;
    bcd_pack(m->mti, 4, 1, 0, out, MTI_SIZE);
    uint8_t *bitmap = out + MTI_SIZE;
    memset(bitmap, 0, BITMAP_SIZE);
    for (uint8_t de = 2; de < ISO_FIELDS; de++) {
        bool only_announced = mac_input && de == 64;
        if (!m->present[de] && !only_announced)
            continue;
        bitmap[(de - 1) / 8] |= (uint8_t)(0x80 >> (de - 1) % 8);
        int status = only_announced ? OK : pack_field(m, iso_field(de), out, cap, &at);
        if (status)
            return status;
    }
    *len = at;
    return OK;
}

/* The length prefix, or the fixed length. */
static int read_count(const struct iso_field_spec *spec, const uint8_t *bytes, size_t len, size_t *at, size_t *count)
{
    size_t prefix = (spec->len_digits + 1u) / 2;
    uint64_t value = spec->max;
    if (prefix > len - *at || (prefix && bcd_value(bytes + *at, prefix, &value)) || value > spec->max)
        return E_FORMAT;
    *at += prefix;
    *count = (size_t)value;
    return OK;
}

static int unpack_field(struct iso_message *m, uint8_t de, const uint8_t *bytes, size_t len, size_t *at)
{
    const struct iso_field_spec *spec = iso_field(de);
    char text[VALUE_MAX + 1];
    size_t count;
    if (!spec || read_count(spec, bytes, len, at, &count) || wire_size(spec, count) > len - *at)
        return E_FORMAT;
    const uint8_t *value = bytes + *at;
    uint8_t filler = 0;
    if (is_packed(spec)) {
        if (count % 2)
            filler = spec->right_aligned ? value[0] >> 4 : value[count / 2] & 0x0F;
        bcd_unpack(value, spec->right_aligned && count % 2, count, text);
        value = (const uint8_t *)text;
    }
    int status = iso_set(m, de, value, count) ? E_FORMAT : OK;
    m->filler[de] = filler;
    *at += wire_size(spec, count);
    OPENSSL_cleanse(text, sizeof text);
    return status;
}

int iso_unpack(const uint8_t *bytes, size_t len, struct iso_message *out, uint8_t *bad_de)
{
    char mti[5];
    size_t at = MTI_SIZE + BITMAP_SIZE;
    iso_init(out, "");
    *bad_de = 1;
    if (len < at)
        return E_FORMAT;
    const uint8_t *bitmap = bytes + MTI_SIZE;
    bcd_unpack(bytes, 0, 4, mti);
    if (!is_digits(mti, 4) || bitmap[0] & 0x80) /* a second bitmap is not part of the profile */
        return E_FORMAT;
    memcpy(out->mti, mti, sizeof out->mti);
    for (uint8_t de = 2; de < ISO_FIELDS; de++) {
        if (!(bitmap[(de - 1) / 8] & 0x80 >> (de - 1) % 8))
            continue;
        *bad_de = de;
        if (unpack_field(out, de, bytes, len, &at))
            return E_FORMAT;
    }
    *bad_de = 0;
    return at == len ? OK : E_FORMAT;
}
