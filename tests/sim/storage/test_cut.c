/* Cut modes: what each keeps of the unsynced operations, and whom those belong to. */
#include "tests/sim/storage/fixture.h"

#include "sim/storage/storage_internal.h" /* single pending operations, and nothing else */

#define NEW_LEN 3000u /* six sectors, the last in part */

static void each_mode_keeps_what_it_says(void **state)
{
    (void)state;
    static const struct { enum cut_mode mode; const char *old, *new, *gone, *from, *to; } cases[] = {
        {CUT_NONE, "before", NULL, "g", "f", NULL},
        {CUT_ALL, "after!", "data", NULL, NULL, "f"},
        {CUT_PREFIX, "after!", "", "g", "f", NULL}, /* two of five: the write and the create */
        {CUT_TORN, "after!", "da", NULL, NULL, "f"},
        {CUT_NAMES, "before", "", NULL, NULL, "f"},
        {CUT_DATA, "after!", NULL, "g", "f", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct storage *s = fixture_unsynced();
        storage_freeze(s);
        storage_settle(s, cases[i].mode, 0);
        fixture_expect(s, "old", cases[i].old);
        fixture_expect(s, "new", cases[i].new);
        fixture_expect(s, "gone", cases[i].gone);
        fixture_expect(s, "from", cases[i].from);
        fixture_expect(s, "to", cases[i].to);
        assert_int_equal(storage_pending(s), 0);
        storage_destroy(s);
    }
}

static void modes_are_one_complete_table(void **state)
{
    (void)state;
    enum cut_mode mode;
    for (unsigned i = 0; i < CUT_MODES; i++) {
        const struct cut_mode_info *info = cut_mode_info(i);
        assert_non_null(info);
        assert_int_equal(info->mode, i);
        assert_true(*info->meaning && *info->medium);
        assert_int_equal(cut_mode_by_name(info->name, &mode), OK);
        assert_int_equal(mode, i);
    }
    assert_null(cut_mode_info(CUT_MODES));
    assert_int_equal(cut_mode_by_name("maybe", &mode), E_NOTFOUND);
}

/* Sets of outcomes, by the seeds that a sweep would try. */
static void seeds_reach_every_prefix_and_every_subset(void **state)
{
    (void)state;
    unsigned prefixes[3] = {0}, subsets[4] = {0};
    for (uint64_t seed = 1; seed < 200; seed++) {
        for (unsigned mode = CUT_PREFIX; mode <= CUT_RANDOM; mode++) {
            struct storage *s = fixture_storage();
            uint8_t *data;
            size_t len;
            storage_put_file(s, "a", "..", 2);
            int file = fixture_open(s, "a", 0);
            fixture_write(s, file, 0, "1");
            fixture_write(s, file, 1, "2");
            storage_settle(s, mode, seed);
            assert_int_equal(storage_get_file(s, "a", &data, &len), OK);
            unsigned kept = (data[0] == '1') + 2u * (data[1] == '2');
            free(data);
            if (mode == CUT_RANDOM)
                subsets[kept]++;
            else if (kept != 2)
                prefixes[kept == 3 ? 2 : kept]++;
            else
                fail_msg("the second write without the first is no prefix");
            storage_destroy(s);
        }
    }
    for (int i = 0; i < 3; i++)
        assert_true(prefixes[i] > 20);
    for (int i = 0; i < 4; i++)
        assert_true(subsets[i] > 10);
}

static void random_loses_single_sectors_of_one_write(void **state)
{
    (void)state;
    static char old[NEW_LEN], fresh[NEW_LEN];
    unsigned mixed = 0;
    memset(old, 'o', sizeof old);
    memset(fresh, 'n', sizeof fresh);
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct storage *s = fixture_storage();
        struct hal_fs fs = storage_fs(s);
        uint8_t *data;
        size_t len, changes = 0;
        storage_put_file(s, "a", old, sizeof old);
        assert_int_equal(fs.ops->write(fs.ctx, fixture_open(s, "a", 0), 0, fresh, sizeof fresh), OK);
        storage_settle(s, CUT_RANDOM, seed);
        assert_int_equal(storage_get_file(s, "a", &data, &len), OK);
        assert_int_equal(len, sizeof old);
        for (size_t i = 1; i < len; i++)
            if (data[i] != data[i - 1]) {
                assert_int_equal(i % SECTOR, 0);
                changes++;
            }
        mixed += changes > 1;
        free(data);
        storage_destroy(s);
    }
    assert_true(mixed > 3);
}

