/* Copy-on-write page arrays: contents against a flat copy, sharing, hashes. */
#include "tests/sim/storage/fixture.h"

#include "sim/storage/pages.h"

#define PAGE 64u
#define FLAT 4096u

static void expect_equal(const struct pages *p, const uint8_t *flat, uint64_t size)
{
    uint8_t data[FLAT];
    assert_int_equal(p->size, size);
    assert_int_equal(pages_read(p, 0, data, sizeof data), size);
    assert_memory_equal(data, flat, size);
}

/* What the page array should say after any sequence of operations, kept in a flat buffer. */
struct model { uint8_t bytes[FLAT]; uint64_t size; };

static void model_write(struct model *m, uint64_t at, const uint8_t *data, size_t len, uint8_t fill)
{
    if (at > m->size)
        memset(m->bytes + m->size, fill, at - m->size);
    memcpy(m->bytes + at, data, len);
    if (at + len > m->size)
        m->size = at + len;
}

static void random_operations_agree_with_a_flat_buffer(void **state)
{
    (void)state;
    uint32_t x = 1;
    struct pages p, snapshot;
    struct model m = {.size = 0}, at_snapshot;
    pages_init(&p, PAGE, 0);
    pages_clone(&p, &snapshot);
    at_snapshot = m;
    for (int i = 0; i < 3000; i++) {
        uint8_t data[300];
        x = x * 1664525u + 1013904223u;
        uint64_t at = (x >> 8) % 3000;
        size_t len = (x >> 20) % sizeof data;
        memset(data, (int)(x >> 24), sizeof data);
        if (x % 7 == 0) {
            assert_int_equal(pages_resize(&p, at), OK);
            if (at > m.size)
                memset(m.bytes + m.size, 0, at - m.size);
            m.size = at;
        } else if (x % 7 == 1) {
            assert_int_equal(pages_erase(&p, at, len), OK);
            if (at < m.size)
                memset(m.bytes + at, 0, len < m.size - at ? len : m.size - at);
        } else if (len) {
            assert_int_equal(pages_write(&p, at, data, len), OK);
            model_write(&m, at, data, len, 0);
        }
        expect_equal(&p, m.bytes, m.size);
        if (i % 5 == 0) {
            expect_equal(&snapshot, at_snapshot.bytes, at_snapshot.size);
            pages_clear(&snapshot);
            pages_clone(&p, &snapshot);
            at_snapshot = m;
        }
    }
    pages_clear(&snapshot);
    pages_clear(&p);
}

static void copy_shares_pages_and_keeps_both_sides_apart(void **state)
{
    (void)state;
    struct pages from, to;
    uint8_t data[200], got[400], expected[400] = {0};
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i + 1);
    pages_init(&from, PAGE, 0);
    pages_init(&to, PAGE, 0);
    assert_int_equal(pages_write(&from, 10, data, sizeof data), OK);
    assert_int_equal(pages_copy(&to, 10 + 2 * PAGE, &from, 10, sizeof data), OK);
    memcpy(expected + 10 + 2 * PAGE, data, sizeof data);
    assert_int_equal(pages_read(&to, 0, got, sizeof got), 10 + 2 * PAGE + sizeof data);
    assert_memory_equal(got, expected, 10 + 2 * PAGE + sizeof data);
    assert_int_equal(pages_write(&from, PAGE, "changed", 7), OK);
    assert_int_equal(pages_read(&to, 0, got, sizeof got), 10 + 2 * PAGE + sizeof data);
    assert_memory_equal(got, expected, 10 + 2 * PAGE + sizeof data);
    assert_int_equal(pages_copy(&to, 0, &from, 1, 5), E_INVAL);
    pages_clear(&from);
    pages_clear(&to);
}

static void reading_stops_at_the_end(void **state)
{
    (void)state;
    struct pages p;
    uint8_t got[16];
    pages_init(&p, PAGE, 0xFF);
    assert_int_equal(pages_read(&p, 0, got, sizeof got), 0);
    assert_int_equal(pages_resize(&p, 10), OK);
    assert_int_equal(pages_read(&p, 4, got, sizeof got), 6);
    assert_memory_equal(got, "\xFF\xFF\xFF\xFF\xFF\xFF", 6);
    assert_int_equal(pages_read(&p, 10, got, sizeof got), 0);
    assert_int_equal(pages_hole(&p, 0), 10);
    pages_clear(&p);
}

