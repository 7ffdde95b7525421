/*
 * The signed head of an image in a flash slot. Callers: the boot ROM, update packages, the bench that fills slots.
 *
 *   offset 0   "PBIM", then three u32 little-endian: bytes of the manifest, bytes of the image, 0
 *   16         manifest: one flat JSON object {name, version, sequence, schema, abi, digest}
 *   behind it  Ed25519 signature (64 bytes) over everything before it
 *   next multiple of 4096: the image, whose SHA-256 is `digest`
 *
 * Sequence is the monotonic security counter (RFC 9124, 3.1); the version is for people. Unknown members are skipped: a
 * newer packer may sign more than an older ROM reads. Pure functions; bytes between signature and image are not read.
 */
#ifndef POSBENCH_CORE_CODEC_MANIFEST_H
#define POSBENCH_CORE_CODEC_MANIFEST_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

#define MANIFEST_HEADER_LEN 16u
#define MANIFEST_JSON_MAX 1024u
#define MANIFEST_SIGNATURE_LEN 64u
#define MANIFEST_IMAGE_ALIGN 4096u
#define MANIFEST_HEAD_MAX (MANIFEST_HEADER_LEN + MANIFEST_JSON_MAX + MANIFEST_SIGNATURE_LEN) /* header to signature */

struct manifest {
    char name[32], version[16];
    uint32_t sequence, schema, abi, image_len;
    uint8_t digest[32];
};

struct manifest_layout {
    uint32_t signed_len; /* header and JSON; the signature follows */
    uint32_t image_offset, image_len;
};

/* The first MANIFEST_HEADER_LEN bytes of a slot of `area_size` bytes. E_NOTFOUND: erased (all FF), nothing is here.
 * E_FORMAT: not such a header; E_LIMIT: a length is 0 or beyond its limit. *reason is one short phrase, static; NULL
 * on OK. */
int manifest_layout(const uint8_t header[MANIFEST_HEADER_LEN], uint64_t area_size, struct manifest_layout *out,
                    const char **reason);

/* The signed bytes, `len` = signed_len, to values. Verify the signature first. E_FORMAT, E_LIMIT with *reason as
 * above. */
int manifest_parse(const uint8_t *signed_bytes, size_t len, struct manifest *out, const char **reason);

/* The signed bytes of a slot; the caller appends the signature, pads to image_offset and appends the image. `digest`
 * is the image's SHA-256; that member of `info` is not read. E_INVAL (no name, image of 0 bytes), E_LIMIT, E_NOMEM.
 * */
int manifest_build(const struct manifest *info, const uint8_t digest[32], uint8_t *out, size_t cap,
                   struct manifest_layout *layout);

#endif