static void torn_stops_inside_a_sector(void **state)
{
    (void)state;
    static char old[NEW_LEN], fresh[NEW_LEN];
    memset(old, 'o', sizeof old);
    memset(fresh, 'n', sizeof fresh);
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct storage *s = fixture_storage();
        struct hal_fs fs = storage_fs(s);
        uint8_t *data;
        size_t len, arrived = 0;
        storage_put_file(s, "a", old, sizeof old);
        int file = fixture_open(s, "a", 0);
        assert_int_equal(fs.ops->write(fs.ctx, file, 0, "1", 1), OK);
        assert_int_equal(fs.ops->write(fs.ctx, file, 100, fresh, 1200), OK);
        storage_settle(s, CUT_TORN, seed);
        assert_int_equal(storage_get_file(s, "a", &data, &len), OK);
        assert_int_equal(len, sizeof old);
        assert_int_equal(data[0], '1'); /* not the last write */
        while (data[100 + arrived] == 'n')
            arrived++;
        assert_true(arrived > 0 && arrived < 1200 && (100 + arrived) % SECTOR != 0);
        for (size_t i = 100 + arrived; i < len; i++)
            assert_int_equal(data[i], 'o');
        free(data);
        storage_destroy(s);
    }
}

static void synced_data_without_its_name_is_lost(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    fixture_sync(s, fixture_file(s, "new", "synced"));
    storage_settle(s, CUT_NONE, 0);
    fixture_expect(s, "new", NULL);
    fixture_sync(s, fixture_file(s, "new", "synced"));
    fixture_sync_dir(s);
    storage_settle(s, CUT_NONE, 0);
    fixture_expect(s, "new", "synced");
    storage_destroy(s);
}

static void a_tear_is_never_on_a_sector_boundary(void **state)
{
    (void)state;
    for (uint64_t offset = 400; offset < 520; offset++)
        for (uint64_t len = 3; len < 130; len++)
            for (uint64_t choice = 0; choice < len; choice++) {
                uint64_t arrived = cut_tear(offset, len, SECTOR, choice);
                assert_true(arrived > 0 && arrived < len && (offset + arrived) % SECTOR != 0);
            }
    assert_int_equal(cut_tear(0, 1, SECTOR, 7), 0);
    assert_int_equal(cut_tear(511, 2, SECTOR, 7), 0); /* no inside there */
}

/* An unlinked journal whose directory entry was not synced comes back: why SQLite's DELETE needs EXTRA. */
static void an_unsynced_remove_comes_back(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    storage_put_file(s, "journal", "hot", 3);
    assert_int_equal(fs.ops->remove(fs.ctx, "journal"), OK);
    struct storage *synced = storage_clone(s);
    storage_settle(s, CUT_NONE, 0);
    fixture_expect(s, "journal", "hot");
    fixture_sync_dir(synced);
    storage_settle(synced, CUT_NONE, 0);
    fixture_expect(synced, "journal", NULL);
    storage_destroy(s);
    storage_destroy(synced);
}

static void unsynced_data_follows_the_inode(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    storage_put_file(s, "a", "old", 3);
    int file = fixture_file(s, "tmp", "new");
    assert_int_equal(fs.ops->rename(fs.ctx, "tmp", "a"), OK);
    fixture_sync_dir(s); /* the name is durable, the data is not: the classic empty file */
    struct storage *synced = storage_clone(s), *all = storage_clone(s);
    storage_settle(all, CUT_ALL, 0);
    fixture_expect(all, "a", "new");
    fixture_sync(s, file);
    storage_settle(s, CUT_NONE, 0);
    fixture_expect(s, "a", "new");
    fixture_expect(s, "tmp", NULL);
    storage_settle(synced, CUT_NONE, 0);
    fixture_expect(synced, "a", "");
    storage_destroy(s);
    storage_destroy(synced);
    storage_destroy(all);
}

static void a_lost_rename_leaves_both_files_their_data(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    storage_put_file(s, "a", "old", 3);
    storage_put_file(s, "b", "new", 3);
    int file = fixture_open(s, "b", 0);
    assert_int_equal(fs.ops->rename(fs.ctx, "b", "a"), OK);
    fixture_write(s, file, 3, "er");
    fixture_sync(s, file); /* opened as b, called a by now: the inode decides */
    storage_settle(s, CUT_NONE, 0);
    fixture_expect(s, "a", "old");
    fixture_expect(s, "b", "newer");
    storage_destroy(s);
}

