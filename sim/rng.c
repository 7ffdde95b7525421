/*
 * Random streams: xoshiro256** (Blackman and Vigna, 2018), its state taken from SHA-256 over the seed and the purpose's
 * label. Not a cryptographic generator, and not meant to be one: a bench must be able to say every number again.
 */
#include "sim/rng.h"

#include <openssl/evp.h>
#include <string.h>

static uint64_t load_le64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (size_t i = 8; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static void store_le64(uint64_t value, uint8_t out[8])
{
    for (size_t i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

void rng_init_hash(struct rng *r, uint64_t seed, const char *label, const uint8_t hash[32])
{
    uint8_t input[8 + 32 + 64] = {0}, digest[32] = {0};
    store_le64(seed, input);
    if (hash)
        memcpy(input + 8, hash, 32);
    size_t label_len = strnlen(label, 64);
    memcpy(input + 40, label, label_len);
    EVP_Digest(input, 40 + label_len, digest, NULL, EVP_sha256(), NULL);
    for (size_t i = 0; i < 4; i++)
        r->s[i] = load_le64(digest + 8 * i);
    r->s[0] |= !(r->s[0] | r->s[1] | r->s[2] | r->s[3]); /* all zeros is the one state it never leaves */
}

void rng_init(struct rng *r, uint64_t seed, const char *label)
{
    rng_init_hash(r, seed, label, NULL);
}

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static uint64_t next(struct rng *r)
{
    uint64_t *s = r->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

void rng_bytes(struct rng *r, void *out, size_t len)
{
    uint8_t *bytes = out;
    while (len) {
        uint8_t word[8];
        size_t take = len < sizeof word ? len : sizeof word;
        store_le64(next(r), word);
        memcpy(bytes, word, take);
        bytes += take;
        len -= take;
    }
}

uint64_t rng_below(struct rng *r, uint64_t bound)
{
    if (!bound)
        return 0;
    uint64_t unfair = -bound % bound, x; /* 2^64 mod bound: the low values that would come once too often */
    do
        x = next(r);
    while (x < unfair);
    return x % bound;
}
