/* Hex literals for the codec tests. Include after <cmocka.h>. */
#ifndef POSBENCH_TESTS_CORE_CODEC_BYTES_H
#define POSBENCH_TESTS_CORE_CODEC_BYTES_H

#include "core/codec/hex.h"

#include <stdlib.h>
#include <string.h>

/* Exactly as large as its content, on the heap, so that ASan sees one byte read too far. `bytes_free` frees it. */
struct bytes {
    uint8_t *p;
    size_t len;
};

static inline struct bytes bytes_copy(const void *from, size_t len)
{
    struct bytes b = {malloc(len ? len : 1), len};
    assert_non_null(b.p);
    if (len)
        memcpy(b.p, from, len);
    return b;
}

static inline struct bytes bytes_hex(const char *hex)
{
    uint8_t raw[4096];
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), raw, sizeof raw, &len), OK);
    return bytes_copy(raw, len);
}

static inline void bytes_free(struct bytes *b)
{
    free(b->p);
    *b = (struct bytes){0};
}

/* Fixed-size fields of structs. */
static inline void fill_hex(const char *hex, void *out, size_t size)
{
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), out, size, &len), OK);
    assert_int_equal(len, size);
}

static inline void assert_hex(const void *bytes, size_t len, const char *expected)
{
    char text[8192];
    assert_int_equal(hex_encode(bytes, len, text, sizeof text), OK);
    assert_string_equal(text, expected);
}

#endif
