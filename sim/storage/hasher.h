/*
 * Hashing for the storage: one context for each purpose, made once and shared by a storage and all its clones, because
 * making one costs more than what a sweep hashes with it. Single-threaded, like the storage.
 *
 * Two hashes. SHA-256 is for what has a name outside (the hash of a storage, the digest of a flash area). A tag is XXH3
 * with 128 bits, which costs a sweep next to nothing: it stands for a page or a file while the simulator compares
 * contents with each other. Nobody forges pages here; two of a billion different contents share a tag with a chance of
 * about 2^-69.
 */
#ifndef POSBENCH_SIM_STORAGE_HASHER_H
#define POSBENCH_SIM_STORAGE_HASHER_H

#include <stddef.h>
#include <stdint.h>

#define TAG_LEN 16
#define SHA_LEN 32

struct hasher;

struct hasher *hasher_create(void); /* NULL: OpenSSL or memory refused */
struct hasher *hasher_share(struct hasher *h);
void hasher_drop(struct hasher *h);

/* One tag, or one SHA-256, at a time. They cannot fail: a process whose hashes are wrong is ended (abort), because a
 * sweep would merge states that differ and pass what it never looked at. */
void hasher_tag_begin(struct hasher *h);
void hasher_tag_add(struct hasher *h, const void *data, size_t len);
void hasher_tag_end(struct hasher *h, uint8_t out[TAG_LEN]);
void hasher_sha_begin(struct hasher *h);
void hasher_sha_add(struct hasher *h, const void *data, size_t len);
void hasher_sha_end(struct hasher *h, uint8_t out[SHA_LEN]);

/* SHA-256 of flash contents remembered by their tag: an image is digested at each boot. NULL: not known. */
const uint8_t *hasher_recall(const struct hasher *h, const uint8_t tag[TAG_LEN]);
void hasher_remember(struct hasher *h, const uint8_t tag[TAG_LEN], const uint8_t sha256[SHA_LEN]);

#endif
