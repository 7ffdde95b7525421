/* The hashing contexts of a storage and its clones. Called by pages.c, flash.c and contents.c. */
#include "sim/storage/hasher.h"

#define XXH_INLINE_ALL
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define MEMO_ENTRIES 32u /* two slots, the boot area, and images of a few versions */

struct hasher {
    size_t refs;
    EVP_MD *sha256;
    EVP_MD_CTX *sha;
    XXH3_state_t *tag;
    unsigned count, next;
    struct {
        uint8_t tag[TAG_LEN], digest[SHA_LEN];
    } memo[MEMO_ENTRIES];
};

static void must(int ok)
{
    if (!ok)
        abort();
}

struct hasher *hasher_create(void)
{
    struct hasher *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->refs = 1;
    h->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    h->sha = EVP_MD_CTX_new();
    h->tag = XXH3_createState();
    if (h->sha256 && h->sha && h->tag)
        return h;
    hasher_drop(h);
    return NULL;
}

struct hasher *hasher_share(struct hasher *h)
{
    h->refs++;
    return h;
}

void hasher_drop(struct hasher *h)
{
    if (!h || --h->refs > 0)
        return;
    EVP_MD_CTX_free(h->sha);
    EVP_MD_free(h->sha256);
    XXH3_freeState(h->tag);
    free(h);
}

void hasher_tag_begin(struct hasher *h)
{
    must(XXH3_128bits_reset(h->tag) == XXH_OK);
}

void hasher_tag_add(struct hasher *h, const void *data, size_t len)
{
    must(len == 0 || XXH3_128bits_update(h->tag, data, len) == XXH_OK);
}

/* The canonical form: the same bytes on every machine. */
void hasher_tag_end(struct hasher *h, uint8_t out[TAG_LEN])
{
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(h->tag));
    memcpy(out, bytes.digest, TAG_LEN);
}

void hasher_sha_begin(struct hasher *h)
{
    must(EVP_DigestInit_ex(h->sha, h->sha256, NULL));
}

void hasher_sha_add(struct hasher *h, const void *data, size_t len)
{
    must(EVP_DigestUpdate(h->sha, data, len));
}

void hasher_sha_end(struct hasher *h, uint8_t out[SHA_LEN])
{
    must(EVP_DigestFinal_ex(h->sha, out, NULL));
}

const uint8_t *hasher_recall(const struct hasher *h, const uint8_t tag[TAG_LEN])
{
    for (unsigned i = 0; i < h->count; i++)
        if (memcmp(h->memo[i].tag, tag, TAG_LEN) == 0)
            return h->memo[i].digest;
    return NULL;
}

void hasher_remember(struct hasher *h, const uint8_t tag[TAG_LEN], const uint8_t sha256[SHA_LEN])
{
    memcpy(h->memo[h->next].tag, tag, TAG_LEN);
    memcpy(h->memo[h->next].digest, sha256, SHA_LEN);
    h->next = (h->next + 1) % MEMO_ENTRIES;
    if (h->count < MEMO_ENTRIES)
        h->count++;
}
