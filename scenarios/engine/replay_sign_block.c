/* What the signatures of a card share: RSA with recovery, the frame of the recovered block, and its hash (EMV Book 2
 * annex A2.1); and which of RSA and SM2 it is. Called by replay_sign_chain.c and replay_sign_dynamic.c. */
#include "scenarios/engine/replay_sign.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <string.h>

#define PARTS_MAX 4

static bool recover(const struct sign_key *key, const struct sign_bytes *signature, struct sign_block *out)
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

/* Length, trailer, header, format: a row each until one fails. */
static bool open_block(struct sign *s, const char *group, const struct sign_bytes *signature,
                       const struct sign_key *key, const char *formats, size_t least, struct sign_block *out)
{
    unsigned masked = sign_masked(signature, 1), line = signature->line;
    if (!sign_test(s, group, "length", signature->len == key->len && key->len >= least, masked, line,
                   "%zu bytes, the key that verifies it has %zu%s", signature->len, key->len,
                   key->len < least ? ", which is too short" : ""))
        return false;
    bool opened = recover(key, signature, out);
    return sign_test(s, group, "trailer", opened && out->bytes[out->len - 1] == 0xBC, masked, line,
                     "the recovered block does not end with BC: the signature was not made with this key, or is "
                     "damaged") &&
           sign_test(s, group, "header", out->bytes[0] == 0x6A, masked, line, "%02X, 6A expected", out->bytes[0]) &&
           sign_test(s, group, "format", out->bytes[1] && strchr(formats, out->bytes[1]), masked, line,
                     "%02X, %02X expected", out->bytes[1], (unsigned char)formats[0]);
}

size_t sign_digest(const struct sign_key *key, const struct sign_bytes *parts, size_t count, uint8_t *out)
{
    unsigned len = 0;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestInit_ex(md, key->sm2 ? EVP_sm3() : EVP_sha1(), NULL) == 1;
    for (size_t i = 0; ok && i < count; i++)
        ok = !parts[i].len || EVP_DigestUpdate(md, parts[i].bytes, parts[i].len) == 1;
    ok = ok && EVP_DigestFinal_ex(md, out, &len) == 1;
    EVP_MD_CTX_free(md);
    return ok ? len : 0;
}

static bool hash_is(const struct sign_key *key, const struct sign_block *block, const struct sign_bytes *behind,
                    size_t count)
{
    uint8_t is[EVP_MAX_MD_SIZE];
    struct sign_bytes parts[1 + PARTS_MAX];
    if (block->len <= SIGN_HASH + 2 || count > PARTS_MAX)
        return false;
    parts[0] = (struct sign_bytes){block->bytes + 1, NULL, block->len - SIGN_HASH - 2, 0};
    if (count)
        memcpy(parts + 1, behind, count * sizeof *behind);
    return sign_digest(key, parts, count + 1, is) == SIGN_HASH &&
           memcmp(is, block->bytes + block->len - SIGN_HASH - 1, SIGN_HASH) == 0;
}

static bool check_hash(struct sign *s, const char *group, const struct sign_key *key, const struct sign_block *block,
                       uint8_t algorithm, const struct sign_bytes *signature, const struct sign_bytes *parts,
                       size_t count, const char *gap)
{
    unsigned masked = sign_masked(signature, 1), line = signature->line;
    if (!masked)
        masked = sign_masked(parts, count);
    if (algorithm != 0x01)
        return sign_test(s, group, "hash", false, masked, line, "hash algorithm %02X is not known (01 is SHA-1)",
                         algorithm);
    bool ok = hash_is(key, block, parts, count);
    if (!ok && *gap) {
        sign_row(s, group, "hash", SIGN_OPEN, line, "%s", gap);
        return false;
    }
    return sign_test(s, group, "hash", ok, masked, line,
                     "the hash in the signature is not that of the signed data as recorded");
}

bool sign_verify(struct sign *s, const char *group, const struct sign_kind *kind, const struct sign_bytes *signature,
                 const struct sign_key *key, const struct sign_bytes *parts, size_t count, const char *gap,
                 struct sign_block *out)
{
    out->len = 0;
    if (key->sm2)
        return sign_sm2_verify(s, group, kind, signature, key, parts, count, gap, out);
    if (open_block(s, group, signature, key, kind->formats, kind->least, out))
        return check_hash(s, group, key, out, out->bytes[kind->algorithm_at], signature, parts, count, gap);
    out->len = 0;
    return false;
}

bool sign_verifies(const struct sign_key *key, const struct sign_bytes *signature, const struct sign_bytes *parts,
                   size_t count)
{
    struct sign_block block;
    return key->sm2 ? sign_sm2_verifies(key, signature, parts, count)
                    : recover(key, signature, &block) && hash_is(key, &block, parts, count);
}
