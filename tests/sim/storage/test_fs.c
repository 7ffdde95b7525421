/* hal.fs: names, handles, limits, counting; what a running core sees. */
#include "tests/sim/storage/fixture.h"

#include <stdio.h>

static void files_are_read_as_written(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    char data[16];
    size_t got;
    uint64_t size;
    int file = fixture_file(s, "log", "hello");
    fixture_write(s, file, 8, "there"); /* the gap reads as zeros */
    assert_int_equal(fs.ops->read(fs.ctx, file, 0, data, sizeof data, &got), OK);
    assert_int_equal(got, 13);
    assert_memory_equal(data, "hello\0\0\0there", 13);
    assert_int_equal(fs.ops->truncate(fs.ctx, file, 2), OK);
    assert_int_equal(fs.ops->truncate(fs.ctx, file, 4), OK);
    assert_int_equal(fs.ops->read(fs.ctx, file, 0, data, sizeof data, &got), OK);
    assert_int_equal(got, 4);
    assert_memory_equal(data, "he\0\0", 4);
    assert_int_equal(fs.ops->size(fs.ctx, file, &size), OK);
    assert_int_equal(size, 4);
    assert_int_equal(fs.ops->sector_size, SECTOR);
    assert_int_equal(fs.ops->close(fs.ctx, file), OK);
    assert_int_equal(fs.ops->close(fs.ctx, file), E_INVAL);
    assert_int_equal(fs.ops->read(fs.ctx, file, 0, data, sizeof data, &got), E_INVAL);
    assert_int_equal(fs.ops->write(fs.ctx, -1, 0, "x", 1), E_INVAL);
    assert_int_equal(fs.ops->write(fs.ctx, 64, 0, "x", 1), E_INVAL);
    storage_destroy(s);
}

static void open_flags(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    int file;
    uint64_t size;
    assert_int_equal(fs.ops->open(fs.ctx, "a", 0, &file), HAL_E_NOENT);
    assert_int_equal(fs.ops->open(fs.ctx, "a", HAL_OPEN_TRUNCATE, &file), HAL_E_NOENT);
    fixture_file(s, "a", "text");
    assert_int_equal(fs.ops->open(fs.ctx, "a", HAL_OPEN_CREATE | HAL_OPEN_EXCLUSIVE, &file), HAL_E_EXISTS);
    file = fixture_open(s, "a", HAL_OPEN_CREATE);
    assert_int_equal(fs.ops->size(fs.ctx, file, &size), OK);
    assert_int_equal(size, 4);
    file = fixture_open(s, "a", HAL_OPEN_TRUNCATE);
    assert_int_equal(fs.ops->size(fs.ctx, file, &size), OK);
    assert_int_equal(size, 0);
    assert_int_equal(fs.ops->open(fs.ctx, "a", 8, &file), E_INVAL);
    storage_destroy(s);
}

static void names_have_limits(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    char name[64];
    int file;
    static const char *const bad[] = {"", "a/b", "tab\t", "caf\xC3\xA9", "\x7F"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(fs.ops->open(fs.ctx, bad[i], HAL_OPEN_CREATE, &file), E_INVAL);
    memset(name, 'n', sizeof name);
    name[48] = '\0';
    assert_int_equal(fs.ops->open(fs.ctx, name, HAL_OPEN_CREATE, &file), E_INVAL);
    name[47] = '\0';
    assert_int_equal(fs.ops->open(fs.ctx, name, HAL_OPEN_CREATE, &file), OK);
    assert_int_equal(fs.ops->rename(fs.ctx, name, "a/b"), E_INVAL);
    assert_int_equal(fs.ops->remove(fs.ctx, name), OK);
    assert_int_equal(fs.ops->close(fs.ctx, file), OK);
    for (int i = 0; i < 256; i++) {
        snprintf(name, sizeof name, "f%d", i);
        assert_int_equal(fs.ops->open(fs.ctx, name, HAL_OPEN_CREATE, &file), OK);
        assert_int_equal(fs.ops->close(fs.ctx, file), OK);
    }
    assert_int_equal(fs.ops->open(fs.ctx, "one more", HAL_OPEN_CREATE, &file), HAL_E_FULL);
    assert_int_equal(fs.ops->remove(fs.ctx, "f7"), OK);
    assert_int_equal(fs.ops->open(fs.ctx, "one more", HAL_OPEN_CREATE, &file), OK);
    storage_destroy(s);
}

static void sixty_four_handles(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    int file;
    for (int i = 0; i < 64; i++)
        fixture_open(s, "a", HAL_OPEN_CREATE);
    uint64_t ops = storage_ops(s);
    assert_int_equal(fs.ops->open(fs.ctx, "b", HAL_OPEN_CREATE, &file), E_LIMIT);
    assert_int_equal(fs.ops->open(fs.ctx, "b", 0, &file), HAL_E_NOENT); /* it was not created on the way */
    assert_int_equal(storage_ops(s), ops);
    assert_int_equal(fs.ops->close(fs.ctx, 40), OK);
    assert_int_equal(fixture_open(s, "b", HAL_OPEN_CREATE), 40);
    storage_destroy(s);
}

static void list_is_sorted_and_ends(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    static const char *const expected[] = {"B", "a", "a-journal", "b"};
    char name[HAL_NAME_MAX + 1];
    uint64_t size;
    fixture_file(s, "b", "1");
    fixture_file(s, "a-journal", "22");
    fixture_file(s, "a", "333");
    fixture_file(s, "B", "4444");
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(fs.ops->list(fs.ctx, i, name, &size), OK);
        assert_string_equal(name, expected[i]);
    }
    assert_int_equal(size, 1);
    assert_int_equal(fs.ops->list(fs.ctx, 4, name, &size), HAL_E_NOENT);
    storage_destroy(s);
}

