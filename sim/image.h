/*
 * Images: shared objects loaded so that nothing of one run is left in the next.
 *
 * An image is loaded once per process and content: dlopen of a path that was never used before, the mapped read-only
 * segments compared with the file, a copy of the writable segments kept. image_reset restores that copy: no static
 * survives a reboot.
 */
#ifndef POSBENCH_SIM_IMAGE_H
#define POSBENCH_SIM_IMAGE_H

#include "core/firmware.h"

struct image; /* process-wide cache entry; never unloaded */

/* Loads or finds. E: HAL_E_IMAGE with a one-line reason in `why` (no ELF, needs AddressSanitizer, no posbench_firmware,
 * ABI), E_NOMEM. `bytes` is the file's content; `sha256` its digest. */
int image_load(const uint8_t *bytes, size_t len, const uint8_t sha256[32], struct image **out, char *why,
               size_t why_cap);
const struct firmware *image_firmware(const struct image *image);
/* Back to the state after load. Only between runs of its entry. */
void image_reset(struct image *image);
/* One that is loaded already, by its content's digest; NULL. */
struct image *image_find(const uint8_t sha256[32]);
const uint8_t *image_digest(const struct image *image); /* 32 bytes */
/* Several terminals may run one image, which has its variables once: makes those of `owner` the ones in place, and
 * keeps the others'. To be called before any code of the image runs; a new owner's are as after load. E_NOMEM only for
 * a new owner. */
int image_claim(struct image *image, const void *owner);
void image_release(const void *owner); /* forgets this owner's variables in every image */
/* The variables of a running image, to be put back after its code was used for something else (inspect). malloc'd;
 * NULL: no memory. */
uint8_t *image_save(const struct image *image);
void image_put_back(struct image *image, const uint8_t *state);
/* True when `address` lies inside the image: whose fault a crash is. */
bool image_owns(const struct image *image, const void *address);

/* A signed flash slot (core/codec/manifest.h) of a shared object, by the bench's own TEST signing key, whose public
 * half is burnt into simulated secure elements. *slot is malloc'd. */
int image_pack(const uint8_t *so, size_t len, uint8_t **slot, size_t *slot_len, char *why, size_t why_cap);
const uint8_t *image_test_public_key(void); /* 32 bytes */
/* A whole file, at most 64 MB; *bytes is malloc'd with room for a NUL behind. HAL_E_NOENT, HAL_E_IO, E_LIMIT, E_NOMEM.
 */
int image_read_file(const char *path, uint8_t **bytes, size_t *len, char *why, size_t why_cap);

#endif
