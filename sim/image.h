/*
 * Images: shared objects loaded so that nothing of one run is left in the next (DESIGN: images).
 *
 * An image is loaded once per process and content: dlopen of a path that was never used before, the mapped read-only segments
 * compared with the file, a copy of the writable segments kept. image_reset restores that copy: no static survives a reboot.
 */
#ifndef POSBENCH_SIM_IMAGE_H
#define POSBENCH_SIM_IMAGE_H

#include "core/firmware.h"

struct image; /* process-wide cache entry; never unloaded */

/* Loads or finds. E: HAL_E_IMAGE with a one-line reason in `why` (no ELF, needs AddressSanitizer, no posbench_firmware, ABI), E_NOMEM.
 * `bytes` is the file's content; `sha256` its digest. */
int image_load(const uint8_t *bytes, size_t len, const uint8_t sha256[32], struct image **out, char *why, size_t why_cap);
const struct firmware *image_firmware(const struct image *image);
/* Back to the state after load. Only between runs of its entry. */
void image_reset(struct image *image);
/* True when `address` lies inside the image: whose fault a crash is. */
bool image_owns(const struct image *image, const void *address);

/* A signed flash slot (core/codec/manifest.h) of a shared object, by the bench's own TEST signing key, whose public half is burnt into
 * simulated secure elements. *slot is malloc'd. */
int image_pack(const uint8_t *so, size_t len, uint8_t **slot, size_t *slot_len, char *why, size_t why_cap);
const uint8_t *image_test_public_key(void); /* 32 bytes */
int image_read_file(const char *path, uint8_t **bytes, size_t *len, char *why, size_t why_cap);

#endif
