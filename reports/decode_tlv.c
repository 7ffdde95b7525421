/* TLV trees and data object lists (EMV Book 3 section 5.4 and annex B), with the tag dictionary's names. */
#include "reports/decode.h"

#include <string.h>

#define DOL_MAX 256

void decode_tag_name(uint32_t tag, char *out, size_t cap)
{
    const struct tag_info *info = tag_lookup(tag);
    snprintf(out, cap, "%0*lX %s",
             tag > 0xFFFF ? 6
             : tag > 0xFF ? 4
                          : 2,
             (unsigned long)tag, info ? info->name : "(unknown tag)");
}

static bool decode_level(cJSON *parent, struct decode_span span, unsigned depth);

static cJSON *add_object(cJSON *parent, uint32_t tag, struct decode_span value, unsigned depth)
{
    char name[120];
    decode_tag_name(tag, name, sizeof name);
    if (!tlv_is_template(tag) || depth >= TLV_MAX_DEPTH) {
        cJSON *node = decode_add_span(parent, name, value);
        decode_meaning(node, tag, value);
        return node;
    }
    cJSON *node = decode_add(parent, name, NULL, NULL);
    decode_level(node, value, depth + 1);
    return node;
}

cJSON *decode_object(cJSON *parent, uint32_t tag, struct decode_span value)
{
    return add_object(parent, tag, value, 1);
}

static bool decode_level(cJSON *parent, struct decode_span span, unsigned depth)
{
    size_t at = 0;
    struct tlv object;
    for (;;) {
        size_t before = at;
        int status = tlv_next(span.bytes, span.len, &at, &object);
        if (status == E_NOTFOUND)
            return true;
        if (status != OK) {
            cJSON *rest = decode_add_span(parent, "not readable as TLV", decode_part(span, before, span.len));
            decode_note(rest, "from byte %zu of %zu", before, span.len);
            return false;
        }
        add_object(parent, object.tag, decode_part(span, (size_t)(object.value - span.bytes), object.len), depth);
    }
}

bool decode_objects(cJSON *parent, struct decode_span span)
{
    return decode_level(parent, span, 1);
}

cJSON *decode_tlv(const char *hex)
{
    struct decode_span span;
    int status = hex ? decode_open(hex, &span) : E_FORMAT;
    if (status)
        return decode_refuse("TLV", hex, status);
    cJSON *root = decode_new("TLV", NULL, NULL);
    if (!decode_objects(root, span))
        decode_note(root, "malformed");
    else if (!span.len)
        decode_note(root, "empty");
    decode_close(&span);
    return root;
}

/* ---- DOLs ---- */

void decode_dol(cJSON *node, struct decode_span dol)
{
    size_t at = 0, total = 0;
    struct dol_entry entry;
    int status;
    while ((status = dol_next(dol.bytes, dol.len, &at, &entry)) == OK) {
        char name[120], bytes[24];
        decode_tag_name(entry.tag, name, sizeof name);
        snprintf(bytes, sizeof bytes, "%u byte%s", entry.len, entry.len == 1 ? "" : "s");
        decode_add(node, name, bytes, NULL);
        total += entry.len;
    }
    decode_note(node, status == E_NOTFOUND ? "asks for %zu bytes" : "malformed after %zu bytes", total);
}

static bool dol_fits(const uint8_t *dol, size_t len, size_t expected)
{
    size_t at = 0, total = 0;
    struct dol_entry entry;
    int status;
    while ((status = dol_next(dol, len, &at, &entry)) == OK)
        total += entry.len;
    return status == E_NOTFOUND && total == expected && total > 0;
}

bool decode_dol_values(cJSON *parent, const char *dol_hex, struct decode_span values)
{
    struct decode_span dol;
    if (!*dol_hex || decode_open(dol_hex, &dol))
        return false;
    bool fits = dol_fits(dol.bytes, dol.len, values.len);
    size_t at = 0, offset = 0;
    struct dol_entry entry;
    while (fits && dol_next(dol.bytes, dol.len, &at, &entry) == OK) {
        char name[120];
        struct decode_span value = decode_part(values, offset, entry.len);
        decode_tag_name(entry.tag, name, sizeof name);
        decode_meaning(decode_add_span(parent, name, value), entry.tag, value);
        offset += entry.len;
    }
    decode_close(&dol);
    return fits;
}
