/* The durable side as a whole: clones, hashes, visits, whole files in and out. */
#include "tests/sim/storage/fixture.h"

#include <stdio.h>

static void clones_go_their_own_ways(void **state)
{
    (void)state;
    struct storage *s = fixture_unsynced(), *clone = storage_clone(s);
    struct hal_flash flash = storage_flash(clone);
    uint8_t zeros[256] = {0}, byte;
    uint8_t before[32], after[32];
    assert_int_equal(storage_ops(clone), storage_ops(s));
    assert_int_equal(storage_pending(clone), storage_pending(s));
    storage_hash(s, before);
    fixture_write(clone, fixture_open(clone, "old", 0), 0, "CLONE!");
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_SLOT_A, 0, zeros, 256), OK);
    storage_settle(clone, CUT_ALL, 0);
    fixture_expect(clone, "old", "CLONE!");
    storage_hash(s, after);
    assert_memory_equal(before, after, 32);
    flash = storage_flash(s);
    assert_int_equal(flash.ops->read(flash.ctx, HAL_AREA_SLOT_A, 0, &byte, 1), OK);
    assert_int_equal(byte, 0xFF);
    struct storage *second = storage_clone(s);
    storage_destroy(clone);
    storage_settle(s, CUT_ALL, 0);
    fixture_expect(s, "old", "after!");
    storage_destroy(s); /* the clone outlives the original */
    storage_settle(second, CUT_NONE, 0);
    fixture_expect(second, "old", "before");
    storage_destroy(second);
}

static void hash_is_of_the_durable_content_only(void **state)
{
    (void)state;
    struct storage *a = fixture_storage(), *b = fixture_storage();
    struct hal_fs fs = storage_fs(b);
    storage_put_file(a, "one", "1", 1);
    storage_put_file(a, "two", "22", 2);
    fixture_hash_equal(a, b, 0);
    int file = fixture_file(b, "tmp", "22 and a tail");
    fixture_sync(b, file);
    assert_int_equal(fs.ops->truncate(fs.ctx, file, 2), OK);
    fixture_sync(b, file);
    storage_put_file(b, "one", "1", 1);
    assert_int_equal(fs.ops->rename(fs.ctx, "tmp", "two"), OK);
    fixture_hash_equal(a, b, 0);
    fixture_sync_dir(b);
    fixture_hash_equal(a, b, 1);
    fixture_file(b, "three", "unsynced");
    fixture_write(b, file, 0, "xx");
    fixture_hash_equal(a, b, 1); /* what is pending is not in it */
    storage_put_area(b, HAL_AREA_SLOT_B, 5000, "\0", 1);
    fixture_hash_equal(a, b, 0);
    storage_put_area(a, HAL_AREA_SLOT_A, 5000, "\0", 1);
    fixture_hash_equal(a, b, 0);
    storage_put_area(b, HAL_AREA_SLOT_B, 5000, "\xFF", 1);
    storage_put_area(a, HAL_AREA_SLOT_A, 5000, "\xFF", 1);
    fixture_hash_equal(a, b, 1);
    storage_destroy(a);
    storage_destroy(b);
}

struct sight { char seen[256]; bool secret; };

static void look(void *ctx, const char *name, const uint8_t *bytes, size_t len)
{
    struct sight *sight = ctx;
    size_t used = strlen(sight->seen);
    snprintf(sight->seen + used, sizeof sight->seen - used, "%s:%zu ", name, len);
    for (size_t i = 0; i + 6 <= len; i++)
        sight->secret = sight->secret || memcmp(bytes + i, "SECRET", 6) == 0;
}

static void visit_shows_every_durable_byte(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct sight sight = {{0}, false};
    static const char filler[5000] = "x";
    storage_put_file(s, "a", filler, sizeof filler);
    fixture_file(s, "b", "SECRET but unsynced");
    assert_int_equal(storage_visit(s, look, &sight), OK);
    assert_string_equal(sight.seen, "a:5000 ");
    assert_false(sight.secret);
    storage_put_area(s, HAL_AREA_SLOT_B, 3 * 4096 - 3, "SECRET", 6); /* over a page boundary */
    assert_int_equal(storage_visit(s, look, &sight), OK);
    assert_true(sight.secret);
    assert_string_equal(sight.seen, "a:5000 a:5000 slot-b:8192 ");
    storage_destroy(s);
}

