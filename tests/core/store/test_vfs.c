/*
 * The file system between SQLite and hal.fs, without the store above it. The last tests are controls: in the same
 * storage a journal setting that is known to be safe keeps every acknowledged row, and one that is known to be unsafe
 * loses some.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/store/vfs.h"
#include "tests/core/store/fake_fs.h"

#include <stdio.h>

#define CREATE (SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB)

struct fixture {
    struct fake_fs fs;
    struct hal hal;
    struct store_vfs vfs;
    sqlite3_file *file;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    fake_init(&f->fs);
    f->hal = fake_hal(&f->fs);
    *state = f;
    if (sqlite3_initialize() != SQLITE_OK || vfs_register(&f->vfs, &f->hal) != OK)
        return -1;
    f->file = calloc(1, (size_t)f->vfs.base.szOsFile);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    vfs_unregister(&f->vfs);
    sqlite3_shutdown();
    fake_clear(&f->fs);
    free(f->file);
    free(f);
    return 0;
}

static int open_file(struct fixture *f, const char *name, int flags)
{
    return f->vfs.base.xOpen(&f->vfs.base, name, f->file, flags, NULL);
}

static void a_short_read_is_filled_with_zeros(void **state)
{
    struct fixture *f = *state;
    char data[8];
    memset(data, 'x', sizeof data);
    assert_int_equal(open_file(f, "a", CREATE), SQLITE_OK);
    const sqlite3_io_methods *io = f->file->pMethods;
    assert_int_equal(io->xWrite(f->file, "abc", 3, 2), SQLITE_OK);
    assert_int_equal(io->xRead(f->file, data, 8, 1), SQLITE_IOERR_SHORT_READ);
    assert_memory_equal(data, "\0abc\0\0\0\0", 8);
    assert_int_equal(io->xRead(f->file, data, 3, 2), SQLITE_OK);
    sqlite3_int64 size = 0;
    assert_int_equal(io->xTruncate(f->file, 3), SQLITE_OK);
    assert_int_equal(io->xFileSize(f->file, &size), SQLITE_OK);
    assert_int_equal(size, 3);
    assert_int_equal(io->xSectorSize(f->file), FAKE_SECTOR);
    assert_int_equal(io->xDeviceCharacteristics(f->file), 0);
    assert_int_equal(io->xClose(f->file), SQLITE_OK);
}

static void a_new_name_is_synced_with_its_file_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_file(f, "a", CREATE), SQLITE_OK);
    const sqlite3_io_methods *io = f->file->pMethods;
    assert_int_equal(io->xWrite(f->file, "abc", 3, 0), SQLITE_OK);
    assert_int_equal(io->xSync(f->file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    assert_int_equal(f->fs.syncs, 1);
    assert_int_equal(f->fs.dir_syncs, 1);
    assert_int_equal(io->xSync(f->file, SQLITE_SYNC_FULL), SQLITE_OK); /* nothing was written since */
    assert_int_equal(f->fs.syncs, 1);
    assert_int_equal(io->xWrite(f->file, "d", 1, 3), SQLITE_OK);
    assert_int_equal(io->xSync(f->file, SQLITE_SYNC_FULL | SQLITE_SYNC_DATAONLY), SQLITE_OK);
    assert_int_equal(f->fs.syncs, 2);
    assert_int_equal(f->fs.dir_syncs, 1);
    io->xClose(f->file);

    assert_int_equal(open_file(f, "a", CREATE), SQLITE_OK); /* it was there: somebody else's writes are synced once */
    assert_int_equal(io->xSync(f->file, SQLITE_SYNC_FULL), SQLITE_OK);
    assert_int_equal(f->fs.syncs, 3);
    assert_int_equal(f->fs.dir_syncs, 1);
    io->xClose(f->file);
}

