/*
 * Data object lists (EMV Book 3 section 5.4). The kernel builds the data of GET PROCESSING OPTIONS, GENERATE AC and
 * INTERNAL AUTHENTICATE with it; simulated cards and the decoder take that data apart again.
 */
#include "core/codec/dol.h"

#include "core/codec/tlv.h"

#include <string.h>

int dol_next(const uint8_t *dol, size_t len, size_t *at, struct dol_entry *out)
{
    size_t i = *at;
    if (i >= len)
        return E_NOTFOUND;
    if (tlv_read_tag(dol, len, &i, &out->tag) || i >= len)
        return E_FORMAT;
    out->len = dol[i];
    *at = i + 1;
    return OK;
}

/* A tag outside the dictionary that the source nevertheless has is treated as binary. */
static void fit(uint32_t tag, const uint8_t *value, size_t len, uint8_t *out, size_t want)
{
    const struct tag_info *info = tag_lookup(tag);
    enum tag_format format = info ? info->format : TAG_B;
    size_t keep = len < want ? len : want;
    size_t from = format == TAG_N ? len - keep : 0;
    size_t to = format == TAG_N ? want - keep : 0;
    memset(out, format == TAG_CN ? 0xFF : 0x00, want);
    if (keep)
        memcpy(out + to, value + from, keep);
}

int dol_build(const uint8_t *dol, size_t len, dol_source *source, void *ctx, uint8_t *out, size_t cap, size_t *out_len)
{
    struct dol_entry entry;
    size_t at = 0, n = 0;
    int status;
    *out_len = 0;
    while ((status = dol_next(dol, len, &at, &entry)) == OK) {
        const uint8_t *value = NULL;
        size_t value_len = 0;
        if (entry.len > cap - n)
            return E_LIMIT;
        if (!tlv_is_template(entry.tag) && source(ctx, entry.tag, &value, &value_len) == OK)
            fit(entry.tag, value, value_len, out + n, entry.len);
        else
            memset(out + n, 0, entry.len);
        n += entry.len;
    }
    if (status != E_NOTFOUND)
        return status;
    *out_len = n;
    return OK;
}

int dol_locate(const uint8_t *dol, size_t len, uint32_t tag, size_t *offset, size_t *value_len)
{
    struct dol_entry entry;
    size_t at = 0, n = 0;
    int status;
    while ((status = dol_next(dol, len, &at, &entry)) == OK) {
        if (entry.tag == tag) {
            *offset = n;
            *value_len = entry.len;
            return OK;
        }
        n += entry.len;
    }
    return status;
}