static void equal_contents_hash_equal_whatever_their_history(void **state)
{
    struct hasher *hasher = *state;
    struct pages a, b;
    uint8_t ha[TAG_LEN], hb[TAG_LEN], zeros[200] = {0};
    pages_init(&a, PAGE, 0);
    pages_init(&b, PAGE, 0);
    assert_int_equal(pages_resize(&a, 1000), OK);
    assert_int_equal(pages_write(&a, 500, "x", 1), OK);

    assert_int_equal(pages_write(&b, 0, zeros, sizeof zeros), OK); /* written zeros, not a hole */
    assert_int_equal(pages_write(&b, 900, "tail that goes", 14), OK);
    assert_int_equal(pages_write(&b, 500, "xyz", 3), OK);
    assert_int_equal(pages_resize(&b, 501), OK);
    pages_hash(&b, hasher, hb); /* remembered now, and must be forgotten */
    assert_int_equal(pages_resize(&b, 1000), OK);
    pages_hash(&a, hasher, ha);
    pages_hash(&b, hasher, hb);
    assert_memory_equal(ha, hb, TAG_LEN);

    assert_int_equal(pages_resize(&b, 1001), OK);
    pages_hash(&b, hasher, hb);
    assert_memory_not_equal(ha, hb, TAG_LEN);
    assert_int_equal(pages_resize(&b, 1000), OK);
    assert_int_equal(pages_write(&b, 500 + PAGE, "x", 1), OK);
    assert_int_equal(pages_write(&b, 500, zeros, 1), OK); /* same page contents, other place */
    pages_hash(&b, hasher, hb);
    assert_memory_not_equal(ha, hb, TAG_LEN);
    pages_clear(&a);
    pages_clear(&b);
}

static void a_clone_forgets_the_hash_when_it_is_written(void **state)
{
    struct hasher *hasher = *state;
    struct pages a, b;
    uint8_t before[TAG_LEN], after[TAG_LEN];
    pages_init(&a, PAGE, 0);
    assert_int_equal(pages_write(&a, 0, "abc", 3), OK);
    pages_hash(&a, hasher, before);
    pages_clone(&a, &b);
    assert_int_equal(pages_write(&b, 0, "X", 1), OK);
    pages_hash(&b, hasher, after);
    assert_memory_not_equal(before, after, TAG_LEN);
    pages_hash(&a, hasher, after);
    assert_memory_equal(before, after, TAG_LEN);
    assert_int_equal(pages_resize(&b, 2), OK);
    assert_int_equal(pages_write(&b, 0, "abc", 3), OK);
    pages_hash(&b, hasher, after);
    assert_memory_equal(before, after, TAG_LEN);
    pages_clear(&a);
    pages_clear(&b);
}

/* FIPS 180-4 example: SHA-256("abc"). */
static void digest_is_plain_sha256(void **state)
{
    struct hasher *hasher = *state;
    static const uint8_t abc[32] = {
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
        0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
    };
    struct pages p;
    uint8_t out[32];
    pages_init(&p, PAGE, 0xFF);
    assert_int_equal(pages_write(&p, PAGE - 1, "abc", 3), OK); /* over a page boundary */
    pages_digest(&p, hasher, PAGE - 1, 3, out);
    assert_memory_equal(out, abc, 32);
    pages_clear(&p);
}

/* Pages made anew that are equal to those of another array are shared with it, the others are not. */
static void equal_pages_are_adopted(void **state)
{
    struct hasher *hasher = *state;
    struct pages a, b;
    uint8_t zeros[3 * PAGE] = {0}, ha[TAG_LEN], hb[TAG_LEN];
    pages_init(&a, PAGE, 0);
    assert_int_equal(pages_write(&a, 0, zeros, sizeof zeros), OK);
    assert_int_equal(pages_write(&a, PAGE + 3, "same", 4), OK);
    assert_int_equal(pages_write(&a, 3, "one", 3), OK);
    pages_init(&b, PAGE, 0);
    assert_int_equal(pages_write(&b, 0, zeros, sizeof zeros), OK);
    assert_int_equal(pages_write(&b, PAGE + 3, "same", 4), OK);
    assert_int_equal(pages_write(&b, 3, "two", 3), OK);
    pages_hash(&b, hasher, hb);
    pages_adopt(&b, &a);
    assert_int_equal(pages_write(&a, PAGE + 3, "not!", 4), OK); /* shared pages are copied when written */
    pages_hash(&b, hasher, ha);
    assert_memory_equal(ha, hb, TAG_LEN);
    uint8_t got[4];
    assert_int_equal(pages_read(&b, PAGE + 3, got, 4), 4);
    assert_memory_equal(got, "same", 4);
    assert_int_equal(pages_read(&b, 3, got, 3), 3);
    assert_memory_equal(got, "two", 3);
    pages_clear(&a);
    pages_clear(&b);
}

static int make_hasher(void **state)
{
    return (*state = hasher_create()) ? 0 : -1;
}

static int drop_hasher(void **state)
{
    hasher_drop(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_agree_with_a_flat_buffer),
        cmocka_unit_test(copy_shares_pages_and_keeps_both_sides_apart),
        cmocka_unit_test(reading_stops_at_the_end),
        cmocka_unit_test(equal_contents_hash_equal_whatever_their_history),
        cmocka_unit_test(a_clone_forgets_the_hash_when_it_is_written),
        cmocka_unit_test(digest_is_plain_sha256),
        cmocka_unit_test(equal_pages_are_adopted),
    };
    return cmocka_run_group_tests(tests, make_hasher, drop_hasher);
}
