/*
 * BER-TLV as EMV uses it (EMV Book 3 Annex B): tags of one to three bytes, lengths 00-7F, 81 xx, 82 xx xx; 00 filler
 * between objects is skipped. Other length forms are malformed.
 */
#ifndef POSBENCH_CORE_CODEC_TLV_H
#define POSBENCH_CORE_CODEC_TLV_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tlv {
    uint32_t tag;
    size_t len;
    const uint8_t *value; /* points into the parsed bytes */
};

#define TLV_MAX_DEPTH 8 /* templates inside templates; deeper is malformed */

/* Reads the tag at *at (one to three bytes) and moves *at behind it. E_FORMAT when cut off or longer. */
int tlv_read_tag(const uint8_t *bytes, size_t len, size_t *at, uint32_t *tag);

/* Reads the object at *at and moves *at behind it. OK; E_NOTFOUND at the end (only filler left); E_FORMAT. */
int tlv_next(const uint8_t *bytes, size_t len, size_t *at, struct tlv *out);

/* First object `tag` at this level, not inside templates. OK, E_NOTFOUND, E_FORMAT (found malformed bytes first). */
int tlv_find(const uint8_t *bytes, size_t len, uint32_t tag, struct tlv *out);

/* First object `tag` at any depth, depth first, at most 8 deep. */
int tlv_find_deep(const uint8_t *bytes, size_t len, uint32_t tag, struct tlv *out);

/* Constructed bit of the tag's first byte. */
bool tlv_is_template(uint32_t tag);

/* Whole range is well-formed TLV, templates included. OK or E_FORMAT. */
int tlv_check(const uint8_t *bytes, size_t len);

/* An output buffer that objects are appended to. After an overflow it stays in error: test `status` once at the end. */
struct tlv_out {
    uint8_t *bytes;
    size_t cap, len;
    int status; /* OK or E_LIMIT */
};
void tlv_out_init(struct tlv_out *out, uint8_t *bytes, size_t cap);
void tlv_put(struct tlv_out *out, uint32_t tag, const void *value, size_t len);
void tlv_put_raw(struct tlv_out *out, const void *bytes, size_t len);
/* Wraps everything appended since `mark` (an earlier out->len) into template `tag`. */
void tlv_wrap(struct tlv_out *out, size_t mark, uint32_t tag);

/* Bytes of an encoded tag: 1..4. */
size_t tlv_tag_len(uint32_t tag);

#endif
