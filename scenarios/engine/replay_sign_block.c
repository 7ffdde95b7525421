/* What the signatures of a card share: RSA with recovery, the frame of the recovered block, and its hash (EMV Book 2
 * annex A2.1). Called by replay_sign_chain.c and replay_sign_dynamic.c. */
#include "scenarios/engine/replay_sign.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <string.h>

bool sign_recover(const struct sign_key *key, const struct sign_bytes *signature, struct sign_block *out)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = BN_bin2bn(key->modulus, (int)key->len, NULL),
           *s = BN_bin2bn(signature->bytes, (int)signature->len, NULL),
           *e = BN_bin2bn(key->exponent, (int)key->exponent_len, NULL), *r = BN_new();
    bool ok = ctx && n && s && e && r && key->len && key->len <= sizeof out->bytes && !BN_is_zero(n) &&
              BN_mod_exp(r, s, e, n, ctx) == 1 && BN_bn2binpad(r, out->bytes, (int)key->len) == (int)key->len;
    out->len = ok ? key->len : 0;
    BN_free(n);
    BN_free(s);
    BN_free(e);
    BN_free(r);
    BN_CTX_free(ctx);
    return ok;
}

bool sign_open(struct sign *s, const char *group, const struct sign_bytes *signature, const struct sign_key *key,
               const char *formats, size_t least, struct sign_block *out)
{
    unsigned masked = sign_masked(signature, 1), line = signature->line;
    if (!sign_test(s, group, "length", signature->len == key->len && key->len >= least, masked, line,
                   "%zu bytes, the key that verifies it has %zu%s", signature->len, key->len,
                   key->len < least ? ", which is too short" : ""))
        return false;
    bool opened = sign_recover(key, signature, out);
    return sign_test(s, group, "trailer", opened && out->bytes[out->len - 1] == 0xBC, masked, line,
                     "the recovered block does not end with BC: the signature was not made with this key, or is "
                     "damaged") &&
           sign_test(s, group, "header", out->bytes[0] == 0x6A, masked, line, "%02X, 6A expected", out->bytes[0]) &&
           sign_test(s, group, "format", out->bytes[1] && strchr(formats, out->bytes[1]), masked, line,
                     "%02X, %02X expected", out->bytes[1], (unsigned char)formats[0]);
}

bool sign_hash_is(const struct sign_block *block, const struct sign_bytes *parts, size_t count)
{
    uint8_t is[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && block->len > SIGN_HASH + 2 && EVP_DigestInit_ex(md, EVP_sha1(), NULL) == 1 &&
              EVP_DigestUpdate(md, block->bytes + 1, block->len - SIGN_HASH - 2) == 1;
    for (size_t i = 0; ok && i < count; i++)
        ok = !parts[i].len || EVP_DigestUpdate(md, parts[i].bytes, parts[i].len) == 1;
    ok = ok && EVP_DigestFinal_ex(md, is, NULL) == 1 &&
         memcmp(is, block->bytes + block->len - SIGN_HASH - 1, SIGN_HASH) == 0;
    EVP_MD_CTX_free(md);
    return ok;
}

bool sign_hash(struct sign *s, const char *group, const struct sign_block *block, uint8_t algorithm,
               const struct sign_bytes *signature, const struct sign_bytes *parts, size_t count, const char *gap)
{
    unsigned masked = sign_masked(signature, 1), line = signature->line;
    if (!masked)
        masked = sign_masked(parts, count);
    if (algorithm != 0x01)
        return sign_test(s, group, "hash", false, masked, line, "hash algorithm %02X is not known (01 is SHA-1)",
                         algorithm);
    bool ok = sign_hash_is(block, parts, count);
    if (!ok && *gap) {
        sign_row(s, group, "hash", SIGN_OPEN, line, "%s", gap);
        return false;
    }
    return sign_test(s, group, "hash", ok, masked, line,
                     "the hash in the signature is not that of the signed data as recorded");
}