static void handles_follow_the_file_not_the_name(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    char data[8];
    size_t got;
    int a = fixture_file(s, "a", "old"), b = fixture_file(s, "b", "new");
    assert_int_equal(fs.ops->rename(fs.ctx, "b", "a"), OK);
    assert_int_equal(fs.ops->read(fs.ctx, a, 0, data, sizeof data, &got), OK);
    assert_memory_equal(data, "old", 3); /* replaced, but open */
    fixture_write(s, b, 3, "er");
    int again = fixture_open(s, "a", 0);
    assert_int_equal(fs.ops->read(fs.ctx, again, 0, data, sizeof data, &got), OK);
    assert_int_equal(got, 5);
    assert_memory_equal(data, "newer", 5);
    assert_int_equal(fs.ops->remove(fs.ctx, "a"), OK);
    assert_int_equal(fs.ops->remove(fs.ctx, "a"), HAL_E_NOENT);
    assert_int_equal(fs.ops->rename(fs.ctx, "a", "c"), HAL_E_NOENT);
    assert_int_equal(fs.ops->read(fs.ctx, again, 0, data, sizeof data, &got), OK);
    assert_memory_equal(data, "newer", 5);
    storage_destroy(s);
}

static void space_is_bounded_and_given_back(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    static const uint8_t block[FS_BYTES / 2];
    uint64_t total, unused;
    int a = fixture_open(s, "a", HAL_OPEN_CREATE), b = fixture_open(s, "b", HAL_OPEN_CREATE);
    assert_int_equal(fs.ops->write(fs.ctx, a, 0, block, sizeof block), OK);
    assert_int_equal(fs.ops->write(fs.ctx, b, 0, block, sizeof block - 10), OK);
    assert_int_equal(fs.ops->space(fs.ctx, &total, &unused), OK);
    assert_int_equal(total, FS_BYTES);
    assert_int_equal(unused, 10);
    uint64_t ops = storage_ops(s);
    assert_int_equal(fs.ops->write(fs.ctx, b, sizeof block - 10, block, 11), HAL_E_FULL);
    assert_int_equal(fs.ops->write(fs.ctx, b, UINT64_MAX - 1, block, 11), HAL_E_FULL);
    assert_int_equal(fs.ops->write(fs.ctx, b, 0, block, SIZE_MAX), HAL_E_FULL);
    assert_int_equal(fs.ops->truncate(fs.ctx, b, UINT64_MAX), HAL_E_FULL);
    assert_int_equal(storage_ops(s), ops); /* what could not be done is not an operation */
    assert_int_equal(fs.ops->write(fs.ctx, b, 0, block, 100), OK); /* overwriting needs no space */
    assert_int_equal(fs.ops->remove(fs.ctx, "a"), OK);
    assert_int_equal(fs.ops->space(fs.ctx, &total, &unused), OK);
    assert_int_equal(unused, 10); /* still open */
    assert_int_equal(fs.ops->close(fs.ctx, a), OK);
    assert_int_equal(fs.ops->space(fs.ctx, &total, &unused), OK);
    assert_int_equal(unused, 10 + sizeof block);
    int c = fixture_file(s, "c", "small");
    assert_int_equal(fs.ops->close(fs.ctx, b), OK);
    assert_int_equal(fs.ops->rename(fs.ctx, "c", "b"), OK); /* replaces the big one */
    assert_int_equal(fs.ops->remove(fs.ctx, "b"), OK);
    assert_int_equal(fs.ops->space(fs.ctx, &total, &unused), OK);
    assert_int_equal(unused, FS_BYTES - 5); /* c is open */
    fixture_sync_dir(s);
    struct storage *clone = storage_clone(s);
    struct hal_fs clone_fs = storage_fs(clone);
    assert_int_equal(clone_fs.ops->space(clone_fs.ctx, &total, &unused), OK);
    assert_int_equal(unused, FS_BYTES); /* nobody has it open there */
    assert_int_equal(fs.ops->close(fs.ctx, c), OK);
    storage_destroy(clone);
    storage_destroy(s);
}

struct log {
    uint64_t count;
    struct storage_op last;
    char name[48];
    enum storage_op_kind kinds[32];
};

static void log_op(void *ctx, const struct storage_op *op)
{
    struct log *log = ctx;
    log->last = *op;
    snprintf(log->name, sizeof log->name, "%s", op->name);
    if (log->count < 32)
        log->kinds[log->count] = op->kind;
    log->count++;
}

