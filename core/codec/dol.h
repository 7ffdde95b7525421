/* Data object lists: PDOL, CDOL1, CDOL2, DDOL, TDOL (EMV Book 3 section 5.4; DOMAIN 2.5). */
#ifndef POSBENCH_CORE_CODEC_DOL_H
#define POSBENCH_CORE_CODEC_DOL_H

#include "core/codec/tag.h"

struct dol_entry {
    uint32_t tag;
    uint8_t len;
};

/* Entry at *at; OK, E_NOTFOUND at the end, E_FORMAT. */
int dol_next(const uint8_t *dol, size_t len, size_t *at, struct dol_entry *out);

/* Where values come from: returns OK with the object, anything else counts as "not available". */
typedef int dol_source(void *ctx, uint32_t tag, const uint8_t **value, size_t *len);

/* Concatenates the values, truncated and padded by format. Unknown, missing or constructed tags give zeros.
 * E_FORMAT (malformed DOL), E_LIMIT (over `cap`; a command's data field holds 255). */
int dol_build(const uint8_t *dol, size_t len, dol_source *source, void *ctx, uint8_t *out, size_t cap, size_t *out_len);

/* The reverse: offset of `tag` inside data built from the DOL; E_NOTFOUND. */
int dol_locate(const uint8_t *dol, size_t len, uint32_t tag, size_t *offset, size_t *value_len);

#endif