static void a_name_reused_is_not_undone_by_its_former_owner(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 64; seed++) {
        struct storage *s = fixture_storage();
        struct hal_fs fs = storage_fs(s);
        uint8_t *data = NULL;
        size_t len = 0;
        storage_put_file(s, "a", "first", 5);
        assert_int_equal(fs.ops->remove(fs.ctx, "a"), OK);
        fixture_sync(s, fixture_file(s, "a", "second"));
        storage_settle(s, CUT_RANDOM, seed);
        int rc = storage_get_file(s, "a", &data, &len);
        assert_true(rc == HAL_E_NOENT || (rc == OK && (len == 5 || len == 6)));
        if (rc == OK)
            assert_memory_equal(data, len == 5 ? "first" : "second", len);
        free(data);
        storage_destroy(s);
    }
}

/* Of a chain of name operations only the last reaches the medium: without the others it means nothing. */
static void name_operations_stand_on_those_before_them(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    storage_put_file(s, "a", "first", 5);
    assert_int_equal(fs.ops->remove(fs.ctx, "a"), OK);
    fixture_open(s, "a", HAL_OPEN_CREATE);
    assert_int_equal(fs.ops->remove(fs.ctx, "a"), OK);
    fixture_open(s, "tmp", HAL_OPEN_CREATE);
    assert_int_equal(fs.ops->rename(fs.ctx, "tmp", "b"), OK);
    assert_int_equal(storage_pending(s), 5);
    assert_int_equal(pending_apply(s, s->pending[2], 0, 0), OK);
    fixture_expect(s, "a", "first"); /* it meant the second one */
    assert_int_equal(pending_apply(s, s->pending[4], 0, 0), OK);
    fixture_expect(s, "b", NULL);
    storage_destroy(s);
}

static void a_lost_remove_brings_back_a_closed_file(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    int file = fixture_file(s, "a", "text");
    fixture_sync(s, file);
    assert_int_equal(fs.ops->remove(fs.ctx, "a"), OK);
    assert_int_equal(fs.ops->close(fs.ctx, file), OK);
    fixture_open(s, "other", HAL_OPEN_CREATE);
    fixture_open(s, "another", HAL_OPEN_CREATE);
    storage_settle(s, CUT_PREFIX, 0); /* two of four: create, remove */
    fixture_expect(s, "a", NULL);
    file = fixture_file(s, "a", "text");
    fixture_sync(s, file);
    assert_int_equal(fs.ops->remove(fs.ctx, "a"), OK);
    assert_int_equal(fs.ops->close(fs.ctx, file), OK);
    storage_settle(s, CUT_PREFIX, 0); /* one of two */
    fixture_expect(s, "a", "text");
    storage_destroy(s);
}

static void data_of_a_file_whose_create_is_lost_goes_with_it(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    char name[HAL_NAME_MAX + 1];
    uint64_t size;
    fixture_file(s, "tmp", "data");
    assert_int_equal(fs.ops->rename(fs.ctx, "tmp", "a"), OK);
    storage_settle(s, CUT_DATA, 0);
    assert_int_equal(fs.ops->list(fs.ctx, 0, name, &size), HAL_E_NOENT);
    storage_destroy(s);
}



int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mode_keeps_what_it_says),
        cmocka_unit_test(modes_are_one_complete_table),
        cmocka_unit_test(seeds_reach_every_prefix_and_every_subset),
        cmocka_unit_test(random_loses_single_sectors_of_one_write),
        cmocka_unit_test(torn_stops_inside_a_sector),
        cmocka_unit_test(synced_data_without_its_name_is_lost),
        cmocka_unit_test(a_tear_is_never_on_a_sector_boundary),
        cmocka_unit_test(an_unsynced_remove_comes_back),
        cmocka_unit_test(unsynced_data_follows_the_inode),
        cmocka_unit_test(a_lost_rename_leaves_both_files_their_data),
        cmocka_unit_test(a_name_reused_is_not_undone_by_its_former_owner),
        cmocka_unit_test(name_operations_stand_on_those_before_them),
        cmocka_unit_test(a_lost_remove_brings_back_a_closed_file),
        cmocka_unit_test(data_of_a_file_whose_create_is_lost_goes_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