static void changes_are_counted_and_announced(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    struct hal_flash flash = storage_flash(s);
    struct log log = {0};
    const struct storage_hooks hooks = {.ctx = &log, .op = log_op};
    static const enum storage_op_kind expected[] = {OP_CREATE, OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_RENAME,
                                                    OP_SYNC_DIR, OP_TRUNCATE, OP_REMOVE, OP_ERASE, OP_PROGRAM};
    uint8_t data[256] = {0};
    char name[HAL_NAME_MAX + 1];
    uint64_t size;
    size_t got;
    storage_hooks_set(s, &hooks);
    int file = fixture_file(s, "a", "text");
    assert_int_equal(log.last.number, 2);
    assert_string_equal(log.name, "a");
    assert_int_equal(log.last.len, 4);
    assert_int_equal(fs.ops->truncate(fs.ctx, file, 3), OK);
    fixture_sync(s, file);
    assert_int_equal(fs.ops->rename(fs.ctx, "a", "b"), OK);
    fixture_sync_dir(s);
    fixture_open(s, "b", HAL_OPEN_TRUNCATE | HAL_OPEN_CREATE);
    assert_int_equal(fs.ops->remove(fs.ctx, "b"), OK);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_A, 4096), OK);
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_SLOT_A, 4096, data, 256), OK);
    assert_string_equal(log.name, "slot-a");
    assert_int_equal(log.last.offset, 4096);
    /* None of these is an operation. */
    assert_int_equal(fs.ops->write(fs.ctx, file, 0, data, 0), OK);
    assert_int_equal(fs.ops->truncate(fs.ctx, file, 0), OK);
    assert_int_equal(fs.ops->read(fs.ctx, file, 0, data, 4, &got), OK);
    assert_int_equal(fs.ops->list(fs.ctx, 0, name, &size), HAL_E_NOENT);
    assert_int_equal(flash.ops->digest(flash.ctx, HAL_AREA_SLOT_A, 0, 100, data), OK);
    assert_int_equal(fs.ops->close(fs.ctx, file), OK);
    assert_int_equal(storage_ops(s), sizeof expected / sizeof *expected);
    assert_int_equal(log.count, storage_ops(s));
    assert_memory_equal(log.kinds, expected, sizeof expected);
    for (unsigned kind = 0; kind < OP_KINDS; kind++)
        assert_string_not_equal(storage_op_name(kind), "?");
    assert_string_equal(storage_op_name(OP_KINDS), "?");
    storage_destroy(s);
}

/* The cache is bounded: what a core never syncs is written back oldest first. */
static void the_oldest_unsynced_operations_are_written_back(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    static const char block[FS_BYTES / 2 + 1] = {0};
    struct hal_fs fs = storage_fs(s);
    int file = fixture_file(s, "a", "first");
    for (int i = 0; i < 5000; i++)
        fixture_write(s, file, 100, i % 2 ? "x" : "y");
    assert_true(storage_pending(s) <= 4096);
    storage_settle(s, CUT_NONE, 0);
    uint8_t *data;
    size_t len;
    assert_int_equal(storage_get_file(s, "a", &data, &len), OK);
    assert_int_equal(len, 101);
    assert_memory_equal(data, "first", 5);
    free(data);
    file = fixture_open(s, "b", HAL_OPEN_CREATE);
    for (int i = 0; i < 10; i++)
        assert_int_equal(fs.ops->write(fs.ctx, file, 0, block, sizeof block), OK);
    assert_true(storage_pending(s) <= 3);
    storage_destroy(s);
}

static void bad_configurations_are_refused(void **state)
{
    (void)state;
    static const struct storage_config bad[] = {
        {1000, 0, 256, 4096, {0}},          {1000, 500, 256, 4096, {0}},      {1000, 1u << 17, 256, 4096, {0}},
        {1000, 512, 0, 4096, {4096, 0, 0}}, {1000, 512, 256, 1000, {4000, 0, 0}}, {1000, 512, 256, 4096, {4097, 0, 0}},
        {UINT64_MAX, 512, 256, 4096, {0}},  {1000, 512, 256, 4096, {0, 0, UINT64_MAX - 4095}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(storage_create(&bad[i]));
    const struct storage_config no_flash = {1000, 512, 0, 0, {0}};
    struct storage *s = storage_create(&no_flash);
    assert_non_null(s);
    struct hal_flash flash = storage_flash(s);
    uint8_t byte;
    assert_int_equal(flash.ops->read(flash.ctx, HAL_AREA_BOOT, 0, &byte, 1), HAL_E_NOENT);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_BOOT, 0), HAL_E_NOENT);
    storage_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_as_written),
        cmocka_unit_test(open_flags),
        cmocka_unit_test(names_have_limits),
        cmocka_unit_test(sixty_four_handles),
        cmocka_unit_test(list_is_sorted_and_ends),
        cmocka_unit_test(handles_follow_the_file_not_the_name),
        cmocka_unit_test(space_is_bounded_and_given_back),
        cmocka_unit_test(changes_are_counted_and_announced),
        cmocka_unit_test(the_oldest_unsynced_operations_are_written_back),
        cmocka_unit_test(bad_configurations_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
