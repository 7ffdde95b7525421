/* What the storage tests share: a small storage, its devices, and file calls that must succeed. */
#ifndef POSBENCH_TESTS_SIM_STORAGE_FIXTURE_H
#define POSBENCH_TESTS_SIM_STORAGE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/storage/storage.h"

#include <stdlib.h>
#include <string.h>

#define FS_BYTES 65536u
#define SECTOR 512u

static inline struct storage *fixture_storage(void)
{
    const struct storage_config config = {FS_BYTES, SECTOR, 256, 4096, {8192, 65536, 65536}};
    struct storage *s = storage_create(&config);
    assert_non_null(s);
    return s;
}

static inline int fixture_open(struct storage *s, const char *name, unsigned flags)
{
    struct hal_fs fs = storage_fs(s);
    int file = -1;
    assert_int_equal(fs.ops->open(fs.ctx, name, flags, &file), OK);
    return file;
}

static inline void fixture_write(struct storage *s, int file, uint64_t offset, const char *text)
{
    struct hal_fs fs = storage_fs(s);
    assert_int_equal(fs.ops->write(fs.ctx, file, offset, text, strlen(text)), OK);
}

/* A file with unsynced name and content. */
static inline int fixture_file(struct storage *s, const char *name, const char *text)
{
    int file = fixture_open(s, name, HAL_OPEN_CREATE);
    fixture_write(s, file, 0, text);
    return file;
}

static inline void fixture_sync(struct storage *s, int file)
{
    struct hal_fs fs = storage_fs(s);
    assert_int_equal(fs.ops->sync(fs.ctx, file), OK);
}

static inline void fixture_sync_dir(struct storage *s)
{
    struct hal_fs fs = storage_fs(s);
    assert_int_equal(fs.ops->sync_dir(fs.ctx), OK);
}

/* "old" is durable; unsynced are: data in "old", a new file with data, "gone" removed, "from" renamed "to". */
static inline struct storage *fixture_unsynced(void)
{
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    assert_int_equal(storage_put_file(s, "old", "before", 6), OK);
    assert_int_equal(storage_put_file(s, "gone", "g", 1), OK);
    assert_int_equal(storage_put_file(s, "from", "f", 1), OK);
    fixture_write(s, fixture_open(s, "old", 0), 0, "after!");
    fixture_file(s, "new", "data");
    assert_int_equal(fs.ops->remove(fs.ctx, "gone"), OK);
    assert_int_equal(fs.ops->rename(fs.ctx, "from", "to"), OK);
    assert_int_equal(storage_pending(s), 5);
    return s;
}

/* The durable file is `text`; NULL: there is none. */
static inline void fixture_expect(const struct storage *s, const char *name, const char *text)
{
    uint8_t *data = NULL;
    size_t len = 0;
    int rc = storage_get_file(s, name, &data, &len);
    assert_int_equal(rc, text ? OK : HAL_E_NOENT);
    if (text) {
        assert_int_equal(len, strlen(text));
        assert_memory_equal(data, text, len);
    }
    free(data);
}

static inline void fixture_hash_equal(const struct storage *a, const struct storage *b, int equal)
{
    uint8_t ha[32], hb[32];
    storage_hash(a, ha);
    storage_hash(b, hb);
    if (equal)
        assert_memory_equal(ha, hb, 32);
    else
        assert_memory_not_equal(ha, hb, 32);
}

#endif