/* One sync of the directory is enough for all that was created before it, and a removal alone asks for none. */
static void one_sync_names_all_that_is_new(void **state)
{
    struct fixture *f = *state;
    sqlite3_file *other = calloc(1, (size_t)f->vfs.base.szOsFile);
    assert_int_equal(open_file(f, "a", CREATE), SQLITE_OK);
    assert_int_equal(f->vfs.base.xOpen(&f->vfs.base, "b", other, CREATE, NULL), SQLITE_OK);
    assert_int_equal(other->pMethods->xWrite(other, "b", 1, 0), SQLITE_OK);
    assert_int_equal(other->pMethods->xSync(other, SQLITE_SYNC_NORMAL), SQLITE_OK);
    assert_int_equal(f->fs.dir_syncs, 1);
    other->pMethods->xClose(other);
    assert_int_equal(f->vfs.base.xDelete(&f->vfs.base, "b", 0), SQLITE_OK);
    assert_int_equal(f->file->pMethods->xWrite(f->file, "a", 1, 0), SQLITE_OK);
    assert_int_equal(f->file->pMethods->xSync(f->file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    assert_int_equal(f->fs.dir_syncs, 1);
    f->file->pMethods->xClose(f->file);
    fake_reboot(&f->fs, FAKE_SYNCED_ONLY);
    int there = 0;
    assert_int_equal(f->vfs.base.xAccess(&f->vfs.base, "a", SQLITE_ACCESS_EXISTS, &there), SQLITE_OK);
    assert_true(there);
    assert_int_equal(f->vfs.base.xAccess(&f->vfs.base, "b", SQLITE_ACCESS_EXISTS, &there), SQLITE_OK);
    assert_true(there); /* the removal was not synced */
    free(other);
}

static void a_failed_sync_is_asked_for_again(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_file(f, "a", CREATE), SQLITE_OK);
    const sqlite3_io_methods *io = f->file->pMethods;
    assert_int_equal(io->xWrite(f->file, "abc", 3, 0), SQLITE_OK);
    f->fs.fail_at = f->fs.operation + 1;
    f->fs.fail_status = HAL_E_IO;
    assert_int_equal(io->xSync(f->file, SQLITE_SYNC_NORMAL), SQLITE_IOERR_FSYNC);
    f->fs.fail_at = f->fs.operation + 2; /* now the file is, but its name is not */
    assert_int_equal(io->xSync(f->file, SQLITE_SYNC_NORMAL), SQLITE_IOERR_DIR_FSYNC);
    assert_int_equal(io->xSync(f->file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    assert_int_equal(f->fs.syncs, 1);
    assert_int_equal(f->fs.dir_syncs, 1);
    io->xClose(f->file);
}

static void names_are_found_removed_and_limited(void **state)
{
    struct fixture *f = *state;
    sqlite3_vfs *vfs = &f->vfs.base;
    char full[64];
    int there = 1;
    assert_int_equal(vfs->xAccess(vfs, "a", SQLITE_ACCESS_EXISTS, &there), SQLITE_OK);
    assert_false(there);
    assert_int_equal(open_file(f, "a", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB), SQLITE_CANTOPEN);
    assert_null(f->file->pMethods);
    assert_int_equal(open_file(f, NULL, CREATE | SQLITE_OPEN_DELETEONCLOSE), SQLITE_CANTOPEN);
    assert_int_equal(open_file(f, "a", CREATE), SQLITE_OK);
    f->file->pMethods->xClose(f->file);
    assert_int_equal(vfs->xAccess(vfs, "a", SQLITE_ACCESS_EXISTS, &there), SQLITE_OK);
    assert_true(there);
    assert_int_equal(vfs->xDelete(vfs, "a", 1), SQLITE_OK);
    assert_int_equal(f->fs.dir_syncs, 1);
    assert_int_equal(vfs->xDelete(vfs, "a", 1), SQLITE_IOERR_DELETE_NOENT);
    assert_int_equal(vfs->xFullPathname(vfs, "store.db", sizeof full, full), SQLITE_OK);
    assert_string_equal(full, "store.db");
    assert_int_equal(vfs->xFullPathname(vfs, "store.db", 8, full), SQLITE_CANTOPEN);
}

static void failures_have_their_names(void **state)
{
    struct fixture *f = *state;
    static const struct { int status, on_write, on_truncate; } rows[] = {
        {HAL_E_FULL, SQLITE_FULL, SQLITE_FULL},
        {HAL_E_IO, SQLITE_IOERR_WRITE, SQLITE_IOERR_TRUNCATE},
        {E_LIMIT, SQLITE_IOERR_WRITE, SQLITE_IOERR_TRUNCATE},
    };
    assert_int_equal(open_file(f, "a", CREATE), SQLITE_OK);
    const sqlite3_io_methods *io = f->file->pMethods;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f->fs.fail_status = rows[i].status;
        f->fs.fail_at = f->fs.operation + 1;
        assert_int_equal(io->xWrite(f->file, "a", 1, 0), rows[i].on_write);
        f->fs.fail_at = f->fs.operation + 1;
        assert_int_equal(io->xTruncate(f->file, 0), rows[i].on_truncate);
    }
    io->xClose(f->file);
    f->fs.fail_status = HAL_E_FULL;
    f->fs.fail_at = f->fs.operation + 1;
    assert_int_equal(open_file(f, "b", CREATE), SQLITE_FULL);
}

static void nothing_is_called_after_the_power_is_lost(void **state)
{
    struct fixture *f = *state;
    sqlite3_vfs *vfs = &f->vfs.base;
    char data[1];
    sqlite3_int64 size;
    int there;
    assert_int_equal(open_file(f, "a", CREATE), SQLITE_OK);
    const sqlite3_io_methods *io = f->file->pMethods;
    f->fs.cut_at = f->fs.operation + 1;
    assert_int_equal(io->xWrite(f->file, "a", 1, 0), SQLITE_IOERR_WRITE);
    assert_true(f->vfs.power_lost);
    assert_int_equal(io->xWrite(f->file, "a", 1, 0), SQLITE_IOERR_WRITE);
    assert_int_equal(io->xRead(f->file, data, 1, 0), SQLITE_IOERR_READ);
    assert_int_equal(io->xTruncate(f->file, 0), SQLITE_IOERR_TRUNCATE);
    assert_int_equal(io->xSync(f->file, SQLITE_SYNC_FULL), SQLITE_IOERR_FSYNC);
    assert_int_equal(io->xFileSize(f->file, &size), SQLITE_IOERR_FSTAT);
    assert_int_equal(io->xClose(f->file), SQLITE_IOERR_CLOSE);
    assert_int_equal(vfs->xDelete(vfs, "a", 1), SQLITE_IOERR_DELETE);
    assert_int_equal(vfs->xAccess(vfs, "a", 0, &there), SQLITE_IOERR_ACCESS);
    assert_int_equal(open_file(f, "a", CREATE), SQLITE_CANTOPEN);
    assert_int_equal(f->fs.calls_after_cut, 0);
}

static void locks_are_a_number(void **state)
{
    struct fixture *f = *state;
    int reserved = 1;
    assert_int_equal(open_file(f, "a", CREATE), SQLITE_OK);
    const sqlite3_io_methods *io = f->file->pMethods;
    io->xLock(f->file, SQLITE_LOCK_SHARED);
    io->xCheckReservedLock(f->file, &reserved);
    assert_false(reserved);
    io->xLock(f->file, SQLITE_LOCK_EXCLUSIVE);
    io->xCheckReservedLock(f->file, &reserved);
    assert_true(reserved);
    io->xUnlock(f->file, SQLITE_LOCK_SHARED);
    io->xCheckReservedLock(f->file, &reserved);
    assert_false(reserved);
    io->xClose(f->file);
}

static void the_generator_restarts(void **state)
{
    struct fixture *f = *state;
    const char *standard = sqlite3_vfs_find(NULL)->zName;
    unsigned char first[40], second[40];
    vfs_seed(&f->vfs);
    sqlite3_randomness(sizeof first, first);
    vfs_seed(&f->vfs);
    sqlite3_randomness(sizeof second, second);
    assert_memory_equal(first, second, sizeof first);
    assert_string_equal(sqlite3_vfs_find(NULL)->zName, standard); /* ours is not left as the default */
    f->hal.rng.ops = NULL;
    vfs_seed(&f->vfs);
    sqlite3_randomness(sizeof second, second);
    assert_memory_not_equal(first, second, sizeof first);
}

static void each_has_a_name_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct store_vfs more[VFS_MAX];
    for (int i = 0; i < VFS_MAX - 1; i++)
        assert_int_equal(vfs_register(&more[i], &f->hal), OK);
    assert_int_equal(vfs_register(&more[VFS_MAX - 1], &f->hal), E_LIMIT);
    for (int i = 0; i < VFS_MAX - 1; i++)
        vfs_unregister(&more[i]);
    assert_true(vfs_any());
}

/* ---- controls ---------------------------------------------------------------------------------------------- */

static int run_sql(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int count_rows(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    int count = -1;
    int code = sqlite3_prepare_v2(db, "SELECT count(*) FROM t", -1, &stmt, NULL);
    if (code == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        count = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    return count;
}

/* Ten rows, the power cut at operation `at`: how many acknowledged rows are missing afterwards. */
static int rows_lost(const char *pragmas, long at, enum fake_survival how, bool *finished)
{
    struct fake_fs fs;
    fake_init(&fs);
    struct hal hal = fake_hal(&fs);
    struct store_vfs vfs;
    sqlite3 *db = NULL;
    int acknowledged = 0;
    assert_int_equal(sqlite3_initialize(), SQLITE_OK);
    assert_int_equal(vfs_register(&vfs, &hal), OK);
    vfs_seed(&vfs);
    assert_int_equal(sqlite3_open_v2("t.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs.name), SQLITE_OK);
    assert_int_equal(run_sql(db, pragmas), SQLITE_OK);
    assert_int_equal(run_sql(db, "CREATE TABLE t(x)"), SQLITE_OK);
    fs.operation = 0;
    fs.cut_at = at;
    while (acknowledged < 10 && run_sql(db, "INSERT INTO t VALUES(zeroblob(300))") == SQLITE_OK && !fs.off)
        acknowledged++;
    *finished = !fs.off;
    sqlite3_close(db);
    vfs_unregister(&vfs);

    fs.random = (uint32_t)at;
    fake_reboot(&fs, how);
    assert_int_equal(vfs_register(&vfs, &hal), OK);
    assert_int_equal(sqlite3_open_v2("t.db", &db, SQLITE_OPEN_READWRITE, vfs.name), SQLITE_OK);
    assert_int_equal(run_sql(db, pragmas), SQLITE_OK);
    int rows = count_rows(db);
    sqlite3_close(db);
    vfs_unregister(&vfs);
    sqlite3_shutdown();
    fake_clear(&fs);
    return rows >= acknowledged ? 0 : acknowledged - rows;
}

static int worst_loss(const char *pragmas)
{
    int worst = 0;
    for (int how = 0; how < FAKE_SURVIVALS; how++) {
        bool finished = false;
        for (long at = 1; !finished; at++) {
            int lost = rows_lost(pragmas, at, (enum fake_survival)how, &finished);
            worst = lost > worst ? lost : worst;
        }
    }
    return worst;
}

#define ALONE "PRAGMA locking_mode=EXCLUSIVE; PRAGMA page_size=1024; "

static void known_safe_settings_lose_nothing(void **state)
{
    (void)state;
    assert_int_equal(worst_loss("PRAGMA page_size=1024; PRAGMA synchronous=EXTRA; PRAGMA journal_mode=DELETE"), 0);
    assert_int_equal(worst_loss(ALONE "PRAGMA synchronous=FULL; PRAGMA journal_mode=TRUNCATE"), 0);
    assert_int_equal(worst_loss(ALONE "PRAGMA synchronous=FULL; PRAGMA journal_mode=PERSIST"), 0);
    assert_int_equal(worst_loss(ALONE "PRAGMA synchronous=EXTRA; PRAGMA journal_mode=WAL;"
                                      "PRAGMA wal_autocheckpoint=12"), 0);
}

static void known_unsafe_settings_lose_rows(void **state)
{
    (void)state;
    assert_true(worst_loss("PRAGMA page_size=1024; PRAGMA synchronous=FULL; PRAGMA journal_mode=DELETE") > 0);
    assert_true(worst_loss(ALONE "PRAGMA synchronous=NORMAL; PRAGMA journal_mode=WAL") > 0);
}

#define WITH_VFS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_VFS(a_short_read_is_filled_with_zeros),
        WITH_VFS(a_new_name_is_synced_with_its_file_once),
        WITH_VFS(one_sync_names_all_that_is_new),
        WITH_VFS(a_failed_sync_is_asked_for_again),
        WITH_VFS(names_are_found_removed_and_limited),
        WITH_VFS(failures_have_their_names),
        WITH_VFS(nothing_is_called_after_the_power_is_lost),
        WITH_VFS(locks_are_a_number),
        WITH_VFS(the_generator_restarts),
        WITH_VFS(each_has_a_name_of_its_own),
        cmocka_unit_test(known_safe_settings_lose_nothing),
        cmocka_unit_test(known_unsafe_settings_lose_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