struct memory {
    uint8_t key[64][32];
    size_t count, visits;
    struct sight sight;
};

static bool unknown(void *ctx, const uint8_t key[32])
{
    struct memory *m = ctx;
    for (size_t i = 0; i < m->count; i++)
        if (memcmp(m->key[i], key, 32) == 0)
            return false;
    assert_true(m->count < 64);
    memcpy(m->key[m->count++], key, 32);
    return true;
}

static void look_at_page(void *ctx, const char *name, const uint8_t *bytes, size_t len)
{
    struct memory *m = ctx;
    m->visits++;
    look(&m->sight, name, bytes, len);
}

static size_t tour(const struct storage *s, struct memory *m)
{
    m->visits = 0;
    m->sight = (struct sight){{0}, false};
    assert_int_equal(storage_visit_pages(s, 16, unknown, look_at_page, m), OK);
    return m->visits;
}

static void pages_are_shown_once_and_hide_nothing(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    static struct memory m;
    static char filler[5000];
    memset(filler, 'x', sizeof filler);
    storage_put_file(s, "a", filler, sizeof filler);
    assert_int_equal(tour(s, &m), 3); /* the first pages are alike; the last but one ends in the last, the last itself */
    assert_int_equal(tour(s, &m), 0);
    storage_put_file(s, "b", filler, sizeof filler);
    assert_int_equal(tour(s, &m), 0); /* by content, whoever holds it */
    for (size_t at = 1000; at < 1100; at++) { /* over every boundary */
        memcpy(filler + at, "SECRET", 6);
        storage_put_file(s, "b", filler, sizeof filler);
        assert_in_range(tour(s, &m), 1, 2);
        assert_true(m.sight.secret);
        memset(filler + at, 'x', 6);
        m.count = 3;
    }
    storage_put_file(s, "b", filler, 4990); /* only shorter */
    assert_int_equal(tour(s, &m), 2);
    storage_put_area(s, HAL_AREA_SLOT_B, 3 * 4096 - 3, "SECRET", 6);
    assert_int_equal(tour(s, &m), 2);
    assert_true(m.sight.secret);
    struct storage *clone = storage_clone(s);
    assert_int_equal(tour(clone, &m), 0);
    assert_int_equal(storage_visit_pages(s, 1025, unknown, look_at_page, &m), E_INVAL);
    storage_destroy(clone);
    storage_destroy(s);
}

static void whole_files_in_and_out(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    uint8_t *data;
    size_t len;
    assert_int_equal(storage_put_file(s, "a/b", "", 0), E_INVAL);
    assert_int_equal(storage_get_file(s, "a", &data, &len), HAL_E_NOENT);
    static const uint8_t big[FS_BYTES + 1];
    assert_int_equal(storage_put_file(s, "a", big, sizeof big), HAL_E_FULL);
    fixture_file(s, "from", "unsynced");
    assert_int_equal(fs.ops->rename(fs.ctx, "from", "a"), OK);
    assert_int_equal(storage_put_file(s, "a", "put", 3), OK); /* while a rename onto it was pending */
    storage_settle(s, CUT_NONE, 0);
    fixture_expect(s, "a", "put");
    fixture_expect(s, "from", NULL);
    storage_put_file(s, "from", "f", 1);
    assert_int_equal(fs.ops->rename(fs.ctx, "from", "a"), OK);
    fixture_write(s, fixture_open(s, "a", 0), 0, "unsynced");
    assert_int_equal(storage_put_file(s, "a", "again", 5), OK);
    struct storage *all = storage_clone(s);
    storage_settle(all, CUT_ALL, 0);
    fixture_expect(all, "a", "again");
    storage_destroy(all);
    storage_settle(s, CUT_NONE, 0);
    fixture_expect(s, "a", "again");
    fixture_expect(s, "from", NULL); /* one file has one name */
    assert_int_equal(storage_put_area(s, HAL_AREA_COUNT, 0, "x", 1), HAL_E_NOENT);
    assert_int_equal(storage_put_area(s, HAL_AREA_BOOT, 8192, "x", 1), E_INVAL);
    assert_int_equal(storage_ops(s), 5);
    storage_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clones_go_their_own_ways),
        cmocka_unit_test(hash_is_of_the_durable_content_only),
        cmocka_unit_test(visit_shows_every_durable_byte),
        cmocka_unit_test(pages_are_shown_once_and_hide_nothing),
        cmocka_unit_test(whole_files_in_and_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
