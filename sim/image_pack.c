/*
 * Packing a shared object into a signed flash slot, for the bench, its tests and the packer command.
 *
 * The signing key is a TEST key. It is printed here on purpose: a signature by it proves that a slot came whole from a
 * bench and nothing more, and only simulated secure elements have its public half burnt in.
 */
#include "core/codec/manifest.h"
#include "sim/image.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t test_seed[32] = "posbench TEST key - never ship!!"; /* Ed25519 private key (RFC 8032) */
static const uint8_t test_public[32] = {
    0xB9, 0xC7, 0xEC, 0x22, 0x31, 0x02, 0xEB, 0x89, 0x62, 0xA4, 0x57, 0xF0, 0x84, 0xA9, 0x82, 0x87,
    0x10, 0x40, 0xFD, 0xB6, 0x6A, 0xB9, 0xAD, 0x57, 0x2B, 0x4E, 0x73, 0xCF, 0xDF, 0x3D, 0xAB, 0x5F,
};

const uint8_t *image_test_public_key(void)
{
    return test_public;
}

static int sign(const uint8_t *bytes, size_t len, uint8_t signature[MANIFEST_SIGNATURE_LEN])
{
    int status = E_CRYPTO;
    size_t signature_len = MANIFEST_SIGNATURE_LEN;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, test_seed, sizeof test_seed);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (key && ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestSign(ctx, signature, &signature_len, bytes, len) == 1)
        status = OK;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return status;
}

static int describe(const uint8_t *so, size_t len, const uint8_t digest[32], struct manifest *out, char *why,
                    size_t why_cap)
{
    struct image *image;
    int status = image_load(so, len, digest, &image, why, why_cap);
    if (status)
        return status;
    const struct firmware *f = image_firmware(image);
    if (strlen(f->name) >= sizeof out->name || strlen(f->version) >= sizeof out->version) {
        snprintf(why, why_cap, "its name or version is too long for a manifest");
        return E_LIMIT;
    }
    *out = (struct manifest){.sequence = f->sequence, .schema = f->schema, .abi = f->abi, .image_len = (uint32_t)len};
    strcpy(out->name, f->name);
    strcpy(out->version, f->version);
    return OK;
}

int image_pack(const uint8_t *so, size_t len, uint8_t **slot, size_t *slot_len, char *why, size_t why_cap)
{
    uint8_t digest[32], head[MANIFEST_HEAD_MAX];
    struct manifest info;
    struct manifest_layout layout;
    snprintf(why, why_cap, "cannot be packed");
    if (len > UINT32_MAX || !EVP_Digest(so, len, digest, NULL, EVP_sha256(), NULL))
        return E_LIMIT;
    int status = describe(so, len, digest, &info, why, why_cap);
    if (status == OK)
        status = manifest_build(&info, digest, head, sizeof head - MANIFEST_SIGNATURE_LEN, &layout);
    if (status == OK)
        status = sign(head, layout.signed_len, head + layout.signed_len);
    if (status)
        return status;
    uint8_t *bytes = malloc(layout.image_offset + len);
    if (!bytes)
        return E_NOMEM;
    memset(bytes, 0xFF, layout.image_offset); /* as erased flash */
    memcpy(bytes, head, layout.signed_len + MANIFEST_SIGNATURE_LEN);
    memcpy(bytes + layout.image_offset, so, len);
    *slot = bytes;
    *slot_len = layout.image_offset + len;
    return OK;
}
