/*
 * Signed objects of JR/T 0025.17 in a recording: data in clear, then r || s; SM2 over SM3 with the user id
 * 1234567812345678 (DOMAIN 3.10). The arithmetic is that of cards/signing.c, which shares nothing with core/emv. Called
 * by replay_sign_block.c.
 */
#include "cards/signing.h"
#include "scenarios/engine/replay_sign.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define SM2_FORMAT 0x10
#define SM2_POINT 64

bool sign_sm2_verifies(const struct sign_key *key, const struct sign_bytes *signature, const struct sign_bytes *parts,
                       size_t count)
{
    struct chain_key public = {.modulus.len = (uint16_t)key->len};
    if (signature->len < SM2_SIGNATURE || key->len != SM2_POINT)
        return false;
    size_t body = signature->len - SM2_SIGNATURE, len = body;
    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    uint8_t *message = malloc(len + 1);
    if (!message)
        return false;
    memcpy(message, signature->bytes, body);
    for (size_t i = 0, at = body; i < count; at += parts[i++].len)
        if (parts[i].len)
            memcpy(message + at, parts[i].bytes, parts[i].len);
    memcpy(public.modulus.bytes, key->modulus, key->len);
    bool ok = sm2_verify(&public, message, len, signature->bytes + body) == OK;
    OPENSSL_cleanse(message, len);
    free(message);
    return ok;
}

bool sign_sm2_verify(struct sign *s, const char *group, const struct sign_kind *kind,
                     const struct sign_bytes *signature, const struct sign_key *key, const struct sign_bytes *parts,
                     size_t count, const char *gap, struct sign_block *out)
{
    unsigned masked = sign_masked(signature, 1), line = signature->line;
    size_t least = kind->sm2_least + SM2_SIGNATURE;
    uint8_t format = (uint8_t)(kind->formats[0] | SM2_FORMAT);
    if (!sign_test(s, group, "length", signature->len >= least && signature->len < sizeof out->bytes, masked, line,
                   "%zu bytes, with a signature of SM2 at least %zu", signature->len, least) ||
        !sign_test(s, group, "format", signature->bytes[0] == format, masked, line, "%02X, %02X expected for SM2",
                   signature->bytes[0], format))
        return false;
    out->len = 1 + signature->len - SM2_SIGNATURE;
    out->bytes[0] = 0;
    memcpy(out->bytes + 1, signature->bytes, out->len - 1);
    bool ok = sign_sm2_verifies(key, signature, parts, count);
    if (!ok && *gap) {
        sign_row(s, group, "signature", SIGN_OPEN, line, "%s", gap);
        return false;
    }
    return sign_test(s, group, "signature", ok, masked ? masked : sign_masked(parts, count), line,
                     "it is not that of the signed data as recorded, by this key");
}
